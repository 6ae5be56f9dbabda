/* SPDX-License-Identifier: ISC */

/*
 * bind(2) and connect(2).  The address is copied once, the socket is
 * duplicated once, and what is done is done to that duplicate with that copy:
 * whatever the caller's threads change meanwhile comes too late.  The kernel
 * never reads the address again, for nothing would hold it to what was
 * decided.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "broker_net.h"

long
sock_copy(const struct call *c, struct sock_addr *sa)
{
	int	 len = (int)c->arg[2];

	memset(sa, 0, sizeof(*sa));
	if (len < 0 || (size_t)len > sizeof(sa->u.ss))
		return -EINVAL;
	sa->len = (socklen_t)len;
	return task_read(c, c->arg[1], &sa->u, (size_t)len);
}

/* 0 where the kernel cannot tell. */
static uint64_t
netns_cookie(int fd)
{
	uint64_t	 cookie;
	socklen_t	 len = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) == -1)
		return 0;
	return cookie;
}

static uint64_t		 own_cookie;
static uint64_t		 host_cookie;	/* of who has made our pipes */

static void
own_cookie_init(void)
{
	int	 s;

	host_cookie = netns_cookie(broker.monitor.ibuf.fd);
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s == -1)
		return;
	own_cookie = netns_cookie(s);
	(void)close(s);
}

static int
sock_option(int fd, int option, int *value)
{
	socklen_t	 len = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, option, value, &len);
}

/*
 * A socket of the host, say the caller's standard input, must not be sent
 * elsewhere.  In nested namespaces, where those are allowed, sockets are the
 * command's own business.
 */
long
sock_look(int fd, struct sock_kind *kind)
{
	static pthread_once_t	 once = PTHREAD_ONCE_INIT;
	uint64_t		 cookie;

	if (sock_option(fd, SO_DOMAIN, &kind->domain) == -1 ||
	    sock_option(fd, SO_TYPE, &kind->type) == -1 ||
	    sock_option(fd, SO_PROTOCOL, &kind->protocol) == -1)
		return -errno;
	(void)pthread_once(&once, own_cookie_init);
	cookie = netns_cookie(fd);
	kind->foreign = own_cookie != 0 && cookie != own_cookie;
	kind->outside = kind->foreign && (cookie == host_cookie ||
	    (broker.sb->opt.flags & EXEC_NESTED_USERNS) == 0);
	if (kind->domain == AF_UNIX)
		return 0;
	if (kind->outside)
		return -EACCES;
	if (kind->domain == AF_INET || kind->domain == AF_INET6) {
		if (kind->type == SOCK_DGRAM || (kind->type == SOCK_STREAM &&
		    kind->protocol == IPPROTO_TCP))
			return 0;
	} else if (kind->domain == AF_NETLINK)
		return 0;
	return -EACCES;
}

int
sock_blocking(int fd)
{
	int	 flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_NONBLOCK) == 0;
}

uint64_t
sock_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t
sock_deadline(int fd)
{
	struct timeval	 tv;
	socklen_t	 len = sizeof(tv);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len) == -1 ||
	    (tv.tv_sec == 0 && tv.tv_usec == 0))
		return 0;
	return sock_now() + (uint64_t)tv.tv_sec * 1000000000 +
	    (uint64_t)tv.tv_usec * 1000;
}

int
sock_expired(uint64_t deadline)
{
	return deadline != 0 && sock_now() >= deadline;
}

long
sock_refused(struct call *c, const struct sock_kind *kind, int binding)
{
	const char	*operation = binding ? "network-bind" :
			    "network-outbound";

	if (kind->outside)
		report(c, operation, "socket",
		    "made outside of the sandbox", "mandatory", "");
	else if (kind->domain == AF_UNIX && kind->type != SOCK_DGRAM)
		report(c, operation, "unix socket without a path",
		    "its name is one of the host's", "mandatory", "");
	else if (kind->domain == AF_UNIX)
		report(c, operation, "unix datagram socket",
		    "each datagram could name another receiver",
		    "network.allowAllUnixSockets",
		    "\"network\": {\"allowAllUnixSockets\": true}");
	else
		report(c, operation, "socket",
		    "neither TCP, UDP nor a Unix socket", "mandatory", "");
	return -EACCES;
}

