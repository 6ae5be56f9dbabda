/* SPDX-License-Identifier: ISC */

/* The guarded names: paths as the broker asks for them, and the answers. */

#include "compat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-exec/guard.h"

#define OLD	GUARD_OLD

/* What is refused: the name; NULL for what is not.  THREATS F1, F5 to F8. */
static const struct {
	const char	*path;
	unsigned int	 fresh;
	const char	*name;
} writes[] = {
	{ "/", OLD, NULL },
	{ "/w", OLD, NULL },
	{ "/w/a.c", OLD, NULL },
	{ "/w/.hidden", OLD, NULL },
	{ "/w/.gitconfig", OLD, ".gitconfig" },
	{ "/w/.gitmodules", OLD, ".gitmodules" },
	{ "/w/.bashrc", OLD, ".bashrc" },
	{ "/w/.bash_profile", OLD, ".bash_profile" },
	{ "/w/.bash_login", OLD, ".bash_login" },
	{ "/w/.profile", OLD, ".profile" },
	{ "/w/.zshrc", OLD, ".zshrc" },
	{ "/w/.zprofile", OLD, ".zprofile" },
	{ "/w/.zshenv", OLD, ".zshenv" },
	{ "/w/.zlogin", OLD, ".zlogin" },
	{ "/w/.ripgreprc", OLD, ".ripgreprc" },
	{ "/w/.mcp.json", OLD, ".mcp.json" },
	{ "/w/.mcp-settings.json", OLD, ".mcp-settings.json" },
	{ "/w/.npmrc", OLD, ".npmrc" },
	{ "/w/.yarnrc", OLD, ".yarnrc" },
	{ "/w/.yarnrc.yml", OLD, ".yarnrc.yml" },
	{ "/w/.vscode", OLD, ".vscode" },
	{ "/w/.idea", OLD, ".idea" },
	{ "/w/.claude/settings.json", OLD, ".claude/settings.json" },
	{ "/w/.claude/settings.local.json", OLD,
	    ".claude/settings.local.json" },
	{ "/w/.claude/commands", OLD, ".claude/commands" },
	{ "/w/.claude/agents", OLD, ".claude/agents" },
	/* at any depth, "/" too, and with what is beneath */
	{ "/.bashrc", OLD, ".bashrc" },
	{ "/w/1/2/3/4/5/6/7/8/9/10/11/12/.npmrc", OLD, ".npmrc" },
	{ "/w/.vscode/tasks.json", OLD, ".vscode" },
	{ "/w/.idea/a/b/c", OLD, ".idea" },
	{ "/w/.bashrc/x", OLD, ".bashrc" },
	{ "/w/.claude/agents/a/b", OLD, ".claude/agents" },
	/* what only looks like one */
	{ "/w/x.bashrc", OLD, NULL },
	{ "/w/.bashrc2", OLD, NULL },
	{ "/w/bashrc", OLD, NULL },
	{ "/w/settings.json", OLD, NULL },
	{ "/w/.claude/x/settings.json", OLD, NULL },
	{ "/w/.claude/x", OLD, NULL },
	{ "/w/hooks", OLD, NULL },
	{ "/w/x.git/hooks", OLD, NULL },
	{ "/w/.github/hooks", OLD, NULL },
	{ "/w/.a-name-longer-than-any-name-of-the-table", OLD, NULL },
	/* repositories */
	{ "/w/.git/hooks", OLD, ".git/hooks" },
	{ "/w/.git/hooks/pre-commit", OLD, ".git/hooks" },
	{ "/w/.git/hooks/a/b", OLD, ".git/hooks" },
	{ "/w/.git/config", OLD, ".git/config" },
	{ "/w/.git/config.worktree", OLD, ".git/config.worktree" },
	{ "/w/.git/commondir", OLD, ".git/commondir" },
	{ "/w/.git/info/attributes", OLD, ".git/info/attributes" },
	{ "/w/vendor/x/.git/hooks/post-checkout", OLD, ".git/hooks" },
	{ "/w/.git/config.lock", OLD, NULL },
	{ "/w/.git/info/exclude", OLD, NULL },
	{ "/w/.git/HEAD", OLD, NULL },
	{ "/w/.git/index.lock", OLD, NULL },
	{ "/w/.git/objects/ab/cdef", OLD, NULL },
	{ "/w/.git/refs/heads/hooks", OLD, NULL },
	{ "/w/.git/logs/refs/heads/config", OLD, NULL },
	{ "/w/.git/x/.git/config", OLD, ".git/config" },
	{ "/w/.git/x/.vscode", OLD, ".vscode" },
	{ "/w/.git/.git/hooks", OLD, ".git/hooks" },
	/* of modules, which may be named like paths, and linked worktrees */
	{ "/w/.git/modules/x/hooks", OLD, ".git/hooks" },
	{ "/w/.git/modules/x/config", OLD, ".git/config" },
	{ "/w/.git/modules/a/b/c/hooks/x", OLD, ".git/hooks" },
	{ "/w/.git/modules/x/info/attributes", OLD, ".git/info/attributes" },
	{ "/w/.git/modules/info/hooks", OLD, ".git/hooks" },
	{ "/w/.git/modules/x/modules/y/config", OLD, ".git/config" },
	{ "/w/.git/modules/x/worktrees/y/commondir", OLD, ".git/commondir" },
	{ "/w/.git/modules/x/index", OLD, NULL },
	{ "/w/.git/worktrees/x/config.worktree", OLD,
	    ".git/config.worktree" },
	{ "/w/.git/worktrees/x/commondir", OLD, ".git/commondir" },
	{ "/w/.git/worktrees/hooks/commondir", OLD, ".git/commondir" },
	{ "/w/.git/worktrees/x/modules/y/hooks", OLD, ".git/hooks" },
	{ "/w/.git/worktrees/x/HEAD", OLD, NULL },
	{ "/w/.git/worktrees/x/y/config", OLD, NULL },
	/* the beginning of a name is none */
	{ "/w/.git", OLD, NULL },
	{ "/w/.git/info", OLD, NULL },
	{ "/w/.git/modules/x", OLD, NULL },
	{ "/w/.git/worktrees/x", OLD, NULL },
	{ "/w/.claude", OLD, NULL },
	/* new trees: the whole name has to lie within */
	{ "/w/.vscode", 1, NULL },
	{ "/w/.vscode/tasks.json", 2, ".vscode" },
	{ "/w/n/.vscode/tasks.json", 2, NULL },
	{ "/w/n/.vscode/tasks.json", 3, ".vscode" },
	{ "/w/.claude/settings.json", 1, NULL },
	{ "/w/.claude/settings.json", 2, ".claude/settings.json" },
	{ "/w/.claude/agents/x", 2, ".claude/agents" },
	{ "/w/.claude/agents/x", 3, ".claude/agents" },
	{ "/w/.bashrc", 2, ".bashrc" },
	/* of a repository, its directory */
	{ "/w/.git/hooks", 2, NULL },
	{ "/w/.git/hooks/x", 2, NULL },
	{ "/w/.git/hooks/x", 3, ".git/hooks" },
	{ "/w/.git/hooks/new/x", 4, ".git/hooks" },
	{ "/w/.git/config", 2, NULL },
	{ "/w/.git/info/attributes", 2, NULL },
	{ "/w/.git/info/attributes", 3, ".git/info/attributes" },
	{ "/w/.git/modules/x/config", 4, NULL },
	{ "/w/.git/modules/x/config", 5, ".git/config" },
	{ "/w/.git/modules/x/info/attributes", 4, NULL },
	{ "/w/.git/modules/x/info/attributes", 5, ".git/info/attributes" },
	{ "/w/.git/worktrees/x/commondir", 4, NULL },
	{ "/w/.git/worktrees/x/commondir", 3, NULL },
	/* one that is free does not free another */
	{ "/w/.vscode/n/.git/hooks", 3, ".vscode" },
	{ "/w/.git/hooks/n/.vscode", 4, ".git/hooks" }
};

