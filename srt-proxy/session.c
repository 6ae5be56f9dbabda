/* SPDX-License-Identifier: ISC */

/*
 * A session joins two halves: the client's connection and the server's; see
 * half.c.  Here it begins, runs out of time and ends.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

#define SESSION_MIN	16	/* fewer than these are of no use */

static const int	 session_seconds[TIMEOUT_MAX] = {
	[TIMEOUT_FIRST] = 30,
	[TIMEOUT_HEAD] = 30,
	[TIMEOUT_KEEPALIVE] = 60,
	[TIMEOUT_CONNECT] = 30,
	[TIMEOUT_RESOLVE] = 10,
	[TIMEOUT_WRITE] = 60,
	[TIMEOUT_LINGER] = 5,
	[TIMEOUT_ANSWER] = 60,
	[TIMEOUT_PAIR] = 10,
	[TIMEOUT_DNS] = 10,
	[TIMEOUT_TRANSFER] = 3600
};

char				 session_scratch[READ_SIZE];

static const struct timeval	*session_intervals[TIMEOUT_MAX];
static TAILQ_HEAD(, session)	 sessions = TAILQ_HEAD_INITIALIZER(sessions);
static TAILQ_HEAD(, session)	 graveyard = TAILQ_HEAD_INITIALIZER(graveyard);
static struct event		*session_reaper;
static size_t			 session_count;
static size_t			 session_limit;
static size_t			 session_outer;	/* from the host */

static void	 session_reap(int, short, void *);
static void	 session_timer(int, short, void *);
static void	 session_end(struct session *, int);

void
session_init(void)
{
	struct rlimit	 rl;
	struct timeval	 tv = { 0, 0 };
	size_t		 fds, pooled = POOL_MAX, spare = CONNECT_SPARE_MAX;
	size_t		 aside = FD_RESERVE + POOL_MAX + CONNECT_SPARE_MAX +
			    2 * RELAY_PIPES_MAX;
	int		 i;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("getrlimit");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1 &&
	    getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("setrlimit");
	if (rl.rlim_cur > SESSION_MAX * SESSION_FDS + aside)
		session_limit = SESSION_MAX;
	else {
		fds = (size_t)rl.rlim_cur;
		/* With few the tunnels copy instead, and nothing is kept. */
		if (fds < 4 * aside) {
			aside = FD_RESERVE;
			pooled = spare = 0;
		}
		session_limit = fds > aside ? (fds - aside) / SESSION_FDS : 0;
	}
	if (session_limit < SESSION_MIN)
		session_limit = SESSION_MIN;
	buf_limit(BUFFER_MAX);
	pool_init(pooled);
	connect_init(spare);

	for (i = 0; i < TIMEOUT_MAX; i++) {
		if (session_seconds[i] == 0)
			continue;
		tv.tv_sec = session_seconds[i];
		session_intervals[i] =
		    event_base_init_common_timeout(proxy_base, &tv);
		if (session_intervals[i] == NULL)
			fatalx("cannot make the timers");
	}
	session_reaper = event_new(proxy_base, -1, 0, session_reap, NULL);
	if (session_reaper == NULL)
		fatalx("event_new");
	log_debug("at most %zu sessions", session_limit);
}

const struct timeval *
session_interval(enum timeout timeout)
{
	return session_intervals[timeout];
}

void
session_each(void (*fn)(struct session *))
{
	struct session	*s, *next;

	/* One that ends goes to the graveyard, and no other with it. */
	for (s = TAILQ_FIRST(&sessions); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		fn(s);
	}
}

int
session_room(void)
{
	return session_count < session_limit;
}

/* Who reaches a published port must not take all from the command. */
int
session_room_published(void)
{
	return session_outer < session_limit / 2;
}

void
session_published(struct session *s)
{
	s->published = 1;
	session_outer++;
}

