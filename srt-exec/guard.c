/* SPDX-License-Identifier: ISC */

/*
 * Which names are guarded.  A path is read component by component; the few
 * mandatory names are looked for only where a component begins with "." or
 * holds what is no ASCII, and beneath a repository's directory.
 *
 * Names are compared as a file system that ignores case would (ext4 with
 * casefold, APFS, HFS+): there ".GIT" is ".git", and so is any spelling that
 * folds to it.
 */

#include "compat.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "guard_list.h"
#include "pattern.h"

struct guard {
	uint32_t	 flags;		/* mask of enum exec_flag */
	/* Of the writes, paths are in order and none is beneath another. */
	struct entries	 kinds[GUARD_KIND_MAX];
};

#define NAME(text)	text, sizeof(text) - 1

static const struct guard_name names[] = {
	{ IN_ANY, NAME(".git"), IN_GIT, 0, ".git", 0 },
	{ IN_ANY, NAME(".claude"), IN_CLAUDE, 0, ".claude", 0 },
	{ IN_ANY, NAME(".gitconfig"), IS_NAME, 0, ".gitconfig", 0 },
	{ IN_ANY, NAME(".gitmodules"), IS_NAME, 0, ".gitmodules", 0 },
	{ IN_ANY, NAME(".bashrc"), IS_NAME, 0, ".bashrc", 0 },
	{ IN_ANY, NAME(".bash_profile"), IS_NAME, 0, ".bash_profile", 0 },
	{ IN_ANY, NAME(".bash_login"), IS_NAME, 0, ".bash_login", 0 },
	{ IN_ANY, NAME(".profile"), IS_NAME, 0, ".profile", 0 },
	{ IN_ANY, NAME(".zshrc"), IS_NAME, 0, ".zshrc", 0 },
	{ IN_ANY, NAME(".zprofile"), IS_NAME, 0, ".zprofile", 0 },
	{ IN_ANY, NAME(".zshenv"), IS_NAME, 0, ".zshenv", 0 },
	{ IN_ANY, NAME(".zlogin"), IS_NAME, 0, ".zlogin", 0 },
	{ IN_ANY, NAME(".ripgreprc"), IS_NAME, 0, ".ripgreprc", 0 },
	{ IN_ANY, NAME(".mcp.json"), IS_NAME, 0, ".mcp.json", 0 },
	{ IN_ANY, NAME(".mcp-settings.json"), IS_NAME, 0,
	    ".mcp-settings.json", 0 },
	{ IN_ANY, NAME(".npmrc"), IS_NAME, 0, ".npmrc", 0 },
	{ IN_ANY, NAME(".yarnrc"), IS_NAME, 0, ".yarnrc", 0 },
	{ IN_ANY, NAME(".yarnrc.yml"), IS_NAME, 0, ".yarnrc.yml", 0 },
	{ IN_ANY, NAME(".vscode"), IS_NAME, 0, ".vscode", 0 },
	{ IN_ANY, NAME(".idea"), IS_NAME, 0, ".idea", 0 },
	{ IN_CLAUDE, NAME("settings.json"), IS_NAME, 1,
	    ".claude/settings.json", 0 },
	{ IN_CLAUDE, NAME("settings.local.json"), IS_NAME, 1,
	    ".claude/settings.local.json", 0 },
	{ IN_CLAUDE, NAME("commands"), IS_NAME, 1, ".claude/commands", 0 },
	{ IN_CLAUDE, NAME("agents"), IS_NAME, 1, ".claude/agents", 0 },
	/* A repository's directory is as good as what is above the name. */
	{ IN_GIT, NAME("hooks"), IS_NAME, 0, ".git/hooks", 0 },
	{ IN_GIT, NAME("config"), IS_NAME, 0, ".git/config",
	    EXEC_GIT_CONFIG },
	{ IN_GIT, NAME("config.worktree"), IS_NAME, 0,
	    ".git/config.worktree", EXEC_GIT_CONFIG },
	{ IN_GIT, NAME("commondir"), IS_NAME, 0, ".git/commondir", 0 },
	{ IN_GIT, NAME("info"), IN_INFO, 0, ".git/info", 0 },
	{ IN_GIT, NAME("worktrees"), IN_WORKTREES, 0, ".git/worktrees", 0 },
	{ IN_GIT, NAME("modules"), IN_MODULES | IN_GIT, 0, ".git/modules", 0 },
	{ IN_INFO, NAME("attributes"), IS_NAME, 1, ".git/info/attributes", 0 }
};

