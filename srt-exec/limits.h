/* SPDX-License-Identifier: ISC */
#ifndef LIMITS_H
#define LIMITS_H

#include "exec.h"

/* limits.c */

/*
 * In srt-exec, before there is a broker: makes a cgroup where that is
 * possible, and finds out whether what is wanted can be had at all.
 */
int	 limits_prepare(struct sandbox *);
/* In the broker, which is not of the command's cgroup. */
void	 limits_broker(struct sandbox *);
/* In pid 1, while it has its rights: enters the cgroup. */
int	 limits_enter(struct sandbox *);
/* In what becomes the command: its rlimits.  -1 with errno. */
int	 limits_apply(const struct sandbox *);
/* In srt-exec: the sandbox has ended, in one way or another. */
void	 limits_end(struct sandbox *);

/* wall.c */

/*
 * Sets an rlimit, the soft one so much below the hard one.  What the user may
 * have already stays the measure: nobody gets more than that by a setting.
 * -1 with errno.
 */
int	 limits_lower(int, uint64_t, uint64_t);

/* wall.c: limits.wallSeconds */

enum limits_wall {
	WALL_GOES_ON,
	WALL_TERM,		/* the command is to end */
	WALL_KILL		/* it is to be killed */
};
/* The command runs from now on. */
void	 limits_wall_start(const struct sandbox *);
/* Milliseconds until the next step is due, -1: none is. */
int	 limits_wall_left(void);
/* What is due now; each is said once. */
enum limits_wall limits_wall_step(void);

/* cgroup.c */

/*
 * Makes a cgroup (v2) in the one that has been delegated to the caller, with
 * these limits, 0 for none, and has it removed when cgroup_end() is called or
 * this process dies.  Returns a descriptor by which a process enters it with
 * cgroup_enter(); -1 with a reason in *why if there is no place for one.
 */
int	 cgroup_new(uint64_t, uint64_t, const char **);
int	 cgroup_enter(int);
/* In a copy of this process: it does not keep the cgroup alive. */
void	 cgroup_forget(void);
/* Kills all that is in it and waits until it is gone. */
void	 cgroup_end(void);

#endif /* LIMITS_H */
