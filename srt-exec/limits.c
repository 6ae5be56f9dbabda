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
		if (limits_lower(rlimits[i].resource, value,
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