/* Of a repository with a name of any kind. */
static const struct part {
	const char	*name;
	size_t		 len;
	enum guard_part	 part;
} parts[] = {
	{ NAME("head"), PART_HEAD },
	{ NAME("objects"), PART_OBJECTS },
	{ NAME("refs"), PART_REFS },
	{ NAME("commondir"), PART_COMMONDIR },
	{ NAME("config"), PART_CONFIG },
	{ NAME("config.worktree"), PART_CONFIG_WORKTREE },
	{ NAME("hooks"), PART_HOOKS },
	{ NAME("attributes"), PART_ATTRIBUTES },
	{ NAME("info"), PART_INFO },
	{ NAME("branches"), PART_TEMPLATE },
	{ NAME("description"), PART_TEMPLATE }
};

const struct guard_part_name	 guard_part_names[GUARD_PARTS] = {
	{ PART_HEAD, "HEAD", "a bare repository's HEAD" },
	{ PART_OBJECTS, "objects", "a bare repository's objects" },
	{ PART_REFS, "refs", "a bare repository's refs" },
	{ PART_COMMONDIR, "commondir", "a bare repository's commondir" },
	{ PART_CONFIG, "config", "a bare repository's config" },
	{ PART_CONFIG_WORKTREE, "config.worktree",
	    "a bare repository's config.worktree" },
	{ PART_HOOKS, "hooks", "a bare repository's hooks" },
	{ PART_ATTRIBUTES, "info/attributes",
	    "a bare repository's info/attributes" },
	{ PART_INFO, "info", "a bare repository's info" }
};

/*
 * What others execute later without being asked, or in the place of another
 * program, and what work inside has to be able to write.  A directory, with
 * all that is in it, has a "/".
 */
static const struct watched {
	const char	*name;
	int		 fresh;		/* in a tree of the command's, too */
} watched[] = {
	/* Its lines are commands, for whoever goes on with the rebase. */
	{ "rebase-merge/git-rebase-todo", 1 },
	{ ".hg/hgrc", 0 },
	{ ".jj/repo/config.toml", 0 },
	{ ".husky/", 0 },
	{ ".pre-commit-config.yaml", 0 },
	{ ".envrc", 0 },
	{ ".bash_aliases", 0 },
	{ ".bash_logout", 0 },
	{ ".zlogout", 0 },
	{ "pyvenv.cfg", 0 },
	{ ".venv/bin/", 0 },
	{ "venv/bin/", 0 },
	{ "node_modules/.bin/", 0 }
};

/* Where reading a path has come to. */
struct walk {
	unsigned int	 places;	/* enum place, for what follows */
	unsigned int	 depth;		/* components so far */
	const struct guard_name *last;	/* the last component, or NULL */
};

static const struct entry *find_folded(const struct guard *, const char *,
			    const struct entry *(*)(const struct entries *,
			    const char *));
static int		 deepest_read(const struct guard *, const char *);
static int		 below_ceiling(const struct guard *, const char *);
static void		 set_hit(struct guard_hit *, const char *,
			    const char *, int);
static const struct guard_name *walk_path(const struct guard *, const char *,
			    unsigned int, struct walk *);
static const struct guard_name *walk_name(const struct guard *, struct walk *,
			    const char *, size_t, unsigned int);
static unsigned int	 part_of(const char *, size_t, const char *);

const struct guard_name *
guard_names(size_t *n)
{
	*n = nitems(names);
	return names;
}

