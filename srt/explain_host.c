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
	quoted = json_quote(entry);
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

/* No entry allows it: the one that would, if any can. */
static void
unlisted(const struct explain *ex, const struct target *t, struct answer *a)
{
	struct rule	*rule;
	struct answer	 one;
	const char	*why;
	char		*entry = target_entry(t), *text;

	memset(&one, 0, sizeof(one));
	answer_rule(ex, &one, KEY_ALLOW);
	text = xstrndup(entry + 1, strlen(entry) - 2);
	if ((rule = rule_parse(text, RULE_ALLOW, &why)) != NULL)
		answer_cure(&one, KEY_ALLOW, entry);
	else
		answer_note(&one, "no entry can name such a host; a file is "
		    "asked for with a slash, as in ./name");
	rule_free(rule);
	free(text);
	free(entry);
	if (a->rule == NULL && (ex->rules->flags & RULESET_STRICT) == 0)
		answer_note(&one, "--ask would ask");
	answer_also(a, &one);
}

static void
beyond_ceiling(const struct explain *ex, const struct target *t,
    struct answer *a)
{
	struct answer	 one;
	char		*entry = target_entry(t);

	memset(&one, 0, sizeof(one));
	answer_ceiling(ex, &one, KEY_ALLOW);
	(void)xasprintf(&one.cure, "the administrator can add %s to "
	    "network.allowedDomains", entry);
	free(entry);
	answer_also(a, &one);
}

static void
denied_by(const struct explain *ex, const struct rule *rule, struct answer *a)
{
	struct answer	 one;

	memset(&one, 0, sizeof(one));
	rule_name(&one, ex, KEY_DENY, rule);
	answer_remove(&one);
	if (rule->reason != NULL)
		answer_note(&one, "%s", rule->reason);
	answer_also(a, &one);
}

/*
 * What refuses, and what else would if that were gone: the entries that deny
 * are taken out of the list one after the other, and put back.
 */
static void
denied(const struct explain *ex, const struct target *t,
    const struct decision *first, struct answer *a)
{
	struct rules	 out = TAILQ_HEAD_INITIALIZER(out);
	struct rules	*deny = ruleset_list(ex->rules, RULE_DENY);
	struct rule	*rule, *at;
	struct decision	 d = *first;

	while (d.verdict == VERDICT_DENY && d.list == RULE_DENY &&
	    d.rule != NULL) {
		denied_by(ex, d.rule, a);
		TAILQ_FOREACH(rule, deny, entry)
			if (rule == d.rule)
				break;
		TAILQ_REMOVE(deny, rule, entry);
		TAILQ_INSERT_TAIL(&out, rule, entry);
		rule_decide(ex->rules, &t->host, t->port, &d);
	}
	if (d.verdict == VERDICT_DENY && d.list == RULE_CEILING) {
		beyond_ceiling(ex, t, a);
		if (ruleset_find(ex->rules, RULE_ALLOW, &t->host,
		    t->port) == NULL)
			unlisted(ex, t, a);
	} else if (d.verdict == VERDICT_DENY)
		unlisted(ex, t, a);
	while ((rule = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, rule, entry);
		TAILQ_FOREACH(at, deny, entry)
			if (at->index > rule->index)
				break;
		if (at != NULL)
			TAILQ_INSERT_BEFORE(at, rule, entry);
		else
			TAILQ_INSERT_TAIL(deny, rule, entry);
	}
}

/* What more there is to a connection that the rules allow. */
static void
allowed_note(const struct explain *ex, const struct target *t,
    struct answer *a)
{
	const struct settings	*set = ex->policy->settings;

