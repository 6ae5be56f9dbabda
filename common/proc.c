/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "proc.h"
#include "sandbox.h"

/* The first look after a child, nanoseconds; the next ones take longer. */
#define PROC_STEP	20000

/* What was executed for a role; said when it cannot be looked up any more. */
static char		*proc_started[ROLE_MAX];

/* Where our programs are if we are not installed, once that is known. */
static struct {
	int	 known;
	uid_t	 owner;			/* of the program that we are */
	char	 dir[PATH_MAX];
} beside;

static __dead void	 proc_child(enum role, const char *, int);
static void		 proc_signals(void);
static int		 proc_trusted(uid_t, uid_t);

/*
 * Another user who can make names beside our program, in a world-writable
 * folder say, is not to have his programs run for us.
 */
static int
proc_ours(const char *path, uid_t owner)
{
	struct stat	 link, st;

	if (lstat(path, &link) == -1 || stat(path, &st) == -1)
		return 0;
	return proc_trusted(link.st_uid, owner) &&
	    proc_trusted(st.st_uid, owner) && (st.st_mode & S_IWOTH) == 0;
}

static int
proc_trusted(uid_t uid, uid_t owner)
{
	return uid == 0 || uid == owner || uid == getuid();
}

/* Whatever names lead there. */
static int
proc_same(const char *one, const char *other)
{
	struct stat	 a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The folder of the program that we are, and that program's state. */
static int
proc_folder(char *buf, size_t size, struct stat *st)
{
	char	*slash;

	if (proc_self(buf, size, st) == -1)
		return -1;
	if ((slash = strrchr(buf, '/')) == NULL)
		return -1;
	*slash = '\0';
	return 0;
}

/* Cuts "tail" off the end; 0 if that is what it was. */
static int
cut_tail(char *path, const char *tail)
{
	size_t	 len = strlen(path), n = strlen(tail);

	if (len < n || strcmp(path + len - n, tail) != 0)
		return -1;
	path[len - n] = '\0';
	return 0;
}

/*
 * bin/srt and libexec/srt stand in one prefix: a tree that was built or
 * unpacked anywhere runs its own programs, never another's.  A role may start
 * one of its own, which stands beside it.  What is installed knows its place
 * and looks nowhere else: then the folder is the empty string.
 */
static void
beside_find(void)
{
	char		*dir = beside.dir;
	struct stat	 st;

	if (proc_folder(dir, sizeof(beside.dir), &st) == -1 ||
	    proc_same(dir, SRT_BINDIR) || proc_same(dir, SRT_LIBEXECDIR) ||
	    (cut_tail(dir, "/bin") == -1 &&
	    cut_tail(dir, "/libexec/srt") == -1))
		goto none;
	beside.owner = st.st_uid;
	if (strlcat(dir, "/libexec", sizeof(beside.dir)) >=
	    sizeof(beside.dir) || !proc_ours(dir, st.st_uid) ||
	    strlcat(dir, "/srt", sizeof(beside.dir)) >= sizeof(beside.dir) ||
	    !proc_ours(dir, st.st_uid))
		goto none;
	return;
 none:
	*dir = '\0';
}

int
proc_path(enum role role, char *buf, size_t size)
{
	const char	*name = role_name(role);
	int		 n;

	if (!beside.known)
		beside_find();
	beside.known = 1;
	if (*beside.dir != '\0') {
		n = snprintf(buf, size, "%s/%s", beside.dir, name);
		if (n >= 0 && (size_t)n < size &&
		    proc_ours(buf, beside.owner) && access(buf, X_OK) == 0)
			return 0;
	}
	n = snprintf(buf, size, "%s/%s", SRT_LIBEXECDIR, name);
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

int
proc_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, pair);
}

int
proc_start(struct proc_child *child, enum role role)
{
	char		 path[PATH_MAX];
	sigset_t	 all, saved;
	int		 pair[2];
	pid_t		 pid = -1;

	if (proc_path(role, path, sizeof(path)) == -1)
		return -1;
	free(proc_started[role]);
	if ((proc_started[role] = strdup(path)) == NULL ||
	    proc_pair(pair) == -1)
		return -1;
	/*
	 * To copy our memory, and then to take apart what is shared of it
	 * page by page, would cost more than all that the child does in ours.
	 * Only it must not run our handlers there.  posix_spawn(3) has no
	 * portable word for closefrom(2) and chdir(2).  srt-proxy copies all
	 * the same: after vfork(2) it, and with it the run, would stand still
	 * for as long as somebody has its child stopped.
	 */
	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &saved) == -1)
		goto fail;
	if (role == ROLE_TLS && (pid = fork()) == 0)
		proc_child(role, path, pair[1]);
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	if (role != ROLE_TLS && (pid = vfork()) == 0)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork) */
		proc_child(role, path, pair[1]);
	(void)sigprocmask(SIG_SETMASK, &saved, NULL);
	if (pid == -1)
		goto fail;
	(void)close(pair[1]);
	child->role = role;
	child->pid = pid;
	child->fd = pair[0];
	return 0;
 fail:
	(void)close(pair[0]);
	(void)close(pair[1]);
	return -1;
}

