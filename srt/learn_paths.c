/* SPDX-License-Identifier: ISC */

/*
 * The smallest allowWrite for what was learned.
 *
 * What exists and was changed in place is an entry itself.  A name that was
 * made, replaced or removed needs its directory, because a path that is not
 * there cannot be listed; where the directory holds other files as well, a
 * pattern for what the names have in common, and where it must never be
 * listed (the home directory, what holds the settings or srt itself), patterns
 * that match one name each: "/home/me/out.tx[t]".
 */

#include "compat.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "learn.h"
#include "pattern.h"
#include "suffix.h"

#define KEY_WRITE	"filesystem.allowWrite"

/* Of those that are to be, before some of them become one. */
#define LEARN_GRANTS	(4 * LEARN_ENTRIES)

/* An entry of allowWrite that is to be. */
struct grant {
	char		*path;		/* or the directory of the pattern */
	struct pattern	*pattern;	/* NULL: the path, and all beneath */
};

struct grants {
	struct grant	*v;
	size_t		 n;
};

/* A name that was made. */
struct made {
	char		*dir;
	const char	*name;
	int		 empty;
	size_t		 index;
};

/* The same for a name that need not exist; NULL if that cannot be written. */
static char *
name_pattern(const char *dir, const char *name)
{
	char		*plain, *out = NULL, *base;
	const char	*s;
	size_t		 len = strlen(name);

	base = learn_plain(dir);
	for (s = name + len; s > name; s--)
		if (isalnum((unsigned char)s[-1]))
			break;
	if (strpbrk(name, "*?[") != NULL) {
		/* It holds a set in any case. */
		plain = learn_plain(name);
		(void)xasprintf(&out, "%s/%s", base, plain);
		free(plain);
	} else if (s > name)
		(void)xasprintf(&out, "%s/%.*s[%c]%s", base,
		    (int)(s - 1 - name), name, s[-1], s);
	free(base);
	return out;
}

