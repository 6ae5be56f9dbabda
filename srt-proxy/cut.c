/* SPDX-License-Identifier: ISC */

/*
 * network.cutWithdrawn: what is open is decided again whenever new rules have
 * come, as if it were asked for now, and what they do not allow ends at once.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include "http.h"
#include "log.h"
#include "proxy.h"

static int
cut_allowed(const struct session *s)
{
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	}		 u;
	socklen_t	 len = sizeof(u);

	/* Behind a proxy the address is not the destination's. */
	if (!s->dest->direct || s->server.fd == -1 ||
	    getpeername(s->server.fd, &u.sa, &len) == -1)
		return verdict_still(s->dest, NULL);
	return verdict_still(s->dest, &u.sa);
}

static void
cut_session(struct session *s)
{
	if (s->dead || s->dest == NULL || s->lingering)
		return;
	/* Nothing is under way: what comes next is decided for itself. */
	if (s->http != NULL && s->timeout == TIMEOUT_KEEPALIVE) {
		half_reset(&s->server);
		dest_free(s->dest);
		s->dest = NULL;
		return;
	}
	if (cut_allowed(s))
		return;
	log_debug("%s port %u: withdrawn", s->dest->host.name, s->dest->port);
	if (s->pending != NULL)
		transparent_refuse(s);
	else
		session_abort(s);
}

void
cut_withdrawn(void)
{
	if ((proxy_flags() & PROXY_CUT) != 0)
		session_each(cut_session);
}
