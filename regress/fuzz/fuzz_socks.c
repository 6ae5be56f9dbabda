/* SPDX-License-Identifier: ISC */

/*
 * A client's side of SOCKS 5.  What a message is must not depend on what
 * follows it, nor on how much of it came first.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/socks_parse.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
cut(const uint8_t *data, ssize_t whole)
{
	struct socks_request	 req;
	enum socks_reply	 reply;
	uint8_t			*p;
	ssize_t			 n;

	for (n = 0; n <= whole; n++) {
		if ((p = malloc((size_t)n + 1)) == NULL)
			abort();
		memcpy(p, data, (size_t)n);
		if (socks_parse_request(p, (size_t)n, &req, &reply) !=
		    (n == whole ? whole : 0))
			abort();
		free(p);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct socks_request	 req;
	enum socks_reply	 reply;
	enum socks_method	 method;
	const unsigned char	*password;
	size_t			 passlen;
	ssize_t			 n;

	n = socks_parse_greeting(data, len, 0, &method);
	if (n > (ssize_t)len || n < -1)
		abort();
	/* The same message, and never without a password. */
	if (socks_parse_greeting(data, len, 1, &method) != n ||
	    method == SOCKS_METHOD_NONE)
		abort();
	n = socks_parse_password(data, len, &password, &passlen);
	if (n > (ssize_t)len || n > SOCKS_MESSAGE_MAX || n < -1)
		abort();
	/* It is the end of the message. */
	if (n > 0 && password + passlen != data + n)
		abort();
	n = socks_parse_request(data, len, &req, &reply);
	if (n > (ssize_t)len || n < -1)
		abort();
	if (n > 0) {
		if (req.hostlen == 0 || req.hostlen > SOCKS_HOST_MAX ||
		    req.host[req.hostlen] != '\0')
			abort();
		cut(data, n);
	}
	return 0;
}
