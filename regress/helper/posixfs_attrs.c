/* SPDX-License-Identifier: ISC */

/*
 * Attributes of files, and of the process that changes them.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#include "posixfs.h"

#define SOME_TIME	1234567890L

static void
scene(void)
{
	file("f", "content");
	WORKS(mkdir("d", 0755));
	WORKS(symlink("f", "tofile"));
	WORKS(symlink("loop", "loop"));
	WORKS(symlink("nothing", "dangling"));
	WORKS(mkdir("closed", 0755));
	file("closed/x", "content");
	WORKS(chmod("closed", 0600));
}

static void
leave(void)
{
	WORKS(chmod("closed", 0700));
}

#define BAD_PATHS(call)							\
	do {								\
		FAILS(ENOENT, call("nothing"));				\
		FAILS(ENOENT, call("nodir/x"));				\
		FAILS(ENOENT, call(""));				\
		FAILS(ENOENT, call("dangling"));			\
		FAILS(ENOTDIR, call("f/x"));				\
		FAILS(ENOTDIR, call("f/"));				\
		FAILS(ELOOP, call("loop"));				\
		FAILS(ENAMETOOLONG, call(long_name(NAME_MAX + 1)));	\
		FAILS(ENAMETOOLONG, call(long_path(PATH_MAX)));		\
		FAILS(EACCES, call("closed/x"));			\
		FAILS(EFAULT, call((char *)(uintptr_t)1));		\
	} while (0)

static int
set_mode(const char *path)
{
	return chmod(path, 0600);
}

void
test_chmod(void)
{
	int	 fd;

	scene();
	age("f");
	mark("f");
	WORKS(chmod("f", 0640));
	HOLDS(mode("f") == 0640);
	HOLDS(changed("f"));
	HOLDS(!modified("f"));
	WORKS(chmod("f", 0));
	HOLDS(mode("f") == 0);
	FAILS(EACCES, open("f", O_RDONLY));
	WORKS(chmod("tofile", 0604));
	HOLDS(mode("f") == 0604);
	HOLDS(S_ISLNK(get("tofile").st_mode));
	WORKS(chmod("d", 01777));
	HOLDS(mode("d") == 01777);
	WORKS(chmod("d", 02755));
	HOLDS((mode("d") & 0777) == 0755);
	WORKS(fd = open("f", O_RDONLY));
	WORKS(fchmod(fd, 0444));
	HOLDS(mode("f") == 0444);
	WORKS(unlink("f"));
	WORKS(fchmod(fd, 0600));
	(void)close(fd);
	file("f", "");
	FAILS(EBADF, fchmod(-1, 0600));
	FAILS(EBADF, fchmod(fd, 0600));
	WORKS(fd = open("d", O_RDONLY | O_DIRECTORY));
	WORKS(fchmod(fd, 0711));
	HOLDS(mode("d") == 0711);
	file("d/in", "");
	WORKS(fchmodat(fd, "in", 0620, 0));
	HOLDS(mode("d/in") == 0620);
	(void)close(fd);
	FAILS(EBADF, fchmodat(fd, "in", 0600, 0));
	BAD_PATHS(set_mode);
	WORKS(mkfifo("p", 0644));
	WORKS(chmod("p", 0600));
	HOLDS(mode("p") == 0600);
	leave();
}

static int
set_owner(const char *path)
{
	return chown(path, getuid(), getgid());
}

void
test_chown(void)
{
	int	 fd;

	scene();
	mark("f");
	WORKS(chown("f", geteuid(), getegid()));
	HOLDS(changed("f"));
	WORKS(chown("f", (uid_t)-1, (gid_t)-1));
	HOLDS(get("f").st_uid == geteuid());
	WORKS(chown("tofile", (uid_t)-1, getegid()));
	WORKS(lchown("dangling", geteuid(), (gid_t)-1));
	WORKS(lchown("loop", geteuid(), (gid_t)-1));
	WORKS(fd = open("f", O_RDONLY));
	WORKS(fchown(fd, geteuid(), (gid_t)-1));
	(void)close(fd);
	FAILS(EBADF, fchown(fd, geteuid(), (gid_t)-1));
	WORKS(fchownat(AT_FDCWD, "loop", geteuid(), (gid_t)-1,
	    AT_SYMLINK_NOFOLLOW));
	FAILS(EINVAL, fchownat(AT_FDCWD, "f", geteuid(), (gid_t)-1, 1));
	/* In a user namespace there is no such user. */
	errno = 0;
	HOLDS(chown("f", geteuid() + 1, (gid_t)-1) == -1 &&
	    (errno == EPERM || errno == EINVAL));
	BAD_PATHS(set_owner);
	leave();
}

