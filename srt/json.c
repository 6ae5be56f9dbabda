/* SPDX-License-Identifier: ISC */

/*
 * JSON as a tree in which every key and value knows its line and column.
 * yajl finds the tokens; what it is lax about (UTF-8 in overlong or
 * surrogate form, halves of surrogate pairs in escapes, members of one name)
 * is looked after here.
 */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "log.h"
#include "srt.h"

struct json_parser {
	yajl_handle	 yajl;
	struct errors	*errs;
	const char	*text;
	size_t		 len;
	size_t		 start;	/* of the current token */
	size_t		 end;	/* of it; where the next is looked for */
	size_t		 off;	/* what line and col stand for */
	unsigned int	 line;
	unsigned int	 col;
	struct json	*open[JSON_DEPTH_MAX];
	size_t		 depth;
	struct json	*root;
	size_t		 nodes;
	char		*key;	/* of the member to come */
	unsigned int	 keyline;
	unsigned int	 keycol;
};

/* Counts on to an offset that is not before the last one. */
static void
json_seek(struct json_parser *jp, size_t off)
{
	for (; jp->off < off && jp->off < jp->len; jp->off++) {
		if (jp->text[jp->off] == '\n') {
			jp->line++;
			jp->col = 1;
		} else if ((jp->text[jp->off] & 0xc0) != 0x80)
			jp->col++;
	}
}

static int
json_fail(struct json_parser *jp, size_t off, const char *text)
{
	json_seek(jp, off);
	errors_add(jp->errs, FAULT_JSON, jp->line, jp->col, NULL, "%s", text);
	return 0;
}

/*
 * yajl says only where a token ends.  It starts after the one before it and
 * the white space, comma or colon between the two.
 */
static size_t
json_token(const struct json_parser *jp)
{
	return jp->end + strspn(jp->text + jp->end, " \t\r\n,:");
}

static void
json_advance(struct json_parser *jp)
{
	jp->start = json_token(jp);
	jp->end = yajl_get_bytes_consumed(jp->yajl);
	/* A number that ends the text is seen only when nothing follows. */
	if (jp->end < jp->start)
		jp->end = jp->start;
	json_seek(jp, jp->start);
}

static struct json *
json_add(struct json_parser *jp, enum json_type type)
{
	struct json	*node, *up;

	json_advance(jp);
	if (++jp->nodes > JSON_NODES_MAX) {
		(void)json_fail(jp, jp->start, "too many values");
		return NULL;
	}
	node = xcalloc(1, sizeof(*node));
	node->type = type;
	node->file = jp->errs->file;
	node->line = jp->line;
	node->col = jp->col;
	TAILQ_INIT(&node->list);
	if (jp->depth == 0) {
		jp->root = node;
		return node;
	}
	up = jp->open[jp->depth - 1];
	node->key = jp->key;
	node->keyline = jp->keyline;
	node->keycol = jp->keycol;
	jp->key = NULL;
	TAILQ_INSERT_TAIL(&up->list, node, entry);
	up->nlist++;
	return node;
}

static int
json_push(struct json_parser *jp, enum json_type type)
{
	struct json	*node;

	if ((node = json_add(jp, type)) == NULL)
		return 0;
	if (jp->depth == JSON_DEPTH_MAX)
		return json_fail(jp, jp->start, "nested too deeply");
	jp->open[jp->depth++] = node;
	return 1;
}

static unsigned long
json_hex4(const char *s)
{
	char	 digits[5];

	memcpy(digits, s, 4);
	digits[4] = '\0';
	return strtoul(digits, NULL, 16);
}

/*
 * yajl turns half a surrogate pair into "?", which would be another name,
 * or into bytes that are no UTF-8; and no name can hold a NUL.
 */
static const char *
json_check_escapes(const char *s, size_t len)
{
	unsigned long	 c, low;
	size_t		 i;

	for (i = 0; i + 1 < len; i++) {
		if (s[i] != '\\')
			continue;
		/* yajl has seen to four digits after "\u". */
		if (s[++i] != 'u' || i + 4 >= len)
			continue;
		c = json_hex4(s + i + 1);
		if (c == 0)
			return "a string holds the character NUL";
		i += 4;
		if (c < 0xd800 || c > 0xdfff)
			continue;
		if (c > 0xdbff || i + 6 >= len || s[i + 1] != '\\' ||
		    s[i + 2] != 'u')
			return "a string holds half of a surrogate pair";
		low = json_hex4(s + i + 3);
		if (low < 0xdc00 || low > 0xdfff)
			return "a string holds half of a surrogate pair";
		i += 6;
	}
	return NULL;
}

