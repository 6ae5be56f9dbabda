/* SPDX-License-Identifier: ISC */

/*
 * network.publishPorts: ports of this host on which servers inside the
 * sandbox are reached.  The listeners are made here, before anything runs,
 * so that a port that is taken is an error at the start; what is accepted on
 * them is for srt-proxy.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define KEY		"network.publishPorts"
#define BACKLOG		128

/* What one entry says to listen on. */
struct place {
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	}		 u;
	socklen_t	 len;
};

static int
place_init(struct place *place, const struct publish *pub)
{
	memset(place, 0, sizeof(*place));
	if (inet_pton(AF_INET, pub->address, &place->u.in.sin_addr) == 1) {
		place->u.in.sin_family = AF_INET;
		place->u.in.sin_port = htons(pub->port);
		place->len = sizeof(place->u.in);
		return 0;
	}
	if (inet_pton(AF_INET6, pub->address, &place->u.in6.sin6_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	place->u.in6.sin6_family = AF_INET6;
	place->u.in6.sin6_port = htons(pub->port);
	place->len = sizeof(place->u.in6);
	return 0;
}

/* A listener there; -1 with errno. */
static int
publish_listen(const struct publish *pub)
{
	struct place	 place;
	int		 fd, family, saved, on = 1;

	if (place_init(&place, pub) == -1)
		return -1;
	family = place.u.sa.sa_family;
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	/*
	 * The connections of the last run do not keep the port; and "[::]" is
	 * what it says, not every IPv4 address as well.
	 */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (family == AF_INET || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
	    &on, sizeof(on)) == 0) &&
	    bind(fd, &place.u.sa, place.len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static void
publish_fault(const struct stritem *item, const struct publish *pub,
    const char *why)
{
	const char	*form = "cannot listen on %s:%u: %s\n";

	errors_write("Error: ");
	if (item->file != NULL)
		errors_write("%s:%u:%u: ", item->file, item->line, item->col);
	errors_write("%s \"%s\": ", KEY, item->text);
	if (pub == NULL)
		errors_write("%s\n", why);
	else {
		if (strchr(pub->address, ':') != NULL)
			form = "cannot listen on [%s]:%u: %s\n";
		errors_write(form, pub->address, pub->port, why);
	}
}

/* Why it could not be had: the errno, or what stands behind it. */
static const char *
publish_why(const struct listeners *list, const struct publish *pub)
{
	int	 error = errno;
	size_t	 i;

	for (i = 0; error == EADDRINUSE && i < list->n; i++)
		if (list->v[i].port == pub->port)
			return "another entry has that port already";
	if (error == EACCES)
		return "ports as low as this are for root";
	return strerror(error);
}

/* One entry.  -1 after a message. */
static int
publish_add(struct listeners *list, const struct stritem *item)
{
	struct publish	 pub;
	const char	*why;
	int		 fd;

	if ((why = setting_publish(item->text, &pub)) != NULL) {
		publish_fault(item, NULL, why);
		return -1;
	}
	if (list->n == PUBLISH_MAX) {
		publish_fault(item, NULL, "too many ports");
		free(pub.address);
		return -1;
	}
	if ((fd = publish_listen(&pub)) == -1)
		publish_fault(item, &pub, publish_why(list, &pub));
	else {
		list->v[list->n].fd = fd;
		list->v[list->n].port = pub.port;
		list->v[list->n++].inner = pub.inner;
	}
	free(pub.address);
	return fd == -1 ? -1 : 0;
}

int
publish_open(const struct settings *set, struct listeners *list)
{
	size_t	 i;

	list->n = 0;
	for (i = 0; i < set->publish_ports.n; i++)
		if (publish_add(list, &set->publish_ports.v[i]) == -1)
			return -1;
	return 0;
}