/* Spellings of the same names (THREATS F10), and what is none. */
static const struct {
	const char	*path;
	const char	*name;
} spellings[] = {
	{ "/w/.GIT/HOOKS", ".git/hooks" },
	{ "/w/.Git/Hooks/x", ".git/hooks" },
	{ "/w/.CLAUDE/Settings.JSON", ".claude/settings.json" },
	{ "/w/.VSCode", ".vscode" },
	{ "/w/.git/hoo\342\204\252s", ".git/hooks" },
	{ "/w/.git/hook\305\277", ".git/hooks" },
	{ "/w/.ba\305\277hrc", ".bashrc" },
	{ "/w/.git/con\357\254\201g", ".git/config" },
	{ "/w/.gitcon\357\254\201G", ".gitconfig" },
	{ "/w/.pro\357\254\201le", ".profile" },
	{ "/w/.claude/\305\277etting\305\277.j\305\277on",
	    ".claude/settings.json" },
	/* what is left out in comparing, at each place */
	{ "/w/.g\342\200\214it/hooks", ".git/hooks" },
	{ "/w/\342\200\214.git/hooks", ".git/hooks" },
	{ "/w/.git\357\273\277/hooks", ".git/hooks" },
	{ "/w/.git/\302\255hooks", ".git/hooks" },
	{ "/w/.git/h\363\240\204\200ooks", ".git/hooks" },
	{ "/w/.git/\357\270\217h\341\240\216o\315\217oks", ".git/hooks" },
	/* and at the end of a name */
	{ "/w/.git./hooks", ".git/hooks" },
	{ "/w/.git .. /hooks ", ".git/hooks" },
	{ "/w/.git........................................./hooks",
	    ".git/hooks" },
	/* none of these folds to the name */
	{ "/w/.g\303\255t/hooks", NULL },
	{ "/w/.git/hook\303\237", NULL },
	{ "/w/.g\304\261t/hooks", NULL },
	{ "/w/.git/hoo\317\272s", NULL },
	{ "/w/.gi\377t/hooks", NULL },
	{ "/w/.git/\305hooks", NULL },
	{ "/w/.g it/hooks", NULL },
	{ "/w/..git/hooks", NULL },
	{ "/w/.git.x/hooks", NULL }
};

