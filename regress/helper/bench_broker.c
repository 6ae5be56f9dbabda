/* SPDX-License-Identifier: ISC */

/*
 * What answering a call costs any broker, whatever it decides:
 *
 *	bench_broker LEVEL PROGRAM [ARGUMENT ...]
 *
 * runs the program under a filter that asks for what openat with O_CREAT and
 * unlink do, and answers each as LEVEL says:
 *
 *	notify	the kernel is to go on: the price of the notification alone
 *	read	the path is read as well
 *	perform	the call is made here, and its descriptor given to the caller
 *	limit	in the directory that the caller is in, of which the path is
 *		asked for: what a broker must do that decides by names
 *
 * Nothing is decided, and the first two are no protection.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH		010000000
#endif
#ifndef SYS_openat2
#define SYS_openat2	437
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#endif
#define SYNC_WAKE_UP	1UL
#define NO_SYMLINKS	4	/* RESOLVE_NO_SYMLINKS of openat2(2) */
#define PAGE		4096
#define CHUNK		256

enum level {
	LEVEL_NOTIFY,
	LEVEL_READ,
	LEVEL_PERFORM,
	LEVEL_LIMIT,
	LEVEL_MAX
};

static const char *const	 levels[LEVEL_MAX] = {
	"notify", "read", "perform", "limit"
};

/* Of <linux/openat2.h>. */
struct how {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
};

static enum level	 level;
static int		 listener;
static pid_t		 known;		/* whose directory in /proc is open */
static int		 known_dir = -1;

/* Calls that new machines lack are not among those that are looked for. */
static int
filter_install(void)
{
	struct sock_filter	 insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 5, 0),
#ifdef SYS_unlink
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlink, 4, 0),
#else
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unlinkat, 4, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)
	};
	struct sock_fprog	 prog = {
		.len = nitems(insns),
		.filter = insns
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER |
	    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &prog);
}

static void
message_init(struct msghdr *msg, struct iovec *iov, void *control, size_t len)
{
	static char	 c = 'x';

	memset(msg, 0, sizeof(*msg));
	iov->iov_base = &c;
	iov->iov_len = 1;
	msg->msg_iov = iov;
	msg->msg_iovlen = 1;
	msg->msg_control = control;
	msg->msg_controllen = len;
}

static __dead void
program_run(int to, char *argv[])
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int))];
	} cm;
	struct msghdr	 msg;
	struct iovec	 iov;
	struct cmsghdr	*cmsg;
	int		 fd;

	if ((fd = filter_install()) == -1)
		err(1, "seccomp");
	memset(&cm, 0, sizeof(cm));
	message_init(&msg, &iov, &cm, sizeof(cm));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(to, &msg, 0) == -1)
		err(1, "sendmsg");
	(void)close(fd);
	(void)close(to);
	(void)execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

static int
listener_receive(int from)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int))];
	} cm;
	struct msghdr	 msg;
	struct iovec	 iov;
	struct cmsghdr	*cmsg;
	int		 fd;

	message_init(&msg, &iov, &cm, sizeof(cm));
	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1 ||
	    (cmsg = CMSG_FIRSTHDR(&msg)) == NULL)
		errx(1, "no filter");
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

/* As far as it is in one page; that is enough for what is measured. */
static int
path_read(pid_t pid, uint64_t addr, char *buf)
{
	size_t		 left = PAGE - (size_t)(addr % PAGE);
	struct iovec	 local = { .iov_base = buf };
	struct iovec	 remote = { .iov_base = (void *)(uintptr_t)addr };

	local.iov_len = remote.iov_len = left < CHUNK ? left : CHUNK;
	return process_vm_readv(pid, &local, 1, &remote, 1, 0) > 0 &&
	    memchr(buf, '\0', local.iov_len) != NULL ? 0 : -1;
}

/* The caller's working directory, once its path has been asked for. */
static int
dir_open(pid_t pid)
{
	char		 path[PATH_MAX];
	struct stat	 st;
	int		 fd;

	if (pid != known) {
		if (known_dir != -1)
			(void)close(known_dir);
		(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
		known_dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		known = pid;
	}
	fd = openat(known_dir, "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1 || fchdir(fd) == -1 ||
	    syscall(SYS_getcwd, path, sizeof(path)) == -1)
		err(1, "the caller's directory");
	return fd;
}

/* The descriptor goes to the caller; the answer is its number or -errno. */
static int
give(uint64_t id, int fd, int flags)
{
	struct seccomp_notif_addfd	 addfd = {
		.id = id,
		.srcfd = (uint32_t)fd,
		.newfd_flags = flags & O_CLOEXEC
	};
	int				 n;

	n = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
	if (n == -1)
		n = -errno;
	(void)close(fd);
	return n;
}

static int
perform(const struct seccomp_notif *req, const char *path)
{
	const uint64_t	*arg = (const uint64_t *)req->data.args;
	struct how	 how = { .resolve = NO_SYMLINKS };
	int		 dir = AT_FDCWD, r;

	if (level == LEVEL_LIMIT)
		dir = dir_open((pid_t)req->pid);
	if (req->data.nr == SYS_openat) {
		how.flags = arg[2] | O_NOFOLLOW | O_CLOEXEC;
		how.mode = arg[3];
		r = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		r = r == -1 ? -errno : give(req->id, r, (int)arg[2]);
	} else {
		r = unlinkat(dir, path, req->data.nr == SYS_unlinkat ?
		    (int)arg[2] : 0);
		r = r == -1 ? -errno : 0;
	}
	if (dir != AT_FDCWD)
		(void)close(dir);
	return r;
}

static void
answer(const struct seccomp_notif *req)
{
	struct seccomp_notif_resp	 resp = { .id = req->id };
	const uint64_t			*arg;
	char				 path[CHUNK] = "";
	int				 r, at;

	arg = (const uint64_t *)req->data.args;
	at = req->data.nr == SYS_openat || req->data.nr == SYS_unlinkat;
	if (level >= LEVEL_READ && path_read((pid_t)req->pid,
	    arg[at], path) == -1)
		resp.error = -EFAULT;
	/* A descriptor of the caller's is not what is measured. */
	else if (level < LEVEL_PERFORM || (at && (int)arg[0] != AT_FDCWD))
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if ((r = perform(req, path)) < 0)
		resp.error = r;
	else
		resp.val = r;
	/* ENOENT: the caller is dead. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp) == -1 &&
	    errno != ENOENT)
		err(1, "SECCOMP_IOCTL_NOTIF_SEND");
}

/* Until the last process that has the filter is gone. */
static void
serve(void)
{
	struct seccomp_notif	 req;
	struct pollfd		 pfd = { .fd = listener, .events = POLLIN };

	/* EINVAL before Linux 6.6. */
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	for (;;) {
		memset(&req, 0, sizeof(req));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req) == 0) {
			answer(&req);
			continue;
		}
		if (errno != ENOENT && errno != EINTR)
			err(1, "SECCOMP_IOCTL_NOTIF_RECV");
		if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLHUP) != 0)
			return;
	}
}

int
main(int argc, char *argv[])
{
	pid_t	 pid;
	int	 pair[2], status;

	while (argc > 2 && level < LEVEL_MAX &&
	    strcmp(argv[1], levels[level]) != 0)
		level++;
	if (argc < 3 || level == LEVEL_MAX)
		errx(2, "usage: bench_broker notify|read|perform|limit "
		    "program [argument ...]");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1 ||
	    (pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		(void)close(pair[0]);
		program_run(pair[1], argv + 2);
	}
	(void)close(pair[1]);
	listener = listener_receive(pair[0]);
	serve();
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
