/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "broker_rest.h"

int	 caller_cwd = -1;
char	 reported[PATH_MAX * 2];
int	 nreports;
int	 nchanges;

long
task_strings(struct call *c, uint64_t a, uint64_t b, long *second)
{
	long	 r;

	if ((r = task_string(c, a, c->path)) < 0)
		return r;
	*second = task_string(c, b, c->path2);
	return 0;
}

int
task_fd(const struct call *c, int number)
{
	int	 fd = fcntl(number, F_DUPFD_CLOEXEC, 100);

	(void)c;
	return fd == -1 ? -errno : fd;
}

int
task_cwd(const struct call *c)
{
	int	 fd = fcntl(caller_cwd, F_DUPFD_CLOEXEC, 0);

	(void)c;
	return fd == -1 ? -errno : fd;
}

int
task_ns_pid(const struct call *c, pid_t *pid, pid_t *tid)
{
	*pid = *tid = c->tid;
	return 0;
}

pid_t
task_process(pid_t tid)
{
	return tid;
}

int
task_session(const struct call *c, dev_t *dev)
{
	(void)c;
	*dev = 0;
	return 1;
}

int
task_lower(int lower)
{
	(void)lower;
	return 0;
}

long
task_take_umask(const struct call *c)
{
	(void)c;
	return 0;
}

/* Fewer than matter. */
uint64_t
task_fds(const struct call *c)
{
	(void)c;
	return 0;
}

uint64_t
task_limit(const struct call *c, int resource)
{
	struct rlimit	 rl;

	(void)c;
	return getrlimit(resource, &rl) == -1 ? UINT64_MAX : rl.rlim_cur;
}

int
call_valid(const struct call *c)
{
	(void)c;
	return 1;
}

int
learn_wanted(void)
{
	return 0;
}

int
learn_allows(void)
{
	return 0;
}

void
learn_write(struct call *c, const struct loc *loc, enum deed deed)
{
	(void)c;
	(void)loc;
	(void)deed;
}

void
learn_tmpfile(struct call *c, const struct loc *loc)
{
	(void)c;
	(void)loc;
}

long	(*waiting)(struct call *);

long
call_wait(struct call *c, int fd, long (*retry)(struct call *))
{
	waiting = retry;
	c->fd = fd;
	return CALL_TAKEN;
}

void
report(const struct call *c, const char *operation, const char *target,
    const char *reason, const char *rule, const char *cure)
{
	(void)c;
	nreports++;
	(void)snprintf(reported, sizeof(reported), "%s %s: %s [%s] %s",
	    operation, target, reason, rule, cure);
}

void
report_change(const char *target, const char *reason, const char *rule,
    const char *cure, uint64_t count)
{
	(void)target;
	(void)reason;
	(void)rule;
	(void)cure;
	(void)count;
	nchanges++;
}
