/* SPDX-License-Identifier: ISC */

/*
 * Domain entries and the decision: COMPAT sections 5 and 6, THREATS P4 and
 * N18 to N20.
 */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule.h"

#define MESSAGE_D \
	"Invalid domain pattern. Must be a valid domain (e.g., \"example.com" \
	"\"), a wildcard (e.g., \"*.example.com\"), or a bracketed IPv6 " \
	"literal (e.g., \"[::1]\", \"[2001:db8::1]:443\"). Overly broad " \
	"patterns like \"*.com\" or \"*\" are not allowed for security " \
	"reasons."
#define MESSAGE_1 \
	MESSAGE_D " An optional \":port\" suffix (1-65535) restricts the " \
	"entry to that port."
#define MESSAGE_2 \
	MESSAGE_D " In deniedDomains a bare \"*\" (deny-all) is also " \
	"accepted, and an optional \":port\" suffix (1-65535) restricts the " \
	"entry to that port."

static const char *const message[RULE_LIST_MAX] = {
	[RULE_ALLOW] = MESSAGE_1,
	[RULE_DENY] = MESSAGE_2,
	[RULE_HOSTS] = MESSAGE_D,
	[RULE_CEILING] = MESSAGE_1,
};

static struct rule *
must_parse(const char *text, enum rule_list list)
{
	struct rule	*r;
	const char	*why = "unset";

	r = rule_parse(text, list, &why);
	if (r == NULL)
		fail_msg("%s: %s", text, why);
	assert_null(why);
	assert_string_equal(r->text, text);
	assert_null(r->reason);
	return r;
}

static void
must_refuse(const char *text, enum rule_list list, const char *want)
{
	struct rule	*r;
	const char	*why = NULL;

	if ((r = rule_parse(text, list, &why)) != NULL)
		fail_msg("%s: accepted", text);
	if (strcmp(why, want) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, why, want);
}

/* One port, or with 0 every port. */
static void
check_ports(const struct rule *r, uint16_t port)
{
	assert_int_equal(r->port_lo, port == 0 ? RULE_PORT_MIN : port);
	assert_int_equal(r->port_hi, port == 0 ? RULE_PORT_MAX : port);
	assert_int_equal(rule_any_port(r), port == 0);
}

static void
test_accept(void **state)
{
	static const struct {
		const char	*text;
		enum rule_kind	 kind;
		const char	*host;
		uint16_t	 port;
	} t[] = {
		{ "localhost", RULE_EXACT, "localhost", 0 },
		{ "localhost:3000", RULE_EXACT, "localhost", 3000 },
		{ "example.com", RULE_EXACT, "example.com", 0 },
		{ "Example.COM", RULE_EXACT, "example.com", 0 },
		{ "example.com:1", RULE_EXACT, "example.com", 1 },
		{ "example.com:65535", RULE_EXACT, "example.com", 65535 },
		{ "*.example.com", RULE_SUFFIX, "example.com", 0 },
		{ "*.Example.COM", RULE_SUFFIX, "example.com", 0 },
		{ "*.a.com:443", RULE_SUFFIX, "a.com", 443 },
		{ "*.co.uk", RULE_SUFFIX, "co.uk", 0 },
		{ "*.a.localhost", RULE_SUFFIX, "a.localhost", 0 },
		{ "a.localhost", RULE_EXACT, "a.localhost", 0 },
		{ "127.0.0.1", RULE_EXACT, "127.0.0.1", 0 },
		{ "127.0.0.1:80", RULE_EXACT, "127.0.0.1", 80 },
		{ "[::1]", RULE_EXACT, "::1", 0 },
		{ "[::1]:443", RULE_EXACT, "::1", 443 },
		{ "[0:0:0:0:0:0:0:1]", RULE_EXACT, "::1", 0 },
		{ "[2001:DB8::1]", RULE_EXACT, "2001:db8::1", 0 },
		{ "[fe80::1%eth0]", RULE_EXACT, "fe80::1", 0 },
		{ "[fe80::1%25eth0]:8", RULE_EXACT, "fe80::1", 8 },
		{ "[fe80::1%]", RULE_EXACT, "fe80::1", 0 },
		{ "[::ffff:1.2.3.4]", RULE_EXACT, "1.2.3.4", 0 },
		{ "[1.2.3.4]:80", RULE_EXACT, "1.2.3.4", 80 },
		{ "[127.1]", RULE_EXACT, "127.0.0.1", 0 },
		{ "[a.com]", RULE_EXACT, "a.com", 0 },
		{ "[*.a.com]:1", RULE_SUFFIX, "a.com", 1 },
		{ "_dmarc.a.com", RULE_EXACT, "_dmarc.a.com", 0 },
		{ "-a.com", RULE_EXACT, "-a.com", 0 },
		{ "1.a", RULE_EXACT, "1.a", 0 },
		{ "xn--mnchen-3ya.de", RULE_EXACT, "xn--mnchen-3ya.de", 0 },
	};
	struct rule	*r;
	struct host	 h;
	size_t		 i;
	int		 list;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		for (list = 0; list < RULE_LIST_MAX; list++) {
			if (list == RULE_HOSTS && t[i].port != 0) {
				must_refuse(t[i].text, list, MESSAGE_D);
				continue;
			}
			r = must_parse(t[i].text, list);
			assert_int_equal(r->kind, t[i].kind);
			check_ports(r, t[i].port);
			assert_int_equal(host_parse(t[i].host,
			    strlen(t[i].host), &h), 0);
			assert_memory_equal(&r->host, &h, sizeof(h));
			rule_free(r);
		}
	}
}

