/* SPDX-License-Identifier: ISC */

/*
 * connect.c and resolve.c, with this test in the place of the resolver: who
 * is called back when, and what a callback may do.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "proc.h"
#include "../../srt-proxy/proxy.h"

struct call {
	struct dest		 dest;
	struct connect		*c;
	int			 called;
	enum connect_status	 status;
	int			 fd;
	char			 why[ADDR_REASON_SIZE];
	/* What the callback does. */
	struct call		*cancel;
	struct call		*start;
};

struct event_base	*proxy_base;

static struct ipc_peer	 resolver;
static struct ruleset	*rules;
static uint32_t		 query_id;
static char		 query_name[HOST_NAME_MAX_LEN + 1];
static int		 queries, refusals, unasked;
static struct route	 way;
static struct host	 way_host;

/* What connect.c finds elsewhere in the proxy. */

const struct timeval *
session_interval(enum timeout timeout)
{
	static const struct timeval	 tv = { 60, 0 };

	(void)timeout;
	return &tv;
}

const struct ruleset *
proxy_rules(void)
{
	return rules;
}

const struct route *
route_find(const struct dest *dest, int plain)
{
	(void)dest;
	(void)plain;
	return &way;
}

int
route_absolute(const struct route *r)
{
	return r->kind == ROUTE_PARENT;
}

const char *
route_name(const struct route *r)
{
	(void)r;
	return "the proxy";
}

struct mitm *
mitm_start(tunnel_fn fn, void *arg)
{
	(void)fn;
	(void)arg;
	fail_msg("no mitmProxy here");
	return NULL;
}

void
mitm_cancel(struct mitm *m)
{
	(void)m;
}

struct secure *
secure_start(int fd, const struct host *host, tunnel_fn fn, void *arg)
{
	(void)fd;
	(void)host;
	(void)fn;
	(void)arg;
	fail_msg("no TLS here");
	return NULL;
}

void
secure_cancel(struct secure *s)
{
	(void)s;
}

struct ask *
ask_start(const struct dest *dest, ask_fn fn, void *arg)
{
	(void)dest;
	(void)fn;
	(void)arg;
	/* Too many are asked already. */
	return NULL;
}

void
ask_cancel(struct ask *ask)
{
	(void)ask;
}

void
learn_connect(const struct client *client, const struct host *host,
    uint16_t to_port)
{
	(void)client;
	(void)host;
	(void)to_port;
	fail_msg("nothing is learned");
}

void
verdict_asked(const struct dest *dest, const char *why)
{
	(void)dest;
	assert_string_equal(why, "too many questions are open");
	unasked++;
}

int
verdict_still(const struct dest *dest, const struct sockaddr *sa)
{
	(void)dest;
	(void)sa;
	fail_msg("no rules change here");
	return 0;
}

void
verdict_resolved(const struct dest *dest, const char *why)
{
	(void)dest;
	(void)why;
	refusals++;
}

void
listen_pause(void)
{
	fail_msg("no descriptors");
}

/* The resolver's end of the pipe. */

static void
got_query(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	char		*name;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	query_id = ipc_get_u32(&buf);
	name = ipc_get_str(&buf);
	(void)strlcpy(query_name, name, sizeof(query_name));
	free(name);
	queries++;
}

static const struct ipc_rule	 resolver_rules[] = {
	{ IMSG_RESOLVE_QUERY, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    got_query }
};

static void
resolver_gone(struct ipc_peer *peer)
{
	(void)peer;
	fail_msg("the pipe is closed");
}

static void
turn(void)
{
	assert_true(event_base_loop(proxy_base, EVLOOP_NONBLOCK) >= 0);
}

static void
take_queries(int count)
{
	int	 i;

	queries = 0;
	for (i = 0; i < 1000 && queries < count; i++) {
		turn();
		assert_int_equal(ipc_dispatch(&resolver), 1);
	}
	assert_int_equal(queries, count);
}

static void
answer(int error, const struct resolve_addr *addrs, size_t n)
{
	struct ibuf	*buf;

	buf = ipc_create(&resolver, IMSG_RESOLVE_ANSWER);
	ipc_add_u32(buf, query_id);
	ipc_add_u32(buf, (uint32_t)error);
	if (n > 0)
		assert_int_not_equal(imsg_add(buf, addrs,
		    n * sizeof(*addrs)), -1);
	ipc_commit(&resolver, buf);
	assert_int_equal(ipc_flush(&resolver), 0);
}

static void	 start(struct call *);

