/* SPDX-License-Identifier: ISC */

/*
 * Calls that are about two names: rename and link.  What they hold, and why,
 * stands in broker_name.c.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

/* rename_locs(), link_locs(): this needs the tree lock for writing. */
#define RENAME_TREE	1

static int
is_tree(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(loc_dirfd(loc), loc->last, LX_STATX_BASIC, &st) == 0 &&
	    S_ISDIR(st.mode);
}

/* Why there is nothing at a name; 0 if there is. */
static int
absence(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(loc_dirfd(loc), loc->last, LX_STATX_BASIC, &st) ==
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
	if ((loc_has_name(a) && absence(a) == EACCES) ||
	    (loc_has_name(b) && absence(b) == EACCES))
		return -EACCES;
	if (lx_statx(loc_has_name(a) ? loc_dirfd(a) : a->fd, "",
	    LX_STATX_MNT_ID, &x) == -1 ||
	    lx_statx(loc_has_name(b) ? loc_dirfd(b) : b->fd, "",
	    LX_STATX_MNT_ID, &y) == -1)
		return -errno;
	if (x.mnt_id != y.mnt_id)
		return -EXDEV;
	return loc_has_name(a) && (flags & RENAME_NOREPLACE) != 0 ?
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

	if (!loc_has_name(a) || !loc_has_name(b))
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
	r = errno_result(syscall(SYS_renameat2, loc_dirfd(a), loc_spelt(a),
	    loc_dirfd(b), loc_spelt(b), flags));
	if (r == -EACCES && loc_is_own_fd(a) && loc_is_own_fd(b))
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
	loc_as_name(b);
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
	return loc_is_nowhere(a) ? check_kernel(c, c->path, DEED_RENAME,
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
	loc_as_name(&a);
	if (r == 0 && (r = second_resolve(c, to, error, &b)) < 0 &&
	    loc_has_name(&a) && absence(&a) == EACCES)
		/* The kernel has walked to the first one by then. */
		r = -EACCES;
	if (r == 0 && (loc_is_nowhere(&a) || loc_is_nowhere(&b)))
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
	if (loc_has_name(b) && absence(b) == 0)
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
		fd = loc_has_name(a) && a->kind != LOC_OBJECT ? file : a->fd;
		r = fd != -1 ? linkat(path_fds(), path_fd_name(fd, name),
		    loc_dirfd(b), loc_spelt(b), AT_SYMLINK_FOLLOW) :
		    linkat(loc_dirfd(a), loc_spelt(a), loc_dirfd(b),
		    loc_spelt(b), 0);
		r = check_result(c, b, DEED_CREATE, errno_result(r));
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
			loc_as_name(&a);
	}
	if (r == 0 && (r = second_resolve(c, to, error, &b)) < 0 &&
	    a.kind != LOC_OBJECT && loc_has_name(&a)) {
		/* The kernel has looked for the first one by then. */
		(void)loc_spelt(&a);
		if (absence(&a) != 0)
			r = -absence(&a);
	}
	if (r == 0)
		r = loc_is_nowhere(&a) || loc_is_nowhere(&b) ?
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