static void
test_grammar(void **state)
{
	static const char *const	 t[] = {
		"", "example", "example.com.", "*.", "*.com", "**.a.com",
		"a.*.com", "*a.com", "a.com*", "http://a.com", "a.com/x",
		"//a.com", "a.com/", "::1", "[::1]x", ".a.com", "1", "*:",
		"a.com:443.evil.com", "a.com:", "a.com:*", "a.com:0443",
		"a.com:65536", "a.com:0", "a.com:-1", "a.com:+1", "a.com:1 ",
		"a.com: 1", "a.com:443443", "a.com:99999", "a.com:80:80",
		"a.com:4294967297", "a.com:1a", ":80", ":", "::",
		"localhost:", "LOCALHOST", "localhost.", "*.localhost",
		"1.2.3.4.", "*.example.com.", "*..example.com", "*.a..com",
		"*.a.com:0", "**", "*.*", "* ", " *", "*.a.b.", "2130706433",
		"0x7f000001", "::ffff:1.2.3.4", "2001:db8::1:443",
		"fe80::1%eth0", "[", "]", "[]", "[]:1", "[::1", "[::1]:",
		"[::1]:0", "[::1]:01", "[::1]:65536", "[::1]:a", "[::1] ",
		" [::1]", "[[::1]]", "[::1]]", "[:::1]", "[::g]",
		"[1:2:3]", "[::1%a b]", "[::1%a\x01]", "[fe80::1%\xc3\xbc]",
		"[a]junk", "[a]:0", "[a]", "[a.com.]", "[*.com]",
		"*.[::1]", "user:pw@a.com", "a.com:443?x", "http:a.com",
	};
	size_t	i;
	int	list;

	(void)state;
	for (i = 0; i < nitems(t); i++)
		for (list = 0; list < RULE_LIST_MAX; list++)
			must_refuse(t[i], list, message[list]);
}

static void
test_any(void **state)
{
	static const struct {
		const char	*text;
		uint16_t	 port;
	} t[] = {
		{ "*", 0 }, { "*:22", 22 }, { "*:65535", 65535 }, { "[*]", 0 }
	};
	struct rule	*r;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		r = must_parse(t[i].text, RULE_DENY);
		assert_int_equal(r->kind, RULE_ANY);
		check_ports(r, t[i].port);
		rule_free(r);
		must_refuse(t[i].text, RULE_ALLOW, MESSAGE_1);
		must_refuse(t[i].text, RULE_HOSTS, MESSAGE_D);
	}
	must_refuse("*:0", RULE_DENY, MESSAGE_2);
	must_refuse("*:65536", RULE_DENY, MESSAGE_2);
}

