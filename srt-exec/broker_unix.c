/* SPDX-License-Identifier: ISC */

/*
 * Unix sockets.  Names without a path are the network namespace's own.  By
 * path a program reaches what programs of the sandbox have bound, and of the
 * host's sockets those that the policy lists.
 *
 * connect(2) waits while the listener's queue is full, and nothing but
 * O_NONBLOCK or SO_SNDTIMEO, which the program would see, keeps it from that.
 * A timer of the thread's own does: its signal ends the wait, and the call is
 * tried again later.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "broker_net.h"
#include "broker_path.h"
#include "log.h"

#define TRY_NS		1000000		/* that a try may take */
#define SUN_HEAD	offsetof(struct sockaddr_un, sun_path)

/* The sockets that were bound inside, the oldest reused first. */
static struct bound {
	uint64_t	 ino;
	uint64_t	 btime;		/* ns; 0 if the file system has none */
	uint32_t	 major;
	uint32_t	 minor;
}			 bounds[BROKER_SOCKETS_MAX];
static size_t		 nbound, next_bound;
static pthread_mutex_t	 bound_lock = PTHREAD_MUTEX_INITIALIZER;

/* By its descriptor, or, with a name, in that directory. */
static int
bound_look(int fd, const char *name, struct bound *b)
{
	struct lx_stat	 st;

	if (lx_statx(fd, name, LX_STATX_BASIC | LX_STATX_BTIME, &st) == -1)
		return -1;
	memset(b, 0, sizeof(*b));
	b->ino = st.ino;
	b->major = st.dev_major;
	b->minor = st.dev_minor;
	if ((st.mask & LX_STATX_BTIME) != 0)
		b->btime = (uint64_t)st.btime.sec * 1000000000 +
		    st.btime.nsec;
	if (!S_ISSOCK(st.mode)) {
		errno = ECONNREFUSED;
		return -1;
	}
	return 0;
}

static void
bound_add(const struct bound *b)
{
	(void)pthread_mutex_lock(&bound_lock);
	bounds[next_bound] = *b;
	next_bound = (next_bound + 1) % nitems(bounds);
	if (nbound < nitems(bounds))
		nbound++;
	(void)pthread_mutex_unlock(&bound_lock);
}

static int
bound_has(const struct bound *b)
{
	size_t	 i;
	int	 found = 0;

	(void)pthread_mutex_lock(&bound_lock);
	for (i = 0; i < nbound && !found; i++)
		found = bounds[i].ino == b->ino &&
		    bounds[i].btime == b->btime &&
		    bounds[i].major == b->major && bounds[i].minor == b->minor;
	(void)pthread_mutex_unlock(&bound_lock);
	return found;
}

static void
timer_handler(int sig)
{
	(void)sig;
}

/* Not one that somebody sends to the whole process group. */
static int
timer_signal(void)
{
	return SIGRTMAX;
}

static void
timer_init(void)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = timer_handler;
	/* No SA_RESTART: the call is to end. */
	(void)sigaction(timer_signal(), &sa, NULL);
}

/* A signal for this thread every millisecond; the timer, or -1. */
static int
timer_start(void)
{
	static pthread_once_t	 once = PTHREAD_ONCE_INIT;
	struct itimerspec	 its = {
		.it_value = { .tv_nsec = TRY_NS },
		/* Again: the first may come before the wait begins. */
		.it_interval = { .tv_nsec = TRY_NS }
	};
	struct sigevent		 sev;
	sigset_t		 set;
	int			 id;

	(void)pthread_once(&once, timer_init);
	if (sigemptyset(&set) == -1 || sigaddset(&set, timer_signal()) == -1 ||
	    pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0)
		return -1;
	memset(&sev, 0, sizeof(sev));
	sev.sigev_notify = SIGEV_THREAD_ID;
	sev.sigev_signo = timer_signal();
	sev.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	/* Not the C library's: it makes threads. */
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &sev, &id) == -1)
		return -1;
	if (syscall(SYS_timer_settime, id, 0, &its, NULL) == -1) {
		(void)syscall(SYS_timer_delete, id);
		return -1;
	}
	return id;
}

