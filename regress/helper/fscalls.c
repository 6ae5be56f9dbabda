/* SPDX-License-Identifier: ISC */

/*
 * Makes a small tree and does pseudo-random system calls on it.  For each it
 * prints a line with the result, at the end the tree.  Nothing of it depends
 * on the folder's path, on the time, on process or inode numbers: what it
 * prints in the sandbox is what it prints outside, where the kernel alone
 * answers.
 *
 *	fscalls [-u] SEED COUNT DIR
 *	fscalls -d DIR
 *
 * With -u in user and mount namespaces of its own, without capabilities, with
 * DIR mounted onto itself: that is how the kernel answers a command of srt's
 * before the broker has a say.  With -d only the tree is
 * printed.
 *
 * Protected names, and set-user-ID and set-group-ID on files, are not used:
 * these srt refuses.
 */

#include "compat.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fscalls.h"

static uint64_t		 state;
static char		 top[PATH_MAX];	/* DIR as the kernel has it */
static long		 last_result;
static int		 last_errno;

unsigned int
rnd(unsigned int n)
{
	/* xorshift64*, from Vigna's paper of 2014 */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (unsigned int)((state * 0x2545f4914f6cdd1dULL) >> 33) % n;
}

int
chance(unsigned int n)
{
	return rnd(n) == 0;
}

void
out(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
}

void
show(char *buf, size_t size, const char *s)
{
	size_t	 n, len, toplen = strlen(top);
	char	*p = buf;

	/* A folder's name can be anywhere in the target of a link. */
	*p = '\0';
	if (strncmp(s, top, toplen) == 0) {
		*p++ = '@';
		s += toplen;
	}
	len = strlen(s);
	if (len > 100) {
		(void)snprintf(p, size - 1, "%.40s<%zu>%s", s, len,
		    s + len - 40);
		return;
	}
	for (n = 0; s[n] != '\0' && (size_t)(p - buf) < size - 5; n++)
		*p++ = s[n];
	*p = '\0';
}

#define E(name)	{ name, #name }
static const struct {
	int		 value;
	const char	*name;
} errors[] = {
	E(EPERM), E(ENOENT), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(EBADF),
	E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY), E(EEXIST),
	E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE),
	E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE),
	E(EROFS), E(EMLINK), E(ERANGE), E(ENAMETOOLONG), E(ENOSYS),
	E(ENOTEMPTY), E(ELOOP), E(ENODATA), E(EOPNOTSUPP), E(EOVERFLOW),
	E(ESTALE), E(EDQUOT)
};
#undef E

static const char *
error_name(int value)
{
	static char	 buf[16];
	size_t		 i;

	for (i = 0; i < nitems(errors); i++)
		if (errors[i].value == value)
			return errors[i].name;
	(void)snprintf(buf, sizeof(buf), "E%d", value);
	return buf;
}

long
call(long nr, ...)
{
	va_list	 ap;
	long	 a[6];
	int	 i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	errno = 0;
	last_result = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	last_errno = errno;
	return last_result;
}

void
result(void)
{
	if (last_result == -1)
		out(" = %s\n", error_name(last_errno));
	else
		out(" = %ld\n", last_result);
}

void
result_fd(void)
{
	struct stat	 st;
	int		 fd = (int)last_result;

	if (last_result == -1 || fstat(fd, &st) == -1) {
		result();
		return;
	}
	out(" = %d %o nlink %lu", fd, (unsigned int)st.st_mode,
	    (unsigned long)st.st_nlink);
	if (S_ISREG(st.st_mode))
		out(" size %lld", (long long)st.st_size);
	out(" fl %o fd %o\n", (unsigned int)fcntl(fd, F_GETFL),
	    (unsigned int)fcntl(fd, F_GETFD));
	/* Whose attributes a device has is up to who runs the test. */
	if (S_ISCHR(st.st_mode))
		(void)close(fd);
}

static void
write_file(const char *file, const char *line)
{
	ssize_t	 len = (ssize_t)strlen(line);
	int	 fd;

	if ((fd = open(file, O_WRONLY | O_CLOEXEC)) == -1 ||
	    write(fd, line, (size_t)len) != len || close(fd) == -1)
		err(1, "%s", file);
}

