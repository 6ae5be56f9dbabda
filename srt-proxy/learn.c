/* SPDX-License-Identifier: ISC */

/*
 * For srt --learn: destinations that no rule decides are told to the monitor
 * as the entries that would allow them, once each.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "policy.h"
#include "proxy.h"
#include "violation.h"

#define LEARN_HOSTS_MAX	4096
#define LEARN_BUCKETS	1024

struct learnt {
	LIST_ENTRY(learnt)	 entry;
	const char		*operation;
	char			*target;
};
LIST_HEAD(learnts, learnt);

static struct learnts		 buckets[LEARN_BUCKETS];
static size_t			 nlearnt;

int
learn_wanted(void)
{
	return proxy_rules() != NULL &&
	    (proxy_rules()->flags & RULESET_LEARN) != 0;
}

int
learn_allows(void)
{
	return learn_wanted() &&
	    (proxy_rules()->flags & RULESET_LEARN_DENY) == 0;
}

int
learn_entry(const struct host *host, uint16_t port, char *buf, size_t size)
{
	struct rule	*rule;
	const char	*why;
	char		 on[8] = "";

	if (port != 0)
		(void)snprintf(on, sizeof(on), ":%u", port);
	(void)snprintf(buf, size, host->kind == HOST_INET6 ? "[%s]%s" :
	    "%s%s", host->name, on);
	if ((rule = rule_parse(buf, RULE_ALLOW, &why)) == NULL)
		return -1;
	rule_free(rule);
	return 0;
}

/* Has it been told?  Or is there no room for it? */
static int
is_told(const char *operation, const char *target)
{
	struct learnt	*l;
	const char	*s;
	uint32_t	 h = 2166136261U;

	for (s = target; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619U;
	LIST_FOREACH(l, &buckets[h % LEARN_BUCKETS], entry)
		if (strcmp(l->operation, operation) == 0 &&
		    strcmp(l->target, target) == 0)
			return 1;
	if (nlearnt++ >= LEARN_HOSTS_MAX) {
		proxy_monitor()->lost++;
		return 1;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->target = strdup(target)) == NULL)
		fatal("calloc");
	l->operation = operation;
	LIST_INSERT_HEAD(&buckets[h % LEARN_BUCKETS], l, entry);
	return 0;
}

static void
learn_tell(const struct client *client, const char *operation, char *target)
{
	struct violation	 v;
	char			 empty[1] = "", op[32];

	if (is_told(operation, target))
		return;
	(void)strlcpy(op, operation, sizeof(op));
	memset(&v, 0, sizeof(v));
	v.pid = client->pid;
	v.operation = op;
	v.target = target;
	v.reason = v.rule = v.cure = empty;
	v.program = (char *)(uintptr_t)client->program;
	ipc_send_violation(proxy_monitor(), &v);
}

void
learn_connect(const struct client *client, const struct host *host,
    uint16_t port)
{
	char	 entry[HOST_NAME_MAX_LEN + 16];

	if (learn_entry(host, port, entry, sizeof(entry)) == 0)
		learn_tell(client, VIOLATION_LEARN_CONNECT, entry);
}

int
learn_lookup(const struct host *host)
{
	char	 entry[HOST_NAME_MAX_LEN + 16];

	if (!learn_wanted() ||
	    learn_entry(host, 0, entry, sizeof(entry)) == -1)
		return 0;
	learn_tell(&client_unknown, VIOLATION_LEARN_LOOKUP, entry);
	return 1;
}
