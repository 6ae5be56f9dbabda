/* SPDX-License-Identifier: ISC */

/*
 * Messages between processes: the interface of OpenBSD's imsg_init(3).  Each
 * is a header of 16 bytes in host order and a payload; the length counts
 * both.
 */

#include "compat.h"

#include <sys/uio.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "imsg-api.h"

/* imsgbuf flags */
#define FDPASS		0x01

/* Bit of the length in the header: a descriptor comes along. */
#define FD_MARK		0x80000000U

static struct ibuf	*read_header(struct ibuf *, void *, int *);
static int		 unwrap(struct ibuf *, struct imsg *);
static void		 fill_header(const struct imsgbuf *,
			    struct imsg_hdr *, uint32_t, uint32_t, pid_t);

int
imsgbuf_init(struct imsgbuf *imsgbuf, int fd)
{
	imsgbuf->w = msgbuf_new_reader(IMSG_HEADER_SIZE, read_header, imsgbuf);
	if (imsgbuf->w == NULL)
		return -1;
	imsgbuf->pid = getpid();
	imsgbuf->maxsize = MAX_IMSGSIZE;
	imsgbuf->fd = fd;
	imsgbuf->flags = 0;
	return 0;
}

void
imsgbuf_allow_fdpass(struct imsgbuf *imsgbuf)
{
	imsgbuf->flags |= FDPASS;
}

/* max is that of the payload. */
int
imsgbuf_set_maxsize(struct imsgbuf *imsgbuf, uint32_t max)
{
	if (max > UINT32_MAX - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return -1;
	}
	max += IMSG_HEADER_SIZE;
	if ((max & FD_MARK) != 0) {
		errno = EINVAL;
		return -1;
	}
	imsgbuf->maxsize = max;
	return 0;
}

int
imsgbuf_read(struct imsgbuf *imsgbuf)
{
	if ((imsgbuf->flags & FDPASS) != 0)
		return msgbuf_read(imsgbuf->fd, imsgbuf->w);
	return ibuf_read(imsgbuf->fd, imsgbuf->w);
}

int
imsgbuf_write(struct imsgbuf *imsgbuf)
{
	if ((imsgbuf->flags & FDPASS) != 0)
		return msgbuf_write(imsgbuf->fd, imsgbuf->w);
	return ibuf_write(imsgbuf->fd, imsgbuf->w);
}

/* Spins if the descriptor does not block. */
int
imsgbuf_flush(struct imsgbuf *imsgbuf)
{
	while (imsgbuf_queuelen(imsgbuf) > 0)
		if (imsgbuf_write(imsgbuf) == -1)
			return -1;
	return 0;
}

void
imsgbuf_clear(struct imsgbuf *imsgbuf)
{
	msgbuf_free(imsgbuf->w);
	imsgbuf->w = NULL;
}

uint32_t
imsgbuf_queuelen(struct imsgbuf *imsgbuf)
{
	return msgbuf_queuelen(imsgbuf->w);
}

/* The callback of the reader: how long is the message that begins here? */
static struct ibuf *
read_header(struct ibuf *buf, void *arg, int *fd)
{
	const struct imsgbuf	*imsgbuf = arg;
	struct imsg_hdr		 hdr;
	struct ibuf		*msg;
	uint32_t		 len;

	if (ibuf_get(buf, &hdr, sizeof(hdr)) == -1)
		return NULL;
	len = hdr.len & ~FD_MARK;
	if (len < IMSG_HEADER_SIZE || len > imsgbuf->maxsize) {
		errno = ERANGE;
		return NULL;
	}
	if ((msg = ibuf_open(len)) == NULL)
		return NULL;
	if ((hdr.len & FD_MARK) != 0) {
		ibuf_fd_set(msg, *fd);
		*fd = -1;
	}
	return msg;
}

int
imsgbuf_get(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	return unwrap(msgbuf_get(imsgbuf->w), imsg);
}

/* The older form, which returns the whole length. */
ssize_t
imsg_get(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	int	 n;

	if ((n = imsgbuf_get(imsgbuf, imsg)) != 1)
		return n;
	return (ssize_t)(imsg_get_len(imsg) + IMSG_HEADER_SIZE);
}

int
imsg_ibufq_pop(struct ibufqueue *q, struct imsg *imsg)
{
	return unwrap(ibufq_pop(q), imsg);
}

void
imsg_ibufq_push(struct ibufqueue *q, struct imsg *imsg)
{
	ibuf_rewind(imsg->buf);
	ibufq_push(q, imsg->buf);
	memset(imsg, 0, sizeof(*imsg));
}

/* Makes a message of a received buffer, which becomes the message's. */
static int
unwrap(struct ibuf *buf, struct imsg *imsg)
{
	struct imsg_hdr	 hdr;

	if (buf == NULL)
		return 0;
	if (ibuf_get(buf, &hdr, sizeof(hdr)) == -1) {
		ibuf_free(buf);
		return -1;
	}
	hdr.len &= ~FD_MARK;
	imsg->hdr = hdr;
	imsg->data = ibuf_size(buf) > 0 ? ibuf_data(buf) : NULL;
	imsg->buf = buf;
	return 1;
}

void
imsg_free(struct imsg *imsg)
{
	ibuf_free(imsg->buf);
}

/* A view of the payload, valid until imsg_free(). */
int
imsg_get_ibuf(struct imsg *imsg, struct ibuf *view)
{
	if (ibuf_size(imsg->buf) == 0) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get_ibuf(imsg->buf, ibuf_size(imsg->buf), view);
}

