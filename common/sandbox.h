/* SPDX-License-Identifier: ISC */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "ipc.h"

/* Where the keeper has the one directory in which it may still act. */
#define SANDBOX_DIR_FD	(IPC_PARENT_FD + 1)

/*
 * Confines the calling process for good to what the role needs: call it
 * after everything was acquired and before the first untrusted byte.  Fatal
 * where the system cannot do it: a role never runs unconfined.
 */
void	 sandbox_enter(enum role);

/*
 * The signal that this process gets when who started it dies.  SIGCONT wakes
 * it, should it be stopped: it sees the end of its pipe and ends.  SIGKILL is
 * for those who have nothing left to write by then: it does not depend on
 * them.  The first thing after a fork; execve(2) keeps it; sandbox_drop() sets
 * it anew, as with the user it is lost.  Whoever dies must be able to send it,
 * as far as Landlock goes.
 */
void	 sandbox_follow(int);

/*
 * Started by root: changes to the unprivileged user (_srt, else nobody) and
 * roots the process in an empty directory.  Looks the user up, so it comes
 * before sandbox_enter().  The resolver keeps its root for /etc.
 */
void	 sandbox_drop(enum role);

/*
 * The calling process, which is to confine itself later and reads nothing
 * until then, keeps its memory from others of its user.
 */
void	 sandbox_hide(void);

#endif /* SANDBOX_H */
