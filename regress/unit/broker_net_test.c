/* SPDX-License-Identifier: ISC */

/*
 * bind and connect as the broker does them, in a network namespace of this
 * test's own.  It is the command, the broker's main thread and the proxy in
 * one: what the command's calls would bring is made up here, what the broker
 * asks the proxy arrives here.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <linux/filter.h>
#include <linux/sched.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "../../srt-exec/broker.h"

#define NOBODY		65534
#define PARKED_MAX	64
#define NOT_YET		(LONG_MIN + 2)
#define INSIDE4		"198.18.0.1"
#define INSIDE6		"fd00:73:7274::1"

struct broker		 broker;

static struct sandbox	 sandbox;
static struct ipc_peer	 proxy;		/* the proxy's end */
static char		 dir[64];
static int		 host_socket;	/* made before the namespace was */

/* What the broker asked for, the last of each. */
static struct ipc_connect asked;
static int		 nasked, ncancelled, nconnected, connected_fd;
static uint32_t		 cancelled_id, connected_id;
static struct {
	int	 fd;
	int	 family;
	int	 type;
	uint16_t port;
}			 listeners[16];
static int		 nlisteners, kinds[8];

/* What the handlers find elsewhere in the broker. */
static struct {
	uint32_t	 ticket;
	uint64_t	 arg[6];
}			 parked[PARKED_MAX];
static uint32_t		 tickets;
static long		 answer;
static long		 (*retry)(struct call *);
static uint64_t		 retry_arg[6];
static int		 gone, signalled, reports, checks;
static const char	*listed;
static char		 reported[PATH_MAX + 16];

void
broker_wake(void)
{
}

int
call_valid(const struct call *c)
{
	(void)c;
	return !gone;
}

void
call_answer(struct call *c, long result)
{
	(void)c;
	answer = result;
}

long
call_wait(struct call *c, int fd, long (*again)(struct call *))
{
	assert_int_equal(fd, -1);
	assert_null(retry);
	retry = again;
	memcpy(retry_arg, c->arg, sizeof(retry_arg));
	return CALL_TAKEN;
}

uint32_t
call_park(struct call *c)
{
	int	 i;

	for (i = 0; i < PARKED_MAX; i++)
		if (parked[i].ticket == 0)
			break;
	if (i == PARKED_MAX)
		return 0;
	parked[i].ticket = ++tickets;
	memcpy(parked[i].arg, c->arg, sizeof(c->arg));
	return tickets;
}

int
call_peek(uint32_t ticket, struct call *c)
{
	int	 i;

	for (i = 0; i < PARKED_MAX; i++)
		if (parked[i].ticket == ticket) {
			memcpy(c->arg, parked[i].arg, sizeof(c->arg));
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
		if (parked[i].ticket == ticket)
			parked[i].ticket = 0;
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
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
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
	return signalled;
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
	checks++;
	return strcmp(loc->last, ".bashrc") == 0 ? -EPERM : 0;
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
	return listed != NULL && strcmp(path, listed) == 0;
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
	reports++;
	(void)strlcpy(reported, target, sizeof(reported));
}

/* The proxy. */

static void
proxy_listener(struct ipc_peer *peer, struct imsg *imsg)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	uint32_t		 kind = ipc_recv_u32(imsg);
	int			 fd = imsg_get_fd(imsg), type;

	(void)peer;
	assert_true(kind < 8 && nlisteners < 16);
	kinds[kind]++;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	len = sizeof(type);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	listeners[nlisteners].fd = fd;
	listeners[nlisteners].family = ss.ss_family;
	listeners[nlisteners].type = type;
	/* The port is at the same place in both families. */
	listeners[nlisteners++].port =
	    ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
}

static void
proxy_connect(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	assert_int_equal(imsg_get_data(imsg, &asked, sizeof(asked)), 0);
	nasked++;
}

static void
proxy_connected(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	connected_id = ipc_recv_u32(imsg);
	if (connected_fd != -1)
		(void)close(connected_fd);
	connected_fd = imsg_get_fd(imsg);
	nconnected++;
}

static void
proxy_cancel(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	cancelled_id = ipc_recv_u32(imsg);
	ncancelled++;
}

static const struct ipc_rule proxy_rules[] = {
	{ IMSG_PROXY_LISTENER, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_listener },
	{ IMSG_PROXY_CONNECT, sizeof(struct ipc_connect),
	    sizeof(struct ipc_connect), IPC_NOFD, IPC_PHASE_RUN,
	    proxy_connect },
	{ IMSG_PROXY_CONNECTED, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_connected },
	{ IMSG_PROXY_CANCEL, 4, 4, IPC_NOFD, IPC_PHASE_RUN, proxy_cancel },
};

static void
lost(struct ipc_peer *peer)
{
	(void)peer;
	fail_msg("a pipe was closed");
}

static void
read_all(struct ipc_peer *peer)
{
	struct pollfd	 pfd = { .fd = peer->ibuf.fd, .events = POLLIN };

	while (poll(&pfd, 1, 0) == 1)
		assert_int_equal(ipc_dispatch(peer), 1);
}

