/* SPDX-License-Identifier: ISC */

/*
 * Adds entries to lists of a settings file that a person has written: what
 * stands there stays as it is, byte by byte.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "srt.h"

/* What a file that does not exist yet is taken for. */
static const char empty_text[] =
    "{\n"
    "  \"network\": {\n"
    "    \"allowedDomains\": [],\n"
    "    \"deniedDomains\": []\n"
    "  },\n"
    "  \"filesystem\": {\n"
    "    \"denyRead\": [],\n"
    "    \"allowWrite\": [],\n"
    "    \"denyWrite\": []\n"
    "  }\n"
    "}\n";

static size_t	 edit_offset(const char *, size_t, unsigned int,
		    unsigned int);
static size_t	 edit_space(const char *, size_t);

/* Where the character of that line and column, from 1, stands. */
static size_t
edit_offset(const char *text, size_t len, unsigned int line, unsigned int col)
{
	size_t	 off = 0;

	while (line > 1 && off < len)
		if (text[off++] == '\n')
			line--;
	for (; col > 1 && off < len; col--)
		do {
			off++;
		} while (off < len && (text[off] & 0xc0) == 0x80);
	return off;
}

/* How much white space follows. */
static size_t
edit_space(const char *text, size_t len)
{
	size_t	 n = 0;

	while (n < len && strchr(" \t\r\n", text[n]) != NULL)
		n++;
	return n;
}

static int
has_entry(const struct json *list, const char *entry)
{
	const struct json	*item;

	TAILQ_FOREACH(item, &list->list, entry)
		if (item->type == JSON_STRING &&
		    strcmp(item->string, entry) == 0)
			return 1;
	return 0;
}

/*
 * The text with an entry at the beginning of a list, or of an object as a new
 * list of that name: set as what came first till now.
 */
static char *
edit_insert(const char *text, size_t len, const struct json *into,
    const char *name, const char *entry, size_t *newlen)
{
	FILE	*fp;
	char	*out;
	size_t	 at, space;

	if ((fp = open_memstream(&out, newlen)) == NULL)
		fatal("open_memstream");
	at = edit_offset(text, len, into->line, into->col) + 1;
	space = edit_space(text + at, len - at);
	(void)fwrite(text, at, 1, fp);
	if (into->nlist > 0)
		(void)fwrite(text + at, space, 1, fp);
	if (name != NULL) {
		json_print(fp, name);
		fputs(": [", fp);
	}
	json_print(fp, entry);
	if (name != NULL)
		putc(']', fp);
	if (into->nlist == 0)
		at += space;
	else
		fputs(name != NULL || text[at] == '\n' || text[at] == '\r' ?
		    "," : ", ", fp);
	(void)fwrite(text + at, len - at, 1, fp);
	if (fclose(fp) != 0)
		fatal("open_memstream");
	return out;
}

char *
settings_edit(const char *text, size_t len, const char *key,
    const char *entry, size_t *newlen)
{
	const struct json	*object, *list;
	struct json		*root;
	struct errors		 errors;
	char			*parent, *leaf, *out = NULL;

	if (text == NULL) {
		text = empty_text;
		len = sizeof(empty_text) - 1;
	}
	*newlen = len;
	if (key == NULL)
		return xstrndup(text, len);
	errors_init(&errors);
	root = json_parse(text, len, &errors);
	errors_free(&errors);
	parent = xstrdup(key);
	if (root == NULL || (leaf = strrchr(parent, '.')) == NULL)
		goto done;
	*leaf++ = '\0';
	object = json_find(root, parent);
	if (object == NULL || object->type != JSON_OBJECT)
		goto done;
	if ((list = json_get(object, leaf)) == NULL)
		out = edit_insert(text, len, object, leaf, entry, newlen);
	else if (list->type != JSON_ARRAY)
		goto done;
	else if (has_entry(list, entry))
		out = xstrndup(text, len);
	else
		out = edit_insert(text, len, list, NULL, entry, newlen);
 done:
	free(parent);
	json_free(root);
	return out;
}
