/* SPDX-License-Identifier: ISC */

/*
 * One call, or two, on a path.  Who may do so in the end is asked of the
 * kernel alone: nothing is looked up before.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <linux/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs_layers.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef O_PATH
#define O_PATH		010000000
#endif
#ifndef O_TMPFILE
#define O_TMPFILE	(020000000 | O_DIRECTORY)
#endif

/* These are younger than the headers of some systems. */
#define NR_OPENAT2	437
#define NR_SETXATTRAT	463
#define NR_FILE_GETATTR	468
#define NR_FILE_SETATTR	469
#define EXCHANGE	2
#define WHITEOUT	4
#define ATTR_NODUMP	0x00000080

#define EVIL		"evil"

/* Writes to it, and closes it. */
static int
fd_evil(int fd)
{
	int	 got;

	if (fd == -1)
		return 0;
	got = write(fd, EVIL, sizeof(EVIL) - 1) == sizeof(EVIL) - 1;
	(void)close(fd);
	return got;
}

int
try_write(const char *path)
{
	return fd_evil(open(path, O_WRONLY));
}

int
try_append(const char *path)
{
	return fd_evil(open(path, O_WRONLY | O_APPEND));
}

int
try_open_trunc(const char *path)
{
	return open(path, O_RDONLY | O_TRUNC) != -1;
}

int
try_truncate(const char *path)
{
	return truncate(path, 1) == 0;
}

int
try_reopen(const char *path)
{
	char	 magic[64];
	int	 fd;

	if ((fd = open(path, O_PATH)) == -1)
		return 0;
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	return fd_evil(open(magic, O_RDWR));
}

int
try_openat2(const char *path)
{
	struct {
		uint64_t	 flags;
		uint64_t	 mode;
		uint64_t	 resolve;
	} how = { O_RDWR | O_CLOEXEC, 0, 0 };

	return fd_evil((int)syscall(NR_OPENAT2, AT_FDCWD, path, &how,
	    sizeof(how)));
}

/* The best descriptor that can be had. */
static int
best(const char *path)
{
	int	 fd = open(path, O_RDWR);

	return fd != -1 ? fd : open(path, O_RDONLY);
}

int
try_mmap(const char *path)
{
	char	*map;
	int	 fd = best(path);

	map = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		map = mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED ||
		    mprotect(map, 4, PROT_READ | PROT_WRITE) == -1)
			return 0;
	}
	(void)memcpy(map, EVIL, 4);
	return 1;
}

int
try_splice(const char *path)
{
	off_t	 at = 0;
	int	 fd = best(path), p[2];

	return pipe(p) == 0 && write(p[1], EVIL, 4) == 4 &&
	    syscall(SYS_splice, p[0], NULL, fd, &at, 4, 0) == 4;
}

int
try_copy(const char *path)
{
	off_t	 at = 0;

	return syscall(SYS_copy_file_range, open("plain/f", O_RDONLY), NULL,
	    best(path), &at, 4, 0) == 4;
}

int
try_clone(const char *path)
{
	int	 from = open("plain/f", O_RDONLY), fd = best(path);

	if (ioctl(fd, FICLONE, from) == 0)
		return 1;
	/* Said by a file system that cannot, of what may be written. */
	return errno == EOPNOTSUPP || errno == ENOTTY ? TRY_NONE : 0;
}

int
try_unlink(const char *path)
{
	return unlink(path) == 0;
}

int
try_away(const char *path)
{
	return rename(path, "plain/away") == 0;
}

int
try_link_away(const char *path)
{
	return link(path, "plain/away") == 0;
}

int
try_onto(const char *path)
{
	return rename("plain/f", path) == 0;
}

static int
renames(const char *from, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
	    flags);
}

int
try_exchange(const char *path)
{
	return renames("plain/f", path, EXCHANGE) == 0;
}

int
try_whiteout(const char *path)
{
	return renames(path, "plain/away", WHITEOUT) == 0;
}

/* --- attributes */

int
try_chmod(const char *path)
{
	return chmod(path, 0700) == 0;
}

int
try_fchmod(const char *path)
{
	return fchmod(open(path, O_RDONLY), 0700) == 0;
}

int
try_chown(const char *path)
{
	return chown(path, getuid(), getgid()) == 0;
}

int
try_times(const char *path)
{
	struct timespec	 ts[2] = { { 1, 0 }, { 1, 0 } };

	return utimensat(AT_FDCWD, path, ts, 0) == 0;
}

static int
is_unknown(void)
{
	return errno == EOPNOTSUPP || errno == ENOTTY || errno == ENOSYS ||
	    errno == EINVAL;
}

int
try_xattr(const char *path)
{
	if (setxattr(path, "user.srt", "1", 1, 0) == 0)
		return 1;
	return is_unknown() ? TRY_NONE : 0;
}

int
try_flags(const char *path)
{
	int	 fd = open(path, O_RDONLY), attr = FS_NODUMP_FL;

	if (ioctl(fd, FS_IOC_SETFLAGS, &attr) == 0)
		return 1;
	return is_unknown() ? TRY_NONE : 0;
}

/* Linux 6.13. */
int
try_new_xattr(const char *path)
{
	struct {
		uint64_t	 value;
		uint32_t	 size;
		uint32_t	 flags;
	} args = { (uint64_t)(uintptr_t)"1", 1, 0 };

	if (syscall(NR_SETXATTRAT, AT_FDCWD, path, 0, "user.srt", &args,
	    sizeof(args)) == 0)
		return 1;
	return is_unknown() ? TRY_NONE : 0;
}

/* Linux 6.17. */
int
try_new_flags(const char *path)
{
	struct {
		uint64_t	 flags;
		uint32_t	 extsize;
		uint32_t	 nextents;
		uint32_t	 project;
		uint32_t	 cowextsize;
	} attr;

	if (syscall(NR_FILE_GETATTR, AT_FDCWD, path, &attr, sizeof(attr),
	    0) == -1)
		return is_unknown() ? TRY_NONE : 0;
	attr.flags = ATTR_NODUMP;
	attr.nextents = 0;
	if (syscall(NR_FILE_SETATTR, AT_FDCWD, path, &attr, sizeof(attr),
	    0) == 0)
		return 1;
	return is_unknown() ? TRY_NONE : 0;
}

/* --- what makes a name */

int
try_create(const char *path)
{
	return fd_evil(open(path, O_WRONLY | O_CREAT, 0600));
}

int
try_mkdir(const char *path)
{
	return mkdir(path, 0700) == 0;
}

int
try_mkfifo(const char *path)
{
	return mkfifo(path, 0600) == 0;
}

int
try_symlink(const char *path)
{
	return symlink("plain/f", path) == 0;
}

int
try_link(const char *path)
{
	return link("plain/f", path) == 0;
}

int
try_rename(const char *path)
{
	return rename("plain/f", path) == 0;
}

/* A file without a name, in the folder that it is to get one in. */
int
try_tmpfile(const char *path)
{
	char	 dir[PATH_MAX], magic[64], *slash;
	int	 fd;

	(void)strlcpy(dir, path, sizeof(dir));
	if ((slash = strrchr(dir, '/')) == NULL)
		(void)strlcpy(dir, ".", sizeof(dir));
	else
		*slash = '\0';
	if ((fd = open(dir, O_TMPFILE | O_RDWR, 0600)) == -1)
		return errno == EOPNOTSUPP ? TRY_NONE : 0;
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, magic, AT_FDCWD, path, AT_SYMLINK_FOLLOW) ==
	    0;
}

int
try_bind(const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 s = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	return bind(s, (struct sockaddr *)&sun, sizeof(sun)) == 0;
}
