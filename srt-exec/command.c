/* SPDX-License-Identifier: ISC */

/* The last steps before the command: it is to find what srt's caller had. */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "limits.h"
#include "linux.h"
#include "log.h"

/* Where programs are looked for without PATH. */
#define DEFAULT_PATH	"/usr/local/bin:/usr/bin:/bin"

static int
was_ignored(const struct exec_options *opt, int sig)
{
	if (sig <= 32)
		return (opt->sigignored_lo >> (sig - 1) & 1) != 0;
	return (opt->sigignored_hi >> (sig - 33) & 1) != 0;
}

static void
restore_signals(const struct exec_options *opt)
{
	struct sigaction	 sa;
	sigset_t		 none;
	int			 sig;

	memset(&sa, 0, sizeof(sa));
	for (sig = 1; sig <= COMMAND_NSIG; sig++) {
		sa.sa_handler = was_ignored(opt, sig) ? SIG_IGN : SIG_DFL;
		/* EINVAL: those that are fixed or the C library's. */
		(void)sigaction(sig, &sa, NULL);
	}
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

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

/* Returns, with errno, only if it failed. */
static void
exec_file(const char *path, const struct sandbox *sb)
{
	(void)execve(path, sb->argv, sb->envp);
	if (errno == ENOEXEC)
		exec_script(path, sb);
}

static const char *
search_path(const struct sandbox *sb)
{
	size_t	 i;

	for (i = 0; sb->envp[i] != NULL; i++)
		if (strncmp(sb->envp[i], "PATH=", 5) == 0)
			return sb->envp[i] + 5;
	return DEFAULT_PATH;
}

/*
 * Looks for the command as a shell does: along the PATH that it is given, in
 * the sandbox.  Unlike execvp(3) a folder of the PATH that may not be entered
 * does not turn "not found" into "permission denied".
 */
static int
exec_search(const struct sandbox *sb)
{
	const char	*word = sb->argv[0], *dir = search_path(sb), *end;
	char		 path[PATH_MAX];
	struct stat	 st;
	int		 error = ENOENT, n;

	if (*word == '\0')
		return ENOENT;
	if (strchr(word, '/') != NULL) {
		exec_file(word, sb);
		return errno;
	}
	for (;; dir = end + 1) {
		end = dir + strcspn(dir, ":");
		n = snprintf(path, sizeof(path), "%.*s%s%s",
		    (int)(end - dir), dir, end == dir ? "" : "/", word);
		if (n > 0 && (size_t)n < sizeof(path) &&
		    stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			exec_file(path, sb);
			if (error == ENOENT)
				error = errno;
			/* An argument list too long is so everywhere. */
			if (errno == E2BIG || errno == ENOMEM)
				return errno;
		}
		if (*end == '\0')
			return error;
	}
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
	return exec_search(sb);
}

__dead void
command_exec(struct sandbox *sb, volatile int *error)
{
	restore_signals(&sb->opt);
	(void)umask((mode_t)(sb->opt.umask & 0777));
	*error = command_become(sb);
	_exit(EXIT_NOTFOUND);
}
