/* SPDX-License-Identifier: ISC */
#ifndef ROUTE_PARSE_H
#define ROUTE_PARSE_H

/*
 * The texts of network.parentProxy (COMPAT section 11).  Pure: no event, no
 * imsg, no socket.
 */

#include "compat.h"
#include "rule.h"

/* A proxy to go through. */
struct proxy_url {
	struct host	 host;
	uint16_t	 port;
	int		 https;		/* it is spoken to in TLS */
	char		*auth;		/* of Basic, in base64; NULL: none */
};

/*
 * Takes a URL apart; what follows the authority is of no use and skipped.
 * Returns NULL, or what is wrong, without a part of the URL: it may hold a
 * password.  Then there is nothing to be freed.
 */
const char *proxy_url_parse(const char *, struct proxy_url *);
void	 proxy_url_free(struct proxy_url *);

/* Hosts that are reached without the proxy: noProxy. */
struct bypass {
	TAILQ_ENTRY(bypass)	 entry;
	int			 any;		/* "*" */
	struct host		 host;		/* a name, with what is below */
	unsigned int		 prefix;	/* bits of an address */
};
TAILQ_HEAD(bypasses, bypass);

/*
 * Adds what a comma-separated list names.  Elements that name nothing are
 * skipped, as in every other program.  -1: no memory.
 */
int	 bypasses_parse(const char *, struct bypasses *);
int	 bypasses_match(const struct bypasses *, const struct host *);
void	 bypasses_free(struct bypasses *);

#endif /* ROUTE_PARSE_H */
