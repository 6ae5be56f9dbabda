/* SPDX-License-Identifier: ISC */

/*
 * Which addresses a name may resolve to.  Whoever runs the zone of an allowed
 * name decides what it resolves to, so the addresses that mean this machine,
 * this link or a cloud's keys are not dialled by name.
 */

#include "compat.h"

#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "rule.h"

#define RANGE_MESSAGE \
	"Invalid IP address or CIDR range. Use an IPv4/IPv6 literal or " \
	"CIDR, e.g. \"10.0.0.0/8\", \"192.168.1.10\", \"fc00::/7\" (IPv6 " \
	"unbracketed)."

static const char *const class_text[ADDR_CLASS_MAX] = {
	[ADDR_OK] = "an allowed address",
	[ADDR_DENY_LISTED] = "a deny-listed address",
	[ADDR_LOOPBACK] = "a loopback address",
	[ADDR_UNSPECIFIED] = "an unspecified address",
	[ADDR_LINK_LOCAL] = "a link-local address",
	[ADDR_MULTICAST] = "a multicast address",
	[ADDR_BROADCAST] = "the broadcast address",
	[ADDR_METADATA] = "a cloud metadata address",
	[ADDR_LISTED] = "a listed address",
	[ADDR_OWN] = "one of this host's addresses",
	[ADDR_NOT_LOOPBACK] = "a non-loopback address",
	[ADDR_UNPARSABLE] = "an unparsable address",
};

/*
 * In the order of enum addr_class.  Link-local covers most metadata services;
 * the single addresses are those that clouds placed elsewhere.
 */
static const struct builtin {
	enum addr_class	 class;
	enum host_kind	 kind;
	unsigned int	 prefix;
	unsigned char	 addr[16];
} builtins[] = {
	{ ADDR_LOOPBACK, HOST_INET, 8, { 127 } },
	{ ADDR_LOOPBACK, HOST_INET6, 128, { [15] = 1 } },
	{ ADDR_UNSPECIFIED, HOST_INET, 8, { 0 } },
	{ ADDR_UNSPECIFIED, HOST_INET6, 128, { 0 } },
	{ ADDR_LINK_LOCAL, HOST_INET, 16, { 169, 254 } },
	{ ADDR_LINK_LOCAL, HOST_INET6, 10, { 0xfe, 0x80 } },
	{ ADDR_MULTICAST, HOST_INET, 4, { 224 } },
	{ ADDR_MULTICAST, HOST_INET6, 8, { 0xff } },
	{ ADDR_BROADCAST, HOST_INET, 32, { 255, 255, 255, 255 } },
	/* Alibaba, Azure, Oracle Classic */
	{ ADDR_METADATA, HOST_INET, 32, { 100, 100, 100, 200 } },
	{ ADDR_METADATA, HOST_INET, 32, { 168, 63, 129, 16 } },
	{ ADDR_METADATA, HOST_INET, 32, { 192, 0, 0, 192 } },
	/* AWS: fd00:ec2::/32 */
	{ ADDR_METADATA, HOST_INET6, 32, { 0xfd, 0, 0x0e, 0xc2 } },
	/* Google: fd20:ce::254 */
	{ ADDR_METADATA, HOST_INET6, 128,
	    { 0xfd, 0x20, 0, 0xce, [14] = 0x02, [15] = 0x54 } },
	/* Oracle: fd00:c1::a9fe:a9fe */
	{ ADDR_METADATA, HOST_INET6, 128,
	    { 0xfd, 0, 0, 0xc1, [12] = 0xa9, 0xfe, 0xa9, 0xfe } },
	/* Scaleway: fd00:42::42 */
	{ ADDR_METADATA, HOST_INET6, 128, { 0xfd, 0, 0, 0x42, [15] = 0x42 } },
	/* Akamai: fd00:a9fe:a9fe::1 */
	{ ADDR_METADATA, HOST_INET6, 128,
	    { 0xfd, 0, 0xa9, 0xfe, 0xa9, 0xfe, [15] = 1 } },
	/* Alibaba: fd00:100::100:200 */
	{ ADDR_METADATA, HOST_INET6, 128,
	    { 0xfd, 0, 0x01, 0, [12] = 0x01, 0, 0x02, 0 } },
};

const char *
addr_class_text(enum addr_class class)
{
	if ((unsigned int)class >= ADDR_CLASS_MAX)
		return class_text[ADDR_UNPARSABLE];
	return class_text[class];
}

void
addr_reason(unsigned int classmask, char *buf, size_t size)
{
	const char	*sep = "resolved to ";
	unsigned int	 class;

	if (size == 0)
		return;
	buf[0] = '\0';
	for (class = ADDR_OK + 1; class < ADDR_CLASS_MAX; class++) {
		if ((classmask & 1U << class) == 0)
			continue;
		(void)strlcat(buf, sep, size);
		(void)strlcat(buf, class_text[class], size);
		sep = " / ";
	}
}

