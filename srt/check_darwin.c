/* SPDX-License-Identifier: ISC */

/* What srt needs of macOS. */

#include "compat.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "../srt-exec/exec.h"

#define SANDBOX_EXEC	"/usr/bin/sandbox-exec"
#define LOG_PROGRAM	"/usr/bin/log"
/* All may be done there, so that it depends on nothing else. */
#define PROFILE		"(version 1)(allow default)"

static int
probe_seatbelt(struct probe *p)
{
	static char	*argv[] = { (char *)(uintptr_t)"sandbox-exec",
			    (char *)(uintptr_t)"-p",
			    (char *)(uintptr_t)PROFILE,
			    (char *)(uintptr_t)"/usr/bin/true", NULL };
	static char	*envp[] = { NULL };
	int		 fds[2], status;
	ssize_t		 n;
	pid_t		 pid;

	if (pipe(fds) == -1 || (pid = fork()) == -1)
		return why("cannot start %s", SANDBOX_EXEC);
	if (pid == 0) {
		if (dup2(fds[1], STDERR_FILENO) == -1)
			_exit(EXIT_SRT);
		closefrom(STDERR_FILENO + 1);
		(void)execve(SANDBOX_EXEC, argv, envp);
		_exit(EXIT_NOTFOUND);
	}
	(void)close(fds[1]);
	n = read(fds[0], p->detail, sizeof(p->detail) - 1);
	p->detail[n > 0 ? n : 0] = '\0';
	p->detail[strcspn(p->detail, "\n")] = '\0';
	if (waitpid(pid, &status, 0) == -1)
		return why("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOTFOUND)
		return whyx("%s cannot be executed", SANDBOX_EXEC);
	return whyx("%s%s", *p->detail != '\0' ? p->detail : SANDBOX_EXEC
	    " fails", ": is srt itself in a sandbox?");
}

/* The proxy's ports, and one end that is taken for another's. */
static int
probe_loopback(struct probe *p)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	int			 fd;

	(void)p;
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return why("socket");
	if (bind(fd, (struct sockaddr *)&sin, len) == -1)
		return why("127.0.0.1");
	if (listen(fd, 1) == -1)
		return why("listen");
	return 0;
}

static int
probe_log(struct probe *p)
{
	(void)p;
	return access(LOG_PROGRAM, X_OK) == -1 ? why("%s", LOG_PROGRAM) : 0;
}

/* Without it nothing is held less: refusals are not told of. */
static int
spare_always(const struct policy *policy)
{
	(void)policy;
	return 1;
}

const struct feature	 check_features[] = {
	{ "seatbelt", "macOS with sandbox-exec(1), and no sandbox around srt",
	    probe_seatbelt, 0, NULL },
	{ "network", "ports of its own choice on 127.0.0.1",
	    probe_loopback, 0, NULL },
	{ "log", "log(1), for reports of refused files and services; "
	    "it may ask for an administrator", probe_log, 0, spare_always }
};
const size_t		 check_nfeatures = nitems(check_features);

int
check_probe(const struct feature *f, const struct policy *policy,
    char *detail, size_t size)
{
	pid_t	 pid;
	int	 out[2], rc;

	why_clear();
	if (pipe2(out, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal("cannot look for %s", f->name);
	if (pid == 0) {
		(void)close(out[0]);
		probe_do(f, policy, out[1]);
		/* NOTREACHED */
	}
	(void)close(out[1]);
	rc = probe_await(pid, out[0], detail, size);
	(void)close(out[0]);
	return rc;
}

/* No namespace of users: everybody can be told by his number. */
int
check_unmapped(uid_t uid)
{
	(void)uid;
	return 0;
}
