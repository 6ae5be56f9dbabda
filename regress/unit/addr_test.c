/* SPDX-License-Identifier: ISC */

/* Resolved addresses: COMPAT section 7, THREATS N3 to N5 and N21. */

#include "compat.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule.h"

#define MESSAGE_3 \
	"Invalid IP address or CIDR range. Use an IPv4/IPv6 literal or " \
	"CIDR, e.g. \"10.0.0.0/8\", \"192.168.1.10\", \"fc00::/7\" (IPv6 " \
	"unbracketed)."

static const struct sockaddr *
sockaddr(const char *text)
{
	static struct sockaddr_storage	 ss;
	struct sockaddr_in		 sin;
	struct sockaddr_in6		 sin6;

	memset(&ss, 0, sizeof(ss));
	memset(&sin, 0, sizeof(sin));
	memset(&sin6, 0, sizeof(sin6));
	if (inet_pton(AF_INET, text, &sin.sin_addr) == 1) {
		sin.sin_family = AF_INET;
		sin.sin_port = htons(443);
		memcpy(&ss, &sin, sizeof(sin));
	} else if (inet_pton(AF_INET6, text, &sin6.sin6_addr) == 1) {
		sin6.sin6_family = AF_INET6;
		sin6.sin6_scope_id = 7;
		memcpy(&ss, &sin6, sizeof(sin6));
	} else
		fail_msg("%s: no address", text);
	return (const struct sockaddr *)&ss;
}

static void
add_rule(struct rules *rules, const char *text, enum rule_list list)
{
	struct rule	*r;
	const char	*why;

	assert_non_null(r = rule_parse(text, list, &why));
	TAILQ_INSERT_TAIL(rules, r, entry);
}

static void
add_range(struct addr_ranges *ranges, const char *text)
{
	struct addr_range	*r;
	const char		*why;

	assert_non_null(r = addr_range_parse(text, &why));
	TAILQ_INSERT_TAIL(ranges, r, entry);
}

struct row {
	const char	*name;
	const char	*addr;
	uint16_t	 port;
	enum addr_class	 class;
};

static void
check_rows(const struct row *row, size_t n, const struct ruleset *set,
    const struct addr_ranges *own)
{
	struct host	h;
	enum addr_class	class;

	for (; n > 0; n--, row++) {
		assert_int_equal(host_parse(row->name, strlen(row->name),
		    &h), 0);
		class = addr_check(set, &h, row->port, sockaddr(row->addr),
		    own);
		if (class != row->class)
			fail_msg("%s as %s:%u is %s, not %s", row->name,
			    row->addr, row->port, addr_class_text(class),
			    addr_class_text(row->class));
	}
}