#define NEVER	"can never match: "
#define DOTTED	NEVER "addresses are compared as dotted decimal numbers; write "
#define ASCII	NEVER "host names are compared in their ASCII form"
#define WHITE	NEVER "host names hold no white space"
#define CONTROL	NEVER "host names hold no control characters"
#define USER	NEVER "an entry names a host, without a user; write "
#define REST	NEVER "an entry names a host, without the rest of a URL"
#define CHARS	NEVER "host names are made of letters, digits, \".\", " \
	    "\"-\" and \"_\""
#define NUMBER	NEVER "a host name that ends in a number is an IPv4 " \
	    "address, and this is none"

static const struct never {
	const char	*text;
	const char	*why;
	const char	*cure;		/* the entry that why ends in */
} nevers[] = {
	{ "127.1", DOTTED "\"127.0.0.1\"", "127.0.0.1" },
	{ "0x7f.0.0.1", DOTTED "\"127.0.0.1\"", "127.0.0.1" },
	{ "0177.0.0.1:80", DOTTED "\"127.0.0.1:80\"", "127.0.0.1:80" },
	{ "01.2.3.4", DOTTED "\"1.2.3.4\"", "1.2.3.4" },
	{ "*.127.0.0.1", NEVER "an address has no subdomains; write "
	    "\"127.0.0.1\"", "127.0.0.1" },
	{ "*.3.4", NEVER "an address has no subdomains", NULL },
	{ "1.2.3.256", NUMBER, NULL },
	{ "a.com.1", NUMBER, NULL },
	{ "*.a.1", NUMBER, NULL },

	{ "m\xc3\xbcnchen.de", ASCII "; write \"xn--mnchen-3ya.de\"",
	    "xn--mnchen-3ya.de" },
	{ "*.M\xc3\x9cnchen.DE:443",
	    ASCII "; write \"*.xn--mnchen-3ya.de:443\"",
	    "*.xn--mnchen-3ya.de:443" },
	{ "stra\xc3\x9f" "e.de", ASCII "; write \"xn--strae-oqa.de\"",
	    "xn--strae-oqa.de" },
	{ "\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88",
	    ASCII "; write \"xn--r8jz45g.xn--zckzah\"",
	    "xn--r8jz45g.xn--zckzah" },
	{ "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xbc\xd0\xb5\xd1\x80.com",
	    ASCII "; write \"xn--e1afmkfd.com\"", "xn--e1afmkfd.com" },
	{ "www.a\xe3\x80\x82" "com", ASCII "; write \"www.a.com\"",
	    "www.a.com" },
	/* a combining mark, an emoji, broken UTF-8: no guess */
	{ "u\xcc\x88.de", ASCII, NULL },
	{ "\xf0\x9f\x98\x80.de", ASCII, NULL },
	{ "\xc3.de", ASCII, NULL },
	{ "\xff\xfe.de", ASCII, NULL },
	{ "\xc0\xaf.de", ASCII, NULL },
	{ "\xed\xa0\x80.de", ASCII, NULL },
	{ "a.d\xc3", ASCII, NULL },

	{ " a.com", WHITE "; write \"a.com\"", "a.com" },
	{ "a.com ", WHITE "; write \"a.com\"", "a.com" },
	{ "\ta.com\r\n", WHITE "; write \"a.com\"", "a.com" },
	{ "*. a.com", WHITE "; write \"*.a.com\"", "*.a.com" },
	{ " a.com:443", WHITE "; write \"a.com:443\"", "a.com:443" },
	{ " m\xc3\xbcnchen.de", WHITE "; write \"xn--mnchen-3ya.de\"",
	    "xn--mnchen-3ya.de" },
	{ "a b.com", WHITE, NULL },
	{ "a.com b.com", WHITE, NULL },
	{ "a.com\x01", CONTROL "; write \"a.com\"", "a.com" },
	{ "a\x01.com", CONTROL, NULL },
	{ "a.com\x7f", CONTROL, NULL },

	{ "a..com", NEVER "host names have no empty labels", NULL },
	{ "user@a.com", USER "\"a.com\"", "a.com" },
	{ "u@v@a.com:22", USER "\"a.com:22\"", "a.com:22" },
	{ "u.v@localhost", USER "\"localhost\"", "localhost" },
	{ "u.v@host", NEVER "an entry names a host, without a user", NULL },
	{ "a.com?x", REST "; write \"a.com\"", "a.com" },
	{ "a.com#x", REST "; write \"a.com\"", "a.com" },
	{ "a?x.com", REST, NULL },
	{ "*.*.com", NEVER "\"*\" stands for whole labels at the start, "
	    "once, as in \"*.example.com\"", NULL },
	{ "a.com,b.com", NEVER "each host is an entry of its own", NULL },
	{ "a.com%x", CHARS, NULL },
	{ "a%2ecom.x", CHARS, NULL },
	{ "a\\b.com", CHARS, NULL },
	{ "[[a.b]", CHARS, NULL },
	{ "(a.com)", CHARS, NULL },
};

