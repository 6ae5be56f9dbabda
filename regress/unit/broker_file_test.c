/* SPDX-License-Identifier: ISC */

/*
 * The broker's file calls, against the kernel's.  The caller is this process
 * itself.  Every case is run in two trees that are alike: by the system call
 * in one, by the broker's handler in the other; result, errno, what is there
 * afterwards and the descriptor have to be the same.  Then what is refused.
 */

#include "compat.h"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt-exec/broker.h"

#define NOBODY		65534
#define CHAIN		42	/* links one after the other */
#define LX_TMPFILE	(020000000 | O_DIRECTORY)

struct broker	 broker;
static struct sandbox	 sandbox;
static char	 base[] = "/tmp/srt-test.XXXXXX";
static char	 top[256];		/* real path of base */
static char	 up[512];		/* directory above the one ... */
static char	 tree[512];	/* the one we are in */
static int	 cwd = -1;		/* the caller's, during a call */
static char	 reported[PATH_MAX * 2];
static int	 nreports;
static int	 nchanges;
static int	 cases;

static void
must(int r)
{
	if (r == -1)
		fail_msg("%s", strerror(errno));
}

/* What stands for the rest of the broker. */

long
task_read(const struct call *c, uint64_t addr, void *buf, size_t len)
{
	struct iovec	 to = { .iov_base = buf, .iov_len = len };
	struct iovec	 from = {
		.iov_base = (void *)(uintptr_t)addr, .iov_len = len
	};

	if (len != 0 && process_vm_readv(c->tid, &to, 1, &from, 1, 0) !=
	    (ssize_t)len)
		return -EFAULT;
	return 0;
}

long
task_string(const struct call *c, uint64_t addr, char *buf)
{
	size_t	 i;
	long	 r;

	for (i = 0; i < PATH_MAX; i++) {
		if ((r = task_read(c, addr + i, buf + i, 1)) < 0)
			return r;
		if (buf[i] == '\0')
			return 0;
	}
	return -ENAMETOOLONG;
}

long
task_strings(struct call *c, uint64_t a, uint64_t b, long *second)
{
	long	 r;

	if ((r = task_string(c, a, c->path)) < 0)
		return r;
	*second = task_string(c, b, c->path2);
	return 0;
}

int
task_fd(const struct call *c, int number)
{
	int	 fd = fcntl(number, F_DUPFD_CLOEXEC, 100);

	(void)c;
	return fd == -1 ? -errno : fd;
}

int
task_cwd(const struct call *c)
{
	int	 fd = fcntl(cwd, F_DUPFD_CLOEXEC, 0);

	(void)c;
	return fd == -1 ? -errno : fd;
}

int
task_ns_pid(const struct call *c, pid_t *pid, pid_t *tid)
{
	*pid = *tid = c->tid;
	return 0;
}

pid_t
task_process(pid_t tid)
{
	return tid;
}

int
task_session(const struct call *c, dev_t *dev)
{
	(void)c;
	*dev = 0;
	return 1;
}

int
task_lower(int lower)
{
	(void)lower;
	return 0;
}

long
task_take_umask(const struct call *c)
{
	(void)c;
	return 0;
}

/* Fewer than matter. */
uint64_t
task_fds(const struct call *c)
{
	(void)c;
	return 0;
}

uint64_t
task_limit(const struct call *c, int resource)
{
	struct rlimit	 rl;

	(void)c;
	return getrlimit(resource, &rl) == -1 ? UINT64_MAX : rl.rlim_cur;
}

int
call_valid(const struct call *c)
{
	(void)c;
	return 1;
}

int
learn_wanted(void)
{
	return 0;
}

int
learn_allows(void)
{
	return 0;
}

void
learn_write(struct call *c, const struct loc *loc, enum deed deed)
{
	(void)c;
	(void)loc;
	(void)deed;
}

void
learn_tmpfile(struct call *c, const struct loc *loc)
{
	(void)c;
	(void)loc;
}

static long	(*waiting)(struct call *);

long
call_wait(struct call *c, int fd, long (*retry)(struct call *))
{
	waiting = retry;
	c->fd = fd;
	return CALL_TAKEN;
}

void
report(const struct call *c, const char *operation, const char *target,
    const char *reason, const char *rule, const char *cure)
{
	(void)c;
	nreports++;
	(void)snprintf(reported, sizeof(reported), "%s %s: %s [%s] %s",
	    operation, target, reason, rule, cure);
}

void
report_change(const char *target, const char *reason, const char *rule,
    const char *cure, uint64_t count)
{
	(void)target;
	(void)reason;
	(void)rule;
	(void)cure;
	(void)count;
	nchanges++;
}

static const struct {
	long	 nr;
	long	(*handler)(struct call *);
} handlers[] = {
	{ SYS_openat, call_openat },
	{ NR_OPENAT2, call_openat2 },
	{ SYS_mkdirat, call_mkdirat },
	{ SYS_mknodat, call_mknodat },
	{ SYS_unlinkat, call_unlinkat },
	{ SYS_renameat2, call_renameat2 },
	{ SYS_linkat, call_linkat },
	{ SYS_symlinkat, call_symlinkat },
	{ SYS_truncate, call_truncate },
	{ SYS_fchmod, call_fchmod },
	{ SYS_fchmodat, call_fchmodat },
	{ NR_FCHMODAT2, call_fchmodat2 },
	{ SYS_fchown, call_fchown },
	{ SYS_fchownat, call_fchownat },
	{ SYS_utimensat, call_utimensat },
	{ SYS_setxattr, call_setxattr },
	{ SYS_lsetxattr, call_lsetxattr },
	{ SYS_fsetxattr, call_fsetxattr },
	{ SYS_removexattr, call_removexattr },
	{ SYS_lremovexattr, call_lremovexattr },
	{ SYS_fremovexattr, call_fremovexattr },
#ifdef SYS_open
	{ SYS_open, call_open },
	{ SYS_creat, call_creat },
	{ SYS_mkdir, call_mkdir },
	{ SYS_mknod, call_mknod },
	{ SYS_unlink, call_unlink },
	{ SYS_rmdir, call_rmdir },
	{ SYS_rename, call_rename },
	{ SYS_link, call_link },
	{ SYS_symlink, call_symlink },
	{ SYS_chmod, call_chmod },
	{ SYS_chown, call_chown },
	{ SYS_lchown, call_lchown },
	{ SYS_utime, call_utime },
	{ SYS_utimes, call_utimes },
	{ SYS_futimesat, call_futimesat },
#endif
};

/* One call, as the kernel or as the broker does it. */
struct request {
	long		 nr;
	uint64_t	 arg[6];
};

