/* SPDX-License-Identifier: ISC */

/*
 * What the administrator's policy says of paths, beside the denials that it
 * adds to the settings.  What it allows bounds what a user's entries may
 * open: an entry outside of it opens nothing, and of one that is wider the
 * broker holds the bounds, by name, so that they hold for later files, too.
 * What it keeps from being read no entry of a user's opens again.
 */

#include "compat.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "parent.h"
#include "pattern.h"

struct bound {
	char		*text;		/* a real path, a pattern */
	struct pattern	*pattern;	/* NULL: a path */
	char		*rule;
};

struct bound_list {
	const char	*key;
	int		 named;		/* does the policy have such a list? */
	struct origin	 origin;
	struct bound	*v;
	size_t		 n;
};

enum bound_kind {
	BOUND_WRITE,
	BOUND_READ,
	BOUND_UNIX,
	BOUND_NOREAD,
	BOUND_KIND_MAX
};

struct bounds {
	struct bound_list	 lists[BOUND_KIND_MAX];
};

static const struct {
	const char	*key;
	size_t		 field;
} keys[BOUND_KIND_MAX] = {
	[BOUND_WRITE] = { "filesystem.allowWrite",
	    offsetof(struct settings, allow_write) },
	[BOUND_READ] = { "filesystem.allowRead",
	    offsetof(struct settings, allow_read) },
	[BOUND_UNIX] = { "network.allowUnixSockets",
	    offsetof(struct settings, unix_sockets) },
	[BOUND_NOREAD] = { "filesystem.denyRead",
	    offsetof(struct settings, deny_read) }
};

static int	 add_reading(struct bound_list *, const struct path_entry *,
		    const struct reading *, int);
static int	 covered(const struct bound_list *, const char *);
static int	 touched(const struct bound_list *, const char *);
static int	 depth_of(const struct bound_list *, const char *);

void
bounds_free(struct bounds *b)
{
	struct bound_list	*list;
	size_t			 i, k;

	if (b == NULL)
		return;
	for (i = 0; i < BOUND_KIND_MAX; i++) {
		list = &b->lists[i];
		for (k = 0; k < list->n; k++) {
			free(list->v[k].text);
			pattern_free(list->v[k].pattern);
			free(list->v[k].rule);
		}
		free(list->v);
	}
	free(b);
}

/* Takes over the text. */
static int
add_bound(struct bound_list *list, const struct path_entry *e, char *text,
    int is_pattern)
{
	struct pattern	*pattern = NULL;
	struct bound	*b;

	if (is_pattern && (pattern = pattern_new(text)) == NULL) {
		errors_write("Error: %s: the pattern cannot be enforced: "
		    "%s\n", e->name, strerror(errno));
		free(text);
		return -1;
	}
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	b = &list->v[list->n++];
	b->text = text;
	b->pattern = pattern;
	b->rule = xstrdup(e->rule);
	return 0;
}

/*
 * What is allowed is not allowed by way of a link that a user may have made;
 * what is denied is denied wherever the links lead.
 */
static int
add_reading(struct bound_list *list, const struct path_entry *e,
    const struct reading *rd, int deny)
{
	struct followed	 f;
	char		*spelled = path_fold(rd->path);
	int		 ret = 0;

	(void)path_follow(rd->path, &f);
	if (!deny && f.foreign && !path_beneath(f.meant, spelled))
		log_warnx("%s leads to %s by a symbolic link and is not "
		    "followed", e->name, f.meant);
	else if (rd->tail == NULL) {
		ret = add_bound(list, e, xstrdup(f.meant), 0);
		if (ret == 0 && strcmp(f.meant, spelled) != 0)
			ret = add_bound(list, e, xstrdup(spelled), 0);
	} else {
		ret = add_bound(list, e, reading_pattern(f.meant, rd->tail),
		    1);
		if (ret == 0 && strcmp(f.meant, spelled) != 0)
			ret = add_bound(list, e, reading_pattern(spelled,
			    rd->tail), 1);
	}
	followed_free(&f);
	free(spelled);
	return ret;
}

static int
fill(struct bound_list *list, const struct resolver *r, enum bound_kind kind)
{
	const struct settings	*set = r->set->ceiling;
	const struct strlist	*items;
	struct path_entry	 e;
	struct readings		 rs;
	size_t			 i, k;
	int			 ret = 0;

	list->key = keys[kind].key;
	list->named = settings_names(set, list->key);
	list->origin = set->origin[setting_find(list->key) - settings_table];
	items = (const struct strlist *)(const void *)
	    ((const char *)set + keys[kind].field);
	for (i = 0; i < items->n && ret == 0; i++) {
		if (entry_init(&e, &rs, r, list->key, i, &items->v[i]) == -1)
			return -1;
		for (k = 0; k < rs.n && ret == 0; k++)
			ret = add_reading(list, &e, &rs.v[k],
			    kind == BOUND_NOREAD);
		readings_free(&rs);
		entry_free(&e);
	}
	return ret;
}

/* Hands a list to the broker, which holds what is opened to it. */
static void
hold(const struct resolver *r, const struct bound_list *list,
    enum guard_kind path, enum guard_kind pattern)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		guards_add(r->guards, list->v[i].pattern == NULL ? path :
		    pattern, list->v[i].text, list->v[i].rule);
}

