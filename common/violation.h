/* SPDX-License-Identifier: ISC */
#ifndef VIOLATION_H
#define VIOLATION_H

#include "ipc.h"

/*
 * One refusal, whatever layer made it.  Strings are as the command or the
 * network gave them; who prints them escapes them.
 */
struct violation {
	uint64_t	 time;		/* CLOCK_REALTIME, nanoseconds */
	uint64_t	 count;		/* equal refusals that this one stands for */
	uint64_t	 pid;		/* as the host sees it; 0 unknown */
	char		*operation;	/* "network-outbound", "file-write", ... */
	char		*target;	/* "host:port", path, or "GET http://..." */
	char		*reason;	/* "host is not on the allow list" */
	char		*rule;		/* "network.deniedDomains[2]"; may be "" */
	char		*cure;		/* settings that would allow it; or "" */
	char		*program;	/* may be "" */
};

/*
 * An operation that was not refused: the command made a protected name in a
 * tree of its own, which is for the user to look at before it is used.
 */
#define VIOLATION_CHANGE	"file-change"

/*
 * Nor this one: a connection to a Unix socket of the host, for the audit
 * record alone.
 */
#define VIOLATION_CONNECTED	"unix-connected"

/*
 * Operations that begin so are no refusals either: what the settings do not
 * allow, for srt --learn.  Of a name that was made, removed or replaced the
 * reason says whether its directory was VIOLATION_EMPTY before.
 */
#define VIOLATION_LEARN		"learn-"
#define VIOLATION_LEARN_CONNECT	VIOLATION_LEARN "connect" /* an entry */
#define VIOLATION_LEARN_LOOKUP	VIOLATION_LEARN "lookup"  /* a name */
#define VIOLATION_LEARN_UNIX	VIOLATION_LEARN "unix"	  /* a path */
#define VIOLATION_LEARN_WRITE	VIOLATION_LEARN "write"	  /* what is there */
#define VIOLATION_LEARN_MAKE	VIOLATION_LEARN "make"	  /* a name */
#define VIOLATION_LEARN_LONG	VIOLATION_LEARN "long"	  /* cut: no entry */
#define VIOLATION_EMPTY		"empty"
/* Longer targets would be cut. */
#define VIOLATION_TARGET_MAX	1000

/*
 * Queues the event for the monitor, with the current time if it has none.
 * A full queue counts it as lost instead, and the count goes with the next.
 */
void	 ipc_send_violation(struct ipc_peer *, const struct violation *);
/*
 * Tells the monitor that nothing more comes before its report, and how many
 * events were lost since the last one that was sent.
 */
void	 ipc_send_barrier(struct ipc_peer *);
/* Fills in fresh strings, *lost with the sender's count; fatal if malformed. */
void	 ipc_recv_violation(struct imsg *, struct violation *, uint64_t *);
void	 violation_clear(struct violation *);

#endif /* VIOLATION_H */
