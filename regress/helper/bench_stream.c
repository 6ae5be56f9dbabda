/* SPDX-License-Identifier: ISC */

/*
 * The two ends of measured streams:
 *
 *	bench_stream serve ADDRESS PORT
 *	bench_stream get|put WAY PROXY STREAMS HOST PORT BYTES
 *
 * The server answers a GET with as many bytes as its path says, and a POST
 * once it has had as many as the head says.  The client moves BYTES in all
 * over STREAMS connections at once: "direct", or by the proxy on the port
 * PROXY of this machine's loopback with "connect", "socks" or as a "plain"
 * request.  It fails if one byte is missing, and prints the microseconds that
 * it took from the first connect(2) to the last byte.  Addresses are numeric.
 * BENCH_AUTH in the environment are the credentials that a proxy wants.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK		(256 * 1024)
#define HEAD_MAX	4096
#define STREAMS_MAX	256

struct target {
	const char	*way;
	const char	*host;
	uint16_t	 port;
	uint16_t	 proxy;
	uint64_t	 bytes;		/* of one stream */
	int		 up;
};

static char	 chunk[CHUNK];

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t
number(const char *s, uint64_t max)
{
	const char	*errstr;
	uint64_t	 n = (uint64_t)strtonum(s, 0, (long long)max,
			    &errstr);

	if (errstr != NULL)
		errx(1, "%s: %s", s, errstr);
	return n;
}

static void
address(struct sockaddr_in *sin, const char *host, uint16_t port)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = htons(port);
	if (inet_pton(AF_INET, host, &sin->sin_addr) != 1)
		errx(1, "%s: no address", host);
}

static int
dial(const char *host, uint16_t port)
{
	struct sockaddr_in	 sin;
	int			 fd;

	address(&sin, host, port);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "%s:%u", host, port);
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

static void
fill(int fd, uint64_t left)
{
	size_t	 n;

	for (; left > 0; left -= n) {
		n = left < CHUNK ? (size_t)left : CHUNK;
		put(fd, chunk, n);
	}
}

static void
drain(int fd, uint64_t left)
{
	ssize_t	 n;

	for (; left > 0; left -= (uint64_t)n) {
		if ((n = read(fd, chunk, CHUNK)) == -1)
			err(1, "read");
		if (n == 0)
			errx(1, "%" PRIu64 " bytes are missing", left);
		if ((uint64_t)n > left)
			errx(1, "more than was asked for");
	}
}

/* Reads to the empty line; returns what follows it in the buffer. */
static size_t
head(int fd, char *buf)
{
	size_t	 len = 0;
	char	*end;
	ssize_t	 n;

	for (;;) {
		if (len == HEAD_MAX - 1)
			errx(1, "head too long");
		if ((n = read(fd, buf + len, HEAD_MAX - 1 - len)) == -1)
			err(1, "read");
		if (n == 0)
			errx(1, "closed before the head was whole");
		len += (size_t)n;
		buf[len] = '\0';
		if ((end = strstr(buf, "\r\n\r\n")) != NULL)
			return len - (size_t)(end + 4 - buf);
	}
}

static uint64_t
content_length(const char *buf)
{
	const char	*p = strcasestr(buf, "\r\nContent-Length:");

	if (p == NULL)
		errx(1, "no length");
	return strtoull(p + 17, NULL, 10);
}

static __dead void
answer(int fd)
{
	char		 buf[HEAD_MAX];
	uint64_t	 left;
	size_t		 more = head(fd, buf);
	int		 n, up = strncmp(buf, "POST /", 6) == 0;

	if (!up && strncmp(buf, "GET /", 5) != 0)
		errx(1, "what is %.32s", buf);
	left = up ? content_length(buf) : strtoull(buf + 5, NULL, 10);
	if (up) {
		if (more > left)
			errx(1, "more than was said");
		drain(fd, left - more);
		left = 0;
	}
	n = snprintf(buf, sizeof(buf), "HTTP/1.1 200 OK\r\nContent-Length: "
	    "%" PRIu64 "\r\nConnection: close\r\n\r\n", left);
	put(fd, buf, (size_t)n);
	fill(fd, left);
	exit(0);
}

static __dead void
serve(const char *host, uint16_t port)
{
	struct sockaddr_in	 sin;
	int			 fd, s, on = 1;

	address(&sin, host, port);
	if ((s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(s, 1024) == -1)
		err(1, "%s:%u", host, port);
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		err(1, "signal");
	for (;;) {
		if ((fd = accept4(s, NULL, NULL, SOCK_CLOEXEC)) == -1)
			err(1, "accept");
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			answer(fd);
			/* NOTREACHED */
		default:
			(void)close(fd);
		}
	}
}

/* The header for the proxy, or nothing. */
static const char *
authorization(void)
{
	static char	 line[1024];
	const char	*auth = getenv("BENCH_AUTH");

	if (auth != NULL && (size_t)snprintf(line, sizeof(line),
	    "Proxy-Authorization: Basic %s\r\n", auth) >= sizeof(line))
		errx(1, "credentials too long");
	return line;
}

