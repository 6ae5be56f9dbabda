/* SPDX-License-Identifier: ISC */

/*
 * The smallest settings for what was learned.
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
#include "log.h"
#include "pattern.h"
#include "rule.h"
#include "suffix.h"

#define KEY_DOMAINS	"network.allowedDomains"
#define KEY_SOCKETS	"network.allowUnixSockets"
#define KEY_WRITE	"filesystem.allowWrite"

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

static void	 add_domains(const struct learn_events *,
		    const struct learn_limits *, struct learn_result *);
static void	 add_paths(const struct learn_events *,
		    const struct learn_limits *, struct learn_result *);
static void	 add_sockets(const struct learn_events *,
		    const struct learn_limits *, struct learn_result *);

void
learn_event_add(struct learn_events *evs, enum learn_kind kind,
    const char *target, int empty)
{
	/* Grows by doubling. */
	if ((evs->n & (evs->n - 1)) == 0)
		evs->v = xreallocarray(evs->v, evs->n == 0 ? 1 : evs->n * 2,
		    sizeof(*evs->v));
	evs->v[evs->n].kind = kind;
	evs->v[evs->n].empty = empty;
	evs->v[evs->n++].target = xstrdup(target);
}

void
learn_events_free(struct learn_events *evs)
{
	size_t	 i;

	for (i = 0; i < evs->n; i++)
		free(evs->v[i].target);
	free(evs->v);
	memset(evs, 0, sizeof(*evs));
}

void
learn_result_free(struct learn_result *res)
{
	size_t	 i;

	for (i = 0; i < res->n; i++)
		free(res->v[i].entry);
	for (i = 0; i < res->nodd; i++)
		free(res->odd[i]);
	free(res->v);
	free(res->odd);
	memset(res, 0, sizeof(*res));
}

void
learn_additions(const struct learn_events *evs,
    const struct learn_limits *lim, struct learn_result *res)
{
	memset(res, 0, sizeof(*res));
	add_domains(evs, lim, res);
	add_sockets(evs, lim, res);
	add_paths(evs, lim, res);
}

/* What cannot be written.  Some of the same are next to each other. */
static void
add_odd(struct learn_result *res, const char *what)
{
	if (res->nodd > 0 && strcmp(res->odd[res->nodd - 1], what) == 0)
		return;
	res->odd = xreallocarray(res->odd, res->nodd + 1, sizeof(*res->odd));
	res->odd[res->nodd++] = xstrdup(what);
}

/* The entry must be one that the settings take. */
static void
add_item(struct learn_result *res, const char *key, const char *entry)
{
	const struct setting	*row = setting_find(key);

	if (row == NULL || (row->check != NULL && row->check(entry) != NULL) ||
	    strstr(entry, "\xef\xbf\xbd") != NULL) {
		add_odd(res, entry);
		return;
	}
	res->v = xreallocarray(res->v, res->n + 1, sizeof(*res->v));
	res->v[res->n].key = key;
	res->v[res->n++].entry = xstrdup(entry);
}

/* glibc's qsort(3) asks how much memory there is, which we may not by then. */
static void
sort(void *v, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (n > 1 && heapsort(v, n, size, cmp) == -1)
		fatal("heapsort");
}

static int
str_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The targets of one kind in order, each once; the strings are the events'. */
static char **
targets(const struct learn_events *evs, enum learn_kind kind, size_t *np)
{
	char	**v = xcalloc(evs->n + 1, sizeof(*v));
	size_t	 i, n = 0, k = 0;

	for (i = 0; i < evs->n; i++)
		if (evs->v[i].kind == kind)
			v[n++] = evs->v[i].target;
	sort(v, n, sizeof(*v), str_cmp);
	for (i = 0; i < n; i++)
		if (k == 0 || strcmp(v[k - 1], v[i]) != 0)
			v[k++] = v[i];
	*np = k;
	return v;
}

/* --- hosts */

/* Does an entry allow all that another does?  Only one host is looked at. */
static int
domain_covers(const char *wide, const char *entry)
{
	struct rule	*w, *r;
	const char	*why;
	int		 ret = 0;

	if ((w = rule_parse(wide, RULE_ALLOW, &why)) == NULL)
		return 0;
	if ((r = rule_parse(entry, RULE_ALLOW, &why)) != NULL) {
		ret = r->kind == RULE_EXACT && rule_match(w, &r->host,
		    r->port_lo);
		rule_free(r);
	}
	rule_free(w);
	return ret;
}

static int
domain_known(const struct settings *set, const char *entry)
{
	size_t	 i;

	for (i = 0; set != NULL && i < set->allowed_domains.n; i++)
		if (domain_covers(set->allowed_domains.v[i].text, entry))
			return 1;
	return 0;
}

/* "*.x.test:443" for "a.x.test:443"; NULL if that would be no entry. */
static char *
domain_parent(const char *entry)
{
	struct rule	*r;
	const char	*dot, *why;
	char		*wide;
	int		 name;

	if ((r = rule_parse(entry, RULE_ALLOW, &why)) == NULL)
		return NULL;
	name = r->kind == RULE_EXACT && r->host.kind == HOST_NAME;
	rule_free(r);
	if (!name || (dot = strchr(entry, '.')) == NULL)
		return NULL;
	(void)xasprintf(&wide, "*%s", dot);
	if ((r = rule_parse(wide, RULE_ALLOW, &why)) == NULL) {
		free(wide);
		return NULL;
	}
	rule_free(r);
	return wide;
}

static void
add_domains(const struct learn_events *evs, const struct learn_limits *lim,
    struct learn_result *res)
{
	char	**v, **parent, **out;
	size_t	 i, k, n, same, nout = 0;

