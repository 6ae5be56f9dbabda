/* SPDX-License-Identifier: ISC */

/*
 * Calls that make, remove, rename and link names.
 *
 * They hold the tree lock for reading, so that no directory gets another path
 * between the decision and the deed; who renames a directory holds it for
 * writing.  A rename finds out what it is about with the lock for reading:
 * what must not happen then is that mkdir(2) puts a directory into the place
 * of what was a file a moment ago, so these two have a lock of their own.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE	1
#define RENAME_EXCHANGE		2
#define RENAME_WHITEOUT		4
#endif

/* rename_locs(): this needs the tree lock for writing. */
#define RENAME_TREE	1

/* By the number of the directory in which something appears or goes. */
#define NLOCKS	64
static pthread_mutex_t	 dir_locks[NLOCKS] = {
	[0 ... NLOCKS - 1] = PTHREAD_MUTEX_INITIALIZER
};

static pthread_mutex_t *
dir_lock(const struct loc *loc)
{
	return &dir_locks[(loc->dirino ^ loc->dirino >> 6) % NLOCKS];
}

static long
result(long r)
{
	return r == -1 ? -errno : r;
}

/*
 * "/", "." and ".." cannot be made nor removed, wherever they are: so that
 * the kernel says how it refuses it is asked to do it in the root.
 */
static int
dirfd_of(const struct loc *loc)
{
	return loc->kind == LOC_OBJECT ? broker.rootfd : loc->dirfd;
}

/*
 * Resolves one name and has the deed done.  Names in /dev and /proc are the
 * kernel's; on objects the deed fails by itself, as it is tried on "." or
 * "..".
 */
static long
name_call(struct call *c, int dirfd, uint64_t addr,
    long (*deed)(struct call *, struct loc *))
{
	struct loc	 loc;
	long		 r;

	if ((r = task_string(c, addr, c->path)) < 0)
		return r;
	(void)pthread_rwlock_rdlock(&broker.tree);
	r = loc_resolve(c, dirfd, c->path, c->real, &loc);
	if (r == 0)
		r = loc.kind == LOC_KERNEL || loc.magic ? CALL_CONTINUE :
		    deed(c, &loc);
	loc_close(&loc);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}

/* The argument after the path, wherever that was: arg[0] is the path. */
static void
shift_dirfd(struct call *c)
{
	memmove(c->arg, c->arg + 1, sizeof(c->arg) - sizeof(c->arg[0]));
}

static long
do_mkdir(struct call *c, struct loc *loc)
{
	pthread_mutex_t	*lock = dir_lock(loc);
	long		 r;

	if (loc->kind == LOC_NAME &&
	    (r = check_write(c, loc, DEED_MKDIR)) < 0)
		return r;
	(void)pthread_mutex_lock(lock);
	r = result(mkdirat(dirfd_of(loc), loc_spelt(loc),
	    (mode_t)c->arg[1]));
	(void)pthread_mutex_unlock(lock);
	if (r == 0) {
		loc->last[strcspn(loc->last, "/")] = '\0';
		fresh_add(loc->dirfd, loc->last);
	}
	return check_result(c, loc, DEED_MKDIR, r);
}

static long
mkdir_at(struct call *c, int dirfd)
{
	long	 r;

	if ((r = task_take_umask(c)) < 0)
		return r;
	return name_call(c, dirfd, c->arg[0], do_mkdir);
}

long
call_mkdir(struct call *c)
{
	return mkdir_at(c, AT_FDCWD);
}

long
call_mkdirat(struct call *c)
{
	int	 dirfd = (int)c->arg[0];

	shift_dirfd(c);
	return mkdir_at(c, dirfd);
}

