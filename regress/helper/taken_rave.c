/* SPDX-License-Identifier: ISC */

/*
 * A role that was taken over says to its peers what it must not: types,
 * lengths and descriptors that no table lists, frames without an end.  The
 * tester says of which kind that is and to which peer, and by the seed what.
 * It ends when its peers have gone, or, where it is stubborn, when it is
 * killed.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"
#include "taken.h"

#define FDS_MAX		64
#define FD_MARK		0x80000000U
#define NEVER		0xfff0U		/* no such type */
#define PAYLOAD_MAX	2048

enum rave {
	RAVE_UNKNOWN,		/* a type that is none */
	RAVE_TYPES,		/* every type, of somebody else's too */
	RAVE_SHORT,		/* shorter than its header */
	RAVE_LONG,		/* longer than any may be */
	RAVE_NO_FD,		/* announces a descriptor that is not there */
	RAVE_FD,		/* brings one that nobody asked for */
	RAVE_FDS,		/* brings many */
	RAVE_CUT,		/* half a frame, and the end */
	RAVE_NOISE,		/* no frames at all */
	RAVE_FLOOD,		/* more than anybody wants to read */
	RAVE_AGAIN,		/* what is said once, once more */
	RAVE_MAX
};

static uint32_t	 state;
static int	 pipes[FDS_MAX];
static unsigned int npipes;
static int	 sender = -1;

pid_t	 __real_fork(void);

static uint32_t
draw(uint32_t below)
{
	/* xorshift32 */
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void
put(int fd, const void *data, size_t len)
{
	const char	*p = data;
	struct pollfd	 pfd = { .fd = fd, .events = POLLOUT };
	ssize_t		 n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1) {
			/* Nobody reads for a second: it has been enough. */
			if (errno != EAGAIN || poll(&pfd, 1, 1000) != 1)
				return;
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
}

static void
frame(int fd, uint32_t type, uint32_t len, size_t payload)
{
	unsigned char	 buf[IMSG_HEADER_SIZE + PAYLOAD_MAX];
	uint32_t	 head[4] = { type, len, 0, 0 };
	size_t		 i;

	memcpy(buf, head, sizeof(head));
	for (i = 0; i < payload; i++)
		buf[sizeof(head) + i] = (unsigned char)(draw(3) == 0 ?
		    draw(256) : 0);
	put(fd, buf, sizeof(head) + payload);
}

static void
message(int fd, uint32_t type)
{
	static const size_t	 lens[] = { 0, 1, 4, 8, 12, 16, 24, 32, 80 };
	size_t			 len = draw(4) != 0 ? lens[draw(9)] :
				    draw(PAYLOAD_MAX);

	frame(fd, type, (uint32_t)(IMSG_HEADER_SIZE + len), len);
}

static int
with_fds(int fd, uint32_t type, size_t n)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(16 * sizeof(int))];
	}		 cm;
	uint32_t	 head[5] = { type, 20 | FD_MARK, 0, 0, 0 };
	struct iovec	 iov = { .iov_base = head, .iov_len = sizeof(head) };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = &cm };
	int		*fds = (int *)(void *)CMSG_DATA(&cm.hdr);
	size_t		 i;

	memset(&cm, 0, sizeof(cm));
	cm.hdr.cmsg_level = SOL_SOCKET;
	cm.hdr.cmsg_type = SCM_RIGHTS;
	cm.hdr.cmsg_len = CMSG_LEN(n * sizeof(int));
	msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	for (i = 0; i < n; i++)
		fds[i] = i % 2 == 0 ? 0 : fd;
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

/*
 * A role that has no business with descriptors would die of its own filter
 * first: of those that it may not send its peers hear by a process that was
 * forked before, and shares its pipes.
 */
static void
sender_start(int fd, size_t n)
{
	uint32_t	 type = 1 + draw(IMSG_TYPE_MAX);
	int		 pair[2];
	char		 c;
	pid_t		 pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1 ||
	    (pid = __real_fork()) == -1)
		_exit(1);
	if (pid == 0) {
		(void)close(pair[0]);
		if (read(pair[1], &c, 1) != 1)
			_exit(0);
		/* Once it is said this process may be killed as an orphan. */
		taken->pid = 1;
		if (with_fds(fd, type, n) == -1)
			taken->pid = 0;
		_exit(0);
	}
	(void)close(pair[1]);
	sender = pair[0];
}

/* Returns when it has gone, so that nobody but the role has its pipes. */
static void
sender_say(void)
{
	char	 c;

	if (write(sender, "", 1) == 1)
		while (read(sender, &c, 1) == -1 && errno == EINTR)
			continue;
}

