/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-proxy/dns_parse.h"

#define HEAD	"\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
#define NAME	"\1a\4Test\0"
#define A_IN	"\0\1\0\1"

/* Of exact size, so that a sanitizer sees a read beyond it. */
static int
parse(const void *data, size_t len, struct dns_query *q)
{
	unsigned char	*p = malloc(len == 0 ? 1 : len);
	int		 r;

	assert_non_null(p);
	memcpy(p, data, len);
	r = dns_parse(p, len, q);
	free(p);
	return r;
}

static void
test_query(void **state)
{
	static const char	 msg[] = HEAD NAME A_IN;
	struct dns_query	 q;
	size_t			 i, len = sizeof(msg) - 1;

	(void)state;
	assert_int_equal(parse(msg, len, &q), DNS_NOERROR);
	assert_int_equal(q.id, 0x1234);
	assert_int_equal(q.type, DNS_A);
	assert_int_equal(q.class, DNS_IN);
	assert_string_equal(q.name, "a.Test");
	assert_false(q.edns);
	assert_int_equal(q.questionlen, len - DNS_HEADER_SIZE);
	assert_memory_equal(q.question, msg + DNS_HEADER_SIZE, q.questionlen);

	for (i = 0; i < len; i++)
		assert_int_equal(parse(msg, i, &q),
		    i < DNS_HEADER_SIZE ? -1 : DNS_FORMERR);
}

static void
test_header(void **state)
{
	static const char	 msg[] = HEAD NAME A_IN;
	static const struct {
		size_t		 at;
		unsigned char	 value;
		int		 rcode;
	} t[] = {
		{ 2, 0x81, -1 },		/* an answer */
		{ 2, 0x09, DNS_NOTIMP },	/* opcodes */
		{ 2, 0x79, DNS_NOTIMP },
		{ 2, 0x03, DNS_FORMERR },	/* cut */
		{ 3, 0x03, DNS_FORMERR },	/* a code */
		{ 2, 0x00, DNS_NOERROR },	/* no recursion desired */
		{ 3, 0x30, DNS_NOERROR },	/* AD, CD */
		{ 5, 0, DNS_FORMERR },
		{ 5, 2, DNS_FORMERR },
		{ 4, 1, DNS_FORMERR },
		{ 7, 1, DNS_FORMERR },
		{ 9, 1, DNS_FORMERR },
		{ 11, 1, DNS_FORMERR },		/* and nothing there */
		{ 10, 1, DNS_FORMERR },
	};
	struct dns_query	 q;
	char			 buf[sizeof(msg)];
	size_t			 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		memcpy(buf, msg, sizeof(msg));
		buf[t[i].at] = (char)t[i].value;
		assert_int_equal(parse(buf, sizeof(msg) - 1, &q), t[i].rcode);
	}
	assert_int_equal(parse(HEAD NAME A_IN "x", sizeof(msg), &q),
	    DNS_FORMERR);
	assert_int_equal(q.questionlen, 0);
}

static void
test_names(void **state)
{
	unsigned char		 msg[DNS_HEADER_SIZE + 300];
	struct dns_query	 q;
	size_t			 i, len, n;

	(void)state;
#define NAMED(name)	parse(HEAD name A_IN, sizeof(HEAD name A_IN) - 1, &q)
	assert_int_equal(NAMED("\0"), DNS_NOERROR);
	assert_string_equal(q.name, "");
	/* What is no part of a host's name cannot look like one. */
	assert_int_equal(NAMED("\3a.b\1\0\2-_\0"), DNS_NOERROR);
	assert_string_equal(q.name, "a\\046b.\\000.-_");
	assert_int_equal(NAMED("\1\\\1\377\0"), DNS_NOERROR);
	assert_string_equal(q.name, "\\092.\\255");
	/* Compression, and the kinds of labels there never were. */
	assert_int_equal(NAMED("\xc0\x0c"), DNS_FORMERR);
	assert_int_equal(NAMED("\1a\xc0\x0c"), DNS_FORMERR);
	assert_int_equal(NAMED("\x40\0"), DNS_FORMERR);
	assert_int_equal(NAMED("\x80\0"), DNS_FORMERR);

	/* The longest name: 255 bytes, all of them escaped. */
	memcpy(msg, HEAD, DNS_HEADER_SIZE);
	for (n = 253; n <= 254; n++) {
		memset(msg + DNS_HEADER_SIZE, 0xff, sizeof(msg) -
		    DNS_HEADER_SIZE);
		for (i = 0; i < n; i += 64)
			msg[DNS_HEADER_SIZE + i] = (unsigned char)(n - i > 64 ?
			    63 : n - i);
		len = DNS_HEADER_SIZE + n + 1;
		memcpy(msg + len, "\0" A_IN, 5);
		len += 5;
		assert_int_equal(parse(msg, len, &q), n == 253 ?
		    DNS_NOERROR : DNS_FORMERR);
		if (n == 253)
			assert_int_equal(strlen(q.name), 4 * 250 + 3);
	}
}

