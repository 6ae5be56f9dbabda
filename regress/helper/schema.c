/* SPDX-License-Identifier: ISC */

/*
 * Prints the JSON schema (draft 7) of the settings, for editors, as
 * settings_table has it: etc/srt-settings.schema.json.  The rules between
 * keys and the grammar of hosts are not in it.
 */

#include "compat.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "../../srt/srt.h"

static int	 depth;
static int	 first;

/* What can be said of a string that a check looks at. */
static const struct {
	setting_check	*check;
	const char	*key;
	const char	*value;		/* NULL: the names of keys */
} checks[] = {
	{ setting_check_allow, "minLength", "1" },
	{ setting_check_deny, "minLength", "1" },
	{ setting_check_hosts, "minLength", "1" },
	{ setting_check_address, "minLength", "1" },
	{ setting_check_nonempty, "minLength", "1" },
	{ setting_check_path, "minLength", "1" },
	{ setting_check_binary, "pattern", "\"^/\"" },
	{ setting_check_absolute, "pattern", "\"^/\"" },
	{ setting_check_mach, "pattern", "\"^[^*]*[*]?$\"" },
	{ setting_check_url, "pattern",
	    "\"^[Hh][Tt][Tt][Pp][Ss]?://[^/]\"" },
	{ setting_check_envname, "pattern", "\"^[A-Za-z_][A-Za-z0-9_]*$\"" },
	{ setting_check_envglob, "pattern",
	    "\"^[A-Za-z_*?][A-Za-z0-9_*?]*$\"" },
	{ setting_check_words, "pattern", "\"^[^ ]+( [^ ]+)*$\"" },
	{ setting_check_publish, "pattern",
	    "\"^(([0-9.]+|\\\\[[0-9A-Fa-f:.]+\\\\]):[1-9][0-9]*:|"
	    "[1-9][0-9]*:)?[1-9][0-9]*$\"" },
	{ setting_check_key, "enum", NULL },
	{ setting_check_extendable, "enum", NULL },
	{ setting_check_regex, "format", "\"regex\"" }
};

static void	 print_row(const struct setting *, enum settings_layer);

static void
indent(void)
{
	int	 i;

	for (i = 0; i < depth; i++)
		fputs("  ", stdout);
}

static void
key(const char *name)
{
	fputs(first ? "\n" : ",\n", stdout);
	first = 0;
	indent();
	json_print(stdout, name);
	fputs(": ", stdout);
}

static void
begin(void)
{
	putchar('{');
	depth++;
	first = 1;
}

static void
end(void)
{
	depth--;
	putchar('\n');
	indent();
	putchar('}');
	first = 0;
}

static void
text(const char *name, const char *value)
{
	key(name);
	json_print(stdout, value);
}

static void
raw(const char *name, const char *value)
{
	key(name);
	fputs(value, stdout);
}

/* The names of keys that the check lets pass. */
static void
print_names(setting_check *check)
{
	const struct setting	*row;
	int			 any = 0;

	key("enum");
	putchar('[');
	for (row = settings_table; row->name != NULL; row++) {
		if (check(row->name) != NULL)
			continue;
		fputs(any++ ? ", " : "", stdout);
		json_print(stdout, row->name);
	}
	putchar(']');
}

static void
print_check(setting_check *check)
{
	size_t	 i;

	for (i = 0; i < nitems(checks); i++) {
		if (checks[i].check != check)
			continue;
		if (checks[i].value == NULL)
			print_names(check);
		else
			raw(checks[i].key, checks[i].value);
	}
}

static void
print_string(const struct setting *row)
{
	begin();
	text("type", "string");
	print_check(row->check);
	end();
}

static void
print_integer(const struct setting *row)
{
	key("minimum");
	printf("%ld", row->min);
	key("maximum");
	printf("%ld", row->max);
}

static void
print_number(const struct setting *row)
{
	begin();
	text("type", "integer");
	print_integer(row);
	end();
}

/* The other form of an element or value, beside a string or number. */
static void
print_either(const struct setting *row)
{
	begin();
	key("anyOf");
	putchar('[');
	if (row->type == SETTING_PATHS) {
		print_string(row);
		fputs(", ", stdout);
		begin();
		text("type", "object");
		raw("properties", "{ \"path\": { \"type\": \"string\", "
		    "\"minLength\": 1 }, \"literal\": { \"const\": true } }");
		raw("required", "[\"path\", \"literal\"]");
		raw("additionalProperties", "false");
		end();
	} else {
		print_number(row);
		fputs(", ", stdout);
		if (row->type == SETTING_SIZE)
			fputs("{ \"type\": \"string\", \"pattern\": "
			    "\"^[0-9]+[KMGT]?$\" }", stdout);
		else
			print_string(row);
	}
	putchar(']');
	end();
}