static int
set_times(const char *path)
{
	const struct timespec	 t[2] = { { 1, 2 }, { 3, 4 } };

	return utimensat(AT_FDCWD, path, t, 0);
}

static void
times_of_old(void)
{
	const struct utimbuf	 buf = { SOME_TIME, SOME_TIME + 1 };
	const struct timeval	 tv[2] = { { SOME_TIME + 2, 3 },
	    { SOME_TIME + 4, 5 } };

	WORKS(utime("f", &buf));
	HOLDS(get("f").st_atime == SOME_TIME);
	HOLDS(get("f").st_mtime == SOME_TIME + 1);
	WORKS(utime("f", NULL));
	HOLDS(get("f").st_mtime > SOME_TIME + 1);
	WORKS(utimes("f", tv));
	HOLDS(get("f").st_atim.tv_nsec == 3000);
	HOLDS(get("f").st_mtim.tv_nsec == 5000);
	WORKS(utimes("f", NULL));
	HOLDS(get("f").st_mtime > SOME_TIME + 4);
	FAILS(ENOENT, utime("nothing", NULL));
	FAILS(ENOENT, utimes("nothing", tv));
	WORKS(lutimes("dangling", tv));
	HOLDS(get("dangling").st_mtime == SOME_TIME + 4);
}

void
test_times(void)
{
	struct timespec	 t[2] = { { SOME_TIME, 111 }, { SOME_TIME + 9, 222 } };
	struct stat	 st;
	int		 fd;

	scene();
	mark("f");
	WORKS(utimensat(AT_FDCWD, "f", t, 0));
	st = get("f");
	HOLDS(st.st_atim.tv_sec == SOME_TIME && st.st_atim.tv_nsec == 111);
	HOLDS(st.st_mtim.tv_sec == SOME_TIME + 9);
	HOLDS(st.st_mtim.tv_nsec == 222);
	HOLDS(changed("f"));
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	WORKS(utimensat(AT_FDCWD, "f", t, 0));
	HOLDS(get("f").st_atim.tv_sec == SOME_TIME);
	HOLDS(get("f").st_mtim.tv_sec > SOME_TIME + 9);
	age("f");
	t[1].tv_nsec = UTIME_OMIT;
	WORKS(utimensat(AT_FDCWD, "f", t, 0));
	HOLDS(!modified("f"));
	WORKS(utimensat(AT_FDCWD, "f", NULL, 0));
	HOLDS(modified("f"));
	t[1].tv_nsec = 1000000000;
	FAILS(EINVAL, utimensat(AT_FDCWD, "f", t, 0));
	t[1].tv_nsec = -1;
	FAILS(EINVAL, utimensat(AT_FDCWD, "f", t, 0));
	t[0].tv_nsec = t[1].tv_nsec = 0;
	FAILS(EINVAL, utimensat(AT_FDCWD, "f", t, 1));
	/* The link or the file. */
	WORKS(utimensat(AT_FDCWD, "tofile", t, AT_SYMLINK_NOFOLLOW));
	HOLDS(get("tofile").st_mtim.tv_sec == SOME_TIME + 9);
	HOLDS(get("f").st_mtim.tv_sec > SOME_TIME + 9);
	WORKS(utimensat(AT_FDCWD, "tofile", t, 0));
	HOLDS(get("f").st_mtim.tv_sec == SOME_TIME + 9);
	/* The owner needs no permission. */
	WORKS(chmod("f", 0));
	WORKS(utimensat(AT_FDCWD, "f", NULL, 0));
	WORKS(chmod("f", 0400));
	WORKS(fd = open("f", O_RDONLY));
	WORKS(futimens(fd, t));
	HOLDS(get("f").st_mtim.tv_sec == SOME_TIME + 9);
	WORKS(futimens(fd, NULL));
	HOLDS(get("f").st_mtim.tv_sec > SOME_TIME + 9);
	(void)close(fd);
	FAILS(EBADF, futimens(fd, t));
	WORKS(fd = open("d", O_RDONLY | O_DIRECTORY));
	file("d/in", "");
	WORKS(utimensat(fd, "in", t, 0));
	HOLDS(get("d/in").st_mtim.tv_sec == SOME_TIME + 9);
	(void)close(fd);
	FAILS(EBADF, utimensat(fd, "in", t, 0));
	WORKS(utimensat(AT_FDCWD, "d", t, 0));
	HOLDS(get("d").st_mtim.tv_sec == SOME_TIME + 9);
	BAD_PATHS(set_times);
	WORKS(chmod("f", 0644));
	times_of_old();
	leave();
}

