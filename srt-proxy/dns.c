/* SPDX-License-Identifier: ISC */

/*
 * The resolver inside the sandbox.  Nothing is ever asked outside: a name
 * that some rule could allow gets an address that stands for it, and is
 * looked up when a connection to that address is dialled; no other name
 * exists.  So no name carries anything out.
 */

#include "compat.h"

#include <string.h>
#include <time.h>

#include "dns_parse.h"
#include "log.h"
#include "proxy.h"
#include "synth.h"

/* Bits of struct refusal: one lookup asks for each of them once. */
enum part {
	PART_A = 1,
	PART_AAAA = 2,
	PART_OTHER = 4
};

static struct synth	*dns_table;
static time_t		 dns_second;	/* in which these were refused */
static unsigned int	 dns_refused;

static size_t	 dns_read(struct half *, const char *, size_t);

static struct synth *
dns_names(void)
{
	if (dns_table == NULL &&
	    (dns_table = synth_new(SYNTH_NAMES_MAX)) == NULL)
		fatal("synth_new");
	return dns_table;
}

int
dns_host(struct host *host)
{
	const char	*name;
	uint32_t	 addr = 0;

	if (host->kind == HOST_INET)
		addr = synth_from_inet(host->addr);
	else if (host->kind == HOST_INET6)
		addr = synth_from_inet6(host->addr);
	if (addr == 0)
		return 0;
	if ((name = synth_name(dns_names(), addr)) == NULL) {
		log_debug("%s stands for no name", host->name);
		return -1;
	}
	return host_parse(name, strlen(name), host) == -1 ? -1 : 1;
}

/* Are there so many refusals that they are only counted for now? */
static int
dns_flooded(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		return 0;
	if (ts.tv_sec != dns_second) {
		dns_second = ts.tv_sec;
		dns_refused = 0;
	}
	return dns_refused >= DNS_REFUSALS;
}

/* 0 if the name may have an address. */
static int
dns_decide(const struct dns_query *q, struct host *host)
{
	static const struct refusal	 more = {
		.client = &client_unknown,
		.operation = "dns-lookup",
		.target = "(more names)",
		.reason = "no rule allows them",
		.rule = "network.allowedDomains",
		.cure = "",
		.parts = PART_A
	};
	struct decision			 d;
	enum part			 part;

	part = q->type == DNS_A ? PART_A : q->type == DNS_AAAA ? PART_AAAA :
	    PART_OTHER;
	if (dns_flooded() && (host_parse(q->name, strlen(q->name),
	    host) == -1 || !rule_could_allow(proxy_rules(), host, &d))) {
		refusal_record(&more);
		return -1;
	}
	if (verdict_lookup(q->name, part, host) == -1) {
		dns_refused++;
		return -1;
	}
	return 0;
}

/* ANY, transfers of zones and the like. */
static int
is_meta(const struct dns_query *q)
{
	return q->type >= DNS_META && q->type <= DNS_META_LAST;
}

/* RFC 6761, section 6.3. */
static int
is_localhost(const char *name)
{
	size_t	 len = strlen(name);

	return strcasecmp(name, "localhost") == 0 || (len > 10 &&
	    strcasecmp(name + len - 10, ".localhost") == 0);
}

static size_t
dns_answer_addr(const struct dns_query *q, const unsigned char *in,
    const unsigned char *in6, unsigned char *buf)
{
	struct dns_record	 rr = { .type = q->type, .ttl = DNS_TTL };

	switch (q->type) {
	case DNS_A:
		rr.data = in;
		rr.len = 4;
		break;
	case DNS_AAAA:
		rr.data = in6;
		rr.len = 16;
		break;
	default:
		/* It exists, but has nothing of that type. */
		return dns_write(q, DNS_NOERROR, NULL, buf);
	}
	return dns_write(q, DNS_NOERROR, &rr, buf);
}

