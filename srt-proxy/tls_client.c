/* SPDX-License-Identifier: ISC */

/*
 * srt-tls: speaks TLS with parent proxies, and is started only where there is
 * one that wants it.  It gets connections from srt-proxy, which has dialled
 * them, and one file of certificates to trust, before it confines itself; it
 * opens nothing, dials nothing and knows nothing of the policy.  For each
 * connection whose certificate is good it hands back one end of a pair, and
 * moves the bytes between the other end and TLS.
 */

#include "compat.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "log.h"
#include "proc.h"
#include "sandbox.h"

#define TRUST_SIZE_MAX		(16 * 1024 * 1024)
#define HANDSHAKE_SECONDS	30
#define LINGER_SECONDS		5	/* between looks for a lost reader */
#define CONNS_MAX		10000	/* as many as srt-proxy's sessions */
#define CONNS_MIN		16
#define CONN_FDS		3	/* one of them on its way back */
#define FD_RESERVE		32
#define PUMP_SIZE		16384	/* a TLS record */
#define PUMP_ROUNDS		16	/* before others have their turn */

/* Bytes on their way in one direction. */
struct pump {
	unsigned char	*buf;		/* NULL where there is nothing */
	size_t		 off;
	size_t		 len;
	unsigned int	 eof : 1;	/* nothing more to read */
	unsigned int	 shut : 1;	/* and that has been passed on */
};

struct conn {
	TAILQ_ENTRY(conn)	 entry;
	uint32_t		 id;
	SSL			*ssl;
	int			 net;
	int			 pair;		/* -1: no hands shaken yet */
	struct event		 net_ev;
	struct event		 pair_ev;
	struct event		 timer;
	short			 net_want;
	short			 pair_want;
	struct pump		 in;		/* from TLS to the pair */
	struct pump		 out;
};

enum step {
	STEP_MORE,		/* something has moved */
	STEP_WAIT,
	STEP_END		/* nothing will move any more */
};

static struct event_base	*base;
static struct ipc_peer		 proxy;
static SSL_CTX			*ctx;
static int			 trust = -1;
static unsigned char		 scratch[PUMP_SIZE];
static TAILQ_HEAD(, conn)	 conns = TAILQ_HEAD_INITIALIZER(conns);
static size_t			 nconns;
static size_t			 conns_max = CONNS_MAX;

static void	 recv_hello(struct ipc_peer *, struct imsg *);
static void	 recv_trust(struct ipc_peer *, struct imsg *);
static void	 recv_cfg_end(struct ipc_peer *, struct imsg *);
static void	 recv_start(struct ipc_peer *, struct imsg *);
static void	 recv_cancel(struct ipc_peer *, struct imsg *);
static void	 conn_event(int, short, void *);
static void	 conn_expired(int, short, void *);

static const struct ipc_rule	 rules[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, recv_hello },
	{ IMSG_TLS_TRUST, 0, 0, IPC_WITHFD, IPC_PHASE_CONFIG, recv_trust },
	{ IMSG_CTL_CFG_END, 0, 0, IPC_NOFD, IPC_PHASE_CONFIG, recv_cfg_end },
	{ IMSG_TLS_START, 12, 1024, IPC_WITHFD, IPC_PHASE_RUN, recv_start },
	{ IMSG_TLS_CANCEL, 4, 4, IPC_NOFD, IPC_PHASE_RUN, recv_cancel }
};

static void
proxy_gone(struct ipc_peer *peer)
{
	(void)peer;
	exit(0);
}

int
main(int argc, char *argv[])
{
	proc_role_start(ROLE_TLS, argc, argv);
	base = ipc_base();
	ipc_open(&proxy, base, IPC_PARENT_FD, ROLE_PROXY, rules, nitems(rules),
	    proxy_gone);
	ipc_log_to(&proxy);
	if (event_base_dispatch(base) == -1)
		fatalx("event_base_dispatch");
	return EXIT_SRT;
}

static void
recv_hello(struct ipc_peer *peer, struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_TLS);
	ipc_send_hello(peer);
	ipc_phase(peer, IPC_PHASE_CONFIG);
}

static void
recv_trust(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	if (trust != -1)
		fatalx("two files of certificates");
	trust = imsg_get_fd(imsg);
}

