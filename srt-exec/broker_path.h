/* SPDX-License-Identifier: ISC */
#ifndef BROKER_PATH_H
#define BROKER_PATH_H

/* What broker_path.c, broker_walk.c and broker_mounts.c share. */

#include <sys/sysmacros.h>

#include "broker.h"

/* Where a file lies. */
enum mount_kind {
	MOUNT_FOREIGN,		/* on no mount of ours */
	MOUNT_PLAIN,
	MOUNT_DEV,		/* the sandbox's own /dev */
	MOUNT_PROC		/* any /proc */
};

struct node {
	unsigned int	 mode;
	unsigned int	 nlink;
	uint64_t	 ino;
	dev_t		 dev;
	uint64_t	 mount_id;	/* 0: not known */
	enum mount_kind	 mount;
};

#define LOC_IN_PROC	1

/* broker_kept.c */
enum kept_dir {
	KEPT_CWD,		/* the caller's working directory */
	KEPT_PARENT,		/* that of the last component of a path */
	KEPT_MAX
};

/*
 * The kept directory, if that is where the name leads now; or -1.  It is not
 * to be closed, but by base_close(), which leaves it open, and stays what it
 * is until the call is answered.
 */
int	 kept_find(enum kept_dir, const struct call *, int, const char *);
/* The one that this call has found or added; or -1. */
int	 kept_used(enum kept_dir, const struct call *);
/* The kept one, of which is known that the name leads there; or -1. */
int	 kept_again(enum kept_dir, const struct call *);
/* Keeps the descriptor, to which the name led, for the next calls. */
void	 kept_add(enum kept_dir, const struct call *, int, const char *);
/* What it is, if it is kept; or NULL. */
const struct node *kept_node(int);
/* The same directory on the same mount?  One of them is open here. */
int	 node_same(const struct node *, const struct node *);

/* broker_path.c */
int	 node_stat(int, struct node *);
long	 loc_kernel(struct loc *, int);
long	 loc_name(struct loc *, int, const char *, size_t);
long	 loc_object(struct loc *, int, const char *);
/* As proc_link(), for any link. */
long	 link_text(int, const char *, char *);

/* broker_walk.c */

/*
 * Where a link in /proc leads that is none of a process: 1 with its text, of
 * at least PATH_MAX; 0 if it is no such link, or -errno.
 */
long	 proc_link(struct call *, int, const char *, char *);

/*
 * Resolves the path component by component from the directory, which it
 * closes.  The error is that of openat2(2), or 0.
 */
long	 path_walk(struct call *, int, const char *, uint64_t, int,
	    struct loc *);

/* Is the path, in /proc, of no process or of the caller's? */
int	 proc_is_own(struct call *, const char *);

/* broker_mounts.c */
/* Our own mountinfo as a whole, to be freed. */
char	*mounts_text(void);
void	 mounts_learn(void);
/* Is there a /proc with the broker in it, the command's or another? */
int	 mounts_show_us(void);
enum mount_kind mounts_kind(uint64_t);

#endif /* BROKER_PATH_H */
