/* SPDX-License-Identifier: ISC */

/*
 * TCP: which addresses are the sandbox's own, and connecting to those without
 * ever waiting.
 *
 * A socket without O_NONBLOCK is connected without waiting by sendto(2) with
 * MSG_FASTOPEN and no data (tcp(7)): the same function of the kernel's behind
 * another door, at which MSG_DONTWAIT counts.  Loopback answers before it
 * returns, unless the program has set up something that throws the answer
 * away; that may cost it its connection, but not us our time.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_net.h"
#include "log.h"

#define DNS_PORT	53
#define PORTS		65536

/* Where an address leads. */
enum where {
	WHERE_KERNEL,		/* nowhere: it is for the kernel to say so */
	WHERE_OWN,		/* the sandbox itself */
	WHERE_LOOPBACK,		/* likewise, unless the policy lists it */
	WHERE_OUT
};

static uint8_t		 local_ports[PORTS / 8];
static int		 local_known;
static pthread_mutex_t	 local_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	 local_told = PTHREAD_COND_INITIALIZER;

pthread_mutex_t		 tcp_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * The command may be there before the proxy has said what the rules name.  Who
 * waits is a worker; the main thread, which is told, never comes here.
 */
static int
local_listed(uint16_t port)
{
	int	 listed;

	(void)pthread_mutex_lock(&local_lock);
	while (!local_known)
		(void)pthread_cond_wait(&local_told, &local_lock);
	listed = (local_ports[0] & 1) != 0 ||
	    (local_ports[port / 8] & (1 << port % 8)) != 0;
	(void)pthread_mutex_unlock(&local_lock);
	return listed;
}

void
local_set(struct ibuf *buf)
{
	uint16_t	 port;

	(void)pthread_mutex_lock(&local_lock);
	memset(local_ports, 0, sizeof(local_ports));
	while (ibuf_size(buf) > 0) {
		if (ibuf_get(buf, &port, sizeof(port)) == -1)
			fatalx("malformed list of ports");
		local_ports[port / 8] |= (uint8_t)(1 << port % 8);
	}
	local_known = 1;
	(void)pthread_cond_broadcast(&local_told);
	(void)pthread_mutex_unlock(&local_lock);
}

uint16_t
addr_port(const struct sock_addr *sa)
{
	return ntohs(sa->u.sa.sa_family == AF_INET ? sa->u.in.sin_port :
	    sa->u.in6.sin6_port);
}

void
addr_set_port(struct sock_addr *sa, uint16_t port)
{
	if (sa->u.sa.sa_family == AF_INET)
		sa->u.in.sin_port = htons(port);
	else
		sa->u.in6.sin6_port = htons(port);
}

int
addr_inet(const struct sock_addr *sa, uint32_t *addr)
{
	if (sa->u.sa.sa_family == AF_INET)
		*addr = ntohl(sa->u.in.sin_addr.s_addr);
	else if (IN6_IS_ADDR_V4MAPPED(&sa->u.in6.sin6_addr)) {
		memcpy(addr, sa->u.in6.sin6_addr.s6_addr + 12, sizeof(*addr));
		*addr = ntohl(*addr);
	} else
		return 0;
	return 1;
}

/* Too short or of another family than the socket: the kernel refuses it. */
static int
dest_valid(int fd, const struct sock_addr *sa)
{
	int		 domain;
	socklen_t	 len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == -1 ||
	    sa->len < sizeof(sa->u.sa.sa_family) ||
	    sa->u.sa.sa_family != domain)
		return 0;
	if (domain == AF_INET)
		return sa->len >= sizeof(sa->u.in);
	/* RFC 2133 had no scope yet. */
	return sa->len >= offsetof(struct sockaddr_in6, sin6_scope_id);
}

