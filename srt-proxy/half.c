/* SPDX-License-Identifier: ISC */

/*
 * One half of a session: a connection that reads into its phase and writes
 * from its queue.  A full queue on one side stops the reading on the other.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "proxy.h"

static void	 half_readable(int, short, void *);
static void	 half_writable(int, short, void *);
static void	 half_read(struct half *, const char *, size_t);
static int	 half_splice(struct half *);
static void	 half_loop(struct half *, const char *, size_t);
static int	 half_failed(struct half *);

void
half_open(struct half *h, int fd)
{
	h->fd = fd;
	if (event_assign(&h->rev, proxy_base, fd, EV_READ | EV_PERSIST,
	    half_readable, h) == -1 ||
	    event_assign(&h->wev, proxy_base, fd, EV_WRITE | EV_PERSIST,
	    half_writable, h) == -1)
		fatalx("event_assign");
}

void
half_reset(struct half *h)
{
	relay_free(h);
	/* What was on its way here has nowhere to go. */
	relay_free(h->peer);
	h->pass = 0;
	if (h->fd != -1) {
		if (h == &h->s->server)
			access_end(h->s);
		(void)event_del(&h->rev);
		(void)event_del(&h->wev);
		(void)close(h->fd);
		h->fd = -1;
	}
	buf_clear(&h->in);
	buf_clear(&h->out);
	h->phase = NULL;
	h->error = 0;
	h->eof = h->finish = h->shut = h->broken = 0;
	h->busy = h->again = h->reading = h->writing = 0;
	h->bulk = h->hello = h->tunnel = 0;
	h->sent = h->received = 0;
	h->generation++;
}

int
half_detach(struct half *h)
{
	int	 fd = h->fd;

	(void)event_del(&h->rev);
	(void)event_del(&h->wev);
	h->fd = -1;
	half_reset(h);
	return fd;
}

static void
half_readable(int fd, short what, void *arg)
{
	struct half	*h = arg;
	ssize_t		 n;

	(void)what;
	if (h->tunnel) {
		relay_readable(h);
		return;
	}
	if (h->pass > 0 && half_splice(h) == 0)
		return;
	n = read(fd, session_scratch, sizeof(session_scratch));
	if (n == -1) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		h->error = errno;
		n = 0;
	}
	if (n == 0) {
		h->eof = 1;
		half_run(h);
		return;
	}
	h->s->active = !h->s->lingering;
	h->received += (uint64_t)n;
	half_read(h, session_scratch, (size_t)n);
}

static void
half_read(struct half *h, const char *data, size_t len)
{
	size_t	 pass = h->pass < len ? (size_t)h->pass : len;

	if (pass > 0) {
		h->pass -= pass;
		half_send(h->peer, data, pass);
		if (h->s->dead)
			return;
		if (pass == len) {
			half_update(h);
			return;
		}
	}
	if (h->in.len == 0) {
		half_loop(h, data + pass, len - pass);
		return;
	}
	if (buf_add(&h->in, data + pass, len - pass) == -1) {
		session_abort(h->s);
		return;
	}
	half_run(h);
}

void
half_pass(struct half *h, uint64_t n)
{
	h->pass = n;
}

static int
half_piped(const struct half *h)
{
	return h->pipe != NULL && relay_pipe_len(h->pipe) > 0;
}

/*
 * Bytes that go on unseen do so through a pipe, which is held only while it
 * has some.  -1 if a read has to do: that also tells the end, or an error.
 */
static int
half_splice(struct half *h)
{
	struct half	*peer = h->peer;
	ssize_t		 n;

	if (half_piped(h))
		return 0;
	if (peer->fd == -1 || peer->broken || peer->out.len > 0 ||
	    (h->pipe = relay_pipe_get()) == NULL)
		return -1;
	if ((n = relay_pipe_fill(h->pipe, h->fd,
	    h->pass < RELAY_PIPE_SIZE ? h->pass : RELAY_PIPE_SIZE)) <= 0) {
		relay_free(h);
		return -1;
	}
	h->s->active = !h->s->lingering;
	h->received += (uint64_t)n;
	h->pass -= (uint64_t)n;
	half_flush(peer);
	if (!h->s->dead)
		half_update(h);
	return 0;
}

