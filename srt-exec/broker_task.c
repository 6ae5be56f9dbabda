/* SPDX-License-Identifier: ISC */

/*
 * What the caller of a call is and has.  Its thread id is good as long as
 * the notification is valid: what is opened by it counts only once
 * call_valid() has said so afterwards, for the id may be another thread's by
 * then.
 */

#include "compat.h"

#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <linux/capability.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_path.h"

#define PAGE		4096	/* the least that any machine has */
#define CHUNK		256	/* of a string, at first: most are shorter */
#define STATUS_SIZE	8192	/* of /proc/PID/status, as much as matters */

static atomic_int	 umask_changed;
static atomic_int	 process_pidfds;	/* before Linux 6.9 */

long
task_read(const struct call *c, uint64_t addr, void *buf, size_t len)
{
	struct iovec	 local = { .iov_base = buf, .iov_len = len };
	struct iovec	 remote = {
		.iov_base = (void *)(uintptr_t)addr, .iov_len = len
	};

	if (len == 0)
		return 0;
	if (process_vm_readv(c->tid, &local, 1, &remote, 1, 0) !=
	    (ssize_t)len)
		return -EFAULT;
	return 0;
}

/*
 * Most paths are short and lie within one page: nothing is read beyond the
 * page in which the string ends, which need not be mapped.
 */
long
task_string(const struct call *c, uint64_t addr, char *buf)
{
	struct iovec	 local, remote;
	size_t		 len = 0, chunk;
	ssize_t		 n;

	while (len < PATH_MAX) {
		chunk = PAGE - (size_t)((addr + len) % PAGE);
		if (len == 0 && chunk > CHUNK)
			chunk = CHUNK;
		if (chunk > PATH_MAX - len)
			chunk = PATH_MAX - len;
		local.iov_base = buf + len;
		remote.iov_base = (void *)(uintptr_t)(addr + len);
		local.iov_len = remote.iov_len = chunk;
		n = process_vm_readv(c->tid, &local, 1, &remote, 1, 0);
		if (n <= 0)
			return -EFAULT;
		if (memchr(buf + len, '\0', (size_t)n) != NULL)
			return 0;
		len += (size_t)n;
	}
	buf[PATH_MAX - 1] = '\0';
	return -ENAMETOOLONG;
}

/* As much of the string as is to be had at once. */
static size_t
first_chunk(uint64_t addr)
{
	size_t	 left = PAGE - (size_t)(addr % PAGE);

	return left < CHUNK ? left : CHUNK;
}

long
task_strings(struct call *c, uint64_t a, uint64_t b, long *second)
{
	struct iovec	 local[2] = {
		{ .iov_base = c->path, .iov_len = first_chunk(a) },
		{ .iov_base = c->path2, .iov_len = first_chunk(b) }
	};
	struct iovec	 remote[2] = {
		{ .iov_base = (void *)(uintptr_t)a },
		{ .iov_base = (void *)(uintptr_t)b }
	};
	size_t		 na = local[0].iov_len, nb = local[1].iov_len;
	long		 r;

	remote[0].iov_len = na;
	remote[1].iov_len = nb;
	*second = 0;
	if (process_vm_readv(c->tid, local, 2, remote, 2, 0) ==
	    (ssize_t)(na + nb) && memchr(c->path, '\0', na) != NULL &&
	    memchr(c->path2, '\0', nb) != NULL)
		return 0;
	/* A long one, or a bad address: which of them, and how? */
	if ((r = task_string(c, a, c->path)) < 0)
		return r;
	*second = task_string(c, b, c->path2);
	return 0;
}

