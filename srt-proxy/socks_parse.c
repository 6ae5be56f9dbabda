/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/socket.h>

#include <arpa/inet.h>

#include <string.h>

#include "socks_parse.h"

enum socks_atyp {
	ATYP_INET = 1,
	ATYP_NAME = 3,
	ATYP_INET6 = 4
};

#define REQUEST_HEAD	4	/* version, command, reserved, kind */

ssize_t
socks_parse_greeting(const void *data, size_t len, int password,
    enum socks_method *method)
{
	const unsigned char	*p = data;
	size_t			 need;

	*method = SOCKS_METHOD_NO;
	if (len >= 1 && p[0] != SOCKS_VERSION)
		return -1;
	if (len < 2)
		return 0;
	need = 2 + (size_t)p[1];
	if (len < need)
		return 0;
	/* Without a password there is one exchange less. */
	if (!password && memchr(p + 2, SOCKS_METHOD_NONE, p[1]) != NULL)
		*method = SOCKS_METHOD_NONE;
	else if (memchr(p + 2, SOCKS_METHOD_PASSWORD, p[1]) != NULL)
		*method = SOCKS_METHOD_PASSWORD;
	return (ssize_t)need;
}

ssize_t
socks_parse_password(const void *data, size_t len,
    const unsigned char **password, size_t *passlen)
{
	const unsigned char	*p = data;
	size_t			 need;

	if (len >= 1 && p[0] != SOCKS_AUTH_VERSION)
		return -1;
	if (len < 2)
		return 0;
	need = 2 + (size_t)p[1] + 1;
	if (len < need)
		return 0;
	*passlen = p[need - 1];
	*password = p + need;
	need += *passlen;
	if (len < need)
		return 0;
	return (ssize_t)need;
}

ssize_t
socks_parse_request(const void *data, size_t len, struct socks_request *req,
    enum socks_reply *reply)
{
	const unsigned char	*p = data;
	size_t			 need, alen;

	memset(req, 0, sizeof(*req));
	*reply = SOCKS_FAILURE;
	if (len >= 1 && p[0] != SOCKS_VERSION)
		return -1;
	if (len < REQUEST_HEAD + 1)
		return 0;
	switch (p[3]) {
	case ATYP_INET:
		alen = 4;
		break;
	case ATYP_INET6:
		alen = 16;
		break;
	case ATYP_NAME:
		alen = 1 + (size_t)p[REQUEST_HEAD];
		if (alen == 1)
			return -1;
		break;
	default:
		*reply = SOCKS_BADADDRESS;
		return -1;
	}
	need = REQUEST_HEAD + alen + 2;
	if (len < need)
		return 0;

	req->command = p[1];
	req->port = (uint16_t)(p[need - 2] << 8 | p[need - 1]);
	p += REQUEST_HEAD;
	if (p[-1] == ATYP_NAME) {
		req->hostlen = alen - 1;
		memcpy(req->host, p + 1, req->hostlen);
		return (ssize_t)need;
	}
	if (inet_ntop(p[-1] == ATYP_INET ? AF_INET : AF_INET6, p, req->host,
	    sizeof(req->host)) == NULL)
		return -1;
	req->hostlen = strlen(req->host);
	return (ssize_t)need;
}

void
socks_write_reply(unsigned char buf[SOCKS_REPLY_SIZE], enum socks_reply reply)
{
	memset(buf, 0, SOCKS_REPLY_SIZE);
	buf[0] = SOCKS_VERSION;
	buf[1] = (unsigned char)reply;
	buf[3] = ATYP_INET;
}
