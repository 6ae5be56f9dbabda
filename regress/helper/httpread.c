/* SPDX-License-Identifier: ISC */

/*
 * What srt-proxy's own parsers make of bytes, for tests that compare them
 * with others.  Reads records of standard input, each a line
 *
 *	Q LENGTH		what a client sends over one connection
 *	R HEAD MINOR LENGTH	what a server answers: was it asked HEAD (0, 1),
 *				by an HTTP/1.MINOR
 *
 * and so many bytes, and prints for each a line of JSON: an array of the
 * messages, the last of which may be {"status": why it is refused} or have
 * "end" false where the bytes end before the body does.  "out" is the head
 * that is sent on.  Bytes are in hexadecimal.
 */

#include "compat.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/http_parse.h"

#define RECORD_MAX	(16 * 1024 * 1024)

static struct http_request	request;
static struct http_response	response;
static struct http_fields	trailers;

static void
print_hex(const char *name, const char *p, size_t len)
{
	size_t	 i;

	printf(",\"%s\":\"", name);
	for (i = 0; i < len; i++)
		printf("%02x", (unsigned char)p[i]);
	putchar('"');
}

static void
print_span(const char *name, struct http_span s)
{
	print_hex(name, s.p, s.len);
}

static void
print_fields(const char *name, const struct http_fields *fs)
{
	size_t	 i;

	printf(",\"%s\":[", name);
	for (i = 0; i < fs->count; i++) {
		printf("%s{\"n\":0", i == 0 ? "" : ",");
		print_span("name", fs->field[i].name);
		print_span("value", fs->field[i].value);
		putchar('}');
	}
	putchar(']');
}

static void
print_meta(const struct http_meta *m)
{
	static const char *const	 bodies[] = {
		[HTTP_BODY_NONE] = "none",
		[HTTP_BODY_LENGTH] = "length",
		[HTTP_BODY_CHUNKED] = "chunked",
		[HTTP_BODY_CLOSE] = "close"
	};

	printf(",\"minor\":%u,\"framing\":\"%s\",\"keep\":%d,\"upgrade\":%d",
	    m->minor, bodies[m->body], (m->flags & HTTP_KEEPALIVE) != 0,
	    (m->flags & HTTP_UPGRADE) != 0);
}

/* Decodes; 1 at the end, 0 where bytes are missing, -1 if malformed. */
static int
take_chunks(const char **p, size_t *len, struct http_buf *body)
{
	struct http_chunk	 chunk;
	struct http_span	 piece;
	size_t			 used;

	memset(&chunk, 0, sizeof(chunk));
	for (;;) {
		switch (http_chunk_next(&chunk, *p, *len, &used, &piece,
		    &trailers)) {
		case HTTP_CHUNK_MORE:
			if (used == 0)
				return 0;
			break;
		case HTTP_CHUNK_DATA:
			http_buf_put(body, piece.p, piece.len);
			break;
		case HTTP_CHUNK_END:
			*p += used;
			*len -= used;
			return 1;
		case HTTP_CHUNK_ERROR:
			return -1;
		}
		*p += used;
		*len -= used;
	}
}

/* Prints the body, and whether it came to its end. */
static int
take_body(const struct http_meta *m, const char **p, size_t *len)
{
	struct http_buf	 body;
	size_t		 n;
	int		 end = 1;

	http_buf_init(&body, RECORD_MAX);
	trailers.count = 0;
	if (m->body == HTTP_BODY_CHUNKED)
		end = take_chunks(p, len, &body);
	else if (m->body != HTTP_BODY_NONE) {
		n = *len;
		if (m->body == HTTP_BODY_LENGTH) {
			end = n >= m->length;
			if (end)
				n = (size_t)m->length;
		}
		http_buf_put(&body, *p, n);
		*p += n;
		*len -= n;
	}
	print_hex("body", body.data, body.len);
	print_fields("trailers", &trailers);
	printf(",\"end\":%s", end == 1 ? "true" : "false");
	if (http_buf_failed(&body) == -1)
		err(1, "body");
	http_buf_free(&body);
	return end == 1;
}

