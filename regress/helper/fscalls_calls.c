/* SPDX-License-Identifier: ISC */

/*
 * The calls of the corpus.  The older forms exist on x86_64 alone.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fscalls.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef O_TMPFILE
#define O_TMPFILE	020200000
#endif
#ifndef SYS_openat2
#define SYS_openat2	437
#endif

/* Of <linux/openat2.h>: what openat2(2) reads. */
struct how {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
	uint64_t	 more;		/* of a later kernel */
};
#define NO_XDEV		0x01
#define NO_MAGICLINKS	0x02
#define NO_SYMLINKS	0x04
#define BENEATH		0x08
#define IN_ROOT		0x10

/*
 * A FIFO must not block the corpus: what waits is tested elsewhere.  Devices
 * are the same for everybody but the file that they are.
 */
static unsigned int
no_wait(int dir, const struct path *p, unsigned int flags)
{
	struct stat	 st;

	if (syscall(SYS_newfstatat, dir, p->ptr, &st, 0) == 0 &&
	    S_ISFIFO(st.st_mode))
		flags |= O_NONBLOCK;
	return flags;
}

unsigned int
pick(const unsigned int *list, unsigned int n)
{
	return list[rnd(n)];
}

/* --- opening */

#ifdef SYS_open
static void
do_open(void)
{
	struct path	*p = open_path(0);
	unsigned int	 flags = no_wait(AT_FDCWD, p, any_open_flags());
	unsigned int	 mode = file_mode();

	out("open(%s, %o, %o)", p->text, flags, mode);
	(void)call(SYS_open, P(p), L(flags), L(mode), 0L, 0L, 0L);
	result_fd();
}

static void
do_creat(void)
{
	struct path	*p = open_path(0);
	unsigned int	 mode = file_mode();

	if (no_wait(AT_FDCWD, p, 0) != 0)
		p = open_path(0);
	if (no_wait(AT_FDCWD, p, 0) != 0)
		return;
	out("creat(%s, %o)", p->text, mode);
	(void)call(SYS_creat, P(p), L(mode), 0L, 0L, 0L, 0L);
	result_fd();
}
#endif

static void
do_openat(void)
{
	struct path	*p = open_path(0);
	int		 dir = any_dirfd();
	unsigned int	 flags = no_wait(dir, p, any_open_flags());
	unsigned int	 mode = file_mode();

	out("openat(%s, %s, %o, %o)", fd_text(dir), p->text, flags, mode);
	(void)call(SYS_openat, L(dir), P(p), L(flags), L(mode), 0L, 0L);
	result_fd();
}

static void
do_openat2(void)
{
	static const unsigned int resolve[] = { 0, 0, NO_MAGICLINKS,
	    NO_SYMLINKS, BENEATH, IN_ROOT, NO_XDEV, BENEATH, IN_ROOT,
	    BENEATH | NO_SYMLINKS, IN_ROOT | NO_MAGICLINKS,
	    BENEATH | IN_ROOT, 0x40 };
	static const size_t	 sizes[] = { 32, 0, 8, 23, 25, 4096, 4097 };
	union {
		struct how	 how;
		char		 room[8192];
	} u;
	const void	*ptr = &u;
	struct path	*p = open_path(0);
	int		 dir = any_dirfd(), tries = 1000;
	size_t		 size = chance(6) ? sizes[rnd(nitems(sizes))] : 24;

	memset(&u, 0, sizeof(u));
	u.how.flags = any_open_flags() | O_NONBLOCK;
	if (!chance(20))
		u.how.flags &= ~(uint64_t)(0x40000000 | 010);
	if ((u.how.flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) != 0 ||
	    chance(20))
		u.how.mode = file_mode() & (chance(20) ? ~0U : 01777);
	u.how.resolve = pick(resolve, nitems(resolve));
	if (chance(10))
		u.how.more = 1;
	if (chance(60))
		u.how.flags |= 1ULL << 40;
	if (chance(60))
		ptr = bad_ptr();
	out("openat2(%s, %s, {%llo, %llo, %llx, %d}%s, %zu)", fd_text(dir),
	    p->text, (unsigned long long)u.how.flags,
	    (unsigned long long)u.how.mode,
	    (unsigned long long)u.how.resolve, (int)u.how.more,
	    ptr == &u ? "" : " BAD", size);
	/* Somebody on this machine has renamed or mounted something. */
	while (call(SYS_openat2, L(dir), P(p), L(ptr), L(size), 0L, 0L) ==
	    -1 && errno == EAGAIN && (u.how.resolve & (BENEATH | IN_ROOT)) !=
	    0 && tries-- > 0)
		continue;
	result_fd();
}

