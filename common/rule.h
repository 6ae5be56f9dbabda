/* SPDX-License-Identifier: ISC */
#ifndef RULE_H
#define RULE_H

/*
 * Which hosts may be reached: the grammar of domain entries, the canonical
 * form of a destination, and the one decision for all ways out (COMPAT
 * sections 5 to 7).  Pure: no I/O, no event, no imsg.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include "compat.h"

#define HOST_NAME_MAX_LEN	255

enum host_kind {
	HOST_NAME,
	HOST_INET,
	HOST_INET6
};

/* A destination in canonical form. */
struct host {
	enum host_kind	 kind;
	char		 name[HOST_NAME_MAX_LEN + 1];	/* text, no brackets */
	unsigned char	 addr[16];	/* network order; 4 bytes for inet */
};

/* host.c */

/*
 * Parses a destination of the given length as a program spelled it: a name,
 * an IPv4 address in any form of inet_aton(3), an IPv6 address with or
 * without brackets; IPv4-mapped addresses become IPv4, one trailing dot goes.
 * Returns -1 if it is malformed (length 1-255, no '%', no NUL, only
 * [A-Za-z0-9._-] in names, no empty label, and no name that ends in a number
 * without being an IPv4 address: the URL standard reads those as addresses).
 */
int	 host_parse(const char *, size_t, struct host *);
/*
 * Makes a destination of an address in network order, 4 bytes for AF_INET
 * and 16 for AF_INET6.  IPv4-mapped addresses become IPv4.
 */
void	 host_from_inet(const unsigned char *, struct host *);
void	 host_from_inet6(const unsigned char *, struct host *);
/*
 * Strict text forms, as inet_pton(3) takes them, but alike on every system:
 * a dotted quad without leading zeros; IPv6 without brackets or zone.
 * Return -1 if it is none.
 */
int	 host_parse_inet(const char *, size_t, unsigned char *);
int	 host_parse_inet6(const char *, size_t, unsigned char *);
/*
 * The IPv4 address that a network may deliver this IPv6 address to: mapped,
 * compatible, translated, NAT64's well-known prefix, 6to4.  Returns -1 if it
 * carries none.  Good for adding denials only.
 */
int	 host_embedded_inet(const unsigned char *, unsigned char *);

enum rule_list {
	RULE_ALLOW,
	RULE_DENY,
	RULE_HOSTS,		/* mitmProxy, excludeDomains: no port */
	RULE_CEILING,		/* what the administrator lets be allowed */
	RULE_LIST_MAX
};

enum rule_kind {
	RULE_ANY,		/* "*", deny list only */
	RULE_SUFFIX,		/* "*.example.com" */
	RULE_EXACT,
	RULE_NET		/* "10.0.0.0/8", "[fd00::]/8" */
};

/* Every port: also port 0, which nobody dials and no entry names. */
#define RULE_PORT_MIN	0
#define RULE_PORT_MAX	UINT16_MAX

struct rule {
	TAILQ_ENTRY(rule)	 entry;
	enum rule_kind		 kind;
	struct host		 host;	/* RULE_SUFFIX: the part after "*.";
					 * RULE_NET: the first address */
	unsigned int		 prefix;	/* RULE_NET: bits */
	uint16_t		 port_lo;	/* RULE_PORT_MIN and */
	uint16_t		 port_hi;	/* RULE_PORT_MAX: every port */
	uint32_t		 index;	/* in its settings list */
	char			*text;	/* as written */
	char			*reason; /* deniedDomainReasons, or NULL */
	char			*where;	/* "FILE:LINE", or NULL */
};
TAILQ_HEAD(rules, rule);

/* rule.c */

/*
 * Parses one entry of a list.  Returns NULL and sets *why to a static or
 * thread-local text without the entry itself: COMPAT's message where the
 * grammar refuses it, or why it can never match and what to write instead.
 * The text holds until the next call.  An entry with a NUL in it is for the
 * caller to refuse.  The rule is freed with rule_free().
 */