/* The built-in classes, at and beyond each of their edges. */
static void
test_builtin(void **state)
{
	static const struct {
		const char	*addr;
		enum addr_class	 class;
	} t[] = {
		{ "127.0.0.0", ADDR_LOOPBACK },
		{ "127.0.0.1", ADDR_LOOPBACK },
		{ "127.255.255.255", ADDR_LOOPBACK },
		{ "126.255.255.255", ADDR_OK },
		{ "128.0.0.0", ADDR_OK },
		{ "::1", ADDR_LOOPBACK },
		{ "0.0.0.0", ADDR_UNSPECIFIED },
		{ "0.255.255.255", ADDR_UNSPECIFIED },
		{ "1.0.0.0", ADDR_OK },
		{ "::", ADDR_UNSPECIFIED },
		{ "169.254.0.0", ADDR_LINK_LOCAL },
		{ "169.254.169.254", ADDR_LINK_LOCAL },
		{ "169.254.255.255", ADDR_LINK_LOCAL },
		{ "169.253.255.255", ADDR_OK },
		{ "169.255.0.0", ADDR_OK },
		{ "fe80::", ADDR_LINK_LOCAL },
		{ "fe80::1", ADDR_LINK_LOCAL },
		{ "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		    ADDR_LINK_LOCAL },
		{ "fe7f::1", ADDR_OK },
		{ "fec0::1", ADDR_OK },
		{ "224.0.0.0", ADDR_MULTICAST },
		{ "239.255.255.255", ADDR_MULTICAST },
		{ "223.255.255.255", ADDR_OK },
		{ "240.0.0.0", ADDR_OK },
		{ "ff00::", ADDR_MULTICAST },
		{ "ff02::1", ADDR_MULTICAST },
		{ "ffff::1", ADDR_MULTICAST },
		{ "feff::1", ADDR_OK },
		{ "255.255.255.255", ADDR_BROADCAST },
		{ "255.255.255.254", ADDR_OK },
		{ "100.100.100.200", ADDR_METADATA },
		{ "100.100.100.201", ADDR_OK },
		{ "168.63.129.16", ADDR_METADATA },
		{ "168.63.129.17", ADDR_OK },
		{ "192.0.0.192", ADDR_METADATA },
		{ "192.0.0.193", ADDR_OK },
		{ "fd00:ec2::", ADDR_METADATA },
		{ "fd00:ec2::254", ADDR_METADATA },
		{ "fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff", ADDR_METADATA },
		{ "fd00:ec1::254", ADDR_OK },
		{ "fd00:ec3::254", ADDR_OK },
		{ "fd20:ce::254", ADDR_METADATA },
		{ "fd20:ce::255", ADDR_OK },
		{ "fd00:c1::a9fe:a9fe", ADDR_METADATA },
		{ "fd00:c1::a9fe:a9ff", ADDR_OK },
		{ "fd00:42::42", ADDR_METADATA },
		{ "fd00:42::43", ADDR_OK },
		{ "fd00:a9fe:a9fe::1", ADDR_METADATA },
		{ "fd00:a9fe:a9fe::2", ADDR_OK },
		{ "fd00:100::100:200", ADDR_METADATA },
		{ "fd00:100::100:201", ADDR_OK },
		/* private use is not denied as such */
		{ "10.0.0.1", ADDR_OK },
		{ "172.16.0.1", ADDR_OK },
		{ "192.168.0.1", ADDR_OK },
		{ "100.64.0.1", ADDR_OK },
		{ "fd00::1", ADDR_OK },
		{ "93.184.216.34", ADDR_OK },
		{ "2606:2800:220:1::1", ADDR_OK },
		/* IPv4 within IPv6 */
		{ "::ffff:127.0.0.1", ADDR_LOOPBACK },
		{ "::127.0.0.1", ADDR_LOOPBACK },
		{ "::ffff:0:127.0.0.1", ADDR_LOOPBACK },
		{ "64:ff9b::127.0.0.1", ADDR_LOOPBACK },
		{ "2002:7f00:1::", ADDR_LOOPBACK },
		{ "2002:7f00:1:2:3:4:5:6", ADDR_LOOPBACK },
		{ "::2", ADDR_UNSPECIFIED },
		{ "::ffff:169.254.169.254", ADDR_LINK_LOCAL },
		{ "64:ff9b::a9fe:a9fe", ADDR_LINK_LOCAL },
		{ "2002:a9fe:a9fe::", ADDR_LINK_LOCAL },
		{ "64:ff9b::224.0.0.1", ADDR_MULTICAST },
		{ "64:ff9b::255.255.255.255", ADDR_BROADCAST },
		{ "64:ff9b::100.100.100.200", ADDR_METADATA },
		{ "64:ff9b::8.8.8.8", ADDR_OK },
		{ "2002:808:808::", ADDR_OK },
		{ "64:ff9b:1::127.0.0.1", ADDR_OK },
	};
	struct ruleset	*set;
	struct row	 row;
	size_t		 i;

	(void)state;
	assert_non_null(set = ruleset_new());
	for (i = 0; i < nitems(t); i++) {
		row.name = "name.test";
		row.addr = t[i].addr;
		row.port = 443;
		row.class = t[i].class;
		check_rows(&row, 1, set, NULL);
	}
	ruleset_free(set);
}

static void
test_lists(void **state)
{
	static const struct row	rows[] = {
		/* a denied literal, with its port */
		{ "n.test", "192.0.2.1", 443, ADDR_DENY_LISTED },
		{ "n.test", "192.0.2.1", 1, ADDR_DENY_LISTED },
		{ "n.test", "::ffff:192.0.2.1", 1, ADDR_DENY_LISTED },
		{ "n.test", "64:ff9b::192.0.2.1", 1, ADDR_DENY_LISTED },
		{ "n.test", "192.0.2.2", 443, ADDR_DENY_LISTED },
		{ "n.test", "192.0.2.2", 444, ADDR_OK },
		{ "n.test", "2001:db8::5", 443, ADDR_DENY_LISTED },
		{ "n.test", "2001:db8::6", 443, ADDR_OK },
		/* goes before an allowed one and before any class */
		{ "n.test", "10.1.1.1", 443, ADDR_DENY_LISTED },
		{ "n.test", "127.0.0.2", 443, ADDR_DENY_LISTED },
		{ "localhost", "127.0.0.2", 443, ADDR_DENY_LISTED },
		/* an allowed literal, with its port */
		{ "n.test", "127.0.0.3", 443, ADDR_OK },
		{ "n.test", "::ffff:127.0.0.3", 443, ADDR_OK },
		{ "n.test", "127.0.0.4", 8080, ADDR_OK },
		{ "n.test", "127.0.0.4", 443, ADDR_LOOPBACK },
		{ "n.test", "::1", 5432, ADDR_OK },
		{ "n.test", "::1", 5433, ADDR_LOOPBACK },
		{ "n.test", "10.9.0.1", 443, ADDR_OK },
		{ "n.test", "10.9.0.2", 443, ADDR_LISTED },
		/* what carries it is not allowed by it */
		{ "n.test", "64:ff9b::127.0.0.3", 443, ADDR_LOOPBACK },
		{ "n.test", "2002:7f00:3::", 443, ADDR_LOOPBACK },
		/* localhost is this machine or nothing */
		{ "localhost", "127.0.0.1", 443, ADDR_OK },
		{ "localhost", "127.9.9.9", 443, ADDR_OK },
		{ "localhost", "::1", 443, ADDR_OK },
		{ "localhost", "::ffff:127.0.0.1", 443, ADDR_OK },
		{ "a.localhost", "127.0.0.1", 443, ADDR_OK },
		{ "a.b.LOCALHOST.", "127.0.0.1", 443, ADDR_OK },
		{ "localhost", "93.184.216.34", 443, ADDR_NOT_LOOPBACK },
		{ "localhost", "0.0.0.0", 443, ADDR_NOT_LOOPBACK },
		{ "localhost", "169.254.169.254", 443, ADDR_NOT_LOOPBACK },
		{ "a.localhost", "10.0.0.7", 443, ADDR_NOT_LOOPBACK },
		{ "localhost", "64:ff9b::127.0.0.1", 443,
		    ADDR_NOT_LOOPBACK },
		{ "localhost", "::127.0.0.1", 443, ADDR_NOT_LOOPBACK },
		{ "localhost", "10.9.0.1", 443, ADDR_OK },
		{ "localhost", "10.0.0.5", 443, ADDR_NOT_LOOPBACK },
		{ "xlocalhost", "127.0.0.1", 443, ADDR_LOOPBACK },
		{ "localhost.test", "127.0.0.1", 443, ADDR_LOOPBACK },
		{ "a.xlocalhost", "127.0.0.1", 443, ADDR_LOOPBACK },
		/* deniedResolvedAddresses */
		{ "n.test", "10.9.255.255", 443, ADDR_LISTED },
		{ "n.test", "10.10.0.0", 443, ADDR_OK },
		{ "n.test", "64:ff9b::10.9.0.9", 443, ADDR_LISTED },
		{ "n.test", "fd12::1", 443, ADDR_LISTED },
		{ "n.test", "fe00::1", 443, ADDR_OK },
		/* this host's own */
		{ "n.test", "10.0.0.5", 443, ADDR_OWN },
		{ "n.test", "::ffff:10.0.0.5", 443, ADDR_OWN },
		{ "n.test", "64:ff9b::10.0.0.5", 443, ADDR_OWN },
		{ "n.test", "10.0.0.6", 443, ADDR_OK },
		{ "n.test", "2001:db8::77", 443, ADDR_OWN },
		{ "n.test", "2001:db8::78", 443, ADDR_OK },
		{ "n.test", "10.9.0.5", 443, ADDR_LISTED },
		/* the carried address has the higher blame */
		{ "n.test", "2002:7f00:1::77", 443, ADDR_LOOPBACK },
		/* literals are for the rules to judge */
		{ "127.0.0.1", "127.0.0.1", 443, ADDR_OK },
		{ "[::1]", "::1", 443, ADDR_OK },
	};
	struct ruleset		*set;
	struct addr_ranges	 own = TAILQ_HEAD_INITIALIZER(own);

	(void)state;
	assert_non_null(set = ruleset_new());
	add_rule(&set->deny, "192.0.2.1", RULE_DENY);
	add_rule(&set->deny, "192.0.2.2:443", RULE_DENY);
	add_rule(&set->deny, "[2001:db8::5]:443", RULE_DENY);
	add_rule(&set->deny, "10.1.1.1", RULE_DENY);
	add_rule(&set->deny, "127.0.0.2", RULE_DENY);
	/* Rules for names say nothing of addresses. */
	add_rule(&set->deny, "*:444", RULE_DENY);
	add_rule(&set->deny, "*.n.test", RULE_DENY);
	add_rule(&set->allow, "10.1.1.1", RULE_ALLOW);
	add_rule(&set->allow, "127.0.0.3", RULE_ALLOW);
	add_rule(&set->allow, "127.0.0.4:8080", RULE_ALLOW);
	add_rule(&set->allow, "[::1]:5432", RULE_ALLOW);
	add_rule(&set->allow, "10.9.0.1", RULE_ALLOW);
	add_range(&set->denyaddr, "10.9.0.0/16");
	add_range(&set->denyaddr, "fc00::/7");
	add_range(&set->denyaddr, "2002:7f00:1::77");
	assert_int_equal(addr_range_add_sockaddr(&own,
	    sockaddr("10.0.0.5")), 0);
	assert_int_equal(addr_range_add_sockaddr(&own,
	    sockaddr("10.9.0.5")), 0);
	assert_int_equal(addr_range_add_sockaddr(&own,
	    sockaddr("2001:db8::77")), 0);
	check_rows(rows, nitems(rows), set, &own);
	addr_ranges_free(&own);
	assert_true(TAILQ_EMPTY(&own));
	ruleset_free(set);
}

/* What leads to this machine is denied with it, however that is spelt. */
static void
test_unspecified(void **state)
{
	static const struct {
		const char	*denied;
		struct row	 row;
	} t[] = {
		{ "[::1]", { "n.test", "::", 443, ADDR_DENY_LISTED } },
		{ "127.0.0.1", { "n.test", "0.0.0.0", 443,
		    ADDR_DENY_LISTED } },
		{ "localhost", { "n.test", "::", 443, ADDR_DENY_LISTED } },
		/* ::1 carries it. */
		{ "0.0.0.1", { "n.test", "::1", 443, ADDR_DENY_LISTED } },
		{ "0.0.0.1", { "n.test", "::", 443, ADDR_DENY_LISTED } },
		{ "0.0.0.2", { "n.test", "::", 443, ADDR_OK } },
	};
	struct ruleset	*set;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		assert_non_null(set = ruleset_new());
		add_rule(&set->deny, t[i].denied, RULE_DENY);
		add_rule(&set->allow, "[::]", RULE_ALLOW);
		check_rows(&t[i].row, 1, set, NULL);
		ruleset_free(set);
	}
}

