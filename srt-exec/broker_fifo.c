/* SPDX-License-Identifier: ISC */

/*
 * How an open comes to its end: the descriptor is the caller's, or the call
 * waits for the other end of a FIFO, or for somebody's lease.
 *
 * A worker must not block: it has opened with O_NONBLOCK, which is taken away
 * again here.  What would have blocked waits with the main thread.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "broker.h"
#include "broker_open.h"

/* What F_SETFL would take away with O_NONBLOCK. */
#define FLAGS_STATUS	((uint64_t)(O_APPEND | O_DIRECT | O_NOATIME | \
			    O_ASYNC))

long
open_give(struct call *c, uint64_t flags, int fd)
{
	if ((flags & O_NONBLOCK) == 0 && (flags & FLAGS_NEW) != FLAGS_NEW &&
	    fcntl(fd, F_SETFL, (int)(flags & FLAGS_STATUS)) == -1) {
		(void)close(fd);
		return -EPERM;
	}
	c->fd = fd;
	c->fd_cloexec = (flags & O_CLOEXEC) != 0;
	return 0;
}

int
fd_reopen(int fd, uint64_t flags, uint64_t mode)
{
	char	 name[FD_NAME_MAX];

	return path_open(path_fds(), path_fd_name(fd, name), flags |
	    O_NOCTTY | O_NONBLOCK, mode, 0);
}

/*
 * A FIFO without a reader, or a file that somebody has a lease on.  What it
 * is has been settled; arg[5], which no open uses, keeps the flags.
 */
static long
open_retry(struct call *c)
{
	uint64_t	 flags = c->arg[5];
	int		 fd;

	fd = fd_reopen(c->fd, flags, 0);
	if (fd == -ENXIO || fd == -EAGAIN)
		return CALL_TAKEN;
	return fd < 0 ? fd : open_give(c, flags, fd);
}

long
open_wait(struct call *c, const struct opening *o, int fd)
{
	if (fd < 0)
		return fd;
	c->arg[5] = o->flags & ~(FLAGS_NEW | O_NOFOLLOW);
	return call_wait(c, fd, open_retry);
}

int
fd_has_type(int dirfd, const char *name, mode_t type)
{
	struct lx_stat	 st;

	return lx_statx(dirfd, name, LX_STATX_BASIC, &st) == 0 &&
	    (st.mode & S_IFMT) == type;
}

int
open_would_wait(const struct opening *o, int error, int dirfd,
    const char *name)
{
	if ((o->flags & O_NONBLOCK) != 0)
		return 0;
	return error == -EAGAIN || (error == -ENXIO &&
	    (o->flags & O_ACCMODE) == O_WRONLY &&
	    fd_has_type(dirfd, name, S_IFIFO));
}

/*
 * Has somebody the FIFO open for writing, or had since it was opened for
 * reading?  tee(2) tells an empty one of a writer from one of nobody.
 */
static int
has_writer(int fd)
{
	static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
	static int		 pair[2] = { -1, -1 };
	struct pollfd		 pfd = { .fd = fd, .events = POLLIN };
	ssize_t			 n;
	char			 c;

	if (poll(&pfd, 1, 0) != 0)
		return 1;
	(void)pthread_mutex_lock(&lock);
	if (pair[0] == -1 && pipe2(pair, O_CLOEXEC | O_NONBLOCK) == -1)
		n = 0;
	else if ((n = tee(fd, pair[1], 1, SPLICE_F_NONBLOCK)) == 1)
		n = read(pair[0], &c, 1);
	(void)pthread_mutex_unlock(&lock);
	return n != 0;
}

/* The reader's end of a FIFO, opened by us, is the caller's when it may be. */
static long
reader_retry(struct call *c)
{
	int	 fd;

	if (!has_writer(c->fd))
		return CALL_TAKEN;
	fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 0);
	return fd == -1 ? -errno : open_give(c, c->arg[5], fd);
}

long
open_done(struct call *c, const struct opening *o, int fd)
{
	if ((o->flags & (O_ACCMODE | O_NONBLOCK)) == O_RDONLY &&
	    fd_has_type(fd, "", S_IFIFO) && !has_writer(fd)) {
		c->arg[5] = o->flags & ~FLAGS_NEW;
		return call_wait(c, fd, reader_retry);
	}
	return open_give(c, o->flags, fd);
}