/* A round of the main thread and of the proxy. */
static void
round_once(void)
{
	read_all(&broker.proxy);
	(void)connect_tend();
	assert_int_equal(ipc_flush(&broker.proxy), 0);
	read_all(&proxy);
}

/* Long enough for those that wait to be looked at. */
static void
round_until(const int *counter, int value)
{
	int	 i;

	for (i = 0; i < 200 && *counter != value; i++) {
		round_once();
		(void)poll(NULL, 0, 5);
	}
	assert_int_equal(*counter, value);
}

static void
verdict(uint32_t id, int error)
{
	struct ipc_verdict	 v = { id, (uint32_t)error };

	ipc_send(&proxy, IMSG_BROKER_VERDICT, -1, &v, sizeof(v));
	assert_int_equal(ipc_flush(&proxy), 0);
	round_once();
}

static void
local_ports(const uint16_t *ports, size_t n)
{
	ipc_send(&proxy, IMSG_BROKER_LOCAL, -1, ports, n * sizeof(*ports));
	assert_int_equal(ipc_flush(&proxy), 0);
	round_once();
}

/* The command. */

static long
call(long (*handler)(struct call *), int fd, const void *sa, long len)
{
	static struct call	 c;

	/* Whatever was in the registers. */
	memset(&c, 0xa5, sizeof(c));
	c.tid = getpid();
	c.arg[0] = (uint64_t)fd;
	c.arg[1] = (uint64_t)(uintptr_t)sa;
	c.arg[2] = (uint64_t)len;
	c.fd = -1;
	answer = NOT_YET;
	return handler(&c);
}

static long
retry_once(void)
{
	static struct call	 c;

	memset(&c, 0xa5, sizeof(c));
	memcpy(c.arg, retry_arg, sizeof(c.arg));
	return retry(&c);
}

/* What the waiting call gets at last. */
static long
retry_until_done(void)
{
	long	 r;
	int	 i;

	for (i = 0; i < 1000; i++) {
		if ((r = retry_once()) != CALL_TAKEN) {
			retry = NULL;
			return r;
		}
		(void)poll(NULL, 0, 2);
	}
	fail_msg("a call waits for ever");
	return 0;
}

struct addr {
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	}		 u;
	socklen_t	 len;
};

static struct addr
addr_of(const char *text, uint16_t port)
{
	struct addr	 a;

	memset(&a, 0, sizeof(a));
	if (strchr(text, ':') == NULL) {
		a.u.in.sin_family = AF_INET;
		a.u.in.sin_port = htons(port);
		a.len = sizeof(a.u.in);
		assert_int_equal(inet_pton(AF_INET, text, &a.u.in.sin_addr),
		    1);
	} else {
		a.u.in6.sin6_family = AF_INET6;
		a.u.in6.sin6_port = htons(port);
		a.len = sizeof(a.u.in6);
		assert_int_equal(inet_pton(AF_INET6, text,
		    &a.u.in6.sin6_addr), 1);
	}
	return a;
}

static int
tcp_new(int family, int flags)
{
	int	 s = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	assert_true(s >= 0);
	return s;
}

static long
connect_to(int fd, const char *text, uint16_t port)
{
	struct addr	 a = addr_of(text, port);

	return call(call_connect, fd, &a.u.sa, a.len);
}

/* "addr port" of one end. */
static const char *
end_of(int fd, int peer)
{
	static char	 buf[128];
	char		 text[INET6_ADDRSTRLEN];
	struct addr	 a;
	uint16_t	 port;

	a.len = sizeof(a.u);
	assert_int_equal(peer ? getpeername(fd, &a.u.sa, &a.len) :
	    getsockname(fd, &a.u.sa, &a.len), 0);
	if (a.u.sa.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &a.u.in.sin_addr, text, sizeof(text));
		port = ntohs(a.u.in.sin_port);
	} else {
		(void)inet_ntop(AF_INET6, &a.u.in6.sin6_addr, text,
		    sizeof(text));
		port = ntohs(a.u.in6.sin6_port);
	}
	(void)snprintf(buf, sizeof(buf), "%s %u", text, port);
	return buf;
}

static void
assert_joined(int a, int b)
{
	char	 c = 0;

	assert_int_equal(write(a, "x", 1), 1);
	assert_int_equal(recv(b, &c, 1, 0) == -1 ? errno : c, 'x');
	assert_int_equal(write(b, "y", 1), 1);
	assert_int_equal(recv(a, &c, 1, 0) == -1 ? errno : c, 'y');
}

static int
listen_new(const char *text, uint16_t *port)
{
	struct addr	 a = addr_of(text, *port);
	int		 s = tcp_new(a.u.sa.sa_family, 0);

	assert_int_equal(call(call_bind, s, &a.u.sa, a.len), 0);
	assert_int_equal(listen(s, 16), 0);
	a.len = sizeof(a.u);
	assert_int_equal(getsockname(s, &a.u.sa, &a.len), 0);
	*port = ntohs(a.u.in.sin_port);
	return s;
}

static int
setup(void **state)
{
	(void)state;
	gone = signalled = reports = checks = 0;
	nasked = ncancelled = nconnected = 0;
	listed = NULL;
	retry = NULL;
	sandbox.opt.flags = 0;
	if (connected_fd != -1)
		(void)close(connected_fd);
	connected_fd = -1;
	return 0;
}

