/* SPDX-License-Identifier: ISC */

/*
 * The plan as text.  A policy is written as words: a letter for the kind (w
 * allowWrite, n denyWrite, p protected, d denyRead, r allowRead), a colon
 * and the path; a directory ends in a slash.
 */

#include "compat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-exec/plan.h"

#define BASE	"root-ro /\ndev /dev\n"
#define PROC	"proc /proc\n"

static const struct {
	const char	*name;
	uint32_t	 flags;
	const char	*policy;
	const char	*plan;
} cases[] = {
	{ "nothing is allowed", 0, "", BASE PROC },
	{ "a write root", 0, "w:/w/", BASE "bind-rw /w\n" PROC },
	{ "a file as write root", 0, "w:/w/f", BASE "bind-rw /w/f\n" PROC },
	{ "roots within roots are one", 0, "w:/w/ w:/w/a/ w:/w/a/b",
	    BASE "bind-rw /w\n" PROC },
	{ "a name that begins alike is another", 0, "w:/w/ w:/w-2/ w:/w/z/",
	    BASE "bind-rw /w\nbind-rw /w-2\n" PROC },
	{ "denyWrite within a root", 0, "w:/w/ n:/w/a/",
	    BASE "bind-rw /w\nbind-ro /w/a\n" PROC },
	{ "denyWrite outside of any root is there already", 0,
	    "w:/w/ n:/x/", BASE "bind-rw /w\n" PROC },
	{ "denyWrite on a root", 0, "w:/w/ n:/w/", BASE PROC },
	{ "denyWrite above a root", 0, "w:/w/a/ n:/w/", BASE PROC },
	{ "denyWrite is not undone below", 0, "w:/w/ n:/w/a/ w:/w/a/b/",
	    BASE "bind-rw /w\nbind-ro /w/a\n" PROC },
	{ "denyWrite twice", 0, "w:/w/ n:/w/a/ n:/w/a/b/ p:/w/a/c",
	    BASE "bind-rw /w\nbind-ro /w/a\n" PROC },
	{ "the way to a protected name is pinned", 0,
	    "w:/w/ p:/w/a/b/.git/hooks/",
	    BASE "bind-rw /w\npin /w/a\npin /w/a/b\npin /w/a/b/.git\n"
	    "bind-ro /w/a/b/.git/hooks\n" PROC },
	{ "pins are shared", 0,
	    "w:/w/ p:/w/.git/hooks/ p:/w/.git/config n:/w/.git/x/y",
	    BASE "bind-rw /w\npin /w/.git\nbind-ro /w/.git/config\n"
	    "bind-ro /w/.git/hooks\npin /w/.git/x\nbind-ro /w/.git/x/y\n"
	    PROC },
	{ "a redundant root on the way is pinned, too", 0,
	    "w:/w/ w:/w/a/ p:/w/a/b",
	    BASE "bind-rw /w\npin /w/a\nbind-ro /w/a/b\n" PROC },
	{ "no pin without a root above", 0, "w:/w/ p:/h/a/b", BASE
	    "bind-rw /w\n" PROC },
	{ "allowWrite of everything", 0, "w:/ p:/home/u/.bashrc",
	    "root-rw /\ndev /dev\npin /home\npin /home/u\n"
	    "bind-ro /home/u/.bashrc\nbind-ro /sys\n" PROC },
	{ "a denied file", 0, "d:/s", BASE "mask-file /s\n" PROC },
	{ "a denied directory", 0, "d:/s/", BASE "mask-dir /s\n" PROC },
	{ "denied within denied", 0, "d:/s/ d:/s/a d:/s/b/",
	    BASE "mask-dir /s\n" PROC },
	{ "allowRead opens a denied directory again", 0, "d:/s/ r:/s/a/b/",
	    BASE "mask-tree /s\nbind-ro /s/a/b\n" PROC },
	{ "a denyRead below the allowRead wins", 0,
	    "d:/s/ r:/s/a/ d:/s/a/b/ d:/s/a/c",
	    BASE "mask-tree /s\nbind-ro /s/a\nmask-dir /s/a/b\n"
	    "mask-file /s/a/c\n" PROC },
	{ "and an allowRead below that one again", 0,
	    "d:/s/ r:/s/a/ d:/s/a/b/ r:/s/a/b/c",
	    BASE "mask-tree /s\nbind-ro /s/a\nmask-tree /s/a/b\n"
	    "bind-ro /s/a/b/c\n" PROC },
	{ "a denied file within an allowRead stays denied", 0,
	    "r:/s/ d:/s/f", BASE "mask-file /s/f\n" PROC },
	{ "unless it is named itself", 0, "r:/s/ d:/s/f r:/s/f", BASE PROC },
	{ "allowRead on the denied directory", 0, "d:/s/ r:/s/", BASE PROC },
	{ "allowRead without a denyRead", 0, "r:/s/", BASE PROC },
	{ "allowWrite beneath a denied directory", 0, "d:/h/ w:/h/u/w/",
	    BASE "mask-tree /h\nbind-rw /h/u/w\n" PROC },
	{ "allowWrite on a denied directory stays denied", 0,
	    "d:/h/ w:/h/", BASE "mask-dir /h\n" PROC },
	{ "allowWrite above a denied directory", 0, "w:/w/ d:/w/s/",
	    BASE "bind-rw /w\nmask-dir /w/s\n" PROC },
	{ "the way to a denied name is pinned", 0, "w:/w/ d:/w/a/b/s",
	    BASE "bind-rw /w\npin /w/a\npin /w/a/b\nmask-file /w/a/b/s\n"
	    PROC },
	{ "none beneath what is denied itself", 0,
	    "w:/w/ d:/w/s/ d:/w/s/a/b r:/w/s/a/",
	    BASE "bind-rw /w\nmask-tree /w/s\nbind-rw /w/s/a\n"
	    "mask-file /w/s/a/b\n" PROC },
	{ "allowRead within that is writable again", 0,
	    "w:/w/ d:/w/s/ r:/w/s/a/",
	    BASE "bind-rw /w\nmask-tree /w/s\nbind-rw /w/s/a\n" PROC },
	{ "protected within what was opened again", 0,
	    "w:/w/ d:/w/s/ r:/w/s/a/ p:/w/s/a/b/c",
	    BASE "bind-rw /w\nmask-tree /w/s\nbind-rw /w/s/a\n"
	    "pin /w/s/a/b\nbind-ro /w/s/a/b/c\n" PROC },
	{ "protected and denied", 0, "w:/w/ p:/w/a/f d:/w/a/f",
	    BASE "bind-rw /w\npin /w/a\nmask-file /w/a/f\n" PROC },
	{ "protected beneath denied: the name may not come anew", 0,
	    "w:/w/ d:/w/a/b/ p:/w/a/b/c/d",
	    BASE "bind-rw /w\npin /w/a\nmask-dir /w/a/b\n" PROC },
	{ "everything denied but", 0, "d:/ r:/usr/ r:/etc/passwd w:/h/w/",
	    "root-mask /\ndev /dev\nbind-ro /etc/passwd\nbind-rw /h/w\n"
	    "bind-ro /usr\n" PROC },
	{ "the sandbox's own /dev", 0,
	    "w:/dev/null w:/dev/shm/ n:/dev/null d:/dev/ d:/dev/tty "
	    "d:/dev/sda p:/dev/null",
	    BASE "mask-file /dev/tty\n" PROC },
	{ "the sandbox's own /proc", 0,
	    "w:/proc/ d:/proc/ d:/proc/1/environ d:/proc/cpuinfo "
	    "n:/proc/fs/ w:/proc/sys/", BASE PROC
	    "mask-file /proc/cpuinfo\nbind-ro /proc/fs\n" },
	{ "/proc under a denied root", 0, "d:/ d:/proc/cpuinfo",
	    "root-mask /\ndev /dev\n" PROC "mask-file /proc/cpuinfo\n" },
	{ "/sys is never writable", 0, "w:/sys/ w:/sys/fs/cgroup/", BASE
	    PROC },
	{ "/sys can be denied", 0, "d:/sys/", BASE "mask-dir /sys\n" PROC },
	{ "no rule at all", EXEC_FS_DISABLED, "w:/w/ d:/s/ p:/w/x",
	    "root-rw /\ndev /dev\nbind-ro /sys\n" PROC },
};