	v = targets(evs, LEARN_CONNECT, &n);
	parent = xcalloc(n + 1, sizeof(*parent));
	out = xcalloc(n + 1, sizeof(*out));
	for (i = k = 0; i < n; i++)
		if (!domain_known(lim->set, v[i]))
			v[k++] = v[i];
	n = k;
	for (i = 0; i < n; i++)
		parent[i] = domain_parent(v[i]);
	for (i = 0; i < n; i++) {
		for (k = same = 0; k < n; k++)
			same += parent[i] != NULL && parent[k] != NULL &&
			    strcmp(parent[i], parent[k]) == 0;
		out[nout++] = same >= LEARN_MANY ? parent[i] : v[i];
	}
	sort(out, nout, sizeof(*out), str_cmp);
	for (i = 0; i < nout; i++)
		if (i == 0 || strcmp(out[i - 1], out[i]) != 0)
			add_item(res, KEY_DOMAINS, out[i]);
	for (i = 0; i < n; i++)
		free(parent[i]);
	free(parent);
	free(out);
	free(v);
}

/* --- paths */

/* A path as a pattern that matches it alone: there is no escape but a set. */
static char *
path_plain(const char *path)
{
	char	*out = xcalloc(strlen(path) + 1, 3), *o = out;

	for (; *path != '\0'; path++) {
		if (strchr("*?[", *path) == NULL)
			*o++ = *path;
		else {
			*o++ = '[';
			*o++ = *path;
			*o++ = ']';
		}
	}
	return out;
}

/* The same for a name that need not exist; NULL if that cannot be written. */
static char *
name_pattern(const char *dir, const char *name)
{
	char		*plain, *out = NULL, *base;
	const char	*s;
	size_t		 len = strlen(name);

	base = path_plain(dir);
	for (s = name + len; s > name; s--)
		if (isalnum((unsigned char)s[-1]))
			break;
	if (strpbrk(name, "*?[") != NULL) {
		/* It holds a set in any case. */
		plain = path_plain(name);
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
	sort(v, n, sizeof(*v), made_cmp);
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
	char	*plain = path_plain(dir), *text;

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
			add_odd(res, n > LEARN_NAMED ? v[i].dir : path);
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
	sort(v, n, sizeof(*v), name_cmp);
	suffix = strcmp(v[0].dir, "/") == 0 ? NULL : common_suffix(v, n);
	if (suffix != NULL && (shut || !empty))
		grant_suffix(gs, v[0].dir, suffix);
	else if (shut)
		grant_names(gs, v, n, res);
	else
		grant_add(gs, v[0].dir, NULL);
}

/* What was changed and stays where it is, alike or one by one. */
static void
grant_changed(struct grants *gs, char **v, size_t n,
    const struct learn_limits *lim, struct learn_result *res)
{
	struct made	*m;
	const char	*suffix, *slash;
	size_t		 i, k, len;

	m = xcalloc(n + 1, sizeof(*m));
	for (i = 0; i < n; i += k) {
		slash = strrchr(v[i], '/');
		len = slash == NULL ? 0 : (size_t)(slash - v[i]) + 1;
		for (k = 0; i + k < n && len != 0 &&
		    strncmp(v[i + k], v[i], len) == 0 &&
		    strchr(v[i + k] + len, '/') == NULL; k++)
			m[k].name = v[i + k] + len;
		if (k == 0)
			k = 1;
		else if (len > 1 && (suffix = common_suffix(m, k)) != NULL) {
			m[0].dir = xstrndup(v[i], len - 1);
			grant_suffix(gs, m[0].dir, suffix);
			free(m[0].dir);
			continue;
		}
		for (len = i; len < i + k; len++)
			if (is_shut(lim, v[len]))
				add_odd(res, v[len]);
			else
				grant_add(gs, v[len], NULL);
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
		sort(gs->v + known, gs->n - known, sizeof(*gs->v), grant_cmp);
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

static void
add_paths(const struct learn_events *evs, const struct learn_limits *lim,
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
			add_odd(res, m[i].dir);
	}
	for (i = 0; i < n; i++)
		free(m[i].dir);
	free(m);

	v = targets(evs, LEARN_WRITE, &n);
	for (i = k = 0; i < n; i++)
		if (*v[i] == '/' && !grants_cover(&gs, v[i]))
			v[k++] = v[i];
	grant_changed(&gs, v, k, lim, res);
	free(v);
	do {
		grants_collapse(&gs, known);
	} while (gs.n < 2 * LEARN_ENTRIES && grants_gather(&gs, known, lim));

	for (i = known; i < gs.n; i++) {
		text = gs.v[i].pattern == NULL ? path_plain(gs.v[i].path) :
		    xstrdup(pattern_text(gs.v[i].pattern));
		if (i - known < LEARN_ENTRIES)
			add_item(res, KEY_WRITE, text);
		else
			add_odd(res, text);
		free(text);
	}
	if (res->n > first)
		sort(res->v + first, res->n - first, sizeof(*res->v),
		    item_cmp);
	for (i = 0; i < gs.n; i++)
		grant_drop(&gs.v[i]);
	free(gs.v);
}

static void
add_sockets(const struct learn_events *evs, const struct learn_limits *lim,
    struct learn_result *res)
{
	const struct settings	*set = lim->set;
	char			**v, *text;
	size_t			 i, k, n;

	v = targets(evs, LEARN_UNIX, &n);
	for (i = 0; i < n; i++) {
		text = path_plain(v[i]);
		for (k = 0; set != NULL && k < set->unix_sockets.n; k++)
			if (strcmp(set->unix_sockets.v[k].text, text) == 0)
				break;
		if (set == NULL || k == set->unix_sockets.n)
			add_item(res, KEY_SOCKETS, text);
		free(text);
	}
	free(v);
}
