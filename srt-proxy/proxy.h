/* SPDX-License-Identifier: ISC */
#ifndef PROXY_H
#define PROXY_H

#include <sys/socket.h>

#include <netinet/in.h>

#include "ipc.h"
#include "rule.h"

#include "buf.h"
#include "tls_hello.h"

/*
 * Limits.  Everything that the command or the network can make grow stands
 * here.
 */
#define SESSION_MAX		10000	/* at the same time */
#define SESSION_FDS		3	/* descriptors set aside for each */
#define FD_RESERVE		64	/* pipes to the roles, races */
#define ACCEPT_BATCH		64	/* connections taken per wake-up */
#define READ_SIZE		65536	/* bytes per read */
#define IN_MAX			65536	/* unread input kept while we wait */
#define OUT_HIGH		65536	/* unsent output that stops a reader */
#define OUT_LOW			16384	/* ... and that lets it go on */
#define BUFFER_MAX		(256 * 1024 * 1024)	/* of all sessions */
#define BUFFER_TIGHT		(BUFFER_MAX / 2)	/* go slow from here */
#define RELAY_ROUNDS		4	/* reads per wake-up of a tunnel */
#define RELAY_PIPE_SIZE		(256 * 1024)
#define RELAY_PIPES_MAX		128	/* pipes in use, both directions */
#define RELAY_PIPES_SPARE	16	/* empty ones kept for the next */
#define KEEPALIVE_IDLE		60	/* seconds */
#define KEEPALIVE_INTERVAL	15
#define KEEPALIVE_COUNT		6
#define CONNECT_STAGGER		250	/* RFC 8305, milliseconds */
#define CONNECT_ADDRS_MAX	64	/* addresses of one name */
#define RESOLVE_QUERIES_MAX	256	/* names in flight */
#define RESOLVE_THREADS		16
#define RESOLVE_OWN_MAX		448	/* addresses of this host */
#define RULES_MAX		POLICY_RULES_MAX /* entries of a rule set */
#define REFUSAL_MERGE		250	/* milliseconds */
#define LISTENERS_MAX		64
#define DNS_BATCH		64	/* datagrams taken per wake-up */
#define DNS_TTL			5	/* seconds that our answers hold */
#define DNS_REFUSALS		100	/* reported one by one per second */

/* What a session or a connection may wait for, and how long. */
enum timeout {
	TIMEOUT_FIRST,		/* the client's first byte */
	TIMEOUT_HEAD,		/* the rest of its request */
	TIMEOUT_KEEPALIVE,	/* its next request */
	TIMEOUT_CONNECT,	/* lookup and dial together */
	TIMEOUT_RESOLVE,	/* lookup alone */
	TIMEOUT_WRITE,		/* the client reads our own answer */
	TIMEOUT_LINGER,		/* the client closes after it */
	TIMEOUT_ANSWER,		/* the server, if the client closed */
	TIMEOUT_PAIR,		/* the broker brings the connection */
	TIMEOUT_DNS,		/* the next question, over TCP */
	TIMEOUT_TRANSFER,	/* progress of a request or response */
	TIMEOUT_NONE,		/* tunnels: TCP keepalive watches those */
	TIMEOUT_MAX
};

struct session;
struct connect;
struct resolve;
struct relay_pipe;
struct http;
struct pending;

/* Who asks, as far as the broker has said so. */
struct client {
	uint64_t	 pid;		/* 0: not known */
	char		 program[36];
};
extern const struct client	 client_unknown;

/* What a session asked for, and where it goes. */
struct dest {
	struct host	 host;
	uint16_t	 port;
	unsigned int	 address : 1;	/* the client knows no name for it */
	char		*spelled;	/* the host, as the client wrote it */
	struct client	 client;
};

/*
 * One side of a session.  Bytes read go to the phase, which says how many it
 * has taken; the rest waits in "in" until the phase is run again.
 */
struct half {
	struct session	*s;
	struct half	*peer;
	/*
	 * The phase.  Returns the number of bytes taken; 0 to wait for more.
	 * Called with no bytes once the other end has closed (eof is set).
	 */
	size_t		 (*phase)(struct half *, const char *, size_t);
	struct event	 rev;
	struct event	 wev;
	struct buf	 in;
	struct buf	 out;
	struct relay_pipe *pipe;	/* tunnel: bytes read, not yet sent */
	int		 fd;
	int		 error;		/* errno that ended reading */
	unsigned int	 generation;	/* counts half_reset() */
	unsigned int	 eof : 1;	/* nothing more to read */
	unsigned int	 finish : 1;	/* shut down when all is sent */
	unsigned int	 shut : 1;	/* has been shut down */
	unsigned int	 broken : 1;	/* cannot be written to */
	unsigned int	 busy : 1;	/* its phase is running */
	unsigned int	 again : 1;	/* ... and is to run once more */
	unsigned int	 reading : 1;	/* rev is pending */
	unsigned int	 writing : 1;	/* wev is pending */
	unsigned int	 bulk : 1;	/* tunnel: much comes in: splice */
	unsigned int	 hello : 1;	/* tunnel: its first bytes are held */
};

