/* SPDX-License-Identifier: ISC */

/*
 * Queries are read strictly: one question, nothing else but one OPT record,
 * no compression, which has nothing to point to in a query, and no byte left
 * over.  The question of an answer is a copy of the query's, so that a client
 * that mixes the case of letters finds them as it wrote them.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dns_parse.h"

#define DNS_QR		0x8000U
#define DNS_OPCODE	0x7800U
#define DNS_TC		0x0200U
#define DNS_RD		0x0100U
#define DNS_RA		0x0080U
#define DNS_CD		0x0010U
#define DNS_RCODE	0x000fU
#define DNS_DO		0x8000U		/* RFC 3225 */
#define DNS_LABEL_MAX	63
#define DNS_POINTER	0xc00cU		/* to the question's name */
#define DNS_PAYLOAD	1232		/* the longest query that arrives */

/* What is left of the message. */
struct reader {
	const unsigned char	*p;
	size_t			 len;
};

struct writer {
	unsigned char	*p;
	size_t		 len;
};

static uint16_t
get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static int
read16(struct reader *r, uint16_t *value)
{
	if (r->len < 2)
		return -1;
	*value = get16(r->p);
	r->p += 2;
	r->len -= 2;
	return 0;
}

/* Labels until the empty one; "text" is long enough for every name. */
static int
read_name(struct reader *r, char *text)
{
	const unsigned char	*start = r->p;
	size_t			 i, n;
	char			*t = text;

	for (;;) {
		if (r->len < 1)
			return -1;
		n = *r->p++;
		r->len--;
		if (n == 0)
			break;
		if (n > DNS_LABEL_MAX || n > r->len ||
		    (size_t)(r->p - start) + n + 1 > DNS_NAME_MAX)
			return -1;
		if (t != text)
			*t++ = '.';
		for (i = 0; i < n; i++, r->p++, r->len--) {
			if ((*r->p >= 'a' && *r->p <= 'z') ||
			    (*r->p >= 'A' && *r->p <= 'Z') ||
			    (*r->p >= '0' && *r->p <= '9') ||
			    *r->p == '-' || *r->p == '_')
				*t++ = (char)*r->p;
			else
				t += snprintf(t, 5, "\\%03u",
				    (unsigned int)*r->p);
		}
	}
	*t = '\0';
	return 0;
}

static int
read_question(struct reader *r, struct dns_query *q)
{
	const unsigned char	*start = r->p;

	if (read_name(r, q->name) == -1 || read16(r, &q->type) == -1 ||
	    read16(r, &q->class) == -1 || q->type == DNS_OPT)
		return -1;
	q->questionlen = (size_t)(r->p - start);
	memcpy(q->question, start, q->questionlen);
	return 0;
}

/* RFC 6891, section 6.1.  Returns the version, or -1. */
static int
read_opt(struct reader *r, struct dns_query *q)
{
	uint16_t	 type, payload, high, low, len, n;

	if (r->len < 1 || *r->p != 0)
		return -1;
	r->p++;
	r->len--;
	if (read16(r, &type) == -1 || type != DNS_OPT ||
	    read16(r, &payload) == -1 || read16(r, &high) == -1 ||
	    read16(r, &low) == -1 || read16(r, &len) == -1 || len != r->len)
		return -1;
	while (r->len > 0) {
		if (read16(r, &type) == -1 || read16(r, &n) == -1 ||
		    n > r->len)
			return -1;
		r->p += n;
		r->len -= n;
	}
	q->edns = 1;
	q->dnssec = (low & DNS_DO) != 0;
	return high & 0xff;
}

int
dns_parse(const void *data, size_t len, struct dns_query *q)
{
	struct reader		 r = { data, len };
	const unsigned char	*head = data;
	int			 version = 0;

	memset(q, 0, sizeof(*q));
	if (len < DNS_HEADER_SIZE)
		return -1;
	q->id = get16(head);
	q->flags = get16(head + 2);
	/* To answer answers is to talk to oneself for ever. */
	if ((q->flags & DNS_QR) != 0)
		return -1;
	if ((q->flags & DNS_OPCODE) != 0)
		return DNS_NOTIMP;
	r.p += DNS_HEADER_SIZE;
	r.len -= DNS_HEADER_SIZE;
	if ((q->flags & (DNS_TC | DNS_RCODE)) != 0 || len > DNS_QUERY_MAX ||
	    get16(head + 4) != 1 || get16(head + 6) != 0 ||
	    get16(head + 8) != 0 || get16(head + 10) > 1)
		return DNS_FORMERR;
	if (read_question(&r, q) == -1 || (get16(head + 10) == 1 &&
	    (version = read_opt(&r, q)) == -1) || r.len != 0) {
		q->questionlen = 0;
		q->edns = 0;
		return DNS_FORMERR;
	}
	return version == 0 ? DNS_NOERROR : DNS_BADVERS;
}

