/* SPDX-License-Identifier: ISC */
#ifndef CHECK_H
#define CHECK_H

#include "parent.h"

struct probe {
	const struct policy	*policy;
	char			 detail[512];	/* worth telling of a success */
};

/* What srt needs of the machine, and how it is found out: by doing it. */
struct feature {
	const char	*name;
	const char	*needs;		/* kernel version, knob */
	/*
	 * In a process of its own, which it may change as it likes: 0, or -1
	 * after why() or whyx().
	 */
	int		 (*probe)(struct probe *);
	unsigned int	 clone;		/* Linux: namespaces to be in */
	/* Without it nothing is lost under these settings: or NULL. */
	int		 (*spare)(const struct policy *);
};

/* check.c */

/* In a child: the probe, and on the descriptor what it has to say. */
__dead void	 probe_do(const struct feature *, const struct policy *, int);
/*
 * Hears such a child until it ends, and waits for it: 0 if its probe
 * succeeded.  The text is what it said, or what became of it.
 */
int		 probe_await(pid_t, int, char *, size_t);
/* Ends one that nobody wants to hear. */
void		 probe_end(pid_t);

/* check_linux.c, check_darwin.c, check_none.c: in the order of their needs */

extern const struct feature	 check_features[];
extern const size_t		 check_nfeatures;
/*
 * Runs the probe in a child, as it says there; 0 if it succeeded.  The
 * text is what it had to say in either case.
 */
int	 check_probe(const struct feature *, const struct policy *, char *,
	    size_t);
/*
 * Can it not be told who that owner is?  So a namespace shows users that it
 * does not have.
 */
int	 check_unmapped(uid_t);

#endif /* CHECK_H */
