/* SPDX-License-Identifier: ISC */

/*
 * open(2) and its kin, where they write, and where they read if patterns hide
 * files.  The descriptor is opened here and given to the caller.
 *
 * A worker must not block: it opens with O_NONBLOCK and takes that away again.
 * What would have blocked waits with the main thread.
 *
 * The kernel is left to open what lies in /dev and /proc only where Landlock
 * would stop all that matters if the caller's memory said something else by
 * then.  Landlock hides nothing from reading, so where patterns do, what reads
 * is opened here, whatever it is.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_open.h"
#include "broker_path.h"
#include "log.h"
#include "own.h"

#define FLAGS_WRITING	((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC | \
			    LX_TMPFILE))
#define FLAGS_LASTING	((uint64_t)(O_CREAT | O_TRUNC))
#define MODE_SETID	(S_ISUID | S_ISGID)

/* So many descriptors that the limit is worth a look. */
#define OPEN_FEW	16

#define DEV_TTY		makedev(5, 0)
#define MAJOR_MEMORY	1	/* of null, zero, full, random, urandom ... */
#define MINORS_OWN	(1U << 3 | 1U << 5 | 1U << 7 | 1U << 8 | 1U << 9)

/* open_once(): the name is a symbolic link, to be followed. */
#define OPEN_LINK	1

static long	 open_object(struct call *, struct loc *, struct opening *);

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
 * Combinations that the kernel refuses before it looks at the path.  Before
 * Linux 6.4 it took O_DIRECTORY with O_CREAT to mean something of little use.
 */
int
opening_is_odd(const struct opening *o)
{
	int	 write = (o->flags & O_ACCMODE) != O_RDONLY;

	if (is_tmpfile(o))
		return (o->flags & O_DIRECTORY) == 0 || !write ||
		    (o->flags & O_CREAT) != 0;
	return (o->flags & O_CREAT) != 0 && (o->flags & O_DIRECTORY) != 0;
}

/*
 * Whatever the path says when the kernel reads it again, and the flags if they
 * are in memory: would Landlock stop it?
 */
static int
is_confined(const struct opening *o)
{
	if (!check_confined())
		return 0;
	return !check_reads() ||
	    (!o->how && (o->flags & O_ACCMODE) != O_RDONLY);
}

