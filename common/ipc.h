/* SPDX-License-Identifier: ISC */
#ifndef IPC_H
#define IPC_H

/*
 * The pipes between the roles: imsg(3) with a table of what may arrive.
 *
 * Every receiver owns one table per peer.  A message that the table does not
 * list, that is too short or too long, that lacks its descriptor or brings
 * one unasked, or that comes in the wrong phase, ends the process; the other
 * ends of its pipes see that and the command goes with it.
 */

#include <sys/types.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "compat.h"
#include "imsg-api.h"

/* Both ends of a pipe must be of one build. */
#define IPC_VERSION	1

/* A role finds the pipe to its parent here. */
#define IPC_PARENT_FD	3

/* The longest string in a message, with its NUL; a path fits. */
#define IPC_STRING_MAX	8192

/* Events that may wait for a slow reader before more are counted as lost. */
#define IPC_QUEUE_MAX	1024

enum role {
	ROLE_PARENT,
	ROLE_PROXY,
	ROLE_EXEC,
	ROLE_MONITOR,
	ROLE_RESOLVER,		/* forked by the proxy */
	ROLE_BROKER,		/* forked by exec, inside the namespaces */
	ROLE_KEEPER,		/* forked by the parent, where it saves */
	ROLE_TLS,		/* started by the proxy: parents by https */
	ROLE_DIALER,		/* the parent where it may dial mitmProxy */
	ROLE_INIT,		/* pid 1, forked by the broker */
	ROLE_MAX
};

/*
 * What the roles say to each other.  The comment gives sender and receiver,
 * then the payload; "s" is a string as ipc_add_str() writes it.
 */
enum imsg_type {
	/* every pipe of the parent */
	IMSG_CTL_HELLO = 1,	/* both: struct ipc_hello */
	IMSG_CTL_PEER,		/* parent > role, fd: u32 role at its end */
	IMSG_CTL_CFG_END,	/* parent > role: - */
	IMSG_CTL_READY,		/* role > parent: confined, - */
	IMSG_CTL_LOG,		/* role > parent: u32 level, s text */
	IMSG_CTL_FLUSH,		/* parent > proxy, monitor: -;
				 * proxy, broker > monitor: u64 lost events */
	IMSG_CTL_FLUSHED,	/* monitor > parent: struct ipc_flushed */

	/* parent > proxy, before CFG_END; again later for live changes */
	IMSG_PROXY_RULES,	/* u32 flags: a new set begins (RULESET_*) */
	IMSG_PROXY_RULE,	/* u32 list, u32 index, s entry, s reason */
	IMSG_PROXY_WHERE,	/* s FILE:LINE of the last RULE; for records */
	IMSG_PROXY_DENYADDR,	/* s address or CIDR */

	/* parent > proxy, likewise; routes of ROUTE_PARENT_* at first only */
	IMSG_PROXY_OPTIONS,	/* struct proxy_options */
	IMSG_PROXY_ROUTE,	/* u32 enum route_value, s value */

	/* parent > proxy > tls, at first only */
	IMSG_TLS_TRUST,		/* fd: a file of trusted certificates */

	/* proxy > tls and back */
	IMSG_TLS_START,		/* fd: u32 id, s name: a connection to it */
	IMSG_TLS_READY,		/* fd: u32 id: what is said within TLS */
	IMSG_TLS_FAILED,	/* u32 id, s why */
	IMSG_TLS_CANCEL,	/* proxy > tls: u32 id: not wanted any more;
				 * the answer still comes, whichever it is */

	/* proxy > parent and back */
	IMSG_ROUTE_DIAL,	/* u32 id: connect to mitmProxy.socketPath */
	IMSG_ROUTE_DIALLED,	/* fd: u32 id */
	IMSG_ROUTE_UNDIALLED,	/* u32 id, u32 errno */

	/* parent > proxy, before CFG_END */
	IMSG_PROXY_PUBLISH,	/* fd: u32 port inside */
	IMSG_PROXY_LOCAL,	/* fd: u32 enum listener_kind: a listener on
				 * the host's loopback, for the command */
	IMSG_PROXY_TOKEN,	/* s what clients must know */

	/* proxy > parent */
	IMSG_PROXY_APPLIED,	/* a live change is in force: - */
	IMSG_ASK_QUERY,		/* u32 id, u32 port, u64 pid, s host,
				 * s program: may it be reached? */

	/* parent > proxy */
	IMSG_ASK_ANSWER,	/* u32 id, u32 allow, u32 keep for the run,
				 * s reason */

