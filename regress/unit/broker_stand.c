/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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

#include "broker_stand.h"

#define NOBODY		65534
#define CHAIN		42	/* links one after the other */

struct broker	 broker;
char		 tree[512];
uint32_t	 stand_flags;
static struct sandbox	 sandbox;
static char	 base[] = "/tmp/srt-test.XXXXXX";
static char	 top[256];		/* real path of base */
static char	 up[512];		/* directory above the tree */

void
must(int r)
{
	if (r == -1)
		fail_msg("%s", strerror(errno));
}

/* The caller is this process. */

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

long
by_kernel(const struct request *q)
{
	long	 r;

	r = syscall(q->nr, q->arg[0], q->arg[1], q->arg[2], q->arg[3],
	    q->arg[4], q->arg[5]);
	return r == -1 ? -errno : r;
}

long
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
	must(caller_cwd = fcntl(fd, F_DUPFD_CLOEXEC, 150));
	(void)close(fd);
	/* Where it was we have left meanwhile. */
	(void)path_enter(path_fds());
	r = handler(&c);
	/* The caller's numbers are ours. */
	kept_forget();
	if (fchdir(caller_cwd) == -1)
		assert_int_equal(errno, EACCES);
	(void)close(caller_cwd);
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

void
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

static char	 clean[2][LOOK_MAX];	/* what a new tree is like */
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

/* "a/t" or "b/t". */
void
enter(int side)
{
	int	 fd;

	(void)snprintf(up, sizeof(up), "%s/%s", top, side ? "b" : "a");
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

void
leave(int side, char *out)
{
	size_t	 n = strlen(out);

	look(out);
	is_clean[side] = strcmp(out + n, clean[side]) == 0;
}

int
is_open(long nr)
{
#ifdef SYS_open
	if (nr == SYS_open || nr == SYS_creat)
		return 1;
#endif
	return nr == SYS_openat || nr == NR_OPENAT2;
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
	sandbox.opt.flags = stand_flags;
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
stand_begin(void **arg)
{
	char	*real;

	(void)arg;
	if (mkdtemp(base) == NULL)
		return -1;
	become_user();
	if ((real = realpath(base, NULL)) == NULL ||
	    strlcpy(top, real, sizeof(top)) >= sizeof(top))
		return -1;
	free(real);
	(void)umask(027);
	setup_broker();
	make_chain();
	return 0;
}

int
stand_end(void **arg)
{
	int	 fd;

	(void)arg;
	must(chdir("/"));
	must(fd = open(top, O_RDONLY | O_DIRECTORY));
	empty(fd);
	(void)close(fd);
	return rmdir(top);
}