static long
by_kernel(const struct request *q)
{
	long	 r;

	r = syscall(q->nr, q->arg[0], q->arg[1], q->arg[2], q->arg[3],
	    q->arg[4], q->arg[5]);
	return r == -1 ? -errno : r;
}

static long
by_broker(const struct request *q)
{
	static struct call	 c;
	static uint64_t		 id;
	long			(*handler)(struct call *);
	size_t			 i;
	long			 r;
	int			 fd;

	memset(&c, 0, sizeof(c));
	c.id = ++id;
	c.tid = getpid();
	c.nr = (int)q->nr;
	c.fd = -1;
	memcpy(c.arg, q->arg, sizeof(c.arg));
	for (i = 0; handlers[i].nr != q->nr; i++)
		assert_true(i + 1 < nitems(handlers));
	handler = handlers[i].handler;
	/* Workers have a working directory of their own, and use it. */
	must(fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	must(cwd = fcntl(fd, F_DUPFD_CLOEXEC, 150));
	(void)close(fd);
	/* Where it was we have left meanwhile. */
	(void)path_enter(path_fds());
	r = handler(&c);
	/* The caller's numbers are ours. */
	kept_forget();
	if (fchdir(cwd) == -1)
		assert_int_equal(errno, EACCES);
	(void)close(cwd);
	if (r == CALL_CONTINUE)
		return by_kernel(q);
	if (r == CALL_TAKEN) {
		fd = c.fd;
		while ((r = waiting(&c)) == CALL_TAKEN)
			continue;
		if (c.fd != fd)
			(void)close(fd);
	}
	if (r < 0 || c.fd == -1)
		return r;
	/* The lowest number, as the caller would get it. */
	fd = fcntl(c.fd, F_DUPFD_CLOEXEC, 200);
	(void)close(c.fd);
	r = fcntl(fd, c.fd_cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	(void)close(fd);
	return r;
}

/* The two trees. */

static void
put(const char *name, const char *text, mode_t mode)
{
	int	 fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
}

static void
populate(void)
{
	char	 a[sizeof(tree) + 8];

	put("f", "content", 0640);
	put("g", "other", 0644);
	put("ro", "read", 0444);
	must(mkdir("d", 0755));
	put("d/f2", "two", 0600);
	must(mkdir("d/sub", 0700));
	must(mkdir("e", 0755));
	must(mkdir("nod", 0));
	must(symlink("f", "lf"));
	must(symlink("d", "ld"));
	must(symlink("d/", "lds"));
	must(symlink("lf", "ll"));
	must(symlink("absent", "dang"));
	must(symlink("none/absent", "dang2"));
	must(symlink("loop", "loop"));
	must(symlink("../g", "d/up"));
	must(symlink("/proc/self/cwd/f", "lproc"));
	(void)snprintf(a, sizeof(a), "%s/g", tree);
	must(symlink(a, "labs"));
	must(mkfifo("fifo", 0600));
}

/*
 * Links one after the other, for both trees: they lead to "f".  From 20 on
 * the kernel sometimes counts them twice, up to 40 it may.
 */
static void
make_chain(void)
{
	char	 a[16], b[16];
	int	 i;

	must(chdir(top));
	must(mkdir("c", 0700));
	must(chdir("c"));
	must(symlink("/proc/self/cwd/f", "0"));
	for (i = 1; i < CHAIN; i++) {
		(void)snprintf(a, sizeof(a), "%d", i - 1);
		(void)snprintf(b, sizeof(b), "%d", i);
		must(symlink(a, b));
	}
	must(chmod(".", 0555));
}

static void
empty(int dirfd)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd, sub;

	must(fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY));
	assert_non_null(dir = fdopendir(fd));
	while ((de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, de->d_name, 0) == 0)
			continue;
		must(fchmodat(fd, de->d_name, 0700, 0));
		must(sub = openat(fd, de->d_name, O_RDONLY | O_DIRECTORY |
		    O_NOFOLLOW));
		empty(sub);
		(void)close(sub);
		must(unlinkat(fd, de->d_name, AT_REMOVEDIR));
	}
	(void)closedir(dir);
}

static char	 clean[2][65536];	/* what a new tree is like */
static int	 is_clean[2];

/* scandirat(3), which is glibc's alone. */
static int
names_in(int dirfd, const char *path, struct dirent ***list)
{
	char	 name[64];
	int	 count, fd;

	if ((fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY)) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	count = scandir(name, list, NULL, alphasort);
	(void)close(fd);
	return count;
}

static void
describe(int dirfd, const char *path, char *out, size_t size)
{
	struct dirent	**list = NULL;
	struct stat	 st;
	char		 name[1024], text[1024], line[3072];
	ssize_t		 n;
	int		 i, count, fd;

	count = names_in(dirfd, path, &list);
	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", path,
		    list[i]->d_name);
		if (strcmp(list[i]->d_name, ".") == 0 ||
		    strcmp(list[i]->d_name, "..") == 0 ||
		    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
			free(list[i]);
			continue;
		}
		n = readlinkat(dirfd, name, text, sizeof(text) - 1);
		text[n == -1 ? 0 : n] = '\0';
		if (text[0] == '/')
			text[0] = '\0';
		if (S_ISREG(st.st_mode) && (fd = openat(dirfd, name,
		    O_RDONLY)) != -1) {
			n = read(fd, text, 16);
			text[n == -1 ? 0 : n] = '\0';
			n = fgetxattr(fd, "user.x", text + strlen(text), 64);
			if (n > 0)
				text[strlen(text) + (size_t)n] = '\0';
			(void)close(fd);
		}
		(void)snprintf(line, sizeof(line), "%s %o %ld %ld %ld %s\n",
		    name, st.st_mode, (long)st.st_nlink, S_ISDIR(st.st_mode) ||
		    S_ISLNK(st.st_mode) ? 0L : (long)st.st_size,
		    st.st_mtim.tv_sec < 1000000000 ?
		    (long)st.st_mtim.tv_sec : 0L, text);
		(void)strlcat(out, line, size);
		if (S_ISDIR(st.st_mode))
			describe(dirfd, name, out, size);
		free(list[i]);
	}
	free(list);
}

/* All of the tree, its mode first. */
static void
look(char *out)
{
	struct stat	 st;

	must(chmod(up, 0700));
	must(stat(tree, &st));
	must(chmod(tree, 0755));
	must(chdir(tree));
	(void)snprintf(out + strlen(out), 64, ". %o\n", st.st_mode);
	describe(AT_FDCWD, ".", out, sizeof(clean[0]));
}

