/* SPDX-License-Identifier: ISC */

/*
 * srt-exec: takes the parent's part of the policy, has the backend start who
 * is inside, on Linux the broker in new namespaces, and carries messages
 * between the parent and what is inside.
 *
 * It stands in the caller's process group and session, with everything that
 * it starts, so that pipelines and job control treat the command as if it
 * were there alone; the terminal's signals are for the command and are
 * ignored here.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "exec.h"
#include "limits.h"
#include "log.h"
#include "proc.h"
#include "sandbox.h"

static struct ipc_peer	parent;
static struct ipc_peer	inside;
static struct sandbox	sb;
static pid_t		inside_pid;
static pid_t		parent_pid;
static int		parent_stopped;	/* by us */
static int		held;		/* srt has the terminal */
static int		held_stop;	/* the command stopped meanwhile */
static int		done;		/* the parent knows the outcome */

static void	parent_hello(struct ipc_peer *, struct imsg *);
static void	parent_peer(struct ipc_peer *, struct imsg *);
static void	parent_options(struct ipc_peer *, struct imsg *);
static void	parent_path(struct ipc_peer *, struct imsg *);
static void	parent_guard(struct ipc_peer *, struct imsg *);
static void	parent_argv(struct ipc_peer *, struct imsg *);
static void	parent_env(struct ipc_peer *, struct imsg *);
static void	parent_cwd(struct ipc_peer *, struct imsg *);
static void	parent_profile(struct ipc_peer *, struct imsg *);
static void	parent_tag(struct ipc_peer *, struct imsg *);
static void	parent_mach(struct ipc_peer *, struct imsg *);
static void	parent_cfg_end(struct ipc_peer *, struct imsg *);
static void	parent_signal(struct ipc_peer *, struct imsg *);
static void	parent_hold(struct ipc_peer *, struct imsg *);
static void	continue_parent(void);
static void	inside_log(struct ipc_peer *, struct imsg *);
static void	inside_started(struct ipc_peer *, struct imsg *);
static void	inside_failed(struct ipc_peer *, struct imsg *);
static void	inside_stopped(struct ipc_peer *, struct imsg *);
static void	inside_continued(struct ipc_peer *, struct imsg *);
static void	inside_exited(struct ipc_peer *, struct imsg *);

#define U32	sizeof(uint32_t)
#define STRING	(U32 + IPC_STRING_MAX)

static const struct ipc_rule parent_rules[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, parent_hello },
	{ IMSG_CTL_PEER, U32, U32, IPC_WITHFD, IPC_PHASE_CONFIG,
	    parent_peer },
	{ IMSG_EXEC_OPTIONS, sizeof(struct exec_options),
	    sizeof(struct exec_options), IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_options },
	{ IMSG_EXEC_PATH, 3 * U32 + 1, 2 * U32 + STRING, IPC_NOFD,
	    IPC_PHASE_CONFIG, parent_path },
	{ IMSG_EXEC_GUARD, 3 * U32, U32 + 2 * STRING, IPC_NOFD,
	    IPC_PHASE_CONFIG, parent_guard },
	{ IMSG_EXEC_ARGV, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_argv },
	{ IMSG_EXEC_ENV, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_env },
	{ IMSG_EXEC_CWD, U32 + 1, STRING, IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_cwd },
	{ IMSG_EXEC_PROFILE, sizeof(struct exec_profile),
	    sizeof(struct exec_profile), IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_profile },
	{ IMSG_EXEC_TAG, U32 + 1, STRING, IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_tag },
	{ IMSG_EXEC_MACH, U32 + 1, STRING, IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_mach },
	{ IMSG_CTL_CFG_END, 0, 0, IPC_NOFD, IPC_PHASE_CONFIG,
	    parent_cfg_end },
	{ IMSG_EXEC_SIGNAL, U32, U32, IPC_NOFD, IPC_PHASE_RUN,
	    parent_signal },
	{ IMSG_EXEC_HOLD, U32, U32, IPC_NOFD, IPC_PHASE_RUN, parent_hold }
};

