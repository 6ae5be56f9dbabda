/* SPDX-License-Identifier: ISC */

/*
 * The administrator's policy.  Its denials are added to a user's settings,
 * what it allows is a ceiling for them, and a key that it locks must not be
 * in them.  The name of its directory is compiled in: what could name another
 * would be the way around it.
 *
 * The files are trusted, so only root may have written them: each directory
 * on the way is opened beneath the one before, without following a link, and
 * looked at once it is open.
 */

#include "compat.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "srt.h"

#define POLICY_FILE	"policy.json"
#define POLICY_DIR	"policy.d"

static struct {
	struct json	*root;		/* all files as one; NULL: none */
	struct strlist	 files;
} admin;

/* Who may write a directory or file. */
enum trust {
	TRUST_ANY,		/* it is only looked whether it is there */
	TRUST_STICKY,		/* root, and others what is their own */
	TRUST_ROOT
};

static int
refuse(const char *path, const char *why, const char *cure)
{
	errors_write("Error: %s: the administrator's policy cannot be "
	    "trusted: %s; %s\n", path, why, cure);
	errors_write("Refusing to run without it.\n");
	return -1;
}

static int
refuse_errno(const char *path)
{
	errors_write("Error: %s: the administrator's policy cannot be read: "
	    "%s\n", path, strerror(errno));
	errors_write("Refusing to run without it.\n");
	return -1;
}

/*
 * A user namespace may have no root: then all who are not in it, root among
 * them, are shown as one.
 */
static int
is_root(uid_t uid)
{
	FILE		*fp;
	unsigned long	 first, outside, count, nobody = 0;
	int		 mapped = 0;

	if (uid == 0)
		return 1;
	if ((fp = fopen("/proc/sys/kernel/overflowuid", "re")) == NULL)
		return 0;
	/* The kernel's own numbers.  NOLINTNEXTLINE(cert-err34-c) */
	if (fscanf(fp, "%lu", &nobody) != 1)
		nobody = 0;
	(void)fclose(fp);
	if (nobody == 0 || uid != nobody ||
	    (fp = fopen("/proc/self/uid_map", "re")) == NULL)
		return 0;
	/* NOLINTNEXTLINE(cert-err34-c) */
	while (fscanf(fp, "%lu %lu %lu", &first, &outside, &count) == 3)
		mapped |= first == 0 || (first <= nobody &&
		    nobody - first < count);
	(void)fclose(fp);
	return !mapped;
}

/*
 * In a directory on the way others may have files where its sticky bit keeps
 * them off ours; in the last one and in the files they may do nothing.
 */
static int
check_owner(int fd, const char *path, int last)
{
	struct stat	 st;
	char		*cure;
	int		 ret = 0;

	if (fstat(fd, &st) == -1)
		return refuse_errno(path);
	if (!is_root(st.st_uid)) {
		(void)xasprintf(&cure, "root has to own it: chown root %s",
		    path);
		ret = refuse(path, "it is not root's", cure);
		free(cure);
	} else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    (last || (st.st_mode & S_ISVTX) == 0)) {
		(void)xasprintf(&cure, "root alone may write it: chmod go-w "
		    "%s", path);
		ret = refuse(path, "others than root may write it", cure);
		free(cure);
	}
	return ret;
}

/*
 * Opens a name in a directory; for the message also its whole path.  Returns
 * -1 after a message, -2 if it is not there.
 */
static int
open_at(int dir, const char *name, const char *path, int flags,
    enum trust trust)
{
	int	 fd;

