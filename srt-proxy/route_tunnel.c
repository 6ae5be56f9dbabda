/* SPDX-License-Identifier: ISC */

/*
 * Asks a proxy for a tunnel, by CONNECT or by SOCKS 5.  What follows its
 * answer belongs to the tunnel and stays in the socket: the answer is looked
 * at first and then read to its last byte and no further.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_parse.h"
#include "log.h"
#include "proxy.h"
#include "socks_parse.h"

#define TUNNEL_WHY	320	/* bytes of a reason, with its NUL */
#define TUNNEL_PHRASE	80	/* bytes that are told of a proxy's words */

/* RFC 1928, section 4. */
enum {
	ATYP_INET = 1,
	ATYP_NAME = 3,
	ATYP_INET6 = 4
};

struct tunnel {
	const struct route	*route;
	const struct dest	*dest;
	tunnel_fn		 fn;
	void			*arg;
	struct event		 ev;
	int			 fd;
	int			 asked;		/* SOCKS: the request is out */
	struct http_buf		 out;
	size_t			 sent;
	struct http_scan	 scan;
	size_t			 len;
	char			 in[HTTP_HEAD_MAX + 1];
};

static void	 tunnel_event(int, short, void *);
static void	 tunnel_fail(struct tunnel *, const char *);

/* Has the descriptor watched for what comes next. */
static void
tunnel_wait(struct tunnel *t, short what)
{
	(void)event_del(&t->ev);
	if (event_assign(&t->ev, proxy_base, t->fd, what, tunnel_event,
	    t) == -1 || event_add(&t->ev, NULL) == -1)
		fatalx("event_add");
}

static void
tunnel_write_connect(struct tunnel *t)
{
	struct http_buf	*b = &t->out;

	http_buf_puts(b, "CONNECT ");
	http_write_authority(b, t->dest->host.name, t->dest->port);
	http_buf_puts(b, " HTTP/1.1\r\nHost: ");
	http_write_authority(b, t->dest->host.name, t->dest->port);
	http_buf_puts(b, "\r\n");
	if (t->route->auth != NULL) {
		http_buf_puts(b, "Proxy-Authorization: Basic ");
		http_buf_puts(b, t->route->auth);
		http_buf_puts(b, "\r\n");
	}
	http_buf_puts(b, "\r\n");
}

/* RFC 1928, section 4; names are the proxy's to look up. */
static void
tunnel_write_socks(struct tunnel *t)
{
	static const char	 head[] = { SOCKS_VERSION, SOCKS_CONNECT, 0 };
	const struct host	*h = &t->dest->host;
	unsigned char		 byte[2];

	http_buf_put(&t->out, head, sizeof(head));
	byte[0] = h->kind == HOST_INET ? ATYP_INET :
	    h->kind == HOST_INET6 ? ATYP_INET6 : ATYP_NAME;
	http_buf_put(&t->out, byte, 1);
	if (h->kind == HOST_NAME) {
		byte[0] = (unsigned char)strlen(h->name);
		http_buf_put(&t->out, byte, 1);
		http_buf_puts(&t->out, h->name);
	} else
		http_buf_put(&t->out, h->addr, h->kind == HOST_INET ? 4 : 16);
	byte[0] = (unsigned char)(t->dest->port >> 8);
	byte[1] = (unsigned char)(t->dest->port & 0xff);
	http_buf_put(&t->out, byte, 2);
}

struct tunnel *
tunnel_start(int fd, const struct route *route, const struct dest *dest,
    tunnel_fn fn, void *arg)
{
	static const char	 greeting[] = { SOCKS_VERSION, 1, 0 };
	struct tunnel		*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		fatal("calloc");
	t->route = route;
	t->dest = dest;
	t->fn = fn;
	t->arg = arg;
	t->fd = fd;
	http_buf_init(&t->out, HTTP_OUT_MAX);
	if (route->kind == ROUTE_SOCKS)
		http_buf_put(&t->out, greeting, sizeof(greeting));
	else
		tunnel_write_connect(t);
	if (http_buf_failed(&t->out) == -1)
		fatal("http_buf");
	if (event_assign(&t->ev, proxy_base, fd, EV_WRITE, tunnel_event,
	    t) == -1 || event_add(&t->ev, NULL) == -1)
		fatalx("event_add");
	return t;
}

static void
tunnel_free(struct tunnel *t)
{
	(void)event_del(&t->ev);
	/* It may hold a password. */
	if (t->out.data != NULL)
		explicit_bzero(t->out.data, t->out.len);
	http_buf_free(&t->out);
	free(t);
}

void
tunnel_cancel(struct tunnel *t)
{
	(void)close(t->fd);
	tunnel_free(t);
}

static void
tunnel_done(struct tunnel *t)
{
	tunnel_fn	 fn = t->fn;
	void		*arg = t->arg;
	int		 fd = t->fd;

	tunnel_free(t);
	fn(arg, fd, NULL);
}

static void
tunnel_fail(struct tunnel *t, const char *what)
{
	tunnel_fn	 fn = t->fn;
	void		*arg = t->arg;
	char		 why[TUNNEL_WHY];

	(void)snprintf(why, sizeof(why), "%s %s", route_name(t->route), what);
	tunnel_cancel(t);
	fn(arg, -1, why);
}

