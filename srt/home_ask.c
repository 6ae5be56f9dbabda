/* SPDX-License-Identifier: ISC */

/* For account_home(): what srt-home says. */

#include "compat.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"
#include "proc.h"

static __dead void
run_helper(const char *path, int out)
{
	char	*argv[] = { (char *)(uintptr_t)"srt-home", NULL };
	char	*envp[] = { NULL };

	if (dup2(out, STDOUT_FILENO) != -1) {
		closefrom(STDERR_FILENO + 1);
		(void)execve(path, argv, envp);
	}
	_exit(EXIT_NOTFOUND);
}

char *
home_from_helper(void)
{
	char	 path[PATH_MAX], home[PATH_MAX];
	size_t	 len = 0;
	ssize_t	 n = 0;
	pid_t	 pid;
	int	 out[2], status;

	if (proc_find("srt-home", path, sizeof(path)) == -1 ||
	    pipe2(out, O_CLOEXEC) == -1)
		return NULL;
	if ((pid = fork()) == 0)
		run_helper(path, out[1]);
	(void)close(out[1]);
	if (pid != -1)
		while (len < sizeof(home) - 1 && ((n = read(out[0],
		    home + len, sizeof(home) - 1 - len)) > 0 ||
		    (n == -1 && errno == EINTR)))
			len += n > 0 ? (size_t)n : 0;
	(void)close(out[0]);
	home[len] = '\0';
	if (pid == -1)
		return NULL;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return NULL;
	if (n != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0 ||
	    strlen(home) != len)
		return NULL;
	return xstrdup(home);
}
