/* SPDX-License-Identifier: ISC */

/*
 * Calls that change what belongs to a file other than its content: mode,
 * owner, times, extended attributes; and truncate(2).  Landlock knows nothing
 * of most of them, so the kernel never gets them from the command: all are
 * done here, on a descriptor of an object whose name has been looked at.
 */

#include "compat.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"

#define XATTR_NAME	255	/* limits.h of the kernel */
#define XATTR_SIZE	65536
#define MODE_KNOWN	07777
#define ABI_TRUNCATE	3	/* of Landlock */

/* utimensat(2), as 64-bit kernels have it. */
struct lx_timespec {
	int64_t		 sec;
	int64_t		 nsec;
};

/* What is to be done to an object. */
struct change {
	enum deed	 deed;
	unsigned int	 flags;		/* AT_* */
	/* On loc->fd; direct says that it is the caller's own. */
	long		 (*apply)(struct call *, const struct loc *,
			    const struct change *, int direct);
	mode_t		 mode;
	uid_t		 uid;
	gid_t		 gid;
	const struct lx_timespec *times;	/* NULL: now */
	const char	*name;
	void		*value;		/* NULL: remove */
	size_t		 size;
	int		 xflags;
};

/*
 * What is hidden is not made executable either: who starts a program can read
 * it in the memory of that.  An attribute can be an access list.
 */
static long
change_check(struct call *c, const struct loc *loc, const struct change *ch)
{
	long	 r;

	if ((r = check_write(c, loc, ch->deed)) < 0 ||
	    (ch->deed != DEED_MODE && ch->deed != DEED_XATTR))
		return r;
	return check_read(c, loc, ch->deed);
}

/*
 * The object at a name, as an O_PATH descriptor in loc->fd.  Every link on
 * the way is a name that is checked.
 */
static long
object_open(struct call *c, struct loc *loc, const struct change *ch)
{
	int	 follow = (ch->flags & AT_SYMLINK_NOFOLLOW) == 0;
	int	 fd;
	long	 r;

	while (loc->dirfd != -1) {
		if (follow && check_leads(loc)) {
			if ((r = loc_hop(c, loc)) < 0)
				return r;
			continue;
		}
		if ((r = change_check(c, loc, ch)) < 0)
			return r;
		fd = path_open(loc->dirfd, loc->last, O_PATH |
		    (loc->slash ? (uint64_t)O_DIRECTORY : 0) |
		    (follow || loc->slash ? 0 : (uint64_t)O_NOFOLLOW), 0,
		    follow || loc->slash ? LX_RESOLVE_NO_SYMLINKS : 0);
		if (fd >= 0) {
			loc->fd = fd;
			return 0;
		}
		if (fd != -ELOOP)
			return fd;
		if ((r = loc_hop(c, loc)) < 0)
			return r;
	}
	/* In /proc there is nothing to change. */
	if (loc->fd == -1)
		return -loc->error;
	if (loc->magic && !follow && !loc->slash) {
		/* But its links take what lasts as long as they do. */
		fd = openat(loc->procfd, loc->last, O_PATH | O_NOFOLLOW |
		    O_CLOEXEC);
		if (fd == -1)
			return -errno;
		base_close(loc->fd);
		loc->fd = fd;
		return 0;
	}
	return change_check(c, loc, ch);
}

/* The path, which has been read, or with AT_EMPTY_PATH the descriptor. */
static long
change_path(struct call *c, int dirfd, const struct change *ch)
{
	struct loc	 loc;
	long		 r;

	(void)pthread_rwlock_rdlock(&broker.tree);
	if (c->path[0] == '\0' && (ch->flags & AT_EMPTY_PATH) != 0)
		r = loc_fd(c, dirfd, c->real, &loc);
	else
		r = loc_resolve(c, dirfd, c->path, c->real, &loc);
	if (r == 0)
		r = object_open(c, &loc, ch);
	if (r == 0)
		r = check_result(c, &loc, ch->deed,
		    ch->apply(c, &loc, ch, 0));
	loc_close(&loc);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}