static enum fs_kind
kind_of(char c)
{
	static const char	letters[] = "wnpdr";
	const char		*p = strchr(letters, c);

	assert_non_null(p);
	return (enum fs_kind)(p - letters);
}

static void
paths_free(struct fs_paths *paths)
{
	struct fs_path	*fp;

	while ((fp = TAILQ_FIRST(paths)) != NULL) {
		TAILQ_REMOVE(paths, fp, entry);
		free(fp->path);
		free(fp);
	}
}

static void
paths_parse(struct fs_paths *paths, const char *policy, int reverse)
{
	struct fs_path	*fp;
	char		*copy = strdup(policy), *word, *last;
	size_t		 len;

	assert_non_null(copy);
	TAILQ_INIT(paths);
	for (word = strtok_r(copy, " ", &last); word != NULL;
	    word = strtok_r(NULL, " ", &last)) {
		fp = calloc(1, sizeof(*fp));
		assert_non_null(fp);
		fp->kind = kind_of(word[0]);
		fp->path = strdup(word + 2);
		assert_non_null(fp->path);
		len = strlen(fp->path);
		fp->type = fp->path[len - 1] == '/' ? FS_DIR : FS_FILE;
		if (fp->type == FS_DIR && len > 1)
			fp->path[len - 1] = '\0';
		if (reverse)
			TAILQ_INSERT_HEAD(paths, fp, entry);
		else
			TAILQ_INSERT_TAIL(paths, fp, entry);
	}
	free(copy);
}

