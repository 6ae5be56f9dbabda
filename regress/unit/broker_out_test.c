/* SPDX-License-Identifier: ISC */

/* Connections that leave the sandbox. */

#include "broker_net.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <linux/filter.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void
out_and_in(const char *text, uint16_t port, int flags)
{
	char		 to[64];
	unsigned char	 want[16];
	int		 s, six = strchr(text, ':') != NULL;
	int		 mapped = strncmp(text, "::ffff:", 7) == 0;
	int		 inet6 = six && !mapped, n = net.nconnected;

	s = tcp_new(six ? AF_INET6 : AF_INET, flags);
	assert_int_equal(connect_to(s, text, port), CALL_TAKEN);
	round_once();
	assert_int_equal(net.asked.inet6, inet6);
	assert_int_equal(net.asked.port, port);
	assert_int_equal(net.asked.pid, 4711);
	assert_string_equal(net.asked.program, "program");
	assert_int_equal(net.asked.flags, flags == 0 ? IPC_CONNECT_WAIT : 0);
	assert_int_equal(inet_pton(inet6 ? AF_INET6 : AF_INET,
	    mapped ? text + 7 : text, want), 1);
	assert_memory_equal(net.asked.addr, want, inet6 ? 16 : 4);
	assert_int_equal(net.answer, NOT_YET);

	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, flags == 0 ? 0 : -EINPROGRESS);
	assert_int_equal(net.nconnected, n + 1);
	assert_int_equal(net.connected_id, net.asked.id);
	/* Both ends see what the program asked for. */
	(void)snprintf(to, sizeof(to), "%s %u", text, port);
	assert_string_equal(end_of(s, 1), to);
	(void)snprintf(to, sizeof(to), "%s %u", mapped ? text + 7 : text,
	    port);
	assert_string_equal(end_of(net.connected_fd, 0), to);
	assert_joined(s, net.connected_fd);
	if (flags == 0)
		assert_int_equal(connect_to(s, text, port), -EISCONN);
	assert_int_equal(net.nasked, n + 1);
	(void)close(s);
}

static void
test_out(void **state)
{
	(void)state;
	out_and_in("203.0.113.1", 443, 0);
	out_and_in("203.0.113.1", 443, SOCK_NONBLOCK);
	out_and_in("198.18.3.4", 8080, 0);
	if (net.nlisteners == 4)
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
		verdict(net.asked.id, 0);
		assert_int_equal(net.answer, i % 2 == 0 ? 0 : -EINPROGRESS);
		assert_joined(s, net.connected_fd);
		fds[2 * i] = s;
		fds[2 * i + 1] = net.connected_fd;
		net.connected_fd = -1;
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
	assert_int_equal(net.nasked, 120);
	for (i = 19; i >= 0; i--) {
		verdict(net.tickets - 19 + (uint32_t)i, 0);
		assert_int_equal(net.answer, 0);
		assert_joined(fds[i], net.connected_fd);
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
		verdict(net.asked.id, errors[i]);
		assert_int_equal(net.answer, -errors[i]);
	}
	assert_int_equal(net.nconnected, 0);
	assert_int_equal(net.ncancelled, 0);
	/* The socket is as it was. */
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, 0);
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
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, 0);
	assert_joined(s, net.connected_fd);
	(void)snprintf(other, sizeof(other), "%s ", INSIDE4);
	assert_memory_equal(end_of(s, 1), other, strlen(other));
	(void)close(s);
	s = tcp_new(AF_INET6, 0);
	assert_int_equal(connect_to(s, "::ffff:203.0.113.1", port),
	    CALL_TAKEN);
	round_once();
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, 0);
	assert_joined(s, net.connected_fd);
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
	id = net.asked.id;
	net.gone = 1;
	round_until(&net.ncancelled, 1);
	assert_int_equal(net.cancelled_id, id);
	/* The verdict was under way. */
	verdict(id, 0);
	assert_int_equal(net.ncancelled, 2);
	assert_int_equal(net.cancelled_id, id);
	verdict(id, EACCES);
	assert_int_equal(net.ncancelled, 2);
	assert_int_equal(net.nconnected, 0);
	assert_int_equal(net.answer, NOT_YET);
	net.gone = 0;

	/* It goes between two looks. */
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	net.gone = 1;
	verdict(net.asked.id, 0);
	assert_int_equal(net.nconnected, 0);
	assert_int_equal(net.cancelled_id, net.asked.id);
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
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, -EBADF);
	assert_int_equal(net.ncancelled, 1);
	assert_int_equal(dup2(net.host_socket, s), s);
	(void)close(udp);
	(void)close(s);

	s = tcp_new(AF_INET, 0);
	assert_int_equal(call(call_connect, s, &a.u.sa, a.len), CALL_TAKEN);
	round_once();
	assert_int_equal(dup2(net.host_socket, s), s);
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, -EBADF);
	assert_int_equal(net.ncancelled, 2);
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
	net.signalled = 1;
	do {
		round_once();
		(void)poll(NULL, 0, 2);
	} while (net.answer == NOT_YET);
	assert_int_equal(net.answer, -LX_ERESTARTSYS);
	net.signalled = 0;
	assert_int_equal(net.nconnected, 0);
	/* The kernel restarts it: connected it is. */
	assert_int_equal(connect_to(s, "203.0.113.1", 443), 0);
	verdict(net.asked.id, 0);
	assert_int_equal(net.nconnected, 1);
	assert_joined(s, net.connected_fd);
	(void)close(s);

	s = tcp_new(AF_INET, 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	net.signalled = 1;
	do {
		round_once();
		(void)poll(NULL, 0, 2);
	} while (net.answer == NOT_YET);
	net.signalled = 0;
	verdict(net.asked.id, EACCES);
	assert_int_equal(net.nconnected, 1);
	assert_int_equal(net.ncancelled, 0);
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
	} while (net.answer == NOT_YET);
	assert_int_equal(net.answer, -EINPROGRESS);
	verdict(net.asked.id, 0);
	assert_int_equal(net.nconnected, 1);
	(void)close(s);
}

/* The program throws away what the other end answers. */
static void
test_deaf(void **state)
{
	struct sock_filter	 none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog	 prog = { 1, &none };
	struct timespec		 a, b;
	struct tcp_info		 info;
	socklen_t		 len = sizeof(info);
	int			 s = tcp_new(AF_INET, 0);

	(void)state;
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)), 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	verdict(net.asked.id, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(net.answer, -ETIMEDOUT);
	assert_int_equal(net.ncancelled, 1);
	/* Its own attempt would take two minutes. */
	assert_true(b.tv_sec - a.tv_sec < 30);
	/* And whoever has the port by then would get it. */
	assert_int_equal(getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &len),
	    0);
	assert_int_equal(info.tcpi_state, TCP_CLOSE);
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &prog,
	    sizeof(prog)), 0);
	assert_int_equal(connect_to(s, "203.0.113.1", 443), CALL_TAKEN);
	round_once();
	verdict(net.asked.id, 0);
	assert_int_equal(net.answer, 0);
	(void)close(s);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(test_out, net_setup),
		cmocka_unit_test_setup(test_many, net_setup),
		cmocka_unit_test_setup(test_refused, net_setup),
		cmocka_unit_test_setup(test_port_taken, net_setup),
		cmocka_unit_test_setup(test_gone, net_setup),
		cmocka_unit_test_setup(test_swapped, net_setup),
		cmocka_unit_test_setup(test_signal, net_setup),
		cmocka_unit_test_setup(test_send_timeout, net_setup),
		cmocka_unit_test_setup(test_deaf, net_setup),
	};

	return net_run(tests, NULL);
}
