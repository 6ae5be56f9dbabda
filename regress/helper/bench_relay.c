/* SPDX-License-Identifier: ISC */

/*
 * The least that a relay can do, as the limit that srt-proxy is held against:
 *
 *	bench_relay PORT SERVER
 *
 * Whoever connects to PORT of the loopback is joined to the port SERVER there.
 * One thread, epoll, and splice(2) by pipes of a megabyte: nothing is read,
 * judged, logged or timed.
 */

#include "compat.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPE_SIZE	(1024 * 1024)
#define POOL		64	/* idle pipes that are kept */

struct side {
	struct pair	*pair;
	int		 fd;
	int		 pipe[2];	/* what was read here; -1: none */
	size_t		 held;		/* bytes in it */
	int		 eof;
	int		 shut;		/* the other one was told of it */
	uint32_t	 events;
};

struct pair {
	struct side	 side[2];
	struct pair	*next;		/* of those to be freed */
	int		 dead;
};

static struct pair	*graveyard;
static int		 pool[POOL][2];
static int		 pooled;
static int		 ep;

static struct side *
other(struct side *s)
{
	return s == &s->pair->side[0] ? &s->pair->side[1] : &s->pair->side[0];
}

static int
pipe_get(struct side *s)
{
	if (s->pipe[0] != -1)
		return 0;
	if (pooled > 0) {
		memcpy(s->pipe, pool[--pooled], sizeof(s->pipe));
		return 0;
	}
	if (pipe2(s->pipe, O_NONBLOCK | O_CLOEXEC) == -1)
		return -1;
	(void)fcntl(s->pipe[0], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

/* Only an empty pipe may carry another's bytes. */
static void
pipe_put(struct side *s)
{
	if (s->pipe[0] == -1)
		return;
	if (s->held == 0 && pooled < POOL)
		memcpy(pool[pooled++], s->pipe, sizeof(s->pipe));
	else {
		(void)close(s->pipe[0]);
		(void)close(s->pipe[1]);
	}
	s->pipe[0] = s->pipe[1] = -1;
}

static void
pair_close(struct pair *p)
{
	int	 i;

	if (p->dead)
		return;
	for (i = 0; i < 2; i++) {
		pipe_put(&p->side[i]);
		(void)close(p->side[i].fd);
	}
	p->dead = 1;
	p->next = graveyard;
	graveyard = p;
}

static void
watch(struct side *s, int op)
{
	struct epoll_event	 ev;
	uint32_t		 events = 0;

	if (!s->eof && s->held == 0)
		events |= EPOLLIN;
	if (other(s)->held > 0)
		events |= EPOLLOUT;
	if (op == EPOLL_CTL_MOD && events == s->events)
		return;
	memset(&ev, 0, sizeof(ev));
	s->events = ev.events = events;
	ev.data.ptr = s;
	if (epoll_ctl(ep, op, s->fd, &ev) == -1)
		err(1, "epoll_ctl");
}

/* From one side to the other; -1 is the end of the pair. */
static int
pump(struct side *from)
{
	struct side	*to = other(from);
	ssize_t		 n;

	if (!from->eof && from->held == 0) {
		if (pipe_get(from) == -1)
			return -1;
		n = splice(from->fd, NULL, from->pipe[1], NULL, PIPE_SIZE,
		    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n == -1 && errno != EAGAIN)
			return -1;
		if (n == 0)
			from->eof = 1;
		if (n > 0)
			from->held = (size_t)n;
	}
	while (from->held > 0) {
		n = splice(from->pipe[0], NULL, to->fd, NULL, from->held,
		    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
		if (n == -1 && errno == EAGAIN)
			break;
		if (n <= 0)
			return -1;
		from->held -= (size_t)n;
	}
	if (from->held == 0)
		pipe_put(from);
	if (from->eof && from->held == 0 && !from->shut) {
		from->shut = 1;
		(void)shutdown(to->fd, SHUT_WR);
	}
	return from->shut && to->shut ? -1 : 0;
}

static void
event(struct side *s, uint32_t events)
{
	if (s->pair->dead)
		return;
	if (((events & ~(uint32_t)EPOLLOUT) != 0 && pump(s) == -1) ||
	    ((events & EPOLLOUT) != 0 && pump(other(s)) == -1)) {
		pair_close(s->pair);
		return;
	}
	watch(s, EPOLL_CTL_MOD);
	watch(other(s), EPOLL_CTL_MOD);
}

static int
loopback(struct sockaddr_in *sin, const char *port)
{
	const char	*errstr;
	int		 fd, on = 1;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin->sin_port = htons((uint16_t)strtonum(port, 1, 65535, &errstr));
	if (errstr != NULL)
		errx(1, "%s: %s", port, errstr);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
		err(1, "socket");
	return fd;
}

/* Loopback: the connection is there, or refused, when connect returns. */
static void
join(int fd, const char *server)
{
	struct sockaddr_in	 sin;
	struct pair		*p;
	int			 i, on = 1;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		err(1, "calloc");
	p->side[0].fd = fd;
	p->side[1].fd = loopback(&sin, server);
	for (i = 0; i < 2; i++) {
		p->side[i].pair = p;
		p->side[i].pipe[0] = p->side[i].pipe[1] = -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(p->side[1].fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 && errno != EINPROGRESS)
		err(1, "connect");
	for (i = 0; i < 2; i++)
		watch(&p->side[i], EPOLL_CTL_ADD);
}

static __dead void
relay(int s, const char *server)
{
	struct epoll_event	 evs[256];
	struct pair		*p;
	int			 fd, i, n;

	for (;;) {
		if ((n = epoll_wait(ep, evs, nitems(evs), -1)) == -1)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++) {
			if (evs[i].data.ptr != NULL) {
				event(evs[i].data.ptr, evs[i].events);
				continue;
			}
			while ((fd = accept4(s, NULL, NULL, SOCK_NONBLOCK |
			    SOCK_CLOEXEC)) != -1)
				join(fd, server);
			if (errno != EAGAIN && errno != ECONNABORTED)
				err(1, "accept");
		}
		while ((p = graveyard) != NULL) {
			graveyard = p->next;
			free(p);
		}
	}
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in	 sin;
	struct epoll_event	 ev;
	struct rlimit		 rl;
	int			 s;

	if (argc != 3)
		errx(1, "usage: bench_relay port server");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "start");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "setrlimit");
	s = loopback(&sin, argv[1]);
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(s, 4096) == -1)
		err(1, "%s", argv[1]);
	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN;
	if ((ep = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev) == -1)
		err(1, "epoll");
	relay(s, argv[2]);
}