static void
called(void *arg, enum connect_status status, int fd, const char *why)
{
	struct call	*call = arg;

	call->c = NULL;
	call->called++;
	call->status = status;
	call->fd = fd;
	(void)strlcpy(call->why, why == NULL ? "" : why, sizeof(call->why));
	if (call->cancel != NULL) {
		connect_cancel(call->cancel->c);
		call->cancel->c = NULL;
	}
	if (call->start != NULL)
		start(call->start);
}

static void
start(struct call *call)
{
	call->c = connect_start(&call->dest, called, call);
	assert_non_null(call->c);
	assert_int_equal(call->called, 0);
}

static void
to(struct call *call, const char *host, uint16_t port)
{
	memset(call, 0, sizeof(*call));
	assert_int_equal(host_parse(host, strlen(host), &call->dest.host), 0);
	call->dest.port = port;
}

static void
wait_for(const struct call *call)
{
	while (!call->called)
		assert_true(event_base_loop(proxy_base, EVLOOP_ONCE) >= 0);
	assert_int_equal(call->called, 1);
}

static int
setup(void **state)
{
	int	 pair[2];

	(void)state;
	assert_non_null(proxy_base = event_base_new());
	assert_int_equal(proc_pair(pair), 0);
	resolve_init(pair[0], 0);
	ipc_open(&resolver, NULL, pair[1], ROLE_PROXY, resolver_rules,
	    nitems(resolver_rules), resolver_gone);
	ipc_phase(&resolver, IPC_PHASE_RUN);
	assert_non_null(rules = ruleset_new());
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ruleset_free(rules);
	ipc_close(&resolver);
	return 0;
}

/* A port of this machine, with or without somebody who listens. */
static uint16_t
port(int *fd, int listens)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(*fd, -1);
	assert_int_equal(bind(*fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&sin, &len), 0);
	if (listens)
		assert_int_equal(listen(*fd, 5), 0);
	return ntohs(sin.sin_port);
}

static void
test_literal(void **state)
{
	struct call	 call;
	int		 fd;

	(void)state;
	to(&call, "127.0.0.1", port(&fd, 1));
	start(&call);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_OK);
	assert_int_equal(fcntl(call.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(call.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	(void)close(call.fd);
	(void)close(fd);

	to(&call, "127.0.0.1", port(&fd, 0));
	start(&call);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_REFUSED);
	assert_int_equal(call.fd, -1);
	(void)close(fd);
}

static void
test_cancel_at_once(void **state)
{
	struct call	 call;
	int		 fd;

	(void)state;
	to(&call, "127.0.0.1", port(&fd, 1));
	start(&call);
	connect_cancel(call.c);
	turn();
	assert_int_equal(call.called, 0);
	(void)close(fd);
}

/* One too many names: told like any other failure, not on the spot. */
static void
test_full(void **state)
{
	static struct call	 calls[RESOLVE_QUERIES_MAX + 1];
	char			 name[32];
	size_t			 i;

	(void)state;
	for (i = 0; i < nitems(calls); i++) {
		(void)snprintf(name, sizeof(name), "n%zu.test", i);
		to(&calls[i], name, 80);
		start(&calls[i]);
	}
	wait_for(&calls[RESOLVE_QUERIES_MAX]);
	assert_int_equal(calls[RESOLVE_QUERIES_MAX].status, CONNECT_NONAME);
	for (i = 0; i < RESOLVE_QUERIES_MAX; i++) {
		assert_int_equal(calls[i].called, 0);
		connect_cancel(calls[i].c);
	}
	take_queries(RESOLVE_QUERIES_MAX);
	/* An answer that nobody waits for any more. */
	answer(EAI_NONAME, NULL, 0);
	turn();
}

/* One question too many: a refusal, and recorded, not on the spot either. */
static void
test_unasked(void **state)
{
	struct call	 call;

	(void)state;
	to(&call, "name.test", 80);
	call.dest.ask = call.dest.open = 1;
	start(&call);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_NOTALLOWED);
	assert_string_equal(call.why, "too many questions are open");
	assert_int_equal(call.dest.open, 1);
	assert_int_equal(unasked, 1);
}

/* The first that is called cancels the rest and asks again. */
static void
test_cancel_others(void **state)
{
	struct call	 first, second, again;

	(void)state;
	to(&first, "same.test", 80);
	to(&second, "same.test", 81);
	to(&again, "same.test", 82);
	start(&first);
	start(&second);
	take_queries(1);
	first.cancel = &second;
	first.start = &again;
	answer(EAI_NONAME, NULL, 0);
	wait_for(&first);
	assert_int_equal(first.status, CONNECT_NONAME);
	assert_int_equal(second.called, 0);
	assert_int_equal(again.called, 0);
	take_queries(1);
	assert_string_equal(query_name, "same.test");
	answer(EAI_NONAME, NULL, 0);
	wait_for(&again);
	assert_int_equal(second.called, 0);
}

