/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-monitor/seatbelt_log.h"

#define TAG	"CMD64_dHJ1ZQ==_END__0a1b2c3d4_SBX"
#define HEAD	"2026-11-21 22:10:11.123 E  kernel[0:1f2e] (Sandbox) "
#define END	"\n" TAG "\n"
#define START	"Filtering the log data using \"eventMessage ENDSWITH "	\
		"\"_0a1b2c3d4_SBX\"\"\n"				\
		"Timestamp               Ty Process[PID:TID]\n"

/* What was reported: a line for each. */
static char	 seen[64 * 1024];

static void
note(void *arg, const struct violation *v)
{
	size_t	 len = strlen(seen);
	int	 n;

	assert_ptr_equal(arg, seen);
	assert_string_equal(v->reason, "");
	assert_string_equal(v->rule, "");
	assert_string_equal(v->cure, "");
	assert_int_equal(v->time, 0);
	n = snprintf(seen + len, sizeof(seen) - len,
	    "%s(%llu) %s [%s] x%llu\n", v->program,
	    (unsigned long long)v->pid, v->operation, v->target,
	    (unsigned long long)v->count);
	assert_true(n > 0 && (size_t)n < sizeof(seen) - len);
}

/* In pieces of that size it must come to the same. */
static void
check(const char *text, size_t len, const char *want)
{
	static struct seatbelt_log	 l;
	size_t				 piece, at, n;

	for (piece = 1; piece < 200; piece += 37) {
		seen[0] = '\0';
		assert_int_equal(seatbelt_log_init(&l, TAG), 0);
		for (at = 0; at < len; at += n) {
			n = len - at < piece ? len - at : piece;
			seatbelt_log_feed(&l, text + at, n, note, seen);
		}
		assert_string_equal(seen, want);
	}
}

#define CHECK(text, want)	check(text, sizeof(text) - 1, want)

static void
recorded(void **state)
{
	(void)state;
	CHECK(START
	    HEAD "Sandbox: bash(71) deny(1) file-write-create "
	    "/private/tmp/x" END,
	    "bash(71) file-write-create [/private/tmp/x] x1\n");
	CHECK(START
	    HEAD "Sandbox: cat(800) deny(1) file-read-data "
	    "/Users/a b/.ssh/id_rsa" END
	    HEAD "Sandbox: curl(801) deny(1) network-outbound "
	    "1.2.3.4:443" END
	    HEAD "Sandbox: osascript(802) deny(1) mach-lookup "
	    "com.apple.coreservices.appleevents" END
	    HEAD "Sandbox: ps(803) deny(1) process-info-pidinfo others [1]"
	    END HEAD "Sandbox: sh(804) deny(1) process-fork" END,
	    "cat(800) file-read-data [/Users/a b/.ssh/id_rsa] x1\n"
	    "curl(801) network-outbound [1.2.3.4:443] x1\n"
	    "osascript(802) mach-lookup "
	    "[com.apple.coreservices.appleevents] x1\n"
	    "ps(803) process-info-pidinfo [others [1]] x1\n"
	    "sh(804) process-fork [] x1\n");
}

static void
counted(void **state)
{
	(void)state;
	CHECK(HEAD "1 duplicate report for Sandbox: sh(5) deny(1) "
	    "file-write-data /a" END, "sh(5) file-write-data [/a] x1\n");
	CHECK(HEAD "37 duplicate reports for Sandbox: sh(5) deny(1) "
	    "file-write-data /a" END, "sh(5) file-write-data [/a] x37\n");
	/* The path is no place for a count. */
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-write-data "
	    "/9 duplicate report" END,
	    "sh(5) file-write-data [/9 duplicate report] x1\n");
	CHECK(HEAD "99999999999999999999999 duplicate reports for "
	    "Sandbox: sh(5) deny(1) file-write-data /a" END,
	    "sh(5) file-write-data [/a] x1000000\n");
}

static void
tagged(void **state)
{
	(void)state;
	/* Another run's, or nobody's. */
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-write-data /a\n"
	    "CMD64_dHJ1ZQ==_END__0a1b2c3d5_SBX\n"
	    HEAD "Sandbox: sh(6) deny(1) file-write-data /b\n"
	    HEAD "Sandbox: sh(7) deny(1) file-write-data /c" END,
	    "sh(7) file-write-data [/c] x1\n");
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-write-data /a\n"
	    TAG "x\n x" TAG "\n", "");
	/* Not without a message before it, nor twice for one. */
	CHECK(TAG END, "");
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-write-data /a" END TAG END,
	    "sh(5) file-write-data [/a] x1\n");
	/* Cut before its end. */
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-write-data /a\n" TAG, "");
}

