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
 *	audit			prints "access HOST PORT REQUESTS" at the end of
 *				each connection from then on
 *	rules FLAGS | allow ENTRY | deny ENTRY [REASON] | denyaddr ADDR | end
 *	listen http|socks|dns-tcp|dns-udp|dns-udp6
 *				prints "http PORT", "socks PORT", ...
 *	local http|socks	the same, for anybody of the machine; before the
 *				first "end"
 *	token TEXT		demanded of clients; likewise
 *	front FILE		both, as srt does it where the command has no
 *				network of its own; what the command gets of
 *				it in its environment goes to the file, for sh
 *	connect ID FLAGS ADDR PORT [PID PROGRAM]
 *				a program's connect(2); FLAGS as a number
 *	connected ID		hands over what was connected to "pair"
 *	cancel ID
 *	flush			prints "flushed" after all violations so far
 *	drop monitor|broker	closes that pipe
 *	quit			so does the end of input
 *
 * It prints "ready PID" once the proxy is, a line "violation ..." for each,
 * "log LEVEL TEXT" for its messages, "verdict ID ERRNO", "local PORT ..." for
 * what the broker is told, and "gone STATUS" at its end.  At the port that it
 * prints as "pair PORT" it listens for those who play the program.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "ipc.h"
#include "log.h"
#include "rule.h"
#include "violation.h"
#include "../../srt/parent.h"

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND	78
#endif

static struct event_base	*base;
static struct ipc_peer		 proxy;
static struct ipc_peer		 monitor;
static struct ipc_peer		 broker;
static pid_t			 pid;
static uint32_t			 entries[RULE_LIST_MAX];
static int			 pair;		/* listens for programs */

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
recv_applied(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	printf("applied\n");
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
	    " lost=%" PRIu64, v.operation, v.target, v.reason, v.rule,
	    v.cure, v.count, lost);
	if (v.pid != 0)
		printf(" pid=%" PRIu64 " program=%s", v.pid, v.program);
	printf("\n");
	violation_clear(&v);
}

static void
recv_access(struct ipc_peer *peer, struct imsg *imsg)
{
	struct access	 a;
	uint64_t	 lost;

	(void)peer;
	ipc_recv_access(imsg, &a, &lost);
	printf("access %s %u %" PRIu64 " lost=%" PRIu64 "\n", a.host,
	    a.port, a.requests, lost);
	access_clear(&a);
}

static void
recv_flush(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	printf("flushed\n");
}

static void
recv_verdict(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ipc_verdict	 v;

	(void)peer;
	if (imsg_get_data(imsg, &v, sizeof(v)) == -1)
		errx(1, "malformed verdict");
	printf("verdict %u %u\n", v.id, v.error);
}

static void
recv_local(struct ipc_peer *peer, struct imsg *imsg)
{
	uint16_t	 ports[IPC_STRING_MAX / sizeof(uint16_t)];
	size_t		 i, len = imsg_get_len(imsg);

	(void)peer;
	if (len % sizeof(ports[0]) != 0 || len > sizeof(ports) ||
	    (len > 0 && imsg_get_data(imsg, ports, len) == -1))
		errx(1, "malformed ports");
	printf("local");
	for (i = 0; i < len / sizeof(ports[0]); i++)
		printf(" %u", ports[i]);
	printf("\n");
}

static const struct ipc_rule	 broker_table[] = {
	{ IMSG_BROKER_VERDICT, sizeof(struct ipc_verdict),
	    sizeof(struct ipc_verdict), IPC_NOFD, IPC_PHASE_ANY,
	    recv_verdict },
	{ IMSG_BROKER_LOCAL, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    recv_local }
};

static const struct ipc_rule	 proxy_table[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_ANY, recv_hello },
	{ IMSG_CTL_READY, 0, 0, IPC_NOFD, IPC_PHASE_ANY, recv_ready },
	{ IMSG_PROXY_APPLIED, 0, 0, IPC_NOFD, IPC_PHASE_ANY, recv_applied },
	{ IMSG_CTL_LOG, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY, recv_log }
};

static const struct ipc_rule	 monitor_table[] = {
	{ IMSG_MON_VIOLATION, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    recv_violation },
	{ IMSG_MON_ACCESS, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    recv_access },
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

/* On an ephemeral port of a loopback address. */
static int
loopback(int family, int type, unsigned int *port)
{
	union {
		struct sockaddr		 sa;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	}		 u;
	socklen_t	 len;
	int		 fd, on = 1;

	memset(&u, 0, sizeof(u));
	u.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		len = sizeof(u.in);
		u.in.sin_addr.s_addr = htonl(type == SOCK_DGRAM ?
		    INADDR_ANY : INADDR_LOOPBACK);
	} else {
		len = sizeof(u.in6);
		u.in6.sin6_addr = in6addr_any;
	}
	/* For IPv6 a local route does not make an address one's own. */
	if ((fd = socket(family, type | SOCK_CLOEXEC, 0)) == -1 ||
	    (family == AF_INET6 && (setsockopt(fd, IPPROTO_IPV6,
	    IPV6_FREEBIND, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
	    sizeof(on)) == -1 || setsockopt(fd, IPPROTO_IPV6,
	    IPV6_RECVPKTINFO, &on, sizeof(on)) == -1)) ||
	    (family == AF_INET && type == SOCK_DGRAM && setsockopt(fd,
	    IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == -1) ||
	    bind(fd, &u.sa, len) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 4096) == -1) ||
	    getsockname(fd, &u.sa, &len) == -1)
		err(1, "listen");
	*port = ntohs(family == AF_INET ? u.in.sin_port : u.in6.sin6_port);
	return fd;
}

