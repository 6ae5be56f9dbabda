/* SPDX-License-Identifier: ISC */

/*
 * Runs as the command and tries to get out by system call: to a file of its
 * user's outside the write roots, to pid 1, to sockets.  One line for each
 * try, "held NAME" or "GOT NAME"; whoever starts it knows that without the
 * sandbox most of them succeed.
 *
 *	attack files VICTIM DIRECTORY WORK
 *	attack init
 *	attack sockets SOCKET
 *	attack stdin
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <linux/fs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef O_PATH
#define O_PATH		010000000
#endif

#define NR_PIDFD_OPEN		434
#define NR_PIDFD_GETFD		438
#define NR_PROCESS_MADVISE	440
#define NR_FCHMODAT2		452

static void
tried(const char *name, long result)
{
	(void)printf("%s %s\n", result == -1 ? "held" : "GOT", name);
}

static int
reopen(int fd, int flags)
{
	char	 path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

static const char *
join(const char *dir, const char *name)
{
	static char	 path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
change_file(const char *victim)
{
	char	 magic[64];
	void	*map;
	int	 path, fd, attr = 0;

	if ((path = open(victim, O_PATH)) == -1 ||
	    (fd = open(victim, O_RDONLY)) == -1) {
		(void)printf("GOT nothing to attack\n");
		return;
	}
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", path);
	tried("open", open(victim, O_WRONLY));
	tried("open-trunc", open(victim, O_RDONLY | O_TRUNC));
	tried("reopen-path", reopen(path, O_RDWR));
	tried("reopen-read", reopen(fd, O_WRONLY));
	tried("truncate", truncate(victim, 0));
	tried("fallocate", fallocate(fd, 0, 0, 4096));
	tried("mmap", mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) ==
	    MAP_FAILED ? -1 : 0);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	tried("mprotect", mprotect(map, 4096, PROT_READ | PROT_WRITE));
	tried("chmod", chmod(victim, 0666));
	tried("chmod-magic", chmod(magic, 0666));
	tried("fchmod", fchmod(fd, 0666));
	tried("fchmodat2", syscall(NR_FCHMODAT2, path, "", 0666,
	    AT_EMPTY_PATH));
	tried("fchown", fchown(fd, getuid(), getgid()));
	tried("fchownat", fchownat(path, "", getuid(), getgid(),
	    AT_EMPTY_PATH));
	tried("utimensat", utimensat(AT_FDCWD, victim, NULL, 0));
	tried("futimens", futimens(fd, NULL));
	tried("setxattr", setxattr(victim, "user.srt", "1", 1, 0));
	tried("fsetxattr", fsetxattr(fd, "user.srt", "1", 1, 0));
	tried("setflags", ioctl(fd, FS_IOC_SETFLAGS, &attr));
	tried("unlink", unlink(victim));
}

static void
change_directory(const char *victim, const char *dir, const char *work)
{
	char	 magic[64], mine[PATH_MAX];
	int	 fd;

	(void)strlcpy(mine, join(work, "mine"), sizeof(mine));
	if ((fd = open(mine, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == -1 ||
	    close(fd) == -1 || (fd = open(victim, O_PATH)) == -1) {
		(void)printf("GOT nothing to attack\n");
		return;
	}
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	tried("creat", open(join(dir, "new"), O_CREAT | O_WRONLY, 0600));
	tried("tmpfile", open(dir, O_TMPFILE | O_RDWR, 0600));
	tried("mkdir", mkdir(join(dir, "new"), 0700));
	tried("mkfifo", mkfifo(join(dir, "new"), 0600));
	tried("symlink", symlink("x", join(dir, "new")));
	tried("rename-out", rename(mine, join(dir, "new")));
	tried("rename-over", rename(mine, victim));
	tried("rename-in", rename(victim, mine));
	tried("exchange", syscall(SYS_renameat2, AT_FDCWD, mine, AT_FDCWD,
	    victim, RENAME_EXCHANGE));
	tried("link-out", link(mine, join(dir, "new")));
	tried("link-in", link(victim, join(work, "link")));
	tried("link-empty", linkat(fd, "", AT_FDCWD, join(work, "link"),
	    AT_EMPTY_PATH));
	tried("link-magic", linkat(AT_FDCWD, magic, AT_FDCWD,
	    join(work, "link"), AT_SYMLINK_FOLLOW));
	/* A read-only mount alone does not refuse this. */
	tried("fifo", open(join(dir, "fifo"), O_RDWR | O_NONBLOCK));
}