static void
test_edns(void **state)
{
#define OPT(size, high, flags, len)	"\0\0\x29" size high flags len
#define EDNS	"\x12\x34\x01\x00\0\1\0\0\0\0\0\1" NAME A_IN
#define ASK(opt)	parse(EDNS opt, sizeof(EDNS opt) - 1, &q)
	struct dns_query	 q;

	(void)state;
	assert_int_equal(ASK(OPT("\x10\0", "\0\0", "\0\0", "\0\0")),
	    DNS_NOERROR);
	assert_true(q.edns);
	assert_false(q.dnssec);
	assert_int_equal(ASK(OPT("\0\0", "\0\0", "\x80\0", "\0\0")),
	    DNS_NOERROR);
	assert_true(q.dnssec);
	assert_int_equal(ASK(OPT("\4\0", "\0\0", "\0\0",
	    "\0\6\0\x0a\0\2xy")), DNS_NOERROR);
	assert_int_equal(ASK(OPT("\4\0", "\0\1", "\0\0", "\0\0")),
	    DNS_BADVERS);
	assert_true(q.questionlen > 0);
	assert_int_equal(ASK(OPT("\4\0", "\0\0", "\0\0", "\0\1")),
	    DNS_FORMERR);
	assert_int_equal(ASK(OPT("\4\0", "\0\0", "\0\0", "\0\0") "x"),
	    DNS_FORMERR);
	assert_int_equal(ASK(OPT("\4\0", "\0\0", "\0\0", "\0\3\0\1\0")),
	    DNS_FORMERR);
	assert_int_equal(ASK(OPT("\4\0", "\0\0", "\0\0", "\0\5\0\1\0\2x")),
	    DNS_FORMERR);
	assert_false(q.edns);
	/* TSIG; OPT of another name; none at all. */
	assert_int_equal(ASK("\0\0\xfa\0\xff\0\0\0\0\0\0"), DNS_FORMERR);
	assert_int_equal(ASK("\1a\0\0\x29\4\0\0\0\0\0\0\0"), DNS_FORMERR);
	assert_int_equal(ASK(""), DNS_FORMERR);
}

static void
test_write(void **state)
{
	static const unsigned char	 addr[4] = { 198, 18, 1, 0 };
	static const char		 want[] =
	    "\x12\x34\x81\x80\0\1\0\1\0\0\0\0" NAME A_IN
	    "\xc0\x0c\0\1\0\1\0\0\0\5\0\4\xc6\x12\1\0";
	static const char		 bad[] =
	    "\x12\x34\x81\x80\0\1\0\0\0\0\0\1" NAME A_IN
	    "\0\0\x29\4\xd0\1\0\x80\0\0\0";
	struct dns_record		 rr = { DNS_A, 5, addr, 4 };
	struct dns_query		 q;
	unsigned char			 buf[DNS_ANSWER_MAX];
	size_t				 len;

	(void)state;
	assert_int_equal(parse(HEAD NAME A_IN, sizeof(HEAD NAME A_IN) - 1,
	    &q), DNS_NOERROR);
	len = dns_write(&q, DNS_NOERROR, &rr, buf);
	assert_int_equal(len, sizeof(want) - 1);
	assert_memory_equal(buf, want, len);
	len = dns_write(&q, DNS_NXDOMAIN, NULL, buf);
	assert_memory_equal(buf, "\x12\x34\x81\x83\0\1\0\0\0\0\0\0" NAME
	    A_IN, len);

	assert_int_equal(ASK(OPT("\4\0", "\0\1", "\x80\0", "\0\0")),
	    DNS_BADVERS);
	len = dns_write(&q, DNS_BADVERS, NULL, buf);
	assert_int_equal(len, sizeof(bad) - 1);
	assert_memory_equal(buf, bad, len);

	/* No question that could be understood, none in the answer. */
	assert_int_equal(parse(HEAD "\1", sizeof(HEAD), &q), DNS_FORMERR);
	len = dns_write(&q, DNS_FORMERR, &rr, buf);
	assert_int_equal(len, DNS_HEADER_SIZE);
	assert_memory_equal(buf, "\x12\x34\x81\x81\0\0\0\0\0\0\0\0", len);

	/* The longest there can be. */
	assert_int_equal(ASK(OPT("\4\0", "\0\0", "\x80\0", "\0\0")),
	    DNS_NOERROR);
	q.questionlen = DNS_QUESTION_MAX;
	rr.len = sizeof(buf);
	len = dns_write(&q, DNS_NOERROR, &rr, buf);
	assert_int_equal(len, DNS_HEADER_SIZE + DNS_QUESTION_MAX + 11);
	assert_int_equal(buf[7], 0);
}

