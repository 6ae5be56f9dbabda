/* SPDX-License-Identifier: ISC */

/* In place of ipc_loop.c, for a role whose pipes have no event loop. */

#include "compat.h"

#include "ipc.h"
#include "log.h"

void
ipc_watch(struct ipc_peer *peer)
{
	fatalx("%s: this role has no event loop", role_name(peer->role));
}

void
ipc_watch_write(struct ipc_peer *peer)
{
	ipc_watch(peer);
}

void
ipc_unwatch(struct ipc_peer *peer)
{
	ipc_watch(peer);
}