static struct guard *
guard(uint32_t flags)
{
	struct guard	*g;

	g = guard_new(flags);
	assert_non_null(g);
	return g;
}

static void
add(struct guard *g, enum guard_kind kind, const char *text)
{
	assert_int_equal(guard_add(g, kind, text, text), 0);
}

static void
expect_name(const struct guard *g, const char *path, unsigned int fresh,
    const char *name)
{
	struct guard_hit	 hit = { NULL, NULL, 0 };
	int			 ret;

	ret = guard_write(g, path, fresh, &hit);
	if (ret != (name != NULL))
		fail_msg("%s, %u: %d", path, fresh, ret);
	assert_int_equal(guard_write(g, path, fresh, NULL), ret);
	if (name == NULL)
		return;
	assert_string_equal(hit.name, name);
	assert_string_equal(hit.rule, "mandatory");
	assert_int_equal(hit.mandatory, 1);
}

/* Refused by the rule, which is no mandatory one; NULL: not refused. */
static void
expect_rule(const struct guard *g, const char *path, const char *rule)
{
	struct guard_hit	 hit = { NULL, "none", 1 };
	int			 ret;

	/* A new directory above changes nothing. */
	ret = guard_write(g, path, 1, &hit);
	if (ret != (rule != NULL))
		fail_msg("%s: %d", path, ret);
	if (rule == NULL)
		return;
	assert_string_equal(hit.rule, rule);
	assert_null(hit.name);
	assert_int_equal(hit.mandatory, 0);
}

static void
test_names(void **state)
{
	struct guard	*g = guard(0);
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(writes); i++)
		expect_name(g, writes[i].path, writes[i].fresh,
		    writes[i].name);
	guard_free(g);
	guard_free(NULL);
}

static void
test_spellings(void **state)
{
	struct guard	*g = guard(0);
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(spellings); i++)
		expect_name(g, spellings[i].path, OLD, spellings[i].name);
	guard_free(g);
}

static void
test_flags(void **state)
{
	struct guard	*g = guard(EXEC_GIT_CONFIG);

	(void)state;
	expect_name(g, "/w/.git/config", OLD, NULL);
	expect_name(g, "/w/.git/config.worktree", OLD, NULL);
	expect_name(g, "/w/.git/modules/x/config", OLD, NULL);
	expect_name(g, "/w/.git/hooks", OLD, ".git/hooks");
	expect_name(g, "/w/.git/commondir", OLD, ".git/commondir");
	expect_name(g, "/w/.git/info/attributes", OLD,
	    ".git/info/attributes");
	expect_name(g, "/w/.gitconfig", OLD, ".gitconfig");
	guard_free(g);

	g = guard(EXEC_FS_DISABLED);
	expect_name(g, "/w/.git/hooks", OLD, NULL);
	assert_int_equal(guard_stem(g, "/w/.git", OLD, NULL), 0);
	guard_free(g);
}

