/* SPDX-License-Identifier: ISC */
#ifndef BROKER_NET_H
#define BROKER_NET_H

/* What the files behind bind(2) and connect(2) share. */

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include "broker.h"

/* An address as the caller gave it, copied once. */
struct sock_addr {
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
		struct sockaddr_un	 un;
		struct sockaddr_storage	 ss;
	}		 u;
	socklen_t	 len;
};

/* What a descriptor of ours says of itself. */
struct sock_kind {
	int	 domain;
	int	 type;
	int	 protocol;
	int	 foreign;	/* of another network namespace */
	int	 outside;	/* of the host's, as far as we can tell */
};

/* broker_socket.c */

/* Copies the address of a call's arguments 1 and 2; 0, -EINVAL, -EFAULT. */
long	 sock_copy(const struct call *, struct sock_addr *);
/* 0 or -errno; -EACCES for what a command's socket never is. */
long	 sock_look(int, struct sock_kind *);
/* The report of such a refusal; of bind(2) or not.  Returns -EACCES. */
long	 sock_refused(struct call *, const struct sock_kind *, int);
int	 sock_blocking(int);
/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t sock_now(void);
/* When SO_SNDTIMEO ends a wait that begins now, or 0. */
uint64_t sock_deadline(int);
int	 sock_expired(uint64_t);

/* broker_unix.c: the socket's duplicate */

/* The last argument is not 0 for a retry (call_wait()). */
long	 unix_connect(struct call *, int, const struct sock_kind *,
	    const struct sock_addr *, int);
long	 unix_bind(struct call *, int, const struct sock_kind *,
	    const struct sock_addr *);

/* broker_tcp.c */

/* The socket's duplicate. */
long	 tcp_connect(struct call *, int, const struct sock_addr *);
/*
 * connect(2) that never waits: 0, -EINPROGRESS, -EALREADY, or what is wrong.
 * Called again it says 0 when the connection is there.
 */
long	 tcp_step(int, const struct sock_addr *);
/*
 * How it goes with a connection that has been begun, on a network where no
 * address is ours: of the last argument the family alone counts.
 */
long	 tcp_again(int, const struct sock_addr *);
/* A socket of ours, bound to the address, which is one to connect to; -1. */
int	 tcp_bind(const struct sock_addr *);
/* Held while somebody binds, or listens on a program's behalf. */
extern pthread_mutex_t	 tcp_lock;
uint16_t addr_port(const struct sock_addr *);
void	 addr_set_port(struct sock_addr *, uint16_t);
/* IPv4, be it mapped into IPv6: 1, and the address in host order. */
int	 addr_inet(const struct sock_addr *, uint32_t *);
/* Loopback ports that the policy lists: a message's worth. */
void	 local_set(struct ibuf *);

/* broker_dial.c */

/* IMSG_BROKER_DIAL: the main thread. */
void	 dial_request(struct ipc_peer *, struct imsg *);

/* broker_connect.c */

/*
 * An internet address that is not the sandbox's own: asks the proxy.  The
 * flags are of enum ipc_connect_flag.
 */
long	 connect_out(struct call *, int, const struct sock_addr *, uint32_t);
/*
 * Mode "landlock": to srt-proxy itself, as if its listener were there; the
 * address says no more than the family.
 */
long	 connect_proxy(struct call *, int, const struct sock_addr *,
	    enum listener_kind);

#endif /* BROKER_NET_H */
