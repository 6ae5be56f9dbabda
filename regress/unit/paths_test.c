/* SPDX-License-Identifier: ISC */

/*
 * From path entries to what exists: in a tree of its own, as the user that
 * runs the test.  The result is compared as text, a line for each path.
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

static char		 top[PATH_MAX];		/* "T" in the tests */
static char		 logged[8192];
static struct settings	 set;
static struct fs_paths	 paths;
static struct guards	 guards;
static struct own_file	 own[2];
static size_t		 nown;
static const char	*cwd;

static void
log_keep(enum log_level level, const char *text)
{
	(void)strlcat(logged, level == LOG_LEVEL_WARN ? "warn: " : "info: ",
	    sizeof(logged));
	(void)strlcat(logged, text, sizeof(logged));
	(void)strlcat(logged, "\n", sizeof(logged));
}

/* "T/x" is x in the tree. */
static const char *
at(const char *path)
{
	static char	 full[4][2 * PATH_MAX];
	static int	 i;

	i = (i + 1) % 4;
	if (path[0] == 'T' && (path[1] == '/' || path[1] == '\0'))
		(void)snprintf(full[i], sizeof(full[i]), "%s%s", top,
		    path + 1);
	else
		(void)strlcpy(full[i], path, sizeof(full[i]));
	return full[i];
}

static void
make_dir(const char *path)
{
	if (mkdir(at(path), 0755) == -1)
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
	if (symlink(at(target), at(path)) == -1)
		fail_msg("%s: %s", path, strerror(errno));
}

static void
entry(struct strlist *list, const char *text)
{
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	memset(&list->v[list->n], 0, sizeof(*list->v));
	list->v[list->n++].text = xstrdup(at(text));
}

static void
clear_list(struct strlist *list)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		free(list->v[i].text);
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/* What the caller's session executes, in every case. */
#define SESSION								\
	"no-write T/home/.config/autostart: mandatory\n"		\
	"no-write T/home/.config/systemd/user: mandatory\n"		\
	"no-write T/home/.local/share/dbus-1/services: mandatory\n"	\
	"no-write T/home/.local/share/systemd/user: mandatory\n"
#define OWN_SETTINGS	"no-write T/home/.srt-settings.json: srt's\n"
#define SETTINGS	SESSION OWN_SETTINGS

static int
resolve(void)
{
	paths_free(&paths);
	guards_free(&guards);
	logged[0] = '\0';
	return paths_resolve(&set, at(cwd), own, nown, &paths, &guards);
}

/* The paths in the tree, as "W d T/x": kind, type, path. */
static const char *
result(void)
{
	static const char	 kinds[] = "WNPRA";
	static char		 text[65536];
	const struct fs_path	*p;
	size_t			 len = strlen(top), used = 0;

	text[0] = '\0';
	TAILQ_FOREACH(p, &paths, entry) {
		if (strncmp(p->path, top, len) != 0)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%c %c T%s\n", kinds[p->kind],
		    p->type == FS_DIR ? 'd' : 'f', p->path + len);
	}
	return text;
}

/*
 * What the broker holds in the tree, as "no-write T/x: rule", with the rule
 * up to the entry itself.
 */
static const char *
held(void)
{
	static char			 text[65536];
	const struct guard_entry	*g;
	size_t				 len = strlen(top), used = 0;

	text[0] = '\0';
	TAILQ_FOREACH(g, &guards.list, entry) {
		if (strncmp(g->text, top, len) != 0)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s T%s: %.*s\n", guard_kind_name(g->kind),
		    g->text + len, (int)strcspn(g->rule, " "), g->rule);
	}
	return text;
}

static void
holds(const char *want)
{
	assert_int_equal(resolve(), 0);
	assert_string_equal(held(), want);
}

