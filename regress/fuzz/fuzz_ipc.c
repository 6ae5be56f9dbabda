/* SPDX-License-Identifier: ISC */

/*
 * A peer of a role gone bad: the bytes are a series of messages with types,
 * payloads and descriptors of any kind, most of them well-formed, so that
 * they come as far as the table and the receivers.  What a role may be told
 * it is told; everything else ends it, and no descriptor stays behind.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "ipc.h"
#include "log.h"
#include "violation.h"

#define TYPE_FD		20	/* of the table below, beside the real ones */
#define TYPE_U32	21
#define TYPE_STR	22

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
const char *__asan_default_options(void);

static void	 recv_any(struct ipc_peer *, struct imsg *);

static const struct ipc_rule	 table[] = {
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, recv_any },
	{ IMSG_CTL_CFG_END, 0, 0, IPC_NOFD, IPC_PHASE_CONFIG, recv_any },
	{ IMSG_CTL_LOG, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_ANY, recv_any },
	{ TYPE_FD, 4, 4, IPC_WITHFD, IPC_PHASE_CONFIG | IPC_PHASE_RUN,
	    recv_any },
	{ TYPE_U32, 4, 4, IPC_NOFD, IPC_PHASE_CONFIG, recv_any },
	{ TYPE_STR, 4, IPC_STRING_MAX + 4, IPC_NOFD, IPC_PHASE_RUN,
	    recv_any },
	{ IMSG_EXEC_ARGV, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_CONFIG,
	    recv_any },
	{ IMSG_EXEC_FAILED, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    recv_any },
	{ IMSG_MON_VIOLATION, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    recv_any },
	{ IMSG_MON_ACCESS, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    recv_any }
};

static jmp_buf		 died;
static struct imsg	*current;
static struct ipc_strv	 strv;
static int		 is_gone;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* Who dies frees nothing. */
const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

/* log.c's, without an end of the process. */
void
fatal(const char *fmt, ...)
{
	(void)fmt;
	longjmp(died, 1);
}

void
fatalx(const char *fmt, ...)
{
	(void)fmt;
	longjmp(died, 1);
}

void
log_warn(const char *fmt, ...)
{
	(void)fmt;
}

void
log_warnx(const char *fmt, ...)
{
	(void)fmt;
}

void
log_init(const char *name, enum log_level level)
{
	check(name != NULL && level <= LOG_LEVEL_DEBUG);
}

enum log_level
log_getlevel(void)
{
	return LOG_LEVEL_WARN;
}

void
log_setsink(void (*fn)(enum log_level, const char *))
{
	(void)fn;
}

static void
gone(struct ipc_peer *peer)
{
	check(!peer->open && !is_gone);
	is_gone = 1;
}

static void
recv_words(struct imsg *imsg)
{
	char	**v;
	size_t	  i, n = 0;

	ipc_recv_strv(imsg, &strv);
	if (!strv.done)
		return;
	v = ipc_strv_vector(&strv);
	for (i = 0; v[i] != NULL; i++)
		n += strlen(v[i]) + 1;
	check(n == strv.len);
	free(v);
}

static void
recv_events(struct imsg *imsg)
{
	struct violation	 v;
	struct access		 a;
	uint64_t		 lost;

	if (imsg_get_type(imsg) == IMSG_MON_VIOLATION) {
		ipc_recv_violation(imsg, &v, &lost);
		violation_clear(&v);
		return;
	}
	ipc_recv_access(imsg, &a, &lost);
	check(a.way < ACCESS_WAY_MAX && a.port <= UINT16_MAX);
	access_clear(&a);
}

/* What the table lets through is as the table says. */
static void
check_rule(const struct ipc_peer *peer, struct imsg *imsg)
{
	const struct ipc_rule	*r;
	size_t			 len = imsg_get_len(imsg);

	for (r = table; r->type != imsg_get_type(imsg); r++)
		check(r < table + nitems(table) - 1);
	check((r->phases & peer->phase) != 0);
	check(len >= r->min && len <= r->max);
}

static void
recv_any(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 n;
	int		 fd;

	current = imsg;
	check_rule(peer, imsg);
	switch (imsg_get_type(imsg)) {
	case IMSG_CTL_HELLO:
		ipc_recv_hello(imsg, ROLE_PROXY);
		ipc_phase(peer, IPC_PHASE_CONFIG);
		break;
	case IMSG_CTL_CFG_END:
		ipc_phase(peer, IPC_PHASE_RUN);
		break;
	case IMSG_CTL_LOG:
		free(ipc_recv_log(imsg, &n));
		check(n <= LOG_LEVEL_DEBUG);
		break;
	case IMSG_EXEC_FAILED:
		free(ipc_recv_failed(imsg, &n));
		break;
	case IMSG_EXEC_ARGV:
		recv_words(imsg);
		break;
	case TYPE_FD:
		check((fd = imsg_get_fd(imsg)) != -1);
		(void)close(fd);
		/* FALLTHROUGH */
	case TYPE_U32:
		(void)ipc_recv_u32(imsg);
		break;
	case TYPE_STR:
		free(ipc_recv_str(imsg));
		break;
	default:
		recv_events(imsg);
		break;
	}
	current = NULL;
}

