/* SPDX-License-Identifier: ISC */

/*
 * Runs as the command and attacks files by descriptors and flags: one line
 * for each attack, "held NAME" or "GOT NAME", and "may NAME" for what is
 * documented to be possible.  The working directory is a write root with
 * .bashrc and plain/f; DIRECTORY is one of the same user outside of it, with
 * the files victim and source.
 *
 *	fd_attack flags|pour|handles|keys|lost|unread DIRECTORY
 *	fd_attack watch FILE
 *	fd_attack handed SOCKET
 *	fd_attack serve SOCKET DIRECTORY FILE
 *
 * "lost" and "unread" hold what is called gone, gone.* in DIRECTORY, say so by
 * a file "held", and go on when somebody has removed these names.
 *
 * "serve" is no attack but the host's daemon, which hands out descriptors of
 * DIRECTORY, for reading and O_PATH, of FILE, and a socket of the host's.
 */

#include "compat.h"

#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <linux/fs.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tried.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef O_PATH
#define O_PATH		010000000
#endif
#ifndef O_TMPFILE
#define O_TMPFILE	(020000000 | O_DIRECTORY)
#endif

#define NR_OPENAT2	437
#define NR_FCHMODAT2	452
#define NR_PIDFD_GETFD	438
#define SO_PEERPIDFD_	77
#define RESOLVES	0x3f	/* RESOLVE_NO_XDEV to RESOLVE_CACHED */
#define HANDED		4

/* <linux/openat2.h> and <linux/fscrypt.h> are younger than some systems. */
struct how {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
	uint64_t	 more[2];
};
#define HOW_SIZE	24
#define IOC_ADD_KEY		0xc0506617U
#define IOC_REMOVE_KEY		0xc0406618U
#define IOC_REMOVE_KEY_ALL	0xc0406619U
#define IOC_MOVE_EXT		0xc028660fU

static const char	*outside;

static const char *
out(const char *name)
{
	static char	 path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", outside, name);
	return path;
}

static int
exists(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0;
}

static off_t
size_of(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0 ? st.st_size : -1;
}

/* --- openat2, with every mix of flags */

static const uint64_t open_flags[] = {
	O_WRONLY | O_CREAT, O_RDONLY | O_CREAT, O_RDWR | O_CREAT | O_EXCL,
	O_WRONLY | O_CREAT | O_TRUNC, O_RDONLY | O_TRUNC, O_WRONLY, O_ACCMODE,
	O_WRONLY | O_CREAT | O_NOFOLLOW, O_PATH | O_CREAT, O_WRONLY | O_CREAT |
	O_DIRECTORY, (uint64_t)1 << 32 | O_WRONLY | O_CREAT
};

static unsigned long	 mixes;

static void
mix_one(int dirfd, const char *path, const struct how *how, size_t size)
{
	long	 fd = syscall(NR_OPENAT2, dirfd, path, how, size);

	mixes++;
	if (fd != -1)
		(void)close((int)fd);
}

/* Beneath each directory, the same file by paths that suit it. */
static void
mix(int dirfd, const char *path)
{
	static const size_t	 sizes[] = {
		HOW_SIZE, 0, 8, HOW_SIZE - 1, HOW_SIZE + 1, HOW_SIZE + 16, 4096
	};
	static struct how	 page[4096 / sizeof(struct how) + 1];
	size_t			 i, k;
	uint64_t		 resolve;

	for (i = 0; i < nitems(open_flags); i++)
		for (resolve = 0; resolve <= RESOLVES; resolve++) {
			page[0].flags = open_flags[i];
			page[0].mode = (open_flags[i] & O_CREAT) ? 0600 : 0;
			page[0].resolve = resolve;
			mix_one(dirfd, path, page, HOW_SIZE);
		}
	for (k = 0; k < nitems(sizes); k++)
		for (i = 0; i < 2; i++) {
			page[0].flags = O_WRONLY | O_CREAT;
			page[0].mode = 0600;
			page[0].resolve = 0;
			page[0].more[0] = i;
			mix_one(dirfd, path, page, sizes[k]);
		}
	page[0].more[0] = 0;
}