long
open_kernel(struct call *c, const struct opening *o)
{
	int	 abi = broker.mounts.landlock.abi;

	if (!is_confined(o) && o->how)
		return -ENOSYS;
	if (!is_confined(o))
		return check_kernel(c, c->path, is_writing(o) &&
		    !check_confined() ? DEED_WRITE : DEED_READ, EACCES);
	if ((o->flags & O_TRUNC) != 0 && (o->flags & O_ACCMODE) ==
	    O_RDONLY && abi > 0 && abi < ABI_TRUNCATE)
		return -EACCES;
	return CALL_CONTINUE;
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

/* A name that patterns hide can be made no more than it can be read. */
static enum deed
hidden_deed(const struct loc *loc, const struct opening *o)
{
	struct lx_stat	 st;

	return (o->flags & O_CREAT) != 0 && loc->kind == LOC_NAME &&
	    check_reads() && lx_statx(loc->dirfd, loc->last,
	    LX_STATX_BASIC, &st) == -1 ? deed_of(o) : DEED_READ;
}

/* One of the few devices that the command may use, by its name. */
static int
is_device(const struct loc *loc)
{
	size_t	 i;

	if (!broker_is_bare() || loc->real[0] == '\0' ||
	    strncmp(loc->real, "/dev/", 5) != 0)
		return 0;
	for (i = 0; i < OWN_NODES; i++)
		if (strcmp(loc->real + 5, own_nodes[i]) == 0)
			return fd_has_type(loc->kind == LOC_OBJECT ? loc->fd :
			    loc->dirfd, loc->kind == LOC_OBJECT ? "" :
			    loc->last, S_IFCHR);
	return 0;
}

/*
 * Mode "landlock": what we open has no domain, so that Landlock does not hold
 * ioctl(2) of it.  That is for the devices that a rule of Landlock's opens,
 * wherever they are, and for the caller's own terminal.
 */
static int
is_strange(const struct call *c, int dirfd, const char *name)
{
	struct lx_stat	 st;
	dev_t		 tty;

	if (!broker_is_bare() ||
	    lx_statx(dirfd, name, LX_STATX_BASIC, &st) == -1 ||
	    (!S_ISCHR(st.mode) && !S_ISBLK(st.mode)))
		return 0;
	if (S_ISBLK(st.mode))
		return 1;
	if (st.rdev_major == MAJOR_MEMORY && st.rdev_minor < 32 &&
	    (MINORS_OWN & 1U << st.rdev_minor) != 0)
		return 0;
	(void)task_session(c, &tty);
	return makedev(st.rdev_major, st.rdev_minor) != tty;
}

static long
strange_refused(struct call *c, const struct loc *loc,
    const struct opening *o)
{
	report(c, is_writing(o) ? "file-write-data" : "file-read-data",
	    loc->real[0] != '\0' ? loc->real : c->path,
	    "a device that is not the command's", "mandatory", "");
	return is_writing(o) ? -EPERM : -EACCES;
}

/* The host may have put another one where a name was looked up before. */
static long
swapped(struct call *c, const struct loc *loc, const struct opening *o,
    int fd)
{
	if (fd < 0 || !is_strange(c, fd, ""))
		return 0;
	(void)close(fd);
	return strange_refused(c, loc, o);
}

/* Mode "landlock": no mount keeps it within the write roots. */
static int
tmpfile_may(const struct loc *loc)
{
	return !broker_is_bare() || broker.guard == NULL ||
	    guard_inside(broker.guard, loc->real);
}

static long
open_check(struct call *c, const struct loc *loc, struct opening *o)
{
	long	 r;

	if (is_device(loc))
		return check_read(c, loc, DEED_READ);
	if ((r = check_read(c, loc, hidden_deed(loc, o))) < 0 ||
	    !is_writing(o))
		return r;
	/* Without a name there is nothing to protect, until linkat(2). */
	if (is_tmpfile(o))
		learn_tmpfile(c, loc);
	if ((!is_tmpfile(o) || !tmpfile_may(loc)) &&
	    (r = check_write(c, loc, deed_of(o))) < 0)
		return r;
	return loc->kind == LOC_NAME ? open_mode(c, loc, o) : 0;
}

static long
open_named(struct call *c, struct loc *loc, struct opening *o)
{
	uint64_t	 flags = o->flags;
	const char	*last = loc->last;
	long		 r;
	int		 fd;

	if (loc->slash && (flags & O_CREAT) != 0)
		last = loc_spelt(loc);	/* EISDIR, whatever is there */
	else if (follows(o) && check_leads(loc))
		return (o->resolve & LX_RESOLVE_NO_SYMLINKS) != 0 ? -ELOOP :
		    OPEN_LINK;
	else if ((r = open_check(c, loc, o)) < 0)
		return r;
	else if (is_strange(c, loc->dirfd, last))
		return strange_refused(c, loc, o);
	else if (loc->slash)
		flags |= O_DIRECTORY;
	if ((flags & FLAGS_NEW) != FLAGS_NEW)
		flags |= O_NONBLOCK;
	fd = path_open(loc->dirfd, last, flags | O_NOCTTY, o->mode,
	    LX_RESOLVE_NO_SYMLINKS | (o->resolve & LX_RESOLVE_NO_XDEV));
	if ((r = swapped(c, loc, o, fd)) < 0)
		return r;
	if (fd >= 0)
		return open_done(c, o, fd);
	if ((fd == -ELOOP && follows(o)) ||
	    (loc->slash && (fd == -ELOOP || fd == -ENOTDIR) &&
	    fd_has_type(loc->dirfd, loc->last, S_IFLNK)))
		return (o->resolve & LX_RESOLVE_NO_SYMLINKS) != 0 ? -ELOOP :
		    OPEN_LINK;
	if (open_would_wait(o, fd, loc->dirfd, last)) {
		fd = path_open(loc->dirfd, last, O_PATH | O_NOFOLLOW, 0, 0);
		return (r = swapped(c, loc, o, fd)) < 0 ? r :
		    open_wait(c, o, fd);
	}
	return is_writing(o) ? check_result(c, loc, deed_of(o), fd) : fd;
}

/* What could complete a repository is made by one at a time. */
static long
open_name(struct call *c, struct loc *loc, struct opening *o)
{
	struct dirs_held	 held;
	long			 r;

	if ((o->flags & O_CREAT) == 0)
		return open_named(c, loc, o);
	dirs_hold(&held, NULL, loc, NULL);
	r = open_named(c, loc, o);
	dirs_free(&held);
	return r;
}

/*
 * Mode "landlock": of the host's /proc the broker opens what is no process,
 * and the caller's own, for reading.  The others of the user's, to which
 * Landlock denies the caller, it could look into itself.
 */
static int
is_own_proc(struct call *c, const struct loc *loc, const struct opening *o)
{
	char	 path[PATH_MAX];

	if (is_writing(o) || path_of_fd(loc->procfd, path,
	    sizeof(path) - sizeof(loc->last)) < 0)
		return 0;
	(void)strlcat(path, "/", sizeof(path));
	(void)strlcat(path, loc->last, sizeof(path));
	return proc_is_own(c, path);
}

/* A name in /proc, as the caller sees it and with no more rights. */
static long
open_proc(struct call *c, struct loc *loc, const struct opening *o)
{
	int	 fd = -EPERM;

	if (broker_is_bare() && !is_own_proc(c, loc, o))
		return -EACCES;
	if (task_lower(1) == 0)
		fd = path_open(loc->procfd, loc_spelt(loc), o->flags |
		    O_NOCTTY | O_NONBLOCK, o->mode, LX_RESOLVE_NO_SYMLINKS);
	if (task_lower(0) == -1)
		fatal("capset");
	if (fd >= 0)
		return open_give(c, o->flags, fd);
	return fd == -ELOOP && follows(o) ? OPEN_LINK : fd;
}

/* What was open for writing may be opened so again; and a pipe, a memfd. */
static int
is_writable(int fd)
{
	int	 flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_PATH) == 0 &&
	    ((flags & O_ACCMODE) != O_RDONLY || fd_has_type(fd, "", S_IFIFO));
}