int
bounds_new(const struct resolver *r, struct bounds **out)
{
	struct bounds	*b;
	size_t		 i;

	*out = NULL;
	if (r->set->ceiling == NULL)
		return 0;
	b = xcalloc(1, sizeof(*b));
	for (i = 0; i < BOUND_KIND_MAX; i++)
		if (fill(&b->lists[i], r, (enum bound_kind)i) == -1) {
			bounds_free(b);
			return -1;
		}
	if (!r->set->fs_disabled)
		hold(r, &b->lists[BOUND_WRITE], GUARD_CEILING,
		    GUARD_CEILING_GLOB);
	hold(r, &b->lists[BOUND_UNIX], GUARD_UNIX_CEILING,
	    GUARD_UNIX_CEILING_GLOB);
	*out = b;
	return 0;
}

/* Is the path, with all beneath it, within the list? */
static int
covered(const struct bound_list *list, const char *path)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].pattern != NULL ?
		    pattern_covers(list->v[i].pattern, path) :
		    path_beneath(path, list->v[i].text))
			return 1;
	return 0;
}

/* Is something beneath it? */
static int
touched(const struct bound_list *list, const char *path)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].pattern != NULL ?
		    pattern_beneath(list->v[i].pattern, path) :
		    path_beneath(list->v[i].text, path))
			return 1;
	return 0;
}

/* How many components of the path the list names; -1: none. */
static int
depth_of(const struct bound_list *list, const char *path)
{
	const char	*s;
	size_t		 i;
	int		 depth, deepest = -1;

	for (i = 0; i < list->n; i++) {
		if (list->v[i].pattern != NULL)
			depth = pattern_deepest(list->v[i].pattern, path);
		else if (!path_beneath(path, list->v[i].text))
			depth = -1;
		else if (strcmp(list->v[i].text, "/") == 0)
			depth = 0;
		else
			for (depth = 0, s = list->v[i].text; *s != '\0'; s++)
				depth += *s == '/';
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

/* Does the policy itself leave it to be read? */
static int
bounds_readable(const struct bounds *b, const char *path)
{
	int	 denied;

	if (b == NULL)
		return 1;
	denied = depth_of(&b->lists[BOUND_NOREAD], path);
	return denied == -1 ||
	    depth_of(&b->lists[BOUND_READ], path) >= denied;
}

enum bounded
bounds_path(const struct bounds *b, enum fs_kind kind, const char *path)
{
	const struct bound_list	*list;

	if (b == NULL)
		return BOUNDED_WHOLE;
	/* A write root can be read, whatever it lies in. */
	if (!bounds_readable(b, path))
		return BOUNDED_OUT;
	list = &b->lists[kind == FS_WRITE ? BOUND_WRITE : BOUND_READ];
	if (!list->named || covered(list, path))
		return BOUNDED_WHOLE;
	return touched(list, path) ? BOUNDED_PART : BOUNDED_OUT;
}

int
bounds_parts(const struct bounds *b, enum fs_kind kind, const char *path,
    int (*part)(void *, const char *, const char *), void *arg)
{
	const struct bound_list	*list;
	struct followed		 f;
	size_t			 i;
	int			 patterns = 0, ret = 0;

	list = &b->lists[kind == FS_WRITE ? BOUND_WRITE : BOUND_READ];
	for (i = 0; i < list->n && ret == 0; i++) {
		if (list->v[i].pattern != NULL) {
			patterns |= pattern_beneath(list->v[i].pattern,
			    path);
			continue;
		}
		if (!path_beneath(list->v[i].text, path))
			continue;
		/* Where it is there, and no link has come into it. */
		if (path_follow(list->v[i].text, &f) == 0 &&
		    strcmp(f.path, list->v[i].text) == 0)
			ret = part(arg, f.path, list->v[i].rule);
		followed_free(&f);
	}
	return ret != 0 ? ret : patterns;
}

/* Are the reading guards of a user's patterns safe to have? */
int
bounds_patterns(const struct bounds *b)
{
	const struct bound_list	*list;
	size_t			 i;

	if (b == NULL)
		return 1;
	list = &b->lists[BOUND_NOREAD];
	for (i = 0; i < list->n; i++)
		if (list->v[i].pattern != NULL)
			return 0;
	return !b->lists[BOUND_READ].named;
}

int
bounds_socket(const struct bounds *b, const char *path, const char *tail)
{
	const struct bound_list	*list;
	size_t			 i;

	if (b == NULL || !b->lists[BOUND_UNIX].named)
		return 1;
	list = &b->lists[BOUND_UNIX];
	if (tail != NULL)
		return list->n != 0;
	for (i = 0; i < list->n; i++)
		if (list->v[i].pattern != NULL ?
		    pattern_match(list->v[i].pattern, path) :
		    strcmp(list->v[i].text, path) == 0)
			return 1;
	return 0;
}

void
bounds_say(const struct bounds *b, enum fs_kind kind,
    const struct path_entry *e, const char *path, int part)
{
	const struct origin	*o;
	enum bound_kind		 which;

	which = kind == FS_WRITE ? BOUND_WRITE :
	    kind == FS_READ ? BOUND_READ : BOUND_UNIX;
	if (which != BOUND_UNIX && !bounds_readable(b, path))
		which = BOUND_NOREAD;
	o = &b->lists[which].origin;
	if (part)
		log_info("%s:%u: %s: the administrator's policy allows only "
		    "a part of it (%s:%u)", e->file, e->line, e->name,
		    o->file, o->line);
	else
		log_warnx("%s:%u: %s: the administrator's policy does not "
		    "allow it (%s:%u)", e->file, e->line, e->name, o->file,
		    o->line);
}
