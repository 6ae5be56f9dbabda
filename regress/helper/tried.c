/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

/* Who has to win is given more time, and keeps step with nobody. */
int
race_on(long start, unsigned long n)
{
	const char	*longer = getenv("RACE_MS");
	long		 ms = now_ms() - start;

	if (longer != NULL && n > 100 && n % 2 == 0)
		(void)usleep((useconds_t)(n * 7919 % 400));
	return ms < (longer == NULL ? RACE_MS : atol(longer)) ||
	    (n < RACE_TRIES && ms < RACE_MS_MAX);
}
