/* SPDX-License-Identifier: ISC */

/*
 * Heads of requests and responses.  http_scan() first finds the end of the
 * head, then it is taken apart in one go: so the result cannot depend on how
 * the bytes came in.
 */

#include "compat.h"

#include <string.h>
#include <strings.h>

#include "http_parse.h"

static int
fail(struct http_request *r, int status, const char *why)
{
	r->status = status;
	r->why = why;
	return -1;
}

static int
span_equal(struct http_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

/* Cuts off what stands before the first c; -1 if there is no c. */
static int
span_cut(struct http_span *rest, char c, struct http_span *word)
{
	const char *end;

	end = memchr(rest->p, c, rest->len);
	if (end == NULL)
		return -1;
	word->p = rest->p;
	word->len = (size_t)(end - rest->p);
	rest->p = end + 1;
	rest->len -= word->len + 1;
	return 0;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* "HTTP/1.0" or "HTTP/1.1": 0; another version: 505; no version at all: 400 */
static int
parse_version(struct http_span s, unsigned int *minor)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/", 5) != 0 || !is_digit(s.p[5]) ||
	    s.p[6] != '.' || !is_digit(s.p[7]))
		return 400;
	if (s.p[5] != '1' || s.p[7] > '1')
		return 505;
	*minor = s.p[7] == '1';
	return 0;
}

/* Characters of a reg-name (RFC 3986 section 3.2.2). */
static int
is_regname(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c))
		return 1;
	return c != '\0' && strchr("-._~%!$&'()*+,;=", c) != NULL;
}

/* "[" ... "]": a closer look at the address is host_parse()'s. */
static int
parse_bracketed(struct http_span *rest, struct http_span *host)
{
	const char *end;
	size_t i, colons = 0;

	end = memchr(rest->p, ']', rest->len);
	if (end == NULL)
		return -1;
	host->p = rest->p;
	host->len = (size_t)(end - rest->p) + 1;
	for (i = 1; i < host->len - 1; i++) {
		if (host->p[i] == ':')
			colons++;
		else if (!is_hex(host->p[i]) && host->p[i] != '.')
			return -1;
	}
	rest->p += host->len;
	rest->len -= host->len;
	return colons >= 2 ? 0 : -1;
}

/* No leading zero: one port, one spelling.  Nothing at all is the default. */
static int
parse_port(struct http_span s, uint16_t *port)
{
	unsigned long n = 0;
	size_t i;

	if (s.len == 0)
		return 0;
	if (s.len > 5 || s.p[0] == '0')
		return -1;
	for (i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return -1;
		n = n * 10 + (unsigned long)(s.p[i] - '0');
	}
	if (n > 65535)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

int
http_parse_authority(struct http_span s, struct http_span *host,
    uint16_t *port)
{
	size_t i;

	if (s.len == 0)
		return -1;
	if (s.p[0] == '[') {
		if (parse_bracketed(&s, host) == -1)
			return -1;
	} else {
		for (i = 0; i < s.len && s.p[i] != ':'; i++)
			if (!is_regname(s.p[i]))
				return -1;
		host->p = s.p;
		host->len = i;
		s.p += i;
		s.len -= i;
	}
	if (host->len == 0)
		return -1;
	if (s.len == 0)
		return 0;
	if (s.p[0] != ':')
		return -1;
	s.p++;
	s.len--;
	return parse_port(s, port);
}

static int
parse_scheme(struct http_span *s, struct http_request *r)
{
	if (s->len >= 7 && strncasecmp(s->p, "http://", 7) == 0) {
		r->port = 80;
		s->p += 7;
		s->len -= 7;
		return 0;
	}
	if (s->len >= 8 && strncasecmp(s->p, "https://", 8) == 0) {
		r->https = 1;
		r->port = 443;
		s->p += 8;
		s->len -= 8;
		return 0;
	}
	return fail(r, 400, "target is no http or https URL");
}

static int
parse_absolute(struct http_span s, struct http_request *r)
{
	struct http_span auth;
	size_t i;

	if (parse_scheme(&s, r) == -1)
		return -1;
	for (i = 0; i < s.len && s.p[i] != '/' && s.p[i] != '?'; i++)
		if (s.p[i] == '@')
			return fail(r, 400, "user part in the target");
	auth.p = s.p;
	auth.len = i;
	if (http_parse_authority(auth, &r->host, &r->port) == -1)
		return fail(r, 400, "malformed authority in the target");
	r->form = HTTP_FORM_ABSOLUTE;
	r->path.p = s.p + i;
	r->path.len = s.len - i;
	return 0;
}

static int
parse_target(struct http_span s, struct http_request *r)
{
	size_t i;

	if (s.len == 0)
		return fail(r, 400, "no target");
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '\t')
			return fail(r, 400, "white space in the target");
		if (s.p[i] == '#')
			return fail(r, 400, "fragment in the target");
	}
	if (r->meta.flags & HTTP_CONNECT) {
		r->form = HTTP_FORM_AUTHORITY;
		if (http_parse_authority(s, &r->host, &r->port) == -1 ||
		    r->port == 0)
			return fail(r, 400, "CONNECT target is no host:port");
		return 0;
	}
	if (s.p[0] == '/' || span_equal(s, "*")) {
		r->form = s.p[0] == '/' ? HTTP_FORM_ORIGIN :
		    HTTP_FORM_ASTERISK;
		if (r->form == HTTP_FORM_ASTERISK &&
		    !span_equal(r->method, "OPTIONS"))
			return fail(r, 400, "target \"*\" without OPTIONS");
		r->path = s;
		return 0;
	}
	return parse_absolute(s, r);
}

/*
 * Methods are case-sensitive.  A server that takes "head" for HEAD would send
 * no body where we wait for one, so the two that change framing have to be
 * spelled properly.
 */
