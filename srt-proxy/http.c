/* SPDX-License-Identifier: ISC */

/*
 * The HTTP/1.1 forward proxy: one request of a client connection after the
 * other.  The heads are parsed and written anew, the bodies stream in either
 * direction at the same time.  A connection to a server is used again for
 * the same host and port: by the client connection that made it and, once
 * that has ended, by others (pool.c).  Each request is decided for itself.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"
#include "log.h"
#include "proxy.h"
#include "token.h"

static size_t	 http_read_request(struct half *, const char *, size_t);
static size_t	 http_read_body(struct half *, const char *, size_t);
static size_t	 http_hold(struct half *, const char *, size_t);
static void	 http_request(struct session *, const struct http_request *);
static void	 http_request_connect(struct session *,
		    const struct http_request *);
static void	 http_request_plain(struct session *,
		    const struct http_request *);
static int	 http_authorized(const struct http_request *);
static int	 http_login(const struct http_request *);
static int	 http_reusable(struct half *);
static int	 http_take(struct session *);
static void	 http_connected(void *, enum connect_status, int,
		    const char *);
static void	 http_tunnel(void *, enum connect_status, int, const char *);
static int	 http_failed(struct session *, enum connect_status,
		    const char *);
static void	 http_forward(struct session *);
static void	 http_request_done(struct session *);
static int	 http_keeps(const struct http *);
static unsigned int http_flags(const struct http *);
static void	 http_answered(struct session *, struct http_buf *, int);
static void	 http_expired(struct session *);

void
http_accept(struct session *s)
{
	if ((s->http = calloc(1, sizeof(*s->http))) == NULL) {
		session_abort(s);
		return;
	}
	http_buf_init(&s->http->head, HTTP_OUT_MAX);
	session_timeout(s, TIMEOUT_FIRST, session_close);
	s->client.phase = http_read_request;
	half_update(&s->client);
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_buf_free(&http->head);
	free(http);
}

/* The client's side. */

static size_t
http_read_request(struct half *h, const char *data, size_t len)
{
	struct session		*s = h->s;
	struct http		*http = s->http;
	struct http_request	 req;

	if (len == 0) {
		session_linger(s);
		return 0;
	}
	/* The answers to earlier requests go first. */
	if (half_full(h))
		return 0;
	switch (http_parse_request(data, len, &http->reqscan, &req)) {
	case HTTP_MORE:
		if (h->eof)
			session_linger(s);
		else if (s->timeout != TIMEOUT_HEAD)
			session_timeout(s, TIMEOUT_HEAD, http_expired);
		return 0;
	case HTTP_ERROR:
		log_debug("malformed request: %s", req.why);
		memset(&http->req, 0, sizeof(http->req));
		http_error(s, req.status);
		return len;
	case HTTP_DONE:
		break;
	}
	http_request(s, &req);
	return req.consumed;
}

static void
http_expired(struct session *s)
{
	memset(&s->http->req, 0, sizeof(s->http->req));
	http_error(s, 408);
}

static void
http_request(struct session *s, const struct http_request *req)
{
	struct http	*http = s->http;

	memset(&http->reqscan, 0, sizeof(http->reqscan));
	memset(&http->respscan, 0, sizeof(http->respscan));
	memset(&http->reqchunk, 0, sizeof(http->reqchunk));
	memset(&http->respchunk, 0, sizeof(http->respchunk));
	http->req = req->meta;
	http->reqleft = req->meta.length;
	http->reqdone = http->started = http->reused = http->safe = 0;
	http->keep = http->upkeep = 0;
	s->client.phase = http_hold;

	if (token_wanted() && !http_authorized(req)) {
		log_debug("a client without the token");
		http_error(s, 407);
		return;
	}
	switch (req->form) {
	case HTTP_FORM_AUTHORITY:
		http_request_connect(s, req);
		break;
	case HTTP_FORM_ABSOLUTE:
		http_request_plain(s, req);
		break;
	default:
		http_error(s, 400);
		break;
	}
}

/* With two of them it is not clear who is meant. */
static int
http_authorized(const struct http_request *req)
{
	const struct http_field	*f, *found = NULL;
	size_t			 i;

	for (i = 0; i < req->fields.count; i++) {
		f = &req->fields.field[i];
		if (!http_span_is(f->name, "proxy-authorization"))
			continue;
		if (found != NULL)
			return 0;
		found = f;
	}
	return found != NULL && token_basic(found->value.p, found->value.len);
}

