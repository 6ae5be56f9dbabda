/* SPDX-License-Identifier: ISC */

/* Processes, their namespaces, ids and capabilities. */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/securebits.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"

#define BROKER_FLAGS	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | \
			    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* The securebits of capabilities(7), and each one's lock. */
#define SECURE_ALL	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | \
			    SECBIT_NO_SETUID_FIXUP | \
			    SECBIT_NO_SETUID_FIXUP_LOCKED | \
			    SECBIT_KEEP_CAPS_LOCKED | \
			    SECBIT_NO_CAP_AMBIENT_RAISE | \
			    SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

/* The cure of last resort: never chosen but by name. */
#define ELSE		"; or set \"mode\": \"landlock\", which needs no " \
			    "namespaces and enforces less"

long
sysctl_number(const char *path)
{
	char	 buf[32];
	ssize_t	 n;
	int	 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	(void)close(fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	return strtol(buf, NULL, 10);
}

/*
 * What usually stands behind a refusal.  The knobs are looked at only now
 * that doing it has failed: a knob alone says little.
 */
int
ns_why(const char *what)
{
	int	 saved = errno;

	if (saved == ENOSPC || saved == EUSERS || saved == EPERM ||
	    saved == EACCES) {
		if (sysctl_number("/proc/sys/user/max_user_namespaces") == 0)
			return whyx("user namespaces are switched off: set "
			    "sysctl user.max_user_namespaces to 10000" ELSE);
		if (geteuid() != 0 && sysctl_number(
		    "/proc/sys/kernel/unprivileged_userns_clone") == 0)
			return whyx("user namespaces are for root only: set "
			    "sysctl kernel.unprivileged_userns_clone to 1"
			    ELSE);
		if (geteuid() != 0 && sysctl_number("/proc/sys/kernel/"
		    "apparmor_restrict_unprivileged_userns") == 1)
			return whyx("AppArmor restricts user namespaces: "
			    "install srt's AppArmor profile, or set sysctl "
			    "kernel.apparmor_restrict_unprivileged_userns "
			    "to 0" ELSE);
	}
	errno = saved;
	if (saved == ENOSPC || saved == EUSERS)
		return why("%s: user namespaces are nested too deeply or too "
		    "many: raise sysctl user.max_user_namespaces" ELSE, what);
	if (saved == EPERM || saved == EACCES)
		return why("%s: namespaces are refused here; srt does not "
		    "run within srt; in a container, allow them in its "
		    "seccomp and AppArmor profiles; in a chroot they do not "
		    "work" ELSE, what);
	if (saved == EINVAL || saved == ENOSYS)
		return why("%s: this kernel lacks a kind of namespace; srt "
		    "needs Linux 5.19 with all of them" ELSE, what);
	return why("%s", what);
}

pid_t
ns_clone_broker(uint32_t flags)
{
	pid_t	 pid;

	if ((flags & EXEC_LANDLOCK) != 0) {
		if ((pid = fork()) == -1)
			(void)why("fork");
		return pid;
	}
	pid = (pid_t)syscall(SYS_clone, BROKER_FLAGS | SIGCHLD, NULL, NULL,
	    NULL, NULL);
	if (pid == -1)
		(void)ns_why("cannot make the namespaces");
	return pid;
}

pid_t
ns_clone_init(uint32_t flags)
{
	pid_t	 pid;

	if ((flags & EXEC_LANDLOCK) != 0) {
		if ((pid = fork()) == -1)
			(void)why("fork");
		return pid;
	}
	/*
	 * Not unshare(2): afterwards the broker could not make threads.
	 */
	pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL,
	    NULL, NULL);
	if (pid == -1)
		(void)ns_why("cannot make the pid namespace");
	return pid;
}

static int
write_map(pid_t pid, const char *name, const char *text)
{
	char	 path[64];
	size_t	 len = strlen(text);
	ssize_t	 n;
	int	 fd, saved;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	n = write(fd, text, len);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return n == (ssize_t)len ? 0 : -1;
}

