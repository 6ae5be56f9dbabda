/* SPDX-License-Identifier: ISC */

/*
 * The broker's file calls, against the kernel's.  Every case is run in two
 * trees that are alike: by the system call in one, by the broker's handler in
 * the other; result, errno, what is there afterwards and the descriptor have
 * to be the same.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_stand.h"

static int	 cases;

/* What a descriptor is, and closes it. */
static void
describe_fd(int fd, char *out, size_t size)
{
	struct stat	 st;
	char		 line[256];

	must(fstat(fd, &st));
	(void)snprintf(line, sizeof(line), "fd %d: %o %ld flags %o %d\n", fd,
	    st.st_mode, S_ISDIR(st.st_mode) ? 0L : (long)st.st_size,
	    fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	(void)strlcat(out, line, size);
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY &&
	    S_ISREG(st.st_mode) && write(fd, "W", 1) != 1)
		(void)strlcat(out, "cannot be written\n", size);
	(void)close(fd);
}

static char	 state[2][LOOK_MAX];

static long
play(const struct request *q, int broker_does)
{
	char		*out = state[broker_does];
	long		 r;

	enter(broker_does);
	*out = '\0';
	/* Renames anywhere on the machine make openat2(2) give up. */
	do
		r = broker_does ? by_broker(q) : by_kernel(q);
	while (r == -EAGAIN && q->nr == NR_OPENAT2);
	/* The descriptors would not be alike otherwise. */
	if (r >= 0 && is_open(q->nr)) {
		describe_fd((int)r, out, sizeof(state[0]));
		r = 0;
	}
	leave(broker_does, out);
	return r;
}

static void
compare(const struct request *q, const char *what)
{
	long	 a, b;

	a = play(q, 0);
	b = play(q, 1);
	cases++;
	if (a != b || strcmp(state[0], state[1]) != 0)
		fail_msg("%s: kernel %ld (%s), broker %ld (%s)\n%s---\n%s",
		    what, a, a < 0 ? strerror((int)-a) : "", b,
		    b < 0 ? strerror((int)-b) : "", state[0], state[1]);
}

static char	 long_name[NAME_MAX + 2];
static char	 long_path[PATH_MAX + 1];

/*
 * What is of /proc itself the broker does not change, not even where the
 * kernel would do so without effect.
 */
static int
is_of_proc(const char *path)
{
	return strcmp(path, "/proc/self") == 0 ||
	    strcmp(path, "/proc/self/fd") == 0;
}

static int
is_change(long nr)
{
	return !is_open(nr) && nr != SYS_mkdirat && nr != SYS_mknodat &&
	    nr != SYS_unlinkat && nr != SYS_symlinkat && nr != SYS_truncate;
}

static const char *const paths[] = {
	"f", "f/", "./f", "d", "d/", "d/.", "d/..", ".", "..", "/", "",
	"none", "none/", "none/x", "f/x", "lf", "lf/", "ld", "ld/", "ll",
	"dang", "dang/", "dang2", "loop", "loop/x", "d/f2", "d//f2", "ld/f2",
	"lds/f2", "d/../f", "d/up", "ld/up", "d/sub", "d/sub/", "nod",
	"nod/x", "nod/../f", "ro", "e", "e/", "labs", "lproc", "lproc/", "fifo",
	"../../c/16", "../../c/41", "../../c/41/x", "../../c/0", "//", "///proc/self/cwd/f", "e/new",
	"/proc/self/cwd/f", "/proc/self/cwd/new", "/proc/thread-self/cwd/f",
	"/proc/self/cwd", "/proc/self/cwd/", "/proc/self/cwd/d/f2",
	"/proc/self/root/proc/self/cwd/f", "/proc/../proc/self/cwd/new",
	"/proc/self/task/../cwd/f", "/proc/self/nothing", "/proc/self",
	"/proc/self/fd", "/proc/self/fd/999", "/proc/self/fd/077",
	"/proc/1/cwd/x", "/proc/sys/none", "/proc", "/proc/.", "/proc/..",
	"/dev/null", "/dev/null/", "/dev/none/x", "/dev/fd/999",
	"/nonexistent/x", "/etc/passwd", "/root/x",
	"d/./sub/../../ld/../lf", "nod/..", long_name, long_path
};

