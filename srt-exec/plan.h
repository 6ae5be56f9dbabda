/* SPDX-License-Identifier: ISC */
#ifndef PLAN_H
#define PLAN_H

#include <stdio.h>

#include "compat.h"
#include "policy.h"

/*
 * What is done to the file system, in order.  Computed by plan.c from the
 * policy alone: it looks at no file, so it can be printed, tested as text
 * and fuzzed.
 */

enum plan_kind {
	PLAN_ROOT_RO,		/* the host's tree, read-only */
	PLAN_ROOT_RW,		/* the host's tree, writable */
	PLAN_ROOT_MASK,		/* nothing but what is bound back below */
	PLAN_DEV,		/* own /dev with devpts, shm, private tmp */
	PLAN_BIND_RW,
	PLAN_BIND_RO,
	PLAN_PIN,		/* bound onto itself: cannot be renamed */
	PLAN_MASK_FILE,		/* covered by a file of mode 000 */
	PLAN_MASK_DIR,		/* covered by a directory of mode 000 */
	PLAN_MASK_TREE,		/* likewise, but with the way to its bindings */
	PLAN_PROC,		/* own /proc; later operations lie within it */
	PLAN_KIND_MAX
};

enum plan_flag {
	PLAN_OPTIONAL = 1,	/* an absent path is no error */
	PLAN_PLAIN = 2		/* PLAN_ROOT_RW: mount flags stay as they are */
};

struct plan_op {
	enum plan_kind	 kind;
	enum fs_type	 type;
	unsigned int	 flags;		/* mask of enum plan_flag */
	/*
	 * The operation (PLAN_ROOT_MASK or PLAN_MASK_TREE) whose tree the
	 * path lies in and must be prepared as a mount point; -1 for none.
	 */
	int		 tree;
	char		*path;
};

struct plan {
	struct plan_op	*ops;
	size_t		 nops;
};

/* What the command meets at a path. */
enum plan_effect {
	PLAN_READ,
	PLAN_WRITE,
	PLAN_DENIED,
	PLAN_OWN		/* in /dev or /proc, which are the sandbox's */
};

/*
 * The plan for these paths and EXEC_* flags.  NULL with errno: EINVAL if a
 * path is not canonical, ENOMEM.
 */
struct plan	*plan_new(const struct fs_paths *, uint32_t);
void		 plan_free(struct plan *);
/* One line for each operation. */
void		 plan_print(FILE *, const struct plan *);
const char	*plan_kind_name(enum plan_kind);
/* What the plan makes of a canonical path outside of any symbolic link. */
enum plan_effect plan_effect(const struct plan *, const char *);
/* 0 for what has nothing to act on in the sandbox's own /dev and /proc. */
int		 plan_applies(const struct fs_path *);
/* 1 if the text is absolute and has no ".", "..", empty or last empty part. */
int		 plan_path_ok(const char *);
/* 1 if the first path is the second one or one of its ancestors. */
int		 plan_covers(const char *, const char *);

#endif /* PLAN_H */
