/* SPDX-License-Identifier: ISC */

/*
 * The life of one command: the roles are started, get their parts of the
 * policy, and are watched.  Whatever happens to one of them happens to all,
 * and to the command.
 */

#include "compat.h"

#include <sys/wait.h>

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "sandbox.h"
#include "../srt-exec/exec.h"

/* Of the reason of an answer so much is told. */
#define RUN_REASON_MAX	1024

/* How often it is looked whether the report has come. */
#define TURNS_PER_SECOND	10

struct run_env	 run_env;

static void	 run_answer(uint32_t, int, int, const char *);
static void	 run_ended(size_t, int);
static void	 run_hand(enum role, enum role, int);
static void	 run_close(void);
static void	 run_control_lost(void);
static void	 run_gone(struct ipc_peer *);
static void	 run_reap(int, short, void *);
static void	 run_hold(int);
static void	 run_open(size_t);
static void	 run_pair(enum role, enum role, int *);
static size_t	 run_left(void);
static void	 run_learned(const char *);
static void	 run_saved(const char *);
static void	 run_signal(const struct signal_note *);
static void	 run_timeout(int, short, void *);
static void	 run_update(const struct settings *);
static void	 run_wait(size_t);

struct ipc_peer *
run_peer(enum role role)
{
	size_t	 i;

	for (i = 0; i < NCHILDREN; i++)
		if (run_roles[i].role == role)
			return &run_env.peer[i];
	fatalx("no pipe to %s", role_name(role));
}

static void
run_start_role(size_t i)
{
	if (proc_start(&run_env.child[i], run_roles[i].role) == -1)
		fatal("%s cannot be started", role_name(run_roles[i].role));
}

/* The others follow when srt-exec is busy, and must not be missed then. */
void
run_start(void)
{
	char	 path[PATH_MAX];
	size_t	 i;

	for (i = 0; i < NCHILDREN; i++)
		if (proc_path(run_roles[i].role, path, sizeof(path)) == -1 ||
		    access(path, X_OK) == -1)
			fatal("%s cannot be executed: srt is not installed "
			    "completely", role_name(run_roles[i].role));
	run_start_role(0);
}

void
run_abort(void)
{
	size_t	 i;

	ask_stop();
	for (i = 0; i < NCHILDREN; i++) {
		if (run_env.peer[i].open)
			ipc_close(&run_env.peer[i]);
		else if (run_env.child[i].pid != 0 &&
		    run_env.child[i].fd != -1)
			(void)close(run_env.child[i].fd);
		run_env.child[i].fd = -1;
	}
	for (i = 0; i < NCHILDREN; i++) {
		if (run_env.child[i].pid == 0)
			continue;
		proc_await(run_env.child[i].pid);
		run_env.child[i].pid = 0;
	}
	ask_tty_end();
	tty_restore();
}

/* Whom to ask, and who saves what is answered. */
static void
run_ask(const struct options *opts, const struct policy *policy)
{
	if (!opts->ask && opts->ask_fd == -1)
		return;
	run_env.asking = 1;
	ask_start(run_env.base, policy->settings->ask_timeout, policy->keeper,
	    run_answer, opts->ask ? run_hold : NULL);
	if (policy->keeper)
		keeper_open(run_env.base, run_saved);
}