static void
attack_init(void)
{
	char		 buf[64] = "";
	struct iovec	 here = { .iov_base = buf, .iov_len = 16 };
	struct iovec	 there = { .iov_base = buf, .iov_len = 16 };
	static const char *const names[] = {
		"mem", "root", "cwd", "exe", "environ", "ns/user", "ns/mnt",
		"fd/3", "fd/4", "fd/5", "fd/6"
	};
	size_t		 i;
	int		 fd;

	tried("getppid", getppid() == 1 ? -1 : 0);
	tried("attach", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
	tried("seize", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	tried("vm-read", process_vm_readv(1, &here, 1, &there, 1, 0));
	tried("vm-write", process_vm_writev(1, &here, 1, &there, 1, 0));
	for (i = 0; i < nitems(names); i++)
		tried(names[i], open(join("/proc/1", names[i]), O_RDONLY));
	fd = (int)syscall(NR_PIDFD_OPEN, 1, 0);
	tried("pidfd-getfd", syscall(NR_PIDFD_GETFD, fd, 3, 0));
	tried("process-madvise", syscall(NR_PROCESS_MADVISE, fd, &here, 1, 4,
	    0));
	tried("setns", setns(fd, CLONE_NEWNS));
	/* The kernel does not deliver it: the next line is still written. */
	(void)kill(1, SIGKILL);
	(void)kill(1, SIGSTOP);
	tried("kill", -1);
}

static void
attack_sockets(const char *path)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	struct sockaddr		 none = { .sa_family = AF_UNSPEC };
	int			 pair[2], kind;
	static const int	 kinds[] = { SOCK_STREAM, SOCK_SEQPACKET };

	(void)strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	tried("datagram", socket(AF_UNIX, SOCK_DGRAM, 0));
	tried("datagram-high-bits", syscall(SYS_socket,
	    (1L << 32) | AF_UNIX, (long)SOCK_DGRAM, 0L));
	for (kind = 0; kind < (int)nitems(kinds); kind++) {
		pair[0] = socket(AF_UNIX, kinds[kind], 0);
		tried("connect", connect(pair[0],
		    (struct sockaddr *)&sun, sizeof(sun)));
		tried("connect-again", connect(pair[0],
		    (struct sockaddr *)&sun, sizeof(sun)));
		(void)close(pair[0]);
	}
	tried("pair-datagram", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	for (kind = 0; kind < (int)nitems(kinds); kind++) {
		if (socketpair(AF_UNIX, kinds[kind], 0, pair) == -1)
			continue;
		tried("pair-connect", connect(pair[0],
		    (struct sockaddr *)&sun, sizeof(sun)));
		(void)close(pair[1]);
		tried("widow-connect", connect(pair[0],
		    (struct sockaddr *)&sun, sizeof(sun)));
		tried("widow-disconnect", connect(pair[0], &none,
		    sizeof(none)));
		(void)shutdown(pair[0], SHUT_RDWR);
		tried("shut-connect", connect(pair[0],
		    (struct sockaddr *)&sun, sizeof(sun)));
		tried("shut-listen", listen(pair[0], 1));
	}
}

int
main(int argc, char *argv[])
{
	const char	*what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "files") == 0 && argc == 5) {
		change_file(argv[2]);
		change_directory(argv[2], argv[3], argv[4]);
	} else if (strcmp(what, "init") == 0)
		attack_init();
	else if (strcmp(what, "sockets") == 0 && argc == 3)
		attack_sockets(argv[2]);
	else if (strcmp(what, "stdin") == 0)
		tried("fchmod-stdin", fchmod(STDIN_FILENO, 0666));
	else {
		(void)fprintf(stderr, "usage: attack WHAT [ARGUMENT ...]\n");
		return 2;
	}
	(void)printf("done\n");
	return 0;
}
