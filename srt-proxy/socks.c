/* SPDX-License-Identifier: ISC */

/*
 * SOCKS version 5, CONNECT alone.  Version 4 cannot name a host in IPv6 nor,
 * originally, by name: it is dropped unanswered, like whatever else is not
 * SOCKS 5.
 */

#include "compat.h"

#include "log.h"
#include "proxy.h"
#include "socks_parse.h"
#include "token.h"

static size_t	 socks_read_greeting(struct half *, const char *, size_t);
static size_t	 socks_read_password(struct half *, const char *, size_t);
static size_t	 socks_read_request(struct half *, const char *, size_t);
static void	 socks_request(struct session *, const struct socks_request *);
static void	 socks_connected(void *, enum connect_status, int,
		    const char *);
static void	 socks_refuse(struct session *, enum socks_reply);

void
socks_accept(struct session *s)
{
	session_timeout(s, TIMEOUT_FIRST, session_close);
	s->client.phase = socks_read_greeting;
	half_update(&s->client);
}

static size_t
socks_read_greeting(struct half *h, const char *data, size_t len)
{
	struct session		*s = h->s;
	enum socks_method	 method;
	unsigned char		 answer[2];
	ssize_t			 n;

	if (h->eof && len == 0) {
		session_close(s);
		return 0;
	}
	if ((n = socks_parse_greeting(data, len, token_wanted(),
	    &method)) == -1) {
		session_close(s);
		return 0;
	}
	if (s->timeout == TIMEOUT_FIRST)
		session_timeout(s, TIMEOUT_HEAD, session_close);
	if (n == 0) {
		if (h->eof)
			session_close(s);
		return 0;
	}
	answer[0] = SOCKS_VERSION;
	answer[1] = (unsigned char)method;
	half_add(h, answer, sizeof(answer));
	if (method == SOCKS_METHOD_NO)
		session_linger(s);
	else if (method == SOCKS_METHOD_PASSWORD)
		h->phase = socks_read_password;
	else
		h->phase = socks_read_request;
	return (size_t)n;
}

static size_t
socks_read_password(struct half *h, const char *data, size_t len)
{
	const unsigned char	*password;
	unsigned char		 answer[2] = { SOCKS_AUTH_VERSION, 0 };
	size_t			 passlen;
	ssize_t			 n;

	n = socks_parse_password(data, len, &password, &passlen);
	if (n == -1 || (n == 0 && h->eof)) {
		session_close(h->s);
		return 0;
	}
	if (n == 0)
		return 0;
	/* Any will do where none but the command can reach us. */
	if (token_wanted() && !token_is(password, passlen)) {
		log_debug("a client of SOCKS without the token");
		answer[1] = SOCKS_AUTH_REFUSED;
	}
	half_add(h, answer, sizeof(answer));
	if (answer[1] != 0)
		session_linger(h->s);
	else
		h->phase = socks_read_request;
	return (size_t)n;
}

static size_t
socks_read_request(struct half *h, const char *data, size_t len)
{
	struct session		*s = h->s;
	struct socks_request	 req;
	enum socks_reply	 reply;
	ssize_t			 n;

	n = socks_parse_request(data, len, &req, &reply);
	if (n == 0) {
		if (h->eof)
			session_close(s);
		return 0;
	}
	if (n == -1) {
		socks_refuse(s, reply);
		return len;
	}
	h->phase = phase_hold;
	if (req.command != SOCKS_CONNECT)
		socks_refuse(s, SOCKS_BADCOMMAND);
	else
		socks_request(s, &req);
	return (size_t)n;
}

static void
socks_request(struct session *s, const struct socks_request *req)
{
	if (verdict_decide(&client_unknown, req->host, req->hostlen,
	    req->port, &s->dest) != NULL) {
		socks_refuse(s, SOCKS_NOTALLOWED);
		return;
	}
	/* connect.c has a clock of its own. */
	session_timeout(s, TIMEOUT_NONE, session_close);
	access_begin(s, ACCESS_SOCKS, s->dest);
	s->connect = connect_start(s->dest, socks_connected, s);
}

static void
socks_connected(void *arg, enum connect_status status, int fd,
    const char *why)
{
	static const enum socks_reply	 replies[] = {
		[CONNECT_OK] = SOCKS_OK,
		[CONNECT_DENIED] = SOCKS_NOTALLOWED,
		[CONNECT_NOTALLOWED] = SOCKS_NOTALLOWED,
		[CONNECT_PROXY] = SOCKS_FAILURE,
		[CONNECT_NONAME] = SOCKS_HOSTUNREACH,
		[CONNECT_REFUSED] = SOCKS_REFUSED,
		[CONNECT_HOSTUNREACH] = SOCKS_HOSTUNREACH,
		[CONNECT_NETUNREACH] = SOCKS_NETUNREACH,
		[CONNECT_TIMEOUT] = SOCKS_TTL,
		[CONNECT_FAILED] = SOCKS_FAILURE
	};
	struct session			*s = arg;
	unsigned char			 reply[SOCKS_REPLY_SIZE];

	(void)why;
	s->connect = NULL;
	access_result(s, status);
	if (status != CONNECT_OK) {
		socks_refuse(s, replies[status]);
		return;
	}
	session_server(s, fd);
	socks_write_reply(reply, SOCKS_OK);
	half_add(&s->client, reply, sizeof(reply));
	if (!s->dead)
		relay_start(s);
}

static void
socks_refuse(struct session *s, enum socks_reply code)
{
	unsigned char	 reply[SOCKS_REPLY_SIZE];

	socks_write_reply(reply, code);
	half_add(&s->client, reply, sizeof(reply));
	session_linger(s);
}