static void
run_roles_start(const struct options *opts, const struct policy *policy,
    int block, int json)
{
	size_t	 i;
	int	 proxy_exec, monitor_exec, monitor_proxy;

	/* The namespaces are what takes longest: they come first. */
	run_open(0);
	run_pair(ROLE_EXEC, ROLE_PROXY, &proxy_exec);
	run_pair(ROLE_EXEC, ROLE_MONITOR, &monitor_exec);
	/* Else nothing runs before there is a record of it. */
	if (!audit_required())
		send_exec(run_peer(ROLE_EXEC), policy);
	(void)ipc_flush(run_peer(ROLE_EXEC));
	if (run_env.state == RUN_ENDING)
		return;
	for (i = 1; i < NCHILDREN; i++) {
		run_start_role(i);
		run_open(i);
	}
	run_hand(ROLE_PROXY, ROLE_EXEC, proxy_exec);
	run_hand(ROLE_MONITOR, ROLE_EXEC, monitor_exec);
	run_pair(ROLE_PROXY, ROLE_MONITOR, &monitor_proxy);
	run_hand(ROLE_MONITOR, ROLE_PROXY, monitor_proxy);
	run_ask(opts, policy);
	if (learn_on())
		keeper_open(run_env.base, run_learned);
	send_published(run_peer(ROLE_PROXY), policy->publish);
	front_send_proxy(run_peer(ROLE_PROXY));
	route_send(run_peer(ROLE_PROXY));
	send_rules(run_peer(ROLE_PROXY), policy->settings, run_env.asking);
	audit_send(run_peer(ROLE_MONITOR), policy);
	send_monitor(run_peer(ROLE_MONITOR), policy, block, json);
}

int
run(const struct options *opts, const struct policy *policy, int block,
    int json)
{
	run_env.policy = policy;
	if ((policy->flags & EXEC_LANDLOCK) != 0 && end_hold() == -1) {
		log_warnx("%s", why_text());
		return EXIT_SRT;
	}
	run_env.report = block != -1 || json != -1 || learn_on();
	run_env.status = EXIT_SRT;
	tty_save();
	run_env.base = ipc_base();
	signals_start(run_env.base, run_signal);
	if (evsignal_assign(&run_env.sigchld, run_env.base, SIGCHLD, run_reap,
	    NULL) == -1 || evsignal_add(&run_env.sigchld, NULL) == -1 ||
	    evtimer_assign(&run_env.timer, run_env.base, run_timeout,
	    NULL) == -1)
		fatalx("cannot watch the roles");

	if (route_open(policy->settings, opts->control_fd != -1) == -1)
		return EXIT_SRT;
	run_roles_start(opts, policy, block, json);
	if (opts->control_fd != -1)
		control_start(run_env.base, run_update, run_control_lost);

	/* Who was lost meanwhile has ended the run, for all but the late. */
	if (run_env.state == RUN_ENDING)
		run_close();
	if ((run_env.state != RUN_ENDING || run_left() > 0) &&
	    event_base_dispatch(run_env.base) == -1)
		fatalx("event loop");
	/* Without a pid namespace what it had to end has fallen to us. */
	if (run_env.orphaned)
		end_all();
	/* Who starts srt again finds the answers of this run. */
	keeper_finish();
	ask_tty_end();
	tty_restore();
	if (block != -1)
		ask_tell();
	return run_env.status;
}

/* --control-fd brought new settings: the live keys apply. */
static void
run_update(const struct settings *set)
{
	if (run_env.state == RUN_STARTING || run_env.state == RUN_RUNNING) {
		route_update(set);
		send_rules(run_peer(ROLE_PROXY), set, run_env.asking);
		send_ignores(run_peer(ROLE_MONITOR), set);
		audit_update(run_peer(ROLE_MONITOR), set);
	}
}

static void
run_answer(uint32_t id, int allow, int keep, const char *reason)
{
	struct ipc_peer	*peer = run_peer(ROLE_PROXY);
	struct ibuf	*buf;
	char		 cut[RUN_REASON_MAX];

	if (!peer->open)
		return;
	(void)strlcpy(cut, reason, sizeof(cut));
	buf = ipc_create(peer, IMSG_ASK_ANSWER);
	ipc_add_u32(buf, id);
	ipc_add_u32(buf, (uint32_t)allow);
	ipc_add_u32(buf, (uint32_t)keep);
	ipc_add_str(buf, cut);
	ipc_commit(peer, buf);
}

