/* SPDX-License-Identifier: ISC */

/*
 * Times commands side by side, in turns, so that whatever else the machine
 * does hits all of them alike:
 *
 *	bench_time [-os] ROUNDS NAME COMMAND ... [-- NAME COMMAND ...] ...
 *
 * Prints a line for each: name, rounds, median, 10th and 90th percentile of
 * the time from fork to exit, median of the processor time of the command
 * and all that it waited for; in microseconds.  With -s it prints a line for
 * each round of each instead: name, time, processor time.  The commands'
 * standard output is dropped; with -o it is the time, measured by themselves.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX	16
#define ROUNDS_MAX	100000

struct command {
	const char	 *name;
	char		**argv;
	uint64_t	 *wall;
	uint64_t	 *cpu;
};

static int	 own;

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t
usec(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000 + (uint64_t)tv->tv_usec;
}

/* The number that the command prints. */
static uint64_t
read_time(const struct command *c, int fd)
{
	const char	*errstr;
	char		 buf[32];
	size_t		 len = 0;
	ssize_t		 n;
	uint64_t	 us;

	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	us = (uint64_t)strtonum(buf, 1, INT64_MAX, &errstr);
	if (n == -1 || errstr != NULL)
		errx(1, "%s prints no time", c->name);
	return us;
}

static void
once(const struct command *c, int null, size_t round)
{
	struct rusage	 ru;
	uint64_t	 start, us = 0;
	pid_t		 pid;
	int		 status, out[2] = { -1, null };

	if (own && pipe2(out, O_CLOEXEC) == -1)
		err(1, "pipe");
	start = now();
	switch (pid = fork()) {
	case -1:
		err(1, "fork");
	case 0:
		if (dup2(out[1], STDOUT_FILENO) == -1)
			_exit(127);
		(void)execvp(c->argv[0], c->argv);
		_exit(127);
	}
	if (own) {
		(void)close(out[1]);
		us = read_time(c, out[0]);
		(void)close(out[0]);
	}
	while (wait4(pid, &status, 0, &ru) == -1)
		if (errno != EINTR)
			err(1, "wait4");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s failed (wait status %#x)", c->name, status);
	c->wall[round] = own ? us : now() - start;
	c->cpu[round] = usec(&ru.ru_utime) + usec(&ru.ru_stime);
}

static int
compare(const void *a, const void *b)
{
	uint64_t	 x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Words up to the next "--", which is cut off, are one command. */
static size_t
parse(char **argv, struct command *c, size_t rounds)
{
	size_t	 n = 0, i;

	while (*argv != NULL) {
		if (n == COMMANDS_MAX)
			errx(1, "too many commands");
		for (i = 0; argv[i] != NULL && strcmp(argv[i], "--") != 0; i++)
			continue;
		if (i < 2)
			errx(1, "a name and a command are needed");
		c[n].name = argv[0];
		c[n].argv = argv + 1;
		c[n].wall = calloc(rounds, sizeof(*c[n].wall));
		c[n].cpu = calloc(rounds, sizeof(*c[n].cpu));
		if (c[n].wall == NULL || c[n].cpu == NULL)
			err(1, NULL);
		n++;
		argv += i;
		if (*argv != NULL)
			*argv++ = NULL;
	}
	return n;
}

static void
print_samples(const struct command *c, size_t rounds)
{
	size_t	 r;

	for (r = 0; r < rounds; r++)
		(void)printf("%s %" PRIu64 " %" PRIu64 "\n", c->name,
		    c->wall[r], c->cpu[r]);
}

static void
print_summary(struct command *c, size_t rounds)
{
	qsort(c->wall, rounds, sizeof(*c->wall), compare);
	qsort(c->cpu, rounds, sizeof(*c->cpu), compare);
	(void)printf("%s %zu %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    "\n", c->name, rounds, c->wall[rounds / 2], c->wall[rounds / 10],
	    c->wall[rounds - 1 - rounds / 10], c->cpu[rounds / 2]);
}

int
main(int argc, char *argv[])
{
	struct command	 c[COMMANDS_MAX];
	const char	*errstr;
	size_t		 n, i, r, rounds;
	int		 ch, null, samples = 0;

	while ((ch = getopt(argc, argv, "+os")) != -1) {
		switch (ch) {
		case 'o':
			own = 1;
			break;
		case 's':
			samples = 1;
			break;
		default:
			return 1;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 3)
		errx(1, "usage: bench_time [-os] rounds name command ... "
		    "[-- ...]");
	rounds = (size_t)strtonum(argv[0], 1, ROUNDS_MAX, &errstr);
	if (errstr != NULL)
		errx(1, "rounds: %s", errstr);
	n = parse(argv + 1, c, rounds);
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		err(1, "/dev/null");

	/* What is read from the disk the first time is not measured. */
	for (i = 0; i < n; i++)
		once(&c[i], null, 0);
	for (r = 0; r < rounds; r++)
		for (i = 0; i < n; i++)
			once(&c[i], null, r);

	for (i = 0; i < n; i++) {
		if (samples)
			print_samples(&c[i], rounds);
		else
			print_summary(&c[i], rounds);
		free(c[i].wall);
		free(c[i].cpu);
	}
	return 0;
}
