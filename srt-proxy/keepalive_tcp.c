/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "proxy.h"

void
keepalive_set(int fd)
{
	static const struct {
		int	 option;
		int	 value;
	} options[] = {
		{ TCP_KEEPIDLE, KEEPALIVE_IDLE },
		{ TCP_KEEPINTVL, KEEPALIVE_INTERVAL },
		{ TCP_KEEPCNT, KEEPALIVE_COUNT }
	};
	size_t	 i;

	/* Without them it only takes the system's time to notice. */
	for (i = 0; i < nitems(options); i++)
		(void)setsockopt(fd, IPPROTO_TCP, options[i].option,
		    &options[i].value, sizeof(options[i].value));
}
