/* SPDX-License-Identifier: ISC */

/*
 * Where do relative names land?  In the directory that the thread is in, by
 * whatever way it got there.
 *
 *	cwdcheck ROUNDS DIR
 *	cwdcheck -r MILLIS DIR	threads race in and out of DIR/.vscode
 *	cwdcheck -f ROUNDS DIR	one process after another
 *	cwdcheck -s		makes the names that it reads, each when it is
 *				read, and says what came of it
 *
 * DIR is there and empty; CWDCHECK_PROC is the /proc whose links it tries, if
 * not that one.  Prints a line for each check, and fails if one did.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NDIRS		3
#define NRACERS		3
#define PROTECTED	".vscode"

static const char	*self;
static const char	*procs = "/proc";
static char		 dirs[NDIRS][PATH_MAX];
static char		 top[PATH_MAX];
static int		 rounds, failed;
static atomic_int	 done;
static atomic_long	 made, refused, strays;

static int
is_at(const char *dir, const char *name)
{
	char		 path[2 * PATH_MAX];
	struct stat	 st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return lstat(path, &st) == 0;
}

static int
touch(const char *name)
{
	int	 fd;

	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd == -1)
		return -1;
	(void)close(fd);
	return 0;
}

/* Do the calls that take names act in this directory?  0 if so. */
static int
lands(const char *dir)
{
	if (touch("n") == -1 || !is_at(dir, "n") ||
	    rename("n", "m") == -1 || !is_at(dir, "m") || is_at(dir, "n") ||
	    unlink("m") == -1 || is_at(dir, "m") ||
	    mkdir("d", 0777) == -1 || !is_at(dir, "d") ||
	    rmdir("d") == -1 || is_at(dir, "d"))
		return 1;
	return 0;
}

static void
go(const char *dir)
{
	if (chdir(dir) == -1)
		err(1, "%s", dir);
}