static void
test_stems(void **state)
{
	static const struct {
		const char	*path;
		unsigned int	 fresh;
		int		 result;
		const char	*name;
	} rows[] = {
		{ "/w/.git", OLD, GUARD_STEM_NAME, ".git" },
		{ "/w/.GI\305\245", OLD, 0, NULL },
		{ "/w/.GIt", OLD, GUARD_STEM_NAME, ".git" },
		{ "/w/.git", 2, GUARD_STEM_NAME, ".git" },
		{ "/w/.git", 1, 0, NULL },
		{ "/w/a/.git", 2, 0, NULL },
		{ "/w/.claude", OLD, GUARD_STEM_TREE, ".claude" },
		{ "/w/.claude", 1, 0, NULL },
		{ "/w/.git/info", OLD, GUARD_STEM_TREE, ".git/info" },
		{ "/w/.git/info", 2, 0, NULL },
		{ "/w/.git/info", 3, GUARD_STEM_TREE, ".git/info" },
		{ "/w/.git/modules", OLD, GUARD_STEM_TREE, ".git/modules" },
		{ "/w/.git/modules/x", OLD, GUARD_STEM_TREE, ".git/modules" },
		{ "/w/.git/modules/x", 3, 0, NULL },
		{ "/w/.git/modules/x/y/z", OLD, GUARD_STEM_TREE,
		    ".git/modules" },
		{ "/w/.git/modules/x/.git", OLD, GUARD_STEM_NAME, ".git" },
		{ "/w/.git/worktrees", OLD, GUARD_STEM_TREE,
		    ".git/worktrees" },
		{ "/w/.git/worktrees/x", OLD, GUARD_STEM_TREE,
		    ".git/worktrees" },
		{ "/w/.git/worktrees/x/info", OLD, GUARD_STEM_TREE,
		    ".git/info" },
		{ "/w/.git/worktrees/x/logs", OLD, 0, NULL },
		{ "/w/.git/objects", OLD, 0, NULL },
		{ "/w/.git/info/x", OLD, 0, NULL },
		{ "/w/.claude/x", OLD, 0, NULL },
		{ "/w", OLD, 0, NULL },
		{ "/", OLD, 0, NULL },
		/* whole names are guard_write()'s */
		{ "/w/.git/hooks", OLD, 0, NULL },
		{ "/w/.vscode", OLD, 0, NULL }
	};
	struct guard_hit	 hit;
	struct guard		*g = guard(0);
	size_t			 i;
	int			 ret;

	(void)state;
	for (i = 0; i < nitems(rows); i++) {
		ret = guard_stem(g, rows[i].path, rows[i].fresh, &hit);
		if (ret != rows[i].result)
			fail_msg("%s, %u: %d", rows[i].path, rows[i].fresh,
			    ret);
		if (ret == 0)
			continue;
		assert_string_equal(hit.rule, "mandatory");
		assert_string_equal(hit.name, rows[i].name);
		assert_int_equal(hit.mandatory, 1);
	}
	/* What is above a path of the policy, however new its directory. */
	add(g, GUARD_NOWRITE, "/w/a/b/c");
	assert_int_equal(guard_stem(g, "/w/a", 1, &hit), GUARD_STEM_TREE);
	assert_string_equal(hit.rule, "/w/a/b/c");
	assert_int_equal(hit.mandatory, 0);
	assert_int_equal(guard_stem(g, "/w/a/b", OLD, NULL),
	    GUARD_STEM_TREE);
	assert_int_equal(guard_stem(g, "/w/a/b/c", OLD, NULL), 0);
	assert_int_equal(guard_stem(g, "/w/a/x", OLD, NULL), 0);
	/* Of two reasons the one that refuses more. */
	add(g, GUARD_NOWRITE, "/w/.git/x");
	add(g, GUARD_NOWRITE, "/w/.claude/x");
	assert_int_equal(guard_stem(g, "/w/.git", OLD, NULL),
	    GUARD_STEM_NAME);
	assert_int_equal(guard_stem(g, "/w/.git", 1, &hit), GUARD_STEM_TREE);
	assert_int_equal(hit.mandatory, 0);
	assert_int_equal(guard_stem(g, "/w/.claude", OLD, &hit),
	    GUARD_STEM_TREE);
	assert_int_equal(hit.mandatory, 0);
	guard_free(g);
}

static void
test_nowrite(void **state)
{
	struct guard	*g = guard(0);

	(void)state;
	add(g, GUARD_NOWRITE, "/w/m");
	add(g, GUARD_NOWRITE, "/w/a");
	add(g, GUARD_NOWRITE, "/w/a/b");
	/* Names that come before a slash in ASCII do not come between. */
	add(g, GUARD_NOWRITE, "/w/a-z");
	add(g, GUARD_NOWRITE, "/w/a.z");
	add(g, GUARD_NOWRITE, "/w/z/y/x");
	add(g, GUARD_NOWRITE, "/w/z/y");
	add(g, GUARD_NOWRITE, "/w/z.y");
	add(g, GUARD_NOWRITE, "/w/z-y");
	add(g, GUARD_NOWRITE_GLOB, "/**/*.pem");
	add(g, GUARD_NOWRITE_GLOB, "/w/**/.env");
	expect_rule(g, "/w", NULL);
	expect_rule(g, "/w/a", "/w/a");
	expect_rule(g, "/w/a/b", "/w/a");
	expect_rule(g, "/w/a/b/c/d", "/w/a");
	expect_rule(g, "/w/ab", NULL);
	expect_rule(g, "/w/a-b", NULL);
	expect_rule(g, "/w/m/x", "/w/m");
	expect_rule(g, "/w/z", NULL);
	expect_rule(g, "/w/z/y", "/w/z/y");
	expect_rule(g, "/w/z/y/x/w", "/w/z/y");
	expect_rule(g, "/w/z.y/x", "/w/z.y");
	expect_rule(g, "/w/z-y/x", "/w/z-y");
	expect_rule(g, "/x.pem", "/**/*.pem");
	expect_rule(g, "/o/x.pem/y", "/**/*.pem");
	expect_rule(g, "/o/x.pem2", NULL);
	/* THREATS P6, P7: any directory, not only where srt was started */
	expect_rule(g, "/w/.env", "/w/**/.env");
	expect_rule(g, "/w/other/.env", "/w/**/.env");
	expect_rule(g, "/w/other/.envx", NULL);
	/* The policy's comes first: a new tree does not free of it. */
	expect_rule(g, "/w/a/.vscode", "/w/a");
	guard_free(g);

	g = guard(0);
	add(g, GUARD_NOWRITE, "/w/a");
	add(g, GUARD_NOWRITE, "/");
	expect_rule(g, "/", "/");
	expect_rule(g, "/x", "/");
	expect_rule(g, "/w/a", "/");
	guard_free(g);
}