static int
cut(const char *path)
{
	return truncate(path, 1);
}

void
test_truncate(void)
{
	const struct rlimit	 small = { 4096, RLIM_INFINITY };
	struct rlimit		 old, now;
	char			 buf[16];
	int			 fd;

	scene();
	age("f");
	mark("f");
	WORKS(truncate("f", 3));
	HOLDS(holds("f", "con"));
	HOLDS(modified("f"));
	HOLDS(changed("f"));
	WORKS(truncate("f", 10));
	HOLDS(get("f").st_size == 10);
	fd = open("f", O_RDONLY);
	HOLDS(read(fd, buf, sizeof(buf)) == 10 && buf[2] == 'n' &&
	    buf[3] == '\0' && buf[9] == '\0');
	HOLDS(ftruncate(fd, 0) == -1 && (errno == EINVAL || errno == EBADF));
	(void)close(fd);
	FAILS(EINVAL, truncate("f", -1));
	FAILS(EISDIR, truncate("d", 0));
	WORKS(truncate("tofile", 1));
	HOLDS(get("f").st_size == 1);
	WORKS(chmod("f", 0444));
	FAILS(EACCES, truncate("f", 0));
	HOLDS(get("f").st_size == 1);
	WORKS(chmod("f", 0200));
	WORKS(truncate("f", 0));
	WORKS(fd = open("f", O_WRONLY));
	WORKS(ftruncate(fd, 100));
	HOLDS(lseek(fd, 0, SEEK_CUR) == 0);
	(void)close(fd);
	FAILS(EBADF, ftruncate(fd, 0));
	WORKS(mkfifo("p", 0644));
	FAILS(EINVAL, truncate("p", 0));
	BAD_PATHS(cut);
	/* The limit of the caller. */
	(void)signal(SIGXFSZ, SIG_IGN);
	HOLDS(getrlimit(RLIMIT_FSIZE, &old) == 0);
	now = small;
	now.rlim_max = old.rlim_max;
	WORKS(setrlimit(RLIMIT_FSIZE, &now));
	FAILS(EFBIG, truncate("f", 5000));
	WORKS(truncate("f", 4096));
	WORKS(setrlimit(RLIMIT_FSIZE, &old));
	WORKS(truncate("f", 5000));
	leave();
}

/* --- each process has its own working directory and mask */

static int
child(void)
{
	(void)umask(077);
	if (chdir("a") == -1)
		return 1;
	file("child", "");
	return mode("child") == 0600 ? 0 : 2;
}

static int
apart(void)
{
	if (unshare(CLONE_FS) == -1 || chdir("b") == -1)
		return 1;
	file("apart", "");
	return 0;
}

/* The program that a child becomes has its directory and mask. */
static int
program(void)
{
	(void)umask(027);
	if (chdir("a") == -1)
		return 1;
	(void)execl("/bin/sh", "sh", "-c",
	    ": >program && mkdir made && ln program linked && mv made moved",
	    (char *)NULL);
	return 127;
}

static int
in_child(int (*run)(void))
{
	int	 status;
	pid_t	 pid;

	if ((pid = fork()) == 0)
		_exit(run());
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
test_process(void)
{
	int	 fd;

	WORKS(mkdir("a", 0755));
	WORKS(mkdir("b", 0755));
	HOLDS(in_child(child) == 0);
	HOLDS(exists("a/child"));
	HOLDS(in_child(apart) == 0);
	HOLDS(exists("b/apart"));
	HOLDS(in_child(program) == 0);
	HOLDS(exists("a/program") && mode("a/program") == 0640);
	HOLDS(get("a/program").st_nlink == 2);
	HOLDS(exists("a/moved") && (mode("a/moved") & 0777) == 0750);
	file("parent", "");
	HOLDS(mode("parent") == 0644);
	/* A working directory that is moved, and one that is gone. */
	WORKS(fd = open(".", O_RDONLY | O_DIRECTORY));
	WORKS(mkdir("b/c", 0755));
	WORKS(chdir("b/c"));
	WORKS(rename("../../b", "../../b2"));
	file("here", "");
	WORKS(unlink("here"));
	WORKS(rmdir("../c"));
	FAILS(ENOENT, open("x", O_WRONLY | O_CREAT, 0644));
	FAILS(ENOENT, mkdir("x", 0755));
	FAILS(ENOENT, symlink("x", "y"));
	WORKS(fchdir(fd));
	HOLDS(exists("b2/apart"));
	(void)close(fd);
}
