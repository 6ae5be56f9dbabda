/* SPDX-License-Identifier: ISC */

/*
 * What of the limits every system has: rlimits, and limits.wallSeconds.
 */

#include "compat.h"

#include <sys/resource.h>

#include <limits.h>
#include <time.h>

#include "limits.h"
#include "log.h"

/* From SIGTERM to SIGKILL, milliseconds. */
#define WALL_GRACE	2000

static uint64_t	 wall_due;	/* CLOCK_MONOTONIC, ms; 0: never */
static int	 wall_steps;	/* done */

int
limits_lower(int resource, uint64_t value, uint64_t soft_less)
{
	struct rlimit	 rl;
	rlim_t		 hard = (rlim_t)value + (rlim_t)soft_less;

	if (getrlimit(resource, &rl) == -1)
		return -1;
	if (hard < rl.rlim_max)
		rl.rlim_max = hard;
	if ((rlim_t)value < rl.rlim_cur)
		rl.rlim_cur = (rlim_t)value;
	if (rl.rlim_cur > rl.rlim_max)
		rl.rlim_cur = rl.rlim_max;
	return setrlimit(resource, &rl);
}

static uint64_t
now_ms(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * Here and not in the parent: the parent is stopped whenever the command is,
 * and the command can stop itself.
 */
void
limits_wall_start(const struct sandbox *sb)
{
	if (sb->opt.limit[EXEC_LIMIT_WALL] != 0)
		wall_due = now_ms() + sb->opt.limit[EXEC_LIMIT_WALL] * 1000;
}

int
limits_wall_left(void)
{
	uint64_t	 now;

	if (wall_due == 0)
		return -1;
	now = now_ms();
	if (now >= wall_due)
		return 0;
	return wall_due - now > INT_MAX / 2 ? INT_MAX / 2 :
	    (int)(wall_due - now);
}

enum limits_wall
limits_wall_step(void)
{
	if (wall_due == 0 || now_ms() < wall_due)
		return WALL_GOES_ON;
	if (wall_steps++ == 0) {
		wall_due = now_ms() + WALL_GRACE;
		return WALL_TERM;
	}
	wall_due = 0;
	return WALL_KILL;
}