/* The payload, which must be of exactly that length. */
int
imsg_get_data(struct imsg *imsg, void *data, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_size(imsg->buf) != len) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_buf(struct imsg *imsg, void *data, size_t len)
{
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_strbuf(struct imsg *imsg, char *str, size_t len)
{
	return ibuf_get_strbuf(imsg->buf, str, len);
}

int
imsg_get_fd(struct imsg *imsg)
{
	return ibuf_fd_get(imsg->buf);
}

uint32_t
imsg_get_id(struct imsg *imsg)
{
	return imsg->hdr.peerid;
}

/* What is left to read of the payload. */
size_t
imsg_get_len(struct imsg *imsg)
{
	return ibuf_size(imsg->buf);
}

pid_t
imsg_get_pid(struct imsg *imsg)
{
	return (pid_t)imsg->hdr.pid;
}

uint32_t
imsg_get_type(struct imsg *imsg)
{
	return imsg->hdr.type;
}

int
imsg_compose(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	struct iovec	 iov;

	/* iovec knows no const; it is only read from. */
	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = len;
	return imsg_composev(imsgbuf, type, id, pid, fd, &iov, 1);
}

/* On failure the descriptor is still the caller's. */
int
imsg_composev(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const struct iovec *iov, int niov)
{
	struct ibuf	*msg;
	size_t		 len = 0;
	int		 i;

	for (i = 0; i < niov; i++) {
		if (iov[i].iov_len > imsgbuf->maxsize - len) {
			errno = ERANGE;
			return -1;
		}
		len += iov[i].iov_len;
	}
	if ((msg = imsg_create(imsgbuf, type, id, pid, len)) == NULL)
		return -1;
	for (i = 0; i < niov; i++)
		if (imsg_add(msg, iov[i].iov_base, iov[i].iov_len) == -1)
			return -1;
	ibuf_fd_set(msg, fd);
	imsg_close(imsgbuf, msg);
	return 1;
}

/*
 * Consumes the buffer in any case.  It cannot pass a descriptor: header and
 * payload stay two buffers, and the mark would have to be with the first.
 */
int
imsg_compose_ibuf(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id,
    pid_t pid, struct ibuf *buf)
{
	struct imsg_hdr	 hdr;
	struct ibuf	*head = NULL;

	if (ibuf_size(buf) > imsgbuf->maxsize - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		goto fail;
	}
	fill_header(imsgbuf, &hdr, type, id, pid);
	hdr.len = (uint32_t)(ibuf_size(buf) + IMSG_HEADER_SIZE);
	if ((head = ibuf_open(sizeof(hdr))) == NULL ||
	    ibuf_add(head, &hdr, sizeof(hdr)) == -1)
		goto fail;
	ibuf_fd_set(buf, -1);
	ibuf_close(imsgbuf->w, head);
	ibuf_close(imsgbuf->w, buf);
	return 1;

 fail:
	ibuf_free(head);
	ibuf_free(buf);
	return -1;
}

/* Sends a received message on, without its descriptor. */
int
imsg_forward(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	struct ibuf	*msg;
	size_t		 len;

	ibuf_rewind(imsg->buf);
	if (ibuf_skip(imsg->buf, IMSG_HEADER_SIZE) == -1)
		return -1;
	len = ibuf_size(imsg->buf);
	if ((msg = imsg_create(imsgbuf, imsg->hdr.type, imsg->hdr.peerid,
	    (pid_t)imsg->hdr.pid, len)) == NULL)
		return -1;
	if (imsg_add(msg, ibuf_data(imsg->buf), len) == -1)
		return -1;
	imsg_close(imsgbuf, msg);
	return 1;
}

static void
fill_header(const struct imsgbuf *imsgbuf, struct imsg_hdr *hdr, uint32_t type,
    uint32_t id, pid_t pid)
{
	hdr->type = type;
	hdr->len = 0;
	hdr->peerid = id;
	hdr->pid = (uint32_t)(pid == 0 ? imsgbuf->pid : pid);
}

/* len is what the caller means to add; it may add up to the maximum. */
struct ibuf *
imsg_create(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    size_t len)
{
	struct imsg_hdr	 hdr;
	struct ibuf	*msg;

	if (len > imsgbuf->maxsize - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return NULL;
	}
	msg = ibuf_dynamic(len + IMSG_HEADER_SIZE, imsgbuf->maxsize);
	if (msg == NULL)
		return NULL;
	fill_header(imsgbuf, &hdr, type, id, pid);
	if (ibuf_add(msg, &hdr, sizeof(hdr)) == -1) {
		ibuf_free(msg);
		return NULL;
	}
	return msg;
}

/* Returns the length; on failure the message is gone. */
int
imsg_add(struct ibuf *msg, const void *data, size_t len)
{
	if (len > INT32_MAX) {
		errno = ERANGE;
		ibuf_free(msg);
		return -1;
	}
	if (ibuf_add(msg, data, len) == -1) {
		ibuf_free(msg);
		return -1;
	}
	return (int)len;
}

int
imsg_set_maxsize(struct ibuf *msg, size_t max)
{
	if (max > UINT32_MAX - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return -1;
	}
	return ibuf_set_maxsize(msg, max + IMSG_HEADER_SIZE);
}

/* Fixes the length and queues the message. */
void
imsg_close(struct imsgbuf *imsgbuf, struct ibuf *msg)
{
	size_t	 len = ibuf_size(msg);

	if (ibuf_fd_avail(msg))
		len |= FD_MARK;
	(void)ibuf_set_h32(msg, offsetof(struct imsg_hdr, len), len);
	ibuf_close(imsgbuf->w, msg);
}
