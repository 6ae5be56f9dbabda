/* SPDX-License-Identifier: ISC */

/*
 * Opening, and how paths are resolved.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "posixfs.h"

static int
opened(const char *path, int flags, mode_t m)
{
	int	 fd = open(path, flags, m);

	if (fd != -1)
		(void)close(fd);
	return fd;
}

static void
open_creates(void)
{
	age(".");
	WORKS(opened("new", O_WRONLY | O_CREAT, 0666));
	HOLDS(mode("new") == 0644);
	HOLDS(get("new").st_size == 0);
	HOLDS(get("new").st_uid == geteuid());
	HOLDS(get("new").st_gid == getegid() ||
	    get("new").st_gid == get(".").st_gid);
	HOLDS(get("new").st_nlink == 1);
	HOLDS(modified("new"));
	HOLDS(modified("."));
	WORKS(opened("all", O_RDWR | O_CREAT | O_EXCL, 0777));
	HOLDS(mode("all") == 0755);
	/* The mode is for later opens. */
	WORKS(opened("none", O_RDWR | O_CREAT, 0));
	HOLDS(mode("none") == 0);
	FAILS(EACCES, opened("none", O_RDONLY, 0));
	/* On what is there the mode has no effect. */
	WORKS(opened("new", O_WRONLY | O_CREAT, 0600));
	HOLDS(mode("new") == 0644);
	age(".");
	age("new");
	WORKS(opened("new", O_RDWR | O_CREAT, 0600));
	HOLDS(!modified("."));
	HOLDS(!modified("new"));
}