static const struct ipc_rule inside_rules[] = {
	{ IMSG_CTL_LOG, 2 * U32, U32 + STRING, IPC_NOFD, IPC_PHASE_RUN,
	    inside_log },
	{ IMSG_EXEC_STARTED, sizeof(uint64_t), sizeof(uint64_t), IPC_NOFD,
	    IPC_PHASE_RUN, inside_started },
	{ IMSG_EXEC_FAILED, 2 * U32, U32 + STRING, IPC_NOFD, IPC_PHASE_RUN,
	    inside_failed },
	{ IMSG_EXEC_STOPPED, U32, U32, IPC_NOFD, IPC_PHASE_RUN,
	    inside_stopped },
	{ IMSG_EXEC_CONTINUED, 0, 0, IPC_NOFD, IPC_PHASE_RUN,
	    inside_continued },
	{ IMSG_EXEC_EXITED, U32, U32, IPC_NOFD, IPC_PHASE_RUN,
	    inside_exited },
};

/* Without the parent nothing goes on: who is inside dies with this process. */
static void
parent_gone(struct ipc_peer *peer)
{
	(void)peer;
	backend_end(&sb);
	_exit(EXIT_SRT);
}

static void
send_failed(uint32_t status, const char *text)
{
	if (done)
		return;
	done = 1;
	ipc_send_failed(&parent, status, text);
	(void)ipc_flush(&parent);
	continue_parent();
}

/*
 * Pid 1 has ended, or the broker before there was one.  If it said nothing
 * it did not end by its own will.
 */
static void
inside_gone(struct ipc_peer *peer)
{
	(void)peer;
	send_failed(EXIT_SRT, "a process of the sandbox was killed");
	/* It still reports; but should it be stopped nobody waits for that. */
	proc_await(inside_pid);
	backend_end(&sb);
	exit(0);
}

static void
parent_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_EXEC);
	ipc_log_to(peer);
	ipc_send_hello(peer);
	ipc_phase(peer, IPC_PHASE_CONFIG);
}

static void
parent_peer(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 role = ipc_recv_u32(imsg);
	int		*fd;

	(void)peer;
	if (role == ROLE_PROXY)
		fd = &sb.proxy_fd;
	else if (role == ROLE_MONITOR)
		fd = &sb.monitor_fd;
	else
		fatalx("a pipe to role %u", role);
	if (*fd != -1)
		fatalx("a second pipe to role %u", role);
	*fd = imsg_get_fd(imsg);
}

static void
parent_options(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	if (imsg_get_data(imsg, &sb.opt, sizeof(sb.opt)) == -1)
		fatalx("malformed options");
	if (sb.guard != NULL)
		fatalx("options twice");
	if ((sb.guard = guard_new(sb.opt.flags)) == NULL)
		fatal("guard");
}

static void
parent_path(struct ipc_peer *peer, struct imsg *imsg)
{
	struct fs_path	*fp;
	struct ibuf	 buf;
	uint32_t	 kind, type;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	kind = ipc_get_u32(&buf);
	type = ipc_get_u32(&buf);
	if (kind >= FS_KIND_MAX || type >= FS_TYPE_MAX)
		fatalx("path of kind %u, type %u", kind, type);
	if ((fp = calloc(1, sizeof(*fp))) == NULL)
		fatal("calloc");
	fp->kind = (enum fs_kind)kind;
	fp->type = (enum fs_type)type;
	fp->path = ipc_get_str(&buf);
	ipc_get_end(&buf);
	if (!plan_path_ok(fp->path))
		fatalx("path %s is not canonical", fp->path);
	TAILQ_INSERT_TAIL(&sb.paths, fp, entry);
}

static void
parent_guard(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	uint32_t	 kind;
	char		*text, *rule;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	kind = ipc_get_u32(&buf);
	text = ipc_get_str(&buf);
	rule = ipc_get_str(&buf);
	ipc_get_end(&buf);
	if (kind >= GUARD_KIND_MAX || sb.guard == NULL)
		fatalx("guard of kind %u", kind);
	if (backend_guard(&sb, (enum guard_kind)kind, text, rule) == -1)
		fatal("guard of %s", text);
	free(text);
	free(rule);
}

