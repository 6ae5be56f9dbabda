/* SPDX-License-Identifier: ISC */
#ifndef TLS_HELLO_H
#define TLS_HELLO_H

#include "compat.h"

/*
 * The server name that a TLS client asks for (RFC 8446, RFC 6066), read from
 * the first bytes of its stream, however they are cut into records.  Pure.
 */

#define TLS_NAME_MAX	255
#define TLS_HELLO_MAX	65536		/* bytes of the stream, not of it */

enum tls_hello {
	TLS_MAYBE,		/* could be either: more bytes are needed */
	TLS_MORE,		/* TLS, and the message is not whole yet */
	TLS_NOT,		/* something else */
	TLS_NAME,		/* name is set */
	TLS_NONAME,		/* it does not say one */
	TLS_BAD			/* begins as TLS does, but no server may take
				 * it, or some might read it otherwise */
};

/* Kept between calls, so that no byte is gone through twice; zero first. */
struct tls_scan {
	size_t		 next;		/* the record after those seen */
	size_t		 got;		/* bytes of messages in those */
};

/*
 * Looks at the stream from its beginning on.  name has TLS_NAME_MAX + 1
 * bytes; it is printable ASCII.
 */
enum tls_hello tls_hello_parse(struct tls_scan *, const void *, size_t,
	    char *);
/* The same name?  Letters have no case, one dot at the end does not count. */
int	 tls_name_equal(const char *, const char *);

#endif /* TLS_HELLO_H */