int
addr_prefix_equal(const unsigned char *a, const unsigned char *b,
    unsigned int bits)
{
	unsigned int	 mask;

	if (memcmp(a, b, bits / 8) != 0)
		return 0;
	if (bits % 8 == 0)
		return 1;
	mask = 0xff00U >> bits % 8 & 0xff;
	return ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

int
addr_prefix_only(const unsigned char *a, unsigned int bits,
    unsigned int prefix)
{
	unsigned int	 i;

	for (i = prefix; i < bits; i++)
		if ((a[i / 8] & 0x80U >> i % 8) != 0)
			return 0;
	return 1;
}

static enum addr_class
builtin_class(const struct host *h)
{
	const struct builtin	*b;

	for (b = builtins; b < builtins + nitems(builtins); b++)
		if (b->kind == h->kind &&
		    addr_prefix_equal(b->addr, h->addr, b->prefix))
			return b->class;
	return ADDR_OK;
}

static int
range_family(const struct host *h)
{
	return h->kind == HOST_INET ? AF_INET : AF_INET6;
}

static void
mapped_addr(const struct host *h, unsigned char *addr)
{
	memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	memcpy(addr + 12, h->addr, 4);
}

/* An IPv4 address is within ::/0 too, by its mapped form. */
static int
range_match(const struct addr_range *r, const struct host *h)
{
	unsigned char	mapped[16];

	if (r->family == range_family(h))
		return addr_prefix_equal(r->addr, h->addr, r->prefix);
	if (h->kind != HOST_INET)
		return 0;
	mapped_addr(h, mapped);
	return addr_prefix_equal(r->addr, mapped, r->prefix);
}

static int
ranges_match(const struct addr_ranges *ranges, const struct host *h)
{
	const struct addr_range	*r;

	if (ranges == NULL)
		return 0;
	TAILQ_FOREACH(r, ranges, entry)
		if (range_match(r, h))
			return 1;
	return 0;
}

/* Does the list name this address, or a network that it is in? */
static int
literal_match(const struct ruleset *set, enum rule_list list,
    const struct host *h, uint16_t port)
{
	return ruleset_find_named(set, list, h, port) != NULL;
}

/* "localhost" is every loopback address. */
static int
loopback_denied(const struct ruleset *set, const struct host *h,
    uint16_t port)
{
	struct host	 local;

	return host_is_loopback(h) &&
	    host_parse("localhost", 9, &local) == 0 &&
	    literal_match(set, RULE_DENY, &local, port);
}

/* [::]/0 holds IPv4 as well, by its mapped form. */
static int
literal_denied(const struct ruleset *set, const struct host *h,
    uint16_t port)
{
	struct host	 mapped;

	if (literal_match(set, RULE_DENY, h, port) ||
	    loopback_denied(set, h, port))
		return 1;
	if (h->kind != HOST_INET)
		return 0;
	memset(&mapped, 0, sizeof(mapped));
	mapped.kind = HOST_INET6;
	mapped_addr(h, mapped.addr);
	return literal_match(set, RULE_DENY, &mapped, port);
}

/* Nor by the IPv4 address that it carries, if it does. */
static int
spelled_denied(const struct ruleset *set, const struct host *h,
    uint16_t port)
{
	struct host	 carried;
	unsigned char	 in[4];

	if (literal_denied(set, h, port))
		return 1;
	if (h->kind != HOST_INET6 || host_embedded_inet(h->addr, in) == -1)
		return 0;
	host_from_inet(in, &carried);
	return literal_denied(set, &carried, port);
}

/* deniedResolvedAddresses, in the same way. */
static int
denyaddr_match(const struct ruleset *set, const struct host *h)
{
	unsigned char	 mapped[16];

	if (set->addrindex == NULL)
		return ranges_match(&set->denyaddr, h);
	if (rule_index_covers(set->addrindex, h->kind == HOST_INET6, h->addr))
		return 1;
	if (h->kind != HOST_INET)
		return 0;
	mapped_addr(h, mapped);
	return rule_index_covers(set->addrindex, 1, mapped);
}

static int
sockaddr_host(const struct sockaddr *sa, struct host *h)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;
	unsigned char		 addr[16];

	if (sa == NULL)
		return -1;
	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&sin, sa, sizeof(sin));
		memcpy(addr, &sin.sin_addr, 4);
		host_from_inet(addr, h);
		return 0;
	case AF_INET6:
		memcpy(&sin6, sa, sizeof(sin6));
		memcpy(addr, &sin6.sin6_addr, sizeof(addr));
		host_from_inet6(addr, h);
		return 0;
	default:
		return -1;
	}
}

/* What all names are refused; the nearer to the top of the enum goes first. */
static enum addr_class
address_class(const struct ruleset *set, const struct host *h,
    const struct addr_ranges *own)
{
	enum addr_class	 class;

	if ((class = builtin_class(h)) != ADDR_OK)
		return class;
	if (denyaddr_match(set, h))
		return ADDR_LISTED;
	return ranges_match(own, h) ? ADDR_OWN : ADDR_OK;
}

