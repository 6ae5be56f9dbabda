/* SPDX-License-Identifier: ISC */

/*
 * The one way out.  A name is looked up once, each of its addresses is
 * checked, and the survivors are dialled as they stand, never by name, in
 * the manner of RFC 8305: families alternate, a new attempt joins the race
 * every 250 ms or as soon as one fails, the first connection wins.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

union address {
	struct sockaddr		 sa;
	struct sockaddr_in	 in;
	struct sockaddr_in6	 in6;
};

struct attempt {
	TAILQ_ENTRY(attempt)	 entry;
	struct connect		*c;
	struct event		 ev;
	int			 fd;
};

struct connect {
	const struct dest	*dest;
	connect_fn		 fn;
	void			*arg;
	struct resolve		*resolve;
	union address		*addrs;
	size_t			 naddrs;
	size_t			 next;		/* of addrs to be dialled */
	TAILQ_HEAD(, attempt)	 attempts;
	struct event		 stagger;
	struct event		 overall;
	enum connect_status	 failure;	/* the most telling so far */
};

static void	 connect_resolved(void *, int, const struct resolve_addr *,
		    size_t);
static unsigned int connect_check(struct connect *,
		    const struct resolve_addr *, size_t);
static void	 connect_order(struct connect *);
static void	 connect_literal(struct connect *);
static void	 connect_denied(struct connect *, unsigned int);
static void	 connect_next(struct connect *);
static int	 connect_dial(struct connect *, const union address *);
static void	 connect_options(int);
static void	 connect_event(int, short, void *);
static void	 connect_stagger(int, short, void *);
static void	 connect_expired(int, short, void *);
static void	 connect_note(struct connect *, int);
static void	 connect_finish(struct connect *, enum connect_status, int,
		    const char *);

struct connect *
connect_start(const struct dest *dest, connect_fn fn, void *arg)
{
	struct connect	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->dest = dest;
	c->fn = fn;
	c->arg = arg;
	c->failure = CONNECT_FAILED;
	TAILQ_INIT(&c->attempts);
	if (evtimer_assign(&c->stagger, proxy_base, connect_stagger,
	    c) == -1 || evtimer_assign(&c->overall, proxy_base,
	    connect_expired, c) == -1 || evtimer_add(&c->overall,
	    session_interval(TIMEOUT_CONNECT)) == -1)
		fatalx("cannot make the timers");

	if (dest->host.kind != HOST_NAME)
		connect_literal(c);
	else if ((c->resolve = resolve_start(dest->host.name,
	    connect_resolved, c)) == NULL)
		c->failure = CONNECT_NONAME;
	/*
	 * Not from here: a callback that runs before its caller knows what
	 * it is called for may start the next one, which then gets lost.
	 */
	if (c->resolve == NULL)
		event_active(&c->stagger, EV_TIMEOUT, 0);
	return c;
}

static void
connect_free(struct connect *c)
{
	struct attempt	*a;

	if (c->resolve != NULL)
		resolve_cancel(c->resolve);
	while ((a = TAILQ_FIRST(&c->attempts)) != NULL) {
		TAILQ_REMOVE(&c->attempts, a, entry);
		(void)event_del(&a->ev);
		(void)close(a->fd);
		free(a);
	}
	(void)event_del(&c->stagger);
	(void)event_del(&c->overall);
	free(c->addrs);
	free(c);
}

void
connect_cancel(struct connect *c)
{
	connect_free(c);
}

static void
connect_finish(struct connect *c, enum connect_status status, int fd,
    const char *why)
{
	connect_fn	 fn = c->fn;
	void		*arg = c->arg;

	connect_free(c);
	fn(arg, status, fd, why);
}

static void
connect_resolved(void *arg, int error, const struct resolve_addr *ra,
    size_t n)
{
	struct connect	*c = arg;
	unsigned int	 classes;

	c->resolve = NULL;
	if (error != 0) {
		log_debug("%s: %s", c->dest->host.name, gai_strerror(error));
		connect_finish(c, error == EAI_MEMORY ? CONNECT_FAILED :
		    CONNECT_NONAME, -1, NULL);
		return;
	}
	classes = connect_check(c, ra, n);
	if (c->naddrs == 0) {
		if (classes == 0)
			connect_finish(c, CONNECT_NONAME, -1, NULL);
		else
			connect_denied(c, classes);
		return;
	}
	connect_order(c);
	connect_next(c);
}

static void
connect_sockaddr(const struct resolve_addr *ra, uint16_t port,
    union address *u)
{
	memset(u, 0, sizeof(*u));
	if (ra->inet6) {
		u->in6.sin6_family = AF_INET6;
		u->in6.sin6_port = htons(port);
		u->in6.sin6_scope_id = ra->scope;
		memcpy(&u->in6.sin6_addr, ra->addr, 16);
	} else {
		u->in.sin_family = AF_INET;
		u->in.sin_port = htons(port);
		memcpy(&u->in.sin_addr, ra->addr, 4);
	}
}

/* An address needs no lookup and no check: the rules have judged it. */
static void
connect_literal(struct connect *c)
{
	const struct host	*host = &c->dest->host;
	struct resolve_addr	 ra;

	memset(&ra, 0, sizeof(ra));
	ra.inet6 = host->kind == HOST_INET6;
	memcpy(ra.addr, host->addr, sizeof(ra.addr));
	if ((c->addrs = calloc(1, sizeof(*c->addrs))) == NULL)
		fatal("calloc");
	connect_sockaddr(&ra, c->dest->port, c->addrs);
	c->naddrs = 1;
}

/*
 * Keeps the addresses that may be dialled.  Returns why the others may not,
 * as a mask for addr_reason().
 */
