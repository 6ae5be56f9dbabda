/* SPDX-License-Identifier: ISC */

/*
 * What was refused, on its way to the monitor.  The first refusal of its kind
 * goes out at once; equal ones that follow it closely are counted and go out
 * together.
 */

#include "compat.h"

#include <string.h>
#include <time.h>

#include "http_parse.h"
#include "log.h"
#include "proxy.h"
#include "violation.h"

#define REFUSAL_RECENT	32	/* kinds looked at together */
#define REFUSAL_TARGET	320	/* a host and its port, or what DNS is asked */
#define REFUSAL_TEXT	640

struct recent {
	struct client	 client;
	char		 operation[32];
	char		 target[REFUSAL_TARGET];
	char		 reason[REASON_MAX];
	char		 rule[REFUSAL_TEXT];
	char		 cure[REFUSAL_TEXT];
	unsigned int	 parts;		/* of the last one */
	uint64_t	 count;		/* not sent yet */
	uint64_t	 since;		/* milliseconds; 0: not in use */
	uint64_t	 time;		/* of the first one not sent */
};

static struct recent	 recents[REFUSAL_RECENT];
static struct event	*refusal_timer;

static void	 refusal_expired(int, short, void *);

static uint64_t
refusal_clock(clockid_t clock, uint64_t unit)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * unit + (uint64_t)ts.tv_nsec /
	    (1000000000 / unit);
}

static void
refusal_send(struct recent *r, uint64_t count, uint64_t when)
{
	struct violation	 v = {
		.time = when,
		.count = count,
		.pid = r->client.pid,
		.operation = r->operation,
		.target = r->target,
		.reason = r->reason,
		.rule = r->rule,
		.cure = r->cure,
		.program = r->client.program
	};

	ipc_send_violation(proxy_monitor(), &v);
}

static void
refusal_pending(struct recent *r)
{
	uint64_t	 count = r->count;

	r->count = 0;
	if (count > 0)
		refusal_send(r, count, r->time);
}

static void
refusal_wait(void)
{
	struct timeval	 tv = { 0, REFUSAL_MERGE * 1000 };

	if (refusal_timer == NULL && (refusal_timer = evtimer_new(proxy_base,
	    refusal_expired, NULL)) == NULL)
		fatalx("evtimer_new");
	if (!evtimer_pending(refusal_timer, NULL) &&
	    evtimer_add(refusal_timer, &tv) == -1)
		fatalx("evtimer_add");
}

static int
refusal_equal(const struct recent *r, const struct refusal *f)
{
	return r->client.pid == f->client->pid &&
	    strcmp(r->target, f->target) == 0 &&
	    strcmp(r->operation, f->operation) == 0 &&
	    strcmp(r->reason, f->reason) == 0 &&
	    strcmp(r->rule, f->rule) == 0;
}

void
refusal_record(const struct refusal *f)
{
	struct recent	*r, *oldest = &recents[0];
	uint64_t	 now = refusal_clock(CLOCK_MONOTONIC, 1000);
	size_t		 i;

	log_debug("deny %s %s (%s)", f->operation, f->target, f->reason);
	for (i = 0; i < nitems(recents); i++) {
		r = &recents[i];
		if (r->since < oldest->since)
			oldest = r;
		if (r->since == 0 || now - r->since >= REFUSAL_MERGE ||
		    !refusal_equal(r, f))
			continue;
		/* Another part of the one that is counted already? */
		if ((r->parts & f->parts) == 0) {
			r->parts |= f->parts;
			return;
		}
		r->parts = f->parts;
		if (r->count++ == 0)
			r->time = refusal_clock(CLOCK_REALTIME, 1000000000);
		return;
	}

	r = oldest;
	refusal_pending(r);
	r->client = *f->client;
	(void)strlcpy(r->operation, f->operation, sizeof(r->operation));
	(void)strlcpy(r->target, f->target, sizeof(r->target));
	(void)strlcpy(r->reason, f->reason, sizeof(r->reason));
	(void)strlcpy(r->rule, f->rule, sizeof(r->rule));
	(void)strlcpy(r->cure, f->cure, sizeof(r->cure));
	r->parts = f->parts;
	r->since = now;
	refusal_send(r, 1, 0);
	refusal_wait();
}

void
refusal_flush(void)
{
	size_t	 i;

	/* Nothing was ever refused: leave all that memory untouched. */
	if (refusal_timer == NULL)
		return;
	for (i = 0; i < nitems(recents); i++)
		refusal_pending(&recents[i]);
}

static void
refusal_expired(int fd, short what, void *arg)
{
	uint64_t	 now = refusal_clock(CLOCK_MONOTONIC, 1000);
	int		 more = 0;
	size_t		 i;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < nitems(recents); i++) {
		if (recents[i].since == 0)
			continue;
		if (now - recents[i].since < REFUSAL_MERGE) {
			more = 1;
			continue;
		}
		refusal_pending(&recents[i]);
		recents[i].since = 0;
	}
	if (more)
		refusal_wait();
}
