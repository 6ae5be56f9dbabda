/* SPDX-License-Identifier: ISC */

/*
 * What srt needs of Linux, each tried as the roles do it, and where that can
 * be, by their own functions.
 */

#include "compat.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "../srt-exec/exec.h"
#include "../srt-exec/limits.h"
#include "../srt-exec/linux.h"

/* What a limit is set to where the settings have none. */
#define SOME_MEMORY	(UINT64_C(1) << 30)

static int	probe_apparmor(struct probe *);
static int	probe_cgroup(struct probe *);
static int	probe_children(struct probe *);
static int	probe_landlock(struct probe *);
static int	probe_mounts(struct probe *);
static int	probe_network(struct probe *);
static int	probe_nothing(struct probe *);
static int	probe_openat2(struct probe *);
static int	probe_pidfd(struct probe *);
static int	probe_proc(struct probe *);
static int	probe_readv(struct probe *);
static int	probe_seccomp(struct probe *);
static int	probe_setattr(struct probe *);
static int	probe_sockets(struct probe *);
static int	probe_userns(struct probe *);
static int	spare_bare(const struct policy *);
static int	spare_cgroup(const struct policy *);
static int	spare_not_bare(const struct policy *);

#define NS(kind)	(CLONE_NEWUSER | (kind))

const struct feature	 check_features[] = {
	{ "user-namespaces",
	    "Linux 3.8, sysctl user.max_user_namespaces above 0",
	    probe_userns, CLONE_NEWUSER, spare_bare },
	{ "apparmor", "an AppArmor that lets srt use its user namespace",
	    probe_apparmor, CLONE_NEWUSER, spare_bare },
	{ "mount-namespaces", "Linux with CONFIG_NAMESPACES",
	    probe_nothing, NS(CLONE_NEWNS), spare_bare },
	{ "pid-namespaces", "Linux with CONFIG_PID_NS",
	    probe_nothing, NS(CLONE_NEWPID), spare_bare },
	{ "network-namespaces", "Linux with CONFIG_NET_NS",
	    probe_nothing, NS(CLONE_NEWNET), spare_bare },
	{ "ipc-namespaces", "Linux with CONFIG_IPC_NS",
	    probe_nothing, NS(CLONE_NEWIPC), spare_bare },
	{ "uts-namespaces", "Linux with CONFIG_UTS_NS",
	    probe_nothing, NS(CLONE_NEWUTS), spare_bare },
	{ "cgroup-namespaces", "Linux 4.6",
	    probe_nothing, NS(CLONE_NEWCGROUP), spare_bare },
	{ "mount-api", "Linux 5.2: fsopen, open_tree, move_mount",
	    probe_mounts, NS(CLONE_NEWNS), spare_bare },
	{ "mount_setattr", "Linux 5.12",
	    probe_setattr, NS(CLONE_NEWNS), spare_bare },
	{ "own-proc", "a /proc of which nothing is hidden",
	    probe_proc, NS(CLONE_NEWNS | CLONE_NEWPID), spare_bare },
	{ "openat2", "Linux 5.6", probe_openat2, 0, NULL },
	{ "network", "a loopback interface on which every address is local",
	    probe_network, NS(CLONE_NEWNET), spare_bare },
	{ "unix-sockets", "descriptors that go along with messages",
	    probe_sockets, 0, NULL },
	{ "landlock", "Linux 5.13, booted with lsm=landlock,...",
	    probe_landlock, 0, NULL },
	{ "seccomp", "Linux 5.19: user notification with WAIT_KILLABLE_RECV",
	    probe_seccomp, 0, NULL },
	{ "pidfd_getfd", "Linux 5.6, sysctl kernel.yama.ptrace_scope below 3",
	    probe_pidfd, CLONE_NEWUSER, NULL },
	{ "process_vm_readv",
	    "Linux 3.2, sysctl kernel.yama.ptrace_scope below 3",
	    probe_readv, CLONE_NEWUSER, NULL },
	{ "proc-children", "Linux 4.2 with CONFIG_PROC_CHILDREN, for mode "
	    "\"landlock\"", probe_children, 0, spare_not_bare },
	{ "cgroup", "for limits.memory as a whole: a delegated cgroup v2",
	    probe_cgroup, 0, spare_cgroup }
};
const size_t	check_nfeatures = nitems(check_features);

