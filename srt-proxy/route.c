/* SPDX-License-Identifier: ISC */

/*
 * The way out for what is allowed: a mitmProxy for the hosts that it is to
 * see, else a proxy of the user's that decides by itself (httpProxyPort,
 * socksProxyPort), else the parent proxy unless noProxy names the host, else
 * none.  This machine's loopback is nobody else's to reach.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "proxy.h"
#include "route_parse.h"

static struct proxy_url		 route_url[ROUTE_VALUE_MAX];
static struct bypasses		 route_no = TAILQ_HEAD_INITIALIZER(route_no);
static struct route		 route_parent[ROUTE_VALUE_MAX];
static struct route		 route_extern[2];	/* HTTP, SOCKS */
static struct dest		 route_raw[2];		/* the same */
static const struct route	 route_direct = { .kind = ROUTE_DIRECT };
static const struct route	 route_mitm = { .kind = ROUTE_MITM };
static uint32_t			 route_flags;
static unsigned int		 route_count;

static void	 route_joined(void *, enum connect_status, int, const char *);

void
route_value(enum route_value value, const char *text)
{
	struct route	*r = &route_parent[value];
	const char	*why;

	if (value == ROUTE_PARENT_NO) {
		if (bypasses_parse(text, &route_no) == -1)
			fatal("noProxy");
		return;
	}
	proxy_url_free(&route_url[value]);
	if ((why = proxy_url_parse(text, &route_url[value])) != NULL)
		fatalx("the URL of a parent proxy: %s", why);
	r->kind = ROUTE_PARENT;
	r->host = &route_url[value].host;
	r->port = route_url[value].port;
	r->https = route_url[value].https;
	r->auth = route_url[value].auth;
}

static void
route_port(size_t i, enum route_kind kind, uint16_t port)
{
	static const unsigned char	 local[4] = { 127, 0, 0, 1 };
	struct dest			*dest = &route_raw[i];

	if (port == 0)
		return;
	host_from_inet(local, &dest->host);
	dest->port = port;
	dest->spelled = dest->host.name;
	route_extern[i].kind = kind;
	route_extern[i].host = &dest->host;
	route_extern[i].port = port;
}

void
route_options(const struct proxy_options *opts, int first)
{
	if ((opts->flags & ~(uint32_t)PROXY_FLAGS) != 0)
		fatalx("unknown flags %#x", opts->flags);
	route_flags = opts->flags;
	if (!first)
		return;
	route_port(0, ROUTE_HTTP, opts->http_port);
	route_port(1, ROUTE_SOCKS, opts->socks_port);
}

uint32_t
proxy_flags(void)
{
	return route_flags;
}

int
route_needs_tls(void)
{
	return route_parent[ROUTE_PARENT_HTTP].https ||
	    route_parent[ROUTE_PARENT_HTTPS].https;
}

void
route_changed(void)
{
	route_count++;
}

unsigned int
route_generation(void)
{
	return route_count;
}

const struct route *
route_find(const struct dest *dest, int plain)
{
	const struct ruleset	*rules = proxy_rules();
	const struct route	*r;

	if (rules != NULL &&
	    ruleset_find(rules, RULE_HOSTS, &dest->host,
	    dest->port) != NULL)
		return &route_mitm;
	if (host_is_loopback(&dest->host))
		return &route_direct;
	if (route_extern[0].kind == ROUTE_HTTP)
		return &route_extern[0];
	if (route_extern[1].kind == ROUTE_SOCKS)
		return &route_extern[1];
	r = &route_parent[plain ? ROUTE_PARENT_HTTP : ROUTE_PARENT_HTTPS];
	/* A tunnel takes the proxy for plain HTTP where there is no other. */
	if (r->kind != ROUTE_PARENT && !plain)
		r = &route_parent[ROUTE_PARENT_HTTP];
	if (r->kind != ROUTE_PARENT || bypasses_match(&route_no, &dest->host))
		return &route_direct;
	return r;
}

int
route_absolute(const struct route *r)
{
	return r->kind == ROUTE_PARENT || r->kind == ROUTE_MITM ||
	    r->kind == ROUTE_HTTP;
}

const char *
route_name(const struct route *r)
{
	static const char *const	 names[] = {
		[ROUTE_DIRECT] = "the server",
		[ROUTE_MITM] = "network.mitmProxy",
		[ROUTE_HTTP] = "network.httpProxyPort",
		[ROUTE_SOCKS] = "network.socksProxyPort",
		[ROUTE_PARENT] = "the parent proxy"
	};

	return names[r->kind];
}

/* The user's own proxy in the place of one of ours. */

static struct dest *
route_relayed(enum listener_kind kind)
{
	size_t	 i;

	if (kind == LISTENER_HTTP)
		i = 0;
	else if (kind == LISTENER_SOCKS)
		i = 1;
	else
		return NULL;
	return route_raw[i].port != 0 ? &route_raw[i] : NULL;
}

int
route_relays(enum listener_kind kind)
{
	return route_relayed(kind) != NULL;
}

void
route_relay(struct session *s, enum listener_kind kind)
{
	char		 http[] = "network.httpProxyPort";
	char		 socks[] = "network.socksProxyPort";
	struct dest	 dest = *route_relayed(kind);

	/* Nothing of the command's is decided here: no s->dest. */
	s->client.phase = phase_hold;
	session_timeout(s, TIMEOUT_NONE, session_close);
	dest.rule = kind == LISTENER_HTTP ? http : socks;
	access_begin(s, kind == LISTENER_HTTP ? ACCESS_HTTP : ACCESS_SOCKS,
	    &dest);
	s->connect = connect_raw(route_relayed(kind), route_joined, s);
}

static void
route_joined(void *arg, enum connect_status status, int fd, const char *why)
{
	struct session	*s = arg;

	(void)why;
	s->connect = NULL;
	access_result(s, status);
	if (status != CONNECT_OK) {
		session_abort(s);
		return;
	}
	session_server(s, fd);
	relay_start(s);
}