/* A file without a name, and a name for it. */
static void
do_tmpfile(void)
{
	char		 from[40];
	struct path	*p = any_path(0);
	int		 dir = any_dirfd(), fd;
	unsigned int	 excl = chance(5) ? O_EXCL : 0;

	out("tmpfile(%s, %o)", fd_text(dir), excl);
	fd = (int)call(SYS_openat, L(dir), L("."),
	    L((unsigned int)O_TMPFILE | O_RDWR | excl), L(0640), 0L, 0L);
	result_fd();
	if (fd == -1)
		return;
	if (write(fd, "nameless\n", 9) != 9)
		out("not written\n");
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	out(" linkat(%s)", p->text);
	(void)call(SYS_linkat, L(AT_FDCWD), L(from), L(dir), P(p),
	    L(AT_SYMLINK_FOLLOW), 0L);
	result_fd();
}

/* --- making */

#ifdef SYS_mkdir
static void
do_mkdir(void)
{
	struct path	*p = any_path(0);
	unsigned int	 mode = dir_mode();

	out("mkdir(%s, %o)", p->text, mode);
	(void)call(SYS_mkdir, P(p), L(mode), 0L, 0L, 0L, 0L);
	result();
}
#endif

static void
do_mkdirat(void)
{
	struct path	*p = any_path(0);
	int		 dir = any_dirfd();
	unsigned int	 mode = dir_mode();

	out("mkdirat(%s, %s, %o)", fd_text(dir), p->text, mode);
	(void)call(SYS_mkdirat, L(dir), P(p), L(mode), 0L, 0L, 0L);
	result();
}

static const unsigned int types[] = {
	0, S_IFREG, S_IFREG, S_IFIFO, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK,
	S_IFDIR, S_IFLNK, 0170000
};

#ifdef SYS_mknod
static void
do_mknod(void)
{
	struct path	*p = any_path(0);
	unsigned int	 mode = pick(types, nitems(types)) |
	    (file_mode() & 01777);
	unsigned int	 dev = rnd(2) * 259;

	out("mknod(%s, %o, %u)", p->text, mode, dev);
	(void)call(SYS_mknod, P(p), L(mode), L(dev), 0L, 0L, 0L);
	result();
}
#endif

static void
do_mknodat(void)
{
	struct path	*p = any_path(0);
	int		 dir = any_dirfd();
	unsigned int	 mode = pick(types, nitems(types)) |
	    (file_mode() & 01777);
	unsigned int	 dev = rnd(2) * 259;

	out("mknodat(%s, %s, %o, %u)", fd_text(dir), p->text, mode, dev);
	(void)call(SYS_mknodat, L(dir), P(p), L(mode), L(dev), 0L, 0L);
	result();
}

#ifdef SYS_symlink
static void
do_symlink(void)
{
	struct path	*target = any_target(0), *p = any_path(1);

	out("symlink(%s, %s)", target->text, p->text);
	(void)call(SYS_symlink, P(target), P(p), 0L, 0L, 0L, 0L);
	result();
}
#endif

static void
do_symlinkat(void)
{
	struct path	*target = any_target(0), *p = any_path(1);
	int		 dir = any_dirfd();

	out("symlinkat(%s, %s, %s)", target->text, fd_text(dir), p->text);
	(void)call(SYS_symlinkat, P(target), L(dir), P(p), 0L, 0L, 0L);
	result();
}

/* --- moving and removing */

#ifdef SYS_rename
static void
do_rename(void)
{
	struct path	*from = any_path(0), *to = any_path(1);

	out("rename(%s, %s)", from->text, to->text);
	(void)call(SYS_rename, P(from), P(to), 0L, 0L, 0L, 0L);
	result();
}
#endif

#ifdef SYS_renameat
static void
do_renameat(void)
{
	struct path	*from = any_path(0), *to = any_path(1);
	int		 fromdir = any_dirfd(), todir = any_dirfd();

	out("renameat(%s, %s, %s, %s)", fd_text(fromdir), from->text,
	    fd_text(todir), to->text);
	(void)call(SYS_renameat, L(fromdir), P(from), L(todir), P(to), 0L,
	    0L);
	result();
}
#endif

static void
do_renameat2(void)
{
	static const unsigned int flags[] = { 0, 0, 1, 1, 2, 2, 2, 3, 4, 5, 6,
	    8 };
	struct path	*from = any_path(0), *to = any_path(1);
	int		 fromdir = any_dirfd(), todir = any_dirfd();
	unsigned int	 flag = pick(flags, nitems(flags));

	out("renameat2(%s, %s, %s, %s, %u)", fd_text(fromdir), from->text,
	    fd_text(todir), to->text, flag);
	(void)call(SYS_renameat2, L(fromdir), P(from), L(todir), P(to),
	    L(flag), 0L);
	result();
}

