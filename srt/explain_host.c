/* SPDX-License-Identifier: ISC */

/*
 * What srt-proxy would say to a connection, by rule_decide().  A host without
 * a port stands for all of its ports: the answer is yes if it is yes for any,
 * as it is for a name that is looked up, and says for which.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

#define KEY_ALLOW	"network.allowedDomains"
#define KEY_DENY	"network.deniedDomains"

/* Of the ports that are allowed so much is told. */
#define PORTS_TEXT	160

struct target {
	struct host	 host;
	int		 valid;		/* as a destination */
	uint16_t	 named;		/* 0: any port */
	uint16_t	 port;		/* that is decided on */
};

/* "host", "host:443", "[::1]:443", "::1"; NULL, or what is wrong. */
static const char *
target_parse(const char *query, struct target *t)
{
	const char	*colon = strrchr(query, ':'), *why;
	size_t		 len = strlen(query);

	memset(t, 0, sizeof(*t));
	if (len == 0)
		return "it is empty";
	if (*query == '[') {
		if ((colon = strchr(query, ']')) == NULL)
			return "the bracket is not closed";
		len = (size_t)(++colon - query);
		if (*colon != '\0' && *colon != ':')
			return "after the bracket comes \":\" and the port";
		if (*colon == '\0')
			colon = NULL;
	} else if (colon != NULL && strchr(query, ':') != colon)
		colon = NULL;
	else if (colon != NULL)
		len = (size_t)(colon - query);
	if (colon != NULL) {
		t->named = (uint16_t)strtonum(colon + 1, 1, UINT16_MAX, &why);
		t->port = t->named;
		if (why != NULL || strspn(colon + 1, "0123456789") !=
		    strlen(colon + 1))
			return "a port is a number from 1 to 65535";
	}
	t->valid = host_parse(query, len, &t->host) == 0;
	return NULL;
}

/* An entry for a list, in JSON; fresh. */
static char *
target_entry(const struct target *t)
{
	char	*entry, *quoted, on[8] = "";
	int	 six = t->host.kind == HOST_INET6;

	if (t->named != 0)
		(void)snprintf(on, sizeof(on), ":%u", t->named);
	(void)xasprintf(&entry, "%s%s%s%s", six ? "[" : "", t->host.name,
	    six ? "]" : "", on);
	quoted = explain_quote(entry);
	free(entry);
	return quoted;
}

static void
rule_name(struct answer *a, const struct explain *ex, const char *key,
    const struct rule *rule)
{
	char	*text;

	(void)xasprintf(&text, "%s[%u] \"%s\"", key, rule->index, rule->text);
	answer_rule(ex, a, text);
	free(text);
}

/* Nobody has allowed it: what would, if any entry can. */
static void
unlisted(const struct explain *ex, const struct target *t, struct answer *a)
{
	struct rule	*rule;
	const char	*why;
	char		*entry = target_entry(t), *text;

	answer_rule(ex, a, KEY_ALLOW);
	text = xstrndup(entry + 1, strlen(entry) - 2);
	if ((rule = rule_parse(text, RULE_ALLOW, &why)) != NULL)
		answer_cure(a, KEY_ALLOW, entry);
	else
		answer_note(a, "no entry can name such a host; a file is "
		    "asked for with a slash, as in ./name");
	rule_free(rule);
	free(text);
	free(entry);
	if ((ex->rules->flags & RULESET_STRICT) == 0)
		answer_note(a, "--ask would ask");
}

static void
denied(const struct explain *ex, const struct target *t,
    const struct decision *d, struct answer *a)
{
	char	*entry;

	if (d->list == RULE_CEILING) {
		answer_ceiling(ex, a, KEY_ALLOW);
		entry = target_entry(t);
		free(a->cure);
		(void)xasprintf(&a->cure, "the administrator can add %s to "
		    "network.allowedDomains", entry);
		free(entry);
	} else if (d->list == RULE_DENY && d->rule != NULL) {
		rule_name(a, ex, KEY_DENY, d->rule);
		answer_remove(a);
		if (d->rule->reason != NULL)
			answer_note(a, "%s", d->rule->reason);
	} else
		unlisted(ex, t, a);
}

/* What more there is to a connection that the rules allow. */
static void
allowed_note(const struct explain *ex, const struct target *t,
    struct answer *a)
{
	const struct settings	*set = ex->policy->settings;

	if ((ex->rules->flags & RULESET_EXTERNAL) != 0)
		answer_note(a, "the proxy on the host's port decides");
	else if (ruleset_find(ex->rules, RULE_HOSTS, &t->host,
	    t->port) != NULL)
		answer_note(a, "it goes through network.mitmProxy");
	else if (set->parent_proxy && !host_is_loopback(&t->host))
		answer_note(a, "it goes through network.parentProxy, which "
		    "resolves it, unless noProxy names it; then the "
		    "addresses that it resolves to are checked in the run");
	else if (t->host.kind == HOST_NAME)
		answer_note(a, "the addresses that it resolves to are checked "
		    "in the run, with network.deniedResolvedAddresses");
}