/* The whole file, terminated. */
static char *
trust_read(size_t *len)
{
	struct stat	 st;
	char		*buf;
	ssize_t		 n;
	size_t		 size;

	if (fstat(trust, &st) == -1)
		fatal("fstat");
	if (!S_ISREG(st.st_mode) || st.st_size > TRUST_SIZE_MAX)
		fatalx("the certificates to trust are in no file, or in one "
		    "of more than %d bytes", TRUST_SIZE_MAX);
	size = (size_t)st.st_size;
	if ((buf = malloc(size + 1)) == NULL)
		fatal("malloc");
	for (*len = 0; *len < size; *len += (size_t)n) {
		n = read(trust, buf + *len, size - *len);
		if (n == -1)
			fatal("the certificates to trust");
		if (n == 0)
			break;
	}
	buf[*len] = '\0';
	(void)close(trust);
	trust = -1;
	return buf;
}

static void
trust_load(void)
{
	X509_STORE	*store = SSL_CTX_get_cert_store(ctx);
	X509		*cert;
	BIO		*bio;
	size_t		 len;
	char		*text = trust_read(&len);
	int		 n = 0;

	if ((bio = BIO_new_mem_buf(text, (int)len)) == NULL)
		fatalx("BIO_new_mem_buf");
	while ((cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL)) != NULL) {
		/* The same one twice is no mistake. */
		if (X509_STORE_add_cert(store, cert) == 1)
			n++;
		X509_free(cert);
	}
	ERR_clear_error();
	BIO_free(bio);
	free(text);
	if (n == 0)
		fatalx("the file holds no certificate to trust");
	log_debug("%d certificates are trusted", n);
}

/* A message whose descriptor finds no room would be the end of us. */
static void
conns_limit(void)
{
	struct rlimit	 rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("getrlimit");
	if (rl.rlim_cur < CONNS_MAX * CONN_FDS + FD_RESERVE)
		conns_max = rl.rlim_cur < CONNS_MIN * CONN_FDS + FD_RESERVE ?
		    CONNS_MIN : (size_t)(rl.rlim_cur - FD_RESERVE) / CONN_FDS;
}

static void
recv_cfg_end(struct ipc_peer *peer, struct imsg *imsg)
{
	static const unsigned char	 alpn[] = "\010http/1.1";

	(void)imsg;
	if (trust == -1)
		fatalx("no certificates to trust");
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1) != 0)
		fatalx("TLS cannot be set up");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	trust_load();
	conns_limit();
	sandbox_drop(ROLE_TLS);
	sandbox_enter(ROLE_TLS);
	ipc_phase(peer, IPC_PHASE_RUN);
}

static void
conn_free(struct conn *c)
{
	TAILQ_REMOVE(&conns, c, entry);
	nconns--;
	(void)event_del(&c->net_ev);
	(void)event_del(&c->pair_ev);
	(void)event_del(&c->timer);
	SSL_free(c->ssl);
	free(c->in.buf);
	free(c->out.buf);
	(void)close(c->net);
	if (c->pair != -1)
		(void)close(c->pair);
	free(c);
}

/* Hands are not shaken: says why. */
static void
send_failed(uint32_t id, const char *why)
{
	struct ibuf	*buf;
	char		 text[256];

	(void)snprintf(text, sizeof(text), "TLS with the parent proxy: %s",
	    why);
	buf = ipc_create(&proxy, IMSG_TLS_FAILED);
	ipc_add_u32(buf, id);
	ipc_add_str(buf, text);
	ipc_commit(&proxy, buf);
}

static void
conn_fail(struct conn *c, const char *why)
{
	send_failed(c->id, why);
	conn_free(c);
}

/* Who is at the other end?  An address is no name to ask for. */
static int
conn_name(struct conn *c, const char *name, int is_name)
{
	X509_VERIFY_PARAM	*param = SSL_get0_param(c->ssl);

	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!is_name)
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
	    SSL_set_tlsext_host_name(c->ssl, name) == 1;
}

static struct conn *
conn_new(uint32_t id, int net)
{
	struct timeval	 tv = { HANDSHAKE_SECONDS, 0 };
	struct conn	*c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("calloc");
	c->id = id;
	c->net = net;
	c->pair = -1;
	if (event_assign(&c->net_ev, base, c->net, EV_READ, conn_event,
	    c) == -1 || event_assign(&c->pair_ev, base, -1, 0, conn_event,
	    c) == -1 || evtimer_assign(&c->timer, base, conn_expired,
	    c) == -1 || evtimer_add(&c->timer, &tv) == -1)
		fatalx("event_assign");
	TAILQ_INSERT_TAIL(&conns, c, entry);
	nconns++;
	return c;
}

