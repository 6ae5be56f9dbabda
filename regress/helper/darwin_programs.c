/* SPDX-License-Identifier: ISC */

/*
 * The programs of macOS that srt starts, in the words of Linux.
 *
 * sandbox-exec(1): nothing holds the command to its profile here.  It is
 * written to the file that the command's PROFILE names; and where its DENIED
 * names a path, the log is told that reading that was refused.
 *
 * log(1): a socket, whose name has in it by which end of a message the log is
 * searched, takes what is to be logged.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* So often is a log that has not begun yet told, and the time between. */
#define TELL_TRIES	1000
#define TELL_PAUSE	10000000	/* nanoseconds */

#define HEAD	"2026-11-21 22:10:11.123 E  kernel[0:1f2e] (Sandbox) "

int	 __wrap_execve(const char *, char *const *, char *const *);
int	 __real_execve(const char *, char *const *, char *const *);

static const char *
variable(char *const *env, const char *name)
{
	size_t	 len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* The text between the two, to be freed. */
static char *
between(const char *text, const char *before, const char *after)
{
	const char	*start, *end;
	char		*s;

	if ((start = strstr(text, before)) == NULL ||
	    (end = strstr(start + strlen(before), after)) == NULL)
		_exit(65);
	start += strlen(before);
	if ((s = strndup(start, (size_t)(end - start))) == NULL)
		_exit(71);
	return s;
}

/* The log's address, of which no file is left. */
static int
log_socket(const char *suffix, struct sockaddr_un *sun, socklen_t *len)
{
	int	 fd, n;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	n = snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1,
	    "srt-log%s", suffix);
	if (n < 0 || (size_t)n >= sizeof(sun->sun_path) - 1)
		_exit(65);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)n);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		_exit(71);
	return fd;
}

/* "log stream --predicate ..." */
static __dead void
log_stream(char *const *argv)
{
	struct sockaddr_un	 sun;
	socklen_t		 len;
	char			 buf[8192], *suffix;
	ssize_t			 n;
	int			 fd;

	if (strcmp(argv[1], "stream") != 0 ||
	    strcmp(argv[2], "--predicate") != 0)
		_exit(64);
	suffix = between(argv[3], "ENDSWITH \"", "\"");
	fd = log_socket(suffix, &sun, &len);
	if (bind(fd, (struct sockaddr *)&sun, len) == -1)
		_exit(71);
	free(suffix);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		if (write(STDOUT_FILENO, buf, (size_t)n) != n)
			break;
	_exit(0);
}

static void
log_denied(const char *profile, const char *path)
{
	const struct timespec	 pause = { .tv_nsec = TELL_PAUSE };
	struct sockaddr_un	 sun;
	socklen_t		 len;
	char			 buf[8192], *tag, *suffix;
	int			 fd, i, n;

	tag = between(profile, "(deny default (with message \"", "\"))");
	suffix = strstr(tag, "_END_");
	if (suffix == NULL)
		_exit(65);
	fd = log_socket(suffix + sizeof("_END_") - 1, &sun, &len);
	n = snprintf(buf, sizeof(buf), HEAD "Sandbox: cat(%d) deny(1) "
	    "file-read-data %s\n%s\n", (int)getpid(), path, tag);
	if (n < 0 || (size_t)n >= sizeof(buf))
		_exit(65);
	for (i = 0; i < TELL_TRIES; i++) {
		if (sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&sun,
		    len) == n)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (i == TELL_TRIES)
		_exit(69);
	(void)close(fd);
	free(tag);
}

static __dead void
sandbox_exec(char *const *argv, char *const *envp)
{
	const char	*file, *path;
	FILE		*fp;

	if (strcmp(argv[0], "sandbox-exec") != 0 ||
	    strcmp(argv[1], "-p") != 0 ||
	    strncmp(argv[2], "(version 1)", 11) != 0 || argv[3] == NULL)
		_exit(64);
	if ((file = variable(envp, "PROFILE")) != NULL) {
		if ((fp = fopen(file, "w")) == NULL ||
		    fputs(argv[2], fp) == EOF || fclose(fp) == EOF)
			_exit(74);
	}
	if ((path = variable(envp, "DENIED")) != NULL)
		log_denied(argv[2], path);
	environ = (char **)(uintptr_t)envp;
	(void)execvp(argv[3], argv + 3);
	(void)fprintf(stderr, "sandbox-exec: %s: %s\n", argv[3],
	    strerror(errno));
	_exit(71);
}

int
__wrap_execve(const char *path, char *const *argv, char *const *envp)
{
	if (strcmp(path, "/usr/bin/sandbox-exec") == 0)
		sandbox_exec(argv, envp);
	if (strcmp(path, "/usr/bin/log") == 0)
		log_stream(argv);
	return __real_execve(path, argv, envp);
}
