/* SPDX-License-Identifier: ISC */

/*
 * An index over a list of rules, so that the time of a decision does not grow
 * with the list.  Entries that differ in their ports alone are one key in a
 * hash table; what stands first in the list wins, port by port, when a key is
 * made.  A host is looked up by its name, by every suffix of it, and in every
 * prefix length that some network has.  Of the keys found the one whose rule
 * stands first in the list decides, as if the list had been walked.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "rule.h"

#define NAME_SEED	0x811c9dc5U	/* FNV-1a, 32 bits */
#define NAME_PRIME	0x01000193U
#define NET_MIX_HIGH	0x9e3779b97f4a7c15ULL
#define NET_MIX_LOW	0xc2b2ae3d27d4eb4fULL
#define NONE		UINT32_MAX

enum key_kind {
	KEY_EXACT_NAME,
	KEY_EXACT_INET,
	KEY_EXACT_INET6,
	KEY_SUFFIX,
	KEY_INET,
	KEY_INET6,
	KEY_MAX
};

/* On these ports that rule of the list stands first. */
struct span {
	uint16_t	 lo;
	uint16_t	 hi;
	uint32_t	 pos;
};

struct key {
	struct span	*spans;		/* disjoint, by rising port */
	uint32_t	 nspans;
	uint32_t	 first;		/* of all its rules */
	enum key_kind	 kind;
	unsigned int	 prefix;
	union {
		const char	*name;		/* the rule's */
		uint64_t	 bits[2];
	}		 u;
};

struct slot {
	uint32_t	 hash;
	uint32_t	 key;		/* its number + 1; 0: free */
};

struct rule_index {
	const struct rule	**rules;	/* by place in the list */
	struct key		 *keys;
	struct slot		 *slots;
	struct key		  any;
	uint32_t		  nrules;
	uint32_t		  nkeys;
	uint32_t		  mask;		/* slots - 1 */
	size_t			  longest;	/* suffix */
	size_t			  bytes;
	unsigned char		  prefixes[2][129];	/* in use, distinct */
	unsigned int		  nprefixes[2];
};

/* What is looked for, and what has been found so far. */
struct query {
	const struct rule_index	*index;
	int			 port;		/* -1: on any */
	uint32_t		 best;
};

static uint32_t
name_step(uint32_t hash, char c)
{
	return (hash ^ (unsigned char)c) * NAME_PRIME;
}

/* From its end, as each suffix is then hashed on the way. */
static uint32_t
name_hash(const char *name)
{
	uint32_t	 hash = NAME_SEED;
	size_t		 i;

	for (i = strlen(name); i > 0; i--)
		hash = name_step(hash, name[i - 1]);
	return hash;
}

static uint32_t
kind_hash(uint32_t hash, enum key_kind kind)
{
	hash = (hash ^ (uint32_t)kind) * NAME_PRIME;
	return hash ^ hash >> 15;
}

static uint32_t
net_hash(const uint64_t bits[2], unsigned int prefix)
{
	uint64_t	 h;

	h = (bits[0] ^ prefix) * NET_MIX_HIGH;
	h = (h ^ h >> 32 ^ bits[1]) * NET_MIX_LOW;
	return (uint32_t)(h >> 32);
}

/* An address as numbers; one of IPv4 fills the upper half of the first. */
static void
net_bits(const unsigned char *addr, size_t len, uint64_t bits[2])
{
	size_t	 i;

	bits[0] = bits[1] = 0;
	for (i = 0; i < len; i++)
		bits[i / 8] |= (uint64_t)addr[i] << (56 - i % 8 * 8);
}

static void
net_mask(const uint64_t from[2], unsigned int prefix, uint64_t to[2])
{
	to[0] = prefix == 0 ? 0 : prefix >= 64 ? from[0] :
	    from[0] & UINT64_MAX << (64 - prefix);
	to[1] = prefix <= 64 ? 0 : prefix >= 128 ? from[1] :
	    from[1] & UINT64_MAX << (128 - prefix);
}

static int
key_equal(const struct key *k, const struct key *want)
{
	if (k->kind != want->kind)
		return 0;
	if (k->kind < KEY_INET)
		return strcmp(k->u.name, want->u.name) == 0;
	return k->prefix == want->prefix && k->u.bits[0] == want->u.bits[0] &&
	    k->u.bits[1] == want->u.bits[1];
}

