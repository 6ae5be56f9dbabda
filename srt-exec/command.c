/* SPDX-License-Identifier: ISC */

/* The last steps before the command: it is to find what srt's caller had. */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "limits.h"
#include "linux.h"
#include "log.h"

/* A script without "#!" is the shell's: execvp(3) does the same. */
static void
exec_script(const char *path, const struct sandbox *sb)
{
	char	**argv;
	size_t	  n;

	for (n = 0; sb->argv[n] != NULL; n++)
		continue;
	if ((argv = calloc(n + 2, sizeof(*argv))) == NULL)
		return;
	argv[0] = (char *)(uintptr_t)"sh";
	argv[1] = (char *)(uintptr_t)path;
	memcpy(argv + 2, sb->argv + 1, n * sizeof(*argv));
	(void)execve("/bin/sh", argv, sb->envp);
	free(argv);
}

/* Returns errno, and only if it failed. */
static int
exec_file(const char *path, const struct sandbox *sb)
{
	(void)execve(path, sb->argv, sb->envp);
	if (errno == ENOEXEC)
		exec_script(path, sb);
	return errno;
}

/*
 * Of a root caller's command /dev/null is the host's, and by a descriptor
 * that came from outside its mode could be changed.
 */
static int
replace_null(void)
{
	struct stat	 st, null;
	int		 fd, n;

	if (geteuid() != 0 || stat("/dev/null", &null) == -1)
		return 0;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fstat(fd, &st) == -1 || !S_ISCHR(st.st_mode) ||
		    st.st_rdev != null.st_rdev)
			continue;
		if ((n = open("/dev/null", fcntl(fd, F_GETFL) & O_ACCMODE)) ==
		    -1 || dup2(n, fd) == -1)
			return -1;
		(void)close(n);
	}
	return 0;
}

/* The broker answers from here on.  Returns -1 with errno. */
static int
hand_over(const struct sandbox *sb)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int))];
	} cm;
	struct iovec	 iov = { .iov_base = cm.buf, .iov_len = 1 };
	struct msghdr	 msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm)
	};
	int		 fd;

	memset(&cm, 0, sizeof(cm));
	if ((fd = notify_filter_install(sb->opt.flags)) == -1)
		return -1;
	cm.hdr.cmsg_level = SOL_SOCKET;
	cm.hdr.cmsg_type = SCM_RIGHTS;
	cm.hdr.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&cm.hdr), &fd, sizeof(fd));
	/* The command's signals are in force: SIGPIPE would look like its. */
	if (sendmsg(sb->listener_fd, &msg, MSG_NOSIGNAL) != 1)
		return -1;
	return close(fd);
}

static int
command_become(const struct sandbox *sb)
{
	if (replace_null() == -1)
		return errno;
	if (hand_over(sb) == -1)
		return -errno;
	if (syscall(NR_CLOSE_RANGE, STDERR_FILENO + 1, ~0U, 0) == -1)
		return errno;
	if (limits_apply(sb) == -1)
		return errno;
	return command_search(sb, exec_file);
}

__dead void
command_exec(struct sandbox *sb, volatile int *error)
{
	command_restore(&sb->opt);
	*error = command_become(sb);
	_exit(EXIT_NOTFOUND);
}
