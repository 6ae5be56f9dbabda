/* SPDX-License-Identifier: ISC */

/*
 * Many small requests at once, from one thread:
 *
 *	bench_http [-k] [-b BYTES] [-c CONNECTIONS] [-n REQUESTS] [-P PID]
 *	    [-t MS] [-x PORT] HOST PORT PATH
 *
 * Each connection sends a request, reads its answer to the end and sends the
 * next; without -k it makes a new connection for each.  -b: POSTs of that
 * size instead of GETs; -n: until there were so many, however long it takes;
 * -x: through the proxy on that port of the loopback; -P: the process whose
 * processor time is taken too.  HOST is an address; BENCH_AUTH in the
 * environment are the credentials that the proxy wants.
 *
 * Prints: requests, microseconds, microseconds of processor time of PID, then
 * the median, p90, p99, p99.9 and the longest time of a request in
 * microseconds, each from its connect(2), if it makes one, to its last byte.
 * Any answer but 200, and any that is cut short, is fatal.
 */

#include "compat.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONNS_MAX	4096
#define BODY_MAX	(1024 * 1024)
#define HEAD_MAX	4096
#define SAMPLES_MAX	8000000

struct conn {
	int		 fd;
	int		 writing;	/* EPOLLOUT is asked for */
	uint64_t	 start;
	size_t		 sent;
	size_t		 got;		/* of the head, in buf */
	uint64_t	 left;		/* of the body; while inbody */
	int		 inbody;
	char		 buf[HEAD_MAX];
};

static struct sockaddr_in	 peer;
static struct conn		*conns;
static char			*request;
static size_t			 request_len;
static uint32_t			*samples;
static size_t			 nsamples;
static size_t			 most = SIZE_MAX;
static int			 ep, keep;
static char			 scratch[256 * 1024];

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Of all threads, those that have ended too, in microseconds. */
static uint64_t
cpu_time(const char *pid)
{
	unsigned long	 user, sys;
	char		 path[64], buf[1024], *p;
	FILE		*f;

	if (pid == NULL)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	if (fgets(buf, sizeof(buf), f) == NULL ||
	    (p = strrchr(buf, ')')) == NULL ||
	    sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
	    "%lu %lu", &user, &sys) != 2)
		errx(1, "%s: malformed", path);
	(void)fclose(f);
	return (user + sys) * (1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

static long
number(const char *s, long max)
{
	const char	*errstr;
	long		 n = (long)strtonum(s, 0, max, &errstr);

	if (errstr != NULL)
		errx(1, "%s: %s", s, errstr);
	return n;
}

static void
request_make(const char *host, const char *port, const char *path, int proxy,
    size_t body)
{
	char		 head[HEAD_MAX], target[512], length[64] = "";
	char		 user[1024] = "";
	const char	*auth = getenv("BENCH_AUTH");
	int		 n;

	(void)snprintf(target, sizeof(target), proxy ? "http://%s:%s%s" :
	    "%.0s%.0s%s", host, port, path);
	if (body > 0)
		(void)snprintf(length, sizeof(length),
		    "Content-Length: %zu\r\n", body);
	if (proxy && auth != NULL)
		(void)snprintf(user, sizeof(user),
		    "Proxy-Authorization: Basic %s\r\n", auth);
	n = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: %s:%s\r\n"
	    "User-Agent: bench_http\r\nAccept: */*\r\n%s%s%s\r\n",
	    body > 0 ? "POST" : "GET", target, host, port, user, length,
	    keep ? "" : "Connection: close\r\n");
	if (n < 0 || (size_t)n >= sizeof(head))
		errx(1, "request too long");
	request_len = (size_t)n + body;
	if ((request = malloc(request_len)) == NULL)
		err(1, "malloc");
	memcpy(request, head, (size_t)n);
	memset(request + n, 'p', body);
}

static void
conn_watch(struct conn *c, int op)
{
	struct epoll_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.events = EPOLLIN | (c->writing ? EPOLLOUT : 0);
	ev.data.ptr = c;
	if (epoll_ctl(ep, op, c->fd, &ev) == -1)
		err(1, "epoll_ctl");
}

static void
conn_send(struct conn *c)
{
	ssize_t	 n = 0;
	int	 want;

	while (c->sent < request_len) {
		n = send(c->fd, request + c->sent, request_len - c->sent,
		    MSG_NOSIGNAL);
		if (n == -1)
			break;
		c->sent += (size_t)n;
	}
	if (n == -1 && errno != EAGAIN)
		err(1, "send");
	want = c->sent < request_len;
	if (want == c->writing)
		return;
	c->writing = want;
	conn_watch(c, EPOLL_CTL_MOD);
}

static void
conn_open(struct conn *c)
{
	int	 on = 1;

	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0)) == -1)
		err(1, "socket");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(c->fd, (struct sockaddr *)&peer, sizeof(peer)) == -1 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	c->writing = 1;
	conn_watch(c, EPOLL_CTL_ADD);
}

static void
conn_next(struct conn *c)
{
	c->start = now();
	c->sent = c->got = 0;
	c->inbody = 0;
	if (c->fd == -1)
		conn_open(c);
	else
		conn_send(c);
}

