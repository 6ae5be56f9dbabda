/* SPDX-License-Identifier: ISC */

/* Our side of the resolver: one query in flight per name, bounded. */

#include "compat.h"

#include <sys/wait.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "proc.h"
#include "proxy.h"

struct query {
	TAILQ_ENTRY(query)	 entry;
	TAILQ_HEAD(, resolve)	 waiters;
	struct event		 timer;
	uint32_t		 id;
	int			 done;		/* is being answered */
	char			 name[HOST_NAME_MAX_LEN + 1];
};

struct resolve {
	TAILQ_ENTRY(resolve)	 entry;
	struct query		*query;
	resolve_fn		 fn;
	void			*arg;
};

static TAILQ_HEAD(, query)	 queries = TAILQ_HEAD_INITIALIZER(queries);
static size_t			 resolve_count;
static uint32_t			 resolve_id;
static struct ipc_peer		 resolver;
static pid_t			 resolver_pid;

static void	 resolve_answer(struct ipc_peer *, struct imsg *);
static void	 resolve_log(struct ipc_peer *, struct imsg *);
static void	 resolve_expired(int, short, void *);

static const struct ipc_rule	 resolve_rules[] = {
	{ IMSG_RESOLVE_ANSWER, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    resolve_answer },
	{ IMSG_CTL_LOG, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    resolve_log }
};

static void
resolve_gone(struct ipc_peer *peer)
{
	(void)peer;
	fatalx("the resolver has ended");
}

void
resolve_init(int fd, pid_t pid)
{
	resolver_pid = pid;
	ipc_open(&resolver, proxy_base, fd, ROLE_RESOLVER, resolve_rules,
	    nitems(resolve_rules), resolve_gone);
	ipc_phase(&resolver, IPC_PHASE_RUN);
}

static void
query_free(struct query *q)
{
	TAILQ_REMOVE(&queries, q, entry);
	resolve_count--;
	(void)event_del(&q->timer);
	free(q);
}

static struct query *
query_new(const char *name)
{
	struct query	*q;
	struct ibuf	*buf;

	if (resolve_count >= RESOLVE_QUERIES_MAX || !resolver.open)
		return NULL;
	if ((q = calloc(1, sizeof(*q))) == NULL)
		fatal("calloc");
	TAILQ_INIT(&q->waiters);
	(void)strlcpy(q->name, name, sizeof(q->name));
	q->id = ++resolve_id;
	if (evtimer_assign(&q->timer, proxy_base, resolve_expired, q) == -1 ||
	    evtimer_add(&q->timer, session_interval(TIMEOUT_RESOLVE)) == -1)
		fatalx("cannot make the timer");
	TAILQ_INSERT_TAIL(&queries, q, entry);
	resolve_count++;

	buf = ipc_create(&resolver, IMSG_RESOLVE_QUERY);
	ipc_add_u32(buf, q->id);
	ipc_add_str(buf, q->name);
	ipc_commit(&resolver, buf);
	return q;
}

void
resolve_end(void)
{
	ipc_close(&resolver);
	/* If it does not end now it is killed with us: sandbox_follow(). */
	(void)proc_wait(resolver_pid, PROC_BRIEF);
}

struct resolve *
resolve_start(const char *name, resolve_fn fn, void *arg)
{
	struct resolve	*r;
	struct query	*q;

	TAILQ_FOREACH(q, &queries, entry)
		if (!q->done && strcmp(q->name, name) == 0)
			break;
	if (q == NULL && (q = query_new(name)) == NULL)
		return NULL;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		fatal("calloc");
	r->query = q;
	r->fn = fn;
	r->arg = arg;
	TAILQ_INSERT_TAIL(&q->waiters, r, entry);
	return r;
}

void
resolve_cancel(struct resolve *r)
{
	struct query	*q = r->query;

	TAILQ_REMOVE(&q->waiters, r, entry);
	free(r);
	if (TAILQ_EMPTY(&q->waiters) && !q->done)
		query_free(q);
}

/*
 * Tells everyone who waits.  A callback may cancel other waiters, or start
 * over with the same name: it must neither free this query nor join it.
 */
static void
query_done(struct query *q, int error, const struct resolve_addr *addrs,
    size_t n)
{
	struct resolve	*r;
	resolve_fn	 fn;
	void		*arg;

	q->done = 1;
	while ((r = TAILQ_FIRST(&q->waiters)) != NULL) {
		fn = r->fn;
		arg = r->arg;
		TAILQ_REMOVE(&q->waiters, r, entry);
		free(r);
		fn(arg, error, addrs, n);
	}
	query_free(q);
}

static void
resolve_expired(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	query_done(arg, EAI_AGAIN, NULL, 0);
}

static void
resolve_answer(struct ipc_peer *peer, struct imsg *imsg)
{
	struct resolve_addr	 addrs[CONNECT_ADDRS_MAX + RESOLVE_OWN_MAX];
	struct ibuf		 buf;
	struct query		*q;
	uint32_t		 id;
	int			 error;
	size_t			 n;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	error = (int)ipc_get_u32(&buf);
	n = ibuf_size(&buf) / sizeof(addrs[0]);
	if (n > nitems(addrs) || ibuf_size(&buf) != n * sizeof(addrs[0]) ||
	    (n > 0 && ibuf_get(&buf, addrs, n * sizeof(addrs[0])) == -1))
		fatalx("malformed answer of the resolver");

	TAILQ_FOREACH(q, &queries, entry)
		if (q->id == id)
			break;
	/* Else it is too late: nobody waits any more. */
	if (q != NULL)
		query_done(q, error, addrs, n);
}

static void
resolve_log(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 level;
	char		*text = ipc_recv_log(imsg, &level);

	(void)peer;
	if (level <= LOG_LEVEL_WARN)
		log_warnx("resolver: %s", text);
	else
		log_debug("resolver: %s", text);
	free(text);
}
