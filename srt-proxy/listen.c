/* SPDX-License-Identifier: ISC */

/*
 * The listeners, made inside the command's network namespace and handed to
 * us.  When there is no room or no descriptor left, connections wait in the
 * kernel's queue.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"
#include "token.h"

struct listener {
	TAILQ_ENTRY(listener)	 entry;
	enum listener_kind	 kind;
	uint16_t		 published;	/* 0: it is inside */
	struct event		 ev;
	int			 fd;
};

/* On the host's loopback: nobody is let in before we are confined. */
static struct {
	int			 fd;
	enum listener_kind	 kind;
}				 locals[2];
static size_t			 nlocals;

static TAILQ_HEAD(, listener)	 listeners = TAILQ_HEAD_INITIALIZER(listeners);
static size_t			 listen_count;
static struct event		*listen_timer;
static int			 listen_paused;

static void	(*const listen_accept[])(struct session *) = {
	[LISTENER_HTTP] = http_accept,
	[LISTENER_SOCKS] = socks_accept,
	[LISTENER_DNS_TCP] = dns_accept
};

static void	 listen_readable(int, short, void *);
static void	 listen_retry(int, short, void *);
static int	 listen_one(struct listener *);
static void	 listen_start(struct session *, enum listener_kind);

static void
listen_new(int fd, enum listener_kind kind, uint16_t published)
{
	struct listener	*l;
	socklen_t	 len = sizeof(int);
	int		 flags, on = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == -1 ||
	    on == 0)
		fatalx("a descriptor that is no listener");
	if (listen_count >= LISTENERS_MAX)
		fatalx("too many listeners");
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	/* Accepted sockets inherit it. */
	on = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (published == 0)
		relay_near(fd);

	if ((l = calloc(1, sizeof(*l))) == NULL)
		fatal("calloc");
	l->kind = kind;
	l->published = published;
	l->fd = fd;
	if (event_assign(&l->ev, proxy_base, fd, EV_READ | EV_PERSIST,
	    listen_readable, l) == -1)
		fatalx("event_assign");
	if (!listen_paused && event_add(&l->ev, NULL) == -1)
		fatalx("event_add");
	TAILQ_INSERT_TAIL(&listeners, l, entry);
	listen_count++;
}

void
listen_add(int fd, enum listener_kind kind)
{
	if (kind == LISTENER_DNS_UDP) {
		dns_udp_add(fd);
		return;
	}
	if ((size_t)kind >= nitems(listen_accept))
		fatalx("unknown kind of listener %d", (int)kind);
	listen_new(fd, kind, 0);
}

void
listen_publish(int fd, uint16_t port)
{
	listen_new(fd, LISTENER_HTTP, port);
}

void
listen_local(int fd, enum listener_kind kind)
{
	if (kind != LISTENER_HTTP && kind != LISTENER_SOCKS)
		fatalx("a port of the host's for kind %d", (int)kind);
	if (nlocals == nitems(locals))
		fatalx("too many ports of the host's");
	locals[nlocals].fd = fd;
	locals[nlocals++].kind = kind;
}

void
listen_begin(void)
{
	size_t	 i;

	/* Every user of the machine can connect there. */
	if (nlocals != 0 && !token_wanted())
		fatalx("a port of the host's without a token");
	for (i = 0; i < nlocals; i++)
		listen_new(locals[i].fd, locals[i].kind, 0);
	nlocals = 0;
}

void
listen_stop(void)
{
	struct listener	*l;

	while ((l = TAILQ_FIRST(&listeners)) != NULL) {
		TAILQ_REMOVE(&listeners, l, entry);
		(void)event_del(&l->ev);
		(void)close(l->fd);
		free(l);
	}
	listen_count = 0;
	dns_udp_stop();
}

void
listen_pause(void)
{
	struct timeval	 tv = { 1, 0 };
	struct listener	*l;

	if (listen_timer == NULL && (listen_timer = evtimer_new(proxy_base,
	    listen_retry, NULL)) == NULL)
		fatalx("evtimer_new");
	/* The limit may be the system's: then others make room. */
	if (evtimer_add(listen_timer, &tv) == -1)
		fatalx("evtimer_add");
	if (listen_paused)
		return;
	listen_paused = 1;
	pool_clear();
	log_debug("no room for more connections: they wait");
	TAILQ_FOREACH(l, &listeners, entry)
		(void)event_del(&l->ev);
}

void
listen_resume(void)
{
	struct listener	*l;

	if (!listen_paused)
		return;
	listen_paused = 0;
	(void)evtimer_del(listen_timer);
	TAILQ_FOREACH(l, &listeners, entry)
		if (event_add(&l->ev, NULL) == -1)
			fatalx("event_add");
}

static void
listen_retry(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	listen_resume();
}

static void
listen_readable(int fd, short what, void *arg)
{
	int	 i;

	(void)fd;
	(void)what;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		if (!session_room()) {
			listen_pause();
			return;
		}
		if (listen_one(arg) == -1)
			return;
	}
}

/* Accepts a connection and starts its session; -1 to stop for now. */
static int
listen_one(struct listener *l)
{
	struct session	*s;
	int		 fd;

	fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1) {
		switch (errno) {
		case EINTR:
		case ECONNABORTED:
			return 0;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			listen_pause();
			break;
		case EAGAIN:
			break;
		default:
			log_warn("accept");
			listen_pause();
			break;
		}
		return -1;
	}
	if (l->published != 0 && !session_room_published()) {
		log_debug("too many connections from the host");
		(void)close(fd);
		return 0;
	}
	if ((s = session_new(fd)) == NULL) {
		listen_pause();
		return -1;
	}
	if (l->published != 0)
		publish_accept(s, l->published);
	else
		listen_start(s, l->kind);
	return 0;
}

static void
listen_start(struct session *s, enum listener_kind kind)
{
	if (route_relays(kind))
		route_relay(s, kind);
	else
		listen_accept[kind](s);
}

/*
 * Without a network namespace nobody listens: the broker brings each of the
 * command's connections.  One for which there is no room is closed.
 */
void
listen_accepted(int fd, enum listener_kind kind)
{
	struct session	*s;
	int		 flags, on = 1;

	if ((size_t)kind >= nitems(listen_accept))
		fatalx("unknown kind of connection %d", (int)kind);
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!session_room()) {
		log_debug("no room for a connection of the command's");
		(void)close(fd);
	} else if ((s = session_new(fd)) != NULL)
		listen_start(s, kind);
}
