/* SPDX-License-Identifier: ISC */

/*
 * Opaque tunnels.  A half is read when nothing that came from it still waits
 * to be sent, so that at most one read, or one pipe, is under way in each
 * direction.  Small pieces are copied; where reads come back full, the bytes
 * go through a pipe with splice(2) and never enter this process.  A tunnel
 * holds a buffer or a pipe only while that is not empty.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/tcp.h>

#include <errno.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

/* A read this full means that more is coming; a pipe less full the reverse. */
#define RELAY_BULK	(READ_SIZE / 2)
#define RELAY_SMALL	(READ_SIZE / 8)

enum relay_step {
	RELAY_MORE,		/* moved a lot, there may be more */
	RELAY_WAIT,		/* nothing there, or no room */
	RELAY_GONE		/* the session is closed */
};

static void		 relay_open(struct half *);
static void		 relay_hello_read(struct half *);
static void		 relay_hello(struct half *);
static void		 relay_answer(struct half *);
static void		 relay_release(struct half *);
static enum relay_step	 relay_copy(struct half *);
static enum relay_step	 relay_splice(struct half *);
static enum relay_step	 relay_push(struct half *);
static enum relay_step	 relay_ended(struct half *, ssize_t);
static enum relay_step	 relay_unsent(struct half *);
static enum relay_step	 relay_broken(struct half *);
static int		 relay_update(struct half *);

void
relay_start(struct session *s)
{
	s->relay = 1;
	/* Once no phase is on the stack: half_loop() comes here again. */
	if (s->dead || s->client.busy || s->server.busy)
		return;

	http_free(s->http);
	s->http = NULL;
	session_timeout(s, TIMEOUT_NONE, session_abort);
	relay_open(&s->client);
	if (!s->dead)
		relay_open(&s->server);
	/* Our answer goes out at once, and what came with the request. */
	if (s->dead || relay_push(&s->server) == RELAY_GONE ||
	    relay_push(&s->client) == RELAY_GONE ||
	    relay_update(&s->client) == -1)
		return;
	if (relay_update(&s->server) == 0 && s->client.hello &&
	    (s->client.in.len > 0 || s->client.eof))
		relay_hello(&s->client);
}

void
relay_free(struct half *h)
{
	relay_pipe_put(h->pipe);
	h->pipe = NULL;
}

static void
relay_open(struct half *h)
{
	struct half	*peer = h->peer;

	h->phase = NULL;
	h->tunnel = 1;
	if (h == &h->s->client)
		h->hello = relay_name_wanted(h->s) != 0;
	/* What was read too early is the beginning of the stream. */
	if (h->in.len > 0 && !h->hello) {
		half_add(peer, buf_data(&h->in), h->in.len);
		buf_clear(&h->in);
	}
}

static void
relay_expired(struct session *s)
{
	if (s->active)
		session_timeout(s, TIMEOUT_LINGER, relay_expired);
	else
		session_abort(s);
}

/*
 * Has the events of this half, as a source, and of its peer, as a sink, fit
 * the state.  Passes the end of the stream on.  -1 if the session is closed.
 */
static int
relay_update(struct half *h)
{
	struct half	*peer = h->peer;
	struct session	*s = h->s;
	int		 waits;

	/* Its end is not passed on before its beginning. */
	if (h->hello) {
		half_want_read(h, !h->eof && peer->out.len == 0 &&
		    !relay_name_full(s));
		if (!s->dead)
			half_want_write(peer, peer->out.len > 0);
		return s->dead ? -1 : 0;
	}
	waits = peer->out.len > 0 ||
	    (h->pipe != NULL && relay_pipe_len(h->pipe) > 0);
	/* A reset overtakes what has not gone out. */
	if (h->broken && h->eof && !waits)
		waits = !relay_sent(peer->fd);
	half_want_read(h, !h->eof && !waits && !peer->broken);
	if (!s->dead)
		half_want_write(peer, waits);
	if (s->dead)
		return -1;
	if (h->broken) {
		if (h->eof && !waits) {
			session_abort(s);
			return -1;
		}
		/* A reader that does not go on must not keep us. */
		if (s->expired != relay_expired)
			session_timeout(s, TIMEOUT_LINGER, relay_expired);
		return s->dead ? -1 : 0;
	}
	if (h->eof && !waits && !peer->shut && !peer->broken) {
		peer->shut = 1;
		(void)shutdown(peer->fd, SHUT_WR);
	}
	if (h->shut && peer->shut) {
		session_close(s);
		return -1;
	}
	/*
	 * With one direction left, keepalive does not tell a peer that has
	 * more to say from one that has forgotten about us.
	 */
	if (peer->shut && s->timeout == TIMEOUT_NONE)
		session_timeout(s, TIMEOUT_TRANSFER, session_abort);
	return 0;
}

void
relay_readable(struct half *h)
{
	uint64_t	 turn = h->received + RELAY_TURN;
	enum relay_step	 step;

	h->s->active = 1;
	if (h->hello) {
		relay_hello_read(h);
		return;
	}
	if (h == &h->s->server && relay_name_waits(h->s)) {
		relay_answer(h);
		return;
	}
	do {
		step = h->bulk ? relay_splice(h) : relay_copy(h);
	} while (step == RELAY_MORE && h->received < turn);
	if (step != RELAY_GONE)
		(void)relay_update(h);
}

