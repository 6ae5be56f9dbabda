/* SPDX-License-Identifier: ISC */

/*
 * Races for a socket of the host that is not listed.  Threads change what a
 * path, an address in memory or a descriptor means while others connect.
 *
 *	sockrace -s DIR
 *		serves DIR/a and DIR/b and two ports of 127.0.0.1, prints
 *		"ready PORT PORT", and when standard input ends how many
 *		connections each has had: "a N b N first N second N"
 *	sockrace SECONDS WORK DIR PORT PORT
 *		races, with WORK to make links in: DIR/a and the first port
 *		are allowed; prints the number of attempts
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXCHANGE	2
#define SERVERS		4
#define LEN		96
/* Ports in TIME_WAIT are not there for others: some thousands will do. */
#define INET_MAX	4000
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN	0x20000000
#endif

/* The caller's memory: which family it holds may change, too. */
union address {
	struct sockaddr		 sa;
	struct sockaddr_un	 sun;
	struct sockaddr_in	 sin;
};

static const char	*dir, *work;	/* DIR, WORK */
static in_port_t	 port[2];	/* in network order */
static union address	 addr;
static volatile int	 over;
static int		 fd, ways[2] = { -1, -1 };
static char		 here[LEN], there[LEN];
static struct {
	unsigned long	 tries[16];
	unsigned long	 connected[16];
} *count;
static int		 nr;

/* --- the servers */

static int
serve_unix(const char *name)
{
	union address	 a;
	int		 s;

	memset(&a, 0, sizeof(a));
	a.sun.sun_family = AF_UNIX;
	if ((size_t)snprintf(a.sun.sun_path, sizeof(a.sun.sun_path), "%s/%s",
	    dir, name) >= sizeof(a.sun.sun_path))
		errx(1, "%s is too long", dir);
	s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1 || bind(s, &a.sa, sizeof(a.sun)) == -1 ||
	    listen(s, 1024) == -1)
		err(1, "%s", a.sun.sun_path);
	return s;
}

static int
serve_inet(unsigned int *number)
{
	union address	 a;
	socklen_t	 len = sizeof(a.sin);
	int		 s;

	memset(&a, 0, sizeof(a));
	a.sin.sin_family = AF_INET;
	a.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1 || bind(s, &a.sa, sizeof(a.sin)) == -1 ||
	    listen(s, 1024) == -1 || getsockname(s, &a.sa, &len) == -1)
		err(1, "127.0.0.1");
	*number = ntohs(a.sin.sin_port);
	return s;
}

