/* SPDX-License-Identifier: ISC */

/*
 * limits: what the command may use up.  A cgroup counts for all of it
 * together; where none can be had rlimits take its place, which count memory
 * for each process by itself.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "limits.h"
#include "log.h"

/* Pid 1, which is in the cgroup and no process of the command's. */
#define OWN_TASKS	1
/*
 * The kernel counts the tasks of a user in the user namespace, and there the
 * broker's threads are, too.
 */
#define OWN_THREADS	(OWN_TASKS + 1 + BROKER_THREADS_MAX)

/* From SIGTERM to SIGKILL, milliseconds. */
#define WALL_GRACE	2000

static uint64_t	 wall_due;	/* CLOCK_MONOTONIC, ms; 0: never */
static int	 wall_steps;	/* done */

static const struct {
	enum exec_limit	 limit;
	int		 resource;
	rlim_t		 soft_less;	/* than the hard one */
} rlimits[] = {
	/* SIGXCPU says what happened, a second before SIGKILL. */
	{ EXEC_LIMIT_CPU,	RLIMIT_CPU,	1 },
	{ EXEC_LIMIT_FSIZE,	RLIMIT_FSIZE,	0 },
	{ EXEC_LIMIT_FILES,	RLIMIT_NOFILE,	0 },
	{ EXEC_LIMIT_PIDS,	RLIMIT_NPROC,	0 },
	{ EXEC_LIMIT_MEMORY,	RLIMIT_AS,	0 }
};

/*
 * What the user may have already stays the measure: nobody gets more than
 * that by a setting.
 */
static int
rlimit_set(int resource, uint64_t value, rlim_t soft_less)
{
	struct rlimit	 rl;
	rlim_t		 hard = (rlim_t)value + soft_less;

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

/*
 * The kernel does not hold root to RLIMIT_NPROC, in whatever user namespace
 * he is; so it is tried.
 */
static int
nproc_counts(void)
{
	const struct rlimit	 one = { 1, 1 };
	pid_t			 pid, child;
	int			 status;

	if ((pid = fork()) == -1)
		return 0;
	if (pid == 0) {
		if (ns_drop_caps(0, 0) == -1 ||
		    setrlimit(RLIMIT_NPROC, &one) == -1)
			_exit(1);
		if ((child = fork()) == 0)
			_exit(0);
		_exit(child == -1 && errno == EAGAIN ? 0 : 1);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
limits_prepare(struct sandbox *sb)
{
	const uint64_t	*limit = sb->opt.limit;
	uint64_t	 pids = limit[EXEC_LIMIT_PIDS];
	const char	*reason;

	sb->cgroup_fd = -1;
	if (limit[EXEC_LIMIT_MEMORY] == 0 && pids == 0)
		return 0;
	sb->cgroup_fd = cgroup_new(limit[EXEC_LIMIT_MEMORY],
	    pids == 0 ? 0 : pids + OWN_TASKS, &reason);
	if (sb->cgroup_fd != -1)
		return 0;
	/* There it would count all processes of the user. */
	if (pids != 0 && (sb->opt.flags & EXEC_LANDLOCK) != 0)
		return whyx("limits.pids cannot be enforced in mode "
		    "\"landlock\" without a cgroup: %s", reason);
	if (pids != 0 && !nproc_counts())
		return whyx("limits.pids cannot be enforced for root: %s; run "
		    "srt as an ordinary user, or with a cgroup of its own "
		    "(systemd-run --scope -p Delegate=yes srt ...)", reason);
	if (limit[EXEC_LIMIT_MEMORY] != 0)
		log_warnx("limits.memory holds for each process by itself: "
		    "%s", reason);
	return 0;
}

void
limits_broker(struct sandbox *sb)
{
	if (sb->cgroup_fd != -1)
		(void)close(sb->cgroup_fd);
	sb->cgroup_fd = -1;
}

int
limits_enter(struct sandbox *sb)
{
	if (sb->cgroup_fd == -1)
		return 0;
	if (cgroup_enter(sb->cgroup_fd) == -1)
		return why("cannot enter the cgroup of limits.memory and "
		    "limits.pids");
	(void)close(sb->cgroup_fd);
	/* What it does without is decided: limits_apply() looks. */
	sb->cgroup_fd = -2;
	return 0;
}

int
limits_apply(const struct sandbox *sb)
{
	enum exec_limit	 limit;
	uint64_t	 value;
	size_t		 i;

	for (i = 0; i < nitems(rlimits); i++) {
		limit = rlimits[i].limit;
		if ((value = sb->opt.limit[limit]) == 0)
			continue;
		if (limit == EXEC_LIMIT_PIDS || limit == EXEC_LIMIT_MEMORY) {
			if (sb->cgroup_fd != -1)
				continue;
			if (limit == EXEC_LIMIT_PIDS)
				value += OWN_THREADS;
		}
		if (rlimit_set(rlimits[i].resource, value,
		    rlimits[i].soft_less) == -1)
			return -1;
	}
	return 0;
}

void
limits_end(struct sandbox *sb)
{
	(void)sb;
	cgroup_end();
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
