/* SPDX-License-Identifier: ISC */

/*
 * The settings file, from its name to struct settings.  Whatever is wrong
 * with it refuses the start: to go on with the defaults would drop rules.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "srt.h"

#define SETTINGS_FILE	".srt-settings.json"
#define READ_STEP	65536

static char *const	*command;

const char *
settings_default_path(void)
{
	static char	 path[PATH_MAX];
	const char	*home = home_dir();
	int		 n;

	if (home == NULL)
		return NULL;
	n = snprintf(path, sizeof(path), "%s%s%s", home,
	    strcmp(home, "/") == 0 ? "" : "/", SETTINGS_FILE);
	return n < 0 || (size_t)n >= sizeof(path) ? NULL : path;
}

/* As node names it, for the message of the reference. */
static const char *
errno_name(int error)
{
	static const struct {
		int		 error;
		const char	*name;
	} names[] = {
		{ EACCES, "EACCES" }, { EPERM, "EPERM" },
		{ ENOTDIR, "ENOTDIR" }, { EISDIR, "EISDIR" },
		{ ELOOP, "ELOOP" }, { ENAMETOOLONG, "ENAMETOOLONG" },
		{ EFBIG, "EFBIG" }, { EIO, "EIO" }, { ENXIO, "ENXIO" },
		{ ENODEV, "ENODEV" }, { EMFILE, "EMFILE" },
		{ ENFILE, "ENFILE" }, { ENOMEM, "ENOMEM" },
		{ EBADF, "EBADF" }, { EINVAL, "EINVAL" },
		{ ESTALE, "ESTALE" }, { ETIMEDOUT, "ETIMEDOUT" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
	};
	size_t	 i;

	for (i = 0; i < nitems(names); i++)
		if (names[i].error == error)
			return names[i].name;
	return strerror(error);
}

/*
 * Reads to the end, waiting for the writer of a pipe: the descriptor does
 * not block.  Returns -1 with errno, EFBIG beyond the limit.
 */
int
settings_read_all(int fd, char **out, size_t *outlen)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };
	ssize_t		 n;
	size_t		 len = 0, room = 0;
	char		*buf = NULL;
	int		 saved;

	for (;;) {
		if (room - len < READ_STEP) {
			room = room == 0 ? READ_STEP : room * 2;
			buf = xreallocarray(buf, room, 1);
		}
		if (poll(&pfd, 1, -1) == -1 && errno != EINTR)
			goto fail;
		if ((n = read(fd, buf + len, room - len)) == 0)
			break;
		if (n == -1) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			goto fail;
		}
		len += (size_t)n;
		if (len > JSON_SIZE_MAX) {
			errno = EFBIG;
			goto fail;
		}
	}
	*out = buf;
	*outlen = len;
	return 0;

 fail:
	saved = errno;
	free(buf);
	errno = saved;
	return -1;
}

/*
 * Opened once, without waiting for what is behind the name; only a file or
 * a pipe is read.
 */
static int
read_file(const char *path, char **buf, size_t *len)
{
	struct stat	 st;
	int		 fd, ret = -1, saved;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
	    O_NOCTTY)) == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		goto done;
	if (S_ISDIR(st.st_mode))
		errno = EISDIR;
	else if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		errno = EOPNOTSUPP;
	else
		ret = settings_read_all(fd, buf, len);

 done:
	saved = errno;
	(void)close(fd);
	errno = saved;
	return ret;
}

/*
 * Names of files outlive everything that was read from them: there are a few,
 * and each is kept once.
 */
const char *
settings_file(const char *name)
{
	static struct strlist	 names;
	size_t			 i;

	for (i = 0; i < names.n; i++)
		if (strcmp(names.v[i].text, name) == 0)
			return names.v[i].text;
	names.v = xreallocarray(names.v, names.n + 1, sizeof(*names.v));
	memset(&names.v[names.n], 0, sizeof(*names.v));
	names.v[names.n].text = xstrdup(name);
	return names.v[names.n++].text;
}

struct settings *
settings_default(void)
{
	const struct setting	*row;
	struct settings		*settings;
	void			*field;

	settings = xcalloc(1, sizeof(*settings));
	settings->origin = xcalloc(settings_rows(), sizeof(*settings->origin));
	for (row = settings_table; row->name != NULL; row++) {
		if (row->field == 0 || row->deflt == NULL)
			continue;
		field = (char *)settings + row->field;
		if (row->type == SETTING_BOOL)
			*(int *)field = strcmp(row->deflt, "true") == 0;
		else if (row->type == SETTING_INT)
			*(int *)field = (int)strtol(row->deflt, NULL, 10);
	}
	return settings;
}

