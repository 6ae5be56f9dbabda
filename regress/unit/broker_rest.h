/* SPDX-License-Identifier: ISC */

#ifndef UNIT_BROKER_REST_H
#define UNIT_BROKER_REST_H

/*
 * What stands for the rest of the broker where its file calls are tested
 * alone: the caller is this process, everything is valid, nothing is learnt.
 * Whose memory is read the tests say themselves: task_read, task_string.
 */

#include "../../srt-exec/broker.h"

extern int	 caller_cwd;	/* the caller's, during a call; -1: none */
extern char	 reported[PATH_MAX * 2];	/* the last refusal */
extern int	 nreports;
extern int	 nchanges;	/* report_change was called as often */

/* What call_wait was given: to be called again. */
extern long	(*waiting)(struct call *);

#endif
