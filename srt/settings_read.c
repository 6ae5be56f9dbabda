/* SPDX-License-Identifier: ISC */

/*
 * From the tree of the text to struct settings, as settings_table says.
 * What does not fit is a fault in the reference's words.
 */

#include "compat.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "srt.h"

/* Names of keys longer than this have no nearest known key. */
#define KEY_LEN_MAX	40

/* Where a value stands, as a chain up to the root. */
struct place {
	const struct place	*up;
	const char		*key;	/* NULL: an element */
	size_t			 index;
};

static void	 read_value(struct errors *, const struct setting *,
		    const struct json *, const struct place *, void *);

static void
place_print(FILE *fp, const struct place *at)
{
	if (at->up->up != NULL) {
		place_print(fp, at->up);
		putc('.', fp);
	}
	if (at->key != NULL)
		fputs(at->key, fp);
	else
		fprintf(fp, "%zu", at->index);
}

/* In the words of the reference: "filesystem.denyRead.0", "(root)". */
static char *
place_text(const struct place *at)
{
	FILE	*fp;
	size_t	 len;
	char	*text;

	if (at->up == NULL)
		return xstrdup("(root)");
	if ((fp = open_memstream(&text, &len)) == NULL)
		fatal("open_memstream");
	place_print(fp, at);
	if (fclose(fp) != 0)
		fatal("open_memstream");
	return text;
}

static void fault(struct errors *, enum fault_kind, const struct json *,
    const struct place *, const char *, ...)
    __attribute__((__format__(printf, 5, 6)));

static void
fault(struct errors *errs, enum fault_kind kind, const struct json *node,
    const struct place *at, const char *fmt, ...)
{
	va_list	 ap;
	char	*path, *text;

	va_start(ap, fmt);
	(void)xvasprintf(&text, fmt, ap);
	va_end(ap);
	path = place_text(at);
	errors_add(errs, kind, node->line, node->col, path, "%s", text);
	free(path);
	free(text);
}

/* Returns 1 if the value is of the type, else complains. */
static int
read_type(struct errors *errs, enum json_type type, const struct json *node,
    const struct place *at)
{
	struct json	 expected = { .type = type };

	if (node->type == type)
		return 1;
	fault(errs, FAULT_SHAPE, node, at, "Expected %s, received %s",
	    json_typename(&expected), json_typename(node));
	return 0;
}