static void
test_denied(void **state)
{
	static const struct resolve_addr	 own[] = {
		{ .kind = RESOLVE_NAME, .addr = { 192, 0, 2, 1 } },
		{ .kind = RESOLVE_NAME, .inet6 = 1, .addr = { [15] = 1 } },
		{ .kind = RESOLVE_OWN, .addr = { 192, 0, 2, 1 } }
	};
	struct call				 call;

	(void)state;
	to(&call, "own.test", 80);
	start(&call);
	take_queries(1);
	refusals = 0;
	answer(0, own, nitems(own));
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_DENIED);
	assert_string_equal(call.why, "resolved to a loopback address / one "
	    "of this host's addresses");
	assert_int_equal(refusals, 1);

	/* No address at all is no refusal. */
	to(&call, "none.test", 80);
	start(&call);
	take_queries(1);
	answer(0, NULL, 0);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_NONAME);
	assert_int_equal(refusals, 1);
}

/* A proxy on the way, played by the test: its listener in *fd. */
static void
through(enum route_kind kind, int *fd)
{
	memset(&way, 0, sizeof(way));
	way.kind = kind;
	way.host = &way_host;
	way.port = port(fd, 1);
	assert_int_equal(host_parse("127.0.0.1", 9, &way_host), 0);
}

static void
directly(void)
{
	memset(&way, 0, sizeof(way));
}

/* Lets the proxy's connection come. */
static int
arrives(int fd)
{
	int	 c;

	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	do {
		turn();
		c = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	} while (c == -1 && errno == EAGAIN);
	assert_int_not_equal(c, -1);
	(void)close(fd);
	return c;
}

/* It must say exactly that. */
static void
hears(int fd, const char *want, size_t len)
{
	char	 buf[512];
	size_t	 got = 0;
	ssize_t	 n;

	assert_true(len < sizeof(buf));
	while (got < len) {
		turn();
		n = recv(fd, buf + got, sizeof(buf) - got, MSG_DONTWAIT);
		if (n > 0)
			got += (size_t)n;
		else
			assert_true(n == -1 && errno == EAGAIN);
	}
	assert_int_equal(got, len);
	assert_memory_equal(buf, want, len);
}

static void
says(int fd, const char *text, size_t len)
{
	assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
	turn();
	turn();
}

#define CONNECT_NAME \
	"CONNECT name.test:443 HTTP/1.1\r\nHost: name.test:443\r\n"

static void
test_tunnel(void **state)
{
	static const char	 want[] = CONNECT_NAME
	    "Proxy-Authorization: Basic dTpw\r\n\r\n";
	static const char	 head[] = "HTTP/1.0 299 fine\r\nX: y\r\n\r\n";
	struct call		 call;
	char			 buf[16];
	size_t			 i;
	int			 fd;

	(void)state;
	through(ROUTE_PARENT, &fd);
	way.auth = "dTpw";
	to(&call, "name.test", 443);
	start(&call);
	fd = arrives(fd);
	hears(fd, want, sizeof(want) - 1);
	/* Byte by byte, and the tunnel's first ones with the last. */
	for (i = 0; i + 2 < sizeof(head); i++) {
		says(fd, head + i, 1);
		assert_int_equal(call.called, 0);
	}
	says(fd, "\nearly", 6);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_OK);
	assert_int_equal(call.dest.direct, 0);
	assert_int_equal(read(call.fd, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "early", 5);
	(void)close(call.fd);
	(void)close(fd);

	/* An address stands in brackets; no user, no field. */
	through(ROUTE_PARENT, &fd);
	to(&call, "2001:db8::1", 80);
	start(&call);
	fd = arrives(fd);
	hears(fd, "CONNECT [2001:db8::1]:80 HTTP/1.1\r\n"
	    "Host: [2001:db8::1]:80\r\n\r\n", 61);
	connect_cancel(call.c);
	turn();
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 0);
	(void)close(fd);
	directly();
}

/* Plain HTTP needs no tunnel: the connection to the proxy is enough. */
static void
test_absolute(void **state)
{
	struct call	 call;
	int		 fd;

	(void)state;
	through(ROUTE_PARENT, &fd);
	to(&call, "name.test", 80);
	call.c = connect_plain(&call.dest, called, &call);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_OK);
	(void)close(call.fd);
	(void)close(fd);
	directly();
}