/* Between json_advance() and the use of the string. */
static int
json_check_string(struct json_parser *jp)
{
	const char	*why;

	why = json_check_escapes(jp->text + jp->start, jp->end - jp->start);
	return why == NULL ? 1 : json_fail(jp, jp->start, why);
}

static int
json_on_null(void *arg)
{
	return json_add(arg, JSON_NULL) != NULL;
}

static int
json_on_boolean(void *arg, int value)
{
	struct json	*node;

	if ((node = json_add(arg, JSON_BOOL)) == NULL)
		return 0;
	node->boolean = value != 0;
	return 1;
}

static int
json_on_number(void *arg, const char *s, size_t len)
{
	struct json	*node;
	char		*text;

	if ((node = json_add(arg, JSON_NUMBER)) == NULL)
		return 0;
	text = xstrndup(s, len);
	/* Too large becomes infinite, as in ECMAScript. */
	node->number = strtod(text, NULL);
	free(text);
	return 1;
}

static int
json_on_string(void *arg, const unsigned char *s, size_t len)
{
	struct json_parser	*jp = arg;
	struct json		*node;

	if ((node = json_add(jp, JSON_STRING)) == NULL)
		return 0;
	node->string = xstrndup((const char *)s, len);
	return json_check_string(jp);
}

static int
json_on_key(void *arg, const unsigned char *s, size_t len)
{
	struct json_parser	*jp = arg;

	json_advance(jp);
	jp->key = xstrndup((const char *)s, len);
	jp->keyline = jp->line;
	jp->keycol = jp->col;
	return json_check_string(jp);
}

static int
json_on_start_object(void *arg)
{
	return json_push(arg, JSON_OBJECT);
}

static int
json_on_start_array(void *arg)
{
	return json_push(arg, JSON_ARRAY);
}

/* By name, and in the file's order within one name. */
static int
json_cmp_keys(const void *a, const void *b)
{
	const struct json	*x = *(const struct json *const *)a;
	const struct json	*y = *(const struct json *const *)b;
	int			 cmp;

	if ((cmp = strcmp(x->key, y->key)) != 0)
		return cmp;
	if (x->keyline != y->keyline)
		return x->keyline < y->keyline ? -1 : 1;
	return x->keycol < y->keycol ? -1 : x->keycol > y->keycol;
}

static void
json_drop_duplicates(struct json_parser *jp, struct json *object)
{
	struct json	**v, *node;
	size_t		  i = 0, n = object->nlist;

	if (n < 2)
		return;
	v = xcalloc(n, sizeof(*v));
	TAILQ_FOREACH(node, &object->list, entry)
		v[i++] = node;
	qsort(v, n, sizeof(*v), json_cmp_keys);
	for (i = 0; i + 1 < n; i++) {
		if (strcmp(v[i]->key, v[i + 1]->key) != 0)
			continue;
		errors_add(jp->errs, FAULT_WARNING, v[i + 1]->keyline,
		    v[i + 1]->keycol, NULL, "the key '%s' is there twice; "
		    "this one counts, the one at line %u, column %u does not",
		    v[i]->key, v[i]->keyline, v[i]->keycol);
		TAILQ_REMOVE(&object->list, v[i], entry);
		object->nlist--;
		json_free(v[i]);
	}
	free(v);
}

static int
json_on_end_object(void *arg)
{
	struct json_parser	*jp = arg;

	json_advance(jp);
	json_drop_duplicates(jp, jp->open[--jp->depth]);
	return 1;
}

static int
json_on_end_array(void *arg)
{
	struct json_parser	*jp = arg;

	json_advance(jp);
	jp->depth--;
	return 1;
}

static const yajl_callbacks json_callbacks = {
	.yajl_null = json_on_null,
	.yajl_boolean = json_on_boolean,
	.yajl_number = json_on_number,
	.yajl_string = json_on_string,
	.yajl_start_map = json_on_start_object,
	.yajl_map_key = json_on_key,
	.yajl_end_map = json_on_end_object,
	.yajl_start_array = json_on_start_array,
	.yajl_end_array = json_on_end_array
};