static int
parse_method(struct http_request *r)
{
	if (!http_is_token(r->method))
		return fail(r, 400, "malformed method");
	if (r->method.len > HTTP_METHOD_MAX)
		return fail(r, 501, "method too long");
	if (span_equal(r->method, "HEAD"))
		r->meta.flags |= HTTP_HEAD;
	else if (span_equal(r->method, "CONNECT"))
		r->meta.flags |= HTTP_CONNECT;
	else if (http_span_is(r->method, "HEAD") ||
	    http_span_is(r->method, "CONNECT"))
		return fail(r, 501, "unknown method");
	return 0;
}

static int
parse_request_line(struct http_span line, struct http_request *r)
{
	struct http_span target;
	int status;

	if (span_cut(&line, ' ', &r->method) == -1 ||
	    span_cut(&line, ' ', &target) == -1)
		return fail(r, 400, "malformed request line");
	if (parse_method(r) == -1)
		return -1;
	status = parse_version(line, &r->meta.minor);
	if (status != 0)
		return fail(r, status, status == 505 ?
		    "HTTP version not supported" : "malformed request line");
	return parse_target(target, r);
}

/*
 * One Host at most.  HTTP/1.1 needs it, but for CONNECT, where clients leave
 * it out and where the target says it all.  Its value never decides anything
 * (the target does), yet a malformed one is refused (RFC 9112 section 3.2).
 */
static int
check_host(struct http_request *r)
{
	const struct http_field *f, *end;
	struct http_span host;
	uint16_t port;

	end = r->fields.field + r->fields.count;
	f = http_field_find(&r->fields, "host");
	if (f == NULL) {
		if (r->meta.minor == 1 && !(r->meta.flags & HTTP_CONNECT))
			return fail(r, 400, "no Host field");
		return 0;
	}
	r->host_field = f->value;
	if (f->value.len > 0 &&
	    http_parse_authority(f->value, &host, &port) == -1)
		return fail(r, 400, "malformed Host field");
	while (++f < end)
		if (http_span_is(f->name, "host"))
			return fail(r, 400, "more than one Host field");
	return 0;
}

/* Cuts the start line, without CRLF, off what http_scan() has accepted. */
static void
cut_start_line(const char *buf, size_t len, struct http_span *line,
    struct http_span *rest)
{
	if (len >= 2 && buf[0] == '\r') {
		buf += 2;
		len -= 2;
	}
	rest->p = buf;
	rest->len = len;
	if (span_cut(rest, '\n', line) == -1 || line->len == 0) {
		*line = *rest;
		return;
	}
	line->len--;
}

enum http_result
http_parse_request(const char *buf, size_t len, struct http_scan *scan,
    struct http_request *r)
{
	struct http_span line, rest;
	enum http_result res;
	const char *why;
	int status;

	res = http_scan(buf, len, scan, HTTP_SECTION_REQUEST, HTTP_HEAD_MAX,
	    &why, &status);
	if (res == HTTP_MORE)
		return res;
	/* The table of fields is large and valid up to its count only. */
	memset(r, 0, offsetof(struct http_request, fields));
	r->fields.count = 0;
	r->status = 0;
	r->why = NULL;
	if (res == HTTP_ERROR) {
		(void)fail(r, status, why);
		return res;
	}
	cut_start_line(buf, scan->off, &line, &rest);
	if (parse_request_line(line, r) == -1)
		return HTTP_ERROR;
	if (http_parse_fields(rest.p, rest.len, &r->fields, &why, &status) ==
	    -1) {
		(void)fail(r, status, why);
		return HTTP_ERROR;
	}
	if (check_host(r) == -1 || http_frame_request(r) == -1)
		return HTTP_ERROR;
	r->consumed = scan->off;
	return HTTP_DONE;
}

/* The phrase may be missing, with or without the space before it. */
static const char *
parse_status_line(struct http_span line, struct http_response *r)
{
	struct http_span version;
	int i;

	if (span_cut(&line, ' ', &version) == -1 ||
	    parse_version(version, &r->meta.minor) != 0)
		return "malformed status line";
	if (line.len < 3 || (line.len > 3 && line.p[3] != ' '))
		return "malformed status code";
	for (i = 0; i < 3; i++) {
		if (!is_digit(line.p[i]))
			return "malformed status code";
		r->status = r->status * 10 + (line.p[i] - '0');
	}
	if (r->status < 100)
		return "malformed status code";
	if (line.len > 4) {
		r->phrase.p = line.p + 4;
		r->phrase.len = line.len - 4;
	}
	return NULL;
}

enum http_result
http_parse_response(const char *buf, size_t len, struct http_scan *scan,
    const struct http_meta *req, struct http_response *r)
{
	struct http_span line, rest;
	enum http_result res;
	const char *why;
	int status;

	res = http_scan(buf, len, scan, HTTP_SECTION_RESPONSE, HTTP_HEAD_MAX,
	    &why, &status);
	if (res == HTTP_MORE)
		return res;
	memset(r, 0, offsetof(struct http_response, fields));
	r->fields.count = 0;
	r->why = res == HTTP_ERROR ? why : NULL;
	if (res == HTTP_ERROR)
		return res;
	cut_start_line(buf, scan->off, &line, &rest);
	r->why = parse_status_line(line, r);
	if (r->why != NULL)
		return HTTP_ERROR;
	if (http_parse_fields(rest.p, rest.len, &r->fields, &r->why,
	    &status) == -1)
		return HTTP_ERROR;
	r->why = NULL;
	if (http_frame_response(r, req) == -1)
		return HTTP_ERROR;
	r->consumed = scan->off;
	return HTTP_DONE;
}
