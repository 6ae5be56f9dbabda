/* SPDX-License-Identifier: ISC */

/*
 * The lists of domains together, and the decision over them: what is denied
 * comes first, then what is allowed, and the administrator's ceiling last.
 */

#include "compat.h"

#include <stdlib.h>

#include "policy.h"
#include "rule.h"

static const struct rules *
ruleset_rules(const struct ruleset *set, enum rule_list list)
{
	switch (list) {
	case RULE_ALLOW:
		return &set->allow;
	case RULE_DENY:
		return &set->deny;
	case RULE_HOSTS:
		return &set->hosts;
	case RULE_CEILING:
		return &set->ceiling;
	case RULE_LIST_MAX:
		break;
	}
	return NULL;
}

/* Like rule_index_find(). */
static const struct rule *
list_find(const struct ruleset *set, enum rule_list list,
    const struct host *h, int port, int named)
{
	const struct rule	*r;

	if (set->index[list] != NULL)
		return rule_index_find(set->index[list], h, port, named);
	TAILQ_FOREACH(r, ruleset_rules(set, list), entry)
		if ((!named || r->kind != RULE_ANY) && (port == -1 ?
		    rule_match_host(r, h) : rule_match(r, h, (uint16_t)port)))
			return r;
	return NULL;
}

const struct rule *
ruleset_find(const struct ruleset *set, enum rule_list list,
    const struct host *h, uint16_t port)
{
	return list_find(set, list, h, port, 0);
}

const struct rule *
ruleset_find_named(const struct ruleset *set, enum rule_list list,
    const struct host *h, uint16_t port)
{
	return list_find(set, list, h, port, 1);
}

/*
 * A denied IPv4 address is not reached through an IPv6 spelling of it, and
 * [::]/0 holds IPv4 as well, by its mapped form.
 */
static const struct rule *
deny_find_as(const struct ruleset *set, const struct host *h, uint16_t port)
{
	const struct rule	*r;
	struct host		 carried, local;
	unsigned char		 in[4];

	if ((r = ruleset_find(set, RULE_DENY, h, port)) != NULL)
		return r;
	/* "localhost" denied is this machine denied, by whichever name. */
	if (host_is_loopback(h) && host_parse("localhost", 9, &local) == 0 &&
	    (r = ruleset_find(set, RULE_DENY, &local, port)) != NULL)
		return r;
	if (h->kind == HOST_INET) {
		memset(&carried, 0, sizeof(carried));
		carried.kind = HOST_INET6;
		carried.addr[10] = carried.addr[11] = 0xff;
		memcpy(carried.addr + 12, h->addr, 4);
		return ruleset_find(set, RULE_DENY, &carried, port);
	}
	if (h->kind != HOST_INET6 || host_embedded_inet(h->addr, in) == -1)
		return NULL;
	host_from_inet(in, &carried);
	return ruleset_find(set, RULE_DENY, &carried, port);
}

/* Nor is a denied loopback address through the one that leads there. */
static const struct rule *
deny_find(const struct ruleset *set, const struct host *h, uint16_t port)
{
	const struct rule	*r;
	struct host		 loopback;

	if ((r = deny_find_as(set, h, port)) == NULL &&
	    host_unspecified(h, &loopback))
		r = deny_find_as(set, &loopback, port);
	return r;
}

/* What both decisions begin with: 1 if it is a denial already. */
static int
deny_decide(const struct ruleset *set, const struct host *h, uint16_t port,
    struct decision *d)
{
	d->verdict = VERDICT_DENY;
	d->rule = NULL;
	d->list = RULE_DENY;
	if (set == NULL) {
		d->reason = "sandbox policy unavailable";
		return 1;
	}
	if (h == NULL) {
		d->reason = "malformed host";
		return 1;
	}
	if ((d->rule = deny_find(set, h, port)) == NULL)
		return 0;
	d->reason = d->rule->reason;
	if (d->reason == NULL)
		d->reason = "host is on the deny list";
	return 1;
}

static void
allow_decide(const struct ruleset *set, const struct host *h,
    const struct rule *rule, struct decision *d)
{
	int	allow;

	/* Another proxy decides, which is not on the way to our loopback. */
	allow = rule != NULL || ((set->flags & RULESET_EXTERNAL) != 0 &&
	    !host_is_loopback(h));
	d->list = RULE_ALLOW;
	d->rule = rule;
	d->verdict = allow ? VERDICT_ALLOW : VERDICT_DENY;
	d->reason = allow ? NULL : "host is not on the allow list";
}

static void
ceiling_decide(struct decision *d)
{
	d->list = RULE_CEILING;
	d->rule = NULL;
	d->verdict = VERDICT_DENY;
	d->reason = "the administrator's policy does not allow this host";
}

int
rule_below_ceiling(const struct ruleset *set, const struct host *h,
    uint16_t port)
{
	return (set->flags & RULESET_CEILING) == 0 ||
	    ruleset_find(set, RULE_CEILING, h, port) != NULL;
}

