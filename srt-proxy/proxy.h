/* SPDX-License-Identifier: ISC */
#ifndef PROXY_H
#define PROXY_H

#include <sys/socket.h>

#include <netinet/in.h>

#include "access.h"
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
#define SECURES_LEFT_MAX	32	/* that srt-tls has yet to give up */
#define ACCEPT_BATCH		64	/* connections taken per wake-up */
#define READ_SIZE		65536	/* bytes per read */
#define IN_MAX			65536	/* unread input kept while we wait */
#define OUT_HIGH		65536	/* unsent output that stops a reader */
#define OUT_LOW			16384	/* ... and that lets it go on */
#define BUFFER_MAX		(256 * 1024 * 1024)	/* of all sessions */
#define BUFFER_TIGHT		(BUFFER_MAX / 2)	/* go slow from here */
#define RELAY_TURN		(512 * 1024)	/* bytes of a tunnel per wake-up */
#define RELAY_PIPE_SIZE		(256 * 1024)
#define RELAY_PIPE_LARGE	RELAY_TURN
#define RELAY_PIPES_LARGE	16	/* an eighth of a user's share */
#define RELAY_PIPES_MAX		128	/* pipes in use, both directions */
#define RELAY_PIPES_SPARE	16	/* empty ones kept for the next */
#define KEEPALIVE_IDLE		60	/* seconds */
#define KEEPALIVE_INTERVAL	15
#define KEEPALIVE_COUNT		6
#define CONNECT_STAGGER		250	/* RFC 8305, milliseconds */
#define CONNECT_ADDRS_MAX	64	/* addresses of one name */
#define CONNECT_OWN		2	/* attempts that a session has room for */
#define CONNECT_SPARE_MAX	128	/* further ones, of all sessions */
#define CONNECT_PATIENCE	20	/* times CONNECT_STAGGER */
#define RESOLVE_QUERIES_MAX	256	/* names in flight */
#define RESOLVE_THREADS		16
#define RESOLVE_OWN_MAX		448	/* addresses of this host */
#define POOL_MAX		64	/* idle connections to servers */
#define POOL_IDLE		5	/* seconds */
#define RULES_MAX		POLICY_RULES_MAX /* entries of a rule set */
#define REFUSAL_MERGE		250	/* milliseconds */
#define LISTENERS_MAX		64
#define ASK_OPEN_MAX		256	/* questions without an answer */
#define ASK_KEPT_MAX		1024	/* answers for the whole run */
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

struct ask;
struct mitm;
struct route;
struct secure;
struct tunnel;
struct session;
struct connect;
struct resolve;
struct relay_pipe;
struct http;
struct pending;
struct dial;
struct noted;

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
	unsigned int	 ask : 1;	/* no rule decides: ask first */
	unsigned int	 open : 1;	/* ... and nobody has said yes yet */
	unsigned int	 asked : 1;	/* an answer for the run allows it */
	unsigned int	 direct : 1;	/* dialled without a proxy */
	unsigned int	 learn : 1;	/* no rule allows it: tell if it is there */
	char		*spelled;	/* the host, as the client wrote it */
	char		*rule;		/* what allows it; NULL: no record */
	char		*where;		/* where that stands, or NULL */
	const struct route *route;	/* the way that it was dialled */
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
	struct relay_pipe *pipe;	/* bytes read, not yet sent */
	uint64_t	 pass;		/* bytes to go on unseen */
	int		 fd;
	int		 error;		/* errno that ended reading */
	unsigned int	 generation;	/* counts half_reset() */
	uint64_t	 sent;		/* bytes, since then */
	uint64_t	 received;
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
	unsigned int	 tunnel : 1;	/* relay.c has its events */
};

/* How far relay_name.c is, while the client's half has "hello" set. */
enum name_phase {
	NAME_FIRST,		/* the first hello */
	NAME_ANSWER,		/* does the server want another one? */
	NAME_SECOND		/* it does */
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
	struct dial		*dial;
	struct noted		*noted;		/* for the audit record */
	struct tls_scan		 scan;
	struct tls_answer_scan	 answer;
	enum name_phase		 name;
	size_t			 pass;		/* see tls_pass_records() */
	unsigned int		 dead : 1;
	unsigned int		 active : 1;	/* bytes moved of late */
	unsigned int		 lingering : 1;
	unsigned int		 relay : 1;	/* is or becomes a tunnel */
	unsigned int		 published : 1;	/* it came from the host */
};