/* What stops for want of the terminal does so without our shell's knowing. */
static void
run_hold(int on)
{
	struct ipc_peer	*peer = run_peer(ROLE_EXEC);

	if (run_env.state == RUN_RUNNING && peer->open) {
		ipc_send_u32(peer, IMSG_EXEC_HOLD, -1, (uint32_t)on);
		(void)ipc_flush(peer);
	}
}

/* The settings have been written, or not: the last that there is to do. */
static void
run_learned(const char *why)
{
	if (run_env.state == RUN_REPORTING)
		run_end(learn_end(run_env.status, why));
}

static void
run_saved(const char *why)
{
	if (why != NULL)
		log_warnx("an answer was not saved, and holds for this run: "
		    "%s", why);
}

/* The control channel broke before it brought anything (COMPAT 1). */
static void
run_control_lost(void)
{
	run_end(EXIT_SRT);
}

/* Hands a role the end of a pair; the other one is the second role's. */
static void
run_pair(enum role role, enum role other, int *end)
{
	int	 pair[2];

	if (proc_pair(pair) == -1)
		fatal("socketpair");
	run_hand(role, other, pair[0]);
	*end = pair[1];
}

static void
run_hand(enum role role, enum role other, int end)
{
	ipc_send_u32(run_peer(role), IMSG_CTL_PEER, end, (uint32_t)other);
}

static void
run_open(size_t i)
{
	ipc_open(&run_env.peer[i], run_env.base, run_env.child[i].fd,
	    run_roles[i].role, run_roles[i].rules, run_roles[i].nrules,
	    run_gone);
	run_env.child[i].fd = -1;
	ipc_send_hello(&run_env.peer[i]);
}

void
run_tell(int status)
{
	struct ipc_peer	*peer = run_peer(ROLE_MONITOR);

	if (!audit_on() || run_env.told || !peer->open)
		return;
	run_env.told = 1;
	ipc_send_u32(peer, IMSG_MON_END, -1, (uint32_t)status);
	(void)ipc_flush(peer);
}

void
run_end(int status)
{
	struct timeval	 grace = { .tv_sec = PROC_GRACE };

	if (run_env.state == RUN_ENDING)
		return;
	run_env.state = RUN_ENDING;
	run_env.status = status;
	ask_stop();
	run_tell(status);
	run_close();
	if (evtimer_add(&run_env.timer, &grace) == -1)
		fatalx("evtimer_add");
	run_reap(SIGCHLD, EV_SIGNAL, NULL);
}

static void
run_close(void)
{
	size_t	 i;

	for (i = 0; i < NCHILDREN; i++)
		ipc_close(&run_env.peer[i]);
}

/* How many roles have not ended. */
static size_t
run_left(void)
{
	size_t	 i, left = 0;

	for (i = 0; i < NCHILDREN; i++)
		if (run_env.child[i].pid != 0)
			left++;
	return left;
}

static void
run_reap(int sig, short what, void *arg)
{
	size_t	 i;

	(void)sig;
	(void)what;
	(void)arg;
	for (i = 0; i < NCHILDREN; i++)
		run_wait(i);
	/* By now the one may have ended the others. */
	if (run_left() == 0 && run_env.state == RUN_ENDING)
		(void)event_base_loopbreak(run_env.base);
}

/*
 * Nobody of ours stops but for a signal of somebody's, and all others would
 * wait for it.  If that was for all of us, we do not get here before somebody
 * continues us: see srt-exec/linux_wake.c.
 */
static void
run_wait(size_t i)
{
	pid_t	 pid;
	int	 status;

	while ((pid = run_env.child[i].pid) != 0 &&
	    waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
		if (WIFSTOPPED(status)) {
			log_debug("%s was stopped: it goes on",
			    role_name(run_env.child[i].role));
			(void)kill(pid, SIGCONT);
		} else
			run_ended(i, status);
	}
}