static void
recv_start(struct ipc_peer *peer, struct imsg *imsg)
{
	struct conn	*c;
	struct ibuf	 buf;
	char		*name;
	uint32_t	 id;
	int		 fd, is_name, ok;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	id = ipc_get_u32(&buf);
	is_name = ipc_get_u32(&buf) != 0;
	name = ipc_get_str(&buf);
	ipc_get_end(&buf);
	fd = imsg_get_fd(imsg);
	/* Those that were closed on the other side may linger here. */
	if (nconns >= conns_max) {
		free(name);
		(void)close(fd);
		send_failed(id, "too many connections");
		return;
	}
	c = conn_new(id, fd);
	ok = (c->ssl = SSL_new(ctx)) != NULL &&
	    SSL_set_fd(c->ssl, c->net) == 1 && conn_name(c, name, is_name);
	free(name);
	if (!ok) {
		ERR_clear_error();
		conn_fail(c, "cannot be set up");
		return;
	}
	SSL_set_connect_state(c->ssl);
	conn_event(-1, 0, c);
}

/* Each START has one answer, which may be on its way already. */
static void
recv_cancel(struct ipc_peer *peer, struct imsg *imsg)
{
	struct conn	*c;
	uint32_t	 id = ipc_recv_u32(imsg);

	(void)peer;
	TAILQ_FOREACH(c, &conns, entry)
		if (c->id == id)
			break;
	if (c == NULL)
		return;
	if (c->pair == -1)
		conn_fail(c, "given up");
	else
		conn_free(c);
}

/* What TLS waits for, after a call that returned that. */
static enum step
conn_wants(struct conn *c, int r)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		c->net_want |= EV_READ;
		return STEP_WAIT;
	case SSL_ERROR_WANT_WRITE:
		c->net_want |= EV_WRITE;
		return STEP_WAIT;
	default:
		return STEP_END;
	}
}

static void
conn_refused(struct conn *c)
{
	const char	*why = NULL;
	char		 text[192];
	long		 verify = SSL_get_verify_result(c->ssl);
	unsigned long	 error = ERR_peek_error();

	if (verify != X509_V_OK) {
		(void)snprintf(text, sizeof(text), "its certificate is not "
		    "trusted (%s)", X509_verify_cert_error_string(verify));
		why = text;
	} else if (error != 0)
		why = ERR_reason_error_string(error);
	ERR_clear_error();
	conn_fail(c, why == NULL ? "the connection is broken" : why);
}

/* 0 once hands are shaken; -1 if not yet, or if the connection is gone. */
static int
conn_handshake(struct conn *c)
{
	struct ibuf	*buf;
	int		 pair[2], r;

	if (c->pair != -1)
		return 0;
	ERR_clear_error();
	if ((r = SSL_do_handshake(c->ssl)) != 1) {
		if (conn_wants(c, r) == STEP_END)
			conn_refused(c);
		else if (event_assign(&c->net_ev, base, c->net, c->net_want,
		    conn_event, c) == -1 || event_add(&c->net_ev, NULL) == -1)
			fatalx("event_add");
		return -1;
	}
	if (proc_pair(pair) == -1) {
		conn_fail(c, strerror(errno));
		return -1;
	}
	(void)event_del(&c->timer);
	c->pair = pair[0];
	buf = ipc_create(&proxy, IMSG_TLS_READY);
	ipc_add_u32(buf, c->id);
	ibuf_fd_set(buf, pair[1]);
	ipc_commit(&proxy, buf);
	return 0;
}

static void
pump_fill(struct pump *p, size_t len)
{
	if ((p->buf = malloc(len)) == NULL)
		fatal("malloc");
	memcpy(p->buf, scratch, len);
	p->off = 0;
	p->len = len;
}

static void
pump_drain(struct pump *p, size_t len)
{
	p->off += len;
	p->len -= len;
	if (p->len > 0)
		return;
	free(p->buf);
	p->buf = NULL;
}

static enum step
conn_read_tls(struct conn *c)
{
	int	r;

	if (c->in.eof || c->in.len > 0)
		return STEP_WAIT;
	ERR_clear_error();
	if ((r = SSL_read(c->ssl, scratch, sizeof(scratch))) > 0) {
		pump_fill(&c->in, (size_t)r);
		return STEP_MORE;
	}
	if (SSL_get_error(c->ssl, r) == SSL_ERROR_ZERO_RETURN) {
		c->in.eof = 1;
		return STEP_MORE;
	}
	/* An end that was not announced may be somebody else's doing. */
	return conn_wants(c, r);
}