static void
http_request_connect(struct session *s, const struct http_request *req)
{
	struct http_buf	 buf;
	struct dest	*dest;
	const char	*reason;

	if ((reason = verdict_decide(&client_unknown, req->host.p,
	    req->host.len, req->port, &dest)) != NULL) {
		http_buf_init(&buf, HTTP_OUT_MAX);
		http_answered(s, &buf, http_answer_denied(&buf, reason,
		    http_flags(s->http)));
		return;
	}
	half_reset(&s->server);
	dest_free(s->dest);
	s->dest = dest;
	s->client.phase = phase_hold;
	session_timeout(s, TIMEOUT_NONE, session_close);
	access_begin(s, ACCESS_HTTP, s->dest);
	s->connect = connect_start(s->dest, http_tunnel, s);
}

/* By the client's name for it: what that stands for is not told. */
static void
http_unreached(struct session *s, enum connect_status status)
{
	static const char *const	 said[] = {
		[CONNECT_NONAME] = "no such name",
		[CONNECT_REFUSED] = "connection refused",
		[CONNECT_HOSTUNREACH] = "unreachable",
		[CONNECT_NETUNREACH] = "unreachable",
		[CONNECT_TIMEOUT] = "timed out",
		[CONNECT_FAILED] = "srt has too many connections"
	};
	struct http_buf			 buf;

	if (s->http->started) {
		session_abort(s);
		return;
	}
	http_buf_init(&buf, HTTP_OUT_MAX);
	http_answered(s, &buf, http_answer_unreached(&buf, s->dest->spelled,
	    said[status], http_flags(s->http)));
}

/* Where there is no connection, says why; 1 if so. */
static int
http_failed(struct session *s, enum connect_status status, const char *why)
{
	struct http_buf	 buf;

	switch (status) {
	case CONNECT_OK:
		return 0;
	case CONNECT_DENIED:
		http_buf_init(&buf, HTTP_OUT_MAX);
		http_answered(s, &buf, http_answer_blocked(&buf,
		    s->dest->spelled, why, http_flags(s->http)));
		break;
	case CONNECT_NOTALLOWED:
		http_buf_init(&buf, HTTP_OUT_MAX);
		http_answered(s, &buf, http_answer_denied(&buf, why,
		    http_flags(s->http)));
		break;
	case CONNECT_PROXY:
		http_gateway(s, why);
		break;
	default:
		http_unreached(s, status);
		break;
	}
	return 1;
}

static void
http_tunnel(void *arg, enum connect_status status, int fd, const char *why)
{
	struct session	*s = arg;
	struct http_buf	 buf;

	s->connect = NULL;
	access_result(s, status);
	if (http_failed(s, status, why))
		return;
	session_server(s, fd);
	http_buf_init(&buf, HTTP_OUT_MAX);
	if (http_answer(&buf, 200, HTTP_W_CONNECT) == -1)
		session_abort(s);
	else
		half_add(&s->client, buf.data, buf.len);
	http_buf_free(&buf);
	if (!s->dead)
		relay_start(s);
}

static void
http_request_plain(struct session *s, const struct http_request *req)
{
	struct http		*http = s->http;
	const struct route	*route;
	struct http_target	 target;
	struct http_buf		 buf;
	struct dest		*dest;
	const char		*reason;
	unsigned int		 flags = 0;
	int			 same, reuse;

	if ((reason = verdict_decide(&client_unknown, req->host.p,
	    req->host.len, req->port, &dest)) != NULL) {
		http_buf_init(&buf, HTTP_OUT_MAX);
		http_answered(s, &buf, http_answer_denied(&buf, reason,
		    http_flags(http)));
		return;
	}
	if (req->https) {
		/* We hold no end of TLS; the client can, through CONNECT. */
		dest_free(dest);
		http_error(s, 501);
		return;
	}
	route = route_find(dest, 1);
	http->absolute = route_absolute(route) != 0;
	http->route = route;
	/* It would send back what it got, and with that our password. */
	if (http->absolute && route->auth != NULL &&
	    http_span_is(req->method, "TRACE")) {
		dest_free(dest);
		http_error(s, 501);
		return;
	}
	if (http->absolute)
		flags |= HTTP_W_ABSOLUTE;
	if ((req->meta.flags & HTTP_UPGRADE) != 0)
		flags |= HTTP_W_UPGRADE;
	target.host = dest->host.name;
	target.port = dest->port;
	target.https = 0;
	target.auth = http->absolute ? route->auth : NULL;
	http_buf_free(&http->head);
	http_buf_init(&http->head, HTTP_OUT_MAX);
	if (http_write_request(&http->head, req, &target, flags) == -1) {
		dest_free(dest);
		http_error(s, errno == EMSGSIZE ? 431 : 500);
		return;
	}
	http->login = http_login(req) != 0;
	http->safe = req->meta.body == HTTP_BODY_NONE &&
	    (http_span_is(req->method, "GET") ||
	    http_span_is(req->method, "HEAD") ||
	    http_span_is(req->method, "OPTIONS"));

	/* What was dialled under other settings may go another way. */
	same = s->dest != NULL && dest_equal(s->dest, dest) &&
	    http->generation == route_generation();
	if (same)
		dest->direct = s->dest->direct;
	else
		http_spare(s);
	http->generation = route_generation();
	/* What was allowed once was one request. */
	reuse = same && !dest->ask && http_reusable(&s->server);
	/* Its record is of the destination that it was made for. */
	if (!reuse)
		half_reset(&s->server);
	dest_free(s->dest);
	s->dest = dest;
	session_timeout(s, TIMEOUT_TRANSFER, session_abort);
	if (reuse) {
		http->reused = 1;
		http_forward(s);
	} else if (route->kind != ROUTE_DIRECT || http_take(s) == -1)
		http_dial(s);
}

