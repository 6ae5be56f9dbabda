/* SPDX-License-Identifier: ISC */

/*
 * DNS over UDP.  Every address is local inside the sandbox, so that a
 * question may have been sent to any; the answer has to come from there.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns_parse.h"
#include "log.h"
#include "proxy.h"

struct socket {
	TAILQ_ENTRY(socket)	 entry;
	struct event		 ev;
	int			 fd;
};

static TAILQ_HEAD(, socket)	 sockets = TAILQ_HEAD_INITIALIZER(sockets);
static size_t			 socket_count;

static void	 dns_udp_readable(int, short, void *);

void
dns_udp_add(int fd)
{
	struct socket	*s;
	socklen_t	 len = sizeof(int);
	int		 flags, type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_DGRAM)
		fatalx("a descriptor that takes no datagrams");
	if (++socket_count > LISTENERS_MAX)
		fatalx("too many listeners");
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("calloc");
	s->fd = fd;
	if (event_assign(&s->ev, proxy_base, fd, EV_READ | EV_PERSIST,
	    dns_udp_readable, s) == -1 || event_add(&s->ev, NULL) == -1)
		fatalx("event_add");
	TAILQ_INSERT_TAIL(&sockets, s, entry);
}

void
dns_udp_stop(void)
{
	struct socket	*s;

	while ((s = TAILQ_FIRST(&sockets)) != NULL) {
		TAILQ_REMOVE(&sockets, s, entry);
		(void)event_del(&s->ev);
		(void)close(s->fd);
		free(s);
	}
	socket_count = 0;
}

/* Answers one datagram; -1 if there was none. */
static int
dns_udp_one(int fd)
{
	unsigned char		 query[DNS_QUERY_MAX];
	unsigned char		 answer[DNS_ANSWER_MAX];
	union {
		struct cmsghdr	 align;
		char		 buf[PKTINFO_SIZE];
	}			 control;
	struct sockaddr_storage	 from;
	struct iovec		 iov = { query, sizeof(query) };
	struct msghdr		 msg;
	ssize_t			 n;

	memset(&msg, 0, sizeof(msg));
	msg.msg_name = &from;
	msg.msg_namelen = sizeof(from);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control.buf;
	msg.msg_controllen = sizeof(control.buf);
	if ((n = recvmsg(fd, &msg, 0)) == -1)
		/* Else it is what became of an answer, and is done with. */
		return errno == EAGAIN ? -1 : 0;
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    pktinfo_answer(&msg) == -1)
		return 0;
	iov.iov_base = answer;
	iov.iov_len = dns_respond(query, (size_t)n, answer);
	/* One that cannot be sent now is asked for again. */
	if (iov.iov_len > 0 && sendmsg(fd, &msg, MSG_NOSIGNAL) == -1)
		log_debug("cannot answer: %s", strerror(errno));
	return 0;
}

static void
dns_udp_readable(int fd, short what, void *arg)
{
	int	 i;

	(void)what;
	(void)arg;
	for (i = 0; i < DNS_BATCH; i++)
		if (dns_udp_one(fd) == -1)
			return;
}