static void
test_open(void **arg)
{
	static const int flags[] = {
		O_WRONLY, O_RDWR, O_WRONLY | O_CREAT, O_WRONLY | O_TRUNC,
		O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
		O_RDWR | O_NOFOLLOW, O_WRONLY | O_DIRECTORY,
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
		O_RDONLY | O_CREAT | O_NONBLOCK, O_RDONLY | O_TRUNC |
		    O_NONBLOCK,
		O_RDWR | LX_TMPFILE, O_RDWR | LX_TMPFILE | O_EXCL |
		    O_NOFOLLOW,
		O_RDWR | O_CREAT | O_DIRECTORY, O_RDONLY | LX_TMPFILE,
		O_RDWR | O_SYNC | O_NOATIME, O_ACCMODE, O_RDONLY,
		O_RDWR | O_DIRECTORY | O_NOFOLLOW, O_PATH | O_WRONLY,
		O_RDWR | O_ASYNC | 0x40000000
	};
	struct request	 q = { .nr = SYS_openat, .arg = { AT_FDCWD } };
	char		 what[PATH_MAX + 64];
	size_t		 i, j;

	(void)arg;
	for (i = 0; i < nitems(paths); i++)
		for (j = 0; j < nitems(flags); j++) {
			/* It would wait, here as there. */
			if (strcmp(paths[i], "fifo") == 0 &&
			    (flags[j] & (O_NONBLOCK | O_DIRECTORY |
			    O_PATH)) == 0 && (flags[j] & O_ACCMODE) != O_RDWR)
				continue;
			q.arg[1] = ptr(paths[i]);
			q.arg[2] = (uint64_t)(unsigned int)flags[j];
			q.arg[3] = 0666;
			(void)snprintf(what, sizeof(what), "open %.40s %o",
			    paths[i], flags[j]);
			compare(&q, what);
		}
}

static void
test_openat2(void **arg)
{
	static const uint64_t resolve[] = {
		0, LX_RESOLVE_NO_XDEV, LX_RESOLVE_NO_MAGICLINKS,
		LX_RESOLVE_NO_SYMLINKS, LX_RESOLVE_BENEATH,
		LX_RESOLVE_IN_ROOT, LX_RESOLVE_IN_ROOT | LX_RESOLVE_BENEATH,
		LX_RESOLVE_BENEATH | LX_RESOLVE_NO_SYMLINKS, 0x1000
	};
	struct lx_open_how	 how[2];
	struct request		 q = {
		.nr = NR_OPENAT2, .arg = { AT_FDCWD, 0, ptr(how) }
	};
	char			 what[PATH_MAX + 64];
	size_t			 i, j, k;

	(void)arg;
	for (i = 0; i < nitems(paths); i++)
		for (j = 0; j < nitems(resolve); j++)
			for (k = 0; k < 2; k++) {
				memset(how, 0, sizeof(how));
				how[0].flags = k == 0 ? O_RDWR | O_NONBLOCK :
				    O_WRONLY | O_CREAT | O_NONBLOCK;
				how[0].mode = k == 0 ? 0 : 0640;
				how[0].resolve = resolve[j];
				q.arg[1] = ptr(paths[i]);
				q.arg[3] = sizeof(how[0]);
				(void)snprintf(what, sizeof(what),
				    "openat2 %.40s %zu %zx", paths[i], k,
				    (size_t)resolve[j]);
				compare(&q, what);
			}
	memset(how, 0, sizeof(how));
	how[0].flags = O_RDWR;
	q.arg[1] = ptr("f");
	for (i = 0; i < 48; i += 8) {
		q.arg[3] = i;
		compare(&q, "openat2 sizes");
	}
	q.arg[3] = 4096 + 1;
	compare(&q, "openat2 too large");
	how[1].flags = 1;
	q.arg[3] = sizeof(how);
	compare(&q, "openat2 with a tail");
	q.arg[3] = sizeof(how[0]);
	how[0].mode = 0600;
	compare(&q, "openat2 mode without O_CREAT");
	how[0].flags = O_RDWR | O_CREAT;
	how[0].mode = 0100600;
	compare(&q, "openat2 bad mode");
	q.arg[2] = 1;
	compare(&q, "openat2 bad address");
}

