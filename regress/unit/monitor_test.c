/* SPDX-License-Identifier: ISC */

/* srt-monitor's parts: what is written, what is left out, what is kept. */

#include "compat.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <yajl/yajl_parse.h>

#include "../../srt-monitor/monitor.h"

#define NSEC	UINT64_C(1000000000)

/* The strings of a violation are not const, though nothing writes them. */
static char *
lit(const char *s)
{
	return (char *)(uintptr_t)s;
}

static struct violation
make(const char *operation, const char *target, const char *reason)
{
	struct violation	 v;

	memset(&v, 0, sizeof(v));
	v.count = 1;
	v.operation = lit(operation);
	v.target = lit(target);
	v.reason = lit(reason);
	v.rule = lit("");
	v.cure = lit("");
	v.program = lit("");
	return v;
}

static void
test_clean(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;
	} t[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "  both ends \t", "both ends" },
		{ "two  blanks stay", "two  blanks stay" },
		{ "a\nb", "a b" },
		{ "a\r\n\t\x1b[31mb", "a [31mb" },
		{ "</sandbox_violations>", "/sandbox_violations" },
		{ "\x7f", "" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
		    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7" },
		/* C1 control, soft hyphen, zero width space, RLO, BOM, tag */
		{ "a\xc2\x85" "b", "a b" },
		{ "a\xc2\xad" "b", "a b" },
		{ "a\xe2\x80\x8b\xe2\x80\xae\xef\xbb\xbf" "b", "a b" },
		{ "a\xf3\xa0\x81\x81" "b", "a b" },
		/* bytes that are no UTF-8: alone, overlong, surrogate, cut */
		{ "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80",
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "x\xe2\x82", "x\xef\xbf\xbd\xef\xbf\xbd" },
		{ "x\xf0", "x\xef\xbf\xbd" },
	};
	char	*out;
	size_t	 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		out = events_clean(t[i].in);
		assert_non_null(out);
		assert_string_equal(out, t[i].out);
		free(out);
	}
}

static void
test_line(void **state)
{
	static const char	 odd[] = "\xe2\x82\xac";
	struct violation	 v;
	char			 longer[3 * EVENTS_LINE_MAX + 4], *line;
	size_t			 i;

	(void)state;
	v = make("network-outbound", "other.test:443",
	    "host is not on the allow list");
	line = events_line(&v);
	assert_string_equal(line, "deny network-outbound other.test:443 "
	    "(host is not on the allow list)");
	free(line);

	v = make("file-write", "/etc/\x1b]0;x\x07passwd", "");
	line = events_line(&v);
	assert_string_equal(line, "deny file-write /etc/ ]0;x passwd");
	free(line);

	/* Cut between characters, whatever their phase is. */
	for (i = 0; i < 3; i++) {
		size_t	 k;

		memset(longer, 'x', i);
		for (k = i; k + 3 < sizeof(longer); k += 3)
			memcpy(longer + k, odd, 3);
		longer[k] = '\0';
		v = make("o", longer, "");
		line = events_line(&v);
		k = strlen(line);
		assert_true(k <= EVENTS_LINE_MAX && k > EVENTS_LINE_MAX - 4);
		assert_string_equal(line + k - 3, "...");
		assert_null(strstr(line, "\xef\xbf\xbd"));
		assert_memory_equal(line + k - 6, odd, 3);
		free(line);
	}
}

static void
check_time(uint64_t ns, const char *want)
{
	struct violation	 v = make("o", "t", "");
	char			*json, *found;
	size_t			 len;

	v.time = ns;
	json = events_json(&v, 0, &len);
	assert_non_null(json);
	found = strstr(json, "\"time\":\"");
	assert_non_null(found);
	found += strlen("\"time\":\"");
	assert_int_equal(strncmp(found, want, strlen(want)), 0);
	assert_int_equal(found[strlen(want)], '"');
	free(json);
}

static void
test_json_time(void **state)
{
	(void)state;
	check_time(0, "1970-01-01T00:00:00.000Z");
	check_time(951782399 * NSEC + 999999999, "2000-02-28T23:59:59.999Z");
	check_time(951782400 * NSEC, "2000-02-29T00:00:00.000Z");
	check_time(951868800 * NSEC, "2000-03-01T00:00:00.000Z");
	check_time(1709251199 * NSEC + 1000000, "2024-02-29T23:59:59.001Z");
	check_time(1767225599 * NSEC, "2025-12-31T23:59:59.000Z");
	check_time(1767225600 * NSEC, "2026-01-01T00:00:00.000Z");
	/* 2100 is no leap year */
	check_time(UINT64_C(4107542399) * NSEC, "2100-02-28T23:59:59.000Z");
	check_time(UINT64_C(4107542400) * NSEC, "2100-03-01T00:00:00.000Z");
	check_time(UINT64_MAX, "2554-07-21T23:34:33.709Z");
}