static void
allowed(const struct explain *ex, const struct target *t,
    const struct decision *d, struct answer *a)
{
	const struct settings	*set = ex->policy->settings;
	char			*entry;

	a->allowed = 1;
	if (d->rule != NULL)
		rule_name(a, ex, KEY_ALLOW, d->rule);
	else
		answer_rule(ex, a, set->http_port != 0 ?
		    "network.httpProxyPort" : "network.socksProxyPort");
	entry = target_entry(t);
	answer_cure(a, KEY_DENY, entry);
	free(entry);
	allowed_note(ex, t, a);
}

/*
 * As for connect(2): an address of the machine itself is as good as the name
 * that it has, unless a rule denies the address.
 */
static void
decide(const struct explain *ex, const struct target *t, struct answer *a)
{
	struct host	 local;
	struct decision	 d, dl;

	rule_decide(ex->rules, &t->host, t->port, &d);
	if (d.verdict == VERDICT_DENY && t->host.kind != HOST_NAME &&
	    host_is_loopback(&t->host) &&
	    (d.rule == NULL || d.list != RULE_DENY) &&
	    host_parse("localhost", 9, &local) == 0) {
		rule_decide(ex->rules, &local, t->port, &dl);
		if (dl.verdict == VERDICT_ALLOW) {
			allowed(ex, t, &dl, a);
			answer_note(a, "by connect(2) alone: srt's proxies "
			    "go by the address");
			return;
		}
	}
	if (d.verdict == VERDICT_ALLOW)
		allowed(ex, t, &d, a);
	else
		denied(ex, t, &d, a);
}

/* Where the verdict may change from one port to the next. */
static void
mark_ports(const struct rules *rules, const struct host *h,
    unsigned char *marks)
{
	const struct rule	*r;

	TAILQ_FOREACH(r, rules, entry) {
		/* What an IPv6 address carries counts, too. */
		if (h->kind == HOST_NAME && !rule_match_host(r, h))
			continue;
		marks[r->port_lo] = 1;
		if (r->port_hi != RULE_PORT_MAX)
			marks[r->port_hi + 1] = 1;
	}
}

static int
is_allowed(const struct explain *ex, const struct target *t, uint16_t port)
{
	struct target	 one = *t;
	struct answer	 a;
	int		 yes;

	memset(&a, 0, sizeof(a));
	one.port = port;
	decide(ex, &one, &a);
	yes = a.allowed;
	answer_free(&a);
	return yes;
}

/* Adds "443" or "8000-8100"; what is too long is cut off, and said so. */
static void
add_ports(char *text, size_t size, unsigned int lo, unsigned int hi)
{
	char	 one[32];

	if (strlen(text) + sizeof(one) >= size) {
		if (strstr(text, "...") == NULL)
			(void)strlcat(text, ", ...", size);
		return;
	}
	(void)snprintf(one, sizeof(one), lo == hi ? "%s%u" : "%s%u-%u",
	    *text == '\0' ? "" : ", ", lo, hi);
	(void)strlcat(text, one, size);
}

/* The answer of the first port that is allowed, else of the first. */
static void
decide_all(const struct explain *ex, struct target *t, struct answer *a)
{
	static unsigned char	 marks[UINT16_MAX + 1];
	char			 ports[PORTS_TEXT] = "";
	unsigned int		 p, lo = 0, first = 0;
	int			 yes = 0, all = 1;

	memset(marks, 0, sizeof(marks));
	mark_ports(&ex->rules->allow, &t->host, marks);
	mark_ports(&ex->rules->deny, &t->host, marks);
	mark_ports(&ex->rules->ceiling, &t->host, marks);
	for (p = 1; p <= UINT16_MAX; p++) {
		if (p != 1 && !marks[p])
			continue;
		if (yes)
			add_ports(ports, sizeof(ports), lo, p - 1);
		yes = is_allowed(ex, t, (uint16_t)p);
		all &= yes;
		lo = p;
		if (yes && first == 0)
			first = p;
	}
	if (yes)
		add_ports(ports, sizeof(ports), lo, UINT16_MAX);
	t->port = (uint16_t)(first == 0 ? 1 : first);
	decide(ex, t, a);
	if (first != 0 && !all)
		answer_note(a, "on these ports alone: %s", ports);
}

const char *
explain_host(const struct explain *ex, const char *query, struct answer *a)
{
	struct target	 t;
	const char	*why;

	if ((why = target_parse(query, &t)) != NULL)
		return why;
	if (!t.valid) {
		a->rule = xstrdup("malformed host");
		return NULL;
	}
	if (t.named != 0)
		decide(ex, &t, a);
	else
		decide_all(ex, &t, a);
	return NULL;
}
