/* SPDX-License-Identifier: ISC */

/*
 * Entries of the domain lists.  An entry is taken only if some destination
 * can match it: one that never matches is harmless in an allow list and a hole
 * in a deny list.
 */

#include "compat.h"

#include <stdio.h>
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
	[RULE_CEILING] = DOMAIN_MESSAGE " An optional \":port\" suffix "
	    "(1-65535) restricts the entry to that port.",
};

/*
 * The largest networks that can be allowed: those that are set aside for
 * private use as a whole, 10.0.0.0/8 and fc00::/7.
 */
#define ALLOW_PREFIX_INET	8
#define ALLOW_PREFIX_INET6	7
#define TEXT_OF(n)		TEXT_OF_(n)
#define TEXT_OF_(n)		#n
#define TOO_LARGE_MESSAGE \
	"is too large a network to be allowed: the prefix must have at " \
	"least " TEXT_OF(ALLOW_PREFIX_INET) " bits, that of an IPv6 network " \
	"at least " TEXT_OF(ALLOW_PREFIX_INET6)

/* An entry taken apart. */
struct parts {
	const char	*host;		/* not terminated */
	size_t		 len;
	int		 bracketed;
	const char	*prefix;	/* NULL: none; not terminated */
	size_t		 plen;
	const char	*ports;		/* with their colon, or empty */
	uint16_t	 lo;
	uint16_t	 hi;
};

/* 1-65535 without a leading zero.  Returns the number of bytes, or 0. */
static size_t
port_parse(const char *s, uint16_t *port)
{
	unsigned int	 val = 0;
	size_t		 i;

	if (s[0] < '1' || s[0] > '9')
		return 0;
	for (i = 0; s[i] >= '0' && s[i] <= '9'; i++) {
		if (i == 5)
			return 0;
		val = val * 10 + (unsigned int)(s[i] - '0');
	}
	if (val > UINT16_MAX)
		return 0;
	*port = (uint16_t)val;
	return i;
}

int
rule_ports_parse(const char *s, uint16_t *lo, uint16_t *hi)
{
	size_t	n;

	if ((n = port_parse(s, lo)) == 0)
		return -1;
	*hi = *lo;
	s += n;
	if (*s == '-') {
		if ((n = port_parse(++s, hi)) == 0)
			return -1;
		s += n;
	}
	return *s == '\0' ? 0 : -1;
}

/*
 * Cuts prefix and ports off.  Two colons outside of brackets are ambiguous,
 * since "::1:443" is an address itself, and refused.
 */
static int
entry_split(const char *text, struct parts *p)
{
	const char	*rest;

	memset(p, 0, sizeof(*p));
	p->lo = RULE_PORT_MIN;
	p->hi = RULE_PORT_MAX;
	p->host = text;
	if (text[0] == '[') {
		p->bracketed = 1;
		p->host++;
		p->len = strcspn(p->host, "]");
		if (p->host[p->len] == '\0')
			return -1;
		rest = p->host + p->len + 1;
	} else {
		p->len = strcspn(text, ":/");
		rest = text + p->len;
	}
	if (*rest == '/') {
		p->prefix = rest + 1;
		p->plen = strcspn(p->prefix, ":");
		rest = p->prefix + p->plen;
	}
	p->ports = rest;
	if (*rest == '\0')
		return 0;
	if (*rest != ':' || rule_ports_parse(rest + 1, &p->lo, &p->hi) == -1)
		return -1;
	/* Nobody dials port 0: these are all. */
	if (p->lo == 1 && p->hi == RULE_PORT_MAX)
		p->lo = RULE_PORT_MIN;
	return 0;
}

/* A network: a canonical address without a bit beyond the prefix. */
static int
net_parse(const struct parts *p, struct host *h, unsigned int *prefix)
{
	unsigned char	 addr[16];
	char		 digits[4];
	unsigned int	 bits = p->bracketed ? 128 : 32;

	if (p->plen >= sizeof(digits))
		return -1;
	memcpy(digits, p->prefix, p->plen);
	digits[p->plen] = '\0';
	if (addr_prefix_parse(digits, bits, prefix) == -1)
		return -1;
	if (!p->bracketed) {
		if (host_parse_inet(p->host, p->len, addr) == -1)
			return -1;
		host_from_inet(addr, h);
	} else {
		if (host_parse_inet6(p->host, p->len, addr) == -1)
			return -1;
		host_from_inet6(addr, h);
	}
	/* A mapped network is the IPv4 network that it stands for. */
	if (p->bracketed && h->kind == HOST_INET) {
		if (*prefix < 96)
			return -1;
		*prefix -= 96;
		bits = 32;
	}
	return addr_prefix_only(h->addr, bits, *prefix) ? 0 : -1;
}