struct guard *
guard_new(uint32_t flags)
{
	struct guard	*g;

	if ((g = calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->flags = flags;
	return g;
}

void
guard_free(struct guard *g)
{
	size_t	 i;

	if (g == NULL)
		return;
	for (i = 0; i < GUARD_KIND_MAX; i++) {
		entries_cut(&g->kinds[i], 0, g->kinds[i].n);
		free(g->kinds[i].entry);
	}
	free(g);
}

int
guard_add(struct guard *g, enum guard_kind kind, const char *text,
    const char *rule)
{
	struct entries	*list = &g->kinds[kind];
	struct pattern	*pattern;

	switch (kind) {
	case GUARD_NOWRITE:
	case GUARD_WRITE:
		return entries_add(list, text, rule);
	case GUARD_NOWRITE_FOLD:
		return entries_add_folded(list, text, rule);
	case GUARD_READ:
	case GUARD_UNIX:
	case GUARD_CEILING:
	case GUARD_UNIX_CEILING:
		if (path_is_canonical(text))
			return entries_insert(list, list->n, text, NULL, rule);
		errno = EINVAL;
		return -1;
	case GUARD_NOWRITE_GLOB:
	case GUARD_WRITE_GLOB:
	case GUARD_NOREAD_GLOB:
	case GUARD_READ_GLOB:
	case GUARD_UNIX_GLOB:
	case GUARD_CEILING_GLOB:
	case GUARD_UNIX_CEILING_GLOB:
		if ((pattern = pattern_new(text)) != NULL)
			return entries_insert(list, list->n, text, pattern,
			    rule);
		if (errno != ENOMEM)
			errno = EINVAL;
		return -1;
	case GUARD_KIND_MAX:
		break;
	}
	errno = EINVAL;
	return -1;
}

int
guard_write(const struct guard *g, const char *path, unsigned int fresh,
    struct guard_hit *hit)
{
	const struct entry	*e;
	const struct guard_name	*name;
	struct walk		 w;

	/* Those of the policy first: no depth frees of them. */
	if ((e = entries_above(&g->kinds[GUARD_NOWRITE], path)) != NULL ||
	    (e = find_folded(g, path, entries_above)) != NULL ||
	    (e = entries_match(&g->kinds[GUARD_NOWRITE_GLOB], path)) != NULL) {
		set_hit(hit, e->rule, NULL, 0);
		return 1;
	}
	/* Without patterns the mounts, if any, know what may be written. */
	if ((g->kinds[GUARD_WRITE_GLOB].n != 0 ||
	    (g->flags & (EXEC_LANDLOCK | EXEC_FS_DISABLED)) ==
	    EXEC_LANDLOCK) &&
	    (g->flags & (EXEC_LEARN | EXEC_LEARN_DENY)) != EXEC_LEARN &&
	    entries_above(&g->kinds[GUARD_WRITE], path) == NULL &&
	    entries_match(&g->kinds[GUARD_WRITE_GLOB], path) == NULL) {
		set_hit(hit, "filesystem.allowWrite", NULL, 0);
		return 1;
	}
	if (!below_ceiling(g, path)) {
		set_hit(hit, "the administrator's filesystem.allowWrite",
		    NULL, 0);
		return 1;
	}
	if ((name = walk_path(g, path, fresh, &w)) == NULL)
		return 0;
	set_hit(hit, "mandatory", name->full, 1);
	return 1;
}

int
guard_may_learn(const struct guard *g, const char *path, unsigned int fresh)
{
	struct walk	 w;

	return entries_above(&g->kinds[GUARD_NOWRITE], path) == NULL &&
	    find_folded(g, path, entries_above) == NULL &&
	    entries_match(&g->kinds[GUARD_NOWRITE_GLOB], path) == NULL &&
	    below_ceiling(g, path) && walk_path(g, path, fresh, &w) == NULL;
}

int
guard_inside(const struct guard *g, const char *path)
{
	return (g->flags & EXEC_FS_DISABLED) != 0 ||
	    entries_above(&g->kinds[GUARD_WRITE], path) != NULL ||
	    entries_match(&g->kinds[GUARD_WRITE_GLOB], path) != NULL;
}

int
guard_is_root(const struct guard *g, const char *path)
{
	const struct entry	*e;

	e = entries_above(&g->kinds[GUARD_WRITE], path);
	return e != NULL && strcmp(e->text, path_ordered(path)) == 0;
}

int
guard_read(const struct guard *g, const char *path, struct guard_hit *hit)
{
	const struct entries	*list = &g->kinds[GUARD_NOREAD_GLOB];
	const struct entry	*rule = NULL;
	size_t			 i;
	int			 depth, deepest = -1;

	for (i = 0; i < list->n; i++) {
		depth = pattern_deepest(list->entry[i].pattern, path);
		if (depth > deepest) {
			deepest = depth;
			rule = &list->entry[i];
		}
	}
	if (rule == NULL || deepest_read(g, path) >= deepest)
		return 0;
	set_hit(hit, rule->rule, NULL, 0);
	return 1;
}

int
guard_reads(const struct guard *g)
{
	return g->kinds[GUARD_NOREAD_GLOB].n != 0;
}

int
guard_stem(const struct guard *g, const char *path, unsigned int fresh,
    struct guard_hit *hit)
{
	const struct entry	*e;
	const char		*name;
	struct walk		 w;
	int			 stem = 0;

	/* Within a name that is whole nothing more can begin. */
	if (walk_path(g, path, fresh, &w) == NULL && w.places != IN_ANY &&
	    fresh >= w.depth)
		stem = w.last != NULL && w.last->in == IN_ANY &&
		    w.last->next == IN_GIT ? GUARD_STEM_NAME : GUARD_STEM_TREE;
	/* The policy's counts for more, where it does not allow more. */
	if (stem != GUARD_STEM_NAME &&
	    ((e = entries_below(&g->kinds[GUARD_NOWRITE], path)) != NULL ||
	    (e = find_folded(g, path, entries_below)) != NULL)) {
		set_hit(hit, e->rule, NULL, 0);
		return GUARD_STEM_TREE;
	}
	if (stem == 0)
		return 0;
	if (w.last != NULL)
		name = w.last->full;
	else
		name = w.places & IN_MODULES ? ".git/modules" :
		    ".git/worktrees";
	set_hit(hit, "mandatory", name, 1);
	return stem;
}

int
guard_place(const struct guard *g, const char *path, struct guard_place *p)
{
	const char	*s = path + p->end, *end, *before;
	unsigned int	 part;

	if (g->flags & EXEC_FS_DISABLED)
		return 0;
	for (; s[0] == '/' && s[1] != '\0'; s = end) {
		before = s++;
		end = s + strcspn(s, "/");
		/* Above the last one "hooks" alone counts. */
		if (*end != '\0' && *s != 'h' && *s != 'H' &&
		    (unsigned char)*s < 0x80)
			continue;
		part = part_of(s, (size_t)(end - s), *end == '\0' ?
		    "aAbBcCdDhHiIoOrR" : "hH");
		if (part == 0 || (*end != '\0' && part != PART_HOOKS))
			continue;
		p->up = 0;
		if (part == PART_ATTRIBUTES) {
			while (before > path && before[-1] != '/')
				before--;
			if (before == path || part_of(before,
			    (size_t)(s - 1 - before), "iI") != PART_INFO)
				continue;
			before--;
			p->up = 1;
		}
		p->part = part;
		p->end = (size_t)(end - path);
		p->dirlen = (size_t)(before - path);
		for (; *end != '\0'; end++)
			p->up += *end == '/';
		return 1;
	}
	return 0;
}

unsigned int
guard_parts(const struct guard *g)
{
	unsigned int	 mask = PART_COMMONDIR | PART_HOOKS | PART_ATTRIBUTES;

	if ((g->flags & EXEC_GIT_CONFIG) == 0)
		mask |= PART_CONFIG | PART_CONFIG_WORKTREE;
	return mask;
}

int
guard_whole(unsigned int have)
{
	return (have & PART_HEAD) != 0 && ((have & PART_COMMONDIR) != 0 ||
	    (have & (PART_OBJECTS | PART_REFS)) ==
	    (PART_OBJECTS | PART_REFS));
}

int
guard_nearly(unsigned int have)
{
	return (have & PART_HEAD) != 0 &&
	    (have & GUARD_PARTS_SET) != PART_HEAD;
}

int
guard_beneath(const struct guard *g, const char *path)
{
	return entries_above(&g->kinds[GUARD_NOWRITE], path) != NULL ||
	    entries_below(&g->kinds[GUARD_NOWRITE], path) != NULL ||
	    find_folded(g, path, entries_above) != NULL ||
	    find_folded(g, path, entries_below) != NULL ||
	    entries_beneath(&g->kinds[GUARD_NOWRITE_GLOB], path) ||
	    entries_beneath(&g->kinds[GUARD_NOREAD_GLOB], path);
}

/* Is it one of the paths, or does it match one of the patterns? */
static int
names_path(const struct entries *paths, const struct entries *patterns,
    const char *path)
{
	size_t	 i;

	for (i = 0; i < paths->n; i++)
		if (strcmp(paths->entry[i].text, path_ordered(path)) == 0)
			return 1;
	for (i = 0; i < patterns->n; i++)
		if (pattern_match(patterns->entry[i].pattern, path))
			return 1;
	return 0;
}

int
guard_unix_bounded(const struct guard *g, const char *path)
{
	const struct entries	*paths = &g->kinds[GUARD_UNIX_CEILING];
	const struct entries	*patterns = &g->kinds[GUARD_UNIX_CEILING_GLOB];

	return (paths->n != 0 || patterns->n != 0) &&
	    !names_path(paths, patterns, path);
}

int
guard_unix(const struct guard *g, const char *path)
{
	if (guard_unix_bounded(g, path))
		return 0;
	return names_path(&g->kinds[GUARD_UNIX], &g->kinds[GUARD_UNIX_GLOB],
	    path);
}

int
guard_unix_beneath(const struct guard *g, const char *path)
{
	const struct entries	*list = &g->kinds[GUARD_UNIX];
	size_t			 i;

	path = path_ordered(path);
	for (i = 0; i < list->n; i++)
		if (path_covers(path, strlen(path), list->entry[i].text))
			return 1;
	return entries_beneath(&g->kinds[GUARD_UNIX_GLOB], path);
}

/* These are few and in the order of the policy. */
static int
below_ceiling(const struct guard *g, const char *path)
{
	const struct entries	*list = &g->kinds[GUARD_CEILING];
	size_t			 i;

	if (list->n == 0 && g->kinds[GUARD_CEILING_GLOB].n == 0)
		return 1;
	for (i = 0; i < list->n; i++)
		if (path_covers(list->entry[i].text, list->entry[i].len,
		    path_ordered(path)))
			return 1;
	return entries_match(&g->kinds[GUARD_CEILING_GLOB], path) != NULL;
}

static void
set_hit(struct guard_hit *hit, const char *rule, const char *name,
    int mandatory)
{
	if (hit == NULL)
		return;
	hit->rule = rule;
	hit->name = name;
	hit->mandatory = mandatory;
}

static const struct entry *
find_folded(const struct guard *g, const char *path,
    const struct entry *(*find)(const struct entries *, const char *))
{
	const struct entries	*list = &g->kinds[GUARD_NOWRITE_FOLD];
	char			 buf[2 * PATH_MAX];

	if (list->n == 0)
		return NULL;
	/* One that is too long is none of those that fit. */
	return fold_path(path, buf, sizeof(buf)) == -1 ? NULL :
	    find(list, buf);
}

/* How many components of the path allowRead names; -1 for none. */
static int
deepest_read(const struct guard *g, const char *path)
{
	const struct entries	*list = &g->kinds[GUARD_READ];
	const struct entry	*e;
	const char		*s;
	size_t			 i;
	int			 depth, deepest = -1;

	for (i = 0; i < list->n; i++) {
		e = &list->entry[i];
		if (!path_covers(e->text, e->len, path_ordered(path)))
			continue;
		for (depth = 0, s = e->text; *s != '\0'; s++)
			depth += *s == '/';
		if (depth > deepest)
			deepest = depth;
	}
	list = &g->kinds[GUARD_READ_GLOB];
	for (i = 0; i < list->n; i++) {
		depth = pattern_deepest(list->entry[i].pattern, path);
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

/*
 * Reads the path.  Returns the first mandatory name at or above it that is
 * not free, or NULL and what more components could make one of.
 */
static const struct guard_name *
walk_path(const struct guard *g, const char *path, unsigned int fresh,
    struct walk *w)
{
	const struct guard_name	*name;
	const char		*s = path, *end;

	w->places = IN_ANY;
	w->depth = 0;
	w->last = NULL;
	if (g->flags & EXEC_FS_DISABLED)
		return NULL;
	while (s != NULL && s[0] == '/' && s[1] != '\0') {
		s++;
		w->depth++;
		if (w->places == IN_ANY && *s != '.' &&
		    (unsigned char)*s < 0x80) {
			s = strchr(s, '/');
			w->last = NULL;
			continue;
		}
		end = s + strcspn(s, "/");
		name = walk_name(g, w, s, (size_t)(end - s), fresh);
		if (name != NULL)
			return name;
		s = end;
	}
	return NULL;
}

/*
 * One component.  A directory that the command made frees the names that
 * begin beneath it, so it has to lie above their first component.
 */
static const struct guard_name *
walk_name(const struct guard *g, struct walk *w, const char *s, size_t len,
    unsigned int fresh)
{
	const struct guard_name	*n;
	unsigned int		 places = w->places;
	char			 buf[NAME_LONGEST];

	/* Names of linked worktrees and of modules are free to choose. */
	w->places = IN_ANY;
	if (places & IN_WORKTREES)
		w->places |= IN_GIT;
	if (places & IN_MODULES)
		w->places |= IN_MODULES | IN_GIT;
	w->last = NULL;
	if ((len = fold_name(s, len, buf)) == 0)
		return NULL;
	for (n = names; n < names + nitems(names); n++) {
		if (n->len != len || !(n->in & places) ||
		    memcmp(n->name, buf, len) != 0 || n->lift & g->flags)
			continue;
		if (!(n->next & IS_NAME)) {
			w->places |= n->next;
			w->last = n;
		} else if (fresh >= w->depth - n->above)
			return n;
	}
	return NULL;
}

/* Do the first bytes of the path end with these components? */
static int
ends_so(const char *path, size_t n, const char *name, size_t len)
{
	size_t	 i;

	if (n <= len || path[n - len - 1] != '/')
		return 0;
	for (i = 0; i < len; i++)
		if (tolower((unsigned char)path[n - len + i]) != name[i])
			return 0;
	return 1;
}

/* What is beneath a directory that is watched, or it itself, is that. */
static size_t
watched_end(const char *path, const char *name)
{
	const char	*slash = strrchr(path, '/');
	size_t		 len = strlen(name), n = strlen(path);

	if (name[len - 1] != '/')
		return ends_so(path, n, name, len) ? n : 0;
	if (ends_so(path, n, name, len - 1))
		return n;
	n = slash == NULL ? 0 : (size_t)(slash - path);
	return ends_so(path, n, name, len - 1) ? n : 0;
}

int
guard_watched(const struct guard *g, const char *path, size_t *end)
{
	const struct watched	*w;

	if (g->flags & EXEC_FS_DISABLED)
		return 0;
	for (w = watched; w < watched + nitems(watched); w++)
		if ((*end = watched_end(path, w->name)) != 0)
			return w->fresh ? 2 : 1;
	return 0;
}

/* Which part it is, if it may begin with one of these letters; or 0. */
static unsigned int
part_of(const char *s, size_t len, const char *letters)
{
	const struct part	*p;
	char			 buf[NAME_LONGEST];

	if ((unsigned char)*s < 0x80 && strchr(letters, *s) == NULL)
		return 0;
	len = fold_name(s, len, buf);
	for (p = parts; len != 0 && p < parts + nitems(parts); p++)
		if (p->len == len && memcmp(p->name, buf, len) == 0)
			return p->part;
	return 0;
}

