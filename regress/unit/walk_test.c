/* SPDX-License-Identifier: ISC */

/*
 * What a walk finds, in a tree of its own: the paths as text, sorted, and a
 * comparison with pattern_match() over every path of random trees.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
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
#include "pattern.h"

static char	 top[PATH_MAX];		/* "T" in the tests */
static char	*lines[4096];		/* found, then links with "> " */
static size_t	 nlines;
static int	 more;			/* what wanted() says */
static size_t	 stop;			/* found() fails at this one; 0: never */
static unsigned int	 seed;

static const char *
at(const char *path)
{
	static char	 full[4][2 * PATH_MAX];
	static int	 i;

	i = (i + 1) % 4;
	(void)snprintf(full[i], sizeof(full[i]), "%s%s", top, path + 1);
	return full[i];
}

static void
make_dir(const char *path)
{
	if (mkdir(at(path), 0755) == -1 && errno != EEXIST)
		fail_msg("%s: %s", path, strerror(errno));
}

static void
make_file(const char *path)
{
	int	 fd;

	if ((fd = open(at(path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) == -1)
		fail_msg("%s: %s", path, strerror(errno));
	(void)close(fd);
}

static void
make_link(const char *target, const char *path)
{
	if (symlink(target[0] == 'T' ? at(target) : target, at(path)) == -1)
		fail_msg("%s: %s", path, strerror(errno));
}

static void
line(const char *lead, const char *path)
{
	size_t	 len = strlen(top);
	char	*text;

	assert_true(nlines < nitems(lines));
	if (strncmp(path, top, len) == 0)
		(void)xasprintf(&text, "%sT%s", lead, path + len);
	else
		(void)xasprintf(&text, "%s%s", lead, path);
	lines[nlines++] = text;
}

static int
found(void *arg, const char *name, const char *rule, const char *path,
    mode_t mode, int linked)
{
	struct stat	 st;

	(void)arg;
	(void)linked;
	(void)name;
	(void)rule;
	/* Whatever it is, it is said rightly. */
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(S_ISDIR(st.st_mode), S_ISDIR(mode));
	assert_false(S_ISLNK(st.st_mode));
	line("", path);
	return stop != 0 && nlines == stop ? -1 : 0;
}

static void
by_link(void *arg, const char *rule, const char *path)
{
	(void)arg;
	(void)rule;
	line("> ", path);
}

static int
wanted(void *arg, const char *path)
{
	(void)arg;
	(void)path;
	return more;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
forget(void)
{
	while (nlines != 0)
		free(lines[--nlines]);
}

/* Walks, and sorts what was found. */
static int
run_walk(struct walk *w)
{
	static const struct walk_sink	 sink = { found, by_link, wanted };
	int				 ret;

	forget();
	ret = walk_run(w, &sink, NULL);
	walk_free(w);
	qsort(lines, nlines, sizeof(*lines), by_text);
	return ret;
}

/* The patterns of a list "dir tail dir tail ..." find these lines. */
static void
finds(int follow, const char *const *patterns, const char *want)
{
	struct walk	*w = walk_new(follow);
	char		 got[65536] = "";
	size_t		 i;

	for (; *patterns != NULL; patterns += 2)
		assert_int_equal(walk_add(w, at(patterns[0]), patterns[1],
		    "name", "rule"), 0);
	assert_int_equal(run_walk(w), 0);
	for (i = 0; i < nlines; i++) {
		(void)strlcat(got, lines[i], sizeof(got));
		(void)strlcat(got, "\n", sizeof(got));
	}
	assert_string_equal(got, want);
}

/* How many lines a pattern in the whole tree gives. */
static size_t
walk_top(int follow, const char *tail)
{
	struct walk	*w = walk_new(follow);

	assert_int_equal(walk_add(w, top, tail, "name", "rule"), 0);
	assert_int_equal(run_walk(w), 0);
	return nlines;
}

#define FINDS(follow, want, ...) do {					\
	static const char *const	 list_[] = { __VA_ARGS__, NULL }; \
									\
	finds(follow, list_, want);					\
} while (0)

static int
setup(void **state)
{
	char	 name[] = "/tmp/srt-walk.XXXXXX";

	(void)state;
	if (mkdtemp(name) == NULL || realpath(name, top) == NULL)
		return -1;
	more = 0;
	stop = 0;
	log_init("test", LOG_LEVEL_FATAL);
	return 0;
}

static int
teardown(void **state)
{
	char	 command[2 * PATH_MAX + 64];

	(void)state;
	forget();
	(void)snprintf(command, sizeof(command),
	    "chmod -R u+rwx %s; rm -rf %s", top, top);
	return system(command);
}

static void
make_tree(void)
{
	make_dir("T/a");
	make_dir("T/a/b");
	make_dir("T/a/b/c");
	make_dir("T/.h");
	make_dir("T/k.pem");
	make_file("T/.env");
	make_file("T/a/.env");
	make_file("T/a/x.pem");
	make_file("T/a/b/c/.pem");
	make_file("T/.h/x.pem");
	make_file("T/k.pem/y.pem");
	make_file("T/a/b/env");
}

static void
test_names(void **state)
{
	(void)state;
	make_tree();
	FINDS(1, "T/.env\nT/a/.env\n", "T", "**/.env");
	FINDS(1, "T/.env\n", "T", ".env");
	FINDS(1, "T/a/.env\n", "T", "*/.env");
	FINDS(1, "T/.h/x.pem\nT/a/b/c/.pem\nT/a/x.pem\nT/k.pem\n",
	    "T", "**/*.pem");
	FINDS(1, "T/.h/x.pem\nT/a/x.pem\n", "T", "**/x*");
	FINDS(1, "T/a/b\n", "T", "**/a/**/?", "T", "**/c");
	FINDS(1, "T/a/b/c\nT/a/b/env\n", "T", "*/*/*", "T/a/b/c", "z*");
	FINDS(1, "T/.h/x.pem\nT/a/x.pem\nT/k.pem/y.pem\n", "T", "*/[wxy].pem",
	    "T", "*/[z-a]");
	FINDS(1, "", "T/a", "*/.env", "T", "b*/c");
	more = 1;
	FINDS(1, "T/a/b\nT/a/b/c\n", "T", "**/a/**/?", "T", "**/c");
	FINDS(1, "T/k.pem\nT/k.pem/y.pem\n", "T", "k*", "T/k.pem", "*");
}

/* What stands for a slash in the place of a name. */
static void
test_whole(void **state)
{
	(void)state;
	make_tree();
	FINDS(1, "T/.h/x.pem\nT/a/b/c/.pem\nT/a/x.pem\nT/k.pem\n",
	    "T", "**.pem");
	FINDS(1, "T/a/b/c/.pem\n", "T", "a**c/.pem");
	FINDS(1, "T/a/b\n", "T", "a[x/]b");
	FINDS(1, "T/a/b/c\n", "T", "a[x/]b/?", "T", "a/*/c");
	FINDS(1, "", "T", "a**z");
	more = 1;
	FINDS(1, "T/a/.env\nT/a/b\nT/a/b/c\nT/a/b/c/.pem\nT/a/b/env\n"
	    "T/a/x.pem\n", "T", "a/**?");
}

/* One walk for all that overlap; each path once for one of them. */
static void
test_shared(void **state)
{
	(void)state;
	make_tree();
	FINDS(1, "T/.env\nT/a/.env\nT/a/b/c\nT/a/b/env\n",
	    "T/a/b", "env*", "T", "**/.env", "T/a", "*/c", "T/a/b", "*v");
	FINDS(1, "T/.h/x.pem\nT/a/b/env\n", "T/a", "*/env", "T/.h", "*");
}

static void
test_links(void **state)
{
	(void)state;
	make_tree();
	make_link("..", "T/a/up");
	make_link("T", "T/a/b/top");
	make_link("/", "T/a/b/root");
	make_link("/proc/self", "T/a/self");
	make_link("/dev", "T/a/dev");
	make_link("T/a/b", "T/.h/b");
	make_link("none", "T/.h/none.pem");
	make_link("loop", "T/.h/loop");
	make_link("T/a/x.pem", "T/.h/l.pem");
	make_link("T/.h", "T/k.pem/h");
	/* Allowing follows none. */
	FINDS(0, "T/.h/x.pem\nT/a/b/c/.pem\nT/a/x.pem\nT/k.pem\n",
	    "T", "**/*.pem");
	/* Neither does a walk beyond where it began. */
	FINDS(1, "> T/.h/b\n> T/.h/l.pem\n> T/.h/none.pem\nT/.h/x.pem\n"
	    "T/a/b/c/.pem\nT/a/b/c/.pem\nT/a/x.pem\nT/a/x.pem\nT/k.pem\n",
	    "T", "**/*.pem");
	FINDS(1, "> T/.h/b\nT/a/b/env\n", "T", ".h/b/e*");
	FINDS(1, "> T/.h/b\n> T/k.pem/h\nT/a/b/env\n",
	    "T/k.pem", "**/e*");
	FINDS(1, "> T/.h/b\nT/a/b\n", "T/.h", "b*");
	FINDS(1, "", "T/a", "up/*", "T/a/b", "top/a");
}

/* By many ways to the same place. */
static void
test_many_links(void **state)
{
	char	 path[64], link[64];
	size_t	 n;
	int	 i, k;

	(void)state;
	make_dir("T/x");
	for (i = 0; i < 12; i++) {
		(void)snprintf(path, sizeof(path), "T/d%d", i);
		make_dir(path);
		for (k = 0; k < 12; k++) {
			(void)snprintf(link, sizeof(link), "T/d%d/l%d", i, k);
			(void)snprintf(path, sizeof(path), "T/d%d", k);
			make_link(path, link);
		}
	}
	make_file("T/d7/key");
	FINDS(1, "", "T/x", "**/key");
	FINDS(1, "> T/d0/l7\nT/d7/key\n", "T/d0", "*/key");
	/* Once by its name, and once by links: one way of very many. */
	for (n = walk_top(1, "**/key"), k = 0; n-- != 0; )
		k += strcmp(lines[n], "T/d7/key") == 0;
	assert_int_equal(k, 2);
}

static void
test_shut(void **state)
{
	(void)state;
	make_tree();
	assert_int_equal(chmod(at("T/a/b"), 0311), 0);
	if (access(at("T/a/b"), R_OK) == 0)
		return;		/* root can look everywhere */
	FINDS(1, "T/a/b\nT/a/x.pem\n", "T/a", "**/*.pem");
	/* Nothing there could match, or it would only be allowed. */
	FINDS(1, "T/a/x.pem\n", "T/a", "*.pem");
	FINDS(0, "T/a/x.pem\n", "T/a", "**/*.pem");
	FINDS(1, "T/a/b\n", "T/a/b", "*");
}

static void
test_stop(void **state)
{
	struct walk	*w = walk_new(1);

	(void)state;
	make_tree();
	stop = 2;
	assert_int_equal(walk_add(w, top, "**/*.pem", "n", "r"), 0);
	assert_int_equal(run_walk(w), -1);
	assert_int_equal(nlines, 2);
	/* Nothing to look for is no error. */
	w = walk_new(1);
	assert_int_equal(walk_run(w, NULL, NULL), 0);
	walk_free(w);
}

/* Deeper than the walk goes: the rest is denied as a whole. */
static void
test_deep(void **state)
{
	char	 path[PATH_MAX] = "T";
	int	 i;

	(void)state;
	for (i = 0; i < 450; i++) {
		(void)strlcat(path, "/d", sizeof(path));
		make_dir(path);
	}
	(void)strlcat(path, "/key", sizeof(path));
	make_file(path);
	assert_int_equal(walk_top(1, "**/key"), 1);
	assert_true(path_beneath(path, lines[0]));
	assert_true(strlen(lines[0]) > 2 * 390 &&
	    strlen(lines[0]) < strlen(path));
	assert_int_equal(walk_top(0, "**/key"), 0);
	/* A name that needs no descent that far is found. */
	FINDS(1, "T/d/d/d\n", "T", "?/d/d");
}

/* A path that is too long for the kernel: likewise. */
static void
test_long(void **state)
{
	char	 name[256];
	int	 fd, next, i;
	size_t	 len;

	(void)state;
	memset(name, 'n', 250);
	name[250] = '\0';
	fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < 20; i++) {
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_not_equal(next, -1);
		(void)close(fd);
		fd = next;
	}
	next = openat(fd, "key", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_not_equal(next, -1);
	(void)close(next);
	(void)close(fd);
	assert_int_equal(walk_top(1, "**/key"), 1);
	len = strlen(lines[0]);
	assert_true(len > PATH_MAX / 2 && len < PATH_MAX);
}

static unsigned int
rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static char	*all[512];
static size_t	 nall;

static void
grow(const char *dir, int depth)
{
	static const char *const	 names[] = {
		"a", "b", "ab", ".a", "b.c", "a[b]", "*", "\xc3\xa9", "\xff"
	};
	char	 path[PATH_MAX];
	size_t	 i;

	for (i = 0; i < nitems(names) && nall < nitems(all); i++) {
		if (rnd(3) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		all[nall++] = xstrdup(path);
		if (depth != 0 && rnd(3) != 0) {
			assert_int_equal(mkdir(path, 0755), 0);
			grow(path, depth - 1);
		} else
			assert_int_not_equal(mknod(path, S_IFREG | 0600, 0),
			    -1);
	}
}

/* Without links and with nothing left out it is pattern_match(). */
static void
test_random(void **state)
{
	static const char *const	 pieces[] = {
		"*", "**", "**/", "?", "/", "a", "b", "[ab]", "[a", "]", ".",
		"[/]", "\xc3\xa9", "\xa9", "*/"
	};
	struct pattern	*p;
	struct walk	*w;
	char		 tail[128], *text;
	size_t		 i, k, want, hits = 0;
	unsigned int	 n;

	(void)state;
	seed = 1;
	more = 1;
	grow(top, 3);
	assert_true(nall > 20);
	for (i = 0; i < 3000; i++) {
		tail[0] = '\0';
		for (n = rnd(6) + 1; n != 0; n--)
			(void)strlcat(tail, pieces[rnd(nitems(pieces))],
			    sizeof(tail));
		/* As reading.c hands them over. */
		if (tail[0] == '/' || strstr(tail, "//") != NULL ||
		    strstr(tail, "/./") != NULL ||
		    tail[strlen(tail) - 1] == '/' || !pattern_is(tail) ||
		    strcmp(tail, "**") == 0 || (strlen(tail) > 2 &&
		    strcmp(tail + strlen(tail) - 3, "/**") == 0))
			continue;
		w = walk_new((int)rnd(2));
		text = reading_pattern(top, tail);
		p = pattern_new(text);
		assert_non_null(p);
		assert_int_equal(walk_add(w, top, tail, "n", "r"), 0);
		assert_int_equal(run_walk(w), 0);
		for (k = want = 0; k < nall; k++)
			want += pattern_match(p, all[k]) != 0;
		if (want != nlines)
			fail_msg("%s: %zu, not %zu", text, nlines, want);
		for (k = 0; k < nlines; k++)
			if (!pattern_match(p, at(lines[k])))
				fail_msg("%s: %s", text, lines[k]);
		hits += nlines;
		pattern_free(p);
		free(text);
	}
	assert_true(hits > 1000);
	while (nall != 0)
		free(all[--nall]);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_names), T(test_whole), T(test_shared), T(test_links),
		T(test_many_links), T(test_shut), T(test_stop), T(test_deep),
		T(test_long), T(test_random)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