struct session {
	TAILQ_ENTRY(session)	 entry;
	struct half		 client;
	struct half		 server;
	struct event		 timer;
	enum timeout		 timeout;
	void			 (*expired)(struct session *);
	struct dest		*dest;
	struct connect		*connect;
	struct http		*http;
	struct pending		*pending;
	struct tls_scan		 scan;
	unsigned int		 dead : 1;
	unsigned int		 active : 1;	/* bytes moved of late */
	unsigned int		 lingering : 1;
	unsigned int		 relay : 1;	/* is or becomes a tunnel */
};

/* proxy.c */
extern struct event_base *proxy_base;
/* The rules in force; NULL before the first set has come: all is denied. */
const struct ruleset *proxy_rules(void);
struct ipc_peer	*proxy_monitor(void);
struct ipc_peer	*proxy_broker(void);

/* listen.c */
/* Takes the listening, or bound, descriptor over.  Fatal if it is none. */
void	 listen_add(int, enum listener_kind);
/* Closes all of them for good. */
void	 listen_stop(void);
/* Accepts nothing until listen_resume(), or until a second has passed. */
void	 listen_pause(void);
void	 listen_resume(void);

/* session.c */
/* Where a read puts its bytes; overwritten by the next one. */
extern char session_scratch[READ_SIZE];
/* Raises the descriptor limit and makes the timers. */
void	 session_init(void);
/* Is there room for one more? */
int	 session_room(void);
/*
 * The client's descriptor, if it is not -1 (session_client()), is taken over,
 * or closed if there is no memory: NULL.
 */
struct session *session_new(int);
/*
 * Ends the session: what was sent arrives, if the client still reads.  The
 * memory lives on until the event loop turns, so callers higher up the stack
 * may look at s->dead.
 */
void	 session_close(struct session *);
/* Ends it with a reset on both sides: data were lost. */
void	 session_abort(struct session *);
/* Sends what is queued for the client, then waits for its end: then closes. */
void	 session_linger(struct session *);
/* How long the present state may last, and what happens then. */
void	 session_timeout(struct session *, enum timeout,
	    void (*)(struct session *));
/* The interval itself, fit for event_add(). */
const struct timeval *session_interval(enum timeout);
/* Gives a half its connection. */
void	 session_client(struct session *, int);
void	 session_server(struct session *, int);
/* Closes the connection of a half and forgets its buffers and state. */
void	 half_reset(struct half *);
/* Sets the phase and runs it on what is there. */
void	 half_phase(struct half *,
	    size_t (*)(struct half *, const char *, size_t));
void	 half_run(struct half *);
/* Starts or stops reading as the state of the buffers wants it. */
void	 half_update(struct half *);
/* Queues bytes; aborts the session if there is no memory. */
void	 half_add(struct half *, const void *, size_t);
/* Sends the queue and these bytes as far as it goes, queues the rest. */
void	 half_send(struct half *, const void *, size_t);
void	 half_flush(struct half *);
/* No more will be sent: half-closes when the queue is empty. */
void	 half_finish(struct half *);
/* Is so much queued that no more should be read for it? */
int	 half_full(const struct half *);
/* A phase: takes nothing, keeps early bytes, closes if there are too many. */
size_t	 phase_hold(struct half *, const char *, size_t);
/* Have the events pending or not, whatever the buffers say. */
void	 half_want_read(struct half *, int);
void	 half_want_write(struct half *, int);

/* relay.c */
/*
 * Turns the session into an opaque tunnel.  What stands in the in buffers
 * goes first.
 */
void	 relay_start(struct session *);
/* Closes the pipes of a session that ends. */
void	 relay_free(struct half *);

/* relay_splice.c, relay_copy.c: one of the two is linked */
/* An empty pipe, or NULL: none left, or no splice(2) on this system. */
struct relay_pipe *relay_pipe_get(void);
/* Back to the pool; one that is not empty is closed.  NULL is fine. */
void	 relay_pipe_put(struct relay_pipe *);
size_t	 relay_pipe_len(const struct relay_pipe *);
/* From the socket into an empty pipe: bytes, 0 at the end, -1 with errno. */
ssize_t	 relay_pipe_fill(struct relay_pipe *, int);
/* From the pipe into the socket: bytes, or -1 with errno. */
ssize_t	 relay_pipe_drain(struct relay_pipe *, int);

/* relay_name.c */
/* Are the client's first bytes to be looked at?  It was asked by name. */
int	 relay_name_wanted(const struct session *);
/*
 * Looks at what has come in.  1: it may go on; 0: more is needed; -1: the
 * session has been closed, and that is recorded.
 */
int	 relay_name_check(struct half *);