/* connect(2) that waits no longer than a moment: -EINTR. */
static long
connect_try(int fd, const struct sockaddr *sa, socklen_t len)
{
	long	 r;
	int	 timer;

	if ((timer = timer_start()) == -1)
		return -EAGAIN;
	r = connect(fd, sa, len) == -1 ? -errno : 0;
	(void)syscall(SYS_timer_delete, timer);
	return r;
}

/* Everything anew, by the main thread: address, socket, decision. */
static long
unix_retry(struct call *c)
{
	struct sock_addr	 sa;
	struct sock_kind	 kind;
	long			 r;
	int			 fd;

	r = sock_copy(c, &sa);
	if ((fd = task_fd(c, (int)c->arg[0])) < 0)
		return fd;
	if (r == 0 && (r = sock_look(fd, &kind)) == 0)
		r = kind.domain == AF_UNIX ?
		    unix_connect(c, fd, &kind, &sa, 1) : -EBADF;
	(void)close(fd);
	return r;
}

/* The try has ended: what becomes of the call? */
static long
unix_tried(struct call *c, int fd, long r, int again)
{
	if (r != -EINTR)
		return r;
	if (!again) {
		/* connect(2) has three arguments; here is room. */
		c->arg[3] = sock_deadline(fd);
		return call_wait(c, -1, unix_retry);
	}
	return sock_expired(c->arg[3]) ? -EAGAIN : CALL_TAKEN;
}

/* An address that is a path, NUL-terminated as the kernel does it. */
static int
unix_path(const struct sock_addr *sa, char *path)
{
	size_t	 len;

	if (sa->len <= SUN_HEAD || sa->len > sizeof(sa->u.un) ||
	    sa->u.sa.sa_family != AF_UNIX || sa->u.un.sun_path[0] == '\0')
		return 0;
	len = strnlen(sa->u.un.sun_path, sa->len - SUN_HEAD);
	memcpy(path, sa->u.un.sun_path, len);
	path[len] = '\0';
	return 1;
}

/*
 * What c->path leads to, O_PATH, and its path in c->real2, "" if it has none
 * that means anything; or -errno.  *own: it is in the sandbox's own /dev.
 */
static int
unix_object(struct call *c, int *own)
{
	struct loc	 loc;
	long		 r;
	int		 fd, named;

	*own = 0;
	if ((r = loc_resolve(c, AT_FDCWD, c->path, c->real, &loc)) == 0)
		r = loc_follow(c, &loc);
	/* /proc, or what has no place in the tree. */
	named = loc.kind != LOC_OBJECT || loc.object == LOC_NAMED;
	if (r < 0)
		fd = (int)r;
	else if (loc.dirfd != -1)
		fd = path_open(loc.dirfd, loc_spelt(&loc), O_PATH |
		    O_NOFOLLOW, 0, 0);
	else if ((fd = loc.fd) == -1) {
		report(c, "network-outbound", c->path,
		    "leads where srt cannot follow", "mandatory", "");
		fd = -EACCES;
	} else
		loc.fd = -1;
	if (fd >= 0 && (!named ||
	    path_of_fd(fd, c->real2, sizeof(c->real2)) < 0))
		c->real2[0] = '\0';
	*own = fd >= 0 && loc.kind == LOC_KERNEL &&
	    (broker.sb->opt.flags & EXEC_FS_DISABLED) == 0 &&
	    strncmp(c->real2, "/dev/", 5) == 0;
	loc_close(&loc);
	return fd;
}

/* The settings that would allow it, if the path needs no quoting in them. */
static void
unix_cure(const char *path, char *buf, size_t size)
{
	const char	*p;

	for (p = path; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || strchr("\"\\*?[]{}", *p) != NULL)
			break;
	if (*p != '\0' || (size_t)snprintf(buf, size,
	    "\"network\": {\"allowUnixSockets\": [\"%s\"]}", path) >= size)
		buf[0] = '\0';
}

static long
unix_refuse(struct call *c, const char *path, const char *reason)
{
	char	 target[PATH_MAX + 16], cure[PATH_MAX + 64];

	(void)snprintf(target, sizeof(target), "unix:%s", path);
	unix_cure(path, cure, sizeof(cure));
	report(c, "network-outbound", target, reason,
	    "network.allowUnixSockets", cure);
	return -EACCES;
}

