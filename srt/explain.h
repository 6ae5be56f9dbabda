/* SPDX-License-Identifier: ISC */
#ifndef EXPLAIN_H
#define EXPLAIN_H

/*
 * What --explain's files share: a policy in the form in which the roles use
 * it, and what they would say of one thing.
 */

#include "parent.h"
#include "../srt-exec/guard.h"
#include "../srt-exec/plan.h"

struct explain {
	const struct policy	*policy;
	struct plan		*plan;		/* srt-exec's */
	struct guard		*guard;		/* the broker's */
	struct guard		*names;		/* the mandatory ones alone */
	struct ruleset		*rules;		/* srt-proxy's */
};

/* Texts are fresh. */
struct answer {
	int		 allowed;
	char		*rule;	/* as in reports */
	const char	*file;	/* where it stands; NULL: built in */
	unsigned int	 line;
	char		*cure;	/* what would change it; NULL: nothing */
	char		*note;	/* what else there is to say, or NULL */
};

/* explain.c */

/* NULL after a message. */
struct explain	*explain_new(const struct policy *);
void		 explain_free(struct explain *);
/* Answers; NULL, or what is wrong with the question. */
const char	*explain_ask(const struct explain *, const char *,
		    struct answer *);
void		 answer_free(struct answer *);
/*
 * What decided.  The text is that of a report: if it names an entry of the
 * settings, as in "filesystem.denyRead[0] ...", or a key of them, the place
 * is filled in as well.
 */
void		 answer_rule(const struct explain *, struct answer *,
		    const char *);
/* Likewise a key alone, of the administrator's policy. */
void		 answer_ceiling(const struct explain *, struct answer *,
		    const char *);
/* Has the administrator said it, so that no user can change it? */
int		 answer_is_admin(const struct answer *);
/*
 * Settings that would change the answer: a dotted key and, in JSON, what is
 * to be in its list, or true or false.
 */
void		 answer_cure(struct answer *, const char *, const char *);
/* That the entry of the rule has to go. */
void		 answer_remove(struct answer *);
/* One more change, on top of those that are there. */
void		 answer_join(struct answer *, const char *);
/*
 * Takes one more answer that refuses: what changes the verdict are the cures
 * of all, and nothing is if one of them has none.
 */
void		 answer_also(struct answer *, struct answer *);
void		 answer_note(struct answer *, const char *, ...)
		    __attribute__((__format__(printf, 2, 3)));

/* explain_host.c */
const char	*explain_host(const struct explain *, const char *,
		    struct answer *);

/* explain_place.c */

/* Where the path of a question leads. */
struct place {
	char		*path;		/* as asked, absolute */
	struct followed	 f;
	int		 error;		/* of following it, 0 for none */
	char		*own;		/* a place in the sandbox's own */
};

/*
 * As the settings read a path, but that nothing in it is a pattern.  NULL, or
 * with nothing to be freed what is wrong with it.
 */
const char	*place_find(const struct explain *, const char *,
		    struct place *);
void		 place_free(struct place *);
int		 place_there(const char *);
/* Has the entry something to act on, here? */
int		 place_applies(const struct explain *, const struct fs_path *);
/*
 * The entry that decides about reading, as node_readable() of plan.c has it:
 * the deepest, and of those for one path allowRead.  NULL: none does.
 */
const struct fs_path *place_entry(const struct explain *, const char *);
/*
 * Is it hidden, or the way to it, or is it the command's own?  Then the
 * answer is there: 1.  The flag is for writing.
 */
int		 place_decides(const struct explain *, const struct place *,
		    int, struct answer *);
/*
 * The links that a path ends in, by their real paths: the broker looks at the
 * names of these before it follows them.  Calls the function for each until
 * it does not return 0.
 */
int		 place_links(const struct explain *, const char *,
		    int (*)(const struct explain *, const char *,
		    struct answer *), struct answer *);
/* What is not there, or has a mode that refuses that access in any case. */
void		 place_note(const struct place *, int, struct answer *);
/* As answer_cure(), for a path that stands for itself. */
void		 answer_path(struct answer *, const char *, const char *);

/* explain_bare.c */

/*
 * Would making or writing a file of that real path be refused as a part of a
 * repository that has no name to know it by?  See broker_bare.c.
 */
int		 explain_bare(const struct explain *, const char *,
		    struct guard_hit *);

/* explain_path.c */
const char	*explain_read(const struct explain *, const char *,
		    struct answer *);
const char	*explain_write(const struct explain *, const char *,
		    struct answer *);
const char	*explain_unix(const struct explain *, const char *,
		    struct answer *);

#endif /* EXPLAIN_H */
