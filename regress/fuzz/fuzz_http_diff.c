/* SPDX-License-Identifier: ISC */

/*
 * Requests that are sent on, and responses, as libhttp-parser reads them: it
 * must find the same start line, as many fields and the same length of body.
 * What it refuses or reads otherwise for reasons of its own is left out;
 * regress/proxy/http_diff.py lists that.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Two of its names are also ours. */
#define HTTP_HEAD	REF_HTTP_HEAD
#define HTTP_CONNECT	REF_HTTP_CONNECT
#include <http_parser.h>
#undef HTTP_HEAD
#undef HTTP_CONNECT

#include "../../srt-proxy/http_parse.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct {
	size_t		 urllen;
	size_t		 fields;
	int		 in_value;
	int		 head;		/* complete */
	uint64_t	 length;
	int		 chunked;
} seen;

static void
check(int ok)
{
	if (!ok)
		abort();
}

static int
on_url(http_parser *p, const char *data, size_t len)
{
	(void)p;
	(void)data;
	seen.urllen += len;
	return 0;
}

static int
on_name(http_parser *p, const char *data, size_t len)
{
	(void)p;
	(void)data;
	(void)len;
	seen.fields += seen.in_value || seen.fields == 0;
	seen.in_value = 0;
	return 0;
}

static int
on_value(http_parser *p, const char *data, size_t len)
{
	(void)p;
	(void)data;
	(void)len;
	seen.in_value = 1;
	return 0;
}

static int
on_head(http_parser *p)
{
	seen.head = 1;
	seen.length = p->content_length;
	seen.chunked = (p->flags & F_CHUNKED) != 0;
	return 0;
}

static enum http_errno
read_head(http_parser *p, enum http_parser_type type, const char *data,
    size_t len)
{
	static const http_parser_settings	 set = {
		.on_url = on_url,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_head
	};

	memset(&seen, 0, sizeof(seen));
	http_parser_init(p, type);
	(void)http_parser_execute(p, &set, data, len);
	return HTTP_PARSER_ERRNO(p);
}

/* Of a head that was written by us, so it can be counted by its lines. */
static size_t
lines_of(const struct http_buf *b)
{
	size_t	 i, n = 0;

	for (i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n - 2;
}

/*
 * After Upgrade it expects another protocol; a name that only begins as
 * Transfer-Encoding does it half takes for that, and refuses the message.
 */
static int
is_own(const struct http_fields *fs)
{
	static const char	 te[] = "transfer-encoding";
	struct http_span	 name;
	size_t			 i;

	for (i = 0; i < fs->count; i++) {
		name = fs->field[i].name;
		if (http_span_is(name, "upgrade"))
			return 1;
		if (name.len > sizeof(te) - 1 &&
		    strncasecmp(name.p, te, sizeof(te) - 1) == 0)
			return 1;
	}
	return 0;
}

static void
check_body(const struct http_meta *m)
{
	check(seen.chunked == (m->body == HTTP_BODY_CHUNKED));
	if (m->body == HTTP_BODY_LENGTH)
		check(seen.length == m->length);
}

static void
try_request(const char *data, size_t len)
{
	static struct http_request	 r;
	struct http_scan		 scan = { 0, 0 };
	struct http_target		 target = { "a.test", 80, 0, NULL };
	struct http_buf			 b;
	http_parser			 p;
	enum http_errno			 error;

	if (http_parse_request(data, len, &scan, &r) != HTTP_DONE ||
	    r.form == HTTP_FORM_AUTHORITY || is_own(&r.fields))
		return;
	http_buf_init(&b, HTTP_OUT_MAX);
	if (http_write_request(&b, &r, &target, 0) == 0) {
		error = read_head(&p, HTTP_REQUEST, b.data, b.len);
		if (error == HPE_OK) {
			check(seen.head && seen.fields == lines_of(&b));
			check(strlen(http_method_str((enum http_method)
			    p.method)) == r.method.len);
			check_body(&r.meta);
		} else if (error != HPE_INVALID_METHOD) {
			/* A mark that it does not know in a target. */
			check(error == HPE_INVALID_PATH ||
			    error == HPE_INVALID_URL);
		}
	}
	http_buf_free(&b);
}

static void
try_response(const char *data, size_t len)
{
	static struct http_response	 r;
	static const struct http_meta	 req = { HTTP_BODY_NONE, 0, 1, 0 };
	struct http_scan		 scan = { 0, 0 };
	struct http_buf			 b;
	struct http_meta		 m;
	http_parser			 p;

	if (http_parse_response(data, len, &scan, &req, &r) != HTTP_DONE ||
	    is_own(&r.fields))
		return;
	http_buf_init(&b, HTTP_OUT_MAX);
	if (http_write_response(&b, &r, &req, 0) == 0) {
		check(read_head(&p, HTTP_RESPONSE, b.data, b.len) == HPE_OK);
		check(seen.head && p.status_code == (unsigned int)r.status);
		check(seen.fields == lines_of(&b));
		m = r.meta;
		m.body = http_response_body(&r, &req);
		check_body(&m);
	}
	http_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	try_request((const char *)data, len);
	try_response((const char *)data, len);
	return 0;
}
