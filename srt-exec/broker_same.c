/* SPDX-License-Identifier: ISC */

/*
 * git writes its configuration anew without having changed it.  A file that
 * is renamed onto one like it, which is protected, leaves the same behind as
 * one that is removed; so that is what is done, and the protected one is not
 * touched whatever becomes of the other meanwhile.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

#define SAME_MAX	(1024 * 1024)
#define SAME_CHUNK	4096

/* Opens a regular file to read it; never waits.  -1: it is something else. */
static int
file_open(const struct loc *loc, struct lx_stat *st)
{
	char	 name[FD_NAME_MAX];
	int	 file, fd = -1;

	file = path_open(loc->dirfd, loc->last, O_PATH | O_NOFOLLOW, 0, 0);
	if (file < 0)
		return -1;
	if (lx_statx(file, "", LX_STATX_BASIC, st) == 0 && S_ISREG(st->mode))
		fd = path_open(path_fds(), path_fd_name(file, name),
		    O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, 0);
	(void)close(file);
	return fd < 0 ? -1 : fd;
}

/* As much as there is, up to the size; -1. */
static ssize_t
read_full(int fd, char *buf, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;

	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int
same_content(int a, int b)
{
	char	 x[SAME_CHUNK], y[SAME_CHUNK];
	size_t	 done = 0;
	ssize_t	 n;

	do {
		n = read_full(a, x, sizeof(x));
		if (n == -1 || read_full(b, y, sizeof(y)) != n ||
		    memcmp(x, y, (size_t)n) != 0)
			return 0;
		done += (size_t)n;
	} while ((size_t)n == sizeof(x) && done <= SAME_MAX);
	return done <= SAME_MAX;
}

int
same_files(const struct loc *a, const struct loc *b)
{
	struct lx_stat	 x, y;
	int		 from, to, same;

	if (a->kind != LOC_NAME || b->kind != LOC_NAME || a->slash ||
	    b->slash || (from = file_open(a, &x)) == -1)
		return 0;
	if ((to = file_open(b, &y)) == -1) {
		(void)close(from);
		return 0;
	}
	same = x.mode == y.mode && x.uid == y.uid && x.gid == y.gid &&
	    x.size == y.size && x.size <= SAME_MAX &&
	    x.dev_major == y.dev_major && x.dev_minor == y.dev_minor &&
	    x.ino != y.ino &&
	    faccessat(b->dirfd, ".", W_OK | X_OK, 0) == 0 &&
	    same_content(from, to);
	(void)close(from);
	(void)close(to);
	return same;
}
