/* SPDX-License-Identifier: ISC */
#ifndef LEARN_H
#define LEARN_H

/*
 * srt --learn: from what the settings did not allow to the entries that would
 * have.  Pure: it looks at no file.
 */

#include "srt.h"

enum learn_kind {
	LEARN_CONNECT,		/* an entry of allowedDomains */
	LEARN_UNIX,		/* the real path of a socket */
	LEARN_WRITE,		/* a file or directory that was changed */
	LEARN_MAKE		/* a name that was made, replaced, removed */
};

struct learn_event {
	enum learn_kind	 kind;
	int		 empty;		/* LEARN_MAKE: so the directory was */
	char		*target;
};

struct learn_events {
	struct learn_event	*v;
	size_t			 n;
};

/* What is known beside. */
struct learn_limits {
	const struct settings	*set;	/* what they are added to */
	const char		*home;	/* or NULL */
	char			**own;	/* srt's files and programs, real */
	size_t			 nown;
};

struct learn_item {
	const char	*key;
	char		*entry;
};

struct learn_result {
	struct learn_item	*v;	/* by key, then by entry */
	size_t			 n;
	char			**odd;	/* what no entry can be written for */
	size_t			 nodd;
};

/* So many siblings are one entry. */
#define LEARN_MANY	4
/* Files or directories that are listed before their parent is. */
#define LEARN_LISTED	32
/* Names that are listed one by one where their directory must not be. */
#define LEARN_NAMED	64
/* Entries of one key. */
#define LEARN_ENTRIES	2000

void	 learn_event_add(struct learn_events *, enum learn_kind, const char *,
	    int);
void	 learn_events_free(struct learn_events *);
/* The smallest settings that would have sufficed. */
void	 learn_additions(const struct learn_events *,
	    const struct learn_limits *, struct learn_result *);
void	 learn_result_free(struct learn_result *);

/* Within learn_additions(): */

/* learn_add.c */
/* An entry, if it is one that the settings take, else as below. */
void	 learn_item_add(struct learn_result *, const char *, const char *);
/* What cannot be written. */
void	 learn_odd_add(struct learn_result *, const char *);
/* As qsort(3). */
void	 learn_sort(void *, size_t, size_t,
	    int (*)(const void *, const void *));
/* The targets of one kind in order, each once; the strings are the events'. */
char	**learn_targets(const struct learn_events *, enum learn_kind,
	    size_t *);
/* A path as a pattern that matches it alone; fresh. */
char	*learn_plain(const char *);

/* learn_paths.c */
void	 learn_paths(const struct learn_events *,
	    const struct learn_limits *, struct learn_result *);

#endif /* LEARN_H */