/* Goes into a new tree, "a/t" or "b/t", or one that is as good as new. */
static void
enter(const char *name)
{
	int	 fd, side = name[0] == 'b';

	(void)snprintf(up, sizeof(up), "%s/%s", top, name);
	(void)strlcpy(tree, up, sizeof(tree));
	(void)chmod(up, 0700);
	if (is_clean[side]) {
		is_clean[side] = 0;
		(void)strlcat(tree, "/t", sizeof(tree));
		must(chdir(tree));
		return;
	}
	if ((fd = open(tree, O_RDONLY | O_DIRECTORY)) != -1) {
		empty(fd);
		(void)close(fd);
	} else
		must(mkdir(tree, 0700));
	(void)strlcat(tree, "/t", sizeof(tree));
	must(mkdir(tree, 0755));
	must(chmod(tree, 0755));
	must(chdir(tree));
	populate();
	if (clean[side][0] == '\0')
		look(clean[side]);
}

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

static int
is_open(long nr)
{
#ifdef SYS_open
	if (nr == SYS_open || nr == SYS_creat)
		return 1;
#endif
	return nr == SYS_openat || nr == NR_OPENAT2;
}

static char	 state[2][65536];

static long
play(const struct request *q, int broker_does)
{
	char		*out = state[broker_does];
	size_t		 n;
	long		 r;

	enter(broker_does ? "b" : "a");
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
	n = strlen(out);
	look(out);
	is_clean[broker_does] = strcmp(out + n, clean[broker_does]) == 0;
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

static uint64_t
ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
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
				enter(side ? "b" : "a");
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
				describe(AT_FDCWD, ".", state[side],
				    sizeof(state[0]));
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
	enter("b");
	memset(&c, 0, sizeof(c));
	c.tid = getpid();
	c.fd = -1;
	c.nr = SYS_openat;
	c.arg[0] = (uint64_t)AT_FDCWD;
	c.arg[1] = ptr("fifo");
	c.arg[2] = O_WRONLY | O_CLOEXEC;
	must(cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
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
	(void)close(cwd);
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
	enter("b");
	must(setrlimit(RLIMIT_FSIZE, &rl));
	assert_int_equal(by_broker(&q), -EFBIG);
	q.arg[1] = 100;
	assert_int_equal(by_broker(&q), 0);
	must(setrlimit(RLIMIT_FSIZE, &was));
}

/* What is refused. */

static long
call1(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct request	 q = { .nr = nr, .arg = { a, b, c, d, e } };
	long		 r;

	nreports = 0;
	r = by_broker(&q);
	if (r > 0 && is_open(nr)) {
		(void)close((int)r);
		r = 0;
	}
	return r;
}

#define CWD	((uint64_t)AT_FDCWD)

static long
b_open(const char *path, int flags)
{
	return call1(SYS_openat, CWD, ptr(path), (uint64_t)flags, 0600, 0);
}

static long
b_put(const char *path)
{
	return b_open(path, O_WRONLY | O_CREAT | O_TRUNC);
}

static long
b_mkdir(const char *path)
{
	return call1(SYS_mkdirat, CWD, ptr(path), 0700, 0, 0);
}

static long
b_unlink(const char *path, int flags)
{
	return call1(SYS_unlinkat, CWD, ptr(path), (uint64_t)flags, 0, 0);
}

static long
b_rename(const char *a, const char *b, int flags)
{
	return call1(SYS_renameat2, CWD, ptr(a), CWD, ptr(b),
	    (uint64_t)flags);
}

static long
b_link(const char *a, const char *b)
{
	return call1(SYS_linkat, CWD, ptr(a), CWD, ptr(b),
	    AT_SYMLINK_FOLLOW);
}

static long
b_symlink(const char *text, const char *path)
{
	return call1(SYS_symlinkat, ptr(text), CWD, ptr(path), 0, 0);
}

#define refused(call)							\
	do {								\
		assert_int_equal((call), -EPERM);			\
		assert_int_equal(nreports, 1);				\
	} while (0)

#define silently(call, error)						\
	do {								\
		assert_int_equal((call), -(error));			\
		assert_int_equal(nreports, 0);				\
	} while (0)

static void
test_mandatory(void **arg)
{
	struct stat	 st;
	int		 fd;

	(void)arg;
	enter("b");
	must(mkdir("old", 0755));
	must(mkdir("old/.git", 0755));
	must(mkdir("old/.git/hooks", 0755));
	put("old/.git/hooks/pre-commit", "x", 0755);
	put("old/.git/config", "x", 0644);
	put("old/.git/HEAD", "x", 0644);
	put(".bashrc", "x", 0644);
	put("e/keep", "", 0600);

	refused(b_put(".bashrc"));
	assert_non_null(strstr(reported, "file-write-data"));
	assert_non_null(strstr(reported, ".bashrc is protected [mandatory]"));
	refused(b_put("d/.zshrc"));
	assert_non_null(strstr(reported, "file-write-create"));
	assert_int_equal(stat("d/.zshrc", &st), -1);
	refused(b_open(".bashrc", O_RDONLY | O_TRUNC));
	refused(b_unlink(".bashrc", 0));
	refused(b_rename(".bashrc", "x", 0));
	refused(b_rename("f", ".bashrc", 0));
	refused(b_rename("f", "d/.mcp.json", 0));
	refused(b_rename("f", ".bashrc", 2));
	refused(b_link("f", ".profile"));
	refused(b_link(".bashrc", "x"));
	refused(b_symlink("f", ".profile"));
	refused(b_mkdir(".vscode"));
	refused(b_put("D/../.BashRC") == -ENOENT ? b_put(".BashRC") : 0);
	refused(call1(SYS_fchmodat, CWD, ptr(".bashrc"), 0600, 0, 0));
	refused(call1(SYS_truncate, ptr(".bashrc"), 0, 0, 0, 0));
	refused(call1(SYS_utimensat, CWD, ptr(".bashrc"), 0, 0, 0));
	refused(call1(SYS_setxattr, ptr(".bashrc"), ptr("user.x"), ptr("v"),
	    1, 0));
	refused(call1(SYS_mknodat, CWD, ptr(".profile"), S_IFREG | 0600, 0,
	    0));
	/* By a descriptor, and by its name in /proc. */
	must(fd = open(".bashrc", O_RDONLY));
	refused(call1(SYS_fchmod, (uint64_t)fd, 0600, 0, 0, 0));
	refused(call1(SYS_utimensat, (uint64_t)fd, 0, 0, 0, 0));
	(void)snprintf(state[0], sizeof(state[0]), "/proc/self/fd/%d", fd);
	refused(b_open(state[0], O_WRONLY));
	refused(b_link(state[0], "x"));
	refused(b_open("/proc/self/cwd/.bashrc", O_WRONLY));
	(void)close(fd);
	/* By links that lead there. */
	must(symlink("../.bashrc", "d/link"));
	refused(b_open("d/link", O_WRONLY));
	must(symlink("../.zshrc", "d/link2"));
	refused(b_put("d/link2"));
	/* What fails anyway fails as ever. */
	silently(b_unlink("d/.bashrc", 0), ENOENT);
	silently(b_open("d/.bashrc", O_WRONLY), ENOENT);
	silently(b_rename("d/.bashrc", "x", 0), ENOENT);
	silently(b_rename("none", ".bashrc", 0), ENOENT);
	silently(b_link("none", ".profile"), ENOENT);
	silently(b_mkdir(".bashrc"), EEXIST);
	silently(b_open(".bashrc", O_WRONLY | O_CREAT | O_EXCL), EEXIST);
	silently(b_symlink("x", ".bashrc"), EEXIST);

	/* A repository that was there. */
	refused(b_put("old/.git/hooks/post-checkout"));
	refused(b_put("old/.git/config"));
	assert_non_null(strstr(reported, "allowGitConfig"));
	refused(b_put("old/.git/info/attributes") == -ENOENT ?
	    b_mkdir("old/.git/hooks/x") : 0);
	refused(b_rename("old/.git", "old/.git2", 0));
	refused(b_rename("old", "new", 0));
	refused(b_rename("e", "old", 2));
	refused(b_rename("d", "old", 2));
	assert_int_equal(b_put("old/.git/HEAD"), 0);
	assert_int_equal(b_put("old/.git/index"), 0);
	assert_int_equal(b_rename("old/.git/index", "old/.git/i2", 0), 0);
	/* Something in the place of a name that is not there. */
	refused(b_symlink("d", "e/.git"));
	refused(b_symlink("d", "e/.claude"));
	refused(b_put("e/.git"));
	refused(b_rename("d", "e/.git", 0));
	refused(b_rename("d", "e/.claude", 0));
	refused(b_rename("f", "e/.git", 0));
	silently(b_open("old/.git", O_WRONLY), EISDIR);
	assert_int_equal(b_rename("d", "e/d", 0), 0);

	/* A file that names the repository. */
	put("e/.git", "gitdir: x", 0644);
	refused(b_put("e/.git"));
	refused(b_unlink("e/.git", 0));
	refused(b_rename("e/.git", "e/x", 0));
	refused(b_rename("e", "e2", 0));
}

static void
test_fresh(void **arg)
{
	(void)arg;
	enter("b");
	/* git init in an old directory. */
	assert_int_equal(b_mkdir("d/.git"), 0);
	assert_int_equal(b_mkdir("d/.git/hooks"), 0);
	assert_int_equal(b_put("d/.git/hooks/pre-commit"), 0);
	assert_int_equal(b_put("d/.git/config"), 0);
	assert_int_equal(b_rename("f", "d/.git/config", 0), 0);
	/* ... and what only is the beginning of a name. */
	assert_int_equal(b_mkdir("d/.claude"), 0);
	refused(b_put("d/.claude/settings.json"));
	/* A new tree. */
	assert_int_equal(b_mkdir("new"), 0);
	assert_int_equal(b_mkdir("new/.vscode"), 0);
	assert_int_equal(b_put("new/.vscode/tasks.json"), 0);
	assert_int_equal(b_put("new/.bashrc"), 0);
	assert_int_equal(b_put("new/.git"), 0);
	assert_int_equal(b_unlink("new/.git", 0), 0);
	assert_int_equal(b_symlink("x", "new/.claude"), 0);
	assert_int_equal(call1(SYS_fchmodat, CWD, ptr("new/.bashrc"), 0600,
	    0, 0), 0);
	/* It stays free where it goes, and cannot spread. */
	assert_int_equal(b_rename("new", "e/new", 0), 0);
	assert_int_equal(b_put("e/new/.zshrc"), 0);
	refused(b_rename("e/new/.bashrc", ".bashrc", 0));
	refused(b_rename("e/new/.vscode", "e/.vscode", 0));
	refused(b_link("e/new/.bashrc", ".bashrc"));
	refused(b_rename("e/new/.bashrc", "nod/../.bashrc", 0) == -EACCES ?
	    b_put(".bashrc") : 0);
	/* A name that is used again is another directory. */
	assert_int_equal(b_mkdir("again"), 0);
	assert_int_equal(b_unlink("again", AT_REMOVEDIR), 0);
	must(mkdir("again", 0700));
	put("again/x", "", 0600);
	refused(b_put("again/.bashrc"));
	/* An old directory is not made new by a stay in a new one. */
	must(mkdir("old", 0755));
	put("old/x", "", 0600);
	assert_int_equal(b_mkdir("tmp"), 0);
	assert_int_equal(b_rename("old", "tmp/old", 0), 0);
	assert_int_equal(b_mkdir("tmp/old/.vscode"), 0);
	refused(b_rename("tmp/old", "old", 0));
	/* An empty one could have been made anew. */
	must(mkdir("hollow", 0755));
	assert_int_equal(b_put("hollow/.git"), 0);
	assert_int_equal(b_put("hollow/.git"), 0);
	fresh_report();
	assert_true(nchanges > 3);
}

static void
test_policy(void **arg)
{
	struct guard	*was = broker.guard;
	char		 text[sizeof(tree) + 32];
	int		 fd;

	(void)arg;
	enter("b");
	assert_non_null(broker.guard = guard_new(0));
	must(guard_add(broker.guard, GUARD_WRITE, "/", ""));
	(void)snprintf(text, sizeof(text), "%s/secret/deep", tree);
	must(guard_add(broker.guard, GUARD_NOWRITE, text,
	    "filesystem.denyWrite[0] \"secret/deep\""));
	(void)snprintf(text, sizeof(text), "%s/**/*.pem", tree);
	must(guard_add(broker.guard, GUARD_NOWRITE_GLOB, text,
	    "filesystem.denyWrite[1] \"**/*.pem\""));
	(void)snprintf(text, sizeof(text), "%s/**/*.key", tree);
	must(guard_add(broker.guard, GUARD_NOREAD_GLOB, text,
	    "filesystem.denyRead[0] \"**/*.key\""));

	refused(b_put("x.pem"));
	assert_string_equal(strstr(reported, ": "), ": the policy protects "
	    "it [filesystem.denyWrite[1] \"**/*.pem\"] remove \"**/*.pem\" "
	    "from filesystem.denyWrite");
	assert_int_equal(b_mkdir("n"), 0);
	refused(b_put("n/x.pem"));
	refused(b_rename("f", "n/x.pem", 0));
	assert_int_equal(b_mkdir("secret"), 0);
	refused(b_put("secret/deep"));
	refused(b_mkdir("secret/deep"));
	assert_int_equal(b_unlink("secret", AT_REMOVEDIR), 0);
	refused(b_symlink("d", "secret"));
	/* A tree with such a name in it, under either of its names. */
	put("d/sub/x.pem", "", 0600);
	refused(b_rename("d", "d2", 0));
	put("e/deep", "", 0600);
	refused(b_rename("e", "secret", 0));
	/* Reading. */
	put("x.key", "k", 0600);
	assert_int_equal(b_open("x.key", O_RDONLY), -EACCES);
	assert_int_equal(nreports, 1);
	silently(b_open("y.key", O_RDONLY), ENOENT);
	assert_int_equal(b_open("ro", O_RDONLY), 0);
	assert_int_equal(b_open("lf", O_RDONLY), 0);
	assert_int_equal(b_open("d", O_RDONLY | O_DIRECTORY), 0);
	assert_int_equal(b_open("d/", O_RDONLY), 0);
	assert_int_equal(b_open("/dev/null", O_RDONLY), 0);
	must(symlink("x.key", "plain"));
	assert_int_equal(b_open("plain", O_RDONLY), -EACCES);
	refused(b_rename("x.key", "plain2", 0));
	refused(b_link("x.key", "plain2"));
	/* Nor is it made what can be started. */
	refused(call1(SYS_fchmodat, CWD, ptr("x.key"), 0700, 0, 0));
	refused(call1(SYS_setxattr, ptr("x.key"), ptr("user.x"), ptr("v"), 1,
	    0));
	silently(call1(SYS_fchmodat, CWD, ptr("y.key"), 0700, 0, 0), ENOENT);
	(void)snprintf(text, sizeof(text), "/proc/self/fd/%d",
	    fd = open("x.key", O_PATH));
	refused(call1(SYS_fchmodat, CWD, ptr(text), 0700, 0, 0));
	must(unlink("x.key"));
	refused(call1(SYS_fchmodat, CWD, ptr(text), 0700, 0, 0));
	(void)close(fd);
	guard_free(broker.guard);
	broker.guard = was;
}

static void
test_setid(void **arg)
{
	(void)arg;
	enter("b");
	refused(call1(SYS_fchmodat, CWD, ptr("f"), 04755, 0, 0));
	refused(call1(SYS_fchmodat, CWD, ptr("f"), 02755, 0, 0));
	assert_int_equal(call1(SYS_fchmodat, CWD, ptr("d"), 02755, 0, 0), 0);
	refused(call1(SYS_openat, CWD, ptr("x"), O_WRONLY | O_CREAT, 04755,
	    0));
	refused(call1(SYS_openat, CWD, ptr("."), O_RDWR | LX_TMPFILE, 04755,
	    0));
	refused(call1(SYS_mknodat, CWD, ptr("x"), S_IFREG | 04755, 0, 0));
	assert_int_equal(call1(SYS_openat, CWD, ptr("f"), O_WRONLY | O_CREAT,
	    04755, 0), 0);
	/* One that is there may stay so. */
	must(chmod("g", 04755));
	assert_int_equal(call1(SYS_fchmodat, CWD, ptr("g"), 04711, 0, 0), 0);
}

/* A directory of another name that git takes for a repository. */
static void
test_bare(void **arg)
{
	struct guard	*was = broker.guard;
	struct stat	 st;
	int		 fd;

	(void)arg;
	enter("b");
	must(mkdir("r", 0755));
	must(mkdir("r/objects", 0755));
	must(mkdir("r/refs", 0755));
	must(mkdir("r/info", 0755));
	must(mkdir("r/hooks", 0755));
	put("r/HEAD", "x", 0644);
	put("r/config", "x", 0644);
	put("r/info/attributes", "x", 0644);

	refused(b_open("r/config", O_WRONLY));
	assert_non_null(strstr(reported, "file-write-data"));
	assert_non_null(strstr(reported, "r/config: a bare repository's "
	    "config is protected [mandatory] \"filesystem\": "
	    "{\"allowGitConfig\": true}"));
	refused(b_put("r/config"));
	refused(b_put("r/Config"));
	refused(b_put("r/config.worktree"));
	refused(b_put("r/commondir"));
	refused(b_put("r/hooks/post-update"));
	assert_non_null(strstr(reported, "a bare repository's hooks is"));
	refused(b_mkdir("r/hooks/a"));
	refused(b_put("r/info/attributes"));
	refused(b_rename("f", "r/config", 0));
	refused(b_rename("f", "r/config", 2));
	refused(b_rename("r/config", "x", 0));
	refused(b_rename("r/hooks", "x", 0));
	refused(b_rename("r/info", "x", 0));
	refused(b_unlink("r/config", 0));
	refused(b_unlink("r/hooks", AT_REMOVEDIR));
	refused(b_link("r/config", "x"));
	refused(b_link("f", "r/commondir"));
	refused(b_symlink("f", "r/commondir"));
	refused(b_symlink("f", "r/config.worktree"));
	refused(call1(SYS_fchmodat, CWD, ptr("r/config"), 0600, 0, 0));
	must(fd = open("r/config", O_RDONLY));
	refused(call1(SYS_fchmod, (uint64_t)fd, 0600, 0, 0, 0));
	(void)close(fd);
	must(fd = open("r/hooks", O_RDONLY));
	refused(call1(SYS_fchmod, (uint64_t)fd, 0700, 0, 0, 0));
	(void)close(fd);
	/* It stays one ... */
	refused(b_unlink("r/HEAD", 0));
	assert_non_null(strstr(reported, "a bare repository's HEAD"));
	refused(b_rename("r/refs", "x", 0));
	refused(b_unlink("r/objects", AT_REMOVEDIR));
	refused(b_rename("r", "x", 0));
	refused(b_rename("e", "r", 2));
	/* ... and can be used. */
	assert_int_equal(b_put("r/HEAD.lock"), 0);
	assert_int_equal(b_rename("r/HEAD.lock", "r/HEAD", 0), 0);
	assert_int_equal(b_put("r/HEAD"), 0);
	assert_int_equal(b_put("r/config.lock"), 0);
	assert_int_equal(b_mkdir("r/refs/hooks"), 0);
	assert_int_equal(b_put("r/refs/config"), 0);
	assert_int_equal(b_put("r/objects/HEAD"), 0);
	assert_int_equal(b_put("r/info/refs"), 0);
	assert_int_equal(b_put("r/packed-refs"), 0);
	silently(b_unlink("r/config.worktree", 0), ENOENT);
	silently(b_mkdir("r/config"), EEXIST);

	/* What would become one. */
	must(mkdir("n", 0755));
	must(mkdir("n/objects", 0755));
	put("n/hooks", "x", 0644);
	assert_int_equal(b_put("n/hooks"), 0);
	assert_int_equal(b_put("n/HEAD"), 0);
	refused(b_put("n/hooks"));
	refused(b_put("n/config"));
	refused(b_mkdir("n/refs"));
	assert_non_null(strstr(reported, "a bare repository's refs"));
	refused(b_symlink("d", "n/Refs"));
	refused(b_rename("d", "n/refs", 0));
	refused(b_link("f", "n/refs"));
	refused(b_put("n/refs"));
	assert_int_equal(stat("n/refs", &st), -1);
	/* Nothing in it yet that is executed: then that is what may not. */
	must(mkdir("m", 0755));
	must(mkdir("m/objects", 0755));
	assert_int_equal(b_mkdir("m/refs"), 0);
	assert_int_equal(b_put("m/HEAD"), 0);
	refused(b_put("m/config"));
	refused(b_mkdir("m/hooks"));
	refused(b_symlink("../d", "m/info"));
	refused(b_rename("d", "m/info", 0));
	assert_int_equal(b_mkdir("m/info"), 0);
	refused(b_put("m/info/attributes"));
	/* Not with commondir either; a worktree has refs of its own. */
	must(mkdir("w", 0755));
	put("w/commondir", "x", 0644);
	refused(b_put("w/HEAD"));
	put("w/HEAD", "x", 0644);
	assert_int_equal(b_mkdir("w/refs"), 0);
	assert_int_equal(b_unlink("w/refs", AT_REMOVEDIR), 0);
	refused(b_put("w/commondir"));
	refused(b_unlink("w/HEAD", 0));
	/* Names like these elsewhere are names like others. */
	assert_int_equal(b_mkdir("d/hooks"), 0);
	assert_int_equal(b_put("d/hooks/config"), 0);
	assert_int_equal(b_put("d/config"), 0);
	assert_int_equal(b_put("d/HEAD"), 0);
	assert_int_equal(b_rename("d", "d2", 0), 0);

	/* New ones. */
	assert_int_equal(b_mkdir("new"), 0);
	assert_int_equal(b_put("new/config"), 0);
	assert_int_equal(b_mkdir("new/objects"), 0);
	assert_int_equal(b_mkdir("new/refs"), 0);
	assert_int_equal(b_put("new/HEAD"), 0);
	assert_int_equal(b_mkdir("new/hooks"), 0);
	assert_int_equal(b_put("new/hooks/x"), 0);
	assert_int_equal(b_put("new/config"), 0);
	assert_int_equal(b_rename("new", "new2", 0), 0);
	refused(b_rename("new2/config", "n/config", 0));
	must(mkdir("hollow2", 0755));
	assert_int_equal(b_mkdir("hollow2/branches"), 0);
	assert_int_equal(b_put("hollow2/HEAD"), 0);
	assert_int_equal(b_mkdir("hollow2/refs"), 0);
	assert_int_equal(b_put("hollow2/config"), 0);
	assert_int_equal(b_mkdir("hollow2/objects"), 0);
	assert_int_equal(b_put("hollow2/config"), 0);
	/* Almost one: not by way of a new tree. */
	must(mkdir("half", 0755));
	must(mkdir("half/objects", 0755));
	put("half/HEAD", "x", 0644);
	put("half/config", "x", 0644);
	refused(b_rename("half", "new2/half", 0));
	must(unlink("half/HEAD"));
	assert_int_equal(b_rename("half", "new2/half", 0), 0);
	assert_int_equal(b_put("new2/half/HEAD"), 0);
	assert_int_equal(b_mkdir("new2/half/refs"), 0);
	refused(b_rename("new2/half", "half", 0));

	/* allowGitConfig */
	assert_non_null(broker.guard = guard_new(EXEC_GIT_CONFIG));
	must(guard_add(broker.guard, GUARD_WRITE, "/", ""));
	assert_int_equal(b_put("r/config"), 0);
	assert_int_equal(b_put("r/config.worktree"), 0);
	refused(b_put("r/commondir"));
	refused(b_put("r/hooks/x"));
	guard_free(broker.guard);
	broker.guard = was;
}

/* Onto a protected file by one like it. */
static void
test_same(void **arg)
{
	struct stat	 before, st;

	(void)arg;
	enter("b");
	put(".npmrc", "text", 0644);
	must(stat(".npmrc", &before));
	put("same", "text", 0644);
	assert_int_equal(b_rename("same", ".npmrc", 0), 0);
	assert_int_equal(nreports, 0);
	assert_int_equal(stat("same", &st), -1);
	must(stat(".npmrc", &st));
	assert_int_equal(st.st_ino, before.st_ino);
	assert_int_equal(st.st_ctim.tv_nsec, before.st_ctim.tv_nsec);

	put("same", "texx", 0644);
	refused(b_rename("same", ".npmrc", 0));
	put("same", "text2", 0644);
	refused(b_rename("same", ".npmrc", 0));
	put("same", "text", 0600);
	must(chmod("same", 0600));
	refused(b_rename("same", ".npmrc", 0));
	must(chmod("same", 0644));
	refused(b_rename("same", ".npmrc", 2));
	refused(b_rename("same", ".zshrc", 0));
	refused(b_rename("d", ".npmrc", 0));
	must(symlink("same", "link"));
	refused(b_rename("link", ".npmrc", 0));
	must(mkfifo("pipe", 0644));
	refused(b_rename("pipe", ".npmrc", 0));
	/* A protected source is none that may go. */
	put(".yarnrc", "text", 0644);
	refused(b_rename(".yarnrc", ".npmrc", 0));
	/* In a new tree it is renamed. */
	assert_int_equal(b_mkdir("fresh"), 0);
	put("fresh/.npmrc", "text", 0644);
	must(stat("same", &before));
	assert_int_equal(b_rename("same", "fresh/.npmrc", 0), 0);
	must(stat("fresh/.npmrc", &st));
	assert_int_equal(st.st_ino, before.st_ino);
	/* Too much to look at. */
	put("big", "x", 0644);
	put(".profile", "x", 0644);
	must(truncate("big", 1048577));
	must(truncate(".profile", 1048577));
	refused(b_rename("big", ".profile", 0));
	must(truncate("big", 1048576));
	must(truncate(".profile", 1048576));
	assert_int_equal(b_rename("big", ".profile", 0), 0);
}

/* A number that is free again is no new directory's. */
static void
test_replaced(void **arg)
{
	struct fresh_id	 id;

	(void)arg;
	enter("b");
	must(mkdir("moved", 0755));
	assert_int_equal(b_mkdir("over"), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "over", &id), 1);
	assert_int_equal(b_rename("moved", "over", 0), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "over", &id), 0);
	/* Now as if the host had made another one with that number. */
	assert_int_equal(b_mkdir("one"), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "one", &id), 1);
	assert_int_equal(b_mkdir("two"), 0);
	assert_int_equal(b_rename("two", "one", 0), 0);
	assert_int_equal(fresh_known(&id), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "one", &id), 1);
	/* Nothing happens, so nothing goes. */
	assert_int_equal(b_rename("one", "./one", 0), 0);
	assert_int_equal(fresh_known(&id), 1);
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
	enter("b");
	must(setrlimit(RLIMIT_FSIZE, &rl));
	assert_int_equal(by_broker(&q), -EFBIG);
	must(setrlimit(RLIMIT_FSIZE, &was));
	assert_int_equal(got_signal, SIGXFSZ);
	(void)signal(SIGXFSZ, SIG_IGN);
}

