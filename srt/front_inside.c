/* SPDX-License-Identifier: ISC */

/* The listeners are in the command's own network: nobody else is there. */

#include "compat.h"

#include "parent.h"

const struct front *
front_open(const struct settings *set, const char *text)
{
	static const struct front	 inside = {
		.http_port = SANDBOX_HTTP_PORT,
		.socks_port = SANDBOX_SOCKS_PORT,
		.tmpdir = SANDBOX_TMPDIR
	};

	(void)set;
	(void)text;
	return &inside;
}

void
front_settings(struct settings *set)
{
	(void)set;
}

void
front_send_proxy(struct ipc_peer *peer)
{
	(void)peer;
}

void
front_send_exec(struct ipc_peer *peer, const struct settings *set)
{
	(void)peer;
	(void)set;
}

void
front_send_monitor(struct ipc_peer *peer)
{
	(void)peer;
}