static enum step
conn_write_pair(struct conn *c)
{
	ssize_t	n;

	if (c->in.len == 0) {
		if (!c->in.eof || c->in.shut)
			return STEP_WAIT;
		c->in.shut = 1;
		(void)shutdown(c->pair, SHUT_WR);
		return STEP_MORE;
	}
	n = send(c->pair, c->in.buf + c->in.off, c->in.len, MSG_NOSIGNAL);
	if (n == -1) {
		if (errno == EINTR)
			return STEP_MORE;
		if (errno != EAGAIN)
			return STEP_END;
		c->pair_want |= EV_WRITE;
		return STEP_WAIT;
	}
	pump_drain(&c->in, (size_t)n);
	return STEP_MORE;
}

static enum step
conn_read_pair(struct conn *c)
{
	struct timeval	 tv = { LINGER_SECONDS, 0 };
	ssize_t		 n;

	if (c->out.eof || c->out.len > 0)
		return STEP_WAIT;
	n = read(c->pair, scratch, sizeof(scratch));
	if (n == -1) {
		if (errno == EINTR)
			return STEP_MORE;
		if (errno != EAGAIN)
			return STEP_END;
		c->pair_want |= EV_READ;
		return STEP_WAIT;
	}
	if (n > 0) {
		pump_fill(&c->out, (size_t)n);
		return STEP_MORE;
	}
	c->out.eof = 1;
	if (evtimer_add(&c->timer, &tv) == -1)
		fatalx("evtimer_add");
	return STEP_MORE;
}

static enum step
conn_write_tls(struct conn *c)
{
	int	r;

	ERR_clear_error();
	if (c->out.len == 0) {
		if (!c->out.eof || c->out.shut)
			return STEP_WAIT;
		/* 0: said, and the other side has not yet. */
		if ((r = SSL_shutdown(c->ssl)) < 0 &&
		    conn_wants(c, r) == STEP_WAIT)
			return STEP_WAIT;
		c->out.shut = 1;
		return STEP_MORE;
	}
	if ((r = SSL_write(c->ssl, c->out.buf + c->out.off,
	    (int)c->out.len)) <= 0)
		return conn_wants(c, r);
	pump_drain(&c->out, (size_t)r);
	return STEP_MORE;
}

/* Moves what can be moved; STEP_END: the connection is over. */
static enum step
conn_move(struct conn *c)
{
	static enum step	 (*const steps[])(struct conn *) = {
		conn_read_tls, conn_write_pair, conn_read_pair, conn_write_tls
	};
	enum step		 step;
	size_t			 i;
	int			 moved = 0;

	c->net_want = c->pair_want = 0;
	for (i = 0; i < nitems(steps); i++) {
		if ((step = steps[i](c)) == STEP_END)
			return STEP_END;
		moved |= step == STEP_MORE;
	}
	if (c->in.shut && c->out.shut)
		return STEP_END;
	return moved ? STEP_MORE : STEP_WAIT;
}

static void
conn_watch(struct event *ev, int fd, short want, struct conn *c)
{
	(void)event_del(ev);
	if (want != 0 && (event_assign(ev, base, fd, want, conn_event,
	    c) == -1 || event_add(ev, NULL) == -1))
		fatalx("event_add");
}

static void
conn_event(int fd, short what, void *arg)
{
	struct conn	*c = arg;
	enum step	 step = STEP_MORE;
	int		 i;

	(void)fd;
	(void)what;
	c->net_want = 0;
	if (conn_handshake(c) == -1)
		return;
	for (i = 0; i < PUMP_ROUNDS && step == STEP_MORE; i++)
		step = conn_move(c);
	if (step == STEP_END) {
		conn_free(c);
		return;
	}
	conn_watch(&c->net_ev, c->net, c->net_want, c);
	conn_watch(&c->pair_ev, c->pair, c->pair_want, c);
	/* It was busy, and others had to wait: soon again. */
	if (step == STEP_MORE)
		event_active(&c->pair_ev, EV_READ, 0);
}

static void
conn_expired(int fd, short what, void *arg)
{
	struct timeval	 tv = { LINGER_SECONDS, 0 };
	struct conn	*c = arg;
	struct pollfd	 pfd = { .fd = c->pair, .events = 0 };

	(void)fd;
	(void)what;
	if (c->pair == -1) {
		conn_fail(c, "no answer in time");
		return;
	}
	/* One end of it is shut: has the other been closed, too? */
	if (poll(&pfd, 1, 0) == 1 && (pfd.revents & (POLLHUP | POLLERR)) != 0)
		conn_free(c);
	else if (evtimer_add(&c->timer, &tv) == -1)
		fatalx("evtimer_add");
}
