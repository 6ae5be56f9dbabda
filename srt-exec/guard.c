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

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "guard.h"
#include "pattern.h"

/* A path or pattern of the policy. */
struct entry {
	char		*text;		/* "" is "/" */
	size_t		 len;
	struct pattern	*pattern;	/* NULL for a path */
	char		*rule;
};

struct entries {
	struct entry	*entry;
	size_t		 n;
};

struct guard {
	uint32_t	 flags;		/* mask of enum exec_flag */
	/* Of the writes, paths are in order and none is beneath another. */
	struct entries	 kinds[GUARD_KIND_MAX];
};

/* What the components so far may be the beginning of. */
enum place {
	IN_ANY = 1,			/* always */
	IN_CLAUDE = 2,
	IN_GIT = 4,			/* the directory of a repository */
	IN_INFO = 8,
	IN_WORKTREES = 16,
	IN_MODULES = 32,		/* at any depth, as names of modules */
	IS_NAME = 64			/* this is one, with all beneath */
};

#define NAME_LONGEST	24		/* of the table, and then some */

#define NAME(text)	text, sizeof(text) - 1

static const struct name {
	enum place	 in;
	const char	*name;
	size_t		 len;
	unsigned int	 next;		/* mask of enum place */
	unsigned int	 above;		/* components of the name before */
	const char	*full;
	uint32_t	 lift;		/* flag that frees it */
} names[] = {
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

/* Where reading a path has come to. */
struct walk {
	unsigned int	 places;	/* mask of enum place, for what follows */
	unsigned int	 depth;		/* components so far */
	const struct name *last;	/* what the last component is, or NULL */
};

static int		 add_path(struct entries *, const char *,
			    const char *);
static int		 add_folded(struct entries *, const char *,
			    const char *);
static int		 append(struct entries *, size_t, const char *,
			    struct pattern *, const char *);
static void		 entries_cut(struct entries *, size_t, size_t);
static int		 is_canonical(const char *);
static const char	*ordered(const char *);
static int		 path_cmp(const char *, const char *);
static int		 path_covers(const char *, size_t, const char *);
static size_t		 path_after(const struct entries *, const char *);
static const struct entry *find_above(const struct entries *, const char *);
static const struct entry *find_below(const struct entries *, const char *);
static const struct entry *find_folded(const struct guard *, const char *,
			    const struct entry *(*)(const struct entries *,
			    const char *));
static const struct entry *find_pattern(const struct entries *,
			    const char *);
static int		 any_beneath(const struct entries *, const char *);
static int		 deepest_read(const struct guard *, const char *);
static int		 below_ceiling(const struct guard *, const char *);
static void		 set_hit(struct guard_hit *, const char *,
			    const char *, int);
static const struct name *walk_path(const struct guard *, const char *,
			    unsigned int, struct walk *);
static const struct name *walk_name(const struct guard *, struct walk *,
			    const char *, size_t, unsigned int);
static unsigned int	 part_of(const char *, size_t, const char *);
static int		 fold_path(const char *, char *, size_t);
static size_t		 fold(const char *, size_t, char *);
static const char	*fold_char(uint32_t);
static int		 is_ignorable(uint32_t);

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
		return add_path(list, text, rule);
	case GUARD_NOWRITE_FOLD:
		return add_folded(list, text, rule);
	case GUARD_READ:
	case GUARD_UNIX:
	case GUARD_CEILING:
	case GUARD_UNIX_CEILING:
		if (is_canonical(text))
			return append(list, list->n, text, NULL, rule);
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
			return append(list, list->n, text, pattern, rule);
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
	const struct name	*name;
	struct walk		 w;

	/* Those of the policy first: no depth frees of them. */
	if ((e = find_above(&g->kinds[GUARD_NOWRITE], path)) != NULL ||
	    (e = find_folded(g, path, find_above)) != NULL ||
	    (e = find_pattern(&g->kinds[GUARD_NOWRITE_GLOB], path)) != NULL) {
		set_hit(hit, e->rule, NULL, 0);
		return 1;
	}
	/* Without patterns the mounts know what may be written. */
	if (g->kinds[GUARD_WRITE_GLOB].n != 0 &&
	    (g->flags & (EXEC_LEARN | EXEC_LEARN_DENY)) != EXEC_LEARN &&
	    find_above(&g->kinds[GUARD_WRITE], path) == NULL &&
	    find_pattern(&g->kinds[GUARD_WRITE_GLOB], path) == NULL) {
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

	return find_above(&g->kinds[GUARD_NOWRITE], path) == NULL &&
	    find_pattern(&g->kinds[GUARD_NOWRITE_GLOB], path) == NULL &&
	    below_ceiling(g, path) && walk_path(g, path, fresh, &w) == NULL;
}

int
guard_inside(const struct guard *g, const char *path)
{
	return (g->flags & EXEC_FS_DISABLED) != 0 ||
	    find_above(&g->kinds[GUARD_WRITE], path) != NULL ||
	    find_pattern(&g->kinds[GUARD_WRITE_GLOB], path) != NULL;
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
	    ((e = find_below(&g->kinds[GUARD_NOWRITE], path)) != NULL ||
	    (e = find_folded(g, path, find_below)) != NULL)) {
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
guard_beneath(const struct guard *g, const char *path)
{
	return find_above(&g->kinds[GUARD_NOWRITE], path) != NULL ||
	    find_below(&g->kinds[GUARD_NOWRITE], path) != NULL ||
	    find_folded(g, path, find_above) != NULL ||
	    find_folded(g, path, find_below) != NULL ||
	    any_beneath(&g->kinds[GUARD_NOWRITE_GLOB], path) ||
	    any_beneath(&g->kinds[GUARD_NOREAD_GLOB], path);
}

/* Is it one of the paths, or does it match one of the patterns? */
static int
names_path(const struct entries *paths, const struct entries *patterns,
    const char *path)
{
	size_t	 i;

	for (i = 0; i < paths->n; i++)
		if (strcmp(paths->entry[i].text, ordered(path)) == 0)
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

	path = ordered(path);
	for (i = 0; i < list->n; i++)
		if (path_covers(path, strlen(path), list->entry[i].text))
			return 1;
	return any_beneath(&g->kinds[GUARD_UNIX_GLOB], path);
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
		    ordered(path)))
			return 1;
	return find_pattern(&g->kinds[GUARD_CEILING_GLOB], path) != NULL;
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

/* Paths cover what is beneath them, so one beneath another adds nothing. */
static int
add_path(struct entries *list, const char *path, const char *rule)
{
	const char	*text;
	size_t		 at, n = 0;

	if (!is_canonical(path)) {
		errno = EINVAL;
		return -1;
	}
	if (find_above(list, path) != NULL)
		return 0;
	text = ordered(path);
	at = path_after(list, path);
	while (at + n < list->n &&
	    path_covers(text, strlen(text), list->entry[at + n].text))
		n++;
	if (append(list, at, path, NULL, rule) == -1)
		return -1;
	entries_cut(list, at + 1, n);
	return 0;
}

/* Of what does not fold to a path the other entry has to do. */
static int
add_folded(struct entries *list, const char *path, const char *rule)
{
	char	 buf[PATH_MAX];

	if (!is_canonical(path)) {
		errno = EINVAL;
		return -1;
	}
	if (fold_path(path, buf, sizeof(buf)) == -1 || !is_canonical(buf) ||
	    buf[1] == '\0')
		return 0;
	return add_path(list, buf, rule);
}

/* Puts an entry into its place.  The pattern is the list's, or freed. */
static int
append(struct entries *list, size_t at, const char *text,
    struct pattern *pattern, const char *rule)
{
	struct entry	 new = { .pattern = pattern };
	struct entry	*p;

	new.text = strdup(pattern == NULL ? ordered(text) : text);
	new.rule = strdup(rule);
	p = reallocarray(list->entry, list->n + 1, sizeof(*p));
	if (p != NULL)
		list->entry = p;
	if (new.text == NULL || new.rule == NULL || p == NULL) {
		pattern_free(pattern);
		free(new.text);
		free(new.rule);
		errno = ENOMEM;
		return -1;
	}
	new.len = strlen(new.text);
	memmove(p + at + 1, p + at, (list->n - at) * sizeof(*p));
	p[at] = new;
	list->n++;
	return 0;
}

static void
entries_cut(struct entries *list, size_t at, size_t n)
{
	struct entry	*e;
	size_t		 i;

	for (i = 0; i < n; i++) {
		e = &list->entry[at + i];
		pattern_free(e->pattern);
		free(e->text);
		free(e->rule);
	}
	if (n == 0)
		return;
	list->n -= n;
	memmove(list->entry + at, list->entry + at + n,
	    (list->n - at) * sizeof(*e));
}

static int
is_canonical(const char *path)
{
	size_t	 n;

	if (path[0] != '/')
		return 0;
	while (path[0] == '/' && path[1] != '\0') {
		path++;
		n = strcspn(path, "/");
		if (n == 0 || (path[0] == '.' && (n == 1 ||
		    (n == 2 && path[1] == '.'))))
			return 0;
		path += n;
		if (path[0] == '/' && path[1] == '\0')
			return 0;
	}
	return 1;
}

/* "/" without its slash, so that every path begins with those above it. */
static const char *
ordered(const char *path)
{
	return path[0] == '/' && path[1] == '\0' ? path + 1 : path;
}

/* An order in which what is beneath a path comes right after it. */
static int
path_cmp(const char *a, const char *b)
{
	unsigned char	 ca, cb;

	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	ca = (unsigned char)*a;
	cb = (unsigned char)*b;
	if (ca == cb || ca == '\0' || cb == '\0')
		return (ca > cb) - (ca < cb);
	if (ca == '/' || cb == '/')
		return ca == '/' ? -1 : 1;
	return ca < cb ? -1 : 1;
}

static int
path_covers(const char *above, size_t len, const char *path)
{
	return strncmp(above, path, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

/* The first of the entries that comes after the path. */
static size_t
path_after(const struct entries *list, const char *path)
{
	size_t	 lo = 0, hi = list->n, mid;

	path = ordered(path);
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (path_cmp(list->entry[mid].text, path) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* The entry that is the path or above it: the one before it, or none. */
static const struct entry *
find_above(const struct entries *list, const char *path)
{
	const struct entry	*e;
	size_t			 i;

	if (list->n == 0 || (i = path_after(list, path)) == 0)
		return NULL;
	e = &list->entry[i - 1];
	return path_covers(e->text, e->len, ordered(path)) ? e : NULL;
}

/* An entry beneath the path. */
static const struct entry *
find_below(const struct entries *list, const char *path)
{
	const struct entry	*e;
	size_t			 i;

	if (list->n == 0 || (i = path_after(list, path)) == list->n)
		return NULL;
	e = &list->entry[i];
	path = ordered(path);
	return path_covers(path, strlen(path), e->text) ? e : NULL;
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

static const struct entry *
find_pattern(const struct entries *list, const char *path)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (pattern_covers(list->entry[i].pattern, path))
			return &list->entry[i];
	return NULL;
}

static int
any_beneath(const struct entries *list, const char *path)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (pattern_covers(list->entry[i].pattern, path) ||
		    pattern_beneath(list->entry[i].pattern, path))
			return 1;
	return 0;
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
		if (!path_covers(e->text, e->len, ordered(path)))
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
static const struct name *
walk_path(const struct guard *g, const char *path, unsigned int fresh,
    struct walk *w)
{
	const struct name	*name;
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
static const struct name *
walk_name(const struct guard *g, struct walk *w, const char *s, size_t len,
    unsigned int fresh)
{
	const struct name	*n;
	unsigned int		 places = w->places;
	char			 buf[NAME_LONGEST];

	/* Names of linked worktrees and of modules are free to choose. */
	w->places = IN_ANY;
	if (places & IN_WORKTREES)
		w->places |= IN_GIT;
	if (places & IN_MODULES)
		w->places |= IN_MODULES | IN_GIT;
	w->last = NULL;
	if ((len = fold(s, len, buf)) == 0)
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

/* Which part it is, if it may begin with one of these letters; or 0. */
static unsigned int
part_of(const char *s, size_t len, const char *letters)
{
	const struct part	*p;
	char			 buf[NAME_LONGEST];

	if ((unsigned char)*s < 0x80 && strchr(letters, *s) == NULL)
		return 0;
	len = fold(s, len, buf);
	for (p = parts; len != 0 && p < parts + nitems(parts); p++)
		if (p->len == len && memcmp(p->name, buf, len) == 0)
			return p->part;
	return 0;
}

/*
 * A component as it compares, in small ASCII letters; its length, or 0 for
 * what is none of the names.  Trailing dots and spaces are dropped, as some
 * file systems of other makes do.
 */
static size_t
fold(const char *s, size_t len, char *buf)
{
	const char	*end = s + len, *to;
	size_t		 n = 0;
	uint32_t	 ch;

	while (s < end) {
		ch = pattern_char(&s, end);
		if (ch < 0x80) {
			if (n < NAME_LONGEST)
				buf[n++] = (char)(ch >= 'A' && ch <= 'Z' ?
				    ch - 'A' + 'a' : ch);
			else if (ch != '.' && ch != ' ')
				return 0;
			continue;
		}
		if (is_ignorable(ch))
			continue;
		if ((to = fold_char(ch)) == NULL)
			return 0;
		for (; *to != '\0'; to++) {
			if (n == NAME_LONGEST)
				return 0;
			buf[n++] = *to;
		}
	}
	while (n > 0 && (buf[n - 1] == '.' || buf[n - 1] == ' '))
		n--;
	return n;
}

/*
 * A path as it compares on a file system that ignores case.  Of letters beyond
 * ASCII those alone that fold to it are known; no text grows by that.  0, or
 * -1 if there is no room.
 */
static int
fold_path(const char *path, char *buf, size_t size)
{
	const char	*s = path, *end = path + strlen(path), *from, *to;
	size_t		 n = 0, len;
	uint32_t	 ch;

	while (s < end) {
		from = s;
		ch = pattern_char(&s, end);
		if (ch == '/')
			while (n > 0 && (buf[n - 1] == '.' ||
			    buf[n - 1] == ' '))
				n--;
		if (ch >= 0x80 && is_ignorable(ch))
			continue;
		to = ch < 0x80 ? NULL : fold_char(ch);
		len = to != NULL ? strlen(to) : (size_t)(s - from);
		if (n + len + 1 > size)
			return -1;
		memcpy(buf + n, to != NULL ? to : from, len);
		if (ch >= 'A' && ch <= 'Z')
			buf[n] = (char)(ch - 'A' + 'a');
		n += len;
	}
	while (n > 0 && (buf[n - 1] == '.' || buf[n - 1] == ' '))
		n--;
	buf[n] = '\0';
	return 0;
}

/*
 * What else folds to ASCII letters alone: full case folding (Unicode
 * CaseFolding.txt, statuses C and F).  NULL: this one does not.
 */
static const char *
fold_char(uint32_t ch)
{
	static const char *const ligatures[] = {
		"ff", "fi", "fl", "ffi", "ffl", "st", "st"
	};

	if (ch >= 0xfb00 && ch <= 0xfb06)
		return ligatures[ch - 0xfb00];
	switch (ch) {
	case 0x00df:		/* sharp s */
	case 0x1e9e:
		return "ss";
	case 0x017f:		/* long s */
		return "s";
	case 0x212a:		/* the Kelvin sign */
		return "k";
	default:
		return NULL;
	}
}

/* Default_Ignorable_Code_Point (Unicode 15.0, DerivedCoreProperties.txt). */
static int
is_ignorable(uint32_t ch)
{
	static const struct {
		uint32_t	 first, last;
	} ranges[] = {
		{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f },
		{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }
	};
	size_t	 i;

	for (i = 0; i < nitems(ranges); i++)
		if (ch >= ranges[i].first && ch <= ranges[i].last)
			return 1;
	return 0;
}