/* What net_build() has made. */

static void
test_listeners(void **state)
{
	static const uint16_t	 ports[] = {
		SANDBOX_HTTP_PORT, SANDBOX_SOCKS_PORT, 53, 53
	};
	int			 i, four = 0, six = 0;

	(void)state;
	assert_int_equal(kinds[LISTENER_HTTP], kinds[LISTENER_SOCKS]);
	assert_int_equal(kinds[LISTENER_HTTP], kinds[LISTENER_DNS_TCP]);
	assert_int_equal(kinds[LISTENER_HTTP], kinds[LISTENER_DNS_UDP]);
	for (i = 0; i < nlisteners; i++) {
		four += listeners[i].family == AF_INET;
		six += listeners[i].family == AF_INET6;
		assert_true(listeners[i].port == ports[0] ||
		    listeners[i].port == ports[1] ||
		    listeners[i].port == ports[2]);
	}
	assert_int_equal(four, 4);
	assert_true(six == 4 || six == 0);
}

static int
dns_listener(int family)
{
	int	 i;

	for (i = 0; i < nlisteners; i++)
		if (listeners[i].type == SOCK_DGRAM &&
		    listeners[i].family == family)
			return listeners[i].fd;
	return -1;
}

/* Any name server is the proxy, which learns which one was meant. */
static void
test_dns(void **state)
{
	union {
		struct cmsghdr	 hdr;
		char		 bytes[256];
	}		 control;
	char		 buf[16];
	struct iovec	 iov = { buf, sizeof(buf) };
	struct msghdr	 msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct addr	 a = addr_of("203.0.113.53", 53);
	struct in_pktinfo info;
	struct cmsghdr	*cmsg;
	int		 s;

	(void)state;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(s >= 0);
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len), 0);
	assert_int_equal(send(s, "ask", 3, 0), 3);
	assert_int_equal(recvmsg(dns_listener(AF_INET), &msg, 0), 3);
	cmsg = CMSG_FIRSTHDR(&msg);
	assert_non_null(cmsg);
	assert_int_equal(cmsg->cmsg_type, IP_PKTINFO);
	memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
	assert_int_equal(info.ipi_addr.s_addr, a.u.in.sin_addr.s_addr);
	(void)close(s);

	/* Over TCP too, without a question to the proxy. */
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "203.0.113.54", 53), 0);
	assert_int_equal(nasked, 0);
	(void)close(s);
	/* And nothing else answers. */
	a = addr_of("203.0.113.53", 443);
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len), 0);
	assert_int_equal(send(s, "ask", 3, 0), 3);
	assert_int_equal(recv(s, buf, 3, 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
	(void)close(s);
}

/* What is the sandbox's own. */

static void
test_own(void **state)
{
	static const char *const	 own[] = {
		"127.0.0.1", "127.3.2.1", INSIDE4, "::1", INSIDE6
	};
	uint16_t			 port;
	size_t				 i;
	int				 l, s;

	(void)state;
	for (i = 0; i < nitems(own); i++) {
		if (strchr(own[i], ':') != NULL && nlisteners == 4)
			continue;
		port = 0;
		l = listen_new(own[i], &port);
		s = tcp_new(strchr(own[i], ':') == NULL ? AF_INET : AF_INET6,
		    0);
		assert_int_equal(connect_to(s, own[i], port), 0);
		assert_int_equal(connect_to(s, own[i], port), -EISCONN);
		(void)close(s);
		(void)close(l);
		s = tcp_new(strchr(own[i], ':') == NULL ? AF_INET : AF_INET6,
		    0);
		assert_int_equal(connect_to(s, own[i], port), -ECONNREFUSED);
		(void)close(s);
	}
	port = 0;
	l = listen_new("127.0.0.1", &port);
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "0.0.0.0", port), 0);
	(void)close(s);
	s = tcp_new(AF_INET6, 0);
	assert_int_equal(connect_to(s, "::ffff:127.0.0.1", port), 0);
	(void)close(s);
	s = tcp_new(AF_INET, SOCK_NONBLOCK);
	assert_int_equal(connect_to(s, "127.0.0.1", port), -EINPROGRESS);
	assert_int_equal(connect_to(s, "127.0.0.1", port), 0);
	assert_int_equal(connect_to(s, "127.0.0.1", port), -EISCONN);
	(void)close(s);
	(void)close(l);
	assert_int_equal(nasked, 0);
}

static void
test_errors(void **state)
{
	struct addr	 a = addr_of("203.0.113.1", 80);
	int		 s = tcp_new(AF_INET, 0), fds[2];

	(void)state;
	assert_int_equal(call(call_connect, 999, &a.u.sa, a.len), -EBADF);
	assert_int_equal(call(call_connect, s, &a.u.sa, -1), -EINVAL);
	assert_int_equal(call(call_connect, s, &a.u.sa, 129), -EINVAL);
	assert_int_equal(call(call_connect, s, (void *)8, a.len), -EFAULT);
	assert_int_equal(call(call_bind, s, (void *)8, a.len), -EFAULT);
	assert_int_equal(call(call_connect, s, &a.u.sa, 0), -EINVAL);
	assert_int_equal(call(call_connect, s, &a.u.sa, 8), -EINVAL);
	a.u.sa.sa_family = AF_INET6;
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len),
	    -EAFNOSUPPORT);
	a.u.sa.sa_family = AF_UNSPEC;
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len), 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 0), -ECONNREFUSED);
	(void)close(s);
	assert_int_equal(pipe(fds), 0);
	a.u.sa.sa_family = AF_INET;
	assert_int_equal(call(call_connect, fds[0], &a.u.sa, a.len),
	    -ENOTSOCK);
	assert_int_equal(call(call_bind, fds[0], &a.u.sa, a.len), -ENOTSOCK);
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_int_equal(nasked, 0);
}