static void
noise(void **state)
{
	(void)state;
	CHECK(HEAD "Sandbox: a(1) deny(1) mach-lookup "
	    "com.apple.diagnosticd" END
	    HEAD "Sandbox: a(1) deny(1) mach-lookup com.apple.analyticsd" END
	    HEAD "Sandbox: a(1) deny(1) mach-lookup "
	    "com.apple.analyticsd.x" END
	    HEAD "Sandbox: a(1) deny(1) network-outbound "
	    "/private/var/run/mDNSResponder" END
	    HEAD "Sandbox: mDNSResponder(2) deny(1) file-read-data /etc" END,
	    "");
	/* Nobody hides behind such a name. */
	CHECK(HEAD "Sandbox: a(1) deny(1) file-write-create "
	    "/tmp/mDNSResponder" END
	    HEAD "Sandbox: a(1) deny(1) mach-lookup "
	    "com.apple.analyticsdx" END
	    HEAD "Sandbox: a(1) deny(1) network-outbound "
	    "/private/var/run/mDNSResponder2" END,
	    "a(1) file-write-create [/tmp/mDNSResponder] x1\n"
	    "a(1) mach-lookup [com.apple.analyticsdx] x1\n"
	    "a(1) network-outbound [/private/var/run/mDNSResponder2] x1\n");
}

static void
hostile(void **state)
{
	(void)state;
	/* Parentheses and blanks in the name of a program. */
	CHECK(HEAD "Sandbox: my (old) app(9) deny(1) file-read-data /x" END,
	    "my (old) app(9) file-read-data [/x] x1\n");
	/* A path of several lines, one of them a tag of another run. */
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-read-data /a\nb\n"
	    "CMD64_x_END__111111111_SBX\nc" END,
	    "sh(5) file-read-data [/a\nb\n"
	    "CMD64_x_END__111111111_SBX\nc] x1\n");
	CHECK(HEAD "Sandbox: sh(5) deny(1) file-read-data /a\0b" END,
	    "sh(5) file-read-data [/a b] x1\n");
	/* It cannot speak for another part of srt. */
	CHECK(HEAD "Sandbox: x(1) deny(1) learn-write /a(9) deny(1) "
	    "file-read-data /x" END
	    HEAD "Sandbox: x(1) deny(1) unix-connected /a" END
	    HEAD "Sandbox: x(1) deny(1) file-change /a" END
	    HEAD "Sandbox: x(1) deny(1) learn-connect a" END,
	    "x(1) deny(1) learn-write /a(9) file-read-data [/x] x1\n");
	/* What is no refusal. */
	CHECK(HEAD "Sandbox: " END HEAD "Sandbox: (5) deny(1) a b" END
	    HEAD "Sandbox: sh() deny(1) a b" END
	    HEAD "Sandbox: sh(5) allow(1) file-read-data /x" END
	    HEAD "Sandbox: sh(5) deny() file-read-data /x" END
	    HEAD "Sandbox: sh(5) deny(1) " END
	    HEAD "Sandbox: sh(5) deny(1) A b" END
	    HEAD "Sandbox: sh(5) deny(1) learn_x b" END
	    HEAD "Sandbox: sh(9999999999999999999) deny(1) a b" END
	    HEAD "deny(1) a b" END "deny" END "\n\n\n", "");
}

static void
too_long(void **state)
{
	static char	 text[8 * SEATBELT_LOG_MAX];
	static char	 want[2 * SEATBELT_LOG_MAX];
	const char	*head = HEAD "Sandbox: sh(5) deny(1) file-read-data /";
	size_t		 i, len = strlen(head), room;

	(void)state;
	/* One line that is too long: its path is cut, and it counts. */
	memset(text, 'a', sizeof(text));
	memcpy(text, head, len);
	i = 3 * SEATBELT_LOG_MAX;
	memcpy(text + i, END, sizeof(END) - 1);
	room = SEATBELT_LOG_MAX - 1 - len;
	(void)strlcpy(want, "sh(5) file-read-data [/", sizeof(want));
	i = strlen(want);
	memset(want + i, 'a', room);
	(void)strlcpy(want + i + room, "] x1\n", sizeof(want) - i - room);
	check(text, 3 * SEATBELT_LOG_MAX + sizeof(END) - 1, want);

	/* Many short ones. */
	for (i = len; i < sizeof(text); i++)
		text[i] = i % 8 == 0 ? '\n' : 'a';
	memcpy(text + sizeof(text) - sizeof(END), END, sizeof(END));
	check(text, sizeof(text) - 1, seen);
	assert_true(strlen(seen) > room && strlen(seen) < room + 64);
}

static void
tags(void **state)
{
	static struct seatbelt_log	 l;
	char				 tag[SEATBELT_TAG_MAX + 2];

	(void)state;
	assert_int_equal(seatbelt_log_init(&l, TAG), 0);
	assert_string_equal(seatbelt_log_suffix(&l), "_0a1b2c3d4_SBX");
	assert_int_equal(seatbelt_log_init(&l, "plain"), 0);
	assert_string_equal(seatbelt_log_suffix(&l), "plain");
	assert_int_equal(seatbelt_log_init(&l, ""), -1);
	assert_int_equal(seatbelt_log_init(&l, "a\" OR \""), -1);
	assert_int_equal(seatbelt_log_init(&l, "a\\"), -1);
	assert_int_equal(seatbelt_log_init(&l, "a\nb"), -1);
	memset(tag, 'a', sizeof(tag));
	tag[sizeof(tag) - 1] = '\0';
	assert_int_equal(seatbelt_log_init(&l, tag), -1);
	assert_int_equal(seatbelt_log_init(&l, tag + 1), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(counted),
		cmocka_unit_test(tagged),
		cmocka_unit_test(noise),
		cmocka_unit_test(hostile),
		cmocka_unit_test(too_long),
		cmocka_unit_test(tags)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