static void
test_never(void **state)
{
	const struct never	*n;
	struct rule		*r;
	char			 tail[300];
	int			 list;

	(void)state;
	for (n = nevers; n < nevers + nitems(nevers); n++) {
		for (list = 0; list < RULE_LIST_MAX; list++) {
			if (list == RULE_HOSTS && strchr(n->text, ':') != NULL)
				must_refuse(n->text, list, MESSAGE_D);
			else
				must_refuse(n->text, list, n->why);
		}
		if (n->cure == NULL) {
			assert_null(strstr(n->why, "write"));
			continue;
		}
		/* What we tell people to write is taken. */
		(void)snprintf(tail, sizeof(tail), "write \"%s\"", n->cure);
		assert_non_null(strstr(n->why, tail));
		r = must_parse(n->cure, RULE_ALLOW);
		rule_free(r);
	}
}

/* No byte outside of the grammar gets in, in whatever place. */
static void
test_every_byte(void **state)
{
	static const char	 ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	static const char *const base[] = { "aXb.com", "*.aXb.com" };
	struct rule		*r;
	const char		*why;
	char			 text[16];
	size_t			 i;
	int			 c;

	(void)state;
	for (i = 0; i < nitems(base); i++) {
		for (c = 1; c < 256; c++) {
			(void)strlcpy(text, base[i], sizeof(text));
			*strchr(text, 'X') = (char)c;
			r = rule_parse(text, RULE_DENY, &why);
			assert_int_equal(r != NULL, strchr(ok, c) != NULL);
			rule_free(r);
		}
	}
}

static void
test_length(void **state)
{
	struct rule	*r;
	struct host	 h;
	char		 text[400], name[404];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[1] = '.';
	text[255] = '\0';
	r = must_parse(text, RULE_ALLOW);
	assert_int_equal(host_parse(text, 255, &h), 0);
	assert_int_equal(rule_match(r, &h, 443), 1);
	rule_free(r);
	text[255] = 'a';
	text[256] = '\0';
	must_refuse(text, RULE_ALLOW,
	    NEVER "host names have at most 255 bytes");

	/* "*." + 253 bytes matches a name of 255 bytes, 254 match none. */
	memset(text, 'a', sizeof(text));
	memcpy(text, "*.a.", 4);
	text[2 + 253] = '\0';
	r = must_parse(text, RULE_ALLOW);
	(void)snprintf(name, sizeof(name), "x.%s", text + 2);
	assert_int_equal(host_parse(name, strlen(name), &h), 0);
	assert_int_equal(rule_match(r, &h, 443), 1);
	rule_free(r);
	text[2 + 253] = 'a';
	text[2 + 254] = '\0';
	must_refuse(text, RULE_ALLOW,
	    NEVER "host names have at most 255 bytes");
}

/* A label of 63 bytes can be translated, one more cannot. */
static void
test_label(void **state)
{
	const char	*why = NULL;
	char		 text[128];

	(void)state;
	/* xn-- and -ea9d follow 54 letters: 62 bytes */
	memset(text, 'a', sizeof(text));
	(void)strlcpy(text + 54, "\xc3\xbc.de", sizeof(text) - 54);
	assert_null(rule_parse(text, RULE_ALLOW, &why));
	assert_non_null(strstr(why, "; write \"xn--aaa"));
	assert_true(strcspn(strstr(why, "xn--"), ".") <= 63);
	memset(text, 'a', sizeof(text));
	(void)strlcpy(text + 60, "\xc3\xbc.de", sizeof(text) - 60);
	must_refuse(text, RULE_ALLOW, ASCII);
}

