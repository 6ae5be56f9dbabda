/* SPDX-License-Identifier: ISC */

/*
 * TCP connections that leave the sandbox.  The proxy is asked; if it agrees,
 * the broker listens on the very address that the program wants, connects the
 * program's socket to itself, and hands the proxy its end.  So the program
 * sees the peer that it asked for, and the proxy, by getsockname(2), where it
 * is to go.
 *
 * Workers queue what they ask; the pipe, the answers and the connecting are
 * the main thread's.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_net.h"
#include "log.h"

#define BACKLOG		64	/* more than could come meanwhile */
#define ACCEPT_MS	250
#define TEND_MS		20	/* between looks at those that wait */
#define TEND_EACH	16	/* of these for one more millisecond */
#define ERRNO_MAX	4095

/* A connection that is on its way out; its call is parked. */
struct out {
	TAILQ_ENTRY(out)	 entry;
	struct ipc_connect	 msg;
	struct sock_addr	 dest;
	uint64_t		 deadline;
	int			 asked;
	int			 own;	/* it goes to the proxy itself */
	enum listener_kind	 kind;	/* ... to this listener */
	int			 fd;	/* a caller that had to leave: its
					 * connection, else -1 */
};
TAILQ_HEAD(outs, out);

/* Workers add to it, only the main thread takes out. */
static struct outs	 outs = TAILQ_HEAD_INITIALIZER(outs);
static unsigned int	 nouts;
static unsigned int	 nunasked;
static pthread_mutex_t	 out_lock = PTHREAD_MUTEX_INITIALIZER;

static void	connect_verdict(struct ipc_peer *, struct imsg *);
static void	connect_local(struct ipc_peer *, struct imsg *);

const struct ipc_rule connect_rules[] = {
	{ IMSG_BROKER_VERDICT, sizeof(struct ipc_verdict),
	    sizeof(struct ipc_verdict), IPC_NOFD, IPC_PHASE_RUN,
	    connect_verdict },
	{ IMSG_BROKER_DIAL, 2 * sizeof(uint32_t), 2 * sizeof(uint32_t),
	    IPC_NOFD, IPC_PHASE_RUN, dial_request },
	{ IMSG_BROKER_LOCAL, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    connect_local },
};
const size_t	nconnect_rules = nitems(connect_rules);

static void
connect_local(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;

	(void)peer;
	/* No port at all is no payload. */
	if (imsg_get_len(imsg) == 0)
		ibuf_from_buffer(&buf, &buf, 0);
	else
		ipc_recv_ibuf(imsg, &buf);
	local_set(&buf);
}

static void
out_message(const struct call *c, int fd, const struct sock_addr *sa,
    uint32_t flags, struct ipc_connect *msg)
{
	uint32_t	 addr;

	msg->flags = flags | (sock_blocking(fd) ? IPC_CONNECT_WAIT : 0);
	msg->pid = (uint64_t)task_process(c->tid);
	msg->port = addr_port(sa);
	if (addr_inet(sa, &addr)) {
		addr = htonl(addr);
		memcpy(msg->addr, &addr, sizeof(addr));
	} else {
		msg->inet6 = 1;
		memcpy(msg->addr, &sa->u.in6.sin6_addr, sizeof(msg->addr));
	}
	task_program(c->tid, msg->program, sizeof(msg->program));
}

static long	 out_add(struct call *, struct out *);

long
connect_out(struct call *c, int fd, const struct sock_addr *sa,
    uint32_t flags)
{
	struct out	*o;

	if ((o = calloc(1, sizeof(*o))) == NULL)
		return -EAGAIN;
	out_message(c, fd, sa, flags, &o->msg);
	o->dest = *sa;
	o->deadline = sock_deadline(fd);
	return out_add(c, o);
}

long
connect_proxy(struct call *c, int fd, const struct sock_addr *sa,
    enum listener_kind kind)
{
	struct out	*o;

	(void)fd;
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return -EAGAIN;
	o->dest = *sa;
	o->own = 1;
	o->kind = kind;
	return out_add(c, o);
}

