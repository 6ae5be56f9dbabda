/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/socket.h>

#include "proxy.h"

/*
 * Where a datagram went cannot be told everywhere, so it is not answered: the
 * listener for DNS belongs to network namespaces, which are Linux's.
 */
int
pktinfo_answer(struct msghdr *msg)
{
	(void)msg;
	return -1;
}