/* refusal.c */
struct refusal {
	const struct client	*client;
	const char		*operation;
	const char		*target;
	const char		*reason;
	const char		*rule;
	const char		*cure;
	/*
	 * What it is a part of, as a bit: equal refusals of different parts
	 * are one, as are the lookups of a name's A and AAAA records.
	 */
	unsigned int		 parts;
};
void	 refusal_record(const struct refusal *);
/* Sends what has been counted and not yet sent. */
void	 refusal_flush(void);

/* verdict.c */
/*
 * Decides about a destination; a refusal is recorded as a violation.  Fills
 * in *dest (to be freed with dest_free()) on allow; on deny returns the
 * reason, sanitised, good until the next call.
 */
const char *verdict_decide(const struct client *, const char *, size_t,
	    uint16_t, struct dest **);
/*
 * Likewise of a destination that connect(2) was called with.  A loopback
 * address may also be allowed as "localhost".  -1 if it is refused, which is
 * not recorded if quiet is set.
 */
int	 verdict_connect(const struct client *, const struct host *, uint16_t,
	    int, struct dest **);
/*
 * Could some port of the host of that name be allowed?  Fills in the host;
 * -1 if not, which is recorded, as that part of a lookup.
 */
int	 verdict_lookup(const char *, unsigned int, struct host *);
/* Records that all addresses of the name are refused. */
void	 verdict_resolved(const struct dest *, const char *);
/* Records that TLS was to be spoken with another server. */
void	 verdict_server_name(const struct dest *, const char *);
/* The same destination, port included? */
int	 dest_equal(const struct dest *, const struct dest *);
void	 dest_free(struct dest *);

/* connect.c */
enum connect_status {
	CONNECT_OK,
	CONNECT_DENIED,		/* by the resolved-address check */
	CONNECT_NONAME,		/* no such name, or no answer */
	CONNECT_REFUSED,
	CONNECT_HOSTUNREACH,
	CONNECT_NETUNREACH,
	CONNECT_TIMEOUT,
	CONNECT_FAILED		/* our own limits */
};

/*
 * Called once, by the event loop: with a connected, non-blocking socket (now
 * the callee's), or -1 and the reason, which is text for CONNECT_DENIED.
 */
typedef void (*connect_fn)(void *, enum connect_status, int, const char *);
/* The one way out; never NULL.  The destination must outlive the attempt. */
struct connect *connect_start(const struct dest *, connect_fn, void *);
void	 connect_cancel(struct connect *);

/* keepalive_tcp.c, keepalive_none.c: one of the two is linked */
/* Has SO_KEEPALIVE act within minutes, where a socket can have its own. */
void	 keepalive_set(int);

/* resolve.c */
enum resolve_kind {
	RESOLVE_NAME,		/* an address of the name */
	RESOLVE_OWN		/* one of this host's interfaces */
};

/* In IMSG_RESOLVE_ANSWER. */
struct resolve_addr {
	uint8_t		 kind;
	uint8_t		 inet6;
	uint8_t		 pad[2];
	uint32_t	 scope;
	uint8_t		 addr[16];	/* network order; 4 bytes for inet */
};

/*
 * Called once, by the event loop.  error is 0 or of getaddrinfo(3), EAI_AGAIN
 * for a timeout.
 */
typedef void (*resolve_fn)(void *, int, const struct resolve_addr *, size_t);
void	 resolve_init(int, pid_t);
/* Ends the resolver and waits for it: nobody else may do that for us. */
void	 resolve_end(void);
/* NULL if too many names are in flight. */
struct resolve *resolve_start(const char *, resolve_fn, void *);
void	 resolve_cancel(struct resolve *);

/* resolver.c */
/* Forks the resolver; returns our end of its pipe, and its pid. */
int	 resolver_start(pid_t *);

/* http.c */
void	 http_accept(struct session *);
void	 http_free(struct http *);

/* socks.c */
void	 socks_accept(struct session *);

/* transparent.c */
/* What the broker says about connect(2). */
void	 transparent_connect(const struct ipc_connect *);
/* The descriptor is taken over. */
void	 transparent_connected(uint32_t, int);
void	 transparent_cancel(uint32_t);
/* The broker has gone: nobody waits any more. */
void	 transparent_stop(void);
/* Tells the broker which ports of the host's loopback the rules name. */
void	 transparent_local(void);
/* Forgets about the session, which ends. */
void	 transparent_free(struct pending *);

/* dns.c */
/* An answer, of DNS_ANSWER_MAX bytes at most; 0 for none. */
size_t	 dns_respond(const void *, size_t, unsigned char *);
void	 dns_accept(struct session *);
/* The name that a synthetic address stands for; NULL if for none now. */
const char *dns_synthetic(uint32_t);

/* dns_udp.c */
/* Takes a bound socket over. */
void	 dns_udp_add(int);
void	 dns_udp_stop(void);

/* pktinfo_linux.c */
/* Bytes of control data that say where a datagram was sent to. */
#define PKTINFO_SIZE	128
/*
 * Has the control data, as received, say that the answer comes from there.
 * -1 if they do not tell.
 */
int	 pktinfo_answer(struct msghdr *);

#endif /* PROXY_H */
