/* SPDX-License-Identifier: ISC */
#ifndef SOCKS_PARSE_H
#define SOCKS_PARSE_H

#include "compat.h"

/*
 * SOCKS version 5 (RFC 1928) and its user/password sub-negotiation (RFC
 * 1929), as a server reads them.  Pure.
 */

#define SOCKS_VERSION		5
#define SOCKS_AUTH_VERSION	1
#define SOCKS_AUTH_REFUSED	1
#define SOCKS_MESSAGE_MAX	513	/* the longest: RFC 1929 */
#define SOCKS_HOST_MAX		255
#define SOCKS_REPLY_SIZE	10

enum socks_method {
	SOCKS_METHOD_NONE = 0,
	SOCKS_METHOD_PASSWORD = 2,
	SOCKS_METHOD_NO = 0xff
};

enum socks_command {
	SOCKS_CONNECT = 1,
	SOCKS_BIND = 2,
	SOCKS_UDP = 3
};

enum socks_reply {
	SOCKS_OK,
	SOCKS_FAILURE,
	SOCKS_NOTALLOWED,
	SOCKS_NETUNREACH,
	SOCKS_HOSTUNREACH,
	SOCKS_REFUSED,
	SOCKS_TTL,
	SOCKS_BADCOMMAND,
	SOCKS_BADADDRESS
};

struct socks_request {
	enum socks_command	 command;
	char			 host[SOCKS_HOST_MAX + 1];
	size_t			 hostlen;	/* it may hold a NUL */
	uint16_t		 port;
};

/*
 * All three return the length of the message, 0 if more bytes are needed, or
 * -1 if it is malformed.
 */
/*
 * The greeting: which of the methods offered we take, and whether none but
 * that with a password will do.
 */
ssize_t	 socks_parse_greeting(const void *, size_t, int, enum socks_method *);
/* User and password; the latter as it stands in the message. */
ssize_t	 socks_parse_password(const void *, size_t, const unsigned char **,
	    size_t *);
/*
 * The request.  Addresses become text.  -1 with *reply SOCKS_BADADDRESS for
 * an unknown kind of address, else SOCKS_FAILURE.  The command is not judged.
 */
ssize_t	 socks_parse_request(const void *, size_t, struct socks_request *,
	    enum socks_reply *);
/* A reply; the bound address is left at zero. */
void	 socks_write_reply(unsigned char [SOCKS_REPLY_SIZE], enum socks_reply);

#endif /* SOCKS_PARSE_H */
