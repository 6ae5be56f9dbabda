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
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "srt.h"

#define SETTINGS_FILE	".srt-settings.json"
#define READ_STEP	65536

const char *
settings_default_path(void)
{
	static char		 path[PATH_MAX];
	const struct passwd	*pw;
	const char		*home;
	int			 n;

	/* A relative home would take the settings from anywhere. */
	home = getenv("HOME");
	if (home == NULL || *home != '/') {
		pw = getpwuid(getuid());
		if (pw == NULL || pw->pw_dir == NULL || *pw->pw_dir != '/')
			return NULL;
		home = pw->pw_dir;
	}
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
static int
read_all(int fd, char **out, size_t *outlen)
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
		ret = read_all(fd, buf, len);

 done:
	saved = errno;
	(void)close(fd);
	errno = saved;
	return ret;
}

struct settings *
settings_default(void)
{
	return xcalloc(1, sizeof(struct settings));
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
		if (row->type == SETTING_STRINGS || row->type == SETTING_PATHS)
			strlist_clear(field);
		else if (row->type == SETTING_STRMAP ||
		    row->type == SETTING_LISTMAP)
			strmap_clear(field);
	}
	free(settings->name);
	free(settings);
}

int
settings_parse(const char *name, const char *text, size_t len,
    struct settings **out, struct errors *errs)
{
	struct settings	*settings;
	struct json	*root;

	if ((root = json_parse(text, len, errs)) == NULL)
		return -1;
	settings = settings_default();
	settings->name = xstrdup(name);
	settings_read(root, settings, errs);
	if (errs->count[FAULT_SHAPE] == 0)
		settings_check(root, errs);
	if (!errors_fatal(errs))
		settings_check_built(root, errs);
	json_free(root);
	if (errors_fatal(errs)) {
		settings_free(settings);
		return -1;
	}
	*out = settings;
	return 0;
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

int
settings_load(const char *path, int explicit_path, struct settings **out)
{
	struct errors	 errs;
	char		*text;
	size_t		 len;
	int		 ret;

	if (read_file(path, &text, &len) == -1) {
		if (!cannot_read(path, explicit_path, errno))
			return -1;
		log_debug("%s does not exist; using the defaults", path);
		*out = settings_default();
		return 0;
	}
	errors_init(&errs);
	ret = settings_parse(path, text, len, out, &errs);
	free(text);
	errors_report(&errs, path);
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
