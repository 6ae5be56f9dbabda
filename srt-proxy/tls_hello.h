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
#define TLS_RECORD_HEADER 5
#define TLS_ANSWER_SIZE	38		/* a server's, up to its random */

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
 * bytes; it is printable ASCII.  With TLS_NAME next is where the hello ends,
 * which is the end of a record.
 */
enum tls_hello tls_hello_parse(struct tls_scan *, const void *, size_t,
	    char *);
/* The same name?  Letters have no case, one dot at the end does not count. */
int	 tls_name_equal(const char *, const char *);

/* tls_retry.c: what comes after the first hello.  Pure, too. */

enum tls_answer {
	TLS_ANSWER_MORE,	/* more bytes are needed */
	TLS_ANSWER_RETRY,	/* HelloRetryRequest: a second hello follows */
	TLS_ANSWER_OTHER	/* it does not */
};

/* All zero at first. */
struct tls_answer_scan {
	unsigned char	 head[TLS_RECORD_HEADER];
	unsigned char	 text[TLS_ANSWER_SIZE];
	size_t		 nhead;
	size_t		 ntext;
	size_t		 left;		/* of the record */
};

/* Goes on with the next bytes from the server, until it can tell. */
enum tls_answer tls_answer_parse(struct tls_answer_scan *, const void *,
	    size_t);

enum tls_pass {
	TLS_PASS_MORE,		/* all, or all but part of a header */
	TLS_PASS_MESSAGE,	/* a handshake record begins there */
	TLS_PASS_BAD		/* what is there is no record */
};

/*
 * How much of a client's stream can go on before a second hello: records
 * that hold no handshake message.  The first argument is kept between calls,
 * 0 at first; the last is set to the number of bytes.
 */
enum tls_pass tls_pass_records(size_t *, const void *, size_t, size_t *);

#endif /* TLS_HELLO_H */