static void
test_write(void **state)
{
	static const char	 rule[] = "filesystem.allowWrite";
	struct guard		*g = guard(0);

	(void)state;
	/* Without a pattern the mounts decide. */
	add(g, GUARD_WRITE, "/w");
	expect_rule(g, "/o/x", NULL);
	add(g, GUARD_WRITE_GLOB, "/p/**/*.log");
	expect_rule(g, "/o/x", rule);
	expect_rule(g, "/p/x", rule);
	expect_rule(g, "/p", rule);
	expect_rule(g, "/w", NULL);
	expect_rule(g, "/w/x/y", NULL);
	expect_rule(g, "/p/a/x.log", NULL);
	expect_rule(g, "/p/a/x.log/y", NULL);
	/* Still no mandatory name. */
	expect_name(g, "/w/.bashrc", OLD, ".bashrc");
	expect_name(g, "/p/x.log/.bashrc", OLD, ".bashrc");
	add(g, GUARD_NOWRITE_GLOB, "/p/b*/**");
	expect_rule(g, "/p/b/x.log", "/p/b*/**");
	guard_free(g);
}

/* COMPAT 16.3, THREATS P5, P6 */
static void
test_read(void **state)
{
	static const struct {
		const char	*path, *rule;
	} rows[] = {
		{ "/w/x.pem", "/**/*.pem" },
		{ "/w/new/x.pem", "/**/*.pem" },
		{ "/w/x.pem/y", "/**/*.pem" },
		{ "/w/x.pem2", NULL },
		/* a region above a file that is denied does not free it */
		{ "/w/open/x.pem", "/**/*.pem" },
		{ "/w/open/mine.pem", NULL },
		{ "/w/open/any-1.pem", NULL },
		/* one within what is denied does */
		{ "/w/secret-1", "/w/secret-*" },
		{ "/w/secret-1/x", "/w/secret-*" },
		{ "/w/secret-1/pub", NULL },
		{ "/w/secret-1/pub/x/y", NULL },
		{ "/w/secret-1/pub/x.pem", "/**/*.pem" },
		{ "/w/secret-2/pub/x", "/w/secret-*" },
		{ "/w/.env", "/w/**/.env*" },
		{ "/w/sub/.env.local", "/w/**/.env*" },
		{ "/", NULL }
	};
	struct guard_hit	 hit;
	struct guard		*g = guard(EXEC_STRICT_READS);
	size_t			 i;

	(void)state;
	assert_int_equal(guard_reads(g), 0);
	assert_int_equal(guard_read(g, "/w/x.pem", &hit), 0);
	add(g, GUARD_NOREAD_GLOB, "/**/*.pem");
	add(g, GUARD_NOREAD_GLOB, "/w/secret-*");
	add(g, GUARD_NOREAD_GLOB, "/w/**/.env*");
	add(g, GUARD_READ, "/w/open");
	add(g, GUARD_READ, "/w/open/mine.pem");
	add(g, GUARD_READ_GLOB, "/w/open/any-?.pem");
	add(g, GUARD_READ, "/w/secret-1/pub");
	assert_int_equal(guard_reads(g), 1);
	for (i = 0; i < nitems(rows); i++) {
		if (guard_read(g, rows[i].path, &hit) !=
		    (rows[i].rule != NULL))
			fail_msg("%s", rows[i].path);
		if (rows[i].rule == NULL)
			continue;
		assert_string_equal(hit.rule, rows[i].rule);
		assert_null(hit.name);
		assert_int_equal(hit.mandatory, 0);
	}
	guard_free(g);

	/* All but what is named. */
	g = guard(EXEC_STRICT_READS);
	add(g, GUARD_NOREAD_GLOB, "/**");
	add(g, GUARD_READ, "/usr");
	assert_int_equal(guard_read(g, "/usr/lib/x", NULL), 0);
	assert_int_equal(guard_read(g, "/etc/x", NULL), 1);
	assert_int_equal(guard_read(g, "/", NULL), 1);
	add(g, GUARD_READ, "/");
	assert_int_equal(guard_read(g, "/etc/x", NULL), 0);
	guard_free(g);
}

