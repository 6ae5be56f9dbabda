/* SPDX-License-Identifier: ISC */
#ifndef PATTERN_H
#define PATTERN_H

/*
 * Patterns over canonical paths (COMPAT 16.4):
 *
 *	*	any run without "/"
 *	**	any run
 *	**[/]	(that is, "**" before "/") no or any number of directories
 *	?	one character other than "/"
 *	[a-z_]	one of these; "/" can be a member, "^" and "!" are members
 *
 * There is no negation and no escape.  Brackets that spell no set ("[]",
 * "[z-a]", an unclosed one) are text.  Case counts.  A pattern is held
 * against the whole path; a trailing "/" is as good as none, and a trailing
 * "**" as a component means the directory before it.
 *
 * Pure, and safe to use from several threads: only pattern_new() allocates,
 * and a match takes at most length of pattern times length of path steps.
 */

#include "compat.h"

struct pattern;

/* Bytes of a pattern, without the NUL. */
#define PATTERN_MAX	4095

/* Does the text hold any of "*?[]", so that it counts as a pattern? */
int		 pattern_is(const char *);
/*
 * Compiles a pattern, which begins with "/" (one without wildcards is fine,
 * too).  NULL with errno: ENOMEM, EINVAL for what does not begin so,
 * ENAMETOOLONG.
 */
struct pattern	*pattern_new(const char *);
void		 pattern_free(struct pattern *);
/* The text, as it was given; good as long as the pattern. */
const char	*pattern_text(const struct pattern *);
/*
 * Where a walk that looks for matches has to begin: the longest path without
 * wildcards at or above everything that matches, "/" at least.  If nothing in
 * the pattern is a wildcard it is the one path that matches, which may be
 * anything; otherwise only a directory there can hold matches.
 */
const char	*pattern_prefix(const struct pattern *);

/* 1 if the canonical path matches, as a whole. */
int		 pattern_match(const struct pattern *, const char *);
/* 1 if it does, or a directory above it: a deny holds for all beneath. */
int		 pattern_covers(const struct pattern *, const char *);
/*
 * How many components the longest of these paths has that match: the path
 * itself or one above it; 0 is "/".  -1 if none does.
 */
int		 pattern_deepest(const struct pattern *, const char *);
/*
 * 1 if something beneath this directory, not the directory itself, could
 * match.  0 is certain: nothing there has to be looked at.
 */
int		 pattern_beneath(const struct pattern *, const char *);

/*
 * From which bytes of its text on the pattern can be matched by what follows
 * the directory and a slash: at most PATTERN_MAX places, in order.
 */
size_t		 pattern_after(const struct pattern *, const char *, size_t *);

/*
 * Takes the next character of UTF-8 (RFC 3629) from a text that is not empty
 * and ends there; a byte that is part of none comes as PATTERN_BYTE plus its
 * value.
 */
#define PATTERN_BYTE	0x110000U
uint32_t	 pattern_char(const char **, const char *);

#endif /* PATTERN_H */