static void
check_case(const char *name, const char *policy, uint32_t flags,
    const char *expected, int reverse)
{
	struct fs_paths	 paths;
	struct plan	*plan;
	char		*text;
	size_t		 size;
	FILE		*fp;

	paths_parse(&paths, policy, reverse);
	plan = plan_new(&paths, flags);
	assert_non_null(plan);
	fp = open_memstream(&text, &size);
	assert_non_null(fp);
	plan_print(fp, plan);
	assert_int_equal(fclose(fp), 0);
	if (strcmp(text, expected) != 0)
		print_message("# %s\n", name);
	assert_string_equal(text, expected);
	free(text);
	plan_free(plan);
	paths_free(&paths);
}

static void
test_plan(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < nitems(cases); i++)
		check_case(cases[i].name, cases[i].policy, cases[i].flags,
		    cases[i].plan, 0);
}

/* The order in which entries come means nothing. */
static void
test_order(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < nitems(cases); i++)
		check_case(cases[i].name, cases[i].policy, cases[i].flags,
		    cases[i].plan, 1);
}

static void
test_trees(void **state)
{
	struct fs_paths	 paths;
	struct plan	*plan;

	(void)state;
	paths_parse(&paths, "d:/s/ r:/s/a/ d:/s/a/b/ r:/s/a/b/c", 0);
	plan = plan_new(&paths, 0);
	assert_non_null(plan);
	/* root, dev, mask-tree, bind-ro, mask-tree, bind-ro, proc */
	assert_int_equal(plan->nops, 7);
	assert_int_equal(plan->ops[2].tree, -1);
	assert_int_equal(plan->ops[3].tree, 2);
	assert_int_equal(plan->ops[4].tree, -1);
	assert_int_equal(plan->ops[5].tree, 4);
	assert_int_equal(plan->ops[5].type, FS_FILE);
	assert_int_equal(plan->ops[6].tree, -1);
	plan_free(plan);
	paths_free(&paths);
}

static void
test_effect(void **state)
{
	static const struct {
		const char		*path;
		enum plan_effect	 effect;
	} effects[] = {
		{ "/",		PLAN_READ },
		{ "/etc",	PLAN_READ },
		{ "/w",		PLAN_WRITE },
		{ "/w/a",	PLAN_WRITE },
		{ "/w/.git",	PLAN_WRITE },
		{ "/w/.git/hooks/x", PLAN_READ },
		{ "/w/s",	PLAN_DENIED },
		{ "/w/s/x",	PLAN_DENIED },
		{ "/w/s/a/b",	PLAN_WRITE },
		{ "/dev/null",	PLAN_OWN },
		{ "/proc/self",	PLAN_OWN },
		{ "/procx",	PLAN_READ }
	};
	struct fs_paths	 paths;
	struct plan	*plan;
	size_t		 i;

	(void)state;
	paths_parse(&paths, "w:/w/ p:/w/.git/hooks/ d:/w/s/ r:/w/s/a/", 0);
	plan = plan_new(&paths, 0);
	assert_non_null(plan);
	for (i = 0; i < nitems(effects); i++)
		assert_int_equal(plan_effect(plan, effects[i].path),
		    effects[i].effect);
	plan_free(plan);
	paths_free(&paths);
}

static void
test_path_ok(void **state)
{
	static const char *const	 good[] = {
		"/", "/a", "/a/b", "/.a", "/..a", "/a..", "/...", "/a/.b/c"
	};
	static const char *const	 bad[] = {
		"", "a", "./a", "//", "/a/", "/a//b", "/.", "/..", "/a/.",
		"/a/..", "/a/./b", "/a/../b", "/../a"
	};
	struct fs_path	 fp = { .kind = FS_WRITE, .type = FS_DIR };
	struct fs_paths	 paths;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(good); i++)
		assert_true(plan_path_ok(good[i]));
	for (i = 0; i < nitems(bad); i++) {
		assert_false(plan_path_ok(bad[i]));
		TAILQ_INIT(&paths);
		fp.path = (char *)(uintptr_t)bad[i];
		TAILQ_INSERT_TAIL(&paths, &fp, entry);
		errno = 0;
		assert_null(plan_new(&paths, 0));
		assert_int_equal(errno, EINVAL);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_effect),
		cmocka_unit_test(test_path_ok)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
