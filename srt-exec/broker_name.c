/* SPDX-License-Identifier: ISC */

/*
 * Calls that make and remove names; those that are about two of them are in
 * broker_rename.c.
 *
 * They hold the tree lock for reading, so that no directory gets another path
 * between the decision and the deed; who renames a directory holds it for
 * writing.  A rename finds out what it is about with the lock for reading:
 * what must not happen then is that mkdir(2) puts a directory into the place
 * of what was a file a moment ago, so these two have a lock of their own.
 *
 * Names in /dev and /proc are the command's own business, and acted on as they
 * are: nothing can be linked or moved from one mount to another.
 */

#include "compat.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

/* By the number of the directory in which something appears or goes. */
#define NLOCKS	64
static pthread_mutex_t	 dir_locks[NLOCKS] = {
	[0 ... NLOCKS - 1] = PTHREAD_MUTEX_INITIALIZER
};

static void
dirs_add(struct dirs_held *h, uint64_t ino)
{
	unsigned int	 lock = (unsigned int)((ino ^ ino >> 6) % NLOCKS);
	unsigned int	 i, k;

	for (i = 0; i < h->n && h->i[i] < lock; i++)
		continue;
	if (i < h->n && h->i[i] == lock)
		return;
	for (k = h->n++; k > i; k--)
		h->i[k] = h->i[k - 1];
	h->i[i] = lock;
}

/* In order, so that no two wait for each other. */
void
dirs_hold(struct dirs_held *h, const struct loc *dir, const struct loc *a,
    const struct loc *b)
{
	uint64_t	 ino;
	unsigned int	 i;

	h->n = 0;
	if (dir != NULL)
		dirs_add(h, dir->dirino);
	if (a != NULL && bare_alone(a, &ino))
		dirs_add(h, ino);
	if (b != NULL && bare_alone(b, &ino))
		dirs_add(h, ino);
	for (i = 0; i < h->n; i++)
		(void)pthread_mutex_lock(&dir_locks[h->i[i]]);
}

void
dirs_free(const struct dirs_held *h)
{
	unsigned int	 i;

	for (i = 0; i < h->n; i++)
		(void)pthread_mutex_unlock(&dir_locks[h->i[i]]);
}

long
errno_result(long r)
{
	return r == -1 ? -errno : r;
}

/* A link of /proc is meant as such here. */
void
loc_as_name(struct loc *loc)
{
	if (loc->magic)
		loc->kind = LOC_KERNEL;
}

int
loc_has_name(const struct loc *loc)
{
	return loc->dirfd != -1 || loc->procfd != -1;
}

int
loc_is_nowhere(const struct loc *loc)
{
	return !loc_has_name(loc) && loc->fd == -1;
}

/*
 * "/", "." and ".." cannot be made nor removed, wherever they are: so that
 * the kernel says how it refuses it is asked to do it in the root.
 */
int
loc_dirfd(const struct loc *loc)
{
	if (!loc_has_name(loc))
		return broker.rootfd;
	return loc->dirfd != -1 ? loc->dirfd : loc->procfd;
}

/*
 * Resolves one name and has the deed done.  On objects it fails by itself, as
 * it is tried on "." or "..".
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
	loc_as_name(&loc);
	if (r == 0)
		r = loc_is_nowhere(&loc) ? check_kernel(c, c->path, DEED_CREATE,
		    loc.error) : deed(c, &loc);
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
	struct dirs_held	 held;
	long			 r;

	dirs_hold(&held, loc, loc, NULL);
	if (loc->kind == LOC_NAME &&
	    (r = check_write(c, loc, DEED_MKDIR)) < 0) {
		dirs_free(&held);
		return r;
	}
	r = errno_result(mkdirat(loc_dirfd(loc), loc_spelt(loc),
	    (mode_t)c->arg[1]));
	dirs_free(&held);
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
mknod_name(struct call *c, struct loc *loc)
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
	r = errno_result(syscall(SYS_mknodat, loc_dirfd(loc), loc_spelt(loc),
	    mode, (unsigned int)c->arg[2]));
	return check_result(c, loc, DEED_CREATE, r);
}

static long
do_mknod(struct call *c, struct loc *loc)
{
	struct dirs_held	 held;
	long			 r;

	dirs_hold(&held, NULL, loc, NULL);
	r = mknod_name(c, loc);
	dirs_free(&held);
	return r;
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

/* Only the caller may write to its /proc/self/fd, as far as it goes. */
int
loc_is_own_fd(const struct loc *loc)
{
	return loc->magic && isdigit((unsigned char)loc->last[0]);
}

static long
do_unlink(struct call *c, struct loc *loc)
{
	long	 r;

	if (loc->kind == LOC_NAME &&
	    (r = check_write(c, loc, DEED_REMOVE)) < 0)
		return r;
	r = errno_result(unlinkat(loc_dirfd(loc), loc_spelt(loc), 0));
	if (r == -EACCES && loc_is_own_fd(loc))
		r = -EPERM;
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
	r = errno_result(unlinkat(loc_dirfd(loc), loc_spelt(loc),
	    AT_REMOVEDIR));
	if (r == -EACCES && loc_is_own_fd(loc))
		r = -ENOTDIR;
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
symlink_name(struct call *c, struct loc *loc)
{
	long	 r;

	if (loc->kind == LOC_NAME &&
	    ((r = check_write(c, loc, DEED_CREATE)) < 0 ||
	    (r = check_stem(c, loc, DEED_CREATE)) < 0))
		return r;
	r = errno_result(symlinkat(c->path2, loc_dirfd(loc), loc_spelt(loc)));
	if (r == 0)
		check_stood(loc);
	return check_result(c, loc, DEED_CREATE, r);
}

static long
do_symlink(struct call *c, struct loc *loc)
{
	struct dirs_held	 held;
	long			 r;

	dirs_hold(&held, NULL, loc, NULL);
	r = symlink_name(c, loc);
	dirs_free(&held);
	return r;
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