/* A role's process has ended, whoever else may still hold its pipe. */
static void
run_ended(size_t i, int status)
{
	run_env.child[i].pid = 0;
	if (run_env.child[i].role == ROLE_EXEC && status != 0)
		run_env.orphaned = 1;
	proc_log_end(run_env.child[i].role, status);
	ipc_finish(&run_env.peer[i]);
}

static void
run_gone(struct ipc_peer *peer)
{
	struct proc_child	*child = NULL;
	int			 status;
	size_t			 i;

	if (run_env.state == RUN_ENDING)
		return;
	for (i = 0; i < NCHILDREN; i++)
		if (peer == &run_env.peer[i])
			child = &run_env.child[i];
	/* Say why, if the reason is there already. */
	if (child != NULL && child->pid != 0 &&
	    waitpid(child->pid, &status, WNOHANG) == child->pid) {
		child->pid = 0;
		if (child->role == ROLE_EXEC && status != 0)
			run_env.orphaned = 1;
		proc_log_end(child->role, status);
	}
	if (run_env.state == RUN_REPORTING) {
		/* With the command its sandbox is done. */
		if (peer->role == ROLE_EXEC)
			return;
		log_warnx("%s is gone: the report is not complete",
		    role_name(peer->role));
		run_end(learn_cut(run_env.status));
		return;
	}
	if (run_env.state == RUN_RUNNING)
		log_warnx("%s is gone: the command was killed",
		    role_name(peer->role));
	else
		log_warnx("%s is gone: the command was not started",
		    role_name(peer->role));
	run_end(EXIT_SRT);
}

/*
 * Many short turns instead of a long one: of a machine that stands still for
 * seconds, its roles too, that takes but one.
 */
static void
run_turn(void)
{
	static const struct timeval	 turn = {
		.tv_usec = 1000000 / TURNS_PER_SECOND
	};

	if (evtimer_add(&run_env.timer, &turn) == -1)
		fatalx("evtimer_add");
}

void
run_patience(int seconds)
{
	run_env.patience = seconds * TURNS_PER_SECOND;
	run_turn();
}

static void
run_timeout(int fd, short what, void *arg)
{
	static const struct timeval	 again = { .tv_sec = 1 };
	size_t				 i;

	(void)fd;
	(void)what;
	(void)arg;
	if (run_env.state == RUN_REPORTING) {
		if (--run_env.patience > 0) {
			run_turn();
			return;
		}
		log_warnx("the report is not complete: a role did not answer");
		run_end(learn_cut(run_env.status));
		return;
	}
	/* Should a SIGCHLD be lost: nothing else would end this. */
	run_reap(SIGCHLD, EV_SIGNAL, NULL);
	if (evtimer_add(&run_env.timer, &again) == -1)
		fatalx("evtimer_add");
	for (i = 0; i < NCHILDREN; i++) {
		if (run_env.child[i].pid == 0)
			continue;
		log_warnx("%s does not end: killed",
		    role_name(run_env.child[i].role));
		(void)kill(run_env.child[i].pid, SIGKILL);
	}
}

/* A signal that srt got on the command's behalf. */
static void
run_signal(const struct signal_note *note)
{
	size_t	 i;

	if (run_env.state != RUN_STARTING && run_env.state != RUN_RUNNING)
		return;
	/*
	 * The command has had what the terminal sends, unless it was not
	 * there yet: recv_started() knows.
	 */
	if (note->terminal) {
		if (run_env.state == RUN_STARTING &&
		    run_env.nearly < nitems(run_env.early))
			run_env.early[run_env.nearly++] = *note;
		return;
	}
	/* srt-exec wakes us when something else continued the command. */
	for (i = 0; i < NCHILDREN; i++)
		if (note->signo == SIGCONT &&
		    note->sender == run_env.child[i].pid)
			return;
	ipc_send_u32(run_peer(ROLE_EXEC), IMSG_EXEC_SIGNAL, -1,
	    (uint32_t)note->signo);
}