/* Takes it over, for the main thread. */
static long
out_add(struct call *c, struct out *o)
{
	uint32_t	 id = 0;

	o->fd = -1;
	/* The main thread must not look for a ticket that is not there yet. */
	(void)pthread_mutex_lock(&out_lock);
	if (nouts < BROKER_WAITING_MAX && (id = call_park(c)) != 0) {
		o->msg.id = id;
		TAILQ_INSERT_TAIL(&outs, o, entry);
		nouts++;
		nunasked++;
	}
	(void)pthread_mutex_unlock(&out_lock);
	if (id == 0) {
		free(o);
		return -EAGAIN;
	}
	broker_wake();
	return CALL_TAKEN;
}

/* From here on, all in the main thread. */

static struct out *
out_find(uint32_t id)
{
	struct out	*o;

	(void)pthread_mutex_lock(&out_lock);
	TAILQ_FOREACH(o, &outs, entry)
		if (o->msg.id == id && o->asked)
			break;
	(void)pthread_mutex_unlock(&out_lock);
	return o;
}

static void
out_free(struct out *o)
{
	(void)pthread_mutex_lock(&out_lock);
	TAILQ_REMOVE(&outs, o, entry);
	nouts--;
	(void)pthread_mutex_unlock(&out_lock);
	if (o->fd != -1)
		(void)close(o->fd);
	free(o);
}

static void
out_cancel(uint32_t id)
{
	ipc_send_u32(&broker.proxy, IMSG_PROXY_CANCEL, -1, id);
}

