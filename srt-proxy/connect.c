/* SPDX-License-Identifier: ISC */

/*
 * The one way out.  A name is looked up once, each of its addresses is
 * checked, and the survivors are dialled as they stand, never by name, in
 * the manner of RFC 8305: families alternate, a new attempt joins the race
 * every 250 ms or as soon as one fails, the first connection wins.
 *
 * Where a proxy stands on the way (route.c) it is dialled in the place of the
 * destination, whose name is then the proxy's to look up.
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
	struct dest		*dest;
	const struct route	*route;		/* NULL: not known yet */
	int			 plain;		/* HTTP, no tunnel */
	connect_fn		 fn;
	void			*arg;
	struct ask		*ask;
	struct mitm		*mitm;
	struct secure		*secure;
	struct tunnel		*tunnel;
	struct resolve		*resolve;
	union address		*addrs;
	size_t			 naddrs;
	size_t			 next;		/* of addrs to be dialled */
	TAILQ_HEAD(, attempt)	 attempts;
	size_t			 nattempts;
	unsigned int		 waits;		/* for room for another */
	struct event		 stagger;
	struct event		 overall;
	enum connect_status	 failure;	/* the most telling so far */
};

/* Descriptors for attempts beyond those that a session has set aside. */
static size_t	 connect_spare;

static struct connect *connect_new(struct dest *, connect_fn, void *);
static void	 connect_ask(struct connect *);
static void	 connect_asked(void *, int, const char *);
static void	 connect_begin(struct connect *);
static void	 connect_resolved(void *, int, const struct resolve_addr *,
		    size_t);
static unsigned int connect_check(struct connect *,
		    const struct resolve_addr *, size_t);
static void	 connect_order(struct connect *);
static void	 connect_literal(struct connect *, const struct host *);
static void	 connect_denied(struct connect *, unsigned int);
static void	 connect_next(struct connect *);
static int	 connect_dial(struct connect *, const union address *);
static void	 connect_options(int, const union address *);
static void	 connect_event(int, short, void *);
static void	 connect_stagger(int, short, void *);
static void	 connect_expired(int, short, void *);
static void	 connect_note(struct connect *, int);
static void	 connect_joined(struct connect *, int);
static void	 connect_found(void *, int, const char *);
static void	 connect_secured(void *, int, const char *);
static void	 connect_tunnelled(void *, int, const char *);
static uint16_t	 connect_port(const struct connect *);
static void	 connect_finish(struct connect *, enum connect_status, int,
		    const char *);

void
connect_init(size_t spare)
{
	connect_spare = spare;
}

struct connect *
connect_start(struct dest *dest, connect_fn fn, void *arg)
{
	struct connect	*c = connect_new(dest, fn, arg);

	connect_ask(c);
	return c;
}

struct connect *
connect_plain(struct dest *dest, connect_fn fn, void *arg)
{
	struct connect	*c = connect_new(dest, fn, arg);

	c->plain = 1;
	connect_ask(c);
	return c;
}

struct connect *
connect_raw(struct dest *dest, connect_fn fn, void *arg)
{
	static const struct route	 raw = { .kind = ROUTE_DIRECT };
	struct connect			*c = connect_new(dest, fn, arg);

	c->route = &raw;
	connect_begin(c);
	return c;
}

static struct connect *
connect_new(struct dest *dest, connect_fn fn, void *arg)
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
	    connect_expired, c) == -1)
		fatalx("cannot make the timers");
	return c;
}

/* Whoever is asked has a clock of his own. */
static void
connect_ask(struct connect *c)
{
	if (!c->dest->ask)
		connect_begin(c);
	else if ((c->ask = ask_start(c->dest, connect_asked, c)) == NULL) {
		c->failure = CONNECT_NOTALLOWED;
		event_active(&c->stagger, EV_TIMEOUT, 0);
	}
}

static void
connect_asked(void *arg, int allow, const char *reason)
{
	struct connect	*c = arg;

	c->ask = NULL;
	if (!allow)
		verdict_asked(c->dest, reason);
	else if (verdict_still(c->dest, NULL)) {
		c->dest->open = 0;
		connect_begin(c);
		return;
	} else
		reason = "new settings do not allow it";
	connect_finish(c, CONNECT_NOTALLOWED, -1, reason);
}