/*
 * Some ways to log in are to a connection and not to a request: who asks on
 * it next would be somebody else's guest.
 */
static int
http_login(const struct http_request *req)
{
	size_t	 i;

	for (i = 0; i < req->fields.count; i++)
		if (http_span_is(req->fields.field[i].name, "authorization"))
			return 1;
	return 0;
}

static int
http_reusable(struct half *h)
{
	return h->fd != -1 && !h->eof && !h->broken && h->in.len == 0 &&
	    http_silent(h->fd);
}

int
http_silent(int fd)
{
	char	 c;

	return recv(fd, &c, 1, MSG_PEEK) == -1 && errno == EAGAIN;
}

/*
 * A connection is recorded as its client's own, and a question is asked, or a
 * thing learned, for each: then there is nothing to share.
 */
static int
http_shares(const struct dest *dest)
{
	return !dest->ask && !dest->learn && !access_wanted();
}

void
http_spare(struct session *s)
{
	struct http	*http = s->http;
	int		 fd;

	if (http == NULL || s->dest == NULL || !http_is_idle(&s->server) ||
	    http->bound || !s->dest->direct || !http_shares(s->dest) ||
	    http->generation != route_generation())
		return;
	fd = half_detach(&s->server);
	if (pool_put(s->dest, fd) == -1)
		(void)close(fd);
}

/* Sends the request to a server that another exchange has left; -1: none. */
static int
http_take(struct session *s)
{
	int	 fd;

	if (!s->http->safe || !http_shares(s->dest) ||
	    (fd = pool_get(s->dest)) == -1)
		return -1;
	s->dest->direct = 1;
	s->http->reused = 1;
	s->http->bound = 0;
	session_server(s, fd);
	http_forward(s);
	return 0;
}

void
http_dial(struct session *s)
{
	half_reset(&s->server);
	if (s->dest->ask)
		session_timeout(s, TIMEOUT_NONE, session_abort);
	access_begin(s, ACCESS_HTTP, s->dest);
	s->connect = connect_plain(s->dest, http_connected, s);
}

static void
http_connected(void *arg, enum connect_status status, int fd,
    const char *why)
{
	struct session	*s = arg;

	s->connect = NULL;
	if (s->dest->ask)
		session_timeout(s, TIMEOUT_TRANSFER, session_abort);
	access_result(s, status);
	if (http_failed(s, status, why))
		return;
	/*
	 * Did new settings come between the head and the dial?  It may hold
	 * the password of another proxy.
	 */
	if (s->http->route != s->dest->route) {
		(void)close(fd);
		http_error(s, 502);
		return;
	}
	session_server(s, fd);
	s->http->bound = 0;
	http_forward(s);
}

/* Sends the request on, and its body as it comes. */
static void
http_forward(struct session *s)
{
	struct http	*http = s->http;

	s->server.phase = http_read_response;
	http->bound |= http->login;
	access_request(s);
	half_add(&s->server, http->head.data, http->head.len);
	if (!http->safe || !http->reused) {
		http_buf_free(&http->head);
		http_buf_init(&http->head, HTTP_OUT_MAX);
	}
	if (http->req.body == HTTP_BODY_NONE ||
	    (http->req.body == HTTP_BODY_LENGTH && http->reqleft == 0))
		http_request_done(s);
	else
		half_phase(&s->client, http_read_body);
	/* Else half_loop() sends it, with what came of the body. */
	if (!s->dead && !s->client.busy)
		half_flush(&s->server);
	if (!s->dead)
		half_update(&s->server);
	if (!s->dead)
		half_update(&s->client);
}

