/* SPDX-License-Identifier: ISC */

/*
 * The calls of the corpus that change attributes.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>

#include <linux/limits.h>

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
#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

/* May this be given such bits?  They are for directories. */
static unsigned int
mode_for(int dir, const struct path *p, int atflags)
{
	struct stat	 st;

	if (syscall(SYS_newfstatat, dir, p->ptr, &st, atflags) == 0 &&
	    S_ISDIR(st.st_mode))
		return dir_mode();
	return file_mode() & 01777;
}

void
do_truncate(void)
{
	static const long sizes[] = { 0, 1, 10, 4096, 5000, SIZE_LIMIT,
	    SIZE_LIMIT + 1, -1, LONG_MAX };
	struct path	*p = any_path(0);
	long		 size = sizes[rnd(nitems(sizes))];

	out("truncate(%s, %ld)", p->text, size);
	(void)call(SYS_truncate, P(p), size, 0L, 0L, 0L, 0L);
	result();
}

#ifdef SYS_chmod
void
do_chmod(void)
{
	struct path	*p = any_path(0);
	unsigned int	 mode = mode_for(AT_FDCWD, p, 0);

	out("chmod(%s, %o)", p->text, mode);
	(void)call(SYS_chmod, P(p), L(mode), 0L, 0L, 0L, 0L);
	result();
}
#endif

void
do_fchmod(void)
{
	static const struct path	 empty = { "", "" };
	int				 fd = any_fd();
	unsigned int			 mode;

	mode = mode_for(fd, &empty, AT_EMPTY_PATH);
	out("fchmod(%d, %o)", fd, mode);
	(void)call(SYS_fchmod, L(fd), L(mode), 0L, 0L, 0L, 0L);
	result();
}

void
do_fchmodat(void)
{
	struct path	*p = any_path(0);
	int		 dir = any_dirfd();
	unsigned int	 mode = mode_for(dir, p, 0);

	out("fchmodat(%s, %s, %o)", fd_text(dir), p->text, mode);
	(void)call(SYS_fchmodat, L(dir), P(p), L(mode), 0L, 0L, 0L);
	result();
}

static const unsigned int at_flags[] = {
	0, 0, 0, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH,
	AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, 1
};

/* Gives AT_EMPTY_PATH something to do. */
static const struct path *
maybe_empty(const struct path *p, unsigned int flag)
{
	static const struct path	 empty = { "", "\"\"" };

	return (flag & AT_EMPTY_PATH) != 0 && !chance(4) ? &empty : p;
}

void
do_fchmodat2(void)
{
	unsigned int	 mode, flag = pick(at_flags, nitems(at_flags));
	const struct path *p = maybe_empty(any_path(0), flag);
	int		 dir = any_dirfd();

	mode = mode_for(dir, p, (int)flag & ~AT_SYMLINK_FOLLOW);
	out("fchmodat2(%s, %s, %o, %x)", fd_text(dir), p->text, mode, flag);
	(void)call(SYS_fchmodat2, L(dir), P(p), L(mode), L(flag), 0L, 0L);
	result();
}

/* An id, and how it is written down: our own differs from run to run. */
static unsigned int
any_id(unsigned int own, const char **text)
{
	switch (rnd(5)) {
	case 0:
	case 1:
		*text = "own";
		return own;
	case 2:
		*text = "other";
		return own + 7;
	default:
		*text = "-1";
		return (unsigned int)-1;
	}
}

void
do_chown(void)
{
	struct path	*p = any_path(0);
	const char	*u, *g;
	unsigned int	 uid = any_id(getuid(), &u), gid = any_id(getgid(), &g);
	int		 fd = any_fd();

	switch (rnd(3)) {
#ifdef SYS_chown
	case 0:
		out("chown(%s, %s, %s)", p->text, u, g);
		(void)call(SYS_chown, P(p), L(uid), L(gid), 0L, 0L, 0L);
		break;
	case 1:
		out("lchown(%s, %s, %s)", p->text, u, g);
		(void)call(SYS_lchown, P(p), L(uid), L(gid), 0L, 0L, 0L);
		break;
#endif
	default:
		out("fchown(%d, %s, %s)", fd, u, g);
		(void)call(SYS_fchown, L(fd), L(uid), L(gid), 0L, 0L, 0L);
		break;
	}
	result();
}

void
do_fchownat(void)
{
	unsigned int	 flag = pick(at_flags, nitems(at_flags));
	const struct path *p = maybe_empty(any_path(0), flag);
	int		 dir = any_dirfd();
	const char	*u, *g;
	unsigned int	 uid = any_id(getuid(), &u), gid = any_id(getgid(), &g);

	out("fchownat(%s, %s, %s, %s, %x)", fd_text(dir), p->text, u, g, flag);
	(void)call(SYS_fchownat, L(dir), P(p), L(uid), L(gid), L(flag), 0L);
	result();
}

/* --- times: of 2001 to 2004, so that the tree's dump knows them */

static long
any_time(void)
{
	return 1000000000L + (long)rnd(99999999);
}

