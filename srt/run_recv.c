/* SPDX-License-Identifier: ISC */

/*
 * What the roles say to the parent, and what becomes of it.
 */

#include "compat.h"

#include <sys/wait.h>

#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "sandbox.h"

/* How long the roles may take to hand in the report, seconds. */
#define REPORT_GRACE	2

/* Likewise where the last records may have to wait for their daemon. */
#define AUDIT_GRACE	4

/* How long what --learn has found may take to be written, seconds. */
#define LEARN_GRACE	30

/* The exit status after limits.wallSeconds, as of timeout(1). */
#define EXIT_TIMEUP	124

static void
recv_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_PARENT);
	ipc_phase(peer, IPC_PHASE_CONFIG);
}

static void
recv_ready(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)imsg;
	log_debug("%s is ready", role_name(peer->role));
	ipc_phase(peer, IPC_PHASE_RUN);
	if (peer->role == ROLE_MONITOR && audit_required())
		send_exec(run_peer(ROLE_EXEC), run_env.policy);
}

static void
recv_log(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 level;
	char		*text = ipc_recv_log(imsg, &level);

	if (level <= (uint32_t)log_getlevel())
		log_stderr(role_name(peer->role), level, text);
	free(text);
}

static void
recv_query(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	uint32_t	 id, port;
	uint64_t	 pid;
	struct host	 dest;
	char		*host, *program;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	port = ipc_get_u32(&buf);
	pid = ipc_get_u64(&buf);
	host = ipc_get_str(&buf);
	program = ipc_get_str(&buf);
	ipc_get_end(&buf);
	/* A pattern would be answered, and saved, for more than one host. */
	if (!run_env.asking || port == 0 || port > UINT16_MAX ||
	    host_parse(host, strlen(host), &dest) == -1)
		fatalx("srt-proxy asks what nobody can answer");
	ask_put(id, host, (uint16_t)port, pid, program);
	free(host);
	free(program);
}

static void
recv_dial(struct ipc_peer *peer, struct imsg *imsg)
{
	route_dial(peer, ipc_recv_u32(imsg));
}

static void
recv_applied(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	control_applied();
}

static void
recv_started(struct ipc_peer *peer, struct imsg *imsg)
{
	uint64_t	 born;
	size_t		 i;

	if (imsg_get_data(imsg, &born, sizeof(born)) == -1)
		fatalx("malformed start");
	if (run_env.state != RUN_STARTING)
		fatalx("the command was started twice");
	run_env.state = RUN_RUNNING;
	for (i = 0; i < run_env.nearly; i++)
		if (run_env.early[i].when < born)
			ipc_send_u32(peer, IMSG_EXEC_SIGNAL, -1,
			    (uint32_t)run_env.early[i].signo);
	/* From then on no descriptor can be sent any more. */
	for (i = 0; i < NCHILDREN; i++)
		(void)ipc_flush(&run_env.peer[i]);
	sandbox_enter(route_dials() || audit_dials() ? ROLE_DIALER :
	    ROLE_PARENT);
}

static void
recv_failed(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 status;
	char		*text = ipc_recv_failed(imsg, &status);

	(void)peer;
	log_warnx("%s", text);
	free(text);
	if (status != EXIT_NOTEXECUTABLE && status != EXIT_NOTFOUND)
		status = EXIT_SRT;
	run_end((int)status);
}

/* srt-exec stops us as well, for the shell that watches us. */
static void
recv_stopped(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	log_debug("the command was stopped by signal %u", ipc_recv_u32(imsg));
}

/* limits.wallSeconds: srt-exec ends the command. */
static void
recv_timeup(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	run_env.timeup = 1;
	log_warnx("limits.wallSeconds: the command has run for %lld second%s "
	    "and is ended",
	    (long long)run_env.policy->settings->limit_wall,
	    run_env.policy->settings->limit_wall == 1 ? "" : "s");
}

static void
recv_exited(struct ipc_peer *peer, struct imsg *imsg)
{
	int		 status = (int)ipc_recv_u32(imsg);

	(void)peer;
	if (WIFEXITED(status))
		status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		status = 128 + WTERMSIG(status);
	else
		fatalx("the command ended with wait status %#x", status);
	if (run_env.state != RUN_RUNNING)
		fatalx("the command ended before it was started");
	if (run_env.timeup)
		status = EXIT_TIMEUP;
	/* The terminal is not to be kept for a question of nobody's. */
	ask_stop();
	if (!run_env.report && !audit_on()) {
		run_end(status);
		return;
	}
	run_env.status = status;
	run_env.state = RUN_REPORTING;
	run_tell(status);
	ipc_send(run_peer(ROLE_PROXY), IMSG_CTL_FLUSH, -1, NULL, 0);
	ipc_send(run_peer(ROLE_MONITOR), IMSG_CTL_FLUSH, -1, NULL, 0);
	run_patience(audit_on() ? AUDIT_GRACE : REPORT_GRACE);
}