/* A payload: numbers and strings, or bytes as they are. */
static void
add_payload(struct ibuf *buf, const uint8_t *p, size_t len)
{
	static const struct ipc_hello	 hello = {
		IPC_VERSION, ROLE_PROXY, LOG_LEVEL_INFO
	};
	uint32_t			 n;
	uint64_t			 n64;

	while (len > 1) {
		n = p[1];
		n64 = n;
		switch (p[0] % 5) {
		case 0:
			(void)imsg_add(buf, &n, sizeof(n));
			break;
		case 1:
			(void)imsg_add(buf, &n64, sizeof(n64));
			break;
		case 2:
			/* A length, and so many bytes or fewer. */
			(void)imsg_add(buf, &n, sizeof(n));
			if (n > len - 2)
				n = (uint32_t)len - 2;
			(void)imsg_add(buf, p + 2, n);
			p += n;
			len -= n;
			break;
		case 3:
			(void)imsg_add(buf, p + 1, 1);
			break;
		default:
			(void)imsg_add(buf, &hello, sizeof(hello));
			break;
		}
		p += 2;
		len -= 2;
	}
}

/* {type, descriptor or rawness, length of what follows} */
static size_t
send_one(struct imsgbuf *out, const uint8_t *p, size_t len)
{
	static const uint32_t	 types[] = {
		IMSG_CTL_HELLO, IMSG_CTL_CFG_END, IMSG_CTL_LOG, TYPE_FD,
		TYPE_U32, TYPE_STR, IMSG_EXEC_ARGV, IMSG_EXEC_FAILED,
		IMSG_MON_VIOLATION, IMSG_MON_ACCESS, 0, IMSG_TYPE_MAX,
		UINT32_MAX, IMSG_CTL_PEER
	};
	struct ibuf		*buf;
	size_t			 n = p[2];
	int			 fd;

	if (n > len - 3)
		n = len - 3;
	if (p[1] >= 0xf0) {
		(void)send(out->fd, p + 3, n, MSG_NOSIGNAL);
		return n + 3;
	}
	buf = imsg_create(out, types[p[0] % nitems(types)], p[0], 0, 0);
	check(buf != NULL);
	add_payload(buf, p + 3, n);
	if (p[1] % 4 == 1 && (fd = open("/dev/null", O_RDONLY |
	    O_CLOEXEC)) != -1)
		ibuf_fd_set(buf, fd);
	imsg_close(out, buf);
	(void)imsgbuf_flush(out);
	return n + 3;
}

/* Until the peer is gone, or there is no more. */
static void
send_all(struct ipc_peer *peer, struct imsgbuf *out, const uint8_t *p,
    size_t len)
{
	size_t	 n;

	while (len > 3 && peer->open) {
		n = send_one(out, p, len);
		p += n;
		len -= n;
		(void)ipc_dispatch(peer);
	}
}

/* Apart from that: what setjmp(3) returns into must not have changed. */
static void
run(struct ipc_peer *peer, struct imsgbuf *out, const uint8_t *p, size_t len)
{
	if (setjmp(died) == 0) {
		send_all(peer, out, p, len);
		return;
	}
	if (current != NULL)
		imsg_free(current);
	current = NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ipc_peer	 peer;
	struct imsgbuf	 out;
	int		 sv[2], next;

	if ((next = open("/dev/null", O_RDONLY)) == -1)
		return 0;
	(void)close(next);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == -1 ||
	    imsgbuf_init(&out, sv[1]) == -1)
		abort();
	imsgbuf_allow_fdpass(&out);
	is_gone = 0;
	current = NULL;
	memset(&strv, 0, sizeof(strv));
	ipc_open(&peer, NULL, sv[0], ROLE_PARENT, table, nitems(table), gone);
	run(&peer, &out, data, len);
	check(peer.open != is_gone);
	ipc_close(&peer);
	free(strv.buf);
	imsgbuf_clear(&out);
	(void)close(sv[1]);
	check((sv[0] = open("/dev/null", O_RDONLY)) == next);
	(void)close(sv[0]);
	return 0;
}
