/* SPDX-License-Identifier: ISC */
#ifndef DNS_PARSE_H
#define DNS_PARSE_H

#include "compat.h"

/*
 * The messages of DNS (RFC 1035) with EDNS (RFC 6891), as a server with a few
 * records of its own reads and writes them.  Pure.
 */

#define DNS_HEADER_SIZE		12
#define DNS_QUERY_MAX		4096	/* longer ones are not read */
#define DNS_ANSWER_MAX		512	/* ours all fit: none is ever cut */
#define DNS_NAME_MAX		255	/* in a message */
#define DNS_QUESTION_MAX	(DNS_NAME_MAX + 4)
#define DNS_TEXT_MAX		1024	/* a name as text, with its NUL */

enum dns_type {
	DNS_A = 1,
	DNS_PTR = 12,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_META = 128,		/* 128-255: not types of records */
	DNS_META_LAST = 255
};

enum dns_class {
	DNS_IN = 1
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_BADVERS = 16	/* needs EDNS */
};

struct dns_query {
	uint16_t	 id;
	uint16_t	 flags;
	uint16_t	 type;
	uint16_t	 class;
	int		 edns;		/* there was an OPT record */
	int		 dnssec;	/* with its DO bit */
	/*
	 * Without the dot at the end, so the root is "".  What is neither a
	 * letter, a digit, "-" nor "_" of a label is written as \ddd: such a
	 * name is no host's, and cannot be taken for one.
	 */
	char		 name[DNS_TEXT_MAX];
	unsigned char	 question[DNS_QUESTION_MAX];	/* as it was asked */
	size_t		 questionlen;	/* 0: not understood so far */
};

/* The one record of an answer; its name is that of the question. */
struct dns_record {
	uint16_t		 type;
	uint32_t		 ttl;
	const unsigned char	*data;
	size_t			 len;
};

/*
 * Parses a query.  Returns the code to answer with if it is not to be looked
 * at further, DNS_NOERROR if it is, or -1 for what must not be answered.
 */
int	 dns_parse(const void *, size_t, struct dns_query *);
/*
 * Writes an answer, with at most one record (or NULL), into DNS_ANSWER_MAX
 * bytes; returns its length.
 */
size_t	 dns_write(const struct dns_query *, enum dns_rcode,
	    const struct dns_record *, unsigned char *);
/*
 * A host's name as it stands in a message, DNS_NAME_MAX bytes at most.
 * Returns the length, or 0 if it cannot stand there.
 */
size_t	 dns_name(const char *, unsigned char *);
/*
 * The address that a name beneath in-addr.arpa or ip6.arpa stands for, in
 * network order.  Returns its length, 4 or 16, or 0 if it stands for none.
 */
size_t	 dns_reverse(const char *, unsigned char [16]);

#endif /* DNS_PARSE_H */