static void
test_match(void **state)
{
	static const struct {
		const char	*host;
		uint16_t	 port;
		const char	*entry;
		int		 match;
	} t[] = {
		{ "a.example.com", 443, "*.example.com", 1 },
		{ "x.y.example.com", 443, "*.example.com", 1 },
		{ "example.com", 443, "*.example.com", 0 },
		{ "notexample.com", 443, "*.example.com", 0 },
		{ "example.com", 80, "example.com:443", 0 },
		{ "example.com", 443, "example.com:443", 1 },
		{ "example.com", 80, "example.com", 1 },
		{ "1.2.3.4", 80, "[::ffff:1.2.3.4]", 1 },
		{ "::ffff:1.2.3.4", 80, "1.2.3.4", 1 },
		{ "[::ffff:102:304]", 80, "1.2.3.4", 1 },
		{ "a.b.c", 443, "*:443", 1 },
		{ "a.b.c", 80, "*:443", 0 },
		{ "1.2.3.4", 443, "*", 1 },
		{ "::1", 443, "*", 1 },

		{ "127.1", 80, "127.0.0.1", 1 },
		{ "2130706433", 80, "127.0.0.1", 1 },
		{ "0x7f.1", 80, "127.0.0.1:80", 1 },
		{ "0:0:0:0:0:0:0:1", 80, "[::1]", 1 },
		{ "::1", 80, "[::1]:443", 0 },
		{ "fe80::1", 80, "[fe80::1%eth0]", 1 },
		{ "::1.2.3.4", 80, "1.2.3.4", 0 },

		{ "EXAMPLE.com.", 80, "example.com", 1 },
		{ "example.com", 80, "EXAMPLE.com", 1 },
		{ "A.EXAMPLE.COM", 80, "*.Example.com", 1 },
		{ "xn--mnchen-3ya.de", 80, "XN--mnchen-3ya.de", 1 },
		{ "_x.allowed.test", 80, "*.allowed.test", 1 },
		{ "allowed.test", 80, "*.allowed.test", 0 },
		/* N19 */
		{ "xallowed.test", 80, "*.allowed.test", 0 },
		{ "a.b.allowed.test", 80, "*.allowed.test", 1 },
		{ "allowed.test.evil.test", 80, "*.allowed.test", 0 },
		{ "allowed.test.evil.test", 80, "allowed.test", 0 },
		{ "a.allowed.test", 80, "allowed.test", 0 },
		{ "allowed.tes", 80, "allowed.test", 0 },
		{ "localhost", 80, "localhost", 1 },
		{ "a.localhost", 80, "localhost", 0 },
		{ "allowed.test", 22, "allowed.test:443", 0 },
		{ "allowed.test", 25, "allowed.test:443", 0 },
		{ "allowed.test", 0, "allowed.test:443", 0 },
		{ "allowed.test", 65535, "allowed.test:65535", 1 },
	};
	struct rule	*r;
	struct host	 h;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		r = must_parse(t[i].entry, RULE_DENY);
		assert_int_equal(host_parse(t[i].host, strlen(t[i].host), &h),
		    0);
		if (rule_match(r, &h, t[i].port) != t[i].match)
			fail_msg("%s:%u against %s", t[i].host, t[i].port,
			    t[i].entry);
		rule_free(r);
	}
}

/*
 * A wildcard never matches an address, even were there an entry whose text
 * an address ends in; the parser refuses to make one.
 */
static void
test_wildcard_address(void **state)
{
	struct rule	*r;
	struct host	 h;

	(void)state;
	r = must_parse("*.a.b", RULE_ALLOW);
	(void)strlcpy(r->host.name, "3.4", sizeof(r->host.name));
	assert_int_equal(host_parse("1.2.3.4", 7, &h), 0);
	assert_int_equal(rule_match(r, &h, 80), 0);
	h.kind = HOST_NAME;
	assert_int_equal(rule_match(r, &h, 80), 1);
	rule_free(r);
}

static void
add(struct rules *rules, const char *text, enum rule_list list,
    const char *reason)
{
	struct rule	*r;

	r = must_parse(text, list);
	if (reason != NULL)
		assert_non_null(r->reason = strdup(reason));
	TAILQ_INSERT_TAIL(rules, r, entry);
}

