/* SPDX-License-Identifier: ISC */

/*
 * affcheck COUNT FILE: chooses a processor right after each of so many opens
 * of a file, or as many as the time is for where others are at work.  Prints
 * how often another one is the choice a moment later.
 */

#include "compat.h"

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_MAX	8

/* The number of one of them, after the given one. */
static int
next_cpu(const cpu_set_t *all, int cpu)
{
	do
		cpu = (cpu + 1) % CPU_SETSIZE;
	while (!CPU_ISSET(cpu, all));
	return cpu;
}

/* Is the choice what it was, once others have had their turn? */
static int
chosen(const cpu_set_t *all, int cpu, const char *path)
{
	cpu_set_t	 one, now;
	int		 fd;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(*all), all) == -1 ||
	    (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1 ||
	    sched_setaffinity(0, sizeof(one), &one) == -1)
		err(2, "%s", path);
	(void)sched_yield();
	(void)sched_yield();
	if (sched_getaffinity(0, sizeof(now), &now) == -1)
		err(2, "sched_getaffinity");
	(void)close(fd);
	return CPU_EQUAL(&now, &one);
}

int
main(int argc, char *argv[])
{
	cpu_set_t	 all;
	time_t		 end = time(NULL) + SECONDS_MAX;
	long		 n, lost = 0;
	int		 cpu = 0;

	if (argc != 3)
		errx(2, "usage: affcheck count file");
	if (sched_getaffinity(0, sizeof(all), &all) == -1)
		err(2, "sched_getaffinity");
	for (n = strtol(argv[1], NULL, 10); n > 0 && time(NULL) < end; n--) {
		cpu = next_cpu(&all, cpu);
		lost += !chosen(&all, cpu, argv[2]);
	}
	(void)printf("%ld\n", lost);
	return 0;
}