static void
test_names(void **arg)
{
	static const struct {
		const char	*name;
		long		 nr;
		int		 at;	/* argument that is the path */
		uint64_t	 arg[6];
	} calls[] = {
		{ "mkdir", SYS_mkdirat, 1, { AT_FDCWD, 0, 0777 } },
		{ "mkdir odd", SYS_mkdirat, 1, { AT_FDCWD, 0, 07751 } },
		{ "mknod", SYS_mknodat, 1, { AT_FDCWD, 0, S_IFREG | 0666 } },
		{ "mknod 0", SYS_mknodat, 1, { AT_FDCWD, 0, 0640 } },
		{ "mkfifo", SYS_mknodat, 1, { AT_FDCWD, 0, S_IFIFO | 0600 } },
		{ "mksock", SYS_mknodat, 1, { AT_FDCWD, 0, S_IFSOCK | 0600 } },
		{ "mkdev", SYS_mknodat, 1,
		    { AT_FDCWD, 0, S_IFCHR | 0600, 0x103 } },
		{ "mknod dir", SYS_mknodat, 1,
		    { AT_FDCWD, 0, S_IFDIR | 0600 } },
		{ "mknod bad", SYS_mknodat, 1, { AT_FDCWD, 0, 0170000 } },
		{ "unlink", SYS_unlinkat, 1, { AT_FDCWD, 0, 0 } },
		{ "rmdir", SYS_unlinkat, 1, { AT_FDCWD, 0, AT_REMOVEDIR } },
		{ "unlink bad", SYS_unlinkat, 1, { AT_FDCWD, 0, 0x1000 } },
		{ "symlink", SYS_symlinkat, 2, { 0, AT_FDCWD, 0 } },
		{ "truncate", SYS_truncate, 0, { 0, 3 } },
		{ "truncate up", SYS_truncate, 0, { 0, 70000 } },
		{ "truncate bad", SYS_truncate, 0, { 0, (uint64_t)-1 } },
		{ "chmod", SYS_fchmodat, 1, { AT_FDCWD, 0, 0604 } },
		{ "chmod sticky", SYS_fchmodat, 1, { AT_FDCWD, 0, 01700 } },
		{ "chmod nofollow", NR_FCHMODAT2, 1,
		    { AT_FDCWD, 0, 0600, AT_SYMLINK_NOFOLLOW } },
		{ "chmod empty", NR_FCHMODAT2, 1,
		    { AT_FDCWD, 0, 0711, AT_EMPTY_PATH } },
		{ "chmod bad", NR_FCHMODAT2, 1, { AT_FDCWD, 0, 0600, 1 } },
		{ "chown", SYS_fchownat, 1,
		    { AT_FDCWD, 0, (uint64_t)-1, (uint64_t)-1, 0 } },
		{ "chown 0", SYS_fchownat, 1, { AT_FDCWD, 0, 0, 0, 0 } },
		{ "lchown", SYS_fchownat, 1,
		    { AT_FDCWD, 0, 0, 0, AT_SYMLINK_NOFOLLOW } },
		{ "chown empty", SYS_fchownat, 1,
		    { AT_FDCWD, 0, (uint64_t)-1, (uint64_t)-1,
		    AT_EMPTY_PATH } },
		{ "utimes now", SYS_utimensat, 1, { AT_FDCWD, 0, 0, 0 } },
		{ "utimes bad", SYS_utimensat, 1, { AT_FDCWD, 0, 0, 4 } },
		{ "removexattr", SYS_removexattr, 0, { 0, 0 } },
		{ "lremovexattr", SYS_lremovexattr, 0, { 0, 0 } },
#ifdef SYS_open
		{ "creat", SYS_creat, 0, { 0, 0600 } },
		{ "open", SYS_open, 0, { 0, O_RDWR, 0600 } },
		{ "old mkdir", SYS_mkdir, 0, { 0, 0700 } },
		{ "old mknod", SYS_mknod, 0, { 0, S_IFREG | 0600 } },
		{ "old unlink", SYS_unlink, 0, { 0 } },
		{ "old rmdir", SYS_rmdir, 0, { 0 } },
		{ "old chmod", SYS_chmod, 0, { 0, 0600 } },
		{ "old chown", SYS_chown, 0,
		    { 0, (uint64_t)-1, (uint64_t)-1 } },
		{ "old lchown", SYS_lchown, 0,
		    { 0, (uint64_t)-1, (uint64_t)-1 } },
		{ "old utime", SYS_utime, 0, { 0, 0 } },
		{ "old utimes", SYS_utimes, 0, { 0, 0 } },
		{ "old futimesat", SYS_futimesat, 1, { AT_FDCWD, 0, 0 } },
#endif
	};
	struct request	 q;
	char		 what[PATH_MAX + 64];
	size_t		 i, j;

	(void)arg;
	for (i = 0; i < nitems(calls); i++)
		for (j = 0; j < nitems(paths); j++) {
#ifdef SYS_open
			if (calls[i].nr == SYS_creat &&
			    strcmp(paths[j], "fifo") == 0)
				continue;
#endif
			if (is_change(calls[i].nr) && is_of_proc(paths[j]))
				continue;
			q.nr = calls[i].nr;
			memcpy(q.arg, calls[i].arg, sizeof(q.arg));
			q.arg[calls[i].at] = ptr(paths[j]);
			if (q.nr == SYS_symlinkat)
				q.arg[0] = ptr("some/where");
			if (q.nr == SYS_removexattr ||
			    q.nr == SYS_lremovexattr)
				q.arg[1] = ptr("user.x");
			(void)snprintf(what, sizeof(what), "%s %.40s",
			    calls[i].name, paths[j]);
			compare(&q, what);
			/* Without an address. */
			q.arg[calls[i].at] = 0;
			if (j == 0)
				compare(&q, calls[i].name);
		}
}

