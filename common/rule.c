/* SPDX-License-Identifier: ISC */

/*
 * Entries of the domain lists and the decision over them.  An entry is taken
 * only if some destination can match it: one that never matches is harmless
 * in an allow list and a hole in a deny list.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define DOMAIN_MESSAGE \
	"Invalid domain pattern. Must be a valid domain (e.g., " \
	"\"example.com\"), a wildcard (e.g., \"*.example.com\"), or a " \
	"bracketed IPv6 literal (e.g., \"[::1]\", \"[2001:db8::1]:443\"). " \
	"Overly broad patterns like \"*.com\" or \"*\" are not allowed for " \
	"security reasons."

static const char *const grammar_message[RULE_LIST_MAX] = {
	[RULE_ALLOW] = DOMAIN_MESSAGE " An optional \":port\" suffix "
	    "(1-65535) restricts the entry to that port.",
	[RULE_DENY] = DOMAIN_MESSAGE " In deniedDomains a bare \"*\" "
	    "(deny-all) is also accepted, and an optional \":port\" suffix "
	    "(1-65535) restricts the entry to that port.",
	[RULE_HOSTS] = DOMAIN_MESSAGE,
};

/* An entry taken apart. */
struct parts {
	const char	*host;		/* not terminated */
	size_t		 len;
	int		 bracketed;
	uint16_t	 port;
};

/* 1-65535 without a leading zero. */
static int
port_parse(const char *s, uint16_t *port)
{
	unsigned int	 val = 0;
	size_t		 i;

	if (s[0] < '1' || s[0] > '9')
		return -1;
	for (i = 0; s[i] != '\0'; i++) {
		if (i == 5 || s[i] < '0' || s[i] > '9')
			return -1;
		val = val * 10 + (unsigned int)(s[i] - '0');
	}
	if (val > UINT16_MAX)
		return -1;
	*port = (uint16_t)val;
	return 0;
}

/*
 * Cuts the port off.  Two colons outside of brackets are ambiguous, since
 * "::1:443" is an address itself, and refused.
 */
static int
entry_split(const char *text, struct parts *p)
{
	const char	*colon;

	memset(p, 0, sizeof(*p));
	if (text[0] == '[') {
		p->bracketed = 1;
		p->host = text + 1;
		p->len = strcspn(p->host, "]");
		if (p->host[p->len] == '\0')
			return -1;
		colon = p->host + p->len + 1;
		if (*colon == '\0')
			return 0;
		return *colon == ':' ? port_parse(colon + 1, &p->port) : -1;
	}

	p->host = text;
	p->len = strcspn(text, ":");
	if (text[p->len] == '\0')
		return 0;
	return port_parse(text + p->len + 1, &p->port);
}

/*
 * What stands in brackets: an address, which need not be canonical there.
 * A zone id is dropped, as no destination carries one.
 */
static int
bracket_parse(const struct parts *p, struct host *h)
{
	unsigned char	 addr[16];
	const char	*zone;
	size_t		 i, len = p->len;

	if ((zone = memchr(p->host, '%', p->len)) != NULL) {
		len = (size_t)(zone - p->host);
		for (i = len; i < p->len; i++)
			if (p->host[i] <= ' ' || p->host[i] > '~')
				return -1;
	}
	if (host_parse_inet6(p->host, len, addr) == 0) {
		host_from_inet6(addr, h);
		return 0;
	}
	if (host_parse(p->host, p->len, h) == 0 && h->kind == HOST_INET)
		return 0;
	return -1;
}

/* At least one dot, but none at either end. */
static int
dots_ok(const char *s, size_t len)
{
	return len > 0 && s[0] != '.' && s[len - 1] != '.' &&
	    memchr(s, '.', len) != NULL;
}

/*
 * The shape that the grammar asks for, whatever the characters.  On success
 * p->host is what the host has to be, or has to end in.
 */
static int
shape_parse(struct parts *p, enum rule_list list, enum rule_kind *kind)
{
	size_t	i;

	if (memchr(p->host, '/', p->len) != NULL ||
	    memchr(p->host, ':', p->len) != NULL)
		return -1;
	*kind = RULE_EXACT;
	if (p->len == 1 && p->host[0] == '*') {
		*kind = RULE_ANY;
		return list == RULE_DENY ? 0 : -1;
	}
	if (p->len == 9 && memcmp(p->host, "localhost", 9) == 0)
		return 0;
	if (p->len > 2 && memcmp(p->host, "*.", 2) == 0) {
		*kind = RULE_SUFFIX;
		p->host += 2;
		p->len -= 2;
		for (i = 1; i < p->len; i++)
			if (p->host[i] == '.' && p->host[i - 1] == '.')
				return -1;
	} else if (memchr(p->host, '*', p->len) != NULL)
		return -1;
	return dots_ok(p->host, p->len) ? 0 : -1;
}

/*
 * Can a destination look like that?  Those are canonical, so an IPv4 address
 * must be a dotted quad here, and a suffix must leave room for a label.
 */