	fd = openat(dir, name, flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	if (fd == -1) {
		if (errno == ENOENT)
			return -2;
		/* With O_DIRECTORY the one, without it the other. */
		if (errno == ELOOP || errno == ENOTDIR)
			return refuse(path, flags & O_DIRECTORY ?
			    "it is a link or no directory" : "it is a link",
			    "put the directory or file itself there");
		return refuse_errno(path);
	}
	if (trust != TRUST_ANY &&
	    check_owner(fd, path, trust == TRUST_ROOT) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* Opens an absolute directory; returns as open_at(). */
static int
open_dir(const char *path, int check)
{
	const char	*end, *s = path;
	char		*name, *sofar;
	int		 dir, fd;

	fd = open_at(AT_FDCWD, "/", "/", O_DIRECTORY, check ? TRUST_STICKY :
	    TRUST_ANY);
	while (fd >= 0) {
		s += strspn(s, "/");
		if (*s == '\0')
			break;
		end = s + strcspn(s, "/");
		name = xstrndup(s, (size_t)(end - s));
		sofar = xstrndup(path, (size_t)(end - path));
		dir = fd;
		fd = open_at(dir, name, sofar, O_DIRECTORY, !check ?
		    TRUST_ANY : end[strspn(end, "/")] == '\0' ? TRUST_ROOT :
		    TRUST_STICKY);
		(void)close(dir);
		free(name);
		free(sofar);
		s = end;
	}
	return fd;
}

static void
file_note(const char *path)
{
	struct strlist	*files = &admin.files;

	files->v = xreallocarray(files->v, files->n + 1, sizeof(*files->v));
	memset(&files->v[files->n], 0, sizeof(*files->v));
	files->v[files->n++].file = settings_file(path);
}

int
admin_is_file(const char *file)
{
	size_t	 i;

	for (i = 0; i < admin.files.n; i++)
		if (admin.files.v[i].file == file)
			return 1;
	return 0;
}

int
admin_add(const char *path, const char *text, size_t len)
{
	struct errors	 errs;
	struct json	*root;
	int		 ret = 0;

	errors_init(&errs);
	errs.file = settings_file(path);
	if ((root = json_parse(text, len, &errs)) != NULL) {
		/* A user is warned; here it could be a denial that goes. */
		if (errs.count[FAULT_WARNING] != 0)
			errors_add(&errs, FAULT_VALUE, 0, 0, NULL,
			    "a key is there twice, and only one would count");
		settings_read(root, LAYER_ADMIN, NULL, &errs);
	}
	if (!errors_fatal(&errs))
		settings_check_built(root, &errs);
	if (errors_fatal(&errs))
		ret = -1;
	errors_explain(&errs, path);
	errors_free(&errs);
	if (ret == -1)
		errors_write("Refusing to run without the administrator's "
		    "policy.\n");
	else {
		file_note(path);
		if (admin.root == NULL)
			admin.root = json_new(JSON_OBJECT, root);
		layer_merge(admin.root, root);
	}
	json_free(root);
	return ret;
}

/* One file; that it is not there is no mistake. */
static int
add_file(int dir, const char *name, const char *path)
{
	struct stat	 st;
	char		*text;
	size_t		 len;
	int		 fd, ret;

	if ((fd = open_at(dir, name, path, 0, TRUST_ROOT)) < 0)
		return fd == -2 ? 0 : -1;
	if (fstat(fd, &st) == -1)
		ret = refuse_errno(path);
	else if (!S_ISREG(st.st_mode))
		ret = refuse(path, "it is no file", "put a file there");
	else if (settings_read_all(fd, &text, &len) == -1)
		ret = refuse_errno(path);
	else {
		ret = admin_add(path, text, len);
		free(text);
	}
	(void)close(fd);
	return ret;
}

static int
is_json(const struct dirent *de)
{
	size_t	 len = strlen(de->d_name);

	return de->d_name[0] != '.' && len > 5 &&
	    strcmp(de->d_name + len - 5, ".json") == 0;
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of policy.d in order, or -1 with errno. */
static int
dir_names(int fd, char ***out, size_t *n)
{
	struct dirent	*de;
	char		**v = NULL;
	DIR		*dp;
	int		 copy;

	*n = 0;
	if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) == -1)
		return -1;
	if ((dp = fdopendir(copy)) == NULL) {
		(void)close(copy);
		return -1;
	}
	while ((errno = 0, de = readdir(dp)) != NULL) {
		if (!is_json(de))
			continue;
		v = xreallocarray(v, *n + 1, sizeof(*v));
		v[(*n)++] = xstrdup(de->d_name);
	}
	copy = errno;
	(void)closedir(dp);
	if (*n != 0)
		qsort(v, *n, sizeof(*v), name_cmp);
	*out = v;
	errno = copy;
	return copy == 0 ? 0 : -1;
}

static int
add_dir(int dir, const char *path)
{
	char	**names = NULL, *whole;
	size_t	  i, n = 0;
	int	  fd, ret = 0;

	fd = open_at(dir, POLICY_DIR, path, O_DIRECTORY, TRUST_ROOT);
	if (fd < 0)
		return fd == -2 ? 0 : -1;
	if (dir_names(fd, &names, &n) == -1)
		ret = refuse_errno(path);
	for (i = 0; i < n; i++) {
		(void)xasprintf(&whole, "%s/%s", path, names[i]);
		if (ret == 0)
			ret = add_file(fd, names[i], whole);
		free(whole);
		free(names[i]);
	}
	free(names);
	(void)close(fd);
	return ret;
}

int
admin_check(const char *dir)
{
	struct errors	 errs;
	int		 ret;

	if (admin.root == NULL)
		return 0;
	errors_init(&errs);
	settings_check(admin.root, &errs);
	ret = errors_fatal(&errs) ? -1 : 0;
	errors_explain(&errs, dir);
	errors_free(&errs);
	if (ret == -1)
		errors_write("Refusing to run without the administrator's "
		    "policy.\n");
	return ret;
}

void
admin_forget(void)
{
	json_free(admin.root);
	free(admin.files.v);
	memset(&admin, 0, sizeof(admin));
}

int
admin_load(const char *dir)
{
	char	*path;
	int	 fd, ret;

	admin_forget();
	/* Where there is none, it matters to nobody whose the way is. */
	if ((fd = open_dir(dir, 0)) < 0)
		return fd == -2 ? 0 : -1;
	(void)close(fd);
	if ((fd = open_dir(dir, 1)) < 0)
		return -1;
	(void)xasprintf(&path, "%s/%s", dir, POLICY_FILE);
	ret = add_file(fd, POLICY_FILE, path);
	free(path);
	(void)xasprintf(&path, "%s/%s", dir, POLICY_DIR);
	if (ret == 0)
		ret = add_dir(fd, path);
	free(path);
	(void)close(fd);
	return ret == 0 ? admin_check(dir) : -1;
}

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
check_locks(const struct json *root, struct errors *errs)
{
	const struct json	*commands, *lock, *locked, *node;

	if ((locked = json_get(admin.root, "locked")) == NULL)
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
apply_locks(void)
{
	static const char *const	 keys[] = {
		"network.allowedDomains", "network.allowUnixSockets",
		"filesystem.allowWrite"
	};
	const struct json		*lock, *locked;
	size_t				 i;

	if ((locked = json_get(admin.root, "locked")) == NULL)
		return;
	for (i = 0; i < nitems(keys); i++) {
		if (json_find(admin.root, keys[i]) != NULL ||
		    (lock = lock_of(locked, keys[i])) == NULL)
			continue;
		json_put(json_make(admin.root, keys[i], lock),
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

static double
amount(const struct json *node)
{
	return node->type == JSON_STRING ?
	    (double)setting_size(node->string) : node->number;
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
	    amount(before) <= amount(value))
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
apply_switch(size_t i, struct json *root, struct errors *errs)
{
	const char *const	*rule;
	const struct setting	*row = setting_find(switches[i].key);
	const struct json	*named = NULL;
	struct json		*node, *off;

	node = json_find(root, row->name);
	if (node == NULL || !node->boolean ||
	    json_find(admin.root, row->name) != NULL)
		return;
	for (rule = switches[i].rules; *rule != NULL && named == NULL; rule++)
		named = json_find(admin.root, *rule);
	if (named == NULL)
		return;
	off = json_new(JSON_BOOL, named);
	replace(row, json_make(root, row->name, named), off, errs);
	json_free(off);
}

/* A proxy of the user's would decide in place of the policy. */
static void
check_ports(const struct json *root, struct errors *errs)
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
		rule = json_find(admin.root, rules[i]);
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
apply_audit(struct json *root, struct errors *errs)
{
	const struct json	*to;
	struct json		*audit, *word;

	if (json_get(admin.root, "audit") != NULL)
		return;
	to = json_find(root, "audit.to");
	if (to != NULL && strcmp(to->string, "none") != 0)
		return;
	if (to != NULL)
		errors_at(errs, FAULT_WARNING, to, "audit.to",
		    "with the administrator's policy (%s) there is a record: "
		    "it goes to syslog", admin.root->file);
	word = json_new(JSON_STRING, admin.root);
	word->string = xstrdup("syslog");
	audit = json_new(JSON_OBJECT, admin.root);
	json_put(audit, "to", word);
	json_put(root, "audit", audit);
}

struct settings *
admin_apply(struct json *root, struct errors *errs)
{
	const struct setting	*row;
	const struct json	*value;
	struct settings		*ceiling;
	size_t			 i;

	if (admin.root == NULL)
		return NULL;
	apply_locks();
	check_locks(root, errs);
	check_ports(root, errs);
	if (errors_fatal(errs))
		return NULL;
	ceiling_apply(root, admin.root, errs);
	for (row = settings_table; row->name != NULL; row++)
		if (!is_part(row) && (value = json_find(admin.root,
		    row->name)) != NULL)
			apply_row(row, root, value, errs);
	for (i = 0; i < nitems(switches); i++)
		apply_switch(i, root, errs);
	apply_audit(root, errs);
	ceiling = settings_default();
	settings_read(admin.root, LAYER_ADMIN, ceiling, errs);
	return ceiling;
}
