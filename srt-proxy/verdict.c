/* SPDX-License-Identifier: ISC */

/*
 * The one place where the proxy decides, and where it records what it has
 * refused.
 */

#include "compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "http_parse.h"
#include "log.h"
#include "proxy.h"
#include "violation.h"

#define SPELLED_MAX	256	/* of a host in messages */
#define TEXT_MAX	640

/* The refusal sent last: equal ones within REFUSAL_MERGE are counted. */
static struct {
	char		 target[SPELLED_MAX + 16];
	char		 reason[REASON_MAX];
	char		 rule[TEXT_MAX];
	char		 cure[TEXT_MAX];
	uint64_t	 count;		/* not sent yet */
	uint64_t	 sent;		/* milliseconds; 0: nothing yet */
	uint64_t	 time;		/* of the first one not sent */
	struct event	*timer;
} refusal;

static struct dest *dest_new(const struct host *, uint16_t, const char *);
static void	 verdict_rule(const struct decision *, char *, size_t);
static void	 verdict_cure(const struct decision *, const struct host *,
		    uint16_t, char *, size_t);
static void	 verdict_refuse(const char *, uint16_t, const char *,
		    const char *, const char *);
static void	 verdict_send(uint64_t, uint64_t);
static void	 verdict_timer(int, short, void *);

const char *
verdict_decide(const char *spelled, size_t len, uint16_t port,
    struct dest **dest)
{
	static char	 reason[REASON_MAX];
	char		 text[SPELLED_MAX], rule[TEXT_MAX], cure[TEXT_MAX];
	struct host	 host;
	struct decision	 d;
	size_t		 i, n;

	*dest = NULL;
	n = len < sizeof(text) ? len : sizeof(text) - 1;
	memcpy(text, spelled, n);
	text[n] = '\0';
	for (i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '?';

	if (proxy_rules() == NULL) {
		(void)strlcpy(reason, "sandbox policy unavailable",
		    sizeof(reason));
		verdict_refuse(text, port, reason, "", "");
		return reason;
	}
	if (host_parse(spelled, len, &host) == -1) {
		(void)strlcpy(reason, "malformed host", sizeof(reason));
		verdict_refuse(text, port, reason, "", "");
		return reason;
	}
	rule_decide(proxy_rules(), &host, port, &d);
	if (d.verdict == VERDICT_ALLOW) {
		*dest = dest_new(&host, port, text);
		return NULL;
	}
	reason_sanitise(reason, sizeof(reason), d.reason);
	verdict_rule(&d, rule, sizeof(rule));
	verdict_cure(&d, &host, port, cure, sizeof(cure));
	verdict_refuse(text, port, reason, rule, cure);
	return reason;
}

void
verdict_resolved(const struct dest *dest, const char *reason)
{
	verdict_refuse(dest->spelled, dest->port, reason,
	    "check of resolved addresses", "");
}

static struct dest *
dest_new(const struct host *host, uint16_t port, const char *spelled)
{
	struct dest	*dest;

	if ((dest = calloc(1, sizeof(*dest))) == NULL ||
	    (dest->spelled = strdup(spelled)) == NULL)
		fatal("calloc");
	dest->host = *host;
	dest->port = port;
	return dest;
}

int
dest_equal(const struct dest *a, const struct dest *b)
{
	return a->port == b->port && a->host.kind == b->host.kind &&
	    strcmp(a->host.name, b->host.name) == 0;
}

void
dest_free(struct dest *dest)
{
	if (dest == NULL)
		return;
	free(dest->spelled);
	free(dest);
}

/* Which settings entry decided. */
static void
verdict_rule(const struct decision *d, char *buf, size_t size)
{
	if (d->rule == NULL || d->list != RULE_DENY)
		(void)strlcpy(buf, "network.allowedDomains", size);
	else
		(void)snprintf(buf, size, "network.deniedDomains[%u] \"%s\"",
		    d->rule->index, d->rule->text);
}

/* What to write into the settings to allow it. */
static void
verdict_cure(const struct decision *d, const struct host *host, uint16_t port,
    char *buf, size_t size)
{
	if (d->rule != NULL && d->list == RULE_DENY) {
		(void)snprintf(buf, size, "remove \"%s\" from "
		    "network.deniedDomains", d->rule->text);
		return;
	}
	switch (host->kind) {
	case HOST_INET:
		(void)snprintf(buf, size, "\"network\": "
		    "{\"allowedDomains\": [\"%s:%u\"]}", host->name, port);
		break;
	case HOST_INET6:
		(void)snprintf(buf, size, "\"network\": "
		    "{\"allowedDomains\": [\"[%s]:%u\"]}", host->name, port);
		break;
	case HOST_NAME:
		/* A name of one label, localhost aside, is no valid entry. */
		if (strcmp(host->name, "localhost") == 0)
			(void)snprintf(buf, size, "\"network\": "
			    "{\"allowedDomains\": [\"localhost:%u\"]}", port);
		else if (strchr(host->name, '.') != NULL)
			(void)snprintf(buf, size, "\"network\": "
			    "{\"allowedDomains\": [\"%s\"]}", host->name);
		else
			*buf = '\0';
		break;
	}
}

static uint64_t
verdict_clock(clockid_t clock, uint64_t unit)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * unit + (uint64_t)ts.tv_nsec /
	    (1000000000 / unit);
}