/* Its slot, or the free one where it belongs: half of them are free. */
static struct slot *
slot_find(const struct rule_index *x, uint32_t hash, const struct key *want)
{
	struct slot	*s;
	uint32_t	 i;

	for (i = hash;; i++) {
		s = &x->slots[i & x->mask];
		if (s->key == 0 || (s->hash == hash &&
		    key_equal(&x->keys[s->key - 1], want)))
			return s;
	}
}

/* Making it. */

struct rule_index *
rule_index_new(size_t n)
{
	struct rule_index	*x;
	size_t			 slots = 8;

	if (n >= NONE / 4 || (x = calloc(1, sizeof(*x))) == NULL)
		return NULL;
	while (slots < 2 * n)
		slots *= 2;
	x->mask = (uint32_t)(slots - 1);
	x->any.first = NONE;
	if ((x->rules = calloc(n + 1, sizeof(*x->rules))) == NULL ||
	    (x->keys = calloc(n + 1, sizeof(*x->keys))) == NULL ||
	    (x->slots = calloc(slots, sizeof(*x->slots))) == NULL) {
		rule_index_free(x);
		return NULL;
	}
	x->bytes = sizeof(*x) + (n + 1) * (sizeof(*x->rules) +
	    sizeof(*x->keys)) + slots * sizeof(*x->slots);
	return x;
}

void
rule_index_free(struct rule_index *x)
{
	uint32_t	 i;

	if (x == NULL)
		return;
	for (i = 0; i < x->nkeys; i++)
		free(x->keys[i].spans);
	free(x->any.spans);
	free(x->keys);
	free(x->rules);
	free(x->slots);
	free(x);
}

size_t
rule_index_bytes(const struct rule_index *x)
{
	return x->bytes;
}

static int
span_insert(struct rule_index *x, struct key *k, uint32_t at, uint32_t lo,
    uint32_t hi, uint32_t pos)
{
	struct span	*spans;

	/* Room for a power of two of them. */
	if ((k->nspans & (k->nspans - 1)) == 0) {
		spans = reallocarray(k->spans, k->nspans == 0 ? 1 :
		    k->nspans * 2, sizeof(*spans));
		if (spans == NULL)
			return -1;
		k->spans = spans;
		x->bytes += (k->nspans == 0 ? 1 : k->nspans) * sizeof(*spans);
	}
	memmove(k->spans + at + 1, k->spans + at,
	    (k->nspans - at) * sizeof(*k->spans));
	k->nspans++;
	k->spans[at].lo = (uint16_t)lo;
	k->spans[at].hi = (uint16_t)hi;
	k->spans[at].pos = pos;
	return 0;
}