/*
 * A listed spelling alone does not open anything: a link of that name could
 * be the command's.  What the listed one led to at the start is listed too.
 * 1: it is the host's, 0: the sandbox's own.
 */
static long
unix_allowed(struct call *c, int fd, int own)
{
	struct bound	 b;

	if (bound_look(fd, "", &b) == -1)
		return -errno;
	if (own || bound_has(&b))
		return 0;
	if ((broker.sb->opt.flags & EXEC_ALL_UNIX) != 0)
		return 1;
	/* A socket without a name, say by /proc/self/fd. */
	if (c->real2[0] == '\0')
		return -ECONNREFUSED;
	if (guard_unix(broker.guard, c->real2) ||
	    learn_unix(c, fd, c->real2))
		return 1;
	return unix_refuse(c, c->real2,
	    "a socket of the host that is not listed");
}

/* For the audit record: a program has a connection to the host. */
static void
unix_record(struct call *c)
{
	char	 target[sizeof(c->real2) + 8];

	if ((broker.sb->opt.flags & EXEC_AUDIT) == 0)
		return;
	(void)snprintf(target, sizeof(target), "unix:%s", c->real2);
	report(c, VIOLATION_CONNECTED, target, "connected",
	    (broker.sb->opt.flags & EXEC_ALL_UNIX) != 0 ?
	    "network.allowAllUnixSockets" : "network.allowUnixSockets", "");
}

/* This thread's working directory was of use for one call. */
static void
leave_dir(void)
{
	if (path_enter(broker.rootfd) == -1)
		fatal("fchdir");
}

/* By the descriptor: no name is resolved again. */
static long
unix_connect_object(struct call *c, int fd, int object, int again)
{
	struct sockaddr_un	 un;
	char			 name[FD_NAME_MAX];
	long			 r;

	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	(void)strlcpy(un.sun_path, path_fd_name(object, name),
	    sizeof(un.sun_path));
	if (path_enter(path_fds()) == -1)
		return -EACCES;
	r = connect_try(fd, (const struct sockaddr *)&un, sizeof(un));
	leave_dir();
	return unix_tried(c, fd, r, again);
}

/*
 * Mode "landlock": a name without a path is one of the host's, where it is for
 * the broker, which is in no domain.
 */
static int
is_shared(const struct sock_addr *sa)
{
	return broker_is_bare() && (sa->len < sizeof(sa->u.sa.sa_family) ||
	    sa->u.sa.sa_family == AF_UNIX);
}

long
unix_connect(struct call *c, int fd, const struct sock_kind *kind,
    const struct sock_addr *sa, int again)
{
	uint32_t	 flags = broker.sb->opt.flags;
	long		 host, r;
	int		 object, own;

	/* It could send to any path without a word to us. */
	if (kind->type == SOCK_DGRAM && (flags & EXEC_ALL_UNIX) == 0)
		return sock_refused(c, kind, 0);
	if (!unix_path(sa, c->path)) {
		if (kind->outside || is_shared(sa))
			return sock_refused(c, kind, 0);
		return unix_tried(c, fd, connect_try(fd, &sa->u.sa, sa->len),
		    again);
	}
	(void)pthread_rwlock_rdlock(&broker.tree);
	object = unix_object(c, &own);
	(void)pthread_rwlock_unlock(&broker.tree);
	if (object < 0)
		return object;
	if ((host = unix_allowed(c, object, own)) < 0) {
		base_close(object);
		return host;
	}
	r = unix_connect_object(c, fd, object, again);
	base_close(object);
	if (r == 0 && host != 0)
		unix_record(c);
	return r;
}

/*
 * The path with the working directory before it and without what means
 * nothing, but with no name resolved: equal to the canonical path only where
 * there is no link and no ".." on the way.
 */