/* A file that has lost its name and has got another one, unknown to us. */
static void
test_nameless(void **arg)
{
	int	 fd;

	(void)arg;
	enter("b");
	put("gone", "x", 0600);
	must(link("gone", "other"));
	must(fd = open("gone", O_RDONLY));
	must(unlink("gone"));
	(void)snprintf(state[0], sizeof(state[0]), "/proc/self/fd/%d", fd);
	refused(b_link(state[0], "x"));
	assert_non_null(strstr(reported, "file-write-link"));
	silently(b_link(state[0], "other"), EEXIST);
	(void)close(fd);
}

/* What has no name is opened again, or the caller learns that it is not. */
static void
test_anonymous(void **arg)
{
	struct guard		*was = broker.guard;
	struct lx_open_how	 how = { .flags = O_RDWR };
	struct request		 q[2];
	char			 name[32];
	int			 fds[4], pair[2];
	size_t			 i, k;

	(void)arg;
	enter("b");
	assert_non_null(broker.guard = guard_new(0));
	must(guard_add(broker.guard, GUARD_WRITE, "/", ""));
	must(guard_add(broker.guard, GUARD_NOREAD_GLOB, "/*.key", ""));
	must(fds[0] = inotify_init1(IN_CLOEXEC));
	must(fds[1] = eventfd(0, EFD_CLOEXEC));
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	fds[2] = pair[0];
	fds[3] = pair[1];
	for (i = 0; i < nitems(fds); i++) {
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[i]);
		q[0] = (struct request){ SYS_openat, { CWD, ptr(name),
		    O_RDONLY | O_TRUNC } };
		q[1] = (struct request){ NR_OPENAT2, { CWD, ptr(name),
		    ptr(&how), sizeof(how) } };
		for (k = 0; k < nitems(q); k++) {
			assert_true(by_kernel(&q[k]) < 0);
			assert_int_equal(by_broker(&q[k]), by_kernel(&q[k]));
		}
		(void)close(fds[i]);
	}
	/* A memfd that is held without having been opened. */
	must(fds[0] = memfd_create("x", MFD_CLOEXEC));
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	assert_int_equal(call1(NR_OPENAT2, CWD, ptr(name), ptr(&how),
	    sizeof(how), 0), 0);
	must(fds[1] = open(name, O_PATH | O_CLOEXEC));
	(void)close(fds[0]);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[1]);
	refused(call1(NR_OPENAT2, CWD, ptr(name), ptr(&how), sizeof(how),
	    0));
	(void)close(fds[1]);
	guard_free(broker.guard);
	broker.guard = was;
}

