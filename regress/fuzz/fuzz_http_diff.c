/* SPDX-License-Identifier: ISC */

/*
 * Requests that are sent on, and responses, as libhttp-parser reads them: it
 * must find the start line, the fields and the length of body that came in,
 * but for what a proxy changes, and in the same order.  What it refuses or
 * reads otherwise for reasons of its own is left out;
 * regress/proxy/http_diff.py lists that.
 */

#include "compat.h"

#include <stdio.h>
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

/* Beside those that came in: Host, the length of the body, Connection. */
#define FIELDS_MAX	(HTTP_FIELDS_MAX + 4)

static struct {
	struct http_span	 url;
	struct http_span	 phrase;
	struct http_field	 field[FIELDS_MAX];
	size_t			 fields;
	int			 in_value;
	int			 head;		/* complete */
	uint64_t		 length;
	int			 chunked;
} seen;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* The next piece of what is in one place. */
static int
add(struct http_span *s, const char *data, size_t len)
{
	if (s->p == NULL)
		s->p = data;
	check(s->p + s->len == data);
	s->len += len;
	return 0;
}

static int
on_url(http_parser *p, const char *data, size_t len)
{
	(void)p;
	return add(&seen.url, data, len);
}

static int
on_status(http_parser *p, const char *data, size_t len)
{
	(void)p;
	return add(&seen.phrase, data, len);
}

static int
on_name(http_parser *p, const char *data, size_t len)
{
	(void)p;
	seen.fields += seen.in_value || seen.fields == 0;
	seen.in_value = 0;
	check(seen.fields <= FIELDS_MAX);
	return add(&seen.field[seen.fields - 1].name, data, len);
}

static int
on_value(http_parser *p, const char *data, size_t len)
{
	(void)p;
	seen.in_value = 1;
	return add(&seen.field[seen.fields - 1].value, data, len);
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
		.on_status = on_status,
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

static int
same(struct http_span a, struct http_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static int
is_text(struct http_span s, const char *text)
{
	struct http_span	 other = { text, strlen(text) };

	return same(s, other);
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Is the name an element of the list, alone between its commas? */
static int
is_listed(struct http_span list, struct http_span name)
{
	size_t	 i, from, to;

	for (i = 0; i + name.len <= list.len; i++) {
		if (strncasecmp(list.p + i, name.p, name.len) != 0)
			continue;
		for (from = i; from > 0 && is_blank(list.p[from - 1]);)
			from--;
		for (to = i + name.len; to < list.len && is_blank(list.p[to]);)
			to++;
		if ((from == 0 || list.p[from - 1] == ',') &&
		    (to == list.len || list.p[to] == ','))
			return 1;
	}
	return 0;
}

/* What a proxy keeps to itself (RFC 9110 7.6.1), or states anew. */
static int
is_kept(const struct http_fields *fs, struct http_span name, int request,
    unsigned int minor)
{
	static const char *const names[] = {
		"connection", "keep-alive", "proxy-connection", "te",
		"trailer", "transfer-encoding", "upgrade",
		"proxy-authorization", "proxy-authenticate",
		"proxy-authentication-info", "http2-settings",
		"content-length"
	};
	size_t	 i;

	for (i = 0; i < nitems(names); i++)
		if (http_span_is(name, names[i]))
			return 1;
	for (i = 0; i < fs->count; i++)
		if (http_span_is(fs->field[i].name, "connection") &&
		    is_listed(fs->field[i].value, name))
			return 1;
	return request && (http_span_is(name, "host") ||
	    (minor == 0 && http_span_is(name, "expect")));
}

/* Ours are the first of those seen, and of the last what frames. */
static void
check_fields(const struct http_fields *fs, size_t n, int request,
    unsigned int minor)
{
	const struct http_field	*f;
	size_t			 i;

	for (i = 0; i < fs->count; i++) {
		f = &fs->field[i];
		if (is_kept(fs, f->name, request, minor))
			continue;
		check(n < seen.fields && same(seen.field[n].name, f->name) &&
		    same(seen.field[n].value, f->value));
		n++;
	}
	for (; n < seen.fields; n++)
		check(is_text(seen.field[n].name, "Content-Length") ||
		    is_text(seen.field[n].name, "Transfer-Encoding") ||
		    (is_text(seen.field[n].name, "Connection") &&
		    is_text(seen.field[n].value, "close")));
}

/* In origin-form; no byte beyond ASCII goes out as it is (RFC 3986). */
static struct http_span
target_of(const struct http_request *r)
{
	static char		 want[3 * HTTP_HEAD_MAX + 2];
	struct http_span	 url = { want, 0 };
	size_t			 i;
	unsigned char		 c;

	if (r->path.len == 0 && is_text(r->method, "OPTIONS"))
		want[url.len++] = '*';
	else if (r->path.len == 0 || r->path.p[0] == '?')
		want[url.len++] = '/';
	for (i = 0; i < r->path.len; i++) {
		c = (unsigned char)r->path.p[i];
		if (c < 0x80)
			want[url.len++] = (char)c;
		else
			url.len += (size_t)snprintf(want + url.len, 4, "%%%02X",
			    c);
	}
	return url;
}

/* Whether the other one makes sense of it or not. */
static void
check_start(const struct http_buf *b, const struct http_request *r)
{
	struct http_span	 url = target_of(r);
	struct http_span	 method = { b->data, r->method.len };
	struct http_span	 target = { b->data + r->method.len + 1,
				    url.len };

	check(b->len > method.len + 1 + url.len + 11);
	check(same(method, r->method) && method.p[method.len] == ' ');
	check(same(target, url) && strncmp(target.p + target.len,
	    " HTTP/1.1\r\n", 11) == 0);
}

static void
check_request(const struct http_request *r, unsigned int method)
{
	check(is_text(r->method, http_method_str((enum http_method)method)));
	check(same(seen.url, target_of(r)));
	check(seen.fields > 0 && is_text(seen.field[0].name, "Host") &&
	    is_text(seen.field[0].value, "a.test"));
	check_fields(&r->fields, 1, 1, r->meta.minor);
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
		check_start(&b, &r);
		error = read_head(&p, HTTP_REQUEST, b.data, b.len);
		if (error == HPE_OK) {
			check(seen.head && seen.fields == lines_of(&b));
			check_request(&r, p.method);
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
		check(same(seen.phrase, r.phrase));
		check_fields(&r.fields, 0, 0, r.meta.minor);
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
