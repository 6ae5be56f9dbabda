/* SPDX-License-Identifier: ISC */

/*
 * The administrator's policy above a user's settings.  Its denials are added,
 * what it allows is a ceiling, its other values take the place of the user's
 * where they are stricter, and a key that it locks must not be there.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "srt.h"

static int
is_empty(const struct json *node)
{
	const struct json	*child;

	if (node->type == JSON_ARRAY)
		return node->nlist == 0;
	if (node->type != JSON_OBJECT)
		return 0;
	TAILQ_FOREACH(child, &node->list, entry)
		if (!is_empty(child))
			return 0;
	return 1;
}

/* Says that the user's settings hold a key that is locked. */
static void
check_locked(const struct json *settings, const struct json *lock,
    struct errors *errs)
{
	const struct setting	*row = setting_find(lock->string);
	const struct json	*node;

	/* A key that must be there says nothing as long as it is empty. */
	if ((node = json_find(settings, row->name)) == NULL ||
	    node->file == NULL ||
	    (row->flags & SETTING_REQUIRED && is_empty(node)))
		return;
	errors_at_key(errs, FAULT_VALUE, node, row->name,
	    "the administrator has locked this key (%s:%u): remove it",
	    lock->file, lock->line);
}

static void
check_locks(const struct json *root, const struct json *policy,
    struct errors *errs)
{
	const struct json	*commands, *lock, *locked, *node;

	if ((locked = json_get(policy, "locked")) == NULL)
		return;
	commands = json_get(root, "commands");
	TAILQ_FOREACH(lock, &locked->list, entry) {
		check_locked(root, lock, errs);
		if (commands == NULL)
			continue;
		TAILQ_FOREACH(node, &commands->list, entry)
			check_locked(node, lock, errs);
	}
}

static const char *
leaf_of(const struct setting *row)
{
	const char	*dot = strrchr(row->name, '.');

	return dot == NULL ? row->name : dot + 1;
}

/* The lock on a key or on an object that it is in, or NULL. */
static const struct json *
lock_of(const struct json *locked, const char *key)
{
	const struct json	*lock;
	size_t			 len;

	TAILQ_FOREACH(lock, &locked->list, entry) {
		len = strlen(lock->string);
		if (strncmp(key, lock->string, len) == 0 &&
		    (key[len] == '\0' || key[len] == '.'))
			return lock;
	}
	return NULL;
}

/*
 * What users cannot allow by a key they cannot allow by --ask or --learn or
 * by a switch, either: it is as if the policy had an empty list.
 */
static void
apply_locks(struct json *policy)
{
	static const char *const	 keys[] = {
		"network.allowedDomains", "network.allowUnixSockets",
		"filesystem.allowWrite"
	};
	const struct json		*lock, *locked;
	size_t				 i;

	if ((locked = json_get(policy, "locked")) == NULL)
		return;
	for (i = 0; i < nitems(keys); i++) {
		if (json_find(policy, keys[i]) != NULL ||
		    (lock = lock_of(locked, keys[i])) == NULL)
			continue;
		json_put(json_make(policy, keys[i], lock),
		    leaf_of(setting_find(keys[i])),
		    json_new(JSON_ARRAY, lock));
	}
}

/* The administrator's entries first: they give the rule of a report. */
static void
add_denials(struct json *list, const struct json *more)
{
	struct json	*copy = json_copy(more), *node;

	while ((node = TAILQ_LAST(&copy->list, json_list)) != NULL) {
		TAILQ_REMOVE(&copy->list, node, entry);
		TAILQ_INSERT_HEAD(&list->list, node, entry);
		list->nlist++;
	}
	json_free(copy);
}

/* The value of the administrator's in place of the user's. */
static void
replace(const struct setting *row, struct json *object,
    const struct json *value, struct errors *errs)
{
	const struct json	*before = json_get(object, leaf_of(row));

	if (before != NULL && before->file != NULL &&
	    !json_same(before, value))
		errors_at_key(errs, FAULT_WARNING, before, row->name,
		    "the administrator's value is used (%s:%u)", value->file,
		    value->line);
	json_put(object, leaf_of(row), json_copy(value));
}

/* Which of the two values counts, where the key is one. */
static void
apply_scalar(const struct setting *row, struct json *object,
    const struct json *value, struct errors *errs)
{
	const struct json	*before = json_get(object, leaf_of(row));

	if (row->type == SETTING_BOOL && row->flags & SETTING_WIDENS) {
		/* Allowed, not done: the user decides. */
		if (value->boolean || before == NULL || !before->boolean)
			return;
	} else if (row->type == SETTING_BOOL && row->flags & SETTING_NARROWS) {
		if (!value->boolean)
			return;
	} else if ((row->type == SETTING_COUNT ||
	    row->type == SETTING_SIZE) && before != NULL &&
	    setting_amount(before) <= setting_amount(value))
		return;
	replace(row, object, value, errs);
}