static void
flags(void)
{
	static const char *const names[] = {
		".npmrc", "/.npmrc", "../../.npmrc", "plain/../.npmrc",
		"./.npmrc"
	};
	char			 magic[64];
	size_t			 i;
	int			 here, there, fd;

	here = open(".", O_PATH | O_DIRECTORY);
	there = open(outside, O_RDONLY | O_DIRECTORY);
	if (here == -1 || there == -1)
		err(1, "%s", outside);
	for (i = 0; i < nitems(names); i++) {
		mix(AT_FDCWD, names[i]);
		mix(here, names[i]);
	}
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d/.npmrc", here);
	mix(AT_FDCWD, magic);
	tried("F21 openat2: a protected name", exists(".npmrc"));
	perhaps(unlink(".npmrc"));
	mix(AT_FDCWD, ".bashrc");
	mix(here, "/.bashrc");
	tried("F21 openat2: a protected file", size_of(".bashrc") != 4);
	mix(AT_FDCWD, out("new"));
	mix(there, "new");
	mix(there, "/new");
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d/new", there);
	mix(AT_FDCWD, magic);
	tried("F21 openat2: outside", exists(out("new")));
	mix(AT_FDCWD, out("victim"));
	mix(there, "/victim");
	tried("F21 openat2: a file outside", size_of(out("victim")) != 7);
	fd = openat(there, ".", O_TMPFILE | O_RDWR, 0600);
	/* Without a name nobody else sees it. */
	(void)printf("%s F21 O_TMPFILE outside\n", fd != -1 ? "may" :
	    "held");
	fd = open("plain", O_TMPFILE | O_RDWR, 0600);
	tried("F21 O_TMPFILE, linked outside", fd != -1 && linkat(fd, "",
	    there, "tmp", AT_EMPTY_PATH) == 0);
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	tried("F21 O_TMPFILE, linked outside by /proc", fd != -1 &&
	    linkat(AT_FDCWD, magic, there, "tmp2", AT_SYMLINK_FOLLOW) == 0);
	tried("F21 O_TMPFILE, linked over", fd != -1 && linkat(fd, "", here,
	    ".npmrc", AT_EMPTY_PATH) == 0);
	(void)printf("tries openat2 %lu\n", mixes);
}

/* --- data without a write */

/* The best descriptor that can be had. */
static int
best(const char *path)
{
	int	 fd = open(path, O_RDWR);

	if (fd == -1 && (fd = open(path, O_RDONLY)) == -1)
		err(1, "%s", path);
	return fd;
}

static void
pour_into(const char *what, const char *path)
{
	struct file_clone_range	 range = { .src_length = 0 };
	char			 name[80], data[16] = "evil evil evil\n";
	void			*map;
	off_t			 at = 0;
	int			 fd = best(path), src, to[2];

#define TRIED(s, got) do {						\
	(void)snprintf(name, sizeof(name), "F22 %s: %s", (s), what);	\
	tried(name, (got));						\
} while (0)
	if ((src = open("plain/f", O_RDONLY)) == -1 || pipe(to) == -1 ||
	    write(to[1], data, sizeof(data)) != sizeof(data))
		err(1, "plain/f");
	range.src_fd = src;
	TRIED("splice", syscall(SYS_splice, to[0], NULL, fd, &at, 4, 0) > 0);
	TRIED("sendfile", sendfile(fd, src, NULL, 4) > 0);
	(void)lseek(fd, 0, SEEK_SET);
	TRIED("copy_file_range", syscall(SYS_copy_file_range, src, &at, fd,
	    NULL, 4, 0) > 0);
	TRIED("FICLONE", ioctl(fd, FICLONE, src) == 0);
	TRIED("FICLONERANGE", ioctl(fd, FICLONERANGE, &range) == 0);
	TRIED("pwrite", pwrite(fd, data, 4, 0) > 0);
	TRIED("ftruncate", ftruncate(fd, 1) == 0);
	TRIED("fallocate", fallocate(fd, 0, 0, 64) == 0);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	TRIED("mmap", map != MAP_FAILED);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	TRIED("mprotect", mprotect(map, 4096, PROT_READ | PROT_WRITE) == 0);
	TRIED("MOVE_EXT", ioctl(fd, IOC_MOVE_EXT, &range) == 0);
