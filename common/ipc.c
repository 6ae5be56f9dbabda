/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc.h"
#include "log.h"

/* A peer that does not read for so long is taken for dead, milliseconds. */
#define IPC_FLUSH_TIMEOUT	5000

/* A piece of a vector, well below MAX_IMSGSIZE. */
#define IPC_PIECE		(MAX_IMSGSIZE - 1024)

static const char *const role_names[] = {
	[ROLE_PARENT] = "srt",
	[ROLE_PROXY] = "srt-proxy",
	[ROLE_EXEC] = "srt-exec",
	[ROLE_MONITOR] = "srt-monitor",
	[ROLE_RESOLVER] = "srt-proxy resolver",
	[ROLE_BROKER] = "srt-exec broker",
	[ROLE_KEEPER] = "srt keeper",
	[ROLE_TLS] = "srt-tls",
	[ROLE_DIALER] = "srt",
	[ROLE_INIT] = "srt-exec pid 1"
};

static struct ipc_peer	*log_peer;

static void	 ipc_gone(struct ipc_peer *);
static void	 ipc_last_words(struct ipc_peer *);
static int	 ipc_accept(struct ipc_peer *, struct imsg *);

const char *
role_name(enum role role)
{
	if ((size_t)role >= nitems(role_names))
		return "unknown role";
	return role_names[role];
}

void
ipc_open(struct ipc_peer *peer, struct event_base *base, int fd,
    enum role role, const struct ipc_rule *rules, size_t nrules,
    void (*gone)(struct ipc_peer *))
{
	memset(peer, 0, sizeof(*peer));
	if (imsgbuf_init(&peer->ibuf, fd) == -1)
		fatal("%s: pipe", role_name(role));
	imsgbuf_allow_fdpass(&peer->ibuf);
	peer->base = base;
	peer->rules = rules;
	peer->nrules = nrules;
	peer->phase = IPC_PHASE_HELLO;
	peer->role = role;
	peer->gone = gone;
	peer->open = 1;

	if (base != NULL)
		ipc_watch(peer);
}

void
ipc_close(struct ipc_peer *peer)
{
	if (!peer->open)
		return;
	peer->open = 0;
	if (log_peer == peer)
		ipc_log_to(NULL);
	if (peer->base != NULL)
		ipc_unwatch(peer);
	imsgbuf_clear(&peer->ibuf);
	(void)close(peer->ibuf.fd);
	peer->ibuf.fd = -1;
}

void
ipc_phase(struct ipc_peer *peer, enum ipc_phase phase)
{
	peer->phase = phase;
}

static void
ipc_gone(struct ipc_peer *peer)
{
	ipc_close(peer);
	peer->gone(peer);
}

/*
 * The peer reads no more.  Why, it may have said before: what is still in
 * the pipe is read, up to its end.
 */
static void
ipc_last_words(struct ipc_peer *peer)
{
	struct pollfd	 pfd;

	while (peer->open) {
		pfd.fd = peer->ibuf.fd;
		pfd.events = POLLIN;
		if (poll(&pfd, 1, 0) != 1 || ipc_dispatch(peer) == -1)
			break;
	}
	if (peer->open)
		ipc_gone(peer);
}

void
ipc_finish(struct ipc_peer *peer)
{
	if (peer->open)
		ipc_last_words(peer);
}

int
ipc_dispatch(struct ipc_peer *peer)
{
	struct imsg	 imsg;
	int		 n;

	if ((n = imsgbuf_read(&peer->ibuf)) == -1 && errno != ECONNRESET) {
		log_warn("%s: read", role_name(peer->role));
		peer->broken = 1;
	}
	if (n != 1) {
		ipc_gone(peer);
		return -1;
	}
	while (peer->open) {
		if ((n = imsgbuf_get(&peer->ibuf, &imsg)) == 0)
			return 1;
		if (n == -1) {
			log_warn("%s: malformed message",
			    role_name(peer->role));
			peer->broken = 1;
			ipc_gone(peer);
			return -1;
		}
		n = ipc_accept(peer, &imsg);
		imsg_free(&imsg);
		if (n == -1) {
			peer->broken = 1;
			ipc_gone(peer);
			return -1;
		}
	}
	return -1;
}

