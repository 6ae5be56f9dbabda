/* SPDX-License-Identifier: ISC */

/*
 * Does a directory take names that differ in case for the same?  Then a
 * protected file that does not exist yet has more than one name.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

/* <linux/fs.h>, which does not go with sys/mount.h everywhere */
#define LX_GETFLAGS	_IOR('f', 1, long)	/* FS_IOC_GETFLAGS */
#define LX_CASEFOLD	0x40000000		/* FS_CASEFOLD_FL */

/* statfs(2), <linux/magic.h>: those that know no other way. */
static const unsigned long	 folding[] = {
	0x4d44,			/* vfat */
	0x2011bab0,		/* exfat */
	0x5346544e,		/* ntfs */
	0x7366746e,		/* ntfs3 */
	0xff534d42,		/* cifs */
	0xfe534d42,		/* smb2 */
	0x517b,			/* smbfs */
	0x4244,			/* hfs */
	0x482b			/* hfsplus */
};

/* While known.on: the answer of one directory, which many files share. */
static struct {
	int	 on;
	char	*dir;
	int	 folds;
} known;

static int	 nearest_folds(const char *);

void
path_folds_known(int on)
{
	free(known.dir);
	known.dir = NULL;
	known.on = on;
}

static int
dir_folds(int fd)
{
	struct statfs	 sf;
	size_t		 i;
	long		 flags = 0;

	if (fstatfs(fd, &sf) == 0)
		for (i = 0; i < nitems(folding); i++)
			if (((unsigned long)sf.f_type & 0xffffffff) ==
			    folding[i])
				return 1;
	return ioctl(fd, LX_GETFLAGS, &flags) == 0 &&
	    ((unsigned long)flags & LX_CASEFOLD) != 0;
}

int
path_folds(const char *path)
{
	const char	*last = strrchr(path, '/');
	size_t		 len = last == NULL ? 0 : (size_t)(last - path);
	int		 folds;

	if (known.dir != NULL && strncmp(known.dir, path, len) == 0 &&
	    known.dir[len] == '\0')
		return known.folds;
	folds = nearest_folds(path);
	if (known.on && len != 0) {
		free(known.dir);
		known.dir = xstrdup(path);
		known.dir[len] = '\0';
		known.folds = folds;
	}
	return folds;
}

static int
nearest_folds(const char *path)
{
	char	*dir = xstrdup(path), *slash;
	int	 fd, folds = 0;

	/* What is made in a directory that folds does so as well. */
	while ((slash = strrchr(dir, '/')) != NULL) {
		slash[slash == dir] = '\0';
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_NONBLOCK |
		    O_CLOEXEC);
		if (fd != -1) {
			folds = dir_folds(fd);
			(void)close(fd);
			break;
		}
		/* One that cannot be asked may. */
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
			folds = 1;
			break;
		}
		if (slash == dir)
			break;
	}
	free(dir);
	return folds;
}
