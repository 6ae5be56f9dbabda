/* SPDX-License-Identifier: ISC */

/*
 * The effective settings as JSON that loads again: the required keys and
 * those whose value is not the default, in the order of settings_table.
 * Keys that have no effect here are left out.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "srt.h"

struct dump {
	FILE			*fp;
	const struct settings	*settings;
	int			 depth;
	int			 first;	/* in the open object */
};

static void
dump_indent(struct dump *d)
{
	int	 i;

	for (i = 0; i < d->depth; i++)
		fputs("  ", d->fp);
}

static void
dump_char(FILE *fp, uint32_t c)
{
	if (c > 0xffff) {
		c -= 0x10000;
		fprintf(fp, "\\u%04x\\u%04x", (unsigned int)(c >> 10) + 0xd800,
		    (unsigned int)(c & 0x3ff) + 0xdc00);
	} else
		fprintf(fp, "\\u%04x", (unsigned int)c);
}

/*
 * The text goes to terminals: what they act on is escaped, too.  A byte that
 * is no UTF-8 cannot be said in JSON: U+FFFD.
 */
void
json_print(FILE *fp, const char *s)
{
	size_t		 len = strlen(s), n;
	uint32_t	 c;

	putc('"', fp);
	for (; len > 0; s += n, len -= n) {
		if ((n = utf8_next(s, len, &c)) == 0) {
			n = 1;
			fputs("\xef\xbf\xbd", fp);
		} else if (c == '"' || c == '\\')
			fprintf(fp, "\\%c", (int)c);
		else if (utf8_hidden(c))
			dump_char(fp, c);
		else
			(void)fwrite(s, 1, n, fp);
	}
	putc('"', fp);
}

/* The comma and line break before a member, and its key. */
static void
dump_key(struct dump *d, const char *key)
{
	fputs(d->first ? "\n" : ",\n", d->fp);
	d->first = 0;
	dump_indent(d);
	json_print(d->fp, key);
	fputs(": ", d->fp);
}

static void
dump_open(struct dump *d)
{
	putc('{', d->fp);
	d->depth++;
	d->first = 1;
}

static void
dump_close(struct dump *d)
{
	d->depth--;
	if (!d->first) {
		putc('\n', d->fp);
		dump_indent(d);
	}
	putc('}', d->fp);
	d->first = 0;
}

/* A port as it was written: a number has no colon. */
static void
dump_item(struct dump *d, const struct stritem *item, enum setting_type type)
{
	if (type == SETTING_PORTS && strchr(item->text, ':') == NULL) {
		fputs(item->text, d->fp);
		return;
	}
	if (item->literal)
		fputs("{ \"path\": ", d->fp);
	json_print(d->fp, item->text);
	if (item->literal)
		fputs(", \"literal\": true }", d->fp);
}

static void
dump_list(struct dump *d, const struct strlist *list, enum setting_type type)
{
	size_t	 i;

	putc('[', d->fp);
	d->depth++;
	for (i = 0; i < list->n; i++) {
		fputs(i == 0 ? "\n" : ",\n", d->fp);
		dump_indent(d);
		dump_item(d, &list->v[i], type);
	}
	d->depth--;
	if (list->n != 0) {
		putc('\n', d->fp);
		dump_indent(d);
	}
	putc(']', d->fp);
}

static void
dump_map(struct dump *d, const struct strmap *map, enum setting_type type)
{
	size_t	 i;

	dump_open(d);
	for (i = 0; i < map->n; i++) {
		dump_key(d, map->v[i].key);
		if (type == SETTING_LISTMAP)
			dump_list(d, &map->v[i].values, type);
		else
			json_print(d->fp, map->v[i].values.v[0].text);
	}
	dump_close(d);
}

/* Is the value what it would be if the key were not there? */
static int
is_default(const struct settings *set, const struct setting *row)
{
	const void	*field = (const char *)set + row->field;
	const char	*deflt = row->deflt == NULL ? "0" : row->deflt;

	switch (row->type) {
	case SETTING_BOOL:
		return (*(const int *)field != 0) ==
		    (strcmp(deflt, "true") == 0);
	case SETTING_INT:
		return *(const int *)field == (int)strtol(deflt, NULL, 10);
	case SETTING_COUNT:
	case SETTING_SIZE:
		return *(const int64_t *)field == 0;
	case SETTING_STRING:
	case SETTING_ENUM:
		return *(char *const *)field == NULL;
	case SETTING_STRINGS:
	case SETTING_PATHS:
	case SETTING_PORTS:
		return ((const struct strlist *)field)->n == 0;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		return ((const struct strmap *)field)->n == 0;
	default:
		return 1;
	}
}

/* Is there something to say of a row, or beneath it? */
static int
is_set(const struct settings *set, const struct setting *row)
{
	const struct setting	*child;

	if (row->field != 0 && !is_default(set, row))
		return 1;
	if (row->type != SETTING_OBJECT)
		return 0;
	for (child = settings_table; child->name != NULL; child++)
		if (setting_leaf(child, row->name) != NULL &&
		    is_set(set, child))
			return 1;
	return 0;
}

static void	 dump_members(struct dump *, const char *);