static unsigned int
connect_check(struct connect *c, const struct resolve_addr *ra, size_t n)
{
	struct addr_ranges	 own = TAILQ_HEAD_INITIALIZER(own);
	union address		 u;
	enum addr_class		 class;
	unsigned int		 classes = 0;
	size_t			 i;

	if ((c->addrs = calloc(n + 1, sizeof(*c->addrs))) == NULL)
		fatal("calloc");
	for (i = 0; i < n; i++) {
		if (ra[i].kind != RESOLVE_OWN)
			continue;
		connect_sockaddr(&ra[i], 0, &u);
		if (addr_range_add_sockaddr(&own, &u.sa) == -1)
			fatal("own addresses");
	}
	for (i = 0; i < n; i++) {
		if (ra[i].kind != RESOLVE_NAME)
			continue;
		connect_sockaddr(&ra[i], c->dest->port, &u);
		class = addr_check(proxy_rules(), &c->dest->host,
		    c->dest->port, &u.sa, &own);
		if (class == ADDR_OK)
			c->addrs[c->naddrs++] = u;
		else
			classes |= 1U << class;
	}
	addr_ranges_free(&own);
	return classes;
}

/* Alternates the families, the system's favourite first (RFC 8305, 4). */
static void
connect_order(struct connect *c)
{
	union address	 u;
	size_t		 i, j;

	for (i = 1; i < c->naddrs; i++) {
		for (j = i; j < c->naddrs; j++)
			if (c->addrs[j].sa.sa_family !=
			    c->addrs[i - 1].sa.sa_family)
				break;
		if (j == c->naddrs)
			return;
		u = c->addrs[j];
		memmove(&c->addrs[i + 1], &c->addrs[i],
		    (j - i) * sizeof(c->addrs[0]));
		c->addrs[i] = u;
	}
}

static void
connect_denied(struct connect *c, unsigned int classes)
{
	char	 why[ADDR_REASON_SIZE];

	addr_reason(classes, why, sizeof(why));
	verdict_resolved(c->dest, why);
	connect_finish(c, CONNECT_DENIED, -1, why);
}

/* Starts attempts until one is under way. */
static void
connect_next(struct connect *c)
{
	struct timeval	 tv = { 0, CONNECT_STAGGER * 1000 };
	int		 fd;

	while (c->next < c->naddrs) {
		fd = connect_dial(c, &c->addrs[c->next++]);
		if (fd != -1) {
			connect_finish(c, CONNECT_OK, fd, NULL);
			return;
		}
		if (errno == EINPROGRESS) {
			if (c->next < c->naddrs &&
			    evtimer_add(&c->stagger, &tv) == -1)
				fatalx("evtimer_add");
			return;
		}
		connect_note(c, errno);
	}
	if (TAILQ_EMPTY(&c->attempts))
		connect_finish(c, c->failure, -1, NULL);
}

/*
 * Dials one address.  Returns the socket if it is connected already, else -1
 * with errno, EINPROGRESS if an attempt has been added.
 */
static int
connect_dial(struct connect *c, const union address *u)
{
	struct attempt	*a;
	int		 fd, saved;

	fd = socket(u->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (fd == -1) {
		if (errno == EMFILE || errno == ENFILE)
			listen_pause();
		return -1;
	}
	connect_options(fd);
	if (connect(fd, &u->sa, u->sa.sa_family == AF_INET ?
	    sizeof(u->in) : sizeof(u->in6)) == 0)
		return fd;
	if (errno != EINPROGRESS && errno != EINTR) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	if ((a = calloc(1, sizeof(*a))) == NULL)
		fatal("calloc");
	a->c = c;
	a->fd = fd;
	if (event_assign(&a->ev, proxy_base, fd, EV_WRITE, connect_event,
	    a) == -1 || event_add(&a->ev, NULL) == -1)
		fatalx("event_add");
	TAILQ_INSERT_TAIL(&c->attempts, a, entry);
	errno = EINPROGRESS;
	return -1;
}

static void
connect_options(int fd)
{
	int	 on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A tunnel has no timeout: this finds a server that has vanished. */
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	keepalive_set(fd);
}

static void
connect_event(int fd, short what, void *arg)
{
	struct attempt	*a = arg;
	struct connect	*c = a->c;
	socklen_t	 len = sizeof(int);
	int		 error = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	TAILQ_REMOVE(&c->attempts, a, entry);
	free(a);
	if (error == 0) {
		connect_finish(c, CONNECT_OK, fd, NULL);
		return;
	}
	(void)close(fd);
	connect_note(c, error);
	connect_next(c);
}

static void
connect_stagger(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	connect_next(arg);
}

static void
connect_expired(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	connect_finish(arg, CONNECT_TIMEOUT, -1, NULL);
}

/* Of several failures the one is told that says most about the server. */
static void
connect_note(struct connect *c, int error)
{
	static const int	 rank[] = {
		[CONNECT_REFUSED] = 4,
		[CONNECT_TIMEOUT] = 3,
		[CONNECT_HOSTUNREACH] = 2,
		[CONNECT_NETUNREACH] = 1,
		[CONNECT_FAILED] = 0
	};
	enum connect_status	 status;

	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
		status = CONNECT_REFUSED;
		break;
	case ETIMEDOUT:
		status = CONNECT_TIMEOUT;
		break;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		status = CONNECT_FAILED;
		break;
	case ENETUNREACH:
	case ENETDOWN:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		status = CONNECT_NETUNREACH;
		break;
	default:
		status = CONNECT_HOSTUNREACH;
		break;
	}
	if (rank[status] > rank[c->failure])
		c->failure = status;
}
