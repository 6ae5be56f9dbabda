/* SPDX-License-Identifier: ISC */

/*
 * A file that srt writes to by itself, by a path of its caller's.  Between
 * the look at what is on the way to it and the open the command of another
 * run may put a link there.  So what is opened is the real path that was
 * looked at, directory by directory, and no link is followed any more.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

/* A name in the directory that was reached, and nothing beyond? */
static int
is_next(const struct followed *f)
{
	char	*dir = path_above(f->meant);
	int	 same = strcmp(dir, f->path) == 0;

	free(dir);
	return same;
}

void
output_init(struct output *out, const char *spelt, const struct followed *f,
    int error)
{
	const char	*link;

	memset(out, 0, sizeof(*out));
	out->spelt = spelt;
	out->error = error;
	if (error == 0 || (error == ENOENT && is_next(f)))
		out->path = xstrdup(f->meant);
	/* "x/" is a directory's name, and makes no file "x". */
	if (out->path != NULL && (strcmp(out->path, "/") == 0 ||
	    (error == ENOENT && spelt[strlen(spelt) - 1] == '/'))) {
		free(out->path);
		out->path = NULL;
		out->error = EISDIR;
	}
	if (!f->last)
		return;
	link = f->links[f->nlinks - 1];
	if (path_beneath(link, "/proc"))
		out->link = xstrdup(link);
}

const char *
output_name(const struct output *out)
{
	return strrchr(out->path, '/') + 1;
}

/* Closes, and leaves errno as it is. */
static void
close_quietly(int fd)
{
	int	 error = errno;

	(void)close(fd);
	errno = error;
}

int
output_dir(const struct output *out)
{
	char	*dirs, *name, *rest;
	int	 dir, fd;

	if (out->path == NULL) {
		errno = out->error;
		return -1;
	}
	dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rest = dirs = path_above(out->path);
	while (dir != -1 && (name = strsep(&rest, "/")) != NULL) {
		if (*name == '\0')
			continue;
		fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		close_quietly(dir);
		dir = fd;
	}
	free(dirs);
	return dir;
}

int
output_open(const struct output *out, int flags)
{
	int	 dir, fd;

	if (out->link != NULL)
		return open(out->link, flags | O_CLOEXEC, 0600);
	if ((dir = output_dir(out)) == -1)
		return -1;
	fd = openat(dir, output_name(out), flags | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	close_quietly(dir);
	return fd;
}

const char *
output_why(const struct output *out)
{
	switch (errno) {
	case ELOOP:
	case EMLINK:		/* FreeBSD's ELOOP */
	case ENOENT:
	case ENOTDIR:
		if (out->path != NULL && out->link == NULL)
			return "the way to it changed while srt was starting: "
			    "name a file where no command may write";
		break;
	}
	return strerror(errno);
}
