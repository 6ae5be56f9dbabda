/* SPDX-License-Identifier: ISC */

/*
 * Stands in for srt and srt-proxy: starts the real srt-exec over real pipes
 * with the paths and options of its command line, and ends as the command
 * does.  For the tests of srt-exec alone.
 *
 *	execd [-v] [-f flags] [-i signal] [-u umask] [-C cwd] [-t seconds]
 *	    [-g pattern]
 *	    [-m] [-w|-n|-p|-d|-r path] ... [-s signal:millis|file] [-x layer] ...
 *	    [--] word ...
 *
 * SRT_TEST_SLOW says how many times longer a test may take on this machine.
 *
 * The program is srt-exec of SRT_BUILD, or SRT_EXEC if that is set.  Layers
 * are switched off by -x, which helper/layers.c alone understands.  With -m
 * it is told what it is told on macOS: helper/darwin_libc.c.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"
#include "log.h"
#include "policy.h"
#include "proc.h"
#include "violation.h"

#include "layers.h"

static struct ipc_peer	 exec_peer, proxy_peer, monitor_peer;
static int		 verbose, outcome = -1, nlisteners, ready, sendsig;
static long		 sendafter;
static const char	*sendon;	/* or when there is this file */

static void	got_hello(struct ipc_peer *, struct imsg *);
static void	got_ready(struct ipc_peer *, struct imsg *);
static void	got_log(struct ipc_peer *, struct imsg *);
static void	got_started(struct ipc_peer *, struct imsg *);
static void	got_failed(struct ipc_peer *, struct imsg *);
static void	got_stopped(struct ipc_peer *, struct imsg *);
static void	got_exited(struct ipc_peer *, struct imsg *);
static void	got_listener(struct ipc_peer *, struct imsg *);
static void	got_flush(struct ipc_peer *, struct imsg *);
static void	got_violation(struct ipc_peer *, struct imsg *);

static const struct ipc_rule exec_rules[] = {
	{ IMSG_CTL_HELLO, 1, 64, IPC_NOFD, IPC_PHASE_ANY, got_hello },
	{ IMSG_CTL_READY, 0, 0, IPC_NOFD, IPC_PHASE_ANY, got_ready },
	{ IMSG_CTL_LOG, 1, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY, got_log },
	{ IMSG_EXEC_STARTED, 8, 8, IPC_NOFD, IPC_PHASE_ANY, got_started },
	{ IMSG_EXEC_FAILED, 1, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    got_failed },
	{ IMSG_EXEC_STOPPED, 4, 4, IPC_NOFD, IPC_PHASE_ANY, got_stopped },
	{ IMSG_EXEC_EXITED, 4, 4, IPC_NOFD, IPC_PHASE_ANY, got_exited },
};

static const struct ipc_rule proxy_rules[] = {
	{ IMSG_PROXY_LISTENER, 4, 4, IPC_WITHFD, IPC_PHASE_ANY,
	    got_listener },
};

static const struct ipc_rule monitor_rules[] = {
	{ IMSG_CTL_FLUSH, 8, 8, IPC_NOFD, IPC_PHASE_ANY, got_flush },
	{ IMSG_MON_VIOLATION, 1, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    got_violation },
};

static void
say(const char *fmt, ...)
{
	va_list	 ap;

	if (!verbose)
		return;
	va_start(ap, fmt);
	(void)fputs("execd: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
}

static void
got_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	ipc_recv_hello(imsg, ROLE_PARENT);
}

static void
got_ready(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	ready = 1;
	say("ready");
}

static void
got_log(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 level;
	char		*text = ipc_recv_log(imsg, &level);

	(void)peer;
	log_stderr("srt-exec", (enum log_level)level, text);
	free(text);
}

static void
got_started(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	say("started");
}

static void
got_failed(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	char		*text;

	(void)peer;
	if (imsg_get_ibuf(imsg, &buf) == -1)
		errx(EXIT_SRT, "failed");
	outcome = (int)ipc_get_u32(&buf);
	text = ipc_get_str(&buf);
	(void)fprintf(stderr, "execd: failed: %s\n", text);
	free(text);
}

static void
got_stopped(struct ipc_peer *peer, struct imsg *imsg)
{
	say("stopped %u", ipc_recv_u32(imsg));
	ipc_send_u32(peer, IMSG_EXEC_SIGNAL, -1, SIGCONT);
}

static void
got_exited(struct ipc_peer *peer, struct imsg *imsg)
{
	int	 status = (int)ipc_recv_u32(imsg);

	(void)peer;
	outcome = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
	say("exited %d", outcome);
}

static void
got_listener(struct ipc_peer *peer, struct imsg *imsg)
{
	int	 fd = imsg_get_fd(imsg), on = 0;
	socklen_t len = sizeof(on);

	(void)peer;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on)
		nlisteners++;	/* and they stay open */
}

static void
got_flush(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	say("flush");
}

static void
got_violation(struct ipc_peer *peer, struct imsg *imsg)
{
	struct violation	 v;
	uint64_t		 lost;

	(void)peer;
	ipc_recv_violation(imsg, &v, &lost);
	say("violation: %s %s: %s (%s)", v.operation, v.target, v.reason,
	    v.rule);
	violation_clear(&v);
}

