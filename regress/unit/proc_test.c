/* SPDX-License-Identifier: ISC */

/*
 * How roles are started.  The test copies itself into a tree of its own,
 * as bin/srt and as the roles' programs; as a role it tells over its pipe
 * what it found.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"
#include "proc.h"

/* POSIX leaves this to the program.  NOLINTNEXTLINE(*-redundant-declaration) */
extern char	**environ;

static char	 logged[1024];

/* As a role: obeys one letter. */

static void
stub_report(char *argv[])
{
	char		 text[4096], link[PATH_MAX], fdname[64], cwd[PATH_MAX];
	struct sigaction sa;
	sigset_t	 mask;
	int		 fd, sig, n, ignored = 0;
	ssize_t		 len;

	n = snprintf(text, sizeof(text), "argv %s %d\nenv %d\n", argv[0],
	    argv[1] != NULL, *environ != NULL);
	for (fd = 0; fd < 64; fd++) {
		(void)snprintf(fdname, sizeof(fdname), "/proc/self/fd/%d",
		    fd);
		len = readlink(fdname, link, sizeof(link) - 1);
		if (len == -1)
			continue;
		link[len] = '\0';
		if (strncmp(link, "socket:", 7) == 0)
			link[6] = '\0';
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "fd %d %s\n", fd, link);
	}
	for (sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			ignored++;
	(void)sigprocmask(SIG_BLOCK, NULL, &mask);
	n += snprintf(text + n, sizeof(text) - (size_t)n,
	    "ignored %d\nblocked %d\nleader %d\ncwd %s\nnonblock %d\n",
	    ignored, sigismember(&mask, SIGCHLD), getsid(0) == getpid(),
	    getcwd(cwd, sizeof(cwd)),
	    (fcntl(IPC_PARENT_FD, F_GETFL) & O_NONBLOCK) != 0);
	if (write(IPC_PARENT_FD, text, (size_t)n) != n)
		_exit(99);
}

static int
stub(int argc, char *argv[])
{
	struct pollfd	 pfd = { .fd = IPC_PARENT_FD, .events = POLLIN };
	char		 c;

	(void)argc;
	for (;;) {
		(void)poll(&pfd, 1, -1);
		switch (read(IPC_PARENT_FD, &c, 1)) {
		case -1:
			continue;
		case 0:
			return 0;
		}
		switch (c) {
		case 'r':
			stub_report(argv);
			break;
		case 'k':
			(void)raise(SIGKILL);
			break;
		case 'e':
			_exit(7);
		}
	}
}

/* As the test. */

static void
log_keep(enum log_level level, const char *text)
{
	(void)snprintf(logged, sizeof(logged), "%d %s", (int)level, text);
}

static int
end(struct proc_child *child)
{
	int	 status;

	(void)close(child->fd);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	logged[0] = '\0';
	proc_log_end(child->role, status);
	return status;
}

static void
report(struct proc_child *child, char *text, size_t size)
{
	struct pollfd	 pfd = { .fd = child->fd, .events = POLLIN };
	ssize_t		 n;

	assert_int_equal(write(child->fd, "r", 1), 1);
	assert_int_equal(poll(&pfd, 1, 20000), 1);
	assert_true((n = read(child->fd, text, size - 1)) > 0);
	text[n] = '\0';
}

static void
has(const char *text, const char *line)
{
	if (strstr(text, line) == NULL)
		fail_msg("no \"%s\" in:\n%s", line, text);
}