#ifdef SYS_utime
void
do_utime(void)
{
	struct path	*p = any_path(0);
	long		 t[2] = { any_time(), any_time() };
	const void	*ptr = chance(3) ? NULL : chance(20) ? bad_ptr() : t;

	out("utime(%s, %s)", p->text, ptr == NULL ? "NULL" : ptr == t ?
	    "t" : "BAD");
	(void)call(SYS_utime, P(p), L(ptr), 0L, 0L, 0L, 0L);
	result();
}

void
do_utimes(void)
{
	struct path	*p = any_path(0);
	struct timeval	 t[2] = { { any_time(), rnd(1000001) },
	    { any_time(), rnd(999999) } };
	const void	*ptr = chance(3) ? NULL : chance(20) ? bad_ptr() : t;
	int		 dir = any_dirfd();
	const char	*text;

	if (chance(20))
		t[rnd(2)].tv_usec = chance(2) ? 1000000 : -1;
	text = ptr == NULL ? "NULL" : ptr == t ? "t" : "BAD";
	if (chance(2)) {
		out("utimes(%s, %s)", p->text, text);
		(void)call(SYS_utimes, P(p), L(ptr), 0L, 0L, 0L, 0L);
	} else {
		if (chance(8))
			p->ptr = NULL;
		out("futimesat(%s, %s, %s)", fd_text(dir), p->ptr == NULL ?
		    "NULL" : p->text, text);
		(void)call(SYS_futimesat, L(dir), P(p), L(ptr), 0L, 0L, 0L);
	}
	result();
}
#endif

static long
any_nsec(void)
{
	switch (rnd(7)) {
	case 0:
		return UTIME_NOW;
	case 1:
		return UTIME_OMIT;
	case 2:
		return chance(6) ? 1000000000L : 0;
	default:
		return (long)rnd(1000000000);
	}
}

void
do_utimensat(void)
{
	unsigned int	 flag = pick(at_flags, nitems(at_flags));
	const struct path *p = maybe_empty(any_path(0), flag);
	struct timespec	 t[2] = { { any_time(), any_nsec() },
	    { any_time(), any_nsec() } };
	const void	*ptr = chance(4) ? NULL : chance(20) ? bad_ptr() : t;
	const char	*path = p->ptr;
	int		 dir = any_dirfd();

	if (chance(6)) {
		path = NULL;
		dir = chance(5) ? AT_FDCWD : any_fd();
	}
	out("utimensat(%s, %s, %s%ld %ld, %x)", fd_text(dir), path == NULL ?
	    "NULL" : p->text, ptr == NULL ? "NULL" : ptr == t ? "" : "BAD",
	    t[0].tv_nsec, t[1].tv_nsec, flag);
	(void)call(SYS_utimensat, L(dir), L(path), L(ptr), L(flag), 0L, 0L);
	result();
}

/* --- extended attributes */

void
do_setxattr(void)
{
	static char	 value[XATTR_SIZE_MAX + 2];
	static const size_t sizes[] = { 0, 1, 5, 5, 100, 2000,
	    XATTR_SIZE_MAX + 1 };
	static const unsigned int flags[] = { 0, 0, 0, XATTR_CREATE,
	    XATTR_REPLACE, XATTR_CREATE | XATTR_REPLACE, 8 };
	struct path	*p = any_path(0), *name = any_xattr(1);
	size_t		 size = sizes[rnd(nitems(sizes))];
	unsigned int	 flag = pick(flags, nitems(flags));
	const void	*ptr = value;
	int		 fd = any_fd();

	memset(value, 'a' + (int)rnd(26), sizeof(value));
	if (chance(20))
		ptr = bad_ptr();
	switch (rnd(3)) {
	case 0:
		out("setxattr(%s", p->text);
		(void)call(SYS_setxattr, P(p), P(name), L(ptr), L(size),
		    L(flag), 0L);
		break;
	case 1:
		out("lsetxattr(%s", p->text);
		(void)call(SYS_lsetxattr, P(p), P(name), L(ptr), L(size),
		    L(flag), 0L);
		break;
	default:
		out("fsetxattr(%d", fd);
		(void)call(SYS_fsetxattr, L(fd), P(name), L(ptr), L(size),
		    L(flag), 0L);
		break;
	}
	out(", %s, %s%zu, %x)", name->text, ptr == value ? "" : "BAD ", size,
	    flag);
	result();
}

void
do_removexattr(void)
{
	struct path	*p = any_path(0), *name = any_xattr(1);
	int		 fd = any_fd();

	switch (rnd(3)) {
	case 0:
		out("removexattr(%s", p->text);
		(void)call(SYS_removexattr, P(p), P(name), 0L, 0L, 0L, 0L);
		break;
	case 1:
		out("lremovexattr(%s", p->text);
		(void)call(SYS_lremovexattr, P(p), P(name), 0L, 0L, 0L, 0L);
		break;
	default:
		out("fremovexattr(%d", fd);
		(void)call(SYS_fremovexattr, L(fd), P(name), 0L, 0L, 0L, 0L);
		break;
	}
	out(", %s)", name->text);
	result();
}
