/* SPDX-License-Identifier: ISC */

/*
 * srt-proxy: what the command says to the network passes through here.  It
 * starts unconfined, forks the resolver, gets its peers and its rules, then
 * confines itself and only then reads from the network.
 *
 * Needs, once confined: the event loop (epoll_*, eventfd is made before),
 * clock_gettime; read, write, sendmsg and recvmsg on the pipes, and the last
 * two on the sockets of DNS; accept4, socket for AF_INET and AF_INET6 streams,
 * connect, getsockopt(SO_ERROR, SO_ACCEPTCONN, SO_TYPE), setsockopt, send,
 * recv, shutdown, close; pipe2, splice and fcntl(F_SETPIPE_SZ) for tunnels;
 * fcntl(F_GETFL, F_SETFL) on what it is handed; wait4 for the resolver, memory
 * and exit.  The resolver needs poll, its pipe, threads, and all that
 * getaddrinfo(3) and getifaddrs(3) do.
 */

#include "compat.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "policy.h"
#include "proc.h"
#include "proxy.h"
#include "sandbox.h"
#include "token.h"
#include "violation.h"

struct event_base	*proxy_base;

static struct ipc_peer	 proxy_parent;
static struct ipc_peer	 proxy_mon;
static struct ipc_peer	 proxy_brk;
static struct ruleset	*proxy_ruleset;		/* in force */
static struct ruleset	*proxy_fresh;		/* being received */
static size_t		 proxy_nfresh;
static int		 proxy_ready;

