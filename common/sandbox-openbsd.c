/* SPDX-License-Identifier: ISC */

/*
 * Roles on OpenBSD: pledge(2), and unveil(2) beneath it.  Of files none is
 * left in sight, but where a role cannot do without: then the promises say
 * what it may do with them.
 */

#include "compat.h"

#include <sys/resource.h>

#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

/* What stays in sight of the file system. */
enum sight {
	SIGHT_NONE,
	SIGHT_SOCKETS,		/* paths are in the settings: connect(2) */
	SIGHT_NAMES,		/* what pledge's "dns" opens by itself */
	SIGHT_DIR		/* the keeper's directory */
};

static const struct {
	const char	*promises;	/* NULL: no such role here */
	enum sight	 sight;
} sandboxes[ROLE_MAX] = {
	/* kills its children, hands them descriptors, keeps the terminal */
	[ROLE_PARENT] = { "stdio proc tty sendfd recvfd", SIGHT_NONE },
	[ROLE_DIALER] = { "stdio proc tty sendfd recvfd unix",
	    SIGHT_SOCKETS },
	[ROLE_PROXY] = { "stdio inet sendfd recvfd", SIGHT_NONE },
	[ROLE_RESOLVER] = { "stdio dns", SIGHT_NAMES },
	[ROLE_TLS] = { "stdio recvfd", SIGHT_NONE },
	[ROLE_MONITOR] = { "stdio recvfd", SIGHT_NONE },
	[ROLE_KEEPER] = { "stdio rpath wpath cpath fattr flock", SIGHT_DIR }
};

/* It dies by the end of its pipe: there is no other word of a parent. */
void
sandbox_follow(int sig)
{
	(void)sig;
}

/* A core would hold what the role knows; pledge(2) ends ptrace(2). */
void
sandbox_hide(void)
{
	const struct rlimit	 none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("setrlimit(RLIMIT_CORE)");
}

static void
unveil_role(enum sight sight)
{
	switch (sight) {
	case SIGHT_NONE:
		if (unveil("/", "") == -1)
			fatal("unveil");
		break;
	case SIGHT_DIR:
		if (fchdir(SANDBOX_DIR_FD) == -1)
			fatal("fchdir");
		if (unveil(".", "rwc") == -1)
			fatal("unveil");
		break;
	case SIGHT_SOCKETS:
	case SIGHT_NAMES:
		return;
	}
	if (unveil(NULL, NULL) == -1)
		fatal("unveil");
}

void
sandbox_enter(enum role role)
{
	if ((unsigned int)role >= ROLE_MAX ||
	    sandboxes[role].promises == NULL)
		fatalx("sandbox_enter: no such role on this system");
	/* /etc/localtime is read the first time. */
	tzset();
	sandbox_hide();
	unveil_role(sandboxes[role].sight);
	/* Nothing can be executed: no promise says so. */
	if (pledge(sandboxes[role].promises, "") == -1)
		fatal("pledge");
}