	if (ruleset_find(ex->rules, RULE_HOSTS, &t->host,
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
	char	*entry;

	a->allowed = 1;
	rule_name(a, ex, KEY_ALLOW, d->rule);
	entry = target_entry(t);
	answer_cure(a, KEY_DENY, entry);
	free(entry);
	allowed_note(ex, t, a);
}

/* As verdict_connect() has it: by the address, else by a name that it has. */
static int
dials(const struct explain *ex, const struct host *host, uint16_t port,
    struct decision *d)
{
	struct host	 local;
	struct decision	 dl;

	rule_decide(ex->rules, host, port, d);
	if (d->verdict == VERDICT_ALLOW)
		return 1;
	if (d->rule != NULL && d->list == RULE_DENY)
		return 0;
	rule_decide_local(ex->rules, port, &local, &dl);
	if (dl.verdict != VERDICT_ALLOW)
		return 0;
	*d = dl;
	return 1;
}

/* By connect(2) to this machine: any address that the name stands for. */
static int
dials_local(const struct explain *ex, const struct target *t,
    struct decision *d)
{
	static const char *const	 addrs[] = { "127.0.0.1", "::1" };
	struct host			 host;
	size_t				 i;

	if (t->host.kind != HOST_NAME)
		return dials(ex, &t->host, t->port, d);
	for (i = 0; i < nitems(addrs); i++)
		if (host_parse(addrs[i], strlen(addrs[i]), &host) == 0 &&
		    dials(ex, &host, t->port, d))
			return 1;
	return 0;
}

/*
 * The user's own proxy takes what programs send to the place of srt's, and
 * srt does not see what that is.  What these rules refuse holds for others.
 */
static void
external(const struct explain *ex, const struct target *t,
    const struct decision *d, struct answer *a)
{
	const struct settings	*set = ex->policy->settings;
	const char		*key = set->http_port != 0 ?
				    "network.httpProxyPort" :
				    "network.socksProxyPort";
	char			*entry, *cure;

	a->allowed = 1;
	answer_rule(ex, a, key);
	(void)xasprintf(&a->cure, "remove %s%s", key, set->http_port != 0 &&
	    set->socks_port != 0 ? " and network.socksProxyPort" : "");
	if (d->verdict == VERDICT_ALLOW && d->rule != NULL) {
		entry = target_entry(t);
		(void)xasprintf(&cure, "\"network\": {\"deniedDomains\": "
		    "[%s]}", entry);
		answer_join(a, cure);
		free(cure);
		free(entry);
	}
	answer_note(a, "the proxy at 127.0.0.1:%d decides for programs that "
	    "use %s", set->http_port != 0 ? set->http_port : set->socks_port,
	    set->http_port != 0 ? "it" : "it, inside on port 1080");
	if (d->verdict == VERDICT_ALLOW)
		return;
	if (d->list == RULE_DENY && d->rule != NULL)
		answer_note(a, "connections made without it "
		    "network.deniedDomains[%u] \"%s\" refuses",
		    d->rule->index, d->rule->text);
	else
		answer_note(a, "connections made without it are refused");
}

/* A profile lets the command connect to this machine past srt's proxies. */
static void
binding(const struct explain *ex, struct answer *a)
{
	static const char	 key[] = "network.allowLocalBinding";

	a->allowed = 1;
	answer_rule(ex, a, key);
	answer_cure(a, key, "false");
	answer_note(a, "by connect(2) alone: srt's proxies refuse it");
}

/*
 * As for connect(2): an address of the machine itself is as good as the name
 * that it has, unless a rule denies the address.
 */
static void
decide(const struct explain *ex, const struct target *t, struct answer *a)
{
	struct decision	 d, local;
	int		 loopback = host_is_loopback(&t->host), dialled;
	int		 profile = ex->policy->settings->profile;

	rule_decide(ex->rules, &t->host, t->port, &d);
	/* With a profile nobody sees what connect(2) is called for. */
	dialled = loopback && !profile && dials_local(ex, t, &local);
	if ((ex->rules->flags & RULESET_EXTERNAL) != 0)
		external(ex, t, dialled ? &local : &d, a);
	else if (d.verdict == VERDICT_ALLOW) {
		allowed(ex, t, &d, a);
		if (loopback && !dialled)
			answer_note(a, "through srt's proxies alone: "
			    "connect(2), which programs use for it by "
			    "themselves, goes by the address");
	} else if (dialled) {
		allowed(ex, t, &local, a);
		answer_note(a, "by connect(2) alone: srt's proxies go by the "
		    "%s", t->host.kind == HOST_NAME ? "name" : "address");
	} else if (loopback && profile &&
	    ex->policy->settings->local_binding)
		binding(ex, a);
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
		/* What an IPv6 address carries, or a name means, counts. */
		if (h->kind == HOST_NAME && !host_is_loopback(h) &&
		    !rule_match_host(r, h))
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