/* For a program that is to learn that there is no connection after all. */
static void
out_reset(struct out *o)
{
	struct linger	 now = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(o->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static int
listen_at(const struct sock_addr *sa)
{
	int	 s;

	if ((s = tcp_bind(sa)) == -1)
		return -1;
	if (listen(s, BACKLOG) == 0)
		return s;
	(void)close(s);
	return -1;
}

/* Another address of the sandbox's own, of the same family, and any port. */
static void
addr_own(struct sock_addr *sa)
{
	static const uint8_t	 own6[16] = SANDBOX_INET6;
	uint32_t		 addr, own = htonl(SANDBOX_INET);

	if (broker_is_bare())
		own = htonl(INADDR_LOOPBACK);
	if (sa->u.sa.sa_family == AF_INET)
		sa->u.in.sin_addr.s_addr = own;
	else if (addr_inet(sa, &addr))
		memcpy(sa->u.in6.sin6_addr.s6_addr + 12, &own, sizeof(own));
	else if (broker_is_bare())
		sa->u.in6.sin6_addr = in6addr_loopback;
	else
		memcpy(&sa->u.in6.sin6_addr, own6, sizeof(own6));
	addr_set_port(sa, 0);
}

/*
 * A listener on the address itself; *to is then where to connect to.  If the
 * program has that port for all addresses, it is another one: the program
 * sees it as its peer, and all else is as it should be.  On the host's own
 * network it is always another: the address is somebody else's.
 */
static int
out_listen(const struct sock_addr *dest, struct sock_addr *to)
{
	struct sock_addr	 name;
	int			 s;

	*to = *dest;
	if (!broker_is_bare() && (s = listen_at(to)) != -1)
		return s;
	addr_own(to);
	if ((s = listen_at(to)) == -1)
		return -1;
	name.len = sizeof(name.u);
	if (getsockname(s, &name.u.sa, &name.len) == -1) {
		(void)close(s);
		return -1;
	}
	addr_set_port(to, addr_port(&name));
	return s;
}

static int
same_end(const struct sock_addr *a, const struct sock_addr *b)
{
	uint32_t	 x, y;

	if (addr_port(a) != addr_port(b))
		return 0;
	if (addr_inet(a, &x))
		return addr_inet(b, &y) && x == y;
	return b->u.sa.sa_family == AF_INET6 && memcmp(&a->u.in6.sin6_addr,
	    &b->u.in6.sin6_addr, sizeof(a->u.in6.sin6_addr)) == 0;
}

/* The other end of the program's socket, and of no other; or -1. */
static int
out_accept(int s, int fd)
{
	struct sock_addr	 me, peer;
	struct pollfd		 pfd = { .fd = s, .events = POLLIN };
	int			 in, waits = 0;

	me.len = sizeof(me.u);
	if (getsockname(fd, &me.u.sa, &me.len) == -1)
		return -1;
	for (;;) {
		peer.len = sizeof(peer.u);
		in = accept4(s, &peer.u.sa, &peer.len, SOCK_CLOEXEC |
		    SOCK_NONBLOCK);
		if (in != -1 && same_end(&me, &peer))
			return in;
		if (in != -1)
			(void)close(in);
		else if (errno != EAGAIN && errno != ECONNABORTED)
			return -1;
		else if (waits++ != 0 || poll(&pfd, 1, ACCEPT_MS) != 1)
			return -1;
	}
}

/*
 * A program can keep its socket from hearing us.  It would go on trying, and
 * come to whoever has the port by then: in mode "landlock" that is a server of
 * the host's.
 */
static void
out_stop(int fd)
{
	const struct sockaddr	 nowhere = { .sa_family = AF_UNSPEC };

	if (connect(fd, &nowhere, sizeof(nowhere)) == -1)
		log_debug("a connection cannot be given up");
}

/*
 * Connects the program's socket to us.  Returns what connect(2) said of that
 * without waiting, and in *in our end, or -1.
 */
static long
out_attach(int fd, const struct sock_addr *dest, int *in)
{
	struct sock_addr	 to;
	long			 r = -EADDRNOTAVAIL;
	int			 s;

	*in = -1;
	(void)pthread_mutex_lock(&tcp_lock);
	if ((s = out_listen(dest, &to)) != -1) {
		r = tcp_step(fd, &to);
		if (r == 0 || r == -EINPROGRESS)
			*in = out_accept(s, fd);
		/* As long as nobody else can have the port. */
		if (r == -EINPROGRESS && *in == -1)
			out_stop(fd);
		(void)close(s);
	}
	(void)pthread_mutex_unlock(&tcp_lock);
	return r;
}

/* The caller's socket, if it still is one that we can connect. */
static int
out_socket(const struct call *c, const struct sock_addr *dest)
{
	struct sock_kind	 kind;
	int			 fd;

	if ((fd = task_fd(c, (int)c->arg[0])) < 0)
		return fd;
	if (sock_look(fd, &kind) == 0 && kind.type == SOCK_STREAM &&
	    kind.domain == dest->u.sa.sa_family && !kind.foreign)
		return fd;
	(void)close(fd);
	return -EBADF;
}

/* The proxy agrees. */
static void
out_finish(struct out *o, struct call *c)
{
	long	 r;
	int	 fd, in = -1;

	if ((fd = out_socket(c, &o->dest)) < 0)
		r = fd;
	else {
		r = out_attach(fd, &o->dest, &in);
		/* It could be new again, and the address the host's. */
		if (r == -EINPROGRESS && sock_blocking(fd))
			r = in == -1 ? -ETIMEDOUT : broker_is_bare() ?
			    tcp_again(fd, &o->dest) : tcp_step(fd, &o->dest);
		(void)close(fd);
	}
	if (o->own && in != -1)
		ipc_send_u32(&broker.proxy, IMSG_PROXY_ACCEPTED, in,
		    o->kind);
	else if (o->own)
		log_debug("a connection to the proxy failed");
	else if (in == -1)
		out_cancel(o->msg.id);
	else
		ipc_send_u32(&broker.proxy, IMSG_PROXY_CONNECTED, in,
		    o->msg.id);
	call_answer(c, r);
}

static void
connect_verdict(struct ipc_peer *peer, struct imsg *imsg)
{
	static struct call	 c;
	struct ipc_verdict	 v;
	struct out		*o;

	(void)peer;
	if (imsg_get_data(imsg, &v, sizeof(v)) == -1 || v.error > ERRNO_MAX)
		fatalx("malformed verdict");
	if ((o = out_find(v.id)) == NULL) {
		/* The caller is gone, and the proxy is about to hear it. */
		if (v.error == 0)
			out_cancel(v.id);
		return;
	}
	if (o->fd != -1 && v.error == 0) {
		ipc_send_u32(&broker.proxy, IMSG_PROXY_CONNECTED, o->fd, v.id);
		o->fd = -1;
	} else if (o->fd != -1)
		out_reset(o);
	else if (call_unpark(v.id, &c) == -1)
		fatalx("a verdict on a call that is not there");
	else if (v.error != 0)
		call_answer(&c, -(long)v.error);
	else
		out_finish(o, &c);
	out_free(o);
}

/*
 * A caller that waits has to leave, for a signal or because its time is up.
 * Its connection goes on without it, as POSIX has it for EINTR: the program
 * finds the socket connected, and reset should the proxy say no.  1 if that
 * could not be done.
 */
static int
out_leave(struct out *o, struct call *c, long result)
{
	int	 fd, in = -1;

	if ((fd = out_socket(c, &o->dest)) >= 0) {
		(void)out_attach(fd, &o->dest, &in);
		(void)close(fd);
	}
	(void)call_unpark(o->msg.id, c);
	call_answer(c, result);
	o->fd = in;
	return in == -1;
}

/* Looks after one that waits: 1 if that is over. */
static int
out_tend(struct out *o, struct call *c)
{
	if (o->fd != -1)
		return 0;
	if (call_peek(o->msg.id, c) == -1)
		fatalx("a connection without its call");
	if (!call_valid(c)) {
		(void)call_unpark(o->msg.id, c);
		return 1;
	}
	if ((o->msg.flags & IPC_CONNECT_WAIT) == 0)
		return 0;
	if (sock_expired(o->deadline))
		return out_leave(o, c, -EINPROGRESS);
	if (task_signalled(c))
		return out_leave(o, c, -LX_ERESTARTSYS);
	return 0;
}

static void
outs_tend(void)
{
	static struct call	 c;
	struct out		*o, *next;

	(void)pthread_mutex_lock(&out_lock);
	o = TAILQ_FIRST(&outs);
	(void)pthread_mutex_unlock(&out_lock);
	/* Nobody else takes out; at the end somebody may add. */
	for (; o != NULL; o = next) {
		int	 over = out_tend(o, &c);

		(void)pthread_mutex_lock(&out_lock);
		next = TAILQ_NEXT(o, entry);
		(void)pthread_mutex_unlock(&out_lock);
		if (over) {
			out_cancel(o->msg.id);
			out_free(o);
		}
	}
}

/* Those that go to the proxy itself need no question. */
static void
outs_own(void)
{
	static struct call	 c;
	struct out		*o, *next;

	if (!broker_is_bare())
		return;
	(void)pthread_mutex_lock(&out_lock);
	o = TAILQ_FIRST(&outs);
	(void)pthread_mutex_unlock(&out_lock);
	for (; o != NULL; o = next) {
		if (o->own && call_unpark(o->msg.id, &c) == 0)
			out_finish(o, &c);
		(void)pthread_mutex_lock(&out_lock);
		next = TAILQ_NEXT(o, entry);
		if (o->own)
			nunasked--;
		(void)pthread_mutex_unlock(&out_lock);
		if (o->own)
			out_free(o);
	}
}

/* Asks what has not been asked yet; how many wait. */
static unsigned int
outs_ask(void)
{
	struct out	*o;
	unsigned int	 n;

	(void)pthread_mutex_lock(&out_lock);
	for (o = TAILQ_LAST(&outs, outs); o != NULL && nunasked > 0;
	    o = TAILQ_PREV(o, outs, entry)) {
		if (o->asked || o->own)
			continue;
		o->asked = 1;
		nunasked--;
		ipc_send(&broker.proxy, IMSG_PROXY_CONNECT, -1, &o->msg,
		    sizeof(o->msg));
	}
	n = nouts;
	(void)pthread_mutex_unlock(&out_lock);
	return n;
}

int
connect_tend(void)
{
	static uint64_t	 next;
	unsigned int	 n;
	uint64_t	 now, pause;

	outs_own();
	n = outs_ask();
	if (n == 0) {
		next = 0;
		return -1;
	}
	now = sock_now();
	pause = (TEND_MS + n / TEND_EACH) * UINT64_C(1000000);
	if (next == 0)
		next = now + pause;
	else if (now >= next) {
		outs_tend();
		next = now + pause;
	}
	return (int)((next - now) / 1000000) + 1;
}