void
rule_decide(const struct ruleset *set, const struct host *h, uint16_t port,
    struct decision *d)
{
	if (deny_decide(set, port == 0 ? NULL : h, port, d))
		return;
	allow_decide(set, h, ruleset_find(set, RULE_ALLOW, h, port), d);
	/* Also where no rule allows it: one more rule would not help. */
	if (!rule_below_ceiling(set, h, port))
		ceiling_decide(d);
}

void
rule_decide_local(const struct ruleset *set, uint16_t port, struct host *name,
    struct decision *d)
{
	const struct rule	*r;
	struct decision		 other;

	(void)host_parse("localhost", 9, name);
	rule_decide(set, name, port, d);
	if (d->verdict == VERDICT_ALLOW || set == NULL)
		return;
	TAILQ_FOREACH(r, &set->allow, entry) {
		if (r->kind != RULE_EXACT || r->host.kind != HOST_NAME ||
		    !host_is_loopback(&r->host))
			continue;
		rule_decide(set, &r->host, port, &other);
		if (other.verdict == VERDICT_ALLOW) {
			*name = r->host;
			*d = other;
			return;
		}
	}
}

int
rule_could_allow(const struct ruleset *set, const struct host *h,
    struct decision *d)
{
	/* Nobody dials port 0: only rules for every port match it. */
	if (deny_decide(set, h, 0, d))
		return 0;
	allow_decide(set, h, list_find(set, RULE_ALLOW, h, -1, 0), d);
	if ((set->flags & RULESET_CEILING) != 0 &&
	    list_find(set, RULE_CEILING, h, -1, 0) == NULL)
		ceiling_decide(d);
	return d->verdict == VERDICT_ALLOW;
}

struct ruleset *
ruleset_new(void)
{
	struct ruleset	*set;

	if ((set = calloc(1, sizeof(*set))) == NULL)
		return NULL;
	TAILQ_INIT(&set->allow);
	TAILQ_INIT(&set->deny);
	TAILQ_INIT(&set->ceiling);
	TAILQ_INIT(&set->hosts);
	TAILQ_INIT(&set->denyaddr);
	return set;
}

struct rules *
ruleset_list(struct ruleset *set, enum rule_list list)
{
	return (struct rules *)(uintptr_t)ruleset_rules(set, list);
}

/* A list that is walked faster than an index is asked. */
#define INDEX_MIN	16

static struct rule_index *
index_rules(const struct rules *rules)
{
	const struct rule	*r;
	struct rule_index	*x;
	size_t			 n = 0;

	TAILQ_FOREACH(r, rules, entry)
		n++;
	if (n < INDEX_MIN || (x = rule_index_new(n)) == NULL)
		return NULL;
	TAILQ_FOREACH(r, rules, entry)
		if (rule_index_add(x, r) == -1) {
			rule_index_free(x);
			return NULL;
		}
	return x;
}

static struct rule_index *
index_ranges(const struct addr_ranges *ranges)
{
	const struct addr_range	*r;
	struct rule_index	*x;
	size_t			 n = 0;

	TAILQ_FOREACH(r, ranges, entry)
		n++;
	if (n < INDEX_MIN || (x = rule_index_new(n)) == NULL)
		return NULL;
	TAILQ_FOREACH(r, ranges, entry)
		rule_index_add_range(x, r);
	return x;
}

static void
ruleset_unindex(struct ruleset *set)
{
	size_t	 i;

	for (i = 0; i < RULE_LIST_MAX; i++) {
		rule_index_free(set->index[i]);
		set->index[i] = NULL;
	}
	rule_index_free(set->addrindex);
	set->addrindex = NULL;
}

size_t
ruleset_index(struct ruleset *set)
{
	size_t	 i, bytes = 0;

	ruleset_unindex(set);
	for (i = 0; i < RULE_LIST_MAX; i++) {
		set->index[i] = index_rules(ruleset_rules(set,
		    (enum rule_list)i));
		if (set->index[i] != NULL)
			bytes += rule_index_bytes(set->index[i]);
	}
	if ((set->addrindex = index_ranges(&set->denyaddr)) != NULL)
		bytes += rule_index_bytes(set->addrindex);
	return bytes;
}

void
rules_free(struct rules *rules)
{
	struct rule	*r;

	while ((r = TAILQ_FIRST(rules)) != NULL) {
		TAILQ_REMOVE(rules, r, entry);
		rule_free(r);
	}
}

void
ruleset_free(struct ruleset *set)
{
	if (set == NULL)
		return;
	ruleset_unindex(set);
	rules_free(&set->allow);
	rules_free(&set->deny);
	rules_free(&set->ceiling);
	rules_free(&set->hosts);
	addr_ranges_free(&set->denyaddr);
	free(set);
}