enum addr_class
addr_check(const struct ruleset *set, const struct host *dst, uint16_t port,
    const struct sockaddr *sa, const struct addr_ranges *own)
{
	struct host	 h, carried, local;
	unsigned char	 in[4];
	enum addr_class	 class, inner;
	int		 carries;

	if (set == NULL)
		return ADDR_DENY_LISTED;
	if (dst->kind != HOST_NAME)
		return ADDR_OK;
	if (sockaddr_host(sa, &h) == -1)
		return ADDR_UNPARSABLE;

	/*
	 * An IPv4 address that is carried within an IPv6 one adds denials and
	 * never earns an allowance: ::1 is not what a rule for 0.0.0.1 meant.
	 */
	carries = h.kind == HOST_INET6 && host_embedded_inet(h.addr, in) == 0;
	if (carries)
		host_from_inet(in, &carried);

	if (spelled_denied(set, &h, port) ||
	    (host_unspecified(&h, &local) &&
	    spelled_denied(set, &local, port)))
		return ADDR_DENY_LISTED;
	if (literal_match(set, RULE_ALLOW, &h, port) &&
	    ((set->flags & RULESET_CEILING) == 0 ||
	    literal_match(set, RULE_CEILING, &h, port)))
		return ADDR_OK;
	if (host_is_loopback(dst))
		return builtin_class(&h) == ADDR_LOOPBACK ? ADDR_OK :
		    ADDR_NOT_LOOPBACK;

	class = address_class(set, &h, own);
	if (carries) {
		inner = address_class(set, &carried, own);
		if (class == ADDR_OK || (inner != ADDR_OK && inner < class))
			class = inner;
	}
	return class;
}

static struct addr_range *
range_new(const struct host *h, unsigned int prefix)
{
	struct addr_range	*r;
	unsigned int		 bits = h->kind == HOST_INET ? 32 : 128, i;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->family = range_family(h);
	memcpy(r->addr, h->addr, bits / 8);
	for (i = prefix; i < bits; i++)
		r->addr[i / 8] &= (unsigned char)~(0x80U >> i % 8);
	r->prefix = prefix;
	return r;
}

int
addr_prefix_parse(const char *s, unsigned int max, unsigned int *prefix)
{
	unsigned int	 val = 0;
	size_t		 i;

	for (i = 0; s[i] != '\0'; i++) {
		if (i == 3 || s[i] < '0' || s[i] > '9')
			return -1;
		val = val * 10 + (unsigned int)(s[i] - '0');
	}
	if (i == 0 || val > max)
		return -1;
	*prefix = val;
	return 0;
}

/* The length of an IPv6 address without its zone id; the zone is dropped. */
static size_t
zone_cut(const char *s, size_t len)
{
	const char	*zone;
	size_t		 i;

	if ((zone = memchr(s, '%', len)) == NULL)
		return len;
	for (i = (size_t)(zone - s) + 1; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return len;
	return (size_t)(zone - s);
}

struct addr_range *
addr_range_parse(const char *text, const char **why)
{
	struct addr_range	*r;
	struct host		 h;
	unsigned char		 addr[16];
	size_t			 len;
	unsigned int		 prefix, max;

	*why = RANGE_MESSAGE;
	/* A zone id, which may be anything, makes it no longer than a name. */
	if (strlen(text) > HOST_NAME_MAX_LEN)
		return NULL;
	len = strcspn(text, "/");
	if (host_parse_inet(text, len, addr) == 0) {
		host_from_inet(addr, &h);
		max = 32;
	} else if (host_parse_inet6(text, zone_cut(text, len), addr) == 0) {
		host_from_inet6(addr, &h);
		max = 128;
	} else
		return NULL;

	prefix = max;
	if (text[len] == '/' &&
	    addr_prefix_parse(text + len + 1, max, &prefix) == -1)
		return NULL;
	/* A mapped range is the IPv4 range that it stands for. */
	if (max == 128 && h.kind == HOST_INET) {
		if (prefix < 96)
			return NULL;
		prefix -= 96;
	}
	*why = NULL;
	if ((r = range_new(&h, prefix)) == NULL)
		*why = "out of memory";
	return r;
}

int
addr_range_add_sockaddr(struct addr_ranges *ranges, const struct sockaddr *sa)
{
	struct addr_range	*r;
	struct host		 h;

	if (sockaddr_host(sa, &h) == -1) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if ((r = range_new(&h, h.kind == HOST_INET ? 32 : 128)) == NULL)
		return -1;
	TAILQ_INSERT_TAIL(ranges, r, entry);
	return 0;
}

void
addr_ranges_free(struct addr_ranges *ranges)
{
	struct addr_range	*r;

	while ((r = TAILQ_FIRST(ranges)) != NULL) {
		TAILQ_REMOVE(ranges, r, entry);
		free(r);
	}
}
