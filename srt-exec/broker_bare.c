/* SPDX-License-Identifier: ISC */

/*
 * Repositories without a name to know them by.  git takes every directory for
 * one that holds HEAD, objects and refs, or HEAD and commondir, and executes
 * what the configuration and the hooks in it say.  So in a directory that is
 * one, or nearly, these are held; and where they are, the last part that would
 * make it one.
 *
 * What is there is looked up when such a name is about to be made or changed,
 * and at no other time.  That it is there is what counts, not what it is: git
 * could find more in it later.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

/* A directory that may become a repository. */
struct bare {
	int		 fd;
	int		 opened;
	const char	*path;
	size_t		 len;		/* of the directory's part of it */
	unsigned int	 floor;		/* for fresh_depth() */
};

static const char *
shown_name(unsigned int part)
{
	size_t	 i;

	for (i = 0; i < GUARD_PARTS; i++)
		if (guard_part_names[i].part == part)
			return guard_part_names[i].shown;
	return NULL;
}

/* What cannot be looked for counts as there. */
static int
is_there(int dirfd, const char *name)
{
	struct lx_stat	 st;

	return lx_statx(dirfd, name, LX_STATX_BASIC, &st) == 0 ||
	    (errno != ENOENT && errno != ENOTDIR);
}

/* "info" that is a link could come to lead to anything. */
static int
is_link(int dirfd, const char *name)
{
	struct lx_stat	 st;

	return lx_statx(dirfd, name, LX_STATX_BASIC, &st) == 0 &&
	    S_ISLNK(st.mode);
}

/* Those of the parts that the directory holds. */
static unsigned int
parts_there(const struct bare *b, unsigned int wanted)
{
	unsigned int	 have = 0;
	size_t		 i;

	for (i = 0; i < GUARD_PARTS; i++)
		if ((guard_part_names[i].part & wanted) != 0 &&
		    is_there(b->fd, guard_part_names[i].name))
			have |= guard_part_names[i].part;
	if ((wanted & PART_ATTRIBUTES) != 0 && is_link(b->fd, "info"))
		have |= PART_ATTRIBUTES;
	return have;
}

static int
is_making(enum deed deed)
{
	return deed == DEED_CREATE || deed == DEED_OPEN ||
	    deed == DEED_MKDIR || deed == DEED_REPLACE || deed == DEED_BIND;
}

static int
is_removing(enum deed deed)
{
	return deed == DEED_REMOVE || deed == DEED_RMDIR ||
	    deed == DEED_RENAME;
}

static int
bare_open(struct bare *b, int dirfd, const struct guard_place *p)
{
	static const char	 up[] =
	    "../../../../../../../../../../../../../../../..";
	unsigned int		 n, left = p->up;
	int			 fd = dirfd, next;

	b->opened = 0;
	for (; left > 0; left -= n) {
		n = left < sizeof(up) / 3 ? left : (unsigned int)sizeof(up) /
		    3;
		next = path_open(fd, up + sizeof(up) - 3 * n, O_PATH |
		    O_DIRECTORY, 0, 0);
		if (b->opened)
			(void)close(fd);
		if (next < 0)
			return -1;
		fd = next;
		b->opened = 1;
	}
	b->fd = fd;
	return 0;
}

static void
bare_close(const struct bare *b)
{
	if (b->opened)
		(void)close(b->fd);
}

static unsigned int
depth_of(const struct bare *b)
{
	unsigned int	 depth = 0;
	size_t		 i;

	for (i = 0; i < b->len; i++)
		depth += b->path[i] == '/';
	return depth;
}

/* Is it, or something above it, of the command's own making? */
static int
bare_fresh(const struct bare *b)
{
	/* What is not beneath a moved directory does not move with it. */
	return fresh_depth(b->fd, b->path, b->len,
	    depth_of(b) < b->floor ? 1 : b->floor) != GUARD_OLD;
}

/* "dir/name" is in a repository that the command has made. */
static void
bare_note(const struct bare *b, unsigned int there)
{
	char	 path[PATH_MAX];
	size_t	 i, n;

	for (i = 0; i < GUARD_PARTS; i++) {
		n = strlen(guard_part_names[i].name);
		if ((guard_part_names[i].part & there) == 0 ||
		    b->len + n + 2 > sizeof(path))
			continue;
		memcpy(path, b->path, b->len);
		path[b->len] = '/';
		memcpy(path + b->len + 1, guard_part_names[i].name, n + 1);
		fresh_note(path, guard_part_names[i].shown);
	}
}