void
half_run(struct half *h)
{
	half_loop(h, NULL, 0);
}

void
half_phase(struct half *h, size_t (*phase)(struct half *, const char *,
    size_t))
{
	h->phase = phase;
	half_run(h);
}

/*
 * Runs the phases on the bytes given, which follow no others, or on those
 * that wait, until one of them wants more.
 */
static void
half_loop(struct half *h, const char *data, size_t len)
{
	struct session	*s = h->s;
	size_t		 (*phase)(struct half *, const char *, size_t);
	unsigned int	 generation = h->generation;
	const char	*p;
	size_t		 n, taken;

	if (h->busy) {
		h->again = 1;
		return;
	}
	if (s->dead || h->fd == -1)
		return;
	h->busy = 1;
	while ((phase = h->phase) != NULL) {
		p = data != NULL ? data : buf_data(&h->in);
		n = data != NULL ? len : h->in.len;
		if (n == 0 && !h->eof)
			break;
		h->again = 0;
		taken = phase(h, p, n);
		/* The phase may have ended the session, or this connection. */
		if (s->dead || h->generation != generation)
			return;
		if (data != NULL) {
			data += taken;
			len -= taken;
		} else
			buf_drain(&h->in, taken);
		if (taken == 0 && h->phase == phase && !h->again)
			break;
	}
	h->busy = 0;
	if (data != NULL && buf_add(&h->in, data, len) == -1) {
		session_abort(s);
		return;
	}
	if (s->relay) {
		relay_start(s);
		return;
	}
	half_flush(&s->server);
	if (!s->dead)
		half_flush(&s->client);
	if (!s->dead)
		half_update(h);
}

void
half_want_read(struct half *h, int want)
{
	if (h->fd == -1 || h->reading == (want != 0))
		return;
	h->reading = want != 0;
	if (!want)
		(void)event_del(&h->rev);
	else if (event_add(&h->rev, NULL) == -1)
		session_abort(h->s);
}

void
half_want_write(struct half *h, int want)
{
	if (h->fd == -1 || h->writing == (want != 0))
		return;
	h->writing = want != 0;
	if (!want)
		(void)event_del(&h->wev);
	else if (event_add(&h->wev, NULL) == -1)
		session_abort(h->s);
}

int
half_full(const struct half *h)
{
	return h->out.len >=
	    (buf_total() > BUFFER_TIGHT ? OUT_HIGH / 16 : OUT_HIGH);
}

void
half_update(struct half *h)
{
	half_want_read(h, !h->eof && h->phase != NULL &&
	    h->in.len < IN_MAX && !half_full(h->peer) && !half_piped(h));
}

void
half_add(struct half *h, const void *data, size_t len)
{
	if (h->s->dead || h->fd == -1 || h->broken)
		return;
	if (buf_add(&h->out, data, len) == -1)
		session_abort(h->s);
}