	/* broker > proxy */
	IMSG_PROXY_LISTENER,	/* fd: u32 enum listener_kind */
	IMSG_PROXY_CONNECT,	/* struct ipc_connect: may this be dialled? */
	IMSG_PROXY_CONNECTED,	/* fd: u32 id: the program's connection */
	IMSG_PROXY_CANCEL,	/* u32 id: it will not come */
	IMSG_PROXY_ACCEPTED,	/* fd: u32 enum listener_kind, as if by one */
	IMSG_PROXY_DIALLED,	/* fd: u32 id of a DIAL: the connection */
	IMSG_PROXY_UNDIALLED,	/* u32 id, u32 errno */

	/* proxy > broker */
	IMSG_BROKER_VERDICT,	/* struct ipc_verdict */
	IMSG_BROKER_DIAL,	/* u32 id, u32 port: connect to it inside */
	IMSG_BROKER_LOCAL,	/* n x u16: loopback ports that rules name,
				 * 0 for all; replaces what was sent before */

	/* proxy, broker > monitor */
	IMSG_MON_VIOLATION,	/* see violation.h */

	/* proxy > monitor */
	IMSG_MON_ACCESS,	/* see access.h */

	/* parent > monitor */
	IMSG_MON_COMMAND,	/* s the command as text, for ignoreViolations */
	IMSG_MON_IGNORES,	/* forget all IGNOREs: a new set begins */
	IMSG_MON_IGNORE,	/* s key, s text */
	IMSG_MON_OUTPUT,	/* fd: u32 enum mon_output */
	IMSG_MON_TAG,		/* s what the system logs refusals with */
	IMSG_MON_AUDIT,		/* fd: u32 enum audit_kind, u32 required,
				 * u32 srt's pid, s run */
	IMSG_MON_START,		/* u32 uid, u32 euid, u32 words left out,
				 * s version, s cwd, s settings file,
				 * s SHA-256 of the settings, n x s word */
	IMSG_MON_SETTINGS,	/* s SHA-256: a live change */
	IMSG_MON_END,		/* u32 exit status: the run ends */
	IMSG_MON_REOPENED,	/* fd: the daemon's socket anew */
	IMSG_MON_UNOPENED,	/* u32 errno */

	/* monitor > parent */
	IMSG_MON_REOPEN,	/* the daemon has gone: - */
	IMSG_MON_UNWRITTEN,	/* s why a record that is required is lost */

	/* parent > exec */
	IMSG_EXEC_OPTIONS,	/* struct exec_options */
	IMSG_EXEC_PATH,		/* u32 kind, u32 type, s path */
	IMSG_EXEC_GUARD,	/* u32 guard_kind, s path or pattern, s rule */
	IMSG_EXEC_ARGV,		/* a piece of the words, each with its NUL */
	IMSG_EXEC_ENV,		/* likewise, of the environment */
	IMSG_EXEC_CWD,		/* s path */
	IMSG_EXEC_PROFILE,	/* struct exec_profile; macOS, like the next */
	IMSG_EXEC_TAG,		/* s what the system logs refusals with */
	IMSG_EXEC_MACH,		/* s a service that may be looked up */
	IMSG_EXEC_SIGNAL,	/* u32 signal for the command */
	IMSG_EXEC_HOLD,		/* u32: srt has the terminal, or not: who
				 * stops for want of it goes on after that */

	/* exec > parent */
	IMSG_EXEC_STARTED,	/* the command runs: u64 CLOCK_MONOTONIC ns
				 * from when on it gets signals itself */
	IMSG_EXEC_FAILED,	/* u32 exit status, s why */
	IMSG_EXEC_STOPPED,	/* u32 signal that stopped the command */
	IMSG_EXEC_EXITED,	/* u32 status of wait(2) */
	IMSG_EXEC_TIMEUP,	/* limits.wallSeconds: it is being ended, - */

	/* pid 1 > exec */
	IMSG_EXEC_CONTINUED,	/* the command goes on: - */

	/* parent > keeper and back */
	IMSG_KEEP_ADD,		/* s key of a list, s entry */
	IMSG_KEEP_SAVE,		/* -: write what was added */
	IMSG_KEEP_SAVED,	/* s why not, or nothing */

	/* proxy > resolver and back */
	IMSG_RESOLVE_QUERY,	/* u32 id, s name */
	IMSG_RESOLVE_ANSWER,	/* u32 id, s32 error, n struct resolve_addr */

	IMSG_TYPE_MAX
};

struct ipc_hello {
	uint32_t	 version;	/* IPC_VERSION */
	uint32_t	 role;		/* the receiver's */
	uint32_t	 log_level;
};