static void
check_refused(const char *answer, size_t len, int end, const char *why)
{
	struct call	 call;
	int		 fd;

	through(ROUTE_PARENT, &fd);
	to(&call, "name.test", 443);
	start(&call);
	fd = arrives(fd);
	hears(fd, CONNECT_NAME "\r\n", sizeof(CONNECT_NAME "\r\n") - 1);
	while (len > 0 && !call.called) {
		size_t	 n = len < 4096 ? len : 4096;

		says(fd, answer, n);
		answer += n;
		len -= n;
	}
	if (end)
		(void)shutdown(fd, SHUT_WR);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_PROXY);
	assert_int_equal(call.fd, -1);
	assert_string_equal(call.why, why);
	(void)close(fd);
	directly();
}

static void
test_tunnel_refused(void **state)
{
	static char	 big[32768];

	(void)state;
	check_refused("HTTP/1.1 407 Say who\r\n\r\n", 24, 0,
	    "the proxy answered 407 Say who");
	check_refused("HTTP/1.1 403 <b>\r\n\r\n", 20, 0,
	    "the proxy answered 403 b");
	check_refused("HTTP/1.1 301 \r\nLocation: /\r\n\r\n", 30, 0,
	    "the proxy answered 301");
	check_refused("HTTP/2 200 OK\r\n\r\n", 17, 0,
	    "the proxy sent a malformed answer");
	check_refused("220 smtp\r\n\r\n", 12, 0,
	    "the proxy sent a malformed answer");
	check_refused("HTTP/1.1 200 OK\nX: y\n\n", 22, 0,
	    "the proxy sent a malformed answer");
	check_refused("", 0, 1, "the proxy closed the connection");
	check_refused("HTTP/1.1 200 OK\r\n", 17, 1,
	    "the proxy closed the connection");
	memcpy(big, "HTTP/1.1 200 OK\r\n", 17);
	memset(big + 17, 'a', sizeof(big) - 17);
	memcpy(big + 17, "X: ", 3);
	check_refused(big, sizeof(big), 0,
	    "the proxy sent an answer of more than 16384 bytes");
}

static void
test_proxy_gone(void **state)
{
	struct call	 call;
	int		 fd;

	(void)state;
	through(ROUTE_PARENT, &fd);
	(void)close(fd);
	to(&call, "name.test", 443);
	start(&call);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_PROXY);
	assert_string_equal(call.why,
	    "the proxy cannot be reached: connection refused");
	directly();
}

static void
test_socks(void **state)
{
	struct call	 call;
	char		 buf[16];
	int		 fd;

	(void)state;
	through(ROUTE_SOCKS, &fd);
	to(&call, "name.test", 443);
	start(&call);
	fd = arrives(fd);
	hears(fd, "\5\1\0", 3);
	says(fd, "\5", 1);
	says(fd, "\0", 1);
	hears(fd, "\5\1\0\3\11name.test\1\273", 16);
	says(fd, "\5\0\0\3\4", 5);
	says(fd, "abcd\0", 5);
	assert_int_equal(call.called, 0);
	says(fd, "\0early", 6);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_OK);
	assert_int_equal(read(call.fd, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "early", 5);
	(void)close(call.fd);
	(void)close(fd);

	through(ROUTE_SOCKS, &fd);
	to(&call, "192.0.2.1", 80);
	start(&call);
	fd = arrives(fd);
	hears(fd, "\5\1\0", 3);
	says(fd, "\5\0", 2);
	hears(fd, "\5\1\0\1\300\0\2\1\0\120", 10);
	says(fd, "\5\2\0\1\0\0\0\0\0\0", 10);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_PROXY);
	assert_string_equal(call.why, "the proxy answered with code 2");
	(void)close(fd);

	through(ROUTE_SOCKS, &fd);
	to(&call, "192.0.2.1", 80);
	start(&call);
	fd = arrives(fd);
	hears(fd, "\5\1\0", 3);
	says(fd, "\5\377", 2);
	wait_for(&call);
	assert_int_equal(call.status, CONNECT_PROXY);
	assert_string_equal(call.why, "the proxy asks for a password");
	(void)close(fd);
	directly();
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_literal),
		cmocka_unit_test(test_cancel_at_once),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_cancel_others),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_tunnel),
		cmocka_unit_test(test_absolute),
		cmocka_unit_test(test_tunnel_refused),
		cmocka_unit_test(test_proxy_gone),
		cmocka_unit_test(test_socks)
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
