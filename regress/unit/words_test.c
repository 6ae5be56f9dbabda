/* SPDX-License-Identifier: ISC */

/* What is executed: words, or a shell with a string. */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt/parent.h"

static char	 dir[] = "/tmp/srt-words.XXXXXX";
static char	 bash[PATH_MAX];

/* The words' vector as one string with "|" between. */
static void
gives(struct options *opts, const char *want, const char *want_text)
{
	char	**argv, *text = NULL, got[8192];
	size_t	  i;

	got[0] = '\0';
	argv = words_command(opts, &text);
	assert_non_null(argv);
	for (i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			(void)strlcat(got, "|", sizeof(got));
		(void)strlcat(got, argv[i], sizeof(got));
	}
	assert_string_equal(got, want);
	assert_string_equal(text, want_text);
	free(text);
	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

static void
program(const char *name, mode_t mode)
{
	char	 path[PATH_MAX];
	int	 fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_true((fd = open(path, O_WRONLY | O_CREAT, mode)) >= 0);
	(void)close(fd);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return -1;
	program("bash", 0755);
	program("a prog", 0755);
	program("not a prog", 0644);
	(void)snprintf(bash, sizeof(bash), "%s/bash", dir);
	return setenv("PATH", dir, 1);
}

static int
teardown(void **state)
{
	char	 command[PATH_MAX];

	(void)state;
	(void)snprintf(command, sizeof(command), "/bin/rm -rf %s", dir);
	return chdir("/") == -1 ? -1 : system(command);
}

static void
one(char *word, const char *want, const char *want_text)
{
	char		*words[] = { word, NULL };
	struct options	 opts = { .words = words };

	gives(&opts, want, want_text);
}

static char *
w(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void
test_words(void **state)
{
	char		*words[] = { w("echo x"), w(""), w("it's"), NULL };
	struct options	 opts = { .words = words };

	(void)state;
	gives(&opts, "echo x||it's", "'echo x' '' 'it'\"'\"'s'");
	one(w("true"), "true", "true");
	one(w("./a"), "./a", "./a");
	one(w(""), "", "''");
}

static void
test_single(void **state)
{
	static const char *const	 strings[] = {
		"echo x", "a\tb", "a\nb", "a|b", "a&", "a;b", "a<b", "a>b",
		"(a)", "$a", "`a`", "a\\b", "\"a\"", "'a'", "a*", "a?", "[a]",
		"{a,b}", "#", "~", "a=b", "not a prog"
	};
	char	 want[PATH_MAX + 64];
	size_t	 i;

	(void)state;
	for (i = 0; i < nitems(strings); i++) {
		(void)snprintf(want, sizeof(want), "%s|-c|%s", bash,
		    strings[i]);
		one(w(strings[i]), want, strings[i]);
	}
	/* A program of that name comes first. */
	one(w("a prog"), "a prog", "'a prog'");
	one(w("./a prog"), "./a prog", "'./a prog'");
}

static void
test_string(void **state)
{
	char		*words[] = { w("not"), w("used"), NULL };
	char		*none[] = { NULL };
	struct options	 opts = { .words = words, .string = "true" };
	char		 want[PATH_MAX + 64];

	(void)state;
	(void)snprintf(want, sizeof(want), "%s|-c|true", bash);
	gives(&opts, want, "true");
	opts.words = none;
	gives(&opts, want, "true");
	/* The text is the string itself: ignoreViolations looks in it. */
	opts.string = "echo 'a b'";
	(void)snprintf(want, sizeof(want), "%s|-c|echo 'a b'", bash);
	gives(&opts, want, "echo 'a b'");
}

static void
test_shell(void **state)
{
	char		*none[] = { NULL };
	struct options	 opts = { .words = none, .string = "x" };
	char		 want[PATH_MAX + 64], *text;

	(void)state;
	opts.shell = "a prog";
	(void)snprintf(want, sizeof(want), "%s/a prog|-c|x", dir);
	gives(&opts, want, "x");
	opts.shell = "/bin/sh";
	gives(&opts, "/bin/sh|-c|x", "x");
	opts.shell = "not a prog";
	assert_null(words_command(&opts, &text));
	opts.shell = dir;
	assert_null(words_command(&opts, &text));
	/* No bash: the system's shell. */
	opts.shell = NULL;
	(void)setenv("PATH", "/nonexistent", 1);
	gives(&opts, "/bin/sh|-c|x", "x");
	(void)unsetenv("PATH");
	(void)setenv("PATH", dir, 1);
}

/* A shell that reads the text has the same words. */
static void
test_text(void **state)
{
	char	*words[] = {
		w("printf"), w("%s|"), w("a b"), w(""), w("it's"), w("$HOME"),
		w("`x`"), w("!x"), w("=ls"), w("a=b"), w("*"), w("-d"),
		w("\n"), w("\\"), w("\""), w("~"), w("''"), w("\x01\xff"), NULL
	};
	char	 want[256], got[256], *text, *line;
	FILE	*fp;
	size_t	 i;

	(void)state;
	text = words_text(words);
	want[0] = '\0';
	for (i = 2; words[i] != NULL; i++) {
		(void)strlcat(want, words[i], sizeof(want));
		(void)strlcat(want, "|", sizeof(want));
	}
	assert_non_null(fp = popen(text, "r"));
	got[fread(got, 1, sizeof(got) - 1, fp)] = '\0';
	assert_int_equal(pclose(fp), 0);
	assert_string_equal(got, want);
	free(text);

	/* The reference's bare words. */
	words[0] = w("a_./:@+,-=B9");
	words[1] = w("=x");
	words[2] = NULL;
	line = words_text(words);
	assert_string_equal(line, "a_./:@+,-=B9 '=x'");
	free(line);
	words[0] = NULL;
	line = words_text(words);
	assert_string_equal(line, "");
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_single),
		cmocka_unit_test(test_string), cmocka_unit_test(test_shell),
		cmocka_unit_test(test_text)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