/* Every id that the caller's own namespace has, onto itself. */
static int
identity_map(const char *name, char *buf, size_t size)
{
	char		 path[64], line[128];
	unsigned long	 first, outer, count;
	size_t		 len = 0;
	FILE		*fp;
	int		 n;

	(void)snprintf(path, sizeof(path), "/proc/self/%s", name);
	if ((fp = fopen(path, "re")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), fp) != NULL) {
		/* The kernel's own numbers.  NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, "%lu %lu %lu", &first, &outer, &count) != 3)
			continue;
		n = snprintf(buf + len, size - len, "%lu %lu %lu\n", first,
		    first, count);
		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	(void)fclose(fp);
	return len > 0 ? 0 : -1;
}

/* Root's files and everybody's keep their owners. */
static int
map_all(pid_t pid)
{
	char	 buf[4096];

	if (identity_map("uid_map", buf, sizeof(buf)) == -1 ||
	    write_map(pid, "uid_map", buf) == -1 ||
	    identity_map("gid_map", buf, sizeof(buf)) == -1 ||
	    write_map(pid, "gid_map", buf) == -1)
		return -1;
	return 0;
}

int
ns_map_ids(pid_t pid)
{
	char	 buf[64];

	/* EPERM: a root that may not change ids is treated like a user. */
	if (geteuid() == 0) {
		if (map_all(pid) == 0)
			return 0;
		if (errno != EPERM && errno != EACCES)
			return ns_why("cannot write the id maps");
	}
	(void)snprintf(buf, sizeof(buf), "%lu %lu 1\n",
	    (unsigned long)geteuid(), (unsigned long)geteuid());
	if (write_map(pid, "uid_map", buf) == -1)
		return ns_why("cannot write the uid map");
	/* Without this an ordinary user's gid map is refused. */
	if (write_map(pid, "setgroups", "deny") == -1)
		return ns_why("cannot give up setgroups");
	(void)snprintf(buf, sizeof(buf), "%lu %lu 1\n",
	    (unsigned long)getegid(), (unsigned long)getegid());
	if (write_map(pid, "gid_map", buf) == -1)
		return ns_why("cannot write the gid map");
	return 0;
}

int
ns_die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return why("prctl PR_SET_PDEATHSIG");
	return 0;
}

int
ns_parent_gone(int pidfd)
{
	struct pollfd	 pfd = { .fd = pidfd, .events = POLLIN };

	return poll(&pfd, 1, 0) != 0;
}

int
ns_undumpable(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return why("prctl PR_SET_DUMPABLE");
	return 0;
}

int
ns_drop_caps(int inside, uint64_t keep)
{
	struct __user_cap_header_struct	 head = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct	 some[2];
	int				 cap;

	/*
	 * EINVAL: past the last one that this kernel has.  Outside, an
	 * ordinary user has none to give up and may not say so.
	 */
	for (cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL || (errno == EPERM && !inside))
			break;
		return why("prctl PR_CAPBSET_DROP");
	}
	if (prctl(PR_SET_SECUREBITS, SECURE_ALL, 0, 0, 0) == -1 &&
	    (errno != EPERM || inside))
		return why("prctl PR_SET_SECUREBITS");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return why("prctl PR_CAP_AMBIENT");
	memset(some, 0, sizeof(some));
	some[0].effective = some[0].permitted = (uint32_t)keep;
	some[1].effective = some[1].permitted = (uint32_t)(keep >> 32);
	if (syscall(SYS_capset, &head, some) == -1)
		return why("capset");
	/* With this no program file can give any of it back. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return why("prctl PR_SET_NO_NEW_PRIVS");
	return 0;
}

/*
 * A socket of the host that needs no connection: it sends to any address,
 * and to any path, without a word to the broker.
 */
static int
sends_anywhere(int fd)
{
	int		 domain, type;
	socklen_t	 dlen = sizeof(domain), tlen = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &dlen) == -1 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &tlen) == -1)
		return 1;
	return type != SOCK_STREAM &&
	    (domain != AF_UNIX || type != SOCK_SEQPACKET);
}

int
ns_check_stdio(int *tty)
{
	struct stat	 st;
	int		 fd;

	*tty = -1;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fstat(fd, &st) == -1)
			return why("file descriptor %d", fd);
		/* Everything beneath it could be reached past all mounts. */
		if (S_ISDIR(st.st_mode))
			return whyx("file descriptor %d is a directory", fd);
		if (S_ISSOCK(st.st_mode) && sends_anywhere(fd))
			return whyx("file descriptor %d is a socket for "
			    "datagrams", fd);
		if (*tty == -1 && S_ISCHR(st.st_mode) && isatty(fd))
			*tty = fd;
	}
	return 0;
}
