/* SPDX-License-Identifier: ISC */

/*
 * Queues of buffers, and how they go over a socket, a descriptor beside
 * them: the rest of the interface of OpenBSD's ibuf_add(3).
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg-api.h"
#include "imsg-local.h"

/* Buffers handed to the kernel at once. */
#define WRITE_BATCH	64

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

TAILQ_HEAD(ibuf_list, ibuf);

struct ibufqueue {
	struct ibuf_list	 list;
	uint32_t		 len;
};

struct msgbuf {
	struct ibufqueue	 out;

	/* Of a reader only. */
	struct ibufqueue	 in;		/* whole messages */
	struct ibuf		*partial;	/* its header is known */
	unsigned char		*raw;		/* IBUF_READ_SIZE bytes */
	size_t			 rawlen;	/* less than a header's worth */
	size_t			 rawmost;	/* so many were in it once */
	size_t			 hdrsize;
	int			 heldfd;	/* came with a header's part */
	struct ibuf		*(*readhdr)(struct ibuf *, void *, int *);
	void			*arg;
};

union fd_control {
	struct cmsghdr	 hdr;
	unsigned char	 buf[CMSG_SPACE(sizeof(int))];
};

static void	 queue_init(struct ibufqueue *);
static int	 gather(const struct msgbuf *, struct iovec *, int);
static void	 drain(struct msgbuf *, size_t);
static int	 ibuf_write_some(int, struct msgbuf *, int);
static int	 take_fds(struct msghdr *);
static int	 split(struct msgbuf *, int);
static void	 took(struct msgbuf *, size_t);
static int	 next_header(struct msgbuf *, struct ibuf *, int *);

static void
queue_init(struct ibufqueue *q)
{
	TAILQ_INIT(&q->list);
	q->len = 0;
}

struct ibufqueue *
ibufq_new(void)
{
	struct ibufqueue	*q;

	if ((q = calloc(1, sizeof(*q))) != NULL)
		queue_init(q);
	return q;
}

void
ibufq_free(struct ibufqueue *q)
{
	if (q == NULL)
		return;
	ibufq_flush(q);
	free(q);
}

struct ibuf *
ibufq_pop(struct ibufqueue *q)
{
	struct ibuf	*buf;

	if ((buf = TAILQ_FIRST(&q->list)) == NULL)
		return NULL;
	TAILQ_REMOVE(&q->list, buf, entry);
	q->len--;
	return buf;
}

void
ibufq_push(struct ibufqueue *q, struct ibuf *buf)
{
	if (ibuf_is_view(buf))
		abort();
	TAILQ_INSERT_TAIL(&q->list, buf, entry);
	q->len++;
}

uint32_t
ibufq_queuelen(struct ibufqueue *q)
{
	return q->len;
}

/* Everything of from goes behind what is in to. */
void
ibufq_concat(struct ibufqueue *to, struct ibufqueue *from)
{
	TAILQ_CONCAT(&to->list, &from->list, entry);
	to->len += from->len;
	from->len = 0;
}

void
ibufq_flush(struct ibufqueue *q)
{
	struct ibuf	*buf;

	while ((buf = ibufq_pop(q)) != NULL)
		ibuf_free(buf);
}

/* For writing only. */
struct msgbuf *
msgbuf_new(void)
{
	struct msgbuf	*msgbuf;

	if ((msgbuf = calloc(1, sizeof(*msgbuf))) == NULL)
		return NULL;
	queue_init(&msgbuf->out);
	queue_init(&msgbuf->in);
	msgbuf->heldfd = -1;
	return msgbuf;
}

/*
 * Also for reading.  For each header of hdrsize bytes readhdr() makes the
 * buffer that the whole message, header included, will fill, and takes the
 * descriptor if it belongs to it; NULL with errno is an error of the stream.
 */
struct msgbuf *
msgbuf_new_reader(size_t hdrsize,
    struct ibuf *(*readhdr)(struct ibuf *, void *, int *), void *arg)
{
	struct msgbuf	*msgbuf;

	if (hdrsize == 0 || hdrsize > IBUF_READ_SIZE / 2) {
		errno = EINVAL;
		return NULL;
	}
	if ((msgbuf = msgbuf_new()) == NULL)
		return NULL;
	if ((msgbuf->raw = malloc(IBUF_READ_SIZE)) == NULL) {
		free(msgbuf);
		return NULL;
	}
	msgbuf->hdrsize = hdrsize;
	msgbuf->readhdr = readhdr;
	msgbuf->arg = arg;
	return msgbuf;
}