static void
strlist_clear(struct strlist *list)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		free(list->v[i].text);
	free(list->v);
}

static void
strmap_clear(struct strmap *map)
{
	size_t	 i;

	for (i = 0; i < map->n; i++) {
		free(map->v[i].key);
		strlist_clear(&map->v[i].values);
	}
	free(map->v);
}

void
settings_free(struct settings *settings)
{
	const struct setting	*row;
	void			*field;

	if (settings == NULL)
		return;
	for (row = settings_table; row->name != NULL; row++) {
		if (row->field == 0)
			continue;
		field = (char *)settings + row->field;
		if (row->type == SETTING_STRINGS ||
		    row->type == SETTING_PATHS || row->type == SETTING_PORTS)
			strlist_clear(field);
		else if (row->type == SETTING_STRMAP ||
		    row->type == SETTING_LISTMAP)
			strmap_clear(field);
		else if (row->type == SETTING_STRING ||
		    row->type == SETTING_ENUM)
			free(*(char **)field);
	}
	settings_free(settings->ceiling);
	free(settings->origin);
	free(settings->name);
	free(settings);
}

void
settings_command(char *const *words)
{
	command = words;
}

int
settings_names(const struct settings *settings, const char *key)
{
	const struct setting	*row = setting_find(key);

	return row != NULL && settings != NULL &&
	    settings->origin[row - settings_table].file != NULL;
}

/*
 * First every layer is looked at by itself, so that what is wrong is said of
 * the file that holds it.  Then they are put together and read.
 */
static int
settings_build(struct json *root, struct settings **out, struct errors *errs)
{
	struct settings	*ceiling = NULL, *settings;

	settings_read(root, LAYER_USER, NULL, errs);
	if (!errors_fatal(errs)) {
		layer_commands(root, command, errs);
		ceiling = admin_apply(root, errs);
	}
	if (errs->count[FAULT_SHAPE] == 0)
		settings_check(root, errs);
	if (!errors_fatal(errs))
		settings_check_built(root, errs);
	if (errors_fatal(errs)) {
		settings_free(ceiling);
		return -1;
	}
	settings = settings_default();
	settings->ceiling = ceiling;
	settings_read(root, LAYER_USER, settings, errs);
	if (errors_fatal(errs)) {
		settings_free(settings);
		return -1;
	}
	*out = settings;
	return 0;
}

int
settings_parse(const char *name, const char *text, size_t len,
    struct settings **out, struct errors *errs)
{
	struct json	*root;
	int		 ret;

	errs->file = name == NULL ? NULL : settings_file(name);
	if ((root = json_parse(text, len, errs)) == NULL)
		return -1;
	ret = settings_build(root, out, errs);
	json_free(root);
	if (ret == 0 && name != NULL)
		(*out)->name = xstrdup(name);
	return ret;
}

/* Returns 1 if there is no such file and none was asked for. */
static int
cannot_read(const char *path, int explicit_path, int error)
{
	if (error == ENOENT && !explicit_path)
		return 1;
	if (error == ENOENT) {
		errors_write("Error: %s does not exist.\n", path);
		errors_write("Refusing to run with the built-in defaults, "
		    "which would drop the rules --settings asked for.\n");
	} else
		errors_unreadable(path, errno_name(error));
	return 0;
}

/* What there is without a file: nothing is named, but layers may follow. */
static const char	 defaults[] =
	"{\"network\":{\"allowedDomains\":[],\"deniedDomains\":[]},"
	"\"filesystem\":{\"denyRead\":[],\"allowWrite\":[],"
	"\"denyWrite\":[]}}";

int
settings_policy(void)
{
	return admin_load(SRT_SYSCONFDIR);
}

int
settings_load(const char *path, int explicit_path, struct settings **out,
    char **text, size_t *len)
{
	struct errors	 errs;
	int		 ret;

	*text = NULL;
	if (path != NULL && read_file(path, text, len) == -1) {
		if (!cannot_read(path, explicit_path, errno))
			return -1;
		log_debug("%s does not exist; using the defaults", path);
		path = NULL;
	}
	errors_init(&errs);
	if (path == NULL)
		ret = settings_parse(NULL, defaults, strlen(defaults), out,
		    &errs);
	else
		ret = settings_parse(path, *text, *len, out, &errs);
	errors_report(&errs, path == NULL ? "the defaults" : path);
	errors_free(&errs);
	return ret;
}

const char *
settings_reason(const struct settings *settings, const char *entry)
{
	const struct strmap	*map = &settings->denied_reasons;
	size_t			 i;

	for (i = 0; i < map->n; i++)
		if (strcmp(map->v[i].key, entry) == 0)
			return map->v[i].values.v[0].text;
	return NULL;
}
