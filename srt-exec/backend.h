/* SPDX-License-Identifier: ISC */
#ifndef BACKEND_H
#define BACKEND_H

#include "exec.h"

/*
 * What makes a sandbox on this system.  exec.c is the same everywhere: it
 * takes the policy, has the backend start who is inside, and carries messages.
 * linux_exec.c, darwin_exec.c: one of the two is linked.
 */

/* Something that is held by name; as guard_add(). */
int	 backend_guard(struct sandbox *, enum guard_kind, const char *,
	    const char *);
/* All of the policy has come: fatal if that cannot be. */
void	 backend_check(struct sandbox *);
/*
 * Starts who is inside, who speaks through the second end of the pair; the
 * peer is for the copy to be closed.  The pid, or -1.
 */
pid_t	 backend_start(struct sandbox *, struct ipc_peer *, const int [2]);
/* Lets it go on, now that it is heard.  -1 if it cannot. */
int	 backend_release(struct sandbox *, pid_t, int);
/*
 * What srt-exec gives up beside what sandbox_enter() does, and what it has to
 * do for who is inside from then on.  -1 as why().
 */
int	 backend_confine(pid_t);
/* It has ended, in one way or another: what it leaves is ended as well. */
void	 backend_end(struct sandbox *);

#endif /* BACKEND_H */
