/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

int
main(void)
{
	return TCP_KEEPIDLE + TCP_KEEPINTVL + TCP_KEEPCNT;
}