/* proxy.c */
extern struct event_base *proxy_base;
/* The rules in force; NULL before the first set has come: all is denied. */
const struct ruleset *proxy_rules(void);
struct ipc_peer	*proxy_monitor(void);
struct ipc_peer	*proxy_broker(void);
struct ipc_peer	*proxy_to_parent(void);

/* listen.c */
/* Takes the listening, or bound, descriptor over.  Fatal if it is none. */
void	 listen_add(int, enum listener_kind);
/* Likewise one of the host, for a port inside. */
void	 listen_publish(int, uint16_t);
/* One on the host's loopback, for the command; it waits until we begin. */
void	 listen_local(int, enum listener_kind);
/* Confined: begins with those.  Fatal if no token is demanded of clients. */
void	 listen_begin(void);
/* Takes over a connection as if one of the first kind had accepted it. */
void	 listen_accepted(int, enum listener_kind);
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
/* Likewise for one more that comes from the host. */
int	 session_room_published(void);
/* Counts it as such. */
void	 session_published(struct session *);
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
/* Calls the function, which may end that session, for each of them. */
void	 session_each(void (*)(struct session *));

/* half.c */
/* Begins to read and write a connection; for the two above. */
void	 half_open(struct half *, int);
/* Closes the connection of a half and forgets its buffers and state. */
void	 half_reset(struct half *);
/* The same, but gives the connection to the caller. */
int	 half_detach(struct half *);
/* Sets the phase and runs it on what is there. */
void	 half_phase(struct half *,
	    size_t (*)(struct half *, const char *, size_t));
void	 half_run(struct half *);
/* Starts or stops reading as the state of the buffers wants it. */
void	 half_update(struct half *);
/*
 * The next so many bytes, or all to the end, go on to the peer as they come,
 * without the phase; the peer must have no other source meanwhile.  To be
 * called by the phase, which takes all that has come so far.
 */
void	 half_pass(struct half *, uint64_t);
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
/* A phase: takes all, and forgets it. */
size_t	 phase_discard(struct half *, const char *, size_t);
/* Have the events pending or not, whatever the buffers say. */
void	 half_want_read(struct half *, int);
void	 half_want_write(struct half *, int);

/* relay.c */
/*
 * Turns the session into an opaque tunnel.  What stands in the in buffers
 * goes first.
 */
void	 relay_start(struct session *);
/* Events of a half that is a tunnel's. */
void	 relay_readable(struct half *);
void	 relay_writable(struct half *);
/* Gives the pipe of a half back. */
void	 relay_free(struct half *);

/* relay_splice.c, relay_copy.c: one of the two is linked */
/* An empty pipe, or NULL: none left, or no splice(2) on this system. */
struct relay_pipe *relay_pipe_get(void);
/* Back to the pool; one that is not empty is closed.  NULL is fine. */
void	 relay_pipe_put(struct relay_pipe *);
size_t	 relay_pipe_len(const struct relay_pipe *);
/*
 * From the socket into an empty pipe, at most so much: bytes, 0 at the end,
 * -1 with errno.
 */
ssize_t	 relay_pipe_fill(struct relay_pipe *, int, uint64_t);
/* From the pipe into the socket: bytes, or -1 with errno. */
ssize_t	 relay_pipe_drain(struct relay_pipe *, int);
/*
 * Has all gone out that was written, as far as can be told?  If not the
 * descriptor is writable once it has.
 */
int	 relay_sent(int);
/* The connection stays within the machine: there is no path to be fair on. */
void	 relay_near(int);

/* relay_name.c */
/* Are the client's first bytes to be looked at?  It was asked by name. */
int	 relay_name_wanted(const struct session *);
/*
 * Looks at what has come in, and passes on what of it may be.  1: so may the
 * rest, and all that follows; 0: more is needed; -1: the session has been
 * closed, and that is recorded.
 */