static void
test_decide(void **state)
{
	static const struct {
		const char	*host;
		uint16_t	 port;
		const char	*rule;		/* NULL: none */
		enum rule_list	 list;
		const char	*reason;	/* NULL: allowed */
	} t[] = {
		{ "ok.test", 80, "ok.test", RULE_ALLOW, NULL },
		{ "a.ok.test", 80, "*.ok.test", RULE_ALLOW, NULL },
		{ "bad.ok.test", 80, "bad.ok.test", RULE_DENY, "not you" },
		{ "worse.ok.test", 80, "worse.ok.test:80", RULE_DENY,
		    "host is on the deny list" },
		{ "worse.ok.test", 81, "*.ok.test", RULE_ALLOW, NULL },
		{ "ok.test", 25, "*:25", RULE_DENY, "no mail" },
		{ "other.test", 25, "*:25", RULE_DENY, "no mail" },
		{ "other.test", 80, NULL, RULE_ALLOW,
		    "host is not on the allow list" },
		{ "port.test", 443, "port.test:443", RULE_ALLOW, NULL },
		{ "port.test", 444, NULL, RULE_ALLOW,
		    "host is not on the allow list" },
		{ "ok.test", 0, NULL, RULE_DENY, "malformed host" },
		{ "169.254.169.254", 80, "169.254.169.254", RULE_DENY,
		    "host is on the deny list" },
		{ "0xa9fea9fe", 80, "169.254.169.254", RULE_DENY,
		    "host is on the deny list" },
		{ "[::ffff:a9fe:a9fe]", 80, "169.254.169.254", RULE_DENY,
		    "host is on the deny list" },
		{ "64:ff9b::a9fe:a9fe", 80, "169.254.169.254", RULE_DENY,
		    "host is on the deny list" },
		{ "2002:a9fe:a9fe::", 80, "169.254.169.254", RULE_DENY,
		    "host is on the deny list" },
		{ "64:ff9b::a9fe:a9fd", 80, "[64:ff9b::a9fe:a9fd]",
		    RULE_ALLOW, NULL },
		{ "169.254.169.253", 80, NULL, RULE_ALLOW,
		    "host is not on the allow list" },
		/* what is allowed is that address, not what carries it */
		{ "10.0.0.1", 80, "10.0.0.1", RULE_ALLOW, NULL },
		{ "64:ff9b::10.0.0.1", 80, NULL, RULE_ALLOW,
		    "host is not on the allow list" },
	};
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;
	size_t		 i;

	(void)state;
	assert_non_null(set = ruleset_new());
	add(&set->allow, "ok.test", RULE_ALLOW, NULL);
	add(&set->allow, "*.ok.test", RULE_ALLOW, NULL);
	add(&set->allow, "port.test:443", RULE_ALLOW, NULL);
	add(&set->allow, "10.0.0.1", RULE_ALLOW, NULL);
	add(&set->allow, "169.254.169.254", RULE_ALLOW, NULL);
	add(&set->allow, "[64:ff9b::a9fe:a9fe]", RULE_ALLOW, NULL);
	add(&set->allow, "[64:ff9b::a9fe:a9fd]", RULE_ALLOW, NULL);
	add(&set->deny, "*:25", RULE_DENY, "no mail");
	add(&set->deny, "bad.ok.test", RULE_DENY, "not you");
	add(&set->deny, "bad.ok.test", RULE_DENY, "the second");
	add(&set->deny, "worse.ok.test:80", RULE_DENY, NULL);
	add(&set->deny, "169.254.169.254", RULE_DENY, NULL);

	for (i = 0; i < nitems(t); i++) {
		assert_int_equal(host_parse(t[i].host, strlen(t[i].host), &h),
		    0);
		memset(&d, 0xff, sizeof(d));
		rule_decide(set, &h, t[i].port, &d);
		assert_int_equal(d.verdict, t[i].reason == NULL ?
		    VERDICT_ALLOW : VERDICT_DENY);
		assert_int_equal(d.list, t[i].list);
		if (t[i].rule == NULL)
			assert_null(d.rule);
		else
			assert_string_equal(d.rule->text, t[i].rule);
		if (t[i].reason == NULL)
			assert_null(d.reason);
		else
			assert_string_equal(d.reason, t[i].reason);
	}

	rule_decide(set, NULL, 80, &d);
	assert_int_equal(d.verdict, VERDICT_DENY);
	assert_string_equal(d.reason, "malformed host");
	ruleset_free(set);
}

