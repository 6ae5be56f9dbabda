/* SPDX-License-Identifier: ISC */

/*
 * Calls that make, remove, rename and link names.
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

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE	1
#define RENAME_EXCHANGE		2
#define RENAME_WHITEOUT		4
#endif

/* rename_locs(), link_locs(): this needs the tree lock for writing. */
#define RENAME_TREE	1

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

static long
result(long r)
{
	return r == -1 ? -errno : r;
}

/* A link of /proc is meant as such here. */
static void
as_name(struct loc *loc)
{
	if (loc->magic)
		loc->kind = LOC_KERNEL;
}

static int
is_name(const struct loc *loc)
{
	return loc->dirfd != -1 || loc->procfd != -1;
}

static int
is_nowhere(const struct loc *loc)
{
	return !is_name(loc) && loc->fd == -1;
}

/*
 * "/", "." and ".." cannot be made nor removed, wherever they are: so that
 * the kernel says how it refuses it is asked to do it in the root.
 */
static int
dirfd_of(const struct loc *loc)
{
	if (!is_name(loc))
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
	as_name(&loc);
	if (r == 0)
		r = is_nowhere(&loc) ? check_kernel(c, c->path, DEED_CREATE,
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
	r = result(mkdirat(dirfd_of(loc), loc_spelt(loc),
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
	r = result(syscall(SYS_mknodat, dirfd_of(loc), loc_spelt(loc), mode,
	    (unsigned int)c->arg[2]));
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
static int
is_own_fd(const struct loc *loc)
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
	r = result(unlinkat(dirfd_of(loc), loc_spelt(loc), 0));
	if (r == -EACCES && is_own_fd(loc))
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
	r = result(unlinkat(dirfd_of(loc), loc_spelt(loc), AT_REMOVEDIR));
	if (r == -EACCES && is_own_fd(loc))
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
	r = result(symlinkat(c->path2, dirfd_of(loc), loc_spelt(loc)));
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

/* Two names at once. */

static int
is_tree(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(dirfd_of(loc), loc->last, LX_STATX_BASIC, &st) == 0 &&
	    S_ISDIR(st.mode);
}

/* Why there is nothing at a name; 0 if there is. */
static int
absence(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(dirfd_of(loc), loc->last, LX_STATX_BASIC, &st) ==
	    -1 ? errno : 0;
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

/*
 * The name of a socket that the policy lists: what comes there must not be
 * swapped for one of the host's between the look at it and the deed.
 */
static int
is_listed(const struct loc *loc)
{
	return broker.guard != NULL && loc->kind == LOC_NAME &&
	    guard_unix(broker.guard, loc->real);
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
	if ((is_name(a) && absence(a) == EACCES) ||
	    (is_name(b) && absence(b) == EACCES))
		return -EACCES;
	if (lx_statx(is_name(a) ? dirfd_of(a) : a->fd, "", LX_STATX_MNT_ID,
	    &x) == -1 || lx_statx(is_name(b) ? dirfd_of(b) : b->fd, "",
	    LX_STATX_MNT_ID, &y) == -1)
		return -errno;
	if (x.mnt_id != y.mnt_id)
		return -EXDEV;
	return is_name(a) && (flags & RENAME_NOREPLACE) != 0 ?
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

/*
 * A file goes onto a protected one that it is like: 1 once it is removed in
 * place of that; 0 if it is another; or -errno.  What it says by now does not
 * matter, nor whether another file has come to its name.
 */
static long
rename_same(struct call *c, const struct loc *a, const struct loc *b)
{
	long	 r;

	if (!check_held(b, DEED_REPLACE) || absence(a) != 0)
		return 0;
	if ((r = check_write(c, a, DEED_RENAME)) < 0 ||
	    (r = check_read(c, a, DEED_RENAME)) < 0 ||
	    (r = check_read(c, b, DEED_REPLACE)) < 0)
		return r;
	if (!same_files(a, b))
		return 0;
	return unlinkat(a->dirfd, a->last, 0) == -1 ? -errno : 1;
}

/* A new directory may have gone, unless both names are one. */
static void
rename_over(const struct loc *b, const struct fresh_id *id)
{
	struct lx_stat	 st;

	if (lx_statx(b->dirfd, b->last, LX_STATX_BASIC, &st) == 0 &&
	    st.ino != id->ino)
		fresh_remove(id);
}

static long
rename_locs(struct call *c, struct loc *a, struct loc *b,
    unsigned int flags, int exclusive)
{
	struct fresh_id	 id;
	int		 ours = a->kind == LOC_NAME && b->kind == LOC_NAME;
	int		 over;
	long		 r;

	if (!is_name(a) || !is_name(b))
		return rename_object(a, b, flags);
	if (ours && !exclusive && (is_tree(a) || is_stem_tree(b) ||
	    is_listed(b)))
		return RENAME_TREE;
	if (ours && flags == 0 && (r = rename_same(c, a, b)) != 0)
		return r < 0 ? r : 0;
	if (ours && (r = rename_check(c, a, b, flags, exclusive)) < 0)
		return r;
	over = ours && exclusive && (flags & RENAME_EXCHANGE) == 0 &&
	    fresh_find(b->dirfd, b->last, &id);
	r = result(syscall(SYS_renameat2, dirfd_of(a), loc_spelt(a),
	    dirfd_of(b), loc_spelt(b), flags));
	if (r == -EACCES && is_own_fd(a) && is_own_fd(b))
		r = -EPERM;
	if (r == 0 && over)
		rename_over(b, &id);
	if (r == 0 && ours && exclusive)
		rename_noted(a, b, (flags & RENAME_EXCHANGE) != 0);
	return check_result(c, b, DEED_REPLACE, r);
}

/* The second of two names; its error, if it could not even be read. */
static long
second_resolve(struct call *c, int to, long error, struct loc *b)
{
	long	 r;

	if (error < 0)
		return error;
	r = loc_resolve(c, to, c->path2, c->real2, b);
	as_name(b);
	return r;
}

/* Where a name is that has not been looked for. */
static void
loc_none(struct loc *loc)
{
	loc->kind = LOC_KERNEL;
	loc->dirfd = loc->fd = loc->procfd = -1;
	loc->magic = loc->slash = 0;
	loc->error = 0;
}

static long
kernel_two(struct call *c, const struct loc *a, const struct loc *b)
{
	return is_nowhere(a) ? check_kernel(c, c->path, DEED_RENAME,
	    a->error) : check_kernel(c, c->path2, DEED_CREATE, b->error);
}

/* With the tree lock held in one way or the other. */
static long
rename_resolve(struct call *c, int from, int to, unsigned int flags,
    int exclusive, long error)
{
	struct dirs_held	 held;
	struct loc		 a, b;
	long			 r;

	loc_none(&b);
	r = loc_resolve(c, from, c->path, c->real, &a);
	as_name(&a);
	if (r == 0 && (r = second_resolve(c, to, error, &b)) < 0 &&
	    is_name(&a) && absence(&a) == EACCES)
		/* The kernel has walked to the first one by then. */
		r = -EACCES;
	if (r == 0 && (is_nowhere(&a) || is_nowhere(&b)))
		r = kernel_two(c, &a, &b);
	else if (r == 0) {
		dirs_hold(&held, &a, &b, NULL);
		r = rename_locs(c, &a, &b, flags, exclusive);
		dirs_free(&held);
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
	if ((r = task_strings(c, a, b, &error)) < 0)
		return r;
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
	if (!is_nameless_link(a))
		return 0;
	if (is_name(b) && absence(b) == 0)
		return -EEXIST;
	report(c, "file-write-link", b->real,
	    "the file has lost the name that srt knew it by", "mandatory",
	    "");
	return -EPERM;
}

static long
link_locs(struct call *c, struct loc *a, struct loc *b, int exclusive)
{
	char	 name[FD_NAME_MAX];
	int	 file = -1, fd;
	long	 r;

	if (!exclusive && is_listed(b))
		return RENAME_TREE;
	if (a->kind == LOC_NAME && b->kind == LOC_NAME && is_idle(a, b))
		return -ENOENT;
	if (b->kind == LOC_NAME && is_stem_tree(b))
		file = link_file(a);
	if ((r = link_check(c, a, b, file == -1)) == 0) {
		fd = is_name(a) && a->kind != LOC_OBJECT ? file : a->fd;
		r = fd != -1 ? linkat(path_fds(), path_fd_name(fd, name),
		    dirfd_of(b), loc_spelt(b), AT_SYMLINK_FOLLOW) :
		    linkat(dirfd_of(a), loc_spelt(a), dirfd_of(b),
		    loc_spelt(b), 0);
		r = check_result(c, b, DEED_CREATE, result(r));
	}
	if (file != -1)
		(void)close(file);
	return r;
}

static long
link_alone(struct call *c, struct loc *a, struct loc *b, int exclusive)
{
	struct dirs_held	 held;
	long			 r;

	dirs_hold(&held, NULL, b, NULL);
	r = link_locs(c, a, b, exclusive);
	dirs_free(&held);
	return r;
}

static long
do_link(struct call *c, int from, int to, unsigned int flags, int exclusive,
    long error)
{
	int		 follow = (flags & AT_SYMLINK_FOLLOW) != 0;
	struct loc	 a, b;
	long		 r;

	loc_none(&b);
	if (c->path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0)
		r = loc_fd(c, from, c->real, &a);
	else {
		r = loc_resolve(c, from, c->path, c->real, &a);
		if (r == 0 && (follow || a.slash))
			r = loc_follow(c, &a);
		else
			as_name(&a);
	}
	if (r == 0 && (r = second_resolve(c, to, error, &b)) < 0 &&
	    a.kind != LOC_OBJECT && is_name(&a)) {
		/* The kernel has looked for the first one by then. */
		(void)loc_spelt(&a);
		if (absence(&a) != 0)
			r = -absence(&a);
	}
	if (r == 0)
		r = is_nowhere(&a) || is_nowhere(&b) ?
		    kernel_two(c, &a, &b) :
		    link_alone(c, &a, &b, exclusive);
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
	if ((r = task_strings(c, a, b, &error)) < 0)
		return r;
	(void)pthread_rwlock_rdlock(&broker.tree);
	r = do_link(c, from, to, flags, 0, error);
	(void)pthread_rwlock_unlock(&broker.tree);
	if (r != RENAME_TREE)
		return r;
	(void)pthread_rwlock_wrlock(&broker.tree);
	r = do_link(c, from, to, flags, 1, error);
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
