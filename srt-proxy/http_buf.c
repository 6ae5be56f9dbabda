/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_parse.h"

void
http_buf_init(struct http_buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
http_buf_free(struct http_buf *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}

static int
buf_grow(struct http_buf *b, size_t need)
{
	size_t size;
	char *p;

	size = b->size == 0 ? 512 : b->size;
	while (size < need)
		size *= 2;
	if (size > b->max)
		size = b->max;
	p = realloc(b->data, size);
	if (p == NULL)
		return -1;
	b->data = p;
	b->size = size;
	return 0;
}

void
http_buf_put(struct http_buf *b, const void *data, size_t len)
{
	if (b->failed != 0 || len == 0)
		return;
	if (len > b->max - b->len) {
		b->failed = EMSGSIZE;
		return;
	}
	if (len > b->size - b->len && buf_grow(b, b->len + len) == -1) {
		b->failed = ENOMEM;
		return;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
http_buf_puts(struct http_buf *b, const char *text)
{
	http_buf_put(b, text, strlen(text));
}

void
http_buf_span(struct http_buf *b, struct http_span s)
{
	http_buf_put(b, s.p, s.len);
}

void
http_buf_number(struct http_buf *b, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	http_buf_puts(b, text);
}

int
http_buf_failed(const struct http_buf *b)
{
	if (b->failed == 0)
		return 0;
	errno = b->failed;
	return -1;
}