static void
do_listen(const char *kind, int local)
{
	static const struct {
		const char		*name;
		int			 family;
		int			 type;
		enum listener_kind	 kind;
	} kinds[] = {
		{ "http", AF_INET, SOCK_STREAM, LISTENER_HTTP },
		{ "socks", AF_INET, SOCK_STREAM, LISTENER_SOCKS },
		{ "dns-tcp", AF_INET, SOCK_STREAM, LISTENER_DNS_TCP },
		{ "dns-udp", AF_INET, SOCK_DGRAM, LISTENER_DNS_UDP },
		{ "dns-udp6", AF_INET6, SOCK_DGRAM, LISTENER_DNS_UDP }
	};
	unsigned int	 port;
	size_t		 i;
	int		 fd;

	for (i = 0; i < nitems(kinds); i++) {
		if (strcmp(kinds[i].name, kind) != 0)
			continue;
		fd = loopback(kinds[i].family, kinds[i].type, &port);
		if (local)
			ipc_send_u32(&proxy, IMSG_PROXY_LOCAL, fd,
			    kinds[i].kind);
		else
			ipc_send_u32(&broker, IMSG_PROXY_LISTENER, fd,
			    kinds[i].kind);
		printf("%s %u\n", kind, port);
		return;
	}
	errx(1, "unknown listener %s", kind);
}

/* As a shell reads it. */
static void
export(FILE *fp, const char *entry)
{
	size_t	 len = strcspn(entry, "=");

	(void)fprintf(fp, "export %.*s='", (int)len, entry);
	for (entry += len + 1; *entry != '\0'; entry++)
		(void)fprintf(fp, *entry == '\'' ? "'\\''" : "%c", *entry);
	(void)fprintf(fp, "'\n");
}

static void
do_front(const char *path)
{
	static struct settings	 set;
	const struct front	*front;
	static char		**env;	/* which is never freed */
	char			*none[] = { NULL };
	FILE			*fp;
	size_t			 i;

	if ((front = front_open(&set, "a command")) == NULL)
		errx(1, "no front");
	front_send_proxy(&proxy);
	if ((fp = fopen(path, "we")) == NULL)
		err(1, "%s", path);
	env = env_new(none, &set, front);
	for (i = 0; env[i] != NULL; i++)
		export(fp, env[i]);
	if (fclose(fp) != 0)
		err(1, "%s", path);
}

static void
do_connect(const char *args)
{
	struct ipc_connect	 msg;
	unsigned long		 caller = 0;
	char			 addr[64];

	memset(&msg, 0, sizeof(msg));
	if (sscanf(args, "%u %u %63s %hu %lu %35s", &msg.id, &msg.flags, addr,
	    &msg.port, &caller, msg.program) < 4)
		errx(1, "connect %s", args);
	msg.pid = caller;
	msg.inet6 = strchr(addr, ':') != NULL;
	if (inet_pton(msg.inet6 ? AF_INET6 : AF_INET, addr, msg.addr) != 1)
		errx(1, "no address: %s", addr);
	ipc_send(&broker, IMSG_PROXY_CONNECT, -1, &msg, sizeof(msg));
}

static void
do_connected(uint32_t id)
{
	int	 fd;

	if ((fd = accept4(pair, NULL, NULL, SOCK_CLOEXEC)) == -1)
		err(1, "accept");
	ipc_send_u32(&broker, IMSG_PROXY_CONNECTED, fd, id);
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
do_audit(void)
{
	struct proxy_options	 options = { .flags = PROXY_AUDIT };

	ipc_send(&proxy, IMSG_PROXY_OPTIONS, -1, &options, sizeof(options));
}

static void
command(char *line)
{
	char	*arg;

	if ((arg = strchr(line, ' ')) != NULL)
		*arg++ = '\0';
	else
		arg = line + strlen(line);
	if (strcmp(line, "audit") == 0)
		do_audit();
	else if (strcmp(line, "rules") == 0) {
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
		do_listen(arg, 0);
	else if (strcmp(line, "local") == 0)
		do_listen(arg, 1);
	else if (strcmp(line, "front") == 0)
		do_front(arg);
	else if (strcmp(line, "token") == 0)
		ipc_send_str(&proxy, IMSG_PROXY_TOKEN, arg);
	else if (strcmp(line, "connect") == 0)
		do_connect(arg);
	else if (strcmp(line, "connected") == 0)
		do_connected((uint32_t)strtoul(arg, NULL, 10));
	else if (strcmp(line, "cancel") == 0)
		ipc_send_u32(&broker, IMSG_PROXY_CANCEL, -1,
		    (uint32_t)strtoul(arg, NULL, 10));
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
	unsigned int	 port;
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
	peer(&broker, ROLE_EXEC, broker_table, nitems(broker_table));
	pair = loopback(AF_INET, SOCK_STREAM, &port);
	printf("pair %u\n", port);
	for (i = 1; i < argc; i++)
		command(argv[i]);

	if (event_assign(&ev, base, STDIN_FILENO, EV_READ | EV_PERSIST,
	    readable, NULL) == -1 || event_add(&ev, NULL) == -1)
		errx(1, "event_add");
	(void)event_base_dispatch(base);
	return 1;
}
