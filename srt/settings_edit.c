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

char *
settings_edit(const char *text, size_t len, const char *key,
    const char *entry, size_t *newlen)
{
	const struct json	*object, *list, *item;
	struct json		*root;
	struct errors		 errors;
	char			*parent, *leaf, *out = NULL;
	FILE			*fp;
	size_t			 at, space;
	int			 present = 0;

	if (text == NULL) {
		text = empty_text;
		len = sizeof(empty_text) - 1;
	}
	if (key == NULL) {
		*newlen = len;
		return xstrndup(text, len);
	}
	errors_init(&errors);
	root = json_parse(text, len, &errors);
	errors_free(&errors);
	parent = xstrdup(key);
	if (root == NULL || (leaf = strrchr(parent, '.')) == NULL)
		goto out;
	*leaf++ = '\0';
	object = json_find(root, parent);
	if (object == NULL || object->type != JSON_OBJECT)
		goto out;
	if ((list = json_get(object, leaf)) != NULL) {
		if (list->type != JSON_ARRAY)
			goto out;
		TAILQ_FOREACH(item, &list->list, entry)
			if (item->type == JSON_STRING &&
			    strcmp(item->string, entry) == 0)
				present = 1;
	}
	if ((fp = open_memstream(&out, newlen)) == NULL)
		fatal("open_memstream");
	if (present)
		at = 0;
	else if (list != NULL) {
		/* It comes first, and is set as what came first till now. */
		at = edit_offset(text, len, list->line, list->col) + 1;
		space = edit_space(text + at, len - at);
		(void)fwrite(text, at, 1, fp);
		if (list->nlist > 0)
			(void)fwrite(text + at, space, 1, fp);
		json_print(fp, entry);
		if (list->nlist > 0)
			fputs(text[at] == '\n' || text[at] == '\r' ? "," :
			    ", ", fp);
		else
			at += space;
	} else {
		at = edit_offset(text, len, object->line, object->col) + 1;
		space = edit_space(text + at, len - at);
		(void)fwrite(text, at, 1, fp);
		if (object->nlist > 0)
			(void)fwrite(text + at, space, 1, fp);
		json_print(fp, leaf);
		fputs(": [", fp);
		json_print(fp, entry);
		putc(']', fp);
		if (object->nlist > 0)
			putc(',', fp);
		else
			at += space;
	}
	(void)fwrite(text + at, len - at, 1, fp);
	if (fclose(fp) != 0)
		fatal("open_memstream");
out:
	free(parent);
	json_free(root);
	return out;
}
