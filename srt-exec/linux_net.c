/* SPDX-License-Identifier: ISC */

/*
 * The network of the command: a loopback interface and nothing else.  What
 * the proxy listens on is made here, inside, and handed out; no port is
 * opened on the host.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"
#include "policy.h"

#define LISTEN_BACKLOG	4096

static const struct {
	enum listener_kind	 kind;
	uint16_t		 port;
} listeners[] = {
	{ LISTENER_HTTP,	SANDBOX_HTTP_PORT },
	{ LISTENER_SOCKS,	SANDBOX_SOCKS_PORT }
};

static int
loopback_up(void)
{
	struct ifreq	 ifr;
	int		 s, rc;

	if ((s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return why("socket");
	memset(&ifr, 0, sizeof(ifr));
	(void)strlcpy(ifr.ifr_name, "lo", sizeof(ifr.ifr_name));
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	rc = ioctl(s, SIOCSIFFLAGS, &ifr);
	if (rc == -1)
		(void)ns_why("cannot bring the loopback interface up");
	(void)close(s);
	return rc;
}

static int
listen_on(const struct sockaddr *sa, socklen_t len)
{
	int	 s, one = 1;

	s = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (s == -1)
		return -1;
	if ((sa->sa_family == AF_INET6 && setsockopt(s, IPPROTO_IPV6,
	    IPV6_V6ONLY, &one, sizeof(one)) == -1) ||
	    bind(s, sa, len) == -1 || listen(s, LISTEN_BACKLOG) == -1) {
		(void)close(s);
		return -1;
	}
	return s;
}

static int
listen_inet(uint16_t port)
{
	struct sockaddr_in	 sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return listen_on((const struct sockaddr *)&sin, sizeof(sin));
}

static int
listen_inet6(uint16_t port)
{
	struct sockaddr_in6	 sin6;

	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	sin6.sin6_port = htons(port);
	sin6.sin6_addr = in6addr_loopback;
	return listen_on((const struct sockaddr *)&sin6, sizeof(sin6));
}

int
net_build(struct ipc_peer *proxy)
{
	size_t	 i;
	int	 s;

	if (loopback_up() == -1)
		return -1;
	for (i = 0; i < nitems(listeners); i++) {
		if ((s = listen_inet(listeners[i].port)) == -1)
			return why("cannot listen on port %u",
			    listeners[i].port);
		ipc_send_u32(proxy, IMSG_PROXY_LISTENER, s,
		    listeners[i].kind);
		/* Where IPv6 is off, ::1 does not exist. */
		if ((s = listen_inet6(listeners[i].port)) == -1) {
			if (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)
				continue;
			return why("cannot listen on port %u of ::1",
			    listeners[i].port);
		}
		ipc_send_u32(proxy, IMSG_PROXY_LISTENER, s,
		    listeners[i].kind);
	}
	return ipc_flush(proxy);
}
