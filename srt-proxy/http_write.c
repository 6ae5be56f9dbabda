/* SPDX-License-Identifier: ISC */

/*
 * Heads written anew from what was parsed.  Nothing that decides routing or
 * framing is copied: target, Host, length, coding and connection options are
 * stated by us, once each.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>

#include "http_parse.h"

void
http_write_authority(struct http_buf *b, const char *host, uint16_t port)
{
	int v6;

	v6 = strchr(host, ':') != NULL;
	if (v6)
		http_buf_puts(b, "[");
	http_buf_puts(b, host);
	if (v6)
		http_buf_puts(b, "]");
	if (port != 0) {
		http_buf_puts(b, ":");
		http_buf_number(b, port);
	}
}

static void
write_target_authority(struct http_buf *b, const struct http_target *t)
{
	uint16_t usual = t->https ? 443 : 80;

	http_write_authority(b, t->host, t->port == usual ? 0 : t->port);
}

/* As spelled, but for bytes that no URI may hold (RFC 3986 section 2.1). */
static void
write_path(struct http_buf *b, struct http_span path)
{
	char enc[4];
	size_t i, from = 0;
	unsigned char c;

	for (i = 0; i < path.len; i++) {
		c = (unsigned char)path.p[i];
		if (c < 0x80)
			continue;
		http_buf_put(b, path.p + from, i - from);
		(void)snprintf(enc, sizeof(enc), "%%%02X", c);
		http_buf_puts(b, enc);
		from = i + 1;
	}
	if (path.len > from)
		http_buf_put(b, path.p + from, path.len - from);
}

/*
 * "OPTIONS http://host" asks about the server as a whole: the last proxy
 * sends "OPTIONS *" (RFC 9112 section 3.2.4).
 */
static void
write_target(struct http_buf *b, const struct http_request *r,
    const struct http_target *t, unsigned int flags)
{
	int whole;

	whole = r->path.len == 0 && r->method.len == 7 &&
	    memcmp(r->method.p, "OPTIONS", 7) == 0;
	if (flags & HTTP_W_ABSOLUTE) {
		http_buf_puts(b, t->https ? "https://" : "http://");
		write_target_authority(b, t);
		if (whole || r->form == HTTP_FORM_ASTERISK)
			return;
	} else if (whole) {
		http_buf_puts(b, "*");
		return;
	}
	if (r->path.len == 0 || r->path.p[0] == '?')
		http_buf_puts(b, "/");
	write_path(b, r->path);
}

static void
write_field(struct http_buf *b, const struct http_field *f)
{
	http_buf_span(b, f->name);
	http_buf_puts(b, ": ");
	http_buf_span(b, f->value);
	http_buf_puts(b, "\r\n");
}

static void
write_body(struct http_buf *b, enum http_body body, uint64_t length)
{
	if (body == HTTP_BODY_LENGTH) {
		http_buf_puts(b, "Content-Length: ");
		http_buf_number(b, length);
		http_buf_puts(b, "\r\n");
	} else if (body == HTTP_BODY_CHUNKED)
		http_buf_puts(b, "Transfer-Encoding: chunked\r\n");
}

static void
write_connection(struct http_buf *b, unsigned int flags)
{
	if (flags & HTTP_W_UPGRADE)
		http_buf_puts(b, "Connection: Upgrade\r\n");
	else if (flags & HTTP_W_CLOSE)
		http_buf_puts(b, "Connection: close\r\n");
	else if (flags & HTTP_W_KEEPALIVE)
		http_buf_puts(b, "Connection: keep-alive\r\n");
}

/* The end-to-end fields, and Upgrade where the switch is passed on. */
static void
write_fields(struct http_buf *b, const struct http_fields *fs,
    const char *const *drop, unsigned int flags)
{
	const struct http_field *f;
	const char *const *d;
	size_t i;

	for (i = 0; i < fs->count; i++) {
		f = &fs->field[i];
		if ((flags & HTTP_W_UPGRADE) &&
		    http_span_is(f->name, "upgrade")) {
			write_field(b, f);
			continue;
		}
		if (http_field_hop(fs, f->name))
			continue;
		for (d = drop; *d != NULL; d++)
			if (http_span_is(f->name, *d))
				break;
		if (*d == NULL)
			write_field(b, f);
	}
}

int
http_write_request(struct http_buf *b, const struct http_request *r,
    const struct http_target *t, unsigned int flags)
{
	static const char *const drop[] = { "host", "content-length", NULL };
	/* An expectation in HTTP/1.0 is to be ignored (RFC 9110 10.1.1). */
	static const char *const drop10[] = { "host", "content-length",
	    "expect", NULL };

	if (!(r->meta.flags & HTTP_UPGRADE))
		flags &= ~(unsigned int)HTTP_W_UPGRADE;
	http_buf_span(b, r->method);
	http_buf_puts(b, " ");
	write_target(b, r, t, flags);
	http_buf_puts(b, " HTTP/1.1\r\nHost: ");
	write_target_authority(b, t);
	http_buf_puts(b, "\r\n");
	if (t->auth != NULL) {
		http_buf_puts(b, "Proxy-Authorization: Basic ");
		http_buf_puts(b, t->auth);
		http_buf_puts(b, "\r\n");
	}
	write_fields(b, &r->fields, r->meta.minor == 0 ? drop10 : drop, flags);
	write_body(b, r->meta.body, r->meta.length);
	write_connection(b, flags);
	http_buf_puts(b, "\r\n");
	return http_buf_failed(b);
}

enum http_body
http_response_body(const struct http_response *r, const struct http_meta *req)
{
	if (r->meta.body == HTTP_BODY_CHUNKED ||
	    r->meta.body == HTTP_BODY_CLOSE)
		return req->minor == 0 ? HTTP_BODY_CLOSE : HTTP_BODY_CHUNKED;
	return r->meta.body;
}

int
http_response_wanted(const struct http_response *r,
    const struct http_meta *req)
{
	return !(r->meta.flags & HTTP_INTERIM) || req->minor == 1;
}

int
http_write_response(struct http_buf *b, const struct http_response *r,
    const struct http_meta *req, unsigned int flags)
{
	static const char *const drop[] = { "content-length", NULL };
	enum http_body body;
	char line[16];

	body = http_response_body(r, req);
	flags &= HTTP_W_CLOSE | HTTP_W_KEEPALIVE;
	if (r->meta.flags & HTTP_UPGRADE)
		flags = HTTP_W_UPGRADE;
	else if (r->meta.flags & HTTP_INTERIM)
		flags = 0;
	else if (body == HTTP_BODY_CLOSE)
		flags = HTTP_W_CLOSE;
	(void)snprintf(line, sizeof(line), "HTTP/1.1 %03u ",
	    (unsigned int)r->status % 1000);
	http_buf_puts(b, line);
	http_buf_span(b, r->phrase);
	http_buf_puts(b, "\r\n");
	write_fields(b, &r->fields, drop, flags);
	write_body(b, r->meta.flags & HTTP_LENGTH ? HTTP_BODY_LENGTH : body,
	    r->meta.length);
	write_connection(b, flags);
	http_buf_puts(b, "\r\n");
	return http_buf_failed(b);
}

int
http_write_last_chunk(struct http_buf *b, const struct http_fields *trailers)
{
	size_t i;

	http_buf_puts(b, "0\r\n");
	for (i = 0; trailers != NULL && i < trailers->count; i++)
		if (!http_field_no_trailer(trailers->field[i].name))
			write_field(b, &trailers->field[i]);
	http_buf_puts(b, "\r\n");
	return http_buf_failed(b);
}
