/* SPDX-License-Identifier: ISC */
#ifndef RUN_H
#define RUN_H

/* What run.c and run_recv.c share. */

#include "parent.h"

#define NCHILDREN	3

enum run_state {
	RUN_STARTING,		/* the command does not run yet */
	RUN_RUNNING,
	RUN_REPORTING,		/* it has ended; the report is written */
	RUN_ENDING		/* the roles end */
};

struct run_env {
	struct event_base	*base;
	struct proc_child	 child[NCHILDREN];
	struct ipc_peer		 peer[NCHILDREN];
	struct event		 sigchld;
	struct event		 timer;
	int			 patience;	/* its turns while reporting */
	const struct policy	*policy;
	enum run_state		 state;
	int			 status;
	int			 report;
	int			 asking;	/* somebody can be asked */
	struct signal_note	 early[16];	/* by the terminal */
	size_t			 nearly;
	int			 timeup;	/* limits.wallSeconds */
	int			 told;		/* the audit record: the end */
	int			 orphaned;	/* srt-exec did not end well */
};
extern struct run_env	 run_env;

/* What each of the roles may say; the one that the command waits for first. */
struct run_role {
	enum role		 role;
	const struct ipc_rule	*rules;
	size_t			 nrules;
};

/* run.c */
struct ipc_peer	*run_peer(enum role);
/* Closes the pipes, which ends the roles, and waits for them. */
void		 run_end(int);
/*
 * The roles have so many seconds to hand in the report; what they have not
 * said then is lost.
 */
void		 run_patience(int);
/* The record of the run ends with its status. */
void		 run_tell(int);

/* run_recv.c */
extern const struct run_role	 run_roles[NCHILDREN];

#endif /* RUN_H */