/*
 * Records a refusal.  The first of its kind goes out at once, equal ones
 * that follow it closely go out together.
 */
static void
verdict_refuse(const char *host, uint16_t port, const char *reason,
    const char *rule, const char *cure)
{
	char		 target[sizeof(refusal.target)];
	uint64_t	 now;

	(void)snprintf(target, sizeof(target),
	    strchr(host, ':') != NULL && *host != '[' ? "[%s]:%u" : "%s:%u",
	    host, port);
	log_debug("deny %s (%s)", target, reason);

	now = verdict_clock(CLOCK_MONOTONIC, 1000);
	if (refusal.sent != 0 && now - refusal.sent < REFUSAL_MERGE &&
	    strcmp(refusal.target, target) == 0 &&
	    strcmp(refusal.reason, reason) == 0 &&
	    strcmp(refusal.rule, rule) == 0) {
		if (refusal.count++ == 0)
			refusal.time = verdict_clock(CLOCK_REALTIME,
			    1000000000);
		return;
	}
	verdict_flush();
	(void)strlcpy(refusal.target, target, sizeof(refusal.target));
	(void)strlcpy(refusal.reason, reason, sizeof(refusal.reason));
	(void)strlcpy(refusal.rule, rule, sizeof(refusal.rule));
	(void)strlcpy(refusal.cure, cure, sizeof(refusal.cure));
	refusal.sent = now;
	verdict_send(1, 0);
}

void
verdict_flush(void)
{
	uint64_t	 count = refusal.count;

	if (count == 0)
		return;
	refusal.count = 0;
	verdict_send(count, refusal.time);
}

static void
verdict_send(uint64_t count, uint64_t when)
{
	struct violation	 v = {
		.time = when,
		.count = count,
		.operation = "network-outbound",
		.target = refusal.target,
		.reason = refusal.reason,
		.rule = refusal.rule,
		.cure = refusal.cure,
		.program = ""
	};
	struct timeval		 tv = { 0, REFUSAL_MERGE * 1000 };

	ipc_send_violation(proxy_monitor(), &v);
	if (refusal.timer == NULL && (refusal.timer = evtimer_new(proxy_base,
	    verdict_timer, NULL)) == NULL)
		fatalx("evtimer_new");
	if (evtimer_add(refusal.timer, &tv) == -1)
		fatalx("evtimer_add");
}

static void
verdict_timer(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	verdict_flush();
	refusal.sent = 0;
}
