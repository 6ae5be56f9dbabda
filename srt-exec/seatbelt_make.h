/* SPDX-License-Identifier: ISC */
#ifndef SEATBELT_MAKE_H
#define SEATBELT_MAKE_H

/*
 * How the rules of a profile are written, for the files that each write a
 * part of it; nobody else needs this.
 */

#include "plan.h"
#include "seatbelt.h"
#include "seatbelt_lists.h"

/* What a rule is about. */
#define READ		"file-read*"
#define WRITE		"file-write*"
#define READ_WRITE	"file-read* file-write*"
#define MOVE		"file-write-create file-write-unlink"
#define CONNECT		"network-outbound"

/* While a profile is made. */
struct maker {
	const struct seatbelt	*sb;
	struct seatbelt_text	*out;
	struct seatbelt_text	 re;	/* the expression in work */
	struct plan		*plan;
};

/* seatbelt_make.c */
void	 make_allow(struct maker *, const char *);
void	 make_allow_end(struct maker *);
void	 make_deny(struct maker *, const char *);
void	 make_deny_end(struct maker *);
/* A whole rule of one filter. */
void	 make_allowed(struct maker *, const char *, const char *,
	    const char *);
void	 make_denied(struct maker *, const char *, const char *, const char *);
/* " (filter "text")" */
void	 make_filter(struct maker *, const char *, const char *);
/* All that a pattern matches, with what is beneath it or alone. */
void	 make_pattern(struct maker *, const char *, const char *, int);
/* Begins an expression; make_regex_end() writes it as that filter. */
struct seatbelt_text *make_regex(struct maker *);
void	 make_regex_end(struct maker *, const char *);
/* The expression in work as a rule: what it matches is denied. */
void	 make_regex_denied(struct maker *, const char *);
/* The filters of a list, and the end of what allows them. */
void	 make_list(struct maker *, const struct seatbelt_item *, size_t);
/* How many guards are of one of two kinds. */
size_t	 make_count(const struct maker *, enum guard_kind, enum guard_kind);

/* seatbelt_net.c */
void	 put_network(struct maker *);

/* seatbelt_files.c */
void	 put_plan(struct maker *);
void	 put_root(struct maker *);
void	 put_bounds(struct maker *);
void	 put_nowrites(struct maker *);
void	 put_pins(struct maker *);

/* seatbelt_names.c */
void	 put_names(struct maker *);

/* seatbelt_reads.c */
void	 put_noreads(struct maker *);

#endif /* SEATBELT_MAKE_H */