/* How many letters to insert, delete, change or swap; case is nothing. */
static unsigned int
distance(const char *a, const char *b)
{
	unsigned int	 d[KEY_LEN_MAX + 1][KEY_LEN_MAX + 1], best, cost;
	size_t		 i, j, n = strlen(a), m = strlen(b);

	if (n > KEY_LEN_MAX || m > KEY_LEN_MAX)
		return KEY_LEN_MAX;
	for (i = 0; i <= n; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= m; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			cost = tolower((unsigned char)a[i - 1]) !=
			    tolower((unsigned char)b[j - 1]);
			best = d[i - 1][j - 1] + cost;
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

/*
 * The key that was probably meant: one of the object that is close or begins
 * so, or one of that very name elsewhere.  NULL: no idea.
 */
static const char *
nearest_key(const char *object, const char *key)
{
	const struct setting	*row;
	const char		*best = NULL, *leaf;
	unsigned int		 d, least;

	/* A third of the letters may be wrong. */
	least = (unsigned int)strlen(key) / 3 + 2;
	for (row = settings_table; row->name != NULL; row++) {
		if ((leaf = setting_leaf(row, object)) == NULL)
			continue;
		if ((d = distance(key, leaf)) < least) {
			least = d;
			best = leaf;
		}
	}
	if (best != NULL)
		return best;
	for (row = settings_table; row->name != NULL; row++) {
		leaf = setting_leaf(row, object);
		if (leaf != NULL && strlen(key) >= 3 &&
		    strncasecmp(leaf, key, strlen(key)) == 0)
			return leaf;
	}
	for (row = settings_table; row->name != NULL; row++) {
		leaf = strrchr(row->name, '.');
		if (strcasecmp(leaf == NULL ? row->name : leaf + 1, key) == 0)
			return row->name;
	}
	return NULL;
}

/* The place of a key, for a fault that is not its value's. */
static struct json
key_of(const struct json *member)
{
	struct json	 where = { .line = member->keyline,
			    .col = member->keycol };

	return where;
}

static void
unknown_key(struct errors *errs, const char *object, const struct json *node,
    const struct place *at)
{
	struct json	 where = key_of(node);
	const char	*near;

	near = errs->count[FAULT_VALUE] < FAULTS_MAX ?
	    nearest_key(object, node->key) : NULL;
	if (near != NULL)
		fault(errs, FAULT_VALUE, &where, at, "Unrecognized key(s) in "
		    "object: '%s' (did you mean '%s'?)", node->key, near);
	else
		fault(errs, FAULT_VALUE, &where, at, "Unrecognized key(s) in "
		    "object: '%s'", node->key);
}

static int
is_known(const char *object, const char *key)
{
	const struct setting	*row;
	const char		*leaf;

	for (row = settings_table; row->name != NULL; row++) {
		leaf = setting_leaf(row, object);
		if (leaf != NULL && strcmp(leaf, key) == 0)
			return 1;
	}
	return 0;
}

/* The members of an object whose rows' names begin with its own. */
static void
read_object(struct errors *errs, const char *name, const struct json *node,
    const struct place *at, void *base)
{
	const struct setting	*row;
	const struct json	*member;
	struct place		 here = { .up = at };

	if (!read_type(errs, JSON_OBJECT, node, at))
		return;
	for (row = settings_table; row->name != NULL; row++) {
		if ((here.key = setting_leaf(row, name)) == NULL)
			continue;
		if ((member = json_get(node, here.key)) != NULL)
			read_value(errs, row, member, &here, base);
		else if (row->flags & SETTING_REQUIRED)
			fault(errs, FAULT_SHAPE, node, &here, "Required");
	}
	TAILQ_FOREACH(member, &node->list, entry)
		if (!is_known(name, member->key))
			unknown_key(errs, name, member, at);
}

static void
read_objects(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at)
{
	const struct json	*element;
	struct place		 here = { .up = at };

	if (!read_type(errs, JSON_ARRAY, node, at))
		return;
	TAILQ_FOREACH(element, &node->list, entry) {
		/* None of a list of objects is kept yet. */
		read_object(errs, row->name, element, &here, NULL);
		here.index++;
	}
}

static void
read_bool(struct errors *errs, const struct json *node,
    const struct place *at, int *out)
{
	if (read_type(errs, JSON_BOOL, node, at) && out != NULL)
		*out = node->boolean;
}

/* As far as a double can tell. */
static int
is_integer(double number)
{
	const double	 exact = 9007199254740992.0;	/* 2^53 */

	if (number <= -exact || number >= exact)
		return number - number == 0;	/* not infinite */
	return number == (double)(long long)number;
}

/* No integer is kept yet. */
static void
read_int(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at)
{
	if (!read_type(errs, JSON_NUMBER, node, at))
		return;
	if (!is_integer(node->number))
		fault(errs, FAULT_VALUE, node, at,
		    "Expected integer, received float");
	if (node->number < (double)row->min)
		fault(errs, FAULT_VALUE, node, at,
		    "Number must be greater than or equal to %ld", row->min);
	if (node->number > (double)row->max)
		fault(errs, FAULT_VALUE, node, at,
		    "Number must be less than or equal to %ld", row->max);
}

static void
read_check(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at)
{
	const char	*why;

	if (row->check != NULL && (why = row->check(node->string)) != NULL)
		fault(errs, FAULT_VALUE, node, at, "%s", why);
}

static void
strlist_add(struct strlist *list, const struct json *node, const char *text,
    int literal)
{
	struct stritem	*item;

	/* Grown by doubling: the list is full at every power of two. */
	if ((list->n & (list->n - 1)) == 0)
		list->v = xreallocarray(list->v,
		    list->n == 0 ? 1 : list->n * 2, sizeof(*list->v));
	item = &list->v[list->n++];
	item->text = xstrdup(text);
	item->line = node->line;
	item->col = node->col;
	item->literal = literal;
}

/* No single string is kept yet. */
static void
read_string(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at)
{
	if (read_type(errs, JSON_STRING, node, at))
		read_check(errs, row, node, at);
}

static void
read_enum(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at)
{
	const char *const	*c;
	FILE			*fp;
	size_t			 len;
	char			*names;

	if (node->type == JSON_STRING)
		for (c = row->choices; *c != NULL; c++)
			if (strcmp(node->string, *c) == 0)
				return;
	if ((fp = open_memstream(&names, &len)) == NULL)
		fatal("open_memstream");
	for (c = row->choices; *c != NULL; c++)
		fprintf(fp, "%s'%s'", c == row->choices ? "" : " | ", *c);
	if (fclose(fp) != 0)
		fatal("open_memstream");
	if (node->type == JSON_STRING)
		fault(errs, FAULT_SHAPE, node, at, "Invalid enum value. "
		    "Expected %s, received '%s'", names, node->string);
	else
		fault(errs, FAULT_SHAPE, node, at, "Expected %s, received %s",
		    names, json_typename(node));
	free(names);
}

static void
read_strings(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	const struct json	*element;
	struct place		 here = { .up = at };

	if (!read_type(errs, JSON_ARRAY, node, at))
		return;
	if ((row->flags & SETTING_NONEMPTY) && node->nlist == 0)
		fault(errs, FAULT_VALUE, node, at,
		    "Array must contain at least 1 element(s)");
	TAILQ_FOREACH(element, &node->list, entry) {
		read_string(errs, row, element, &here);
		if (element->type == JSON_STRING && out != NULL)
			strlist_add(out, element, element->string, 0);
		here.index++;
	}
}

/*
 * A tail of slash and two asterisks means the directory itself, and covers
 * what is beneath it as any path does.
 */
static char *
path_without_tail(const char *path)
{
	size_t	 len = strlen(path);

	while (len >= 3 && strncmp(path + len - 3, "/**", 3) == 0)
		len -= 3;
	return len == 0 && *path == '/' ? xstrdup("/") : xstrndup(path, len);
}

/* { "path": "<path>", "literal": true } */
static void
read_literal(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	const struct json	*flag, *member, *path;
	struct json		 where;
	struct place		 here = { .up = at, .key = "path" };

	path = json_get(node, "path");
	flag = json_get(node, "literal");
	if (path == NULL || path->type != JSON_STRING || flag == NULL ||
	    flag->type != JSON_BOOL || !flag->boolean) {
		fault(errs, FAULT_SHAPE, node, at, "Expected a path, or "
		    "{ \"path\": \"<path>\", \"literal\": true }");
		return;
	}
	read_check(errs, row, path, &here);
	TAILQ_FOREACH(member, &node->list, entry) {
		if (member == path || member == flag)
			continue;
		where = key_of(member);
		fault(errs, FAULT_VALUE, &where, at,
		    "Unrecognized key(s) in object: '%s'", member->key);
	}
	if (out != NULL)
		strlist_add(out, node, path->string, 1);
}

static void
read_path(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	char	*text;

	if (node->type != JSON_STRING) {
		/* One that is no object fails there for lack of a path. */
		read_literal(errs, row, node, at, out);
		return;
	}
	read_check(errs, row, node, at);
	if (out == NULL)
		return;
	text = path_without_tail(node->string);
	strlist_add(out, node, text, 0);
	free(text);
}

static void
read_paths(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	const struct json	*element;
	struct place		 here = { .up = at };

	if (!read_type(errs, JSON_ARRAY, node, at))
		return;
	TAILQ_FOREACH(element, &node->list, entry) {
		read_path(errs, row, element, &here, out);
		here.index++;
	}
}

static void
read_map(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strmap *out)
{
	const struct json	*member;
	struct strlist		*values = NULL;
	struct place		 here = { .up = at };

	if (!read_type(errs, JSON_OBJECT, node, at))
		return;
	if (out != NULL && node->nlist != 0)
		out->v = xcalloc(node->nlist, sizeof(*out->v));
	TAILQ_FOREACH(member, &node->list, entry) {
		here.key = member->key;
		if (out != NULL) {
			out->v[out->n].key = xstrdup(member->key);
			values = &out->v[out->n++].values;
		}
		if (row->type == SETTING_LISTMAP) {
			read_strings(errs, row, member, &here, values);
			continue;
		}
		read_string(errs, row, member, &here);
		if (member->type == JSON_STRING && values != NULL)
			strlist_add(values, member, member->string, 0);
	}
}

static void
read_value(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, void *base)
{
	void	*out = NULL;

	if (base != NULL && row->field != 0)
		out = (char *)base + row->field;
	switch (row->type) {
	case SETTING_BOOL:
		read_bool(errs, node, at, out);
		break;
	case SETTING_INT:
		read_int(errs, row, node, at);
		break;
	case SETTING_STRING:
		read_string(errs, row, node, at);
		break;
	case SETTING_ENUM:
		read_enum(errs, row, node, at);
		break;
	case SETTING_STRINGS:
		read_strings(errs, row, node, at, out);
		break;
	case SETTING_PATHS:
		read_paths(errs, row, node, at, out);
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		read_map(errs, row, node, at, out);
		break;
	case SETTING_OBJECT:
		read_object(errs, row->name, node, at, base);
		break;
	case SETTING_OBJECTS:
		read_objects(errs, row, node, at);
		break;
	case SETTING_FOREIGN:
		(void)read_type(errs, JSON_OBJECT, node, at);
		break;
	case SETTING_NEVER:
		fault(errs, FAULT_SHAPE, node, at, "%s must be a function",
		    strrchr(row->name, '.') + 1);
		break;
	}
}

void
settings_read(const struct json *root, struct settings *settings,
    struct errors *errs)
{
	struct place	 top = { .up = NULL };

	read_object(errs, "", root, &top, settings);
}