static void
test_times(void **arg)
{
	static const int64_t	 sets[][4] = {
		{ 1000, 1, 2000, 2 }, { 1000, UTIME_OMIT, 2000, 999999999 },
		{ 1, UTIME_OMIT, 2, UTIME_OMIT }, { 1, 1000000000, 2, 0 },
		{ 1, UTIME_NOW, 2, 7 }, { -5, 0, 7, -1 }, { 5, 6, 7, 8 }
	};
	static const int	 flags[] = {
		0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH
	};
	struct request		 q;
	char			 what[PATH_MAX + 64];
	size_t			 i, j, k;

	(void)arg;
	for (i = 0; i < nitems(paths); i++)
		for (j = 0; j < nitems(sets); j++)
			for (k = 0; k < nitems(flags); k++) {
				if (is_of_proc(paths[i]))
					continue;
				memset(&q, 0, sizeof(q));
				q.nr = SYS_utimensat;
				q.arg[0] = (uint64_t)AT_FDCWD;
				q.arg[1] = ptr(paths[i]);
				q.arg[2] = ptr(sets[j]);
				q.arg[3] = (uint64_t)flags[k];
				(void)snprintf(what, sizeof(what),
				    "utimensat %.40s %zu %zu", paths[i], j, k);
				compare(&q, what);
			}
#ifdef SYS_open
	for (j = 0; j < nitems(sets); j++) {
		memset(&q, 0, sizeof(q));
		q.arg[0] = ptr("f");
		q.arg[1] = ptr(sets[j]);
		q.nr = SYS_utime;
		compare(&q, "utime");
		q.nr = SYS_utimes;
		compare(&q, "utimes");
	}
#endif
}