#undef TRIED
	(void)close(to[0]);
	(void)close(to[1]);
	(void)close(src);
	(void)close(fd);
}

/* --- handles, and the keys of encrypted directories */

static void
handles(void)
{
	struct {
		unsigned int	 bytes;
		int		 type;
		unsigned char	 data[128];
	} handle = { .bytes = sizeof(handle.data) };
	int	 id = 0, there = open(outside, O_RDONLY | O_DIRECTORY), fd;

	if (there == -1)
		err(1, "%s", outside);
	if (syscall(SYS_name_to_handle_at, there, "victim", &handle, &id, 0)
	    == -1) {
		tried("F19 a real handle", 0);
		return;
	}
	fd = (int)syscall(SYS_open_by_handle_at, there, &handle, O_RDWR);
	tried("F19 a real handle", fd != -1 || errno != EPERM);
}

/*
 * Whoever may read a directory may add and remove its user's keys.  Here is
 * no encryption: what counts is that the file system was not even asked.
 */
static void
keys(void)
{
	static const struct {
		const char	*name;
		unsigned int	 request;
	} calls[] = {
		{ "add", IOC_ADD_KEY }, { "remove", IOC_REMOVE_KEY },
		{ "remove for all", IOC_REMOVE_KEY_ALL }
	};
	unsigned char		 arg[256];
	char			 name[64];
	size_t			 i;
	int			 fd = open(outside, O_RDONLY | O_DIRECTORY);

	if (fd == -1)
		err(1, "%s", outside);
	for (i = 0; i < nitems(calls); i++) {
		(void)memset(arg, 0, sizeof(arg));
		(void)snprintf(name, sizeof(name), "K27 key of a directory: "
		    "%s", calls[i].name);
		tried(name, ioctl(fd, calls[i].request, arg) == 0 ||
		    errno != EPERM);
	}
}

/* --- what loses its name */

static void
magic_of(int fd, char *buf, size_t size)
{
	(void)snprintf(buf, size, "/proc/self/fd/%d", fd);
}

/* Until the last of these has one name less, or for ten seconds. */
static void
await_loss(int fd)
{
	struct stat	 was, st;
	long		 end = now_ms() + 10000;
	int		 ready;

	if (fstat(fd, &was) == -1 ||
	    (ready = open("held", O_WRONLY | O_CREAT, 0600)) == -1)
		err(1, "held");
	(void)close(ready);
	do {
		if (now_ms() > end)
			errx(1, "nobody removes anything");
		(void)usleep(10000);
	} while (fstat(fd, &st) == 0 && st.st_nlink == was.st_nlink);
}

/* What can be done to a file by a descriptor. */
static void
lost_file(const char *how, int fd)
{
	struct timespec	 ts[2] = { { 1, 0 }, { 1, 0 } };
	char		 name[80], magic[64];

	magic_of(fd, magic, sizeof(magic));
#define TRIED(s, got) do {						\
	(void)snprintf(name, sizeof(name), "F29 %s: %s", (s), how);	\
	tried(name, (got));						\
} while (0)
	TRIED("write", open(magic, O_WRONLY) != -1);
	TRIED("read and write", open(magic, O_RDWR) != -1);
	TRIED("cut by opening", open(magic, O_RDONLY | O_TRUNC) != -1);
	TRIED("truncate", truncate(magic, 1) == 0);
	TRIED("chmod", chmod(magic, 0777) == 0);
	TRIED("fchmod", fchmod(fd, 0777) == 0);
	TRIED("chown", chown(magic, getuid(), getgid()) == 0);
	TRIED("times", utimensat(AT_FDCWD, magic, ts, 0) == 0);
#undef TRIED
}