/* Finds the rule for a message, checks it, runs its handler. */
static int
ipc_accept(struct ipc_peer *peer, struct imsg *imsg)
{
	const struct ipc_rule	*rule = NULL;
	const char		*name = role_name(peer->role);
	uint32_t		 type = imsg_get_type(imsg);
	size_t			 i, len = imsg_get_len(imsg);

	for (i = 0; i < peer->nrules; i++) {
		if (peer->rules[i].type == type) {
			rule = &peer->rules[i];
			break;
		}
	}
	if (rule == NULL) {
		log_warnx("%s: message %u is not allowed", name, type);
		return -1;
	}
	if ((rule->phases & peer->phase) == 0) {
		log_warnx("%s: message %u is not allowed now", name, type);
		return -1;
	}
	if (len < rule->min || len > rule->max) {
		log_warnx("%s: message %u of %zu bytes", name, type, len);
		return -1;
	}
	if ((rule->fd == IPC_WITHFD) != (ibuf_fd_avail(imsg->buf) != 0)) {
		log_warnx("%s: message %u %s descriptor", name, type,
		    rule->fd == IPC_WITHFD ? "without its" : "with a");
		return -1;
	}
	rule->handler(peer, imsg);
	return 0;
}

void
ipc_write(struct ipc_peer *peer)
{
	if (imsgbuf_write(&peer->ibuf) == -1) {
		if (errno != EPIPE && errno != ECONNRESET)
			log_warn("%s: write", role_name(peer->role));
		ipc_last_words(peer);
		return;
	}
	ipc_queue(peer);
}

void
ipc_queue(struct ipc_peer *peer)
{
	if (peer->open && peer->base != NULL &&
	    imsgbuf_queuelen(&peer->ibuf) > 0)
		ipc_watch_write(peer);
}

int
ipc_flush(struct ipc_peer *peer)
{
	struct pollfd	 pfd;
	int		 n;

	while (peer->open && imsgbuf_queuelen(&peer->ibuf) > 0) {
		pfd.fd = peer->ibuf.fd;
		pfd.events = POLLOUT;
		n = poll(&pfd, 1, IPC_FLUSH_TIMEOUT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n != 1) {
			ipc_gone(peer);
			return -1;
		}
		if (imsgbuf_write(&peer->ibuf) == -1) {
			ipc_last_words(peer);
			return -1;
		}
	}
	return peer->open ? 0 : -1;
}

/* Sending. */

struct ibuf *
ipc_create(struct ipc_peer *peer, uint32_t type)
{
	struct ibuf	*buf;

	if ((buf = imsg_create(&peer->ibuf, type, 0, 0, 0)) == NULL)
		fatal("%s: message %u", role_name(peer->role), type);
	return buf;
}

static void
ipc_add(struct ibuf *buf, const void *data, size_t len)
{
	if (len > 0 && imsg_add(buf, data, len) == -1)
		fatal("message too long");
}

void
ipc_add_u32(struct ibuf *buf, uint32_t value)
{
	ipc_add(buf, &value, sizeof(value));
}

void
ipc_add_u64(struct ibuf *buf, uint64_t value)
{
	ipc_add(buf, &value, sizeof(value));
}

void
ipc_add_str(struct ibuf *buf, const char *s)
{
	size_t	 len = strlen(s);

	if (len >= IPC_STRING_MAX)
		fatalx("a string of %zu bytes is too long for a message", len);
	ipc_add_u32(buf, (uint32_t)len);
	ipc_add(buf, s, len);
}

void
ipc_commit(struct ipc_peer *peer, struct ibuf *buf)
{
	if (!peer->open) {
		ibuf_free(buf);
		return;
	}
	imsg_close(&peer->ibuf, buf);
	ipc_queue(peer);
}

void
ipc_send(struct ipc_peer *peer, uint32_t type, int fd, const void *data,
    size_t len)
{
	if (!peer->open) {
		if (fd != -1)
			(void)close(fd);
		return;
	}
	if (imsg_compose(&peer->ibuf, type, 0, 0, fd, data, len) == -1)
		fatal("%s: message %u", role_name(peer->role), type);
	ipc_queue(peer);
}