static int
can_match(const struct parts *p, enum rule_kind kind, struct host *h)
{
	if (host_parse(p->host, p->len, h) == -1)
		return 0;
	if (kind == RULE_SUFFIX)
		return h->kind == HOST_NAME && p->len + 2 <= HOST_NAME_MAX_LEN;
	return h->kind == HOST_NAME || (p->len == strlen(h->name) &&
	    memcmp(p->host, h->name, p->len) == 0);
}

static struct rule *
rule_new(const char *text, enum rule_kind kind, const struct host *h,
    uint16_t port)
{
	struct rule	*r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	if ((r->text = strdup(text)) == NULL) {
		free(r);
		return NULL;
	}
	r->kind = kind;
	r->host = *h;
	r->port = port;
	return r;
}

struct rule *
rule_parse(const char *text, enum rule_list list, const char **why)
{
	struct parts	 p;
	struct host	 h;
	struct rule	*r;
	enum rule_kind	 kind = RULE_EXACT;

	memset(&h, 0, sizeof(h));
	*why = grammar_message[list];
	if (entry_split(text, &p) == -1)
		return NULL;
	if (list == RULE_HOSTS && p.port != 0)
		return NULL;
	if (!p.bracketed || bracket_parse(&p, &h) == -1) {
		if (shape_parse(&p, list, &kind) == -1)
			return NULL;
		if (kind != RULE_ANY && !can_match(&p, kind, &h)) {
			*why = rule_never(p.host, p.len, kind == RULE_SUFFIX,
			    p.port);
			return NULL;
		}
	}
	*why = NULL;
	if ((r = rule_new(text, kind, &h, p.port)) == NULL)
		*why = "out of memory";
	return r;
}

void
rule_free(struct rule *r)
{
	if (r == NULL)
		return;
	free(r->text);
	free(r->reason);
	free(r);
}

static int
suffix_match(const char *name, const char *base)
{
	size_t	nlen = strlen(name), blen = strlen(base);

	return nlen > blen + 1 && name[nlen - blen - 1] == '.' &&
	    memcmp(name + nlen - blen, base, blen) == 0;
}

int
rule_match(const struct rule *r, const struct host *h, uint16_t port)
{
	if (r->port != 0 && r->port != port)
		return 0;
	switch (r->kind) {
	case RULE_ANY:
		return 1;
	case RULE_SUFFIX:
		return h->kind == HOST_NAME &&
		    suffix_match(h->name, r->host.name);
	case RULE_EXACT:
		return r->host.kind == h->kind &&
		    strcmp(r->host.name, h->name) == 0;
	}
	return 0;
}

/* The only places that walk a list, so that an index can take their place. */
static const struct rule *
rules_find(const struct rules *rules, const struct host *h, uint16_t port)
{
	const struct rule	*r;

	TAILQ_FOREACH(r, rules, entry)
		if (rule_match(r, h, port))
			return r;
	return NULL;
}

static const struct rule *
rules_find_host(const struct rules *rules, const struct host *h)
{
	const struct rule	*r;

	TAILQ_FOREACH(r, rules, entry)
		if (rule_match(r, h, r->port))
			return r;
	return NULL;
}

/* A denied IPv4 address is not reached through an IPv6 spelling of it. */
static const struct rule *
deny_find(const struct rules *rules, const struct host *h, uint16_t port)
{
	const struct rule	*r;
	struct host		 carried;
	unsigned char		 in[4];

	if ((r = rules_find(rules, h, port)) != NULL)
		return r;
	if (h->kind != HOST_INET6 || host_embedded_inet(h->addr, in) == -1)
		return NULL;
	host_from_inet(in, &carried);
	return rules_find(rules, &carried, port);
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
	if ((d->rule = deny_find(&set->deny, h, port)) == NULL)
		return 0;
	d->reason = d->rule->reason;
	if (d->reason == NULL)
		d->reason = "host is on the deny list";
	return 1;
}

static void
allow_decide(const struct rule *rule, struct decision *d)
{
	d->list = RULE_ALLOW;
	d->rule = rule;
	d->verdict = rule != NULL ? VERDICT_ALLOW : VERDICT_DENY;
	d->reason = rule != NULL ? NULL : "host is not on the allow list";
}

void
rule_decide(const struct ruleset *set, const struct host *h, uint16_t port,
    struct decision *d)
{
	if (deny_decide(set, port == 0 ? NULL : h, port, d))
		return;
	allow_decide(rules_find(&set->allow, h, port), d);
}

int
rule_could_allow(const struct ruleset *set, const struct host *h,
    struct decision *d)
{
	/* Nobody dials port 0: only rules for every port match it. */
	if (deny_decide(set, h, 0, d))
		return 0;
	allow_decide(rules_find_host(&set->allow, h), d);
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
	TAILQ_INIT(&set->denyaddr);
	return set;
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
	rules_free(&set->allow);
	rules_free(&set->deny);
	addr_ranges_free(&set->denyaddr);
	free(set);
}
