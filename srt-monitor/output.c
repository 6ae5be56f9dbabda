/* SPDX-License-Identifier: ISC */

/*
 * Lines on their way to a descriptor that the user gave.  O_NONBLOCK would
 * belong to the file description, which the user's shell or the command may
 * share, so it stays as it is: a pipe or terminal is polled first and gets no
 * more than what fits by then, a socket is told per call.  What cannot be
 * written is counted, never waited for.
 *
 * The command may have the same description, as its standard error, and leave
 * it so that nothing can be written by it: O_DIRECT, which takes whole blocks,
 * or an offset that no file has.  Neither is to cost the report.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "monitor.h"

/* A pipe that poll(2) finds writable takes this much at once. */
#define OUTPUT_CHUNK	PIPE_BUF
/* A command that still runs may spoil the description again meanwhile. */
#define OUTPUT_TRIES	16

enum output_kind {
	OUTPUT_FILE,		/* always ready; epoll refuses it */
	OUTPUT_SOCKET,
	OUTPUT_STREAM		/* pipe, terminal, device */
};

struct output {
	int		 fd;
	enum output_kind kind;
	struct evbuffer	*queue;
	struct event	*ready;
	uint64_t	 lines;		/* in the queue */
	uint64_t	 lost;
	uint64_t	 failed;	/* of these, for no fault of a reader */
	int		 append;	/* O_APPEND, as the user gave it */
	int		 torn;		/* the last line is unfinished */
	int		 mend;		/* the queue starts by ending it */
};

static void	 output_ready(int, short, void *);

struct output *
output_new(struct event_base *base, int fd)
{
	struct output	*o;
	struct stat	 st;
	int		 flags;

	if ((o = calloc(1, sizeof(*o))) == NULL)
		return NULL;
	o->fd = fd;
	o->kind = OUTPUT_STREAM;
	if ((flags = fcntl(fd, F_GETFL)) != -1)
		o->append = flags & O_APPEND;
	if (fstat(fd, &st) == 0) {
		if (S_ISREG(st.st_mode))
			o->kind = OUTPUT_FILE;
		else if (S_ISSOCK(st.st_mode))
			o->kind = OUTPUT_SOCKET;
	}
	o->queue = evbuffer_new();
	o->ready = event_new(base, fd, EV_WRITE, output_ready, o);
	if (o->queue == NULL || o->ready == NULL) {
		output_free(o);
		return NULL;
	}
	return o;
}

/*
 * Whatever the command has left there: the next line goes to the end, without
 * O_DIRECT, which of a pipe would have its reader lose what it does not take
 * at once.
 */
static void
output_mend(const struct output *o)
{
	int	 flags, want;

	if (o->kind == OUTPUT_SOCKET || (flags = fcntl(o->fd, F_GETFL)) == -1)
		return;
	want = flags & ~O_DIRECT;
	if (o->kind == OUTPUT_FILE)
		want |= o->append;
	if (want != flags)
		(void)fcntl(o->fd, F_SETFL, want);
	if (o->kind == OUTPUT_FILE)
		(void)lseek(o->fd, 0, SEEK_END);
}

static ssize_t
output_write(struct output *o, const void *buf, size_t len)
{
	struct pollfd	 pfd = { .fd = o->fd, .events = POLLOUT };

	output_mend(o);
	if (o->kind == OUTPUT_SOCKET)
		return send(o->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (o->kind == OUTPUT_STREAM) {
		switch (poll(&pfd, 1, 0)) {
		case -1:
			return -1;
		case 0:
			errno = EAGAIN;
			return -1;
		}
	}
	return write(o->fd, buf, len);
}

/* Forgets the queue, whose lines count as lost. */
static void
output_giveup(struct output *o)
{
	o->lost += o->lines;
	o->lines = 0;
	o->mend = 0;
	(void)evbuffer_drain(o->queue, evbuffer_get_length(o->queue));
}

/* Takes what was written off the queue. */
static void
output_wrote(struct output *o, const unsigned char *buf, size_t len)
{
	size_t	 i;

	for (i = o->mend ? 1 : 0; i < len; i++)
		if (buf[i] == '\n')
			o->lines--;
	o->mend = 0;
	o->torn = buf[len - 1] != '\n';
	(void)evbuffer_drain(o->queue, len);
}

/* Writes until nothing is left or the reader is slow; 1 if it is. */
static int
output_flush(struct output *o)
{
	unsigned char	*buf;
	size_t		 len;
	ssize_t		 n;
	int		 tries = 0;

	while ((len = evbuffer_get_length(o->queue)) > 0) {
		if (len > OUTPUT_CHUNK)
			len = OUTPUT_CHUNK;
		if ((buf = evbuffer_pullup(o->queue, (ssize_t)len)) == NULL) {
			output_giveup(o);
			return 0;
		}
		n = output_write(o, buf, len);
		if (n > 0) {
			output_wrote(o, buf, (size_t)n);
			tries = 0;
			continue;
		}
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 1;
		if (n == -1 && (errno == EINVAL || errno == EFBIG) &&
		    ++tries < OUTPUT_TRIES)
			continue;
		/* Disk full or reader gone: a later line may fare better. */
		if (errno != EPIPE && errno != ECONNRESET)
			o->failed += o->lines;
		output_giveup(o);
	}
	return 0;
}

static void
output_ready(int fd, short what, void *arg)
{
	struct output	*o = arg;

	(void)fd;
	(void)what;
	if (output_flush(o))
		(void)event_add(o->ready, NULL);
}

void
output_line(struct output *o, const char *line, size_t len)
{
	size_t	 queued = evbuffer_get_length(o->queue);

	if (len > OUTPUT_QUEUE_MAX || queued > OUTPUT_QUEUE_MAX - len) {
		o->lost++;
		return;
	}
	/* A line that broke off must not swallow the next one. */
	if (queued == 0 && o->torn)
		o->mend = evbuffer_add(o->queue, "\n", 1) == 0;
	if (evbuffer_add(o->queue, line, len) == -1) {
		o->lost++;
		return;
	}
	o->lines++;
	if (output_flush(o) && !event_pending(o->ready, EV_WRITE, NULL))
		(void)event_add(o->ready, NULL);
}

void
output_drain(struct output *o)
{
	struct pollfd	 pfd = { .fd = o->fd, .events = POLLOUT };

	while (output_flush(o)) {
		switch (poll(&pfd, 1, OUTPUT_PATIENCE)) {
		case -1:
			if (errno == EINTR)
				continue;
			/* FALLTHROUGH */
		case 0:
			output_giveup(o);
			return;
		}
	}
}

uint64_t
output_lost(const struct output *o)
{
	return o->lost;
}

uint64_t
output_failed(const struct output *o)
{
	return o->failed;
}

void
output_free(struct output *o)
{
	if (o == NULL)
		return;
	if (o->ready != NULL)
		event_free(o->ready);
	if (o->queue != NULL)
		evbuffer_free(o->queue);
	(void)close(o->fd);
	free(o);
}