/* The first span that ends at this port or later. */
static uint32_t
span_find(const struct key *k, uint32_t port)
{
	uint32_t	 lo = 0, hi = k->nspans, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (k->spans[mid].hi < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Gives the rule those of its ports that no rule before it has. */
static int
key_ports(struct rule_index *x, struct key *k, const struct rule *r,
    uint32_t pos)
{
	uint32_t	 at, lo = r->port_lo, end = r->port_hi, hi;

	if (k->first == NONE)
		k->first = pos;
	for (at = span_find(k, lo); lo <= end; at++) {
		if (at == k->nspans || k->spans[at].lo > end)
			return span_insert(x, k, at, lo, end, pos);
		hi = k->spans[at].lo;
		if (lo < hi && span_insert(x, k, at++, lo, hi - 1, pos) == -1)
			return -1;
		lo = (uint32_t)k->spans[at].hi + 1;
	}
	return 0;
}

static struct key *
key_add(struct rule_index *x, uint32_t hash, const struct key *want)
{
	struct slot	*s = slot_find(x, hash, want);

	if (s->key == 0) {
		x->keys[x->nkeys] = *want;
		x->keys[x->nkeys].first = NONE;
		s->hash = hash;
		s->key = ++x->nkeys;
	}
	return &x->keys[s->key - 1];
}

static struct key *
key_name(struct rule_index *x, enum key_kind kind, const char *name)
{
	struct key	 want = { .kind = kind, .u.name = name };

	return key_add(x, kind_hash(name_hash(name), kind), &want);
}

static struct key *
key_net(struct rule_index *x, int inet6, const unsigned char *addr,
    unsigned int prefix)
{
	struct key	 want = { .kind = inet6 ? KEY_INET6 : KEY_INET };
	uint64_t	 bits[2];
	unsigned char	*used = x->prefixes[inet6 != 0];

	want.prefix = prefix;
	net_bits(addr, inet6 ? 16 : 4, bits);
	net_mask(bits, prefix, want.u.bits);
	if (memchr(used, (int)prefix, x->nprefixes[inet6 != 0]) == NULL)
		used[x->nprefixes[inet6 != 0]++] = (unsigned char)prefix;
	return key_add(x, kind_hash(net_hash(want.u.bits, prefix), want.kind),
	    &want);
}

static struct key *
key_rule(struct rule_index *x, const struct rule *r)
{
	size_t	 len;

	switch (r->kind) {
	case RULE_ANY:
		break;
	case RULE_SUFFIX:
		if ((len = strlen(r->host.name)) > x->longest)
			x->longest = len;
		return key_name(x, KEY_SUFFIX, r->host.name);
	case RULE_EXACT:
		return key_name(x, KEY_EXACT_NAME +
		    (enum key_kind)r->host.kind, r->host.name);
	case RULE_NET:
		return key_net(x, r->host.kind == HOST_INET6, r->host.addr,
		    r->prefix);
	}
	return &x->any;
}

int
rule_index_add(struct rule_index *x, const struct rule *r)
{
	uint32_t	 pos = x->nrules++;

	x->rules[pos] = r;
	return key_ports(x, key_rule(x, r), r, pos);
}

void
rule_index_add_range(struct rule_index *x, const struct addr_range *r)
{
	struct key	*k;

	k = key_net(x, r->family == AF_INET6, r->addr, r->prefix);
	k->first = 0;
}

/* Looking up. */

static void
query_key(struct query *q, const struct key *k)
{
	uint32_t	 at;

	if (q->port == -1) {
		if (k->first < q->best)
			q->best = k->first;
		return;
	}
	at = span_find(k, (uint32_t)q->port);
	if (at < k->nspans && k->spans[at].lo <= q->port &&
	    k->spans[at].pos < q->best)
		q->best = k->spans[at].pos;
}

static void
query_hash(struct query *q, uint32_t hash, const struct key *want)
{
	const struct slot	*s;

	hash = kind_hash(hash, want->kind);
	s = slot_find(q->index, hash, want);
	if (s->key != 0)
		query_key(q, &q->index->keys[s->key - 1]);
}

static void
query_name(struct query *q, const struct host *h)
{
	struct key	 want = { .kind = KEY_SUFFIX };
	uint32_t	 hash = NAME_SEED;
	size_t		 i, len = strlen(h->name);
	size_t		 longest = h->kind == HOST_NAME ?
			    q->index->longest : 0;

	for (i = len; i-- > 0;) {
		/* Something must stand before the dot. */
		if (h->name[i] == '.' && i > 0 && len - i - 1 <= longest) {
			want.u.name = h->name + i + 1;
			query_hash(q, hash, &want);
		}
		hash = name_step(hash, h->name[i]);
	}
	want.kind = KEY_EXACT_NAME + (enum key_kind)h->kind;
	want.u.name = h->name;
	query_hash(q, hash, &want);
}

static void
query_net(struct query *q, int inet6, const unsigned char *addr)
{
	const struct rule_index	*x = q->index;
	struct key		 want = { .kind = inet6 ? KEY_INET6 :
				    KEY_INET };
	uint64_t		 bits[2];
	unsigned int		 i;

	net_bits(addr, inet6 ? 16 : 4, bits);
	for (i = 0; i < x->nprefixes[inet6]; i++) {
		want.prefix = x->prefixes[inet6][i];
		net_mask(bits, want.prefix, want.u.bits);
		query_hash(q, net_hash(want.u.bits, want.prefix), &want);
	}
}

const struct rule *
rule_index_find(const struct rule_index *x, const struct host *h, int port,
    int named)
{
	struct query	 q = { .index = x, .port = port, .best = NONE };

	if (!named)
		query_key(&q, &x->any);
	query_name(&q, h);
	if (h->kind != HOST_NAME)
		query_net(&q, h->kind == HOST_INET6, h->addr);
	return q.best == NONE ? NULL : x->rules[q.best];
}

int
rule_index_covers(const struct rule_index *x, int inet6,
    const unsigned char *addr)
{
	struct query	 q = { .index = x, .port = -1, .best = NONE };

	query_net(&q, inet6 != 0, addr);
	return q.best != NONE;
}