/*
 * What has no name, and was not open for this: sockets and the kernel's own
 * objects nobody opens, but of a file another way would have to be found.
 */
static long
anonymous_refused(struct call *c, const struct loc *loc)
{
	char	 name[FD_NAME_MAX];
	long	 r;

	if ((r = check_write(c, loc, DEED_WRITE)) < 0)
		return r;
	if (!fd_has_type(loc->fd, "", S_IFREG) &&
	    !fd_has_type(loc->fd, "", S_IFIFO))
		return faccessat(path_fds(), path_fd_name(loc->fd, name),
		    W_OK, 0) == -1 ? -errno : -ENXIO;
	report(c, "file-write-data", c->path,
	    "the descriptor is not open for writing", "mandatory", "");
	return -EPERM;
}

/*
 * /dev/tty is another one for each session.  Ours is the one that srt was
 * started in; one of the sandbox's own has a terminal of its own.
 */
static long
open_tty(struct call *c, struct loc *loc, struct opening *o)
{
	struct lx_stat	 st;
	char		 name[32];
	dev_t		 dev;
	int		 fd;

	if (!task_session(c, &dev) && !broker_is_bare())
		return open_name(c, loc, o);
	if (dev == 0)
		return -ENXIO;
	(void)snprintf(name, sizeof(name), "dev/pts/%u", minor(dev));
	fd = path_open(broker.rootfd, name, O_PATH, 0,
	    LX_RESOLVE_NO_SYMLINKS);
	if (fd >= 0 && (lx_statx(fd, "", LX_STATX_BASIC, &st) == -1 ||
	    makedev(st.rdev_major, st.rdev_minor) != dev)) {
		(void)close(fd);
		fd = -EPERM;
	}
	if (fd < 0)
		return open_kernel(c, o);
	base_close(loc->dirfd);
	base_close(loc->fd);
	loc->dirfd = -1;
	loc->fd = fd;
	return open_object(c, loc, o);
}

/* In /dev or /proc, and not for the kernel to open. */
static long
open_here(struct call *c, struct loc *loc, struct opening *o)
{
	struct lx_stat	 st;

	if (loc->procfd != -1)
		return open_proc(c, loc, o);
	if (loc->fd != -1)
		return open_object(c, loc, o);
	if (loc->dirfd == -1)
		return open_kernel(c, o);
	if (!loc->slash && lx_statx(loc->dirfd, loc->last, LX_STATX_BASIC,
	    &st) == 0 && S_ISCHR(st.mode) &&
	    makedev(st.rdev_major, st.rdev_minor) == DEV_TTY)
		return open_tty(c, loc, o);
	return open_name(c, loc, o);
}

