/* SPDX-License-Identifier: ISC */

/*
 * Connections of programs that know of no proxy.  The broker asks for each
 * connect(2) before anything happens; what is allowed is dialled, and the
 * program's own connection follows, to become the client's side of the
 * session.
 *
 * A program that waits gets the errno of the real attempt.  One that does not
 * is told to go on at once; if the attempt then fails its connection is
 * reset.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

#define PENDING_BUCKETS	1024
#define PORTS		65536

/* A session whose client's connection has not come yet. */
struct pending {
	LIST_ENTRY(pending)	 entry;
	struct session		*session;
	uint32_t		 id;
	unsigned int		 waits : 1;	/* for the verdict */
	unsigned int		 failed : 1;	/* after the verdict */
};
LIST_HEAD(bucket, pending);

static struct bucket	 pending[PENDING_BUCKETS];	/* by id */

static int	 transparent_host(const struct ipc_connect *, struct host *);
static void	 transparent_dialled(void *, enum connect_status, int,
		    const char *);

static struct pending *
pending_find(uint32_t id)
{
	struct pending	*p;

	LIST_FOREACH(p, &pending[id % PENDING_BUCKETS], entry)
		if (p->id == id)
			return p;
	return NULL;
}

static void
transparent_verdict(uint32_t id, int error)
{
	struct ipc_verdict	 v = { .id = id, .error = (uint32_t)error };

	ipc_send(proxy_broker(), IMSG_BROKER_VERDICT, -1, &v, sizeof(v));
}

void
transparent_connect(const struct ipc_connect *msg)
{
	struct client	 client;
	struct host	 host;
	struct dest	*dest;
	struct session	*s;
	struct pending	*p;

	if (memchr(msg->program, '\0', sizeof(msg->program)) == NULL ||
	    msg->inet6 > 1 || pending_find(msg->id) != NULL)
		fatalx("malformed connect of the broker");
	memset(&client, 0, sizeof(client));
	client.pid = msg->pid;
	(void)strlcpy(client.program, msg->program, sizeof(client.program));

	if (transparent_host(msg, &host) == -1) {
		transparent_verdict(msg->id, EHOSTUNREACH);
		return;
	}
	if (verdict_connect(&client, &host, msg->port,
	    (msg->flags & IPC_CONNECT_QUIET) != 0, &dest) == -1) {
		transparent_verdict(msg->id, EACCES);
		return;
	}
	if (!session_room() || (s = session_new(-1)) == NULL) {
		log_debug("no room for a connection to %s", dest->spelled);
		dest_free(dest);
		transparent_verdict(msg->id, ENOBUFS);
		return;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("calloc");
	p->session = s;
	p->id = msg->id;
	/* If nobody listens it is as if we had not been asked. */
	p->waits = (msg->flags & IPC_CONNECT_WAIT) != 0 || dest->learn;
	LIST_INSERT_HEAD(&pending[p->id % PENDING_BUCKETS], p, entry);
	s->pending = p;
	s->dest = dest;
	if (!p->waits) {
		transparent_verdict(p->id, 0);
		session_timeout(s, TIMEOUT_PAIR, session_close);
	}
	if (s->dead)
		return;
	access_begin(s, ACCESS_CONNECT, dest);
	s->connect = connect_start(dest, transparent_dialled, s);
}

/* Where the program wants to go: by name, if the address stands for one. */
static int
transparent_host(const struct ipc_connect *msg, struct host *host)
{
	if (msg->inet6)
		host_from_inet6(msg->addr, host);
	else
		host_from_inet(msg->addr, host);
	return dns_host(host);
}

static void
transparent_dialled(void *arg, enum connect_status status, int fd,
    const char *why)
{
	static const int	 errors[] = {
		[CONNECT_OK] = 0,
		[CONNECT_DENIED] = EACCES,
		[CONNECT_NOTALLOWED] = EACCES,
		[CONNECT_PROXY] = ECONNREFUSED,
		[CONNECT_NONAME] = EHOSTUNREACH,
		[CONNECT_REFUSED] = ECONNREFUSED,
		[CONNECT_HOSTUNREACH] = EHOSTUNREACH,
		[CONNECT_NETUNREACH] = ENETUNREACH,
		[CONNECT_TIMEOUT] = ETIMEDOUT,
		[CONNECT_FAILED] = ENOBUFS
	};
	struct session		*s = arg;
	struct pending		*p = s->pending;

	(void)why;
	s->connect = NULL;
	access_result(s, status);
	if (status == CONNECT_OK)
		session_server(s, fd);
	if (p == NULL) {
		/* The program's connection is here already. */
		if (status == CONNECT_OK)
			relay_start(s);
		else
			session_abort(s);
		return;
	}
	if (!p->waits) {
		p->failed = status != CONNECT_OK;
		return;
	}
	p->waits = 0;
	transparent_verdict(p->id, errors[status]);
	if (status == CONNECT_OK)
		session_timeout(s, TIMEOUT_PAIR, session_close);
	else
		session_close(s);
}

static void
transparent_reset(int fd)
{
	struct linger	 l = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	(void)close(fd);
}

void
transparent_connected(uint32_t id, int fd)
{
	struct pending	*p = pending_find(id);
	struct session	*s;
	socklen_t	 len = sizeof(int);
	int		 failed, flags, on = 1, type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_STREAM)
		fatalx("a descriptor that is no connection");
	if (p != NULL && p->waits)
		fatalx("a connection before its verdict");
	if (p == NULL) {
		log_debug("connection %u comes too late", id);
		transparent_reset(fd);
		return;
	}
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	relay_near(fd);

	s = p->session;
	failed = p->failed;
	s->pending = NULL;
	transparent_free(p);
	session_client(s, fd);
	session_timeout(s, TIMEOUT_NONE, session_abort);
	if (failed)
		session_abort(s);
	else if (s->connect == NULL)
		relay_start(s);
	/* Else it is dialled still, and nothing is read. */
}