#ifdef SYS_link
static void
do_link(void)
{
	struct path	*from = any_path(0), *to = any_path(1);

	out("link(%s, %s)", from->text, to->text);
	(void)call(SYS_link, P(from), P(to), 0L, 0L, 0L, 0L);
	result();
}
#endif

/*
 * A file that has lost the name by which it was opened, and has another: srt
 * refuses to link it, as that name could be one that is protected.
 */
static int
has_unknown_name(int fd)
{
	char		 name[40], text[PATH_MAX];
	struct stat	 st;
	ssize_t		 n;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, text, sizeof(text) - 1);
	if (n < 10 || fstat(fd, &st) == -1)
		return 0;
	text[n] = '\0';
	return strcmp(text + n - 10, " (deleted)") == 0 && st.st_nlink > 0;
}

static void
do_linkat(void)
{
	static const unsigned int flags[] = { 0, 0, AT_SYMLINK_FOLLOW,
	    AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW |
	    AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, 1 };
	static const struct path empty = { "", "\"\"" };
	const struct path *from = any_path(0);
	struct path	*to = any_path(1);
	int		 fromdir = any_dirfd(), todir = any_dirfd();
	unsigned int	 flag = pick(flags, nitems(flags));

	if ((flag & AT_EMPTY_PATH) != 0 && !chance(4)) {
		from = &empty;
		fromdir = any_fd();
		if (has_unknown_name(fromdir))
			fromdir = FD_WORK;
	}
	out("linkat(%s, %s, %s, %s, %x)", fd_text(fromdir), from->text,
	    fd_text(todir), to->text, flag);
	(void)call(SYS_linkat, L(fromdir), P(from), L(todir), P(to), L(flag),
	    0L);
	result();
}

#ifdef SYS_unlink
static void
do_unlink(void)
{
	struct path	*p = any_path(0);

	out("unlink(%s)", p->text);
	(void)call(SYS_unlink, P(p), 0L, 0L, 0L, 0L, 0L);
	result();
}

static void
do_rmdir(void)
{
	struct path	*p = any_path(0);

	out("rmdir(%s)", p->text);
	(void)call(SYS_rmdir, P(p), 0L, 0L, 0L, 0L, 0L);
	result();
}
#endif

static void
do_unlinkat(void)
{
	static const unsigned int flags[] = { 0, 0, AT_REMOVEDIR, 1 };
	struct path	*p = any_path(0);
	int		 dir = any_dirfd();
	unsigned int	 flag = pick(flags, nitems(flags));

	out("unlinkat(%s, %s, %x)", fd_text(dir), p->text, flag);
	(void)call(SYS_unlinkat, L(dir), P(p), L(flag), 0L, 0L, 0L);
	result();
}

/* The names at which there is nothing to be had. */
static void
do_root(void)
{
	static const char *const	 at[] = { "/", "/", "//", "/.", "/.." };
	const char			*p = at[rnd(nitems(at))];

	switch (rnd(5)) {
	case 0:
		out("mkdirat(%s)", p);
		(void)call(SYS_mkdirat, L(AT_FDCWD), L(p), 0755L, 0L, 0L, 0L);
		break;
	case 1:
		out("unlinkat(%s, 0)", p);
		(void)call(SYS_unlinkat, L(AT_FDCWD), L(p), 0L, 0L, 0L, 0L);
		break;
	case 2:
		out("unlinkat(%s, REMOVEDIR)", p);
		(void)call(SYS_unlinkat, L(AT_FDCWD), L(p), L(AT_REMOVEDIR),
		    0L, 0L, 0L);
		break;
	case 3:
		out("symlinkat(%s)", p);
		(void)call(SYS_symlinkat, L("x"), L(AT_FDCWD), L(p), 0L, 0L,
		    0L);
		break;
	default:
		out("openat(%s, O_RDWR)", p);
		(void)call(SYS_openat, L(AT_FDCWD), L(p), L(O_RDWR), 0L, 0L,
		    0L);
		break;
	}
	result();
}

/* --- what the process has */

static void
do_umask(void)
{
	static const unsigned int masks[] = { 022, 0, 077, 027, 0777, 0xffff };
	unsigned int	 mask = pick(masks, nitems(masks));

	out("umask(%o)", mask);
	out(" = %lo\n", call(SYS_umask, L(mask), 0L, 0L, 0L, 0L, 0L));
}

