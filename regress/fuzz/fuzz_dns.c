/* SPDX-License-Identifier: ISC */

/* Queries: what was understood must be written so that it reads the same. */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/dns_parse.h"
#include "../../srt-proxy/synth.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
look(const struct dns_query *q)
{
	unsigned char	 addr[16], name[DNS_NAME_MAX];
	size_t		 len;

	if (strlen(q->name) >= DNS_TEXT_MAX ||
	    q->questionlen > DNS_QUESTION_MAX)
		abort();
	len = dns_reverse(q->name, addr);
	if (len != 0 && len != 4 && len != 16)
		abort();
	if (len == 4)
		(void)synth_from_inet(addr);
	if (len == 16)
		(void)synth_from_inet6(addr);
	/* A name without escapes has one form. */
	if (*q->name == '\0' || strchr(q->name, '\\') != NULL)
		return;
	len = dns_name(q->name, name);
	if (len + 4 != q->questionlen || memcmp(name, q->question, len) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const unsigned char	 addr[16] = { 0xfd, 0x73 };
	struct dns_record		 rr = { DNS_AAAA, 5, addr, 16 };
	struct dns_query		 q, again;
	unsigned char			*buf;
	size_t				 n;
	int				 rcode;

	if ((rcode = dns_parse(data, len, &q)) == -1)
		return 0;
	if ((buf = malloc(DNS_ANSWER_MAX)) == NULL)
		abort();
	n = dns_write(&q, (enum dns_rcode)rcode, rcode == DNS_NOERROR ? &rr :
	    NULL, buf);
	if (n > DNS_ANSWER_MAX || n < DNS_HEADER_SIZE)
		abort();
	/* An answer is never answered. */
	if (dns_parse(buf, n, &again) != -1)
		abort();
	if (rcode == DNS_NOERROR) {
		look(&q);
		n = dns_write(&q, DNS_NOERROR, NULL, buf);
		buf[2] &= 0x7f;
		buf[3] = 0;
		if (dns_parse(buf, n, &again) != DNS_NOERROR ||
		    strcmp(again.name, q.name) != 0 || again.type != q.type ||
		    again.class != q.class || again.edns != q.edns ||
		    again.dnssec != q.dnssec)
			abort();
	}
	free(buf);
	return 0;
}