void
transparent_cancel(uint32_t id)
{
	struct pending	*p;

	/* It may have been given up here at the same time. */
	if ((p = pending_find(id)) != NULL)
		session_close(p->session);
}

void
transparent_refuse(struct session *s)
{
	if (s->pending->waits)
		transparent_verdict(s->pending->id, EACCES);
	session_close(s);
}

void
transparent_stop(void)
{
	struct pending	*p;
	size_t		 i;

	for (i = 0; i < PENDING_BUCKETS; i++)
		while ((p = LIST_FIRST(&pending[i])) != NULL)
			session_close(p->session);
}

void
transparent_free(struct pending *p)
{
	if (p == NULL)
		return;
	LIST_REMOVE(p, entry);
	free(p);
}

/* Does the rule name a service of this host? */
static int
rule_is_local(const struct rule *r)
{
	static const unsigned char	 one[16] = { [15] = 1 };
	const struct host		*h = &r->host;

	if (r->kind != RULE_EXACT && r->kind != RULE_NET)
		return 0;
	switch (h->kind) {
	case HOST_NAME:
	case HOST_INET:
		/* A network of fewer than 8 bits is none that is allowed. */
		return host_is_loopback(h);
	case HOST_INET6:
		return host_is_loopback(h) || (r->kind == RULE_NET &&
		    addr_prefix_equal(h->addr, one, r->prefix));
	}
	return 0;
}

void
transparent_local(void)
{
	static uint8_t		 seen[PORTS / 8];
	uint16_t		 ports[IPC_STRING_MAX / sizeof(uint16_t)];
	const struct rule	*r;
	size_t			 n = 0;
	unsigned int		 port;

	memset(seen, 0, sizeof(seen));
	if (learn_wanted())
		ports[n++] = 0;
	TAILQ_FOREACH(r, &proxy_rules()->allow, entry) {
		if (!rule_is_local(r))
			continue;
		/* The broker asks us anyway: too many are as good as all. */
		if (rule_any_port(r) || (size_t)(r->port_hi - r->port_lo) >=
		    nitems(ports) - n) {
			ports[0] = 0;
			n = 1;
			break;
		}
		for (port = r->port_lo; port <= r->port_hi; port++) {
			if ((seen[port / 8] & 1U << port % 8) != 0)
				continue;
			seen[port / 8] |= (uint8_t)(1U << port % 8);
			ports[n++] = (uint16_t)port;
		}
	}
	ipc_send(proxy_broker(), IMSG_BROKER_LOCAL, -1, ports,
	    n * sizeof(ports[0]));
}
