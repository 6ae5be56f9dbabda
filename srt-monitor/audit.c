/* SPDX-License-Identifier: ISC */

/*
 * The audit record, on its way to the syslog daemon or to a file that only
 * root can write.  Both were opened by srt before anything ran, so nobody in
 * the sandbox has a way to either, and this process needs no name for them.
 *
 * Every record has the next number whether it can be written or not: what is
 * lost leaves a gap.  A file is written to at once, one record per write(2).
 * The daemon may be slow, so what it does not take waits in a queue of bounded
 * size; it may be started anew, and then srt connects to the new one.  Nobody
 * else ever waits, but where the record is required a lost one ends the run.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "access.h"
#include "log.h"
#include "monitor.h"

/* Bytes that may wait for the daemon. */
#define AUDIT_QUEUE_MAX	(1024 * 1024)

/* Seconds that a daemon may take nothing before a required record is lost. */
#define AUDIT_PATIENCE	5

/* How long the last records may wait, seconds. */
#define AUDIT_LINGER	1

/* Milliseconds between attempts to reach a daemon that is not there. */
#define AUDIT_RETRY	200

/* "<86>Jan  1 00:00:00 srt[4194304]: " */
#define AUDIT_HEADER	64

/* What a member takes at most, as it is written; together RECORD_MAX. */
#define LONG_MAX_LEN	2048
#define MEMBER_MAX	1024
#define SHORT_MAX_LEN	256
#define ARGV_MAX_LEN	3584

#define AUDIT_WORDS_MAX	4096

struct pending {
	TAILQ_ENTRY(pending)	 entry;
	size_t			 len;
	char			 data[];
};

static struct {
	struct ipc_peer		*parent;
	struct event_base	*base;
	struct event		*ready;		/* fd takes more */
	struct event		*stuck;		/* it has taken nothing */
	struct event		*retry;
	enum audit_kind		 kind;
	int			 wanted;
	int			 required;
	int			 fd;		/* -1: the daemon is gone */
	int			 asked;		/* the parent, for a new one */
	int			 torn;		/* the file's last line is */
	int			 failed;	/* the parent knows */
	int			 ended;
	char			*run;
	unsigned int		 pid;		/* srt's */
	TAILQ_HEAD(, pending)	 queue;
	size_t			 queued;	/* bytes */
	void			(*done)(void);
	uint64_t		 seq;
	uint64_t		 lost;		/* records */
	uint64_t		 unsent;	/* events, on their way here */
	uint64_t		 unsent_access;	/* connections, likewise */
	uint64_t		 connections;
	uint64_t		 refusals;
	uint64_t		 begun;		/* CLOCK_MONOTONIC, ns */
	int			 status;	/* -1: not known */
} audit = { .fd = -1, .status = -1, .queue =
    TAILQ_HEAD_INITIALIZER(audit.queue) };

/* The first one waits until this process has confined itself. */
static struct record	 first;

static void	 audit_event(int, short, void *);
static void	 audit_stuck(int, short, void *);
static void	 audit_retry(int, short, void *);
static void	 audit_push(void);
static void	 audit_reopen(void);

