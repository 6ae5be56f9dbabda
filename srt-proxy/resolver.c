/* SPDX-License-Identifier: ISC */

/*
 * The resolver: a process of its own that srt-proxy forks before anything
 * else and that knows nothing of the policy.  getaddrinfo(3) blocks and
 * brings whatever nsswitch.conf names, so it runs here, in a few threads,
 * with files and DNS sockets within reach, while the proxy itself has
 * neither.  Each answer also lists the addresses of this host's interfaces,
 * which the proxy, without a netlink socket, cannot learn.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "proc.h"
#include "proxy.h"
#include "sandbox.h"

#define RESOLVER_STACK		(512 * 1024)
#define RESOLVER_STALE		10	/* seconds: the proxy has given up */

struct job {
	TAILQ_ENTRY(job)	 entry;
	uint32_t		 id;
	time_t			 since;
	char			 name[HOST_NAME_MAX_LEN + 1];
};

struct answer {
	struct resolve_addr	 addrs[CONNECT_ADDRS_MAX + RESOLVE_OWN_MAX];
	size_t			 n;
};

static TAILQ_HEAD(, job) jobs = TAILQ_HEAD_INITIALIZER(jobs);
static size_t		 jobs_count;
static size_t		 threads_count;
static size_t		 threads_idle;
static pthread_mutex_t	 jobs_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	 jobs_wake = PTHREAD_COND_INITIALIZER;

/* The same pipe twice: the threads write while the first one reads. */
static struct ipc_peer	 resolver_in;
static struct ipc_peer	 resolver_out;
static pthread_mutex_t	 resolver_lock = PTHREAD_MUTEX_INITIALIZER;

static void		 resolver_query(struct ipc_peer *, struct imsg *);
static void		*resolver_thread(void *);
static __dead void	 resolver_main(int);
static void		 resolver_wait(struct pollfd *);

static const struct ipc_rule	 resolver_rules[] = {
	{ IMSG_RESOLVE_QUERY, 8, 8 + HOST_NAME_MAX_LEN, IPC_NOFD,
	    IPC_PHASE_RUN, resolver_query }
};

int
resolver_start(pid_t *pid)
{
	int	 pair[2];

	if (proc_pair(pair) == -1)
		fatal("socketpair");
	switch (*pid = fork()) {
	case -1:
		fatal("fork");
	case 0:
		sandbox_follow(SIGKILL);
		/* The pipe to the parent is the proxy's alone. */
		if (dup2(pair[1], IPC_PARENT_FD) == -1)
			_exit(EXIT_SRT);
		closefrom(IPC_PARENT_FD + 1);
		resolver_main(IPC_PARENT_FD);
		/* NOTREACHED */
	default:
		break;
	}
	(void)close(pair[1]);
	return pair[0];
}

static void
resolver_gone(struct ipc_peer *peer)
{
	(void)peer;
	_exit(0);
}

static void
resolver_log(enum log_level level, const char *text)
{
	/* fatal() may come from within resolver_send(). */
	if (level == LOG_LEVEL_FATAL) {
		if (pthread_mutex_trylock(&resolver_lock) != 0)
			return;
	} else
		(void)pthread_mutex_lock(&resolver_lock);
	if (resolver_out.open) {
		ipc_send_log(&resolver_out, (uint32_t)level, text);
		(void)ipc_flush(&resolver_out);
	}
	(void)pthread_mutex_unlock(&resolver_lock);
}

/* Until there is something to read, or somebody gone who could ask. */
static void
resolver_wait(struct pollfd *pfd)
{
	while (poll(pfd, 1, -1) == -1)
		if (errno != EINTR)
			fatal("poll");
}

/*
 * Most commands never ask for a name: the process confines itself when the
 * first question is there, and before it reads it.
 */
static __dead void
resolver_main(int fd)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };
	int		 out;

	log_init(role_name(ROLE_RESOLVER), LOG_LEVEL_WARN);
	sandbox_drop(ROLE_RESOLVER);
	sandbox_hide();
	resolver_wait(&pfd);
	if ((pfd.revents & POLLHUP) != 0)
		_exit(0);
	if ((out = dup(fd)) == -1)
		_exit(EXIT_SRT);
	ipc_open(&resolver_in, NULL, fd, ROLE_PROXY, resolver_rules,
	    nitems(resolver_rules), resolver_gone);
	ipc_open(&resolver_out, NULL, out, ROLE_PROXY, NULL, 0,
	    resolver_gone);
	ipc_phase(&resolver_in, IPC_PHASE_RUN);
	log_setsink(resolver_log);
	sandbox_enter(ROLE_RESOLVER);

	for (;;) {
		(void)ipc_dispatch(&resolver_in);
		resolver_wait(&pfd);
	}
}

static void
resolver_send(uint32_t id, int error, const struct answer *a)
{
	struct ibuf	*buf;

	(void)pthread_mutex_lock(&resolver_lock);
	buf = ipc_create(&resolver_out, IMSG_RESOLVE_ANSWER);
	ipc_add_u32(buf, id);
	ipc_add_u32(buf, (uint32_t)error);
	if (a != NULL && a->n > 0 &&
	    imsg_add(buf, a->addrs, a->n * sizeof(a->addrs[0])) == -1)
		_exit(EXIT_SRT);
	ipc_commit(&resolver_out, buf);
	(void)ipc_flush(&resolver_out);
	(void)pthread_mutex_unlock(&resolver_lock);
}

static int
resolver_spawn(void)
{
	pthread_attr_t	 attr;
	pthread_t	 thread;
	int		 error;

	if ((error = pthread_attr_init(&attr)) != 0)
		return error;
	(void)pthread_attr_setstacksize(&attr, RESOLVER_STACK);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, resolver_thread, NULL);
	(void)pthread_attr_destroy(&attr);
	return error;
}