static void
connect_begin(struct connect *c)
{
	const struct host	*host = &c->dest->host;

	if (evtimer_add(&c->overall, session_interval(TIMEOUT_CONNECT)) == -1)
		fatalx("evtimer_add");
	if (c->route == NULL)
		c->route = route_find(c->dest, c->plain);
	c->dest->direct = c->route->kind == ROUTE_DIRECT;
	c->dest->route = c->route;
	if (c->route->kind == ROUTE_MITM) {
		c->mitm = mitm_start(connect_found, c);
		return;
	}
	if (c->route->kind != ROUTE_DIRECT)
		host = c->route->host;
	if (host->kind != HOST_NAME)
		connect_literal(c, host);
	else if ((c->resolve = resolve_start(host->name,
	    connect_resolved, c)) == NULL)
		c->failure = CONNECT_NONAME;
	/*
	 * Not from here: a callback that runs before its caller knows what
	 * it is called for may start the next one, which then gets lost.
	 */
	if (c->resolve == NULL)
		event_active(&c->stagger, EV_TIMEOUT, 0);
}

static void
attempt_add(struct connect *c, struct attempt *a)
{
	TAILQ_INSERT_TAIL(&c->attempts, a, entry);
	if (c->nattempts++ >= CONNECT_OWN)
		connect_spare--;
}

static void
attempt_free(struct attempt *a)
{
	struct connect	*c = a->c;

	TAILQ_REMOVE(&c->attempts, a, entry);
	if (--c->nattempts >= CONNECT_OWN)
		connect_spare++;
	free(a);
}

/* Nothing more is to be dialled. */
static void
connect_settle(struct connect *c)
{
	struct attempt	*a;

	while ((a = TAILQ_FIRST(&c->attempts)) != NULL) {
		(void)event_del(&a->ev);
		(void)close(a->fd);
		attempt_free(a);
	}
	(void)event_del(&c->stagger);
}

static void
connect_free(struct connect *c)
{
	if (c->ask != NULL)
		ask_cancel(c->ask);
	if (c->mitm != NULL)
		mitm_cancel(c->mitm);
	if (c->secure != NULL)
		secure_cancel(c->secure);
	if (c->tunnel != NULL)
		tunnel_cancel(c->tunnel);
	if (c->resolve != NULL)
		resolve_cancel(c->resolve);
	connect_settle(c);
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
	static const char *const	 said[] = {
		[CONNECT_NONAME] = "its name is not known",
		[CONNECT_REFUSED] = "connection refused",
		[CONNECT_HOSTUNREACH] = "no route to it",
		[CONNECT_NETUNREACH] = "no route to its network",
		[CONNECT_TIMEOUT] = "no answer in time",
		[CONNECT_FAILED] = "too many connections"
	};
	connect_fn			 fn = c->fn;
	void				*arg = c->arg;
	char				 text[128];

	if (status == CONNECT_OK && c->dest->learn)
		learn_connect(&c->dest->client, &c->dest->host,
		    c->dest->port);
	/* It was not the destination that failed. */
	if (c->route != NULL && c->route->kind != ROUTE_DIRECT &&
	    (size_t)status < nitems(said) && said[status] != NULL) {
		(void)snprintf(text, sizeof(text), "%s cannot be reached: %s",
		    route_name(c->route), said[status]);
		status = CONNECT_PROXY;
		why = text;
	}
	if (status == CONNECT_PROXY)
		log_info("%s port %u: %s", c->dest->host.name, c->dest->port,
		    why);
	connect_free(c);
	fn(arg, status, fd, why);
}

/* There is a connection, to the destination or to the proxy on the way. */
static void
connect_joined(struct connect *c, int fd)
{
	connect_settle(c);
	if (!c->route->https)
		connect_found(c, fd, NULL);
	else if ((c->secure = secure_start(fd, c->route->host,
	    connect_secured, c)) == NULL)
		connect_finish(c, CONNECT_PROXY, -1,
		    "TLS with the parent proxy: too many connections");
}

