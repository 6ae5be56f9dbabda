/* SPDX-License-Identifier: ISC */
#ifndef GUARD_LIST_H
#define GUARD_LIST_H

/*
 * What guard.c is made of.
 */

#include <stddef.h>
#include <stdint.h>

#include "compat.h"

/* A path or pattern of the policy. */
struct entry {
	char		*text;		/* "" is "/" */
	size_t		 len;
	struct pattern	*pattern;	/* NULL for a path */
	char		*rule;
};

struct entries {
	struct entry	*entry;
	size_t		 n;
};

/* What the components of a path so far may be the beginning of. */
enum place {
	IN_ANY = 1,			/* always */
	IN_CLAUDE = 2,
	IN_GIT = 4,			/* the directory of a repository */
	IN_INFO = 8,
	IN_WORKTREES = 16,
	IN_MODULES = 32,		/* at any depth, as names of modules */
	IS_NAME = 64			/* this is one, with all beneath */
};

/* A component of the mandatory names. */
struct guard_name {
	enum place	 in;
	const char	*name;
	size_t		 len;
	unsigned int	 next;		/* mask of enum place */
	unsigned int	 above;		/* components of the name before */
	const char	*full;
	uint32_t	 lift;		/* flag that frees it */
};

/* guard.c */
/* All of them, and how many there are. */
const struct guard_name *guard_names(size_t *);

/* guard_list.c */
/*
 * Adds a path to a list that is kept in order, where none is beneath another.
 * Folded: as it compares without case; what folds to no path is left out.
 * -1 with errno ENOMEM, or EINVAL for what is not canonical.
 */
int	 entries_add(struct entries *, const char *, const char *);
int	 entries_add_folded(struct entries *, const char *, const char *);
/*
 * Puts a path or, with the text of one, a pattern in that place.  The pattern
 * is the list's, or freed.
 */
int	 entries_insert(struct entries *, size_t, const char *,
	    struct pattern *, const char *);
/* Frees so many from that place on. */
void	 entries_cut(struct entries *, size_t, size_t);
/* In a list in order: one that is the path or above it, or one beneath. */
const struct entry *entries_above(const struct entries *, const char *);
const struct entry *entries_below(const struct entries *, const char *);
/* The first pattern that covers the path. */
const struct entry *entries_match(const struct entries *, const char *);
/* Does a pattern cover the path, or may it match something beneath? */
int	 entries_beneath(const struct entries *, const char *);
int	 path_is_canonical(const char *);
/* "/" without its slash, so that every path begins with those above it. */
const char *path_ordered(const char *);
/* Is the path of that length the other one, or above it?  Both ordered. */
int	 path_covers(const char *, size_t, const char *);

/* guard_fold.c */
/* The longest name that a component is compared with, and then some. */
#define NAME_LONGEST	24
/*
 * A component of a path, in small ASCII letters: NAME_LONGEST bytes of them
 * at most.  Its length, or 0 for what is none of those names.
 */
size_t	 fold_name(const char *, size_t, char *);
/* A whole path; -1 if there is no room. */
int	 fold_path(const char *, char *, size_t);
/*
 * For who writes down all spellings: the characters beyond ASCII that fold to
 * ASCII letters, which it returns; NULL after the last.
 */
const char *fold_special(size_t, uint32_t *);

#endif /* GUARD_LIST_H */
