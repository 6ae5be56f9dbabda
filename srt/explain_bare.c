/* SPDX-License-Identifier: ISC */

/*
 * Repositories without a name to know them by, as broker_bare.c holds them in
 * a run, by what is there now.  Nothing is of the command's making yet.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"

/* The file "dir/name"; what cannot be looked for counts as there. */
static int
is_there(const char *dir, const char *name)
{
	struct stat	 st;
	char		*path;
	int		 ret;

	(void)xasprintf(&path, "%s/%s", dir, name);
	ret = lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
	free(path);
	return ret;
}

static int
is_link(const char *dir, const char *name)
{
	struct stat	 st;
	char		*path;
	int		 ret;

	(void)xasprintf(&path, "%s/%s", dir, name);
	ret = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	free(path);
	return ret;
}

/* Those of the parts that the directory holds. */
static unsigned int
parts_there(const char *dir, unsigned int wanted)
{
	const struct guard_part_name	*p;
	unsigned int			 have = 0;

	for (p = guard_part_names; p < guard_part_names + GUARD_PARTS; p++)
		if ((p->part & wanted) != 0 && is_there(dir, p->name))
			have |= p->part;
	if ((wanted & PART_ATTRIBUTES) != 0 && is_link(dir, "info"))
		have |= PART_ATTRIBUTES;
	return have;
}

/* held_refuses() and set_refuses() of broker_bare.c. */
static int
part_refuses(const struct explain *ex, const char *dir,
    const struct guard_place *p)
{
	unsigned int	 have, held = guard_parts(ex->guard);

	if ((p->part & (PART_HEAD | PART_OBJECTS | PART_REFS)) != 0) {
		have = parts_there(dir, GUARD_PARTS_SET);
		return p->up == 0 &&
		    guard_whole(have) != guard_whole(have | p->part) &&
		    parts_there(dir, held) != 0;
	}
	if ((p->part & held) == 0 || !is_there(dir, "HEAD"))
		return 0;
	return p->part == PART_COMMONDIR || guard_nearly(PART_HEAD |
	    parts_there(dir, GUARD_PARTS_SET & ~(unsigned int)PART_HEAD));
}

static const char *
shown_name(unsigned int part)
{
	size_t	 i;

	for (i = 0; i < GUARD_PARTS; i++)
		if (guard_part_names[i].part == part)
			return guard_part_names[i].shown;
	return NULL;
}

int
explain_bare(const struct explain *ex, const char *path,
    struct guard_hit *hit)
{
	struct guard_place	 p = { .end = 0 };
	char			*dir;
	int			 refused = 0;

	while (!refused && guard_place(ex->guard, path, &p)) {
		dir = xstrndup(path, p.dirlen);
		refused = part_refuses(ex, dir, &p);
		free(dir);
	}
	if (refused) {
		hit->rule = "mandatory";
		hit->name = shown_name(p.part);
		hit->mandatory = 1;
	}
	return refused;
}