/* A socket that was there before: neither out by it nor anywhere else. */
static void
test_foreign(void **state)
{
	struct addr	 a = addr_of("127.0.0.1", 1);

	(void)state;
	assert_int_equal(call(call_connect, host_socket, &a.u.sa, a.len),
	    -EACCES);
	a.u.sa.sa_family = AF_UNSPEC;
	assert_int_equal(call(call_connect, host_socket, &a.u.sa, a.len),
	    -EACCES);
	a.u.sa.sa_family = AF_INET;
	assert_int_equal(call(call_bind, host_socket, &a.u.sa, a.len),
	    -EACCES);
	assert_int_equal(nasked, 0);
}

/* Out. */

static void
out_and_in(const char *text, uint16_t port, int flags)
{
	char		 to[64];
	unsigned char	 want[16];
	int		 s, six = strchr(text, ':') != NULL;
	int		 mapped = strncmp(text, "::ffff:", 7) == 0;
	int		 inet6 = six && !mapped, n = nconnected;

	s = tcp_new(six ? AF_INET6 : AF_INET, flags);
	assert_int_equal(connect_to(s, text, port), CALL_TAKEN);
	round_once();
	assert_int_equal(asked.inet6, inet6);
	assert_int_equal(asked.port, port);
	assert_int_equal(asked.pid, 4711);
	assert_string_equal(asked.program, "program");
	assert_int_equal(asked.flags, flags == 0 ? IPC_CONNECT_WAIT : 0);
	assert_int_equal(inet_pton(inet6 ? AF_INET6 : AF_INET,
	    mapped ? text + 7 : text, want), 1);
	assert_memory_equal(asked.addr, want, inet6 ? 16 : 4);
	assert_int_equal(answer, NOT_YET);

	verdict(asked.id, 0);
	assert_int_equal(answer, flags == 0 ? 0 : -EINPROGRESS);
	assert_int_equal(nconnected, n + 1);
	assert_int_equal(connected_id, asked.id);
	/* Both ends see what the program asked for. */
	(void)snprintf(to, sizeof(to), "%s %u", text, port);
	assert_string_equal(end_of(s, 1), to);
	(void)snprintf(to, sizeof(to), "%s %u", mapped ? text + 7 : text,
	    port);
	assert_string_equal(end_of(connected_fd, 0), to);
	assert_joined(s, connected_fd);
	if (flags == 0)
		assert_int_equal(connect_to(s, text, port), -EISCONN);
	assert_int_equal(nasked, n + 1);
	(void)close(s);
}

static void
test_out(void **state)
{
	(void)state;
	out_and_in("203.0.113.1", 443, 0);
	out_and_in("203.0.113.1", 443, SOCK_NONBLOCK);
	out_and_in("198.18.3.4", 8080, 0);
	if (nlisteners == 4)
		return;
	out_and_in("2001:db8::7", 443, 0);
	out_and_in("fd73:7274:6e65::c612:304", 22, SOCK_NONBLOCK);
	out_and_in("::ffff:203.0.113.9", 80, 0);
}

/* The same address again and again, with connections that stay. */
static void
test_many(void **state)
{
	int	 fds[200], s, i;

	(void)state;
	for (i = 0; i < 100; i++) {
		s = tcp_new(AF_INET, i % 2 == 0 ? 0 : SOCK_NONBLOCK);
		assert_int_equal(connect_to(s, "203.0.113.2", 443),
		    CALL_TAKEN);
		round_once();
		verdict(asked.id, 0);
		assert_int_equal(answer, i % 2 == 0 ? 0 : -EINPROGRESS);
		assert_joined(s, connected_fd);
		fds[2 * i] = s;
		fds[2 * i + 1] = connected_fd;
		connected_fd = -1;
	}
	for (i = 0; i < 200; i++)
		(void)close(fds[i]);
	/* In parallel, answered the other way round. */
	for (i = 0; i < 20; i++) {
		fds[i] = tcp_new(AF_INET, 0);
		assert_int_equal(connect_to(fds[i], "203.0.113.2", 443),
		    CALL_TAKEN);
	}
	round_once();
	assert_int_equal(nasked, 120);
	for (i = 19; i >= 0; i--) {
		verdict(tickets - 19 + (uint32_t)i, 0);
		assert_int_equal(answer, 0);
		assert_joined(fds[i], connected_fd);
	}
	for (i = 0; i < 20; i++)
		(void)close(fds[i]);
}

