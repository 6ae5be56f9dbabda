/* SPDX-License-Identifier: ISC */

/*
 * The server name in a tunnel.  A rule allows a name; the addresses behind it
 * may serve others as well, and TLS is where a client says which it wants.
 * The name in its hello must be the one that was allowed.  Whatever does not
 * begin like TLS passes as soon as that is plain.
 */

#include "compat.h"

#include <stdio.h>

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

int
relay_name_check(struct half *h)
{
	struct session	*s = h->s;
	char		 name[TLS_NAME_MAX + 1], why[sizeof(name) + 32];
	enum tls_hello	 result;

	result = tls_hello_parse(&s->scan, buf_data(&h->in), h->in.len, name);
	switch (result) {
	case TLS_MAYBE:
		/* Nothing can follow that would make it one. */
		if (h->eof)
			break;
		/* FALLTHROUGH */
	case TLS_MORE:
		if (h->eof)
			return relay_name_refuse(s, "TLS hello cut off");
		if (h->in.len > 0 && s->timeout != TIMEOUT_HEAD)
			session_timeout(s, TIMEOUT_HEAD, relay_name_expired);
		return s->dead ? -1 : 0;
	case TLS_NOT:
		break;
	case TLS_NAME:
		if (tls_name_equal(name, s->dest->host.name))
			break;
		(void)snprintf(why, sizeof(why), "TLS server name is %s",
		    name);
		return relay_name_refuse(s, why);
	case TLS_NONAME:
		return relay_name_refuse(s, "TLS without a server name");
	case TLS_BAD:
		return relay_name_refuse(s, "malformed TLS hello");
	}
	session_timeout(s, TIMEOUT_NONE, session_abort);
	return s->dead ? -1 : 1;
}
