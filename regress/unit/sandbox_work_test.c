/* SPDX-License-Identifier: ISC */

/*
 * The confinement of srt's own roles: children enter each role's sandbox and
 * do what it must; started by root they have become somebody else.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <dirent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <resolv.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "imsg-api.h"
#include "sandbox_check.h"

/* The process may still signal itself: abort() is not taken for an attack. */
static void
test_abort_is_an_abort(void **state)
{
	size_t	 i;
	pid_t	 pid;
	int	 status;

	(void)state;
	for (i = 0; i < nitems(roles); i++) {
		if ((pid = fork()) == 0) {
			(void)signal(SIGABRT, SIG_DFL);
			sandbox_enter(roles[i]);
			abort();
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
	}
}

/* An event loop that waits for a message with a descriptor, and uses it. */
struct loop {
	struct event_base	*base;
	struct imsgbuf		 ibuf;
	int			 signals;
	int			 ticks;
	int			 messages;
};

static void
loop_signal(int sig, short what, void *arg)
{
	struct loop	*l = arg;

	(void)sig;
	(void)what;
	l->signals++;
}

static void
loop_tick(int fd, short what, void *arg)
{
	struct loop	*l = arg;

	(void)fd;
	(void)what;
	l->ticks++;
}

static void
loop_read(int fd, short what, void *arg)
{
	struct loop	*l = arg;
	struct imsg	 imsg;
	int		 passed;

	(void)fd;
	(void)what;
	if (imsgbuf_read(&l->ibuf) != 1) {
		(void)event_base_loopbreak(l->base);
		return;
	}
	while (imsgbuf_get(&l->ibuf, &imsg) == 1) {
		passed = imsg_get_fd(&imsg);
		CHECK(passed != -1);
		CHECK(write(passed, "hello", 5) == 5);
		(void)close(passed);
		CHECK(imsg_compose(&l->ibuf, 7, 0, 0, -1, "ok", 2) == 1);
		CHECK(imsgbuf_flush(&l->ibuf) == 0);
		imsg_free(&imsg);
		l->messages++;
	}
}

static void
loop_child(enum role role, int fd)
{
	struct loop	 l;
	struct event	*ev, *sig, *tick;
	struct timeval	 soon = { 0, 1000 };

	memset(&l, 0, sizeof(l));
	CHECK((l.base = event_base_new()) != NULL);
	CHECK(strcmp(event_base_get_method(l.base), "epoll") == 0);
	CHECK(imsgbuf_init(&l.ibuf, fd) == 0);
	imsgbuf_allow_fdpass(&l.ibuf);
	CHECK((sig = evsignal_new(l.base, SIGUSR1, loop_signal, &l)) != NULL);
	CHECK(event_add(sig, NULL) == 0);

	sandbox_enter(role);
	CHECK((ev = event_new(l.base, fd, EV_READ | EV_PERSIST, loop_read,
	    &l)) != NULL);
	CHECK(event_add(ev, NULL) == 0);
	CHECK((tick = evtimer_new(l.base, loop_tick, &l)) != NULL);
	CHECK(event_add(tick, &soon) == 0);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(event_base_dispatch(l.base) != -1);
	CHECK(l.messages == 1 && l.signals == 1);
	event_free(tick);
	event_free(sig);
	event_free(ev);
	imsgbuf_clear(&l.ibuf);
	event_base_free(l.base);
	exit(0);
}

static void
check_loop(enum role role)
{
	struct imsgbuf	 ibuf;
	struct imsg	 imsg;
	char		 buf[8];
	pid_t		 pid;
	int		 p[2], status, sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		(void)alarm(30);
		(void)close(sv[0]);
		(void)close(p[0]);
		(void)close(p[1]);
		loop_child(role, sv[1]);
	}
	(void)close(sv[1]);
	assert_int_equal(imsgbuf_init(&ibuf, sv[0]), 0);
	imsgbuf_allow_fdpass(&ibuf);
	assert_int_equal(imsg_compose(&ibuf, 6, 0, 0, p[1], NULL, 0), 1);
	assert_int_equal(imsgbuf_flush(&ibuf), 0);
	assert_int_equal(read(p[0], buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(imsgbuf_read(&ibuf), 1);
	assert_int_equal(imsgbuf_get(&ibuf, &imsg), 1);
	assert_int_equal(imsg_get_type(&imsg), 7);
	imsg_free(&imsg);
	imsgbuf_clear(&ibuf);
	(void)close(sv[0]);
	(void)close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("role %d: status 0x%x", role, status);
}

static void
test_event_loop_and_imsg(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < nitems(roles); i++)
		check_loop(roles[i]);
}

static int
listener(struct sockaddr_in *sin)
{
	socklen_t	 len = sizeof(*sin);
	int		 s;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK((s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	CHECK(bind(s, (struct sockaddr *)sin, sizeof(*sin)) == 0);
	CHECK(listen(s, 8) == 0);
	CHECK(getsockname(s, (struct sockaddr *)sin, &len) == 0);
	return s;
}

/* The proxy's work: accept, dial, relay by splice, close. */
static void
proxy_works(void)
{
	struct sockaddr_in	 up, down, name;
	struct pollfd		 pfd;
	socklen_t		 len = sizeof(name);
	char			 buf[16];
	int			 a, b, c, e, l, n, one = 1, p[2], u;

	l = listener(&down);
	u = listener(&up);
	CHECK((c = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	CHECK(connect(c, (struct sockaddr *)&down, sizeof(down)) == 0);
	CHECK(write(c, "request", 7) == 7);

	sandbox_enter(ROLE_PROXY);
	CHECK((a = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) !=
	    -1);
	CHECK(getsockname(a, (struct sockaddr *)&name, &len) == 0);
	CHECK(name.sin_port == down.sin_port);
	CHECK((b = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_TCP)) != -1);
	CHECK(connect(b, (struct sockaddr *)&up, sizeof(up)) == 0 ||
	    errno == EINPROGRESS);
	pfd.fd = b;
	pfd.events = POLLOUT;
	CHECK(poll(&pfd, 1, 10000) == 1);
	len = sizeof(e);
	CHECK(getsockopt(b, SOL_SOCKET, SO_ERROR, &e, &len) == 0 && e == 0);
	CHECK(setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ==
	    0);
	CHECK(setsockopt(b, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) ==
	    0);
	CHECK(pipe2(p, O_NONBLOCK | O_CLOEXEC) == 0);
	CHECK(fcntl(p[0], F_SETPIPE_SZ, 65536) != -1);
	CHECK(ioctl(a, FIONREAD, &n) == 0 && n == 7);
	CHECK(splice(a, NULL, p[1], NULL, 65536, SPLICE_F_NONBLOCK) == 7);
	CHECK(splice(p[0], NULL, b, NULL, 7, SPLICE_F_NONBLOCK) == 7);
	CHECK((e = accept4(u, NULL, NULL, SOCK_CLOEXEC)) != -1);
	CHECK(read(e, buf, sizeof(buf)) == 7 && memcmp(buf, "request", 7) ==
	    0);
	CHECK(shutdown(b, SHUT_WR) == 0);
	CHECK(read(e, buf, sizeof(buf)) == 0);
	CHECK(socket(AF_INET6, SOCK_STREAM, 0) != -1 || errno ==
	    EAFNOSUPPORT);
}

static void
test_proxy_works(void **state)
{
	(void)state;
	child(proxy_works);
}

static void *
resolve_main(void *arg)
{
	struct addrinfo	 hints, *ai;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo("localhost", NULL, &hints, &ai) != 0)
		return NULL;
	freeaddrinfo(ai);
	hints.ai_flags = AI_ADDRCONFIG;
	if (getaddrinfo("localhost", "80", &hints, &ai) != 0)
		return NULL;
	freeaddrinfo(ai);
	return arg;
}

static void
resolver_works(void)
{
	pthread_t	 t[4];
	size_t		 i;
	void		*r;
	int		 fd;

	sandbox_enter(ROLE_RESOLVER);
	for (i = 0; i < nitems(t); i++)
		CHECK(pthread_create(&t[i], NULL, resolve_main, &fd) == 0);
	for (i = 0; i < nitems(t); i++)
		CHECK(pthread_join(t[i], &r) == 0 && r == &fd);
	CHECK((fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC)) != -1);
	(void)close(fd);
}

static void
test_resolver_works(void **state)
{
	(void)state;
	child(resolver_works);
}

/* A name server of our own: A 192.0.2.7 for every name, no AAAA. */
static void
name_server(int s)
{
	static const unsigned char	 rr[] = {
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 7
	};
	struct sockaddr_in		 from;
	unsigned char			 buf[576];
	socklen_t			 len;
	ssize_t				 n;
	size_t				 q;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(s, buf, 512, 0, (struct sockaddr *)&from, &len);
		if (n < 17)
			_exit(1);
		/* Answers carry the question and no additional records. */
		for (q = 12; q < (size_t)n && buf[q] != 0; q += buf[q] + 1U)
			;
		q += 5;
		buf[2] |= 0x80;
		buf[3] = 0x80;
		memset(&buf[6], 0, 6);
		if (buf[q - 3] == 1) {
			buf[7] = 1;
			memcpy(&buf[q], rr, sizeof(rr));
			q += sizeof(rr);
		}
		if (sendto(s, buf, q, 0, (struct sockaddr *)&from, len) == -1)
			_exit(1);
	}
}

static struct sockaddr_in	 server;

static void
dns_works_confined(int confine)
{
	struct addrinfo		 hints, *ai;
	struct sockaddr_in	*sin;

	CHECK(res_init() == 0);
	_res.nscount = 1;
	_res.nsaddr_list[0] = server;
	_res.retry = 1;
	_res.retrans = 5;
	if (confine)
		sandbox_enter(ROLE_RESOLVER);
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	CHECK(getaddrinfo("www.allowed.test.", NULL, &hints, &ai) == 0);
	CHECK(ai->ai_family == AF_INET);
	sin = (struct sockaddr_in *)ai->ai_addr;
	CHECK(sin->sin_addr.s_addr == htonl(0xc0000207));
	freeaddrinfo(ai);
}

static void
dns_works(void)
{
	dns_works_confined(1);
}

static void
test_resolver_asks_a_name_server(void **state)
{
	socklen_t	 len = sizeof(server);
	pid_t		 free_pid, pid;
	int		 s, status, unusual;

	(void)state;
	memset(&server, 0, sizeof(server));
	server.sin_family = AF_INET;
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_not_equal(s = socket(AF_INET, SOCK_DGRAM, 0), -1);
	assert_int_equal(bind(s, (struct sockaddr *)&server, len), 0);
	assert_int_equal(getsockname(s, (struct sockaddr *)&server, &len), 0);
	if ((pid = fork()) == 0) {
		(void)alarm(60);
		name_server(s);
	}
	(void)close(s);
	/* nsswitch.conf may know better than to ask a name server. */
	if ((free_pid = fork()) == 0) {
		(void)alarm(30);
		dns_works_confined(0);
		_exit(0);
	}
	assert_int_equal(waitpid(free_pid, &unusual, 0), free_pid);
	if (unusual == 0)
		child(dns_works);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (unusual != 0) {
		print_message("names are not looked up by DNS here\n");
		return;
	}
}

/* Parent, exec and broker end their children. */
static void
reaper_works(enum role role)
{
	pid_t	 pid;
	int	 fd, sig = SIGTERM, status;

	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	sandbox_enter(role);
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	if (role == ROLE_BROKER) {
		/* It owes one signal, and nobody a kill. */
		sig = SIGXFSZ;
		CHECK((fd = (int)syscall(SYS_pidfd_open, pid, 0)) != -1);
		CHECK(syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0);
	} else
		CHECK(kill(pid, sig) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == sig);
}

static void
parent_works(void)
{
	int	 master, slave;

	CHECK(openpty(&master, &slave, NULL, NULL, NULL) == 0);
	CHECK(setsid() != -1);
	CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
	reaper_works(ROLE_PARENT);
	CHECK(tcgetpgrp(slave) == getpgrp());
	CHECK(tcsetpgrp(slave, getpgrp()) == 0);
	CHECK(isatty(slave) == 1);
	CHECK(fprintf(stderr, "%s", "") == 0);
}

static void
exec_works(void)
{
	reaper_works(ROLE_EXEC);
}

static void
broker_works(void)
{
	reaper_works(ROLE_BROKER);
}

static void
test_reapers_work(void **state)
{
	(void)state;
	child(parent_works);
	child(exec_works);
	child(broker_works);
}

static void
monitor_works(void)
{
	struct tm	 tm;
	time_t		 now;
	FILE		*fp;
	char		 buf[64];
	int		 fd;

	CHECK((fd = memfd_create("report", MFD_CLOEXEC)) != -1);
	sandbox_enter(ROLE_MONITOR);
	now = time(NULL);
	CHECK(gmtime_r(&now, &tm) != NULL && localtime_r(&now, &tm) != NULL);
	CHECK(strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%S", &tm) > 0);
	CHECK((fp = fdopen(fd, "w")) != NULL);
	CHECK(fprintf(fp, "%s\n", buf) > 0);
	CHECK(fflush(fp) == 0 && fsync(fd) == 0 && fclose(fp) == 0);
}

static void
test_monitor_works(void **state)
{
	(void)state;
	child(monitor_works);
}

/* Started by root. */

static void
dropped(enum role role, int fd)
{
	char	 c;
	gid_t	 g[2];
	DIR	*d;

	sandbox_drop(role);
	if (getuid() != 0) {
		CHECK(getgid() != 0 && getegid() != 0 && geteuid() != 0);
		CHECK(getgroups(2, g) == 1 && g[0] == getgid());
		CHECK(setuid(0) == -1);
	}
	if (role == ROLE_RESOLVER) {
		CHECK(open("/etc/hosts", O_RDONLY | O_CLOEXEC) != -1);
	} else {
		CHECK(open("/etc/hosts", O_RDONLY | O_CLOEXEC) == -1);
		CHECK(mkdir("/x", 0700) == -1);
		CHECK(chdir("..") == -1 || access("etc", F_OK) == -1);
		if ((d = opendir("/")) != NULL) {
			CHECK(readdir(d) == NULL);
			(void)closedir(d);
		}
	}
	sandbox_enter(role);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(read(fd, &c, 1) == 0);
	exit(0);
}

static void
check_drop(enum role role)
{
	char	 buf[128], c, path[64];
	ssize_t	 n;
	pid_t	 pid;
	int	 status, sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	if ((pid = fork()) == 0) {
		(void)alarm(30);
		(void)close(sv[0]);
		dropped(role, sv[1]);
	}
	(void)close(sv[1]);
	assert_int_equal(read(sv[0], &c, 1), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	assert_true((n = readlink(path, buf, sizeof(buf) - 1)) > 0);
	buf[n] = '\0';
	if (role == ROLE_RESOLVER)
		assert_string_equal(buf, "/");
	else
		assert_non_null(strstr(buf, " (deleted)"));
	status_line(pid, "CapPrm", buf, sizeof(buf));
	assert_string_equal(buf, "0000000000000000");
	(void)close(sv[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_drop(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		/* An ordinary user has nothing to drop. */
		sandbox_drop(ROLE_PROXY);
		assert_int_equal(access("/etc", X_OK), 0);
		return;
	}
	check_drop(ROLE_PROXY);
	check_drop(ROLE_MONITOR);
	check_drop(ROLE_RESOLVER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abort_is_an_abort),
		cmocka_unit_test(test_event_loop_and_imsg),
		cmocka_unit_test(test_proxy_works),
		cmocka_unit_test(test_resolver_works),
		cmocka_unit_test(test_resolver_asks_a_name_server),
		cmocka_unit_test(test_reapers_work),
		cmocka_unit_test(test_monitor_works),
		cmocka_unit_test(test_drop)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