static void
gives(const char *want)
{
	assert_int_equal(resolve(), 0);
	assert_string_equal(result(), want);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In a directory there is no order: the lines sorted. */
static void
finds(const char *want)
{
	char	*lines[64], got[4096] = "", *copy, *next;
	size_t	 i, n = 0;

	assert_int_equal(resolve(), 0);
	next = copy = xstrdup(result());
	while (n < nitems(lines) && (lines[n] = strsep(&next, "\n")) != NULL &&
	    *lines[n] != '\0')
		n++;
	qsort(lines, n, sizeof(*lines), by_text);
	for (i = 0; i < n; i++) {
		(void)strlcat(got, lines[i], sizeof(got));
		(void)strlcat(got, "\n", sizeof(got));
	}
	free(copy);
	assert_string_equal(got, want);
}

static void
said(const char *text)
{
	if (strstr(logged, at(text)) == NULL)
		fail_msg("not said: %s\nbut: %s", at(text), logged);
}

static int
setup(void **state)
{
	char	 name[] = "/tmp/srt-paths.XXXXXX";

	(void)state;
	if (mkdtemp(name) == NULL || realpath(name, top) == NULL)
		return -1;
	memset(&set, 0, sizeof(set));
	TAILQ_INIT(&paths);
	guards_init(&guards);
	nown = 0;
	cwd = "T/w";
	log_init("test", LOG_LEVEL_INFO);
	log_setsink(log_keep);
	make_dir("T/home");
	make_dir("T/w");
	make_dir("T/d");
	make_file("T/d/f");
	(void)setenv("HOME", at("T/home"), 1);
	return 0;
}

static int
teardown(void **state)
{
	char	 command[2 * PATH_MAX + 64];

	(void)state;
	clear_list(&set.allow_write);
	clear_list(&set.deny_write);
	clear_list(&set.deny_read);
	clear_list(&set.allow_read);
	clear_list(&set.unix_sockets);
	paths_free(&paths);
	guards_free(&guards);
	(void)snprintf(command, sizeof(command),
	    "chmod -R u+rwx %s; rm -rf %s", top, top);
	return system(command);
}

static void
test_fold(void **state)
{
	static const char *const	 table[][2] = {
		{ "/", "/" }, { "", "/" }, { "//", "/" }, { "/.", "/" },
		{ "/..", "/" }, { "/../..", "/" }, { "/a/../..", "/" },
		{ "/a/", "/a" }, { "/a//b/./c/", "/a/b/c" },
		{ "/a/../b", "/b" }, { "/a/b/..", "/a" },
		{ "/...", "/..." }, { "/.a/..b", "/.a/..b" }, { "a/b", "/a/b" },
	};
	size_t	 i;
	char	*got;

	(void)state;
	for (i = 0; i < nitems(table); i++) {
		got = path_fold(table[i][0]);
		assert_string_equal(got, table[i][1]);
		free(got);
	}
}

static void
test_spelling(void **state)
{
	(void)state;
	make_dir("T/home/h");
	make_dir("T/w/r");
	make_file("T/w/~");
	make_file("T/w/a b\nc");
	entry(&set.deny_read, "~/h");
	entry(&set.deny_read, "~/h/../h/");
	entry(&set.deny_read, "r");
	entry(&set.deny_read, "./r//./");
	entry(&set.deny_read, "r/../../d/f");
	entry(&set.deny_read, "T/d/../d/f");
	entry(&set.deny_read, "T/d/f/");
	entry(&set.deny_read, "T/d/f/.");
	entry(&set.deny_read, "~x");
	entry(&set.deny_read, "./~");
	entry(&set.deny_read, "a b\nc");
	/* What follows on the same is not said twice. */
	gives("R d T/home/h\nR d T/w/r\nR f T/d/f\nR f T/w/~\n"
	    "R f T/w/a b\nc\n");
	said("warn: filesystem.denyRead.8: \"~x\" does not exist");
}

static void
test_home(void **state)
{
	(void)state;
	entry(&set.deny_read, "~");
	gives("R d T/home\n");
	/* A relative one would mean anything: the password database's. */
	(void)setenv("HOME", ".", 1);
	gives("");
}

static void
test_absent(void **state)
{
	(void)state;
	entry(&set.allow_write, "T/none");
	entry(&set.allow_read, "T/d/f/x");
	entry(&set.deny_write, "T/none/x");
	entry(&set.deny_read, "T/d/../none/../d/f");
	gives("");
	said("info: filesystem.allowWrite.0: ");
	said("filesystem.denyWrite.0");
	said("filesystem.allowRead.0");
	/* ".." is the kernel's: past what is not there it leads nowhere. */
	said("filesystem.denyRead.0");
}

/* A variable, unless that is what the file is called. */
static void
test_variables(void **state)
{
	(void)state;
	make_dir("T/w/$there");
	entry(&set.deny_read, "$HOME/.ssh");
	entry(&set.allow_write, "${HOME}");
	entry(&set.allow_write, "$there");
	gives("W d T/w/$there\n");
	said("warn: filesystem.denyRead.0: \"$HOME/.ssh\" does not exist");
	said("warn: filesystem.allowWrite.0: \"${HOME}\" does not exist");
	assert_null(strstr(logged, "filesystem.allowWrite.1"));
}

/* What the host has in /dev and /proc is not what the command meets. */
static void
test_private(void **state)
{
	(void)state;
	entry(&set.allow_write, "/dev");
	entry(&set.allow_write, "/proc/sys");
	entry(&set.deny_read, "/dev/null");
	entry(&set.deny_read, "/proc/version");
	entry(&set.deny_read, "/proc/1");
	gives("");
	said("info: filesystem.allowWrite.0: \"/dev\" has no effect");
	said("info: filesystem.allowWrite.1: \"/proc/sys\" has no effect");
	said("info: filesystem.denyRead.2: \"/proc/1\" has no effect");
	assert_null(strstr(logged, "filesystem.denyRead.0"));
	assert_null(strstr(logged, "filesystem.denyRead.1"));
}

/* The command could have made the link in its last run. */
static void
test_links_allow(void **state)
{
	(void)state;
	make_link("T/d", "T/w/out");
	make_link("f", "T/d/same");
	make_dir("T/w/in");
	make_link("in", "T/w/beside");
	entry(&set.allow_write, "out");
	entry(&set.allow_write, "T/w/out/f");
	entry(&set.allow_read, "T/w/beside");
	entry(&set.allow_write, "T/w/in");
	gives("W d T/w/in\n");
	said("warn: filesystem.allowWrite.0");
	said("filesystem.allowWrite.1");
	said("filesystem.allowRead.0");
	said("is not followed: list");
}

static void
test_links_deny(void **state)
{
	(void)state;
	make_link("T/d", "T/w/out");
	make_link("../w/out", "T/d/back");
	make_link("back/f", "T/d/chain");
	make_link("none", "T/w/dangling");
	entry(&set.deny_read, "out");
	entry(&set.deny_write, "T/w/out/f");
	entry(&set.deny_read, "T/d/chain");
	entry(&set.deny_read, "T/w/out/../w");
	entry(&set.deny_read, "dangling");
	/* A relative entry's ".." goes by text. */
	entry(&set.deny_read, "out/../out/f");
	gives("R d T/d\nR f T/d/f\nR d T/w\nR f T/d/f\nN f T/d/f\n");
	said("filesystem.denyRead.3: \"dangling\" does not exist");
}

static void
test_loop(void **state)
{
	(void)state;
	make_link("T/w/b", "T/w/a");
	make_link("T/w/a", "T/w/b");
	entry(&set.allow_write, "a");
	gives("");
	said("it is not allowed");
	/* Of a denied one nobody knows what it will be. */
	entry(&set.deny_read, "a/x");
	assert_int_equal(resolve(), -1);
}

/* Links that root made where only root can: /home on some systems. */
static void
test_root_links(void **state)
{
	struct followed	 f;
	struct stat	 st;
	int		 trusted;

	(void)state;
	if (lstat("/bin", &st) == -1 || !S_ISLNK(st.st_mode) ||
	    st.st_uid != 0 || stat("/", &st) == -1)
		return;		/* no such link here */
	trusted = geteuid() != 0;
	assert_int_equal(path_follow("/bin", &f), 0);
	assert_string_equal(f.path, "/usr/bin");
	assert_int_equal(f.foreign, !trusted);
	assert_int_equal(f.nlinks, 1);
	assert_string_equal(f.links[0], "/bin");
	followed_free(&f);
	/* The same link by way of a directory that is not root's alone. */
	make_link("/bin", "T/w/bin");
	assert_int_equal(path_follow(at("T/w/bin"), &f), 0);
	assert_int_equal(f.foreign, 1);
	followed_free(&f);
}

static void
test_long(void **state)
{
	char	 name[300], *path;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	entry(&set.allow_write, name);
	gives("");
	said("File name too long");
	clear_list(&set.allow_write);

	/* "/./" does not count. */
	path = xcalloc(3 * PATH_MAX, 1);
	(void)strlcpy(path, top, PATH_MAX);
	while (strlen(path) < 2 * PATH_MAX)
		(void)strlcat(path, "/.", 3 * PATH_MAX);
	(void)strlcat(path, "/d", 3 * PATH_MAX);
	set.deny_read.v = xcalloc(1, sizeof(*set.deny_read.v));
	set.deny_read.v[set.deny_read.n++].text = path;
	gives("R d T/d\n");
}

/* What cannot be looked at: its directory is denied as a whole. */
static void
test_unreachable(void **state)
{
	(void)state;
	make_dir("T/d/shut");
	make_file("T/d/shut/f");
	entry(&set.deny_read, "T/d/shut/f");
	entry(&set.deny_write, "T/d/shut/none");
	entry(&set.allow_write, "T/d/shut/f");
	assert_int_equal(chmod(at("T/d/shut"), 0), 0);
	if (access(at("T/d/shut/f"), F_OK) == 0)
		return;		/* root can look everywhere */
	gives("R d T/d/shut\nN d T/d/shut\n");
	said("filesystem.allowWrite.0");
}

static void
test_order(void **state)
{
	(void)state;
	entry(&set.allow_write, "T/d");
	entry(&set.deny_write, "T/d/f");
	entry(&set.allow_read, "T/d");
	entry(&set.deny_read, "T/d");
	gives("R d T/d\nA d T/d\nW d T/d\nN f T/d/f\n");
	set.fs_disabled = 1;
	gives("");
	set.fs_disabled = 0;
}

static void
make_defaults(void)
{
	make_dir("T/home/.npm");
	make_dir("T/home/.npm/_logs");
	make_dir("T/home/.claude");
	make_dir("T/home/.claude/debug");
}

static void
test_defaults(void **state)
{
	(void)state;
	make_defaults();
	gives("W d T/home/.npm/_logs\nW d T/home/.claude/debug\n");
	entry(&set.deny_read, "~/.npm");
	gives("R d T/home/.npm\nW d T/home/.claude/debug\n");
	entry(&set.deny_read, "~");
	entry(&set.allow_read, "~/.claude");
	gives("R d T/home/.npm\nR d T/home\nA d T/home/.claude\n"
	    "W d T/home/.claude/debug\n");
	/* A part of it alone does not open it. */
	clear_list(&set.allow_read);
	make_dir("T/home/.claude/debug/x");
	entry(&set.allow_read, "~/.claude/debug/x");
	gives("R d T/home/.npm\nR d T/home\nA d T/home/.claude/debug/x\n");
}

/* Somebody else's, or open to somebody else, or by a link. */
static void
test_defaults_foreign(void **state)
{
	(void)state;
	make_defaults();
	assert_int_equal(chmod(at("T/home/.npm/_logs"), 0777), 0);
	assert_int_equal(rmdir(at("T/home/.claude/debug")), 0);
	make_link("T/d", "T/home/.claude/debug");
	gives("");
}

static void
test_mandatory(void **state)
{
	(void)state;
	make_file("T/w/.bashrc");
	make_dir("T/w/.vscode");
	make_dir("T/w/.claude");
	make_dir("T/w/.claude/commands");
	make_file("T/w/.claude/other");
	make_dir("T/w/.git");
	make_dir("T/w/.git/hooks");
	make_file("T/w/.git/config");
	make_file("T/d/.bashrc");
	entry(&set.allow_write, ".");
	gives("W d T/w\nP f T/w/.bashrc\nP d T/w/.vscode\n"
	    "P d T/w/.claude/commands\nP d T/w/.git/hooks\n"
	    "P f T/w/.git/config\n");
	/* In each write root, and where the command starts. */
	make_dir("T/w/sub");
	make_file("T/w/sub/.mcp.json");
	cwd = "T/w/sub";
	entry(&set.allow_write, "T/d");
	clear_list(&set.allow_write);
	entry(&set.allow_write, "T/w");
	entry(&set.allow_write, "T/d");
	gives("W d T/w\nW d T/d\nP f T/w/.bashrc\nP d T/w/.vscode\n"
	    "P d T/w/.claude/commands\nP d T/w/.git/hooks\n"
	    "P f T/w/.git/config\nP f T/d/.bashrc\nP f T/w/sub/.mcp.json\n");
	/* Where it starts in any case. */
	clear_list(&set.allow_write);
	gives("P f T/w/sub/.mcp.json\n");
	/* A write root that is the first part of such names. */
	cwd = "T/home";
	entry(&set.allow_write, "T/w/.git");
	gives("W d T/w/.git\nP f T/w/.bashrc\nP d T/w/.vscode\n"
	    "P d T/w/.claude/commands\nP d T/w/.git/hooks\n"
	    "P f T/w/.git/config\n");
}

static void
test_git_file(void **state)
{
	(void)state;
	make_file("T/w/.git");
	entry(&set.allow_write, "T/w");
	gives("W d T/w\nP f T/w/.git\n");
}

static void
test_mandatory_links(void **state)
{
	(void)state;
	make_dir("T/d/dots");
	make_file("T/d/dots/bashrc");
	make_link("T/d/dots/bashrc", "T/w/.bashrc");
	make_link("none", "T/w/.zshrc");
	make_link("T/w", "T/w/.vscode");
	make_link("T", "T/w/.idea");
	make_link(".git", "T/w/.git");
	entry(&set.allow_write, "T/w");
	/* The root itself is not taken away by a link to it. */
	gives("W d T/w\nP f T/d/dots/bashrc\n");
	said("T/w/.vscode leads to");
	said("T/w/.idea leads to");
	/* Of a link the broker would know the name only. */
	holds("write T/w: filesystem.allowWrite[0]\n"
	    "no-write T/d/dots/bashrc: mandatory\n"
	    "no-write T/w/.bashrc: mandatory\n"
	    "no-write T/w/none: mandatory\n"
	    "no-write T/w/.zshrc: mandatory\n"
	    "no-write T/w/.git/hooks: mandatory\n"
	    "no-write T/w/.git: mandatory\n"
	    "no-write T/w/.git/config: mandatory\n"
	    "no-write T/w/.git/config.worktree: mandatory\n"
	    "no-write T/w/.git/info/attributes: mandatory\n"
	    SETTINGS);
}

static void
test_mandatory_shut(void **state)
{
	(void)state;
	make_dir("T/w/.git");
	make_dir("T/w/.git/hooks");
	entry(&set.allow_write, "T/w");
	assert_int_equal(chmod(at("T/w/.git"), 0), 0);
	if (access(at("T/w/.git/hooks"), F_OK) == 0)
		return;		/* root can look everywhere */
	gives("W d T/w\nP d T/w/.git\n");
}

static void
test_own(void **state)
{
	(void)state;
	make_file("T/w/s.json");
	make_file("T/w/~");
	make_file("T/home/.srt-settings.json");
	nown = 2;
	own[0].path = "s.json";
	own[1].path = "~";
	own[0].rule = own[1].rule = "own";
	entry(&set.allow_write, "~");
	gives("W d T/home\nP f T/w/s.json\nP f T/w/~\n"
	    "P f T/home/.srt-settings.json\n");
	assert_string_equal(logged, "");
	own[0].path = at("T/w/../w/s.json");
	nown = 1;
	gives("W d T/home\nP f T/w/s.json\nP f T/home/.srt-settings.json\n");
}

static void
test_own_absent(void **state)
{
	(void)state;
	/* The command could make it for the next run. */
	entry(&set.allow_write, "~");
	gives("W d T/home\n");
	assert_string_equal(held(),
	    "write T/home: filesystem.allowWrite[0]\n"
	    SETTINGS);
	/* Or where it leads. */
	make_link("T/d/dangling", "T/home/.srt-settings.json");
	holds("write T/home: filesystem.allowWrite[0]\n"
	    SESSION "no-write T/d/dangling: srt's\n" OWN_SETTINGS);
	assert_string_equal(logged, "");
}

static void
test_own_link(void **state)
{
	(void)state;
	make_file("T/d/real.json");
	make_link("T/d", "T/w/way");
	make_link("T/w/way/real.json", "T/w/s.json");
	nown = 1;
	own[0].path = "s.json";
	own[0].rule = "own";
	entry(&set.allow_write, ".");
	gives("W d T/w\nP f T/d/real.json\n");
	/* Each link could be replaced, and count in the next run. */
	assert_string_equal(held(),
	    "write T/w: filesystem.allowWrite[0]\n"
	    "no-write T/d/real.json: own\n"
	    "no-write T/w/s.json: own\n"
	    "no-write T/w/way: own\n"
	    SETTINGS);
}

/* Whether it is there or not, as it is spelled and as it is. */
static void
test_hold(void **state)
{
	(void)state;
	make_link("T/d", "T/w/out");
	entry(&set.deny_write, "none/../none");
	entry(&set.deny_write, "out/none");
	entry(&set.deny_write, "T/d/f");
	entry(&set.deny_write, "T/d/f/x");
	entry(&set.deny_write, "/proc/self/none");
	entry(&set.deny_read, "out/f");
	gives("R f T/d/f\nN f T/d/f\n");
	assert_string_equal(held(),
	    "no-write T/w/out: filesystem.denyRead[0]\n"
	    "no-write T/w/none: filesystem.denyWrite[0]\n"
	    "no-write T/d/none: filesystem.denyWrite[1]\n"
	    "no-write T/w/out/none: filesystem.denyWrite[1]\n"
	    "no-write T/d/f: filesystem.denyWrite[2]\n"
	    "no-write T/d/f/x: filesystem.denyWrite[3]\n" SETTINGS);
	said("info: filesystem.denyWrite.0: \"none/../none\" does not exist\n");
	/* There is nothing for the broker where there are no rules. */
	set.fs_disabled = 1;
	holds("");
	set.fs_disabled = 0;
}

static void
test_allow_hold(void **state)
{
	(void)state;
	make_dir("T/d/r");
	entry(&set.allow_write, "T/d");
	entry(&set.allow_write, "T/none");
	entry(&set.allow_read, "T/d/r");
	holds("write T/d: filesystem.allowWrite[0]\n" SETTINGS);
	set.strict_reads = 1;
	holds("read T/d/r: filesystem.allowRead[0]\n"
	    "write T/d: filesystem.allowWrite[0]\n"
	    "read T/d: filesystem.allowWrite[0]\n" SETTINGS);
	set.strict_reads = 0;
	make_defaults();
	clear_list(&set.allow_read);
	holds("write T/d: filesystem.allowWrite[0]\n"
	    "write T/home/.npm/_logs: default\n"
	    "write T/home/.claude/debug: default\n" SETTINGS);
}

static void
test_patterns_write(void **state)
{
	(void)state;
	make_link("T/d", "T/w/out");
	entry(&set.allow_write, "T/d/*.log");
	entry(&set.allow_write, "T/none/*.log");
	entry(&set.allow_write, "out/*.log");
	entry(&set.allow_write, "T/d/f/*");
	entry(&set.deny_write, "**/x/**");
	entry(&set.deny_write, "out/?");
	entry(&set.deny_write, "T/none/../d/[ab]");
	gives("W d T/d\n");
	/* Between the root of the mounts and the names is the broker. */
	assert_string_equal(held(),
	    "write-pattern T/d/*.log: filesystem.allowWrite[0]\n"
	    "no-write-pattern T/w/**/x: filesystem.denyWrite[0]\n"
	    "no-write T/w/out: filesystem.denyWrite[1]\n"
	    "no-write-pattern T/d/?: filesystem.denyWrite[1]\n"
	    "no-write-pattern T/w/out/?: filesystem.denyWrite[1]\n"
	    "no-write-pattern T/d/[ab]: filesystem.denyWrite[2]\n"
	    SETTINGS);
	said("allowWrite.1");
	said("warn: filesystem.allowWrite.2: \"out/*.log\" leads to");
	said("allowWrite.3");
}

/* A root that is one for patterns alone must not open what is denied. */
static void
test_patterns_denied(void **state)
{
	(void)state;
	make_dir("T/d/r");
	make_dir("T/d/r/s");
	entry(&set.deny_read, "T/d/r*");
	entry(&set.allow_write, "T/d/r/s/*.log");
	assert_int_equal(resolve(), -1);
	entry(&set.allow_read, "T/d/r/s");
	gives("A d T/d/r/s\nW d T/d/r/s\nR d T/d/r\n");
}

/* What looks like a pattern may be a name. */
static void
test_readings(void **state)
{
	(void)state;
	make_dir("T/w/[id]");
	make_file("T/w/[id]/p.c");
	make_dir("T/w/i");
	make_file("T/w/i/p.c");
	make_file("T/w/i/[x]");
	entry(&set.deny_read, "[id]/p.c");
	entry(&set.deny_read, "?/[x]");
	finds("R f T/w/[id]/p.c\nR f T/w/i/p.c\n");
	clear_list(&set.deny_read);
	/* In all readings at once. */
	make_dir("T/w/[id]/[x]");
	make_dir("T/w/[id]/x");
	make_dir("T/w/i/x");
	entry(&set.deny_read, "[id]/[x]");
	finds("R d T/w/[id]/[x]\nR d T/w/[id]/x\nR d T/w/i/x\n");
	clear_list(&set.deny_read);
	entry(&set.deny_read, "[id]/[x]");
	set.deny_read.v[0].literal = 1;
	gives("R d T/w/[id]/[x]\n");
	clear_list(&set.deny_read);
	/* Brackets that spell no set are text, and are in names as such. */
	entry(&set.allow_write, "i[");
	entry(&set.allow_write, "[]");
	make_dir("T/w/i[");
	gives("W d T/w/i[\n");
	clear_list(&set.allow_write);
	/* The current directory is no pattern. */
	cwd = "T/w/[id]";
	entry(&set.deny_write, "*.c");
	entry(&set.deny_write, "../*.d");
	entry(&set.deny_read, "*.c");
	gives("R f T/w/[id]/p.c\n");
	assert_string_equal(held(),
	    "no-write-pattern T/w/[[]id]/*.c: filesystem.denyWrite[0]\n"
	    "no-write-pattern T/w/*.d: filesystem.denyWrite[1]\n" SETTINGS);
}

static void
test_readings_tail(void **state)
{
	(void)state;
	make_dir("T/w/a");
	entry(&set.allow_write, "**");
	gives("W d T/w\n");
	clear_list(&set.allow_write);
	entry(&set.deny_read, "a/**/**");
	entry(&set.deny_read, "T/w/?/**");
	gives("R d T/w/a\n");
	clear_list(&set.deny_read);
	/* What cannot be held as it is written is not held otherwise. */
	entry(&set.deny_write, "/a*/../b");
	assert_int_equal(resolve(), -1);
	clear_list(&set.deny_write);
	entry(&set.deny_write, "a*/../b");
	holds("no-write T/w/b: filesystem.denyWrite[0]\n" SETTINGS);
	clear_list(&set.deny_write);
	entry(&set.allow_write, "x[a/./b]");
	assert_int_equal(resolve(), -1);
	clear_list(&set.allow_write);
	entry(&set.deny_write, "x[a/b]/c");
	holds("no-write-pattern T/w/x[a/b]/c: filesystem.denyWrite[0]\n"
	    SETTINGS);
}

static void
test_patterns_read(void **state)
{
	(void)state;
	make_dir("T/d/a");
	make_file("T/d/a/x.pem");
	make_dir("T/d/s.pem");
	make_file("T/d/s.pem/x.pem");
	make_file("T/d/s.pem/y.pem");
	make_file("T/d/a/key");
	make_link("T/d/a/key", "T/w/l.pem");
	make_link("T", "T/d/up.pem");
	entry(&set.deny_read, "T/d/**/*.pem");
	entry(&set.deny_read, "*.pem");
	finds("R d T/d/s.pem\nR f T/d/a/key\nR f T/d/a/x.pem\n");
	said("up.pem");
	/* What is beneath counts where something is allowed again. */
	entry(&set.allow_read, "T/d/s.pem/?.pem");
	finds("A f T/d/s.pem/x.pem\nA f T/d/s.pem/y.pem\nR d T/d/s.pem\n"
	    "R f T/d/a/key\nR f T/d/a/x.pem\nR f T/d/s.pem/x.pem\n"
	    "R f T/d/s.pem/y.pem\n");
	assert_string_equal(held(), SETTINGS);
	/* Without the link the next run would not find it. */
	entry(&set.allow_write, "T/w");
	holds("write T/w: filesystem.allowWrite[0]\n"
	    "no-write T/w/l.pem: filesystem.denyRead[1]\n" SETTINGS);
	clear_list(&set.allow_write);
	set.strict_reads = 1;
	holds("no-read-pattern T/d/**/*.pem: filesystem.denyRead[0]\n"
	    "no-read-pattern T/w/*.pem: filesystem.denyRead[1]\n"
	    "read-pattern T/d/s.pem/?.pem: filesystem.allowRead[0]\n"
	    "no-read-pattern T/d/a/key/: filesystem.denyRead[1]\n"
	    SETTINGS);
	set.strict_reads = 0;
}

static void
test_sockets(void **state)
{
	(void)state;
	make_link("T/d", "T/w/out");
	entry(&set.unix_sockets, "sock");
	entry(&set.unix_sockets, "~/x/*.sock");
	entry(&set.unix_sockets, "out/sock");
	entry(&set.unix_sockets, "T/d/**");
	set.fs_disabled = 1;
	holds("unix T/w/sock: network.allowUnixSockets[0]\n"
	    "unix-pattern T/home/x/*.sock: network.allowUnixSockets[1]\n"
	    "unix T/d: network.allowUnixSockets[3]\n");
	said("warn: network.allowUnixSockets.2: \"out/sock\" leads to");
	set.fs_disabled = 0;
}

/* The administrator's policy has such a list; it stays until forget(). */
static struct strlist *
bound(const char *key)
{
	const struct setting	*row = setting_find(key);

	if (set.ceiling == NULL)
		set.ceiling = settings_default();
	set.ceiling->origin[row - settings_table].file = "/policy";
	set.ceiling->origin[row - settings_table].line = 7;
	return (struct strlist *)(void *)((char *)set.ceiling + row->field);
}

static void
forget(void)
{
	settings_free(set.ceiling);
	set.ceiling = NULL;
}

static void
test_ceiling_write(void **state)
{
	(void)state;
	make_dir("T/w/in");
	make_dir("T/w/in/deep");
	make_dir("T/w/out");
	entry(&set.allow_write, ".");
	entry(bound("filesystem.allowWrite"), "T/w/in");
	entry(bound("filesystem.allowWrite"), "T/w/absent");
	gives("W d T/w/in\n");
	said("info: ");
	said("filesystem.allowWrite.0: \".\": the administrator's policy "
	    "allows only a part of it (/policy:7)");
	holds("ceiling T/w/in: filesystem.allowWrite[0]\n"
	    "ceiling T/w/absent: filesystem.allowWrite[1]\n"
	    "write T/w/in: filesystem.allowWrite[0]\n"
	    SETTINGS);

	clear_list(&set.allow_write);
	entry(&set.allow_write, "in/deep");
	entry(&set.allow_write, "out");
	gives("W d T/w/in/deep\n");
	said("warn: ");
	said("filesystem.allowWrite.1: \"out\": the administrator's policy "
	    "does not allow it (/policy:7)");

	/* With a pattern beneath it the root is whole, and is held. */
	clear_list(&set.allow_write);
	entry(&set.allow_write, ".");
	entry(bound("filesystem.allowWrite"), "T/w/*/log");
	gives("W d T/w/in\nW d T/w\n");
	forget();

	/* Nor can a link lead out of the bounds, or the bounds by one. */
	make_link("T/d", "T/w/in/link");
	clear_list(&set.allow_write);
	entry(&set.allow_write, "T/d");
	entry(bound("filesystem.allowWrite"), "T/w/in/link");
	gives("");
	forget();
	clear_list(&set.allow_write);
	entry(&set.allow_write, ".");
	(void)bound("filesystem.allowWrite");
	gives("");
	forget();
	gives("W d T/w\n");
}

static void
test_ceiling_read(void **state)
{
	(void)state;
	make_dir("T/w/no");
	make_dir("T/w/no/in");
	make_file("T/w/no/in/x");
	entry(&set.deny_read, "no");
	entry(&set.allow_read, "no/in");
	entry(&set.allow_read, "no/in/*");
	entry(&set.allow_write, "no/in");
	gives("R d T/w/no\nA d T/w/no/in\nW d T/w/no/in\n"
	    "A f T/w/no/in/x\n");

	/* What the administrator denies stays denied. */
	entry(bound("filesystem.denyRead"), "T/w/no");
	gives("R d T/w/no\n");
	said("filesystem.allowRead.0: \"no/in\": the administrator's policy "
	    "does not allow it (/policy:7)");
	said("filesystem.allowWrite.0: ");
	entry(bound("filesystem.allowRead"), "T/w/no/in/x");
	gives("R d T/w/no\nA f T/w/no/in/x\n");
	forget();
	entry(bound("filesystem.denyRead"), "T/**/x");
	gives("R d T/w/no\nA d T/w/no/in\nW d T/w/no/in\n");
	forget();

	/* What is wider is cut to what the administrator allows. */
	clear_list(&set.allow_write);
	entry(bound("filesystem.allowRead"), "T/w/no/in/x");
	gives("R d T/w/no\nA f T/w/no/in/x\n");
	forget();
	(void)bound("filesystem.allowRead");
	gives("R d T/w/no\n");
	forget();
}

/* Patterns that open what patterns deny are for later files, too. */
static void
test_ceiling_later(void **state)
{
	(void)state;
	entry(&set.deny_read, "T/**/*.key");
	entry(&set.allow_read, "T/w/**/pub.key");
	set.strict_reads = 1;
	assert_int_equal(resolve(), 0);
	assert_int_equal(guards_have(&guards, GUARD_READ_GLOB), 1);
	entry(bound("filesystem.denyRead"), "T/**/*.key");
	assert_int_equal(resolve(), 0);
	assert_int_equal(guards_have(&guards, GUARD_NOREAD_GLOB), 1);
	assert_int_equal(guards_have(&guards, GUARD_READ_GLOB), 0);
	forget();
	set.strict_reads = 0;
}

static void
test_ceiling_sockets(void **state)
{
	(void)state;
	entry(&set.unix_sockets, "one");
	entry(&set.unix_sockets, "two");
	entry(&set.unix_sockets, "*");
	set.fs_disabled = 1;
	entry(bound("network.allowUnixSockets"), "T/w/one");
	holds("unix-ceiling T/w/one: network.allowUnixSockets[0]\n"
	    "unix T/w/one: network.allowUnixSockets[0]\n"
	    "unix-pattern T/w/*: network.allowUnixSockets[2]\n");
	said("network.allowUnixSockets.1: \"two\": the administrator's "
	    "policy does not allow it (/policy:7)");
	forget();
	(void)bound("network.allowUnixSockets");
	holds("");
	forget();
	set.fs_disabled = 0;
}

static void
test_too_many(void **state)
{
	char	 name[32];
	int	 i;

	(void)state;
	for (i = 0; i < POLICY_GUARDS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		entry(&set.deny_write, name);
	}
	assert_int_equal(resolve(), -1);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_fold), T(test_spelling), T(test_home), T(test_absent),
		T(test_variables), T(test_private),
		T(test_links_allow), T(test_links_deny), T(test_loop),
		T(test_root_links), T(test_long), T(test_unreachable),
		T(test_order), T(test_defaults), T(test_defaults_foreign),
		T(test_mandatory), T(test_git_file), T(test_mandatory_links),
		T(test_mandatory_shut), T(test_own), T(test_own_absent),
		T(test_own_link), T(test_hold), T(test_allow_hold),
		T(test_patterns_write), T(test_patterns_denied),
		T(test_readings), T(test_readings_tail),
		T(test_patterns_read), T(test_sockets), T(test_ceiling_write),
		T(test_ceiling_read), T(test_ceiling_later),
		T(test_ceiling_sockets), T(test_too_many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
