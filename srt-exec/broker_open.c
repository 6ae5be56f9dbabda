/* SPDX-License-Identifier: ISC */

/*
 * open(2) and its kin, where they write, and where they read if patterns hide
 * files.  The descriptor is opened here and given to the caller.
 *
 * A worker must not block: it opens with O_NONBLOCK and takes that away again.
 * What would have blocked waits with the main thread.
 */

#include "compat.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

/* <asm/fcntl.h>; O_TMPFILE is it and O_DIRECTORY. */
#define LX_TMPFILE	020000000
#define LX_LARGEFILE	0100000

/* open(2) ignores all others. */
#define FLAGS_KNOWN	((uint64_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | \
			    O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
			    O_ASYNC | O_DIRECT | LX_LARGEFILE | O_LARGEFILE | \
			    O_DIRECTORY | O_NOFOLLOW | O_NOATIME | \
			    O_CLOEXEC | O_PATH | LX_TMPFILE))
#define FLAGS_WRITING	((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC | \
			    LX_TMPFILE))
/* What F_SETFL would take away with O_NONBLOCK. */
#define FLAGS_STATUS	((uint64_t)(O_APPEND | O_DIRECT | O_NOATIME | \
			    O_ASYNC))
#define FLAGS_NEW	((uint64_t)(O_CREAT | O_EXCL))
#define MODE_KNOWN	07777
#define MODE_SETID	(S_ISUID | S_ISGID)
#define RESOLVE_KNOWN	((uint64_t)(LX_RESOLVE_NO_XDEV | \
			    LX_RESOLVE_NO_MAGICLINKS | \
			    LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_BENEATH | \
			    LX_RESOLVE_IN_ROOT | LX_RESOLVE_CACHED))

#define HOW_MIN		24	/* OPEN_HOW_SIZE_VER0 */
#define HOW_MAX		4096

/* Landlock knows of truncation from here on (Linux 6.2). */
#define ABI_TRUNCATE	3

/* So many descriptors that the limit is worth a look. */
#define OPEN_FEW	16

/* open_once(): the name is a symbolic link, to be followed. */
#define OPEN_LINK	1

struct opening {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
};

static int
is_writing(const struct opening *o)
{
	return (o->flags & FLAGS_WRITING) != 0;
}

static int
is_tmpfile(const struct opening *o)
{
	return (o->flags & LX_TMPFILE) != 0;
}

/* Will a link at the end be followed? */
static int
follows(const struct opening *o)
{
	return (o->flags & O_NOFOLLOW) == 0 &&
	    (o->flags & FLAGS_NEW) != FLAGS_NEW;
}

/*
 * Combinations that the kernel refuses before it looks at the path, which it
 * may do itself.  Older ones take O_DIRECTORY with O_CREAT to mean something
 * of little use.
 */
static int
is_odd(const struct opening *o)
{
	int	 write = (o->flags & O_ACCMODE) != O_RDONLY;

	if (is_tmpfile(o))
		return (o->flags & O_DIRECTORY) == 0 || !write ||
		    (o->flags & O_CREAT) != 0;
	return (o->flags & O_CREAT) != 0 && (o->flags & O_DIRECTORY) != 0;
}

/* The kernel opens it, in the caller's Landlock domain. */
static long
open_kernel(const struct opening *o)
{
	int	 abi = broker.mounts.landlock.abi;

	if ((o->flags & O_TRUNC) != 0 && (o->flags & O_ACCMODE) ==
	    O_RDONLY && abi > 0 && abi < ABI_TRUNCATE)
		return -EACCES;
	return CALL_CONTINUE;
}

/* The descriptor as the caller wants it. */
static long
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

/* Opens anew what the descriptor refers to; never blocks. */
static int
reopen(int fd, uint64_t flags, uint64_t mode)
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

	fd = reopen(c->fd, flags, 0);
	if (fd == -ENXIO || fd == -EAGAIN)
		return CALL_TAKEN;
	return fd < 0 ? fd : open_give(c, flags, fd);
}

/* Takes over the descriptor. */
static long
open_wait(struct call *c, const struct opening *o, int fd)
{
	if (fd < 0)
		return fd;
	c->arg[5] = o->flags & ~(FLAGS_NEW | O_NOFOLLOW);
	return call_wait(c, fd, open_retry);
}