static void
gone(struct ipc_peer *peer)
{
	(void)peer;
}

static pid_t
start(int fd)
{
	const char	*exec = getenv("SRT_EXEC"), *build;
	char		 path[PATH_MAX];
	char		*argv[] = { (char *)(uintptr_t)"srt-exec", NULL };
	char		*envp[] = { NULL };
	pid_t		 pid;

	if (exec != NULL)
		(void)strlcpy(path, exec, sizeof(path));
	else if ((build = getenv("SRT_BUILD")) != NULL)
		(void)snprintf(path, sizeof(path), "%s/libexec/srt/srt-exec",
		    build);
	else
		errx(EXIT_SRT, "SRT_BUILD is not set");
	if ((pid = fork()) == -1)
		err(EXIT_SRT, "fork");
	if (pid == 0) {
		if (dup2(fd, IPC_PARENT_FD) == -1)
			_exit(EXIT_NOTFOUND);
		closefrom(IPC_PARENT_FD + 1);
		(void)execve(path, argv, envp);
		_exit(EXIT_NOTFOUND);
	}
	return pid;
}

static void
send_guard(enum guard_kind kind, const char *path, const char *rule)
{
	struct ibuf	*buf = ipc_create(&exec_peer, IMSG_EXEC_GUARD);

	ipc_add_u32(buf, kind);
	ipc_add_str(buf, path);
	ipc_add_str(buf, rule);
	ipc_commit(&exec_peer, buf);
}

static void
send_path(enum fs_kind kind, const char *path, uint32_t flags)
{
	struct stat	 st;
	struct ibuf	*buf = ipc_create(&exec_peer, IMSG_EXEC_PATH);

	ipc_add_u32(buf, kind);
	ipc_add_u32(buf, stat(path, &st) == 0 && S_ISDIR(st.st_mode) ?
	    FS_DIR : FS_FILE);
	ipc_add_str(buf, path);
	ipc_commit(&exec_peer, buf);
	if (kind == FS_WRITE)
		send_guard(GUARD_WRITE, path, "filesystem.allowWrite");
	else if (kind == FS_NOWRITE)
		send_guard(GUARD_NOWRITE, path, "filesystem.denyWrite");
	else if (kind == FS_NOREAD && (flags & EXEC_STRICT_READS) != 0)
		send_guard(GUARD_NOREAD_GLOB, path, "filesystem.denyRead");
}

static void
send_profile(void)
{
	static const struct exec_profile	 profile = {
		.http_port = 40001, .socks_port = 40002
	};

	ipc_send(&exec_peer, IMSG_EXEC_PROFILE, -1, &profile,
	    sizeof(profile));
	ipc_send_str(&exec_peer, IMSG_EXEC_TAG,
	    "CMD64_eA==_END__000000001_SBX");
	ipc_send_str(&exec_peer, IMSG_EXEC_MACH, "com.example.service");
}

static void
add_ignored(struct exec_options *opt, int sig)
{
	if (sig <= 32)
		opt->sigignored_lo |= 1U << (sig - 1);
	else
		opt->sigignored_hi |= 1U << (sig - 33);
}

static uint32_t
layer_bit(const char *name)
{
	static const struct {
		const char	*name;
		uint32_t	 bit;
	} layers[] = {
		{ "mounts",	LAYERS_NO_MOUNTS },
		{ "landlock",	LAYERS_NO_LANDLOCK },
		{ "broker",	LAYERS_NO_BROKER },
		{ "filter",	LAYERS_NO_FILTER },
		{ "orphan",	LAYERS_ORPHAN },
		{ "guard",	LAYERS_YES }
	};
	size_t	 i;

	for (i = 0; i < nitems(layers); i++)
		if (strcmp(layers[i].name, name) == 0)
			return layers[i].bit;
	errx(EXIT_SRT, "no layer %s", name);
}

static int
pair_half(int pair[2])
{
	if (proc_pair(pair) == -1)
		err(EXIT_SRT, "socketpair");
	return pair[0];
}

