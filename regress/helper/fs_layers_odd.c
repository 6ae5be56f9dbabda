/* SPDX-License-Identifier: ISC */

/* Attacks of more than a call or two. */

#include "compat.h"

#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <linux/io_uring.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs_layers.h"

#ifndef O_TMPFILE
#define O_TMPFILE		(020000000 | O_DIRECTORY)
#endif
#define NR_IO_URING_SETUP	425
#define NR_IO_URING_ENTER	426
#define EXCHANGE		2
#define LEFT_FILE		8	/* see fs_layers.c */
#define LEFT_DIR		9

int	 try_outside;

/* For what may fail: the next step tells. */
static void
perhaps(long result)
{
	(void)result;
}

static const char *
in(const char *dir, const char *name)
{
	static char	 path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* --- names */

int
try_in_new(const char *path)
{
	char	 dir[PATH_MAX];

	(void)strlcpy(dir, path, sizeof(dir));
	*strrchr(dir, '/') = '\0';
	perhaps(mkdir(dir, 0700));
	return try_create(path);
}

int
try_dangling(const char *path)
{
	return symlink(path, "dangling") == 0 && try_create("dangling");
}

int
try_by_link(const char *dir)
{
	perhaps(symlink(dir, "mine"));
	return try_create("mine/new");
}

int
try_by_chdir(const char *dir)
{
	return chdir(dir) == 0 && try_create("new");
}

int
try_by_dirfd(const char *dir)
{
	int	 fd = open(dir, O_RDONLY | O_DIRECTORY);

	return openat(fd, "new", O_WRONLY | O_CREAT, 0600) != -1;
}

/* Its parent is still known to the kernel. */
int
try_deleted(const char *path)
{
	if (mkdir("gone", 0700) == -1 || chdir("gone") == -1 ||
	    rmdir("../gone") == -1)
		return 0;
	return try_create(path);
}

int
try_fifo(const char *path)
{
	int	 fd = open(path, O_RDWR | O_NONBLOCK);

	return fd != -1 && write(fd, "x", 1) == 1;
}

/* The directory, or what is above it, out of the way; a new one for it. */
int
try_anew(const char *path)
{
	char	 top[PATH_MAX];
	size_t	 n = strcspn(path, "/");

	(void)strlcpy(top, path, sizeof(top));
	top[n] = '\0';
	perhaps(rename(top, "plain/away"));
	perhaps(mkdir(top, 0700));
	perhaps(mkdir(path, 0700));
	perhaps(mkdir(in(path, "hooks"), 0700));
	return try_create(in(path, "hooks/x"));
}

int
try_exchange_dir(const char *path)
{
	perhaps(mkdir("plain/mine", 0700));
	perhaps(mkdir("plain/mine/hooks", 0700));
	perhaps(try_create("plain/mine/hooks/x"));
	return syscall(SYS_renameat2, AT_FDCWD, "plain/mine", AT_FDCWD, path,
	    EXCHANGE) == 0;
}

/* In each way: it is one file for all of them. */
int
try_settings(const char *path)
{
	return try_write(path) || try_onto(path) || try_away(path) ||
	    try_exchange(path);
}

/* --- what the caller has, and other processes */

int
try_fd_write(const char *path)
{
	(void)path;
	return write(LEFT_FILE, "evil", 4) == 4;
}

int
try_fd_dir(const char *path)
{
	return openat(LEFT_DIR, path, O_RDONLY) != -1;
}

static int
outside_opens(const char *name, int flags)
{
	char	 path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", try_outside, name);
	return open(path, flags) != -1;
}

/* To read it: what runs cannot be written to by anybody. */
int
try_exe(const char *path)
{
	(void)path;
	return outside_opens("exe", O_RDONLY);
}

int
try_outer_root(const char *path)
{
	(void)path;
	return outside_opens("root/etc", O_RDONLY | O_DIRECTORY);
}

/* In a child, which acts by the working directory of its parent. */
static int
by_another(const char *path, try_fn try)
{
	char	 name[PATH_MAX];
	pid_t	 pid;
	int	 status;

	(void)snprintf(name, sizeof(name), "/proc/%d/cwd/%s", (int)getpid(),
	    path);
	if ((pid = fork()) == 0)
		_exit(try(name) == 1);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 1;
}

int
try_other_create(const char *path)
{
	return by_another(path, try_create);
}

int
try_other_write(const char *path)
{
	return by_another(path, try_write);
}

int
try_other_chmod(const char *path)
{
	return by_another(path, try_chmod);
}

int
try_other_read(const char *path)
{
	return by_another(path, try_read);
}

int
try_handle(const char *path)
{
	struct {
		unsigned int	 bytes;
		int		 type;
		unsigned char	 data[128];
	} handle = { .bytes = sizeof(handle.data) };
	int	 id = 0;

	if (syscall(SYS_name_to_handle_at, AT_FDCWD, path, &handle, &id, 0)
	    == -1)
		return errno == EOPNOTSUPP ? TRY_NONE : 0;
	return syscall(SYS_open_by_handle_at, open(".", O_RDONLY), &handle,
	    O_RDONLY) != -1;
}

/* Opened and left as it is. */
int
try_knob(const char *path)
{
	return open(path, O_WRONLY) != -1;
}

/* --- rights that are lent */

static int
is_setid(const char *path)
{
	struct stat	 st;

	return stat(path, &st) == 0 && (st.st_mode & S_ISUID) != 0;
}

int
try_setid(const char *path)
{
	perhaps(chmod(path, 04755));
	perhaps(fchmod(open(path, O_RDONLY), 04755));
	return is_setid(path);
}

int
try_setid_new(const char *path)
{
	perhaps(open(path, O_CREAT | O_WRONLY, 04755));
	return is_setid(path);
}

int
try_setid_node(const char *path)
{
	perhaps(mknod(path, S_IFREG | 04755, 0));
	return is_setid(path);
}

int
try_setid_tmpfile(const char *path)
{
	char	 magic[64];
	int	 fd = open("plain", O_TMPFILE | O_WRONLY, 04755);

	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	perhaps(linkat(AT_FDCWD, magic, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
	return is_setid(path);
}

/* CAP_CHOWN, in effect, by <linux/capability.h>: struct vfs_cap_data. */
int
try_capable(const char *path)
{
	static const unsigned int	 cap[5] = { 0x02000001, 1, 0, 0, 0 };

	return setxattr(path, "security.capability", cap, sizeof(cap), 0) ==
	    0;
}

/* --- namespaces */

int
try_namespace(const char *path)
{
	(void)path;
	return unshare(CLONE_NEWUSER) == 0;
}

static void
map_root(void)
{
	char	 map[64];
	int	 fd = open("/proc/self/uid_map", O_WRONLY);

	(void)snprintf(map, sizeof(map), "0 %d 1", (int)geteuid());
	perhaps(write(fd, map, strlen(map)));
}

static void
new_mounts(void)
{
	uid_t	 uid = geteuid();

	perhaps(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	if (uid == geteuid())
		map_root();
}

int
try_remount(const char *path)
{
	new_mounts();
	perhaps(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	return try_write(path);
}

int
try_remount_chmod(const char *path)
{
	new_mounts();
	return try_chmod(path);
}

int
try_unmask(const char *path)
{
	new_mounts();
	perhaps(umount2(path, MNT_DETACH));
	perhaps(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL));
	perhaps(chmod(path, 0700));
	return try_read(path);
}

/* --- what is denied */

int
try_read(const char *path)
{
	char	 c;

	return read(open(path, O_RDONLY), &c, 1) == 1;
}

int
try_list(const char *path)
{
	DIR	*dir = opendir(path);

	return dir != NULL && readdir(dir) != NULL;
}

/* Tells the host, which then makes the file. */
int
try_late(const char *path)
{
	static const char	 ready[] = "late\n";
	int			 i;

	if (write(STDOUT_FILENO, ready, sizeof(ready) - 1) == -1)
		return 0;
	for (i = 0; i < 4000 && access(path, F_OK) == -1; i++)
		(void)usleep(5000);
	return try_read(path);
}

int
try_watch(const char *path)
{
	return inotify_add_watch(inotify_init1(IN_CLOEXEC), path,
	    IN_ALL_EVENTS) != -1;
}

int
try_fanotify(const char *path)
{
	int	 fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID,
		    O_RDONLY);

	if (fd == -1)
		return errno == ENOSYS || errno == EINVAL ? TRY_NONE : 0;
	return fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN | FAN_MODIFY,
	    AT_FDCWD, path) == 0;
}

int
try_size(const char *path)
{
	struct stat	 st;

	return stat(path, &st) == 0 && st.st_size > 0;
}

int
try_lock(const char *path)
{
	struct flock	 lock = { .l_type = F_RDLCK };

	return fcntl(open(path, O_RDONLY), F_OFD_SETLK, &lock) == 0;
}

/* ENODATA is an answer. */
int
try_getxattr(const char *path)
{
	char	 value[16];

	return getxattr(path, "user.srt", value, sizeof(value)) != -1 ||
	    errno == ENODATA;
}

/* --- what the broker is not asked for */

static void *
ring_map(int ring, size_t size, off_t what)
{
	void	*map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    ring, what);

	return map == MAP_FAILED ? NULL : map;
}

/* Opens by io_uring, made by hand as liburing may not be there. */
int
try_uring(const char *path)
{
	struct io_uring_params	 p = { .flags = 0 };
	struct io_uring_sqe	*sqe;
	struct io_uring_cqe	*cqe;
	unsigned char		*sq, *cq;
	int			 ring;

	if ((ring = (int)syscall(NR_IO_URING_SETUP, 1, &p)) == -1)
		return errno == ENOSYS || errno == EPERM ? TRY_NONE : 0;
	sq = ring_map(ring, p.sq_off.array + p.sq_entries * sizeof(uint32_t),
	    IORING_OFF_SQ_RING);
	cq = ring_map(ring, p.cq_off.cqes + p.cq_entries * sizeof(*cqe),
	    IORING_OFF_CQ_RING);
	sqe = ring_map(ring, p.sq_entries * sizeof(*sqe), IORING_OFF_SQES);
	if (sq == NULL || cq == NULL || sqe == NULL)
		return 0;
	(void)memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uint64_t)(uintptr_t)path;
	sqe->open_flags = O_WRONLY | O_CREAT;
	sqe->len = 0600;
	((uint32_t *)(void *)(sq + p.sq_off.array))[0] = 0;
	__atomic_store_n((uint32_t *)(void *)(sq + p.sq_off.tail), 1,
	    __ATOMIC_RELEASE);
	if (syscall(NR_IO_URING_ENTER, ring, 1, 1, IORING_ENTER_GETEVENTS,
	    NULL, 0) == -1)
		return 0;
	cqe = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
	return cqe->res >= 0;
}

/* The kernel itself writes "core" into the working directory. */
int
try_core(const char *dir)
{
	struct rlimit	 rl = { 1 << 20, 1 << 20 };
	pid_t		 pid;

	if (chdir(dir) == -1)
		return 0;
	if ((pid = fork()) == 0) {
		perhaps(setrlimit(RLIMIT_CORE, &rl));
		(void)signal(SIGABRT, SIG_DFL);
		(void)raise(SIGABRT);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	return access("core", F_OK) == 0;
}
