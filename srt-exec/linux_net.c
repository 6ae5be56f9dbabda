/* SPDX-License-Identifier: ISC */

/*
 * The network of the command: a loopback interface and nothing else.  What
 * the proxy listens on is made here, inside, and handed out; no port is
 * opened on the host.
 *
 * Every address is local here (AnyIP, as by "ip route add local 0/0 dev lo"):
 * the broker can listen on the very address that a program wants to connect
 * to, a datagram to any name server reaches the sandbox's own, and what
 * nobody listens on is refused at once.
 */

#include "compat.h"

#include <sys/socket.h>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"
#include "log.h"
#include "policy.h"

#define LISTEN_BACKLOG	4096
#define LO_INDEX	1		/* in every network namespace */
#define DNS_PORT	53
#define ERRNO_MAX	4095		/* of the kernel's, as it negates them */

/* What is asked of the kernel, in this order; its answers say which. */
enum request {
	REQ_LINK,
	REQ_ADDR,
	REQ_ROUTE,
	REQ_ADDR6,			/* from here on it may fail: no IPv6 */
	REQ_ROUTE6,
	REQ_MAX
};

static const char *const failures[REQ_ADDR6] = {
	[REQ_LINK] = "cannot bring the loopback interface up",
	[REQ_ADDR] = "cannot give the loopback interface an address",
	[REQ_ROUTE] = "cannot make every address local"
};

/* Requests under construction. */
struct batch {
	union {
		struct nlmsghdr	 align;
		char		 bytes[512];
	}		 buf;
	size_t		 len;
	struct nlmsghdr	*hdr;		/* of the one that is being built */
};

static const struct {
	enum listener_kind	 kind;
	int			 type;
	uint16_t		 port;
	int			 any;		/* or loopback alone */
} listeners[] = {
	{ LISTENER_HTTP,	SOCK_STREAM,	SANDBOX_HTTP_PORT,	0 },
	{ LISTENER_SOCKS,	SOCK_STREAM,	SANDBOX_SOCKS_PORT,	0 },
	{ LISTENER_DNS_UDP,	SOCK_DGRAM,	DNS_PORT,		1 },
	{ LISTENER_DNS_TCP,	SOCK_STREAM,	DNS_PORT,		1 }
};

/* Room in the batch, zeroed; what goes in is known to fit. */
static void *
batch_room(struct batch *b, size_t len)
{
	char	*p = b->buf.bytes + b->len;

	memset(p, 0, NLMSG_ALIGN(len));
	b->len += NLMSG_ALIGN(len);
	if (b->hdr != NULL)
		b->hdr->nlmsg_len += (uint32_t)NLMSG_ALIGN(len);
	return p;
}

/* The header of a request, and room for the structure behind it. */
static void *
batch_begin(struct batch *b, enum request seq, uint16_t type, uint16_t flags,
    size_t len)
{
	b->hdr = NULL;
	b->hdr = batch_room(b, sizeof(*b->hdr));
	b->hdr->nlmsg_len = sizeof(*b->hdr);
	b->hdr->nlmsg_type = type;
	b->hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	b->hdr->nlmsg_seq = seq;
	return batch_room(b, len);
}

static void
batch_attr(struct batch *b, uint16_t type, const void *data, size_t len)
{
	struct rtattr	*rta;

	rta = batch_room(b, RTA_LENGTH(len));
	rta->rta_type = type;
	rta->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(rta), data, len);
}

static void
batch_link(struct batch *b)
{
	struct ifinfomsg	*ifi;

	ifi = batch_begin(b, REQ_LINK, RTM_NEWLINK, 0, sizeof(*ifi));
	ifi->ifi_index = LO_INDEX;
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
}

static void
batch_addr(struct batch *b, enum request seq, int family, const void *addr,
    size_t len)
{
	struct ifaddrmsg	*ifa;

	ifa = batch_begin(b, seq, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(*ifa));
	ifa->ifa_family = (uint8_t)family;
	ifa->ifa_prefixlen = (uint8_t)(len * 8);
	ifa->ifa_flags = IFA_F_NODAD;
	ifa->ifa_index = LO_INDEX;
	/*
	 * Not of host scope: getaddrinfo's AI_ADDRCONFIG wants an address
	 * that is not loopback's alone.
	 */
	batch_attr(b, IFA_LOCAL, addr, len);
	batch_attr(b, IFA_ADDRESS, addr, len);
}

/* The whole address space of the family is local. */
static void
batch_route(struct batch *b, enum request seq, int family, int scope)
{
	struct rtmsg	*rtm;
	int		 lo = LO_INDEX;

	rtm = batch_begin(b, seq, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
	    sizeof(*rtm));
	rtm->rtm_family = (uint8_t)family;
	rtm->rtm_table = RT_TABLE_LOCAL;
	rtm->rtm_protocol = RTPROT_BOOT;
	rtm->rtm_scope = (uint8_t)scope;
	rtm->rtm_type = RTN_LOCAL;
	batch_attr(b, RTA_OIF, &lo, sizeof(lo));
}

/* Reads the answer to one request; its number, and its errno or 0. */
static int
request_answer(int s, uint32_t *seq, int *error)
{
	union {
		struct nlmsghdr	 hdr;
		char		 bytes[1024];
	} buf;
	struct nlmsgerr	 err;
	ssize_t		 n;

	/* It is there already: the kernel answers before send returns. */
	n = recv(s, &buf, sizeof(buf), MSG_DONTWAIT);
	if (n == -1)
		return -1;
	if ((size_t)n < NLMSG_LENGTH(sizeof(err)) ||
	    buf.hdr.nlmsg_type != NLMSG_ERROR) {
		errno = EPROTO;
		return -1;
	}
	memcpy(&err, NLMSG_DATA(&buf.hdr), sizeof(err));
	if (buf.hdr.nlmsg_seq >= REQ_MAX || err.error > 0 ||
	    err.error < -ERRNO_MAX) {
		errno = EPROTO;
		return -1;
	}
	*seq = buf.hdr.nlmsg_seq;
	*error = -err.error;
	return 0;
}