static int
ended_well(pid_t pid)
{
	int	 status;

	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(1, "child");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
by_chdir(int i)
{
	go(dirs[i % NDIRS]);
	return lands(dirs[i % NDIRS]);
}

static int
by_fchdir(int i)
{
	int	 fd, wrong;

	fd = open(dirs[i % NDIRS], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	wrong = fd == -1 || fchdir(fd) == -1 || lands(dirs[i % NDIRS]);
	(void)close(fd);
	return wrong;
}

/* The same text leads to one directory and then to another. */
static int
by_rename(int i)
{
	char	 path[PATH_MAX + 8];

	go(top);
	(void)i;
	if (rename("0", "x") == -1 || rename("1", "0") == -1 ||
	    touch("0/n") == -1 || rename("0", "1") == -1 ||
	    rename("x", "0") == -1 || unlink("1/n") == -1)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/n", dirs[0]);
	return touch(path) == -1 || unlink("0/n") == -1;
}

static int
by_symlink(int i)
{
	go(top);
	return symlink(dirs[i % NDIRS], "l") == -1 || touch("l/n") == -1 ||
	    !is_at(dirs[i % NDIRS], "n") || unlink("l/n") == -1 ||
	    is_at(dirs[i % NDIRS], "n") || unlink("l") == -1;
}

/* In its place there is another one by then, perhaps of the same number. */
static int
by_remake(int i)
{
	(void)i;
	go(top);
	return mkdir("r", 0777) == -1 || chdir("r") == -1 ||
	    touch("n") == -1 || unlink("n") == -1 || rmdir("../r") == -1 ||
	    touch("n") != -1 || errno != ENOENT ||
	    mkdir("../r", 0777) == -1 || touch("n") != -1 ||
	    touch("../r/n") == -1 || !is_at(top, "r/n") ||
	    unlink("../r/n") == -1 || rmdir("../r") == -1;
}

static int
by_fork(int i)
{
	pid_t	 pid;

	go(dirs[0]);
	if (lands(dirs[0]))
		return 1;
	if ((pid = fork()) == 0) {
		go(dirs[1 + i % 2]);
		_exit(lands(dirs[1 + i % 2]));
	}
	return lands(dirs[0]) || !ended_well(pid) || lands(dirs[0]);
}

/* Shares memory and nothing else. */
static int
by_vfork(int i)
{
	pid_t	 pid;

	go(dirs[0]);
	(void)i;
	/* The call that posix_spawn has is the point. */
	if ((pid = vfork()) == 0)	/* NOLINT */
		_exit(chdir(dirs[1]) == -1);	/* NOLINT */
	return !ended_well(pid) || lands(dirs[0]);
}

/* A process that shares the working directory. */
static int
by_clone(int i)
{
	const char	*to = dirs[1 + i % 2];
	pid_t		 pid;

	go(dirs[0]);
	if (lands(dirs[0]))
		return 1;
	pid = (pid_t)syscall(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL,
	    NULL);
	if (pid == 0)
		_exit(chdir(to) == -1);
	return !ended_well(pid) || lands(to);
}

static void *
change(void *dir)
{
	go(dir);
	return NULL;
}

static void
in_thread(void *(*function)(void *), void *arg)
{
	pthread_t	 thread;

	if (pthread_create(&thread, NULL, function, arg) != 0 ||
	    pthread_join(thread, NULL) != 0)
		errx(1, "thread");
}

static int
by_thread(int i)
{
	go(dirs[0]);
	if (lands(dirs[0]))
		return 1;
	in_thread(change, dirs[1 + i % 2]);
	return lands(dirs[1 + i % 2]);
}

/* Two threads that stay, and take turns. */
static pthread_barrier_t	 turn;
static int			 turn_wrong;

static void *
turns(void *arg)
{
	int	 i, mine = arg != NULL;

	for (i = 0; i < rounds; i++) {
		if (i % 2 == mine)
			go(dirs[i % NDIRS]);
		(void)pthread_barrier_wait(&turn);
		if (i % 2 != mine && lands(dirs[i % NDIRS]))
			turn_wrong++;
		(void)pthread_barrier_wait(&turn);
		/* And the one that has moved, too. */
		if (i % 2 == mine && lands(dirs[i % NDIRS]))
			turn_wrong++;
		(void)pthread_barrier_wait(&turn);
	}
	return NULL;
}

static int
by_turns(int i)
{
	pthread_t	 thread;

	if (i != 0)
		return 0;
	turn_wrong = 0;
	if (pthread_barrier_init(&turn, NULL, 2) != 0 ||
	    pthread_create(&thread, NULL, turns, &turn) != 0)
		errx(1, "thread");
	(void)turns(NULL);
	(void)pthread_join(thread, NULL);
	return turn_wrong != 0;
}

/* A thread with a working directory of its own. */
static void *
apart(void *arg)
{
	int	 *wrong = arg;

	if (unshare(CLONE_FS) == -1)
		err(1, "unshare");
	go(dirs[1]);
	*wrong = lands(dirs[1]);
	return NULL;
}

static int
by_unshare(int i)
{
	int	 wrong = 1;

	(void)i;
	go(dirs[0]);
	in_thread(apart, &wrong);
	return wrong || lands(dirs[0]);
}

/* Its program takes the place, and the number, of the first thread. */
static void *
apart_exec(void *arg)
{
	char	*argv[] = { arg, NULL, NULL, NULL, NULL };

	argv[1] = (char *)(uintptr_t)"-l";
	argv[2] = (char *)(uintptr_t)"1";
	argv[3] = dirs[1];
	if (unshare(CLONE_FS) == -1)
		err(1, "unshare");
	go(dirs[1]);
	(void)execv(self, argv);
	err(1, "%s", self);
}

static int
by_exec(int i)
{
	pid_t	 pid;

	(void)i;
	if ((pid = fork()) == 0) {
		go(dirs[0]);
		if (lands(dirs[0]))
			_exit(1);
		in_thread(apart_exec, (void *)(uintptr_t)self);
		_exit(1);
	}
	return !ended_well(pid);
}

/* Every one is somewhere else, and of some the number is another's before. */
static int
by_number(int i)
{
	pid_t	 pid;

	if ((pid = fork()) == 0) {
		go(dirs[i % NDIRS]);
		_exit(lands(dirs[i % NDIRS]));
	}
	return !ended_well(pid);
}

/*
 * A name that has led to one directory is made a link of /proc's that leads to
 * the caller's own: not to that of who looks, who has just been in the first.
 * In a /proc of others it leads nowhere.  The link is made anew by a name that
 * nothing is remembered of.
 */
static int
by_magic(int i)
{
	char	 link[PATH_MAX + 32], n[PATH_MAX + 8], m[PATH_MAX + 8];
	int	 at, fd, stray;

	go(top);
	(void)snprintf(link, sizeof(link), "%.*s/%s/cwd", PATH_MAX,
	    procs, i % 2 == 0 ? "self" : "thread-self");
	(void)snprintf(n, sizeof(n), "%s/way/n", top);
	(void)snprintf(m, sizeof(m), "%s/way/m", top);
	if ((at = open("0", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    symlink("0", "way") == -1 || touch(n) == -1 ||
	    unlink("way") == -1 || symlink(link, "way") == -1 ||
	    (fd = openat(at, "n", O_WRONLY | O_CLOEXEC)) == -1)
		err(1, "way");
	(void)close(fd);
	(void)touch(m);
	stray = unlinkat(at, "m", 0) == 0;
	if (unlink("m") == -1 && strcmp(procs, "/proc") == 0)
		stray = 1;
	if (unlink("way") == -1 || unlinkat(at, "n", 0) == -1)
		err(1, "way");
	(void)close(at);
	return stray;
}

static void
check(const char *what, int (*way)(int), int n)
{
	int	 i, wrong = 0;

	for (i = 0; i < n; i++)
		wrong += way(i);
	if (wrong != 0)
		failed = 1;
	(void)printf("%s: %d of %d wrong\n", what, wrong, n);
	(void)fflush(stdout);
}

static void *
wander(void *arg)
{
	char	 path[PATH_MAX + sizeof(PROTECTED) + 1];

	(void)snprintf(path, sizeof(path), "%s/%s", top, PROTECTED);
	while (!atomic_load(&done)) {
		go(dirs[0]);
		go(top);
		go(path);
	}
	return arg;
}

/* What was made must be in one of the two places that are allowed. */
static void *
scatter(void *arg)
{
	char	 name[32], path[PATH_MAX + 64];
	long	 i;
	int	 found;

	for (i = 0; !atomic_load(&done); i++) {
		(void)snprintf(name, sizeof(name), "%s-%ld", (char *)arg, i);
		if (touch(name) == -1) {
			if (errno != EPERM)
				err(1, "%s", name);
			atomic_fetch_add(&refused, 1);
			continue;
		}
		atomic_fetch_add(&made, 1);
		(void)snprintf(path, sizeof(path), "%s/%s", dirs[0], name);
		found = unlink(path) == 0;
		(void)snprintf(path, sizeof(path), "%s/%s", top, name);
		if (unlink(path) == 0)
			found = 1;
		if (!found)
			atomic_fetch_add(&strays, 1);
	}
	return NULL;
}

static void
race(int millis)
{
	static char	 names[NRACERS][4] = { "a", "b", "c" };
	struct timespec	 ts = {
		.tv_sec = millis / 1000,
		.tv_nsec = millis % 1000 * 1000000L
	};
	pthread_t	 threads[NRACERS + 2];
	size_t		 i;
	int		 r = 0;

	for (i = 0; i < NRACERS; i++)
		r |= pthread_create(&threads[i], NULL, scatter, names[i]);
	for (; i < nitems(threads); i++)
		r |= pthread_create(&threads[i], NULL, wander, NULL);
	if (r != 0)
		errx(1, "pthread_create");
	(void)nanosleep(&ts, NULL);
	atomic_store(&done, 1);
	for (i = 0; i < nitems(threads); i++)
		(void)pthread_join(threads[i], NULL);
	(void)printf("made %ld\nrefused %ld\nstrays %ld\n",
	    atomic_load(&made), atomic_load(&refused), atomic_load(&strays));
	failed = atomic_load(&strays) != 0;
}

/* A line is a name to make. */
static void
steps(void)
{
	char	 line[NAME_MAX + 2];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		(void)printf("%s: %s\n", line, touch(line) == 0 ? "made" :
		    strerror(errno));
		(void)fflush(stdout);
	}
}

static void
prepare(const char *dir)
{
	int	 i;

	if (realpath(dir, top) == NULL)
		err(1, "%s", dir);
	for (i = 0; i < NDIRS; i++) {
		(void)snprintf(dirs[i], sizeof(dirs[i]), "%.*s/%d",
		    PATH_MAX - 16, top, i);
		if (mkdir(dirs[i], 0777) == -1 && errno != EEXIST)
			err(1, "%s", dirs[i]);
	}
}

int
main(int argc, char *argv[])
{
	const char	*mode = argc == 4 || argc == 2 ? argv[1] : "";

	self = argv[0];
	if (getenv("CWDCHECK_PROC") != NULL)
		procs = getenv("CWDCHECK_PROC");
	if (strcmp(mode, "-s") == 0 && argc == 2) {
		steps();
		return 0;
	}
	if (argc != 3 && argc != 4)
		errx(2, "usage: cwdcheck [-f | -r] ROUNDS DIR");
	rounds = atoi(argv[argc - 2]);
	if (strcmp(mode, "-l") == 0)
		return lands(argv[argc - 1]);
	prepare(argv[argc - 1]);
	if (strcmp(mode, "-r") == 0) {
		race(rounds);
		return failed;
	}
	if (strcmp(mode, "-f") == 0) {
		check("numbers", by_number, rounds);
		return failed;
	}
	check("chdir", by_chdir, rounds);
	check("fchdir", by_fchdir, rounds);
	check("rename", by_rename, rounds);
	check("symlink", by_symlink, rounds);
	check("remake", by_remake, rounds);
	check("magic", by_magic, rounds);
	check("fork", by_fork, rounds / 4);
	check("vfork", by_vfork, rounds / 4);
	check("thread", by_thread, rounds / 4);
	check("turns", by_turns, rounds);
	/* After these a directory is no longer that of a whole process. */
	check("clone", by_clone, rounds / 4);
	check("unshare", by_unshare, rounds / 4);
	check("exec", by_exec, rounds / 8);
	check("chdir again", by_chdir, rounds);
	check("thread again", by_thread, rounds / 4);
	return fflush(stdout) != 0 || failed;
}
