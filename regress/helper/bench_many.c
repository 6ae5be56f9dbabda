/* SPDX-License-Identifier: ISC */

/*
 * Many starts of a command, so many of them at a time:
 *
 *	bench_many COUNT JOBS COMMAND ...
 *
 * Prints the microseconds until all have ended, and how many did not end
 * with the status 0.  What they print is dropped.
 */

#include "compat.h"

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX	100000

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static long
number(const char *s)
{
	const char	*errstr;
	long		 n = (long)strtonum(s, 1, COUNT_MAX, &errstr);

	if (errstr != NULL)
		errx(1, "%s: %s", s, errstr);
	return n;
}

static void
start(char **argv, int null)
{
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		if (dup2(null, STDOUT_FILENO) == -1)
			_exit(127);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
}

int
main(int argc, char *argv[])
{
	uint64_t	 begin;
	long		 count, jobs, started = 0, ended = 0, failed = 0;
	int		 null, status;

	if (argc < 4)
		errx(1, "usage: bench_many count jobs command ...");
	count = number(argv[1]);
	jobs = number(argv[2]);
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		err(1, "/dev/null");
	begin = now();
	while (ended < count) {
		for (; started < count && started - ended < jobs; started++)
			start(argv + 3, null);
		if (wait(&status) == -1) {
			if (errno == EINTR)
				continue;
			err(1, "wait");
		}
		ended++;
		failed += status != 0;
	}
	(void)printf("%" PRIu64 " %ld\n", now() - begin, failed);
	return 0;
}