static int
beneath(const char *path, const char *dir)
{
	size_t	 len = strlen(dir);

	if (len == 1)
		return 1;
	return strncmp(path, dir, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

/* Must this never be writable as a whole? */
static int
is_shut(const struct learn_limits *lim, const char *path)
{
	size_t	 i;

	if (strcmp(path, "/") == 0 ||
	    (lim->home != NULL && beneath(lim->home, path)))
		return 1;
	for (i = 0; i < lim->nown; i++)
		if (beneath(lim->own[i], path))
			return 1;
	return 0;
}

static void
grant_add(struct grants *gs, const char *path, const char *pattern)
{
	struct pattern	*p = NULL;

	if (pattern != NULL && (p = pattern_new(pattern)) == NULL)
		return;
	if ((gs->n & (gs->n - 1)) == 0)
		gs->v = xreallocarray(gs->v, gs->n == 0 ? 1 : gs->n * 2,
		    sizeof(*gs->v));
	gs->v[gs->n].path = xstrdup(path);
	gs->v[gs->n++].pattern = p;
}

static void
grant_drop(struct grant *g)
{
	free(g->path);
	pattern_free(g->pattern);
	g->path = NULL;
}

static int
grant_covers(const struct grant *g, const char *path)
{
	return g->pattern == NULL ? beneath(path, g->path) :
	    pattern_covers(g->pattern, path);
}

static int
grants_cover(const struct grants *gs, const char *path)
{
	size_t	 i;

	for (i = 0; i < gs->n; i++)
		if (gs->v[i].path != NULL && grant_covers(&gs->v[i], path))
			return 1;
	return 0;
}

/* The entries that are there already, by their text. */
static void
grants_known(struct grants *gs, const struct learn_limits *lim)
{
	const char	*text;
	char		*path;
	size_t		 i;

	for (i = 0; lim->set != NULL && i < lim->set->allow_write.n; i++) {
		text = lim->set->allow_write.v[i].text;
		if (text[0] == '~' && lim->home != NULL &&
		    (text[1] == '/' || text[1] == '\0'))
			(void)xasprintf(&path, "%s%s", lim->home, text + 1);
		else
			path = xstrdup(text);
		if (path[0] == '/')
			grant_add(gs, path, pattern_is(path) ? path : NULL);
		free(path);
	}
}

static int
made_cmp(const void *a, const void *b)
{
	const struct made	*ma = a, *mb = b;
	int			 d = strcmp(ma->dir, mb->dir);

	if (d != 0)
		return d;
	return ma->index < mb->index ? -1 : ma->index > mb->index;
}

static struct made *
made_list(const struct learn_events *evs, size_t *np)
{
	struct made	*v = xcalloc(evs->n + 1, sizeof(*v));
	const char	*path, *slash;
	size_t		 i, n = 0;

	for (i = 0; i < evs->n; i++) {
		path = evs->v[i].target;
		if (evs->v[i].kind != LEARN_MAKE || *path != '/')
			continue;
		slash = strrchr(path, '/');
		v[n].dir = slash == path ? xstrdup("/") :
		    xstrndup(path, (size_t)(slash - path));
		v[n].name = slash + 1;
		v[n].empty = evs->v[i].empty;
		v[n].index = i;
		n++;
	}
	learn_sort(v, n, sizeof(*v), made_cmp);
	*np = n;
	return v;
}

static int
name_cmp(const void *a, const void *b)
{
	const struct made	*ma = a, *mb = b;

	return strcmp(ma->name, mb->name);
}

/* What all the names end in; NULL: they differ, or are few. */
static const char *
common_suffix(const struct made *v, size_t n)
{
	const char	*suffix, *s;
	size_t		 i, different = 1;

	if (n < LEARN_MANY || (suffix = name_suffix(v[0].name)) == NULL)
		return NULL;
	for (i = 1; i < n; i++) {
		if ((s = name_suffix(v[i].name)) == NULL ||
		    strcmp(s, suffix) != 0)
			return NULL;
		different += strcmp(v[i].name, v[i - 1].name) != 0;
	}
	return different < LEARN_MANY ? NULL : suffix;
}

static void
grant_suffix(struct grants *gs, const char *dir, const char *suffix)
{
	char	*plain = learn_plain(dir), *text;

	(void)xasprintf(&text, "%s/*%s", plain, suffix);
	grant_add(gs, dir, text);
	free(text);
	free(plain);
}

/* Names in a directory that must not be opened as a whole. */
static void
grant_names(struct grants *gs, const struct made *v, size_t n,
    struct learn_result *res)
{
	char	*text, *path;
	size_t	 i;

	for (i = 0; i < n; i++) {
		(void)xasprintf(&path, "%s/%s", strcmp(v[i].dir, "/") == 0 ?
		    "" : v[i].dir, v[i].name);
		text = n > LEARN_NAMED || strcmp(v[i].dir, "/") == 0 ||
		    strcmp(v[i].name, ".") == 0 ? NULL :
		    name_pattern(v[i].dir, v[i].name);
		if (grants_cover(gs, path))
			;
		else if (text != NULL)
			grant_add(gs, v[i].dir, text);
		else
			learn_odd_add(res, n > LEARN_NAMED ? v[i].dir : path);
		free(path);
		free(text);
	}
}

/* What was made in one directory. */
static void
grant_made(struct grants *gs, struct made *v, size_t n,
    const struct learn_limits *lim, struct learn_result *res)
{
	const char	*suffix;
	int		 shut = is_shut(lim, v[0].dir), empty = v[0].empty;

	if (grants_cover(gs, v[0].dir))
		return;
	learn_sort(v, n, sizeof(*v), name_cmp);
	suffix = strcmp(v[0].dir, "/") == 0 ? NULL : common_suffix(v, n);
	if (suffix != NULL && (shut || !empty))
		grant_suffix(gs, v[0].dir, suffix);
	else if (shut)
		grant_names(gs, v, n, res);
	else
		grant_add(gs, v[0].dir, NULL);
}

/* How many of the paths, in order, are in the directory of the first. */
static size_t
siblings(char **v, size_t n, struct made *m)
{
	const char	*slash = strrchr(v[0], '/');
	size_t		 k, len = (size_t)(slash - v[0]) + 1;

	for (k = 0; k < n && strncmp(v[k], v[0], len) == 0 &&
	    strchr(v[k] + len, '/') == NULL; k++)
		m[k].name = v[k] + len;
	return k;
}

/* Those as one, if they are alike or many.  1 if so. */
static int
grant_siblings(struct grants *gs, const struct made *m, size_t n,
    const char *dir, const struct learn_limits *lim)
{
	const char	*suffix;

	if (*dir == '\0')
		return 0;
	if ((suffix = common_suffix(m, n)) != NULL)
		grant_suffix(gs, dir, suffix);
	else if (n > LEARN_LISTED && !is_shut(lim, dir))
		grant_add(gs, dir, NULL);
	else
		return 0;
	return 1;
}

/* What was changed and stays where it is. */
static void
grant_changed(struct grants *gs, char **v, size_t n,
    const struct learn_limits *lim, struct learn_result *res)
{
	struct made	*m;
	char		*dir;
	size_t		 i, k, end;
	int		 done;

	m = xcalloc(n + 1, sizeof(*m));
	for (i = 0; i < n; i = end) {
		k = siblings(v + i, n - i, m);
		end = i + k;
		dir = xstrndup(v[i], (size_t)(strrchr(v[i], '/') - v[i]));
		done = grant_siblings(gs, m, k, dir, lim);
		free(dir);
		for (; !done && i < end; i++)
			/* Each will be compared with each. */
			if (is_shut(lim, v[i]) || gs->n >= LEARN_GRANTS)
				learn_odd_add(res, v[i]);
			else
				grant_add(gs, v[i], NULL);
	}
	free(m);
}

static char *
path_above(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
}

static int
grant_cmp(const void *a, const void *b)
{
	const struct grant	*ga = a, *gb = b;
	int			 d = strcmp(ga->path, gb->path);

	if (d != 0)
		return d;
	if (ga->pattern == NULL || gb->pattern == NULL)
		return (ga->pattern != NULL) - (gb->pattern != NULL);
	return strcmp(pattern_text(ga->pattern), pattern_text(gb->pattern));
}

/* Takes out what others cover.  Those that were there come first and stay. */
static void
grants_collapse(struct grants *gs, size_t known)
{
	size_t	 i, k, n = known;
	int	 covered;

	if (gs->n > known)
		learn_sort(gs->v + known, gs->n - known, sizeof(*gs->v),
		    grant_cmp);
	for (i = known; i < gs->n; i++) {
		if (gs->v[i].path == NULL)
			continue;
		for (k = covered = 0; k < gs->n && !covered; k++) {
			if (k == i || gs->v[k].path == NULL)
				continue;
			if (gs->v[k].pattern == NULL)
				covered = beneath(gs->v[i].path,
				    gs->v[k].path);
			else if (gs->v[i].pattern == NULL)
				covered = pattern_covers(gs->v[k].pattern,
				    gs->v[i].path);
			else
				covered = strcmp(pattern_text(
				    gs->v[i].pattern), pattern_text(
				    gs->v[k].pattern)) == 0;
		}
		if (covered)
			grant_drop(&gs->v[i]);
	}
	for (i = known; i < gs->n; i++)
		if (gs->v[i].path != NULL)
			gs->v[n++] = gs->v[i];
	gs->n = n;
}

/* Long lists of siblings become their directory.  1 if there was one. */
static int
grants_gather(struct grants *gs, size_t known, const struct learn_limits *lim)
{
	char	*up, *other;
	size_t	 i, k, n;

	for (i = known; i < gs->n; i++) {
		if (gs->v[i].pattern != NULL)
			continue;
		up = path_above(gs->v[i].path);
		for (n = 0, k = i; k < gs->n && gs->v[k].path != NULL &&
		    beneath(gs->v[k].path, up); k++) {
			other = path_above(gs->v[k].path);
			n += gs->v[k].pattern == NULL &&
			    strcmp(up, other) == 0;
			free(other);
		}
		if (n > LEARN_LISTED && !is_shut(lim, up)) {
			grant_add(gs, up, NULL);
			free(up);
			return 1;
		}
		free(up);
	}
	return 0;
}

static int
item_cmp(const void *a, const void *b)
{
	const struct learn_item	*ia = a, *ib = b;

	return strcmp(ia->entry, ib->entry);
}

void
learn_paths(const struct learn_events *evs, const struct learn_limits *lim,
    struct learn_result *res)
{
	struct grants	 gs = { NULL, 0 };
	struct made	*m;
	char		**v, *text;
	size_t		 i, k, n, known, first = res->n;

	grants_known(&gs, lim);
	known = gs.n;
	m = made_list(evs, &n);
	for (i = 0; i < n; i += k) {
		for (k = 1; i + k < n &&
		    strcmp(m[i + k].dir, m[i].dir) == 0; k++)
			continue;
		if (gs.n < LEARN_ENTRIES)
			grant_made(&gs, m + i, k, lim, res);
		else
			learn_odd_add(res, m[i].dir);
	}
	for (i = 0; i < n; i++)
		free(m[i].dir);
	free(m);

	v = learn_targets(evs, LEARN_WRITE, &n);
	for (i = k = 0; i < n; i++)
		if (*v[i] == '/' && !grants_cover(&gs, v[i]))
			v[k++] = v[i];
	grant_changed(&gs, v, k, lim, res);
	free(v);
	do {
		grants_collapse(&gs, known);
	} while (gs.n < 2 * LEARN_ENTRIES && grants_gather(&gs, known, lim));

	for (i = known; i < gs.n; i++) {
		text = gs.v[i].pattern == NULL ? learn_plain(gs.v[i].path) :
		    xstrdup(pattern_text(gs.v[i].pattern));
		if (i - known < LEARN_ENTRIES)
			learn_item_add(res, KEY_WRITE, text);
		else
			learn_odd_add(res, text);
		free(text);
	}
	if (res->n > first)
		learn_sort(res->v + first, res->n - first, sizeof(*res->v),
		    item_cmp);
	for (i = 0; i < gs.n; i++)
		grant_drop(&gs.v[i]);
	free(gs.v);
}