static void
test_refused(void **state)
{
	static const int	 errors[] = {
		EACCES, ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH
	};
	int			 s = tcp_new(AF_INET, 0);
	size_t			 i;

	(void)state;
	for (i = 0; i < nitems(errors); i++) {
		assert_int_equal(connect_to(s, "203.0.113.1", 443),
		    CALL_TAKEN);
		round_once();
		verdict(asked.id, errors[i]);
		assert_int_equal(answer, -errors[i]);
	}
	assert_int_equal(nconnected, 0);
	assert_int_equal(ncancelled, 0);
	/* The socket is as it was. */
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	verdict(asked.id, 0);
	assert_int_equal(answer, 0);
	(void)close(s);
}

/* A server of the program's own on the very port. */
static void
test_port_taken(void **state)
{
	uint16_t	 port = 0;
	int		 l = listen_new("0.0.0.0", &port), s;
	char		 other[64];

	(void)state;
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "203.0.113.1", port), CALL_TAKEN);
	round_once();
	verdict(asked.id, 0);
	assert_int_equal(answer, 0);
	assert_joined(s, connected_fd);
	(void)snprintf(other, sizeof(other), "%s ", INSIDE4);
	assert_memory_equal(end_of(s, 1), other, strlen(other));
	(void)close(s);
	s = tcp_new(AF_INET6, 0);
	assert_int_equal(connect_to(s, "::ffff:203.0.113.1", port),
	    CALL_TAKEN);
	round_once();
	verdict(asked.id, 0);
	assert_int_equal(answer, 0);
	assert_joined(s, connected_fd);
	(void)close(s);
	(void)close(l);
}

static void
test_gone(void **state)
{
	uint32_t	 id;
	int		 s = tcp_new(AF_INET, 0);

	(void)state;
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	id = asked.id;
	gone = 1;
	round_until(&ncancelled, 1);
	assert_int_equal(cancelled_id, id);
	/* The verdict was under way. */
	verdict(id, 0);
	assert_int_equal(ncancelled, 2);
	assert_int_equal(cancelled_id, id);
	verdict(id, EACCES);
	assert_int_equal(ncancelled, 2);
	assert_int_equal(nconnected, 0);
	assert_int_equal(answer, NOT_YET);
	gone = 0;

	/* It goes between two looks. */
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	gone = 1;
	verdict(asked.id, 0);
	assert_int_equal(nconnected, 0);
	assert_int_equal(cancelled_id, asked.id);
	(void)close(s);
}

/* The number is another file's by the time of the verdict. */
static void
test_swapped(void **state)
{
	struct addr	 a = addr_of("203.0.113.1", 443);
	int		 s = tcp_new(AF_INET, 0);
	int		 udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len), CALL_TAKEN);
	round_once();
	assert_int_equal(dup2(udp, s), s);
	verdict(asked.id, 0);
	assert_int_equal(answer, -EBADF);
	assert_int_equal(ncancelled, 1);
	assert_int_equal(dup2(host_socket, s), s);
	(void)close(udp);
	(void)close(s);

	s = tcp_new(AF_INET, 0);
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len), CALL_TAKEN);
	round_once();
	assert_int_equal(dup2(host_socket, s), s);
	verdict(asked.id, 0);
	assert_int_equal(answer, -EBADF);
	assert_int_equal(ncancelled, 2);
	(void)close(s);
}

/* A signal while the proxy dials: allowed, then refused. */
static void
test_signal(void **state)
{
	char	 c;
	int	 s;

	(void)state;
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	signalled = 1;
	do {
		round_once();
		(void)poll(NULL, 0, 2);
	} while (answer == NOT_YET);
	assert_int_equal(answer, -LX_ERESTARTSYS);
	signalled = 0;
	assert_int_equal(nconnected, 0);
	/* The kernel restarts it: connected it is. */
	assert_int_equal(connect_to(s, "203.0.113.1", 443), 0);
	verdict(asked.id, 0);
	assert_int_equal(nconnected, 1);
	assert_joined(s, connected_fd);
	(void)close(s);

	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	signalled = 1;
	do {
		round_once();
		(void)poll(NULL, 0, 2);
	} while (answer == NOT_YET);
	signalled = 0;
	verdict(asked.id, EACCES);
	assert_int_equal(nconnected, 1);
	assert_int_equal(ncancelled, 0);
	assert_int_equal(recv(s, &c, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	(void)close(s);
}

static void
test_send_timeout(void **state)
{
	struct timeval	 tv = { .tv_usec = 50000 };
	int		 s = tcp_new(AF_INET, 0);

	(void)state;
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv,
	    sizeof(tv)), 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	do {
		round_once();
		(void)poll(NULL, 0, 2);
	} while (answer == NOT_YET);
	assert_int_equal(answer, -EINPROGRESS);
	verdict(asked.id, 0);
	assert_int_equal(nconnected, 1);
	(void)close(s);
}

/* The program throws away what the other end answers. */
static void
test_deaf(void **state)
{
	struct sock_filter	 none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog	 prog = { 1, &none };
	struct timespec		 a, b;
	int			 s = tcp_new(AF_INET, 0);

	(void)state;
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)), 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	verdict(asked.id, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(answer, -ETIMEDOUT);
	assert_int_equal(ncancelled, 1);
	/* Its own attempt would take two minutes. */
	assert_true(b.tv_sec - a.tv_sec < 5);
	(void)close(s);
}