/* The server's first words say what of the client's may go on. */
static void
relay_answer(struct half *h)
{
	struct session	*s = h->s;
	struct half	*client = &s->client;
	uint64_t	 before = h->received;

	/* What was read is in session_scratch still. */
	if (relay_copy(h) == RELAY_GONE)
		return;
	relay_name_answer(s, session_scratch, (size_t)(h->received - before));
	if (relay_update(h) == -1 || relay_name_waits(s))
		return;
	if (client->hello)
		relay_hello(client);
	else
		relay_release(client);
}

void
relay_writable(struct half *h)
{
	h->s->active = 1;
	if (relay_push(h->peer) != RELAY_GONE)
		(void)relay_update(h->peer);
}

/* Reads on until it is known who is asked for. */
static void
relay_hello_read(struct half *h)
{
	ssize_t	 n;

	n = read(h->fd, session_scratch, sizeof(session_scratch));
	if (n == -1 && errno == EINTR)
		return;
	if (n <= 0) {
		if (relay_ended(h, n) == RELAY_GONE || !h->eof)
			return;
	} else if (buf_add(&h->in, session_scratch, (size_t)n) == -1) {
		session_abort(h->s);
		return;
	} else
		h->received += (uint64_t)n;
	relay_hello(h);
}

/* Lets what was held back go on first, if it may. */
static void
relay_hello(struct half *h)
{
	struct session	*s = h->s;
	int		 known;

	if ((known = relay_name_check(h)) == -1)
		return;
	if (known) {
		relay_release(h);
		return;
	}
	if (s->dead || relay_push(h) == RELAY_GONE)
		return;
	if (relay_update(h) == 0)
		(void)relay_update(h->peer);
}

/* From here on the client's bytes go on as they come. */
static void
relay_release(struct half *h)
{
	h->hello = 0;
	if (h->in.len > 0)
		half_add(h->peer, buf_data(&h->in), h->in.len);
	buf_clear(&h->in);
	if (h->s->dead || relay_push(h) == RELAY_GONE)
		return;
	if (relay_update(h) == 0)
		(void)relay_update(h->peer);
}

/* What ended a read or a write: nothing to do now, the end, an error. */
static enum relay_step
relay_ended(struct half *h, ssize_t n)
{
	if (n == 0) {
		h->eof = 1;
		return RELAY_WAIT;
	}
	if (errno == EAGAIN)
		return RELAY_WAIT;
	h->eof = 1;
	return relay_broken(h);
}

/* A send to this half failed. */
static enum relay_step
relay_unsent(struct half *h)
{
	return errno == EAGAIN ? RELAY_WAIT : relay_broken(h);
}

/*
 * The connection of this half was reset, as by a server that answers and
 * closes before it has read all.  What it said before is there still and
 * goes on to the other side; then so does the reset.
 */
static enum relay_step
relay_broken(struct half *h)
{
	struct half	*peer = h->peer;

	if (peer->broken || h->hello) {
		session_abort(h->s);
		return RELAY_GONE;
	}
	h->broken = 1;
	/* Nothing more gets there: it need not be looked at either. */
	buf_clear(&h->out);
	buf_clear(&peer->in);
	relay_free(peer);
	peer->hello = 0;
	half_want_read(peer, 0);
	return h->s->dead || relay_update(h) == -1 ? RELAY_GONE : RELAY_WAIT;
}

static enum relay_step
relay_copy(struct half *h)
{
	struct half	*peer = h->peer;
	ssize_t		 n, w;

	do {
		n = read(h->fd, session_scratch, sizeof(session_scratch));
	} while (n == -1 && errno == EINTR);
	if (n <= 0)
		return relay_ended(h, n);
	h->received += (uint64_t)n;

	do {
		w = send(peer->fd, session_scratch, (size_t)n, MSG_NOSIGNAL);
	} while (w == -1 && errno == EINTR);
	if (w == -1) {
		if (relay_unsent(peer) == RELAY_GONE)
			return RELAY_GONE;
		w = 0;
	}
	peer->sent += (uint64_t)w;
	if (n >= RELAY_BULK)
		h->bulk = 1;
	if (w < n) {
		half_add(peer, session_scratch + w, (size_t)(n - w));
		return h->s->dead ? RELAY_GONE : RELAY_WAIT;
	}
	return h->bulk ? RELAY_MORE : RELAY_WAIT;
}

static enum relay_step
relay_splice(struct half *h)
{
	enum relay_step	 step;
	ssize_t		 n;

	if (h->pipe == NULL && (h->pipe = relay_pipe_get()) == NULL) {
		h->bulk = 0;
		return relay_copy(h);
	}
	do {
		n = relay_pipe_fill(h->pipe, h->fd, RELAY_TURN);
	} while (n == -1 && errno == EINTR);
	if (n > 0 && n < RELAY_SMALL)
		h->bulk = 0;
	if (n <= 0) {
		step = relay_ended(h, n);
		if (step != RELAY_GONE)
			relay_free(h);
		return step;
	}
	h->received += (uint64_t)n;
	return relay_push(h);
}

/* Sends on what was read from this half. */
static enum relay_step
relay_push(struct half *h)
{
	struct half	*peer = h->peer;
	ssize_t		 n;

	while (peer->out.len > 0) {
		n = send(peer->fd, buf_data(&peer->out), peer->out.len,
		    MSG_NOSIGNAL);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return relay_unsent(peer);
		}
		peer->sent += (uint64_t)n;
		buf_drain(&peer->out, (size_t)n);
	}
	while (h->pipe != NULL && relay_pipe_len(h->pipe) > 0) {
		n = relay_pipe_drain(h->pipe, peer->fd);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			return relay_unsent(peer);
		}
		peer->sent += (uint64_t)n;
	}
	/* One that is empty serves the next tunnel, and that is the fastest. */
	relay_free(h);
	return RELAY_MORE;
}
