/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

int
main(void)
{
	int	 fds[2];

	return pipe2(fds, O_CLOEXEC) == -1 || socket(AF_UNIX, SOCK_STREAM |
	    SOCK_CLOEXEC | SOCK_NONBLOCK, 0) == -1 || accept4(0, NULL, NULL,
	    SOCK_CLOEXEC) == -1;
}