/* What can be said before yajl looks at it. */
static int
json_check_text(struct json_parser *jp)
{
	static const char	 bom[] = "\xef\xbb\xbf";
	uint32_t		 c;
	size_t			 n, off;

	off = jp->len >= 3 && memcmp(jp->text, bom, 3) == 0 ? 3 : 0;
	if (strspn(jp->text + off, " \t\r\n\v\f") == jp->len - off) {
		errors_add(jp->errs, FAULT_EMPTY, 0, 0, NULL, "empty");
		return 0;
	}
	if (off != 0)
		return json_fail(jp, 0, "it begins with a byte order mark; "
		    "save it as UTF-8 without one");
	for (off = 0; off < jp->len; off += n) {
		n = utf8_next(jp->text + off, jp->len - off, &c);
		if (n == 0)
			return json_fail(jp, off, "it is not UTF-8; "
			    "save it as UTF-8");
		/* White space for yajl, but not in JSON (RFC 8259, 2). */
		if (c == '\v' || c == '\f')
			return json_fail(jp, off, "a vertical tab or form "
			    "feed");
	}
	return 1;
}

/* The commonest fault of all, which yajl does not call by its name. */
static int
json_trailing_comma(const struct json_parser *jp, size_t off)
{
	if (off >= jp->len || (jp->text[off] != ']' && jp->text[off] != '}'))
		return 0;
	while (off > 0 && strchr(" \t\r\n", jp->text[off - 1]) != NULL)
		off--;
	return off > 0 && jp->text[off - 1] == ',';
}

/* Adds yajl's own complaint, unless a callback has made one. */
static void
json_complain(struct json_parser *jp, yajl_status status)
{
	unsigned char	*text;
	size_t		 off;

	if (status == yajl_status_client_canceled)
		return;
	off = json_token(jp);
	if (json_trailing_comma(jp, off)) {
		(void)json_fail(jp, off, "there is a comma before this and "
		    "nothing between them; remove the comma");
		return;
	}
	text = yajl_get_error(jp->yajl, 0, (const unsigned char *)jp->text,
	    jp->len);
	if (text == NULL)
		fatal("yajl_get_error");
	text[strcspn((char *)text, "\n")] = '\0';
	(void)json_fail(jp, off, (char *)text);
	yajl_free_error(jp->yajl, text);
}

/* yajl itself goes on with what it did not get. */
static void *
memory_get(void *ctx, size_t size)
{
	(void)ctx;
	return xcalloc(1, size);
}

static void *
memory_resize(void *ctx, void *old, size_t size)
{
	(void)ctx;
	return xreallocarray(old, 1, size);
}

static void
memory_put(void *ctx, void *p)
{
	(void)ctx;
	free(p);
}

static int
json_run(struct json_parser *jp)
{
	yajl_alloc_funcs funcs = { memory_get, memory_resize, memory_put,
	    NULL };
	yajl_status	 status;

	if ((jp->yajl = yajl_alloc(&json_callbacks, &funcs, jp)) == NULL)
		fatalx("yajl_alloc failed");
	status = yajl_parse(jp->yajl, (const unsigned char *)jp->text,
	    jp->len);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(jp->yajl);
	if (status != yajl_status_ok)
		json_complain(jp, status);
	yajl_free(jp->yajl);
	free(jp->key);
	return status == yajl_status_ok;
}

struct json *
json_parse(const char *text, size_t len, struct errors *errs)
{
	struct json_parser	 jp;
	char			*copy;

	memset(&jp, 0, sizeof(jp));
	jp.errs = errs;
	jp.line = errs->first == 0 ? 1 : errs->first;
	jp.col = 1;
	if (len > JSON_SIZE_MAX) {
		(void)json_fail(&jp, 0, "longer than 16 MiB");
		return NULL;
	}
	/* With a NUL at the end, which the searches rely on. */
	copy = xcalloc(len + 1, 1);
	if (len != 0)
		memcpy(copy, text, len);
	jp.text = copy;
	jp.len = len;
	if (json_check_text(&jp) && !json_run(&jp)) {
		json_free(jp.root);
		jp.root = NULL;
	}
	free(copy);
	return jp.root;
}

