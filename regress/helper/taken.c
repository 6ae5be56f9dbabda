/* SPDX-License-Identifier: ISC */

/*
 * See taken.h.  The functions __wrap_NAME stand where the program calls NAME;
 * a process counts calls from its beginning, be that fork or execve.
 */

#include "compat.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"
#include "taken.h"

static const volatile char	 mark[] = TAKEN_MARK;

struct taken		*taken;
static unsigned int	 self = ROLE_PARENT;
static unsigned int	 calls;
static int		 forked;
static enum role	 role_now;

pid_t	 __real_fork(void);
pid_t	 __wrap_fork(void);
void	 __real_sandbox_enter(enum role);
void	 __wrap_sandbox_enter(enum role);

/* Beside the programs: PREFIX/control. */
static void __attribute__((__constructor__))
taken_open(void)
{
	static const struct {
		const char	*name;
		unsigned int	 who;
	} programs[] = {
		{ "/bin/srt", ROLE_PARENT },
		{ "/libexec/srt/srt-proxy", ROLE_PROXY },
		{ "/libexec/srt/srt-exec", ROLE_EXEC },
		{ "/libexec/srt/srt-monitor", ROLE_MONITOR },
		{ "/libexec/srt/srt-tls", ROLE_TLS }
	};
	char	 path[PATH_MAX + 16];
	void	*map;
	size_t	 i, n;
	ssize_t	 len;
	int	 fd;

	if (mark[0] == '\0' ||
	    (len = readlink("/proc/self/exe", path, PATH_MAX)) <= 0)
		return;
	path[len] = '\0';
	for (i = 0; i < nitems(programs); i++) {
		n = strlen(programs[i].name);
		if ((size_t)len > n && strcmp(path + (size_t)len - n,
		    programs[i].name) == 0)
			break;
	}
	if (i == nitems(programs))
		return;
	self = programs[i].who;
	(void)strlcpy(path + (size_t)len - n, "/control", 16);
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) == -1)
		return;
	map = mmap(NULL, sizeof(*taken), PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		taken = map;
}

unsigned int
taken_self(void)
{
	return self;
}

void
taken_become(unsigned int who)
{
	self = who;
	calls = 0;
}

int
taken_is(enum taken_mode mode)
{
	return taken != NULL && taken->mode == mode && taken->who == self;
}