static int
request_all(int s, const struct batch *b)
{
	uint32_t	 seq;
	int		 i, error;

	if (send(s, b->buf.bytes, b->len, 0) != (ssize_t)b->len)
		return why("netlink");
	for (i = 0; i < REQ_MAX; i++) {
		if (request_answer(s, &seq, &error) == -1)
			return why("netlink");
		if (error == 0)
			continue;
		errno = error;
		if (seq < REQ_ADDR6)
			return ns_why(failures[seq]);
		log_debug("no IPv6 in the sandbox: %s", strerror(error));
	}
	return 0;
}

static int
lo_configure(void)
{
	static const uint8_t	 addr6[16] = SANDBOX_INET6;
	uint32_t		 addr = htonl(SANDBOX_INET);
	struct batch		 b;
	int			 s, rc;

	b.len = 0;
	batch_link(&b);
	batch_addr(&b, REQ_ADDR, AF_INET, &addr, sizeof(addr));
	batch_route(&b, REQ_ROUTE, AF_INET, RT_SCOPE_HOST);
	batch_addr(&b, REQ_ADDR6, AF_INET6, addr6, sizeof(addr6));
	batch_route(&b, REQ_ROUTE6, AF_INET6, RT_SCOPE_UNIVERSE);
	s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (s == -1)
		return why("socket");
	rc = request_all(s, &b);
	(void)close(s);
	return rc;
}

/* A knob of this network namespace. */
static int
knob_write(const char *path, const char *value)
{
	ssize_t	 n;
	int	 fd, saved;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	n = write(fd, value, strlen(value));
	saved = errno;
	(void)close(fd);
	errno = saved;
	return n == -1 ? -1 : 0;
}

/*
 * The broker, which is to have no capability for it, binds any port.  In
 * containers /proc/sys is often read-only: then programs see another port of
 * another peer than they asked for, and no more is wrong.
 */
static int
knobs_set(void)
{
	static const char	 ports[] =
	    "/proc/sys/net/ipv4/ip_unprivileged_port_start";

	if (knob_write(ports, "0") == -1) {
		if (errno != EROFS)
			return why("%s", ports);
		log_debug("%s is read-only", ports);
	}
	/*
	 * Both ends of each connection are here, and the kernel's default of
	 * a minute's rest for a pair of ports knows only 127/8 as such.
	 */
	(void)knob_write("/proc/sys/net/ipv4/tcp_tw_reuse", "1");
	return 0;
}

static int
listen_on(const struct sockaddr *sa, socklen_t len, int type)
{
	int	 s, one = 1;

	s = socket(sa->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s == -1)
		return -1;
	if (sa->sa_family == AF_INET6 && setsockopt(s, IPPROTO_IPV6,
	    IPV6_V6ONLY, &one, sizeof(one)) == -1)
		goto fail;
	/*
	 * An answer has to come from the address that was asked; for IPv6 a
	 * local route does not make that one's own.
	 */
	if (type == SOCK_DGRAM && (sa->sa_family == AF_INET6 ?
	    setsockopt(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one)) :
	    setsockopt(s, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one))) == -1)
		goto fail;
	if (type == SOCK_DGRAM && sa->sa_family == AF_INET6 &&
	    setsockopt(s, IPPROTO_IPV6, IPV6_FREEBIND, &one,
	    sizeof(one)) == -1)
		goto fail;
	if (bind(s, sa, len) == -1 ||
	    (type == SOCK_STREAM && listen(s, LISTEN_BACKLOG) == -1))
		goto fail;
	return s;
 fail:
	(void)close(s);
	return -1;
}

static int
listen_inet(int type, uint16_t port, int any)
{
	struct sockaddr_in	 sin;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons(port);
	sin.sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK);
	return listen_on((const struct sockaddr *)&sin, sizeof(sin), type);
}

static int
listen_inet6(int type, uint16_t port, int any)
{
	struct sockaddr_in6	 sin6;

	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	sin6.sin6_port = htons(port);
	sin6.sin6_addr = any ? in6addr_any : in6addr_loopback;
	return listen_on((const struct sockaddr *)&sin6, sizeof(sin6), type);
}

int
net_build(struct ipc_peer *proxy)
{
	size_t	 i;
	int	 s;

	if (lo_configure() == -1 || knobs_set() == -1)
		return -1;
	for (i = 0; i < nitems(listeners); i++) {
		if ((s = listen_inet(listeners[i].type, listeners[i].port,
		    listeners[i].any)) == -1)
			return why("cannot listen on port %u",
			    listeners[i].port);
		ipc_send_u32(proxy, IMSG_PROXY_LISTENER, s,
		    listeners[i].kind);
		/* Where IPv6 is off, ::1 does not exist. */
		if ((s = listen_inet6(listeners[i].type, listeners[i].port,
		    listeners[i].any)) == -1) {
			if (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)
				continue;
			return why("cannot listen on port %u of IPv6",
			    listeners[i].port);
		}
		ipc_send_u32(proxy, IMSG_PROXY_LISTENER, s,
		    listeners[i].kind);
	}
	return ipc_flush(proxy);
}
