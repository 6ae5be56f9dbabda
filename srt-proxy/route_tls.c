/* SPDX-License-Identifier: ISC */

/*
 * Parents that are spoken to in TLS.  It is spoken by a process of its own,
 * srt-tls, which runs where such a parent is configured: it gets the
 * connection and hands back one end of a pair, on which is what is said
 * within.
 */

#include "compat.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "proc.h"
#include "proxy.h"

struct secure {
	TAILQ_ENTRY(secure)	 entry;
	uint32_t		 id;
	tunnel_fn		 fn;		/* NULL: it has been given up */
	void			*arg;
};

static TAILQ_HEAD(, secure)	 secures = TAILQ_HEAD_INITIALIZER(secures);
static uint32_t			 secure_id;
static size_t			 secures_left;	/* given up, unanswered */
static struct ipc_peer		 tls_peer;
static struct proc_child	 tls_child;
static int			 tls_trust = -1;

static void	 tls_recv_hello(struct ipc_peer *, struct imsg *);
static void	 tls_recv_log(struct ipc_peer *, struct imsg *);
static void	 tls_recv_ready(struct ipc_peer *, struct imsg *);
static void	 tls_recv_failed(struct ipc_peer *, struct imsg *);

static const struct ipc_rule	 tls_rules[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, tls_recv_hello },
	{ IMSG_CTL_LOG, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY,
	    tls_recv_log },
	{ IMSG_TLS_READY, 4, 4, IPC_WITHFD, IPC_PHASE_RUN, tls_recv_ready },
	{ IMSG_TLS_FAILED, 8, 1024, IPC_NOFD, IPC_PHASE_RUN,
	    tls_recv_failed }
};

static void
tls_gone(struct ipc_peer *peer)
{
	fatalx("%s has ended", role_name(peer->role));
}

void
tls_trust_file(int fd)
{
	if (tls_trust != -1)
		fatalx("two files of certificates");
	tls_trust = fd;
}

void
tls_init(void)
{
	if (!route_needs_tls())
		return;
	if (tls_trust == -1)
		fatalx("no certificates to trust");
	if (proc_start(&tls_child, ROLE_TLS) == -1)
		fatal("%s cannot be started", role_name(ROLE_TLS));
	ipc_open(&tls_peer, proxy_base, tls_child.fd, ROLE_TLS, tls_rules,
	    nitems(tls_rules), tls_gone);
	ipc_send_hello(&tls_peer);
	ipc_send(&tls_peer, IMSG_TLS_TRUST, tls_trust, NULL, 0);
	ipc_send(&tls_peer, IMSG_CTL_CFG_END, -1, NULL, 0);
	tls_trust = -1;
}

void
tls_end(void)
{
	if (tls_child.pid == 0)
		return;
	ipc_close(&tls_peer);
	(void)proc_wait(tls_child.pid, PROC_BRIEF);
	tls_child.pid = 0;
}

struct secure *
secure_start(int fd, const struct host *host, tunnel_fn fn, void *arg)
{
	struct secure	*s;
	struct ibuf	*buf;

	if (secures_left >= SECURES_LEFT_MAX) {
		(void)close(fd);
		return NULL;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL)
		fatal("calloc");
	s->id = ++secure_id;
	s->fn = fn;
	s->arg = arg;
	TAILQ_INSERT_TAIL(&secures, s, entry);

	buf = ipc_create(&tls_peer, IMSG_TLS_START);
	ipc_add_u32(buf, s->id);
	ipc_add_u32(buf, host->kind == HOST_NAME);
	ipc_add_str(buf, host->name);
	ibuf_fd_set(buf, fd);
	ipc_commit(&tls_peer, buf);
	return s;
}

/* It holds descriptors, here in the queue or there, until the answer. */
void
secure_cancel(struct secure *s)
{
	s->fn = NULL;
	secures_left++;
	ipc_send_u32(&tls_peer, IMSG_TLS_CANCEL, -1, s->id);
}

static struct secure *
secure_find(uint32_t id)
{
	struct secure	*s;

	TAILQ_FOREACH(s, &secures, entry)
		if (s->id == id)
			return s;
	return NULL;
}

static void
secure_finish(struct secure *s, int fd, const char *why)
{
	tunnel_fn	 fn = s->fn;
	void		*arg = s->arg;

	TAILQ_REMOVE(&secures, s, entry);
	free(s);
	if (fn != NULL) {
		fn(arg, fd, why);
		return;
	}
	secures_left--;
	if (fd != -1)
		(void)close(fd);
}

static void
tls_recv_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_PROXY);
	ipc_phase(peer, IPC_PHASE_RUN);
}

static void
tls_recv_log(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 level;
	char		*text = ipc_recv_log(imsg, &level);

	if (level <= LOG_LEVEL_WARN)
		log_warnx("%s: %s", role_name(peer->role), text);
	else
		log_debug("%s: %s", role_name(peer->role), text);
	free(text);
}

static void
tls_recv_ready(struct ipc_peer *peer, struct imsg *imsg)
{
	struct secure	*s = secure_find(ipc_recv_u32(imsg));
	int		 fd = imsg_get_fd(imsg), flags;

	(void)peer;
	if (s == NULL) {
		(void)close(fd);
		return;
	}
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fatal("fcntl");
	secure_finish(s, fd, NULL);
}

static void
tls_recv_failed(struct ipc_peer *peer, struct imsg *imsg)
{
	struct secure	*s;
	struct ibuf	 buf;
	char		*why;
	uint32_t	 id;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	why = ipc_get_str(&buf);
	ipc_get_end(&buf);
	if ((s = secure_find(id)) != NULL)
		secure_finish(s, -1, why);
	free(why);
}