struct rule *rule_parse(const char *, enum rule_list, const char **why);
void	 rule_free(struct rule *);
void	 rules_free(struct rules *);
/* Does the rule match this destination? */
int	 rule_match(const struct rule *, const struct host *, uint16_t);
/* Likewise, on some port. */
int	 rule_match_host(const struct rule *, const struct host *);
/* Is the rule for every port? */
int	 rule_any_port(const struct rule *);

/* rule_cure.c */

/*
 * Why a host of valid shape, "*." cut off, can never match and, where that
 * can be told, the entry to write instead.  For rule_parse() alone.
 */
const char *rule_never(const char *, size_t, int wildcard,
	    const char *ports);
/* What is wrong with what looks like a network; NULL if it does not. */
const char *rule_no_net(const char *, enum rule_list);
/* That a network is too large for that list; NULL if it is not. */
const char *rule_too_large(enum rule_list, const struct host *, unsigned int);
/* That the range of ports runs backwards, and the entry to write. */
const char *rule_backwards(const char *);
/*
 * The ports of an entry: "443" or "8000-8100", the first not 0 and none
 * above 65535.  -1 if it is neither; a range may run backwards.
 */
int	 rule_ports_parse(const char *, uint16_t *, uint16_t *);

/* An address or a range of them. */
struct addr_range {
	TAILQ_ENTRY(addr_range)	 entry;
	int			 family;	/* AF_INET, AF_INET6 */
	unsigned char		 addr[16];
	unsigned int		 prefix;	/* bits */
};
TAILQ_HEAD(addr_ranges, addr_range);

/* deniedResolvedAddresses; NULL and *why as rule_parse(). free(3) it. */
struct addr_range *addr_range_parse(const char *, const char **why);
/*
 * Adds one address, as of getifaddrs(3), to a list.  Returns -1 with errno
 * EAFNOSUPPORT if it is neither IPv4 nor IPv6, or ENOMEM.
 */
int	 addr_range_add_sockaddr(struct addr_ranges *,
	    const struct sockaddr *);
void	 addr_ranges_free(struct addr_ranges *);

/* rule_index.c */
struct rule_index;
/* For so many rules; NULL if there is no memory. */
struct rule_index *rule_index_new(size_t);
void	 rule_index_free(struct rule_index *);
/*
 * Adds the next rule of a list, which has to outlive the index.  -1 if there
 * is no memory: the index is then good for rule_index_free() alone.
 */
int	 rule_index_add(struct rule_index *, const struct rule *);
/* Adds a range of addresses, to an index that has nothing else. */
void	 rule_index_add_range(struct rule_index *, const struct addr_range *);
/*
 * The first rule of the list that matches, or NULL: on that port, on some
 * port if it is -1; only rules that name a host, without "*", if named is set.
 */
const struct rule *rule_index_find(const struct rule_index *,
	    const struct host *, int, int named);
/* Is the address, IPv6 if so said, in a range of the index? */
int	 rule_index_covers(const struct rule_index *, int,
	    const unsigned char *);
/* Its memory, but for what malloc(3) adds. */
size_t	 rule_index_bytes(const struct rule_index *);

/* ruleset.c */
struct ruleset {
	struct rules		 allow;
	struct rules		 deny;
	struct rules		 ceiling;	/* see RULESET_CEILING */
	struct rules		 hosts;		/* that mitmProxy gets */
	struct addr_ranges	 denyaddr;
	struct rule_index	*index[RULE_LIST_MAX];	/* NULL: walk it */
	struct rule_index	*addrindex;		/* of denyaddr */
	unsigned int		 flags;		/* RULESET_* of policy.h */
};

/* NULL if there is no memory. */
struct ruleset *ruleset_new(void);
void	 ruleset_free(struct ruleset *);
/* The set's list of that kind. */
struct rules *ruleset_list(struct ruleset *, enum rule_list);
/*
 * Makes decisions quick however long the lists are, which may not change any
 * more.  Returns the bytes that it takes; without memory the lists are walked.
 */
size_t	 ruleset_index(struct ruleset *);
/* The first rule of a list that matches, or NULL. */
const struct rule *ruleset_find(const struct ruleset *, enum rule_list,
	    const struct host *, uint16_t);
