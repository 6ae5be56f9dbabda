/* SPDX-License-Identifier: ISC */
#ifndef BROKER_NET_H
#define BROKER_NET_H

/*
 * bind and connect as the broker does them, in a network namespace of the
 * test's own.  The test is the command, the broker's main thread and the
 * proxy in one: what the command's calls would bring is made up, what the
 * broker asks the proxy arrives here.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../srt-exec/broker.h"

#define PARKED_MAX	64
#define NOT_YET		(LONG_MIN + 2)
#define INSIDE4		"198.18.0.1"
#define INSIDE6		"fd00:73:7274::1"

struct net {
	struct sandbox		 sandbox;
	struct ipc_peer		 proxy;		/* the proxy's end */
	char			 dir[64];	/* for Unix sockets */
	int			 host_socket;	/* older than the namespace */

	/* What the broker asked for, the last of each. */
	struct ipc_connect	 asked;
	int			 nasked, ncancelled, nconnected;
	int			 connected_fd;
	uint32_t		 cancelled_id, connected_id;
	struct {
		int	 fd;
		int	 family;
		int	 type;
		uint16_t port;
	}			 listeners[16];
	int			 nlisteners, kinds[8];

	/* What the handlers find elsewhere in the broker. */
	struct {
		uint32_t	 ticket;
		uint64_t	 arg[6];
	}			 parked[PARKED_MAX];
	uint32_t		 tickets;
	long			 answer;
	long			 (*retry)(struct call *);
	uint64_t		 retry_arg[6];
	int			 gone, signalled, reports, checks;
	const char		*listed;
	char			 reported[PATH_MAX + 16];
};
extern struct net	 net;

struct addr {
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	}		 u;
	socklen_t	 len;
};

/* Runs the tests, and what cleans up at last: 0, or how many failed. */
#define net_run(tests, cleanup)						\
	net_run_tests(#tests, (tests), nitems(tests), (cleanup))
int		 net_run_tests(const char *, const struct CMUnitTest *,
		    size_t, CMFixtureFunction);
/* Before each test. */
int		 net_setup(void **);

/* A round of the main thread and of the proxy; until the counter is that. */
void		 round_once(void);
void		 round_until(const int *, int);
/* The proxy's words. */
void		 verdict(uint32_t, int);
void		 local_ports(const uint16_t *, size_t);

/* A call of the command's; the next look at one that waits; its end. */
long		 call(long (*)(struct call *), int, const void *, long);
long		 retry_once(void);
long		 retry_until_done(void);

struct addr	 addr_of(const char *, uint16_t);
int		 tcp_new(int, int);
long		 connect_to(int, const char *, uint16_t);
/* A listening socket of the command's; port 0 is filled in. */
int		 listen_new(const char *, uint16_t *);
/* "addr port" of one end, or of its peer. */
const char	*end_of(int, int);
void		 assert_joined(int, int);

#endif /* BROKER_NET_H */