static void
connect_secured(void *arg, int fd, const char *why)
{
	struct connect	*c = arg;

	c->secure = NULL;
	connect_found(c, fd, why);
}

/* The proxy, if there is one, can be spoken to. */
static void
connect_found(void *arg, int fd, const char *why)
{
	struct connect	*c = arg;

	c->mitm = NULL;
	if (fd == -1)
		connect_finish(c, CONNECT_PROXY, -1, why);
	else if (c->route->kind == ROUTE_DIRECT ||
	    (c->plain && route_absolute(c->route)))
		connect_finish(c, CONNECT_OK, fd, NULL);
	else
		c->tunnel = tunnel_start(fd, c->route, c->dest,
		    connect_tunnelled, c);
}

static void
connect_tunnelled(void *arg, int fd, const char *why)
{
	struct connect	*c = arg;

	c->tunnel = NULL;
	if (fd == -1)
		connect_finish(c, CONNECT_PROXY, -1, why);
	else
		connect_finish(c, CONNECT_OK, fd, NULL);
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

/* Of the destination, or of the proxy on the way. */
static uint16_t
connect_port(const struct connect *c)
{
	return c->route->kind == ROUTE_DIRECT ? c->dest->port :
	    c->route->port;
}

/* An address needs no lookup and no check: the rules have judged it. */
static void
connect_literal(struct connect *c, const struct host *host)
{
	struct resolve_addr	 ra;

	memset(&ra, 0, sizeof(ra));
	ra.inet6 = host->kind == HOST_INET6;
	memcpy(ra.addr, host->addr, sizeof(ra.addr));
	if ((c->addrs = calloc(1, sizeof(*c->addrs))) == NULL)
		fatal("calloc");
	connect_sockaddr(&ra, connect_port(c), c->addrs);
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
		connect_sockaddr(&ra[i], connect_port(c), &u);
		/* Where a proxy is, is for the settings to say. */
		class = c->route->kind != ROUTE_DIRECT ? ADDR_OK :
		    addr_check(proxy_rules(), &c->dest->host,
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

/*
 * Where others have taken what may be had the race is between two; then one
 * that has had its time makes room for the next.
 */
static int
connect_room(struct connect *c)
{
	struct attempt	*a = TAILQ_FIRST(&c->attempts);

	if (c->nattempts < CONNECT_OWN || connect_spare > 0)
		return 1;
	if (++c->waits < CONNECT_PATIENCE)
		return 0;
	c->waits = 0;
	connect_note(c, ETIMEDOUT);
	(void)event_del(&a->ev);
	(void)close(a->fd);
	attempt_free(a);
	return 1;
}

/* Starts attempts until one is under way. */
static void
connect_next(struct connect *c)
{
	struct timeval	 tv = { 0, CONNECT_STAGGER * 1000 };
	int		 fd;

	while (c->next < c->naddrs) {
		if (!connect_room(c)) {
			if (evtimer_add(&c->stagger, &tv) == -1)
				fatalx("evtimer_add");
			return;
		}
		fd = connect_dial(c, &c->addrs[c->next++]);
		if (fd != -1) {
			connect_joined(c, fd);
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
	connect_options(fd, u);
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
	attempt_add(c, a);
	errno = EINPROGRESS;
	return -1;
}

static int
connect_is_near(const union address *u)
{
	if (u->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&u->in6.sin6_addr);
	return ntohl(u->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static void
connect_options(int fd, const union address *u)
{
	int	 on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A tunnel has no timeout: this finds a server that has vanished. */
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	keepalive_set(fd);
	if (connect_is_near(u))
		relay_near(fd);
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
	attempt_free(a);
	if (error == 0) {
		connect_joined(c, fd);
		return;
	}
	(void)close(fd);
	connect_note(c, error);
	connect_next(c);
}

static void
connect_stagger(int fd, short what, void *arg)
{
	struct connect	*c = arg;

	(void)fd;
	(void)what;
	if (c->failure == CONNECT_NOTALLOWED)
		connect_asked(c, 0, "too many questions are open");
	else
		connect_next(c);
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