static int
serve(void)
{
	struct pollfd	 pfd[SERVERS + 1];
	unsigned long	 had[SERVERS] = { 0, 0, 0, 0 };
	unsigned int	 ports[2];
	int		 i, s;

	pfd[0].fd = serve_unix("a");
	pfd[1].fd = serve_unix("b");
	pfd[2].fd = serve_inet(&ports[0]);
	pfd[3].fd = serve_inet(&ports[1]);
	pfd[SERVERS].fd = STDIN_FILENO;
	(void)printf("ready %u %u\n", ports[0], ports[1]);
	(void)fflush(stdout);
	do {
		for (i = 0; i <= SERVERS; i++)
			pfd[i].events = POLLIN;
		if (poll(pfd, SERVERS + 1, -1) == -1)
			err(1, "poll");
		for (i = 0; i < SERVERS; i++)
			while ((s = accept(pfd[i].fd, NULL, NULL)) != -1) {
				had[i]++;
				(void)close(s);
			}
	} while (pfd[SERVERS].revents == 0);
	(void)printf("a %lu\nb %lu\nfirst %lu\nsecond %lu\n", had[0], had[1],
	    had[2], had[3]);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* --- what the racers share */

static int
tried(int r)
{
	count->tries[nr]++;
	if (r == 0)
		count->connected[nr]++;
	return r;
}

static void
change(long r)
{
	(void)r;
}

static void
join(char *buf, const char *folder, const char *name)
{
	if (snprintf(buf, LEN, "%s/%s", folder, name) >= LEN)
		errx(1, "%s is too long", folder);
}

static void
set_unix(const char *path)
{
	memset(&addr, 0, sizeof(addr));
	addr.sun.sun_family = AF_UNIX;
	(void)strlcpy(addr.sun.sun_path, path, sizeof(addr.sun.sun_path));
}

static void
set_inet(in_port_t p)
{
	memset(&addr, 0, sizeof(addr));
	addr.sin.sin_family = AF_INET;
	addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	addr.sin.sin_port = p;
}

static int
new_socket(int family)
{
	const struct linger	 now = { 1, 0 };
	int			 s;

	s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s == -1)
		err(1, "socket");
	/* Closing resets: no port waits. */
	if (family == AF_INET)
		(void)setsockopt(s, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	return s;
}

static void
unix_attack(void)
{
	int	 s = new_socket(AF_UNIX);

	(void)tried(connect(s, &addr.sa, sizeof(addr.sun)));
	(void)close(s);
}

static void
inet_attack(void)
{
	int	 s;

	if (count->connected[nr] >= INET_MAX) {
		over = 1;
		return;
	}
	s = new_socket(AF_INET);
	(void)tried(connect(s, &addr.sa, sizeof(addr.sin)));
	(void)close(s);
}

/* --- the ways to the socket change */

static void
link_prepare(void)
{
	char	 to[LEN];

	join(here, work, "l0");
	join(there, work, "l1");
	join(to, dir, "a");
	change(symlink(to, here));
	join(to, dir, "b");
	change(symlink(to, there));
	set_unix(here);
}

static void
exchange(void)
{
	change(syscall(SYS_renameat2, AT_FDCWD, here, AT_FDCWD, there,
	    EXCHANGE));
}

/* Two directories, each with a link "s". */
static void
way_prepare(void)
{
	static const char *const	 names[] = { "a", "b" };
	char				 to[LEN], s[LEN];
	int				 i;

	join(here, work, "d0");
	join(there, work, "d1");
	for (i = 0; i < 2; i++) {
		(void)mkdir(i == 0 ? here : there, 0755);
		join(s, i == 0 ? here : there, "s");
		join(to, dir, names[i]);
		change(symlink(to, s));
		ways[i] = open(i == 0 ? here : there, O_RDONLY |
		    O_DIRECTORY | O_CLOEXEC);
		if (ways[i] == -1)
			err(1, "%s", s);
	}
	join(s, here, "s");
	set_unix(s);
}

static void
cwd_prepare(void)
{
	way_prepare();
	set_unix("s");
}

static void
cwd_change(void)
{
	if (fchdir(ways[0]) == -1 || fchdir(ways[1]) == -1)
		over = 1;
}

/* --- the letters of the address change */

static void
path_prepare(void)
{
	char	 path[LEN];

	join(path, dir, "a");
	set_unix(path);
}

/* Both values are to be met about as often. */
static void
dwell(void)
{
	volatile int	 i;

	for (i = 0; i < 100; i++)
		continue;
}

static void
path_change(void)
{
	volatile char	*c = addr.sun.sun_path;

	c += strlen(dir) + 1;
	*c = 'b';
	dwell();
	*c = 'a';
	dwell();
}

static void
port_prepare(void)
{
	set_inet(port[0]);
}

static void
port_change(void)
{
	volatile in_port_t	*p = &addr.sin.sin_port;

	*p = port[1];
	dwell();
	*p = port[0];
	dwell();
}

/* What was a path is a port, and the reverse. */
static void
family_prepare(void)
{
	char	 path[LEN];

	join(path, dir, "b");
	set_unix(path);
}

static void
family_change(void)
{
	volatile sa_family_t	*f = &addr.sa.sa_family;

	*f = AF_INET;
	dwell();
	*f = AF_UNIX;
	dwell();
}

/* --- the descriptor changes */

static void
dup_prepare(void)
{
	path_prepare();
	ways[0] = new_socket(AF_UNIX);
	ways[1] = new_socket(AF_INET);
	if ((fd = dup(ways[0])) == -1)
		err(1, "dup");
}

static void
dup_change(void)
{
	(void)dup2(ways[1], fd);
	(void)dup2(ways[0], fd);
	path_change();
}

static void
dup_attack(void)
{
	int	 s;

	(void)tried(connect(fd, &addr.sa, sizeof(addr.sun)));
	if ((s = new_socket(AF_UNIX)) != ways[0]) {
		(void)dup2(s, ways[0]);
		(void)close(s);
	}
}

static void
dup_inet_prepare(void)
{
	dup_prepare();
	port_prepare();
}

static void
dup_inet_change(void)
{
	(void)dup2(ways[1], fd);
	(void)dup2(ways[0], fd);
	port_change();
}

static void
dup_inet_attack(void)
{
	int	 s;

	if (count->connected[nr] >= INET_MAX) {
		over = 1;
		return;
	}
	(void)tried(connect(fd, &addr.sa, sizeof(addr.sin)));
	if ((s = new_socket(AF_INET)) != ways[1]) {
		(void)dup2(s, ways[1]);
		(void)close(s);
	}
}

/* --- other calls that name an address */

static void
send_attack(void)
{
	char		 byte = 'x';
	struct iovec	 iov = { &byte, 1 };
	struct msghdr	 msg;
	int		 s = new_socket(AF_UNIX);

	memset(&msg, 0, sizeof(msg));
	msg.msg_name = &addr;
	msg.msg_namelen = sizeof(addr.sun);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	(void)tried(sendto(s, "x", 1, MSG_NOSIGNAL, &addr.sa,
	    sizeof(addr.sun)) == -1 ? -1 : 0);
	(void)tried(sendmsg(s, &msg, MSG_NOSIGNAL) == -1 ? -1 : 0);
	(void)close(s);
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s == -1)
		return;
	(void)tried(connect(s, &addr.sa, sizeof(addr.sun)));
	(void)close(s);
}

