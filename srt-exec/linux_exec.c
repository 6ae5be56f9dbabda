/* SPDX-License-Identifier: ISC */

/* Linux: the broker in new namespaces, or without any in mode "landlock". */

#include "compat.h"

#include <signal.h>
#include <unistd.h>

#include "backend.h"
#include "bare.h"
#include "limits.h"
#include "log.h"
#include "sandbox.h"

int
backend_guard(struct sandbox *sb, enum guard_kind kind, const char *text,
    const char *rule)
{
	return guard_add(sb->guard, kind, text, rule);
}

void
backend_check(struct sandbox *sb)
{
	if (sb->profiled || sb->tag != NULL || sb->nmach != 0)
		fatalx("a profile for another system");
	if ((sb->plan = plan_new(&sb->paths, sb->opt.flags)) == NULL)
		fatal("plan");
	if ((sb->opt.flags & (EXEC_LANDLOCK | EXEC_FS_DISABLED)) ==
	    EXEC_LANDLOCK && bare_guard(sb->guard) == -1)
		fatal("guard");
}

/* Without the parent nothing goes on. */
static void
up_gone(struct ipc_peer *peer)
{
	(void)peer;
	cgroup_end();
	end_all();
	_exit(EXIT_SRT);
}

/* In the broker: closes what came with the copy of this process. */
static __dead void
become_broker(struct sandbox *sb, struct ipc_peer *parent, int fd)
{
	ipc_close(parent);
	cgroup_forget();
	ipc_open(&sb->up, NULL, fd, ROLE_EXEC, NULL, 0, up_gone);
	broker_main(sb);
}

pid_t
backend_start(struct sandbox *sb, struct ipc_peer *parent, const int pair[2])
{
	pid_t	 pid;

	if (limits_prepare(sb) == -1)
		return -1;
	if ((sb->opt.flags & EXEC_LANDLOCK) != 0) {
		if (end_hold() == -1)
			return -1;
		/* Not killed with srt: what falls to it then is its to end. */
		sandbox_follow(SIGCONT);
	}
	if ((pid = ns_clone_broker(sb->opt.flags)) == 0) {
		(void)close(pair[0]);
		become_broker(sb, parent, pair[1]);
		/* NOTREACHED */
	}
	return pid;
}

int
backend_release(struct sandbox *sb, pid_t pid, int fd)
{
	limits_broker(sb);
	/* The byte: see wait_for_maps(). */
	if (((sb->opt.flags & EXEC_LANDLOCK) != 0 || ns_map_ids(pid) == 0) &&
	    write(fd, "", 1) == 1)
		return 0;
	return why("pipe to the broker");
}

int
backend_confine(pid_t pid)
{
	if (ns_undumpable() == -1 || ns_drop_caps(0, 0) == -1)
		return -1;
	wake_stopped(pid, -1);
	return 0;
}

void
backend_end(struct sandbox *sb)
{
	limits_end(sb);
	end_all();
}
