/* SPDX-License-Identifier: ISC */

/*
 * The server's side of the HTTP proxy: the response to the one request that
 * is under way.
 */

#include "compat.h"

#include <string.h>

#include "http.h"
#include "log.h"
#include "proxy.h"

/* Pieces of a chunked body up to this size are sent along with their frame. */
#define HTTP_SMALL	4096

static size_t	 http_response(struct session *, struct http_response *,
		    size_t);
static size_t	 http_read_response_body(struct half *, const char *, size_t);
static void	 http_response_done(struct session *);
static void	 http_server_lost(struct session *);
static size_t	 http_idle(struct half *, const char *, size_t);

size_t
http_read_response(struct half *h, const char *data, size_t len)
{
	struct session		*s = h->s;
	struct http		*http = s->http;
	struct http_response	 resp;

	if (len == 0) {
		http_server_lost(s);
		return 0;
	}
	http->reused = 0;
	switch (http_parse_response(data, len, &http->respscan, &http->req,
	    &resp)) {
	case HTTP_MORE:
		if (h->eof)
			http_error(s, 502);
		return 0;
	case HTTP_ERROR:
		log_debug("malformed response of %s: %s", s->dest->host.name,
		    resp.why);
		http_error(s, 502);
		return len;
	case HTTP_DONE:
		break;
	}
	memset(&http->respscan, 0, sizeof(http->respscan));
	return http_response(s, &resp, len);
}

/*
 * Nothing came.  A connection that was kept may have been closed by the
 * server just as we sent: then a request that changes nothing is sent again
 * on a fresh one (RFC 9110, 9.2.2).
 */
static void
http_server_lost(struct session *s)
{
	struct http	*http = s->http;

	if (http->reused && http->safe) {
		http->reused = 0;
		http_dial(s);
		return;
	}
	http_error(s, 502);
}

static size_t
http_response(struct session *s, struct http_response *resp, size_t len)
{
	struct http	*http = s->http;
	struct http_buf	 buf;
	unsigned int	 flags = 0;
	int		 switched = (resp->meta.flags & HTTP_UPGRADE) != 0;
	int		 interim = (resp->meta.flags & HTTP_INTERIM) != 0;

	if (interim && !http_response_wanted(resp, &http->req))
		return resp->consumed;
	/* It asks us, not the client, who has no password for it. */
	if (resp->status == 407 && http->absolute) {
		http_gateway(s, "the proxy on the way answered 407 Proxy "
		    "Authentication Required");
		return resp->consumed;
	}
	http->respin = resp->meta.body;
	http->respout = http_response_body(resp, &http->req);
	http->respleft = resp->meta.length;
	http->upkeep = (resp->meta.flags & HTTP_KEEPALIVE) != 0 &&
	    http->respin != HTTP_BODY_CLOSE;
	/* A body that the server did not wait for is not read to its end. */
	http->keep = (http->req.flags & HTTP_KEEPALIVE) != 0 &&
	    http->reqdone && http->respout != HTTP_BODY_CLOSE;
	if (switched)
		flags = HTTP_W_UPGRADE;
	else if (!interim && !http->keep)
		flags = HTTP_W_CLOSE;
	else if (!interim && http->req.minor == 0)
		flags = HTTP_W_KEEPALIVE;

	http_buf_init(&buf, HTTP_OUT_MAX);
	if (http_write_response(&buf, resp, &http->req, flags) == -1) {
		http_buf_free(&buf);
		http_error(s, 502);
		return resp->consumed;
	}
	half_add(&s->client, buf.data, buf.len);
	http_buf_free(&buf);
	if (s->dead || interim)
		return resp->consumed;

	http->started = 1;
	if (s->timeout == TIMEOUT_ANSWER)
		session_timeout(s, TIMEOUT_TRANSFER, session_abort);
	s->server.phase = http_read_response_body;
	if (switched) {
		/* What is left of a body is no part of the new protocol. */
		if (http->reqdone)
			relay_start(s);
		else
			session_abort(s);
		return resp->consumed;
	}
	if (http->respin == HTTP_BODY_NONE ||
	    (http->respin == HTTP_BODY_LENGTH && http->respleft == 0)) {
		/* What follows is no answer of ours: do not go on with it. */
		if (resp->consumed < len)
			http->upkeep = 0;
		http_response_done(s);
	}
	return resp->consumed;
}

