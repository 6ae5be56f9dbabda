/* SPDX-License-Identifier: ISC */

/*
 * From the tree of the text to struct settings, as settings_table says.
 * What does not fit is a fault in the reference's words.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "srt.h"

/* Who wrote the text, and where it goes. */
struct reader {
	struct errors		*errs;
	struct settings		*out;	/* NULL: nowhere */
	enum settings_layer	 layer;
};

/* Where a value stands, as a chain up to the root. */
struct place {
	const struct place	*up;
	const char		*key;	/* NULL: an element */
	size_t			 index;
};

static void	 read_value(const struct reader *, const struct setting *,
		    const struct json *, const struct place *, int);

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
	errors_at(errs, kind, node, path, "%s", text);
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

/* The place of a key, for a fault that is not its value's. */
static struct json
key_of(const struct json *member)
{
	struct json	 where = { .file = member->file,
			    .line = member->keyline, .col = member->keycol };

	return where;
}

static void
unknown_key(struct errors *errs, const char *object, const struct json *node,
    const struct place *at)
{
	struct json	 where = key_of(node);
	const char	*near;

	near = errs->count[FAULT_VALUE] < FAULTS_MAX ?
	    setting_nearest(object, node->key) : NULL;
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

/* May a key be in a text of this kind?  Complains if not. */
static int
is_for(const struct reader *rd, const struct setting *row,
    const struct json *node, const struct place *at)
{
	struct json	 where = key_of(node);
	const char	*why = NULL;

	if (rd->layer != LAYER_ADMIN && row->flags & SETTING_ADMIN)
		why = "only the administrator's files may hold this key";
	else if (rd->layer == LAYER_ADMIN && row->flags & SETTING_USER)
		why = "the administrator's files may not hold this key";
	else if (rd->layer == LAYER_COMMAND && row->flags & SETTING_BASE)
		why = "the settings of a command may not hold this key";
	if (why == NULL)
		return 1;
	fault(rd->errs, FAULT_VALUE, &where, at, "%s", why);
	return 0;
}

/* The layers above the user's hold parts. */
static int
is_required(const struct reader *rd, const struct setting *row,
    const char *object)
{
	if (!(row->flags & SETTING_REQUIRED))
		return 0;
	if (rd->layer == LAYER_USER)
		return 1;
	/* But an object of theirs is whole where it is one thing. */
	return strcmp(object, "network") != 0 && object[0] != '\0' &&
	    strcmp(object, "filesystem") != 0;
}

/* The members of an object whose rows' names begin with its own. */
static void
read_object(const struct reader *rd, const char *name,
    const struct json *node, const struct place *at, int keep)
{
	const struct setting	*row;
	const struct json	*member;
	struct place		 here = { .up = at };

	if (!read_type(rd->errs, JSON_OBJECT, node, at))
		return;
	for (row = settings_table; row->name != NULL; row++) {
		if ((here.key = setting_leaf(row, name)) == NULL)
			continue;
		if ((member = json_get(node, here.key)) != NULL) {
			if (is_for(rd, row, member, &here))
				read_value(rd, row, member, &here, keep);
		} else if (is_required(rd, row, name))
			fault(rd->errs, FAULT_SHAPE, node, &here, "Required");
	}
	TAILQ_FOREACH(member, &node->list, entry)
		if (!is_known(name, member->key))
			unknown_key(rd->errs, name, member, at);
}

static void
read_objects(const struct reader *rd, const struct setting *row,
    const struct json *node, const struct place *at)
{
	const struct json	*element;
	struct place		 here = { .up = at };

	if (!read_type(rd->errs, JSON_ARRAY, node, at))
		return;
	TAILQ_FOREACH(element, &node->list, entry) {
		/* None of a list of objects is kept yet. */
		read_object(rd, row->name, element, &here, 0);
		here.index++;
	}
}

static void
read_key(struct errors *errs, const struct setting *row,
    const struct json *member, const struct place *at)
{
	struct json	 where = key_of(member);
	const char	*why;

	if (row->keycheck != NULL &&
	    (why = row->keycheck(member->key)) != NULL)
		fault(errs, FAULT_VALUE, &where, at, "%s", why);
}

/* Of all commands, whichever runs: a fault must not wait for its own. */
static void
read_overlays(const struct reader *rd, const struct setting *row,
    const struct json *node, const struct place *at)
{
	const struct json	*member;
	struct reader		 inner = *rd;
	struct place		 here = { .up = at };

	if (!read_type(rd->errs, JSON_OBJECT, node, at))
		return;
	inner.layer = LAYER_COMMAND;
	inner.out = NULL;
	TAILQ_FOREACH(member, &node->list, entry) {
		here.key = member->key;
		read_key(rd->errs, row, member, &here);
		read_object(&inner, "", member, &here, 0);
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

/* Returns 1 if the row allows such a number, else complains. */
static int
read_range(struct errors *errs, const struct setting *row, double number,
    const struct json *node, const struct place *at)
{
	int	 ret = 1;

	if (!is_integer(number)) {
		fault(errs, FAULT_VALUE, node, at,
		    "Expected integer, received float");
		ret = 0;
	}
	if (number < (double)row->min) {
		fault(errs, FAULT_VALUE, node, at,
		    "Number must be greater than or equal to %ld%s%s",
		    row->min, row->low == NULL ? "" : ": ",
		    row->low == NULL ? "" : row->low);
		ret = 0;
	}
	if (number > (double)row->max) {
		fault(errs, FAULT_VALUE, node, at,
		    "Number must be less than or equal to %ld", row->max);
		ret = 0;
	}
	return ret;
}

static void
read_int(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, int *out)
{
	if (read_type(errs, JSON_NUMBER, node, at) &&
	    read_range(errs, row, node->number, node, at) && out != NULL)
		*out = (int)node->number;
}

static void
read_count(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, int64_t *out)
{
	int64_t	 n;

	if (row->type == SETTING_SIZE && node->type == JSON_STRING) {
		if ((n = setting_size(node->string)) == -1) {
			fault(errs, FAULT_VALUE, node, at, "Expected a "
			    "number of bytes, or one with K, M, G or T (e.g., "
			    "\"200M\")");
			return;
		}
		if (read_range(errs, row, (double)n, node, at) && out != NULL)
			*out = n;
	} else if (read_type(errs, JSON_NUMBER, node, at) &&
	    read_range(errs, row, node->number, node, at) && out != NULL)
		*out = (int64_t)node->number;
}

static void
read_check(struct errors *errs, const struct setting *row, const char *text,
    const struct json *node, const struct place *at)
{
	const char	*why;

	if (row->check != NULL && (why = row->check(text)) != NULL)
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
	item->file = node->file;
	item->line = node->line;
	item->col = node->col;
	item->literal = literal;
}

static void
read_string(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, char **out)
{
	if (!read_type(errs, JSON_STRING, node, at))
		return;
	read_check(errs, row, node->string, node, at);
	if (out != NULL) {
		free(*out);
		*out = xstrdup(node->string);
	}
}

static void
read_enum(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, char **out)
{
	const char *const	*c;
	FILE			*fp;
	size_t			 len;
	char			*names;

	if (node->type == JSON_STRING)
		for (c = row->choices; *c != NULL; c++)
			if (strcmp(node->string, *c) == 0) {
				if (out != NULL) {
					free(*out);
					*out = xstrdup(*c);
				}
				return;
			}
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
		read_string(errs, row, element, &here, NULL);
		if (element->type == JSON_STRING && out != NULL)
			strlist_add(out, element, element->string, 0);
		here.index++;
	}
}

static void
read_port(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	char	 text[16];

	if (node->type == JSON_STRING) {
		read_check(errs, row, node->string, node, at);
		if (out != NULL)
			strlist_add(out, node, node->string, 0);
		return;
	}
	if (node->type != JSON_NUMBER) {
		fault(errs, FAULT_SHAPE, node, at, "Expected a port, or "
		    "\"<address>:<port>:<port inside>\"");
		return;
	}
	if (!read_range(errs, row, node->number, node, at))
		return;
	(void)snprintf(text, sizeof(text), "%d", (int)node->number);
	read_check(errs, row, text, node, at);
	if (out != NULL)
		strlist_add(out, node, text, 0);
}

static void
read_ports(struct errors *errs, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	const struct json	*element;
	struct place		 here = { .up = at };

	if (!read_type(errs, JSON_ARRAY, node, at))
		return;
	TAILQ_FOREACH(element, &node->list, entry) {
		read_port(errs, row, element, &here, out);
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
	read_check(errs, row, path->string, path, &here);
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
	read_check(errs, row, node->string, node, at);
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
		read_key(errs, row, member, &here);
		if (out != NULL) {
			out->v[out->n].key = xstrdup(member->key);
			values = &out->v[out->n++].values;
		}
		if (row->type == SETTING_LISTMAP) {
			read_strings(errs, row, member, &here, values);
			continue;
		}
		read_string(errs, row, member, &here, NULL);
		if (member->type == JSON_STRING && values != NULL)
			strlist_add(values, member, member->string, 0);
	}
}

static void
read_list(const struct reader *rd, const struct setting *row,
    const struct json *node, const struct place *at, struct strlist *out)
{
	if (row->type == SETTING_PATHS)
		read_paths(rd->errs, row, node, at, out);
	else if (row->type == SETTING_PORTS)
		read_ports(rd->errs, row, node, at, out);
	else
		read_strings(rd->errs, row, node, at, out);
}

/* Where the value of a row goes, and where it came from; or NULL. */
static void *
read_field(const struct reader *rd, const struct setting *row,
    const struct json *node)
{
	struct origin	*origin;

	if (rd->out == NULL || row->field == 0)
		return NULL;
	origin = &rd->out->origin[row - settings_table];
	origin->file = node->file;
	origin->line = node->line;
	return (char *)rd->out + row->field;
}

static void
read_value(const struct reader *rd, const struct setting *row,
    const struct json *node, const struct place *at, int keep)
{
	void	*out = keep ? read_field(rd, row, node) : NULL;

	switch (row->type) {
	case SETTING_BOOL:
		read_bool(rd->errs, node, at, out);
		break;
	case SETTING_INT:
		read_int(rd->errs, row, node, at, out);
		break;
	case SETTING_COUNT:
	case SETTING_SIZE:
		read_count(rd->errs, row, node, at, out);
		break;
	case SETTING_STRING:
		read_string(rd->errs, row, node, at, out);
		break;
	case SETTING_ENUM:
		read_enum(rd->errs, row, node, at, out);
		break;
	case SETTING_STRINGS:
	case SETTING_PATHS:
	case SETTING_PORTS:
		read_list(rd, row, node, at, out);
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		read_map(rd->errs, row, node, at, out);
		break;
	case SETTING_OBJECT:
		if (out != NULL)
			*(int *)out = 1;
		read_object(rd, row->name, node, at, keep);
		break;
	case SETTING_OBJECTS:
		read_objects(rd, row, node, at);
		break;
	case SETTING_OVERLAYS:
		read_overlays(rd, row, node, at);
		break;
	case SETTING_FOREIGN:
		(void)read_type(rd->errs, JSON_OBJECT, node, at);
		break;
	case SETTING_NEVER:
		fault(rd->errs, FAULT_SHAPE, node, at,
		    "%s must be a function", strrchr(row->name, '.') + 1);
		break;
	}
}

void
settings_read(const struct json *root, enum settings_layer layer,
    struct settings *settings, struct errors *errs)
{
	struct reader	 rd = { .errs = errs, .out = settings,
			    .layer = layer };
	struct place	 top = { .up = NULL };

	read_object(&rd, "", root, &top, 1);
}
