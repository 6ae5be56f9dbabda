/* SPDX-License-Identifier: ISC */
#ifndef TOKEN_H
#define TOKEN_H

#include <stddef.h>

/*
 * The secret of a run.  Where the proxy listens on a port that others of the
 * machine can connect to, only who knows it is served: the command, which has
 * it in its environment.  Pure.
 */

/* The longest user and password of HTTP that are looked at, decoded. */
#define TOKEN_BASIC_MAX	512

/*
 * From now on it is demanded of everybody.  -1 if it is not PROXY_TOKEN_LEN
 * small hexadecimal digits, or the second one.
 */
int	 token_set(const char *);
int	 token_wanted(void);
/* Is this it?  In constant time.  Without one nobody has it. */
int	 token_is(const void *, size_t);
/*
 * The same for the value of Proxy-Authorization: Basic (RFC 7617), whoever
 * the user is.
 */
int	 token_basic(const char *, size_t);

#endif /* TOKEN_H */