/* Loopback ports of the host that the policy lists. */
static void
test_local(void **state)
{
	uint16_t	 port = 0, ports[2] = { 0, 0 };
	int		 l = listen_new("127.0.0.1", &port), s;

	(void)state;
	(void)close(l);
	ports[0] = port;
	ports[1] = 1;
	local_ports(ports, 2);
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "127.0.0.1", port), CALL_TAKEN);
	round_once();
	assert_int_equal(asked.flags, IPC_CONNECT_WAIT | IPC_CONNECT_QUIET);
	assert_int_equal(asked.port, port);
	verdict(asked.id, 0);
	assert_int_equal(answer, 0);
	assert_joined(s, connected_fd);
	(void)close(s);
	(void)close(connected_fd);
	connected_fd = -1;

	/* Something inside goes first. */
	l = tcp_new(AF_INET, 0);
	s = 1;
	(void)setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &s, sizeof(s));
	{
		struct addr	 a = addr_of("127.0.0.1", port);

		assert_int_equal(call(call_bind, l, &a.u.sa, a.len), 0);
	}
	assert_int_equal(listen(l, 1), 0);
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "127.0.0.1", port), 0);
	(void)close(s);
	(void)close(l);

	/* 0 is all; nothing listed is nothing. */
	ports[0] = 0;
	local_ports(ports, 1);
	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "0.0.0.0", 7), CALL_TAKEN);
	round_once();
	verdict(asked.id, ECONNREFUSED);
	assert_int_equal(answer, -ECONNREFUSED);
	local_ports(ports, 0);
	assert_int_equal(connect_to(s, "127.0.0.1", 7), -ECONNREFUSED);
	(void)close(s);
}

/* Unix sockets. */

static socklen_t
un_of(struct sockaddr_un *un, const char *path)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	assert_true(strlen(path) < sizeof(un->sun_path));
	memcpy(un->sun_path, path, strlen(path));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path));
}

static int
un_new(int type)
{
	int	 s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(s >= 0);
	return s;
}

static long
un_bind(int s, const char *path)
{
	struct sockaddr_un	 un;
	socklen_t		 len = un_of(&un, path);

	return call(call_bind, s, &un, len);
}

static long
un_connect(int s, const char *path)
{
	/* A caller that waits keeps its arguments. */
	static struct sockaddr_un un;
	socklen_t		 len = un_of(&un, path);

	return call(call_connect, s, &un, len);
}

/* Past the broker: a socket of the host's. */
static int
un_host(const char *path)
{
	struct sockaddr_un	 un;
	socklen_t		 len = un_of(&un, path);
	int			 s = un_new(SOCK_STREAM);

	assert_int_equal(bind(s, (struct sockaddr *)&un, len), 0);
	assert_int_equal(listen(s, 4), 0);
	return s;
}

static const char *
in_dir(const char *name)
{
	static char	 bufs[4][128];
	static int	 i;

	i = (i + 1) % 4;
	(void)snprintf(bufs[i], sizeof(bufs[i]), "%s/%s", dir, name);
	return bufs[i];
}

static void
test_unix_own(void **state)
{
	static const char *const	 spelt[] = {
		"a.sock", "./b.sock", "sub//c.sock", NULL /* absolute */
	};
	struct sockaddr_un		 un;
	struct stat			 st;
	socklen_t			 len;
	const char			*path;
	size_t				 i;
	int				 l, s;

	(void)state;
	assert_int_equal(mkdir(in_dir("sub"), 0755), 0);
	for (i = 0; i < nitems(spelt); i++) {
		path = spelt[i] != NULL ? spelt[i] : in_dir("d.sock");
		l = un_new(i % 2 == 0 ? SOCK_STREAM : SOCK_SEQPACKET);
		assert_int_equal(un_bind(l, path), 0);
		assert_int_equal(un_bind(l, path), -EADDRINUSE);
		assert_int_equal(listen(l, 4), 0);
		len = sizeof(un);
		memset(&un, 0, sizeof(un));
		assert_int_equal(getsockname(l, (struct sockaddr *)&un, &len),
		    0);
		assert_string_equal(un.sun_path, path);
		if (*path != '/')
			path = in_dir(path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFSOCK | 0750);
		s = un_new(i % 2 == 0 ? SOCK_STREAM : SOCK_SEQPACKET);
		assert_int_equal(un_connect(s, path), 0);
		assert_int_equal(un_connect(s, path), -EISCONN);
		(void)close(s);
		/* By another name, and by a link to it. */
		if (i == 0) {
			assert_int_equal(rename(path, in_dir("e.sock")), 0);
			assert_int_equal(symlink("e.sock", in_dir("f.sock")),
			    0);
			s = un_new(SOCK_STREAM);
			assert_int_equal(un_connect(s, "f.sock"), 0);
			(void)close(s);
			path = in_dir("e.sock");
		}
		(void)close(l);
		s = un_new(SOCK_STREAM);
		assert_int_equal(un_connect(s, path), -ECONNREFUSED);
		assert_int_equal(un_connect(s, "none.sock"), -ENOENT);
		assert_int_equal(un_connect(s, "sub"), -ECONNREFUSED);
		assert_int_equal(un_connect(s, "sub/c.sock/x"), i < 2 ?
		    -ENOENT : -ENOTDIR);
		(void)close(s);
	}
	assert_int_equal(reports, 0);
	/* By a link to the directory: checked where it leads to. */
	assert_int_equal(symlink("sub", in_dir("link")), 0);
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "link/g.sock"), 0);
	assert_int_equal(stat(in_dir("sub/g.sock"), &st), 0);
	(void)close(l);
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "link/.bashrc"), -EPERM);
	assert_int_equal(un_bind(l, "link"), -EADDRINUSE);
	assert_int_equal(un_bind(l, "none/x"), -ENOENT);
	assert_int_equal(un_bind(l, "."), -EADDRINUSE);
	assert_int_equal(un_bind(l, "new/"), -ENOENT);
	(void)close(l);
	/* The kernel's own business, in the sandbox's own /dev. */
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "/dev/shm/x"), CALL_CONTINUE);
	(void)close(l);
}

