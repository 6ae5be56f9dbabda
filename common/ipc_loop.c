/* SPDX-License-Identifier: ISC */

/* Pipes that an event loop watches. */

#include "compat.h"

#include "ipc.h"
#include "log.h"

/*
 * The kernel did not do what the loop had it do: from then on it would spin,
 * or hear nothing any more.  To say so goes by a pipe of this very loop, which
 * stands that once alone, right before the end.
 */
static void
ipc_base_log(int severity, const char *text)
{
	static int	 said;

	if (severity < EVENT_LOG_WARN || said)
		return;
	said = 1;
	fatalx("event loop: %s", text);
}

/* libevent's own way is exit(1), which is the command's to say. */
static void
ipc_base_fatal(int error)
{
	fatalx("event loop: error %d", error);
}

struct event_base *
ipc_base(void)
{
	struct event_base	*base;

	event_set_log_callback(ipc_base_log);
	event_set_fatal_callback(ipc_base_fatal);
	if ((base = event_base_new()) == NULL)
		fatalx("event_base_new");
	return base;
}

static void
ipc_readable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)ipc_dispatch(arg);
}

static void
ipc_writable(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ipc_write(arg);
}

void
ipc_watch(struct ipc_peer *peer)
{
	int	 fd = peer->ibuf.fd;

	if (event_assign(&peer->rev, peer->base, fd, EV_READ | EV_PERSIST,
	    ipc_readable, peer) == -1 ||
	    event_assign(&peer->wev, peer->base, fd, EV_WRITE, ipc_writable,
	    peer) == -1 || event_add(&peer->rev, NULL) == -1)
		fatalx("%s: cannot watch the pipe", role_name(peer->role));
}

void
ipc_watch_write(struct ipc_peer *peer)
{
	if (event_add(&peer->wev, NULL) == -1)
		fatalx("%s: cannot watch the pipe", role_name(peer->role));
}

void
ipc_unwatch(struct ipc_peer *peer)
{
	(void)event_del(&peer->rev);
	(void)event_del(&peer->wev);
}
