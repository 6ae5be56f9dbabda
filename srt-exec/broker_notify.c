/* SPDX-License-Identifier: ISC */

/*
 * Receives the command's calls, has them handled, and answers.  See
 * seccomp_unotify(2).
 *
 * The kernel wakes everybody who waits for a call, so only one worker does,
 * whose turn it is.  It keeps the turn while it handles a call, which mostly
 * takes less than waking another one would.  The turn goes to another worker
 * if the main thread, which looks every TICK_MS while there are calls, finds
 * that one lasts; and before a call is handled where calls have lasted, or
 * waited for each other, shortly before.  Workers are started when they are
 * needed for the first time.
 *
 * Waking a process on another processor costs ten times what the call costs.
 * SYNC_WAKE_UP (Linux 6.6) keeps caller and worker together for plain
 * answers; for descriptors, whose caller is woken in another way, the worker
 * pulls the caller onto its own processor for that moment, unless the other
 * processors are so busy that this costs more than it saves.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"

#define WORKER_STACK	(256 * 1024)
#define TICK_MS		3	/* between looks at the one with the turn */
#define IDLE_TICKS	50	/* without a call: looks end */
#define SLOW_NS		300000	/* calls that last */
#define PULL_TRY	256	/* descriptors until the other way is tried */
#define PULL_NS_MAX	50000	/* who takes longer was interrupted */
#define SLOW_STEP	8	/* fast calls make up for a slow one */
#define EAGER_CALLS	64	/* so many are shared out after that */
#define SAMPLE_CALLS	16	/* every which is looked behind */

/* By number; what is not here was never asked for. */
static const struct {
	int	 nr;
	long	(*handler)(struct call *);
} handlers[] = {
	{ SYS_openat, call_openat },
	{ NR_OPENAT2, call_openat2 },
	{ SYS_mkdirat, call_mkdirat },
	{ SYS_mknodat, call_mknodat },
	{ SYS_unlinkat, call_unlinkat },
	{ SYS_renameat2, call_renameat2 },
	{ SYS_linkat, call_linkat },
	{ SYS_symlinkat, call_symlinkat },
	{ SYS_truncate, call_truncate },
	{ SYS_fchmod, call_fchmod },
	{ SYS_fchmodat, call_fchmodat },
	{ NR_FCHMODAT2, call_fchmodat2 },
	{ SYS_fchown, call_fchown },
	{ SYS_fchownat, call_fchownat },
	{ SYS_utimensat, call_utimensat },
	{ SYS_setxattr, call_setxattr },
	{ SYS_lsetxattr, call_lsetxattr },
	{ SYS_fsetxattr, call_fsetxattr },
	{ SYS_removexattr, call_removexattr },
	{ SYS_lremovexattr, call_lremovexattr },
	{ SYS_fremovexattr, call_fremovexattr },
	{ SYS_umask, call_umask },
	{ SYS_chdir, call_chdir },
	{ SYS_fchdir, call_chdir },
	{ SYS_unshare, call_share },
	{ SYS_bind, call_bind },
	{ SYS_connect, call_connect },
	{ SYS_listen, call_listen },
	{ SYS_clone, call_clone },
	{ SYS_setpriority, call_numbered },
	{ SYS_ioprio_set, call_numbered },
	{ SYS_prlimit64, call_numbered },
	{ SYS_sched_setaffinity, call_numbered },
	{ SYS_sched_setscheduler, call_numbered },
	{ SYS_sched_setparam, call_numbered },
	{ SYS_sched_setattr, call_numbered },
	/* Newer machines lack these. */
	WITH_RENAMEAT({ SYS_renameat, call_renameat },)
	WITH_OPEN(
	{ SYS_fork, call_clone },
	{ SYS_vfork, call_clone },
	{ SYS_open, call_open },
	{ SYS_creat, call_creat },
	{ SYS_mkdir, call_mkdir },
	{ SYS_mknod, call_mknod },
	{ SYS_unlink, call_unlink },
	{ SYS_rmdir, call_rmdir },
	{ SYS_rename, call_rename },
	{ SYS_link, call_link },
	{ SYS_symlink, call_symlink },
	{ SYS_chmod, call_chmod },
	{ SYS_chown, call_chown },
	{ SYS_lchown, call_lchown },
	{ SYS_utime, call_utime },
	{ SYS_utimes, call_utimes },
	{ SYS_futimesat, call_futimesat },
	)
};

