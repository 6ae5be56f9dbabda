/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <string.h>

#include "proxy.h"

/*
 * ip(7): sent, the source is ipi_spec_dst, and an ipi_ifindex would choose
 * the route.  For IPv6 it is ipi6_addr both ways (RFC 3542); the interface
 * matters for link-local addresses alone.
 */
int
pktinfo_answer(struct msghdr *msg)
{
	struct in_pktinfo	 in;
	struct cmsghdr		*cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == IPPROTO_IPV6 &&
		    cmsg->cmsg_type == IPV6_PKTINFO)
			break;
		if (cmsg->cmsg_level != IPPROTO_IP ||
		    cmsg->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&in, CMSG_DATA(cmsg), sizeof(in));
		in.ipi_spec_dst = in.ipi_addr;
		in.ipi_ifindex = 0;
		memcpy(CMSG_DATA(cmsg), &in, sizeof(in));
		break;
	}
	if (cmsg == NULL)
		return -1;
	/* What else was said is not to be said again. */
	memmove(msg->msg_control, cmsg, cmsg->cmsg_len);
	msg->msg_controllen = CMSG_ALIGN(cmsg->cmsg_len);
	msg->msg_flags = 0;
	return 0;
}