static long
change_fd(struct call *c, int number, const struct change *ch)
{
	struct loc	 loc;
	long		 r;

	/* Not a descriptor, whatever AT_FDCWD means elsewhere. */
	if (number < 0)
		return -EBADF;
	(void)pthread_rwlock_rdlock(&broker.tree);
	r = loc_fd(c, number, c->real, &loc);
	if (r == 0 && loc.fd == -1)
		r = -EPERM;
	if (r == 0)
		r = change_check(c, &loc, ch);
	if (r == 0)
		r = check_result(c, &loc, ch->deed,
		    ch->apply(c, &loc, ch, 1));
	loc_close(&loc);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}

static long
change_at(struct call *c, int dirfd, uint64_t addr, const struct change *ch)
{
	long	 r;

	if ((r = task_string(c, addr, c->path)) < 0)
		return r;
	return change_path(c, dirfd, ch);
}

/* Mode. */

static long
apply_mode(struct call *c, const struct loc *loc, const struct change *ch,
    int direct)
{
	char		 name[FD_NAME_MAX];
	struct lx_stat	 st;
	unsigned int	 setid;

	setid = ch->mode & (S_ISUID | S_ISGID);
	if (setid != 0) {
		if (lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == -1)
			return -errno;
		if (!S_ISDIR(st.mode) && (setid & ~st.mode) != 0)
			return check_setid(c, loc, DEED_MODE);
	}
	if (direct)
		return errno_result(fchmod(loc->fd, ch->mode));
	return errno_result(syscall(SYS_fchmodat, path_fds(),
	    path_fd_name(loc->fd, name), ch->mode));
}

static long
chmod_at(struct call *c, int dirfd, uint64_t addr, uint64_t mode,
    unsigned int flags)
{
	struct change	 ch = {
		.deed = DEED_MODE,
		.flags = flags,
		.apply = apply_mode,
		.mode = (mode_t)mode & MODE_KNOWN
	};

	return change_at(c, dirfd, addr, &ch);
}

long
call_chmod(struct call *c)
{
	return chmod_at(c, AT_FDCWD, c->arg[0], c->arg[1], 0);
}

long
call_fchmodat(struct call *c)
{
	return chmod_at(c, (int)c->arg[0], c->arg[1], c->arg[2], 0);
}