#define CALLS_MAX	512
static long		(*table[CALLS_MAX])(struct call *);

static struct seccomp_notif_sizes	 sizes;
/*
 * The turn: a counter, and what is done with it.  Who has it, and only that
 * one, changes it from TURN_RECEIVE to TURN_HANDLE; the main thread may then
 * change it to TURN_FREE.
 */
enum {
	TURN_FREE,
	TURN_RECEIVE,
	TURN_HANDLE,
	TURN_MASK = 3,
	TURN_NEXT = 4
};
static _Atomic uint64_t	 turn;
static pthread_mutex_t	 turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	 turn_cond = PTHREAD_COND_INITIALIZER;
static int		 nidle;		/* workers that wait for the turn */
static int		 nstarting;	/* workers that do not yet */
static int		 workers;
static int		 base;		/* workers that stay */
static int		 sharing;	/* ... of calls that queue */
static atomic_int	 eager;		/* calls that are to be shared out */
static atomic_int	 ticking;	/* the main thread looks */
static atomic_uint	 ways[2];	/* ns that a descriptor costs */
static pthread_attr_t	 worker_attr;

static void	*worker(void *);

/*
 * Starts a worker; without memory or a free task there are fewer.  With the
 * turn's lock held.
 */
static int
worker_start(void)
{
	pthread_t	 thread;
	int		 e;

	if ((e = pthread_create(&thread, &worker_attr, worker, NULL)) != 0) {
		errno = e;
		return -1;
	}
	nstarting++;
	workers++;
	return 0;
}

void
notify_start(void)
{
	uint64_t	 flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;
	cpu_set_t	 cpus;
	size_t		 i;
	int		 started;

	for (i = 0; i < nitems(handlers); i++)
		table[handlers[i].nr] = handlers[i].handler;
	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == -1)
		fatal("seccomp");
	if (sizes.seccomp_notif < sizeof(struct seccomp_notif))
		sizes.seccomp_notif = sizeof(struct seccomp_notif);
	/* EINVAL, before 6.6: slower, not wrong. */
	(void)ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == -1)
		CPU_ZERO(&cpus);
	base = CPU_COUNT(&cpus) + 1;
	/* Two are busy enough with a caller and a worker. */
	sharing = CPU_COUNT(&cpus) > 2;
	if (base > BROKER_THREADS_MAX / 2)
		base = BROKER_THREADS_MAX / 2;
	if (pthread_attr_init(&worker_attr) != 0 ||
	    pthread_attr_setstacksize(&worker_attr, WORKER_STACK) != 0 ||
	    pthread_attr_setdetachstate(&worker_attr,
	    PTHREAD_CREATE_DETACHED) != 0)
		fatalx("pthread_attr");
	(void)pthread_mutex_lock(&turn_lock);
	started = worker_start();
	(void)pthread_mutex_unlock(&turn_lock);
	if (started == -1)
		fatal("cannot start a thread");
}

/* Somebody else is to receive.  With the lock held. */
static void
turn_pass(void)
{
	if (nidle > 0)
		(void)pthread_cond_signal(&turn_cond);
	else if (nstarting == 0 && workers < BROKER_THREADS_MAX &&
	    worker_start() == -1)
		log_debug("cannot start a thread");
}

/* It is free: or it has been since, and this is only one more try. */
static void
turn_free(uint64_t t)
{
	(void)pthread_mutex_lock(&turn_lock);
	if (atomic_compare_exchange_strong(&turn, &t,
	    (t & ~(uint64_t)TURN_MASK) + TURN_NEXT + TURN_FREE) ||
	    (t & TURN_MASK) == TURN_FREE)
		turn_pass();
	(void)pthread_mutex_unlock(&turn_lock);
}

/* Waits for the turn; -1 if there are enough who do. */
static int
turn_take(int first)
{
	uint64_t	 t;
	int		 r = -1;

	(void)pthread_mutex_lock(&turn_lock);
	nstarting -= first;
	if (nidle < base) {
		nidle++;
		while (((t = atomic_load(&turn)) & TURN_MASK) != TURN_FREE)
			(void)pthread_cond_wait(&turn_cond, &turn_lock);
		nidle--;
		atomic_store(&turn, t + TURN_NEXT + TURN_RECEIVE);
		r = 0;
	} else
		workers--;
	(void)pthread_mutex_unlock(&turn_lock);
	return r;
}

