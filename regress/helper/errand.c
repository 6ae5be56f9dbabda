/* SPDX-License-Identifier: ISC */

/*
 * errand FILE STEP ...: for death.t, inside.  What a command does with the
 * network, one step after the other, each for so long as the rules would have
 * it take; FILE is told how it went.
 *
 *	proxy HOST	CONNECT by srt-proxy's port, and a request
 *	direct ADDRESS	a connection that knows of no proxy, and a request
 *	ask NAME	a lookup
 *	serve PORT	an answer to the first who comes
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE	8	/* seconds; a process that is stopped costs some */
#define WELCOME_MS	5000	/* for whoever comes from outside */
#define PROXY_PORT	3128

static int
dial(const char *address, int port)
{
	struct timeval		 tv = { .tv_sec = PATIENCE };
	struct sockaddr_in	 sin;
	int			 fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, address, &sin.sin_addr) != 1 ||
	    (fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0 &&
	    connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Says it, and reads until there is "end", or no more. */
static int
talk(int fd, const char *text, const char *end)
{
	char	 buf[2048];
	size_t	 len = 0;
	ssize_t	 n;

	if (send(fd, text, strlen(text), MSG_NOSIGNAL) == -1)
		return -1;
	while (len < sizeof(buf) - 1 &&
	    (n = recv(fd, buf + len, sizeof(buf) - 1 - len, 0)) > 0) {
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, end) != NULL)
			return 0;
	}
	return -1;
}

static int
get(int fd, const char *host)
{
	char	 text[512];

	(void)snprintf(text, sizeof(text), "GET / HTTP/1.0\r\nHost: %s\r\n\r\n",
	    host);
	return talk(fd, text, "hello");
}

static int
by_proxy(const char *host)
{
	char	 text[512];
	int	 fd, r;

	if ((fd = dial("127.0.0.1", PROXY_PORT)) == -1)
		return -1;
	(void)snprintf(text, sizeof(text), "CONNECT %s:80 HTTP/1.1\r\n"
	    "Host: %s:80\r\n\r\n", host, host);
	if ((r = talk(fd, text, "\r\n\r\n")) == 0)
		r = get(fd, host);
	(void)close(fd);
	return r;
}

static int
direct(const char *address)
{
	int	 fd, r;

	if ((fd = dial(address, 80)) == -1)
		return -1;
	r = get(fd, address);
	(void)close(fd);
	return r;
}

static int
lookup(const char *name)
{
	struct addrinfo	*res, hints = { .ai_family = AF_INET,
			    .ai_socktype = SOCK_STREAM };

	if (getaddrinfo(name, NULL, &hints, &res) != 0)
		return -1;
	freeaddrinfo(res);
	return 0;
}

static int
serve(const char *port)
{
	static const char	 text[] = "from inside\n";
	struct sockaddr_in	 sin;
	struct pollfd		 pfd = { .events = POLLIN };
	int			 fd, on = 1, r = -1;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)strtol(port, NULL, 10));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((pfd.fd = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    setsockopt(pfd.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ==
	    -1 || bind(pfd.fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 ||
	    listen(pfd.fd, 8) == -1 || poll(&pfd, 1, WELCOME_MS) != 1 ||
	    (fd = accept(pfd.fd, NULL, NULL)) == -1)
		return -1;
	if (send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL) != -1)
		r = 0;
	(void)close(fd);
	return r;
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char	*name;
		int		(*fn)(const char *);
	} steps[] = { { "proxy", by_proxy }, { "direct", direct },
	    { "ask", lookup }, { "serve", serve } };
	struct timespec	 a, b;
	size_t		 i;
	FILE		*fp;
	int		 n, r;

	if (argc < 2 || (fp = fopen(argv[1], "w")) == NULL)
		return 1;
	for (n = 2; n + 1 < argc; n += 2)
		for (i = 0; i < nitems(steps); i++) {
			if (strcmp(argv[n], steps[i].name) != 0)
				continue;
			(void)clock_gettime(CLOCK_MONOTONIC, &a);
			r = steps[i].fn(argv[n + 1]);
			(void)clock_gettime(CLOCK_MONOTONIC, &b);
			fprintf(fp, "%s %s\n", steps[i].name, r == 0 ? "ok" :
			    b.tv_sec - a.tv_sec >= PATIENCE ? "hangs" : "no");
			fflush(fp);
		}
	return fclose(fp) != 0;
}