static void
dump_value(struct dump *d, const struct setting *row)
{
	const void	*field;

	field = (const char *)d->settings + row->field;
	switch (row->type) {
	case SETTING_BOOL:
		fputs(*(const int *)field ? "true" : "false", d->fp);
		break;
	case SETTING_INT:
		fprintf(d->fp, "%d", *(const int *)field);
		break;
	case SETTING_COUNT:
	case SETTING_SIZE:
		fprintf(d->fp, "%lld",
		    (long long)*(const int64_t *)field);
		break;
	case SETTING_STRING:
	case SETTING_ENUM:
		json_print(d->fp, *(char *const *)field);
		break;
	case SETTING_STRINGS:
	case SETTING_PATHS:
	case SETTING_PORTS:
		dump_list(d, field, row->type);
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		dump_map(d, field, row->type);
		break;
	case SETTING_OBJECT:
		dump_open(d);
		dump_members(d, row->name);
		dump_close(d);
		break;
	default:
		fputs("null", d->fp);
		break;
	}
}

/* The keys that are kept, unless one is optional and has its default. */
static void
dump_members(struct dump *d, const char *object)
{
	const struct setting	*row;
	const char		*leaf;

	for (row = settings_table; row->name != NULL; row++) {
		leaf = setting_leaf(row, object);
		if (leaf == NULL || (!(row->flags & SETTING_REQUIRED) &&
		    !is_set(d->settings, row)))
			continue;
		dump_key(d, leaf);
		dump_value(d, row);
	}
}

static void
dump_origin(const char *lead, const char *key, const char *value,
    const char *file, unsigned int line)
{
	if (file == NULL)
		errors_write("%s%s  %s  built in\n", lead, key, value);
	else
		errors_write("%s%s  %s  %s:%u\n", lead, key, value, file,
		    line);
}

char *
json_quote(const char *text)
{
	FILE	*fp;
	size_t	 len;
	char	*out;

	if ((fp = open_memstream(&out, &len)) == NULL)
		fatal("open_memstream");
	json_print(fp, text);
	if (fclose(fp) != 0)
		fatal("open_memstream");
	return out;
}

static void
dump_items(const char *lead, const char *key, const struct strlist *list)
{
	size_t	 i;
	char	*value;

	for (i = 0; i < list->n; i++) {
		value = json_quote(list->v[i].text);
		dump_origin(lead, key, value, list->v[i].file,
		    list->v[i].line);
		free(value);
	}
}

static void
dump_entries(const char *lead, const char *key, const struct strmap *map)
{
	size_t	 i;
	char	*whole;

	for (i = 0; i < map->n; i++) {
		(void)xasprintf(&whole, "%s.%s", key, map->v[i].key);
		dump_items(lead, whole, &map->v[i].values);
		free(whole);
	}
}

/* The one value of a row; fresh. */
static char *
scalar(const struct setting *row, const void *field)
{
	char	*value;

	if (row->type == SETTING_BOOL)
		return xstrdup(*(const int *)field ? "true" : "false");
	if (row->type == SETTING_STRING || row->type == SETTING_ENUM)
		return *(char *const *)field == NULL ? xstrdup(row->deflt) :
		    json_quote(*(char *const *)field);
	(void)xasprintf(&value, "%lld", row->type == SETTING_INT ?
	    (long long)*(const int *)field :
	    (long long)*(const int64_t *)field);
	return value;
}

static void
dump_row(const char *lead, const struct settings *set,
    const struct setting *row)
{
	const struct origin	*origin;
	const void		*field = (const char *)set + row->field;
	char			*value;

	switch (row->type) {
	case SETTING_STRINGS:
	case SETTING_PATHS:
	case SETTING_PORTS:
		dump_items(lead, row->name, field);
		return;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		dump_entries(lead, row->name, field);
		return;
	case SETTING_OBJECT:
		return;
	default:
		break;
	}
	/* One that is neither there nor has a default has no value. */
	origin = &set->origin[row - settings_table];
	if ((row->deflt == NULL || *lead != '\0') && origin->file == NULL &&
	    is_default(set, row))
		return;
	value = scalar(row, field);
	dump_origin(lead, row->name, value, origin->file, origin->line);
	free(value);
}

void
settings_dump_origins(const struct settings *settings)
{
	const struct setting	*row;

	for (row = settings_table; row->name != NULL; row++)
		if (row->field != 0)
			dump_row("", settings, row);
	if (settings->ceiling == NULL)
		return;
	for (row = settings_table; row->name != NULL; row++)
		if (row->field != 0 && row->flags & SETTING_WIDENS &&
		    (row->type == SETTING_BOOL ||
		    row->type == SETTING_STRINGS ||
		    row->type == SETTING_PATHS ||
		    row->type == SETTING_PORTS))
			dump_row("ceiling ", settings->ceiling, row);
}

int
settings_dump(FILE *fp, const struct settings *settings)
{
	struct dump	 d = { .fp = fp, .settings = settings };

	dump_open(&d);
	dump_members(&d, "");
	dump_close(&d);
	putc('\n', fp);
	return ferror(fp) || fflush(fp) != 0 ? -1 : 0;
}
