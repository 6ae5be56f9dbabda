/* SPDX-License-Identifier: ISC */

/*
 * The paths and patterns of the policy, as guard.c looks them up.
 */

#include "compat.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "guard_list.h"
#include "pattern.h"

int
path_is_canonical(const char *path)
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
const char *
path_ordered(const char *path)
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

int
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

	path = path_ordered(path);
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
const struct entry *
entries_above(const struct entries *list, const char *path)
{
	const struct entry	*e;
	size_t			 i;

	if (list->n == 0 || (i = path_after(list, path)) == 0)
		return NULL;
	e = &list->entry[i - 1];
	return path_covers(e->text, e->len, path_ordered(path)) ? e : NULL;
}

/* An entry beneath the path. */
const struct entry *
entries_below(const struct entries *list, const char *path)
{
	const struct entry	*e;
	size_t			 i;

	if (list->n == 0 || (i = path_after(list, path)) == list->n)
		return NULL;
	e = &list->entry[i];
	path = path_ordered(path);
	return path_covers(path, strlen(path), e->text) ? e : NULL;
}

const struct entry *
entries_match(const struct entries *list, const char *path)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (pattern_covers(list->entry[i].pattern, path))
			return &list->entry[i];
	return NULL;
}

int
entries_beneath(const struct entries *list, const char *path)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (pattern_covers(list->entry[i].pattern, path) ||
		    pattern_beneath(list->entry[i].pattern, path))
			return 1;
	return 0;
}

/* Puts an entry into its place.  The pattern is the list's, or freed. */
int
entries_insert(struct entries *list, size_t at, const char *text,
    struct pattern *pattern, const char *rule)
{
	struct entry	 new = { .pattern = pattern };
	struct entry	*p;

	new.text = strdup(pattern == NULL ? path_ordered(text) : text);
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

void
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

/* Paths cover what is beneath them, so one beneath another adds nothing. */
int
entries_add(struct entries *list, const char *path, const char *rule)
{
	const char	*text;
	size_t		 at, n = 0;

	if (!path_is_canonical(path)) {
		errno = EINVAL;
		return -1;
	}
	if (entries_above(list, path) != NULL)
		return 0;
	text = path_ordered(path);
	at = path_after(list, path);
	while (at + n < list->n &&
	    path_covers(text, strlen(text), list->entry[at + n].text))
		n++;
	if (entries_insert(list, at, path, NULL, rule) == -1)
		return -1;
	entries_cut(list, at + 1, n);
	return 0;
}

/* Of what does not fold to a path the other entry has to do. */
int
entries_add_folded(struct entries *list, const char *path, const char *rule)
{
	char	 buf[PATH_MAX];

	if (!path_is_canonical(path)) {
		errno = EINVAL;
		return -1;
	}
	if (fold_path(path, buf, sizeof(buf)) == -1 ||
	    !path_is_canonical(buf) || buf[1] == '\0')
		return 0;
	return entries_add(list, buf, rule);
}