struct ipc_flushed {
	uint64_t	 recorded;	/* violations kept or passed on */
	uint64_t	 ignored;	/* by ignoreViolations */
	uint64_t	 lost;		/* dropped because a queue was full */
	uint64_t	 failed;	/* lines that a file did not take */
};

/* IMSG_PROXY_OPTIONS; the ports count at the start only */
enum proxy_flag {
	PROXY_CUT = 1,		/* network.cutWithdrawn */
	PROXY_AUDIT = 2		/* connections are recorded */
};
#define PROXY_FLAGS	(PROXY_CUT | PROXY_AUDIT)

struct proxy_options {
	uint32_t	 flags;		/* mask of enum proxy_flag */
	uint16_t	 http_port;	/* network.httpProxyPort, 0: none */
	uint16_t	 socks_port;	/* network.socksProxyPort */
};

/* IMSG_PROXY_ROUTE: network.parentProxy */
enum route_value {
	ROUTE_PARENT_HTTP,	/* URL of the proxy for plain HTTP */
	ROUTE_PARENT_HTTPS,	/* ... for tunnels */
	ROUTE_PARENT_NO,	/* noProxy */
	ROUTE_VALUE_MAX
};

/* IMSG_PROXY_LISTENER */
enum listener_kind {
	LISTENER_HTTP,
	LISTENER_SOCKS,
	LISTENER_DNS_TCP,
	LISTENER_DNS_UDP	/* with IP_PKTINFO or IPV6_RECVPKTINFO */
};

/*
 * IMSG_PROXY_CONNECT: a program calls connect().  The answer is a VERDICT
 * with the same id.  If its error is 0 the program is connected inside, and
 * CONNECTED brings that connection, or CANCEL says that it is not to be.
 */
enum ipc_connect_flag {
	IPC_CONNECT_WAIT = 1,	/* answer once the dial has succeeded */
	IPC_CONNECT_QUIET = 2	/* a refusal is no violation: loopback */
};

struct ipc_connect {
	uint32_t	 id;
	uint32_t	 flags;		/* mask of enum ipc_connect_flag */
	uint64_t	 pid;		/* as the host sees it */
	uint16_t	 port;
	uint8_t		 inet6;
	uint8_t		 pad;
	uint8_t		 addr[16];	/* network order; 4 bytes for inet */
	char		 program[36];	/* with its NUL */
};

struct ipc_verdict {
	uint32_t	 id;
	uint32_t	 error;		/* errno for the program; 0: go on */
};

/* IMSG_MON_OUTPUT */
enum mon_output {
	MON_OUTPUT_BLOCK,	/* <sandbox_violations> at the end */
	MON_OUTPUT_SCREEN,	/* the same, on a terminal like a VT100 */
	MON_OUTPUT_JSON,	/* a JSON line per event, at once */
	MON_OUTPUT_LEARN	/* likewise, with what was learned, for srt */
};

/* IMSG_MON_AUDIT */
enum audit_kind {
	AUDIT_SYSLOG,		/* a socket connected to the daemon's */
	AUDIT_FILE,		/* open for appending */
	AUDIT_KIND_MAX
};

/* Phases of a pipe, as a mask in the tables. */
enum ipc_phase {
	IPC_PHASE_HELLO = 1,	/* nothing but HELLO */
	IPC_PHASE_CONFIG = 2,	/* until CFG_END */
	IPC_PHASE_RUN = 4,
	IPC_PHASE_ANY = 7
};

enum ipc_fd {
	IPC_NOFD,
	IPC_WITHFD
};

struct ipc_peer;

struct ipc_rule {
	uint32_t	 type;
	size_t		 min;		/* bytes of payload */
	size_t		 max;
	enum ipc_fd	 fd;
	unsigned int	 phases;	/* mask of enum ipc_phase */
	void		(*handler)(struct ipc_peer *, struct imsg *);
};

struct ipc_peer {
	struct imsgbuf		 ibuf;
	struct event		 rev;
	struct event		 wev;
	struct event_base	*base;
	const struct ipc_rule	*rules;
	size_t			 nrules;
	unsigned int		 phase;
	enum role		 role;		/* who is at the other end */
	uint64_t		 lost;		/* events not queued */
	void			(*gone)(struct ipc_peer *);
	int			 open;
	int			 broken;	/* it sent what is not allowed */
};

/* "srt-proxy", "srt-exec", ...: for messages. */
const char *role_name(enum role);

/*
 * Takes over the descriptor and starts to read: from then on messages go to
 * the handlers of the table.  gone() is called once when the other end is
 * closed or sends what is not allowed (logged); it must not return to use
 * the peer.  base may be NULL: then the caller reads with ipc_dispatch().
 */
