/* SPDX-License-Identifier: ISC */

/*
 * SOCK_CLOEXEC and SOCK_NONBLOCK where the kernel knows neither: set in a
 * second step.  A thread that executes a program in between would hand the
 * descriptor on; srt's roles have none, and close what they do not know.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The names mean the system's own again. */
#undef socket
#undef socketpair

#define FLAGS	(SOCK_CLOEXEC | SOCK_NONBLOCK)

static int
set_flags(int fd, int type)
{
	int	 flags;

	if ((type & SOCK_CLOEXEC) != 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return -1;
	if ((type & SOCK_NONBLOCK) == 0)
		return 0;
	if ((flags = fcntl(fd, F_GETFL)) == -1)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static void
close_both(const int *fds)
{
	int	 saved = errno;

	(void)close(fds[0]);
	(void)close(fds[1]);
	errno = saved;
}

/* socket(2) */
int
compat_socket(int domain, int type, int protocol)
{
	int	 fd, saved;

	if ((fd = socket(domain, type & ~FLAGS, protocol)) == -1)
		return -1;
	if (set_flags(fd, type) == -1) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* socketpair(2) */
int
compat_socketpair(int domain, int type, int protocol, int fds[2])
{
	if (socketpair(domain, type & ~FLAGS, protocol, fds) == -1)
		return -1;
	if (set_flags(fds[0], type) == -1 || set_flags(fds[1], type) == -1) {
		close_both(fds);
		return -1;
	}
	return 0;
}

/* accept4(2) */
int
compat_accept4(int s, struct sockaddr *sa, socklen_t *len, int flags)
{
	int	 fd, saved;

	if ((fd = accept(s, sa, len)) == -1)
		return -1;
	if (set_flags(fd, flags) == -1) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* pipe2(2) */
int
compat_pipe2(int fds[2], int flags)
{
	int	 type = 0;

	if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) != 0) {
		errno = EINVAL;
		return -1;
	}
	if ((flags & O_CLOEXEC) != 0)
		type |= SOCK_CLOEXEC;
	if ((flags & O_NONBLOCK) != 0)
		type |= SOCK_NONBLOCK;
	if (pipe(fds) == -1)
		return -1;
	if (set_flags(fds[0], type) == -1 || set_flags(fds[1], type) == -1) {
		close_both(fds);
		return -1;
	}
	return 0;
}
