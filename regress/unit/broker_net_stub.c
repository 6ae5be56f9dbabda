/* SPDX-License-Identifier: ISC */

/* What bind and connect find elsewhere in the broker; see broker_net.h. */

#include "broker_net.h"

#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct broker	 broker;
struct net	 net;

void
broker_wake(void)
{
}

int
call_valid(const struct call *c)
{
	(void)c;
	return !net.gone;
}

void
call_answer(struct call *c, long result)
{
	(void)c;
	net.answer = result;
}

long
call_wait(struct call *c, int fd, long (*again)(struct call *))
{
	assert_int_equal(fd, -1);
	assert_null(net.retry);
	net.retry = again;
	memcpy(net.retry_arg, c->arg, sizeof(net.retry_arg));
	return CALL_TAKEN;
}

uint32_t
call_park(struct call *c)
{
	int	 i;

	for (i = 0; i < PARKED_MAX; i++)
		if (net.parked[i].ticket == 0)
			break;
	if (i == PARKED_MAX)
		return 0;
	net.parked[i].ticket = ++net.tickets;
	memcpy(net.parked[i].arg, c->arg, sizeof(c->arg));
	return net.tickets;
}

int
call_peek(uint32_t ticket, struct call *c)
{
	int	 i;

	for (i = 0; i < PARKED_MAX; i++)
		if (net.parked[i].ticket == ticket) {
			memcpy(c->arg, net.parked[i].arg, sizeof(c->arg));
			return 0;
		}
	return -1;
}

int
call_unpark(uint32_t ticket, struct call *c)
{
	int	 i;

	if (call_peek(ticket, c) == -1)
		return -1;
	for (i = 0; i < PARKED_MAX; i++)
		if (net.parked[i].ticket == ticket)
			net.parked[i].ticket = 0;
	return 0;
}

long
task_read(const struct call *c, uint64_t addr, void *buf, size_t len)
{
	struct iovec	 to = { buf, len };
	struct iovec	 from = { (void *)(uintptr_t)addr, len };

	(void)c;
	if (len == 0)
		return 0;
	return process_vm_readv(getpid(), &to, 1, &from, 1, 0) ==
	    (ssize_t)len ? 0 : -EFAULT;
}

int
task_fd(const struct call *c, int number)
{
	int	 fd;

	if (!call_valid(c))
		return -ESRCH;
	fd = fcntl(number, F_DUPFD_CLOEXEC, 0);
	return fd == -1 ? -errno : fd;
}

int
task_cwd(const struct call *c)
{
	(void)c;
	return open(net.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
task_ns_pid(const struct call *c, pid_t *pid, pid_t *tid)
{
	(void)c;
	*pid = *tid = getpid();
	return 0;
}

long
task_take_umask(const struct call *c)
{
	(void)c;
	(void)umask(0027);
	return 0;
}

int
task_signalled(const struct call *c)
{
	(void)c;
	return net.signalled;
}

void
task_program(pid_t tid, char *buf, size_t size)
{
	(void)tid;
	(void)strlcpy(buf, "program", size);
}

pid_t
task_process(pid_t tid)
{
	(void)tid;
	return 4711;
}

long
check_write(struct call *c, const struct loc *loc, enum deed deed)
{
	(void)c;
	assert_int_equal(deed, DEED_BIND);
	net.checks++;
	return strcmp(loc->last, ".bashrc") == 0 ? -EPERM : 0;
}

int
check_confined(void)
{
	return 1;
}

long
check_kernel(struct call *c, const char *path, enum deed deed, int error)
{
	(void)c;
	(void)path;
	(void)deed;
	(void)error;
	return CALL_CONTINUE;
}

long
check_stem(struct call *c, const struct loc *loc, enum deed deed)
{
	(void)c;
	(void)loc;
	assert_int_equal(deed, DEED_BIND);
	return 0;
}

long
check_result(struct call *c, const struct loc *loc, enum deed deed, long r)
{
	(void)c;
	(void)loc;
	(void)deed;
	return r == -EROFS ? -EPERM : r;
}

int
guard_unix(const struct guard *g, const char *path)
{
	(void)g;
	return net.listed != NULL && strcmp(path, net.listed) == 0;
}

int
learn_unix(struct call *c, int fd, const char *path)
{
	(void)c;
	(void)fd;
	(void)path;
	return 0;
}

void
report(const struct call *c, const char *operation, const char *target,
    const char *reason, const char *rule, const char *cure)
{
	(void)c;
	(void)operation;
	(void)reason;
	(void)rule;
	(void)cure;
	net.reports++;
	(void)strlcpy(net.reported, target, sizeof(net.reported));
}