/* Between vfork and exec: only the pipe and 0-2 go along. */
static __dead void
proc_child(enum role role, const char *path, int fd)
{
	char	*argv[] = { (char *)(uintptr_t)role_name(role), NULL };
	char	*envp[] = { NULL };
	int	 null;

	sandbox_follow(role == ROLE_EXEC || role == ROLE_TLS ? SIGKILL :
	    SIGCONT);
	if (role != ROLE_EXEC) {
		if (setsid() == -1)
			goto fail;
		if ((null = open("/dev/null", O_RDWR)) == -1)
			goto fail;
		if (dup2(null, STDIN_FILENO) == -1 ||
		    dup2(null, STDOUT_FILENO) == -1 ||
		    dup2(null, STDERR_FILENO) == -1)
			goto fail;
		/* Nobody's working directory is kept busy. */
		if (chdir("/") == -1)
			goto fail;
	}
	if (fd == IPC_PARENT_FD) {
		if (fcntl(fd, F_SETFD, 0) == -1)
			goto fail;
	} else if (dup2(fd, IPC_PARENT_FD) == -1)
		goto fail;
	closefrom(IPC_PARENT_FD + 1);

	proc_signals();
	(void)execve(path, argv, envp);
 fail:
	/* The parent tells the user: see proc_log_end(). */
	_exit(EXIT_NOTFOUND);
}

/*
 * A role starts with no signal blocked and none ignored, whatever srt's
 * caller had: with SIGCHLD ignored it could not wait for its children.
 */
static void
proc_signals(void)
{
	struct sigaction	 sa;
	sigset_t		 none;
	int			 sig;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	/* EINVAL: those that are fixed or the C library's. */
	for (sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
proc_woken(int sig)
{
	(void)sig;
}

/*
 * Has the end of a child interrupt a sleep.  Whoever has a handler for that
 * keeps it: it does as well.
 */
static void
proc_wake(struct sigaction *old)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = proc_woken;
	if (sigaction(SIGCHLD, NULL, old) == 0 && old->sa_handler == SIG_DFL)
		(void)sigaction(SIGCHLD, &sa, NULL);
}

int
proc_wait(pid_t pid, int millis)
{
	struct timespec	 ts = { .tv_nsec = PROC_STEP };
	struct sigaction old;
	long		 left = (long)millis * 1000000;
	int		 rc = 0;

	proc_wake(&old);
	/* Should it end between the two calls the sleep is a short one. */
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (left <= 0) {
			rc = -1;
			break;
		}
		(void)nanosleep(&ts, NULL);
		left -= ts.tv_nsec;
		if (ts.tv_nsec < 1000000)
			ts.tv_nsec *= 2;
	}
	(void)sigaction(SIGCHLD, &old, NULL);
	return rc;
}

void
proc_await(pid_t pid)
{
	if (proc_wait(pid, PROC_GRACE * 1000) == 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

void
proc_log_end(enum role role, int status)
{
	const char	*name = role_name(role);

	if (WIFSIGNALED(status))
		log_warnx("%s was killed by signal %d (%s)", name,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOTFOUND &&
	    proc_started[role] != NULL)
		log_warnx("%s cannot be executed: srt is not installed "
		    "completely", proc_started[role]);
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		log_debug("%s ended with status %d", name,
		    WEXITSTATUS(status));
}

void
proc_role_start(enum role role, int argc, char *argv[])
{
	struct stat	 st;
	int		 flags;

	(void)argv;
	log_init(role_name(role), LOG_LEVEL_WARN);
	if (argc != 1 || fstat(IPC_PARENT_FD, &st) == -1 ||
	    !S_ISSOCK(st.st_mode)) {
		log_warnx("this program is started by srt(1), not by hand");
		exit(1);
	}
	if ((flags = fcntl(IPC_PARENT_FD, F_GETFL)) == -1 ||
	    fcntl(IPC_PARENT_FD, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(IPC_PARENT_FD, F_SETFD, FD_CLOEXEC) == -1)
		fatal("pipe to the parent");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fatal("signal");
}