static enum where
dest_where(const struct sock_addr *sa)
{
	static const uint8_t	 own6[16] = SANDBOX_INET6;
	const struct in6_addr	*in6 = &sa->u.in6.sin6_addr;
	uint16_t		 port = addr_port(sa);
	uint32_t		 addr;

	if (port == 0)
		return WHERE_KERNEL;
	if (addr_inet(sa, &addr)) {
		if (addr == INADDR_ANY || addr >> 24 == IN_LOOPBACKNET)
			return WHERE_LOOPBACK;
		if (addr == SANDBOX_INET)
			return WHERE_OWN;
	} else if (IN6_IS_ADDR_LOOPBACK(in6) || IN6_IS_ADDR_UNSPECIFIED(in6))
		return WHERE_LOOPBACK;
	else if (memcmp(in6, own6, sizeof(own6)) == 0)
		return WHERE_OWN;
	/* Every name server is the proxy. */
	return port == DNS_PORT ? WHERE_OWN : WHERE_OUT;
}

long
tcp_step(int fd, const struct sock_addr *sa)
{
	ssize_t	 n;

	n = sendto(fd, "", 0, MSG_FASTOPEN | MSG_DONTWAIT | MSG_NOSIGNAL,
	    &sa->u.sa, sa->len);
	return n == -1 ? -errno : 0;
}

/* Neither connected nor connecting nor listening. */
static int
tcp_fresh(int fd)
{
	struct tcp_info	 info;
	socklen_t	 len = sizeof(info.tcpi_state);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	    info.tcpi_state == TCP_CLOSE;
}

/* Has the handshake of a caller that waits for it come to an end? */
static long
tcp_retry(struct call *c)
{
	struct sock_addr	 sa;
	struct sock_kind	 kind;
	long			 r;
	int			 fd;

	if ((fd = task_fd(c, (int)c->arg[0])) < 0)
		return fd;
	r = sock_look(fd, &kind);
	if (r == 0 && (kind.type != SOCK_STREAM ||
	    (kind.domain != AF_INET && kind.domain != AF_INET6)))
		r = -EBADF;
	if (r == 0) {
		/*
		 * Any address will do while it is connecting.  If it is that
		 * no more, nobody listens on port 0.
		 */
		memset(&sa, 0, sizeof(sa));
		sa.u.sa.sa_family = (sa_family_t)kind.domain;
		sa.len = kind.domain == AF_INET ? sizeof(sa.u.in) :
		    sizeof(sa.u.in6);
		r = tcp_step(fd, &sa);
	}
	(void)close(fd);
	if (r != -EALREADY && r != -EINPROGRESS)
		return r;
	return sock_expired(c->arg[3]) ? -EINPROGRESS : CALL_TAKEN;
}

/* Within the sandbox. */
static long
tcp_perform(struct call *c, int fd, const struct sock_addr *sa)
{
	long	 r;

	/* Disconnecting does not wait. */
	if (sa->len >= sizeof(sa->u.sa.sa_family) &&
	    sa->u.sa.sa_family == AF_UNSPEC)
		return connect(fd, &sa->u.sa, sa->len) == -1 ? -errno : 0;
	r = tcp_step(fd, sa);
	if ((r != -EINPROGRESS && r != -EALREADY) || !sock_blocking(fd))
		return r;
	if ((r = tcp_step(fd, sa)) != -EALREADY && r != -EINPROGRESS)
		return r;
	/* connect(2) has three arguments; here is room. */
	c->arg[3] = sock_deadline(fd);
	return call_wait(c, -1, tcp_retry);
}

int
tcp_bind(const struct sock_addr *sa)
{
	struct sock_addr	 to;
	uint32_t		 addr;
	int			 s, saved, one = 1;

	to = *sa;
	if (addr_inet(sa, &addr)) {
		memset(&to, 0, sizeof(to));
		to.u.in.sin_family = AF_INET;
		to.u.in.sin_port = htons(addr_port(sa));
		to.u.in.sin_addr.s_addr = htonl(addr);
		to.len = sizeof(to.u.in);
	}
	s = socket(to.u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (s == -1)
		return -1;
	/* For IPv6 a local route does not make an address one's own. */
	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    (to.u.sa.sa_family == AF_INET || setsockopt(s, IPPROTO_IPV6,
	    IPV6_FREEBIND, &one, sizeof(one)) == 0) &&
	    bind(s, &to.u.sa, to.len) == 0)
		return s;
	saved = errno;
	(void)close(s);
	errno = saved;
	return -1;
}