static int
has_type(int dirfd, const char *name, mode_t type)
{
	struct lx_stat	 st;

	return lx_statx(dirfd, name, LX_STATX_BASIC, &st) == 0 &&
	    (st.mode & S_IFMT) == type;
}

/* Would an open without O_NONBLOCK have waited, instead of this error? */
static int
would_wait(const struct opening *o, int error, int dirfd, const char *name)
{
	if ((o->flags & O_NONBLOCK) != 0)
		return 0;
	return error == -EAGAIN || (error == -ENXIO &&
	    (o->flags & O_ACCMODE) == O_WRONLY && has_type(dirfd, name, S_IFIFO));
}

/* Nobody can know when a reader's open of a FIFO would return. */
static int
waits_for_writer(const struct opening *o, int dirfd, const char *name)
{
	return (o->flags & O_ACCMODE) == O_RDONLY &&
	    (o->flags & O_NONBLOCK) == 0 && has_type(dirfd, name, S_IFIFO);
}

static enum deed
deed_of(const struct opening *o)
{
	if ((o->flags & O_CREAT) == 0)
		return DEED_WRITE;
	return (o->flags & O_EXCL) != 0 ? DEED_CREATE : DEED_OPEN;
}

/* A new file may not be set-user-ID; the mode says nothing of an old one. */
static long
open_mode(struct call *c, const struct loc *loc, struct opening *o)
{
	struct lx_stat	 st;

	if ((o->mode & MODE_SETID) == 0)
		return 0;
	if (is_tmpfile(o) || lx_statx(loc->dirfd, loc->last, LX_STATX_BASIC,
	    &st) == -1)
		return check_setid(c, loc, DEED_CREATE);
	o->mode &= ~(uint64_t)MODE_SETID;
	return 0;
}

static long
open_check(struct call *c, const struct loc *loc, struct opening *o)
{
	long	 r;

	if ((r = check_read(c, loc, DEED_READ)) < 0 || !is_writing(o))
		return r;
	/* Without a name there is nothing to protect, until linkat(2). */
	if (!is_tmpfile(o) && (r = check_write(c, loc, deed_of(o))) < 0)
		return r;
	return loc->kind == LOC_NAME ? open_mode(c, loc, o) : 0;
}

static long
open_name(struct call *c, struct loc *loc, struct opening *o)
{
	uint64_t	 flags = o->flags;
	const char	*last = loc->last;
	long		 r;
	int		 fd;

	if (loc->slash && (flags & O_CREAT) != 0)
		last = loc_spelt(loc);	/* EISDIR, whatever is there */
	else if ((r = open_check(c, loc, o)) < 0)
		return r;
	else if (loc->slash)
		flags |= O_DIRECTORY;
	if (waits_for_writer(o, loc->dirfd, last))
		return open_kernel(o);
	if ((flags & FLAGS_NEW) != FLAGS_NEW)
		flags |= O_NONBLOCK;
	fd = path_open(loc->dirfd, last, flags | O_NOCTTY, o->mode,
	    LX_RESOLVE_NO_SYMLINKS | (o->resolve & LX_RESOLVE_NO_XDEV));
	if (fd >= 0)
		return open_give(c, o->flags, fd);
	if ((o->resolve & LX_RESOLVE_NO_SYMLINKS) == 0 &&
	    ((fd == -ELOOP && follows(o)) ||
	    (loc->slash && (fd == -ELOOP || fd == -ENOTDIR) &&
	    has_type(loc->dirfd, last, S_IFLNK))))
		return OPEN_LINK;
	if (would_wait(o, fd, loc->dirfd, last))
		return open_wait(c, o, path_open(loc->dirfd, last, O_PATH |
		    O_NOFOLLOW, 0, 0));
	return is_writing(o) ? check_result(c, loc, deed_of(o), fd) : fd;
}