static void
open_truncates(void)
{
	int	 fd;

	file("t", "content");
	age("t");
	mark("t");
	WORKS(opened("t", O_WRONLY | O_TRUNC, 0));
	HOLDS(get("t").st_size == 0);
	HOLDS(modified("t"));
	HOLDS(changed("t"));
	HOLDS(mode("t") == 0644);
	file("app", "12345");
	fd = open("app", O_WRONLY | O_APPEND);
	HOLDS(lseek(fd, 0, SEEK_CUR) == 0);
	HOLDS(write(fd, "6", 1) == 1);
	HOLDS(lseek(fd, 0, SEEK_SET) == 0);
	HOLDS(write(fd, "7", 1) == 1);
	HOLDS(holds("app", "1234567"));
	(void)close(fd);
	fd = open("app", O_WRONLY);
	HOLDS(write(fd, "x", 1) == 1);
	HOLDS(holds("app", "x234567"));
	HOLDS(read(fd, &fd, 1) == -1 && errno == EBADF);
	(void)close(fd);
	fd = open("app", O_RDONLY);
	HOLDS(write(fd, "y", 1) == -1 && errno == EBADF);
	HOLDS((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	(void)close(fd);
}

static void
open_fails(void)
{
	file("f", "");
	WORKS(mkdir("d", 0755));
	WORKS(symlink("nothing", "dangling"));
	WORKS(symlink("f", "tofile"));
	WORKS(symlink("loop", "loop"));
	FAILS(EEXIST, opened("f", O_WRONLY | O_CREAT | O_EXCL, 0644));
	FAILS(EEXIST, opened("d", O_RDONLY | O_CREAT | O_EXCL, 0644));
	FAILS(EEXIST, opened("tofile", O_WRONLY | O_CREAT | O_EXCL, 0644));
	FAILS(EEXIST, opened("dangling", O_WRONLY | O_CREAT | O_EXCL, 0644));
	HOLDS(!exists("nothing"));
	FAILS(EISDIR, opened("d", O_WRONLY, 0));
	FAILS(EISDIR, opened("d", O_RDWR, 0));
	FAILS(EISDIR, opened("d", O_RDWR | O_CREAT, 0644));
	FAILS(ENOENT, opened("nothing", O_RDONLY, 0));
	FAILS(ENOENT, opened("nothing", O_RDWR | O_TRUNC, 0));
	FAILS(ENOENT, opened("nodir/f", O_WRONLY | O_CREAT, 0644));
	FAILS(ENOENT, opened("", O_RDONLY, 0));
	FAILS(ENOENT, opened("", O_WRONLY | O_CREAT, 0644));
	FAILS(ENOTDIR, opened("f/f", O_RDONLY, 0));
	FAILS(ENOTDIR, opened("f/f", O_WRONLY | O_CREAT, 0644));
	FAILS(ENOTDIR, opened("f", O_RDONLY | O_DIRECTORY, 0));
	FAILS(ENOTDIR, opened("f/", O_RDONLY, 0));
	FAILS(ELOOP, opened("loop", O_RDONLY, 0));
	FAILS(ELOOP, opened("loop", O_WRONLY | O_CREAT, 0644));
	FAILS(ELOOP, opened("loop/f", O_WRONLY | O_CREAT, 0644));
	FAILS(ELOOP, opened("tofile", O_RDWR | O_NOFOLLOW, 0));
	FAILS(ELOOP, opened("dangling", O_WRONLY | O_NOFOLLOW, 0));
	WORKS(opened("f", O_RDWR | O_NOFOLLOW, 0));
	FAILS(ENAMETOOLONG, opened(long_name(NAME_MAX + 1), O_RDONLY, 0));
	FAILS(ENAMETOOLONG, opened(long_name(NAME_MAX + 1),
	    O_WRONLY | O_CREAT, 0644));
	FAILS(EFAULT, opened((char *)(uintptr_t)1, O_WRONLY | O_CREAT, 0644));
	/* Through the link, the file that it names. */
	WORKS(opened("dangling", O_WRONLY | O_CREAT, 0644));
	HOLDS(exists("nothing"));
	HOLDS(S_ISLNK(get("dangling").st_mode));
}

static void
open_permission(void)
{
	file("ro", "x");
	file("wo", "x");
	WORKS(chmod("ro", 0400));
	WORKS(chmod("wo", 0200));
	FAILS(EACCES, opened("ro", O_WRONLY, 0));
	FAILS(EACCES, opened("ro", O_RDWR, 0));
	FAILS(EACCES, opened("ro", O_RDONLY | O_TRUNC, 0));
	HOLDS(get("ro").st_size == 1);
	FAILS(EACCES, opened("wo", O_RDONLY, 0));
	FAILS(EACCES, opened("wo", O_RDWR, 0));
	WORKS(opened("wo", O_WRONLY, 0));
	WORKS(mkdir("closed", 0755));
	file("closed/f", "");
	WORKS(chmod("closed", 0600));
	FAILS(EACCES, opened("closed/f", O_RDONLY, 0));
	FAILS(EACCES, opened("closed/f", O_WRONLY, 0));
	FAILS(EACCES, opened("closed/g", O_WRONLY | O_CREAT, 0644));
	WORKS(chmod("closed", 0500));
	WORKS(opened("closed/f", O_WRONLY, 0));
	WORKS(opened("closed/f", O_WRONLY | O_CREAT, 0644));
	FAILS(EACCES, opened("closed/g", O_WRONLY | O_CREAT, 0644));
	FAILS(EEXIST, opened("closed/f", O_WRONLY | O_CREAT | O_EXCL, 0644));
	WORKS(chmod("closed", 0700));
}

void
test_open(void)
{
	open_creates();
	open_truncates();
	open_fails();
	open_permission();
}

void
test_openat(void)
{
	char	 cwd[PATH_MAX], path[PATH_MAX];
	int	 dir, fd, plain;

	WORKS(mkdir("d", 0755));
	WORKS(mkdir("d/e", 0755));
	dir = open("d", O_RDONLY | O_DIRECTORY);
	fd = openat(dir, "f", O_WRONLY | O_CREAT, 0644);
	HOLDS(fd != -1 && exists("d/f"));
	(void)close(fd);
	plain = open("d/f", O_RDWR);
	FAILS(ENOTDIR, openat(plain, "g", O_WRONLY | O_CREAT, 0644));
	FAILS(EBADF, openat(-1, "g", O_WRONLY | O_CREAT, 0644));
	FAILS(EBADF, openat(999, "g", O_WRONLY | O_CREAT, 0644));
	FAILS(ENOENT, openat(dir, "", O_WRONLY | O_CREAT, 0644));
	HOLDS(getcwd(cwd, sizeof(cwd)) != NULL);
	(void)snprintf(path, sizeof(path), "%.3000s/abs", cwd);
	fd = openat(plain, path, O_WRONLY | O_CREAT, 0644);
	HOLDS(fd != -1 && exists("abs"));
	(void)close(fd);
	fd = openat(AT_FDCWD, "here", O_WRONLY | O_CREAT, 0644);
	HOLDS(fd != -1 && exists("here"));
	(void)close(fd);
	/* A descriptor stays with the directory, not with its name. */
	WORKS(rename("d", "renamed"));
	fd = openat(dir, "e/g", O_WRONLY | O_CREAT, 0644);
	HOLDS(fd != -1 && exists("renamed/e/g"));
	(void)close(fd);
	WORKS(mkdirat(dir, "m", 0700));
	HOLDS(exists("renamed/m"));
	WORKS(symlinkat("f", dir, "s"));
	WORKS(linkat(dir, "f", AT_FDCWD, "hard", 0));
	HOLDS(get("hard").st_ino == get("renamed/f").st_ino);
	WORKS(renameat(dir, "f", dir, "f2"));
	WORKS(unlinkat(dir, "f2", 0));
	WORKS(unlinkat(dir, "m", AT_REMOVEDIR));
	FAILS(ENOTDIR, mkdirat(plain, "x", 0755));
	FAILS(EBADF, mkdirat(-1, "x", 0755));
	FAILS(ENOTDIR, unlinkat(plain, "x", 0));
	FAILS(EBADF, unlinkat(-1, "x", 0));
	FAILS(EBADF, symlinkat("x", -1, "x"));
	FAILS(ENOTDIR, symlinkat("x", plain, "x"));
	FAILS(EBADF, renameat(-1, "x", dir, "y"));
	FAILS(EBADF, linkat(-1, "x", dir, "y", 0));
	FAILS(EINVAL, unlinkat(dir, "s", 1));
	FAILS(EINVAL, linkat(dir, "s", dir, "y", 1));
	/* A directory that is gone takes nothing new. */
	fd = openat(dir, "e", O_RDONLY | O_DIRECTORY);
	WORKS(unlink("renamed/e/g"));
	WORKS(rmdir("renamed/e"));
	FAILS(ENOENT, openat(fd, "f", O_WRONLY | O_CREAT, 0644));
	FAILS(ENOENT, mkdirat(fd, "f", 0755));
	(void)close(fd);
	(void)close(plain);
	(void)close(dir);
}

void
test_descriptors(void)
{
	struct rlimit	 rl, old;
	int		 a, b, c;

	file("f", "");
	a = open("f", O_RDWR);
	b = open("f", O_RDWR);
	HOLDS(b > a);
	(void)close(a);
	c = open("f", O_RDWR);
	HOLDS(c == a);
	HOLDS((fcntl(c, F_GETFD) & FD_CLOEXEC) == 0);
	(void)close(c);
	c = open("f", O_RDWR | O_CLOEXEC);
	HOLDS(c == a);
	HOLDS((fcntl(c, F_GETFD) & FD_CLOEXEC) != 0);
	(void)close(c);
	c = open("f", O_RDWR | O_APPEND | O_NONBLOCK);
	HOLDS((fcntl(c, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) ==
	    (O_RDWR | O_APPEND | O_NONBLOCK));
	(void)close(c);
	(void)close(b);
	HOLDS(getrlimit(RLIMIT_NOFILE, &old) == 0);
	rl = old;
	rl.rlim_cur = (rlim_t)a;
	WORKS(setrlimit(RLIMIT_NOFILE, &rl));
	FAILS(EMFILE, open("f", O_RDWR));
	FAILS(EMFILE, open("new", O_WRONLY | O_CREAT, 0644));
	/* Before Linux 6.2 the broker cannot tell in time. */
	HOLDS(!exists("new") || get("/proc/self/fd").st_size == 0);
	WORKS(mkdir("d", 0755));
	WORKS(setrlimit(RLIMIT_NOFILE, &old));
}

/* --- FIFOs: who opens one end waits for the other */

static volatile sig_atomic_t	 signalled;

static void
on_signal(int sig)
{
	(void)sig;
	signalled = 1;
}

static void
fifo_waits(void)
{
	const struct timespec	 pause = { 0, 100000000 };
	struct timespec		 begin, end;
	char			 c = 0;
	pid_t			 pid;
	int			 fd, status;

	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	if ((pid = fork()) == 0) {
		(void)nanosleep(&pause, NULL);
		fd = open("p", O_WRONLY);
		_exit(fd != -1 && write(fd, "x", 1) == 1 ? 0 : 1);
	}
	fd = open("p", O_RDONLY);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	check(fd != -1, "the reader gets in");
	check((end.tv_sec - begin.tv_sec) * 1000 +
	    (end.tv_nsec - begin.tv_nsec) / 1000000 >= 50,
	    "when there is a writer");
	check(read(fd, &c, 1) == 1 && c == 'x', "and reads what it writes");
	(void)close(fd);
	HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
	if ((pid = fork()) == 0) {
		(void)nanosleep(&pause, NULL);
		fd = open("p", O_RDONLY);
		_exit(fd != -1 && read(fd, &c, 1) == 1 ? 0 : 1);
	}
	fd = open("p", O_WRONLY);
	check(fd != -1 && write(fd, "y", 1) == 1, "and a writer, a reader");
	(void)close(fd);
	HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
}

static void
fifo_signal(int flags)
{
	const struct timespec	 pause = { 0, 100000000 };
	struct sigaction	 sa;
	pid_t			 pid, parent = getpid();
	int			 fd, i, status;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = flags;
	(void)sigaction(SIGUSR1, &sa, NULL);
	signalled = 0;
	if ((pid = fork()) == 0) {
		/* The first may come before the call. */
		for (i = 0; i < ((flags & SA_RESTART) != 0 ? 1 : 100); i++) {
			(void)nanosleep(&pause, NULL);
			(void)kill(parent, SIGUSR1);
		}
		(void)nanosleep(&pause, NULL);
		/* Without a reader there is nothing to be got any more. */
		if ((flags & SA_RESTART) != 0)
			fd = open("p", O_WRONLY);
		_exit(0);
	}
	if ((flags & SA_RESTART) != 0) {
		WORKS(fd = open("p", O_RDONLY));
		(void)close(fd);
	} else
		FAILS(EINTR, open("p", O_RDONLY));
	check(signalled, "the signal came");
	if ((flags & SA_RESTART) == 0) {
		(void)signal(SIGUSR1, SIG_IGN);
		(void)kill(pid, SIGKILL);
	}
	HOLDS(waitpid(pid, &status, 0) == pid);
}

void
test_fifo(void)
{
	int	 r, w;

	WORKS(mkfifo("p", 0644));
	FAILS(ENXIO, open("p", O_WRONLY | O_NONBLOCK));
	WORKS(r = open("p", O_RDONLY | O_NONBLOCK));
	WORKS(w = open("p", O_WRONLY | O_NONBLOCK));
	HOLDS(write(w, "z", 1) == 1);
	(void)close(w);
	(void)close(r);
	WORKS(r = open("p", O_RDWR));
	(void)close(r);
	fifo_waits();
	fifo_signal(0);
	fifo_signal(SA_RESTART);
}

/* --- paths */

static void
chain_of_links(int n)
{
	char	 name[16], to[16] = "f";
	int	 i;

	for (i = 1; i <= n; i++) {
		(void)snprintf(name, sizeof(name), "l%d", i);
		if (symlink(to, name) == -1)
			err(1, "%s", name);
		(void)strlcpy(to, name, sizeof(to));
	}
}

void
test_paths(void)
{
	char	 cwd[PATH_MAX], path[PATH_MAX];

	file("f", "content");
	WORKS(mkdir("d", 0755));
	WORKS(mkdir("d/e", 0755));
	WORKS(opened("./f", O_RDWR, 0));
	WORKS(opened("d/../f", O_RDWR, 0));
	WORKS(opened("d//e/..//../f", O_RDWR, 0));
	WORKS(opened("././/./f", O_RDWR, 0));
	FAILS(ENOTDIR, opened("f/.", O_RDWR, 0));
	FAILS(ENOTDIR, opened("f/../f", O_RDWR, 0));
	FAILS(ENOENT, opened("nothing/../f", O_RDWR, 0));
	WORKS(mkdir("made/", 0755));
	WORKS(mkdir("made2//", 0755));
	WORKS(rmdir("made/"));
	WORKS(rmdir("made2/.") == -1 && errno == EINVAL ? 0 : -1);
	WORKS(opened(long_path(PATH_MAX - 1), O_RDWR, 0));
	FAILS(ENAMETOOLONG, opened(long_path(PATH_MAX), O_RDWR, 0));
	FAILS(ENAMETOOLONG, mkdir(long_path(PATH_MAX), 0755));
	FAILS(ENAMETOOLONG, unlink(long_path(PATH_MAX + 10)));
	WORKS(opened(long_name(NAME_MAX), O_WRONLY | O_CREAT, 0644));
	WORKS(unlink(long_name(NAME_MAX)));
	chain_of_links(41);
	WORKS(opened("l8", O_RDWR, 0));
	/* Linux promises 40, but counts some twice while others mount. */
	WORKS(opened("l19", O_RDWR, 0));
	FAILS(ELOOP, opened("l41", O_RDWR, 0));
	FAILS(ELOOP, truncate("l41", 0));
	FAILS(ELOOP, chmod("l41", 0644));
	/* Links to directories, relative to where they are. */
	WORKS(symlink("e", "d/toe"));
	WORKS(symlink("d/toe", "totoe"));
	WORKS(opened("totoe/n", O_WRONLY | O_CREAT, 0644));
	HOLDS(exists("d/e/n"));
	WORKS(opened("totoe/../m", O_WRONLY | O_CREAT, 0644));
	HOLDS(exists("d/m"));
	HOLDS(getcwd(cwd, sizeof(cwd)) != NULL);
	(void)snprintf(path, sizeof(path), "%.3000s/d/e", cwd);
	WORKS(symlink(path, "absolute"));
	WORKS(opened("absolute/k", O_WRONLY | O_CREAT, 0644));
	HOLDS(exists("d/e/k"));
	WORKS(chdir("absolute"));
	WORKS(opened("../j", O_WRONLY | O_CREAT, 0644));
	WORKS(chdir(cwd));
	HOLDS(exists("d/j"));
}

/* --- the mask */

static void *
set_mask(void *arg)
{
	(void)umask(*(mode_t *)arg);
	return NULL;
}

void
test_umask(void)
{
	pthread_t	 thread;
	mode_t		 m = 027;
	pid_t		 pid;
	int		 status;

	HOLDS(umask(077) == 022);
	HOLDS(umask(077) == 077);
	WORKS(opened("f", O_WRONLY | O_CREAT, 0666));
	HOLDS(mode("f") == 0600);
	WORKS(mkdir("d", 0777));
	HOLDS(mode("d") == 0700);
	WORKS(mkfifo("p", 0666));
	HOLDS(mode("p") == 0600);
	WORKS(mknod("n", S_IFREG | 0666, 0));
	HOLDS(mode("n") == 0600);
	WORKS(symlink("x", "s"));
	HOLDS(umask(0) == 077);
	WORKS(opened("f0", O_WRONLY | O_CREAT, 0666));
	HOLDS(mode("f0") == 0666);
	WORKS(mkdir("d0", 01777));
	HOLDS((mode("d0") & 0777) == 0777);
	HOLDS(umask(0777) == 0);
	WORKS(opened("f7", O_RDWR | O_CREAT, 0666));
	HOLDS(mode("f7") == 0);
	/* A child has it, and changes its own. */
	(void)umask(026);
	if ((pid = fork()) == 0) {
		if (opened("child", O_WRONLY | O_CREAT, 0666) == -1)
			_exit(1);
		_exit(umask(0) == 026 ? 0 : 2);
	}
	HOLDS(waitpid(pid, &status, 0) == pid && status == 0);
	HOLDS(mode("child") == 0640);
	WORKS(opened("parent", O_WRONLY | O_CREAT, 0666));
	HOLDS(mode("parent") == 0640);
	/* Threads share it. */
	HOLDS(pthread_create(&thread, NULL, set_mask, &m) == 0);
	HOLDS(pthread_join(thread, NULL) == 0);
	WORKS(opened("thread", O_WRONLY | O_CREAT, 0777));
	HOLDS(mode("thread") == 0750);
	HOLDS(umask(022) == 027);
}