static int
path_spelled(const struct call *c, int cwd, char *buf, size_t size)
{
	const char	*p = c->path;
	size_t		 len = 0, n;

	buf[0] = '\0';
	if (*p != '/') {
		if (path_of_fd(cwd, buf, size) < 0)
			return -1;
		len = strlen(buf);
		if (len == 1)
			len = 0;
	}
	for (;;) {
		p += strspn(p, "/");
		if ((n = strcspn(p, "/")) == 0)
			break;
		if (n != 1 || *p != '.') {
			if (len + n + 2 > size)
				return -1;
			buf[len++] = '/';
			memcpy(buf + len, p, n);
			len += n;
		}
		p += n;
	}
	buf[len] = '\0';
	return 0;
}

/*
 * getsockname(2) is to give back what the program said, for some programs
 * take the name from there.  The kernel resolves that once more; where it
 * holds no link that is safe, because nobody inside can rename anything until
 * the lock is free.  Elsewhere the last component has to do.
 */
static long
unix_bind_name(struct call *c, int fd, const struct sock_addr *sa,
    struct loc *loc)
{
	struct sockaddr_un	 un;
	long			 r = 0;
	int			 cwd, plain;

	if ((cwd = task_cwd(c)) < 0)
		return cwd;
	plain = path_spelled(c, cwd, c->path2, sizeof(c->path2)) == 0 &&
	    strcmp(c->path2, loc->real) == 0;
	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	if (strlcpy(un.sun_path, loc_spelt(loc), sizeof(un.sun_path)) >=
	    sizeof(un.sun_path) && !plain)
		r = -ENAMETOOLONG;
	else if (path_enter(plain ? cwd : loc->dirfd) == -1 || (plain ?
	    bind(fd, &sa->u.sa, sa->len) :
	    bind(fd, (const struct sockaddr *)&un, sizeof(un))) == -1)
		r = -errno;
	leave_dir();
	base_close(cwd);
	return r;
}

/* As file systems tell the time of birth, and a second for coarse ones. */
static uint64_t
birth_least(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &ts) == -1 || ts.tv_sec < 1)
		return 0;
	return (uint64_t)(ts.tv_sec - 1) * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * Is it where it was meant to be, and not an older one?  The host may have
 * moved something, and so may another sandbox that shares the directory.
 */
static long
unix_bound(struct call *c, const struct loc *loc, uint64_t least)
{
	struct bound	 b;

	if (bound_look(loc->dirfd, loc->last, &b) == 0 &&
	    (b.btime == 0 || b.btime >= least)) {
		bound_add(&b);
		return 0;
	}
	report(c, "network-bind", loc->real,
	    "the directory changed while the socket was made", "", "");
	return -EACCES;
}

static long
unix_bind_path(struct call *c, int fd, const struct sock_addr *sa)
{
	struct loc	 loc;
	uint64_t	 least = birth_least();
	long		 r;

	if ((r = loc_resolve(c, AT_FDCWD, c->path, c->real, &loc)) < 0)
		;
	else if (loc.kind == LOC_KERNEL && (loc.dirfd == -1 ||
	    check_confined()))
		/*
		 * Landlock lets the command make sockets there and nowhere
		 * else, whatever it makes of the address meanwhile.
		 */
		r = check_kernel(c, c->path, DEED_BIND, EACCES);
	else if (loc.dirfd == -1)
		r = -EADDRINUSE;
	else if ((r = check_write(c, &loc, DEED_BIND)) == 0 &&
	    (r = task_take_umask(c)) == 0) {
		r = unix_bind_name(c, fd, sa, &loc);
		r = r == 0 ? unix_bound(c, &loc, least) :
		    check_result(c, &loc, DEED_BIND, r);
	}
	loc_close(&loc);
	return r;
}

long
unix_bind(struct call *c, int fd, const struct sock_kind *kind,
    const struct sock_addr *sa)
{
	long	 r;

	if (!unix_path(sa, c->path)) {
		if (kind->outside || is_shared(sa))
			return sock_refused(c, kind, 1);
		return bind(fd, &sa->u.sa, sa->len) == -1 ? -errno : 0;
	}
	(void)pthread_rwlock_wrlock(&broker.tree);
	r = unix_bind_path(c, fd, sa);
	(void)pthread_rwlock_unlock(&broker.tree);
	return r;
}