static void
rave(int fd, enum rave kind)
{
	char	 noise[512];
	uint32_t i;

	switch (kind) {
	case RAVE_TYPES:
		for (i = 0; i < 8; i++)
			message(fd, draw(IMSG_TYPE_MAX + 2));
		break;
	case RAVE_SHORT:
		frame(fd, 1 + draw(IMSG_TYPE_MAX), draw(IMSG_HEADER_SIZE), 8);
		return;
	case RAVE_LONG:
		frame(fd, 1 + draw(IMSG_TYPE_MAX), MAX_IMSGSIZE + 1 +
		    draw(0x7fff0000), PAYLOAD_MAX);
		return;
	case RAVE_NO_FD:
		for (i = 0; i < 4; i++)
			frame(fd, 1 + draw(IMSG_TYPE_MAX), 20 | FD_MARK, 4);
		break;
	case RAVE_FD:
	case RAVE_FDS:
		sender_say();
		break;
	case RAVE_CUT:
		frame(fd, 1 + draw(IMSG_TYPE_MAX), 200, draw(100));
		return;
	case RAVE_NOISE:
		for (i = 0; i < sizeof(noise); i++)
			noise[i] = (char)draw(256);
		put(fd, noise, sizeof(noise));
		break;
	case RAVE_FLOOD:
		for (i = 0; i < 2000; i++)
			message(fd, IMSG_CTL_LOG);
		break;
	case RAVE_AGAIN:
		frame(fd, IMSG_CTL_HELLO, IMSG_HEADER_SIZE + 12, 12);
		frame(fd, IMSG_CTL_READY, IMSG_HEADER_SIZE, 0);
		frame(fd, IMSG_CTL_CFG_END, IMSG_HEADER_SIZE, 0);
		break;
	case RAVE_UNKNOWN:
	case RAVE_MAX:
		break;
	}
	frame(fd, NEVER, IMSG_HEADER_SIZE, 0);
}

/* Until the other end is closed. */
static void
outlast(int fd)
{
	char	 buf[4096];
	ssize_t	 n;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return;
		if (n == -1)
			(void)poll(&pfd, 1, -1);
	}
}

/* While it may still ask: which of its descriptors are pipes to others? */
void
taken_look(void)
{
	socklen_t	 len;
	int		 fd, domain, type, on;

	for (fd = IPC_PARENT_FD; fd < FDS_MAX; fd++) {
		len = sizeof(int);
		if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain,
		    &len) == 0 && domain == AF_UNIX &&
		    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		    type == SOCK_STREAM && getsockopt(fd, SOL_SOCKET,
		    SO_ACCEPTCONN, &on, &len) == 0 && !on)
			pipes[npipes++] = fd;
	}
}

/* Well formed it may be; it is the policy that has to refuse it. */
void
taken_forge(void)
{
	struct pollfd	 pfd = { .events = POLLIN };
	size_t		 len = taken->len;
	ssize_t		 n;

	if ((size_t)taken->action >= npipes)
		return;
	taken->fired = 1;
	pfd.fd = pipes[taken->action];
	put(pfd.fd, taken->text, len);
	taken->len = 0;
	/* What comes meanwhile this role misses. */
	while (taken->sticky && poll(&pfd, 1, 3000) == 1 &&
	    (n = read(pfd.fd, taken->text + taken->len,
	    sizeof(taken->text) - taken->len)) > 0)
		taken->len += (uint32_t)n;
}

static int
rave_pipe(void)
{
	return pipes[(unsigned int)taken->action % npipes];
}

/* While it may still make processes. */
void
taken_prepare(void)
{
	state = taken->seed * 2654435761U + 1;
	if (npipes == 0)
		return;
	if (taken->nth == RAVE_FD)
		sender_start(rave_pipe(), 1);
	else if (taken->nth == RAVE_FDS)
		sender_start(rave_pipe(), 2 + draw(14));
}

/* What the tester has chosen, whom, and whether it is stubborn. */
__dead void
taken_rave(void)
{
	struct timespec	 long_time = { .tv_sec = 100 };
	enum rave	 kind = (enum rave)taken->nth;
	int		 fd;

	if (npipes == 0 || kind >= RAVE_MAX)
		_exit(1);
	fd = rave_pipe();
	taken->fired = 1;
	taken->calls = npipes;
	rave(fd, kind);
	if (kind == RAVE_CUT)
		_exit(0);
	if (taken->sticky)
		for (;;)
			(void)nanosleep(&long_time, NULL);
	outlast(fd);
	_exit(0);
}