static void
parent_argv(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	ipc_recv_strv(imsg, &sb.argv_strv);
}

static void
parent_env(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	ipc_recv_strv(imsg, &sb.env_strv);
}

static void
parent_cwd(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	free(sb.cwd);
	sb.cwd = ipc_recv_str(imsg);
	if (!plan_path_ok(sb.cwd))
		fatalx("path %s is not canonical", sb.cwd);
}

/* Everything must have come before the end of the configuration. */
static void
check_complete(void)
{
	if (sb.proxy_fd == -1 || sb.monitor_fd == -1 || sb.cwd == NULL ||
	    sb.guard == NULL || !sb.argv_strv.done || !sb.env_strv.done)
		fatalx("incomplete configuration");
	sb.argv = ipc_strv_vector(&sb.argv_strv);
	sb.envp = ipc_strv_vector(&sb.env_strv);
	if (sb.argv[0] == NULL)
		fatalx("no command");
	backend_check(&sb);
}

static void
parent_profile(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	if (sb.profiled ||
	    imsg_get_data(imsg, &sb.profile, sizeof(sb.profile)) == -1)
		fatalx("malformed profile");
	sb.profiled = 1;
}

static void
parent_tag(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	if (sb.tag != NULL)
		fatalx("tag twice");
	sb.tag = ipc_recv_str(imsg);
}

static void
parent_mach(struct ipc_peer *peer, struct imsg *imsg)
{
	char	**list;

	(void)peer;
	list = reallocarray(sb.mach, sb.nmach + 1, sizeof(*list));
	if (list == NULL)
		fatal("reallocarray");
	sb.mach = list;
	sb.mach[sb.nmach++] = ipc_recv_str(imsg);
}

/* It is of no use any more; it may have said why before it ended. */
static void
hear_inside(void)
{
	struct pollfd	 pfd = { .fd = inside.ibuf.fd, .events = POLLIN };

	while (poll(&pfd, 1, 0) == 1 && ipc_dispatch(&inside) == 1)
		continue;
}

static int
start_inside(void)
{
	int	 pair[2];

	if ((sb.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return why("/dev/null");
	if (proc_pair(pair) == -1)
		return why("socketpair");
	sb.outer = getpid();
	if ((inside_pid = backend_start(&sb, &parent, pair)) == -1)
		return -1;
	(void)close(pair[1]);
	(void)close(sb.proxy_fd);
	(void)close(sb.monitor_fd);
	ipc_open(&inside, NULL, pair[0], ROLE_BROKER, inside_rules,
	    nitems(inside_rules), inside_gone);
	ipc_phase(&inside, IPC_PHASE_RUN);
	if (backend_release(&sb, inside_pid, pair[0]) == 0)
		return 0;
	hear_inside();
	return -1;
}

static void
confine(void)
{
	int	 fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(sb.null_fd, fd) == -1)
			fatal("dup2");
	if (backend_confine(inside_pid) == -1)
		fatalx("%s", why_text());
	sandbox_enter(ROLE_EXEC);
}

static void
parent_cfg_end(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)imsg;
	check_complete();
	if (start_inside() == -1) {
		send_failed(EXIT_SRT, why_text());
		backend_end(&sb);
		exit(0);
	}
	/* Who is inside has more to do, and the command waits for it. */
	(void)sched_yield();
	confine();
	ipc_phase(peer, IPC_PHASE_RUN);
	ipc_send(peer, IMSG_CTL_READY, -1, NULL, 0);
}

static void
parent_signal(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	if (inside.open)
		ipc_send_u32(&inside, IMSG_EXEC_SIGNAL, -1,
		    ipc_recv_u32(imsg));
}