/* Ranges that hold the mapped addresses hold IPv4. */
static void
test_wide_range(void **state)
{
	static const struct {
		const char	*range;
		const char	*addr;
		enum addr_class	 class;
	} t[] = {
		{ "::/0", "8.8.8.8", ADDR_LISTED },
		{ "::/0", "2001:db8::1", ADDR_LISTED },
		{ "::/80", "8.8.8.8", ADDR_LISTED },
		{ "::/96", "8.8.8.8", ADDR_OK },
		{ "8000::/1", "8.8.8.8", ADDR_OK },
		{ "0.0.0.0/0", "8.8.8.8", ADDR_LISTED },
		{ "0.0.0.0/0", "64:ff9b::8.8.8.8", ADDR_LISTED },
		{ "0.0.0.0/0", "2001:db8::1", ADDR_OK },
	};
	struct ruleset	*set;
	struct row	 row;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		assert_non_null(set = ruleset_new());
		add_range(&set->denyaddr, t[i].range);
		row.name = "name.test";
		row.addr = t[i].addr;
		row.port = 443;
		row.class = t[i].class;
		check_rows(&row, 1, set, NULL);
		ruleset_free(set);
	}
}

static void
test_fail_closed(void **state)
{
	struct addr_ranges	 own = TAILQ_HEAD_INITIALIZER(own);
	struct sockaddr_un	 sun;
	struct ruleset		*set;
	struct host		 h;

	(void)state;
	assert_non_null(set = ruleset_new());
	assert_int_equal(host_parse("a.test", 6, &h), 0);
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	assert_int_equal(addr_check(set, &h, 443,
	    (const struct sockaddr *)&sun, NULL), ADDR_UNPARSABLE);
	assert_int_equal(addr_check(set, &h, 443, NULL, NULL),
	    ADDR_UNPARSABLE);
	assert_int_equal(addr_check(NULL, &h, 443, sockaddr("192.0.2.1"),
	    NULL), ADDR_DENY_LISTED);
	errno = 0;
	assert_int_equal(addr_range_add_sockaddr(&own,
	    (const struct sockaddr *)&sun), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(addr_range_add_sockaddr(&own, NULL), -1);
	assert_true(TAILQ_EMPTY(&own));
	ruleset_free(set);
}

/* What the settings accept fits a message to the proxy. */
static void
test_range_length(void **state)
{
	const char		*why;
	struct addr_range	*r;
	char			 text[HOST_NAME_MAX_LEN + 2];

	(void)state;
	memset(text, 'z', sizeof(text));
	memcpy(text, "fe80::1%", 8);
	text[HOST_NAME_MAX_LEN] = '\0';
	assert_non_null(r = addr_range_parse(text, &why));
	free(r);
	text[HOST_NAME_MAX_LEN] = 'z';
	text[HOST_NAME_MAX_LEN + 1] = '\0';
	assert_null(addr_range_parse(text, &why));
	assert_string_equal(why, MESSAGE_3);
}

static void
test_range(void **state)
{
	static const struct {
		const char	*text;
		const char	*addr;	/* NULL: refused */
		unsigned int	 prefix;
	} t[] = {
		{ "10.0.0.0/8", "10.0.0.0", 8 },
		{ "192.168.1.10", "192.168.1.10", 32 },
		{ "fc00::/7", "fc00::", 7 },
		{ "::1", "::1", 128 },
		{ "10.0.0.0/08", "10.0.0.0", 8 },
		{ "10.0.0.0/008", "10.0.0.0", 8 },
		{ "10.1.2.3/8", "10.0.0.0", 8 },
		{ "10.255.2.3/9", "10.128.0.0", 9 },
		{ "1.2.3.4/0", "0.0.0.0", 0 },
		{ "1.2.3.4/32", "1.2.3.4", 32 },
		{ "::/0", "::", 0 },
		{ "ffff::1/1", "8000::", 1 },
		{ "2001:DB8::/128", "2001:db8::", 128 },
		{ "::1.2.3.4", "::1.2.3.4", 128 },
		{ "fe80::1%eth0", "fe80::1", 128 },
		{ "fe80::1%eth0/10", "fe80::", 10 },
		{ "::ffff:1.2.3.4", "1.2.3.4", 32 },
		{ "::ffff:10.0.0.0/104", "10.0.0.0", 8 },
		{ "::ffff:10.0.0.0/96", "0.0.0.0", 0 },
		{ "::ffff:0:0/96", "0.0.0.0", 0 },
		{ "64:ff9b::/96", "64:ff9b::", 96 },
		{ "::ffff:10.0.0.0/95", NULL, 0 },
		{ "::ffff:1.2.3.4/000", NULL, 0 },
		{ "", NULL, 0 },
		{ "/", NULL, 0 },
		{ "/8", NULL, 0 },
		{ "10.0.0.0/", NULL, 0 },
		{ "10.0.0.0/33", NULL, 0 },
		{ "10.0.0.0/0008", NULL, 0 },
		{ "10.0.0.0/999", NULL, 0 },
		{ "10.0.0.0/+8", NULL, 0 },
		{ "10.0.0.0/-0", NULL, 0 },
		{ "10.0.0.0/8 ", NULL, 0 },
		{ "10.0.0.0/8/8", NULL, 0 },
		{ "10.0.0.0/255.0.0.0", NULL, 0 },
		{ "::/129", NULL, 0 },
		{ "[::1]", NULL, 0 },
		{ "[::]/0", NULL, 0 },
		{ "127.1", NULL, 0 },
		{ "0x7f.0.0.1", NULL, 0 },
		{ "01.2.3.4", NULL, 0 },
		{ "2130706433", NULL, 0 },
		{ "10.0.0", NULL, 0 },
		{ "10.0.0/8", NULL, 0 },
		{ "1.2.3.4.", NULL, 0 },
		{ "1.2.3.4 ", NULL, 0 },
		{ " 1.2.3.4", NULL, 0 },
		{ "1.2.3.4%eth0", NULL, 0 },
		{ "fe80::1%e h", NULL, 0 },
		{ "1::2::3", NULL, 0 },
		{ "example.com", NULL, 0 },
		{ "localhost", NULL, 0 },
		{ "*", NULL, 0 },
	};
	struct addr_range	*r;
	unsigned char		 want[16];
	const char		*why;
	size_t			 i;
	int			 v4;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		why = "unset";
		r = addr_range_parse(t[i].text, &why);
		if ((r == NULL) != (t[i].addr == NULL))
			fail_msg("%s: %s", t[i].text,
			    r == NULL ? "refused" : "accepted");
		if (r == NULL) {
			assert_string_equal(why, MESSAGE_3);
			continue;
		}
		assert_null(why);
		v4 = strchr(t[i].addr, ':') == NULL;
		memset(want, 0, sizeof(want));
		assert_int_equal(inet_pton(v4 ? AF_INET : AF_INET6,
		    t[i].addr, want), 1);
		assert_int_equal(r->family, v4 ? AF_INET : AF_INET6);
		assert_int_equal(r->prefix, t[i].prefix);
		assert_memory_equal(r->addr, want, sizeof(want));
		free(r);
	}
}

