/* SPDX-License-Identifier: ISC */

/*
 * What a profile says of the network and of sockets with a path.
 */

#include "compat.h"

#include "seatbelt_make.h"

static void	 put_ports(struct maker *);
static void	 put_sockets(struct maker *);

void
put_network(struct maker *m)
{
	if ((m->sb->mac & SEATBELT_NET_ANY) != 0) {
		text_add(m->out, "(allow network*)\n"
		    "(allow system-socket)\n");
		return;
	}
	if ((m->sb->mac & SEATBELT_LOCAL_BINDING) != 0)
		text_add(m->out,
		    "(allow network-bind (local ip \"*:*\"))\n"
		    "(allow network-inbound (local ip \"*:*\"))\n"
		    "(allow network-outbound (remote ip \"localhost:*\"))\n");
	put_ports(m);
	put_sockets(m);
}

static void
put_ports(struct maker *m)
{
	uint16_t	 ports[2] = { m->sb->http_port, m->sb->socks_port };
	size_t		 i;

	for (i = 0; i < nitems(ports); i++)
		if (ports[i] != 0 && (i == 0 || ports[i] != ports[0]))
			text_format(m->out, "(allow network-outbound "
			    "(remote ip \"localhost:%u\"))\n", ports[i]);
}

/* As a filter of sockets; one kind of guards has patterns. */
static void
filter_guard(struct maker *m, const struct seatbelt_guard *g,
    enum guard_kind glob)
{
	if (g->kind == glob)
		make_pattern(m, "path-regex", g->text, 0);
	else
		make_filter(m, "path-literal", g->text);
}

/* The sockets of one kind of guards; of a path it is known if it is hidden. */
static void
put_listed(struct maker *m, enum guard_kind kind)
{
	static const char *const	 ops[] = {
		"network-bind (local unix-socket",
		"network-outbound (remote unix-socket"
	};
	const struct seatbelt_guard	*g;
	size_t				 i, k;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != kind || (kind == GUARD_UNIX &&
		    plan_effect(m->plan, g->text) == PLAN_DENIED))
			continue;
		for (k = 0; k < nitems(ops); k++) {
			make_allow(m, ops[k]);
			filter_guard(m, g, GUARD_UNIX_GLOB);
			text_add(m->out, ")");
			make_allow_end(m);
		}
	}
}

/* The listed patterns again, in what is open within what is hidden. */
static void
put_listed_within(struct maker *m, const char *dir)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != GUARD_UNIX_GLOB)
			continue;
		make_allow(m, CONNECT " (require-all (remote unix-socket");
		make_filter(m, "subpath", dir);
		text_add(m->out, ") (remote unix-socket");
		filter_guard(m, g, GUARD_UNIX_GLOB);
		text_add(m->out, "))");
		make_allow_end(m);
	}
}

static void
put_hidden_socket(struct maker *m, const char *dir, int masked)
{
	text_format(m->out, "(%s " CONNECT " (remote unix-socket",
	    masked ? "deny" : "allow");
	make_filter(m, "subpath", dir);
	text_add(m->out, ")");
	if (masked)
		make_deny_end(m);
	else
		make_allow_end(m);
}

/* What may not be read is not connected to either. */
static void
put_hidden_sockets(struct maker *m)
{
	const struct plan_op	*op;
	size_t			 i;
	int			 all, masked;

	all = (m->sb->flags & EXEC_ALL_UNIX) != 0;
	for (i = 0; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		masked = plan_effect(m->plan, op->path) == PLAN_DENIED;
		if (op->kind == PLAN_PIN || (i == 0 && !masked))
			continue;
		if (masked || all)
			put_hidden_socket(m, op->path, masked);
		else if (op->tree != -1)
			put_listed_within(m, op->path);
	}
}

/* Nothing beyond the administrator's. */
static void
put_socket_ceiling(struct maker *m)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	if (make_count(m, GUARD_UNIX_CEILING, GUARD_UNIX_CEILING_GLOB) == 0)
		return;
	make_deny(m, CONNECT " (require-all (remote unix-socket "
	    "(path-regex \"^/\"))");
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != GUARD_UNIX_CEILING &&
		    g->kind != GUARD_UNIX_CEILING_GLOB)
			continue;
		text_add(m->out, " (require-not (remote unix-socket");
		filter_guard(m, g, GUARD_UNIX_CEILING_GLOB);
		text_add(m->out, "))");
	}
	text_add(m->out, ")");
	make_deny_end(m);
}

static void
put_sockets(struct maker *m)
{
	int	 all = (m->sb->flags & EXEC_ALL_UNIX) != 0;

	if (!all && make_count(m, GUARD_UNIX, GUARD_UNIX_GLOB) == 0)
		return;
	text_add(m->out, "(allow system-socket (socket-domain AF_UNIX))\n");
	if (all) {
		text_add(m->out, "(allow network-bind (local unix-socket "
		    "(path-regex \"^/\")))\n"
		    "(allow network-outbound (remote unix-socket "
		    "(path-regex \"^/\")))\n");
		put_hidden_sockets(m);
		return;
	}
	put_listed(m, GUARD_UNIX_GLOB);
	put_hidden_sockets(m);
	put_listed(m, GUARD_UNIX);
	put_socket_ceiling(m);
}
