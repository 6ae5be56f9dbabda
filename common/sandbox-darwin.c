/* SPDX-License-Identifier: ISC */

/*
 * macOS: the roles confine themselves with sandbox_init(3).  Its profiles are
 * the system's own and coarser than what other systems offer; it is marked as
 * deprecated, and there is nothing else that a program without entitlements
 * could use.
 */

#include "compat.h"

#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <grp.h>
#include <pwd.h>
#include <sandbox.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

#define DROP_USER	"_srt"
#define DROP_FALLBACK	"nobody"
#define EMPTY_DIR	"/var/empty"

/*
 * The least that leaves a role what it does.  The monitor and srt-tls have
 * all that they need open; the proxy dials, the resolver asks the system's;
 * those around the command signal others, the keeper writes the settings.
 */
static const char *
profile_of(enum role role)
{
	switch (role) {
	case ROLE_MONITOR:
	case ROLE_TLS:
		return kSBXProfilePureComputation;
	case ROLE_PROXY:
	case ROLE_RESOLVER:
		return kSBXProfileNoWrite;
	case ROLE_PARENT:
	case ROLE_DIALER:
	case ROLE_EXEC:
	case ROLE_INIT:
	case ROLE_KEEPER:
		return kSBXProfileNoInternet;
	case ROLE_BROKER:
	case ROLE_MAX:
		break;
	}
	return NULL;
}

/* There is no such signal: a role sees the end of its pipe. */
void
sandbox_follow(int sig)
{
	(void)sig;
}

void
sandbox_drop(enum role role)
{
	const struct passwd	*pw;

	if (geteuid() != 0)
		return;
	if ((pw = getpwnam(DROP_USER)) == NULL &&
	    (pw = getpwnam(DROP_FALLBACK)) == NULL)
		fatalx("there is no user %s or %s", DROP_USER, DROP_FALLBACK);
	if (role != ROLE_RESOLVER &&
	    (chroot(EMPTY_DIR) == -1 || chdir("/") == -1))
		fatal("chroot %s", EMPTY_DIR);
	if (setgroups(1, &pw->pw_gid) == -1 || setgid(pw->pw_gid) == -1 ||
	    setuid(pw->pw_uid) == -1)
		fatal("cannot become another user");
	if (pw->pw_uid == 0 || setuid(0) != -1 || geteuid() == 0)
		fatalx("root did not go away");
}

void
sandbox_hide(void)
{
	const struct rlimit	 none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("setrlimit");
	if (ptrace(PT_DENY_ATTACH, 0, NULL, 0) == -1)
		fatal("ptrace");
}

void
sandbox_enter(enum role role)
{
	const char	*profile = profile_of(role);
	char		*why = NULL;

	if (profile == NULL)
		fatalx("%s: this system has no such role", role_name(role));
	sandbox_hide();
	if (sandbox_init(profile, SANDBOX_NAMED, &why) == -1)
		fatalx("sandbox_init: %s", why == NULL ? "it failed" : why);
}