/* A guard that lets "d" of the tree be written, and may hide "*.key". */
static struct guard *
guard_of_d(int hides)
{
	struct guard	*g = guard_new(0);
	char		 text[sizeof(tree) + 16];

	assert_non_null(g);
	(void)snprintf(text, sizeof(text), "%s/d", tree);
	must(guard_add(g, GUARD_WRITE, text, ""));
	(void)snprintf(text, sizeof(text), "%s/**/*.key", tree);
	if (hides)
		must(guard_add(g, GUARD_NOREAD_GLOB, text,
		    "filesystem.denyRead[0] \"**/*.key\""));
	return g;
}

/* The link of /proc to a descriptor of a file whose name is gone. */
static const char *
lost(const char *name, int flags)
{
	static char	 link_name[32];
	int		 fd;

	must(fd = open(name, flags, 0600));
	if ((flags & LX_TMPFILE) != LX_TMPFILE)
		must(unlink(name));
	(void)snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", fd);
	return link_name;
}

static int
fd_of(const char *name)
{
	return atoi(strrchr(name, '/') + 1);
}

#define unread(call)							\
	do {								\
		assert_int_equal((call), -EACCES);			\
		assert_int_equal(nreports, 1);				\
	} while (0)

static void
test_lost_reads_F29(void **arg)
{
	struct guard	*was = broker.guard;
	const char	*name;

	(void)arg;
	enter("b");
	broker.guard = guard_of_d(1);
	put("d/x.key", "k", 0600);
	unread(b_open("d/x.key", O_RDONLY));
	unread(b_open(name = lost("d/x.key", O_PATH), O_RDONLY));
	assert_non_null(strstr(reported, "/d/x.key: the file has lost"));
	unread(b_open(name, O_RDWR));
	(void)close(fd_of(name));
	/* Its last name is no longer what hides it. */
	must(mkdir("d/k.key", 0700));
	put("d/k.key/f", "k", 0600);
	name = lost("d/k.key/f", O_PATH);
	must(rename("d/k.key", "d/k"));
	unread(b_open(name, O_RDONLY));
	(void)close(fd_of(name));
	/* What was opened was looked at. */
	put("d/y", "y", 0600);
	assert_int_equal(b_open(name = lost("d/y", O_RDONLY), O_RDONLY), 0);
	assert_int_equal(b_open(name, O_RDWR), 0);
	(void)close(fd_of(name));
	name = lost("d", LX_TMPFILE | O_RDWR);
	assert_int_equal(b_open(name, O_RDONLY), 0);
	(void)close(fd_of(name));
	/* In a directory that is gone there is nothing. */
	must(mkdir("d/gone", 0700));
	must(chdir("d/gone"));
	must(rmdir("../gone"));
	assert_int_equal(b_open(".", O_RDONLY | O_DIRECTORY), 0);
	must(chdir(tree));
	guard_free(broker.guard);
	broker.guard = was;
}

