/* SPDX-License-Identifier: ISC */

/*
 * The administrator's policy: its files, which settings_override.c puts above
 * a user's settings.  The name of their directory is compiled in: what could
 * name another would be the way around it.
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

struct settings *
admin_apply(struct json *root, struct errors *errs)
{
	struct settings	*ceiling;

	if (admin.root == NULL ||
	    override_apply(root, admin.root, errs) == -1)
		return NULL;
	ceiling = settings_default();
	settings_read(admin.root, LAYER_ADMIN, ceiling, errs);
	return ceiling;
}