/* The text of a file of the caller's in /proc; its length, or -errno. */
static long
task_file(pid_t tid, const char *name, char *buf, size_t size)
{
	char	 path[64];
	ssize_t	 n;
	int	 fd, saved;

	*buf = '\0';
	(void)snprintf(path, sizeof(path), "%d/%s", (int)tid, name);
	fd = openat(broker.procfd, path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	n = read(fd, buf, size - 1);
	saved = errno;
	(void)close(fd);
	if (n == -1)
		return -saved;
	buf[n] = '\0';
	return n;
}

/* Where the value of a field of the status begins, or NULL. */
static const char *
status_field(const char *status, const char *name)
{
	size_t	 len = strlen(name);

	while (status != NULL && *status != '\0') {
		if (strncmp(status, name, len) == 0 && status[len] == ':')
			return status + len + 1 +
			    strspn(status + len + 1, " \t");
		if ((status = strchr(status, '\n')) != NULL)
			status++;
	}
	return NULL;
}

static uint64_t
status_number(const char *status, const char *name, int radix)
{
	const char	*value = status_field(status, name);

	return value == NULL ? 0 : strtoull(value, NULL, radix);
}

static int
thread_pidfd(pid_t tid)
{
	int	 fd;

	fd = (int)syscall(NR_PIDFD_OPEN, tid, PIDFD_THREAD);
	if (fd == -1 && errno == EINVAL)
		atomic_store(&process_pidfds, 1);
	return fd;
}

/* A pidfd of the thread, or of its process where threads have none. */
static int
task_pidfd(pid_t tid)
{
	char	 status[STATUS_SIZE];
	int	 fd;

	fd = thread_pidfd(tid);
	if (fd != -1 || errno != EINVAL)
		return fd;
	if (task_file(tid, "status", status, sizeof(status)) < 0)
		return -1;
	return lx_pidfd_open((pid_t)status_number(status, "Tgid", 10));
}

/*
 * The caller that this thread has looked at last.  Neither of the two ever
 * leads to another thread that has the number later: if one still works, the
 * number has been the caller's since the call, and what was read by it before
 * is the caller's as well.
 */
static __thread struct {
	pid_t		 tid;
	int		 dir;		/* its directory in /proc */
	int		 fds;		/* "fd" in that, once asked for again */
	int		 nfds;		/* how often it was */
	int		 pidfd;
	uint64_t	 moves;		/* before its cwd was kept; or 0 */
	uint64_t	 alive;		/* the call in which that was seen */
} known = { .dir = -1, .fds = -1, .pidfd = -1 };

void
task_forget(void)
{
	if (known.dir != -1)
		(void)close(known.dir);
	if (known.fds != -1)
		(void)close(known.fds);
	if (known.pidfd != -1)
		(void)close(known.pidfd);
	known.tid = 0;
	known.nfds = 0;
	known.moves = 0;
	known.dir = known.fds = known.pidfd = -1;
}

static void
task_know(const struct call *c)
{
	if (known.tid == c->tid)
		return;
	task_forget();
	known.tid = c->tid;
}

/* As task_fd(), for a caller that is known by a pidfd. */
static int
known_fd(int number)
{
	int	 fd;

	fd = (int)syscall(NR_PIDFD_GETFD, known.pidfd, number, 0);
	return fd == -1 ? -errno : fd;
}

static int
known_cwd(const struct call *c)
{
	int	 fd;

	if ((fd = kept_find(KEPT_CWD, c, known.dir, "cwd")) != -1)
		return fd;
	fd = openat(known.dir, "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	kept_add(KEPT_CWD, c, fd, "cwd");
	return fd;
}

/* What was found by its number counts if that is the caller's still. */
static int
checked(const struct call *c, int fd)
{
	if (fd < 0 || call_valid(c))
		return fd;
	base_close(fd);
	task_forget();
	return -ESRCH;
}

int
task_fd(const struct call *c, int number)
{
	int	 fd;

	task_know(c);
	if (known.pidfd != -1) {
		if ((fd = known_fd(number)) != -ESRCH)
			return fd;
		task_forget();
		task_know(c);
	}
	if ((known.pidfd = task_pidfd(c->tid)) == -1)
		return -errno;
	fd = checked(c, known_fd(number));
	/* Of a process: its threads may have got other numbers. */
	if (atomic_load(&process_pidfds))
		task_forget();
	return fd;
}

/*
 * Has the number not become another thread's?  A pidfd of the thread can tell,
 * and so can what else was got by a descriptor in this call.
 */
static int
is_same(const struct call *c)
{
	struct pollfd	 pfd = { .events = POLLIN };

	if (known.alive == c->id)
		return 1;
	pfd.fd = known.pidfd;
	return poll(&pfd, 1, 0) == 0;
}

/* So that it need not be asked for the next time. */
static void
cwd_learn(const struct call *c, uint64_t moves)
{
	int	 fd;

	known.moves = 0;
	/* A process's pidfd would not do. */
	if (!moves_none(moves) || atomic_load(&process_pidfds))
		return;
	if (known.pidfd == -1) {
		if ((fd = checked(c, thread_pidfd(c->tid))) < 0)
			return;
		known.pidfd = fd;
	}
	known.moves = moves;
}

int
task_cwd(const struct call *c)
{
	uint64_t	 moves = moves_begin();
	char		 name[16];
	int		 fd;

	if ((fd = kept_used(KEPT_CWD, c)) != -1)
		return fd;
	task_know(c);
	if (known.dir != -1) {
		if (known.moves == moves && is_same(c) &&
		    (fd = kept_again(KEPT_CWD, c)) != -1)
			return fd;
		if ((fd = known_cwd(c)) >= 0)
			cwd_learn(c, moves);
		if (fd != -ESRCH && fd != -ENOENT)
			return fd;
		task_forget();
		task_know(c);
	}
	(void)snprintf(name, sizeof(name), "%d", (int)c->tid);
	fd = openat(broker.procfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if ((fd = checked(c, fd)) < 0)
		return fd;
	known.dir = fd;
	return known_cwd(c);
}

/* Who asks more than once gets a descriptor, by which it costs a third. */
uint64_t
task_fds(const struct call *c)
{
	struct lx_stat	 st;
	char		 path[32];

	task_know(c);
	if (known.fds != -1) {
		if (lx_statx(known.fds, "", LX_STATX_BASIC, &st) == 0) {
			known.alive = c->id;
			return st.size;
		}
		task_forget();
		task_know(c);
	}
	(void)snprintf(path, sizeof(path), "%d/fd", (int)c->tid);
	if (known.nfds++ > 0)
		known.fds = checked(c, openat(broker.procfd, path, O_PATH |
		    O_DIRECTORY | O_CLOEXEC));
	if (known.fds < 0)
		known.fds = -1;
	return lx_statx(broker.procfd, path, LX_STATX_BASIC, &st) == 0 ?
	    st.size : 0;
}

/* The innermost of the ids that the process has in nested namespaces. */
static pid_t
status_inner(const char *status, const char *name)
{
	const char	*value = status_field(status, name);
	char		*end;
	long		 pid = -1;

	while (value != NULL && *value >= '0' && *value <= '9') {
		pid = strtol(value, &end, 10);
		value = end + strspn(end, " \t");
	}
	return (pid_t)pid;
}

int
task_ns_pid(const struct call *c, pid_t *pid, pid_t *tid)
{
	char	 status[STATUS_SIZE];

	if (task_file(c->tid, "status", status, sizeof(status)) < 0 ||
	    !call_valid(c))
		return -1;
	*pid = status_inner(status, "NStgid");
	*tid = status_inner(status, "NSpid");
	return *pid <= 0 || *tid <= 0 ? -1 : 0;
}

long
call_umask(struct call *c)
{
	if ((c->arg[0] & 0777) != (broker.sb->opt.umask & 0777))
		atomic_store(&umask_changed, 1);
	/* The mask is in a register: nothing is read again. */
	return CALL_CONTINUE;
}

long
task_take_umask(const struct call *c)
{
	static __thread mode_t	 mine = (mode_t)-1;
	char			 status[512];
	mode_t			 mask = broker.sb->opt.umask & 0777;
	long			 n;

	if (atomic_load(&umask_changed)) {
		n = task_file(c->tid, "status", status, sizeof(status));
		if (n < 0)
			return n;
		if (status_field(status, "Umask") == NULL)
			return -EPERM;
		mask = (mode_t)status_number(status, "Umask", 8) & 0777;
	}
	if (mask != mine) {
		(void)umask(mask);
		mine = mask;
	}
	return 0;
}

uint64_t
task_limit(const struct call *c, int resource)
{
	struct {
		uint64_t	 cur;
		uint64_t	 max;
	} limit;

	if (syscall(SYS_prlimit64, c->tid, resource, NULL, &limit) == -1)
		return UINT64_MAX;
	return limit.cur;
}

/*
 * A signal for the process may be taken by any of its threads; only where
 * there is one the answer that restarts the call is sure to meet it.
 */
int
task_signalled(const struct call *c)
{
	char		 status[STATUS_SIZE];
	uint64_t	 pending, shared;

	if (task_file(c->tid, "status", status, sizeof(status)) < 0)
		return 0;
	pending = status_number(status, "SigPnd", 16);
	shared = status_number(status, "ShdPnd", 16);
	if (status_number(status, "Threads", 10) == 1)
		pending |= shared;
	return (pending & ~status_number(status, "SigBlk", 16) &
	    ~status_number(status, "SigIgn", 16)) != 0;
}

/* proc_pid_stat(5): the seventh field; the second one is in brackets. */
static dev_t
stat_tty(const char *stat)
{
	const char	*s = strrchr(stat, ')');
	unsigned int	 n;

	/* The kernel's own number.  NOLINTNEXTLINE(cert-err34-c) */
	if (s == NULL || sscanf(s + 1, " %*c %*d %*d %*d %u", &n) != 1)
		return 0;
	return makedev(n >> 8 & 0xfff, (n & 0xff) | (n >> 12 & 0xfff00));
}

int
task_session(const struct call *c, dev_t *dev)
{
	char	 text[STATUS_SIZE];

	*dev = 0;
	if (task_file(c->tid, "stat", text, sizeof(text)) > 0)
		*dev = stat_tty(text);
	/* What lies outside has no number in the inner namespace. */
	return task_file(c->tid, "status", text, sizeof(text)) < 0 ||
	    status_inner(text, "NSsid") != 0;
}

int
task_lower(int lower)
{
	struct __user_cap_header_struct	 head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	 caps[2];

	/* There it has none, as nobody has. */
	if (broker_is_bare())
		return 0;
	memset(caps, 0, sizeof(caps));
	caps[0].permitted = 1U << CAP_SYS_PTRACE;
	caps[0].effective = lower ? 0 : caps[0].permitted;
	return (int)syscall(SYS_capset, &head, caps);
}

void
task_program(pid_t tid, char *buf, size_t size)
{
	long	 n;

	n = task_file(tid, "comm", buf, size);
	if (n <= 0) {
		*buf = '\0';
		return;
	}
	if (buf[n - 1] == '\n')
		buf[n - 1] = '\0';
}

pid_t
task_process(pid_t tid)
{
	char	 status[512];

	if (task_file(tid, "status", status, sizeof(status)) < 0)
		return tid;
	return (pid_t)status_number(status, "Tgid", 10);
}

/*
 * Mode "landlock": programs know themselves and their threads by number, and
 * a process's is no other's as long as one of its threads waits here.  That of
 * another thread could become one, should it end right now; limits, which
 * matter most, are the process's.
 */
long
call_numbered(struct call *c)
{
	struct lx_stat	 st;
	char		 path[64];
	int		 second = c->nr == SYS_setpriority ||
			    c->nr == SYS_ioprio_set;
	pid_t		 pid = (pid_t)c->arg[second ? 1 : 0];
	pid_t		 process = task_process(c->tid);

	if (!call_valid(c))
		return -ESRCH;
	if (pid == c->tid || pid == process)
		return CALL_CONTINUE;
	(void)snprintf(path, sizeof(path), "%d/task/%d", (int)process,
	    (int)pid);
	if (c->nr == SYS_prlimit64 ||
	    lx_statx(broker.procfd, path, LX_STATX_BASIC, &st) == -1)
		return -EPERM;
	return CALL_CONTINUE;
}
