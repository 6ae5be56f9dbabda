/* SPDX-License-Identifier: ISC */

/*
 * What the fields of a head say about the message and the connection: where
 * the body ends, whether another message may follow, whether the protocol is
 * to change.  A length that two readers could take differently is refused
 * (RFC 9112 sections 6.1, 6.3 and 11.2).
 */

#include "compat.h"

#include <string.h>
#include <strings.h>

#include "http_parse.h"

/* Options in Connection, each of which names a field to drop. */
#define CONNECTION_OPTIONS_MAX	32

/* What is wrong with the framing, and how a request is answered then. */
struct fault {
	const char	*why;
	int		 status;
};

static int
fault_set(struct fault *fault, int status, const char *why)
{
	fault->status = status;
	fault->why = why;
	return -1;
}

static int
parse_length(struct http_span s, uint64_t *length)
{
	uint64_t n = 0;
	size_t i;

	/* 19 digits cannot overflow the 64 bits. */
	if (s.len == 0 || s.len > 19)
		return -1;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	if (n > INT64_MAX)
		return -1;
	*length = n;
	return 0;
}

/* The one coding that is understood is chunked, alone. */
static int
parse_codings(struct http_span list, struct fault *fault)
{
	struct http_span elem, last = { NULL, 0 };
	int chunked = 0, n = 0;

	while (http_list_next(&list, &elem)) {
		if (!http_is_token(elem))
			return fault_set(fault, 400,
			    "malformed Transfer-Encoding");
		n++;
		chunked += http_span_is(elem, "chunked");
		last = elem;
	}
	if (n == 0 || chunked != 1 || !http_span_is(last, "chunked"))
		return fault_set(fault, 400,
		    "chunked is not the final transfer coding");
	if (n > 1)
		return fault_set(fault, 501, "unknown transfer coding");
	return 0;
}

/* Body as the fields state it, before method and status are looked at. */
static int
parse_framing(const struct http_fields *fs, struct http_meta *m,
    struct fault *fault)
{
	const struct http_field *cl = NULL, *te = NULL, *f;
	size_t i;

	for (i = 0; i < fs->count; i++) {
		f = &fs->field[i];
		if (http_span_is(f->name, "content-length")) {
			if (cl != NULL)
				return fault_set(fault, 400,
				    "more than one Content-Length");
			cl = f;
		} else if (http_span_is(f->name, "transfer-encoding")) {
			if (te != NULL)
				return fault_set(fault, 400,
				    "more than one Transfer-Encoding");
			te = f;
		}
	}
	if (cl != NULL && te != NULL)
		return fault_set(fault, 400,
		    "Content-Length and Transfer-Encoding");
	if (te != NULL && m->minor == 0)
		return fault_set(fault, 400, "Transfer-Encoding in HTTP/1.0");
	if (te != NULL && parse_codings(te->value, fault) == -1)
		return -1;
	if (cl != NULL && parse_length(cl->value, &m->length) == -1)
		return fault_set(fault, 400, "malformed Content-Length");
	m->body = te != NULL ? HTTP_BODY_CHUNKED :
	    cl != NULL ? HTTP_BODY_LENGTH : HTTP_BODY_NONE;
	return 0;
}

/*
 * Connection options.  Proxy-Connection was never standard; only its "close"
 * is heard, which does no harm.
 */
static int
parse_connection(const struct http_fields *fs, struct http_meta *m,
    struct fault *fault)
{
	struct http_span list, elem;
	int alive, n = 0;
	size_t i;

	for (i = 0; i < fs->count; i++) {
		if (!http_span_is(fs->field[i].name, "connection"))
			continue;
		list = fs->field[i].value;
		while (http_list_next(&list, &elem))
			if (!http_is_token(elem) ||
			    ++n > CONNECTION_OPTIONS_MAX)
				return fault_set(fault, 400,
				    "malformed Connection");
	}
	alive = m->minor == 1 || http_field_has(fs, "connection", "keep-alive");
	if (http_field_has(fs, "connection", "close") ||
	    http_field_has(fs, "proxy-connection", "close"))
		alive = 0;
	if (alive)
		m->flags |= HTTP_KEEPALIVE;
	return 0;
}

/*
 * A switch to HTTP/2 or to TLS would hide later requests from us; a server
 * that is not asked for it answers in HTTP/1.1.
 */