/* The queue and the bytes that follow it, in one call. */
static ssize_t
half_write(struct half *h, const void *data, size_t len)
{
	struct iovec	 iov[2];
	struct msghdr	 msg;
	ssize_t		 n;

	iov[0].iov_base = buf_data(&h->out);
	iov[0].iov_len = h->out.len;
	iov[1].iov_base = (void *)(uintptr_t)data;
	iov[1].iov_len = len;
	memset(&msg, 0, sizeof(msg));
	msg.msg_iov = h->out.len > 0 ? iov : iov + 1;
	msg.msg_iovlen = h->out.len > 0 ? 2 : 1;
	do {
		n = sendmsg(h->fd, &msg, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return n;
}

void
half_send(struct half *h, const void *data, size_t len)
{
	ssize_t	 n = 0;
	size_t	 sent, queued;

	if (h->s->dead || h->fd == -1 || h->broken || len == 0)
		return;
	/* When it waits for room already there is no use in trying. */
	if (!h->writing && (n = half_write(h, data, len)) == -1) {
		if (half_failed(h) == -1)
			return;
		n = 0;
	}
	sent = (size_t)n;
	h->sent += sent;
	if (sent > 0)
		h->s->active = 1;
	queued = sent < h->out.len ? sent : h->out.len;
	buf_drain(&h->out, queued);
	sent -= queued;
	half_add(h, (const char *)data + sent, len - sent);
	if (!h->s->dead && h->out.len > 0)
		half_want_write(h, 1);
}

/* After a failed send: 0 if it may be tried again. */
static int
half_failed(struct half *h)
{
	if (errno == EAGAIN)
		return 0;
	if (h == &h->s->client) {
		session_abort(h->s);
		return -1;
	}
	/*
	 * A server may answer and close before it has read all: what it said
	 * is still to be read, what we have for it is not wanted.
	 */
	h->broken = 1;
	buf_clear(&h->out);
	half_want_write(h, 0);
	return -1;
}

/* The pipe that leads here, after the queue.  -1 if that failed for good. */
static int
half_drain(struct half *h)
{
	struct half	*from = h->peer;
	ssize_t		 n;

	if (from->pipe == NULL || h->out.len > 0)
		return 0;
	while (half_piped(from)) {
		if ((n = relay_pipe_drain(from->pipe, h->fd)) == -1) {
			if (errno == EINTR)
				continue;
			if (half_failed(h) == 0)
				return 0;
			relay_free(from);
			return -1;
		}
		h->s->active = 1;
		h->sent += (uint64_t)n;
	}
	relay_free(from);
	return 0;
}

void
half_flush(struct half *h)
{
	struct session	*s = h->s;
	ssize_t		 n;

	if (s->dead || h->fd == -1 || h->broken)
		return;
	while (h->out.len > 0) {
		n = send(h->fd, buf_data(&h->out), h->out.len, MSG_NOSIGNAL);
		if (n == -1) {
			if (errno == EINTR)
				continue;
			if (half_failed(h) == -1)
				return;
			break;
		}
		s->active = 1;
		h->sent += (uint64_t)n;
		buf_drain(&h->out, (size_t)n);
	}
	if (half_drain(h) == -1)
		return;
	half_want_write(h, h->out.len > 0 || half_piped(h->peer));
	if (s->dead || h->out.len > 0 || half_piped(h->peer) || !h->finish ||
	    h->shut)
		return;
	h->shut = 1;
	(void)shutdown(h->fd, SHUT_WR);
	if (!s->lingering)
		return;
	if (h->eof)
		session_close(s);
	else
		session_timeout(s, TIMEOUT_LINGER, session_close);
}

void
half_finish(struct half *h)
{
	h->finish = 1;
	half_flush(h);
}

static void
half_writable(int fd, short what, void *arg)
{
	struct half	*h = arg;
	struct session	*s = h->s;

	(void)fd;
	(void)what;
	if (h->tunnel) {
		relay_writable(h);
		return;
	}
	half_flush(h);
	if (s->dead || h->out.len > OUT_LOW)
		return;
	/* Both may have waited for room: the source, and the next request. */
	half_run(h->peer);
	if (!s->dead)
		half_update(h->peer);
	if (!s->dead)
		half_run(h);
}

size_t
phase_hold(struct half *h, const char *data, size_t len)
{
	(void)data;
	if (h->eof || len >= IN_MAX)
		session_close(h->s);
	return 0;
}

size_t
phase_discard(struct half *h, const char *data, size_t len)
{
	(void)data;
	if (h->eof && h->shut)
		session_close(h->s);
	return len;
}