/* One that is executed, or says what is: not in a repository. */
static int
held_refuses(const struct bare *b, unsigned int part, enum deed deed)
{
	if (!is_there(b->fd, "HEAD") || (part != PART_COMMONDIR &&
	    !guard_nearly(parts_there(b, GUARD_PARTS_SET & ~PART_HEAD) |
	    PART_HEAD)))
		return 0;
	if (!bare_fresh(b))
		return 1;
	if (is_making(deed) || deed == DEED_WRITE)
		bare_note(b, part);
	return 0;
}

/* One that makes a repository: not where there is such a thing already. */
static int
set_refuses(const struct bare *b, unsigned int part, enum deed deed)
{
	unsigned int	 have, held;

	if (!is_making(deed) && !is_removing(deed))
		return 0;
	/*
	 * What is there may be replaced, and not be taken away: the user
	 * might put it back one day.
	 */
	have = parts_there(b, GUARD_PARTS_SET);
	if (guard_whole(have) == guard_whole(is_making(deed) ? have | part :
	    have & ~part) ||
	    (held = parts_there(b, guard_parts(broker.guard))) == 0)
		return 0;
	if (!bare_fresh(b))
		return 1;
	if (is_making(deed))
		bare_note(b, held);
	return 0;
}

static int
place_refuses(const struct bare *b, const struct guard_place *p,
    enum deed deed)
{
	if ((p->part & (PART_HEAD | PART_OBJECTS | PART_REFS)) != 0)
		return p->up == 0 && set_refuses(b, p->part, deed);
	if ((p->part & guard_parts(broker.guard)) != 0)
		return held_refuses(b, p->part, deed);
	return 0;
}

static void
set_hit(struct guard_hit *hit, unsigned int part)
{
	hit->rule = "mandatory";
	hit->name = shown_name(part);
	hit->mandatory = 1;
}

int
bare_refuses(int dirfd, const char *path, enum deed deed, unsigned int floor,
    struct guard_hit *hit)
{
	struct guard_place	 p = { .end = 0 };
	struct bare		 b = { .path = path, .floor = floor };
	int			 refused = 0;

	while (!refused && guard_place(broker.guard, path, &p)) {
		b.len = p.dirlen;
		if (bare_open(&b, dirfd, &p) == -1)
			refused = 1;
		else {
			refused = place_refuses(&b, &p, deed);
			bare_close(&b);
		}
		if (refused)
			set_hit(hit, p.part);
	}
	return refused;
}

/*
 * The first thing in a directory that is empty: git init --bare has to find
 * that this is as good as new before it is not empty any more.
 */
static void
bare_first(const struct loc *loc, const struct guard_place *p)
{
	if (loc->kind == LOC_NAME && p->up == 0 &&
	    !is_there(loc->dirfd, "HEAD"))
		(void)check_fresh(loc);
}

int
bare_check(const struct loc *loc, enum deed deed, struct guard_hit *hit)
{
	struct guard_place	 p = { .end = 0 };
	int			 fd, refused;

	if (!guard_place(broker.guard, loc->real, &p))
		return 0;
	if (is_making(deed))
		bare_first(loc, &p);
	if (loc->kind == LOC_NAME)
		return bare_refuses(loc->dirfd, loc->real, deed, 1, hit);
	if ((fd = check_dir(loc, loc->dirlen)) < 0) {
		set_hit(hit, p.part);
		return 1;
	}
	refused = bare_refuses(fd, loc->real, deed, 1, hit);
	(void)close(fd);
	return refused;
}

int
bare_stem(const struct loc *loc, struct guard_hit *hit)
{
	struct guard_place	 p = { .end = 0 };
	struct bare		 b = {
		.fd = loc->dirfd,
		.path = loc->real,
		.len = loc->dirlen,
		.floor = 1
	};

	while (guard_place(broker.guard, loc->real, &p))
		if (p.part == PART_INFO && p.up == 0 &&
		    held_refuses(&b, PART_INFO, DEED_REPLACE)) {
			set_hit(hit, PART_INFO);
			return 1;
		}
	return 0;
}

int
bare_alone(const struct loc *loc, uint64_t *ino)
{
	struct guard_place	 p = { .end = 0 };
	struct lx_stat		 st;

	if (broker.guard == NULL || loc->kind != LOC_NAME)
		return 0;
	*ino = loc->dirino;
	/* What is in "hooks" needs it, and that keeps the rest away. */
	while (guard_place(broker.guard, loc->real, &p)) {
		if (p.up == 0)
			return 1;
		if (p.part != PART_ATTRIBUTES)
			continue;
		if (lx_statx(loc->dirfd, "..", LX_STATX_BASIC, &st) == 0)
			*ino = st.ino;
		return 1;
	}
	return 0;
}
