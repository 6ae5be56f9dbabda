/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdio.h>
#include <time.h>

#include "tried.h"

void
tried(const char *name, int got)
{
	(void)printf("%s %s\n", got ? "GOT" : "held", name);
	(void)fflush(stdout);
}

void
perhaps(long result)
{
	(void)result;
}

long
now_ms(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
race_on(long start, unsigned long n)
{
	long	 ms = now_ms() - start;

	return ms < RACE_MS || (n < RACE_TRIES && ms < RACE_MS_MAX);
}
