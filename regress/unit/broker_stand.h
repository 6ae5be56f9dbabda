/* SPDX-License-Identifier: ISC */

#ifndef UNIT_BROKER_STAND_H
#define UNIT_BROKER_STAND_H

/*
 * Two trees that are alike, and calls of this process that the kernel or the
 * broker does in them.  In a test only: errors fail it.
 */

#include "broker_rest.h"

#define LX_TMPFILE	(020000000 | O_DIRECTORY)
#define LOOK_MAX	65536	/* bytes that say what a tree is */

/* One call, as the kernel or as the broker does it. */
struct request {
	long		 nr;
	uint64_t	 arg[6];
};

extern char	 tree[512];	/* the one we are in */
extern uint32_t	 stand_flags;	/* EXEC_*, before stand_begin() */

/* For cmocka's groups: makes the trees and the broker; removes the trees. */
int	 stand_begin(void **);
int	 stand_end(void **);

/* The call's result, or -errno. */
long	 by_kernel(const struct request *);
long	 by_broker(const struct request *);

/* Whether a call of that number results in a descriptor. */
int	 is_open(long);

/* Goes into the tree 0 or 1, which is as good as new. */
void	 enter(int);

/* Adds to the text, of LOOK_MAX bytes, all of the tree that was entered. */
void	 leave(int, char *);

void	 must(int);
void	 put(const char *, const char *, mode_t);

static inline uint64_t
ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

#endif
