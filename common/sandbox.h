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
 * Whoever started this process has died: it is woken, should it be stopped,
 * sees the end of its pipe and ends; what srt-proxy starts, which has no right
 * to kill it, is killed.  First of all in a role; sandbox_drop() keeps it.
 */
void	 sandbox_follow(enum role);

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