static long
do_mknod(struct call *c, struct loc *loc)
{
	mode_t	 mode = (mode_t)c->arg[1];
	long	 r;

	if (loc->kind == LOC_NAME &&
	    (r = check_write(c, loc, DEED_CREATE)) < 0)
		return r;
	if ((mode & (S_ISUID | S_ISGID)) != 0 && loc->kind == LOC_NAME &&
	    ((mode & S_IFMT) == 0 || S_ISREG(mode)))
		return check_setid(c, loc, DEED_CREATE);
	/* The number as it came: C libraries have formats of their own. */
	r = result(syscall(SYS_mknodat, dirfd_of(loc), loc_spelt(loc), mode,
	    (unsigned int)c->arg[2]));
	return check_result(c, loc, DEED_CREATE, r);
}

static long
mknod_at(struct call *c, int dirfd)
{
	long	 r;

	/* These come before the path. */
	switch ((mode_t)c->arg[1] & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	if ((r = task_take_umask(c)) < 0)
		return r;
	return name_call(c, dirfd, c->arg[0], do_mknod);
}

long
call_mknod(struct call *c)
{
	return mknod_at(c, AT_FDCWD);
}

long
call_mknodat(struct call *c)
{
	int	 dirfd = (int)c->arg[0];

	shift_dirfd(c);
	return mknod_at(c, dirfd);
}

static long
do_unlink(struct call *c, struct loc *loc)
{
	long	 r;

	if (loc->kind == LOC_NAME &&
	    (r = check_write(c, loc, DEED_REMOVE)) < 0)
		return r;
	r = result(unlinkat(dirfd_of(loc), loc_spelt(loc), 0));
	return check_result(c, loc, DEED_REMOVE, r);
}

static long
do_rmdir(struct call *c, struct loc *loc)
{
	struct fresh_id	 id;
	long		 r;
	int		 fresh = 0;

	if (loc->kind == LOC_NAME) {
		if ((r = check_write(c, loc, DEED_RMDIR)) < 0)
			return r;
		fresh = fresh_find(loc->dirfd, loc->last, &id);
	}
	r = result(unlinkat(dirfd_of(loc), loc_spelt(loc), AT_REMOVEDIR));
	if (r == 0 && fresh)
		fresh_remove(&id);
	return check_result(c, loc, DEED_RMDIR, r);
}

long
call_unlink(struct call *c)
{
	return name_call(c, AT_FDCWD, c->arg[0], do_unlink);
}

long
call_rmdir(struct call *c)
{
	return name_call(c, AT_FDCWD, c->arg[0], do_rmdir);
}

long
call_unlinkat(struct call *c)
{
	unsigned int	 flags = (unsigned int)c->arg[2];

	if ((flags & ~(unsigned int)AT_REMOVEDIR) != 0)
		return -EINVAL;
	return name_call(c, (int)c->arg[0], c->arg[1],
	    flags != 0 ? do_rmdir : do_unlink);
}

/* Where a link leads says nothing: each use of it is decided on. */
static long
do_symlink(struct call *c, struct loc *loc)
{
	long	 r;

	if (loc->kind == LOC_NAME &&
	    ((r = check_write(c, loc, DEED_CREATE)) < 0 ||
	    (r = check_stem(c, loc, DEED_CREATE)) < 0))
		return r;
	r = result(symlinkat(c->path2, dirfd_of(loc), loc_spelt(loc)));
	if (r == 0)
		check_stood(loc);
	return check_result(c, loc, DEED_CREATE, r);
}

static long
symlink_at(struct call *c, int dirfd, uint64_t addr)
{
	long	 r;

	if ((r = task_string(c, c->arg[0], c->path2)) < 0)
		return r;
	if (c->path2[0] == '\0')
		return -ENOENT;
	return name_call(c, dirfd, addr, do_symlink);
}

long
call_symlink(struct call *c)
{
	return symlink_at(c, AT_FDCWD, c->arg[1]);
}

long
call_symlinkat(struct call *c)
{
	return symlink_at(c, (int)c->arg[1], c->arg[2]);
}

/* Two names at once. */

static int
is_tree(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(loc->dirfd, loc->last, LX_STATX_BASIC, &st) == 0 &&
	    S_ISDIR(st.mode);
}

/* Why there is nothing at a name; 0 if there is. */
static int
absence(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(loc->dirfd, loc->last, LX_STATX_BASIC, &st) == -1 ?
	    errno : 0;
}

/*
 * Nothing is at the first name, so that comes before what may not be at the
 * second one.
 */
static int
is_idle(const struct loc *a, const struct loc *b)
{
	return broker.guard != NULL &&
	    (guard_write(broker.guard, b->real, GUARD_OLD, NULL) ||
	    guard_stem(broker.guard, b->real, GUARD_OLD, NULL) != 0) &&
	    absence(a) == ENOENT;
}

/* No directory and no link may come there; a file may. */
static int
is_stem_tree(const struct loc *loc)
{
	return broker.guard != NULL && guard_stem(broker.guard, loc->real,
	    GUARD_OLD, NULL) == GUARD_STEM_TREE;
}

/* With the tree lock held for writing a file stays one. */
static long
rename_stem(struct call *c, const struct loc *what, const struct loc *to,
    int exclusive)
{
	struct lx_stat	 st;

	if (exclusive && is_stem_tree(to) && lx_statx(what->dirfd, what->last,
	    LX_STATX_BASIC, &st) == 0 && S_ISREG(st.mode))
		return 0;
	return check_stem(c, to, DEED_REPLACE);
}

static long
rename_check(struct call *c, const struct loc *a, const struct loc *b,
    unsigned int flags, int trees)
{
	int	 exchange = (flags & RENAME_EXCHANGE) != 0;
	long	 r;

	if (is_idle(a, b))
		return -ENOENT;
	if ((r = check_write(c, a, DEED_RENAME)) < 0 ||
	    (r = check_read(c, a, DEED_RENAME)) < 0 ||
	    (r = check_write(c, b, exchange ? DEED_RENAME :
	    DEED_REPLACE)) < 0 ||
	    (r = check_read(c, b, DEED_REPLACE)) < 0 ||
	    (r = rename_stem(c, a, b, trees)) < 0 ||
	    (exchange && (r = rename_stem(c, b, a, trees)) < 0) ||
	    (r = check_socket(c, a, b, DEED_REPLACE)) < 0 ||
	    (exchange && (r = check_socket(c, b, a, DEED_REPLACE)) < 0))
		return r;
	if (!trees)
		return 0;
	if (is_tree(a) && (r = check_tree(c, a, b)) < 0)
		return r;
	return exchange && is_tree(b) ? check_tree(c, b, a) : 0;
}

/* One of them is "/", "." or "..". */
static long
rename_object(const struct loc *a, const struct loc *b, unsigned int flags)
{
	struct lx_stat	 x, y;

	/* It has walked to both of them first. */
	if ((a->kind == LOC_NAME && absence(a) == EACCES) ||
	    (b->kind == LOC_NAME && absence(b) == EACCES))
		return -EACCES;
	if (lx_statx(a->kind == LOC_OBJECT ? a->fd : a->dirfd, "",
	    LX_STATX_MNT_ID, &x) == -1 ||
	    lx_statx(b->kind == LOC_OBJECT ? b->fd : b->dirfd, "",
	    LX_STATX_MNT_ID, &y) == -1)
		return -errno;
	if (x.mnt_id != y.mnt_id)
		return -EXDEV;
	return a->kind != LOC_OBJECT && (flags & RENAME_NOREPLACE) != 0 ?
	    -EEXIST : -EBUSY;
}

/* A tree has moved, and with it what is to be looked at. */
static void
rename_noted(const struct loc *a, const struct loc *b, int exchange)
{
	fresh_moved(a->real, b->real, exchange);
	if (is_tree(b))
		check_stood(b);
	if (exchange && is_tree(a))
		check_stood(a);
}

static long
rename_locs(struct call *c, struct loc *a, struct loc *b,
    unsigned int flags, int exclusive)
{
	long	 r;

	if (a->kind == LOC_OBJECT || b->kind == LOC_OBJECT)
		return rename_object(a, b, flags);
	if (!exclusive && (is_tree(a) || is_stem_tree(b)))
		return RENAME_TREE;
	if ((r = rename_check(c, a, b, flags, exclusive)) < 0)
		return r;
	r = result(syscall(SYS_renameat2, a->dirfd, loc_spelt(a), b->dirfd,
	    loc_spelt(b), flags));
	if (r == 0 && exclusive)
		rename_noted(a, b, (flags & RENAME_EXCHANGE) != 0);
	return check_result(c, b, DEED_REPLACE, r);
}

/* The second of two names; its error, if it could not even be read. */
static long
second_resolve(struct call *c, int to, long error, struct loc *b)
{
	if (error < 0)
		return error;
	return loc_resolve(c, to, c->path2, c->real2, b);
}

/* With the tree lock held in one way or the other. */
static long
rename_resolve(struct call *c, int from, int to, unsigned int flags,
    int exclusive, long error)
{
	pthread_mutex_t	*lock;
	struct loc	 a, b;
	long		 r;

	b.dirfd = b.fd = b.linkfd = -1;
	r = loc_resolve(c, from, c->path, c->real, &a);
	if (r == 0) {
		r = second_resolve(c, to, error, &b);
		/* The kernel has walked to the first one by then. */
		if (r < 0 && (a.kind == LOC_KERNEL || a.magic))
			r = CALL_CONTINUE;
		else if (r < 0 && a.kind == LOC_NAME &&
		    absence(&a) == EACCES)
			r = -EACCES;
	}
	if (r == 0 && (a.kind == LOC_KERNEL || a.magic ||
	    b.kind == LOC_KERNEL || b.magic))
		r = CALL_CONTINUE;
	else if (r == 0) {
		lock = dir_lock(&a);
		(void)pthread_mutex_lock(lock);
		r = rename_locs(c, &a, &b, flags, exclusive);
		(void)pthread_mutex_unlock(lock);
	}
	loc_close(&a);
	loc_close(&b);
	return r;
}

static long
do_rename(struct call *c, int from, uint64_t a, int to, uint64_t b,
    unsigned int flags)
{
	int	 exclusive = (flags & RENAME_EXCHANGE) != 0;
	long	 r, error;

	if ((flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE |
	    RENAME_WHITEOUT)) != 0 || (exclusive &&
	    (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0))
		return -EINVAL;
	if ((r = task_string(c, a, c->path)) < 0)
		return r;
	error = task_string(c, b, c->path2);
	if (!exclusive) {
		(void)pthread_rwlock_rdlock(&broker.tree);
		r = rename_resolve(c, from, to, flags, 0, error);
		(void)pthread_rwlock_unlock(&broker.tree);
		if (r != RENAME_TREE)
			return r;
	}
	(void)pthread_rwlock_wrlock(&broker.tree);
	r = rename_resolve(c, from, to, flags, 1, error);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}

long
call_rename(struct call *c)
{
	return do_rename(c, AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1], 0);
}