static void
do_chdir(void)
{
	struct path	*p = any_path(0);
	int		 fd = any_fd();

	if (chance(2)) {
		out("chdir(%s)", p->text);
		(void)call(SYS_chdir, P(p), 0L, 0L, 0L, 0L, 0L);
	} else {
		out("fchdir(%d)", fd);
		(void)call(SYS_fchdir, L(fd), 0L, 0L, 0L, 0L, 0L);
	}
	result();
}

static void
do_dup(void)
{
	int	 from = any_fd(), to = spare_fd();

	if (chance(4))
		to = FD_WORK + 1 + (int)rnd(FD_LIMIT);
	out("dup3(%d, %d)", from, to);
	(void)call(SYS_dup3, L(from), L(to), chance(2) ? L(O_CLOEXEC) : 0L,
	    0L, 0L, 0L);
	result();
}

static void
do_close(void)
{
	int	 fd = spare_fd();

	out("close(%d)", fd);
	(void)call(SYS_close, L(fd), 0L, 0L, 0L, 0L, 0L);
	result();
}

/* No number left: then nothing is made, either. */
static void
do_full(void)
{
	struct path	*p = any_path(0);
	unsigned int	 flags = no_wait(AT_FDCWD, p, any_open_flags());
	int		 fd, first = -1;

	while ((fd = fcntl(FD_WORK, F_DUPFD_CLOEXEC, FD_WORK + 1)) != -1)
		if (first == -1)
			first = fd;
	out("full: openat(%s, %o)", p->text, flags | O_CREAT);
	(void)call(SYS_openat, L(AT_FDCWD), P(p), L(flags | O_CREAT), 0644L,
	    0L, 0L);
	result_fd();
	for (fd = first; fd != -1 && fd < FD_LIMIT; fd++)
		if (!chance(5))
			(void)close(fd);
}

/* Reading and writing, where that neither waits nor leads outside. */
static void
do_io(void)
{
	static const char	 text[] = "written\n";
	char			 buf[64];
	struct stat		 st;
	int			 fd = any_fd(), i;

	for (i = 0; fstat(fd, &st) == -1 || !S_ISREG(st.st_mode); i++) {
		if (i == 20) {
			out("no file\n");
			return;
		}
		fd = any_fd();
	}
	switch (rnd(4)) {
	case 0:
		out("read(%d)", fd);
		(void)call(SYS_read, L(fd), L(buf), L(rnd(sizeof(buf))), 0L,
		    0L, 0L);
		break;
	case 1:
		out("ftruncate(%d)", fd);
		(void)call(SYS_ftruncate, L(fd), L(rnd(5000)), 0L, 0L, 0L,
		    0L);
		break;
	default:
		out("write(%d)", fd);
		(void)call(SYS_write, L(fd), L(text), L(sizeof(text) - 1),
		    0L, 0L, 0L);
		break;
	}
	result();
}

static const struct {
	void		(*make)(void);
	unsigned int	 weight;
} calls[] = {
#ifdef SYS_open
	{ do_open, 10 }, { do_creat, 3 }, { do_mkdir, 4 }, { do_mknod, 3 },
	{ do_symlink, 3 }, { do_rename, 5 }, { do_link, 3 },
	{ do_unlink, 3 }, { do_rmdir, 2 }, { do_chmod, 4 }, { do_utime, 2 },
	{ do_utimes, 3 },
#endif
#ifdef SYS_renameat
	{ do_renameat, 4 },
#endif
	{ do_openat, 12 }, { do_openat2, 8 }, { do_tmpfile, 2 },
	{ do_mkdirat, 4 }, { do_mknodat, 4 }, { do_symlinkat, 3 },
	{ do_renameat2, 7 }, { do_linkat, 7 }, { do_unlinkat, 5 },
	{ do_root, 1 }, { do_truncate, 4 }, { do_fchmod, 3 },
	{ do_fchmodat, 3 }, { do_fchmodat2, 3 }, { do_chown, 4 },
	{ do_fchownat, 3 }, { do_utimensat, 5 }, { do_setxattr, 6 },
	{ do_removexattr, 3 }, { do_umask, 2 }, { do_chdir, 3 },
	{ do_dup, 3 }, { do_close, 10 }, { do_full, 1 },
	{ do_io, 5 }
};

void
any_call(void)
{
	unsigned int	 sum = 0, which;
	size_t		 i;

	for (i = 0; i < nitems(calls); i++)
		sum += calls[i].weight;
	which = rnd(sum);
	for (i = 0; which >= calls[i].weight; i++)
		which -= calls[i].weight;
	calls[i].make();
}
