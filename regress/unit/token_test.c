/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy.h"
#include "../../srt-proxy/token.h"

#define TOKEN	"00112233445566778899aabbccddeeff"

static int
basic(const char *value)
{
	char	*p;
	size_t	 len = strlen(value);
	int	 ret;

	/* Of exact size, so that a sanitizer sees a read beyond it. */
	assert_non_null(p = malloc(len + 1));
	memcpy(p, value, len);
	p[len] = '\0';
	ret = token_basic(p, len);
	free(p);
	return ret;
}

/* Before there is one nobody has it. */
static void
none(void **state)
{
	static const char	 zeros[PROXY_TOKEN_LEN];

	(void)state;
	assert_false(token_wanted());
	assert_false(token_is(TOKEN, PROXY_TOKEN_LEN));
	assert_false(token_is(zeros, sizeof(zeros)));
	assert_false(token_is("", 0));
	assert_false(basic("Basic OjAw"));
}

static void
set(void **state)
{
	(void)state;
	assert_int_equal(token_set(""), -1);
	assert_int_equal(token_set("0011"), -1);
	assert_int_equal(token_set(TOKEN "0"), -1);
	assert_int_equal(token_set("00112233445566778899AABBCCDDEEFF"), -1);
	assert_int_equal(token_set("00112233445566778899aabbccddeef:"), -1);
	assert_false(token_wanted());
	assert_int_equal(token_set(TOKEN), 0);
	assert_true(token_wanted());
	assert_int_equal(token_set(TOKEN), -1);
}

static void
is(void **state)
{
	char	 wrong[] = TOKEN;
	size_t	 i;

	(void)state;
	assert_true(token_is(TOKEN, PROXY_TOKEN_LEN));
	assert_false(token_is(TOKEN, PROXY_TOKEN_LEN - 1));
	assert_false(token_is(TOKEN "0", PROXY_TOKEN_LEN + 1));
	assert_false(token_is("", 0));
	for (i = 0; i < PROXY_TOKEN_LEN; i++) {
		wrong[i] ^= 1;
		assert_false(token_is(wrong, PROXY_TOKEN_LEN));
		wrong[i] ^= 1;
	}
}

/* As base64(1) has them. */
#define SRT	"c3J0OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZm"
#define NOBODY	"OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZm"
#define KEYED	"c3J0LlpXTm9idz09OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZm"
#define BARE	"MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY="
#define OTHER	"c3J0OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYmNjZGRlZWZn"
#define TWO	"c3J0Ojo6MDAxMTIyMzM0NDU1NjY3Nzg4OTlhYWJiY2NkZGVlZmY="

static void
http(void **state)
{
	char	 value[1024] = "Basic ";

	(void)state;
	assert_true(basic("Basic " SRT));
	assert_true(basic("bASIC   " SRT));
	/* Whoever it is: the user may say what the command is. */
	assert_true(basic("Basic " NOBODY));
	assert_true(basic("Basic " KEYED));

	assert_false(basic(""));
	assert_false(basic("Basic"));
	assert_false(basic("Basic "));
	assert_false(basic("Basic     "));
	assert_false(basic(SRT));
	assert_false(basic("Bearer " SRT));
	assert_false(basic("Basic " BARE));
	assert_false(basic("Basic " OTHER));
	assert_false(basic("Basic " TWO));
	assert_false(basic("Basic " SRT " "));
	assert_false(basic("Basic " SRT "===="));
	assert_false(basic("Basic " SRT ", Basic " SRT));
	assert_false(basic("Basic ===="));
	assert_false(basic("Basic c3J0*jAw"));
	assert_false(basic("Basic c3J"));

	/* No longer than there is room for. */
	while (strlen(value) + 4 < sizeof(value))
		(void)strlcat(value, "YTph", sizeof(value));
	assert_false(basic(value));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(set),
		cmocka_unit_test(is),
		cmocka_unit_test(http)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