static void
fastopen_attack(void)
{
	int	 s;

	if (count->connected[nr] >= INET_MAX) {
		over = 1;
		return;
	}
	s = new_socket(AF_INET);
	(void)tried(sendto(s, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, &addr.sa,
	    sizeof(addr.sin)) == -1 ? -1 : 0);
	(void)close(s);
}

static const struct {
	const char	*name;
	void		(*prepare)(void);
	void		(*change)(void);
	void		(*attack)(void);
} races[] = {
	{ "link", link_prepare, exchange, unix_attack },
	{ "way", way_prepare, exchange, unix_attack },
	{ "cwd", cwd_prepare, cwd_change, unix_attack },
	{ "path", path_prepare, path_change, unix_attack },
	{ "family", family_prepare, family_change, unix_attack },
	{ "dup", dup_prepare, dup_change, dup_attack },
	{ "send", path_prepare, path_change, send_attack },
	{ "port", port_prepare, port_change, inet_attack },
	{ "dup-inet", dup_inet_prepare, dup_inet_change, dup_inet_attack },
	{ "fastopen", port_prepare, port_change, fastopen_attack }
};

static void *
changer(void *arg)
{
	(void)arg;
	while (!over)
		races[nr].change();
	return NULL;
}

static double
now(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
race(double end)
{
	pthread_t	 thread;
	char		 own[LEN];

	/* The broker, the proxy and the servers come first. */
	(void)setpriority(PRIO_PROCESS, 0, 10);
	join(own, work, races[nr].name);
	if (mkdir(own, 0755) == -1)
		err(1, "%s", own);
	work = own;
	races[nr].prepare();
	if (pthread_create(&thread, NULL, changer, NULL) != 0)
		errx(1, "pthread_create");
	while (!over && now() < end)
		races[nr].attack();
	over = 1;
	(void)pthread_join(thread, NULL);
}

static int
race_all(double seconds)
{
	double		 end = now() + seconds;
	unsigned long	 tries = 0, connected = 0;
	int		 status, bad = 0, n = (int)nitems(races);

	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED)
		err(1, "mmap");
	for (nr = 0; nr < n; nr++)
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			race(end);
			_exit(0);
		default:
			break;
		}
	while (wait(&status) != -1)
		if (status != 0)
			bad = 1;
	for (nr = 0; nr < n; nr++) {
		(void)printf("%s: %lu attempts, %lu connected\n",
		    races[nr].name, count->tries[nr], count->connected[nr]);
		tries += count->tries[nr];
		connected += count->connected[nr];
	}
	(void)printf("attempts %lu\nconnected %lu\n", tries, connected);
	return fflush(stdout) == 0 && !bad ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "-s") == 0) {
		dir = argv[2];
		return serve();
	}
	if (argc != 6)
		errx(2, "usage: sockrace -s DIR; "
		    "sockrace SECONDS WORK DIR PORT PORT");
	work = argv[2];
	dir = argv[3];
	port[0] = htons((in_port_t)atoi(argv[4]));
	port[1] = htons((in_port_t)atoi(argv[5]));
	return race_all(strtod(argv[1], NULL));
}
