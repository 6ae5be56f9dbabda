/* SPDX-License-Identifier: ISC */

/*
 * Tries to read a file that a pattern hides, by changing the path while a call
 * is under way: one thread opens what is harmless, another writes the file's
 * path over it.
 *
 *	strictrace MILLIS SECRET DIR
 *
 * Makes DIR/fifo and DIR/ready, and begins when SECRET exists.  Then each of
 * the ways is tried for so long.  Prints for each how often, how often
 * something harmless was opened, and how often the secret was read; at the
 * end "secrets N", and fails if that is not 0.
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
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2	437
#endif
#ifndef O_PATH
#define O_PATH		010000000
#endif

#define WORD		"hidden"

/* Of <linux/openat2.h>. */
struct how {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
};

enum way {
	WAY_OPENAT,
	WAY_OPENAT2,		/* its flags stay */
	WAY_OPENAT2_FLAGS	/* its flags change with the path */
};

static const struct {
	enum way	 way;
	const char	*path;		/* not absolute: in DIR */
	unsigned int	 flags;
} tries[] = {
	{ WAY_OPENAT,	"/proc/self/status",		O_RDONLY },
	{ WAY_OPENAT,	"/proc/thread-self/status",	O_RDONLY },
	{ WAY_OPENAT,	"/proc/self/fd/0",		O_RDONLY },
	{ WAY_OPENAT,	"/proc/self/fd",		O_RDONLY },
	{ WAY_OPENAT,	"/proc/mounts",			O_RDONLY },
	{ WAY_OPENAT,	"/proc/uptime",			O_RDONLY | O_CREAT },
	{ WAY_OPENAT,	"/dev/null",			O_RDONLY },
	{ WAY_OPENAT,	"/dev/null",			O_RDONLY | O_CREAT },
	{ WAY_OPENAT,	"/dev/null",			O_RDWR },
	{ WAY_OPENAT,	"/dev/stdin",			O_RDONLY },
	{ WAY_OPENAT,	"/dev/tty",			O_RDONLY },
	{ WAY_OPENAT,	"fifo",				O_RDONLY },
	{ WAY_OPENAT,	"plain",			O_RDONLY },
	{ WAY_OPENAT,	"plain",			O_PATH },
	{ WAY_OPENAT2,	"/proc/self/status",		O_RDONLY },
	{ WAY_OPENAT2,	"/dev/null",			O_RDONLY },
	{ WAY_OPENAT2,	"plain",			O_RDONLY },
	{ WAY_OPENAT2_FLAGS, "/dev/null",		O_WRONLY },
	{ WAY_OPENAT2_FLAGS, "/proc/self/comm",		O_RDWR },
	{ WAY_OPENAT2_FLAGS, "plain",			O_PATH },
	{ WAY_OPENAT2_FLAGS, "plain",			O_RDONLY | 1U << 30 }
};

static char		 secret[PATH_MAX];
static char		 harmless[PATH_MAX];
static char		 path[PATH_MAX];	/* what both threads use */
static struct how	 how;
static unsigned int	 flags;
static atomic_int	 racing, done;
static unsigned long	 attempts, opened, found;

/* Whole words at a time would be as good; what is between does not exist. */
static void
put(const char *text, unsigned int f)
{
	*(volatile uint64_t *)&how.flags = f;
	memcpy(path, text, strlen(text) + 1);
	atomic_thread_fence(memory_order_seq_cst);
}

static void *
racer(void *arg)
{
	unsigned int	 n = 0, i;

	while (!atomic_load(&done)) {
		if (!atomic_load(&racing)) {
			(void)usleep(100);
			continue;
		}
		put(harmless, flags);
		/* The moments of all lengths are tried. */
		for (i = ++n % 4096; i > 0; i--)
			atomic_thread_fence(memory_order_seq_cst);
		put(secret, O_RDONLY);
		for (i = n % 512; i > 0; i--)
			atomic_thread_fence(memory_order_seq_cst);
	}
	return arg;
}

