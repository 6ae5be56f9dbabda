/* SPDX-License-Identifier: ISC */

/*
 * Stands for the other roles around one srt-proxy: starts it, gives it peers,
 * rules and listeners on ephemeral ports of 127.0.0.1 over the real pipes,
 * and prints what comes back.
 *
 *	proxyd [-d] [-n nofile] srt-proxy command ...
 *
 * The arguments are commands, as are the lines of standard input that
 * follow:
 *
 *	rules FLAGS | allow ENTRY | deny ENTRY [REASON] | denyaddr ADDR | end
 *	listen http|socks	prints "http PORT" or "socks PORT"
 *	flush			prints "flushed" after all violations so far
 *	drop monitor|broker	closes that pipe
 *	quit			so does the end of input
 *
 * It prints "ready PID" once the proxy is, a line "violation ..." for each,
 * "log LEVEL TEXT" for its messages, and "gone STATUS" at its end.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc.h"
#include "log.h"
#include "rule.h"
#include "violation.h"

static struct event_base	*base;
static struct ipc_peer		 proxy;
static struct ipc_peer		 monitor;
static struct ipc_peer		 broker;
static pid_t			 pid;
static uint32_t			 entries[RULE_LIST_MAX];

static void
recv_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	ipc_recv_hello(imsg, ROLE_PARENT);
}

static void
recv_ready(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	printf("ready %ld\n", (long)pid);
}

static void
recv_log(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 level;
	char		*text = ipc_recv_log(imsg, &level);

	(void)peer;
	printf("log %u %s\n", level, text);
	free(text);
}

static void
recv_violation(struct ipc_peer *peer, struct imsg *imsg)
{
	struct violation	 v;
	uint64_t		 lost;

	(void)peer;
	ipc_recv_violation(imsg, &v, &lost);
	printf("violation %s %s (%s) rule=%s cure=%s count=%" PRIu64
	    " lost=%" PRIu64 "\n", v.operation, v.target, v.reason, v.rule,
	    v.cure, v.count, lost);
	violation_clear(&v);
}

static void
recv_flush(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	printf("flushed\n");
}

static const struct ipc_rule	 proxy_table[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_ANY, recv_hello },
	{ IMSG_CTL_READY, 0, 0, IPC_NOFD, IPC_PHASE_ANY, recv_ready },
	{ IMSG_CTL_LOG, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY, recv_log }
};

static const struct ipc_rule	 monitor_table[] = {
	{ IMSG_MON_VIOLATION, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    recv_violation },
	{ IMSG_CTL_FLUSH, 8, 8, IPC_NOFD, IPC_PHASE_ANY, recv_flush }
};

static __dead void
finish(void)
{
	int	 status;

	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	if (WIFSIGNALED(status))
		printf("gone signal %d\n", WTERMSIG(status));
	else
		printf("gone %d\n", WEXITSTATUS(status));
	exit(0);
}

static void
proxy_gone(struct ipc_peer *peer)
{
	(void)peer;
	finish();
}

static void
peer_gone(struct ipc_peer *peer)
{
	(void)peer;
}

static void
do_listen(const char *kind)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	int			 fd;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    listen(fd, 4096) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(1, "listen");
	ipc_send_u32(&broker, IMSG_PROXY_LISTENER, fd,
	    strcmp(kind, "http") == 0 ? LISTENER_HTTP : LISTENER_SOCKS);
	printf("%s %u\n", kind, ntohs(sin.sin_port));
}

static void
do_rule(uint32_t list, char *entry)
{
	struct ibuf	*buf = ipc_create(&proxy, IMSG_PROXY_RULE);
	char		*reason = strchr(entry, ' ');

	if (reason != NULL)
		*reason++ = '\0';
	ipc_add_u32(buf, list);
	ipc_add_u32(buf, entries[list]++);
	ipc_add_str(buf, entry);
	ipc_add_str(buf, reason == NULL ? "" : reason);
	ipc_commit(&proxy, buf);
}

static void
command(char *line)
{
	char	*arg;

	if ((arg = strchr(line, ' ')) != NULL)
		*arg++ = '\0';
	else
		arg = line + strlen(line);
	if (strcmp(line, "rules") == 0) {
		memset(entries, 0, sizeof(entries));
		ipc_send_u32(&proxy, IMSG_PROXY_RULES, -1,
		    (uint32_t)strtoul(arg, NULL, 10));
	} else if (strcmp(line, "allow") == 0)
		do_rule(RULE_ALLOW, arg);
	else if (strcmp(line, "deny") == 0)
		do_rule(RULE_DENY, arg);
	else if (strcmp(line, "denyaddr") == 0)
		ipc_send_str(&proxy, IMSG_PROXY_DENYADDR, arg);
	else if (strcmp(line, "end") == 0)
		ipc_send(&proxy, IMSG_CTL_CFG_END, -1, NULL, 0);
	else if (strcmp(line, "listen") == 0)
		do_listen(arg);
	else if (strcmp(line, "flush") == 0)
		ipc_send(&proxy, IMSG_CTL_FLUSH, -1, NULL, 0);
	else if (strcmp(line, "drop") == 0)
		ipc_close(strcmp(arg, "monitor") == 0 ? &monitor : &broker);
	else if (strcmp(line, "quit") == 0) {
		ipc_close(&proxy);
		finish();
	} else
		errx(1, "unknown command %s", line);
}

static void
readable(int fd, short what, void *arg)
{
	static char	 buf[65536];
	static size_t	 len;
	char		*nl;
	ssize_t		 n;

	(void)what;
	(void)arg;
	if ((n = read(fd, buf + len, sizeof(buf) - len)) <= 0) {
		ipc_close(&proxy);
		finish();
	}
	len += (size_t)n;
	while ((nl = memchr(buf, '\n', len)) != NULL) {
		*nl++ = '\0';
		command(buf);
		len -= (size_t)(nl - buf);
		memmove(buf, nl, len);
	}
}

static void
start(char *path, rlim_t nofile, int fd)
{
	struct rlimit	 rl = { nofile, nofile };
	char		*argv[] = { path, NULL };
	char		*envp[] = { NULL };
	int		 null;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid != 0)
		return;
	if (setsid() == -1 ||
	    (nofile != 0 && setrlimit(RLIMIT_NOFILE, &rl) == -1) ||
	    (null = open("/dev/null", O_RDWR)) == -1 ||
	    dup2(null, 0) == -1 || dup2(null, 1) == -1)
		err(1, "srt-proxy");
	if (fd == IPC_PARENT_FD ? fcntl(fd, F_SETFD, 0) == -1 :
	    dup2(fd, IPC_PARENT_FD) == -1)
		err(1, "srt-proxy");
	closefrom(IPC_PARENT_FD + 1);
	execve(path, argv, envp);
	err(1, "%s", path);
}

static void
peer(struct ipc_peer *p, enum role role, const struct ipc_rule *table,
    size_t n)
{
	int	 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1)
		err(1, "socketpair");
	ipc_open(p, base, fds[0], ROLE_PROXY, table, n, peer_gone);
	ipc_phase(p, IPC_PHASE_RUN);
	ipc_send_u32(&proxy, IMSG_CTL_PEER, fds[1], (uint32_t)role);
}

int
main(int argc, char *argv[])
{
	struct event	 ev;
	rlim_t		 nofile = 0;
	int		 ch, fds[2], i, level = LOG_LEVEL_WARN;

	while ((ch = getopt(argc, argv, "+dn:")) != -1) {
		switch (ch) {
		case 'd':
			level = LOG_LEVEL_DEBUG;
			break;
		case 'n':
			nofile = (rlim_t)strtoul(optarg, NULL, 10);
			break;
		default:
			return 1;
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		errx(1, "no program named");
	log_init("proxyd", level);
	if (setvbuf(stdout, NULL, _IOLBF, 0) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		err(1, "signal");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1)
		err(1, "socketpair");
	start(argv[0], nofile, fds[1]);
	(void)close(fds[1]);

	if ((base = event_base_new()) == NULL)
		errx(1, "event_base_new");
	ipc_open(&proxy, base, fds[0], ROLE_PROXY, proxy_table,
	    nitems(proxy_table), proxy_gone);
	ipc_phase(&proxy, IPC_PHASE_RUN);
	ipc_send_hello(&proxy);
	peer(&monitor, ROLE_MONITOR, monitor_table, nitems(monitor_table));
	peer(&broker, ROLE_EXEC, NULL, 0);
	for (i = 1; i < argc; i++)
		command(argv[i]);

	if (event_assign(&ev, base, STDIN_FILENO, EV_READ | EV_PERSIST,
	    readable, NULL) == -1 || event_add(&ev, NULL) == -1)
		errx(1, "event_add");
	(void)event_base_dispatch(base);
	return 1;
}