/* What srt does to its command, as far as the calls can tell. */
static void
reference(const char *dir)
{
	struct __user_cap_header_struct	 head = {
	    _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 none[2];
	char				 uids[32], gids[32];

	(void)snprintf(uids, sizeof(uids), "%u %u 1", getuid(), getuid());
	(void)snprintf(gids, sizeof(gids), "%u %u 1", getgid(), getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		err(1, "unshare");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", uids);
	write_file("/proc/self/gid_map", gids);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount(dir, dir, NULL, MS_BIND, NULL) == -1 ||
	    mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID |
	    MS_NODEV, NULL) == -1)
		err(1, "mount %s", dir);
	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &head, none) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(1, "capset");
}

/* The process as every run of the corpus begins. */
static void
begin(void)
{
	const struct rlimit	 files = { FD_LIMIT, FD_LIMIT };
	const struct rlimit	 size = { SIZE_LIMIT, SIZE_LIMIT };

	closefrom(STDERR_FILENO + 1);
	(void)setsid();
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)umask(022);
	if (setrlimit(RLIMIT_NOFILE, &files) == -1 ||
	    setrlimit(RLIMIT_FSIZE, &size) == -1)
		err(1, "setrlimit");
}

/*
 * Some directories down, so that ".." leads into what is ours, and where
 * nothing can be made.  The folder's own path must leave room for the deep
 * ones.
 */
static void
enter(void)
{
	int	 i, made, fd;

	for (i = 0; i < ABOVE; i++) {
		made = mkdir("up", 0755);
		if (chdir("up") == -1)
			err(1, "up");
		if (made == 0 && i > 0 && chmod("..", 0555) == -1)
			err(1, "chmod");
	}
	if (mkdir("w", 0755) == -1 || chmod(".", 0555) == -1 ||
	    chdir("w") == -1)
		err(1, "w");
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != FD_WORK)
		errx(1, "descriptor %d is open", FD_WORK);
}

static void
go_home(void)
{
	if (fchdir(FD_WORK) == -1)
		err(1, "fchdir");
}

/*
 * Now and then the tree is mended, or all would end in EACCES.  The working
 * directory stays within it.
 */
static void
mend(void)
{
	int	 i;

	(void)fchmod(FD_WORK, 0755);
	go_home();
	(void)umask(022);
	for (i = FD_WORK + 1; i < FD_LIMIT; i++)
		if (!chance(4))
			(void)close(i);
	tree_make(FD_WORK, top);
}

static void
stay(void)
{
	char	 cwd[PATH_MAX];
	size_t	 len = strlen(top);

	if (getcwd(cwd, sizeof(cwd)) == NULL ||
	    strncmp(cwd, top, len) != 0 || strlen(cwd) < len + 3 * ABOVE + 2) {
		(void)fchmod(FD_WORK, 0755);
		go_home();
	}
}

int
main(int argc, char *argv[])
{
	static char	 buf[1 << 16];
	int		 ch, only = 0, own = 0;
	long		 i, count;

	while ((ch = getopt(argc, argv, "du")) != -1) {
		if (ch == 'd')
			only = 1;
		else if (ch == 'u')
			own = 1;
		else
			return 2;
	}
	argc -= optind;
	argv += optind;
	if (argc != (only ? 1 : 3))
		errx(2, "usage: fscalls [-u] SEED COUNT DIR; fscalls -d DIR");
	if (realpath(argv[argc - 1], top) == NULL)
		err(1, "%s", argv[argc - 1]);
	(void)setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	if (own)
		reference(top);
	if (chdir(top) == -1)
		err(1, "%s", top);
	if (only) {
		tree_dump(AT_FDCWD, ".");
		return fflush(stdout) == 0 ? 0 : 1;
	}
	state = strtoull(argv[0], NULL, 10) * 0x9e3779b97f4a7c15ULL + 1;
	count = atol(argv[1]);
	begin();
	enter();
	args_init(top);
	for (i = 0; i < count; i++) {
		if (i % 64 == 0)
			mend();
		out("%ld ", i);
		any_call();
		stay();
	}
	(void)fchmod(FD_WORK, 0755);
	go_home();
	for (i = FD_WORK + 1; i < FD_LIMIT; i++)
		(void)close((int)i);
	tree_dump(FD_WORK, ".");
	return fflush(stdout) == 0 ? 0 : 1;
}