/* "/", "..", or what a link of /proc leads to. */
static long
open_object(struct call *c, struct loc *loc, struct opening *o)
{
	struct lx_stat	 st;
	long		 r;
	int		 fd;

	if (loc->magic && (loc->slash ? (o->flags & O_CREAT) != 0 :
	    !follows(o)))
		return open_proc(c, loc, o);
	if (loc->object == LOC_ANONYMOUS || loc->object == LOC_FOREIGN) {
		if (is_confined(o))
			return open_kernel(c, o);
		if (is_writing(o) && !is_writable(loc->fd))
			return anonymous_refused(c, loc);
		if (loc->object == LOC_ANONYMOUS) {
			fd = fd_reopen(loc->fd, o->flags, 0);
			return fd < 0 ? fd : open_give(c, o->flags, fd);
		}
	} else if ((r = open_check(c, loc, o)) < 0)
		return r;
	/* For reading the command may have opened it by itself. */
	if (!check_opened(loc->fd, is_writing(o)) &&
	    is_strange(c, loc->fd, ""))
		return strange_refused(c, loc, o);
	if (lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == -1)
		return -errno;
	if (S_ISDIR(st.mode)) {
		if (is_tmpfile(o) && (o->mode & MODE_SETID) != 0)
			return check_setid(c, loc, DEED_CREATE);
		fd = loc->magic && follows(o) ? -EACCES : path_open(loc->fd,
		    ".", o->flags | O_NONBLOCK, o->mode, 0);
		/* "." has to be searched for, unlike "..". */
		if (fd == -EACCES)
			fd = fd_reopen(loc->fd, o->flags &
			    ~(uint64_t)O_NOFOLLOW, o->mode);
	} else
		fd = fd_reopen(loc->fd, o->flags | (loc->slash ?
		    (uint64_t)O_DIRECTORY : 0), o->mode);
	if (fd >= 0)
		return open_done(c, o, fd);
	if (open_would_wait(o, fd, loc->fd, "")) {
		fd = fcntl(loc->fd, F_DUPFD_CLOEXEC, 0);
		return open_wait(c, o, fd == -1 ? -errno : fd);
	}
	return is_writing(o) ? check_result(c, loc, deed_of(o), fd) : fd;
}

/*
 * Mode "landlock": what Landlock has a rule for the kernel opens, a terminal
 * being another one for each session: devices, and what is behind 0 to 2.
 */
static int
is_ruled(const struct loc *loc, const struct opening *o)
{
	if (!broker_is_bare() || !is_confined(o) || !is_writing(o))
		return 0;
	if (loc->kind == LOC_OBJECT)
		return loc->magic && follows(o) && loc->object == LOC_NAMED &&
		    !guard_inside(broker.guard, loc->real);
	return loc->kind == LOC_NAME && !loc->slash && is_device(loc);
}

static long
open_once(struct call *c, struct loc *loc, struct opening *o)
{
	if (is_ruled(loc, o))
		return open_kernel(c, o);
	if (is_device(loc) && strcmp(loc->real, "/dev/tty") == 0 &&
	    (loc->kind == LOC_NAME || !check_opened(loc->fd, 0)))
		return open_tty(c, loc, o);
	switch (loc->kind) {
	case LOC_NAME:
		return open_name(c, loc, o);
	case LOC_OBJECT:
		return open_object(c, loc, o);
	default:
		if (!is_confined(o))
			return open_here(c, loc, o);
		/* A link of /dev may lead out of it. */
		return follows(o) && o->resolve == 0 ? OPEN_LINK :
		    open_kernel(c, o);
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
			r = open_hop_again(c, dirfd, o, loc);
		else if ((r = loc_hop(c, loc)) == 0 &&
		    loc->kind == LOC_KERNEL &&
		    (loc->procfd != -1 || is_confined(o)))
			return open_kernel(c, o);
		if (r < 0)
			return r;
	}
	return r;
}

/*
 * Has the caller no number left for a descriptor?  That has to come before a
 * file is made or truncated.  Fewer than the limit leave a number below it.
 */
static int
is_full(const struct call *c, const struct opening *o)
{
	uint64_t	 n = task_fds(c);

	/* With few of them only what would leave traces is worth a look. */
	return (n >= OPEN_FEW || (o->flags & FLAGS_LASTING) != 0) &&
	    n >= task_limit(c, RLIMIT_NOFILE);
}

long
open_path(struct call *c, int dirfd, struct opening *o)
{
	struct loc	 loc;
	long		 r;

	if (c->path[0] == '\0')
		return -ENOENT;
	if (is_full(c, o))
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

int
opening_is_ours(const struct opening *o)
{
	if ((o->flags & O_PATH) != 0)
		return 0;
	return is_writing(o) || check_reads() || !is_confined(o);
}

static long
open_at(struct call *c, int dirfd, uint64_t addr, uint64_t flags,
    uint64_t mode)
{
	struct opening	 o = { .flags = flags & FLAGS_KNOWN };
	long		 r;

	if ((o.flags & (O_CREAT | LX_TMPFILE)) != 0)
		o.mode = mode & MODE_KNOWN;
	/* The flags are in a register. */
	if (!opening_is_ours(&o))
		return CALL_CONTINUE;
	if (opening_is_odd(&o))
		return -EINVAL;
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