static void
test_beneath(void **state)
{
	struct guard	*g = guard(0);

	(void)state;
	assert_int_equal(guard_beneath(g, "/"), 0);
	assert_int_equal(guard_beneath(g, "/w/.git"), 0);
	add(g, GUARD_NOWRITE, "/w/a/b");
	add(g, GUARD_NOWRITE_GLOB, "/w/p/*/x");
	add(g, GUARD_NOREAD_GLOB, "/w/r/*.pem");
	assert_int_equal(guard_beneath(g, "/"), 1);
	assert_int_equal(guard_beneath(g, "/w"), 1);
	assert_int_equal(guard_beneath(g, "/w/a"), 1);
	assert_int_equal(guard_beneath(g, "/w/a/b"), 1);
	assert_int_equal(guard_beneath(g, "/w/a/b/c"), 1);
	assert_int_equal(guard_beneath(g, "/w/a/c"), 0);
	assert_int_equal(guard_beneath(g, "/w/p/q"), 1);
	assert_int_equal(guard_beneath(g, "/w/p/q/r"), 0);
	assert_int_equal(guard_beneath(g, "/w/p/q/x"), 1);
	assert_int_equal(guard_beneath(g, "/w/r"), 1);
	assert_int_equal(guard_beneath(g, "/w/r/x"), 0);
	guard_free(g);
}

static void
test_unix(void **state)
{
	struct guard	*g = guard(EXEC_ALL_UNIX);

	(void)state;
	assert_int_equal(guard_unix(g, "/run/x.sock"), 0);
	add(g, GUARD_UNIX, "/run/x.sock");
	add(g, GUARD_UNIX_GLOB, "/tmp/ssh-*/agent.*");
	assert_int_equal(guard_unix(g, "/run/x.sock"), 1);
	assert_int_equal(guard_unix(g, "/run/x.sock/y"), 0);
	assert_int_equal(guard_unix(g, "/run"), 0);
	assert_int_equal(guard_unix(g, "/run/x.sock2"), 0);
	assert_int_equal(guard_unix(g, "/tmp/ssh-1/agent.2"), 1);
	assert_int_equal(guard_unix(g, "/tmp/ssh-1/x/agent.2"), 0);
	assert_int_equal(guard_unix(g, "/tmp/ssh-1/agent.2/x"), 0);
	assert_int_equal(guard_unix(g, "/"), 0);
	guard_free(g);
}

/* What may be written is bounded; what may not stays so. */
static void
test_ceiling(void **state)
{
	struct guard		*g = guard(0);
	struct guard_hit	 hit;

	(void)state;
	add(g, GUARD_WRITE, "/w");
	add(g, GUARD_NOWRITE, "/w/a/no");
	add(g, GUARD_UNIX, "/run/x");
	add(g, GUARD_UNIX_GLOB, "/run/u/*");
	assert_int_equal(guard_write(g, "/w/x", GUARD_OLD, NULL), 0);
	assert_int_equal(guard_unix(g, "/run/x"), 1);

	add(g, GUARD_CEILING, "/w/b");
	add(g, GUARD_CEILING, "/w/a");
	add(g, GUARD_CEILING_GLOB, "/w/*/log");
	assert_int_equal(guard_write(g, "/w/x", GUARD_OLD, &hit), 1);
	assert_string_equal(hit.rule,
	    "the administrator's filesystem.allowWrite");
	assert_int_equal(hit.mandatory, 0);
	assert_int_equal(guard_write(g, "/w", GUARD_OLD, NULL), 1);
	assert_int_equal(guard_write(g, "/w/ab", GUARD_OLD, NULL), 1);
	assert_int_equal(guard_write(g, "/w/a", GUARD_OLD, NULL), 0);
	assert_int_equal(guard_write(g, "/w/a/x", GUARD_OLD, NULL), 0);
	assert_int_equal(guard_write(g, "/w/b/x", GUARD_OLD, NULL), 0);
	assert_int_equal(guard_write(g, "/w/c/log/x", GUARD_OLD, NULL), 0);
	assert_int_equal(guard_write(g, "/w/a/no", GUARD_OLD, NULL), 1);

	add(g, GUARD_UNIX_CEILING, "/run/y");
	add(g, GUARD_UNIX_CEILING_GLOB, "/run/u/a*");
	assert_int_equal(guard_unix(g, "/run/x"), 0);
	assert_int_equal(guard_unix(g, "/run/y"), 0);
	assert_int_equal(guard_unix(g, "/run/u/b"), 0);
	assert_int_equal(guard_unix(g, "/run/u/ab"), 1);
	guard_free(g);
}