/* One key that the policy names. */
static void
apply_row(const struct setting *row, struct json *root,
    const struct json *value, struct errors *errs)
{
	struct json	*list, *object;

	switch (row->type) {
	case SETTING_STRINGS:
	case SETTING_PATHS:
	case SETTING_PORTS:
		if (!(row->flags & SETTING_NARROWS))
			break;
		object = json_make(root, row->name, value);
		if ((list = json_get(object, leaf_of(row))) != NULL)
			add_denials(list, value);
		else
			json_put(object, leaf_of(row), json_copy(value));
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		object = json_make(root, row->name, value);
		if ((list = json_get(object, leaf_of(row))) != NULL)
			layer_merge(list, value);
		else
			json_put(object, leaf_of(row), json_copy(value));
		break;
	case SETTING_OBJECT:
		if (row->flags & SETTING_WHOLE)
			replace(row, json_make(root, row->name, value), value,
			    errs);
		break;
	case SETTING_OBJECTS:
	case SETTING_OVERLAYS:
	case SETTING_FOREIGN:
	case SETTING_NEVER:
		break;
	case SETTING_BOOL:
	case SETTING_INT:
	case SETTING_COUNT:
	case SETTING_SIZE:
	case SETTING_STRING:
	case SETTING_ENUM:
		apply_scalar(row, json_make(root, row->name, value), value,
		    errs);
		break;
	}
}

/* Does an object that is taken as one hold the key? */
static int
is_part(const struct setting *row)
{
	const struct setting	*up;

	for (up = settings_table; up->name != NULL; up++)
		if (up->flags & SETTING_WHOLE &&
		    setting_leaf(row, up->name) != NULL)
			return 1;
	return 0;
}

/*
 * Switches that would take all of a kind of rule away from the policy: they
 * need its word where it names any such rule.
 */
static const struct {
	const char	*key;
	const char	*rules[5];
} switches[] = {
	{ "filesystem.disabled", { "filesystem.denyRead",
	    "filesystem.denyWrite", "filesystem.allowRead",
	    "filesystem.allowWrite", NULL } },
	{ "network.allowAllUnixSockets", { "network.allowUnixSockets", NULL } }
};

static void
apply_switch(size_t i, struct json *root, const struct json *policy,
    struct errors *errs)
{
	const char *const	*rule;
	const struct setting	*row = setting_find(switches[i].key);
	const struct json	*named = NULL;
	struct json		*node, *off;

	node = json_find(root, row->name);
	if (node == NULL || !node->boolean ||
	    json_find(policy, row->name) != NULL)
		return;
	for (rule = switches[i].rules; *rule != NULL && named == NULL; rule++)
		named = json_find(policy, *rule);
	if (named == NULL)
		return;
	off = json_new(JSON_BOOL, named);
	replace(row, json_make(root, row->name, named), off, errs);
	json_free(off);
}

/* A proxy of the user's would decide in place of the policy. */
static void
check_ports(const struct json *root, const struct json *policy,
    struct errors *errs)
{
	static const char *const	 keys[] = {
		"network.httpProxyPort", "network.socksProxyPort"
	};
	static const char *const	 rules[] = {
		"network.allowedDomains", "network.deniedDomains",
		"network.deniedResolvedAddresses", "network.strictAllowlist"
	};
	const struct json		*node, *rule = NULL;
	size_t				 i;

	for (i = 0; i < nitems(rules) && rule == NULL; i++)
		rule = json_find(policy, rules[i]);
	for (i = 0; i < nitems(keys) && rule != NULL; i++) {
		node = json_find(root, keys[i]);
		if (node == NULL || admin_is_file(node->file))
			continue;
		errors_at_key(errs, FAULT_VALUE, node, keys[i], "with it "
		    "another program would decide what the administrator's "
		    "policy decides (%s:%u): remove it", rule->file,
		    rule->line);
	}
}

/*
 * Where the policy does not speak of a record there is one nevertheless, and
 * a user can only say where.
 */
static void
apply_audit(struct json *root, const struct json *policy,
    struct errors *errs)
{
	const struct json	*to;
	struct json		*audit, *word;

	if (json_get(policy, "audit") != NULL)
		return;
	to = json_find(root, "audit.to");
	if (to != NULL && strcmp(to->string, "none") != 0)
		return;
	if (to != NULL)
		errors_at(errs, FAULT_WARNING, to, "audit.to",
		    "with the administrator's policy (%s) there is a record: "
		    "it goes to syslog", policy->file);
	word = json_new(JSON_STRING, policy);
	word->string = xstrdup("syslog");
	audit = json_new(JSON_OBJECT, policy);
	json_put(audit, "to", word);
	json_put(root, "audit", audit);
}

int
override_apply(struct json *root, struct json *policy, struct errors *errs)
{
	const struct setting	*row;
	const struct json	*value;
	size_t			 i;

	apply_locks(policy);
	check_locks(root, policy, errs);
	check_ports(root, policy, errs);
	if (errors_fatal(errs))
		return -1;
	ceiling_apply(root, policy, errs);
	for (row = settings_table; row->name != NULL; row++)
		if (!is_part(row) &&
		    (value = json_find(policy, row->name)) != NULL)
			apply_row(row, root, value, errs);
	for (i = 0; i < nitems(switches); i++)
		apply_switch(i, root, policy, errs);
	apply_audit(root, policy, errs);
	return 0;
}