static size_t
http_read_body(struct half *h, const char *data, size_t len)
{
	struct session		*s = h->s;
	struct http		*http = s->http;
	struct http_fields	 trailers;
	struct http_span	 piece;
	size_t			 used;

	if (len == 0) {
		/* The client broke off: so do we, the server must notice. */
		session_abort(s);
		return 0;
	}
	if (http->req.body == HTTP_BODY_LENGTH) {
		if (len > http->reqleft)
			len = (size_t)http->reqleft;
		half_send(&s->server, data, len);
		http->reqleft -= len;
		if (s->dead)
			return len;
		if (http->reqleft == 0)
			http_request_done(s);
		else
			http_pass(h, len, &http->reqleft);
		return len;
	}
	switch (http_chunk_next(&http->reqchunk, data, len, &used, &piece,
	    &trailers)) {
	case HTTP_CHUNK_MORE:
		if (h->eof && used == 0)
			session_abort(s);
		break;
	case HTTP_CHUNK_DATA:
		http_piece(&s->server, HTTP_BODY_CHUNKED, piece.p, piece.len);
		break;
	case HTTP_CHUNK_END:
		http_end_chunks(&s->server, &trailers);
		if (!s->dead)
			http_request_done(s);
		break;
	case HTTP_CHUNK_ERROR:
		log_debug("malformed request body: %s", http->reqchunk.why);
		if (http->started)
			session_abort(s);
		else
			http_error(s, 400);
		return len;
	}
	return used;
}

static void
http_request_done(struct session *s)
{
	s->http->reqdone = 1;
	s->client.phase = http_hold;
}

/*
 * While the response is under way the client's next request waits.  A client
 * that has closed its side may still read, or be gone: then what the server
 * sends will meet a reset, but a server that is silent must not keep us.
 */
static size_t
http_hold(struct half *h, const char *data, size_t len)
{
	struct session	*s = h->s;

	(void)data;
	(void)len;
	if (h->error != 0)
		session_abort(s);
	else if (h->eof && !s->http->started &&
	    s->timeout == TIMEOUT_TRANSFER)
		session_timeout(s, TIMEOUT_ANSWER, session_abort);
	return 0;
}

/* After a response: the next request, or the end. */
void
http_next(struct session *s)
{
	if (s->http->keep) {
		s->http->started = 0;
		session_timeout(s, TIMEOUT_KEEPALIVE, session_close);
		half_phase(&s->client, http_read_request);
		if (!s->dead) {
			half_flush(&s->client);
			if (!s->dead)
				half_update(&s->client);
		}
		return;
	}
	/* All was read and goes out at once: no reset can come of closing. */
	half_flush(&s->client);
	if (!s->dead && s->client.out.len == 0 && s->client.in.len == 0 &&
	    (s->http->req.flags & HTTP_KEEPALIVE) == 0 && !s->client.busy)
		session_close(s);
	else
		session_linger(s);
}

/* Our own answers. */

/* Can the connection go on after one?  Not with a body still to come. */
static int
http_keeps(const struct http *http)
{
	return (http->req.flags & HTTP_KEEPALIVE) != 0 &&
	    (http->req.flags & HTTP_CONNECT) == 0 &&
	    (http->reqdone || http->req.body == HTTP_BODY_NONE ||
	    (http->req.body == HTTP_BODY_LENGTH && http->req.length == 0));
}

static unsigned int
http_flags(const struct http *http)
{
	unsigned int	 flags = 0;

	if (!http_keeps(http))
		flags |= HTTP_W_CLOSE;
	else if (http->req.minor == 0)
		flags |= HTTP_W_KEEPALIVE;
	if ((http->req.flags & HTTP_HEAD) != 0)
		flags |= HTTP_W_HEAD;
	if ((http->req.flags & HTTP_CONNECT) != 0)
		flags |= HTTP_W_CONNECT;
	return flags;
}

/* Sends an answer that was written with http_flags(); frees the buffer. */
static void
http_answered(struct session *s, struct http_buf *buf, int error)
{
	if (error == -1)
		session_abort(s);
	else
		half_add(&s->client, buf->data, buf->len);
	http_buf_free(buf);
	if (s->dead)
		return;
	half_reset(&s->server);
	if (!http_keeps(s->http)) {
		session_linger(s);
		return;
	}
	s->http->keep = 1;
	http_next(s);
}

void
http_gateway(struct session *s, const char *why)
{
	struct http_buf	 buf;

	if (s->http->started) {
		session_abort(s);
		return;
	}
	http_buf_init(&buf, HTTP_OUT_MAX);
	http_answered(s, &buf, http_answer_gateway(&buf, why,
	    http_flags(s->http)));
}

/* An error of ours, where the response has not begun. */
void
http_error(struct session *s, int status)
{
	struct http_buf	 buf;

	if (s->http->started) {
		session_abort(s);
		return;
	}
	http_buf_init(&buf, HTTP_OUT_MAX);
	http_answered(s, &buf, http_answer(&buf, status,
	    http_flags(s->http)));
}
