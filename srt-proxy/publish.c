/* SPDX-License-Identifier: ISC */

/*
 * network.publishPorts: connections from the host to a server inside.  The
 * parent has made the listeners; the broker, which alone is in there, makes
 * a connection to the server for each that we accept.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

#define DIAL_BUCKETS	256

/* A connection for which the broker looks for the server. */
struct dial {
	LIST_ENTRY(dial)	 entry;
	struct session		*session;
	uint32_t		 id;
};
LIST_HEAD(dials, dial);

static struct dials	 dials[DIAL_BUCKETS];	/* by id */
static uint32_t		 dial_last;

/* Listeners of the configuration: nobody is let in before we are confined. */
static struct {
	int		 fd;
	uint16_t	 port;
}		 published[LISTENERS_MAX];
static size_t	 npublished;

void
publish_add(int fd, uint32_t port)
{
	if (port == 0 || port > UINT16_MAX)
		fatalx("port %u is to be published", port);
	if (npublished == nitems(published))
		fatalx("too many published ports");
	published[npublished].fd = fd;
	published[npublished++].port = (uint16_t)port;
}

void
publish_start(void)
{
	size_t	 i;

	for (i = 0; i < npublished; i++)
		listen_publish(published[i].fd, published[i].port);
	npublished = 0;
}

static struct dial *
dial_find(uint32_t id)
{
	struct dial	*d;

	LIST_FOREACH(d, &dials[id % DIAL_BUCKETS], entry)
		if (d->id == id)
			return d;
	return NULL;
}

void
publish_accept(struct session *s, uint16_t port)
{
	char		 inside[] = "127.0.0.1", key[] = "network.publishPorts";
	struct dest	 dest = { .port = port, .spelled = inside, .rule = key };
	struct dial	*d;
	struct ibuf	*buf;

	session_published(s);
	if ((d = calloc(1, sizeof(*d))) == NULL) {
		session_abort(s);
		return;
	}
	/* Sooner or later the numbers begin again. */
	do
		d->id = ++dial_last;
	while (d->id == 0 || dial_find(d->id) != NULL);
	d->session = s;
	LIST_INSERT_HEAD(&dials[d->id % DIAL_BUCKETS], d, entry);
	s->dial = d;

	buf = ipc_create(proxy_broker(), IMSG_BROKER_DIAL);
	ipc_add_u32(buf, d->id);
	ipc_add_u32(buf, port);
	ipc_commit(proxy_broker(), buf);
	access_begin(s, ACCESS_PUBLISH, &dest);
	/* Until then nothing is read: the kernel keeps what comes. */
	session_timeout(s, TIMEOUT_PAIR, session_abort);
}

void
publish_dialled(uint32_t id, int fd)
{
	struct dial	*d = dial_find(id);
	struct session	*s;
	socklen_t	 len = sizeof(int);
	int		 type = 0, on = 1;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_STREAM)
		fatalx("a descriptor that is no connection");
	if (d == NULL) {
		/* It has been given up meanwhile. */
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	relay_near(fd);
	s = d->session;
	s->dial = NULL;
	publish_free(d);
	access_result(s, CONNECT_OK);
	session_server(s, fd);
	relay_start(s);
}

void
publish_undialled(uint32_t id, uint32_t error)
{
	struct dial	*d;

	if ((d = dial_find(id)) == NULL)
		return;
	log_debug("a published port: no server inside: %s",
	    strerror((int)error));
	access_result(d->session, CONNECT_REFUSED);
	session_close(d->session);
}

void
publish_free(struct dial *d)
{
	if (d == NULL)
		return;
	LIST_REMOVE(d, entry);
	free(d);
}
