/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

int
main(void)
{
	int	 fds[2];

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) == -1 ||
	    fcntl(fds[1], F_SETPIPE_SZ, 65536) == -1)
		return 1;
	return splice(0, NULL, fds[1], NULL, 1,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK) == -1;
}
