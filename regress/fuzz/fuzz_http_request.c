/* SPDX-License-Identifier: ISC */

/*
 * Heads of requests.  However the bytes come in, the outcome is the same;
 * what is written from an accepted head is read again with the same meaning,
 * and holds one Host, one statement of length and nothing for one hop only.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/http_check.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct http_request first, second;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* The destination as it would be dialled, without brackets. */
static void
target_of(const struct http_request *r, char *name, size_t size,
    struct http_target *t)
{
	struct http_span host = r->host;

	if (host.len > 0 && host.p[0] == '[') {
		host.p++;
		host.len -= 2;
	}
	if (host.len >= size)
		host.len = size - 1;
	memcpy(name, host.p, host.len);
	name[host.len] = '\0';
	t->host = name;
	t->port = r->port;
	t->auth = NULL;
	t->https = r->https;
}

static size_t
count_fields(const struct http_fields *fs, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < fs->count; i++)
		n += (size_t)http_span_is(fs->field[i].name, name);
	return n;
}

/* Every line ends in CRLF, and the empty line is the last. */
static void
check_lines(const struct http_buf *b)
{
	struct http_scan scan = { 0, 0 };
	const char *why;
	int status;

	check(http_scan(b->data, b->len, &scan, HTTP_SECTION_RESPONSE,
	    HTTP_OUT_MAX, &why, &status) == HTTP_DONE);
	check(scan.off == b->len);
}

static void
check_fields(const struct http_fields *fs, unsigned int flags)
{
	check(count_fields(fs, "host") == 1);
	check(count_fields(fs, "content-length") +
	    count_fields(fs, "transfer-encoding") <= 1);
	check(count_fields(fs, "connection") <= 1);
	check(count_fields(fs, "proxy-authorization") == 0);
	check(count_fields(fs, "proxy-connection") == 0);
	check(count_fields(fs, "keep-alive") == 0);
	check(count_fields(fs, "te") == 0);
	check(count_fields(fs, "trailer") == 0);
	check(count_fields(fs, "http2-settings") == 0);
	check((flags & HTTP_W_UPGRADE) || count_fields(fs, "upgrade") == 0);
}

/* Paths with bytes that were encoded have changed; others have not. */
static void
check_path(struct http_span was, struct http_span is)
{
	size_t i;

	for (i = 0; i < was.len; i++)
		if ((unsigned char)was.p[i] >= 0x80)
			return;
	if (was.len == 0) {
		check(is.len == 1 && (is.p[0] == '/' || is.p[0] == '*'));
		return;
	}
	if (was.p[0] == '?') {
		check(is.len > 0 && is.p[0] == '/');
		is.p++;
		is.len--;
	}
	check(same_span(was, is));
}

static void
check_written(const struct http_request *r, const struct http_target *t,
    unsigned int flags)
{
	struct http_scan scan = { 0, 0 };
	struct http_buf b, host;
	const struct http_field *f;
	uint16_t usual = t->https ? 443 : 80;

	http_buf_init(&b, HTTP_OUT_MAX);
	check(http_write_request(&b, r, t, flags) == 0);
	check_lines(&b);
	/* Encoding and our own fields may take it beyond what is read. */
	if (http_parse_request(b.data, b.len, &scan, &second) != HTTP_DONE) {
		check(second.status == 431);
		http_buf_free(&b);
		return;
	}
	check(second.consumed == b.len);
	check(same_span(r->method, second.method));
	check(second.meta.minor == 1);
	check(second.meta.body == r->meta.body);
	check(second.meta.length == r->meta.length);
	check_fields(&second.fields, flags);
	http_buf_init(&host, HTTP_OUT_MAX);
	http_write_authority(&host, t->host, t->port == usual ? 0 : t->port);
	f = http_field_find(&second.fields, "host");
	check(f->value.len == host.len &&
	    memcmp(f->value.p, host.data, host.len) == 0);
	http_buf_free(&host);
	if (flags & HTTP_W_ABSOLUTE) {
		check(second.form == HTTP_FORM_ABSOLUTE);
		check(same_span(second.host, r->host) &&
		    second.port == t->port && second.https == t->https);
	} else {
		check(second.form == HTTP_FORM_ORIGIN ||
		    second.form == HTTP_FORM_ASTERISK);
		check_path(r->path, second.path);
	}
	http_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_target t;
	struct http_scan scan = { 0, 0 };
	enum http_result res;
	char name[HTTP_HEAD_MAX], *buf;

	buf = exact_copy((const char *)data, size);
	res = http_parse_request(buf, size, &scan, &first);
	check(request_in_steps(buf, size, 1, &second) == res);
	check(res == HTTP_MORE || same_request(&first, &second));
	check(request_in_steps(buf, size, size / 3 + 1, &second) == res);
	check(res == HTTP_MORE || same_request(&first, &second));
	if (res == HTTP_ERROR)
		check(first.why != NULL && first.status >= 400);
	if (res == HTTP_DONE) {
		check(first.consumed <= size &&
		    first.consumed <= HTTP_HEAD_MAX);
		check((first.form == HTTP_FORM_AUTHORITY) ==
		    ((first.meta.flags & HTTP_CONNECT) != 0));
	}
	if (res == HTTP_DONE && first.form == HTTP_FORM_ABSOLUTE) {
		target_of(&first, name, sizeof(name), &t);
		check_written(&first, &t, 0);
		check_written(&first, &t, HTTP_W_ABSOLUTE | HTTP_W_CLOSE);
		if (first.meta.flags & HTTP_UPGRADE)
			check_written(&first, &t, HTTP_W_UPGRADE);
	}
	free(buf);
	return 0;
}