/* Threads, and a process and what it has made, may do so at a time. */
static void
taken_add(const char *text, size_t len)
{
	uint32_t	 at = __atomic_load_n(&taken->len, __ATOMIC_RELAXED);

	do {
		if (len > sizeof(taken->text) - at)
			return;
	} while (!__atomic_compare_exchange_n(&taken->len, &at,
	    at + (uint32_t)len, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	memcpy(taken->text + at, text, len);
}

void
taken_say(const char *fmt, ...)
{
	char	 line[256];
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	taken_add(line, strlen(line));
}

/* The kernel sends pid 1 no signal that it could ignore. */
static void
taken_die(int sig)
{
	if (getpid() == 1)
		__builtin_trap();
	(void)raise(sig);
}

/* Is it this call's turn?  Then errno is set. */
static int
taken_hit(const char *name)
{
	char		 line[64];
	size_t		 len;
	unsigned int	 n;

	if (taken_is(TAKEN_FORGE)) {
		n = __atomic_add_fetch(&calls,
		    strcmp(name, taken->call) == 0, __ATOMIC_RELAXED);
		if (n == taken->nth && taken->fired == 0)
			taken_forge();
		return 0;
	}
	if (!taken_is(TAKEN_TRACE) && !taken_is(TAKEN_FAULT))
		return 0;
	if (taken->mode == TAKEN_TRACE) {
		if ((len = strlcpy(line, name, sizeof(line))) < sizeof(line)) {
			line[len] = '\n';
			taken_add(line, len + 1);
		}
		return 0;
	}
	if (strcmp(name, taken->call) != 0)
		return 0;
	n = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (n < taken->nth || (n > taken->nth && !taken->sticky))
		return 0;
	if (__atomic_fetch_add(&taken->fired, 1, __ATOMIC_RELAXED) > 0 &&
	    taken->action < 0)
		return 0;
	taken->pid = (int32_t)getpid();
	if (taken->action < 0) {
		taken_die(-taken->action);
		return 0;
	}
	errno = taken->action;
	return 1;
}

/* --- who a process is */

pid_t
__wrap_fork(void)
{
	unsigned int	 child;
	pid_t		 pid;

	if (taken_hit("fork"))
		return -1;
	if (self == ROLE_PROXY && !forked)
		child = ROLE_RESOLVER;
	else if (self == ROLE_PROXY)
		child = ROLE_TLS;
	else if (self == ROLE_EXEC)
		child = TAKEN_CGROUP;
	else if (self == TAKEN_INIT)
		child = TAKEN_COMMAND;
	else
		child = TAKEN_ROLE;
	forked = 1;
	if ((pid = __real_fork()) == 0)
		taken_become(child);
	return pid;
}

static void
confine(void)
{
	__real_sandbox_enter(role_now);
}

void
__wrap_sandbox_enter(enum role role)
{
	role_now = role;
	if (role == ROLE_KEEPER)
		taken_become(ROLE_KEEPER);
	if (taken_is(TAKEN_TRY))
		taken_try(confine);
	else if (taken_is(TAKEN_TRY_FREE))
		taken_try(NULL);
	if (taken_is(TAKEN_RAVE) || taken_is(TAKEN_FORGE))
		taken_look();
	if (taken_is(TAKEN_RAVE))
		taken_prepare();
	__real_sandbox_enter(role);
	if (taken_is(TAKEN_FORGE)) {
		calls = 0;
		(void)taken_hit("confined");
	}
	if (taken_is(TAKEN_RAVE))
		taken_rave();
}

/* --- calls that fail */

#define FAULT(type, name, fail, params, args)				\
type	 __real_##name params;						\
type	 __wrap_##name params;						\
									\
type									\
__wrap_##name params							\
{									\
	return taken_hit(#name) ? (fail) : __real_##name args;		\
}

FAULT(int, socketpair, -1, (int a, int b, int c, int *d), (a, b, c, d))
FAULT(int, pipe2, -1, (int *a, int b), (a, b))
FAULT(int, open, -1, (const char *a, int b, mode_t c), (a, b, c))
FAULT(int, openat, -1, (int a, const char *b, int c, mode_t d),
    (a, b, c, d))
FAULT(int, socket, -1, (int a, int b, int c), (a, b, c))
FAULT(int, bind, -1, (int a, const void *b, socklen_t c), (a, b, c))
FAULT(int, listen, -1, (int a, int b), (a, b))
FAULT(int, connect, -1, (int a, const void *b, socklen_t c), (a, b, c))
FAULT(int, accept4, -1, (int a, void *b, socklen_t *c, int d),
    (a, b, c, d))
FAULT(ssize_t, sendmsg, -1, (int a, const struct msghdr *b, int c),
    (a, b, c))
FAULT(ssize_t, recvmsg, -1, (int a, struct msghdr *b, int c), (a, b, c))
FAULT(ssize_t, read, -1, (int a, void *b, size_t c), (a, b, c))
FAULT(ssize_t, write, -1, (int a, const void *b, size_t c), (a, b, c))
FAULT(ssize_t, writev, -1, (int a, const void *b, int c), (a, b, c))
FAULT(int, epoll_create1, -1, (int a), (a))
FAULT(int, epoll_ctl, -1, (int a, int b, int c, struct epoll_event *d),
    (a, b, c, d))
FAULT(int, eventfd, -1, (unsigned int a, int b), (a, b))
FAULT(int, timerfd_create, -1, (int a, int b), (a, b))
FAULT(void *, mmap, MAP_FAILED, (void *a, size_t b, int c, int d, int e,
    off_t f), (a, b, c, d, e, f))
FAULT(void *, malloc, NULL, (size_t a), (a))
FAULT(void *, calloc, NULL, (size_t a, size_t b), (a, b))
FAULT(void *, realloc, NULL, (void *a, size_t b), (a, b))
FAULT(char *, strdup, NULL, (const char *a), (a))
FAULT(int, dup2, -1, (int a, int b), (a, b))
FAULT(int, fcntl, -1, (int a, int b, long c), (a, b, c))
FAULT(int, prctl, -1, (int a, unsigned long b, unsigned long c,
    unsigned long d, unsigned long e), (a, b, c, d, e))
FAULT(int, setrlimit, -1, (int a, const struct rlimit *b), (a, b))
FAULT(int, execve, -1, (const char *a, char *const *b, char *const *c),
    (a, b, c))
FAULT(int, fchdir, -1, (int a), (a))
FAULT(long, syscall, -1, (long a, long b, long c, long d, long e, long f,
    long g), (a, b, c, d, e, f, g))

int	 __real_pthread_create(pthread_t *, const pthread_attr_t *,
	    void *(*)(void *), void *);
int	 __wrap_pthread_create(pthread_t *, const pthread_attr_t *,
	    void *(*)(void *), void *);

int
__wrap_pthread_create(pthread_t *a, const pthread_attr_t *b,
    void *(*c)(void *), void *d)
{
	return taken_hit("pthread_create") ? EAGAIN :
	    __real_pthread_create(a, b, c, d);
}
