/* SPDX-License-Identifier: ISC */
#ifndef TARGET_H
#define TARGET_H

/*
 * A pattern that a walk looks for, cut into components.
 */

#include "compat.h"
#include "pattern.h"

/* One component of a pattern; few need more than memcmp(3). */
enum seg_kind {
	SEG_TEXT,
	SEG_ANY,		/* "*" */
	SEG_PREFIX,		/* "text*" */
	SEG_SUFFIX,		/* "*text" */
	SEG_DEEP,		/* "**": no or any number of directories */
	SEG_PATTERN
};

struct seg {
	enum seg_kind	 kind;
	const char	*text;		/* of the kinds with text */
	size_t		 len;
	struct pattern	*pattern;	/* held against "/name" */
	char		*own;
};

#define SEGS_MAX	63

struct target {
	char		*dir;		/* where it begins; real */
	char		*tail;
	char		*name;
	char		*rule;
	struct pattern	*pattern;
	struct seg	 seg[SEGS_MAX];
	unsigned int	 nsegs;		/* 0: held against whole paths */
	int		 done;		/* its tree is being walked */
};

/* Copies all.  NULL with errno as of pattern_new(). */
struct target	*target_new(const char *, const char *, const char *,
		    const char *);
void		 target_free(struct target *);
/*
 * Cuts the pattern, for a walk that begins after so many bytes of its
 * directory.
 */
void		 target_cut(struct target *, size_t);
/*
 * Bit n: component n may come next.  Those where the walk begins; those in a
 * directory of that name, 0 if nothing there can match; and whether this
 * name is a match.  Of a pattern that is held against whole paths there is
 * only the first.
 */
uint64_t	 target_start(const struct target *);
uint64_t	 target_step(const struct target *, uint64_t, const char *,
		    size_t);
int		 target_ends(const struct target *, uint64_t, const char *,
		    size_t);

#endif /* TARGET_H */
