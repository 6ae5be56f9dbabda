/* SPDX-License-Identifier: ISC */

/* The canonical form of a destination: COMPAT section 5, THREATS N1 to N3. */

#include "compat.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rule.h"

static const struct form {
	const char	*in;
	const char	*out;	/* NULL: malformed */
	enum host_kind	 kind;
} forms[] = {
	{ "example.com", "example.com", HOST_NAME },
	{ "EXAMPLE.com.", "example.com", HOST_NAME },
	{ "localhost", "localhost", HOST_NAME },
	{ "_dmarc.a.com", "_dmarc.a.com", HOST_NAME },
	{ "xn--mnchen-3ya.de", "xn--mnchen-3ya.de", HOST_NAME },
	{ "-a.b-", "-a.b-", HOST_NAME },
	{ "a", "a", HOST_NAME },
	{ "1a", "1a", HOST_NAME },
	{ "1.a", "1.a", HOST_NAME },
	{ "127.0.0.1.a", "127.0.0.1.a", HOST_NAME },
	{ "0xg", "0xg", HOST_NAME },
	{ "1.0xg", "1.0xg", HOST_NAME },
	{ "1e3", "1e3", HOST_NAME },
	{ "_1", "_1", HOST_NAME },
	{ "-1", "-1", HOST_NAME },

	/* inet_aton(3)'s forms */
	{ "127.0.0.1", "127.0.0.1", HOST_INET },
	{ "127.1", "127.0.0.1", HOST_INET },
	{ "127.0.1", "127.0.0.1", HOST_INET },
	{ "2130706433", "127.0.0.1", HOST_INET },
	{ "0x7f.1", "127.0.0.1", HOST_INET },
	{ "0x7f000001", "127.0.0.1", HOST_INET },
	{ "0X7F.0.0.1", "127.0.0.1", HOST_INET },
	{ "0177.0.0.1", "127.0.0.1", HOST_INET },
	{ "017700000001", "127.0.0.1", HOST_INET },
	{ "127.0.0.1.", "127.0.0.1", HOST_INET },
	{ "00000000000000000000127.1", "87.0.0.1", HOST_INET },
	{ "0", "0.0.0.0", HOST_INET },
	{ "0x", "0.0.0.0", HOST_INET },
	{ "0x.0x", "0.0.0.0", HOST_INET },
	{ "1.0x", "1.0.0.0", HOST_INET },
	{ "255.255.255.255", "255.255.255.255", HOST_INET },
	{ "256", "0.0.1.0", HOST_INET },
	{ "4294967295", "255.255.255.255", HOST_INET },
	{ "255.16777215", "255.255.255.255", HOST_INET },
	{ "255.255.65535", "255.255.255.255", HOST_INET },
	{ "2852039166", "169.254.169.254", HOST_INET },
	{ "0xa9fea9fe", "169.254.169.254", HOST_INET },
	{ "0251.0376.0251.0376", "169.254.169.254", HOST_INET },
	{ "169.254.43518", "169.254.169.254", HOST_INET },

	/* they end in a number and are none */
	{ "4294967296", NULL, HOST_NAME },
	{ "18446744073709551616", NULL, HOST_NAME },
	{ "18446744073709551617", NULL, HOST_NAME },
	{ "0x100000000", NULL, HOST_NAME },
	{ "1.2.3.256", NULL, HOST_NAME },
	{ "256.1", NULL, HOST_NAME },
	{ "1.16777216", NULL, HOST_NAME },
	{ "1.2.65536", NULL, HOST_NAME },
	{ "1.2.3.4.5", NULL, HOST_NAME },
	{ "1.2.3.4.5.", NULL, HOST_NAME },
	{ "a.1", NULL, HOST_NAME },
	{ "a.0x1f", NULL, HOST_NAME },
	{ "a.08", NULL, HOST_NAME },
	{ "08", NULL, HOST_NAME },
	{ "1.2.3.08", NULL, HOST_NAME },
	{ "1.2.3.09.", NULL, HOST_NAME },
	{ "-1.2.3.4", NULL, HOST_NAME },
	{ "1.2..4", NULL, HOST_NAME },
	{ "1..", NULL, HOST_NAME },

	/* IPv6 */
	{ "::1", "::1", HOST_INET6 },
	{ "[::1]", "::1", HOST_INET6 },
	{ "::", "::", HOST_INET6 },
	{ "[0:0:0:0:0:0:0:0]", "::", HOST_INET6 },
	{ "1::", "1::", HOST_INET6 },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1", HOST_INET6 },
	{ "2001:0db8::0001", "2001:db8::1", HOST_INET6 },
	{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", HOST_INET6 },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", HOST_INET6 },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", HOST_INET6 },
	{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", HOST_INET6 },
	{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", HOST_INET6 },
	{ "1:0:0:4:5:6:0:0", "1::4:5:6:0:0", HOST_INET6 },
	{ "0:0:3:4:5:0:0:0", "0:0:3:4:5::", HOST_INET6 },
	{ "::1.2.3.4", "::102:304", HOST_INET6 },
	{ "64:ff9b::a9fe:a9fe", "64:ff9b::a9fe:a9fe", HOST_INET6 },
	{ "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", HOST_INET6 },
	{ "2002:a9fe:a9fe::", "2002:a9fe:a9fe::", HOST_INET6 },
	{ "::fffe:1.2.3.4", "::fffe:102:304", HOST_INET6 },
	{ "[::ffff:a9fe:a9fe]", "169.254.169.254", HOST_INET },
	{ "::ffff:1.2.3.4", "1.2.3.4", HOST_INET },
	{ "0:0:0:0:0:FFFF:127.0.0.1", "127.0.0.1", HOST_INET },
	{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", HOST_INET6 },
	{ "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:0:102:304", HOST_INET6 },

	{ "[", NULL, HOST_NAME },
	{ "[]", NULL, HOST_NAME },
	{ "]", NULL, HOST_NAME },
	{ "[::1", NULL, HOST_NAME },
	{ "::1]", NULL, HOST_NAME },
	{ "[[::1]]", NULL, HOST_NAME },
	{ "[::1]x", NULL, HOST_NAME },
	{ "[::1]:443", NULL, HOST_NAME },
	{ "[1.2.3.4]", NULL, HOST_NAME },
	{ "[a.com]", NULL, HOST_NAME },
	{ ":", NULL, HOST_NAME },
	{ ":::", NULL, HOST_NAME },
	{ ":1", NULL, HOST_NAME },
	{ "1:", NULL, HOST_NAME },
	{ ":1:2:3:4:5:6:7", NULL, HOST_NAME },
	{ "1:2:3:4:5:6:7:", NULL, HOST_NAME },
	{ "1:2:3:4:5:6:7", NULL, HOST_NAME },
	{ "1:2:3:4:5:6:7:8:9", NULL, HOST_NAME },
	{ "1:2:3:4:5:6:7:8:", NULL, HOST_NAME },
	{ "1:2:3:4:5:6:7:8::", NULL, HOST_NAME },
	{ "::1:2:3:4:5:6:7:8", NULL, HOST_NAME },
	{ "1::2::3", NULL, HOST_NAME },
	{ "12345::", NULL, HOST_NAME },
	{ "00001::", NULL, HOST_NAME },
	{ "::g", NULL, HOST_NAME },
	{ "::1.2.3", NULL, HOST_NAME },
	{ "::1.2.3.4.5", NULL, HOST_NAME },
	{ "::1.2.3.256", NULL, HOST_NAME },
	{ "::01.2.3.4", NULL, HOST_NAME },
	{ "::1.2.3.4:5", NULL, HOST_NAME },
	{ "::1.2.3.4.", NULL, HOST_NAME },
	{ "::.2.3.4", NULL, HOST_NAME },
	{ "1.2.3.4::", NULL, HOST_NAME },
	{ "1:2:3:4:5:6:7:1.2.3.4", NULL, HOST_NAME },
	{ "1:2:3:4:5:6::1.2.3.4", NULL, HOST_NAME },
	{ "::1 ", NULL, HOST_NAME },
	{ " ::1", NULL, HOST_NAME },

	/* zone ids, and what else could hide an address from a rule */
	{ "fe80::1%eth0", NULL, HOST_NAME },
	{ "[fe80::1%25eth0]", NULL, HOST_NAME },
	{ "1.2.3.4%x.allowed.test", NULL, HOST_NAME },
	{ "::ffff:1.2.3.4%.allowed.test", NULL, HOST_NAME },
	{ "a%2ecom", NULL, HOST_NAME },

	{ "", NULL, HOST_NAME },
	{ ".", NULL, HOST_NAME },
	{ "..", NULL, HOST_NAME },
	{ ".a.com", NULL, HOST_NAME },
	{ "a..com", NULL, HOST_NAME },
	{ "example.com..", NULL, HOST_NAME },
	{ " a.com", NULL, HOST_NAME },
	{ "a.com ", NULL, HOST_NAME },
	{ "a b.com", NULL, HOST_NAME },
	{ "a.com\n", NULL, HOST_NAME },
	{ "a.com\r\nx", NULL, HOST_NAME },
	{ "a.com\x7f", NULL, HOST_NAME },
	{ "user@a.com", NULL, HOST_NAME },
	{ "a.com/x", NULL, HOST_NAME },
	{ "a.com?x", NULL, HOST_NAME },
	{ "a.com#x", NULL, HOST_NAME },
	{ "a.com:443", NULL, HOST_NAME },
	{ "a.com\\b", NULL, HOST_NAME },
	{ "*.a.com", NULL, HOST_NAME },
	{ "*", NULL, HOST_NAME },
	{ "m\xc3\xbcnchen.de", NULL, HOST_NAME },
	{ "a\xe3\x80\x82" "com", NULL, HOST_NAME },
	{ "a\xff.com", NULL, HOST_NAME },
};

static void
test_forms(void **state)
{
	const struct form	*f;
	struct host		 h;

	(void)state;
	for (f = forms; f < forms + nitems(forms); f++) {
		if (host_parse(f->in, strlen(f->in), &h) == -1) {
			if (f->out != NULL)
				fail_msg("%s: refused", f->in);
			continue;
		}
		if (f->out == NULL)
			fail_msg("%s: taken as %s", f->in, h.name);
		assert_string_equal(h.name, f->out);
		assert_int_equal(h.kind, f->kind);
	}
}

/* The bytes are those that the C library reads from the canonical text. */
static void
test_bytes(void **state)
{
	const struct form	*f;
	struct host		 h;
	unsigned char		 want[16];

	(void)state;
	for (f = forms; f < forms + nitems(forms); f++) {
		if (f->out == NULL || f->kind == HOST_NAME)
			continue;
		memset(want, 0, sizeof(want));
		assert_int_equal(inet_pton(f->kind == HOST_INET ? AF_INET :
		    AF_INET6, f->out, want), 1);
		assert_int_equal(host_parse(f->in, strlen(f->in), &h), 0);
		assert_memory_equal(h.addr, want, sizeof(want));
	}
}

static void
test_nul(void **state)
{
	static const char	 evil[] = "evil.test\0.allowed.test";
	struct host		 h;

	(void)state;
	assert_int_equal(host_parse(evil, sizeof(evil) - 1, &h), -1);
	assert_int_equal(host_parse("a.com\0", 6, &h), -1);
	assert_int_equal(host_parse("\0", 1, &h), -1);
	assert_int_equal(host_parse("::1\0", 4, &h), -1);
	assert_int_equal(host_parse("1.2.3.4\0", 8, &h), -1);
}

/* Only the bytes given are read, though more of a name follow. */
static void
test_not_terminated(void **state)
{
	struct host	h;

	(void)state;
	assert_int_equal(host_parse("a.common", 5, &h), 0);
	assert_string_equal(h.name, "a.com");
	assert_int_equal(host_parse("1.2.3.45", 7, &h), 0);
	assert_string_equal(h.name, "1.2.3.4");
	assert_int_equal(host_parse("::12", 3, &h), 0);
	assert_string_equal(h.name, "::1");
}

static void
test_length(void **state)
{
	struct host	h;
	char		name[400];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(host_parse(name, 0, &h), -1);
	assert_int_equal(host_parse(name, 255, &h), 0);
	assert_int_equal(strlen(h.name), 255);
	assert_int_equal(host_parse(name, 256, &h), -1);
	assert_int_equal(host_parse(name, 300, &h), -1);
	name[254] = '.';
	assert_int_equal(host_parse(name, 255, &h), 0);
	assert_int_equal(strlen(h.name), 254);
	name[255] = '.';
	assert_int_equal(host_parse(name, 256, &h), -1);
}

static void
test_every_byte(void **state)
{
	static const char	 ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	struct host		 h;
	char			 name[] = "a?b.com";
	int			 c;

	(void)state;
	for (c = 0; c < 256; c++) {
		name[1] = (char)c;
		assert_int_equal(host_parse(name, 7, &h),
		    c != 0 && strchr(ok, c) != NULL ? 0 : -1);
	}
}

static void
test_embedded(void **state)
{
	static const struct {
		const char	*in6;
		const char	*in;	/* NULL: none */
	} t[] = {
		{ "::ffff:1.2.3.4", "1.2.3.4" },
		{ "::1.2.3.4", "1.2.3.4" },
		{ "::1", "0.0.0.1" },
		{ "::", "0.0.0.0" },
		{ "::ffff:0:1.2.3.4", "1.2.3.4" },
		{ "64:ff9b::1.2.3.4", "1.2.3.4" },
		{ "2002:102:304::", "1.2.3.4" },
		{ "2002:102:304:ffff::1", "1.2.3.4" },
		{ "64:ff9b:1::1.2.3.4", NULL },
		{ "64:ff9b::1:102:304", NULL },
		{ "2003:102:304::", NULL },
		{ "::fffe:1.2.3.4", NULL },
		{ "::1:0:1.2.3.4", NULL },
		{ "2001:db8::1.2.3.4", NULL },
	};
	unsigned char	 in6[16], in[4], want[4];
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		assert_int_equal(inet_pton(AF_INET6, t[i].in6, in6), 1);
		if (t[i].in == NULL) {
			assert_int_equal(host_embedded_inet(in6, in), -1);
			continue;
		}
		assert_int_equal(inet_pton(AF_INET, t[i].in, want), 1);
		assert_int_equal(host_embedded_inet(in6, in), 0);
		assert_memory_equal(in, want, 4);
	}
}

/* Every place and length of a run of zeros, against the C library. */
static void
test_inet6_text(void **state)
{
	unsigned char	 addr[16], back[16];
	struct host	 h;
	char		 text[INET6_ADDRSTRLEN];
	unsigned int	 mask, i;

	(void)state;
	for (mask = 0; mask < 256; mask++) {
		for (i = 0; i < 8; i++) {
			addr[2 * i] = 0;
			addr[2 * i + 1] = mask & 1U << i ? 0 : (unsigned char)
			    (0x10 + i);
		}
		/* There inet_ntop(3) uses the mixed notation. */
		if ((mask & 0x3f) == 0x3f)
			continue;
		assert_non_null(inet_ntop(AF_INET6, addr, text,
		    sizeof(text)));
		host_from_inet6(addr, &h);
		assert_string_equal(h.name, text);
		assert_int_equal(host_parse_inet6(text, strlen(text), back),
		    0);
		assert_memory_equal(addr, back, sizeof(addr));
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_not_terminated),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_inet6_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