int
notify_tend(int elapsed)
{
	static uint64_t	 last;
	static int	 idle;
	uint64_t	 t;

	if (!atomic_load(&ticking))
		return -1;
	if (!elapsed)
		return TICK_MS;
	t = atomic_load(&turn);
	if (t == last && (t & TURN_MASK) == TURN_RECEIVE) {
		if (++idle < IDLE_TICKS)
			return TICK_MS;
		atomic_store(&ticking, 0);
		/* A call that came meanwhile did not wake us. */
		if (atomic_load(&turn) == t)
			return -1;
		atomic_store(&ticking, 1);
	} else if (t == last)
		turn_free(t);
	idle = 0;
	last = t;
	return TICK_MS;
}

/* The worker has received a call: its turn, as it is now. */
static uint64_t
turn_begin(void)
{
	uint64_t	 t;

	t = atomic_fetch_add(&turn, TURN_HANDLE - TURN_RECEIVE) +
	    TURN_HANDLE - TURN_RECEIVE;
	if (!atomic_load(&ticking) && !atomic_exchange(&ticking, 1))
		broker_wake();
	return t;
}

/* The call has been answered: 1 if the worker still has the turn. */
static int
turn_keep(uint64_t t)
{
	return atomic_compare_exchange_strong(&turn, &t,
	    t + TURN_NEXT + TURN_RECEIVE - TURN_HANDLE);
}

static uint64_t
now(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* One call may last because somebody else runs; three hardly so. */
static void
turn_judge(uint64_t ns)
{
	static atomic_uint	 slow;

	if (ns > SLOW_NS)
		atomic_fetch_add(&slow, SLOW_STEP);
	else if (atomic_load(&slow) > 0)
		atomic_fetch_sub(&slow, 1);
	if (atomic_load(&slow) > 2 * SLOW_STEP) {
		atomic_store(&slow, 0);
		atomic_store(&eager, EAGER_CALLS);
	}
}

/* Does the next call wait already? */
static int
is_behind(void)
{
	struct pollfd	 pfd = { .fd = broker.listener, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLIN) != 0;
}

/* Has the last process ended that the filter is on?  Then nothing blocks. */
static int
all_gone(void)
{
	struct pollfd	 pfd = { .fd = broker.listener, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP) != 0;
}

static atomic_int	 ended;

void
notify_end(void)
{
	atomic_store(&ended, 1);
}

/* All that the kernel looks at is in registers. */
long
call_clone(struct call *c)
{
	uint64_t	 with = c->nr != SYS_clone ? 0 :
			    c->arg[0] & (CLONE_FS | CLONE_THREAD);

	if (atomic_load(&ended))
		return -EAGAIN;
	return with == CLONE_FS || with == CLONE_THREAD ? call_share(c) :
	    CALL_CONTINUE;
}

static long
call_handle(struct call *c)
{
	if (c->nr < 0 || c->nr >= CALLS_MAX || table[c->nr] == NULL)
		return -ENOSYS;
	return table[c->nr](c);
}

/* The next call: 0, or -1 if there will be none. */
static int
call_receive(struct seccomp_notif *req, struct call *c)
{
	for (;;) {
		memset(req, 0, sizes.seccomp_notif);
		if (ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_RECV, req) == 0)
			break;
		/* ENOENT: the caller was killed meanwhile. */
		if (errno == ENOENT && all_gone())
			return -1;
		if (errno != EINTR && errno != ENOENT)
			fatal("cannot receive notifications");
	}
	c->id = req->id;
	c->tid = (pid_t)req->pid;
	c->nr = req->data.nr;
	memcpy(c->arg, req->data.args, sizeof(c->arg));
	c->fd = -1;
	c->fd_cloexec = 0;
	moves_call(c);
	return 0;
}

/* Receives and answers as long as it has the turn; -1 at the end. */
static int
worker_turn(struct seccomp_notif *req, struct call *c)
{
	static atomic_uint	 count;
	uint64_t		 t, start;
	long			 result;

	do {
		if (call_receive(req, c) == -1)
			return -1;
		start = now();
		t = turn_begin();
		if (atomic_load(&eager) > 0) {
			atomic_fetch_sub(&eager, 1);
			turn_free(t);
			call_answer(c, call_handle(c));
			return 0;
		}
		result = call_handle(c);
		if (sharing &&
		    atomic_fetch_add(&count, 1) % SAMPLE_CALLS == 0 &&
		    is_behind())
			atomic_store(&eager, EAGER_CALLS);
		call_answer(c, result);
		turn_judge(now() - start);
	} while (turn_keep(t));
	return 0;
}