static void
resolver_query(struct ipc_peer *peer, struct imsg *imsg)
{
	struct timespec	 ts;
	struct ibuf	 buf;
	struct job	*job;
	char		*name;
	int		 error = 0, full;

	(void)peer;
	if ((job = calloc(1, sizeof(*job))) == NULL)
		fatal("calloc");
	ipc_recv_ibuf(imsg, &buf);
	job->id = ipc_get_u32(&buf);
	name = ipc_get_str(&buf);
	ipc_get_end(&buf);
	(void)strlcpy(job->name, name, sizeof(job->name));
	free(name);
	if (clock_gettime(CLOCK_MONOTONIC, &ts) == 0)
		job->since = ts.tv_sec;

	(void)pthread_mutex_lock(&jobs_lock);
	full = jobs_count >= RESOLVE_QUERIES_MAX;
	if (!full && threads_idle <= jobs_count &&
	    threads_count < RESOLVE_THREADS) {
		if ((error = resolver_spawn()) == 0)
			threads_count++;
		else if (threads_count == 0)
			full = 1;
	}
	if (!full) {
		TAILQ_INSERT_TAIL(&jobs, job, entry);
		jobs_count++;
		(void)pthread_cond_signal(&jobs_wake);
	}
	(void)pthread_mutex_unlock(&jobs_lock);

	if (error != 0)
		log_warnx("cannot make a thread: %s", strerror(error));
	if (full) {
		resolver_send(job->id, EAI_AGAIN, NULL);
		free(job);
	}
}

static int
resolver_same(const struct resolve_addr *a, const struct resolve_addr *b)
{
	return a->kind == b->kind && a->inet6 == b->inet6 &&
	    a->scope == b->scope &&
	    memcmp(a->addr, b->addr, sizeof(a->addr)) == 0;
}

/* Adds an address once; 0 if there is no room for it. */
static int
resolver_add(struct answer *a, enum resolve_kind kind,
    const struct sockaddr *sa)
{
	const struct sockaddr_in	*in;
	const struct sockaddr_in6	*in6;
	struct resolve_addr		 ra;
	size_t				 i;

	memset(&ra, 0, sizeof(ra));
	ra.kind = (uint8_t)kind;
	if (sa->sa_family == AF_INET) {
		in = (const struct sockaddr_in *)(const void *)sa;
		memcpy(ra.addr, &in->sin_addr, 4);
	} else {
		in6 = (const struct sockaddr_in6 *)(const void *)sa;
		memcpy(ra.addr, &in6->sin6_addr, 16);
		ra.inet6 = 1;
		ra.scope = in6->sin6_scope_id;
	}
	for (i = 0; i < a->n; i++)
		if (resolver_same(&a->addrs[i], &ra))
			return 1;
	if (a->n == nitems(a->addrs))
		return 0;
	a->addrs[a->n++] = ra;
	return 1;
}

/*
 * Loopback and link-local addresses, of which there can be one per virtual
 * interface, are refused as such: they need no listing.
 */
static int
resolver_own_wanted(const struct sockaddr *sa)
{
	const struct sockaddr_in6	*in6;

	if (sa == NULL)
		return 0;
	if (sa->sa_family == AF_INET)
		return 1;
	if (sa->sa_family != AF_INET6)
		return 0;
	in6 = (const struct sockaddr_in6 *)(const void *)sa;
	return !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) &&
	    !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
}

/* 0, or an error of getaddrinfo(3). */
static int
resolver_lookup(const char *name, struct answer *a)
{
	struct addrinfo	 hints, *res, *ai;
	struct ifaddrs	*ifs, *ifa;
	int		 error;

	a->n = 0;
	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	if ((error = getaddrinfo(name, NULL, &hints, &res)) != 0)
		return error;
	for (ai = res; ai != NULL && a->n < CONNECT_ADDRS_MAX;
	    ai = ai->ai_next)
		if (ai->ai_family == AF_INET || ai->ai_family == AF_INET6)
			(void)resolver_add(a, RESOLVE_NAME, ai->ai_addr);
	freeaddrinfo(res);

	if (getifaddrs(&ifs) == -1) {
		log_warn("getifaddrs");
		return EAI_FAIL;
	}
	for (ifa = ifs; ifa != NULL; ifa = ifa->ifa_next) {
		if (!resolver_own_wanted(ifa->ifa_addr) ||
		    resolver_add(a, RESOLVE_OWN, ifa->ifa_addr))
			continue;
		/* A list with holes would let some of them through. */
		log_warnx("this host has more than %d addresses",
		    RESOLVE_OWN_MAX);
		error = EAI_FAIL;
		break;
	}
	freeifaddrs(ifs);
	return error;
}

static void *
resolver_thread(void *arg)
{
	struct timespec	 ts;
	struct answer	 a;
	struct job	*job;
	int		 error;

	for (;;) {
		(void)pthread_mutex_lock(&jobs_lock);
		threads_idle++;
		while ((job = TAILQ_FIRST(&jobs)) == NULL)
			(void)pthread_cond_wait(&jobs_wake, &jobs_lock);
		threads_idle--;
		TAILQ_REMOVE(&jobs, job, entry);
		jobs_count--;
		(void)pthread_mutex_unlock(&jobs_lock);

		if (clock_gettime(CLOCK_MONOTONIC, &ts) == 0 &&
		    ts.tv_sec - job->since <= RESOLVER_STALE) {
			error = resolver_lookup(job->name, &a);
			resolver_send(job->id, error, &a);
		}
		free(job);
	}
	return arg;
}