/* While srt asks at the terminal the command waits, and nobody is to know. */
static void
parent_hold(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	held = ipc_recv_u32(imsg) != 0;
	if (held || !held_stop)
		return;
	held_stop = 0;
	if (inside.open)
		ipc_send_u32(&inside, IMSG_EXEC_SIGNAL, -1, SIGCONT);
}

static void
inside_log(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 level;
	char		*text = ipc_recv_log(imsg, &level);

	(void)peer;
	ipc_send_log(&parent, level, text);
	free(text);
}

static void
inside_started(struct ipc_peer *peer, struct imsg *imsg)
{
	uint64_t	 born;

	(void)peer;
	if (imsg_get_data(imsg, &born, sizeof(born)) == -1)
		fatalx("malformed start");
	limits_wall_start(&sb);
	ipc_send(&parent, IMSG_EXEC_STARTED, -1, &born, sizeof(born));
}

static void
inside_failed(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 status;
	char		*text = ipc_recv_failed(imsg, &status);

	(void)peer;
	send_failed(status, text);
	free(text);
}

/*
 * The shell that watches the parent is to see what the command does.  Both
 * signals come from here, and so in the order of what has happened: a parent
 * that stopped itself could miss that the command goes on already.
 */
static void
signal_parent(int sig)
{
	if (getppid() == parent_pid && kill(parent_pid, sig) == -1)
		log_warn("signal %d to srt", sig);
}

static void
inside_stopped(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	/* It was told before the terminal was taken. */
	if (!held)
		(void)ipc_dispatch(&parent);
	if (held) {
		held_stop = 1;
		return;
	}
	ipc_send_u32(&parent, IMSG_EXEC_STOPPED, -1, ipc_recv_u32(imsg));
	(void)ipc_flush(&parent);
	parent_stopped = 1;
	signal_parent(SIGSTOP);
}

/* Often it was continued with the command, or told the command to go on. */
static void
continue_parent(void)
{
	if (!parent_stopped)
		return;
	parent_stopped = 0;
	signal_parent(SIGCONT);
}

static void
inside_continued(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	continue_parent();
}

static void
inside_exited(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	done = 1;
	ipc_send_u32(&parent, IMSG_EXEC_EXITED, -1, ipc_recv_u32(imsg));
	/* It may have gone on for a moment only, or was killed. */
	continue_parent();
}

/* limits.wallSeconds */
static void
wall_step(void)
{
	enum limits_wall	 step = limits_wall_step();

	if (step == WALL_GOES_ON || done || !inside.open)
		return;
	if (step == WALL_TERM) {
		ipc_send(&parent, IMSG_EXEC_TIMEUP, -1, NULL, 0);
		ipc_send_u32(&inside, IMSG_EXEC_SIGNAL, -1, SIGTERM);
		ipc_send_u32(&inside, IMSG_EXEC_SIGNAL, -1, SIGCONT);
		continue_parent();
	} else
		ipc_send_u32(&inside, IMSG_EXEC_SIGNAL, -1, SIGKILL);
}

int
main(int argc, char *argv[])
{
	struct pollfd	 pfd[2];

	proc_role_start(ROLE_EXEC, argc, argv);
	command_signals();
	parent_pid = getppid();
	TAILQ_INIT(&sb.paths);
	sb.proxy_fd = sb.monitor_fd = sb.cgroup_fd = -1;
	ipc_open(&parent, NULL, IPC_PARENT_FD, ROLE_PARENT, parent_rules,
	    nitems(parent_rules), parent_gone);

	for (;;) {
		(void)ipc_flush(&parent);
		pfd[0].fd = parent.ibuf.fd;
		pfd[1].fd = inside.open ? inside.ibuf.fd : -1;
		pfd[0].events = pfd[1].events = POLLIN;
		if (inside.open)
			(void)ipc_flush(&inside);
		if (poll(pfd, nitems(pfd), limits_wall_left()) == -1) {
			if (errno != EINTR)
				fatal("poll");
			continue;
		}
		if (pfd[1].revents != 0)
			(void)ipc_dispatch(&inside);
		if (pfd[0].revents != 0)
			(void)ipc_dispatch(&parent);
		wall_step();
	}
}