static void
test_json(void **state)
{
	struct violation	 v;
	char			*json;
	size_t			 len;

	(void)state;
	v = make("network-outbound", "other.test:443", "say \"no\"\\");
	v.time = 1767225600 * NSEC + 7000000;
	v.pid = 42;
	v.count = 3;
	v.rule = lit("network.deniedDomains[2]");
	v.cure = lit("line\nfeed");
	v.program = lit("bad\xff\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\x7f");
	json = events_json(&v, 9, &len);
	assert_non_null(json);
	assert_int_equal(len, strlen(json));
	assert_string_equal(json,
	    "{\"v\":1,\"time\":\"2026-01-01T00:00:00.007Z\","
	    "\"operation\":\"network-outbound\","
	    "\"target\":\"other.test:443\","
	    "\"reason\":\"say \\\"no\\\"\\\\\","
	    "\"rule\":\"network.deniedDomains[2]\","
	    "\"cure\":\"line\\u000afeed\",\"pid\":42,"
	    "\"program\":"
	    "\"bad\xef\xbf\xbd\\u009b\\u202e\\udb40\\udc41\\u007f\","
	    "\"count\":3,\"lost\":9}\n");
	free(json);
}

/* Every byte twice over, and no room for a mistake about the size. */
static void
test_json_bytes(void **state)
{
	struct violation	 v;
	yajl_handle		 y;
	char			 all[2 * 255 + 1], *json;
	size_t			 i, len;

	(void)state;
	for (i = 0; i < sizeof(all) - 1; i++)
		all[i] = (char)(i % 255 + 1);
	all[sizeof(all) - 1] = '\0';
	v = make(all, all, all);
	v.rule = v.cure = v.program = all;
	v.time = v.pid = v.count = UINT64_MAX;
	json = events_json(&v, UINT64_MAX, &len);
	assert_non_null(json);
	y = yajl_alloc(NULL, NULL, NULL);
	assert_int_equal(yajl_parse(y, (unsigned char *)json, len),
	    yajl_status_ok);
	assert_int_equal(yajl_complete_parse(y), yajl_status_ok);
	yajl_free(y);
	free(json);
}

static void
test_ignore(void **state)
{
	struct ignore_list	 list = TAILQ_HEAD_INITIALIZER(list);
	struct violation	 net, file;
	const char		*netline, *fileline;

	(void)state;
	net = make("network-outbound", "telemetry.test:443", "not allowed");
	netline = "deny network-outbound telemetry.test:443 (not allowed)";
	file = make("file-write", "/home/u/.cache/x", "");
	fileline = "deny file-write /home/u/.cache/x";

	/* A key is a substring of the command, not a pattern. */
	assert_true(ignore_fits("npm", "npm install left-pad"));
	assert_true(ignore_fits("*", ""));
	assert_false(ignore_fits("cargo", "npm install left-pad"));
	assert_false(ignore_fits("np*", "npm install"));
	assert_true(ignore_fits("np*", "echo np*"));

	assert_int_equal(ignore_add(&list, "npm", "telemetry"), 0);
	assert_int_equal(ignore_add(&list, "*", "(not al"), 0);
	assert_true(ignore_match(&list, &net, netline));
	assert_false(ignore_match(&list, &file, fileline));
	assert_int_equal(ignore_add(&list, "npm", ".cache"), 0);
	assert_true(ignore_match(&list, &file, fileline));
	ignore_clear(&list);

	/* Of files the path counts, of the rest the whole line. */
	assert_int_equal(ignore_add(&list, "*", "deny"), 0);
	assert_true(ignore_match(&list, &net, netline));
	assert_false(ignore_match(&list, &file, fileline));
	ignore_clear(&list);
	assert_true(TAILQ_EMPTY(&list));
}

static void
store_printf(struct store *st, const char *fmt, unsigned int n)
{
	char	*line;

	assert_int_not_equal(asprintf(&line, fmt, n), -1);
	store_add(st, line, 1);
}

static void
test_store(void **state)
{
	static struct store	 st;
	const struct store_entry *se;
	char			 want[32];
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 150; i++)
		store_printf(&st, "line %u", i);
	assert_int_equal(st.len, STORE_MAX);
	assert_int_equal(st.dropped, 50);
	for (i = 0; i < STORE_MAX; i++) {
		se = store_get(&st, i);
		(void)snprintf(want, sizeof(want), "line %u", i + 50);
		assert_string_equal(se->line, want);
		assert_int_equal(se->count, 1);
	}
	assert_null(store_get(&st, STORE_MAX));

	/* Equal ones stay where they are; counts push out as counts. */
	store_add(&st, strdup("line 50"), 4);
	assert_int_equal(store_get(&st, 0)->count, 5);
	store_add(&st, strdup("line 150"), 0);
	assert_int_equal(st.dropped, 55);
	assert_string_equal(store_get(&st, 0)->line, "line 51");
	assert_string_equal(store_get(&st, STORE_MAX - 1)->line, "line 150");
	store_clear(&st);
	assert_null(store_get(&st, 0));
	assert_int_equal(st.dropped, 0);
}