/* Not one of the calls that change what may not be changed does so. */
static void
lost_is_held(const char *name)
{
	static const int64_t	 times[4] = { 10, 20, 30, 40 };
	struct stat		 a, b;
	uint64_t		 fd = (uint64_t)fd_of(name);

	must(fstat((int)fd, &a));
	refused(b_open(name, O_WRONLY | O_NONBLOCK));
	refused(b_open(name, O_RDWR | O_NONBLOCK));
	refused(b_open(name, O_RDONLY | O_TRUNC | O_NONBLOCK));
	refused(call1(SYS_truncate, ptr(name), 0, 0, 0, 0));
	refused(call1(SYS_fchmodat, CWD, ptr(name), 0777, 0, 0));
	refused(call1(SYS_fchownat, CWD, ptr(name), (uint64_t)-1,
	    (uint64_t)-1, 0));
	refused(call1(SYS_fchownat, fd, ptr(""), (uint64_t)-1, (uint64_t)-1,
	    AT_EMPTY_PATH));
	refused(call1(SYS_utimensat, CWD, ptr(name), ptr(times), 0, 0));
	refused(call1(SYS_setxattr, ptr(name), ptr("user.x"), ptr("v"), 1,
	    0));
	refused(call1(SYS_fchmod, fd, 0777, 0, 0, 0));
	must(fstat((int)fd, &b));
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_size, b.st_size);
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	(void)close((int)fd);
}

