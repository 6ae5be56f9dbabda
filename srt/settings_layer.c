/* SPDX-License-Identifier: ISC */

/*
 * Settings that stand above others: those that "commands" holds for the
 * command that runs.  Lists grow, other values take the place of what is
 * there.  Whoever changes such a part changes what a command may do, so it
 * may allow more only by the keys that "extendable" names.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "srt.h"

/* A part, and how many words it is for. */
struct overlay {
	const struct json	*node;
	size_t			 words;
	size_t			 index;
};

static void	 check_overlay(const struct json *, const struct json *,
		    struct errors *);
static int	 is_extendable(const struct json *, const char *);
static int	 overlay_cmp(const void *, const void *);
static size_t	 overlay_words(const char *, char *const *);

/* Would the value allow more than what holds without it, or NULL? */
static int
widens(const struct setting *row, const struct json *value,
    const struct json *base)
{
	int	 before;

	if (row->type == SETTING_BOOL) {
		before = base != NULL ? base->boolean != 0 :
		    row->deflt != NULL && strcmp(row->deflt, "true") == 0;
		if (row->flags & SETTING_WIDENS)
			return value->boolean && !before;
		return row->flags & SETTING_NARROWS && !value->boolean &&
		    before;
	}
	if (row->type == SETTING_COUNT || row->type == SETTING_SIZE)
		return base != NULL &&
		    setting_amount(value) > setting_amount(base);
	if (!(row->flags & SETTING_WIDENS))
		return 0;
	if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
		return value->nlist != 0;
	return base == NULL || !json_same(value, base);
}

static int
is_extendable(const struct json *root, const char *key)
{
	const struct json	*list, *node;

	if ((list = json_get(root, "extendable")) == NULL)
		return 0;
	TAILQ_FOREACH(node, &list->list, entry)
		if (strcmp(node->string, key) == 0)
			return 1;
	return 0;
}

static void
check_overlay(const struct json *root, const struct json *overlay,
    struct errors *errs)
{
	const struct setting	*row;
	const struct json	*value;
	char			*path;

	for (row = settings_table; row->name != NULL; row++) {
		if ((value = json_find(overlay, row->name)) == NULL ||
		    !widens(row, value, json_find(root, row->name)) ||
		    is_extendable(root, row->name))
			continue;
		(void)xasprintf(&path, "commands.%s.%s", overlay->key,
		    row->name);
		errors_at_key(errs, FAULT_VALUE, value, path, "it allows more "
		    "than the other settings do: add \"%s\" to \"extendable\" "
		    "if it may", row->name);
		free(path);
	}
}

static int
overlay_cmp(const void *a, const void *b)
{
	const struct overlay	*x = a, *y = b;

	if (x->words != y->words)
		return x->words < y->words ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* How many words the key has, if the command begins with them; else 0. */
static size_t
overlay_words(const char *key, char *const *words)
{
	size_t	 len, n = 0;

	if (words == NULL)
		return 0;
	for (;;) {
		len = strcspn(key, " ");
		if (words[n] == NULL || strlen(words[n]) != len ||
		    strncmp(words[n], key, len) != 0)
			return 0;
		n++;
		if (key[len] == '\0')
			return n;
		key += len + 1;
	}
}

void
layer_commands(struct json *root, char *const *words, struct errors *errs)
{
	const struct json	*commands, *node;
	struct overlay		*v;
	size_t			 i, n = 0, words_of;

	commands = json_get(root, "commands");
	if (commands == NULL || commands->nlist == 0)
		return;
	v = xcalloc(commands->nlist, sizeof(*v));
	TAILQ_FOREACH(node, &commands->list, entry) {
		check_overlay(root, node, errs);
		if ((words_of = overlay_words(node->key, words)) == 0)
			continue;
		v[n].node = node;
		v[n].words = words_of;
		v[n].index = n;
		n++;
	}
	qsort(v, n, sizeof(*v), overlay_cmp);
	for (i = 0; i < n; i++)
		layer_merge(root, v[i].node);
	free(v);
}

/* What grows, and what is replaced? */
static void
merge_value(struct json *base, const struct json *value)
{
	struct json		*before = json_get(base, value->key);
	const struct json	*child;

	if (before == NULL || before->type != value->type ||
	    (value->type != JSON_ARRAY && value->type != JSON_OBJECT))
		json_put(base, value->key, json_copy(value));
	else if (value->type == JSON_OBJECT)
		layer_merge(before, value);
	else
		TAILQ_FOREACH(child, &value->list, entry)
			json_append(before, json_copy(child));
}

void
layer_merge(struct json *base, const struct json *above)
{
	const struct json	*value;

	TAILQ_FOREACH(value, &above->list, entry)
		merge_value(base, value);
}
