/* SPDX-License-Identifier: ISC */

/*
 * Who changes its working directory: so that it need not be asked for as long
 * as nobody does.
 *
 * chdir(2) and fchdir(2) are counted here, and go on.  What has been found out
 * before is worth nothing from then on.  The kernel changes the directory some
 * time later, at the latest when the thread makes its next call; until then
 * those that share the directory with it are asked each time.  They are the
 * threads of its process.  When something is about to share one in another way
 * everybody is asked each time, for good.
 *
 * Were that mistaken, a call would be made in the wrong place, but not without
 * the guard's consent: the path it decides on is that of the very directory
 * in which the call is made.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "broker_path.h"

#define MOVING_MAX	8	/* threads on their way; more: for good */
#define CALLS_LOOK	64	/* calls between looks for those that ended */

static _Atomic uint64_t	 moves = 1;
static atomic_int	 nmoving;	/* MOVING_MAX + 1: for good */
static pid_t		 moving[MOVING_MAX];
static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;

/* By the links of the directory that holds them. */
static int
has_threads(pid_t tid)
{
	struct lx_stat	 st;
	char		 path[32];

	(void)snprintf(path, sizeof(path), "%d/task", (int)tid);
	return lx_statx(broker.procfd, path, LX_STATX_BASIC, &st) == -1 ||
	    st.nlink != 2 + 1;
}

static int
has_ended(pid_t tid)
{
	struct lx_stat	 st;
	char		 path[16];

	(void)snprintf(path, sizeof(path), "%d", (int)tid);
	return lx_statx(broker.procfd, path, LX_STATX_BASIC, &st) == -1 &&
	    errno == ENOENT;
}

/*
 * Takes the thread off, 0 for none, and if that is wanted those that have
 * ended.  Who looked while one was on its way may have seen either directory,
 * and finds that by the count.  With the lock held.
 */
static void
moving_cut(pid_t tid, int ended)
{
	int	 i, n = atomic_load(&nmoving);

	for (i = 0; n <= MOVING_MAX && i < n; i++)
		if (moving[i] == tid || (ended && has_ended(moving[i]))) {
			moving[i--] = moving[--n];
			atomic_fetch_add(&moves, 1);
			atomic_store(&nmoving, n);
		}
}

static void
moving_add(pid_t tid)
{
	int	 n;

	(void)pthread_mutex_lock(&lock);
	if (atomic_load(&nmoving) == MOVING_MAX)
		moving_cut(0, 1);
	n = atomic_load(&nmoving);
	if (n < MOVING_MAX)
		moving[n] = tid;
	if (n <= MOVING_MAX)
		atomic_store(&nmoving, n + 1);
	(void)pthread_mutex_unlock(&lock);
}

void
moves_call(const struct call *c)
{
	static unsigned int	 calls;

	if (atomic_load(&nmoving) == 0)
		return;
	(void)pthread_mutex_lock(&lock);
	moving_cut(c->tid, ++calls % CALLS_LOOK == 0);
	(void)pthread_mutex_unlock(&lock);
}

uint64_t
moves_begin(void)
{
	return atomic_load(&moves);
}

/*
 * The count is that of before what one knows: whoever has begun to move since,
 * or come to the end of that, is not among those looked at here, but has been
 * counted.
 */
int
moves_none(uint64_t count)
{
	return (broker.sb->opt.flags & (EXEC_FS_DISABLED |
	    EXEC_NESTED_USERNS)) == 0 && atomic_load(&nmoving) == 0 &&
	    atomic_load(&moves) == count;
}

/* Of a process without threads no call can come meanwhile. */
long
call_chdir(struct call *c)
{
	if (has_threads(c->tid))
		moving_add(c->tid);
	atomic_fetch_add(&moves, 1);
	return CALL_CONTINUE;
}

long
call_share(struct call *c)
{
	(void)c;
	(void)pthread_mutex_lock(&lock);
	atomic_store(&nmoving, MOVING_MAX + 1);
	(void)pthread_mutex_unlock(&lock);
	atomic_fetch_add(&moves, 1);
	return CALL_CONTINUE;
}