const char *
rule_too_large(enum rule_list list, const struct host *h, unsigned int prefix)
{
	if (list == RULE_DENY || prefix >= (h->kind == HOST_INET ?
	    ALLOW_PREFIX_INET : ALLOW_PREFIX_INET6))
		return NULL;
	return TOO_LARGE_MESSAGE;
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
    const struct parts *p)
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
	r->port_lo = p->lo;
	r->port_hi = p->hi;
	return r;
}

/* An entry whose ports run backwards: is it right the other way round? */
static const char *
backwards_why(const char *text, const struct parts *p, enum rule_list list)
{
	struct rule	*r;
	const char	*why;
	char		 fixed[HOST_NAME_MAX_LEN + 32];
	size_t		 len = (size_t)(p->ports - text);

	if (len + 16 > sizeof(fixed))
		return grammar_message[list];
	memcpy(fixed, text, len);
	(void)snprintf(fixed + len, sizeof(fixed) - len, ":%u-%u", p->hi,
	    p->lo);
	if ((r = rule_parse(fixed, list, &why)) == NULL)
		return why;
	rule_free(r);
	return rule_backwards(fixed);
}

/* The grammar's message, unless a network was meant. */
static const char *
grammar_why(const char *text, enum rule_list list)
{
	const char	*why = NULL;

	if (list != RULE_HOSTS)
		why = rule_no_net(text, list);
	return why == NULL ? grammar_message[list] : why;
}

static struct rule *
net_rule(const char *text, const struct parts *p, enum rule_list list,
    const char **why)
{
	struct rule	*r;
	struct host	 h;
	unsigned int	 prefix;

	*why = grammar_why(text, list);
	if (net_parse(p, &h, &prefix) == -1)
		return NULL;
	if ((*why = rule_too_large(list, &h, prefix)) != NULL)
		return NULL;
	if ((r = rule_new(text, RULE_NET, &h, p)) == NULL)
		*why = "out of memory";
	else
		r->prefix = prefix;
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
	if (entry_split(text, &p) == -1) {
		*why = grammar_why(text, list);
		return NULL;
	}
	if (list == RULE_HOSTS && (*p.ports != '\0' || p.prefix != NULL))
		return NULL;
	if (p.lo > p.hi) {
		*why = backwards_why(text, &p, list);
		return NULL;
	}
	if (p.prefix != NULL)
		return net_rule(text, &p, list, why);
	if (!p.bracketed || bracket_parse(&p, &h) == -1) {
		if (shape_parse(&p, list, &kind) == -1) {
			*why = grammar_why(text, list);
			return NULL;
		}
		if (kind != RULE_ANY && !can_match(&p, kind, &h)) {
			*why = rule_never(p.host, p.len, kind == RULE_SUFFIX,
			    p.ports);
			return NULL;
		}
	}
	*why = NULL;
	if ((r = rule_new(text, kind, &h, &p)) == NULL)
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
	free(r->where);
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
	return r->port_lo <= port && port <= r->port_hi &&
	    rule_match_host(r, h);
}

int
rule_any_port(const struct rule *r)
{
	return r->port_lo == RULE_PORT_MIN && r->port_hi == RULE_PORT_MAX;
}

int
rule_match_host(const struct rule *r, const struct host *h)
{
	switch (r->kind) {
	case RULE_ANY:
		return 1;
	case RULE_SUFFIX:
		return h->kind == HOST_NAME &&
		    suffix_match(h->name, r->host.name);
	case RULE_EXACT:
		return r->host.kind == h->kind &&
		    strcmp(r->host.name, h->name) == 0;
	case RULE_NET:
		return r->host.kind == h->kind &&
		    addr_prefix_equal(r->host.addr, h->addr, r->prefix);
	}
	return 0;
}
