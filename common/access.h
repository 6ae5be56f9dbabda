/* SPDX-License-Identifier: ISC */
#ifndef ACCESS_H
#define ACCESS_H

#include "ipc.h"

/* How a connection came to the proxy. */
enum access_way {
	ACCESS_HTTP,		/* a request to the HTTP proxy */
	ACCESS_SOCKS,
	ACCESS_CONNECT,		/* connect(2) of a program */
	ACCESS_PUBLISH,		/* from the host, to a published port */
	ACCESS_WAY_MAX
};

/*
 * One connection that was allowed, at its end.  Strings are as the command
 * or the network gave them; who prints them escapes them.
 */
struct access {
	uint64_t	 time;		/* CLOCK_REALTIME, nanoseconds */
	uint64_t	 duration;	/* milliseconds */
	uint64_t	 sent;		/* bytes written to the server */
	uint64_t	 received;	/* bytes read from it */
	uint64_t	 requests;	/* of HTTP; 0: not counted */
	uint64_t	 pid;		/* as the host sees it; 0 unknown */
	uint32_t	 port;
	enum access_way	 way;
	char		*host;
	char		*rule;		/* "network.allowedDomains[0] ..." */
	char		*where;		/* of the rule: "FILE:LINE"; or "" */
	char		*result;	/* "connected", or what went wrong */
	char		*program;	/* may be "" */
};

/*
 * Queues it for the monitor, with the count of those that could not be.  More
 * may wait than violations: there are only so many connections at a time.
 */
void	 ipc_send_access(struct ipc_peer *, const struct access *);
/* Fills in fresh strings, *lost with the sender's count; fatal if malformed. */
void	 ipc_recv_access(struct imsg *, struct access *, uint64_t *);
void	 access_clear(struct access *);

#endif /* ACCESS_H */
