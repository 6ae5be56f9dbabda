/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

struct relay_pipe {
	SLIST_ENTRY(relay_pipe)	 entry;
	int			 rfd;
	int			 wfd;
	size_t			 len;	/* bytes within */
	size_t			 size;	/* as many may be */
};

SLIST_HEAD(relay_pipes, relay_pipe);

static struct relay_pipes	 relay_spare =
				    SLIST_HEAD_INITIALIZER(relay_spare);
static size_t			 relay_nspare;
static size_t			 relay_npipes;
static size_t			 relay_nlarge;

/* The user's share of pipe pages may be used up: then a small one. */
static size_t
relay_pipe_enlarge(int fd)
{
	int	 n = -1;

	if (relay_nlarge < RELAY_PIPES_LARGE)
		n = fcntl(fd, F_SETPIPE_SZ, RELAY_PIPE_LARGE);
	if (n == -1)
		n = fcntl(fd, F_SETPIPE_SZ, RELAY_PIPE_SIZE);
	return n == -1 ? RELAY_PIPE_SIZE : (size_t)n;
}

struct relay_pipe *
relay_pipe_get(void)
{
	struct relay_pipe	*p;
	int			 fds[2];

	if ((p = SLIST_FIRST(&relay_spare)) != NULL) {
		SLIST_REMOVE_HEAD(&relay_spare, entry);
		relay_nspare--;
		return p;
	}
	if (relay_npipes >= RELAY_PIPES_MAX)
		return NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == -1) {
		free(p);
		return NULL;
	}
	p->size = relay_pipe_enlarge(fds[1]);
	p->rfd = fds[0];
	p->wfd = fds[1];
	relay_npipes++;
	relay_nlarge += p->size >= RELAY_PIPE_LARGE;
	return p;
}

void
relay_pipe_put(struct relay_pipe *p)
{
	if (p == NULL)
		return;
	if (p->len == 0 && relay_nspare < RELAY_PIPES_SPARE) {
		SLIST_INSERT_HEAD(&relay_spare, p, entry);
		relay_nspare++;
		return;
	}
	(void)close(p->rfd);
	(void)close(p->wfd);
	relay_npipes--;
	relay_nlarge -= p->size >= RELAY_PIPE_LARGE;
	free(p);
}

size_t
relay_pipe_len(const struct relay_pipe *p)
{
	return p->len;
}

ssize_t
relay_pipe_fill(struct relay_pipe *p, int fd, uint64_t max)
{
	ssize_t	 n;

	/*
	 * Into an empty pipe only: EAGAIN then means that the socket has
	 * nothing, never that the pipe is full.
	 */
	n = splice(fd, NULL, p->wfd, NULL,
	    max < p->size ? (size_t)max : p->size,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0)
		p->len += (size_t)n;
	return n;
}

ssize_t
relay_pipe_drain(struct relay_pipe *p, int fd)
{
	ssize_t	 n;

	n = splice(p->rfd, NULL, fd, NULL, p->len,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n == 0) {
		errno = EIO;
		return -1;
	}
	if (n > 0)
		p->len -= (size_t)n;
	return n;
}

int
relay_sent(int fd)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLOUT };
	int		 one = 1;

	/* There is room, that says, when nothing waits to go out. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &one,
	    sizeof(one));
	return poll(&pfd, 1, 0) != 0;
}

void
relay_near(int fd)
{
	static const char	 name[] = "reno";

	/*
	 * Where the system's choice paces what it sends, as BBR does, each
	 * packet sets a timer.  This one is in every kernel, and anybody may
	 * choose it (tcp(7)).
	 */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name));
}