static void
test_errors(void **state)
{
	static const char *const bad[] = {
		"", "a", "//", "/a/", "/a//b", "/.", "/..", "/a/./b",
		"/a/../b", "/a/.."
	};
	struct guard	*g = guard(0);
	size_t		 i;
	int		 kind;

	(void)state;
	for (i = 0; i < nitems(bad); i++)
		for (kind = 0; kind < GUARD_KIND_MAX; kind++) {
			/* Patterns are only looked at in front. */
			if (bad[i][0] == '/' && (kind == GUARD_NOWRITE_GLOB ||
			    kind == GUARD_WRITE_GLOB ||
			    kind == GUARD_NOREAD_GLOB ||
			    kind == GUARD_READ_GLOB ||
			    kind == GUARD_CEILING_GLOB ||
			    kind == GUARD_UNIX_CEILING_GLOB ||
			    kind == GUARD_UNIX_GLOB))
				continue;
			errno = 0;
			assert_int_equal(guard_add(g, (enum guard_kind)kind,
			    bad[i], "x"), -1);
			assert_int_equal(errno, EINVAL);
		}
	add(g, GUARD_NOWRITE, "/a/...");
	add(g, GUARD_NOWRITE, "/a/..x");
	add(g, GUARD_NOWRITE, "/a/.x");
	expect_rule(g, "/a/.../x", "/a/...");
	guard_free(g);
}

/* A path of the policy where case does not matter. */
static void
test_folded(void **state)
{
	struct guard	*g = guard(0);

	(void)state;
	add(g, GUARD_NOWRITE_FOLD, "/w/Dir/.Secret");
	expect_rule(g, "/w/Dir/.Secret", "/w/Dir/.Secret");
	expect_rule(g, "/w/dir/.secret/x", "/w/Dir/.Secret");
	expect_rule(g, "/W/DIR/.SECRET", "/w/Dir/.Secret");
	expect_rule(g, "/w/dir/.\305\277ecret. ", "/w/Dir/.Secret");
	expect_rule(g, "/w/dir/.sec\342\200\213ret", "/w/Dir/.Secret");
	expect_rule(g, "/w/dir/.secrets", NULL);
	expect_rule(g, "/w/dir", NULL);
	assert_int_equal(guard_stem(g, "/w/DIR", OLD, NULL),
	    GUARD_STEM_TREE);
	assert_int_equal(guard_stem(g, "/w/DIRS", OLD, NULL), 0);
	assert_int_equal(guard_beneath(g, "/W"), 1);
	assert_int_equal(guard_beneath(g, "/W/dir/.SECRET/y"), 1);
	assert_int_equal(guard_beneath(g, "/x"), 0);
	assert_int_equal(guard_may_learn(g, "/W/dir/.SECRET/y", OLD), 0);
	assert_int_equal(guard_may_learn(g, "/w/dir/other", OLD), 1);
	/* What folds to no path at all. */
	add(g, GUARD_NOWRITE_FOLD, "/w/\342\200\213/x");
	expect_rule(g, "/w/x", NULL);
	guard_free(g);
}