static void
test_lost_writes_F29(void **arg)
{
	struct guard	*was = broker.guard;
	const char	*name;
	int		 flags;

	(void)arg;
	enter("b");
	broker.guard = guard_of_d(0);
	for (flags = O_RDONLY; flags <= O_PATH; flags += O_PATH - O_RDONLY) {
		/* Outside of what may be written. */
		put("alone", "x", 0600);
		lost_is_held(lost("alone", flags));
		must(mkfifo("pipe", 0600));
		lost_is_held(lost("pipe", flags | O_NONBLOCK));
		/* Inside, with another name that is perhaps outside. */
		put("d/two", "x", 0600);
		must(link("d/two", "left"));
		lost_is_held(lost("d/two", flags));
		must(unlink("left"));
		/* A protected one. */
		put("d/.bashrc", "x", 0600);
		lost_is_held(lost("d/.bashrc", flags));
		/* What is the command's own. */
		put("d/own", "x", 0600);
		name = lost("d/own", flags);
		assert_int_equal(b_open(name, O_RDWR), 0);
		assert_int_equal(call1(SYS_fchmodat, CWD, ptr(name), 0640, 0,
		    0), 0);
		assert_int_equal(call1(SYS_truncate, ptr(name), 9, 0, 0, 0),
		    0);
		(void)close(fd_of(name));
		must(mkfifo("d/pipe", 0600));
		name = lost("d/pipe", flags | O_NONBLOCK);
		assert_int_equal(b_open(name, O_RDWR), 0);
		(void)close(fd_of(name));
	}
	/* A descriptor for writing is no less than what it was. */
	put("d/two", "x", 0600);
	must(link("d/two", "left"));
	name = lost("d/two", O_WRONLY);
	assert_int_equal(b_open(name, O_RDWR | O_TRUNC), 0);
	assert_int_equal(call1(SYS_fchmod, (uint64_t)fd_of(name), 0640, 0, 0,
	    0), 0);
	(void)close(fd_of(name));
	name = lost(".", LX_TMPFILE | O_RDWR);
	assert_int_equal(b_open(name, O_RDWR), 0);
	assert_int_equal(b_link(name, "d/linked"), 0);
	(void)close(fd_of(name));
	guard_free(broker.guard);
	broker.guard = was;
}

