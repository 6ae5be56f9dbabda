/* SPDX-License-Identifier: ISC */

/*
 * Many short connections:
 *
 *	bench_net loop COUNT
 *	bench_net refused COUNT
 *	bench_net dial COUNT HOST PORT
 *
 * LOOP connects to a listener of its own on the loopback, REFUSED to a port
 * there that nobody listens on, DIAL to a web server, of which it gets the
 * root; all print the microseconds it took.
 */

#include "compat.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK		(256 * 1024)

static char	 chunk[CHUNK];

static struct addrinfo *
resolve(const char *host, const char *port, int flags)
{
	struct addrinfo	 hints, *res;
	int		 error;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = flags | AI_NUMERICSERV | AI_NUMERICHOST;
	if ((error = getaddrinfo(host, port, &hints, &res)) != 0)
		errx(1, "%s: %s", host, gai_strerror(error));
	return res;
}

static int
dial(const char *host, const char *port)
{
	struct addrinfo	*res = resolve(host, port, 0);
	int		 fd;

	if ((fd = socket(res->ai_family, SOCK_STREAM | SOCK_CLOEXEC,
	    0)) == -1 || connect(fd, res->ai_addr, res->ai_addrlen) == -1)
		err(1, "%s:%s", host, port);
	freeaddrinfo(res);
	return fd;
}

static void
put(int fd, const void *buf, size_t len)
{
	const char	*p = buf;
	ssize_t		 n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(fd, p, len)) <= 0)
			err(1, "write");
}

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static __dead void
accept_all(int s)
{
	int	 fd;

	while ((fd = accept4(s, NULL, NULL, SOCK_CLOEXEC)) != -1)
		(void)close(fd);
	_exit(1);
}

/* Without a trace: no port is kept for a minute. */
static void
hang_up(int fd)
{
	struct linger	 linger = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
	    sizeof(linger)) == -1 || close(fd) == -1)
		err(1, "close");
}

/* A socket that is bound to some port of the loopback, and its address. */
static int
own_port(struct sockaddr_in *sin)
{
	socklen_t	 len = sizeof(*sin);
	int		 s;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(s, (struct sockaddr *)sin, sizeof(*sin)) == -1 ||
	    getsockname(s, (struct sockaddr *)sin, &len) == -1)
		err(1, "bind");
	return s;
}

static uint64_t
connect_often(long count, const struct sockaddr_in *sin, int error)
{
	uint64_t	 start = now();
	int		 fd, r;

	for (; count > 0; count--) {
		if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
			err(1, "socket");
		r = connect(fd, (const struct sockaddr *)sin, sizeof(*sin));
		if (error == 0 ? r == -1 : r == 0 || errno != error)
			err(1, "connect");
		hang_up(fd);
	}
	return now() - start;
}

static uint64_t
loop(long count)
{
	struct sockaddr_in	 sin;
	uint64_t		 us;
	pid_t			 pid;
	int			 s = own_port(&sin);

	if (listen(s, SOMAXCONN) == -1)
		err(1, "listen");
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		accept_all(s);
	us = connect_often(count, &sin, 0);
	(void)kill(pid, SIGKILL);
	return us;
}

static uint64_t
refused(long count)
{
	struct sockaddr_in	 sin;
	uint64_t		 us;
	int			 s = own_port(&sin);

	us = connect_often(count, &sin, ECONNREFUSED);
	(void)close(s);
	return us;
}

static uint64_t
dial_often(long count, const char *host, const char *port)
{
	const char	*request = "GET / HTTP/1.0\r\n\r\n";
	uint64_t	 start = now();
	ssize_t		 n;
	int		 fd;

	for (; count > 0; count--) {
		fd = dial(host, port);
		put(fd, request, strlen(request));
		while ((n = read(fd, chunk, CHUNK)) > 0)
			continue;
		if (n == -1)
			err(1, "read");
		(void)close(fd);
	}
	return now() - start;
}

static long
number(const char *s)
{
	const char	*errstr;
	long		 n = (long)strtonum(s, 1, 1000000, &errstr);

	if (errstr != NULL)
		errx(1, "%s: %s", s, errstr);
	return n;
}

int
main(int argc, char *argv[])
{
	uint64_t	 us;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		err(1, "signal");
	if (argc == 3 && strcmp(argv[1], "loop") == 0)
		us = loop(number(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "refused") == 0)
		us = refused(number(argv[2]));
	else if (argc == 5 && strcmp(argv[1], "dial") == 0)
		us = dial_often(number(argv[2]), argv[3], argv[4]);
	else
		errx(1, "usage: bench_net loop count\n"
		    "       bench_net refused count\n"
		    "       bench_net dial count host port");
	(void)printf("%" PRIu64 "\n", us);
	return 0;
}
