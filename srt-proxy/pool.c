/* SPDX-License-Identifier: ISC */

/*
 * Connections to servers that an exchange of plain HTTP has left idle, kept
 * for a moment for the next client that asks for the same host and port.
 *
 * What may go wrong is that the server closes one just as it is used, so only
 * requests that can be sent a second time get one.  A verdict is not part of
 * it: each request has its own before it comes here, and new rules or routes
 * clear the pool, as what was dialled under the old ones was checked by them.
 * There are no events on these descriptors, which are looked at when they are
 * taken and once a second: an idle one costs nothing else.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"
#include "log.h"
#include "proxy.h"

struct spare {
	TAILQ_ENTRY(spare)	 entry;
	enum host_kind		 kind;
	char			*name;
	uint16_t		 port;
	unsigned int		 age;		/* sweeps that it has seen */
	int			 fd;
};

/* The last one left is the first. */
static TAILQ_HEAD(spares, spare) pool = TAILQ_HEAD_INITIALIZER(pool);
static size_t			 pool_count;
static size_t			 pool_max;
static struct event		*pool_timer;

static void	 pool_sweep(int, short, void *);

void
pool_init(size_t max)
{
	pool_max = max;
	if ((pool_timer = evtimer_new(proxy_base, pool_sweep, NULL)) == NULL)
		fatalx("evtimer_new");
}

/* Takes it out, leaving the descriptor open. */
static void
pool_remove(struct spare *p)
{
	TAILQ_REMOVE(&pool, p, entry);
	pool_count--;
	free(p->name);
	free(p);
}

static void
pool_drop(struct spare *p)
{
	(void)close(p->fd);
	pool_remove(p);
}

static void
pool_arm(void)
{
	static const struct timeval	 second = { 1, 0 };

	if (!evtimer_pending(pool_timer, NULL) &&
	    evtimer_add(pool_timer, &second) == -1)
		fatalx("evtimer_add");
}

static void
pool_sweep(int fd, short what, void *arg)
{
	struct spare	*p, *next;

	(void)fd;
	(void)what;
	(void)arg;
	for (p = TAILQ_FIRST(&pool); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (++p->age > POOL_IDLE || !http_silent(p->fd))
			pool_drop(p);
	}
	if (pool_count > 0)
		pool_arm();
}

int
pool_put(const struct dest *dest, int fd)
{
	struct spare	*p;

	if (pool_max == 0)
		return -1;
	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (p->name = strdup(dest->host.name)) == NULL) {
		free(p);
		return -1;
	}
	p->kind = dest->host.kind;
	p->port = dest->port;
	p->fd = fd;
	if (pool_count == pool_max)
		pool_drop(TAILQ_LAST(&pool, spares));
	TAILQ_INSERT_HEAD(&pool, p, entry);
	pool_count++;
	pool_arm();
	return 0;
}

int
pool_get(const struct dest *dest)
{
	struct spare	*p, *next;
	int		 fd;

	for (p = TAILQ_FIRST(&pool); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->port != dest->port || p->kind != dest->host.kind ||
		    strcmp(p->name, dest->host.name) != 0)
			continue;
		if (!http_silent(p->fd)) {
			pool_drop(p);
			continue;
		}
		fd = p->fd;
		pool_remove(p);
		return fd;
	}
	return -1;
}

void
pool_clear(void)
{
	struct spare	*p;

	while ((p = TAILQ_FIRST(&pool)) != NULL)
		pool_drop(p);
}