static int
hold(const char *name, int flags)
{
	int	 fd = open(out(name), flags);

	if (fd == -1)
		err(1, "%s", name);
	return fd;
}

static void
lost(void)
{
	char	 magic[64];
	int	 path, plain, fifo, fifo2;

	path = hold("gone", O_PATH);
	plain = hold("gone", O_RDONLY);
	fifo = hold("gone.fifo", O_PATH);
	fifo2 = hold("gone.fifo", O_RDONLY | O_NONBLOCK);
	await_loss(fifo);
	lost_file("by O_PATH", path);
	lost_file("by a descriptor for reading", plain);
	magic_of(fifo, magic, sizeof(magic));
	tried("F29 write to a FIFO: by O_PATH", open(magic, O_WRONLY |
	    O_NONBLOCK) != -1);
	magic_of(fifo2, magic, sizeof(magic));
	tried("F29 write to a FIFO: by a descriptor for reading", open(magic,
	    O_WRONLY | O_NONBLOCK) != -1);
}

static int
can_read(int fd)
{
	char	 magic[64], c;
	int	 in;

	magic_of(fd, magic, sizeof(magic));
	return (in = open(magic, O_RDONLY)) != -1 && read(in, &c, 1) == 1;
}

/* With another name, in another directory, or with none by our own doing. */
static void
unread(void)
{
	int	 theirs = hold("gone", O_PATH), ours, moved;

	if ((ours = open("gone", O_PATH)) == -1 ||
	    (moved = open("within/gone", O_PATH)) == -1)
		err(1, "gone");
	tried("F29 read what has its name", can_read(theirs));
	await_loss(theirs);
	tried("F29 read what the host has removed", can_read(theirs));
	perhaps(unlink("gone"));
	tried("F29 read what was removed here", can_read(ours));
	perhaps(unlink("within/gone"));
	perhaps(rename("within", "elsewhere"));
	tried("F29 read what was beneath another directory",
	    can_read(moved));
}

/* --- watching what is denied */

static void
watch(const char *file)
{
	struct flock	 lock = { .l_type = F_RDLCK };
	char		 value[16];
	int		 fd, in = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	tried("F24 inotify", inotify_add_watch(in, file, IN_ALL_EVENTS) !=
	    -1);
	fd = open(file, O_RDONLY);
	tried("F24 open", fd != -1);
	tried("F24 lock", fd != -1 && fcntl(fd, F_OFD_SETLK, &lock) == 0);
	fd = open(file, O_PATH);
	tried("F24 lock by O_PATH", fd != -1 && fcntl(fd, F_OFD_SETLK,
	    &lock) == 0);
	tried("F24 attribute", getxattr(file, "user.srt", value,
	    sizeof(value)) != -1);
	tried("F24 size", size_of(file) > 0);
	tried("F24 execute", access(file, X_OK) == 0);
	tried("F24 execute by O_PATH", fd != -1 && syscall(SYS_faccessat2,
	    fd, "", X_OK, AT_EMPTY_PATH) == 0);
}

/* --- descriptors from outside */

static int
connect_to(const char *path, int serve)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	int			 s = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	if (s == -1 || (serve ?
	    bind(s, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(s, 5) == -1 :
	    connect(s, (struct sockaddr *)&sun, sizeof(sun)) == -1))
		err(1, "%s", path);
	return s;
}

union control {
	struct cmsghdr	 hdr;
	char		 space[CMSG_SPACE(HANDED * sizeof(int))];
};

static void
pass(int s, int *fds, int send)
{
	union control	 control;
	char		 c = 'x';
	struct iovec	 iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr	*cmsg;
	ssize_t		 n;

	(void)memset(&control, 0, sizeof(control));
	if (send) {
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(HANDED * sizeof(int));
		(void)memcpy(CMSG_DATA(cmsg), fds, HANDED * sizeof(int));
		n = sendmsg(s, &msg, MSG_NOSIGNAL);
	} else {
		n = recvmsg(s, &msg, 0);
		cmsg = CMSG_FIRSTHDR(&msg);
		if (cmsg == NULL || cmsg->cmsg_type != SCM_RIGHTS ||
		    cmsg->cmsg_len != CMSG_LEN(HANDED * sizeof(int)))
			errx(1, "nothing was handed over");
		(void)memcpy(fds, CMSG_DATA(cmsg), HANDED * sizeof(int));
	}
	if (n != 1)
		err(1, "SCM_RIGHTS");
}