long
call_fchmodat2(struct call *c)
{
	unsigned int	 flags = (unsigned int)c->arg[3];

	if ((flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !=
	    0)
		return -EINVAL;
	return chmod_at(c, (int)c->arg[0], c->arg[1], c->arg[2], flags);
}

long
call_fchmod(struct call *c)
{
	struct change	 ch = {
		.deed = DEED_MODE,
		.apply = apply_mode,
		.mode = (mode_t)c->arg[1] & MODE_KNOWN
	};

	return change_fd(c, (int)c->arg[0], &ch);
}

/* Owner. */

static long
apply_owner(struct call *c, const struct loc *loc, const struct change *ch,
    int direct)
{
	/* Numbers of another user namespace are other users. */
	if (!path_same_users(c))
		return -EPERM;
	if (direct)
		return errno_result(fchown(loc->fd, ch->uid, ch->gid));
	return errno_result(fchownat(loc->fd, "", ch->uid, ch->gid,
	    AT_EMPTY_PATH));
}

static long
chown_at(struct call *c, int dirfd, const uint64_t *arg, unsigned int flags)
{
	struct change	 ch = {
		.deed = DEED_OWNER,
		.flags = flags,
		.apply = apply_owner,
		.uid = (uid_t)arg[1],
		.gid = (gid_t)arg[2]
	};

	return change_at(c, dirfd, arg[0], &ch);
}

long
call_chown(struct call *c)
{
	return chown_at(c, AT_FDCWD, c->arg, 0);
}

long
call_lchown(struct call *c)
{
	return chown_at(c, AT_FDCWD, c->arg, AT_SYMLINK_NOFOLLOW);
}

long
call_fchownat(struct call *c)
{
	unsigned int	 flags = (unsigned int)c->arg[4];

	if ((flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !=
	    0)
		return -EINVAL;
	return chown_at(c, (int)c->arg[0], c->arg + 1, flags);
}

long
call_fchown(struct call *c)
{
	struct change	 ch = {
		.deed = DEED_OWNER,
		.apply = apply_owner,
		.uid = (uid_t)c->arg[1],
		.gid = (gid_t)c->arg[2]
	};

	return change_fd(c, (int)c->arg[0], &ch);
}

/* Times. */

static long
apply_times(struct call *c, const struct loc *loc, const struct change *ch,
    int direct)
{
	char		 buf[FD_NAME_MAX];
	const char	*name = NULL;
	int		 fd = loc->fd;

	(void)c;
	if (!direct) {
		name = path_fd_name(fd, buf);
		fd = path_fds();
	}
	return errno_result(syscall(SYS_utimensat, fd, name, ch->times, 0));
}

/* A path that is NULL stands for the descriptor itself. */
static long
times_at(struct call *c, int dirfd, uint64_t addr,
    const struct lx_timespec *times, unsigned int flags)
{
	struct change	 ch = {
		.deed = DEED_TIMES,
		.flags = flags,
		.apply = apply_times,
		.times = times
	};

	if (addr == 0 && dirfd != AT_FDCWD)
		return flags != 0 ? -EINVAL : change_fd(c, dirfd, &ch);
	return change_at(c, dirfd, addr, &ch);
}

long
call_utime(struct call *c)
{
	struct lx_timespec	 times[2];
	int64_t			 buf[2];
	long			 r;

	if (c->arg[1] == 0)
		return times_at(c, AT_FDCWD, c->arg[0], NULL, 0);
	if ((r = task_read(c, c->arg[1], buf, sizeof(buf))) < 0)
		return r;
	times[0].sec = buf[0];
	times[1].sec = buf[1];
	times[0].nsec = times[1].nsec = 0;
	return times_at(c, AT_FDCWD, c->arg[0], times, 0);
}

static long
futimes_at(struct call *c, int dirfd, uint64_t addr, uint64_t at)
{
	struct lx_timespec	 times[2];
	int64_t			 buf[4];
	long			 r;
	int			 i;

	if (at == 0)
		return times_at(c, dirfd, addr, NULL, 0);
	if ((r = task_read(c, at, buf, sizeof(buf))) < 0)
		return r;
	for (i = 0; i < 2; i++) {
		if (buf[2 * i + 1] < 0 || buf[2 * i + 1] >= 1000000)
			return -EINVAL;
		times[i].sec = buf[2 * i];
		times[i].nsec = buf[2 * i + 1] * 1000;
	}
	return times_at(c, dirfd, addr, times, 0);
}

long
call_utimes(struct call *c)
{
	return futimes_at(c, AT_FDCWD, c->arg[0], c->arg[1]);
}

long
call_futimesat(struct call *c)
{
	return futimes_at(c, (int)c->arg[0], c->arg[1], c->arg[2]);
}

long
call_utimensat(struct call *c)
{
	struct lx_timespec	 times[2];
	unsigned int		 flags = (unsigned int)c->arg[3];
	long			 r;

	if (c->arg[2] != 0) {
		r = task_read(c, c->arg[2], times, sizeof(times));
		if (r < 0)
			return r;
		/* Not even the path matters then. */
		if (times[0].nsec == UTIME_OMIT &&
		    times[1].nsec == UTIME_OMIT)
			return 0;
	}
	if ((flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !=
	    0)
		return -EINVAL;
	return times_at(c, (int)c->arg[0], c->arg[1],
	    c->arg[2] == 0 ? NULL : times, flags);
}

/* Extended attributes. */

/*
 * There are no such calls by descriptor for all kinds of files before Linux
 * 6.13.  Every worker has a working directory of its own.
 */
static long
apply_xattr(struct call *c, const struct loc *loc, const struct change *ch,
    int direct)
{
	char		 buf[FD_NAME_MAX];
	const char	*path;

	(void)c;
	if (direct && ch->value == NULL)
		return errno_result(syscall(SYS_fremovexattr, loc->fd,
		    ch->name));
	if (direct)
		return errno_result(syscall(SYS_fsetxattr, loc->fd, ch->name,
		    ch->value, ch->size, ch->xflags));
	if (path_enter(path_fds()) == -1)
		return -EPERM;
	path = path_fd_name(loc->fd, buf);
	if (ch->value == NULL)
		return errno_result(syscall(SYS_removexattr, path, ch->name));
	return errno_result(syscall(SYS_setxattr, path, ch->name, ch->value,
	    ch->size, ch->xflags));
}

enum xattr_form {
	XATTR_PATH,
	XATTR_LINK,
	XATTR_FD
};

/* The name comes before the value, and both before the file. */
static long
xattr_name(struct call *c, char *name)
{
	size_t	 len;
	long	 r;

	if ((r = task_string(c, c->arg[1], c->path)) < 0)
		return r == -ENAMETOOLONG ? -ERANGE : r;
	len = strlen(c->path);
	if (len == 0 || len > XATTR_NAME)
		return -ERANGE;
	memcpy(name, c->path, len + 1);
	return 0;
}

static long
xattr_change(struct call *c, enum xattr_form form, struct change *ch)
{
	ch->deed = DEED_XATTR;
	ch->apply = apply_xattr;
	if (form == XATTR_FD)
		return change_fd(c, (int)c->arg[0], ch);
	if (form == XATTR_LINK)
		ch->flags = AT_SYMLINK_NOFOLLOW;
	return change_at(c, AT_FDCWD, c->arg[0], ch);
}

static long
xattr_set(struct call *c, enum xattr_form form)
{
	char		 name[XATTR_NAME + 1];
	struct change	 ch = {
		.name = name,
		.size = (size_t)c->arg[3],
		.xflags = (int)c->arg[4]
	};
	long		 r;

	if ((ch.xflags & ~3) != 0)	/* XATTR_CREATE, XATTR_REPLACE */
		return -EINVAL;
	if ((r = xattr_name(c, name)) < 0)
		return r;
	if (c->arg[3] > XATTR_SIZE)
		return -E2BIG;
	if ((ch.value = malloc(ch.size + 1)) == NULL)
		return -ENOMEM;
	if ((r = task_read(c, c->arg[2], ch.value, ch.size)) == 0)
		r = xattr_change(c, form, &ch);
	free(ch.value);
	return r;
}

static long
xattr_remove(struct call *c, enum xattr_form form)
{
	char		 name[XATTR_NAME + 1];
	struct change	 ch = { .name = name };
	long		 r;

	if ((r = xattr_name(c, name)) < 0)
		return r;
	return xattr_change(c, form, &ch);
}

long
call_setxattr(struct call *c)
{
	return xattr_set(c, XATTR_PATH);
}

long
call_lsetxattr(struct call *c)
{
	return xattr_set(c, XATTR_LINK);
}

long
call_fsetxattr(struct call *c)
{
	return xattr_set(c, XATTR_FD);
}

long
call_removexattr(struct call *c)
{
	return xattr_remove(c, XATTR_PATH);
}

long
call_lremovexattr(struct call *c)
{
	return xattr_remove(c, XATTR_LINK);
}

long
call_fremovexattr(struct call *c)
{
	return xattr_remove(c, XATTR_FD);
}

/* Truncation. */

/*
 * The signal that the kernel would send.  What was opened by a number is the
 * caller's if that waits still, and stays so.
 */
static void
send_xfsz(const struct call *c)
{
	int	 fd;

	fd = (int)syscall(NR_PIDFD_OPEN, c->tid, PIDFD_THREAD);
	if (fd == -1 && errno == EINVAL)
		fd = lx_pidfd_open(task_process(c->tid));
	if (fd == -1)
		return;
	if (call_valid(c))
		(void)syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGXFSZ, NULL, 0);
	(void)close(fd);
}

/* On a descriptor that is open for writing. */
static long
truncate_fd(struct call *c, int fd)
{
	uint64_t	 limit, len = c->arg[1];
	struct lx_stat	 st;

	if (lx_statx(fd, "", LX_STATX_BASIC, &st) == -1)
		return -errno;
	/* Only growth is limited, and the limit is the caller's. */
	if (len > st.size && (limit = task_limit(c, RLIMIT_FSIZE)) !=
	    (uint64_t)RLIM_INFINITY && len > limit) {
		send_xfsz(c);
		return -EFBIG;
	}
	return errno_result(ftruncate(fd, (off_t)len));
}

static int
truncate_open(int fd)
{
	char	 name[FD_NAME_MAX];

	return path_open(path_fds(), path_fd_name(fd, name), O_WRONLY |
	    O_NONBLOCK | O_NOCTTY, 0, 0);
}

/* Somebody has a lease on the file. */
static long
truncate_retry(struct call *c)
{
	long	 r;
	int	 fd;

	if ((fd = truncate_open(c->fd)) == -EAGAIN)
		return CALL_TAKEN;
	if (fd < 0)
		return fd;
	r = truncate_fd(c, fd);
	(void)close(fd);
	return r;
}

static long
apply_truncate(struct call *c, const struct loc *loc,
    const struct change *ch, int direct)
{
	struct lx_stat	 st;
	long		 r;
	int		 fd;

	(void)ch;
	(void)direct;
	if (lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == -1)
		return -errno;
	if (S_ISDIR(st.mode))
		return -EISDIR;
	if (!S_ISREG(st.mode))
		return -EINVAL;
	if ((fd = truncate_open(loc->fd)) == -EAGAIN) {
		fd = fcntl(loc->fd, F_DUPFD_CLOEXEC, 0);
		return fd == -1 ? -errno : call_wait(c, fd, truncate_retry);
	}
	if (fd < 0)
		return fd;
	r = truncate_fd(c, fd);
	(void)close(fd);
	return r;
}

/* In /dev and /proc, and of stdio, it is the kernel's, as an open is. */
static long
truncate_kernel(void)
{
	int	 abi = broker.mounts.landlock.abi;

	return abi > 0 && abi < ABI_TRUNCATE ? -EACCES : CALL_CONTINUE;
}

long
call_truncate(struct call *c)
{
	struct change	 ch = {
		.deed = DEED_TRUNCATE,
		.apply = apply_truncate
	};
	struct loc	 loc;
	long		 r;

	if ((int64_t)c->arg[1] < 0)
		return -EINVAL;
	if ((r = task_string(c, c->arg[0], c->path)) < 0)
		return r;
	(void)pthread_rwlock_rdlock(&broker.tree);
	r = loc_resolve(c, AT_FDCWD, c->path, c->real, &loc);
	if (r == 0 && loc.kind == LOC_KERNEL)
		r = loc_follow(c, &loc);
	if (r == 0 && check_confined() && (loc.kind == LOC_KERNEL ||
	    loc.object == LOC_FOREIGN || loc.object == LOC_ANONYMOUS))
		r = truncate_kernel();
	else if (r == 0) {
		r = object_open(c, &loc, &ch);
		if (r == 0)
			r = check_result(c, &loc, ch.deed,
			    apply_truncate(c, &loc, &ch, 0));
	}
	loc_close(&loc);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}
