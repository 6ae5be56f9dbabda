/* SPDX-License-Identifier: ISC */

/*
 * What the command has of srt's caller, and where it is looked for; the same
 * on every system.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "exec.h"

/* Where programs are looked for without PATH. */
#define DEFAULT_PATH	"/usr/local/bin:/usr/bin:/bin"

/* They share the terminal and the process group with the command. */
static const int ignored[] = {
	SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE,
	SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH
};

void
command_signals(void)
{
	size_t	 i;

	for (i = 0; i < nitems(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
}

static int
was_ignored(const struct exec_options *opt, int sig)
{
	if (sig <= 32)
		return (opt->sigignored_lo >> (sig - 1) & 1) != 0;
	return (opt->sigignored_hi >> (sig - 33) & 1) != 0;
}

void
command_restore(const struct exec_options *opt)
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
	(void)umask((mode_t)(opt->umask & 0777));
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

int
command_search(const struct sandbox *sb,
    int (*try)(const char *, const struct sandbox *))
{
	const char	*word = sb->argv[0], *dir = search_path(sb), *end;
	char		 path[PATH_MAX];
	struct stat	 st;
	int		 error = ENOENT, n, last;

	if (*word == '\0')
		return ENOENT;
	if (strchr(word, '/') != NULL)
		return try(word, sb);
	for (;; dir = end + 1) {
		end = dir + strcspn(dir, ":");
		n = snprintf(path, sizeof(path), "%.*s%s%s",
		    (int)(end - dir), dir, end == dir ? "" : "/", word);
		if (n > 0 && (size_t)n < sizeof(path) &&
		    stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			last = try(path, sb);
			if (error == ENOENT)
				error = last;
			/* An argument list too long is so everywhere. */
			if (last == 0 || last == E2BIG || last == ENOMEM)
				return last;
		}
		if (*end == '\0')
			return error;
	}
}