/* Is a port of the host's the command's to have? */
static long
bind_bare(struct call *c, const struct sock_kind *kind)
{
	if (kind->domain == AF_NETLINK ||
	    (broker.sb->opt.flags & EXEC_LOCAL_BINDING) != 0)
		return 0;
	report(c, "network-bind", "socket", "a port of the host's",
	    "network.allowLocalBinding",
	    "\"network\": {\"allowLocalBinding\": true}");
	return -EACCES;
}

static long
bind_addr(struct call *c, int fd, const struct sock_kind *kind,
    const struct sock_addr *sa)
{
	long	 r;

	if (kind->domain == AF_UNIX)
		return unix_bind(c, fd, kind, sa);
	if (broker_is_bare() && (r = bind_bare(c, kind)) < 0)
		return r;
	/* Not while the broker has one of its own on some port for a moment. */
	(void)pthread_mutex_lock(&tcp_lock);
	r = bind(fd, &sa->u.sa, sa->len) == -1 ? -errno : 0;
	(void)pthread_mutex_unlock(&tcp_lock);
	return r;
}

static long
connect_addr(struct call *c, int fd, const struct sock_kind *kind,
    const struct sock_addr *sa)
{
	if (kind->domain == AF_UNIX)
		return unix_connect(c, fd, kind, sa, 0);
	if (kind->type == SOCK_STREAM && kind->domain != AF_NETLINK &&
	    !kind->foreign)
		return tcp_connect(c, fd, sa);
	/* Such sockets cannot be made, and have not come from srt. */
	if (broker_is_bare() && kind->domain != AF_NETLINK)
		return sock_refused(c, kind, 0);
	/* A datagram goes where the network namespace lets it: nowhere. */
	return connect(fd, &sa->u.sa, sa->len) == -1 ? -errno : 0;
}

long
call_bind(struct call *c)
{
	struct sock_addr	 sa;
	struct sock_kind	 kind;
	long			 copied, r;
	int			 fd;

	/* What was read counts if the caller is there still: task_fd(). */
	copied = sock_copy(c, &sa);
	if ((fd = task_fd(c, (int)c->arg[0])) < 0)
		return fd;
	if ((r = sock_look(fd, &kind)) == 0 && (r = copied) == 0)
		r = bind_addr(c, fd, &kind, &sa);
	else if (r == -EACCES)
		r = sock_refused(c, &kind, 1);
	(void)close(fd);
	return r;
}

long
call_connect(struct call *c)
{
	struct sock_addr	 sa;
	struct sock_kind	 kind;
	long			 copied, r;
	int			 fd;

	copied = sock_copy(c, &sa);
	if ((fd = task_fd(c, (int)c->arg[0])) < 0)
		return fd;
	if ((r = copied) == 0 && (r = sock_look(fd, &kind)) == -EACCES)
		r = sock_refused(c, &kind, 0);
	else if (r == 0)
		r = connect_addr(c, fd, &kind, &sa);
	(void)close(fd);
	return r;
}

/* One that has no port gets one by this. */
long
call_listen(struct call *c)
{
	struct sock_kind	 kind;
	long			 r;
	int			 fd;

	if ((fd = task_fd(c, (int)c->arg[0])) < 0)
		return fd;
	if ((r = sock_look(fd, &kind)) == 0 && kind.domain != AF_UNIX)
		r = bind_bare(c, &kind);
	else if (r == -EACCES)
		r = sock_refused(c, &kind, 1);
	if (r == 0 && listen(fd, (int)c->arg[1]) == -1)
		r = -errno;
	(void)close(fd);
	return r;
}