/* The syslog daemon has been started anew. */
static void
recv_reopen(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)imsg;
	audit_reopen(peer);
}

/* What must be recorded is not. */
static void
recv_unwritten(struct ipc_peer *peer, struct imsg *imsg)
{
	char	*why = ipc_recv_str(imsg);

	(void)peer;
	log_warnx("requireAudit: the audit record is not complete: %s: %s",
	    why, run_env.state == RUN_STARTING ?
	    "the command was not started" : run_env.state == RUN_RUNNING ?
	    "the command was killed" : "after the command had ended");
	free(why);
	run_end(EXIT_SRT);
}

static void
recv_flushed(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ipc_flushed	 n;

	(void)peer;
	if (imsg_get_data(imsg, &n, sizeof(n)) == -1)
		fatalx("malformed report");
	if (run_env.state != RUN_REPORTING)
		fatalx("a report that nobody asked for");
	log_debug("%llu refusals, %llu ignored, %llu lost",
	    (unsigned long long)n.recorded, (unsigned long long)n.ignored,
	    (unsigned long long)n.lost);
	/*
	 * Nobody may take the rest for all that there was: if that cannot be
	 * said, either, the status says it.
	 */
	if (n.failed > 0) {
		log_warnx("the report is not complete: %llu line%s could not "
		    "be written", (unsigned long long)n.failed,
		    n.failed == 1 ? "" : "s");
		if (log_lost())
			run_env.status = EXIT_SRT;
	}
	if (!learn_on()) {
		run_end(run_env.status);
		return;
	}
	run_patience(LEARN_GRACE);
	learn_finish(n.lost);
}

#define COMMON_RULES							\
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello),			\
	    sizeof(struct ipc_hello), IPC_NOFD, IPC_PHASE_HELLO,	\
	    recv_hello },						\
	{ IMSG_CTL_READY, 0, 0, IPC_NOFD, IPC_PHASE_CONFIG,		\
	    recv_ready },						\
	{ IMSG_CTL_LOG, 2 * sizeof(uint32_t),				\
	    2 * sizeof(uint32_t) + IPC_STRING_MAX, IPC_NOFD,		\
	    IPC_PHASE_ANY, recv_log }

#define AFTER_HELLO	(IPC_PHASE_CONFIG | IPC_PHASE_RUN)

static const struct ipc_rule proxy_rules[] = {
	COMMON_RULES,
	{ IMSG_PROXY_APPLIED, 0, 0, IPC_NOFD, IPC_PHASE_RUN, recv_applied },
	{ IMSG_ROUTE_DIAL, 4, 4, IPC_NOFD, IPC_PHASE_RUN, recv_dial },
	{ IMSG_ASK_QUERY, 24, 1024, IPC_NOFD, IPC_PHASE_RUN, recv_query }
};

static const struct ipc_rule exec_rules[] = {
	COMMON_RULES,
	{ IMSG_EXEC_STARTED, sizeof(uint64_t), sizeof(uint64_t), IPC_NOFD,
	    AFTER_HELLO, recv_started },
	{ IMSG_EXEC_FAILED, 2 * sizeof(uint32_t),
	    2 * sizeof(uint32_t) + IPC_STRING_MAX, IPC_NOFD, AFTER_HELLO,
	    recv_failed },
	{ IMSG_EXEC_STOPPED, sizeof(uint32_t), sizeof(uint32_t), IPC_NOFD,
	    AFTER_HELLO, recv_stopped },
	{ IMSG_EXEC_EXITED, sizeof(uint32_t), sizeof(uint32_t), IPC_NOFD,
	    AFTER_HELLO, recv_exited },
	{ IMSG_EXEC_TIMEUP, 0, 0, IPC_NOFD, AFTER_HELLO, recv_timeup }
};

static const struct ipc_rule monitor_rules[] = {
	COMMON_RULES,
	{ IMSG_CTL_FLUSHED, sizeof(struct ipc_flushed),
	    sizeof(struct ipc_flushed), IPC_NOFD, IPC_PHASE_RUN,
	    recv_flushed },
	{ IMSG_MON_REOPEN, 0, 0, IPC_NOFD, AFTER_HELLO, recv_reopen },
	{ IMSG_MON_UNWRITTEN, sizeof(uint32_t), IPC_STRING_MAX, IPC_NOFD,
	    AFTER_HELLO, recv_unwritten }
};

const struct run_role	 run_roles[NCHILDREN] = {
	{ ROLE_EXEC, exec_rules, nitems(exec_rules) },
	{ ROLE_PROXY, proxy_rules, nitems(proxy_rules) },
	{ ROLE_MONITOR, monitor_rules, nitems(monitor_rules) }
};