/* Does nobody inside listen there? */
static int
tcp_unused(const struct sock_addr *sa)
{
	struct sock_addr	 to = *sa;
	uint32_t		 addr;
	int			 s;

	/* Where the kernel goes instead. */
	if (addr_inet(sa, &addr)) {
		if (addr == INADDR_ANY) {
			memset(&to, 0, sizeof(to));
			to.u.in.sin_family = AF_INET;
			to.u.in.sin_port = htons(addr_port(sa));
			to.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			to.len = sizeof(to.u.in);
		}
	} else if (IN6_IS_ADDR_UNSPECIFIED(&sa->u.in6.sin6_addr))
		to.u.in6.sin6_addr = in6addr_loopback;
	if ((s = tcp_bind(&to)) == -1)
		return 0;
	(void)close(s);
	return 1;
}

/* Should it be new by now: nobody listens on port 0. */
long
tcp_again(int fd, const struct sock_addr *sa)
{
	struct sock_addr	 nowhere = { .len = sa->len };
	long			 r;

	nowhere.u.sa.sa_family = sa->u.sa.sa_family;
	if (sa->u.sa.sa_family == AF_INET)
		nowhere.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		nowhere.u.in6.sin6_addr = in6addr_loopback;
	r = tcp_step(fd, &nowhere);
	return r == -EINPROGRESS ? -EALREADY : r;
}

/*
 * Mode "landlock": the host's network is all around, and nothing is left to
 * the kernel to say.  Every address is for the proxy to decide on, but its
 * own, and that of any name server.
 */
static long
tcp_connect_bare(struct call *c, int fd, const struct sock_addr *sa)
{
	enum where	 where;
	uint16_t	 port;

	if (sa->len >= sizeof(sa->u.sa.sa_family) &&
	    sa->u.sa.sa_family == AF_UNSPEC)
		return connect(fd, &sa->u.sa, sa->len) == -1 ? -errno : 0;
	if (!dest_valid(fd, sa))
		return -EINVAL;
	if (!tcp_fresh(fd))
		return tcp_again(fd, sa);
	port = addr_port(sa);
	where = dest_where(sa);
	if (where == WHERE_KERNEL)
		return -ECONNREFUSED;
	if (port == DNS_PORT)
		return connect_proxy(c, fd, sa, LISTENER_DNS_TCP);
	if (where == WHERE_LOOPBACK && port == SANDBOX_HTTP_PORT)
		return connect_proxy(c, fd, sa, LISTENER_HTTP);
	if (where == WHERE_LOOPBACK && port == SANDBOX_SOCKS_PORT)
		return connect_proxy(c, fd, sa, LISTENER_SOCKS);
	return connect_out(c, fd, sa, 0);
}

long
tcp_connect(struct call *c, int fd, const struct sock_addr *sa)
{
	enum where	 where = WHERE_KERNEL;
	long		 r;

	if (broker_is_bare())
		return tcp_connect_bare(c, fd, sa);
	if (dest_valid(fd, sa) && tcp_fresh(fd))
		where = dest_where(sa);
	if (where == WHERE_OUT)
		return connect_out(c, fd, sa, 0);
	if (where != WHERE_LOOPBACK || !local_listed(addr_port(sa)))
		return tcp_perform(c, fd, sa);
	/* What listens may be the broker's own, for another connection. */
	(void)pthread_mutex_lock(&tcp_lock);
	if (tcp_unused(sa))
		r = connect_out(c, fd, sa, IPC_CONNECT_QUIET);
	else
		r = tcp_perform(c, fd, sa);
	(void)pthread_mutex_unlock(&tcp_lock);
	return r;
}
