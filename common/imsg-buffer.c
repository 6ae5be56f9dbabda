/* SPDX-License-Identifier: ISC */

/*
 * Buffers with a read and a write position: the interface of OpenBSD's
 * ibuf_add(3).
 *
 * A buffer lives on the heap and owns its memory and at most one descriptor,
 * or it is a view of somebody else's memory on the caller's stack.  A view
 * can only be read; queueing or freeing it would free what it does not own,
 * so that aborts.
 */

#include "compat.h"

#include <arpa/inet.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg-api.h"
#include "imsg-local.h"

/* The first allocation of a buffer that grows. */
#define GROW_MIN	64

static int	 grow(struct ibuf *, size_t);
static uint64_t	 swap64(uint64_t);

/* A buffer of a fixed size. */
struct ibuf *
ibuf_open(size_t size)
{
	if (size == 0) {
		errno = EINVAL;
		return NULL;
	}
	return ibuf_dynamic(size, size);
}

/* A buffer that grows up to max. */
struct ibuf *
ibuf_dynamic(size_t size, size_t max)
{
	struct ibuf	*buf;

	if (max == 0 || max < size) {
		errno = EINVAL;
		return NULL;
	}
	if ((buf = calloc(1, sizeof(*buf))) == NULL)
		return NULL;
	if (size > 0 && (buf->buf = calloc(1, size)) == NULL) {
		free(buf);
		return NULL;
	}
	buf->size = size;
	buf->max = max;
	buf->fd = -1;
	return buf;
}

void
ibuf_free(struct ibuf *buf)
{
	int	 saved = errno;

	if (buf == NULL)
		return;
	if (ibuf_is_view(buf))
		abort();
	ibuf_close_fd(buf->fd);
	freezero(buf->buf, buf->size);
	free(buf);
	errno = saved;
}

int
ibuf_is_view(const struct ibuf *buf)
{
	return buf->fd == FD_VIEW;
}

