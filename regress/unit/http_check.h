/* SPDX-License-Identifier: ISC */
#ifndef HTTP_CHECK_H
#define HTTP_CHECK_H

/*
 * What the tests and the fuzzers of the HTTP layer have in common.  Input is
 * parsed from an allocation of exactly its size, so that a sanitizer sees a
 * read beyond it.
 */

#include "compat.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/http_parse.h"

static inline char *
exact_copy(const char *buf, size_t len)
{
	char *p;

	if ((p = malloc(len == 0 ? 1 : len)) == NULL)
		err(1, NULL);
	if (len > 0)
		memcpy(p, buf, len);
	return p;
}

static inline int
same_span(struct http_span a, struct http_span b)
{
	return a.len == b.len &&
	    (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline int
same_fields(const struct http_fields *a, const struct http_fields *b)
{
	size_t i;

	if (a->count != b->count)
		return 0;
	for (i = 0; i < a->count; i++)
		if (!same_span(a->field[i].name, b->field[i].name) ||
		    !same_span(a->field[i].value, b->field[i].value))
			return 0;
	return 1;
}

static inline int
same_why(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static inline int
same_meta(const struct http_meta *a, const struct http_meta *b)
{
	return a->body == b->body && a->length == b->length &&
	    a->minor == b->minor && a->flags == b->flags;
}

static inline int
same_request(const struct http_request *a, const struct http_request *b)
{
	if (a->status != b->status || !same_why(a->why, b->why))
		return 0;
	if (a->status != 0)
		return 1;
	return a->consumed == b->consumed && same_meta(&a->meta, &b->meta) &&
	    same_span(a->method, b->method) && a->form == b->form &&
	    a->https == b->https && same_span(a->host, b->host) &&
	    a->port == b->port && same_span(a->path, b->path) &&
	    same_span(a->host_field, b->host_field) &&
	    same_fields(&a->fields, &b->fields);
}

static inline int
same_response(const struct http_response *a, const struct http_response *b)
{
	if (!same_why(a->why, b->why))
		return 0;
	if (a->why != NULL)
		return 1;
	return a->consumed == b->consumed && same_meta(&a->meta, &b->meta) &&
	    a->status == b->status && same_span(a->phrase, b->phrase) &&
	    same_fields(&a->fields, &b->fields);
}

/* Offers the input in growing prefixes, the next one step longer. */
static inline enum http_result
request_in_steps(const char *buf, size_t len, size_t step,
    struct http_request *r)
{
	struct http_scan scan = { 0, 0 };
	enum http_result res;
	size_t n = 0;

	for (;;) {
		res = http_parse_request(buf, n, &scan, r);
		if (res != HTTP_MORE || n == len)
			return res;
		n = len - n < step ? len : n + step;
	}
}

static inline enum http_result
response_in_steps(const char *buf, size_t len, size_t step,
    const struct http_meta *req, struct http_response *r)
{
	struct http_scan scan = { 0, 0 };
	enum http_result res;
	size_t n = 0;

	for (;;) {
		res = http_parse_response(buf, n, &scan, req, r);
		if (res != HTTP_MORE || n == len)
			return res;
		n = len - n < step ? len : n + step;
	}
}

/* What came out of a chunked body. */
struct chunk_result {
	enum http_chunk_event	 end;	/* MORE: cut off */
	const char		*why;
	size_t			 consumed;
	struct http_buf		 data;
	struct http_fields	 trailers;	/* spans into the input */
};

/*
 * Decodes, step further bytes at a time; what the decoder leaves is offered
 * again, from an allocation of its own.
 */
static inline void
chunk_in_steps(const char *buf, size_t len, size_t step,
    struct chunk_result *r)
{
	struct http_chunk c;
	struct http_span data;
	size_t used, off = 0, n = 0;

	memset(&c, 0, sizeof(c));
	http_buf_init(&r->data, len + 1);
	for (;;) {
		r->end = http_chunk_next(&c, buf + off, n - off, &used, &data,
		    &r->trailers);
		if (used > n - off)
			abort();
		off += used;
		http_buf_put(&r->data, data.p, data.len);
		if (r->end == HTTP_CHUNK_DATA)
			continue;
		if (r->end != HTTP_CHUNK_MORE || n == len)
			break;
		n = len - n < step ? len : n + step;
	}
	r->why = c.why;
	r->consumed = off;
	if (http_buf_failed(&r->data))
		abort();
}

static inline int
same_chunks(const struct chunk_result *a, const struct chunk_result *b)
{
	return a->end == b->end && same_why(a->why, b->why) &&
	    a->consumed == b->consumed && a->data.len == b->data.len &&
	    (a->data.len == 0 ||
	    memcmp(a->data.data, b->data.data, a->data.len) == 0) &&
	    same_fields(&a->trailers, &b->trailers);
}

#endif /* HTTP_CHECK_H */
