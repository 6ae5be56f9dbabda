/* SPDX-License-Identifier: ISC */

/*
 * Checks file system calls against the text of POSIX.1-2008: their effects,
 * and the errors that they shall fail with.  Where the text leaves a choice
 * the other answers pass, too.
 *
 *	posixfs DIR
 *
 * DIR is empty, and so it is afterwards.  Privileges are given up first: the
 * permissions of files shall matter.
 */

#include "compat.h"

#include <sys/syscall.h>

#include <linux/capability.h>

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "posixfs.h"

#define LONG_AGO	1000000000L

static unsigned int	 number, failed;
static const char	*group;
static struct timespec	 marked;

void
check(int cond, const char *fmt, ...)
{
	va_list	 ap;

	(void)printf("%sok %u - %s: ", cond ? "" : "not ", ++number, group);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	if (!cond)
		failed++;
}

void
check_call(long r, int error, int want, const char *what)
{
	if (want == 0) {
		check(r != -1, "%s", what);
		if (r == -1)
			(void)printf("# %s\n", strerror(error));
		return;
	}
	check(r == -1 && error == want, "%s fails: %s", what, strerror(want));
	if (r != -1)
		(void)printf("# returned %ld\n", r);
	else if (error != want)
		(void)printf("# %s\n", strerror(error));
}

void
file(const char *path, const char *content)
{
	ssize_t	 len = (ssize_t)strlen(content);
	int	 fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || write(fd, content, (size_t)len) != len)
		err(1, "%s", path);
	(void)close(fd);
}

struct stat
get(const char *path)
{
	struct stat	 st;

	if (lstat(path, &st) == -1)
		err(1, "%s: lstat %s", group, path);
	return st;
}

mode_t
mode(const char *path)
{
	return get(path).st_mode & 07777;
}

int
exists(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0;
}

int
holds(const char *path, const char *content)
{
	char	 buf[256];
	ssize_t	 n;
	int	 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	(void)close(fd);
	if (n == -1)
		return 0;
	buf[n] = '\0';
	return strcmp(buf, content) == 0;
}

void
age(const char *path)
{
	const struct timespec	 t[2] = { { LONG_AGO, 0 }, { LONG_AGO, 0 } };

	if (utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW) == -1)
		err(1, "%s: utimensat %s", group, path);
}

int
modified(const char *path)
{
	return get(path).st_mtime > LONG_AGO;
}

void
mark(const char *path)
{
	struct timespec	 pause = { 0, 20000000 };

	marked = get(path).st_ctim;
	/* Times are those of the last tick: at most 10 ms old. */
	(void)nanosleep(&pause, NULL);
}

int
changed(const char *path)
{
	struct stat	 st = get(path);

	return st.st_ctim.tv_sec > marked.tv_sec ||
	    (st.st_ctim.tv_sec == marked.tv_sec &&
	    st.st_ctim.tv_nsec > marked.tv_nsec);
}

const char *
long_name(size_t n)
{
	static char	 buf[PATH_MAX];

	memset(buf, 'n', n);
	buf[n] = '\0';
	return buf;
}

/* "./././f" and the like: a path is long by itself. */
const char *
long_path(size_t n)
{
	static char	 buf[PATH_MAX * 2];
	size_t		 i;

	for (i = 0; i < n - 1; i++)
		buf[i] = i % 2 == 0 ? '.' : '/';
	if (n % 2 == 0)
		buf[n - 2] = '/';
	buf[n - 1] = 'f';
	buf[n] = '\0';
	return buf;
}

static int
discard(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	if (remove(path) == -1)
		warn("%s", path);
	return 0;
}

/* Each group has a directory of its own. */
static void
run(const char *name, void (*test)(void))
{
	group = name;
	(void)umask(022);
	if (mkdir(name, 0755) == -1 || chdir(name) == -1)
		err(1, "%s", name);
	test();
	if (chdir("..") == -1)
		err(1, "..");
	(void)nftw(name, discard, 16, FTW_DEPTH | FTW_PHYS);
}

static void
drop_privileges(void)
{
	struct __user_cap_header_struct	 head = {
	    _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct	 none[2];

	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &head, none) == -1)
		err(1, "capset");
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char	*name;
		void		(*test)(void);
	} groups[] = {
		{ "open", test_open }, { "openat", test_openat },
		{ "descriptors", test_descriptors }, { "fifo", test_fifo },
		{ "paths", test_paths }, { "umask", test_umask },
		{ "mkdir", test_mkdir }, { "rmdir", test_rmdir },
		{ "mknod", test_mknod }, { "link", test_link },
		{ "symlink", test_symlink }, { "unlink", test_unlink },
		{ "rename", test_rename }, { "rename_dir", test_rename_dir },
		{ "chmod", test_chmod }, { "chown", test_chown },
		{ "times", test_times }, { "truncate", test_truncate },
		{ "process", test_process }
	};
	size_t	 i;

	if (argc != 2)
		errx(2, "usage: posixfs DIR");
	/* Where it hangs, if it does, is to be seen. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	drop_privileges();
	if (chdir(argv[1]) == -1)
		err(1, "%s", argv[1]);
	for (i = 0; i < nitems(groups); i++)
		run(groups[i].name, groups[i].test);
	(void)printf("1..%u\n", number);
	return fflush(stdout) == 0 && failed == 0 ? 0 : 1;
}