static void
test_xattrs(void **arg)
{
	static char	 big[65537];
	static const struct {
		const char	*name;
		size_t		 size;
		int		 flags;
	} sets[] = {
		{ "user.x", 3, 0 }, { "user.x", 3, XATTR_REPLACE },
		{ "user.x", 0, XATTR_CREATE }, { "trusted.x", 1, 0 },
		{ "security.capability", 20, 0 }, { "x", 1, 0 },
		{ "", 1, 0 }, { long_name, 1, 0 }, { "user.x", 65537, 0 },
		{ "user.x", 3, 8 }
	};
	struct request	 q;
	char		 what[PATH_MAX + 64];
	size_t		 i, j;
	int		 l;

	(void)arg;
	memcpy(big, "abc", 3);
	for (i = 0; i < nitems(paths); i++)
		for (j = 0; j < nitems(sets); j++)
			for (l = 0; l < 2; l++) {
				memset(&q, 0, sizeof(q));
				q.nr = l ? SYS_lsetxattr : SYS_setxattr;
				q.arg[0] = ptr(paths[i]);
				q.arg[1] = ptr(sets[j].name);
				q.arg[2] = ptr(big);
				q.arg[3] = sets[j].size;
				q.arg[4] = (uint64_t)sets[j].flags;
				/* The order of complaints differs by kernel. */
				if ((j >= 6 && i > 0) ||
				    is_of_proc(paths[i]))
					continue;
				(void)snprintf(what, sizeof(what),
				    "setxattr %.40s %zu %d", paths[i], j, l);
				compare(&q, what);
			}
}

static const char *const pairs[] = {
	"f", "g", "d", "d/", "e", "e/", "none", "none/", "lf", "ld", "ld/",
	"dang", "loop", ".", "..", "/", "d/.", "d/..", "d/sub", "d/sub/x",
	"d/f2", "e/new", "f/x", "none/x", "nod", "nod/x", "fifo", "", "f/",
	"/proc/self/cwd/f", "/proc/self/cwd/new", "/dev/null", "/etc/x",
	"/etc/passwd", "/proc/self/cwd", long_name
};

static void
test_pairs(void **arg)
{
	static const struct {
		const char	*name;
		long		 nr;
		uint64_t	 flags;
	} calls[] = {
		{ "rename", SYS_renameat2, 0 },
		{ "rename noreplace", SYS_renameat2, 1 },
		{ "rename exchange", SYS_renameat2, 2 },
		{ "rename whiteout", SYS_renameat2, 4 },
		{ "rename bad", SYS_renameat2, 3 },
		{ "link", SYS_linkat, 0 },
		{ "link follow", SYS_linkat, AT_SYMLINK_FOLLOW },
		{ "link bad", SYS_linkat, 1 },
	};
	struct request	 q;
	char		 what[PATH_MAX + 64];
	size_t		 i, j, k;

	(void)arg;
	for (i = 0; i < nitems(calls); i++)
		for (j = 0; j < nitems(pairs); j++)
			for (k = 0; k < nitems(pairs); k++) {
				/* What cannot be looked through stays. */
				if (calls[i].nr == SYS_renameat2 &&
				    (strcmp(pairs[j], "nod") == 0 ||
				    strcmp(pairs[k], "nod") == 0))
					continue;
				memset(&q, 0, sizeof(q));
				q.nr = calls[i].nr;
				q.arg[0] = q.arg[2] = (uint64_t)AT_FDCWD;
				q.arg[1] = ptr(pairs[j]);
				q.arg[3] = ptr(pairs[k]);
				q.arg[4] = calls[i].flags;
				(void)snprintf(what, sizeof(what),
				    "%s %.40s %.40s", calls[i].name, pairs[j],
				    pairs[k]);
				compare(&q, what);
			}
}