/* The head as it goes to the server. */
static void
print_out(const struct http_request *r)
{
	struct http_target	 target;
	struct http_buf		 b;
	char			*name;

	if (r->form != HTTP_FORM_ABSOLUTE)
		return;
	if ((name = strndup(r->host.p, r->host.len)) == NULL)
		err(1, NULL);
	if (name[0] == '[') {
		name[r->host.len - 1] = '\0';
		memmove(name, name + 1, r->host.len - 1);
	}
	target.host = name;
	target.port = r->port;
	target.https = r->https;
	target.auth = NULL;
	http_buf_init(&b, HTTP_OUT_MAX);
	if (http_write_request(&b, r, &target, HTTP_W_UPGRADE) == 0)
		print_hex("out", b.data, b.len);
	http_buf_free(&b);
	free(name);
}

static void
read_requests(const char *p, size_t len)
{
	static const char *const	 forms[] = {
		[HTTP_FORM_ORIGIN] = "origin",
		[HTTP_FORM_ABSOLUTE] = "absolute",
		[HTTP_FORM_AUTHORITY] = "authority",
		[HTTP_FORM_ASTERISK] = "asterisk"
	};
	struct http_scan		 scan;
	enum http_result		 res;
	const char			*comma = "";

	while (len > 0) {
		memset(&scan, 0, sizeof(scan));
		res = http_parse_request(p, len, &scan, &request);
		if (res == HTTP_MORE)
			return;
		printf("%s{\"status\":%d", comma, request.status);
		comma = ",";
		if (res == HTTP_ERROR) {
			print_hex("why", request.why, strlen(request.why));
			putchar('}');
			return;
		}
		p += request.consumed;
		len -= request.consumed;
		print_span("method", request.method);
		printf(",\"form\":\"%s\",\"https\":%d,\"port\":%u",
		    forms[request.form], request.https, request.port);
		print_span("host", request.host);
		print_span("path", request.path);
		print_fields("fields", &request.fields);
		print_meta(&request.meta);
		print_out(&request);
		if (!take_body(&request.meta, &p, &len) ||
		    !(request.meta.flags & HTTP_KEEPALIVE))
			len = 0;
		putchar('}');
	}
}

/* Interim ones and the one that they announce. */
static void
read_response(const struct http_meta *req, const char *p, size_t len)
{
	struct http_scan	 scan;
	enum http_result	 res;
	const char		*comma = "";
	int			 more = 1;

	while (more && len > 0) {
		memset(&scan, 0, sizeof(scan));
		res = http_parse_response(p, len, &scan, req, &response);
		if (res == HTTP_MORE)
			return;
		printf("%s{\"status\":%d", comma, res == HTTP_ERROR ? 502 :
		    0);
		comma = ",";
		if (res == HTTP_ERROR) {
			print_hex("why", response.why, strlen(response.why));
			putchar('}');
			return;
		}
		p += response.consumed;
		len -= response.consumed;
		more = (response.meta.flags & HTTP_INTERIM) != 0;
		printf(",\"code\":%d", response.status);
		print_span("phrase", response.phrase);
		print_fields("fields", &response.fields);
		print_meta(&response.meta);
		(void)take_body(&response.meta, &p, &len);
		printf(",\"left\":%zu}", len);
	}
}

int
main(void)
{
	struct http_meta	 req;
	char			*data, *line = NULL;
	size_t			 len, size = 0;
	unsigned int		 head;

	while (getline(&line, &size, stdin) > 0) {
		memset(&req, 0, sizeof(req));
		head = 0;
		if (sscanf(line, "Q %zu", &len) != 1 && sscanf(line,
		    "R %u %u %zu", &head, &req.minor, &len) != 3)
			errx(2, "no record: %s", line);
		if (head != 0)
			req.flags = HTTP_HEAD;
		/* Of its exact size, so that a sanitizer sees more. */
		if (len > RECORD_MAX || (data = malloc(len + !len)) == NULL ||
		    fread(data, 1, len, stdin) != len)
			errx(2, "a record of %zu bytes", len);
		putchar('[');
		if (line[0] == 'Q')
			read_requests(data, len);
		else
			read_response(&req, data, len);
		puts("]");
		free(data);
	}
	free(line);
	return ferror(stdin) || fflush(stdout) == EOF;
}