void
msgbuf_free(struct msgbuf *msgbuf)
{
	if (msgbuf == NULL)
		return;
	msgbuf_clear(msgbuf);
	/* The rest has never been touched and need not be there at all. */
	freezero(msgbuf->raw, msgbuf->rawmost);
	free(msgbuf);
}

void
msgbuf_clear(struct msgbuf *msgbuf)
{
	ibufq_flush(&msgbuf->out);
	ibufq_flush(&msgbuf->in);
	ibuf_free(msgbuf->partial);
	msgbuf->partial = NULL;
	msgbuf->rawlen = 0;
	ibuf_close_fd(msgbuf->heldfd);
	msgbuf->heldfd = -1;
}

void
ibuf_close(struct msgbuf *msgbuf, struct ibuf *buf)
{
	ibufq_push(&msgbuf->out, buf);
}

void
msgbuf_concat(struct msgbuf *msgbuf, struct ibufqueue *from)
{
	ibufq_concat(&msgbuf->out, from);
}

uint32_t
msgbuf_queuelen(struct msgbuf *msgbuf)
{
	return ibufq_queuelen(&msgbuf->out);
}

struct ibuf *
msgbuf_get(struct msgbuf *msgbuf)
{
	return ibufq_pop(&msgbuf->in);
}

/*
 * Collects what one call to the kernel can take.  A descriptor goes with the
 * first byte of a call, so with fds a buffer that has one begins a new call.
 */
static int
gather(const struct msgbuf *msgbuf, struct iovec *iov, int fds)
{
	struct ibuf	*buf;
	int		 n = 0;

	TAILQ_FOREACH(buf, &msgbuf->out.list, entry) {
		if (n == WRITE_BATCH || (fds && n > 0 && buf->fd >= 0))
			break;
		iov[n].iov_base = ibuf_data(buf);
		iov[n].iov_len = ibuf_size(buf);
		n++;
	}
	return n;
}

/* Takes n written bytes off the queue. */
static void
drain(struct msgbuf *msgbuf, size_t n)
{
	struct ibuf	*buf;
	size_t		 size;

	while ((buf = TAILQ_FIRST(&msgbuf->out.list)) != NULL) {
		if (n < (size = ibuf_size(buf))) {
			buf->rpos += n;
			return;
		}
		n -= size;
		ibuf_free(ibufq_pop(&msgbuf->out));
	}
}

/*
 * Writes what the kernel takes now.  Returns 0, also if it took nothing, or
 * -1 with errno.
 */
int
ibuf_write(int fd, struct msgbuf *msgbuf)
{
	return ibuf_write_some(fd, msgbuf, 0);
}

/* With fds only as far as no descriptor has to go along. */
static int
ibuf_write_some(int fd, struct msgbuf *msgbuf, int fds)
{
	struct iovec	 iov[WRITE_BATCH];
	ssize_t		 n;
	int		 niov;

	if ((niov = gather(msgbuf, iov, fds)) == 0)
		return 0;
	do
		n = writev(fd, iov, niov);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	drain(msgbuf, (size_t)n);
	return 0;
}

/* The same, over a socket that passes descriptors. */
int
msgbuf_write(int fd, struct msgbuf *msgbuf)
{
	union fd_control control;
	struct iovec	 iov[WRITE_BATCH];
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	struct ibuf	*first;
	ssize_t		 n;
	int		 niov;

	first = TAILQ_FIRST(&msgbuf->out.list);
	/* Not every process has sendmsg(2): it takes an address as well. */
	if (first == NULL || first->fd < 0)
		return ibuf_write_some(fd, msgbuf, 1);
	niov = gather(msgbuf, iov, 1);
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = iov;
	msg.msg_iovlen = (size_t)niov;
	memset(&control, 0, sizeof(control));
	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &first->fd, sizeof(int));
	do
		n = sendmsg(fd, &msg, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN || errno == ENOBUFS ? 0 : -1;
	/* It went with the first byte, however many followed. */
	ibuf_fd_set(first, -1);
	drain(msgbuf, (size_t)n);
	return 0;
}

/*
 * Reads once and splits what came into messages for msgbuf_get().  Returns 1,
 * also if nothing was there; 0 at the end of the stream; -1 with errno.
 */
int
ibuf_read(int fd, struct msgbuf *msgbuf)
{
	ssize_t	 n;

	if (msgbuf->raw == NULL) {
		errno = EINVAL;
		return -1;
	}
	do
		n = read(fd, msgbuf->raw + msgbuf->rawlen,
		    IBUF_READ_SIZE - msgbuf->rawlen);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 1 : -1;
	if (n == 0)
		return 0;
	took(msgbuf, (size_t)n);
	return split(msgbuf, -1);
}