static uint64_t
audit_clock(clockid_t clock)
{
	struct timespec	 ts;

	if (clock_gettime(clock, &ts) == -1)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Where the record is required srt ends the run. */
static void
audit_unwritten(const char *why)
{
	if (audit.failed)
		return;
	audit.failed = 1;
	if (audit.required)
		ipc_send_str(audit.parent, IMSG_MON_UNWRITTEN, why);
	else
		log_warnx("the audit record is not complete: %s", why);
}

static void
audit_lose(const char *why)
{
	audit.lost++;
	audit_unwritten(why);
}

/* Has the descriptor watched, which is the daemon's. */
static void
audit_attach(int fd)
{
	audit.fd = fd;
	if (audit.kind == AUDIT_FILE)
		return;
	if (audit.ready != NULL)
		event_free(audit.ready);
	if ((audit.ready = event_new(audit.base, fd, EV_WRITE, audit_event,
	    NULL)) == NULL)
		fatalx("event_new");
}

void
audit_recv_audit(struct ipc_peer *p, struct imsg *imsg)
{
	struct ibuf	 buf;
	uint32_t	 kind;
	int		 fd = imsg_get_fd(imsg);

	(void)p;
	if (audit.wanted)
		fatalx("two audit records");
	ipc_recv_ibuf(imsg, &buf);
	kind = ipc_get_u32(&buf);
	audit.required = ipc_get_u32(&buf) != 0;
	audit.pid = ipc_get_u32(&buf);
	audit.run = ipc_get_str(&buf);
	ipc_get_end(&buf);
	if (kind >= AUDIT_KIND_MAX)
		fatalx("an audit record of unknown kind %u", kind);
	audit.kind = (enum audit_kind)kind;
	audit.wanted = 1;
	audit.fd = fd;
	audit.begun = audit_clock(CLOCK_MONOTONIC);
}

int
audit_wanted(void)
{
	return audit.wanted;
}

void
audit_init(struct event_base *base, struct ipc_peer *parent)
{
	if (!audit.wanted)
		return;
	audit.base = base;
	audit.parent = parent;
	audit.stuck = evtimer_new(base, audit_stuck, NULL);
	audit.retry = evtimer_new(base, audit_retry, NULL);
	if (audit.stuck == NULL || audit.retry == NULL)
		fatalx("evtimer_new");
	audit_attach(audit.fd);
}

/* Writing. */

/*
 * One call, so that the lines of runs that share the file do not mix.  Where
 * the disk was full in the midst of a record the next one begins a line.
 */
static void
audit_write_file(struct record *r)
{
	static char	 line[RECORD_MAX + 3];
	size_t		 len = 0;
	ssize_t		 n;

	if (audit.torn)
		line[len++] = '\n';
	memcpy(line + len, r->buf, r->len);
	len += r->len;
	line[len++] = '\n';
	do {
		n = write(audit.fd, line, len);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		audit_lose(strerror(errno));
	else if ((size_t)n != len) {
		if (n > 0)
			audit.torn = line[n - 1] != '\n';
		audit_lose(strerror(ENOSPC));
	} else
		audit.torn = 0;
}

/* 1 if the daemon has it, 0 if it is to wait, -1 if it cannot be sent. */
static int
audit_send(const struct pending *m)
{
	ssize_t	 n;

	if (audit.fd == -1)
		return 0;
	do {
		n = send(audit.fd, m->data, m->len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	if (n != -1)
		return 1;
	switch (errno) {
	case EAGAIN:
		return 0;
	case ECONNREFUSED:
	case ECONNRESET:
	case EDESTADDRREQ:
	case ENOTCONN:
	case EPIPE:
		audit_reopen();
		return 0;
	default:
		return -1;
	}
}

/* The daemon has gone: perhaps another one is there. */
static void
audit_reopen(void)
{
	if (audit.fd != -1) {
		(void)event_del(audit.ready);
		(void)close(audit.fd);
		audit.fd = -1;
	}
	if (audit.asked || evtimer_pending(audit.retry, NULL))
		return;
	audit.asked = 1;
	ipc_send(audit.parent, IMSG_MON_REOPEN, -1, NULL, 0);
}

static void
audit_retry(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	audit_reopen();
}

void
audit_recv_reopened(struct ipc_peer *p, struct imsg *imsg)
{
	int	 fd = imsg_get_fd(imsg);

	(void)p;
	if (!audit.asked || audit.fd != -1)
		fatalx("a socket that nobody asked for");
	audit.asked = 0;
	audit_attach(fd);
	audit_push();
}

void
audit_recv_unopened(struct ipc_peer *p, struct imsg *imsg)
{
	struct timeval	 tv = { 0, AUDIT_RETRY * 1000 };
	uint32_t	 error = ipc_recv_u32(imsg);

	(void)p;
	audit.asked = 0;
	log_debug("the syslog daemon: %s", strerror((int)error));
	if (evtimer_add(audit.retry, &tv) == -1)
		fatalx("evtimer_add");
}

static void
pending_remove(struct pending *m)
{
	TAILQ_REMOVE(&audit.queue, m, entry);
	audit.queued -= m->len;
	free(m);
}

/* Sends what waits, as far as it goes. */
static void
audit_push(void)
{
	struct timeval	 tv = { AUDIT_PATIENCE, 0 };
	struct pending	*m;
	int		 r, moved = 0;

	while ((m = TAILQ_FIRST(&audit.queue)) != NULL) {
		if ((r = audit_send(m)) == 0)
			break;
		if (r == -1)
			audit_lose(strerror(errno));
		pending_remove(m);
		moved = 1;
	}
	if (m == NULL) {
		(void)evtimer_del(audit.stuck);
		if (audit.done != NULL)
			audit.done();
		audit.done = NULL;
		return;
	}
	if (audit.fd != -1 && event_add(audit.ready, NULL) == -1)
		fatalx("event_add");
	/* The clock of the last records goes on. */
	if (audit.done == NULL &&
	    (moved || !evtimer_pending(audit.stuck, NULL)) &&
	    evtimer_add(audit.stuck, &tv) == -1)
		fatalx("evtimer_add");
}

static void
audit_event(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	audit_push();
}

/* The daemon takes nothing. */
static void
audit_stuck(int fd, short what, void *arg)
{
	struct pending	*m;

	(void)fd;
	(void)what;
	(void)arg;
	if (audit.done == NULL) {
		if (audit.required)
			audit_unwritten("the syslog daemon takes no records");
		return;
	}
	while ((m = TAILQ_FIRST(&audit.queue)) != NULL) {
		audit_lose("the syslog daemon takes no records");
		pending_remove(m);
	}
	audit_push();
}

static void
audit_write_syslog(const struct record *r, int severity)
{
	struct pending	*m;
	struct tm	 tm;
	char		 stamp[32] = "";
	time_t		 now = time(NULL);
	size_t		 size = AUDIT_HEADER + r->len + 1;
	int		 n;

	if (audit.queued + size > AUDIT_QUEUE_MAX) {
		audit_lose("the syslog daemon is too slow");
		return;
	}
	if ((m = malloc(sizeof(*m) + size)) == NULL)
		fatal("malloc");
	/* As syslog(3) writes it. */
	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S ", &tm);
	n = snprintf(m->data, size, "<%d>%ssrt[%u]: %s",
	    LOG_AUTHPRIV | severity, stamp, audit.pid, r->buf);
	if (n < 0 || (size_t)n >= size)
		fatalx("a record of %d bytes", n);
	m->len = (size_t)n;
	TAILQ_INSERT_TAIL(&audit.queue, m, entry);
	audit.queued += m->len;
	/* Those before it wait already. */
	if (TAILQ_FIRST(&audit.queue) == m)
		audit_push();
}

static void
audit_write(struct record *r, int severity)
{
	record_end(r, audit.lost + audit.unsent + audit.unsent_access);
	if (audit.kind == AUDIT_FILE)
		audit_write_file(r);
	else
		audit_write_syslog(r, severity);
}

static void
audit_begin(struct record *r, uint64_t when, const char *event)
{
	if (when == 0)
		when = audit_clock(CLOCK_REALTIME);
	record_begin(r, audit.run, ++audit.seq, when, event);
}

/* The records. */

void
audit_recv_start(struct ipc_peer *p, struct imsg *imsg)
{
	static char	*words[AUDIT_WORDS_MAX];
	struct ibuf	 buf;
	uint32_t	 uid, euid, left;
	size_t		 i, n = 0;
	char		*version, *cwd, *file, *sum;

	(void)p;
	if (!audit.wanted || audit.seq != 0)
		fatalx("a start without an audit record");
	ipc_recv_ibuf(imsg, &buf);
	uid = ipc_get_u32(&buf);
	euid = ipc_get_u32(&buf);
	left = ipc_get_u32(&buf);
	version = ipc_get_str(&buf);
	cwd = ipc_get_str(&buf);
	file = ipc_get_str(&buf);
	sum = ipc_get_str(&buf);
	while (ibuf_size(&buf) > 0 && n < nitems(words))
		words[n++] = ipc_get_str(&buf);
	ipc_get_end(&buf);

	audit_begin(&first, 0, "start");
	record_string(&first, "version", version, SHORT_MAX_LEN);
	record_number(&first, "pid", audit.pid);
	record_number(&first, "uid", uid);
	record_number(&first, "euid", euid);
	record_list(&first, "argv", words, n, ARGV_MAX_LEN, left != 0);
	record_string(&first, "cwd", cwd, MEMBER_MAX);
	record_string(&first, "settings", file, MEMBER_MAX);
	record_string(&first, "sha256", sum, SHORT_MAX_LEN);
	record_bool(&first, "required", audit.required);
	free(version);
	free(cwd);
	free(file);
	free(sum);
	for (i = 0; i < n; i++)
		free(words[i]);
}

/* Nothing runs before the first record is there, if it is required. */
void
audit_start(void)
{
	struct pollfd	 pfd = { .events = POLLOUT };
	uint64_t	 now, end;

	if (!audit.wanted)
		return;
	if (audit.seq == 0)
		fatalx("an audit record without a start");
	audit_write(&first, LOG_INFO);
	if (!audit.required)
		return;
	now = audit_clock(CLOCK_MONOTONIC);
	end = now + AUDIT_PATIENCE * UINT64_C(1000000000);
	while (!TAILQ_EMPTY(&audit.queue) && audit.fd != -1 && now < end) {
		pfd.fd = audit.fd;
		(void)poll(&pfd, 1, (int)((end - now) / 1000000) + 1);
		audit_push();
		now = audit_clock(CLOCK_MONOTONIC);
	}
	if (!TAILQ_EMPTY(&audit.queue))
		audit_unwritten("the syslog daemon takes no records");
}

void
audit_recv_settings(struct ipc_peer *p, struct imsg *imsg)
{
	static struct record	 r;
	char			*sum = ipc_recv_str(imsg);

	(void)p;
	if (audit.wanted && !audit.ended) {
		audit_begin(&r, 0, "settings");
		record_string(&r, "sha256", sum, SHORT_MAX_LEN);
		audit_write(&r, LOG_INFO);
	}
	free(sum);
}

/* A connection to a Unix socket; the target is "unix:" and its path. */
static void
audit_unix(struct record *r, const struct violation *v)
{
	const char	*path = v->target;

	audit.connections += v->count;
	if (strncmp(path, "unix:", 5) == 0)
		path += 5;
	audit_begin(r, v->time, "unix");
	record_string(r, "verdict", "allow", SHORT_MAX_LEN);
	record_string(r, "path", path, LONG_MAX_LEN);
}

void
audit_violation(const struct violation *v, int hidden, uint64_t unsent)
{
	static struct record	 r;
	int			 allowed, change;

	audit.unsent = unsent;
	if (!audit.wanted || audit.ended)
		return;
	allowed = strcmp(v->operation, VIOLATION_CONNECTED) == 0;
	change = strcmp(v->operation, VIOLATION_CHANGE) == 0;
	if (allowed)
		audit_unix(&r, v);
	else if (change) {
		audit_begin(&r, v->time, "change");
		record_string(&r, "path", v->target, LONG_MAX_LEN);
		record_string(&r, "reason", v->reason, MEMBER_MAX);
	} else {
		audit.refusals += v->count;
		audit_begin(&r, v->time, "refusal");
		record_string(&r, "verdict", "deny", SHORT_MAX_LEN);
		record_string(&r, "operation", v->operation, SHORT_MAX_LEN);
		record_string(&r, "target", v->target, LONG_MAX_LEN);
		record_string(&r, "reason", v->reason, MEMBER_MAX);
	}
	record_string(&r, "rule", v->rule, MEMBER_MAX);
	record_number(&r, "pid", v->pid);
	record_string(&r, "program", v->program, SHORT_MAX_LEN);
	record_number(&r, "count", v->count);
	if (!allowed && !change)
		record_bool(&r, "ignored", hidden);
	audit_write(&r, allowed || change ? LOG_INFO : LOG_WARNING);
}

void
audit_access(const struct access *a, uint64_t unsent)
{
	static const char *const	 ways[ACCESS_WAY_MAX] = {
		[ACCESS_HTTP] = "http",
		[ACCESS_SOCKS] = "socks",
		[ACCESS_CONNECT] = "connect",
		[ACCESS_PUBLISH] = "publish"
	};
	static struct record		 r;

	if (!audit.wanted || audit.ended)
		return;
	/* A flood of refusals hides refusals alone; this would hide more. */
	if (unsent > 0) {
		audit.unsent_access += unsent;
		audit_unwritten("connections came too fast");
	}
	audit.connections++;
	audit_begin(&r, a->time, "connection");
	record_string(&r, "verdict", "allow", SHORT_MAX_LEN);
	record_string(&r, "way", ways[a->way], SHORT_MAX_LEN);
	record_string(&r, "host", a->host, MEMBER_MAX);
	record_number(&r, "port", a->port);
	record_string(&r, "rule", a->rule, MEMBER_MAX);
	record_string(&r, "where", a->where, MEMBER_MAX);
	record_string(&r, "result", a->result, SHORT_MAX_LEN);
	record_number(&r, "pid", a->pid);
	record_string(&r, "program", a->program, SHORT_MAX_LEN);
	record_number(&r, "sent", a->sent);
	record_number(&r, "received", a->received);
	record_number(&r, "requests", a->requests);
	record_number(&r, "ms", a->duration);
	audit_write(&r, LOG_INFO);
}

void
audit_recv_end(struct ipc_peer *p, struct imsg *imsg)
{
	(void)p;
	audit.status = (int)(ipc_recv_u32(imsg) & 0xff);
}

void
audit_finish(uint64_t unsent, void (*done)(void))
{
	static struct record	 r;
	struct timeval		 tv = { AUDIT_LINGER, 0 };

	if (!audit.wanted || audit.ended) {
		done();
		return;
	}
	audit.ended = 1;
	audit.unsent = unsent;
	audit_begin(&r, 0, "end");
	/* Without one srt itself was killed. */
	if (audit.status == -1)
		record_null(&r, "status");
	else
		record_number(&r, "status", (uint64_t)audit.status);
	record_number(&r, "connections", audit.connections);
	record_number(&r, "refusals", audit.refusals);
	record_number(&r, "ms", (audit_clock(CLOCK_MONOTONIC) -
	    audit.begun) / 1000000);
	audit_write(&r, LOG_INFO);
	if (TAILQ_EMPTY(&audit.queue)) {
		done();
		return;
	}
	audit.done = done;
	if (evtimer_add(audit.stuck, &tv) == -1)
		fatalx("evtimer_add");
}
