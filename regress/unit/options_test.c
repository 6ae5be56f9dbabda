/* SPDX-License-Identifier: ISC */

/* The command line. */

#include "compat.h"

#include <sys/wait.h>

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt/parent.h"

#define NARGS	16

static char	*argv_[NARGS];

/* Parses the words that follow, up to NULL. */
static struct options
parse(const char *first, ...)
{
	struct options	 opts;
	const char	*arg;
	va_list		 ap;
	int		 n = 0;

	argv_[n++] = (char *)(uintptr_t)"srt";
	va_start(ap, first);
	for (arg = first; arg != NULL && n < NARGS - 1;
	    arg = va_arg(ap, const char *))
		argv_[n++] = (char *)(uintptr_t)arg;
	va_end(ap);
	argv_[n] = NULL;
	optind = 0;
	options_parse(n, argv_, &opts);
	return opts;
}

static void
test_defaults(void **state)
{
	struct options	 o;

	(void)state;
	(void)unsetenv("SRT_DEBUG");
	o = parse(NULL);
	assert_null(o.settings);
	assert_null(o.string);
	assert_null(o.shell);
	assert_null(o.violations);
	assert_int_equal(o.control_fd, -1);
	assert_int_equal(o.check, 0);
	assert_int_equal(o.quiet, 0);
	assert_int_equal(o.log_level, LOG_LEVEL_WARN);
	assert_null(o.words[0]);
}

static void
test_short(void **state)
{
	struct options	 o;

	(void)state;
	o = parse("-nnqv", "-s", "a", "-cb", "w", (char *)NULL);
	assert_string_equal(o.settings, "a");
	assert_string_equal(o.string, "b");
	assert_int_equal(o.check, 2);
	assert_int_equal(o.quiet, 1);
	assert_int_equal(o.log_level, LOG_LEVEL_INFO);
	assert_string_equal(o.words[0], "w");
	assert_null(o.words[1]);
	/* The more talkative one, in any order. */
	o = parse("-d", "-v", (char *)NULL);
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	/* An empty string is none. */
	o = parse("-c", "", "w", (char *)NULL);
	assert_null(o.string);
}

static void
test_long(void **state)
{
	struct options	 o;

	(void)state;
	o = parse("--settings=a", "--command", "b", "--control-fd", "3",
	    "--shell", "c", "--violations", "fd:4", "--check-settings",
	    "--quiet", "--debug", "w", (char *)NULL);
	assert_string_equal(o.settings, "a");
	assert_string_equal(o.string, "b");
	assert_int_equal(o.control_fd, 3);
	assert_string_equal(o.shell, "c");
	assert_string_equal(o.violations, "fd:4");
	assert_int_equal(o.check, 1);
	assert_int_equal(o.quiet, 1);
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(o.words[0], "w");
	o = parse("--verbose", (char *)NULL);
	assert_int_equal(o.log_level, LOG_LEVEL_INFO);
}

static void
test_order(void **state)
{
	struct options	 o;

	(void)state;
	o = parse("w", "-d", "-s", "x", "--", "-c", "y", (char *)NULL);
	assert_null(o.settings);
	assert_null(o.string);
	assert_int_equal(o.log_level, LOG_LEVEL_WARN);
	assert_string_equal(o.words[0], "w");
	assert_string_equal(o.words[6], "y");
	assert_null(o.words[7]);
	o = parse("-q", "--", "-d", (char *)NULL);
	assert_int_equal(o.quiet, 1);
	assert_string_equal(o.words[0], "-d");
	o = parse("--", "--", (char *)NULL);
	assert_string_equal(o.words[0], "--");
	/* "-" is a word. */
	o = parse("-", "-d", (char *)NULL);
	assert_string_equal(o.words[0], "-");
}

static void
test_debug(void **state)
{
	struct options	 o;

	(void)state;
	(void)setenv("SRT_DEBUG", "", 1);
	o = parse(NULL);
	assert_int_equal(o.log_level, LOG_LEVEL_WARN);
	(void)setenv("SRT_DEBUG", "0", 1);
	o = parse("-v", (char *)NULL);
	assert_int_equal(o.log_level, LOG_LEVEL_DEBUG);
	(void)unsetenv("SRT_DEBUG");
}

/* Ends with the status, and the text on the descriptor, 1 or 2. */
static void
ends(int want, int fd, const char *text, const char *a, const char *b)
{
	char	 got[8192];
	size_t	 len = 0;
	ssize_t	 n;
	int	 pipefd[2], status;
	pid_t	 pid;

	(void)fflush(NULL);
	assert_int_equal(pipe(pipefd), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		(void)dup2(pipefd[1], fd);
		(void)parse(a, b, (char *)NULL);
		_exit(0);
	}
	(void)close(pipefd[1]);
	while ((n = read(pipefd[0], got + len, sizeof(got) - 1 - len)) > 0)
		len += (size_t)n;
	got[len] = '\0';
	(void)close(pipefd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != want || strstr(got, text) == NULL)
		fail_msg("%s %s: status %d: %s", a, b == NULL ? "" : b,
		    WEXITSTATUS(status), got);
}

static void
test_errors(void **state)
{
	static const char *const	 bad[] = {
		"0", "1", "2", "-1", "+3", " 3", "3 ", "0x10", "3e0", "", "x",
		"2147483648", "99999999999999999999", "3\n"
	};
	size_t	 i;

	(void)state;
	ends(EXIT_SRT, 2, "usage: srt ", "-x", NULL);
	ends(EXIT_SRT, 2, "'x'", "-x", NULL);
	ends(EXIT_SRT, 2, "nosuch", "--nosuch", NULL);
	ends(EXIT_SRT, 2, "requires an argument", "-s", NULL);
	ends(EXIT_SRT, 2, "requires an argument", "--settings", NULL);
	ends(EXIT_SRT, 2, "requires an argument", "-c", NULL);
	ends(EXIT_SRT, 2, "usage: srt ", "--debug=x", NULL);
	for (i = 0; i < nitems(bad); i++) {
		ends(EXIT_SRT, 2, "is invalid. must be an integer file "
		    "descriptor >= 3 (0-2 are stdin, stdout and stderr).\n",
		    "--control-fd", bad[i]);
		ends(EXIT_SRT, 2, "error: option '--control-fd <fd>' "
		    "argument '", "--control-fd", bad[i]);
	}
}

static void
test_texts(void **state)
{
	(void)state;
	ends(0, 1, SRT_VERSION "\n", "-V", NULL);
	ends(0, 1, SRT_VERSION "\n", "--version", NULL);
	ends(0, 1, "usage: srt ", "-h", NULL);
	ends(0, 1, "--control-fd FD", "--help", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_short),
		cmocka_unit_test(test_long), cmocka_unit_test(test_order),
		cmocka_unit_test(test_debug), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_texts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