static void
conn_done(struct conn *c)
{
	uint64_t	 us = now() - c->start;

	if (nsamples < SAMPLES_MAX)
		samples[nsamples++] = us > UINT32_MAX ? UINT32_MAX :
		    (uint32_t)us;
	if (!keep) {
		(void)close(c->fd);
		c->fd = -1;
	}
	conn_next(c);
}

/* The head is whole: how much follows it, and how much of that is there. */
static void
conn_head(struct conn *c, const char *end)
{
	const char	*p;
	size_t		 more = c->got - (size_t)(end - c->buf);

	if (strncmp(c->buf, "HTTP/1.1 200 ", 13) != 0)
		errx(1, "refused: %.64s", c->buf);
	if ((p = strcasestr(c->buf, "\r\nContent-Length:")) == NULL || p > end)
		errx(1, "no length");
	c->left = strtoull(p + 17, NULL, 10);
	if (more > c->left)
		errx(1, "more than was asked for");
	c->left -= more;
	c->inbody = 1;
}

static void
conn_read(struct conn *c)
{
	char	*end;
	ssize_t	 n;

	if (c->inbody)
		n = recv(c->fd, scratch, sizeof(scratch), 0);
	else
		n = recv(c->fd, c->buf + c->got, HEAD_MAX - 1 - c->got, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1)
		err(1, "recv");
	if (n == 0)
		errx(1, "closed before the answer was whole");
	if (c->inbody) {
		if ((uint64_t)n > c->left)
			errx(1, "more than was asked for");
		c->left -= (uint64_t)n;
	} else {
		c->got += (size_t)n;
		c->buf[c->got] = '\0';
		if ((end = strstr(c->buf, "\r\n\r\n")) != NULL)
			conn_head(c, end + 4);
		else if (c->got == HEAD_MAX - 1)
			errx(1, "head too long");
	}
	if (c->inbody && c->left == 0)
		conn_done(c);
}

static void
run(uint64_t until)
{
	struct epoll_event	 evs[256];
	struct conn		*c;
	int			 i, n;

	while (now() < until && nsamples < most) {
		if ((n = epoll_wait(ep, evs, nitems(evs), 1000)) == -1 &&
		    errno != EINTR)
			err(1, "epoll_wait");
		for (i = 0; i < n; i++) {
			c = evs[i].data.ptr;
			if ((evs[i].events & EPOLLOUT) != 0)
				conn_send(c);
			if ((evs[i].events & ~(unsigned int)EPOLLOUT) != 0)
				conn_read(c);
		}
	}
}

static int
by_size(const void *a, const void *b)
{
	const uint32_t	*x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t
percentile(unsigned int thousandths)
{
	return samples[(uint64_t)(nsamples - 1) * thousandths / 1000];
}

int
main(int argc, char *argv[])
{
	const char	*pid = NULL, *host, *port;
	uint64_t	 start, us, cpu;
	long		 n = 1, ms = 1000, body = 0, proxy = 0, i;
	int		 ch;

	while ((ch = getopt(argc, argv, "b:c:kn:P:t:x:")) != -1) {
		switch (ch) {
		case 'b':
			body = number(optarg, BODY_MAX);
			break;
		case 'c':
			n = number(optarg, CONNS_MAX);
			break;
		case 'k':
			keep = 1;
			break;
		case 'n':
			most = (size_t)number(optarg, SAMPLES_MAX);
			ms = 3600000;
			break;
		case 'P':
			pid = optarg;
			break;
		case 't':
			ms = number(optarg, 3600000);
			break;
		case 'x':
			proxy = number(optarg, 65535);
			break;
		default:
			return 1;
		}
	}
	if (argc - optind != 3)
		errx(1, "usage: bench_http [-k] [-b bytes] [-c connections] "
		    "[-n requests] [-P pid] [-t ms] [-x port] host port path");
	host = argv[optind];
	port = argv[optind + 1];
	peer.sin_family = AF_INET;
	if (inet_pton(AF_INET, proxy != 0 ? "127.0.0.1" : host,
	    &peer.sin_addr) != 1)
		errx(1, "%s: no address", host);
	peer.sin_port = htons((uint16_t)(proxy != 0 ? proxy :
	    number(port, 65535)));
	request_make(host, port, argv[optind + 2], proxy != 0, (size_t)body);
	if ((conns = calloc((size_t)n, sizeof(*conns))) == NULL ||
	    (samples = calloc(SAMPLES_MAX, sizeof(*samples))) == NULL ||
	    (ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "start");

	cpu = cpu_time(pid);
	start = now();
	for (i = 0; i < n; i++) {
		conns[i].fd = -1;
		conn_next(&conns[i]);
	}
	run(start + (uint64_t)ms * 1000);
	us = now() - start;
	cpu = cpu_time(pid) - cpu;
	if (nsamples == 0)
		errx(1, "no answer in time");
	qsort(samples, nsamples, sizeof(*samples), by_size);
	printf("%zu %" PRIu64 " %" PRIu64 " %u %u %u %u %u\n", nsamples, us,
	    cpu, percentile(500), percentile(900), percentile(990),
	    percentile(999), samples[nsamples - 1]);
	return 0;
}
