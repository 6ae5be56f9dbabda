/* SPDX-License-Identifier: ISC */

/*
 * network.publishPorts: the proxy has accepted a connection on the host and
 * asks for one to a server inside.  Only here is there a way in, as the
 * server listens in this network namespace.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_net.h"
#include "log.h"

/*
 * Loopback answers while connect(2) holds the socket, so that only a second
 * one sees the answer.  If there is none yet the server's queue is full: then
 * the proxy waits, as it would for any slow server.
 */
static int
dial(const struct sockaddr *sa, socklen_t len)
{
	int	 s, error;

	s = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (s == -1)
		return -errno;
	if (connect(s, sa, len) == 0 || (errno == EINPROGRESS &&
	    (connect(s, sa, len) == 0 || errno == EALREADY)))
		return s;
	error = errno;
	(void)close(s);
	return -error;
}

/* Where a server on "localhost" may be: a descriptor, or -errno. */
static int
dial_inside(uint16_t port)
{
	struct sockaddr_in	 in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) }
	};
	struct sockaddr_in6	 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT
	};
	int			 fd;

	fd = dial((const struct sockaddr *)&in, sizeof(in));
	if (fd == -ECONNREFUSED)
		fd = dial((const struct sockaddr *)&in6, sizeof(in6));
	return fd;
}

void
dial_request(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf, *answer;
	uint32_t	 id, port;
	int		 fd;

	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	port = ipc_get_u32(&buf);
	ipc_get_end(&buf);
	if (port == 0 || port > UINT16_MAX)
		fatalx("a request for port %u", port);

	/* What listens may be our own, for a program's connection. */
	(void)pthread_mutex_lock(&tcp_lock);
	fd = dial_inside((uint16_t)port);
	(void)pthread_mutex_unlock(&tcp_lock);
	if (fd >= 0) {
		ipc_send_u32(peer, IMSG_PROXY_DIALLED, fd, id);
		return;
	}
	answer = ipc_create(peer, IMSG_PROXY_UNDIALLED);
	ipc_add_u32(answer, id);
	ipc_add_u32(answer, (uint32_t)-fd);
	ipc_commit(peer, answer);
}