static _Noreturn void
serve(const char *path, const char *dir, const char *file)
{
	int	 s = connect_to(path, 1), c, fds[HANDED];

	fds[0] = open(dir, O_RDONLY | O_DIRECTORY);
	fds[1] = open(dir, O_PATH | O_DIRECTORY);
	fds[2] = open(file, O_RDONLY);
	fds[3] = socket(AF_INET, SOCK_STREAM, 0);
	if (fds[0] == -1 || fds[1] == -1 || fds[2] == -1 || fds[3] == -1)
		err(1, "%s", dir);
	for (;;) {
		if ((c = accept(s, NULL, NULL)) == -1)
			err(1, "accept");
		pass(c, fds, 1);
		(void)close(c);
	}
}

/* Beneath a directory of the host's, which no mount of ours covers. */
static void
handed_directory(const char *how, int dir)
{
	struct timespec	 ts[2] = { { 1, 0 }, { 1, 0 } };
	char		 name[80], magic[64];
	int		 fd, here = open(".", O_PATH | O_DIRECTORY);

#define TRIED(s, got) do {						\
	(void)snprintf(name, sizeof(name), "K13 %s: %s", (s), how);	\
	tried(name, (got));						\
} while (0)
	fd = openat(dir, "victim", O_RDONLY);
	(void)printf("%s K13 read: %s\n", fd != -1 ? "may" : "held", how);
	TRIED("write", openat(dir, "victim", O_WRONLY) != -1);
	TRIED("truncate", openat(dir, "victim", O_RDONLY | O_TRUNC) != -1);
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d/victim", dir);
	TRIED("write by /proc", open(magic, O_WRONLY) != -1);
	TRIED("truncate by /proc", truncate(magic, 0) == 0);
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	TRIED("reopen", open(magic, O_WRONLY) != -1);
	TRIED("fchmod", fchmod(fd, 0777) == 0);
	TRIED("chmod", fchmodat(dir, "victim", 0777, 0) == 0);
	TRIED("fchmodat2", syscall(NR_FCHMODAT2, dir, "victim", 0777, 0) ==
	    0);
	TRIED("chown", fchownat(dir, "victim", getuid(), getgid(), 0) == 0);
	TRIED("times", utimensat(dir, "victim", ts, 0) == 0);
	TRIED("create", openat(dir, "new", O_WRONLY | O_CREAT, 0600) != -1);
	TRIED("mkdir", mkdirat(dir, "newdir", 0700) == 0);
	TRIED("mkfifo", mknodat(dir, "newfifo", S_IFIFO | 0600, 0) == 0);
	TRIED("symlink", symlinkat("x", dir, "newlink") == 0);
	TRIED("link within", linkat(dir, "victim", dir, "newhard", 0) == 0);
	TRIED("link in", linkat(dir, "victim", here, "got", 0) == 0);
	TRIED("link out", linkat(here, "plain/f", dir, "newfile", 0) == 0);
	TRIED("rename out", renameat(here, "plain/f", dir, "newname") == 0);
	TRIED("rename in", renameat(dir, "source", here, "got2") == 0);
	TRIED("unlink", unlinkat(dir, "victim", 0) == 0);
	TRIED("chdir, then create", fchdir(dir) == 0 && open("new2",
	    O_WRONLY | O_CREAT, 0600) != -1);
	perhaps(fchdir(here));
#undef TRIED
}

