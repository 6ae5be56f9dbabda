/* SPDX-License-Identifier: ISC */

/*
 * mitmProxy listens on a Unix socket of the host.  This process sees no
 * file: the parent connects to the one path that the settings name, and
 * hands the connection over.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

/* When its queue is full, milliseconds. */
#define MITM_AGAIN	50

struct mitm {
	TAILQ_ENTRY(mitm)	 entry;
	uint32_t		 id;
	struct event		 again;
	tunnel_fn		 fn;
	void			*arg;
};

static TAILQ_HEAD(, mitm)	 mitms = TAILQ_HEAD_INITIALIZER(mitms);
static uint32_t			 mitm_id;

static void
mitm_ask(int fd, short what, void *arg)
{
	struct mitm	*m = arg;

	(void)fd;
	(void)what;
	ipc_send_u32(proxy_to_parent(), IMSG_ROUTE_DIAL, -1, m->id);
}

struct mitm *
mitm_start(tunnel_fn fn, void *arg)
{
	struct mitm	*m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		fatal("calloc");
	m->id = ++mitm_id;
	m->fn = fn;
	m->arg = arg;
	if (evtimer_assign(&m->again, proxy_base, mitm_ask, m) == -1)
		fatalx("evtimer_assign");
	TAILQ_INSERT_TAIL(&mitms, m, entry);
	mitm_ask(-1, 0, m);
	return m;
}

void
mitm_cancel(struct mitm *m)
{
	TAILQ_REMOVE(&mitms, m, entry);
	(void)event_del(&m->again);
	free(m);
}

static struct mitm *
mitm_find(uint32_t id)
{
	struct mitm	*m;

	TAILQ_FOREACH(m, &mitms, entry)
		if (m->id == id)
			return m;
	return NULL;
}

static void
mitm_finish(struct mitm *m, int fd, const char *why)
{
	tunnel_fn	 fn = m->fn;
	void		*arg = m->arg;

	mitm_cancel(m);
	fn(arg, fd, why);
}

void
mitm_dialled(uint32_t id, int fd)
{
	struct mitm	*m;
	int		 flags;

	if ((m = mitm_find(id)) == NULL) {
		/* Nobody waits for it any more. */
		(void)close(fd);
		return;
	}
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	mitm_finish(m, fd, NULL);
}

void
mitm_undialled(uint32_t id, uint32_t error)
{
	struct timeval	 tv = { 0, MITM_AGAIN * 1000 };
	struct mitm	*m;
	char		 why[128];

	if ((m = mitm_find(id)) == NULL)
		return;
	if (error == EAGAIN) {
		/* connect.c's clock ends this. */
		if (evtimer_add(&m->again, &tv) == -1)
			fatalx("evtimer_add");
		return;
	}
	(void)snprintf(why, sizeof(why),
	    "network.mitmProxy cannot be reached: %s", strerror((int)error));
	mitm_finish(m, -1, why);
}
