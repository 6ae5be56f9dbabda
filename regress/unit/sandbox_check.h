/* SPDX-License-Identifier: ISC */
#ifndef SANDBOX_CHECK_H
#define SANDBOX_CHECK_H

/* What the tests of the roles' sandboxes share. */

#include <sys/wait.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compat.h"
#include "sandbox.h"

static const enum role roles[] = {
	ROLE_PARENT, ROLE_PROXY, ROLE_EXEC, ROLE_MONITOR, ROLE_RESOLVER,
	ROLE_BROKER, ROLE_TLS, ROLE_DIALER, ROLE_INIT
};

/* In a child: says what is wrong and ends it. */
#define CHECK(e) do {							\
	if (!(e)) {							\
		(void)dprintf(STDERR_FILENO, "%s:%d: %s (errno %d)\n",	\
		    __FILE__, __LINE__, #e, errno);			\
		_exit(1);						\
	}								\
} while (0)

/* Runs the function in a child, which must not fail. */
static inline void
child(void (*fn)(void))
{
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == 0) {
		(void)alarm(30);
		fn();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What the kernel says of a confined process. */
static inline void
status_line(pid_t pid, const char *name, char *buf, size_t len)
{
	FILE	*fp;
	char	 line[256], path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	assert_non_null(fp = fopen(path, "r"));
	buf[0] = '\0';
	while (fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, name, strlen(name)) == 0 &&
		    line[strlen(name)] == ':') {
			line[strcspn(line, "\n")] = '\0';
			(void)strlcpy(buf, line + strlen(name) + 2, len);
		}
	(void)fclose(fp);
}

#endif /* SANDBOX_CHECK_H */