/* Handed on to a process of the command's own, nothing is worth more. */
static void
handed_on(void)
{
	char	 magic[64];
	int	 pair[2], fds[HANDED], i;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		err(1, "socketpair");
	fds[0] = open(".", O_RDONLY | O_DIRECTORY);
	fds[1] = open(".bashrc", O_PATH);
	fds[2] = open(".bashrc", O_RDONLY);
	fds[3] = open("plain", O_PATH | O_DIRECTORY);
	for (i = 0; i < HANDED; i++)
		if (fds[i] == -1)
			err(1, ".bashrc");
	(void)fflush(stdout);
	pass(pair[0], fds, 1);
	pass(pair[1], fds, 0);
	tried("K13 handed on: create", openat(fds[0], ".npmrc", O_WRONLY |
	    O_CREAT, 0600) != -1);
	for (i = 1; i < 3; i++) {
		(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d",
		    fds[i]);
		tried("K13 handed on: reopen", open(magic, O_WRONLY) != -1);
		tried("K13 handed on: chmod", chmod(magic, 0700) == 0);
	}
	tried("K13 handed on: link", linkat(fds[3], "f", fds[0], ".npmrc",
	    0) == 0);
}

/* The daemon itself, which its socket tells of (Linux 6.5). */
static void
peer_process(int s)
{
	int		 pidfd = -1;
	socklen_t	 len = sizeof(pidfd);

	if (getsockopt(s, SOL_SOCKET, SO_PEERPIDFD_, &pidfd, &len) == -1 ||
	    pidfd == -1) {
		(void)printf("tries K29 no pidfd of a peer 0\n");
		return;
	}
	tried("K29 signal to a peer", syscall(SYS_pidfd_send_signal, pidfd, 0,
	    NULL, 0) == 0);
	tried("K29 descriptor of a peer", syscall(NR_PIDFD_GETFD, pidfd, 0,
	    0) != -1);
	tried("K29 namespace of a peer", setns(pidfd, CLONE_NEWNET) == 0);
	(void)close(pidfd);
}

static void
handed(const char *path)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	char			 c;
	int			 s = connect_to(path, 0), fds[HANDED], other;

	pass(s, fds, 0);
	peer_process(s);
	(void)printf("%s K13 read: a file that is denied\n",
	    read(fds[2], &c, 1) == 1 ? "may" : "held");
	handed_directory("by a directory", fds[0]);
	handed_directory("by O_PATH", fds[1]);
	/* A socket of the host's network: it leads where the host's do. */
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	tried("K13 bind a handed socket", bind(fds[3],
	    (struct sockaddr *)&sin, sizeof(sin)) == 0);
	sin.sin_port = htons(9);
	tried("K13 connect a handed socket", connect(fds[3],
	    (struct sockaddr *)&sin, sizeof(sin)) == 0 ||
	    errno == ECONNREFUSED);
	/* A socket beneath the directory that is not listed. */
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path),
	    "/proc/self/fd/%d/unlisted", fds[0]);
	other = socket(AF_UNIX, SOCK_STREAM, 0);
	tried("K13 connect beneath a directory", connect(other,
	    (struct sockaddr *)&sun, sizeof(sun)) == 0);
	handed_on();
}

int
main(int argc, char *argv[])
{
	const char	*mode = argc > 1 ? argv[1] : "";

	(void)signal(SIGPIPE, SIG_IGN);
	outside = argc > 2 ? argv[2] : NULL;
	if (argc == 5 && strcmp(mode, "serve") == 0)
		serve(argv[2], argv[3], argv[4]);
	if (argc != 3)
		errx(2, "usage: fd_attack MODE ARGUMENT");
	if (strcmp(mode, "flags") == 0)
		flags();
	else if (strcmp(mode, "pour") == 0) {
		pour_into("a protected file", ".bashrc");
		pour_into("a file outside", out("victim"));
	} else if (strcmp(mode, "handles") == 0)
		handles();
	else if (strcmp(mode, "keys") == 0)
		keys();
	else if (strcmp(mode, "lost") == 0)
		lost();
	else if (strcmp(mode, "unread") == 0)
		unread();
	else if (strcmp(mode, "watch") == 0)
		watch(argv[2]);
	else if (strcmp(mode, "handed") == 0)
		handed(argv[2]);
	else
		errx(2, "no attack %s", mode);
	return fflush(stdout) == 0 ? 0 : 1;
}