void	 ipc_open(struct ipc_peer *, struct event_base *, int, enum role,
	    const struct ipc_rule *, size_t, void (*)(struct ipc_peer *));
/* Closes the descriptor and forgets what was queued. */
void	 ipc_close(struct ipc_peer *);
/* Moves on to the next phase. */
void	 ipc_phase(struct ipc_peer *, enum ipc_phase);
/*
 * Reads once and runs the handlers of all whole messages.  Returns 1, also
 * if nothing was there, or -1 if the peer is gone (gone() has been called) or
 * a handler has closed it.
 */
int	 ipc_dispatch(struct ipc_peer *);
/* The peer's process has ended: reads what it left, then calls gone(). */
void	 ipc_finish(struct ipc_peer *);
/* Has the queue written by the event loop, or writes what goes at once. */
void	 ipc_queue(struct ipc_peer *);
void	 ipc_write(struct ipc_peer *);
/* Writes the whole queue now, blocking.  Returns -1 if the peer is gone. */
int	 ipc_flush(struct ipc_peer *);

/* A new event loop whose failures are the process's own; in ipc_loop.c. */
struct event_base *ipc_base(void);

/*
 * What a pipe wants of libevent, in ipc_loop.c.  A role that polls by itself
 * links ipc_noloop.c and no library for it.
 */
void	 ipc_watch(struct ipc_peer *);
void	 ipc_watch_write(struct ipc_peer *);
void	 ipc_unwatch(struct ipc_peer *);

/*
 * Sending.  All of these queue; running out of memory is fatal.  The
 * descriptor passes into the queue's hands.
 */
void	 ipc_send(struct ipc_peer *, uint32_t, int, const void *, size_t);
void	 ipc_send_u32(struct ipc_peer *, uint32_t, int, uint32_t);
void	 ipc_send_str(struct ipc_peer *, uint32_t, const char *);
/* A NULL-terminated vector in pieces; an empty piece ends it. */
void	 ipc_send_strv(struct ipc_peer *, uint32_t, char *const *);
/* IMSG_CTL_LOG: a level and a text; IMSG_EXEC_FAILED: a status and why. */
void	 ipc_send_log(struct ipc_peer *, uint32_t, const char *);
void	 ipc_send_failed(struct ipc_peer *, uint32_t, const char *);
void	 ipc_send_hello(struct ipc_peer *);
/*
 * In a role: from now on log messages go to the parent, a fatal one at once
 * and for good.  NULL ends that.
 */
void	 ipc_log_to(struct ipc_peer *);
/* Building a message by hand: create, add, close. */
struct ibuf *ipc_create(struct ipc_peer *, uint32_t);
void	 ipc_add_u32(struct ibuf *, uint32_t);
void	 ipc_add_u64(struct ibuf *, uint64_t);
void	 ipc_add_str(struct ibuf *, const char *);
void	 ipc_commit(struct ipc_peer *, struct ibuf *);

/*
 * Receiving.  The ipc_get functions read on in a message that was begun with
 * ipc_recv_ibuf(); they and the ipc_recv ones are fatal on bad content: the
 * peer broke the protocol.
 */
void	 ipc_recv_ibuf(struct imsg *, struct ibuf *);
uint32_t ipc_get_u32(struct ibuf *);
uint64_t ipc_get_u64(struct ibuf *);
/* A fresh string (free(3) it); no NUL within, no longer than the maximum. */
char	*ipc_get_str(struct ibuf *);
/* Nothing may be left. */
void	 ipc_get_end(struct ibuf *);
uint32_t ipc_recv_u32(struct imsg *);
char	*ipc_recv_str(struct imsg *);
/* A fresh text, and its level, which is one, or its status. */
char	*ipc_recv_log(struct imsg *, uint32_t *);
char	*ipc_recv_failed(struct imsg *, uint32_t *);
/*
 * Checks the version and that the message is meant for this role; takes over
 * the log level.
 */
void	 ipc_recv_hello(struct imsg *, enum role);

/* A vector that arrives in pieces; zero it before use. */
struct ipc_strv {
	char	*buf;
	size_t	 len;
	int	 done;
};
#define IPC_STRV_MAX	(8 * 1024 * 1024)
/* Adds a piece; too much or a last word without NUL is fatal. */
void	 ipc_recv_strv(struct imsg *, struct ipc_strv *);
/*
 * The finished vector: a NULL-terminated array of pointers into buf, both
 * to be freed by the caller.
 */
char	**ipc_strv_vector(const struct ipc_strv *);

#endif /* IPC_H */