static int
is_opaque_protocol(struct http_span s)
{
	const char *slash;

	slash = memchr(s.p, '/', s.len);
	if (slash != NULL)
		s.len = (size_t)(slash - s.p);
	return http_span_is(s, "h2c") || http_span_is(s, "h2") ||
	    http_span_is(s, "http") || http_span_is(s, "tls") ||
	    !http_is_token(s);
}

static int
wants_upgrade(const struct http_fields *fs, const struct http_meta *m)
{
	struct http_span list, elem;
	int n = 0;
	size_t i;

	if (m->minor == 0 || !http_field_has(fs, "connection", "upgrade"))
		return 0;
	for (i = 0; i < fs->count; i++) {
		if (!http_span_is(fs->field[i].name, "upgrade"))
			continue;
		list = fs->field[i].value;
		while (http_list_next(&list, &elem)) {
			if (is_opaque_protocol(elem))
				return 0;
			n++;
		}
	}
	return n > 0;
}

static int
has_body(const struct http_meta *m)
{
	return m->body == HTTP_BODY_CHUNKED || m->body == HTTP_BODY_CLOSE ||
	    m->length > 0;
}

static int
frame_request(struct http_request *r, struct fault *fault)
{
	struct http_meta *m = &r->meta;

	if (parse_framing(&r->fields, m, fault) == -1 ||
	    parse_connection(&r->fields, m, fault) == -1)
		return -1;
	if (m->flags & HTTP_CONNECT) {
		/* What follows the head is the tunnel's, not a body. */
		if (has_body(m))
			return fault_set(fault, 400, "CONNECT with a body");
		m->body = HTTP_BODY_NONE;
		m->flags &= ~(unsigned int)HTTP_KEEPALIVE;
		return 0;
	}
	if (!has_body(m) && wants_upgrade(&r->fields, m))
		m->flags |= HTTP_UPGRADE;
	if (has_body(m) && m->minor == 1 &&
	    http_field_has(&r->fields, "expect", "100-continue"))
		m->flags |= HTTP_EXPECT;
	return 0;
}

int
http_frame_request(struct http_request *r)
{
	struct fault fault;

	if (frame_request(r, &fault) == 0)
		return 0;
	r->status = fault.status;
	r->why = fault.why;
	return -1;
}

/*
 * Responses without a body whatever their fields say.  A 1xx or 204 that
 * states a body all the same would have it read as the next response.
 */
static int
frame_bodiless(struct http_response *r, const struct http_meta *req,
    struct fault *fault)
{
	struct http_meta *m = &r->meta;

	if (!(req->flags & HTTP_HEAD) && r->status != 304 && has_body(m))
		return fault_set(fault, 400,
		    "body in a response that has none");
	if (m->body == HTTP_BODY_LENGTH && r->status >= 200 &&
	    r->status != 204)
		m->flags |= HTTP_LENGTH;
	m->body = HTTP_BODY_NONE;
	if (r->status != 101) {
		if (r->status < 200)
			m->flags |= HTTP_INTERIM;
		return 0;
	}
	if (!(req->flags & HTTP_UPGRADE) || !wants_upgrade(&r->fields, m))
		return fault_set(fault, 400, "switch of protocols not asked");
	m->flags |= HTTP_UPGRADE;
	m->flags &= ~(unsigned int)HTTP_KEEPALIVE;
	return 0;
}

static int
frame_response(struct http_response *r, const struct http_meta *req,
    struct fault *fault)
{
	struct http_meta *m = &r->meta;

	if (parse_connection(&r->fields, m, fault) == -1)
		return -1;
	if ((req->flags & HTTP_CONNECT) && r->status / 100 == 2) {
		/* RFC 9110 section 9.3.6: framing fields mean nothing here. */
		m->body = HTTP_BODY_NONE;
		m->flags = HTTP_CONNECT;
		return 0;
	}
	if (parse_framing(&r->fields, m, fault) == -1)
		return -1;
	if (r->status < 200 || r->status == 204 || r->status == 304 ||
	    (req->flags & HTTP_HEAD))
		return frame_bodiless(r, req, fault);
	if (m->body == HTTP_BODY_NONE) {
		m->body = HTTP_BODY_CLOSE;
		m->flags &= ~(unsigned int)HTTP_KEEPALIVE;
	}
	return 0;
}

int
http_frame_response(struct http_response *r, const struct http_meta *req)
{
	struct fault fault;

	if (frame_response(r, req, &fault) == 0)
		return 0;
	r->why = fault.why;
	return -1;
}