static long
now(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
loop(long limit)
{
	struct pollfd	 pfd[3];
	struct ipc_peer	*peers[] = { &exec_peer, &proxy_peer, &monitor_peer };
	long		 begin = now(), wait;
	size_t		 i;

	while (exec_peer.open) {
		(void)ipc_flush(&exec_peer);
		for (i = 0; i < nitems(peers); i++) {
			pfd[i].fd = peers[i]->open ? peers[i]->ibuf.fd : -1;
			pfd[i].events = POLLIN;
		}
		wait = begin + limit - now();
		if (sendsig != 0 && ready && (sendon != NULL ?
		    access(sendon, F_OK) == 0 : now() >= begin + sendafter)) {
			ipc_send_u32(&exec_peer, IMSG_EXEC_SIGNAL, -1,
			    (uint32_t)sendsig);
			sendsig = 0;
			continue;
		}
		if (sendsig != 0 && sendon != NULL && wait > 20)
			wait = 20;
		else if (sendsig != 0 && sendon == NULL &&
		    begin + sendafter - now() < wait)
			wait = begin + sendafter - now();
		if (wait < 1)
			wait = 1;
		if (now() > begin + limit)
			errx(EXIT_SRT, "time is up");
		if (poll(pfd, nitems(pfd), (int)wait) == -1 && errno != EINTR)
			err(EXIT_SRT, "poll");
		for (i = 0; i < nitems(peers); i++)
			if (pfd[i].revents != 0)
				(void)ipc_dispatch(peers[i]);
	}
}

int
main(int argc, char *argv[])
{
	struct exec_options	 opt = { .umask = 022 };
	struct { enum fs_kind kind; const char *path; } paths[4096];
	size_t			 npaths = 0, i;
	char			 cwdbuf[PATH_MAX];
	const char		*cwd = NULL, *hidden = NULL;
	const char		*slow = getenv("SRT_TEST_SLOW"), *after;
	long			 limit = 30000;
	int			 ch, e[2], p[2], m[2], mac = 0, null, status;
	pid_t			 pid;

	while ((ch = getopt(argc, argv, "+C:d:f:g:i:mn:p:r:s:t:u:vw:x:")) !=
	    -1) {
		switch (ch) {
		case 'C':
			cwd = optarg;
			break;
		case 'f':
			opt.flags |= (uint32_t)atoi(optarg);
			break;
		case 'g':
			hidden = optarg;
			opt.flags |= EXEC_STRICT_READS;
			break;
		case 'i':
			add_ignored(&opt, atoi(optarg));
			break;
		case 'm':
			mac = 1;
			break;
		case 's':
			sendsig = atoi(optarg);
			if ((after = strchr(optarg, ':')) == NULL)
				sendafter = 0;
			else if (after[1] == '/')
				sendon = after + 1;
			else
				sendafter = atol(after + 1);
			break;
		case 't':
			limit = atol(optarg) * 1000;
			break;
		case 'u':
			opt.umask = (uint32_t)strtoul(optarg, NULL, 8);
			break;
		case 'v':
			verbose = 1;
			break;
		case 'x':
			opt.flags |= layer_bit(optarg);
			break;
		case 'w':
		case 'n':
		case 'p':
		case 'd':
		case 'r':
			if (npaths == nitems(paths))
				errx(EXIT_SRT, "too many paths");
			paths[npaths].kind = ch == 'w' ? FS_WRITE :
			    ch == 'n' ? FS_NOWRITE : ch == 'p' ? FS_PROTECT :
			    ch == 'd' ? FS_NOREAD : FS_READ;
			paths[npaths++].path = optarg;
			break;
		default:
			return EXIT_SRT;
		}
	}
	argv += optind;
	if (cwd == NULL && (cwd = getcwd(cwdbuf, sizeof(cwdbuf))) == NULL)
		err(EXIT_SRT, "getcwd");
	log_init("execd", LOG_LEVEL_WARN);
	(void)signal(SIGPIPE, SIG_IGN);

	ipc_open(&exec_peer, NULL, pair_half(e), ROLE_EXEC, exec_rules,
	    nitems(exec_rules), gone);
	pid = start(e[1]);
	(void)close(e[1]);
	/* As srt does: its ends of the caller's pipes are the command's. */
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1)
		err(EXIT_SRT, "/dev/null");
	ipc_open(&proxy_peer, NULL, pair_half(p), ROLE_BROKER, proxy_rules,
	    nitems(proxy_rules), gone);
	ipc_open(&monitor_peer, NULL, pair_half(m), ROLE_BROKER,
	    monitor_rules, nitems(monitor_rules), gone);
	/* The rules of nobody name a port. */
	ipc_send(&proxy_peer, IMSG_BROKER_LOCAL, -1, NULL, 0);
	ipc_send_hello(&exec_peer);
	ipc_send_u32(&exec_peer, IMSG_CTL_PEER, p[1], ROLE_PROXY);
	ipc_send_u32(&exec_peer, IMSG_CTL_PEER, m[1], ROLE_MONITOR);
	ipc_send(&exec_peer, IMSG_EXEC_OPTIONS, -1, &opt, sizeof(opt));
	for (i = 0; i < npaths; i++)
		send_path(paths[i].kind, paths[i].path, opt.flags);
	if (hidden != NULL)
		send_guard(GUARD_NOREAD_GLOB, hidden, "filesystem.denyRead");
	if (mac)
		send_profile();
	ipc_send_strv(&exec_peer, IMSG_EXEC_ARGV, argv);
	ipc_send_strv(&exec_peer, IMSG_EXEC_ENV, environ);
	ipc_send_str(&exec_peer, IMSG_EXEC_CWD, cwd);
	ipc_send(&exec_peer, IMSG_CTL_CFG_END, -1, NULL, 0);
	if (slow != NULL && atol(slow) > 1)
		limit *= atol(slow);
	loop(limit);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status))
		say("srt-exec killed by signal %d", WTERMSIG(status));
	say("listeners %d", nlisteners);
	if (outcome == -1)
		errx(EXIT_SRT, "srt-exec said nothing");
	return outcome;
}