static void	 proxy_recv_hello(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_peer(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_rules(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_rule(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_where(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_denyaddr(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_options(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_route(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_trust(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_routed(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_unrouted(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_cfg_end(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_answer(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_flush(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_listener(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_connect(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_connected(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_cancel(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_accepted(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_publish(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_local(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_token(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_dialled(struct ipc_peer *, struct imsg *);
static void	 proxy_recv_undialled(struct ipc_peer *, struct imsg *);

#define CONFIG_RUN	(IPC_PHASE_CONFIG | IPC_PHASE_RUN)

static const struct ipc_rule	 proxy_rules_parent[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, proxy_recv_hello },
	{ IMSG_CTL_PEER, 4, 4, IPC_WITHFD, IPC_PHASE_CONFIG,
	    proxy_recv_peer },
	{ IMSG_PROXY_RULES, 4, 4, IPC_NOFD, CONFIG_RUN, proxy_recv_rules },
	{ IMSG_PROXY_RULE, 16, MAX_IMSGSIZE, IPC_NOFD, CONFIG_RUN,
	    proxy_recv_rule },
	{ IMSG_PROXY_WHERE, 4, MAX_IMSGSIZE, IPC_NOFD, CONFIG_RUN,
	    proxy_recv_where },
	{ IMSG_PROXY_DENYADDR, 4, 512, IPC_NOFD, CONFIG_RUN,
	    proxy_recv_denyaddr },
	{ IMSG_PROXY_OPTIONS, sizeof(struct proxy_options),
	    sizeof(struct proxy_options), IPC_NOFD, CONFIG_RUN,
	    proxy_recv_options },
	{ IMSG_PROXY_ROUTE, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_CONFIG,
	    proxy_recv_route },
	{ IMSG_TLS_TRUST, 0, 0, IPC_WITHFD, IPC_PHASE_CONFIG,
	    proxy_recv_trust },
	{ IMSG_ROUTE_DIALLED, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_recv_routed },
	{ IMSG_ROUTE_UNDIALLED, 8, 8, IPC_NOFD, IPC_PHASE_RUN,
	    proxy_recv_unrouted },
	{ IMSG_PROXY_PUBLISH, 4, 4, IPC_WITHFD, IPC_PHASE_CONFIG,
	    proxy_recv_publish },
	{ IMSG_PROXY_LOCAL, 4, 4, IPC_WITHFD, IPC_PHASE_CONFIG,
	    proxy_recv_local },
	{ IMSG_PROXY_TOKEN, 4, 4 + 2 * PROXY_TOKEN_LEN, IPC_NOFD,
	    IPC_PHASE_CONFIG, proxy_recv_token },
	{ IMSG_CTL_CFG_END, 0, 0, IPC_NOFD, CONFIG_RUN, proxy_recv_cfg_end },
	{ IMSG_ASK_ANSWER, 16, IPC_STRING_MAX, IPC_NOFD, IPC_PHASE_RUN,
	    proxy_recv_answer },
	{ IMSG_CTL_FLUSH, 0, 0, IPC_NOFD, IPC_PHASE_RUN, proxy_recv_flush }
};

static const struct ipc_rule	 proxy_rules_broker[] = {
	{ IMSG_PROXY_LISTENER, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_recv_listener },
	{ IMSG_PROXY_CONNECT, sizeof(struct ipc_connect),
	    sizeof(struct ipc_connect), IPC_NOFD, IPC_PHASE_RUN,
	    proxy_recv_connect },
	{ IMSG_PROXY_CONNECTED, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_recv_connected },
	{ IMSG_PROXY_CANCEL, 4, 4, IPC_NOFD, IPC_PHASE_RUN,
	    proxy_recv_cancel },
	{ IMSG_PROXY_ACCEPTED, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_recv_accepted },
	{ IMSG_PROXY_DIALLED, 4, 4, IPC_WITHFD, IPC_PHASE_RUN,
	    proxy_recv_dialled },
	{ IMSG_PROXY_UNDIALLED, 8, 8, IPC_NOFD, IPC_PHASE_RUN,
	    proxy_recv_undialled }
};

static void
proxy_gone(struct ipc_peer *peer)
{
	/* Without any of the others there is no sandbox: fail closed. */
	if (proxy_parent.open)
		log_debug("%s has ended", role_name(peer->role));
	if (access_wanted() && proxy_mon.open) {
		refusal_flush();
		access_flush();
		(void)ipc_flush(&proxy_mon);
	}
	tls_end();
	resolve_end();
	exit(0);
}

/*
 * The sandbox has ended, and with it everybody who could have asked for more.
 * What was refused is still to be reported: the parent decides when to end.
 */
static void
proxy_broker_gone(struct ipc_peer *peer)
{
	if (peer->broken)
		fatalx("%s breaks the protocol", role_name(peer->role));
	log_debug("%s has ended", role_name(peer->role));
	listen_stop();
	transparent_stop();
}

int
main(int argc, char *argv[])
{
	pid_t	 pid;
	int	 resolver;

	proc_role_start(ROLE_PROXY, argc, argv);
	resolver = resolver_start(&pid);

	proxy_base = ipc_base();
	session_init();
	resolve_init(resolver, pid);
	ipc_open(&proxy_parent, proxy_base, IPC_PARENT_FD, ROLE_PARENT,
	    proxy_rules_parent, nitems(proxy_rules_parent), proxy_gone);
	ipc_log_to(&proxy_parent);

	if (event_base_dispatch(proxy_base) == -1)
		fatalx("event_base_dispatch");
	return EXIT_SRT;
}

const struct ruleset *
proxy_rules(void)
{
	return proxy_ruleset;
}

struct ipc_peer *
proxy_monitor(void)
{
	return &proxy_mon;
}

struct ipc_peer *
proxy_to_parent(void)
{
	return &proxy_parent;
}

struct ipc_peer *
proxy_broker(void)
{
	return &proxy_brk;
}

static void
proxy_recv_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_PROXY);
	ipc_send_hello(peer);
	ipc_phase(peer, IPC_PHASE_CONFIG);
}

static void
proxy_recv_peer(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 role = ipc_recv_u32(imsg);
	int		 fd = imsg_get_fd(imsg);

	(void)peer;
	switch (role) {
	case ROLE_MONITOR:
		if (proxy_mon.open)
			fatalx("two monitors");
		ipc_open(&proxy_mon, proxy_base, fd, ROLE_MONITOR, NULL, 0,
		    proxy_gone);
		ipc_phase(&proxy_mon, IPC_PHASE_RUN);
		break;
	case ROLE_EXEC:
	case ROLE_BROKER:
		if (proxy_brk.open)
			fatalx("two brokers");
		/* It speaks once we are ready; until then nobody listens. */
		ipc_open(&proxy_brk, proxy_base, fd, ROLE_BROKER,
		    proxy_rules_broker, nitems(proxy_rules_broker),
		    proxy_broker_gone);
		(void)event_del(&proxy_brk.rev);
		ipc_phase(&proxy_brk, IPC_PHASE_RUN);
		break;
	default:
		fatalx("a peer of role %u", role);
	}
}

static void
proxy_recv_rules(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	ruleset_free(proxy_fresh);
	if ((proxy_fresh = ruleset_new()) == NULL)
		fatal("ruleset_new");
	proxy_fresh->flags = ipc_recv_u32(imsg);
	if ((proxy_fresh->flags & ~(unsigned int)(RULESET_STRICT |
	    RULESET_SNI_MISMATCH | RULESET_ASK | RULESET_CEILING |
	    RULESET_EXTERNAL | RULESET_LEARN | RULESET_LEARN_DENY)) != 0)
		fatalx("unknown flags %#x", proxy_fresh->flags);
	proxy_nfresh = 0;
}

/* One more entry of the set that is being received. */
static void
proxy_count(void)
{
	if (proxy_fresh == NULL)
		fatalx("a rule outside a set");
	if (++proxy_nfresh > RULES_MAX)
		fatalx("more than %d rules", RULES_MAX);
}

static void
proxy_recv_rule(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	struct rule	*rule;
	const char	*why;
	uint32_t	 list, index;
	char		*text, *reason;

	(void)peer;
	proxy_count();
	ipc_recv_ibuf(imsg, &buf);
	list = ipc_get_u32(&buf);
	index = ipc_get_u32(&buf);
	text = ipc_get_str(&buf);
	reason = ipc_get_str(&buf);
	ipc_get_end(&buf);

	if (list >= RULE_LIST_MAX)
		fatalx("a rule for list %u", list);
	if ((rule = rule_parse(text, list, &why)) == NULL)
		fatalx("rule \"%s\": %s", text, why);
	rule->index = index;
	if (*reason != '\0') {
		rule->reason = reason;
		reason = NULL;
	}
	TAILQ_INSERT_TAIL(ruleset_list(proxy_fresh, list), rule, entry);
	free(text);
	free(reason);
}

/* Of the last rule of the allow list. */
static void
proxy_recv_where(struct ipc_peer *peer, struct imsg *imsg)
{
	struct rule	*rule = NULL;

	(void)peer;
	if (proxy_fresh != NULL)
		rule = TAILQ_LAST(&proxy_fresh->allow, rules);
	if (rule == NULL || rule->where != NULL)
		fatalx("the place of a rule that is not there");
	rule->where = ipc_recv_str(imsg);
}

static void
proxy_recv_denyaddr(struct ipc_peer *peer, struct imsg *imsg)
{
	struct addr_range	*range;
	const char		*why;
	char			*text = ipc_recv_str(imsg);

	(void)peer;
	proxy_count();
	if ((range = addr_range_parse(text, &why)) == NULL)
		fatalx("address \"%s\": %s", text, why);
	TAILQ_INSERT_TAIL(&proxy_fresh->denyaddr, range, entry);
	free(text);
}

static void
proxy_recv_options(struct ipc_peer *peer, struct imsg *imsg)
{
	struct proxy_options	 opts;

	(void)peer;
	if (imsg_get_data(imsg, &opts, sizeof(opts)) == -1)
		fatalx("malformed message");
	route_options(&opts, !proxy_ready);
}

static void
proxy_recv_route(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	uint32_t	 value;
	char		*text;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	value = ipc_get_u32(&buf);
	text = ipc_get_str(&buf);
	ipc_get_end(&buf);
	if (value >= ROUTE_VALUE_MAX)
		fatalx("a route of kind %u", value);
	route_value((enum route_value)value, text);
	freezero(text, strlen(text));
}

static void
proxy_recv_trust(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	tls_trust_file(imsg_get_fd(imsg));
}

/* What could not be dialled, by its id, and why. */
static uint32_t
proxy_recv_errno(struct imsg *imsg, uint32_t *error)
{
	struct ibuf	 buf;
	uint32_t	 id;

	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	*error = ipc_get_u32(&buf);
	ipc_get_end(&buf);
	return id;
}

static void
proxy_recv_routed(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 id = ipc_recv_u32(imsg);

	(void)peer;
	mitm_dialled(id, imsg_get_fd(imsg));
}

static void
proxy_recv_unrouted(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 error, id = proxy_recv_errno(imsg, &error);

	(void)peer;
	mitm_undialled(id, error);
}

/* Puts the new set in force, whole; the first one also ends the start. */
static void
proxy_recv_cfg_end(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)imsg;
	if (proxy_fresh == NULL)
		fatalx("the end of a set that did not begin");
	ruleset_free(proxy_ruleset);
	proxy_ruleset = proxy_fresh;
	proxy_fresh = NULL;
	log_debug("%zu rules in force, their index takes %zu bytes",
	    proxy_nfresh, ruleset_index(proxy_ruleset));
	transparent_local();
	route_changed();
	pool_clear();
	if (proxy_ready) {
		cut_withdrawn();
		ipc_send(peer, IMSG_PROXY_APPLIED, -1, NULL, 0);
		return;
	}

	if (!proxy_mon.open || !proxy_brk.open)
		fatalx("a peer is missing");
	tls_init();
	sandbox_drop(ROLE_PROXY);
	/* The record of a connection it still writes. */
	if (!access_wanted())
		sandbox_follow(SIGKILL);
	sandbox_enter(ROLE_PROXY);
	proxy_ready = 1;
	ipc_phase(peer, IPC_PHASE_RUN);
	if (event_add(&proxy_brk.rev, NULL) == -1)
		fatalx("event_add");
	publish_start();
	listen_begin();
	ipc_send(peer, IMSG_CTL_READY, -1, NULL, 0);
}

static void
proxy_recv_answer(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	uint32_t	 id, allow, keep;
	char		*reason;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	allow = ipc_get_u32(&buf);
	keep = ipc_get_u32(&buf);
	reason = ipc_get_str(&buf);
	ipc_get_end(&buf);
	ask_answer(id, allow != 0, keep != 0, reason);
	free(reason);
}

static void
proxy_recv_flush(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	(void)imsg;
	refusal_flush();
	access_flush();
	ipc_send_barrier(&proxy_mon);
}

static void
proxy_recv_listener(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 kind = ipc_recv_u32(imsg);

	(void)peer;
	listen_add(imsg_get_fd(imsg), (enum listener_kind)kind);
}

static void
proxy_recv_accepted(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 kind = ipc_recv_u32(imsg);

	(void)peer;
	listen_accepted(imsg_get_fd(imsg), (enum listener_kind)kind);
}

static void
proxy_recv_connect(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ipc_connect	 msg;

	(void)peer;
	if (imsg_get_data(imsg, &msg, sizeof(msg)) == -1)
		fatalx("malformed message");
	transparent_connect(&msg);
}

static void
proxy_recv_connected(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 id = ipc_recv_u32(imsg);

	(void)peer;
	transparent_connected(id, imsg_get_fd(imsg));
}

static void
proxy_recv_cancel(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	transparent_cancel(ipc_recv_u32(imsg));
}

static void
proxy_recv_publish(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 port = ipc_recv_u32(imsg);

	(void)peer;
	publish_add(imsg_get_fd(imsg), port);
}

static void
proxy_recv_local(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 kind = ipc_recv_u32(imsg);

	(void)peer;
	listen_local(imsg_get_fd(imsg), (enum listener_kind)kind);
}

static void
proxy_recv_token(struct ipc_peer *peer, struct imsg *imsg)
{
	char	*text = ipc_recv_str(imsg);

	(void)peer;
	if (token_set(text) == -1)
		fatalx("a malformed token");
	freezero(text, strlen(text));
}

static void
proxy_recv_dialled(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 id = ipc_recv_u32(imsg);

	(void)peer;
	publish_dialled(id, imsg_get_fd(imsg));
}

static void
proxy_recv_undialled(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 error, id = proxy_recv_errno(imsg, &error);

	(void)peer;
	publish_undialled(id, error);
}