/* It said no: with which words? */
static void
tunnel_refused(struct tunnel *t, const struct http_response *resp)
{
	char	 raw[TUNNEL_PHRASE], phrase[REASON_MAX], what[TUNNEL_WHY];
	size_t	 n = resp->phrase.len;

	if (n > sizeof(raw) - 1)
		n = sizeof(raw) - 1;
	if (n > 0)
		memcpy(raw, resp->phrase.p, n);
	raw[n] = '\0';
	reason_phrase(phrase, sizeof(phrase), raw);
	(void)snprintf(what, sizeof(what), "answered %d%s%.*s", resp->status,
	    phrase[0] == '\0' ? "" : " ", TUNNEL_PHRASE, phrase);
	tunnel_fail(t, what);
}

/* What has come in, not yet taken from the socket; -1: it is over. */
static ssize_t
tunnel_peek(struct tunnel *t, size_t want)
{
	ssize_t	n;

	do {
		n = recv(t->fd, t->in + t->len, want, MSG_PEEK);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno == EAGAIN) {
		tunnel_wait(t, EV_READ);
		return -1;
	}
	if (n <= 0) {
		tunnel_fail(t, n == 0 ? "closed the connection" :
		    "broke the connection");
		return -1;
	}
	return n;
}

/* Takes so many bytes that have been looked at. */
static int
tunnel_take(struct tunnel *t, size_t len)
{
	ssize_t	n;

	while (len > 0) {
		n = recv(t->fd, t->in + t->len, len, 0);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			tunnel_fail(t, "broke the connection");
			return -1;
		}
		t->len += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static void
tunnel_read_connect(struct tunnel *t)
{
	static const struct http_meta	 meta = {
		.minor = 1,
		.flags = HTTP_CONNECT
	};
	struct http_response		 resp;
	ssize_t				 n;

	if ((n = tunnel_peek(t, sizeof(t->in) - t->len)) == -1)
		return;
	switch (http_parse_response(t->in, t->len + (size_t)n, &t->scan,
	    &meta, &resp)) {
	case HTTP_MORE:
		if (t->len + (size_t)n >= sizeof(t->in))
			tunnel_fail(t, "sent an answer without end");
		else if (tunnel_take(t, (size_t)n) == 0)
			tunnel_wait(t, EV_READ);
		return;
	case HTTP_ERROR:
		log_debug("%s: %s", route_name(t->route), resp.why);
		tunnel_fail(t, t->len + (size_t)n >= HTTP_HEAD_MAX ?
		    "sent an answer of more than 16384 bytes" :
		    "sent a malformed answer");
		return;
	case HTTP_DONE:
		break;
	}
	if ((resp.meta.flags & HTTP_CONNECT) == 0) {
		tunnel_refused(t, &resp);
		return;
	}
	if (tunnel_take(t, resp.consumed - t->len) == 0)
		tunnel_done(t);
}

/* How long an answer is, as far as can be told (RFC 1928, section 6). */
static size_t
tunnel_socks_want(const struct tunnel *t)
{
	const unsigned char	*p = (const unsigned char *)t->in;

	if (!t->asked)
		return 2;
	if (t->len < 5)
		return 5;
	switch (p[3]) {
	case ATYP_INET:
		return 4 + 4 + 2;
	case ATYP_INET6:
		return 4 + 16 + 2;
	case ATYP_NAME:
		return 4 + 1 + (size_t)p[4] + 2;
	default:
		return 0;
	}
}

static void
tunnel_socks_answer(struct tunnel *t)
{
	const unsigned char	*p = (const unsigned char *)t->in;
	char			 what[64];

	if (!t->asked) {
		if (p[0] != SOCKS_VERSION || p[1] != SOCKS_METHOD_NONE) {
			tunnel_fail(t, "asks for a password");
			return;
		}
		t->asked = 1;
		t->len = t->sent = 0;
		http_buf_free(&t->out);
		http_buf_init(&t->out, HTTP_OUT_MAX);
		tunnel_write_socks(t);
		if (http_buf_failed(&t->out) == -1)
			fatal("http_buf");
		tunnel_wait(t, EV_WRITE);
		return;
	}
	if (p[0] != SOCKS_VERSION)
		tunnel_fail(t, "sent a malformed answer");
	else if (p[1] != SOCKS_OK) {
		(void)snprintf(what, sizeof(what), "answered with code %u",
		    p[1]);
		tunnel_fail(t, what);
	} else
		tunnel_done(t);
}

static void
tunnel_read_socks(struct tunnel *t)
{
	ssize_t	n;
	size_t	want;

	while ((want = tunnel_socks_want(t)) > t->len) {
		if ((n = tunnel_peek(t, want - t->len)) == -1 ||
		    tunnel_take(t, (size_t)n) == -1)
			return;
	}
	if (want == 0)
		tunnel_fail(t, "sent a malformed answer");
	else
		tunnel_socks_answer(t);
}

static void
tunnel_event(int fd, short what, void *arg)
{
	struct tunnel	*t = arg;
	ssize_t		 n;

	if ((what & EV_READ) != 0) {
		if (t->route->kind == ROUTE_SOCKS)
			tunnel_read_socks(t);
		else
			tunnel_read_connect(t);
		return;
	}
	while (t->sent < t->out.len) {
		n = send(fd, t->out.data + t->sent, t->out.len - t->sent,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			tunnel_wait(t, EV_WRITE);
			return;
		}
		if (n == -1) {
			tunnel_fail(t, "broke the connection");
			return;
		}
		t->sent += (size_t)n;
	}
	tunnel_wait(t, EV_READ);
}
