/* SPDX-License-Identifier: ISC */

/* openat2(2): its arguments, and what its flags make of a symbolic link. */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_open.h"

/* All that O_PATH may have beside it in openat2(2). */
#define FLAGS_PATH	((uint64_t)(O_PATH | O_DIRECTORY | O_NOFOLLOW | \
			    O_CLOEXEC))
#define RESOLVE_KNOWN	((uint64_t)(LX_RESOLVE_NO_XDEV | \
			    LX_RESOLVE_NO_MAGICLINKS | \
			    LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_BENEATH | \
			    LX_RESOLVE_IN_ROOT | LX_RESOLVE_CACHED))

#define HOW_MIN		24	/* OPEN_HOW_SIZE_VER0 */
#define HOW_MAX		4096

/* LX_RESOLVE_NO_XDEV: does a link to "/" leave the mount? */
static int
is_other_mount(int dirfd)
{
	struct lx_stat	 a, b;

	return lx_statx(dirfd, "", LX_STATX_MNT_ID, &a) == -1 ||
	    lx_statx(broker.rootfd, "", LX_STATX_MNT_ID, &b) == -1 ||
	    a.mnt_id != b.mnt_id;
}

/* Takes each "./" out; the new length. */
static size_t
squeeze(char *path, size_t len)
{
	size_t	 i, n = 0;

	for (i = 0; i < len; i++)
		if (path[i] == '.' && path[i + 1] == '/' &&
		    (i == 0 || path[i - 1] == '/'))
			i++;
		else
			path[n++] = path[i];
	return n;
}

long
open_hop_again(struct call *c, int dirfd, const struct opening *o,
    struct loc *loc)
{
	char	*path = c->path;
	size_t	 len = strlen(path), n;
	ssize_t	 text;

	text = readlinkat(loc->dirfd, loc->last, c->path2, PATH_MAX);
	if (text == -1)
		return -errno;
	if (text == PATH_MAX)
		return -ENAMETOOLONG;
	while (len > 0 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	if (c->path2[0] == '/') {
		/* The kernel does not compare before it has been there. */
		if ((o->resolve & LX_RESOLVE_NO_XDEV) != 0 &&
		    (o->resolve & LX_RESOLVE_IN_ROOT) == 0 &&
		    (path[0] != '/' || is_other_mount(loc->dirfd)))
			return -EXDEV;
		len = 0;
	}
	n = len + (size_t)text;
	if (n + 2 > PATH_MAX) {
		c->path2[text] = '\0';
		text = (ssize_t)squeeze(c->path2, (size_t)text);
		len = squeeze(path, len);
		n = len + (size_t)text;
	}
	if (n + 2 > PATH_MAX)
		return open_kernel(c, o);
	memcpy(path + len, c->path2, (size_t)text);
	if (loc->slash)
		path[n++] = '/';
	path[n] = '\0';
	loc_close(loc);
	return loc_resolve_how(c, dirfd, path, o->resolve, c->real, loc);
}

/* What is behind the fields that we know must be zeros. */
static long
how_rest(struct call *c, uint64_t addr, size_t size)
{
	char	 buf[256];
	size_t	 at, n, i;
	long	 r;

	for (at = HOW_MIN; at < size; at += n) {
		n = size - at < sizeof(buf) ? size - at : sizeof(buf);
		if ((r = task_read(c, addr + at, buf, n)) < 0)
			return r;
		for (i = 0; i < n; i++)
			if (buf[i] != 0)
				return -E2BIG;
	}
	return 0;
}

static int
how_is_valid(const struct opening *o)
{
	uint64_t	 scopes = LX_RESOLVE_BENEATH | LX_RESOLVE_IN_ROOT;

	if ((o->flags & ~FLAGS_KNOWN) != 0 ||
	    (o->resolve & ~RESOLVE_KNOWN) != 0 ||
	    (o->resolve & scopes) == scopes)
		return 0;
	if ((o->flags & O_PATH) != 0)
		return o->mode == 0 && (o->flags & ~FLAGS_PATH) == 0;
	if ((o->flags & (O_CREAT | LX_TMPFILE)) != 0)
		return (o->mode & ~(uint64_t)MODE_KNOWN) == 0 &&
		    !opening_is_odd(o);
	return o->mode == 0;
}

long
call_openat2(struct call *c)
{
	struct lx_open_how	 how;
	struct opening		 o;
	uint64_t		 size = c->arg[3];
	int			 abi = broker.mounts.landlock.abi;
	long			 r;

	/* It could be left to the kernel then only where flags are fixed. */
	if (abi > 0 && abi < ABI_TRUNCATE)
		return -ENOSYS;
	if (size < HOW_MIN)
		return -EINVAL;
	if (size > HOW_MAX)
		return -E2BIG;
	if ((r = task_read(c, c->arg[2], &how, sizeof(how))) < 0 ||
	    (r = how_rest(c, c->arg[2], (size_t)size)) < 0)
		return r;
	o.flags = how.flags;
	o.mode = how.mode;
	o.resolve = how.resolve;
	o.how = 1;
	if (!how_is_valid(&o))
		return -EINVAL;
	if (!opening_is_ours(&o))
		return open_kernel(c, &o);
	if ((o.resolve & LX_RESOLVE_CACHED) != 0)
		return -EAGAIN;
	if ((r = task_string(c, c->arg[1], c->path)) < 0)
		return r;
	return open_path(c, (int)c->arg[0], &o);
}
