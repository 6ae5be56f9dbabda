/* SPDX-License-Identifier: ISC */

/*
 * Where a path leads, component by component, and what was met on the way:
 * realpath(3) would not tell.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define LINKS_MAX	40

struct follow {
	struct followed	*f;
	char		*done;		/* real; "" is the root */
	char		*rest;		/* still to be walked */
	mode_t		 mode;
	int		 rooted;	/* only root can change what is above */
	int		 above;		/* likewise, before the last step */
	unsigned int	 nlinks;
};

/*
 * The directory of the last path, without a link on the way: settings name
 * many files of few directories.  While known.on: what is found so is found
 * at one time, as good as.
 */
static struct {
	int		 on;
	char		*dir;
	int		 rooted;
} known;

static int	 only_slashes(const char *);
static int	 follow_step(struct follow *);
static int	 follow_into(struct follow *, char *, size_t);
static int	 follow_link(struct follow *, char *, const char *, uid_t);
static void	 follow_rest(struct follow *, const char *);
static void	 known_begin(struct follow *, const char *);
static void	 known_end(const struct follow *, const char *);

char *
path_fold(const char *path)
{
	char		*out, *o;
	size_t		 len;

	out = o = xcalloc(strlen(path) + 2, 1);
	for (;;) {
		while (*path == '/')
			path++;
		if (*path == '\0')
			break;
		len = strcspn(path, "/");
		if (len == 2 && strncmp(path, "..", 2) == 0) {
			while (o > out && *--o != '/')
				continue;
			*o = '\0';
		} else if (len != 1 || *path != '.') {
			*o++ = '/';
			memcpy(o, path, len);
			o += len;
		}
		path += len;
	}
	if (o == out)
		*o++ = '/';
	*o = '\0';
	return out;
}

char *
path_above(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* "/", "/./": what may stand behind a file's name. */
static int
only_slashes(const char *p)
{
	for (; *p == '/'; p++)
		if (p[1] == '.' && (p[2] == '/' || p[2] == '\0'))
			p++;
	return *p == '\0';
}

static void
follow_rest(struct follow *w, const char *p)
{
	memmove(w->rest, p, strlen(p) + 1);
}

void
path_follow_known(int on)
{
	free(known.dir);
	known.dir = NULL;
	known.on = on;
	path_folds_known(on);
}

static void
known_begin(struct follow *w, const char *path)
{
	size_t	 len = known.dir == NULL ? 0 : strlen(known.dir);

	if (len == 0 || strncmp(path, known.dir, len) != 0 ||
	    path[len] != '/')
		len = 0;
	w->done = len == 0 ? xstrdup("") : xstrdup(known.dir);
	w->rest = xstrdup(path + len);
	if (len != 0)
		w->rooted = known.rooted;
}

static void
known_end(const struct follow *w, const char *path)
{
	const char	*slash = strrchr(path, '/');
	size_t		 len = slash == NULL ? 0 : (size_t)(slash - path);

	/* By its own name, so that the next one can be compared as text. */
	if (!known.on || slash == path || w->nlinks != 0 ||
	    strcmp(w->done, path) != 0)
		return;
	if (known.dir == NULL || strncmp(known.dir, path, len) != 0 ||
	    known.dir[len] != '\0') {
		free(known.dir);
		known.dir = xstrndup(path, len);
	}
	known.rooted = w->above;
}

int
path_follow(const char *path, struct followed *f)
{
	struct follow	 w = { .f = f, .mode = S_IFDIR, .rooted = 1 };
	char		*joined;
	int		 n, error;

	memset(f, 0, sizeof(*f));
	/* What the command of a root caller leaves behind is root's, too. */
	if (geteuid() == 0)
		w.rooted = 0;
	known_begin(&w, path);
	while ((n = follow_step(&w)) == 1)
		continue;
	error = errno;
	if (n == 0)
		known_end(&w, path);
	if (n == -1) {
		joined = xstrcat(w.done, "/", w.rest);
		f->meant = path_fold(joined);
		free(joined);
	}
	free(w.rest);
	if (*w.done == '\0') {
		free(w.done);
		w.done = xstrdup("/");
	}
	f->path = w.done;
	if (n == 0)
		f->meant = xstrdup(f->path);
	f->mode = w.mode;
	errno = error;
	return n;
}

void
followed_free(struct followed *f)
{
	size_t	 i;

	for (i = 0; i < f->nlinks; i++)
		free(f->links[i]);
	free(f->links);
	free(f->path);
	free(f->meant);
	memset(f, 0, sizeof(*f));
}

/* One component; 1 if there may be more, 0 at the end, -1 with errno. */
static int
follow_step(struct follow *w)
{
	char	*p = w->rest, *next, *slash;
	size_t	 len;
	int	 n;

	while (*p == '/')
		p++;
	if (*p == '\0')
		return 0;
	len = strcspn(p, "/");
	if (len == 1 && *p == '.') {
		follow_rest(w, p + len);
		return 1;
	}
	if (len == 2 && strncmp(p, "..", 2) == 0) {
		if ((slash = strrchr(w->done, '/')) != NULL)
			*slash = '\0';
		w->mode = S_IFDIR;
		follow_rest(w, p + len);
		return 1;
	}
	next = xstrcat(w->done, "/", p);
	next[strlen(next) - strlen(p) + len] = '\0';
	if ((n = follow_into(w, next, (size_t)(p + len - w->rest))) == -1)
		free(next);
	return n;
}

/* next is the real directory and a name in it: taken over unless it fails. */
static int
follow_into(struct follow *w, char *next, size_t used)
{
	struct stat	 st;
	const char	*after = w->rest + used;

	if (strlen(next) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (lstat(next, &st) == -1)
		return -1;
	if (S_ISLNK(st.st_mode))
		return follow_link(w, next, after, st.st_uid);
	if (!S_ISDIR(st.st_mode) && !only_slashes(after)) {
		errno = ENOTDIR;
		return -1;
	}
	w->above = w->rooted;
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		w->rooted = 0;
	free(w->done);
	w->done = next;
	w->mode = st.st_mode;
	if (S_ISDIR(st.st_mode))
		follow_rest(w, after);
	else
		*w->rest = '\0';
	return 1;
}

static int
follow_link(struct follow *w, char *link, const char *after, uid_t owner)
{
	struct followed	*f = w->f;
	char		 target[PATH_MAX], *joined;
	ssize_t		 n;

	if (++w->nlinks > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	if ((n = readlink(link, target, sizeof(target) - 1)) == -1)
		return -1;
	target[n] = '\0';
	if (owner != 0 || !w->rooted)
		f->foreign = 1;
	f->links = xreallocarray(f->links, f->nlinks + 1, sizeof(*f->links));
	f->links[f->nlinks++] = link;
	f->last = only_slashes(after);

	joined = xstrcat(target, after);
	free(w->rest);
	w->rest = joined;
	if (*target == '/') {
		*w->done = '\0';
		w->mode = S_IFDIR;
		w->rooted = geteuid() != 0;
	}
	return 1;
}
