/* SPDX-License-Identifier: ISC */

/*
 * srt, while somebody else changes what lies on the way to the files that it
 * writes to, at the worst moment and not by luck.  SRT_TEST_SWAP_SEEN holds
 * two paths with a colon: when srt has looked at all paths of its policy what
 * is at the second takes the place of what is at the first, if anything is,
 * which stays beside it with ".seen" behind its name.  SRT_TEST_SWAP_OPEN and
 * ".open" likewise, when the directory of what is to be saved has been opened.
 *
 * SRT_TEST_FLOCK is how the file system that the settings are on refuses to
 * lock: "EBADF" as NFS, but for a file that is open for writing.
 *
 * It is made of srt's own objects by --wrap of the linker.
 */

#include "compat.h"

#include <sys/file.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt/parent.h"

int	 __wrap_flock(int, int);
int	 __real_flock(int, int);
int	 __wrap_keeper_start(const struct output *, int);
int	 __real_keeper_start(const struct output *, int);
int	 __wrap_paths_resolve(const struct settings *, const char *,
	    const struct own_file *, size_t, struct fs_paths *,
	    struct guards *);
int	 __real_paths_resolve(const struct settings *, const char *,
	    const struct own_file *, size_t, struct fs_paths *,
	    struct guards *);

static void
swap(const char *name, const char *suffix)
{
	const char	*value = getenv(name);
	char		*path, *with, *was;

	if (value == NULL)
		return;
	with = path = xstrdup(value);
	(void)strsep(&with, ":");
	was = xstrcat(path, suffix);
	if ((rename(path, was) == -1 && errno != ENOENT) ||
	    rename(with, path) == -1)
		err(EXIT_SRT, "%s", value);
	free(was);
	free(path);
}

int
__wrap_paths_resolve(const struct settings *set, const char *cwd,
    const struct own_file *own, size_t nown, struct fs_paths *paths,
    struct guards *guards)
{
	int	 ret = __real_paths_resolve(set, cwd, own, nown, paths,
		    guards);

	swap("SRT_TEST_SWAP_SEEN", ".seen");
	return ret;
}

int
__wrap_keeper_start(const struct output *out, int in_place)
{
	int	 ret = __real_keeper_start(out, in_place);

	swap("SRT_TEST_SWAP_OPEN", ".open");
	return ret;
}

int
__wrap_flock(int fd, int op)
{
	static const struct {
		const char	*name;
		int		 error;
	} errors[] = {
		{ "EBADF", EBADF }, { "EINVAL", EINVAL },
		{ "ENOLCK", ENOLCK }, { "ENOSYS", ENOSYS },
		{ "EOPNOTSUPP", EOPNOTSUPP }
	};
	const char	*name = getenv("SRT_TEST_FLOCK");
	size_t		 i;

	for (i = 0; name != NULL && i < nitems(errors); i++)
		if (strcmp(name, errors[i].name) == 0) {
			if (errors[i].error == EBADF &&
			    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
				break;
			errno = errors[i].error;
			return -1;
		}
	return __real_flock(fd, op);
}
