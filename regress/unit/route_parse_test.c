/* SPDX-License-Identifier: ISC */

/* The texts of network.parentProxy: COMPAT section 11. */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-proxy/route_parse.h"

static void
test_url(void **state)
{
	static const struct {
		const char	*text;
		const char	*host;
		uint16_t	 port;
		int		 https;
		const char	*auth;		/* NULL: none */
	} t[] = {
		{ "http://p.test", "p.test", 80, 0, NULL },
		{ "HTTP://P.Test:8080", "p.test", 8080, 0, NULL },
		{ "https://p.test", "p.test", 443, 1, NULL },
		{ "https://p.test:3129/", "p.test", 3129, 1, NULL },
		{ "http://p.test:", "p.test", 80, 0, NULL },
		{ "http://p.test:8080/path?q#f", "p.test", 8080, 0, NULL },
		{ "http://p.test?@x", "p.test", 80, 0, NULL },
		{ "http://10.0.0.1:1", "10.0.0.1", 1, 0, NULL },
		{ "http://127.1", "127.0.0.1", 80, 0, NULL },
		{ "http://[2001:db8::1]", "2001:db8::1", 80, 0, NULL },
		{ "https://[2001:db8::1]:65535", "2001:db8::1", 65535, 1,
		    NULL },
		/* base64 as of RFC 4648, section 10 */
		{ "http://f:@p.test", "p.test", 80, 0, "Zjo=" },
		{ "http://foobar@p.test", "p.test", 80, 0, "Zm9vYmFyOg==" },
		{ "http://user:pass@p.test:1", "p.test", 1, 0,
		    "dXNlcjpwYXNz" },
		{ "http://us%65r:p%40ss%3Aw@p.test", "p.test", 80, 0,
		    "dXNlcjpwQHNzOnc=" },
		{ "http://u:p@w@p.test", "p.test", 80, 0, "dTpwQHc=" },
		{ "http://:pw@[::1]:3", "::1", 3, 0, "OnB3" },
		{ "http://u:%FF@p.test", "p.test", 80, 0, "dTr/" },
		{ "http://@p.test", "p.test", 80, 0, NULL },
		{ "http://:@p.test", "p.test", 80, 0, NULL },
	};
	struct proxy_url	 url;
	const char		*why;
	size_t			 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		if ((why = proxy_url_parse(t[i].text, &url)) != NULL)
			fail_msg("%s: %s", t[i].text, why);
		assert_string_equal(url.host.name, t[i].host);
		assert_int_equal(url.port, t[i].port);
		assert_int_equal(url.https, t[i].https);
		if (t[i].auth == NULL)
			assert_null(url.auth);
		else
			assert_string_equal(url.auth, t[i].auth);
		proxy_url_free(&url);
	}
}

static void
test_no_url(void **state)
{
	static const char *const	 t[] = {
		"", "p.test", "p.test:8080", "ftp://p.test",
		"socks5://p.test", "http:/p.test", "http:p.test", "http://",
		"http:///x", "http://:80", "http://p.test:0",
		"http://p.test:65536", "http://p.test:080000",
		"http://p.test:8x", "http://p.test:-1", "http://p..test",
		"http://[::1", "http://::1", "http://[::1]x", "http://p test",
		"http://u%@p.test", "http://u%4@p.test", "http://u%zz@p.test",
		"http://u%00@p.test", "http://p.test%2e", "http://u:p@"
	};
	struct proxy_url	 url;
	const char		*why;
	char			 text[2200];
	size_t			 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		if ((why = proxy_url_parse(t[i], &url)) == NULL)
			fail_msg("%s: accepted", t[i]);
		/* Nothing of the text may be told. */
		else {
			assert_null(strstr(why, "p.test"));
			assert_null(strstr(why, "u%"));
		}
	}
	(void)strlcpy(text, "http://", sizeof(text));
	memset(text + 7, 'u', 1025);
	(void)strlcpy(text + 7 + 1025, "@p.test", 100);
	assert_string_equal(proxy_url_parse(text, &url),
	    "its user and password are too long");
	(void)strlcpy(text + 7 + 1024, "@p.test", 100);
	assert_null(proxy_url_parse(text, &url));
	proxy_url_free(&url);
}

static void
test_bypass(void **state)
{
	static const struct {
		const char	*list;
		const char	*host;
		int		 match;
	} t[] = {
		{ "", "a.test", 0 },
		{ ",, ,", "a.test", 0 },
		{ "*", "a.test", 1 },
		{ "*", "10.0.0.1", 1 },
		{ "x.test,*", "2001:db8::1", 1 },
		{ "a.test", "a.test", 1 },
		{ "a.test", "b.a.test", 1 },
		{ "a.test", "ba.test", 0 },
		{ "a.test", "a.test.x", 0 },
		{ " a.test ,\tb.test", "b.test", 1 },
		{ "A.TEST", "a.test", 1 },
		{ ".a.test", "a.test", 1 },
		{ ".a.test", "b.a.test", 1 },
		{ "*.a.test", "a.test", 1 },
		{ "*.a.test", "c.b.a.test", 1 },
		{ "a.test:8080", "a.test", 1 },
		{ "*.a.test:8080", "b.a.test", 1 },
		{ "test", "a.test", 1 },
		{ "**.a.test", "b.a.test", 0 },
		{ "10.0.0.1", "10.0.0.1", 1 },
		{ "10.0.0.1:80", "10.0.0.1", 1 },
		{ "10.0.0.1", "10.0.0.2", 0 },
		{ "10.0.0.1", "::ffff:10.0.0.1", 1 },
		{ "10.0.0.0/8", "10.255.0.1", 1 },
		{ "10.9.9.9/8", "10.255.0.1", 1 },
		{ "10.0.0.0/8", "11.0.0.1", 0 },
		{ "10.0.0.0/33", "10.0.0.1", 0 },
		{ "10.0.0.0/x", "10.0.0.1", 0 },
		{ "0.0.0.0/0", "1.2.3.4", 1 },
		{ "0.0.0.0/0", "a.test", 0 },
		{ "0.0.0.0/0", "2001:db8::1", 0 },
		{ "2001:db8::1", "2001:db8::1", 1 },
		{ "2001:db8::/32", "2001:db8:1::1", 1 },
		{ "2001:db8::/32", "2001:db9::1", 0 },
		{ "[2001:db8::1]", "2001:db8::1", 1 },
		{ "[2001:db8::1]:443", "2001:db8::1", 1 },
		{ "::ffff:10.0.0.0/104", "10.1.1.1", 1 },
		/* what names nothing hides nothing */
		{ "a b,http://x,%,a.test", "a.test", 1 },
		{ "[::1,a.test", "a.test", 1 },
	};
	struct bypasses	 list = TAILQ_HEAD_INITIALIZER(list);
	struct host	 h;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		assert_int_equal(bypasses_parse(t[i].list, &list), 0);
		assert_int_equal(host_parse(t[i].host, strlen(t[i].host),
		    &h), 0);
		if (bypasses_match(&list, &h) != t[i].match)
			fail_msg("%s in %s", t[i].host, t[i].list);
		bypasses_free(&list);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_no_url),
		cmocka_unit_test(test_bypass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
