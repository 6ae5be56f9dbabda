/* SPDX-License-Identifier: ISC */

/*
 * Many tunnels through a proxy on this machine's loopback, to a server of
 * this program's own that sends back whatever it gets:
 *
 *	bench_scale idle PORT PID COUNT ...
 *	bench_scale storm PORT COUNT
 *
 * IDLE opens tunnels until there are so many, for each of the rising counts,
 * and prints: the tunnels, kilobytes of the process PID, microseconds for one
 * more tunnel (the last hundred), and for a byte there and back on one of them
 * (the median of 500).  STORM connects them all at once and prints the
 * milliseconds until each has had its byte back, and the slowest, the median
 * and the fastest of them.
 */

#include "compat.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX	100000
#define ECHOES		500
#define LAST		100

enum state {
	STATE_CONNECT,		/* to the proxy */
	STATE_HEAD,		/* of its answer */
	STATE_ECHO
};

struct conn {
	int		 fd;
	enum state	 state;
	uint32_t	 ms;
};

static char		 request[128];
static pid_t		 server = -1;
static uint16_t		 proxy;

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
server_end(void)
{
	if (server > 0)
		(void)kill(server, SIGKILL);
}

static long
number(const char *s, long max)
{
	const char	*errstr;
	long		 n = (long)strtonum(s, 1, max, &errstr);

	if (errstr != NULL)
		errx(1, "%s: %s", s, errstr);
	return n;
}

static void
watch(int ep, int fd, uint32_t events, void *ptr)
{
	struct epoll_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.events = events;
	if (ptr == NULL)
		ev.data.fd = fd;
	else
		ev.data.ptr = ptr;
	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1)
		err(1, "epoll_ctl");
}

static void
echo(int ep, int fd)
{
	char	 buf[4096];
	ssize_t	 n = recv(fd, buf, sizeof(buf), 0);

	if (n > 0 && send(fd, buf, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	(void)epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
	(void)close(fd);
}

static __dead void
serve(int s)
{
	struct epoll_event	 evs[256];
	int			 ep, fd, i, n;

	if ((ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	watch(ep, s, EPOLLIN, NULL);
	for (;;) {
		if ((n = epoll_wait(ep, evs, nitems(evs), -1)) == -1)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++) {
			if (evs[i].data.fd != s) {
				echo(ep, evs[i].data.fd);
				continue;
			}
			while ((fd = accept4(s, NULL, NULL,
			    SOCK_CLOEXEC)) != -1)
				watch(ep, fd, EPOLLIN, NULL);
			if (errno != EAGAIN)
				err(1, "accept");
		}
	}
}

static void
server_start(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	int			 s;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1 || bind(s, (struct sockaddr *)&sin, len) == -1 ||
	    listen(s, 16384) == -1 ||
	    getsockname(s, (struct sockaddr *)&sin, &len) == -1)
		err(1, "listen");
	if ((server = fork()) == -1)
		err(1, "fork");
	if (server == 0)
		serve(s);
	(void)close(s);
	if (atexit(server_end) != 0)
		err(1, "atexit");
	(void)snprintf(request, sizeof(request), "CONNECT 127.0.0.1:%u "
	    "HTTP/1.1\r\n\r\n", ntohs(sin.sin_port));
}

static int
dial(int flags)
{
	struct sockaddr_in	 sin;
	int			 fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(proxy);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags,
	    0)) == -1 || (connect(fd, (struct sockaddr *)&sin,
	    sizeof(sin)) == -1 && errno != EINPROGRESS))
		err(1, "connect");
	return fd;
}

static void
ask(int fd)
{
	size_t	 len = strlen(request);

	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		err(1, "send");
}

/* To the empty line and not beyond: the server says nothing of its own. */
static void
answered(int fd)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };
	char		 buf[1024];
	size_t		 len = 0;
	ssize_t		 n;

	for (;;) {
		n = recv(fd, buf + len, sizeof(buf) - 1 - len, 0);
		if (n == -1 && errno == EAGAIN && poll(&pfd, 1, -1) == 1)
			continue;
		if (n <= 0)
			errx(1, "refused");
		len += (size_t)n;
		buf[len] = '\0';
		if (strncmp(buf + 8, " 200", len > 12 ? 4 : 0) != 0)
			errx(1, "refused: %.64s", buf);
		if (len >= 4 && strcmp(buf + len - 4, "\r\n\r\n") == 0)
			return;
	}
}

static int
tunnel(void)
{
	int	 fd = dial(0);

	ask(fd);
	answered(fd);
	return fd;
}