static int
by_connect(const struct target *t)
{
	char	 buf[HEAD_MAX];
	int	 fd = dial("127.0.0.1", t->proxy);
	int	 n;

	n = snprintf(buf, sizeof(buf), "CONNECT %s:%u HTTP/1.1\r\n"
	    "Host: %s:%u\r\n%s\r\n", t->host, t->port, t->host, t->port,
	    authorization());
	put(fd, buf, (size_t)n);
	if (head(fd, buf) != 0 || strncmp(buf, "HTTP/1.", 7) != 0 ||
	    strncmp(buf + 8, " 200", 4) != 0)
		errx(1, "CONNECT failed: %.64s", buf);
	return fd;
}

static int
by_socks(const struct target *t)
{
	unsigned char	 buf[10] = { 5, 1, 0, 1 };
	int		 fd = dial("127.0.0.1", t->proxy);

	put(fd, "\5\1\0", 3);
	if (recv(fd, buf, 2, MSG_WAITALL) != 2 || buf[1] != 0)
		errx(1, "SOCKS greeting failed");
	buf[0] = 5;
	buf[1] = 1;
	if (inet_pton(AF_INET, t->host, buf + 4) != 1)
		errx(1, "%s: no address", t->host);
	buf[8] = (unsigned char)(t->port >> 8);
	buf[9] = (unsigned char)t->port;
	put(fd, buf, sizeof(buf));
	if (recv(fd, buf, sizeof(buf), MSG_WAITALL) != sizeof(buf) ||
	    buf[1] != 0)
		errx(1, "SOCKS request failed: %u", buf[1]);
	return fd;
}

static int
reach(const struct target *t)
{
	if (strcmp(t->way, "direct") == 0)
		return dial(t->host, t->port);
	if (strcmp(t->way, "connect") == 0)
		return by_connect(t);
	if (strcmp(t->way, "socks") == 0)
		return by_socks(t);
	if (strcmp(t->way, "plain") == 0)
		return dial("127.0.0.1", t->proxy);
	errx(1, "no way %s", t->way);
}

static void
transfer(const struct target *t)
{
	char		 buf[HEAD_MAX], origin[64] = "";
	uint64_t	 want = t->up ? 0 : t->bytes;
	size_t		 got;
	int		 fd = reach(t), n;

	if (strcmp(t->way, "plain") == 0)
		(void)snprintf(origin, sizeof(origin), "http://%s:%u",
		    t->host, t->port);
	n = snprintf(buf, sizeof(buf), "%s %s/%" PRIu64 " HTTP/1.1\r\n"
	    "Host: %s:%u\r\n%s", t->up ? "POST" : "GET", origin, want,
	    t->host, t->port, origin[0] == '\0' ? "" : authorization());
	put(fd, buf, (size_t)n);
	n = t->up ? snprintf(buf, sizeof(buf), "Content-Length: %" PRIu64
	    "\r\nConnection: close\r\n\r\n", t->bytes) :
	    snprintf(buf, sizeof(buf), "Connection: close\r\n\r\n");
	put(fd, buf, (size_t)n);
	if (t->up)
		fill(fd, t->bytes);
	got = head(fd, buf);
	if (strncmp(buf, "HTTP/1.1 200 ", 13) != 0)
		errx(1, "%s: refused: %.64s", t->way, buf);
	if (got > want || content_length(buf) != want)
		errx(1, "%s: not what was asked for", t->way);
	drain(fd, want - got);
	(void)close(fd);
}

static void
transfer_all(const struct target *t, unsigned int streams)
{
	unsigned int	 i;
	int		 status;

	for (i = 1; i < streams; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			transfer(t);
			_exit(0);
		}
	}
	transfer(t);
	for (i = 1; i < streams; i++)
		if (wait(&status) == -1 || status != 0)
			errx(1, "a stream failed");
}

int
main(int argc, char *argv[])
{
	struct target	 t;
	uint64_t	 start;
	unsigned int	 streams;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		err(1, "signal");
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		serve(argv[2], (uint16_t)number(argv[3], UINT16_MAX));
	if (argc != 8 || (strcmp(argv[1], "get") != 0 &&
	    strcmp(argv[1], "put") != 0))
		errx(1, "usage: bench_stream serve address port\n"
		    "       bench_stream get|put way proxy streams host port "
		    "bytes");
	t.up = strcmp(argv[1], "put") == 0;
	t.way = argv[2];
	t.proxy = (uint16_t)number(argv[3], UINT16_MAX);
	streams = (unsigned int)number(argv[4], STREAMS_MAX);
	if (streams == 0)
		errx(1, "no streams");
	t.host = argv[5];
	t.port = (uint16_t)number(argv[6], UINT16_MAX);
	t.bytes = number(argv[7], INT64_MAX) / streams;
	start = now();
	transfer_all(&t, streams);
	(void)printf("%" PRIu64 "\n", now() - start);
	return 0;
}