static int
is_member(const struct setting *row, const char *object,
    enum settings_layer layer)
{
	if (setting_leaf(row, object) == NULL)
		return 0;
	switch (layer) {
	case LAYER_USER:
		return (row->flags & SETTING_ADMIN) == 0;
	case LAYER_COMMAND:
		return (row->flags & (SETTING_ADMIN | SETTING_BASE)) == 0;
	case LAYER_ADMIN:
		return (row->flags & SETTING_USER) == 0;
	}
	return 0;
}

/* Of layers above a user's file the outer objects are parts. */
static int
is_required(const struct setting *row, const char *object,
    enum settings_layer layer)
{
	return row->flags & SETTING_REQUIRED && (layer == LAYER_USER ||
	    (object[0] != '\0' && strcmp(object, "network") != 0 &&
	    strcmp(object, "filesystem") != 0));
}

static void
print_members(const char *object, enum settings_layer layer)
{
	const struct setting	*row;
	int			 any = 0;

	key("properties");
	begin();
	for (row = settings_table; row->name != NULL; row++) {
		if (!is_member(row, object, layer))
			continue;
		key(setting_leaf(row, object));
		print_row(row, layer);
	}
	end();
	for (row = settings_table; row->name != NULL; row++) {
		if (!is_member(row, object, layer) ||
		    !is_required(row, object, layer))
			continue;
		if (!any++)
			key("required");
		fputs(any == 1 ? "[" : ", ", stdout);
		json_print(stdout, setting_leaf(row, object));
	}
	if (any)
		putchar(']');
	raw("additionalProperties", "false");
}

static void
print_list(const struct setting *row)
{
	text("type", "array");
	if (row->flags & SETTING_NONEMPTY)
		raw("minItems", "1");
	key("items");
	if (row->type == SETTING_STRINGS)
		print_string(row);
	else
		print_either(row);
}

static void
print_map(const struct setting *row)
{
	text("type", "object");
	if (row->keycheck != NULL) {
		key("propertyNames");
		begin();
		print_check(row->keycheck);
		end();
	}
	key("additionalProperties");
	if (row->type == SETTING_OVERLAYS)
		fputs("{ \"$ref\": \"#/definitions/command\" }", stdout);
	else if (row->type == SETTING_STRMAP)
		print_string(row);
	else {
		begin();
		text("type", "array");
		key("items");
		print_string(row);
		end();
	}
}

static void
print_objects(const struct setting *row, enum settings_layer layer)
{
	text("type", "array");
	key("items");
	begin();
	text("type", "object");
	print_members(row->name, layer);
	end();
}

static void
print_enum(const struct setting *row)
{
	const char *const	*c;

	key("enum");
	for (c = row->choices; *c != NULL; c++) {
		fputs(c == row->choices ? "[" : ", ", stdout);
		json_print(stdout, *c);
	}
	putchar(']');
}

static void
print_type(const struct setting *row, enum settings_layer layer)
{
	switch (row->type) {
	case SETTING_BOOL:
		text("type", "boolean");
		break;
	case SETTING_INT:
	case SETTING_COUNT:
		text("type", "integer");
		print_integer(row);
		break;
	case SETTING_SIZE:
		key("allOf");
		putchar('[');
		print_either(row);
		putchar(']');
		break;
	case SETTING_STRING:
		text("type", "string");
		print_check(row->check);
		break;
	case SETTING_ENUM:
		print_enum(row);
		break;
	case SETTING_STRINGS:
	case SETTING_PATHS:
	case SETTING_PORTS:
		print_list(row);
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
	case SETTING_OVERLAYS:
		print_map(row);
		break;
	case SETTING_OBJECT:
		text("type", "object");
		print_members(row->name, layer);
		break;
	case SETTING_OBJECTS:
		print_objects(row, layer);
		break;
	case SETTING_FOREIGN:
		text("type", "object");
		break;
	case SETTING_NEVER:
		raw("not", "{}");
		break;
	}
}

static void
print_row(const struct setting *row, enum settings_layer layer)
{
	begin();
	text("description", row->text);
	print_type(row, layer);
	if (row->deflt != NULL)
		raw("default", row->deflt);
	end();
}

static void
print_layer(const char *name, const char *description,
    enum settings_layer layer)
{
	key(name);
	begin();
	text("description", description);
	text("type", "object");
	print_members("", layer);
	end();
}

int
main(void)
{
	begin();
	text("$schema", "http://json-schema.org/draft-07/schema#");
	text("title", "Settings of srt");
	text("description", "See srt-settings.json(5).");
	text("type", "object");
	print_members("", LAYER_USER);
	key("definitions");
	begin();
	print_layer("command", "Settings of a command.", LAYER_COMMAND);
	print_layer("policy", "The administrator's policy.", LAYER_ADMIN);
	end();
	end();
	putchar('\n');
	if (fflush(stdout) != 0)
		err(EXIT_SRT, "stdout");
	return 0;
}
