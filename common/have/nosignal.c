/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>

int
main(void)
{
	return MSG_NOSIGNAL == 0;
}
