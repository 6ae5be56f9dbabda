/* SPDX-License-Identifier: ISC */

/*
 * srt-monitor(8): collects what the other roles refused, leaves out what the
 * settings tell it to, and writes the rest where the user wants it.  It is
 * the only role that writes to a descriptor of the user's while the command
 * runs, and it never makes anybody wait for that.
 */

#include "compat.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "access.h"
#include "ipc.h"
#include "log.h"
#include "monitor.h"
#include "policy.h"
#include "proc.h"
#include "sandbox.h"
#include "terminal.h"

/* How long the peers may take to hand in their last events, seconds. */
#define FLUSH_WAIT	1

/*
 * Refusals that --learn gets, of which it tells a few: what it gets is kept
 * in memory until the command ends.
 */
#define LEARN_REFUSALS	16384U

struct reporter {
	struct ipc_peer	 peer;
	int		 fd;		/* until the peer is opened; else -1 */
	int		 present;
	int		 done;		/* nothing more to come */
};

static struct event_base	*base;
static struct event		*flush_timer;
static struct ipc_peer		 parent;
static struct reporter		 reporters[ROLE_MAX];
static struct output		*block, *json, *learn;
static int			 screen;	/* the block's is a terminal */
static struct ignore_list	 ignored = TAILQ_HEAD_INITIALIZER(ignored);
static size_t			 ignored_size;
static char			*command;
static char			*tag;		/* of the system's log */
static struct store		 store;
static struct ipc_flushed	 totals;
static uint64_t			 sender_lost;
static unsigned int		 learn_refusals;
static int			 flushing;
static int			 settled;	/* so is the system's log */
static int			 orphaned;