/* A name for an address: of ours alone. */
static size_t
dns_answer_reverse(const struct dns_query *q, const unsigned char *addr,
    size_t len, unsigned char *buf)
{
	unsigned char		 data[DNS_NAME_MAX];
	struct dns_record	 rr = { DNS_PTR, DNS_TTL, data, 0 };
	const char		*name;
	uint32_t		 synth;

	synth = len == 4 ? synth_from_inet(addr) : synth_from_inet6(addr);
	if (synth == 0 || (name = synth_name(dns_names(), synth)) == NULL ||
	    (rr.len = dns_name(name, data)) == 0)
		return dns_write(q, DNS_NXDOMAIN, NULL, buf);
	return dns_write(q, DNS_NOERROR, q->type == DNS_PTR ? &rr : NULL,
	    buf);
}

static size_t
dns_answer(const struct dns_query *q, unsigned char *buf)
{
	static const unsigned char	 local[4] = { 127, 0, 0, 1 };
	static const unsigned char	 local6[16] = { [15] = 1 };
	unsigned char			 in[4], in6[16];
	struct host			 host;
	uint32_t			 addr;
	size_t				 len;

	if (q->class != DNS_IN)
		return dns_write(q, DNS_REFUSED, NULL, buf);
	/* Asking for the root is how some find out that we are there. */
	if (*q->name == '\0')
		return dns_write(q, is_meta(q) ? DNS_NOTIMP : DNS_NOERROR,
		    NULL, buf);
	if (is_localhost(q->name)) {
		if (is_meta(q))
			return dns_write(q, DNS_NOTIMP, NULL, buf);
		return dns_answer_addr(q, local, local6, buf);
	}
	if ((len = dns_reverse(q->name, in6)) != 0)
		return dns_answer_reverse(q, in6, len, buf);

	if (dns_decide(q, &host) == -1 || host.kind != HOST_NAME)
		return dns_write(q, DNS_NXDOMAIN, NULL, buf);
	if (is_meta(q))
		return dns_write(q, DNS_NOTIMP, NULL, buf);
	if ((addr = synth_addr(dns_names(), host.name)) == 0)
		fatal("synth_addr");
	synth_to_inet(addr, in);
	synth_to_inet6(addr, in6);
	return dns_answer_addr(q, in, in6, buf);
}

size_t
dns_respond(const void *data, size_t len, unsigned char *buf)
{
	struct dns_query	 q;
	int			 rcode;

	if ((rcode = dns_parse(data, len, &q)) == -1)
		return 0;
	if (rcode != DNS_NOERROR)
		return dns_write(&q, (enum dns_rcode)rcode, NULL, buf);
	return dns_answer(&q, buf);
}

/* Over TCP: RFC 7766. */

void
dns_accept(struct session *s)
{
	session_timeout(s, TIMEOUT_DNS, session_close);
	s->client.phase = dns_read;
	half_update(&s->client);
}

static size_t
dns_read(struct half *h, const char *data, size_t len)
{
	const unsigned char	*p = (const unsigned char *)data;
	unsigned char		 answer[2 + DNS_ANSWER_MAX];
	size_t			 n, want;

	/* Whoever does not read what it has asked for is not read either. */
	if (half_full(h))
		return 0;
	want = len < 2 ? 2 : 2 + (size_t)(p[0] << 8 | p[1]);
	if (want > 2 + DNS_QUERY_MAX) {
		session_close(h->s);
		return 0;
	}
	if (len < want) {
		if (h->eof)
			session_linger(h->s);
		return 0;
	}
	if (want == 2 || (n = dns_respond(p + 2, want - 2,
	    answer + 2)) == 0) {
		session_close(h->s);
		return 0;
	}
	answer[0] = (unsigned char)(n >> 8);
	answer[1] = (unsigned char)n;
	half_add(h, answer, n + 2);
	session_timeout(h->s, TIMEOUT_DNS, session_close);
	return want;
}
