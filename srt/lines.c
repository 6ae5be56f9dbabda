/* SPDX-License-Identifier: ISC */

/*
 * Lines from and to a descriptor that the user has handed to srt: a pipe, a
 * socket, a file, a terminal.
 */

#include "compat.h"

#include <sys/stat.h>

#include <event2/buffer.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define LINES_READ	65536		/* bytes at a time */
#define LINES_QUEUE_MAX	(1024 * 1024)	/* for a reader that is slow */

struct lines {
	int			 fd;
	int			 polled;	/* does not block */
	int			 watched;	/* else it is always ready */
	struct event		 rev;
	struct event		 again;		/* for what cannot be polled */
	struct event		 wev;
	struct evbuffer		*out;
	const struct lines_sink	*sink;
	void			*arg;
	size_t			 max;		/* bytes of a line */
	char			*buf;
	size_t			 len;
	size_t			 scanned;	/* no line ends before */
	size_t			 size;
	int			 skip;		/* the line is too long */
	int			 paused;	/* none is, for now */
	int			 behind;	/* what is in buf comes first */
	int			 ended;		/* no more is read */
	int			 busy;		/* within its own reading */
};

static void	 lines_flush(int, short, void *);
static void	 lines_free(struct lines *);
static void	 lines_go(struct lines *);
static void	 lines_read(int, short, void *);
static void	 lines_soon(struct lines *);
static void	 lines_split(struct lines *);
static void	 lines_stop(struct lines *, const char *);

/*
 * The flag that makes reading and writing return at once is the open file's,
 * shared with whoever else has it open.  A terminal, which may be the
 * command's too, is opened once more for us alone; where that is not allowed,
 * somebody else who reads from it may keep us for a line.
 */
static int
lines_terminal(struct lines *lines, int flags)
{
	char		 name[PATH_MAX];
	struct stat	 a, b;
	int		 fd;

	if (ttyname_r(lines->fd, name, sizeof(name)) != 0 ||
	    (fd = open(name, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC)) == -1)
		return 0;
	if (fd <= STDERR_FILENO || fstat(fd, &a) == -1 ||
	    fstat(lines->fd, &b) == -1 || a.st_rdev != b.st_rdev) {
		(void)close(fd);
		return 0;
	}
	(void)close(lines->fd);
	lines->fd = fd;
	return 1;
}

struct lines *
lines_open(int fd, int how)
{
	struct lines	*lines;
	struct stat	 st;
	char		 none = 0;
	int		 flags;

	lines = xcalloc(1, sizeof(*lines));
	lines->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (lines->fd == -1 || fstat(lines->fd, &st) == -1 ||
	    (flags = fcntl(lines->fd, F_GETFL)) == -1)
		goto fail;
	/* To read or write nothing tells whether it can be done at all. */
	if ((how & LINES_IN) && read(lines->fd, &none, 0) == -1)
		goto fail;
	if ((how & LINES_OUT) && (flags & O_ACCMODE) == O_RDONLY) {
		errno = EBADF;
		goto fail;
	}
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) {
		lines->polled = 1;
		if (fcntl(lines->fd, F_SETFL, flags | O_NONBLOCK) == -1)
			goto fail;
	} else if (isatty(lines->fd))
		lines->polled = lines_terminal(lines, flags);
	return lines;
fail:
	lines_free(lines);
	return NULL;
}

void
lines_start(struct lines *lines, struct event_base *base, size_t max,
    const struct lines_sink *sink, void *arg)
{
	lines->watched = lines->polled || isatty(lines->fd);
	lines->sink = sink;
	lines->arg = arg;
	lines->max = max;
	if (event_assign(&lines->rev, base, lines->fd, EV_READ | EV_PERSIST,
	    lines_read, lines) == -1 ||
	    event_assign(&lines->wev, base, lines->fd, EV_WRITE, lines_flush,
	    lines) == -1 ||
	    evtimer_assign(&lines->again, base, lines_read, lines) == -1)
		fatalx("event_assign");
	if ((lines->out = evbuffer_new()) == NULL)
		fatalx("evbuffer_new");
	if (sink == NULL)
		lines->ended = 1;
	else
		lines_go(lines);
}

void
lines_close(struct lines *lines)
{
	if (lines == NULL)
		return;
	/* What is queued goes as far as it goes. */
	if (lines->out != NULL) {
		(void)evbuffer_write(lines->out, lines->fd);
		(void)event_del(&lines->wev);
		evbuffer_free(lines->out);
		lines->out = NULL;
		if (!lines->ended) {
			(void)event_del(&lines->rev);
			(void)event_del(&lines->again);
		}
	}
	(void)close(lines->fd);
	lines->fd = -1;
	lines->ended = 1;
	if (!lines->busy)
		lines_free(lines);
}

static void
lines_free(struct lines *lines)
{
	int	 saved = errno;

	if (lines->fd != -1)
		(void)close(lines->fd);
	free(lines->buf);
	free(lines);
	errno = saved;
}