void
ibuf_close_fd(int fd)
{
	int	 saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

/* Makes the memory hold need bytes; doubled, so that many adds stay cheap. */
static int
grow(struct ibuf *buf, size_t need)
{
	unsigned char	*fresh;
	size_t		 size;

	size = buf->size > buf->max / 2 ? buf->max : buf->size * 2;
	if (size < GROW_MIN)
		size = GROW_MIN;
	if (size < need)
		size = need;
	if (size > buf->max)
		size = buf->max;
	fresh = recallocarray(buf->buf, buf->size, size, 1);
	if (fresh == NULL)
		return -1;
	buf->buf = fresh;
	buf->size = size;
	return 0;
}

/* Room for len bytes at the end, which the caller fills in; or NULL. */
void *
ibuf_reserve(struct ibuf *buf, size_t len)
{
	void	*room;

	if (ibuf_is_view(buf)) {
		errno = EINVAL;
		return NULL;
	}
	if (buf->wpos > buf->max || len > buf->max - buf->wpos) {
		errno = ERANGE;
		return NULL;
	}
	if (len > buf->size - buf->wpos && grow(buf, buf->wpos + len) == -1)
		return NULL;
	room = buf->buf + buf->wpos;
	buf->wpos += len;
	return room;
}

int
ibuf_add(struct ibuf *buf, const void *data, size_t len)
{
	void	*room;

	if (len == 0)
		return 0;
	if ((room = ibuf_reserve(buf, len)) == NULL)
		return -1;
	memcpy(room, data, len);
	return 0;
}

int
ibuf_add_ibuf(struct ibuf *buf, const struct ibuf *from)
{
	return ibuf_add(buf, ibuf_data(from), ibuf_size(from));
}

int
ibuf_add_zero(struct ibuf *buf, size_t len)
{
	void	*room;

	if (len == 0)
		return 0;
	if ((room = ibuf_reserve(buf, len)) == NULL)
		return -1;
	memset(room, 0, len);
	return 0;
}

/* A string in a field of len bytes: cut off never, padded with NUL. */
int
ibuf_add_strbuf(struct ibuf *buf, const char *str, size_t len)
{
	char	*room;
	size_t	 n;

	if ((n = strlen(str)) >= len) {
		errno = EOVERFLOW;
		return -1;
	}
	if ((room = ibuf_reserve(buf, len)) == NULL)
		return -1;
	memcpy(room, str, n);
	memset(room + n, 0, len - n);
	return 0;
}

static uint64_t
swap64(uint64_t v)
{
	if (htonl(1) == 1)
		return v;
	return (uint64_t)htonl((uint32_t)v) << 32 | htonl((uint32_t)(v >> 32));
}

/*
 * Integers of all widths.  The value comes as 64 bits, so that a value that
 * does not fit is an error and not cut off.
 */
#define WIDTH(bits, order, convert)					\
int									\
ibuf_add_##order##bits(struct ibuf *buf, uint64_t value)		\
{									\
	uint##bits##_t	 v;						\
									\
	if (value > UINT##bits##_MAX) {					\
		errno = EINVAL;						\
		return -1;						\
	}								\
	v = convert((uint##bits##_t)value);				\
	return ibuf_add(buf, &v, sizeof(v));				\
}									\
									\
int									\
ibuf_set_##order##bits(struct ibuf *buf, size_t pos, uint64_t value)	\
{									\
	uint##bits##_t	 v;						\
									\
	if (value > UINT##bits##_MAX) {					\
		errno = EINVAL;						\
		return -1;						\
	}								\
	v = convert((uint##bits##_t)value);				\
	return ibuf_set(buf, pos, &v, sizeof(v));			\
}									\
									\
int									\
ibuf_get_##order##bits(struct ibuf *buf, uint##bits##_t *value)	\
{									\
	uint##bits##_t	 v;						\
									\
	if (ibuf_get(buf, &v, sizeof(v)) == -1)				\
		return -1;						\
	*value = convert(v);						\
	return 0;							\
}

#define SAME(v)		(v)

/* Into network order and back is the same swap. */
WIDTH(8, n, SAME)
WIDTH(16, n, htons)
WIDTH(32, n, htonl)
WIDTH(64, n, swap64)
WIDTH(16, h, SAME)
WIDTH(32, h, SAME)
WIDTH(64, h, SAME)

/* The len bytes at pos of what has not been read yet, or NULL. */
void *
ibuf_seek(struct ibuf *buf, size_t pos, size_t len)
{
	size_t	 size = ibuf_size(buf);

	if (pos > size || len > size - pos) {
		errno = ERANGE;
		return NULL;
	}
	return buf->buf + buf->rpos + pos;
}

int
ibuf_set(struct ibuf *buf, size_t pos, const void *data, size_t len)
{
	void	*place;

	if ((place = ibuf_seek(buf, pos, len)) == NULL)
		return -1;
	if (len > 0)
		memcpy(place, data, len);
	return 0;
}

/* Lowers how far the buffer may grow. */
int
ibuf_set_maxsize(struct ibuf *buf, size_t max)
{
	if (ibuf_is_view(buf)) {
		errno = EINVAL;
		return -1;
	}
	if (max > buf->max || max < buf->wpos) {
		errno = ERANGE;
		return -1;
	}
	buf->max = max;
	return 0;
}

void *
ibuf_data(const struct ibuf *buf)
{
	/* Nothing may be added to NULL, not even 0. */
	return buf->buf == NULL ? NULL : buf->buf + buf->rpos;
}

size_t
ibuf_size(const struct ibuf *buf)
{
	return buf->wpos - buf->rpos;
}

size_t
ibuf_left(const struct ibuf *buf)
{
	return ibuf_is_view(buf) ? 0 : buf->max - buf->wpos;
}

/* Cuts off, or fills up with zero, at len bytes of unread content. */
int
ibuf_truncate(struct ibuf *buf, size_t len)
{
	size_t	 size = ibuf_size(buf);

	if (len > size)
		return ibuf_add_zero(buf, len - size);
	buf->wpos = buf->rpos + len;
	return 0;
}

void
ibuf_rewind(struct ibuf *buf)
{
	buf->rpos = 0;
}

void
ibuf_from_buffer(struct ibuf *buf, void *data, size_t len)
{
	memset(buf, 0, sizeof(*buf));
	buf->buf = data;
	buf->size = len;
	buf->max = len;
	buf->wpos = len;
	buf->fd = FD_VIEW;
}

void
ibuf_from_ibuf(struct ibuf *buf, const struct ibuf *from)
{
	ibuf_from_buffer(buf, ibuf_data(from), ibuf_size(from));
}

int
ibuf_get(struct ibuf *buf, void *data, size_t len)
{
	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return -1;
	}
	if (len > 0)
		memcpy(data, buf->buf + buf->rpos, len);
	buf->rpos += len;
	return 0;
}

int
ibuf_get_ibuf(struct ibuf *buf, size_t len, struct ibuf *view)
{
	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return -1;
	}
	ibuf_from_buffer(view, ibuf_data(buf), len);
	buf->rpos += len;
	return 0;
}

/* A copy of the next len bytes up to the first NUL, for free(3). */
char *
ibuf_get_string(struct ibuf *buf, size_t len)
{
	char	*str;

	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return NULL;
	}
	if (len == 0)
		return strdup("");
	if ((str = strndup(ibuf_data(buf), len)) != NULL)
		buf->rpos += len;
	return str;
}

/* The counterpart of ibuf_add_strbuf(): an error if no NUL ends the field. */
int
ibuf_get_strbuf(struct ibuf *buf, char *str, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_get(buf, str, len) == -1)
		return -1;
	if (str[len - 1] != '\0') {
		str[len - 1] = '\0';
		errno = EOVERFLOW;
		return -1;
	}
	return 0;
}

int
ibuf_skip(struct ibuf *buf, size_t len)
{
	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return -1;
	}
	buf->rpos += len;
	return 0;
}

int
ibuf_fd_avail(struct ibuf *buf)
{
	return buf->fd >= 0;
}

/* The descriptor becomes the caller's. */
int
ibuf_fd_get(struct ibuf *buf)
{
	int	 fd = buf->fd;

	if (fd < 0)
		return -1;
	buf->fd = -1;
	return fd;
}

/* The descriptor becomes the buffer's; the one it had is closed. */
void
ibuf_fd_set(struct ibuf *buf, int fd)
{
	if (ibuf_is_view(buf))
		abort();
	ibuf_close_fd(buf->fd);
	buf->fd = fd < 0 ? -1 : fd;
}