void
ipc_send_u32(struct ipc_peer *peer, uint32_t type, int fd, uint32_t value)
{
	ipc_send(peer, type, fd, &value, sizeof(value));
}

void
ipc_send_str(struct ipc_peer *peer, uint32_t type, const char *s)
{
	struct ibuf	*buf = ipc_create(peer, type);

	ipc_add_str(buf, s);
	ipc_commit(peer, buf);
}

void
ipc_send_strv(struct ipc_peer *peer, uint32_t type, char *const *strv)
{
	char	 piece[IPC_PIECE];
	size_t	 fill = 0, len, n;
	const char *p;

	for (; *strv != NULL; strv++) {
		p = *strv;
		len = strlen(p) + 1;
		while (len > 0) {
			n = sizeof(piece) - fill;
			if (n > len)
				n = len;
			memcpy(piece + fill, p, n);
			fill += n;
			p += n;
			len -= n;
			if (fill == sizeof(piece)) {
				ipc_send(peer, type, -1, piece, fill);
				fill = 0;
			}
		}
	}
	if (fill > 0)
		ipc_send(peer, type, -1, piece, fill);
	ipc_send(peer, type, -1, NULL, 0);
}

static void
ipc_send_text(struct ipc_peer *peer, uint32_t type, uint32_t number,
    const char *text)
{
	struct ibuf	*buf = ipc_create(peer, type);

	ipc_add_u32(buf, number);
	ipc_add_str(buf, text);
	ipc_commit(peer, buf);
}

void
ipc_send_log(struct ipc_peer *peer, uint32_t level, const char *text)
{
	ipc_send_text(peer, IMSG_CTL_LOG, level, text);
}

void
ipc_send_failed(struct ipc_peer *peer, uint32_t status, const char *text)
{
	ipc_send_text(peer, IMSG_EXEC_FAILED, status, text);
}

void
ipc_send_hello(struct ipc_peer *peer)
{
	struct ipc_hello	 hello = {
		.version = IPC_VERSION,
		.role = (uint32_t)peer->role,
		.log_level = (uint32_t)log_getlevel()
	};

	ipc_send(peer, IMSG_CTL_HELLO, -1, &hello, sizeof(hello));
}

static void
ipc_log_sink(enum log_level level, const char *text)
{
	struct ipc_peer	*peer = log_peer;
	uint32_t	 limit;

	if (peer == NULL)
		return;
	/* Whatever goes wrong on the way must not come back here. */
	log_peer = NULL;
	/* A parent that is stopped must not cost memory; warnings have more. */
	limit = level == LOG_LEVEL_WARN ? IPC_QUEUE_MAX : IPC_QUEUE_MAX / 2;
	if (level == LOG_LEVEL_FATAL ||
	    imsgbuf_queuelen(&peer->ibuf) < limit)
		ipc_send_log(peer, (uint32_t)level, text);
	if (level == LOG_LEVEL_FATAL)
		(void)ipc_flush(peer);
	else
		log_peer = peer;
}

void
ipc_log_to(struct ipc_peer *peer)
{
	log_peer = peer;
	log_setsink(peer == NULL ? NULL : ipc_log_sink);
}

/* Receiving. */

uint32_t
ipc_get_u32(struct ibuf *buf)
{
	uint32_t	 value;

	if (ibuf_get(buf, &value, sizeof(value)) == -1)
		fatalx("short message");
	return value;
}

uint64_t
ipc_get_u64(struct ibuf *buf)
{
	uint64_t	 value;

	if (ibuf_get(buf, &value, sizeof(value)) == -1)
		fatalx("short message");
	return value;
}

char *
ipc_get_str(struct ibuf *buf)
{
	uint32_t	 len = ipc_get_u32(buf);
	char		*s;

	if (len >= IPC_STRING_MAX)
		fatalx("a string of %u bytes in a message", len);
	if ((s = malloc((size_t)len + 1)) == NULL)
		fatal("malloc");
	if (len > 0 && ibuf_get(buf, s, len) == -1)
		fatalx("short message");
	s[len] = '\0';
	if (strlen(s) != len)
		fatalx("a NUL in a string of a message");
	return s;
}