int	 relay_name_check(struct half *);
/* Is what the server says to be given to relay_name_answer()? */
int	 relay_name_waits(const struct session *);
void	 relay_name_answer(struct session *, const void *, size_t);
/* Has the client said enough for now? */
int	 relay_name_full(const struct session *);

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
/*
 * Is it allowed still, at that address where it was dialled directly, else
 * NULL?  If not that is recorded.
 */
int	 verdict_still(const struct dest *, const struct sockaddr *);
/* The same destination, port included? */
int	 dest_equal(const struct dest *, const struct dest *);
void	 dest_free(struct dest *);

/* Records that the answer to a question was no. */
void	 verdict_asked(const struct dest *, const char *);

/* ask.c */
/* The answer, by the event loop: was it yes, else why not. */
typedef void (*ask_fn)(void *, int, const char *);
/* Is there somebody to ask about what no rule decides? */
int	 ask_wanted(void);
/* The answer that holds for the run: 1, 0 and the reason, -1: there is none. */
int	 ask_known(const struct host *, uint16_t, const char **);
/* Asks.  NULL if too many questions are open: that is a no. */
struct ask *ask_start(const struct dest *, ask_fn, void *);
void	 ask_cancel(struct ask *);
/* The parent's answer, to be kept for the run or not. */
void	 ask_answer(uint32_t, int, int, const char *);

/* learn.c */
/* Is what no rule decides told to the monitor, for srt --learn? */
int	 learn_wanted(void);
/* Is it allowed as well? */
int	 learn_allows(void);
/* The entry that would allow it; -1 if there can be none. */
int	 learn_entry(const struct host *, uint16_t, char *, size_t);
/* Tells that no rule allows a connection. */
void	 learn_connect(const struct client *, const struct host *, uint16_t);
/* Tells of a name that was looked up; 0 if that is to be refused. */
int	 learn_lookup(const struct host *);

/* connect.c */
enum connect_status {
	CONNECT_OK,
	CONNECT_DENIED,		/* by the resolved-address check */
	CONNECT_NOTALLOWED,	/* by the answer to a question */
	CONNECT_PROXY,		/* by the proxy on the way, or not reached */
	CONNECT_NONAME,		/* no such name, or no answer */
	CONNECT_REFUSED,
	CONNECT_HOSTUNREACH,
	CONNECT_NETUNREACH,
	CONNECT_TIMEOUT,
	CONNECT_FAILED		/* our own limits */
};

/*
 * Called once, by the event loop: with a connected, non-blocking socket (now
 * the callee's), or -1 and the reason, which is text for CONNECT_DENIED,
 * CONNECT_NOTALLOWED and CONNECT_PROXY.
 */
typedef void (*connect_fn)(void *, enum connect_status, int, const char *);
/* So many attempts may exceed those that sessions have room for. */
void	 connect_init(size_t);
/* The one way out; never NULL.  The destination must outlive the attempt. */
struct connect *connect_start(struct dest *, connect_fn, void *);
void	 connect_cancel(struct connect *);
/*
 * The same for plain HTTP: the socket is that of the server or, as
 * route_find() says, of a proxy that wants requests in absolute form.
 */
struct connect *connect_plain(struct dest *, connect_fn, void *);
/* The same for an address of srt's own choice: no rule, no route. */
struct connect *connect_raw(struct dest *, connect_fn, void *);

/* route.c */
enum route_kind {
	ROUTE_DIRECT,
	ROUTE_MITM,		/* a proxy on a Unix socket */
	ROUTE_HTTP,		/* httpProxyPort */
	ROUTE_SOCKS,		/* socksProxyPort */
	ROUTE_PARENT
};

struct route {
	enum route_kind		 kind;
	const struct host	*host;	/* the proxy's; NULL: none, or Unix */
	uint16_t		 port;
	int			 https;	/* it is spoken to in TLS */
	const char		*auth;	/* of Basic, in base64; NULL: none */
};