/* Every length of prefix, against a bit-by-bit comparison. */
static void
test_prefix(void **state)
{
	struct ruleset	*set;
	struct host	 h;
	char		 range[64];
	unsigned char	 in[4];
	unsigned int	 prefix, bit;

	(void)state;
	assert_int_equal(host_parse("a.test", 6, &h), 0);
	for (prefix = 0; prefix <= 32; prefix++) {
		assert_non_null(set = ruleset_new());
		(void)snprintf(range, sizeof(range), "85.85.85.85/%u", prefix);
		add_range(&set->denyaddr, range);
		for (bit = 1; bit < 32; bit++) {
			memset(in, 85, sizeof(in));
			in[bit / 8] ^= (unsigned char)(0x80 >> bit % 8);
			/* Left to the built-in classes. */
			if (in[0] == 127)
				continue;
			(void)snprintf(range, sizeof(range), "%u.%u.%u.%u",
			    in[0], in[1], in[2], in[3]);
			assert_int_equal(addr_check(set, &h, 443,
			    sockaddr(range), NULL),
			    bit < prefix ? ADDR_OK : ADDR_LISTED);
		}
		ruleset_free(set);
	}
}

static void
test_reason(void **state)
{
	static const char	 all[] = "resolved to a deny-listed address / "
	    "a loopback address / an unspecified address / "
	    "a link-local address / a multicast address / "
	    "the broadcast address / a cloud metadata address / "
	    "a listed address / one of this host's addresses / "
	    "a non-loopback address / an unparsable address";
	char			 buf[ADDR_REASON_SIZE];

	(void)state;
	addr_reason(1U << ADDR_LOOPBACK, buf, sizeof(buf));
	assert_string_equal(buf, "resolved to a loopback address");
	addr_reason(1U << ADDR_LINK_LOCAL | 1U << ADDR_LOOPBACK, buf,
	    sizeof(buf));
	assert_string_equal(buf,
	    "resolved to a loopback address / a link-local address");
	addr_reason(1U << ADDR_OWN | 1U << ADDR_OK, buf, sizeof(buf));
	assert_string_equal(buf, "resolved to one of this host's addresses");
	addr_reason(~0U, buf, sizeof(buf));
	assert_string_equal(buf, all);
	addr_reason(1U << ADDR_OK, buf, sizeof(buf));
	assert_string_equal(buf, "");
	addr_reason(~0U, buf, 12);
	assert_string_equal(buf, "resolved to");
	addr_reason(~0U, buf, 0);
	assert_string_equal(addr_class_text(ADDR_BROADCAST),
	    "the broadcast address");
	assert_string_equal(addr_class_text((enum addr_class)99),
	    "an unparsable address");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_unspecified),
		cmocka_unit_test(test_wide_range),
		cmocka_unit_test(test_fail_closed),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_range_length),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
