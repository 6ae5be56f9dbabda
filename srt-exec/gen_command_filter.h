/* SPDX-License-Identifier: ISC */
#ifndef GEN_COMMAND_FILTER_H
#define GEN_COMMAND_FILTER_H

/*
 * The tables of gen_command_table.c, and how gen_command_filter.c reads them.
 */

#include <stddef.h>
#include <stdint.h>

/*
 * Two settings lift rows; there is a program for each combination.  The
 * masks index the array of programs in linux_seccomp.c.
 */
enum lift {
	ALL_UNIX = 1,		/* network.allowAllUnixSockets */
	NESTED = 2,		/* allowNestedUserNamespaces */
	LIFT_MAX = 4
};

/* By number: refused with this errno, unless lifted. */
struct refusal {
	const char	*call;
	int		 error;
	unsigned int	 lift;
	const char	*reason;
};

/*
 * By argument: the first row whose conditions all hold decides; a call whose
 * rows all fail is allowed.  Every argument here is an int or unsigned int,
 * of which the kernel looks at the low 32 bits only, and so do we.
 */
enum test {
	TEST_NONE,
	TEST_EQ,		/* (arg & mask) == value */
	TEST_NE,		/* (arg & mask) != value */
	TEST_ANY		/* (arg & value) != 0 */
};

struct cond {
	enum test	 test;
	unsigned int	 arg;
	uint32_t	 mask;
	uint32_t	 value;
};

#define CONDS		3
#define WHOLE		0xffffffffU

struct row {
	const char	*call;
	unsigned int	 lift;	/* not for these */
	int		 error;	/* 0: allowed */
	struct cond	 conds[CONDS];
};

/* What the broker answers, by the layers that are wanted. */
enum notify {
	NOTIFY_FILES = 1,	/* unless filesystem.disabled */
	NOTIFY_READS = 2,	/* filesystem.strictReadGlobs */
	NOTIFY_LANDLOCK = 4,	/* mode "landlock" */
	NOTIFY_MAX = 8
};

/* Instead of the argument that decides. */
enum {
	ALWAYS = -1,
	CLONING = -2,		/* two processes share a directory */
	UNSHARING = -3,		/* or two threads no longer do */
	NUMBERED_0 = -4,	/* the first argument names a process ... */
	NUMBERED_1 = -5		/* the second does: 0 is the caller */
};

struct notified {
	const char	*call;
	unsigned int	 when;		/* all of these; 0: always */
	int		 flags;		/* argument with open(2)'s flags, or ... */
};

struct rows {
	const struct row	*row;
	size_t			 n;
};

/*
 * Every call up to this number, set_mempolicy_home_node of Linux 5.17, has
 * been looked at, and of the later ones those of reviewed[].
 */
#define REVIEWED_MAX	450

extern const struct refusal	 refusals[];
extern const size_t		 nrefusals;
extern const char *const	 reviewed[];
extern const size_t		 nreviewed;
extern const struct notified	 notified[];
extern const size_t		 nnotified;
/* For every command. */
extern const struct rows	 command_rows;
/* For kernels whose Landlock has no scope for signals (before 6.12). */
extern const struct rows	 signal_rows;
/* For mode "landlock". */
extern const struct rows	 landlock_rows;

#endif /* GEN_COMMAND_FILTER_H */
