/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define BUF_MIN		1024

static size_t	buf_held;
static size_t	buf_max;

static int
buf_grow(struct buf *b, size_t need)
{
	size_t	 size = b->size < BUF_MIN ? BUF_MIN : b->size;
	char	*data;

	while (size < need) {
		if (size > SIZE_MAX / 2) {
			errno = ENOMEM;
			return -1;
		}
		size *= 2;
	}
	if (buf_max != 0 && buf_held - b->size + size > buf_max) {
		errno = ENOMEM;
		return -1;
	}
	if ((data = malloc(size)) == NULL)
		return -1;
	if (b->len > 0)
		memcpy(data, b->data + b->off, b->len);
	free(b->data);
	buf_held += size - b->size;
	b->data = data;
	b->size = size;
	b->off = 0;
	return 0;
}

int
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	if (len > SIZE_MAX - b->len) {
		errno = ENOMEM;
		return -1;
	}
	if (b->len + len > b->size) {
		if (buf_grow(b, b->len + len) == -1)
			return -1;
	} else if (b->off + b->len + len > b->size) {
		memmove(b->data, b->data + b->off, b->len);
		b->off = 0;
	}
	memcpy(b->data + b->off + b->len, data, len);
	b->len += len;
	return 0;
}

char *
buf_data(const struct buf *b)
{
	return b->data == NULL ? NULL : b->data + b->off;
}

void
buf_drain(struct buf *b, size_t len)
{
	if (len >= b->len) {
		buf_clear(b);
		return;
	}
	b->off += len;
	b->len -= len;
}

void
buf_clear(struct buf *b)
{
	free(b->data);
	buf_held -= b->size;
	memset(b, 0, sizeof(*b));
}

size_t
buf_total(void)
{
	return buf_held;
}

void
buf_limit(size_t max)
{
	buf_max = max;
}