struct session *
session_new(int fd)
{
	struct session	*s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		if (fd != -1)
			(void)close(fd);
		return NULL;
	}
	s->client.s = s->server.s = s;
	s->client.peer = &s->server;
	s->server.peer = &s->client;
	s->client.fd = s->server.fd = -1;
	s->timeout = TIMEOUT_NONE;
	if (event_assign(&s->timer, proxy_base, -1, 0, session_timer, s) == -1)
		fatalx("event_assign");
	if (fd != -1)
		half_open(&s->client, fd);
	TAILQ_INSERT_TAIL(&sessions, s, entry);
	session_count++;
	return s;
}

void
session_client(struct session *s, int fd)
{
	half_reset(&s->client);
	half_open(&s->client, fd);
}

void
session_server(struct session *s, int fd)
{
	half_reset(&s->server);
	half_open(&s->server, fd);
}

void
session_close(struct session *s)
{
	session_end(s, 0);
}

void
session_abort(struct session *s)
{
	session_end(s, 1);
}

static void
session_end(struct session *s, int reset)
{
	struct linger	 l = { .l_onoff = 1, .l_linger = 0 };

	if (s->dead)
		return;
	s->dead = 1;
	if (reset) {
		if (s->client.fd != -1)
			(void)setsockopt(s->client.fd, SOL_SOCKET, SO_LINGER,
			    &l, sizeof(l));
		if (s->server.fd != -1)
			(void)setsockopt(s->server.fd, SOL_SOCKET, SO_LINGER,
			    &l, sizeof(l));
	}
	if (s->connect != NULL) {
		connect_cancel(s->connect);
		s->connect = NULL;
	}
	(void)event_del(&s->timer);
	access_end(s);
	if (!reset)
		http_spare(s);
	half_reset(&s->client);
	half_reset(&s->server);
	http_free(s->http);
	s->http = NULL;
	transparent_free(s->pending);
	s->pending = NULL;
	publish_free(s->dial);
	s->dial = NULL;
	dest_free(s->dest);
	s->dest = NULL;

	TAILQ_REMOVE(&sessions, s, entry);
	TAILQ_INSERT_TAIL(&graveyard, s, entry);
	event_active(session_reaper, 0, 0);
	session_count--;
	session_outer -= s->published;
	listen_resume();
}

static void
session_reap(int fd, short what, void *arg)
{
	struct session	*s;

	(void)fd;
	(void)what;
	(void)arg;
	while ((s = TAILQ_FIRST(&graveyard)) != NULL) {
		TAILQ_REMOVE(&graveyard, s, entry);
		free(s);
	}
}

/*
 * Closing a socket that holds unread bytes resets the connection, and the
 * reset may overtake our answer: so read on until the client has closed.
 */
void
session_linger(struct session *s)
{
	if (s->dead || s->lingering)
		return;
	s->lingering = 1;
	if (s->connect != NULL) {
		connect_cancel(s->connect);
		s->connect = NULL;
	}
	http_spare(s);
	half_reset(&s->server);
	session_timeout(s, TIMEOUT_WRITE, session_close);
	half_phase(&s->client, phase_discard);
	if (!s->dead)
		half_finish(&s->client);
}

void
session_timeout(struct session *s, enum timeout timeout,
    void (*expired)(struct session *))
{
	if (s->dead)
		return;
	s->expired = expired;
	s->active = 0;
	if (timeout == s->timeout && timeout == TIMEOUT_NONE)
		return;
	s->timeout = timeout;
	if (timeout == TIMEOUT_NONE)
		(void)event_del(&s->timer);
	else if (event_add(&s->timer, session_intervals[timeout]) == -1)
		session_abort(s);
}

static void
session_timer(int fd, short what, void *arg)
{
	struct session	*s = arg;

	(void)fd;
	(void)what;
	/*
	 * Progress is only noted as it is made, which costs nothing per read;
	 * a session ends after one to two intervals without any.
	 */
	if (s->active && (s->timeout == TIMEOUT_TRANSFER ||
	    s->timeout == TIMEOUT_WRITE)) {
		session_timeout(s, s->timeout, s->expired);
		return;
	}
	s->expired(s);
}