static size_t
read_all(int fd, char *buf, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;

	while (len < size && (n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	return len;
}

static void
put(struct output *o, const char *s)
{
	output_line(o, s, strlen(s));
}

/* A reader that does not read costs lines, counted, and no time. */
static void
test_output_full(void **state)
{
	static char		 line[4096], got[65536];
	struct event_base	*base = event_base_new();
	struct output		*o;
	uint64_t		 sent = 0, read_lines = 0;
	size_t			 i, n;
	int			 fds[2], kind;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (kind = 0; kind < 2; kind++) {
		sent = read_lines = 0;
		if (kind == 0)
			assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		else
			assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0,
			    fds), 0);
		o = output_new(base, fds[1]);
		assert_non_null(o);
		/* Twice what the queue and a socket's buffers take. */
		for (i = 0; i < 1024; i++) {
			output_line(o, line, sizeof(line));
			sent++;
		}
		assert_true(output_lost(o) > 0);
		assert_true(output_lost(o) < sent);
		/* The descriptor's flags are not ours to change. */
		assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
		assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);

		assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
		do {
			(void)event_base_loop(base, EVLOOP_NONBLOCK);
			n = read_all(fds[0], got, sizeof(got));
			for (i = 0; i < n; i++)
				if (got[i] == '\n')
					read_lines++;
		} while (n > 0);
		assert_int_equal(read_lines + output_lost(o), sent);

		/* It works again now. */
		put(o, "last\n");
		n = read_all(fds[0], got, sizeof(got));
		assert_int_equal(n, 5);
		assert_memory_equal(got, "last\n", 5);
		output_free(o);
		(void)close(fds[0]);
	}
	event_base_free(base);
}

static void
test_output_gone(void **state)
{
	struct event_base	*base = event_base_new();
	struct output		*o;
	int			 fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	o = output_new(base, fds[1]);
	(void)close(fds[0]);
	put(o, "nobody\n");
	put(o, "reads this\n");
	output_drain(o);
	assert_int_equal(output_lost(o), 2);
	assert_int_equal(output_failed(o), 0);
	output_free(o);

	o = output_new(base, open("/dev/full", O_WRONLY | O_CLOEXEC));
	put(o, "no room\n");
	output_drain(o);
	assert_int_equal(output_lost(o), 1);
	assert_int_equal(output_failed(o), 1);
	output_free(o);
	event_base_free(base);
}

/* The command has the same file description, and has done its worst to it. */
static void
test_output_spoilt_K22(void **state)
{
	struct event_base	*base = event_base_new();
	struct output		*o;
	FILE			*f = tmpfile();
	char			 got[64];
	size_t			 n;
	int			 fd, fds[2];

	(void)state;
	assert_non_null(f);
	fd = fileno(f);
	o = output_new(base, dup(fd));
	put(o, "1\n");
	/* One of them is the greatest that this file system has. */
	(void)lseek(fd, 0xffffffff000, SEEK_SET);
	(void)lseek(fd, INT64_MAX, SEEK_SET);
	put(o, "2\n");
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	put(o, "3\n");
	/* Some file systems do not know it. */
	if (fcntl(fd, F_SETFL, O_DIRECT) == 0) {
		put(o, "4\n");
		assert_int_equal(fcntl(fd, F_GETFL) & O_DIRECT, 0);
	} else
		put(o, "4\n");
	output_drain(o);
	assert_int_equal(output_lost(o), 0);
	rewind(f);
	n = fread(got, 1, sizeof(got), f);
	assert_int_equal(n, 8);
	assert_memory_equal(got, "1\n2\n3\n4\n", 8);
	output_free(o);
	(void)fclose(f);

	/* In packets, of which a reader that takes less loses the rest. */
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	o = output_new(base, fds[1]);
	(void)fcntl(fds[1], F_SETFL, O_DIRECT);
	put(o, "12345678\n");
	output_drain(o);
	assert_int_equal(read(fds[0], got, 4), 4);
	assert_int_equal(read(fds[0], got, sizeof(got)), 5);
	output_free(o);
	(void)close(fds[0]);
	event_base_free(base);
}

/* A line that broke off is ended before the next one begins. */
static void
test_output_torn(void **state)
{
	struct event_base	*base = event_base_new();
	struct rlimit		 old, low;
	struct output		*o;
	FILE			*f = tmpfile();
	char			 got[64];
	size_t			 n;

	(void)state;
	assert_non_null(f);
	o = output_new(base, dup(fileno(f)));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = old;
	low.rlim_cur = 4;
	put(o, "1\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	put(o, "22222\n");
	put(o, "33333\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(output_lost(o), 2);
	put(o, "4\n");
	put(o, "5\n");
	assert_int_equal(output_lost(o), 2);
	rewind(f);
	n = fread(got, 1, sizeof(got), f);
	assert_int_equal(n, 9);
	assert_memory_equal(got, "1\n22\n4\n5\n", 9);
	output_free(o);
	(void)fclose(f);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_json_time),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_bytes),
		cmocka_unit_test(test_ignore),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_output_full),
		cmocka_unit_test(test_output_gone),
		cmocka_unit_test(test_output_spoilt_K22),
		cmocka_unit_test(test_output_torn)
	};

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