void
ipc_get_end(struct ibuf *buf)
{
	if (ibuf_size(buf) != 0)
		fatalx("%zu bytes too many in a message", ibuf_size(buf));
}

void
ipc_recv_ibuf(struct imsg *imsg, struct ibuf *buf)
{
	if (imsg_get_ibuf(imsg, buf) == -1)
		fatalx("empty message");
}

uint32_t
ipc_recv_u32(struct imsg *imsg)
{
	struct ibuf	 buf;
	uint32_t	 value;

	ipc_recv_ibuf(imsg, &buf);
	value = ipc_get_u32(&buf);
	ipc_get_end(&buf);
	return value;
}

char *
ipc_recv_str(struct imsg *imsg)
{
	struct ibuf	 buf;
	char		*s;

	ipc_recv_ibuf(imsg, &buf);
	s = ipc_get_str(&buf);
	ipc_get_end(&buf);
	return s;
}

static char *
ipc_recv_text(struct imsg *imsg, uint32_t *number)
{
	struct ibuf	 buf;
	char		*text;

	ipc_recv_ibuf(imsg, &buf);
	*number = ipc_get_u32(&buf);
	text = ipc_get_str(&buf);
	ipc_get_end(&buf);
	return text;
}

char *
ipc_recv_log(struct imsg *imsg, uint32_t *level)
{
	char	*text = ipc_recv_text(imsg, level);

	if (*level > LOG_LEVEL_DEBUG)
		fatalx("log level %u", *level);
	return text;
}

char *
ipc_recv_failed(struct imsg *imsg, uint32_t *status)
{
	return ipc_recv_text(imsg, status);
}

void
ipc_recv_hello(struct imsg *imsg, enum role self)
{
	struct ipc_hello	 hello;

	if (imsg_get_data(imsg, &hello, sizeof(hello)) == -1)
		fatalx("malformed greeting");
	if (hello.version != IPC_VERSION)
		fatalx("protocol version %u, not %d: the programs of srt are "
		    "not of one installation", hello.version, IPC_VERSION);
	if (hello.role != (uint32_t)self)
		fatalx("greeted as role %u", hello.role);
	if (hello.log_level > LOG_LEVEL_DEBUG)
		fatalx("greeted with log level %u", hello.log_level);
	if (self != ROLE_PARENT)
		log_init(role_name(self), hello.log_level);
}

void
ipc_recv_strv(struct imsg *imsg, struct ipc_strv *strv)
{
	struct ibuf	 buf;
	size_t		 len = imsg_get_len(imsg);
	char		*fresh;

	if (strv->done)
		fatalx("a piece after the last");
	if (len == 0) {
		if (strv->len > 0 && strv->buf[strv->len - 1] != '\0')
			fatalx("the last word is cut");
		strv->done = 1;
		return;
	}
	if (len > IPC_STRV_MAX - strv->len)
		fatalx("more than %d bytes of words", IPC_STRV_MAX);
	if ((fresh = realloc(strv->buf, strv->len + len)) == NULL)
		fatal("realloc");
	strv->buf = fresh;
	ipc_recv_ibuf(imsg, &buf);
	if (ibuf_get(&buf, strv->buf + strv->len, len) == -1)
		fatalx("short message");
	strv->len += len;
}

char **
ipc_strv_vector(const struct ipc_strv *strv)
{
	char	**v;
	size_t	  i, n = 0;
	int	  start = 1;

	for (i = 0; i < strv->len; i++)
		if (strv->buf[i] == '\0')
			n++;
	if ((v = reallocarray(NULL, n + 1, sizeof(*v))) == NULL)
		fatal("reallocarray");
	for (i = 0, n = 0; i < strv->len; i++) {
		if (start)
			v[n++] = strv->buf + i;
		start = strv->buf[i] == '\0';
	}
	v[n] = NULL;
	return v;
}
