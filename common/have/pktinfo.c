/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <netinet/in.h>

int
main(void)
{
	struct in_pktinfo	 in;

	in.ipi_spec_dst = in.ipi_addr;
	return in.ipi_ifindex + IPV6_PKTINFO + (int)CMSG_ALIGN(1);
}
