/* SPDX-License-Identifier: ISC */
#ifndef KIN_H
#define KIN_H

/*
 * The processes that the command has started, where no namespace holds them
 * together: known by their pids and when they were born, for a pid is used
 * again.  Pure.
 */

#include "compat.h"

/* More would not be told apart from an attack. */
#define KIN_MAX		65536

struct kin_proc {
	pid_t		 pid;
	pid_t		 parent;
	pid_t		 group;
	uint64_t	 born;		/* microseconds */
};

/*
 * Zero it before use.  With a group, an orphan of that process group which is
 * no older than that counts as well: a parent can end before it is seen.
 */
struct kin {
	pid_t		 group;
	uint64_t	 born;
	struct kin_proc	*v;
	size_t		 n;
	size_t		 size;
};

/* One more.  1 if it was not known, 0 if it was; -1 with errno. */
int	 kin_add(struct kin *, const struct kin_proc *);
/*
 * Of these processes adds those that descend from one that is known, and the
 * orphans.  How many that are, or -1 with errno: then some have been added.
 */
int	 kin_spread(struct kin *, const struct kin_proc *, size_t);
/* It has ended: its pid means nothing any more. */
void	 kin_gone(struct kin *, pid_t);
/* Is it that very process?  Its parent may have changed. */
int	 kin_has(const struct kin *, const struct kin_proc *);
void	 kin_free(struct kin *);

#endif /* KIN_H */
