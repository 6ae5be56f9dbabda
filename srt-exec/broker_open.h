/* SPDX-License-Identifier: ISC */
#ifndef BROKER_OPEN_H
#define BROKER_OPEN_H

/* What broker_open.c, broker_openat2.c and broker_fifo.c share. */

#include <fcntl.h>

#include "broker.h"

/* <asm/fcntl.h>; O_TMPFILE is it and O_DIRECTORY. */
#define LX_TMPFILE	020000000
#define LX_LARGEFILE	0100000

/* open(2) ignores all others. */
#define FLAGS_KNOWN	((uint64_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | \
			    O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
			    O_ASYNC | O_DIRECT | LX_LARGEFILE | O_LARGEFILE | \
			    O_DIRECTORY | O_NOFOLLOW | O_NOATIME | \
			    O_CLOEXEC | O_PATH | LX_TMPFILE))
#define FLAGS_NEW	((uint64_t)(O_CREAT | O_EXCL))
#define MODE_KNOWN	07777

/* Landlock knows of truncation from here on (Linux 6.2). */
#define ABI_TRUNCATE	3

struct opening {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
	int		 how;		/* they are in memory: openat2(2) */
};

/* broker_open.c */

/* Does the kernel refuse these flags before it looks at the path? */
int	 opening_is_odd(const struct opening *);
/* Is it for the broker to open, and not for the kernel? */
int	 opening_is_ours(const struct opening *);
/* The path is in c->path, beneath the caller's descriptor. */
long	 open_path(struct call *, int, struct opening *);
/*
 * Lets the kernel open it, in the caller's Landlock domain.  Where that is not
 * safe, programs have another way for openat2(2), which we can follow.
 */
long	 open_kernel(struct call *, const struct opening *);

/* broker_openat2.c */

/*
 * Follows a link under the flags of openat2(2), which hold for the path as a
 * whole: from its beginning, with the link's text in the place of the name.
 */
long	 open_hop_again(struct call *, int, const struct opening *,
	    struct loc *);

/* broker_fifo.c: the descriptors are taken over, if there are any */

/* The descriptor as the caller wants it. */
long	 open_give(struct call *, uint64_t, int);
/* The same of what has been opened without waiting, be it a FIFO. */
long	 open_done(struct call *, const struct opening *, int);
/* Opens what the descriptor, O_PATH, refers to when that can be done. */
long	 open_wait(struct call *, const struct opening *, int);
/* Would an open without O_NONBLOCK have waited, instead of this error? */
int	 open_would_wait(const struct opening *, int, int, const char *);
/* Opens anew what the descriptor refers to; never blocks. */
int	 fd_reopen(int, uint64_t, uint64_t);
/* In the directory; "" is the descriptor itself. */
int	 fd_has_type(int, const char *, mode_t);

#endif /* BROKER_OPEN_H */