/* Outside of the write roots the kernel's EROFS becomes a refusal. */
static void
test_result(void **arg)
{
	static struct call	 c;
	char			 real[PATH_MAX] = "/opt/\"x\"/y";
	struct loc		 loc;

	(void)arg;
	memset(&c, 0, sizeof(c));
	memset(&loc, 0, sizeof(loc));
	loc.kind = LOC_NAME;
	loc.dirfd = loc.fd = -1;
	loc.real = real;
	nreports = 0;
	assert_int_equal(check_result(&c, &loc, DEED_CREATE, -EACCES),
	    -EACCES);
	assert_int_equal(nreports, 0);
	refused(check_result(&c, &loc, DEED_CREATE, -EROFS));
	assert_string_equal(reported, "file-write-create /opt/\"x\"/y: outside "
	    "the writable paths [filesystem.allowWrite] \"filesystem\": "
	    "{\"allowWrite\": [\"/opt/\\\"x\\\"\"]}");
	(void)strlcpy(real, "/w/f", sizeof(real));
	nreports = 0;
	silently(check_result(&c, &loc, DEED_CREATE, -EROFS), EROFS);
}

static void
setup_broker(void)
{
	static struct fs_path	 root = { .kind = FS_WRITE, .type = FS_DIR };
	struct stat		 st;

	root.path = strdup("/w");
	TAILQ_INIT(&sandbox.paths);
	TAILQ_INSERT_TAIL(&sandbox.paths, &root, entry);
	sandbox.plan = plan_new(&sandbox.paths, 0);
	broker.sb = &sandbox;
	broker.guard = guard_new(0);
	broker.procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	broker.rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	broker.mounts.landlock.abi = 6;
	broker.mounts.landlock.handled = 1;
	if (sandbox.plan == NULL || broker.guard == NULL ||
	    guard_add(broker.guard, GUARD_WRITE, "/", "") == -1 ||
	    broker.procfd == -1 || broker.rootfd == -1 ||
	    stat("/proc", &st) == -1 ||
	    pthread_rwlock_init(&broker.tree, NULL) != 0)
		abort();
	broker.procdev = st.st_dev;
	/* Before a descriptor could have its number. */
	(void)path_fds();
}

static void
become_user(void)
{
	if (geteuid() != 0)
		return;
	if (chown(base, NOBODY, NOBODY) == -1 || setgroups(0, NULL) == -1 ||
	    setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	    setresuid(NOBODY, NOBODY, NOBODY) == -1 ||
	    prctl(PR_SET_DUMPABLE, 1) == -1)
		abort();
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
		cmocka_unit_test(test_mandatory),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_limit_signal),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_lost_reads_F29),
		cmocka_unit_test(test_lost_writes_F29),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_setid),
		cmocka_unit_test(test_result),
	};
	char	*real;
	int	 fd, failed;

	if (mkdtemp(base) == NULL)
		return 1;
	become_user();
	if ((real = realpath(base, NULL)) == NULL ||
	    strlcpy(top, real, sizeof(top)) >= sizeof(top))
		return 1;
	free(real);
	memset(long_name, 'n', NAME_MAX + 1);
	memset(long_path, 'p', PATH_MAX);
	(void)umask(027);
	setup_broker();
	make_chain();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	print_message("# %d calls compared\n", cases);
	if (chdir("/") == 0 && (fd = open(top, O_RDONLY | O_DIRECTORY)) !=
	    -1) {
		empty(fd);
		(void)close(fd);
	}
	(void)rmdir(top);
	return failed;
}