/* The parts of a repository, and where in the path it is. */
static void
test_places(void **state)
{
	static const struct {
		const char	*path;
		struct {
			unsigned int	 part, up;
			const char	*dir;
		}		 place[3];
	} rows[] = {
		{ "/w/x.git/config", { { PART_CONFIG, 0, "/w/x.git" } } },
		{ "/w/HEAD", { { PART_HEAD, 0, "/w" } } },
		{ "/head", { { PART_HEAD, 0, "" } } },
		{ "/w/Objects", { { PART_OBJECTS, 0, "/w" } } },
		{ "/w/REFS", { { PART_REFS, 0, "/w" } } },
		{ "/w/\342\200\213refs", { { PART_REFS, 0, "/w" } } },
		{ "/w/ref\305\277. ", { { PART_REFS, 0, "/w" } } },
		{ "/w/commondir", { { PART_COMMONDIR, 0, "/w" } } },
		{ "/w/config.worktree", { { PART_CONFIG_WORKTREE, 0, "/w" } } },
		{ "/w/hooks", { { PART_HOOKS, 0, "/w" } } },
		{ "/w/hooks/x", { { PART_HOOKS, 1, "/w" } } },
		{ "/w/HOO\342\204\252S/x/y", { { PART_HOOKS, 2, "/w" } } },
		{ "/w/hooks/x/hooks/config", { { PART_HOOKS, 3, "/w" },
		    { PART_HOOKS, 1, "/w/hooks/x" },
		    { PART_CONFIG, 0, "/w/hooks/x/hooks" } } },
		{ "/w/info/attributes", { { PART_ATTRIBUTES, 1, "/w" } } },
		{ "/w/hooks/info/attributes", { { PART_HOOKS, 2, "/w" },
		    { PART_ATTRIBUTES, 1, "/w/hooks" } } },
		{ "/info/Attributes", { { PART_ATTRIBUTES, 1, "" } } },
		{ "/w/info", { { PART_INFO, 0, "/w" } } },
		{ "/w/description", { { PART_TEMPLATE, 0, "/w" } } },
		{ "/w/branches", { { PART_TEMPLATE, 0, "/w" } } },
		{ "/w/attributes", { { 0, 0, NULL } } },
		{ "/attributes", { { 0, 0, NULL } } },
		{ "/w/config/x", { { 0, 0, NULL } } },
		{ "/w/refs/heads/x", { { 0, 0, NULL } } },
		{ "/w/HEAD.lock", { { 0, 0, NULL } } },
		{ "/w/myhooks/x", { { 0, 0, NULL } } },
		{ "/w/hook/x", { { 0, 0, NULL } } },
		{ "/w/headers", { { 0, 0, NULL } } },
		{ "/", { { 0, 0, NULL } } }
	};
	struct guard		*g = guard(0);
	struct guard_place	 p = { .end = 0 };
	size_t			 i, k;

	(void)state;
	for (i = 0; i < nitems(rows); i++) {
		p.end = 0;
		for (k = 0; k < 3 && rows[i].place[k].part != 0; k++) {
			if (!guard_place(g, rows[i].path, &p))
				fail_msg("%s: no place", rows[i].path);
			assert_int_equal(p.part, rows[i].place[k].part);
			assert_int_equal(p.up, rows[i].place[k].up);
			assert_int_equal(p.dirlen,
			    strlen(rows[i].place[k].dir));
			assert_memory_equal(rows[i].path,
			    rows[i].place[k].dir, p.dirlen);
		}
		if (guard_place(g, rows[i].path, &p))
			fail_msg("%s: one more place", rows[i].path);
	}
	assert_int_equal(guard_parts(g), PART_CONFIG | PART_COMMONDIR |
	    PART_CONFIG_WORKTREE | PART_HOOKS | PART_ATTRIBUTES);
	guard_free(g);
	g = guard(EXEC_GIT_CONFIG);
	assert_int_equal(guard_parts(g), PART_COMMONDIR | PART_HOOKS |
	    PART_ATTRIBUTES);
	guard_free(g);
	g = guard(EXEC_FS_DISABLED);
	p.end = 0;
	assert_int_equal(guard_place(g, "/w/config", &p), 0);
	guard_free(g);
}

/* What others execute, and how much of the path is named. */
static void
test_watched(void **state)
{
	static const struct {
		const char	*path;
		int		 what;
		const char	*named;
	} rows[] = {
		{ "/w/.git/rebase-merge/git-rebase-todo", 2, NULL },
		{ "/w/.git/worktrees/x/rebase-merge/git-rebase-todo", 2,
		    NULL },
		{ "/w/.git/rebase-merge/message", 0, NULL },
		{ "/w/xrebase-merge/git-rebase-todo", 0, NULL },
		{ "/w/.hg/hgrc", 1, NULL },
		{ "/w/.HG/HGRC", 1, NULL },
		{ "/w/.hg/store", 0, NULL },
		{ "/w/.jj/repo/config.toml", 1, NULL },
		{ "/.envrc", 1, NULL },
		{ "/w/.envrc", 1, NULL },
		{ "/w/x.envrc", 0, NULL },
		{ "/w/.envrc/x", 0, NULL },
		{ "/w/.husky", 1, NULL },
		{ "/w/.husky/pre-commit", 1, "/w/.husky" },
		{ "/w/.husky/_/husky.sh", 0, NULL },
		{ "/w/node_modules/.bin/tsc", 1, "/w/node_modules/.bin" },
		{ "/w/node_modules/.bin", 1, NULL },
		{ "/w/node_modules/x", 0, NULL },
		{ "/w/.venv/bin/python", 1, "/w/.venv/bin" },
		{ "/w/env/bin/python", 0, NULL },
		{ "/w/.venv/pyvenv.cfg", 1, NULL },
		{ "/w/Makefile", 0, NULL },
		{ "/", 0, NULL }
	};
	struct guard	*g = guard(0);
	const char	*named;
	size_t		 i, end;

	(void)state;
	for (i = 0; i < nitems(rows); i++) {
		end = 0;
		if (guard_watched(g, rows[i].path, &end) != rows[i].what)
			fail_msg("%s", rows[i].path);
		named = rows[i].named == NULL ? rows[i].path : rows[i].named;
		if (rows[i].what != 0 && (end != strlen(named) ||
		    strncmp(rows[i].path, named, end) != 0))
			fail_msg("%s: %zu", rows[i].path, end);
	}
	guard_free(g);
	g = guard(EXEC_FS_DISABLED);
	assert_int_equal(guard_watched(g, "/w/.envrc", &end), 0);
	guard_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_stems),
		cmocka_unit_test(test_nowrite),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_beneath),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_watched),
		cmocka_unit_test(test_errors)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
