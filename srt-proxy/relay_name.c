/* SPDX-License-Identifier: ISC */

/*
 * The server name in a tunnel.  A rule allows a name; the addresses behind it
 * may serve others as well, and TLS is where a client says which it wants.
 * The name in its hello must be the one that was allowed.  Whatever does not
 * begin like TLS passes as soon as that is plain.
 *
 * A server may ask for a second hello, and would go by the name in that: then
 * it must be the same.  Until the server's first message has shown whether it
 * does, no message of the client's goes on but the first.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>

#include "policy.h"
#include "proxy.h"

int
relay_name_wanted(const struct session *s)
{
	const struct ruleset	*rules = proxy_rules();

	return s->dest != NULL && s->dest->host.kind == HOST_NAME &&
	    !s->dest->address &&
	    (rules == NULL || (rules->flags & RULESET_SNI_MISMATCH) == 0);
}

static int
relay_name_refuse(struct session *s, const char *why)
{
	verdict_server_name(s->dest, why);
	session_abort(s);
	return -1;
}

static void
relay_name_expired(struct session *s)
{
	(void)relay_name_refuse(s, "TLS hello not complete in time");
}

/* Lets that much go on to the server. */
static void
relay_name_pass(struct half *h, size_t n)
{
	half_add(h->peer, buf_data(&h->in), n);
	buf_drain(&h->in, n);
}

/* Part of a hello is there; the rest is to come soon. */
static int
relay_name_more(struct half *h)
{
	struct session	*s = h->s;

	if (h->eof)
		return relay_name_refuse(s, "TLS hello cut off");
	if (h->in.len > 0 && s->timeout != TIMEOUT_HEAD)
		session_timeout(s, TIMEOUT_HEAD, relay_name_expired);
	return s->dead ? -1 : 0;
}

/* A hello, the first or the second; as relay_name_check(). */
static int
relay_name_hello(struct half *h)
{
	struct session	*s = h->s;
	char		 name[TLS_NAME_MAX + 1], why[sizeof(name) + 32];
	enum tls_hello	 result;

	result = tls_hello_parse(&s->scan, buf_data(&h->in), h->in.len, name);
	switch (result) {
	case TLS_MAYBE:
		/* Nothing can follow that would make it one. */
		if (h->eof && s->name == NAME_FIRST)
			return 1;
		/* FALLTHROUGH */
	case TLS_MORE:
		return relay_name_more(h);
	case TLS_NOT:
		return 1;
	case TLS_NAME:
		break;
	case TLS_NONAME:
		return relay_name_refuse(s, "TLS without a server name");
	case TLS_BAD:
		return relay_name_refuse(s, "malformed TLS hello");
	}
	if (!tls_name_equal(name, s->dest->host.name)) {
		(void)snprintf(why, sizeof(why), "TLS server name is %s",
		    name);
		return relay_name_refuse(s, why);
	}
	/* A server asks for a second one once. */
	if (s->name == NAME_SECOND)
		return 1;
	s->name = NAME_ANSWER;
	relay_name_pass(h, s->scan.next);
	memset(&s->scan, 0, sizeof(s->scan));
	session_timeout(s, TIMEOUT_NONE, session_abort);
	return s->dead ? -1 : 0;
}

/* What comes after the first hello, up to the second if there is to be one. */
static int
relay_name_next(struct half *h)
{
	struct session	*s = h->s;
	enum tls_pass	 result = TLS_PASS_MESSAGE;
	size_t		 n;

	/* Of a second hello of which a part has been seen all is held. */
	if (s->scan.next == 0) {
		result = tls_pass_records(&s->pass, buf_data(&h->in),
		    h->in.len, &n);
		if (n > 0)
			relay_name_pass(h, n);
	}
	if (s->dead)
		return -1;
	/* After its end there is no second hello. */
	if (h->in.len == 0)
		return h->eof;
	if (s->name == NAME_ANSWER)
		return 0;
	switch (result) {
	case TLS_PASS_MORE:
		return relay_name_more(h);
	case TLS_PASS_MESSAGE:
		break;
	case TLS_PASS_BAD:
		return relay_name_refuse(s, "malformed TLS hello");
	}
	return relay_name_hello(h);
}

int
relay_name_check(struct half *h)
{
	struct session	*s = h->s;
	int		 known;

	known = s->name == NAME_FIRST ? relay_name_hello(h) : 0;
	if (known == 0 && !s->dead && s->name != NAME_FIRST)
		known = relay_name_next(h);
	if (known == 1)
		session_timeout(s, TIMEOUT_NONE, session_abort);
	return s->dead ? -1 : known;
}

int
relay_name_waits(const struct session *s)
{
	return s->client.hello && s->name == NAME_ANSWER;
}

void
relay_name_answer(struct session *s, const void *data, size_t len)
{
	switch (tls_answer_parse(&s->answer, data, len)) {
	case TLS_ANSWER_MORE:
		if (!s->server.eof)
			return;
		/* FALLTHROUGH */
	case TLS_ANSWER_OTHER:
		s->client.hello = 0;
		break;
	case TLS_ANSWER_RETRY:
		s->name = NAME_SECOND;
		break;
	}
}

int
relay_name_full(const struct session *s)
{
	return s->name == NAME_ANSWER && s->client.in.len >= TLS_HELLO_MAX;
}