/* Calls on descriptors: each tree opens its own. */
static void
test_descriptors(void **arg)
{
	static const struct {
		const char	*name;
		int		 flags;
	} files[] = {
		{ "f", O_RDONLY }, { "f", O_WRONLY }, { "d", O_RDONLY },
		{ "f", O_PATH }, { "lf", O_PATH | O_NOFOLLOW },
		{ "fifo", O_RDONLY | O_NONBLOCK }, { ".", O_RDWR | LX_TMPFILE },
		{ "d", O_PATH }, { NULL, 0 }, { "", 0 }
	};
	static const int64_t	 times[4] = { 10, 20, 30, 40 };
	struct request		 q[16];
	char			 name[64];
	size_t			 i, j, n;
	long			 r[2];
	int			 fd, side, pair[2];

	(void)arg;
	for (i = 0; i < nitems(files); i++)
		for (j = 0; j < 16; j++) {
			for (side = 0; side < 2; side++) {
				enter(side);
				fd = -1;
				if (files[i].name == NULL)
					fd = 77;
				else if (files[i].name[0] == '\0') {
					must(pipe(pair));
					fd = pair[0];
					(void)close(pair[1]);
				} else
					must(fd = open(files[i].name,
					    files[i].flags, 0600));
				(void)snprintf(name, sizeof(name),
				    "/proc/self/fd/%d", fd);
				n = (size_t)fd;
				memset(q, 0, sizeof(q));
#define Q(i, ...)	q[i] = (struct request){ __VA_ARGS__ }
				Q(0, SYS_fchmod, { n, 0604 });
				Q(1, SYS_fchown, { n, (uint64_t)-1,
				    (uint64_t)-1 });
				Q(2, SYS_utimensat, { n, 0, ptr(times), 0 });
				Q(3, SYS_fsetxattr, { n, ptr("user.x"),
				    ptr("v"), 1, 0 });
				Q(4, SYS_fremovexattr, { n, ptr("user.x") });
				Q(5, SYS_openat, { n, ptr("new"),
				    O_RDWR | O_CREAT, 0600 });
				Q(6, SYS_openat, { (uint64_t)AT_FDCWD,
				    ptr(name), O_RDWR | O_NONBLOCK, 0 });
				Q(7, SYS_linkat, { (uint64_t)AT_FDCWD,
				    ptr(name), (uint64_t)AT_FDCWD, ptr("new"),
				    AT_SYMLINK_FOLLOW });
				Q(8, SYS_fchmodat, { (uint64_t)AT_FDCWD,
				    ptr(name), 0620 });
				Q(9, SYS_truncate, { ptr(name), 2 });
				Q(10, SYS_mkdirat, { n, ptr("new"), 0700 });
				Q(11, SYS_fchownat, { n, ptr(""),
				    (uint64_t)-1, (uint64_t)-1,
				    AT_EMPTY_PATH });
				Q(12, SYS_unlinkat, { (uint64_t)AT_FDCWD,
				    ptr(name), 0 });
				Q(13, SYS_utimensat, { n, ptr(""),
				    ptr(times), AT_EMPTY_PATH });
				Q(14, SYS_openat, { (uint64_t)AT_FDCWD,
				    ptr(name), O_RDWR | O_CREAT | O_NONBLOCK |
				    O_TRUNC, 0 });
				Q(15, SYS_unlinkat, { n, ptr("f2"), 0 });
				r[side] = side ? by_broker(&q[j]) :
				    by_kernel(&q[j]);
				state[side][0] = '\0';
				if (r[side] > 0) {
					describe_fd((int)r[side], state[side],
					    sizeof(state[0]));
					r[side] = 0;
				}
				if (fd != 77)
					(void)close(fd);
				leave(side, state[side]);
			}
			cases++;
			if (r[0] != r[1] || strcmp(state[0], state[1]) != 0)
				fail_msg("%s %d call %zu: kernel %ld, "
				    "broker %ld\n%s---\n%s", files[i].name,
				    files[i].flags, j, r[0], r[1], state[0],
				    state[1]);
		}
}