static void	 monitor_dispatch_hello(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_peer(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_command(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_ignores(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_ignore(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_output(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_tag(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_cfgend(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_flush(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_violation(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_access(struct ipc_peer *, struct imsg *);
static void	 monitor_dispatch_barrier(struct ipc_peer *, struct imsg *);
static void	 monitor_logged(const struct violation *);
static void	 monitor_reporter_gone(struct ipc_peer *);
static void	 monitor_flush_timeout(int, short, void *);
static void	 monitor_flush_try(void);

static const struct ipc_rule	 parent_rules[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, monitor_dispatch_hello },
	{ IMSG_CTL_PEER, sizeof(uint32_t), sizeof(uint32_t),
	    IPC_WITHFD, IPC_PHASE_CONFIG, monitor_dispatch_peer },
	{ IMSG_MON_COMMAND, sizeof(uint32_t), IPC_STRING_MAX + 4,
	    IPC_NOFD, IPC_PHASE_CONFIG, monitor_dispatch_command },
	{ IMSG_MON_IGNORES, 0, 0,
	    IPC_NOFD, IPC_PHASE_CONFIG | IPC_PHASE_RUN,
	    monitor_dispatch_ignores },
	{ IMSG_MON_IGNORE, 2 * sizeof(uint32_t), MAX_IMSGSIZE,
	    IPC_NOFD, IPC_PHASE_CONFIG | IPC_PHASE_RUN,
	    monitor_dispatch_ignore },
	{ IMSG_MON_OUTPUT, sizeof(uint32_t), sizeof(uint32_t),
	    IPC_WITHFD, IPC_PHASE_CONFIG, monitor_dispatch_output },
	{ IMSG_MON_TAG, sizeof(uint32_t) + 1, IPC_STRING_MAX + 4,
	    IPC_NOFD, IPC_PHASE_CONFIG, monitor_dispatch_tag },
	{ IMSG_CTL_CFG_END, 0, 0,
	    IPC_NOFD, IPC_PHASE_CONFIG, monitor_dispatch_cfgend },
	{ IMSG_CTL_FLUSH, 0, 0,
	    IPC_NOFD, IPC_PHASE_RUN, monitor_dispatch_flush },
	{ IMSG_MON_AUDIT, 4 * sizeof(uint32_t), 256,
	    IPC_WITHFD, IPC_PHASE_CONFIG, audit_recv_audit },
	{ IMSG_MON_START, 7 * sizeof(uint32_t), MAX_IMSGSIZE,
	    IPC_NOFD, IPC_PHASE_CONFIG, audit_recv_start },
	{ IMSG_MON_SETTINGS, sizeof(uint32_t), 256,
	    IPC_NOFD, IPC_PHASE_RUN, audit_recv_settings },
	{ IMSG_MON_END, sizeof(uint32_t), sizeof(uint32_t),
	    IPC_NOFD, IPC_PHASE_RUN, audit_recv_end },
	{ IMSG_MON_REOPENED, 0, 0,
	    IPC_WITHFD, IPC_PHASE_RUN, audit_recv_reopened },
	{ IMSG_MON_UNOPENED, sizeof(uint32_t), sizeof(uint32_t),
	    IPC_NOFD, IPC_PHASE_RUN, audit_recv_unopened }
};

static const struct ipc_rule	 reporter_rules[] = {
	{ IMSG_MON_VIOLATION, 4 * sizeof(uint64_t), MAX_IMSGSIZE,
	    IPC_NOFD, IPC_PHASE_RUN, monitor_dispatch_violation },
	{ IMSG_MON_ACCESS, 9 * sizeof(uint64_t), MAX_IMSGSIZE,
	    IPC_NOFD, IPC_PHASE_RUN, monitor_dispatch_access },
	{ IMSG_CTL_FLUSH, sizeof(uint64_t), sizeof(uint64_t),
	    IPC_NOFD, IPC_PHASE_RUN, monitor_dispatch_barrier }
};

/*
 * srt is gone, and with it whoever could read the report.  The others end as
 * well; what they still say belongs into the audit record.
 */
static void
monitor_parent_gone(struct ipc_peer *p)
{
	static const struct timeval	 wait = { .tv_sec = FLUSH_WAIT };

	(void)p;
	oslog_end();
	if (!audit_wanted() || flush_timer == NULL)
		_exit(0);
	orphaned = flushing = settled = 1;
	if (evtimer_add(flush_timer, &wait) == -1)
		fatalx("evtimer_add");
	monitor_flush_try();
}

static void
monitor_dispatch_hello(struct ipc_peer *p, struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_MONITOR);
	ipc_send_hello(p);
	ipc_phase(p, IPC_PHASE_CONFIG);
}

/* The peers are read only once this process has confined itself. */
static void
monitor_dispatch_peer(struct ipc_peer *p, struct imsg *imsg)
{
	struct reporter	*r;
	uint32_t	 role;

	(void)p;
	role = ipc_recv_u32(imsg);
	if (role != ROLE_PROXY && role != ROLE_EXEC && role != ROLE_BROKER)
		fatalx("peer of unknown role %u", role);
	r = &reporters[role];
	if (r->present)
		fatalx("%s given twice", role_name((enum role)role));
	r->present = 1;
	r->fd = imsg_get_fd(imsg);
}

static void
monitor_dispatch_command(struct ipc_peer *p, struct imsg *imsg)
{
	(void)p;
	if (command != NULL)
		fatalx("command given twice");
	command = ipc_recv_str(imsg);
}

static void
monitor_dispatch_tag(struct ipc_peer *p, struct imsg *imsg)
{
	(void)p;
	if (tag != NULL)
		fatalx("tag given twice");
	tag = ipc_recv_str(imsg);
}

/* A new set of ignoreViolations: the first, or a live change. */
static void
monitor_dispatch_ignores(struct ipc_peer *p, struct imsg *imsg)
{
	(void)p;
	(void)imsg;
	ignore_clear(&ignored);
	ignored_size = 0;
}

static void
monitor_dispatch_ignore(struct ipc_peer *p, struct imsg *imsg)
{
	struct ibuf	 ibuf;
	char		*key, *text;

	(void)p;
	ipc_recv_ibuf(imsg, &ibuf);
	key = ipc_get_str(&ibuf);
	text = ipc_get_str(&ibuf);
	ipc_get_end(&ibuf);
	ignored_size += POLICY_IGNORE_ENTRY + strlen(key) + strlen(text);
	if (ignored_size > POLICY_IGNORE_MAX)
		fatalx("ignoreViolations is too long");
	if (ignore_fits(key, command == NULL ? "" : command) &&
	    ignore_add(&ignored, key, text) == -1)
		fatal("ignoreViolations");
	free(key);
	free(text);
}

static void
monitor_dispatch_output(struct ipc_peer *p, struct imsg *imsg)
{
	struct output	**o = NULL;
	uint32_t	  kind;

	(void)p;
	kind = ipc_recv_u32(imsg);
	switch (kind) {
	case MON_OUTPUT_SCREEN:
		screen = 1;
		/* FALLTHROUGH */
	case MON_OUTPUT_BLOCK:
		o = &block;
		break;
	case MON_OUTPUT_JSON:
		o = &json;
		break;
	case MON_OUTPUT_LEARN:
		o = &learn;
		break;
	default:
		fatalx("output of unknown kind %u", kind);
		/* NOTREACHED */
	}
	if (*o != NULL)
		fatalx("output %u given twice", kind);
	if ((*o = output_new(base, imsg_get_fd(imsg))) == NULL)
		fatalx("out of memory");
}

static void
monitor_dispatch_cfgend(struct ipc_peer *p, struct imsg *imsg)
{
	struct reporter	*r;
	size_t		 i;

	(void)imsg;
	if ((flush_timer = evtimer_new(base, monitor_flush_timeout,
	    NULL)) == NULL)
		fatalx("out of memory");

	audit_init(base, p);
	oslog_start(base, tag, monitor_logged);
	sandbox_drop(ROLE_MONITOR);
	if (!audit_wanted())
		sandbox_follow(SIGKILL);
	sandbox_enter(ROLE_MONITOR);

	ipc_phase(p, IPC_PHASE_RUN);
	audit_start();
	for (i = 0; i < nitems(reporters); i++) {
		r = &reporters[i];
		if (!r->present)
			continue;
		ipc_open(&r->peer, base, r->fd, (enum role)i, reporter_rules,
		    nitems(reporter_rules), monitor_reporter_gone);
		ipc_phase(&r->peer, IPC_PHASE_RUN);
		r->fd = -1;
	}
	ipc_send(p, IMSG_CTL_READY, -1, NULL, 0);
}

static uint64_t
monitor_lost(void)
{
	return sender_lost + (json == NULL ? 0 : output_lost(json)) +
	    (learn == NULL ? 0 : output_lost(learn));
}

/* The same line for all who want them. */
static void
monitor_lines(const struct violation *v, struct output *a, struct output *b)
{
	char	*text;
	size_t	 len;

	if (a == NULL && b == NULL)
		return;
	if ((text = events_json(v, monitor_lost(), &len)) == NULL)
		fatal("violation");
	if (a != NULL)
		output_line(a, text, len);
	if (b != NULL)
		output_line(b, text, len);
	free(text);
}

static void
monitor_record(const struct violation *v)
{
	char	*line;
	int	 hidden;

	if (strcmp(v->operation, VIOLATION_CONNECTED) == 0) {
		audit_violation(v, 0, sender_lost);
		return;
	}
	/* What was learned is no refusal, and is the user's in any case. */
	if (strncmp(v->operation, VIOLATION_LEARN,
	    sizeof(VIOLATION_LEARN) - 1) == 0) {
		monitor_lines(v, json, learn);
		return;
	}
	if ((line = events_line(v)) == NULL)
		fatal("violation");
	if (learn_refusals < LEARN_REFUSALS) {
		learn_refusals++;
		monitor_lines(v, learn, NULL);
	}
	hidden = ignore_match(&ignored, v, line);
	audit_violation(v, hidden, sender_lost);
	if (hidden) {
		totals.ignored += v->count;
		free(line);
		return;
	}
	totals.recorded += v->count;
	store_add(&store, line, v->count);
	monitor_lines(v, json, NULL);
}

static void
monitor_dispatch_violation(struct ipc_peer *p, struct imsg *imsg)
{
	struct violation	 v;
	uint64_t		 lost;

	(void)p;
	ipc_recv_violation(imsg, &v, &lost);
	sender_lost += lost;
	if (v.count == 0)
		v.count = 1;
	monitor_record(&v);
	violation_clear(&v);
}

/* Of the system's own log. */
static void
monitor_logged(const struct violation *logged)
{
	struct violation	 v = *logged;
	struct timespec		 ts;

	if (clock_gettime(CLOCK_REALTIME, &ts) == -1)
		fatal("clock_gettime");
	v.time = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	monitor_record(&v);
}

static void
monitor_dispatch_access(struct ipc_peer *p, struct imsg *imsg)
{
	struct access	 a;
	uint64_t	 lost;

	if (p->role != ROLE_PROXY)
		fatalx("%s has no connections", role_name(p->role));
	ipc_recv_access(imsg, &a, &lost);
	audit_access(&a, lost);
	access_clear(&a);
}

static void
block_line(const char *line)
{
	output_line(block, line, strlen(line));
}

static void
monitor_write_block(void)
{
	const struct store_entry	*se;
	char				 line[EVENTS_LINE_MAX + 64];
	size_t				 i;

	if (store.len == 0 && sender_lost == 0)
		return;
	/* The command has ended, and may have left colours that hide it. */
	if (screen)
		block_line(TERMINAL_PLAIN "\r\n");
	block_line("<sandbox_violations>\n");
	if (store.dropped > 0) {
		(void)snprintf(line, sizeof(line),
		    "(%llu earlier not shown)\n",
		    (unsigned long long)store.dropped);
		block_line(line);
	}
	for (i = 0; (se = store_get(&store, i)) != NULL; i++) {
		if (se->count == 1)
			(void)snprintf(line, sizeof(line), "%s\n", se->line);
		else
			(void)snprintf(line, sizeof(line), "%s [x%llu]\n",
			    se->line, (unsigned long long)se->count);
		block_line(line);
	}
	if (sender_lost > 0) {
		(void)snprintf(line, sizeof(line), "(%llu lost)\n",
		    (unsigned long long)sender_lost);
		block_line(line);
	}
	block_line("</sandbox_violations>\n");
	output_drain(block);
	store_clear(&store);
}

/* Everything has been written. */
static void
monitor_flushed(void)
{
	if (orphaned)
		_exit(0);
	ipc_send(&parent, IMSG_CTL_FLUSHED, -1, &totals, sizeof(totals));
}

static void
monitor_flush(void)
{
	flushing = 0;
	(void)evtimer_del(flush_timer);
	oslog_end();
	if (orphaned) {
		audit_finish(sender_lost, monitor_flushed);
		return;
	}
	if (json != NULL)
		output_drain(json);
	if (learn != NULL)
		output_drain(learn);
	if (block != NULL)
		monitor_write_block();
	totals.lost = monitor_lost();
	if (block != NULL)
		totals.lost += output_lost(block);
	totals.failed = (json == NULL ? 0 : output_failed(json)) +
	    (block == NULL ? 0 : output_failed(block));
	audit_finish(sender_lost, monitor_flushed);
}

/* The report waits for the barrier of every reporter that still lives. */
static void
monitor_flush_try(void)
{
	size_t	 i;

	if (!flushing || !settled)
		return;
	for (i = 0; i < nitems(reporters); i++)
		if (reporters[i].present && !reporters[i].done)
			return;
	monitor_flush();
}

static void
monitor_settled(void)
{
	settled = 1;
	monitor_flush_try();
}

static void
monitor_flush_timeout(int fd, short what, void *arg)
{
	size_t	 i;

	(void)fd;
	(void)what;
	(void)arg;
	for (i = 0; i < nitems(reporters); i++)
		if (reporters[i].present && !reporters[i].done)
			log_warnx("the report may lack the last refusals "
			    "of %s", role_name((enum role)i));
	monitor_flush();
}

static void
monitor_dispatch_flush(struct ipc_peer *p, struct imsg *imsg)
{
	static const struct timeval	 wait = { .tv_sec = FLUSH_WAIT };

	(void)p;
	(void)imsg;
	if (flushing)
		fatalx("flush within a flush");
	flushing = 1;
	if (evtimer_add(flush_timer, &wait) == -1)
		fatalx("evtimer_add");
	if (oslog_settle(monitor_settled) == 0)
		monitor_settled();
}

static void
monitor_dispatch_barrier(struct ipc_peer *p, struct imsg *imsg)
{
	uint64_t	 lost;

	if (imsg_get_data(imsg, &lost, sizeof(lost)) == -1)
		fatalx("malformed barrier");
	sender_lost += lost;
	reporters[p->role].done = 1;
	monitor_flush_try();
}

/* A reporter that ends has said all it had to say. */
static void
monitor_reporter_gone(struct ipc_peer *p)
{
	if (p->broken)
		fatalx("%s breaks the protocol", role_name(p->role));
	reporters[p->role].done = 1;
	monitor_flush_try();
}

int
main(int argc, char *argv[])
{
	proc_role_start(ROLE_MONITOR, argc, argv);

	/* A reader that leaves or a file size limit costs a line, not us. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		fatal("signal");
	base = ipc_base();
	ipc_open(&parent, base, IPC_PARENT_FD, ROLE_PARENT, parent_rules,
	    nitems(parent_rules), monitor_parent_gone);
	ipc_log_to(&parent);
	if (event_base_dispatch(base) == -1)
		fatalx("event loop");
	return 0;
}
