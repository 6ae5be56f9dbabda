/* SPDX-License-Identifier: ISC */

/*
 * Refusals on their way to the monitor.  Workers put them into a bounded
 * queue, the main thread sends them; equal ones that wait there are one event
 * with a count, and what does not fit is counted as lost.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "log.h"

#define REPORT_PAUSE	100	/* milliseconds between rounds */

struct event_entry {
	TAILQ_ENTRY(event_entry) entry;
	struct violation	 v;
};
TAILQ_HEAD(entries, event_entry);

static struct entries	 queue = TAILQ_HEAD_INITIALIZER(queue);
static unsigned int	 nqueued;
static uint64_t		 lost;
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Is it the same as one that waits?  A burst is seldom long. */
static struct event_entry *
entry_find(pid_t pid, const char *operation, const char *target,
    const char *rule)
{
	struct event_entry	*e;
	int			 n = 0;

	TAILQ_FOREACH_REVERSE(e, &queue, entries, entry) {
		if (e->v.pid == (uint64_t)pid &&
		    strcmp(e->v.operation, operation) == 0 &&
		    strcmp(e->v.target, target) == 0 &&
		    strcmp(e->v.rule, rule) == 0)
			return e;
		if (++n == 8)
			break;
	}
	return NULL;
}

static struct event_entry *
entry_new(const struct call *c, pid_t pid, const char *operation,
    const char *target, const char *reason, const char *rule,
    const char *cure)
{
	struct event_entry	*e;
	char			 program[64];

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return NULL;
	task_program(c->tid, program, sizeof(program));
	e->v.time = clock_ns(CLOCK_REALTIME);
	e->v.count = 1;
	e->v.pid = (uint64_t)pid;
	e->v.operation = strdup(operation);
	e->v.target = strdup(target);
	e->v.reason = strdup(reason);
	e->v.rule = strdup(rule);
	e->v.cure = strdup(cure);
	e->v.program = strdup(program);
	if (e->v.operation == NULL || e->v.target == NULL ||
	    e->v.reason == NULL || e->v.rule == NULL || e->v.cure == NULL ||
	    e->v.program == NULL) {
		violation_clear(&e->v);
		free(e);
		return NULL;
	}
	return e;
}

/* Of these there is none twice, and only so many. */
static int
is_learnt(const char *operation)
{
	return strncmp(operation, VIOLATION_LEARN,
	    sizeof(VIOLATION_LEARN) - 1) == 0;
}

void
report_lost(void)
{
	(void)pthread_mutex_lock(&lock);
	lost++;
	(void)pthread_mutex_unlock(&lock);
}

void
report(const struct call *c, const char *operation, const char *target,
    const char *reason, const char *rule, const char *cure)
{
	struct event_entry	*e;
	pid_t			 pid = task_process(c->tid);
	int			 first = 0;

	(void)pthread_mutex_lock(&lock);
	if ((e = entry_find(pid, operation, target, rule)) != NULL)
		e->v.count++;
	else if ((nqueued >= BROKER_REPORTS_MAX && !is_learnt(operation)) ||
	    (e = entry_new(c, pid, operation, target, reason, rule,
	    cure)) == NULL)
		lost++;
	else {
		first = nqueued++ == 0;
		TAILQ_INSERT_TAIL(&queue, e, entry);
	}
	(void)pthread_mutex_unlock(&lock);
	if (first)
		broker_wake();
}

void
report_change(const char *target, const char *reason, const char *rule,
    const char *cure, uint64_t count)
{
	struct violation	 v;

	memset(&v, 0, sizeof(v));
	v.count = count;
	v.operation = (char *)(uintptr_t)VIOLATION_CHANGE;
	v.target = (char *)(uintptr_t)target;
	v.reason = (char *)(uintptr_t)reason;
	v.rule = (char *)(uintptr_t)rule;
	v.cure = (char *)(uintptr_t)cure;
	v.program = (char *)(uintptr_t)"";
	ipc_send_violation(&broker.monitor, &v);
}

/* The lock is not held while the monitor is written to. */
static void
report_send(void)
{
	struct entries		 batch = TAILQ_HEAD_INITIALIZER(batch);
	struct event_entry	*e;

	(void)pthread_mutex_lock(&lock);
	TAILQ_CONCAT(&batch, &queue, entry);
	nqueued = 0;
	broker.monitor.lost += lost;
	lost = 0;
	(void)pthread_mutex_unlock(&lock);
	while ((e = TAILQ_FIRST(&batch)) != NULL) {
		TAILQ_REMOVE(&batch, e, entry);
		/* The monitor waits for nobody, so this is soon done. */
		if (is_learnt(e->v.operation) && imsgbuf_queuelen(
		    &broker.monitor.ibuf) >= IPC_QUEUE_MAX - 1)
			(void)ipc_flush(&broker.monitor);
		ipc_send_violation(&broker.monitor, &e->v);
		violation_clear(&e->v);
		free(e);
	}
}

/*
 * The first one goes out at once; those that follow it closely go out
 * together.
 */
int
report_flush(int now)
{
	static uint64_t	 next;
	uint64_t	 ns = clock_ns(CLOCK_MONOTONIC);
	int		 waiting;

	(void)pthread_mutex_lock(&lock);
	waiting = nqueued > 0 || lost > 0;
	(void)pthread_mutex_unlock(&lock);
	if (!waiting)
		return -1;
	if (!now && ns < next)
		return (int)((next - ns) / 1000000) + 1;
	next = ns + (uint64_t)REPORT_PAUSE * 1000000;
	report_send();
	return -1;
}