/* Likewise of those that name a host or a network: all but "*". */
const struct rule *ruleset_find_named(const struct ruleset *, enum rule_list,
	    const struct host *, uint16_t);

enum verdict {
	VERDICT_DENY,
	VERDICT_ALLOW
};

struct decision {
	enum verdict		 verdict;
	const struct rule	*rule;	/* the one that decided, or NULL */
	enum rule_list		 list;	/* where rule stands */
	const char		*reason; /* of a denial; static or the rule's */
};

/*
 * COMPAT section 6.  A NULL set denies ("sandbox policy unavailable"); so do
 * a NULL host and port 0 ("malformed host").  With RULESET_CEILING a host is
 * denied that no rule of the ceiling matches; the list is then RULE_CEILING.
 * With RULESET_EXTERNAL what is not denied is allowed without a rule, but for
 * this machine's loopback.
 */
void	 rule_decide(const struct ruleset *, const struct host *, uint16_t,
	    struct decision *);
/*
 * Decides for who connects to a loopback address, which has a name that the
 * rules know: "localhost", else one beneath it that is allowed.  Fills in that
 * name; where none is allowed it is "localhost", as is the decision.
 */
void	 rule_decide_local(const struct ruleset *, uint16_t, struct host *,
	    struct decision *);
/*
 * Is there a port on which rule_decide() could allow this host?  1 if an
 * allow rule matches whatever its port, and no deny rule without a port does;
 * the decision is filled in likewise.  May say 1 where deny rules with ports
 * leave none: good for what is decided again later.
 */
int	 rule_could_allow(const struct ruleset *, const struct host *,
	    struct decision *);
/*
 * Would the ceiling let this host be allowed?  For allowances that come from
 * no rule.
 */
int	 rule_below_ceiling(const struct ruleset *, const struct host *,
	    uint16_t);
/*
 * A loopback address, or one that leads there when it is dialled, "localhost"
 * or a name beneath it (RFC 6761, 6.3)?
 */
int	 host_is_loopback(const struct host *);
/*
 * 1 if it is 0.0.0.0 or ::, which stand for this machine where they are
 * dialled; the loopback address of that family is then written.
 */
int	 host_unspecified(const struct host *, struct host *);

/* Classes of addresses that are not dialled, by falling priority of blame. */
enum addr_class {
	ADDR_OK,
	ADDR_DENY_LISTED,
	ADDR_LOOPBACK,
	ADDR_UNSPECIFIED,
	ADDR_LINK_LOCAL,
	ADDR_MULTICAST,
	ADDR_BROADCAST,
	ADDR_METADATA,
	ADDR_LISTED,		/* deniedResolvedAddresses */
	ADDR_OWN,		/* one of this host's addresses */
	ADDR_NOT_LOOPBACK,
	ADDR_UNPARSABLE,
	ADDR_CLASS_MAX
};

/* Holds every text of addr_reason(). */
#define ADDR_REASON_SIZE	320

/* addr.c */

/* Are the first so many bits the same? */
int	 addr_prefix_equal(const unsigned char *, const unsigned char *,
	    unsigned int);
/* Are all bits but the first so many 0? */
int	 addr_prefix_only(const unsigned char *, unsigned int bits,
	    unsigned int prefix);
/* One to three digits, at most max. */
int	 addr_prefix_parse(const char *, unsigned int max, unsigned int *);

/* "a loopback address", ... */
const char *addr_class_text(enum addr_class);
/*
 * Writes "resolved to a loopback address / a link-local address" for a mask
 * of (1 << class) bits, the empty string for none.
 */
void	 addr_reason(unsigned int classmask, char *, size_t);
/*
 * May this address, which the name resolved to, be dialled on that port?
 * own lists the addresses of the host's interfaces (may be NULL).  COMPAT
 * section 7.  Destinations that are IP literals are ADDR_OK unseen: the
 * rules have judged them by their address.  A NULL set denies.
 */
enum addr_class addr_check(const struct ruleset *, const struct host *,
	    uint16_t, const struct sockaddr *, const struct addr_ranges *);

#endif /* RULE_H */
