/* SPDX-License-Identifier: ISC */

/*
 * Connections on their way into the audit record: each is noted when it is
 * dialled and told at its end.  Without such a record there is nothing here
 * that costs anything.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access.h"
#include "log.h"
#include "proxy.h"

struct noted {
	struct access	 a;
	uint64_t	 since;		/* CLOCK_MONOTONIC, ns */
};

static uint64_t
access_clock(clockid_t clock)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int
access_wanted(void)
{
	return (proxy_flags() & PROXY_AUDIT) != 0;
}

static char *
access_text(const char *s)
{
	char	*copy = strdup(s == NULL ? "" : s);

	if (copy == NULL)
		fatal("strdup");
	return copy;
}

void
access_begin(struct session *s, enum access_way way, const struct dest *dest)
{
	struct noted	*n;

	access_end(s);
	if (!access_wanted())
		return;
	if ((n = calloc(1, sizeof(*n))) == NULL)
		fatal("calloc");
	n->since = access_clock(CLOCK_MONOTONIC);
	n->a.way = way;
	n->a.port = dest->port;
	n->a.pid = dest->client.pid;
	n->a.host = access_text(dest->spelled);
	n->a.rule = access_text(dest->rule);
	n->a.where = access_text(dest->where);
	n->a.result = access_text("not connected");
	n->a.program = access_text(dest->client.program);
	s->noted = n;
}

static void
access_free(struct noted *n)
{
	access_clear(&n->a);
	free(n);
}

void
access_result(struct session *s, enum connect_status status)
{
	static const char *const	 results[] = {
		[CONNECT_OK] = "connected",
		[CONNECT_DENIED] = "denied",
		[CONNECT_NOTALLOWED] = "denied",
		[CONNECT_PROXY] = "proxy failed",
		[CONNECT_NONAME] = "name not found",
		[CONNECT_REFUSED] = "refused by the server",
		[CONNECT_HOSTUNREACH] = "host unreachable",
		[CONNECT_NETUNREACH] = "network unreachable",
		[CONNECT_TIMEOUT] = "timed out",
		[CONNECT_FAILED] = "failed"
	};

	if (s->noted == NULL)
		return;
	/* That is a refusal, and recorded as one. */
	if (status == CONNECT_DENIED || status == CONNECT_NOTALLOWED) {
		access_free(s->noted);
		s->noted = NULL;
		return;
	}
	free(s->noted->a.result);
	s->noted->a.result = access_text(results[status]);
	if (status != CONNECT_OK)
		access_end(s);
}

void
access_request(struct session *s)
{
	if (s->noted != NULL)
		s->noted->a.requests++;
}

void
access_end(struct session *s)
{
	struct noted	*n = s->noted;

	if (n == NULL)
		return;
	s->noted = NULL;
	/* Given up before anybody had allowed it. */
	if (s->dest != NULL && s->dest->open) {
		access_free(n);
		return;
	}
	n->a.time = access_clock(CLOCK_REALTIME);
	n->a.duration = (access_clock(CLOCK_MONOTONIC) - n->since) / 1000000;
	n->a.sent = s->server.sent;
	n->a.received = s->server.received;
	ipc_send_access(proxy_monitor(), &n->a);
	access_free(n);
}

void
access_flush(void)
{
	session_each(access_end);
}