/* The depth is bounded by JSON_DEPTH_MAX. */
void
json_free(struct json *node)
{
	struct json	*child;

	if (node == NULL)
		return;
	while ((child = TAILQ_FIRST(&node->list)) != NULL) {
		TAILQ_REMOVE(&node->list, child, entry);
		json_free(child);
	}
	free(node->key);
	free(node->string);
	free(node);
}

struct json *
json_get(const struct json *object, const char *key)
{
	struct json	*node;

	if (object == NULL || object->type != JSON_OBJECT)
		return NULL;
	TAILQ_FOREACH(node, &object->list, entry)
		if (strcmp(node->key, key) == 0)
			return node;
	return NULL;
}

struct json *
json_find(const struct json *object, const char *path)
{
	struct json	*node;
	const char	*dot;
	char		*key;

	while ((dot = strchr(path, '.')) != NULL) {
		key = xstrndup(path, (size_t)(dot - path));
		node = json_get(object, key);
		free(key);
		if (node == NULL)
			return NULL;
		object = node;
		path = dot + 1;
	}
	return json_get(object, path);
}

const char *
json_typename(const struct json *node)
{
	static const char *const	 names[] = {
		[JSON_NULL] = "null",
		[JSON_BOOL] = "boolean",
		[JSON_NUMBER] = "number",
		[JSON_STRING] = "string",
		[JSON_ARRAY] = "array",
		[JSON_OBJECT] = "object"
	};

	return names[node->type];
}

struct json *
json_new(enum json_type type, const struct json *where)
{
	struct json	*node = xcalloc(1, sizeof(*node));

	node->type = type;
	TAILQ_INIT(&node->list);
	if (where != NULL) {
		node->file = where->file;
		node->line = node->keyline = where->line;
		node->col = node->keycol = where->col;
	}
	return node;
}

struct json *
json_copy(const struct json *node)
{
	const struct json	*child;
	struct json		*copy = xcalloc(1, sizeof(*copy));

	*copy = *node;
	TAILQ_INIT(&copy->list);
	copy->nlist = 0;
	if (node->key != NULL)
		copy->key = xstrdup(node->key);
	if (node->string != NULL)
		copy->string = xstrdup(node->string);
	TAILQ_FOREACH(child, &node->list, entry)
		json_append(copy, json_copy(child));
	return copy;
}

void
json_append(struct json *node, struct json *child)
{
	TAILQ_INSERT_TAIL(&node->list, child, entry);
	node->nlist++;
}

void
json_remove(struct json *node, struct json *child)
{
	TAILQ_REMOVE(&node->list, child, entry);
	node->nlist--;
	json_free(child);
}

void
json_put(struct json *object, const char *key, struct json *value)
{
	struct json	*before;

	free(value->key);
	value->key = xstrdup(key);
	if ((before = json_get(object, key)) == NULL) {
		json_append(object, value);
		return;
	}
	TAILQ_INSERT_BEFORE(before, value, entry);
	object->nlist++;
	json_remove(object, before);
}

struct json *
json_make(struct json *object, const char *path, const struct json *where)
{
	struct json	*node;
	const char	*dot;
	char		*key;

	while ((dot = strchr(path, '.')) != NULL) {
		key = xstrndup(path, (size_t)(dot - path));
		if ((node = json_get(object, key)) == NULL) {
			node = json_new(JSON_OBJECT, where);
			json_put(object, key, node);
		}
		free(key);
		object = node;
		path = dot + 1;
	}
	return object;
}

int
json_same(const struct json *a, const struct json *b)
{
	const struct json	*x, *y;

	if (a->type != b->type || a->nlist != b->nlist)
		return 0;
	switch (a->type) {
	case JSON_NULL:
		return 1;
	case JSON_BOOL:
		return a->boolean == b->boolean;
	case JSON_NUMBER:
		return a->number == b->number;
	case JSON_STRING:
		return strcmp(a->string, b->string) == 0;
	case JSON_ARRAY:
		y = TAILQ_FIRST(&b->list);
		TAILQ_FOREACH(x, &a->list, entry) {
			if (!json_same(x, y))
				return 0;
			y = TAILQ_NEXT(y, entry);
		}
		return 1;
	case JSON_OBJECT:
		TAILQ_FOREACH(x, &a->list, entry)
			if ((y = json_get(b, x->key)) == NULL ||
			    !json_same(x, y))
				return 0;
		return 1;
	}
	return 0;
}