static void
test_name(void **state)
{
	unsigned char	 buf[DNS_NAME_MAX];
	char		 text[300];
	size_t		 i;

	(void)state;
	assert_int_equal(dns_name("a.test", buf), 8);
	assert_memory_equal(buf, "\1a\4test\0", 8);
	assert_int_equal(dns_name("", buf), 0);
	assert_int_equal(dns_name("a.", buf), 0);
	assert_int_equal(dns_name(".a", buf), 0);
	assert_int_equal(dns_name("a..b", buf), 0);
	memset(text, 'x', sizeof(text));
	text[63] = '\0';
	assert_int_equal(dns_name(text, buf), 65);
	text[63] = 'x';
	text[64] = '\0';
	assert_int_equal(dns_name(text, buf), 0);
	for (i = 0; i < sizeof(text); i++)
		text[i] = i % 64 == 63 ? '.' : 'x';
	text[253] = '\0';
	assert_int_equal(dns_name(text, buf), 255);
	text[253] = 'x';
	text[254] = '\0';
	assert_int_equal(dns_name(text, buf), 0);
}

static void
test_reverse(void **state)
{
#define ZEROS	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	static const unsigned char	 in6[16] = {
		0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f
	};
	unsigned char			 addr[16];

	(void)state;
	assert_int_equal(dns_reverse("4.3.20.198.in-addr.arpa", addr), 4);
	assert_memory_equal(addr, "\xc6\x14\3\4", 4);
	assert_int_equal(dns_reverse("0.0.0.255.IN-ADDR.ARPA", addr), 4);
	assert_int_equal(dns_reverse("3.20.198.in-addr.arpa", addr), 0);
	assert_int_equal(dns_reverse("5.4.3.20.198.in-addr.arpa", addr), 0);
	assert_int_equal(dns_reverse("04.3.20.198.in-addr.arpa", addr), 0);
	assert_int_equal(dns_reverse("256.3.20.198.in-addr.arpa", addr), 0);
	assert_int_equal(dns_reverse("4444.3.20.198.in-addr.arpa", addr), 0);
	assert_int_equal(dns_reverse("4.3..198.in-addr.arpa", addr), 0);
	assert_int_equal(dns_reverse("4.3.20.198.in-addr.arpa.x", addr), 0);
	assert_int_equal(dns_reverse("4.3.20.198.", addr), 0);
	assert_int_equal(dns_reverse("4.3", addr), 0);
	assert_int_equal(dns_reverse("", addr), 0);

	assert_int_equal(dns_reverse("F.1.0.0." ZEROS
	    "8.b.d.0.1.0.0.2.ip6.arpa", addr), 16);
	assert_memory_equal(addr, in6, 16);
	assert_int_equal(dns_reverse("f.1.0.0." ZEROS
	    "8.b.d.0.1.0.0.ip6.arpa", addr), 0);
	assert_int_equal(dns_reverse("g.1.0.0." ZEROS
	    "8.b.d.0.1.0.0.2.ip6.arpa", addr), 0);
	assert_int_equal(dns_reverse("f.1.0.0." ZEROS
	    "8.b.d.0.1.0.0.2", addr), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_edns),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_reverse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