/* "/", "..", or what a link of /proc leads to. */
static long
open_object(struct call *c, struct loc *loc, struct opening *o)
{
	struct lx_stat	 st;
	long		 r;
	int		 fd;

	if ((loc->magic && !follows(o)) || loc->object == LOC_ANONYMOUS ||
	    loc->object == LOC_FOREIGN)
		return open_kernel(o);
	if ((r = open_check(c, loc, o)) < 0)
		return r;
	if (lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == -1)
		return -errno;
	if (S_ISDIR(st.mode)) {
		if (is_tmpfile(o) && (o->mode & MODE_SETID) != 0)
			return check_setid(c, loc, DEED_CREATE);
		fd = loc->magic ? -EACCES : path_open(loc->fd, ".", o->flags |
		    O_NONBLOCK, o->mode, 0);
		/* "." has to be searched for, unlike "..". */
		if (fd == -EACCES)
			fd = reopen(loc->fd, o->flags & ~(uint64_t)O_NOFOLLOW,
			    o->mode);
	} else {
		if (waits_for_writer(o, loc->fd, ""))
			return open_kernel(o);
		fd = reopen(loc->fd, o->flags | (loc->slash ?
		    (uint64_t)O_DIRECTORY : 0), o->mode);
	}
	if (fd >= 0)
		return open_give(c, o->flags, fd);
	if (would_wait(o, fd, loc->fd, "")) {
		fd = fcntl(loc->fd, F_DUPFD_CLOEXEC, 0);
		return open_wait(c, o, fd == -1 ? -errno : fd);
	}
	return is_writing(o) ? check_result(c, loc, deed_of(o), fd) : fd;
}

/* LX_RESOLVE_NO_XDEV: does a link to "/" leave the mount? */
static int
is_other_mount(int dirfd)
{
	struct lx_stat	 a, b;

	return lx_statx(dirfd, "", LX_STATX_MNT_ID, &a) == -1 ||
	    lx_statx(broker.rootfd, "", LX_STATX_MNT_ID, &b) == -1 ||
	    a.mnt_id != b.mnt_id;
}

/*
 * Follows a link under the flags of openat2(2), which hold for the path as a
 * whole: from its beginning, with the link's text in the place of the name.
 */
static long
hop_again(struct call *c, int dirfd, const struct opening *o,
    struct loc *loc)
{
	char	*path = c->path;
	size_t	 len = strlen(path), n;
	ssize_t	 text;

