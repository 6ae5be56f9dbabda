/* SPDX-License-Identifier: ISC */

/* The proxy and the command of the tests; see broker_net.h. */

#include "broker_net.h"

#include <sys/prctl.h>

#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOBODY	65534

/* The proxy. */

static void
proxy_listener(struct ipc_peer *peer, struct imsg *imsg)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	uint32_t		 kind = ipc_recv_u32(imsg);
	int			 fd = imsg_get_fd(imsg), type;

	(void)peer;
	assert_true(kind < 8 && net.nlisteners < 16);
	net.kinds[kind]++;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	len = sizeof(type);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	net.listeners[net.nlisteners].fd = fd;
	net.listeners[net.nlisteners].family = ss.ss_family;
	net.listeners[net.nlisteners].type = type;
	/* The port is at the same place in both families. */
	net.listeners[net.nlisteners++].port =
	    ntohs(((struct sockaddr_in *)(void *)&ss)->sin_port);
}

static void
proxy_connect(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	assert_int_equal(imsg_get_data(imsg, &net.asked, sizeof(net.asked)), 0);
	net.nasked++;
}

static void
proxy_connected(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	net.connected_id = ipc_recv_u32(imsg);
	if (net.connected_fd != -1)
		(void)close(net.connected_fd);
	net.connected_fd = imsg_get_fd(imsg);
	net.nconnected++;
}

static void
proxy_cancel(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	net.cancelled_id = ipc_recv_u32(imsg);
	net.ncancelled++;
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
void
round_once(void)
{
	read_all(&broker.proxy);
	(void)connect_tend();
	assert_int_equal(ipc_flush(&broker.proxy), 0);
	read_all(&net.proxy);
}

/* Long enough for those that wait to be looked at. */
void
round_until(const int *counter, int value)
{
	int	 i;

	for (i = 0; i < 200 && *counter != value; i++) {
		round_once();
		(void)poll(NULL, 0, 5);
	}
	assert_int_equal(*counter, value);
}

void
verdict(uint32_t id, int error)
{
	struct ipc_verdict	 v = { id, (uint32_t)error };

	ipc_send(&net.proxy, IMSG_BROKER_VERDICT, -1, &v, sizeof(v));
	assert_int_equal(ipc_flush(&net.proxy), 0);
	round_once();
}

void
local_ports(const uint16_t *ports, size_t n)
{
	ipc_send(&net.proxy, IMSG_BROKER_LOCAL, -1, ports, n * sizeof(*ports));
	assert_int_equal(ipc_flush(&net.proxy), 0);
	round_once();
}

/* The command. */

long
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
	net.answer = NOT_YET;
	return handler(&c);
}

long
retry_once(void)
{
	static struct call	 c;

	memset(&c, 0xa5, sizeof(c));
	memcpy(c.arg, net.retry_arg, sizeof(c.arg));
	return net.retry(&c);
}

/* What the waiting call gets at last. */
long
retry_until_done(void)
{
	long	 r;
	int	 i;

	for (i = 0; i < 1000; i++) {
		if ((r = retry_once()) != CALL_TAKEN) {
			net.retry = NULL;
			return r;
		}
		(void)poll(NULL, 0, 2);
	}
	fail_msg("a call waits for ever");
	return 0;
}

struct addr
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

int
tcp_new(int family, int flags)
{
	int	 s = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	assert_true(s >= 0);
	return s;
}

long
connect_to(int fd, const char *text, uint16_t port)
{
	struct addr	 a = addr_of(text, port);

	return call(call_connect, fd, &a.u.sa, a.len);
}

/* "addr port" of one end. */
const char *
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

void
assert_joined(int a, int b)
{
	char	 c = 0;

	assert_int_equal(write(a, "x", 1), 1);
	assert_int_equal(recv(b, &c, 1, 0) == -1 ? errno : c, 'x');
	assert_int_equal(write(b, "y", 1), 1);
	assert_int_equal(recv(a, &c, 1, 0) == -1 ? errno : c, 'y');
}

int
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

int
net_setup(void **state)
{
	(void)state;
	net.gone = net.signalled = net.reports = net.checks = 0;
	net.nasked = net.ncancelled = net.nconnected = 0;
	net.listed = NULL;
	net.retry = NULL;
	net.sandbox.opt.flags = 0;
	local_ports(NULL, 0);
	if (net.connected_fd != -1)
		(void)close(net.connected_fd);
	net.connected_fd = -1;
	return 0;
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
	ipc_open(&net.proxy, NULL, pair[1], ROLE_BROKER, proxy_rules,
	    nitems(proxy_rules), lost);
	ipc_phase(&broker.proxy, IPC_PHASE_RUN);
	ipc_phase(&net.proxy, IPC_PHASE_RUN);
	broker.sb = &net.sandbox;
	broker.procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	broker.rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	net.connected_fd = -1;
	(void)strlcpy(net.dir, "/tmp/srt-net.XXXXXXXXXX", sizeof(net.dir));
	if (broker.procfd == -1 || broker.rootfd == -1 ||
	    pthread_rwlock_init(&broker.tree, NULL) != 0 ||
	    mkdtemp(net.dir) == NULL)
		err(1, "%s", net.dir);
}

int
net_run_tests(const char *name, const struct CMUnitTest *tests, size_t n,
    CMFixtureFunction cleanup)
{
	uint64_t	 us;
	int		 failed;

	net.host_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (net.host_socket == -1)
		err(1, "socket");
	if (namespace_enter() == -1) {
		print_message("skipped: no namespaces here: %s\n",
		    strerror(errno));
		return 0;
	}
	start();
	us = build();
	read_all(&net.proxy);
	print_message("net_build: %llu us\n", (unsigned long long)us);
	failed = _cmocka_run_group_tests(name, tests, n, NULL, cleanup);
	if (rmdir(net.dir) == -1)
		err(1, "%s", net.dir);
	return failed;
}
