/* SPDX-License-Identifier: ISC */

/*
 * The effective settings as JSON that loads again: the required keys and
 * those whose value is not the default, in the order of settings_table.
 * Keys that have no effect here are left out.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>

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

/* The text goes to terminals: what they act on is escaped, too. */
static void
dump_string(FILE *fp, const char *s)
{
	size_t		 len = strlen(s), n;
	uint32_t	 c;

	putc('"', fp);
	for (; (n = utf8_next(s, len, &c)) != 0; s += n, len -= n) {
		if (c == '"' || c == '\\')
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
	dump_string(d->fp, key);
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

static void
dump_list(struct dump *d, const struct strlist *list)
{
	size_t	 i;

	putc('[', d->fp);
	d->depth++;
	for (i = 0; i < list->n; i++) {
		fputs(i == 0 ? "\n" : ",\n", d->fp);
		dump_indent(d);
		if (list->v[i].literal)
			fputs("{ \"path\": ", d->fp);
		dump_string(d->fp, list->v[i].text);
		if (list->v[i].literal)
			fputs(", \"literal\": true }", d->fp);
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
			dump_list(d, &map->v[i].values);
		else
			dump_string(d->fp, map->v[i].values.v[0].text);
	}
	dump_close(d);
}

/* A key that is kept, unless it is optional and holds its default. */
static void
dump_value(struct dump *d, const struct setting *row, const char *leaf)
{
	const void	*field;
	int		 required;

	field = (const char *)d->settings + row->field;
	required = (row->flags & SETTING_REQUIRED) != 0;
	switch (row->type) {
	case SETTING_BOOL:
		if (!*(const int *)field)
			break;
		dump_key(d, leaf);
		fputs("true", d->fp);
		break;
	case SETTING_STRINGS:
	case SETTING_PATHS:
		if (!required && ((const struct strlist *)field)->n == 0)
			break;
		dump_key(d, leaf);
		dump_list(d, field);
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		if (((const struct strmap *)field)->n == 0)
			break;
		dump_key(d, leaf);
		dump_map(d, field, row->type);
		break;
	default:
		break;
	}
}

static void
dump_members(struct dump *d, const char *object)
{
	const struct setting	*row;
	const char		*leaf;

	for (row = settings_table; row->name != NULL; row++) {
		if ((leaf = setting_leaf(row, object)) == NULL)
			continue;
		if (row->field != 0)
			dump_value(d, row, leaf);
		else if (row->type == SETTING_OBJECT &&
		    (row->flags & SETTING_REQUIRED)) {
			dump_key(d, leaf);
			dump_open(d);
			dump_members(d, row->name);
			dump_close(d);
		}
	}
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