/* Takes a value over; fatal if it is malformed: the parent has looked at it. */
void	 route_value(enum route_value, const char *);
/* The options; the ports count the first time only. */
void	 route_options(const struct proxy_options *, int);
/* The flags that hold now: enum proxy_flag. */
uint32_t proxy_flags(void);
/* Is some parent spoken to in TLS? */
int	 route_needs_tls(void);
/* Routes may have changed: what was dialled before is of another generation. */
void	 route_changed(void);
unsigned int route_generation(void);
/* The way to an allowed destination, for plain HTTP or for a tunnel. */
const struct route *route_find(const struct dest *, int);
/* Does plain HTTP go there in absolute form? */
int	 route_absolute(const struct route *);
/* What to call the proxy in messages. */
const char *route_name(const struct route *);
/* Does a proxy of the user's own stand in the place of this listener? */
int	 route_relays(enum listener_kind);
/* Joins a new session with it. */
void	 route_relay(struct session *, enum listener_kind);

/* Called once, by the event loop: a descriptor, or -1 and why there is none. */
typedef void (*tunnel_fn)(void *, int, const char *);

/* route_tunnel.c */
/* Takes the connection to a proxy over and asks it for the destination. */
struct tunnel *tunnel_start(int, const struct route *, const struct dest *,
	    tunnel_fn, void *);
void	 tunnel_cancel(struct tunnel *);

/* route_mitm.c */
struct mitm *mitm_start(tunnel_fn, void *);
void	 mitm_cancel(struct mitm *);
/* The parent's answer. */
void	 mitm_dialled(uint32_t, int);
void	 mitm_undialled(uint32_t, uint32_t);

/* route_tls.c */
/* Takes the file of trusted certificates over. */
void	 tls_trust_file(int);
/* Starts srt-tls where it is needed; before the sandbox is entered. */
void	 tls_init(void);
/* Ends it and waits for it. */
void	 tls_end(void);
/*
 * Takes the connection over and has TLS spoken on it with that host.  NULL if
 * srt-tls does not keep up with what is given up.
 */
struct secure *secure_start(int, const struct host *, tunnel_fn, void *);
void	 secure_cancel(struct secure *);

/* access.c */
/* Are connections recorded? */
int	 access_wanted(void);
/* One is about to be dialled, and what comes of that. */
void	 access_begin(struct session *, enum access_way, const struct dest *);
void	 access_result(struct session *, enum connect_status);
/* A request of HTTP goes there. */
void	 access_request(struct session *);
/* It ends, if there is one: it is recorded. */
void	 access_end(struct session *);
/* Records what is still open. */
void	 access_flush(void);

/* cut.c */
/* New rules are in force: ends what they do not allow any more. */
void	 cut_withdrawn(void);

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

/*
 * The session's connection to the server is not wanted any more: keeps it for
 * others if it is fit for that.
 */
void	 http_spare(struct session *);

/* pool.c */
/* Keeps so many at most. */
void	 pool_init(size_t);
/* Takes a connection over for the next who asks for it; -1 if it does not. */
int	 pool_put(const struct dest *, int);
/* One to that host and port that is still good, or -1. */
int	 pool_get(const struct dest *);
/* Closes them all. */
void	 pool_clear(void);

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
/* Ends a session, refusing the program whose connection has not come yet. */
void	 transparent_refuse(struct session *);

/* publish.c */
/* A listener on the host for a port inside; it is taken over. */
void	 publish_add(int, uint32_t);
/* Confined: they may come. */
void	 publish_start(void);
/* Somebody has come. */
void	 publish_accept(struct session *, uint16_t);
/* The connection to the server inside, which is taken over; or none. */
void	 publish_dialled(uint32_t, int);
void	 publish_undialled(uint32_t, uint32_t);
/* Forgets about the session, which ends. */
void	 publish_free(struct dial *);

/* dns.c */
/* An answer, of DNS_ANSWER_MAX bytes at most; 0 for none. */
size_t	 dns_respond(const void *, size_t, unsigned char *);
void	 dns_accept(struct session *);
/*
 * Puts the name in the place of a synthetic address, and returns 1; leaves
 * other destinations alone.  -1 if it is one that stands for no name now.
 */
int	 dns_host(struct host *);

/* dns_udp.c */
/* Takes a bound socket over. */
void	 dns_udp_add(int);
void	 dns_udp_stop(void);

/* pktinfo_linux.c, pktinfo_none.c */
/* Bytes of control data that say where a datagram was sent to. */
#define PKTINFO_SIZE	128
/*
 * Has the control data, as received, say that the answer comes from there.
 * -1 if they do not tell.
 */
int	 pktinfo_answer(struct msghdr *);

#endif /* PROXY_H */
