/* SPDX-License-Identifier: ISC */

/*
 * Calls that wait: for another process, which may never come, or for
 * srt-proxy.  A worker that has put one here is free for the next; from then
 * on the call is the main thread's, which tries it again and again, or is told
 * to go on by its ticket.
 */

#include "compat.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

#define RETRY_MS	5	/* between looks at waiting calls */
#define RETRY_ROUNDS	10	/* ... between looks for signals */

/* A call that has no answer yet.  Of struct call what is in its memory. */
struct waiting {
	TAILQ_ENTRY(waiting)	 entry;
	uint32_t		 ticket;	/* parked; else 0 */
	uint64_t		 id;
	pid_t			 tid;
	int			 nr;
	uint64_t		 arg[6];
	int			 fd;
	long			 (*retry)(struct call *);
};
TAILQ_HEAD(waitings, waiting);

static struct waitings	 waitings = TAILQ_HEAD_INITIALIZER(waitings);
static unsigned int	 nwaiting;
static unsigned int	 nretrying;
static uint32_t		 last_ticket;
static pthread_mutex_t	 waiting_lock = PTHREAD_MUTEX_INITIALIZER;

/* The ticket, or 0 if too many wait. */
static uint32_t
waiting_add(struct call *c, int fd, long (*retry)(struct call *))
{
	struct waiting	*w;
	uint32_t	 ticket = 0;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return 0;
	w->id = c->id;
	w->tid = c->tid;
	w->nr = c->nr;
	memcpy(w->arg, c->arg, sizeof(w->arg));
	w->fd = fd;
	w->retry = retry;
	(void)pthread_mutex_lock(&waiting_lock);
	if (nwaiting < BROKER_WAITING_MAX) {
		nwaiting++;
		if (retry != NULL)
			nretrying++;
		if (++last_ticket == 0)
			last_ticket = 1;
		ticket = w->ticket = last_ticket;
		TAILQ_INSERT_TAIL(&waitings, w, entry);
	}
	(void)pthread_mutex_unlock(&waiting_lock);
	/* From here on it is the main thread's. */
	if (ticket == 0)
		free(w);
	return ticket;
}

/* With the lock held. */
static void
waiting_remove(struct waiting *w)
{
	TAILQ_REMOVE(&waitings, w, entry);
	nwaiting--;
	if (w->retry != NULL)
		nretrying--;
}

static void
waiting_call(const struct waiting *w, struct call *c)
{
	c->id = w->id;
	c->tid = w->tid;
	c->nr = w->nr;
	memcpy(c->arg, w->arg, sizeof(c->arg));
	c->fd = w->fd;
	c->fd_cloexec = 0;
}

long
call_wait(struct call *c, int fd, long (*retry)(struct call *))
{
	if (waiting_add(c, fd, retry) == 0) {
		if (fd != -1)
			(void)close(fd);
		return -EAGAIN;
	}
	broker_wake();
	return CALL_TAKEN;
}

uint32_t
call_park(struct call *c)
{
	return waiting_add(c, -1, NULL);
}

static struct waiting *
waiting_find(uint32_t ticket)
{
	struct waiting	*w;

	TAILQ_FOREACH(w, &waitings, entry)
		if (w->ticket == ticket && w->retry == NULL)
			return w;
	return NULL;
}

int
call_unpark(uint32_t ticket, struct call *c)
{
	struct waiting	*w;

	(void)pthread_mutex_lock(&waiting_lock);
	if ((w = waiting_find(ticket)) != NULL)
		waiting_remove(w);
	(void)pthread_mutex_unlock(&waiting_lock);
	if (w == NULL)
		return -1;
	waiting_call(w, c);
	free(w);
	return 0;
}

int
call_peek(uint32_t ticket, struct call *c)
{
	struct waiting	*w;

	(void)pthread_mutex_lock(&waiting_lock);
	if ((w = waiting_find(ticket)) != NULL)
		waiting_call(w, c);
	(void)pthread_mutex_unlock(&waiting_lock);
	return w == NULL ? -1 : 0;
}

/* Another try for one; 1 if it is over.  The kept descriptor stays ours. */
static int
waiting_retry(struct waiting *w, struct call *c, int look)
{
	long	 result;

	waiting_call(w, c);
	if (look && call_interrupt(c) != 0)
		return 1;
	if ((result = w->retry(c)) == CALL_TAKEN)
		return 0;
	if (c->fd == w->fd)
		c->fd = -1;
	if (w->fd != -1)
		(void)close(w->fd);
	w->fd = -1;
	call_answer(c, result);
	return 1;
}

/*
 * Nobody but the main thread, which this is, takes calls off the list:
 * entries stay valid without the lock.
 */
int
call_retry(void)
{
	static struct call	 c;
	static unsigned int	 round;
	struct waiting		*w, *next;
	int			 more, over;
	int			 look = ++round % RETRY_ROUNDS == 0;

	(void)pthread_mutex_lock(&waiting_lock);
	for (w = TAILQ_FIRST(&waitings); nretrying > 0 && w != NULL;
	    w = next) {
		next = TAILQ_NEXT(w, entry);
		if (w->retry == NULL)
			continue;
		(void)pthread_mutex_unlock(&waiting_lock);
		over = waiting_retry(w, &c, look);
		(void)pthread_mutex_lock(&waiting_lock);
		next = TAILQ_NEXT(w, entry);
		if (!over)
			continue;
		waiting_remove(w);
		if (w->fd != -1)
			(void)close(w->fd);
		free(w);
	}
	more = nretrying > 0;
	(void)pthread_mutex_unlock(&waiting_lock);
	return more ? RETRY_MS : -1;
}