static void
test_path(void **state)
{
	char	 path[PATH_MAX], small[8];

	(void)state;
	assert_int_equal(proc_path(ROLE_PROXY, path, sizeof(path)), 0);
	has(path, "/libexec/srt/srt-proxy");
	/* Not beside this program: as configured. */
	assert_int_equal(proc_path(ROLE_RESOLVER, path, sizeof(path)), 0);
	assert_string_equal(path, SRT_LIBEXECDIR "/srt-proxy resolver");
	errno = 0;
	assert_int_equal(proc_path(ROLE_RESOLVER, small, sizeof(small)), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

/* Everything a caller could have left behind. */
static void
test_clean(void **state)
{
	struct proc_child	 child;
	char			 text[4096];
	sigset_t		 mask;
	int			 fd;

	(void)state;
	(void)setenv("SECRET", "x", 1);
	assert_true((fd = open("/etc/passwd", O_RDONLY)) >= 0);
	assert_int_equal(dup2(fd, 40), 40);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)sigfillset(&mask);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	assert_int_equal(proc_start(&child, ROLE_PROXY), 0);
	(void)sigemptyset(&mask);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);

	assert_int_equal(fcntl(child.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	report(&child, text, sizeof(text));
	has(text, "argv srt-proxy 0\nenv 0\n"
	    "fd 0 /dev/null\nfd 1 /dev/null\nfd 2 /dev/null\nfd 3 socket\n"
	    "ignored 0\nblocked 0\nleader 1\ncwd /\nnonblock 1\n");
	assert_int_equal(end(&child), 0);
	assert_string_equal(logged, "");
	(void)close(40);
	(void)close(fd);
}

/* srt-exec keeps what becomes the command's. */
static void
test_exec(void **state)
{
	struct proc_child	 child;
	char			 text[4096], cwd[PATH_MAX], line[PATH_MAX + 8];
	int			 saved, fd;

	(void)state;
	assert_true((saved = dup(STDIN_FILENO)) >= 0);
	assert_true((fd = open("/etc/passwd", O_RDONLY)) >= 0);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(proc_start(&child, ROLE_EXEC), 0);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	(void)close(saved);
	(void)close(fd);

	report(&child, text, sizeof(text));
	has(text, "argv srt-exec 0\nenv 0\nfd 0 /etc/passwd\nfd 1 ");
	has(text, "fd 3 socket\nignored 0\nblocked 0\nleader 0\n");
	(void)snprintf(line, sizeof(line), "cwd %s\n",
	    getcwd(cwd, sizeof(cwd)));
	has(text, line);
	assert_int_equal(end(&child), 0);
}

static void
test_ends(void **state)
{
	struct proc_child	 child;
	int			 status;

	(void)state;
	assert_int_equal(proc_start(&child, ROLE_PROXY), 0);
	assert_int_equal(write(child.fd, "k", 1), 1);
	status = end(&child);
	assert_true(WIFSIGNALED(status));
	has(logged, "1 srt-proxy was killed by signal 9 (Killed)");

	assert_int_equal(proc_start(&child, ROLE_PROXY), 0);
	assert_int_equal(write(child.fd, "e", 1), 1);
	status = end(&child);
	assert_true(WIFEXITED(status));
	has(logged, "3 srt-proxy ended with status 7");

	/* A program that is none. */
	assert_int_equal(proc_start(&child, ROLE_MONITOR), 0);
	status = end(&child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_NOTFOUND);
	has(logged, "/libexec/srt/srt-monitor cannot be executed: srt is not "
	    "installed completely");
}

static void
test_pair(void **state)
{
	int	 pair[2], i;

	(void)state;
	assert_int_equal(proc_pair(pair), 0);
	for (i = 0; i < 2; i++) {
		assert_true(fcntl(pair[i], F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(pair[i], F_GETFL) & O_NONBLOCK);
		(void)close(pair[i]);
	}
}

/* By hand, not by srt. */
static void
test_role_start(void **state)
{
	char	 name[] = "srt-proxy", more[] = "x";
	char	*argv[] = { name, more, NULL };
	int	 status, argc;
	pid_t	 pid;

	(void)state;
	for (argc = 1; argc <= 2; argc++) {
		assert_true((pid = fork()) >= 0);
		if (pid == 0) {
			(void)dup2(open("/dev/null", O_RDWR), IPC_PARENT_FD);
			proc_role_start(ROLE_PROXY, argc, argv);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
	}
}

static int
tests(void)
{
	const struct CMUnitTest list[] = {
		cmocka_unit_test(test_path), cmocka_unit_test(test_clean),
		cmocka_unit_test(test_exec), cmocka_unit_test(test_ends),
		cmocka_unit_test(test_pair), cmocka_unit_test(test_role_start)
	};

	log_init("test", LOG_LEVEL_DEBUG);
	log_setsink(log_keep);
	return cmocka_run_group_tests(list, NULL, NULL);
}

/* Makes the tree, has the copy do the tests, removes the tree. */
static int
outside(void)
{
	char	 dir[] = "/tmp/srt-proc.XXXXXX", command[1024], self[PATH_MAX];
	ssize_t	 n;
	int	 status;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n == -1 || mkdtemp(dir) == NULL)
		return 1;
	self[n] = '\0';
	(void)setenv("D", dir, 1);
	(void)setenv("SELF", self, 1);
	(void)strlcpy(command, "mkdir -p $D/bin $D/libexec/srt && "
	    "cp \"$SELF\" $D/bin/srt && ln $D/bin/srt $D/libexec/srt/srt-proxy"
	    " && ln $D/bin/srt $D/libexec/srt/srt-exec && "
	    ": >$D/libexec/srt/srt-monitor && "
	    "chmod 755 $D/libexec/srt/srt-monitor && $D/bin/srt; s=$?; "
	    "rm -rf $D; exit $s", sizeof(command));
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int
main(int argc, char *argv[])
{
	const char	*name = strrchr(argv[0], '/');

	name = name == NULL ? argv[0] : name + 1;
	if (strcmp(name, "srt-proxy") == 0 || strcmp(name, "srt-exec") == 0)
		return stub(argc, argv);
	if (strcmp(name, "srt") == 0)
		return tests();
	return outside();
}