long
call_renameat(struct call *c)
{
	return do_rename(c, (int)c->arg[0], c->arg[1], (int)c->arg[2],
	    c->arg[3], 0);
}

long
call_renameat2(struct call *c)
{
	return do_rename(c, (int)c->arg[0], c->arg[1], (int)c->arg[2],
	    c->arg[3], (unsigned int)c->arg[4]);
}

/* A file without a name, of which there may be one that we do not see. */
static int
is_nameless_link(const struct loc *loc)
{
	struct lx_stat	 st;

	return loc->kind == LOC_OBJECT && loc->object == LOC_DELETED &&
	    lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == 0 &&
	    !S_ISDIR(st.mode) && st.nlink > 0;
}

/* The source, if it is a file: held, so that it stays one.  Or -1. */
static int
link_file(const struct loc *a)
{
	struct lx_stat	 st;
	int		 fd;

	if (a->slash)
		return -1;
	fd = a->kind == LOC_OBJECT ? fcntl(a->fd, F_DUPFD_CLOEXEC, 0) :
	    path_open(a->dirfd, a->last, O_PATH | O_NOFOLLOW, 0, 0);
	if (fd >= 0 && lx_statx(fd, "", LX_STATX_BASIC, &st) == 0 &&
	    S_ISREG(st.mode))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static long
link_check(struct call *c, const struct loc *a, const struct loc *b,
    int stem)
{
	long	 r;

	if (b->kind == LOC_NAME &&
	    ((r = check_write(c, b, DEED_CREATE)) < 0 ||
	    (r = check_read(c, b, DEED_CREATE)) < 0 ||
	    (stem && (r = check_stem(c, b, DEED_CREATE)) < 0)))
		return r;
	if ((r = check_write(c, a, DEED_LINK)) < 0 ||
	    (r = check_read(c, a, DEED_LINK)) < 0 ||
	    (r = check_socket(c, a, b, DEED_CREATE)) < 0)
		return r;
	return is_nameless_link(a) ? -EPERM : 0;
}

static long
link_locs(struct call *c, struct loc *a, struct loc *b)
{
	char	 name[FD_NAME_MAX];
	int	 file = -1, fd;
	long	 r;

	if (a->kind == LOC_NAME && b->kind == LOC_NAME && is_idle(a, b))
		return -ENOENT;
	if (b->kind == LOC_NAME && is_stem_tree(b))
		file = link_file(a);
	if ((r = link_check(c, a, b, file == -1)) == 0) {
		fd = a->kind == LOC_OBJECT ? a->fd : file;
		r = fd != -1 ? linkat(path_fds(), path_fd_name(fd, name),
		    dirfd_of(b), loc_spelt(b), AT_SYMLINK_FOLLOW) :
		    linkat(a->dirfd, loc_spelt(a), dirfd_of(b),
		    loc_spelt(b), 0);
		r = check_result(c, b, DEED_CREATE, result(r));
	}
	if (file != -1)
		(void)close(file);
	return r;
}

static long
do_link(struct call *c, int from, int to, unsigned int flags, long error)
{
	int		 follow = (flags & AT_SYMLINK_FOLLOW) != 0;
	struct loc	 a, b;
	long		 r;

	b.dirfd = b.fd = b.linkfd = -1;
	if (c->path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0) {
		r = loc_fd(c, from, c->real, &a);
		follow = 1;
	} else {
		r = loc_resolve(c, from, c->path, c->real, &a);
		if (r == 0 && (follow || a.slash))
			r = loc_follow(c, &a);
	}
	if (r == 0) {
		r = second_resolve(c, to, error, &b);
		/* The kernel has looked for the first one by then. */
		if (r < 0 && a.kind == LOC_KERNEL)
			r = CALL_CONTINUE;
		else if (r < 0 && a.kind == LOC_NAME) {
			(void)loc_spelt(&a);
			if (absence(&a) != 0)
				r = -absence(&a);
		}
	}
	/* By the kernel this would depend on who opened the file. */
	if (r == 0 && b.magic && c->path[0] == '\0')
		r = -EEXIST;
	else if (r == 0)
		r = a.kind == LOC_KERNEL || (a.magic && !follow) ||
		    b.kind == LOC_KERNEL || b.magic ? CALL_CONTINUE :
		    link_locs(c, &a, &b);
	loc_close(&a);
	loc_close(&b);
	return r;
}

static long
link_at(struct call *c, int from, uint64_t a, int to, uint64_t b,
    unsigned int flags)
{
	long	 r, error;

	if ((flags & ~(unsigned int)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !=
	    0)
		return -EINVAL;
	if ((r = task_string(c, a, c->path)) < 0)
		return r;
	error = task_string(c, b, c->path2);
	(void)pthread_rwlock_rdlock(&broker.tree);
	r = do_link(c, from, to, flags, error);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}

long
call_link(struct call *c)
{
	return link_at(c, AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1], 0);
}

long
call_linkat(struct call *c)
{
	return link_at(c, (int)c->arg[0], c->arg[1], (int)c->arg[2],
	    c->arg[3], (unsigned int)c->arg[4]);
}
