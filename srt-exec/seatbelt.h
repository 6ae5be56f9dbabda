/* SPDX-License-Identifier: ISC */
#ifndef SEATBELT_H
#define SEATBELT_H

/*
 * The policy as a profile for macOS's sandbox-exec(1).  Pure: it looks at no
 * file and keeps nothing.
 */

#include <stddef.h>
#include <stdint.h>

#include "compat.h"
#include "policy.h"

enum seatbelt_flag {
	SEATBELT_NET_ANY = 1,	/* the network as it is */
	SEATBELT_LOCAL_BINDING = 2, /* network.allowLocalBinding */
	SEATBELT_TRUSTD = 4,	/* enableWeakerNetworkIsolation */
	SEATBELT_APPLE_EVENTS = 8, /* allowAppleEvents */
	SEATBELT_PTY = 16	/* allowPty */
};

/* As of IMSG_EXEC_GUARD; the text is UTF-8. */
struct seatbelt_guard {
	enum guard_kind	 kind;
	const char	*text;
};

/*
 * What srt-exec is told.  Ports are those of the proxy on the loopback
 * interface, 0 for none: without any and without SEATBELT_NET_ANY there is no
 * network.
 */
struct seatbelt {
	uint32_t			 flags;	/* mask of enum exec_flag */
	uint32_t			 mac;	/* of enum seatbelt_flag */
	const struct fs_paths		*paths;
	const struct seatbelt_guard	*guards;
	size_t				 nguards;
	uint16_t			 http_port;
	uint16_t			 socks_port;
	const char *const		*mach;	/* network.allowMachLookup */
	size_t				 nmach;
	const char			*tty;	/* the caller's, or NULL */
	const char			*tag;	/* ends every line of the log */
};

/* Of a profile: it goes to sandbox-exec as an argument. */
#define SEATBELT_MAX		(768 * 1024)
/* Of one string in it; sandbox-exec reads no more than 1025 bytes. */
#define SEATBELT_STRING_MAX	900

/* Grows as it is filled.  After a failure nothing is added any more. */
struct seatbelt_text {
	char	*buf;		/* with a NUL behind it */
	size_t	 len;
	size_t	 size;
	int	 failed;
	char	 error[256];	/* what cannot be said, and why */
};

/* seatbelt.c */
/*
 * The profile for a policy.  -1 if it cannot be made: then out->error says
 * which part of the policy it is.  To be freed in either case.
 */
int	 seatbelt_profile(const struct seatbelt *, struct seatbelt_text *);

/* seatbelt_text.c */
void	 text_free(struct seatbelt_text *);
void	 text_fail(struct seatbelt_text *, const char *, ...)
	    __attribute__((__format__(printf, 2, 3)));
void	 text_bytes(struct seatbelt_text *, const char *, size_t);
void	 text_add(struct seatbelt_text *, const char *);
void	 text_format(struct seatbelt_text *, const char *, ...)
	    __attribute__((__format__(printf, 2, 3)));
/* As one value of a string, whatever is in it. */
void	 text_quote(struct seatbelt_text *, const char *, size_t);
/*
 * Is the string UTF-8, as names on macOS are, and no longer than a path?  If
 * not, that is the failure, with what it was for.
 */
int	 text_check(struct seatbelt_text *, const char *, const char *);

/* seatbelt_regex.c: extended regular expressions over the bytes of a path. */
void	 regex_literal(struct seatbelt_text *, const char *, size_t);
/* A pattern (pattern.h) or, from that byte of it on, the rest; no anchors. */
void	 regex_pattern(struct seatbelt_text *, const char *, size_t);
/* How much of the pattern's text counts. */
size_t	 regex_pattern_length(const char *);
/* Can what follows the first slash be nothing? */
int	 regex_pattern_empty(const char *);
/* Components of so much of its text; -1 if it can match any number. */
int	 regex_components(const char *, size_t);
/* Names in small letters, each in any case, as guard_fold.c compares them. */
void	 regex_fold(struct seatbelt_text *, const char *, size_t);
/* One component; with characters beyond ASCII in it more than is equal. */
void	 regex_fold_name(struct seatbelt_text *, const char *, size_t);

#endif /* SEATBELT_H */