int
check_unmapped(uid_t uid)
{
	unsigned long	 first, outer, count;
	FILE		*fp;
	int		 n;

	if (sysctl_number("/proc/sys/kernel/overflowuid") != (long)uid ||
	    (fp = fopen("/proc/self/uid_map", "re")) == NULL)
		return 0;
	/* The kernel's own numbers.  NOLINTNEXTLINE(cert-err34-c) */
	n = fscanf(fp, "%lu %lu %lu", &first, &outer, &count);
	(void)fclose(fp);
	return n == 3 && count < UINT32_MAX;
}

static int
probe_nothing(struct probe *p)
{
	(void)p;
	return 0;
}

static int
probe_userns(struct probe *p)
{
	long	 n = sysctl_number("/proc/sys/user/max_user_namespaces");

	if (n != -1)
		(void)snprintf(p->detail, sizeof(p->detail), "at most %ld", n);
	return 0;
}

/* It lets the namespace be made, but nothing be done with it. */
static int
probe_apparmor(struct probe *p)
{
	long	 n = sysctl_number("/proc/sys/kernel/"
		    "apparmor_restrict_unprivileged_userns");

	if (n != 1)
		(void)strlcpy(p->detail, "it does not restrict them",
		    sizeof(p->detail));
	if (unshare(CLONE_NEWUTS) == 0 || n != 1)
		return 0;
	return ns_why("a new user namespace");
}

static int
probe_mounts(struct probe *p)
{
	int	 fs, mnt, root, tree;

	(void)p;
	if ((fs = lx_fsopen("tmpfs")) == -1)
		return why("fsopen");
	if (lx_fsconfig(fs, LX_FSCONFIG_CREATE, NULL, NULL) == -1)
		return why("a tmpfs");
	if ((mnt = lx_fsmount(fs, LX_ATTR_NOSUID)) == -1)
		return why("fsmount");
	if ((tree = lx_open_tree(AT_FDCWD, "/", LX_TREE_CLONE |
	    AT_RECURSIVE)) == -1)
		return why("open_tree");
	if ((root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return why("/");
	if (lx_move_mount(mnt, root) == -1 || lx_move_mount(tree, mnt) == -1)
		return why("move_mount");
	return 0;
}

static int
probe_setattr(struct probe *p)
{
	int	 tree;

	(void)p;
	if ((tree = lx_open_tree(AT_FDCWD, "/", LX_TREE_CLONE |
	    AT_RECURSIVE)) == -1)
		return why("open_tree");
	if (lx_mount_setattr(tree, AT_RECURSIVE, LX_ATTR_RDONLY |
	    LX_ATTR_NOSUID, MS_PRIVATE) == -1)
		return errno == ENOSYS ? whyx("this kernel is older") :
		    why("mount_setattr");
	return 0;
}

static int
probe_proc(struct probe *p)
{
	int	 fs;

	(void)p;
	if ((fs = lx_fsopen("proc")) == -1)
		return why("fsopen");
	if (lx_fsconfig(fs, LX_FSCONFIG_CREATE, NULL, NULL) == 0 &&
	    lx_fsmount(fs, LX_ATTR_NOSUID) != -1)
		return 0;
	if (errno != EPERM && errno != EACCES)
		return why("cannot mount /proc");
	return whyx("parts of /proc are hidden: in a container, start it with "
	    "unmasked /proc (docker: --security-opt "
	    "systempaths=unconfined); or set enableWeakerNestedSandbox, which "
	    "enforces less");
}

static int
probe_openat2(struct probe *p)
{
	(void)p;
	if (lx_openat2(AT_FDCWD, "/", O_PATH, LX_RESOLVE_NO_SYMLINKS |
	    LX_RESOLVE_NO_MAGICLINKS) != -1)
		return 0;
	if (errno == ENOSYS)
		return whyx("this kernel is older, or the container's "
		    "seccomp profile is");
	return why("openat2");
}

/* With the addresses, the routes and the listeners of a run. */
static int
probe_network(struct probe *p)
{
	struct ipc_peer	 peer;
	int		 pair[2];

	(void)p;
	if (proc_pair(pair) == -1)
		return why("socketpair");
	ipc_open(&peer, NULL, pair[0], ROLE_PROXY, NULL, 0, NULL);
	return net_build(&peer);
}

static int
probe_sockets(struct probe *p)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int))];
	} cm;
	char		 c = 0;
	struct iovec	 iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr	 msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm)
	};
	int		 pair[2], type, i;

	(void)p;
	for (i = 0; i < 2; i++) {
		type = i == 0 ? SOCK_STREAM : SOCK_DGRAM;
		if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == -1)
			return why("socketpair");
		memset(&cm, 0, sizeof(cm));
		cm.hdr.cmsg_level = SOL_SOCKET;
		cm.hdr.cmsg_type = SCM_RIGHTS;
		cm.hdr.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&cm.hdr), &pair[0], sizeof(int));
		if (sendmsg(pair[0], &msg, 0) != 1 ||
		    recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC) != 1)
			return why("SCM_RIGHTS");
		if (cm.hdr.cmsg_type != SCM_RIGHTS)
			return whyx("no descriptor comes along");
	}
	return 0;
}