	text = readlinkat(loc->dirfd, loc->last, c->path2, PATH_MAX);
	if (text == -1)
		return -errno;
	if (text == PATH_MAX)
		return -ENAMETOOLONG;
	while (len > 0 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	if (c->path2[0] == '/') {
		/* The kernel does not compare before it has been there. */
		if ((o->resolve & LX_RESOLVE_NO_XDEV) != 0 &&
		    (o->resolve & LX_RESOLVE_IN_ROOT) == 0 &&
		    (path[0] != '/' || is_other_mount(loc->dirfd)))
			return -EXDEV;
		len = 0;
	}
	n = len + (size_t)text;
	if (n + 2 > PATH_MAX)
		return open_kernel(o);
	memcpy(path + len, c->path2, (size_t)text);
	if (loc->slash)
		path[n++] = '/';
	path[n] = '\0';
	loc_close(loc);
	return loc_resolve_how(c, dirfd, path, o->resolve, c->real, loc);
}

static long
open_once(struct call *c, struct loc *loc, struct opening *o)
{
	switch (loc->kind) {
	case LOC_NAME:
		return open_name(c, loc, o);
	case LOC_OBJECT:
		return open_object(c, loc, o);
	default:
		/* A link of /dev may lead out of it. */
		return follows(o) && o->resolve == 0 ? OPEN_LINK :
		    open_kernel(o);
	}
}

static long
open_loop(struct call *c, int dirfd, struct opening *o, struct loc *loc)
{
	int	 links;
	long	 r;

	for (links = 0; (r = open_once(c, loc, o)) == OPEN_LINK; links++) {
		if (links == LINKS_MAX)
			return -ELOOP;
		if (o->resolve != 0)
			r = hop_again(c, dirfd, o, loc);
		else if ((r = loc_hop(c, loc)) == 0 &&
		    loc->kind == LOC_KERNEL)
			return open_kernel(o);
		if (r < 0)
			return r;
	}
	return r;
}

/*
 * Has the caller no number left for a descriptor?  That has to come before a
 * file is made or truncated.  /proc/PID/fd tells how many there are as its
 * size (Linux 6.2); fewer than the limit leave a number below it.
 */
static int
is_full(const struct call *c)
{
	struct lx_stat	 st;
	char		 path[32];

	(void)snprintf(path, sizeof(path), "%d/fd", (int)c->tid);
	return lx_statx(broker.procfd, path, LX_STATX_BASIC, &st) == 0 &&
	    st.size >= OPEN_FEW &&
	    st.size >= task_limit(c, RLIMIT_NOFILE);
}

/* The path is in c->path. */
static long
open_path(struct call *c, int dirfd, struct opening *o)
{
	struct loc	 loc;
	long		 r;

	if (c->path[0] == '\0')
		return -ENOENT;
	if (is_full(c))
		return -EMFILE;
	if ((o->flags & (O_CREAT | LX_TMPFILE)) != 0 &&
	    (r = task_take_umask(c)) < 0)
		return r;
	(void)pthread_rwlock_rdlock(&broker.tree);
	r = loc_resolve_how(c, dirfd, c->path, o->resolve, c->real, &loc);
	if (r == 0)
		r = open_loop(c, dirfd, o, &loc);
	loc_close(&loc);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}

static int
is_ours(const struct opening *o)
{
	if ((o->flags & O_PATH) != 0 || is_odd(o))
		return 0;
	return is_writing(o) || (broker.guard != NULL &&
	    guard_reads(broker.guard));
}

static long
open_at(struct call *c, int dirfd, uint64_t addr, uint64_t flags,
    uint64_t mode)
{
	struct opening	 o = { .flags = flags & FLAGS_KNOWN };
	long		 r;

	if ((o.flags & (O_CREAT | LX_TMPFILE)) != 0)
		o.mode = mode & MODE_KNOWN;
	if (!is_ours(&o))
		return CALL_CONTINUE;
	if ((r = task_string(c, addr, c->path)) < 0)
		return r;
	return open_path(c, dirfd, &o);
}

long
call_open(struct call *c)
{
	return open_at(c, AT_FDCWD, c->arg[0], c->arg[1], c->arg[2]);
}

long
call_creat(struct call *c)
{
	return open_at(c, AT_FDCWD, c->arg[0], O_CREAT | O_WRONLY | O_TRUNC,
	    c->arg[1]);
}

long
call_openat(struct call *c)
{
	return open_at(c, (int)c->arg[0], c->arg[1], c->arg[2], c->arg[3]);
}

/* What is behind the fields that we know must be zeros. */
static long
how_rest(struct call *c, uint64_t addr, size_t size)
{
	char	 buf[256];
	size_t	 at, n, i;
	long	 r;

	for (at = HOW_MIN; at < size; at += n) {
		n = size - at < sizeof(buf) ? size - at : sizeof(buf);
		if ((r = task_read(c, addr + at, buf, n)) < 0)
			return r;
		for (i = 0; i < n; i++)
			if (buf[i] != 0)
				return -E2BIG;
	}
	return 0;
}

/* The kernel's own complaints about the flags come from the kernel. */
static int
how_is_valid(const struct opening *o)
{
	uint64_t	 scopes = LX_RESOLVE_BENEATH | LX_RESOLVE_IN_ROOT;

	if ((o->flags & ~FLAGS_KNOWN) != 0 ||
	    (o->resolve & ~RESOLVE_KNOWN) != 0 ||
	    (o->resolve & scopes) == scopes)
		return 0;
	if ((o->flags & (O_CREAT | LX_TMPFILE)) != 0)
		return (o->mode & ~(uint64_t)MODE_KNOWN) == 0;
	return o->mode == 0;
}

long
call_openat2(struct call *c)
{
	struct lx_open_how	 how;
	struct opening		 o;
	uint64_t		 size = c->arg[3];
	int			 abi = broker.mounts.landlock.abi;
	long			 r;

	/* It could be left to the kernel then only where flags are fixed. */
	if (abi > 0 && abi < ABI_TRUNCATE)
		return -ENOSYS;
	if (size < HOW_MIN)
		return -EINVAL;
	if (size > HOW_MAX)
		return -E2BIG;
	if ((r = task_read(c, c->arg[2], &how, sizeof(how))) < 0 ||
	    (r = how_rest(c, c->arg[2], (size_t)size)) < 0)
		return r;
	o.flags = how.flags;
	o.mode = how.mode;
	o.resolve = how.resolve;
	/*
	 * The kernel reads the flags once more, but none that write could be
	 * put there that Landlock does not stop.
	 */
	if (!how_is_valid(&o) || !is_ours(&o))
		return open_kernel(&o);
	if ((o.resolve & LX_RESOLVE_CACHED) != 0)
		return -EAGAIN;
	if ((r = task_string(c, c->arg[1], c->path)) < 0)
		return r;
	return open_path(c, (int)c->arg[0], &o);
}