static void *
worker(void *arg)
{
	struct seccomp_notif	*req;
	struct call		*c;
	int			 first = 1;

	/* So that umask and working directory are this thread's own. */
	if (unshare(CLONE_FS) == -1)
		fatal("unshare");
	req = malloc(sizes.seccomp_notif);
	c = calloc(1, sizeof(*c));
	if (req == NULL || c == NULL)
		fatal("malloc");
	while (turn_take(first) == 0 && worker_turn(req, c) == 0)
		first = 0;
	task_forget();
	kept_forget();
	free(req);
	free(c);
	return arg;
}

int
call_valid(const struct call *c)
{
	uint64_t	 id = c->id;

	return ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void
answer_send(const struct call *c, int64_t val, int32_t error, uint32_t flags)
{
	struct seccomp_notif_resp	 resp = {
		.id = c->id,
		.val = val,
		.error = error,
		.flags = flags
	};

	/* ENOENT: the caller is dead. */
	if (ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) == -1 &&
	    errno != ENOENT)
		fatal("cannot answer a notification");
}

/*
 * Puts the caller, which sleeps in its call, on this processor alone; *was is
 * what it had.
 */
static int
affinity_pull(pid_t tid, cpu_set_t *was)
{
	cpu_set_t	 here;
	int		 cpu;

	if ((cpu = sched_getcpu()) < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity(tid, sizeof(*was), was) == -1 ||
	    CPU_COUNT(was) < 2 || !CPU_ISSET(cpu, was))
		return 0;
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	return sched_setaffinity(tid, sizeof(here), &here) == 0;
}

/* Does that pay?  Which way is the faster one is tried now and then. */
static int
pull_wanted(void)
{
	static atomic_uint	 count;

	if (atomic_fetch_add(&count, 1) % PULL_TRY == 0)
		return atomic_load(&ways[1]) > atomic_load(&ways[0]);
	return atomic_load(&ways[1]) <= atomic_load(&ways[0]);
}

static void
pull_learn(int way, uint64_t ns)
{
	unsigned int	 old = atomic_load(&ways[way]);

	if (ns > PULL_NS_MAX)
		ns = PULL_NS_MAX;
	atomic_store(&ways[way], old - old / 8 + (unsigned int)ns / 8);
}

/*
 * Gives c->fd to the caller, as the lowest number that is free there, and
 * answers with that.  Not in one step (SECCOMP_ADDFD_FLAG_SEND): the caller
 * would go on while the file is open here as well, so that after its close(2)
 * the file still had a lock, a FIFO a writer, a program somebody who writes.
 */
static void
answer_fd(struct call *c)
{
	struct seccomp_notif_addfd	 addfd = {
		.id = c->id,
		.srcfd = (uint32_t)c->fd,
		.newfd_flags = c->fd_cloexec ? O_CLOEXEC : 0
	};
	cpu_set_t	 was;
	uint64_t	 start = now();
	int		 fd, error = 0, way = pull_wanted();
	int		 pulled = way && affinity_pull(c->tid, &was);

	/* EINTR: the caller was not there yet; nothing has been done. */
	do
		fd = ioctl(broker.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	while (fd == -1 && (errno == EINTR || errno == EINPROGRESS));
	if (fd == -1)
		error = errno;
	(void)close(c->fd);
	c->fd = -1;
	/* Before it goes on: it may choose its processors itself. */
	if (pulled)
		(void)sched_setaffinity(c->tid, sizeof(was), &was);
	/* EMFILE is the caller's own limit. */
	if (error == 0)
		answer_send(c, fd, 0, 0);
	else if (error != ENOENT)
		answer_send(c, 0, -error, 0);
	pull_learn(way, now() - start);
}

void
call_answer(struct call *c, long result)
{
	if (result == CALL_TAKEN)
		return;
	if (result >= 0 && c->fd != -1) {
		answer_fd(c);
		return;
	}
	/* Before the caller goes on: see answer_fd(). */
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
	if (result == CALL_CONTINUE)
		answer_send(c, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	else if (result < 0)
		answer_send(c, 0, (int32_t)result, 0);
	else
		answer_send(c, result, 0, 0);
}

int
call_interrupt(struct call *c)
{
	if (!call_valid(c))
		return -1;
	if (!task_signalled(c))
		return 0;
	answer_send(c, 0, -LX_ERESTARTSYS, 0);
	return 1;
}