/* The body is cut short, and the client must see that. */
static void
http_cut_short(struct session *s)
{
	if (s->http->respout == HTTP_BODY_CLOSE)
		session_abort(s);
	else
		session_linger(s);
}

static size_t
http_read_response_body(struct half *h, const char *data, size_t len)
{
	struct session		*s = h->s;
	struct http		*http = s->http;
	struct http_fields	 trailers;
	struct http_fields	*last = NULL;
	struct http_span	 piece = { data, len };
	uint64_t		 endless = UINT64_MAX;
	size_t			 used = len;
	int			 done = 0;

	if (len == 0) {
		if (http->respin != HTTP_BODY_CLOSE || h->error != 0) {
			http_cut_short(s);
			return 0;
		}
		done = 1;
	} else if (http->respin == HTTP_BODY_LENGTH) {
		if (used > http->respleft)
			used = piece.len = (size_t)http->respleft;
		http->respleft -= used;
		done = http->respleft == 0;
	} else if (http->respin == HTTP_BODY_CHUNKED) {
		switch (http_chunk_next(&http->respchunk, data, len, &used,
		    &piece, &trailers)) {
		case HTTP_CHUNK_MORE:
			if (h->eof && used == 0)
				http_cut_short(s);
			return used;
		case HTTP_CHUNK_DATA:
			break;
		case HTTP_CHUNK_END:
			piece.len = 0;
			last = &trailers;
			done = 1;
			break;
		case HTTP_CHUNK_ERROR:
			log_debug("malformed body of %s: %s",
			    s->dest->host.name, http->respchunk.why);
			http_cut_short(s);
			return len;
		}
	}
	if (piece.len > 0)
		http_piece(&s->client, http->respout, piece.p, piece.len);
	if (s->dead)
		return used;
	if (!done) {
		if (http->respin == HTTP_BODY_LENGTH)
			http_pass(h, used, &http->respleft);
		else if (http->respin == HTTP_BODY_CLOSE &&
		    http->respout == HTTP_BODY_CLOSE)
			http_pass(h, used, &endless);
		return used;
	}
	if (http->respout == HTTP_BODY_CHUNKED)
		http_end_chunks(&s->client, last);
	if (used < len)
		http->upkeep = 0;
	if (!s->dead)
		http_response_done(s);
	return used;
}

/* Nothing is expected of a server that was not asked. */
static size_t
http_idle(struct half *h, const char *data, size_t len)
{
	(void)data;
	half_reset(h);
	return len;
}

int
http_is_idle(const struct half *h)
{
	return h->fd != -1 && h->phase == http_idle && !h->eof &&
	    !h->broken && h->in.len == 0 && h->out.len == 0;
}

static void
http_response_done(struct session *s)
{
	struct http	*http = s->http;

	if (!http->reqdone) {
		session_linger(s);
		return;
	}
	if (http->upkeep)
		s->server.phase = http_idle;
	else
		half_reset(&s->server);
	http_next(s);
}

/* The last byte comes here again, and ends the body. */
void
http_pass(struct half *h, size_t len, uint64_t *left)
{
	if (len < READ_SIZE / 2 || *left <= READ_SIZE)
		return;
	half_pass(h, *left - 1);
	*left = 1;
}

void
http_end_chunks(struct half *h, const struct http_fields *trailers)
{
	struct http_buf	 buf;

	http_buf_init(&buf, HTTP_OUT_MAX);
	if (http_write_last_chunk(&buf, trailers) == -1)
		session_abort(h->s);
	else
		half_add(h, buf.data, buf.len);
	http_buf_free(&buf);
}

void
http_piece(struct half *h, enum http_body body, const char *data, size_t len)
{
	char	 head[HTTP_CHUNK_HEAD_SIZE];

	if (body != HTTP_BODY_CHUNKED) {
		half_send(h, data, len);
		return;
	}
	half_add(h, head, http_chunk_head(head, len));
	if (len <= HTTP_SMALL)
		half_add(h, data, len);
	else
		half_send(h, data, len);
	half_add(h, HTTP_CHUNK_TAIL, strlen(HTTP_CHUNK_TAIL));
}