/* The same, over a socket that passes descriptors. */
int
msgbuf_read(int fd, struct msgbuf *msgbuf)
{
	union fd_control control;
	struct iovec	 iov;
	struct msghdr	 msg;
	ssize_t		 n;
	int		 newfd;

	if (msgbuf->raw == NULL) {
		errno = EINVAL;
		return -1;
	}
	iov.iov_base = msgbuf->raw + msgbuf->rawlen;
	iov.iov_len = IBUF_READ_SIZE - msgbuf->rawlen;
	do {
		memset(&msg, 0, sizeof(msg));
		memset(&control, 0, sizeof(control));
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
		/*
		 * BSD kernels say EMSGSIZE if this process has no room for
		 * the descriptor and come up with the bytes alone next time;
		 * Linux does that at once and sets MSG_CTRUNC.  Either way
		 * the message arrives marked but without it.
		 */
	} while (n == -1 && (errno == EINTR || errno == EMSGSIZE));
	if (n == -1)
		return errno == EAGAIN ? 1 : -1;
	newfd = take_fds(&msg);
	if (n == 0) {
		ibuf_close_fd(newfd);
		return 0;
	}
	took(msgbuf, (size_t)n);
	return split(msgbuf, newfd);
}

static void
took(struct msgbuf *msgbuf, size_t len)
{
	msgbuf->rawlen += len;
	if (msgbuf->rawlen > msgbuf->rawmost)
		msgbuf->rawmost = msgbuf->rawlen;
}

/*
 * The descriptor that came along, or -1.  We send one at a time; alignment
 * leaves room for a second one in the control buffer, and the kernel has
 * dropped what did not fit (MSG_CTRUNC).
 */
static int
take_fds(struct msghdr *msg)
{
	struct cmsghdr	*cmsg;
	size_t		 i, n;
	int		 fd, taken = -1;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int),
			    sizeof(int));
			if (taken == -1)
				taken = fd;
			else
				ibuf_close_fd(fd);
		}
	}
	return taken;
}

/*
 * Turns the raw bytes into messages.  fd came with these bytes, at or after
 * their beginning, and belongs to the first message that begins there and
 * claims it; nobody else gets it.  If the bytes end within a header it may
 * be that message's, so it is held until the header is whole.
 */
static int
split(struct msgbuf *msgbuf, int fd)
{
	struct ibuf	 raw, part;
	size_t		 n;

	ibuf_from_buffer(&raw, msgbuf->raw, msgbuf->rawlen);
	while (ibuf_size(&raw) > 0) {
		if (msgbuf->partial == NULL) {
			if (ibuf_size(&raw) < msgbuf->hdrsize)
				break;
			if (next_header(msgbuf, &raw, &fd) == -1)
				return -1;
		}
		n = ibuf_left(msgbuf->partial);
		if (n > ibuf_size(&raw))
			n = ibuf_size(&raw);
		if (ibuf_get_ibuf(&raw, n, &part) == -1 ||
		    ibuf_add_ibuf(msgbuf->partial, &part) == -1) {
			ibuf_close_fd(fd);
			return -1;
		}
		if (ibuf_left(msgbuf->partial) == 0) {
			ibufq_push(&msgbuf->in, msgbuf->partial);
			msgbuf->partial = NULL;
		}
	}
	if ((msgbuf->rawlen = ibuf_size(&raw)) > 0) {
		memmove(msgbuf->raw, ibuf_data(&raw), msgbuf->rawlen);
		if (msgbuf->heldfd == -1) {
			msgbuf->heldfd = fd;
			fd = -1;
		}
	}
	ibuf_close_fd(fd);
	return 1;
}

/* Has the header at the front of raw looked at; it stays there. */
static int
next_header(struct msgbuf *msgbuf, struct ibuf *raw, int *fd)
{
	struct ibuf	 hdr;
	int		 held = msgbuf->heldfd;

	ibuf_from_buffer(&hdr, ibuf_data(raw), msgbuf->hdrsize);
	msgbuf->heldfd = -1;
	msgbuf->partial = msgbuf->readhdr(&hdr, msgbuf->arg,
	    held != -1 ? &held : fd);
	ibuf_close_fd(held);
	if (msgbuf->partial == NULL) {
		ibuf_close_fd(*fd);
		*fd = -1;
		return -1;
	}
	return 0;
}
