/* SPDX-License-Identifier: ISC */
#ifndef SEATBELT_LOG_H
#define SEATBELT_LOG_H

/*
 * What macOS logs of the refusals of a profile, as log(1) writes it in the
 * style "compact".  Pure.
 *
 *	2026-11-21 22:10:11.123 E  kernel[0:1f] (Sandbox) Sandbox:
 *	    bash(71) deny(1) file-write-create /private/tmp/x
 *	CMD64_..._END__..._SBX
 *
 * The first two are one line.  The last is the message of the profile's rule,
 * by which a run knows its own.
 */

#include "compat.h"
#include "violation.h"

/* Longer lines and messages are cut. */
#define SEATBELT_LOG_MAX	4096

/* The longest tag; it consists of letters, digits and "+/=_". */
#define SEATBELT_TAG_MAX	255

struct seatbelt_log {
	char	 tag[SEATBELT_TAG_MAX + 1];
	char	 line[SEATBELT_LOG_MAX];	/* not yet whole */
	size_t	 len;
	char	 text[SEATBELT_LOG_MAX];	/* the message so far */
	size_t	 textlen;			/* 0: none */
};

/*
 * A refusal: its strings are good until the function returns.  The time is
 * left at 0.
 */
typedef void (*seatbelt_log_fn)(void *, const struct violation *);

/* -1 if the tag could mean something in a predicate of log(1). */
int	 seatbelt_log_init(struct seatbelt_log *, const char *);
/* The end of the tag that no other run has. */
const char *seatbelt_log_suffix(const struct seatbelt_log *);
/* More of the log; calls the function for each refusal of the run's own. */
void	 seatbelt_log_feed(struct seatbelt_log *, const char *, size_t,
	    seatbelt_log_fn, void *);

#endif /* SEATBELT_LOG_H */