int
lines_write(struct lines *lines, const char *text, size_t len)
{
	ssize_t	 n = 0;

	if (evbuffer_get_length(lines->out) + len > LINES_QUEUE_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if (evbuffer_get_length(lines->out) == 0) {
		do {
			n = write(lines->fd, text, len);
		} while (n == -1 && errno == EINTR);
		if (n == -1 && errno != EAGAIN)
			return -1;
		if (n == -1)
			n = 0;
		if ((size_t)n == len)
			return 0;
	}
	if (evbuffer_add(lines->out, text + n, len - (size_t)n) == -1)
		fatalx("evbuffer_add");
	if (!lines->polled) {
		/* A file or a terminal: only a full disk is short. */
		errno = ENOSPC;
		return -1;
	}
	if (event_add(&lines->wev, NULL) == -1)
		fatalx("event_add");
	return 0;
}

/* A reader that has gone is noticed with the next line. */
static void
lines_flush(int fd, short what, void *arg)
{
	struct lines	*lines = arg;

	(void)what;
	if (evbuffer_write(lines->out, fd) == -1 && errno != EAGAIN &&
	    errno != EINTR) {
		(void)evbuffer_drain(lines->out,
		    evbuffer_get_length(lines->out));
		return;
	}
	if (evbuffer_get_length(lines->out) > 0 &&
	    event_add(&lines->wev, NULL) == -1)
		fatalx("event_add");
}

/* Read again in the next round of the event loop. */
static void
lines_soon(struct lines *lines)
{
	struct timeval	 now = { 0, 0 };

	if (evtimer_add(&lines->again, &now) == -1)
		fatalx("evtimer_add");
}

static void
lines_go(struct lines *lines)
{
	if (lines->behind || !lines->watched)
		lines_soon(lines);
	if (lines->watched && event_add(&lines->rev, NULL) == -1)
		lines_stop(lines, "it cannot be watched");
}

/* To pause within the sink leaves the lines that follow for later. */
void
lines_pause(struct lines *lines, int paused)
{
	if (lines->paused == paused)
		return;
	lines->paused = paused;
	if (lines->ended || lines->sink == NULL)
		return;
	if (paused) {
		(void)event_del(&lines->rev);
		(void)event_del(&lines->again);
	} else
		lines_go(lines);
}

static void
lines_stop(struct lines *lines, const char *why)
{
	if (lines->ended)
		return;
	lines->ended = 1;
	(void)event_del(&lines->rev);
	(void)event_del(&lines->again);
	lines->sink->end(lines->arg, why);
}

/* One read(2) to the end of the buffer: what it returns. */
static ssize_t
lines_more(struct lines *lines)
{
	ssize_t	 n;

	if (lines->size - lines->len < LINES_READ) {
		lines->size = lines->len + LINES_READ;
		lines->buf = xreallocarray(lines->buf, lines->size, 1);
	}
	n = read(lines->fd, lines->buf + lines->len,
	    lines->size - lines->len);
	if (n > 0)
		lines->len += (size_t)n;
	return n;
}

static void
lines_read(int fd, short what, void *arg)
{
	struct lines	*lines = arg;
	ssize_t		 n = 1;

	(void)fd;
	(void)what;
	if (!lines->behind && (n = lines_more(lines)) == -1 &&
	    errno != EAGAIN && errno != EINTR) {
		lines_stop(lines, strerror(errno));
		return;
	}
	lines->busy = 1;
	if (n > 0)
		lines_split(lines);
	else if (n == 0 && lines->len > 0 && !lines->skip)
		/* The last line may lack its end. */
		lines->sink->line(lines->arg, lines->buf, lines->len);
	lines->busy = 0;
	if (lines->fd == -1)
		lines_free(lines);
	else if (n == 0)
		lines_stop(lines, NULL);
	else if (!lines->ended && !lines->paused &&
	    (lines->behind || !lines->watched))
		lines_soon(lines);
}

/* Takes the whole lines out of the buffer. */
static void
lines_split(struct lines *lines)
{
	char	*line = lines->buf, *end;
	size_t	 len, left = lines->len, scanned = lines->scanned;

	while (!lines->ended && !lines->paused && (end = memchr(line +
	    scanned, '\n', left - scanned)) != NULL) {
		len = (size_t)(end - line);
		if (!lines->skip)
			lines->sink->line(lines->arg, len > lines->max ?
			    NULL : line, len);
		lines->skip = 0;
		left -= (size_t)(end + 1 - line);
		line = end + 1;
		scanned = 0;
	}
	lines->behind = lines->paused && left > 0;
	/* A line without end must not fill the memory. */
	if (left > lines->max && !lines->ended && !lines->behind) {
		if (!lines->skip)
			lines->sink->line(lines->arg, NULL, 0);
		lines->skip = 1;
		left = 0;
	}
	if (left > 0)
		memmove(lines->buf, line, left);
	lines->len = left;
	lines->scanned = lines->behind ? 0 : left;
}
