/* SPDX-License-Identifier: ISC */

/*
 * Roles on FreeBSD: capsicum(4).  In capability mode no global name can be
 * used: neither a path nor an address nor a process.  So whoever dials,
 * resolves or ends its children cannot enter it, and does not run: a role is
 * never unconfined.
 */

#include "compat.h"

#include <sys/capsicum.h>
#include <sys/procctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

static const struct {
	int	 enters;
	int	 dir;		/* acts on the files of SANDBOX_DIR_FD */
} sandboxes[ROLE_MAX] = {
	[ROLE_MONITOR] = { 1, 0 },
	[ROLE_TLS] = { 1, 0 },
	[ROLE_KEEPER] = { 1, 1 }
};

void
sandbox_follow(int sig)
{
	if (procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &sig) == -1)
		fatal("procctl(PROC_PDEATHSIG_CTL)");
}

void
sandbox_hide(void)
{
	const struct rlimit	 none = { 0, 0 };
	int			 no = PROC_TRACE_CTL_DISABLE;

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("setrlimit(RLIMIT_CORE)");
	if (procctl(P_PID, 0, PROC_TRACE_CTL, &no) == -1)
		fatal("procctl(PROC_TRACE_CTL)");
}

/* What the keeper does in its one directory. */
static void
limit_dir(void)
{
	cap_rights_t	 rights;

	cap_rights_init(&rights, CAP_LOOKUP, CAP_READ, CAP_WRITE, CAP_SEEK,
	    CAP_CREATE, CAP_FSTAT, CAP_FSTATAT, CAP_FSYNC, CAP_FTRUNCATE,
	    CAP_FCHMOD, CAP_UNLINKAT, CAP_RENAMEAT_SOURCE,
	    CAP_RENAMEAT_TARGET, CAP_FCNTL, CAP_FLOCK);
	if (cap_rights_limit(SANDBOX_DIR_FD, &rights) == -1)
		fatal("cap_rights_limit");
}

/* Of the pipe to the parent: messages, descriptors, and waiting for them. */
static void
limit_pipe(void)
{
	cap_rights_t	 rights;

	cap_rights_init(&rights, CAP_READ, CAP_WRITE, CAP_EVENT, CAP_FCNTL,
	    CAP_GETSOCKOPT, CAP_SHUTDOWN);
	if (cap_rights_limit(IPC_PARENT_FD, &rights) == -1)
		fatal("cap_rights_limit");
}

void
sandbox_enter(enum role role)
{
	const struct rlimit	 none = { 0, 0 };

	if ((unsigned int)role >= ROLE_MAX || !sandboxes[role].enters)
		fatalx("capability mode cannot hold %s: it needs names that "
		    "there are none of in it", (unsigned int)role >= ROLE_MAX ?
		    "this role" : role_name(role));
	/* /etc/localtime is read the first time. */
	tzset();
	sandbox_hide();
	if (setrlimit(RLIMIT_NPROC, &none) == -1)
		fatal("setrlimit(RLIMIT_NPROC)");
	limit_pipe();
	if (sandboxes[role].dir)
		limit_dir();
	if (cap_enter() == -1)
		fatal("cap_enter");
}