static int
is_secret(int fd)
{
	char	 buf[64];
	ssize_t	 n;

	n = pread(fd, buf, sizeof(buf) - 1, 0);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	return strstr(buf, WORD) != NULL;
}

static void
attempt(enum way way)
{
	int	 fd;

	if (way == WAY_OPENAT)
		fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	else
		fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how,
		    sizeof(how));
	attempts++;
	if (fd == -1)
		return;
	if (is_secret(fd))
		found++;
	else
		opened++;
	(void)close(fd);
}

static long
now(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static unsigned long
race(size_t i, long millis, const char *dir)
{
	static const char *const	 ways[] = {
	    "openat", "openat2", "openat2, flags" };
	long				 end = now() + millis;

	(void)snprintf(harmless, sizeof(harmless), "%s%s%s",
	    tries[i].path[0] == '/' ? "" : dir,
	    tries[i].path[0] == '/' ? "" : "/", tries[i].path);
	flags = tries[i].flags;
	attempts = opened = found = 0;
	atomic_store(&racing, 1);
	while (now() < end)
		attempt(tries[i].way);
	atomic_store(&racing, 0);
	(void)printf("%s %s %o: attempts %lu opened %lu read %lu\n",
	    ways[tries[i].way], tries[i].path, flags, attempts, opened,
	    found);
	return found;
}

/* Without a race: by what another process has. */
static unsigned long
by_child(void)
{
	static const char *const	 forms[] = {
	    "/proc/%d/root%s", "/proc/%d/cwd/../../../../../../..%s",
	    "/proc/%d/fd/9", "/proc/%d/task/%d/root%s" };
	char				 name[PATH_MAX * 2];
	size_t				 i;
	pid_t				 pid;
	int				 fd;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		fd = open(secret, O_PATH | O_CLOEXEC);
		if (fd == -1 || dup2(fd, 9) == -1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)usleep(100000);
	found = 0;
	for (i = 0; i < nitems(forms); i++) {
		if (i == 3)
			(void)snprintf(name, sizeof(name), forms[i], pid, pid,
			    secret);
		else
			(void)snprintf(name, sizeof(name), forms[i], pid,
			    secret);
		if ((fd = open(name, O_RDONLY | O_CLOEXEC)) == -1)
			continue;
		found += (unsigned long)is_secret(fd);
		(void)close(fd);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	(void)printf("by another process: read %lu\n", found);
	return found;
}

static void
prepare(const char *dir)
{
	char	 name[PATH_MAX];
	int	 fd;

	(void)snprintf(name, sizeof(name), "%s/fifo", dir);
	/* With somebody who writes, so that nobody waits. */
	if (mkfifo(name, 0600) == -1 ||
	    open(name, O_RDWR | O_CLOEXEC | O_NONBLOCK) == -1)
		err(1, "%s", name);
	(void)snprintf(name, sizeof(name), "%s/plain", dir);
	if ((fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1)
		err(1, "%s", name);
	(void)close(fd);
	(void)snprintf(name, sizeof(name), "%s/ready", dir);
	if ((fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1)
		err(1, "%s", name);
	(void)close(fd);
}

int
main(int argc, char *argv[])
{
	pthread_t	 thread;
	struct stat	 st;
	unsigned long	 secrets = 0;
	size_t		 i;

	if (argc != 4)
		errx(2, "usage: strictrace MILLIS SECRET DIR");
	(void)strlcpy(secret, argv[2], sizeof(secret));
	prepare(argv[3]);
	for (i = 0; stat(secret, &st) == -1 || st.st_size == 0; i++) {
		if (i == 3000)
			errx(1, "no secret");
		(void)usleep(10000);
	}
	if (pthread_create(&thread, NULL, racer, NULL) != 0)
		errx(1, "pthread_create");
	for (i = 0; i < nitems(tries); i++)
		secrets += race(i, atol(argv[1]), argv[3]);
	atomic_store(&done, 1);
	(void)pthread_join(thread, NULL);
	secrets += by_child();
	(void)printf("secrets %lu\n", secrets);
	return fflush(stdout) != 0 || secrets != 0;
}