static void
test_unix_host(void **state)
{
	struct sockaddr_un	 un;
	socklen_t		 len;
	char			 target[128];
	int			 l = un_host(in_dir("h.sock")), s;

	(void)state;
	(void)snprintf(target, sizeof(target), "unix:%s", in_dir("h.sock"));
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), -EACCES);
	assert_int_equal(reports, 1);
	assert_string_equal(reported, target);
	/* What is listed counts, not what the command calls it. */
	assert_int_equal(symlink("h.sock", in_dir("alias.sock")), 0);
	listed = in_dir("alias.sock");
	assert_int_equal(un_connect(s, "alias.sock"), -EACCES);
	assert_string_equal(reported, target);
	listed = in_dir("h.sock");
	assert_int_equal(un_connect(s, "alias.sock"), 0);
	len = sizeof(un);
	assert_int_equal(getpeername(s, (struct sockaddr *)&un, &len), 0);
	assert_string_equal(un.sun_path, listed);
	(void)close(s);
	listed = NULL;
	sandbox.opt.flags = EXEC_ALL_UNIX;
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), 0);
	(void)close(s);
	sandbox.opt.flags = 0;

	/* Its place taken by the command, or by the host again. */
	assert_int_equal(unlink(in_dir("h.sock")), 0);
	(void)close(l);
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "h.sock"), 0);
	assert_int_equal(listen(l, 1), 0);
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), 0);
	(void)close(s);
	assert_int_equal(unlink(in_dir("h.sock")), 0);
	(void)close(l);
	l = un_host(in_dir("h.sock"));
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), -EACCES);
	(void)close(s);
	(void)close(l);
	/* A datagram could go anywhere afterwards. */
	s = un_new(SOCK_DGRAM);
	assert_int_equal(un_connect(s, "h.sock"), -EACCES);
	(void)close(s);
}

static void
test_unix_abstract(void **state)
{
	struct sockaddr_un	 un;
	socklen_t		 len;
	int			 l = un_new(SOCK_STREAM), s;

	(void)state;
	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "srt-%d",
	    (int)getpid());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(un.sun_path + 1));
	assert_int_equal(call(call_bind, l, &un, len), 0);
	assert_int_equal(listen(l, 1), 0);
	s = un_new(SOCK_STREAM);
	assert_int_equal(call(call_connect, s, &un, len), 0);
	(void)close(s);
	(void)close(l);
	s = un_new(SOCK_STREAM);
	assert_int_equal(call(call_connect, s, &un, len), -ECONNREFUSED);
	assert_int_equal(call(call_connect, s, &un, 2), -EINVAL);
	assert_int_equal(call(call_connect, s, &un, 111), -EINVAL);
	/* A name of the kernel's choice. */
	assert_int_equal(call(call_bind, s, &un, 2), 0);
	(void)close(s);
	assert_int_equal(checks, 0);
}

/* A listener that takes nobody: the broker does not wait. */
static void
test_unix_full(void **state)
{
	struct timeval	 tv = { .tv_usec = 30000 };
	int		 l = un_new(SOCK_STREAM), s, fds[8], n = 0, i;

	(void)state;
	assert_int_equal(un_bind(l, "full.sock"), 0);
	assert_int_equal(listen(l, 0), 0);
	for (;;) {
		assert_true(n < 8);
		s = un_new(SOCK_STREAM);
		if (un_connect(s, "full.sock") != 0)
			break;
		fds[n++] = s;
	}
	assert_non_null(retry);
	for (i = 0; i < 3; i++)
		assert_int_equal(retry_once(), CALL_TAKEN);
	(void)close(accept(l, NULL, NULL));
	assert_int_equal(retry_until_done(), 0);
	fds[n++] = s;

	s = un_new(SOCK_STREAM | SOCK_NONBLOCK);
	assert_int_equal(un_connect(s, "full.sock"), -EAGAIN);
	(void)close(s);
	s = un_new(SOCK_STREAM);
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv,
	    sizeof(tv)), 0);
	assert_int_equal(un_connect(s, "full.sock"), CALL_TAKEN);
	assert_int_equal(retry_until_done(), -EAGAIN);
	/* It goes away while somebody waits. */
	tv.tv_usec = 0;
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv,
	    sizeof(tv)), 0);
	assert_int_equal(un_connect(s, "full.sock"), CALL_TAKEN);
	(void)close(l);
	assert_int_equal(retry_until_done(), -ECONNREFUSED);
	(void)close(s);
	while (n > 0)
		(void)close(fds[--n]);
}