static long
memory(const char *pid)
{
	char	 path[64], line[256];
	long	 kb = -1;
	FILE	*f;

	(void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if ((f = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	(void)fclose(f);
	return kb;
}

static int
by_size(const void *a, const void *b)
{
	const uint32_t	*x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t
echo_time(const int *fds, long n)
{
	uint32_t	 us[ECHOES];
	uint64_t	 start;
	char		 c = 'x';
	long		 i, fd;

	for (i = 0; i < ECHOES; i++) {
		fd = fds[i * 7919 % n];
		start = now();
		if (send((int)fd, &c, 1, MSG_NOSIGNAL) != 1 ||
		    recv((int)fd, &c, 1, 0) != 1)
			err(1, "echo");
		us[i] = (uint32_t)(now() - start);
	}
	qsort(us, ECHOES, sizeof(us[0]), by_size);
	return us[ECHOES / 2];
}

static void
idle(const char *pid, char **counts)
{
	static int	 fds[COUNT_MAX];
	uint64_t	 start = 0, us;
	long		 want, n = 0, last;

	printf("0 %ld 0 0\n", memory(pid));
	for (; *counts != NULL; counts++) {
		if ((want = number(*counts, COUNT_MAX)) <= n)
			errx(1, "%s: not rising", *counts);
		for (last = n; n < want; n++) {
			if (n == last || n == want - LAST) {
				start = now();
				last = n;
			}
			fds[n] = tunnel();
		}
		us = (now() - start) / (uint64_t)(n - last);
		printf("%ld %ld %" PRIu64 " %u\n", n, memory(pid), us,
		    echo_time(fds, n));
		(void)fflush(stdout);
	}
}

static int
storm_step(struct conn *c)
{
	char	 byte = 'x';
	int	 error = 0;

	switch (c->state) {
	case STATE_CONNECT:
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error,
		    &(socklen_t){ sizeof(error) }) == -1 || error != 0)
			errx(1, "connect: %s", strerror(error));
		ask(c->fd);
		break;
	case STATE_HEAD:
		answered(c->fd);
		if (send(c->fd, &byte, 1, MSG_NOSIGNAL) != 1)
			err(1, "send");
		break;
	case STATE_ECHO:
		if (recv(c->fd, &byte, 1, 0) != 1)
			err(1, "echo");
		return 1;
	}
	c->state++;
	return 0;
}

static void
storm(long n)
{
	struct epoll_event	 evs[256], ev;
	struct conn		*conns, *c;
	uint32_t		*ms;
	uint64_t		 start;
	long			 done = 0, i;
	int			 ep, k;

	if ((conns = calloc((size_t)n, sizeof(*conns))) == NULL ||
	    (ms = calloc((size_t)n, sizeof(*ms))) == NULL ||
	    (ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "start");
	start = now();
	for (i = 0; i < n; i++) {
		conns[i].fd = dial(SOCK_NONBLOCK);
		watch(ep, conns[i].fd, EPOLLOUT, &conns[i]);
	}
	while (done < n) {
		if ((k = epoll_wait(ep, evs, nitems(evs), 60000)) <= 0)
			errx(1, "%ld of %ld served", done, n);
		while (k-- > 0) {
			c = evs[k].data.ptr;
			memset(&ev, 0, sizeof(ev));
			ev.events = EPOLLIN;
			ev.data.ptr = c;
			if (storm_step(c)) {
				ms[done++] = (uint32_t)((now() - start) /
				    1000);
				ev.events = 0;
			}
			if (epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev) == -1)
				err(1, "epoll_ctl");
		}
	}
	qsort(ms, (size_t)n, sizeof(*ms), by_size);
	printf("%ld %" PRIu64 " %u %u %u\n", n, (now() - start) / 1000,
	    ms[n - 1], ms[n / 2], ms[0]);
}

int
main(int argc, char *argv[])
{
	struct rlimit	 rl;

	if (argc < 4)
		errx(1, "usage: bench_scale idle port pid count ...\n"
		    "       bench_scale storm port count");
	proxy = (uint16_t)number(argv[2], UINT16_MAX);
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "getrlimit");
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		err(1, "setrlimit");
	server_start();
	if (strcmp(argv[1], "storm") == 0)
		storm(number(argv[3], COUNT_MAX));
	else if (strcmp(argv[1], "idle") == 0)
		idle(argv[3], argv + 4);
	else
		errx(1, "%s: unknown", argv[1]);
	return 0;
}
