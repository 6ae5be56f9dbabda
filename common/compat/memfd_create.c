/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * memfd_create(2) with MFD_CLOEXEC: a file that no name leads to.  In memory
 * it is only where /tmp is.
 */
int
memfd_create(const char *name, unsigned int flags)
{
	char	 path[64];
	int	 fd, n;

	if (flags != MFD_CLOEXEC) {
		errno = EINVAL;
		return -1;
	}
	n = snprintf(path, sizeof(path), "/tmp/%s.XXXXXXXXXX", name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = EINVAL;
		return -1;
	}
	if ((fd = mkstemp(path)) == -1)
		return -1;
	if (unlink(path) == -1 || fcntl(fd, F_SETFD, FD_CLOEXEC) == -1) {
		n = errno;
		(void)close(fd);
		errno = n;
		return -1;
	}
	return fd;
}
