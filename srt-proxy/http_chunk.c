/* SPDX-License-Identifier: ISC */

/*
 * The chunked coding (RFC 9112 section 7.1), one byte at a time but for the
 * data.  Extensions are bounded and dropped; a bare LF never ends a line, as
 * the readers that let it do are the ones that get smuggled to.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>

#include "http_parse.h"

enum chunk_state {
	CHUNK_START,		/* the first digit of a size */
	CHUNK_SIZE,
	CHUNK_SPACE,		/* white space that an extension must follow */
	CHUNK_EXT,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER,
	CHUNK_DONE,
	CHUNK_FAILED
};

static int
chunk_fail(struct http_chunk *c, const char *why)
{
	c->state = CHUNK_FAILED;
	c->why = why;
	return -1;
}

static int
hex_value(unsigned char b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	if (b >= 'a' && b <= 'f')
		return b - 'a' + 10;
	if (b >= 'A' && b <= 'F')
		return b - 'A' + 10;
	return -1;
}

static int
chunk_digit(struct http_chunk *c, int value)
{
	if (c->digits == 16)
		return chunk_fail(c, "chunk size too long");
	c->digits++;
	c->left = c->left << 4 | (uint64_t)value;
	if (c->digits == 16 && c->left > INT64_MAX)
		return chunk_fail(c, "chunk size too large");
	c->state = CHUNK_SIZE;
	return 0;
}

/* Counts one byte between size and CRLF; 0 if it may stand there. */
static int
chunk_ext(struct http_chunk *c, unsigned char b, enum chunk_state next)
{
	if ((b < ' ' && b != '\t') || b == 0x7f)
		return chunk_fail(c, "malformed chunk extension");
	if (++c->ext > HTTP_CHUNK_EXT_MAX ||
	    ++c->exttotal > HTTP_CHUNK_EXT_TOTAL)
		return chunk_fail(c, "chunk extensions too long");
	c->state = next;
	return 0;
}

static int
chunk_size_byte(struct http_chunk *c, unsigned char b)
{
	int value;

	value = hex_value(b);
	if (value != -1)
		return chunk_digit(c, value);
	if (c->state == CHUNK_SIZE && b == '\r') {
		c->state = CHUNK_SIZE_LF;
		return 0;
	}
	if (c->state == CHUNK_SIZE && b == ';')
		return chunk_ext(c, b, CHUNK_EXT);
	if (c->state == CHUNK_SIZE && (b == ' ' || b == '\t'))
		return chunk_ext(c, b, CHUNK_SPACE);
	return chunk_fail(c, "malformed chunk size");
}

/* The line is over: data comes, or the trailers. */
static void
chunk_begin(struct http_chunk *c)
{
	c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
	c->digits = 0;
	c->ext = 0;
}

static int
chunk_byte(struct http_chunk *c, unsigned char b)
{
	switch (c->state) {
	case CHUNK_START:
	case CHUNK_SIZE:
		return chunk_size_byte(c, b);
	case CHUNK_SPACE:
		if (b == ' ' || b == '\t')
			return chunk_ext(c, b, CHUNK_SPACE);
		if (b != ';')
			return chunk_fail(c, "white space in a chunk size");
		return chunk_ext(c, b, CHUNK_EXT);
	case CHUNK_EXT:
		if (b != '\r')
			return chunk_ext(c, b, CHUNK_EXT);
		c->state = CHUNK_SIZE_LF;
		return 0;
	case CHUNK_SIZE_LF:
		if (b != '\n')
			return chunk_fail(c, "bare CR in a chunk header");
		chunk_begin(c);
		return 0;
	case CHUNK_DATA_CR:
		if (b != '\r')
			return chunk_fail(c, "no CRLF after chunk data");
		c->state = CHUNK_DATA_LF;
		return 0;
	case CHUNK_DATA_LF:
		if (b != '\n')
			return chunk_fail(c, "no CRLF after chunk data");
		c->state = CHUNK_START;
		return 0;
	default:
		return chunk_fail(c, "data after the last chunk");
	}
}

uint64_t
http_chunk_left(const struct http_chunk *c)
{
	return c->state == CHUNK_DATA ? c->left : 0;
}

void
http_chunk_skip(struct http_chunk *c, uint64_t n)
{
	if (c->state != CHUNK_DATA)
		return;
	c->left -= n < c->left ? n : c->left;
	if (c->left == 0)
		c->state = CHUNK_DATA_CR;
}

/*
 * The trailer section is read in one piece, so it stays in the caller's
 * buffer until it is complete.
 */
static enum http_chunk_event
chunk_trailer(struct http_chunk *c, const char *buf, size_t len, size_t *used,
    struct http_fields *fields)
{
	const char *why = NULL;
	int status;

	switch (http_scan(buf, len, &c->scan, HTTP_SECTION_TRAILER,
	    HTTP_TRAILER_MAX, &why, &status)) {
	case HTTP_MORE:
		return HTTP_CHUNK_MORE;
	case HTTP_DONE:
		if (http_parse_fields(buf, c->scan.off, fields, &why,
		    &status) == 0) {
			*used += c->scan.off;
			c->state = CHUNK_DONE;
			return HTTP_CHUNK_END;
		}
		/* FALLTHROUGH */
	default:
		(void)chunk_fail(c, why);
		fields->count = 0;
		return HTTP_CHUNK_ERROR;
	}
}

enum http_chunk_event
http_chunk_next(struct http_chunk *c, const char *buf, size_t len,
    size_t *used, struct http_span *data, struct http_fields *fields)
{
	size_t i;

	*used = 0;
	data->p = NULL;
	data->len = 0;
	fields->count = 0;
	for (i = 0; i < len && c->state < CHUNK_TRAILER; i++) {
		if (c->state == CHUNK_DATA)
			break;
		if (chunk_byte(c, (unsigned char)buf[i]) == -1)
			break;
	}
	*used = i;
	switch (c->state) {
	case CHUNK_DATA:
		if (i == len)
			return HTTP_CHUNK_MORE;
		data->p = buf + i;
		data->len = len - i;
		if (data->len > c->left)
			data->len = (size_t)c->left;
		*used += data->len;
		http_chunk_skip(c, data->len);
		return HTTP_CHUNK_DATA;
	case CHUNK_TRAILER:
		return chunk_trailer(c, buf + i, len - i, used, fields);
	case CHUNK_DONE:
		return HTTP_CHUNK_END;
	case CHUNK_FAILED:
		return HTTP_CHUNK_ERROR;
	default:
		return HTTP_CHUNK_MORE;
	}
}

size_t
http_chunk_head(char out[HTTP_CHUNK_HEAD_SIZE], uint64_t n)
{
	int len;

	len = snprintf(out, HTTP_CHUNK_HEAD_SIZE, "%llx\r\n",
	    (unsigned long long)n);
	return len < 0 ? 0 : (size_t)len;
}