static void
test_could_allow(void **state)
{
	static const struct {
		const char	*host;
		int		 could;
		const char	*rule;		/* NULL: none */
	} t[] = {
		{ "ok.test", 1, "ok.test" },
		{ "port.test", 1, "port.test:443" },
		{ "a.suffix.test", 1, "*.suffix.test:22" },
		{ "suffix.test", 0, NULL },
		{ "other.test", 0, NULL },
		{ "bad.suffix.test", 0, "bad.suffix.test" },
		/* denied on some port: it may be allowed on others */
		{ "half.test", 1, "half.test" },
		{ "10.0.0.1", 1, "10.0.0.1:80" },
		{ "10.0.0.2", 0, NULL },
		{ "::ffff:10.0.0.3", 0, "10.0.0.3" },
		{ "64:ff9b::10.0.0.3", 0, "10.0.0.3" },
	};
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;
	size_t		 i;

	(void)state;
	assert_non_null(set = ruleset_new());
	add(&set->allow, "ok.test", RULE_ALLOW, NULL);
	add(&set->allow, "port.test:443", RULE_ALLOW, NULL);
	add(&set->allow, "*.suffix.test:22", RULE_ALLOW, NULL);
	add(&set->allow, "half.test", RULE_ALLOW, NULL);
	add(&set->allow, "10.0.0.1:80", RULE_ALLOW, NULL);
	add(&set->allow, "10.0.0.3", RULE_ALLOW, NULL);
	add(&set->allow, "[64:ff9b::a00:3]", RULE_ALLOW, NULL);
	add(&set->deny, "bad.suffix.test", RULE_DENY, "not you");
	add(&set->deny, "half.test:80", RULE_DENY, NULL);
	add(&set->deny, "*:25", RULE_DENY, NULL);
	add(&set->deny, "10.0.0.3", RULE_DENY, NULL);

	for (i = 0; i < nitems(t); i++) {
		assert_int_equal(host_parse(t[i].host, strlen(t[i].host), &h),
		    0);
		memset(&d, 0xff, sizeof(d));
		assert_int_equal(rule_could_allow(set, &h, &d), t[i].could);
		assert_int_equal(d.verdict, t[i].could ? VERDICT_ALLOW :
		    VERDICT_DENY);
		if (t[i].rule == NULL)
			assert_null(d.rule);
		else
			assert_string_equal(d.rule->text, t[i].rule);
		if (t[i].could)
			assert_null(d.reason);
		else
			assert_non_null(d.reason);
	}

	assert_int_equal(host_parse("ok.test", 7, &h), 0);
	add(&set->deny, "*", RULE_DENY, NULL);
	assert_int_equal(rule_could_allow(set, &h, &d), 0);
	assert_string_equal(d.reason, "host is on the deny list");
	ruleset_free(set);
	assert_int_equal(rule_could_allow(NULL, &h, &d), 0);
	assert_string_equal(d.reason, "sandbox policy unavailable");
}

static void
test_decide_nothing(void **state)
{
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;

	(void)state;
	assert_int_equal(host_parse("a.com", 5, &h), 0);
	rule_decide(NULL, &h, 443, &d);
	assert_int_equal(d.verdict, VERDICT_DENY);
	assert_null(d.rule);
	assert_string_equal(d.reason, "sandbox policy unavailable");

	/* CVE-2025-66479: an empty list allows nothing. */
	assert_non_null(set = ruleset_new());
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.verdict, VERDICT_DENY);
	assert_string_equal(d.reason, "host is not on the allow list");

	/* Everything denied, whatever is allowed. */
	add(&set->allow, "a.com", RULE_ALLOW, NULL);
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.verdict, VERDICT_ALLOW);
	add(&set->deny, "*", RULE_DENY, NULL);
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.verdict, VERDICT_DENY);
	assert_string_equal(d.reason, "host is on the deny list");
	ruleset_free(set);
	ruleset_free(NULL);
	rule_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_wildcard_address),
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_could_allow),
		cmocka_unit_test(test_decide_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