/* A writer of a FIFO waits for its reader without holding a worker. */
static void
test_fifo(void **arg)
{
	static struct call	 c;
	int			 fd, held;

	(void)arg;
	enter(1);
	memset(&c, 0, sizeof(c));
	c.tid = getpid();
	c.fd = -1;
	c.nr = SYS_openat;
	c.arg[0] = (uint64_t)AT_FDCWD;
	c.arg[1] = ptr("fifo");
	c.arg[2] = O_WRONLY | O_CLOEXEC;
	must(caller_cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	assert_true(call_openat(&c) == CALL_TAKEN);
	assert_true(waiting(&c) == CALL_TAKEN);
	must(fd = open("fifo", O_RDONLY | O_NONBLOCK));
	assert_int_equal(waiting(&c), 0);
	assert_true(c.fd_cloexec);
	assert_int_equal(fcntl(c.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK),
	    O_WRONLY);
	(void)close(c.fd);
	(void)close(fd);
	/* And a reader for a writer, who need not have written anything. */
	c.arg[2] = O_RDONLY | O_CREAT;
	c.fd = -1;
	assert_true(call_openat(&c) == CALL_TAKEN);
	held = c.fd;
	assert_true(waiting(&c) == CALL_TAKEN);
	must(fd = open("fifo", O_WRONLY | O_NONBLOCK));
	assert_int_equal(waiting(&c), 0);
	assert_int_not_equal(c.fd, held);
	assert_int_equal(fcntl(c.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK),
	    O_RDONLY);
	(void)close(c.fd);
	(void)close(held);
	(void)close(fd);
	/* One that has gone again counts as well. */
	c.fd = -1;
	assert_true(call_openat(&c) == CALL_TAKEN);
	must(fd = open("fifo", O_WRONLY | O_NONBLOCK));
	(void)close(fd);
	held = c.fd;
	assert_int_equal(waiting(&c), 0);
	(void)close(c.fd);
	(void)close(held);
	(void)close(caller_cwd);
}

/* The caller's limit of file sizes. */
static void
test_limit(void **arg)
{
	struct rlimit	 rl, was;
	struct request	 q = { .nr = SYS_truncate,
			    .arg = { ptr("f"), 5000 } };

	(void)arg;
	must(getrlimit(RLIMIT_FSIZE, &was));
	(void)signal(SIGXFSZ, SIG_IGN);
	rl = was;
	rl.rlim_cur = 4096;
	enter(1);
	must(setrlimit(RLIMIT_FSIZE, &rl));
	assert_int_equal(by_broker(&q), -EFBIG);
	q.arg[1] = 100;
	assert_int_equal(by_broker(&q), 0);
	must(setrlimit(RLIMIT_FSIZE, &was));
}

static int	 got_signal;

static void
on_signal(int sig)
{
	got_signal = sig;
}

static void
test_limit_signal(void **arg)
{
	struct rlimit	 rl, was;
	struct request	 q = { .nr = SYS_truncate,
			    .arg = { ptr("f"), 5000 } };

	(void)arg;
	must(getrlimit(RLIMIT_FSIZE, &was));
	(void)signal(SIGXFSZ, on_signal);
	rl = was;
	rl.rlim_cur = 4096;
	enter(1);
	must(setrlimit(RLIMIT_FSIZE, &rl));
	assert_int_equal(by_broker(&q), -EFBIG);
	must(setrlimit(RLIMIT_FSIZE, &was));
	assert_int_equal(got_signal, SIGXFSZ);
	(void)signal(SIGXFSZ, SIG_IGN);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_openat2),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_xattrs),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_signal),
	};
	int	 failed;

	memset(long_name, 'n', NAME_MAX + 1);
	memset(long_path, 'p', PATH_MAX);
	failed = cmocka_run_group_tests(tests, stand_begin, stand_end);
	print_message("# %d calls compared\n", cases);
	return failed;
}
