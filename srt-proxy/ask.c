/* SPDX-License-Identifier: ISC */

/*
 * Destinations that no rule decides, where somebody can be asked: the parent
 * passes the question on and brings the answer.  One question about a host
 * and port is out at a time; whoever else wants to go there waits for the
 * same answer.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "policy.h"
#include "proxy.h"

struct question;

/* Who waits for an answer. */
struct ask {
	TAILQ_ENTRY(ask)	 entry;
	struct question		*question;
	ask_fn			 fn;
	void			*arg;
};

/* A host and port that was asked about. */
struct question {
	TAILQ_ENTRY(question)	 entry;
	TAILQ_HEAD(, ask)	 asks;
	struct host		 host;
	uint16_t		 port;
	uint32_t		 id;		/* 0: it has been answered */
	int			 allow;
	char			*reason;
};
TAILQ_HEAD(questions, question);

static struct questions	 open_questions =
			    TAILQ_HEAD_INITIALIZER(open_questions);
static struct questions	 answered = TAILQ_HEAD_INITIALIZER(answered);
static size_t		 nopen, nanswered;
static uint32_t		 last_id;

static struct question *
question_find(struct questions *list, const struct host *host, uint16_t port)
{
	struct question	*q;

	TAILQ_FOREACH(q, list, entry)
		if (q->port == port && q->host.kind == host->kind &&
		    strcmp(q->host.name, host->name) == 0)
			return q;
	return NULL;
}

static void
question_free(struct question *q)
{
	free(q->reason);
	free(q);
}

int
ask_wanted(void)
{
	return proxy_rules() != NULL &&
	    (proxy_rules()->flags & (RULESET_ASK | RULESET_STRICT)) ==
	    RULESET_ASK;
}

int
ask_known(const struct host *host, uint16_t port, const char **reason)
{
	const struct question	*q;

	*reason = NULL;
	if ((q = question_find(&answered, host, port)) == NULL)
		return -1;
	if (!q->allow)
		*reason = q->reason;
	return q->allow;
}

struct ask *
ask_start(const struct dest *dest, ask_fn fn, void *arg)
{
	struct question	*q;
	struct ask	*ask;
	struct ibuf	*buf;

	q = question_find(&open_questions, &dest->host, dest->port);
	if (q == NULL && nopen == ASK_OPEN_MAX)
		return NULL;
	if ((ask = calloc(1, sizeof(*ask))) == NULL)
		fatal("calloc");
	if (q == NULL) {
		if ((q = calloc(1, sizeof(*q))) == NULL)
			fatal("calloc");
		TAILQ_INIT(&q->asks);
		q->host = dest->host;
		q->port = dest->port;
		if (++last_id == 0)
			last_id = 1;
		q->id = last_id;
		TAILQ_INSERT_TAIL(&open_questions, q, entry);
		nopen++;
		buf = ipc_create(proxy_to_parent(), IMSG_ASK_QUERY);
		ipc_add_u32(buf, q->id);
		ipc_add_u32(buf, q->port);
		ipc_add_u64(buf, dest->client.pid);
		ipc_add_str(buf, q->host.name);
		ipc_add_str(buf, dest->client.program);
		ipc_commit(proxy_to_parent(), buf);
	}
	ask->question = q;
	ask->fn = fn;
	ask->arg = arg;
	TAILQ_INSERT_TAIL(&q->asks, ask, entry);
	return ask;
}

/* The question stays open: its answer may serve the next one. */
void
ask_cancel(struct ask *ask)
{
	TAILQ_REMOVE(&ask->question->asks, ask, entry);
	free(ask);
}

void
ask_answer(uint32_t id, int allow, int keep, const char *reason)
{
	struct question	*q;
	struct ask	*ask;
	ask_fn		 fn;
	void		*arg;

	TAILQ_FOREACH(q, &open_questions, entry)
		if (q->id == id)
			break;
	if (q == NULL)
		fatalx("an answer without a question");
	TAILQ_REMOVE(&open_questions, q, entry);
	nopen--;
	q->id = 0;
	q->allow = allow;
	if ((q->reason = strdup(reason)) == NULL)
		fatal("strdup");
	while ((ask = TAILQ_FIRST(&q->asks)) != NULL) {
		fn = ask->fn;
		arg = ask->arg;
		ask_cancel(ask);
		fn(arg, allow, q->reason);
	}
	if (!keep) {
		question_free(q);
		return;
	}
	TAILQ_INSERT_TAIL(&answered, q, entry);
	if (nanswered++ < ASK_KEPT_MAX)
		return;
	/* Whoever has so many hosts is asked again about the oldest. */
	q = TAILQ_FIRST(&answered);
	TAILQ_REMOVE(&answered, q, entry);
	nanswered--;
	question_free(q);
}
