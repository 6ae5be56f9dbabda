/* SPDX-License-Identifier: ISC */

/* What is the sandbox's own, and what of it the policy opens. */

#include "broker_net.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void
test_listeners(void **state)
{
	static const uint16_t	 ports[] = {
		SANDBOX_HTTP_PORT, SANDBOX_SOCKS_PORT, 53, 53
	};
	int			 i, four = 0, six = 0;

	(void)state;
	assert_int_equal(net.kinds[LISTENER_HTTP], net.kinds[LISTENER_SOCKS]);
	assert_int_equal(net.kinds[LISTENER_HTTP], net.kinds[LISTENER_DNS_TCP]);
	assert_int_equal(net.kinds[LISTENER_HTTP], net.kinds[LISTENER_DNS_UDP]);
	for (i = 0; i < net.nlisteners; i++) {
		four += net.listeners[i].family == AF_INET;
		six += net.listeners[i].family == AF_INET6;
		assert_true(net.listeners[i].port == ports[0] ||
		    net.listeners[i].port == ports[1] ||
		    net.listeners[i].port == ports[2]);
	}
	assert_int_equal(four, 4);
	assert_true(six == 4 || six == 0);
}

static int
dns_listener(int family)
{
	int	 i;

	for (i = 0; i < net.nlisteners; i++)
		if (net.listeners[i].type == SOCK_DGRAM &&
		    net.listeners[i].family == family)
			return net.listeners[i].fd;
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
	assert_int_equal(net.nasked, 0);
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
		if (strchr(own[i], ':') != NULL && net.nlisteners == 4)
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
	assert_int_equal(net.nasked, 0);
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
	assert_int_equal(net.nasked, 0);
}

/* A socket that was there before: neither out by it nor anywhere else. */
static void
test_foreign(void **state)
{
	struct addr	 a = addr_of("127.0.0.1", 1);

	(void)state;
	assert_int_equal(call(call_connect, net.host_socket, &a.u.sa, a.len),
	    -EACCES);
	a.u.sa.sa_family = AF_UNSPEC;
	assert_int_equal(call(call_connect, net.host_socket, &a.u.sa, a.len),
	    -EACCES);
	a.u.sa.sa_family = AF_INET;
	assert_int_equal(call(call_bind, net.host_socket, &a.u.sa, a.len),
	    -EACCES);
	assert_int_equal(net.nasked, 0);
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
	assert_int_equal(net.asked.flags, IPC_CONNECT_WAIT | IPC_CONNECT_QUIET);
	assert_int_equal(net.asked.port, port);
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, 0);
	assert_joined(s, net.connected_fd);
	(void)close(s);
	(void)close(net.connected_fd);
	net.connected_fd = -1;

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
	verdict(net.asked.id, ECONNREFUSED);
	assert_int_equal(net.answer, -ECONNREFUSED);
	local_ports(ports, 0);
	assert_int_equal(connect_to(s, "127.0.0.1", 7), -ECONNREFUSED);
	(void)close(s);
}

static void *
connect_early(void *arg)
{
	uint16_t	 port = *(uint16_t *)arg;
	int		 s = tcp_new(AF_INET, 0);
	long		 r = connect_to(s, "127.0.0.1", port);

	(void)close(s);
	return (void *)(intptr_t)r;
}

/* The command is faster than the proxy, which has not said a word yet. */
static void
test_early(void **state)
{
	uint16_t	 port = 7;
	pthread_t	 thread;
	void		*result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, connect_early, &port),
	    0);
	/* Else it has been refused by then. */
	(void)poll(NULL, 0, 100);
	assert_int_equal(pthread_tryjoin_np(thread, &result), EBUSY);
	local_ports(&port, 1);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, CALL_TAKEN);
	round_once();
	assert_int_equal(net.nasked, 1);
	verdict(net.asked.id, ECONNREFUSED);
	assert_int_equal(net.answer, -ECONNREFUSED);
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
	assert_non_null(net.retry);
	assert_int_equal(retry_once(), CALL_TAKEN);
	/* Room, and the next attempt of the kernel's, a second later. */
	(void)close(accept(l, NULL, NULL));
	assert_int_equal(retry_until_done(), 0);
	(void)close(s);
	(void)close(l);
	while (n > 0)
		(void)close(fds[--n]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_early),
		cmocka_unit_test_setup(test_listeners, net_setup),
		cmocka_unit_test_setup(test_dns, net_setup),
		cmocka_unit_test_setup(test_own, net_setup),
		cmocka_unit_test_setup(test_errors, net_setup),
		cmocka_unit_test_setup(test_foreign, net_setup),
		cmocka_unit_test_setup(test_local, net_setup),
		cmocka_unit_test_setup(test_tcp_full, net_setup),
	};

	return net_run(tests, NULL);
}