/* The same with TCP, where the kernel drops what does not fit. */
static void
test_tcp_full(void **state)
{
	uint16_t	 port = 0;
	int		 l = listen_new("127.0.0.1", &port), s, fds[8], n = 0;

	(void)state;
	assert_int_equal(listen(l, 0), 0);
	for (;;) {
		assert_true(n < 8);
		s = tcp_new(AF_INET, 0);
		if (connect_to(s, "127.0.0.1", port) != 0)
			break;
		fds[n++] = s;
	}
	assert_non_null(retry);
	assert_int_equal(retry_once(), CALL_TAKEN);
	/* Room, and the next attempt of the kernel's, a second later. */
	(void)close(accept(l, NULL, NULL));
	assert_int_equal(retry_until_done(), 0);
	(void)close(s);
	(void)close(l);
	while (n > 0)
		(void)close(fds[--n]);
}

static int
file_write(const char *path, const char *text)
{
	int	 fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd == -1)
		return -1;
	r = write(fd, text, strlen(text)) == -1 ? -1 : 0;
	(void)close(fd);
	return r;
}

/* As an ordinary user of the machine, whoever runs the tests. */
static int
namespace_enter(void)
{
	char	 map[64];

	if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	    setresuid(NOBODY, NOBODY, NOBODY) == -1))
		return -1;
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	(void)snprintf(map, sizeof(map), "%u %u 1", (unsigned int)geteuid(),
	    (unsigned int)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return -1;
	return file_write("/proc/self/uid_map", map);
}

static uint64_t
build(void)
{
	struct timespec	 a, b;

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	if (net_build(&broker.proxy) == -1)
		errx(1, "%s", why_text());
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	return (uint64_t)(b.tv_sec - a.tv_sec) * 1000000 +
	    (uint64_t)(b.tv_nsec / 1000) - (uint64_t)(a.tv_nsec / 1000);
}

static void
start(void)
{
	int	 pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		err(1, "socketpair");
	ipc_open(&broker.proxy, NULL, pair[0], ROLE_PROXY, connect_rules,
	    nconnect_rules, lost);
	ipc_open(&proxy, NULL, pair[1], ROLE_BROKER, proxy_rules,
	    nitems(proxy_rules), lost);
	ipc_phase(&broker.proxy, IPC_PHASE_RUN);
	ipc_phase(&proxy, IPC_PHASE_RUN);
	broker.sb = &sandbox;
	broker.procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	broker.rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	connected_fd = -1;
	(void)strlcpy(dir, "/tmp/srt-net.XXXXXXXXXX", sizeof(dir));
	if (broker.procfd == -1 || broker.rootfd == -1 ||
	    pthread_rwlock_init(&broker.tree, NULL) != 0 ||
	    mkdtemp(dir) == NULL)
		err(1, "%s", dir);
}

static void
stop(void)
{
	static const char *const	 names[] = {
		"b.sock", "d.sock", "e.sock", "f.sock", "sub/c.sock",
		"sub/g.sock", "link", "h.sock", "alias.sock", "full.sock"
	};
	size_t				 i;

	for (i = 0; i < nitems(names); i++)
		(void)unlink(in_dir(names[i]));
	(void)rmdir(in_dir("sub"));
	if (rmdir(dir) == -1)
		err(1, "%s", dir);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(test_listeners, setup),
		cmocka_unit_test_setup(test_dns, setup),
		cmocka_unit_test_setup(test_own, setup),
		cmocka_unit_test_setup(test_errors, setup),
		cmocka_unit_test_setup(test_foreign, setup),
		cmocka_unit_test_setup(test_out, setup),
		cmocka_unit_test_setup(test_many, setup),
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_port_taken, setup),
		cmocka_unit_test_setup(test_gone, setup),
		cmocka_unit_test_setup(test_swapped, setup),
		cmocka_unit_test_setup(test_signal, setup),
		cmocka_unit_test_setup(test_send_timeout, setup),
		cmocka_unit_test_setup(test_deaf, setup),
		cmocka_unit_test_setup(test_local, setup),
		cmocka_unit_test_setup(test_unix_own, setup),
		cmocka_unit_test_setup(test_unix_host, setup),
		cmocka_unit_test_setup(test_unix_abstract, setup),
		cmocka_unit_test_setup(test_unix_full, setup),
		cmocka_unit_test_setup(test_tcp_full, setup),
	};
	uint64_t		 us;
	int			 failed;

	if ((host_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) ==
	    -1)
		err(1, "socket");
	if (namespace_enter() == -1) {
		print_message("skipped: no namespaces here: %s\n",
		    strerror(errno));
		return 0;
	}
	start();
	us = build();
	read_all(&proxy);
	print_message("net_build: %llu us\n", (unsigned long long)us);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	stop();
	return failed;
}
