/* SPDX-License-Identifier: ISC */
#ifndef MONITOR_H
#define MONITOR_H

#include <sys/types.h>

#include "compat.h"
#include "violation.h"

/* How many different violations are remembered. */
#define STORE_MAX	100

/* A line of the report is cut to this many bytes. */
#define EVENTS_LINE_MAX	2048

/* Bytes that may wait for a slow reader of the JSON lines. */
#define OUTPUT_QUEUE_MAX	(1024 * 1024)

/* How long the last lines may stay unread before they are given up, ms. */
#define OUTPUT_PATIENCE	1000

struct event_base;

/* events.c: pure */

/*
 * A copy fit for a terminal and for the report: runs of control, invisible
 * and direction-changing characters become one space, "<" and ">" go, bytes
 * that are no UTF-8 become U+FFFD, blanks at both ends go.  NULL if out of
 * memory.
 */
char	*events_clean(const char *);
/* "deny OPERATION TARGET (REASON)", clean and cut.  NULL as above. */
char	*events_line(const struct violation *);
/*
 * One JSON object and a newline, valid whatever the strings hold; also gives
 * the length.  lost is the number of events lost so far.  NULL as above.
 */
char	*events_json(const struct violation *, uint64_t, size_t *);
/*
 * Takes one character off a string, which must not be empty, and writes it as
 * within quotes: JSON_CHAR_MAX bytes at most, with a NUL that may follow.
 */
#define JSON_CHAR_MAX	13
size_t	 json_char(char *, const char **);
/* The member "time" of nanoseconds, with 3 or 9 digits of a second. */
#define JSON_TIME_MAX	48
size_t	 json_time(char *, uint64_t, int);

/* ignore.c: pure */
struct ignore_entry {
	TAILQ_ENTRY(ignore_entry)	 entry;
	char				*key;
	char				*text;
};
TAILQ_HEAD(ignore_list, ignore_entry);

/* ignoreViolations[key] lists text.  Returns -1 with errno. */
int	 ignore_add(struct ignore_list *, const char *, const char *);
/* Does ignoreViolations[key] concern the command? */
int	 ignore_fits(const char *, const char *);
/* Is the violation, with its line, suppressed? */
int	 ignore_match(const struct ignore_list *, const struct violation *,
	    const char *);
void	 ignore_clear(struct ignore_list *);

/* store.c: pure */
struct store_entry {
	char		*line;
	uint64_t	 count;
};

struct store {
	struct store_entry	 ring[STORE_MAX];
	size_t			 head;		/* the oldest */
	size_t			 len;
	uint64_t		 dropped;	/* pushed out by newer ones */
};

/* Takes the line over; an equal one is counted instead. */
void	 store_add(struct store *, char *, uint64_t);
/* The i-th oldest, NULL past the end. */
const struct store_entry *store_get(const struct store *, size_t);
void	 store_clear(struct store *);

/* output.c */
struct output;

/*
 * Takes the descriptor over.  Its file description is left as it is, as others
 * may share it, but for what keeps lines from being written; to a file they
 * are added at its end.  NULL if out of memory.
 */
struct output *output_new(struct event_base *, int);
/* Queues a line and writes what can be written without waiting. */
void	 output_line(struct output *, const char *, size_t);
/* Waits for the queue to empty, but not for a reader that has stopped. */
void	 output_drain(struct output *);
/* Lines given up since the start. */
uint64_t output_lost(const struct output *);
/* Those of them that no reader is to blame for: the file did not take them. */
uint64_t output_failed(const struct output *);
void	 output_free(struct output *);

/* darwin_log.c, log_none.c: one of the two is linked */

/*
 * From now on calls the function for each refusal that the system itself logs
 * with that tag, NULL: none.  To be called before this process confines
 * itself; fatal if the system does no such thing.
 */
void	 oslog_start(struct event_base *, const char *,
	    void (*)(const struct violation *));
/*
 * Calls the function once what was logged so far should have come; 0: nothing
 * is to come, and it is not called.
 */
int	 oslog_settle(void (*)(void));
/* Ends what oslog_start() has begun. */
void	 oslog_end(void);

/* audit_record.c: pure */

/*
 * The longest record: what a syslog daemon takes, 8 KB as they come, less
 * what stands before it.
 */
#define RECORD_MAX	7936

/* A record as it is written: one JSON object, members in order. */
struct record {
	char	 buf[RECORD_MAX + 1];
	size_t	 len;
	int	 cut;			/* something did not fit */
};

/* The members that every record begins with. */
void	 record_begin(struct record *, const char *run, uint64_t seq,
	    uint64_t time, const char *event);
/*
 * One more.  The string takes so many bytes at most as it is written; what is
 * left out shows as "..." and in the member "cut".
 */
void	 record_string(struct record *, const char *, const char *, size_t);
void	 record_number(struct record *, const char *, uint64_t);
void	 record_bool(struct record *, const char *, int);
void	 record_null(struct record *, const char *);
/* A list of strings, of so many bytes in all; the flag: it had more. */
void	 record_list(struct record *, const char *, char *const *, size_t,
	    size_t, int);
/* The last members, and the end; lost is the number of events lost so far. */
void	 record_end(struct record *, uint64_t lost);

/* audit.c */
struct access;

/* The parent's messages. */
void	 audit_recv_audit(struct ipc_peer *, struct imsg *);
void	 audit_recv_start(struct ipc_peer *, struct imsg *);
void	 audit_recv_settings(struct ipc_peer *, struct imsg *);
void	 audit_recv_end(struct ipc_peer *, struct imsg *);
void	 audit_recv_reopened(struct ipc_peer *, struct imsg *);
void	 audit_recv_unopened(struct ipc_peer *, struct imsg *);
/*
 * Before this process confines itself, and after it: then the first record is
 * written.
 */
void	 audit_init(struct event_base *, struct ipc_peer *);
void	 audit_start(void);
/* Is there anything to be written at all? */
int	 audit_wanted(void);
/* With how many events were lost on their way here. */
void	 audit_violation(const struct violation *, int, uint64_t);
void	 audit_access(const struct access *, uint64_t);
/*
 * The last record.  Calls the function once it and all before it have been
 * written or given up.
 */
void	 audit_finish(uint64_t, void (*)(void));

#endif /* MONITOR_H */