static void
write16(struct writer *w, unsigned int value)
{
	w->p[w->len++] = (unsigned char)(value >> 8);
	w->p[w->len++] = (unsigned char)value;
}

static void
write32(struct writer *w, uint32_t value)
{
	write16(w, value >> 16);
	write16(w, value & 0xffff);
}

static void
write_bytes(struct writer *w, const unsigned char *p, size_t len)
{
	memcpy(w->p + w->len, p, len);
	w->len += len;
}

/*
 * At most 12 for the header, 259 for the question, 12 and the data of the
 * record, 11 for OPT: with a name as data, of 255 bytes, the question is one
 * for an address and has 78 bytes.
 */
size_t
dns_write(const struct dns_query *q, enum dns_rcode rcode,
    const struct dns_record *rr, unsigned char *buf)
{
	struct writer	 w;

	w.p = buf;
	w.len = 0;
	/* What does not fit, or has no question, is left out. */
	if (rr != NULL && (q->questionlen == 0 || DNS_HEADER_SIZE +
	    q->questionlen + 12 + rr->len + 11 > DNS_ANSWER_MAX))
		rr = NULL;
	write16(&w, q->id);
	write16(&w, DNS_QR | DNS_RA | (rcode & DNS_RCODE) |
	    (q->flags & (DNS_OPCODE | DNS_RD | DNS_CD)));
	write16(&w, q->questionlen > 0);
	write16(&w, rr != NULL);
	write16(&w, 0);
	write16(&w, q->edns != 0);
	write_bytes(&w, q->question, q->questionlen);
	if (rr != NULL) {
		write16(&w, DNS_POINTER);
		write16(&w, rr->type);
		write16(&w, DNS_IN);
		write32(&w, rr->ttl);
		write16(&w, (unsigned int)rr->len);
		write_bytes(&w, rr->data, rr->len);
	}
	if (q->edns) {
		w.p[w.len++] = 0;
		write16(&w, DNS_OPT);
		write16(&w, DNS_PAYLOAD);
		write16(&w, (unsigned int)rcode >> 4 << 8);
		write16(&w, q->dnssec ? DNS_DO : 0);
		write16(&w, 0);
	}
	return w.len;
}

size_t
dns_name(const char *text, unsigned char *buf)
{
	size_t	 n, len = 0;

	for (;;) {
		n = strcspn(text, ".");
		/* Its length, itself, and the root to come. */
		if (n == 0 || n > DNS_LABEL_MAX || len + n + 2 > DNS_NAME_MAX)
			return 0;
		buf[len++] = (unsigned char)n;
		memcpy(buf + len, text, n);
		len += n;
		text += n;
		if (*text == '\0')
			break;
		text++;
	}
	buf[len++] = 0;
	return len;
}

/* A decimal of one byte and the dot after it. */
static const char *
reverse_byte(const char *s, unsigned char *byte)
{
	unsigned int	 value = 0;
	size_t		 i;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 3; i++)
		value = value * 10 + (unsigned int)(s[i] - '0');
	if (i == 0 || s[i] != '.' || value > 255 || (i > 1 && s[0] == '0'))
		return NULL;
	*byte = (unsigned char)value;
	return s + i + 1;
}

static int
hexdigit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t
reverse_inet(const char *s, unsigned char *addr)
{
	int	 i;

	for (i = 3; i >= 0; i--)
		if ((s = reverse_byte(s, &addr[i])) == NULL)
			return 0;
	return strcasecmp(s, "in-addr.arpa") == 0 ? 4 : 0;
}

static size_t
reverse_inet6(const char *s, unsigned char *addr)
{
	int	 i, digit;

	memset(addr, 0, 16);
	for (i = 31; i >= 0; i--, s += 2) {
		if ((digit = hexdigit(s[0])) == -1 || s[1] != '.')
			return 0;
		addr[i / 2] |= (unsigned char)(digit << (i % 2 == 0 ? 4 : 0));
	}
	return strcasecmp(s, "ip6.arpa") == 0 ? 16 : 0;
}

size_t
dns_reverse(const char *name, unsigned char addr[16])
{
	size_t	 len;

	if ((len = reverse_inet(name, addr)) == 0)
		len = reverse_inet6(name, addr);
	return len;
}