static int
probe_landlock(struct probe *p)
{
	struct landlock	 ll;

	if (landlock_begin(&ll, p->policy->flags & EXEC_LANDLOCK) == -1 ||
	    landlock_enter(&ll) == -1)
		return -1;
	(void)snprintf(p->detail, sizeof(p->detail), "ABI %d%s", ll.abi,
	    ll.abi < LANDLOCK_ABI_SCOPE ? ": seccomp keeps signals and "
	    "abstract sockets inside (6 does it better)" : "");
	return 0;
}

/* The very filters of a run; nobody answers what they ask. */
static int
probe_seccomp(struct probe *p)
{
	if (command_filter_install(p->policy->flags) == -1)
		return why("seccomp filters");
	if (notify_filter_install(p->policy->flags) != -1)
		return 0;
	if (errno == EBUSY)
		return whyx("another sandbox around us listens already: srt "
		    "does not run within srt");
	if (errno == EINVAL)
		return whyx("this kernel is older");
	return why("seccomp user notification");
}

/* A child to look at, as the broker looks at the command. */
static pid_t
probe_target(int *fd)
{
	int	 pair[2];
	char	 c;
	pid_t	 pid;

	if (pipe2(pair, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		(void)why("fork");
		return -1;
	}
	if (pid == 0) {
		(void)close(pair[1]);
		_exit(read(pair[0], &c, 1) == 1);
	}
	*fd = pair[0];
	return pid;
}

/* What stands in the way of looking at another process. */
static int
ptrace_why(const char *what)
{
	int	 saved = errno;

	if (saved == EPERM &&
	    sysctl_number("/proc/sys/kernel/yama/ptrace_scope") == 3)
		return whyx("no process may look at another: set sysctl "
		    "kernel.yama.ptrace_scope to 2 or less, and boot anew");
	errno = saved;
	if (saved == EPERM || saved == ENOSYS)
		return why("%s: in a container, allow it in its seccomp "
		    "profile", what);
	return why("%s", what);
}

static int
probe_pidfd(struct probe *p)
{
	pid_t	 pid;
	int	 fd, pidfd, rc = 0;

	(void)p;
	if ((pid = probe_target(&fd)) == -1)
		return -1;
	if ((pidfd = lx_pidfd_open(pid)) == -1)
		rc = why("pidfd_open");
	else if (syscall(NR_PIDFD_GETFD, pidfd, fd, 0) == -1)
		rc = ptrace_why("pidfd_getfd");
	(void)kill(pid, SIGKILL);
	return rc;
}

static int
probe_readv(struct probe *p)
{
	static int	 there = 42;
	int		 here = 0, fd, rc = 0;
	struct iovec	 local = { .iov_base = &here, .iov_len = sizeof(here) };
	struct iovec	 remote = { .iov_base = &there,
			    .iov_len = sizeof(there) };
	pid_t		 pid;

	(void)p;
	if ((pid = probe_target(&fd)) == -1)
		return -1;
	if (process_vm_readv(pid, &local, 1, &remote, 1, 0) !=
	    (ssize_t)sizeof(here))
		rc = ptrace_why("process_vm_readv");
	else if (here != there)
		rc = whyx("it reads something else");
	(void)kill(pid, SIGKILL);
	return rc;
}

static int
probe_cgroup(struct probe *p)
{
	const struct settings	*set = p->policy->settings;
	const char		*reason;
	int			 fd;

	fd = cgroup_new(set->limit_memory == 0 ? SOME_MEMORY :
	    (uint64_t)set->limit_memory, (uint64_t)set->limit_pids, &reason);
	if (fd == -1)
		return whyx("%s: run srt with systemd-run --user --scope -p "
		    "Delegate=yes", reason);
	(void)close(fd);
	cgroup_end();
	return 0;
}

/* For orphans to fall to, and to be found by. */
static int
probe_children(struct probe *p)
{
	(void)p;
	return end_hold();
}

/* Mode "landlock" makes no namespace. */
static int
spare_bare(const struct policy *policy)
{
	return (policy->flags & EXEC_LANDLOCK) != 0;
}

static int
spare_not_bare(const struct policy *policy)
{
	return !spare_bare(policy);
}

static int
spare_cgroup(const struct policy *policy)
{
	return policy->settings->limit_memory == 0;
}

static __dead void
probe_child(const struct feature *f, const struct policy *policy, int go,
    int out)
{
	char	 c;

	if (f->clone != 0 && read(go, &c, 1) != 1)
		_exit(1);
	probe_do(f, policy, out);
}

/* 0; -1 if it failed, and -2 if there are no namespaces to try it in. */
static int
probe_in(unsigned int clone, const struct feature *f,
    const struct policy *policy, char *detail, size_t size)
{
	pid_t	 pid;
	int	 go[2], out[2], rc = -2;

	why_clear();
	if (pipe2(go, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		fatal("pipe");
	pid = (pid_t)syscall(SYS_clone, clone | SIGCHLD, NULL, NULL, NULL,
	    NULL);
	if (pid == 0) {
		(void)close(go[1]);
		(void)close(out[0]);
		probe_child(f, policy, go[0], out[1]);
		/* NOTREACHED */
	}
	if (pid == -1)
		(void)ns_why("cannot make it");
	(void)close(go[0]);
	(void)close(out[1]);
	if (pid != -1 && (clone == 0 || ns_map_ids(pid) == 0) &&
	    (f->clone == 0 || write(go[1], "", 1) == 1))
		rc = probe_await(pid, out[0], detail, size);
	else {
		(void)strlcpy(detail, why_text(), size);
		if (pid != -1)
			probe_end(pid);
	}
	(void)close(go[1]);
	(void)close(out[0]);
	return rc;
}

int
check_probe(const struct feature *f, const struct policy *policy,
    char *detail, size_t size)
{
	int	 rc = -2;

	/* As the role does it that needs it. */
	if (f->spare != NULL || !spare_bare(policy))
		rc = probe_in(f->clone, f, policy, detail, size);
	/* Namespaces may be for srt-exec alone, as AppArmor can have it. */
	if (rc == -2 && f->spare == NULL)
		rc = probe_in(0, f, policy, detail, size);
	return rc == 0 ? 0 : -1;
}
