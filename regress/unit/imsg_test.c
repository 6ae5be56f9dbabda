/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "imsg-api.h"

#define MARK		0x80000000U
#define FD_LIMIT	256

/* Two ends of a socket, and how many descriptors were open before. */
struct pair {
	struct imsgbuf	 a;
	struct imsgbuf	 b;
	int		 nfds;
};

static int
count_fds(void)
{
	int	 fd, n = 0;

	for (fd = 0; fd < FD_LIMIT; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return n;
}

static int
setup(void **state)
{
	struct pair	*p;
	int		 sv[2];

	assert_non_null(p = calloc(1, sizeof(*p)));
	p->nfds = count_fds();
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, sv), errno);
	assert_int_equal(imsgbuf_init(&p->a, sv[0]), 0);
	assert_int_equal(imsgbuf_init(&p->b, sv[1]), 0);
	imsgbuf_allow_fdpass(&p->a);
	imsgbuf_allow_fdpass(&p->b);
	*state = p;
	return 0;
}

/* Every test of this file fails if it leaks a descriptor. */
static int
teardown(void **state)
{
	struct pair	*p = *state;
	int		 leaked;

	imsgbuf_clear(&p->a);
	imsgbuf_clear(&p->b);
	(void)close(p->a.fd);
	(void)close(p->b.fd);
	if ((leaked = count_fds() - p->nfds) != 0)
		print_error("%d descriptors leaked\n", leaked);
	free(p);
	return leaked == 0 ? 0 : -1;
}

static int
open_null(void)
{
	int	 fd;

	assert_return_code(fd = open("/dev/null", O_RDWR | O_CLOEXEC), errno);
	return fd;
}

static int
is_null(int fd)
{
	struct stat	 a, b;

	return fstat(fd, &a) == 0 && stat("/dev/null", &b) == 0 &&
	    a.st_rdev == b.st_rdev && a.st_ino == b.st_ino;
}

static void
close_end(struct imsgbuf *ibuf)
{
	(void)close(ibuf->fd);
	ibuf->fd = -1;
}

/* Sends raw bytes from a to b, with n descriptors at once. */
static void
send_raw(struct pair *p, const void *data, size_t len, const int *fds, int n)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int) * 8)];
	} control;
	struct iovec	 iov;
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;

	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (n > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * (size_t)n);
	}
	assert_int_equal(sendmsg(p->a.fd, &msg, 0), len);
}

static void
send_header(struct pair *p, uint32_t type, uint32_t len)
{
	struct imsg_hdr	 hdr = { type, len, 0, 0 };

	send_raw(p, &hdr, sizeof(hdr), NULL, 0);
}

/* The next message at b must be of this type; the caller frees it. */
static void
expect(struct pair *p, struct imsg *m, uint32_t type)
{
	int	 n;

	while ((n = imsgbuf_get(&p->b, m)) == 0)
		assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(n, 1);
	assert_int_equal(imsg_get_type(m), type);
}

static void
expect_none(struct pair *p)
{
	struct imsg	 m;

	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsgbuf_get(&p->b, &m), 0);
}

static void
test_header(void **state)
{
	struct pair	*p = *state;
	struct imsg_hdr	 hdr;
	unsigned char	 raw[64];

	assert_int_equal(IMSG_HEADER_SIZE, 16);
	assert_int_equal(imsg_compose(&p->a, 7, 8, 9, -1, "abc", 3), 1);
	assert_int_equal(imsgbuf_queuelen(&p->a), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
	assert_int_equal(read(p->b.fd, raw, sizeof(raw)), 19);
	memcpy(&hdr, raw, sizeof(hdr));
	assert_int_equal(hdr.type, 7);
	assert_int_equal(hdr.len, 19);
	assert_int_equal(hdr.peerid, 8);
	assert_int_equal(hdr.pid, 9);
	assert_memory_equal(raw + 16, "abc", 3);

	/* A descriptor is marked in bit 31 of the length. */
	assert_int_equal(imsg_compose(&p->a, 7, 0, 0, open_null(), NULL, 0),
	    1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_int_equal(read(p->b.fd, raw, sizeof(raw)), 16);
	memcpy(&hdr, raw, sizeof(hdr));
	assert_true(hdr.len == (MARK | 16));
	assert_int_equal(hdr.pid, getpid());
}

static void
test_accessors(void **state)
{
	struct pair	*p = *state;
	struct ibuf	 view;
	struct imsg	 m;
	uint32_t	 v;
	char		 text[8];

	assert_int_equal(imsg_compose(&p->a, 1, 77, 99, -1, "abcdefg", 8), 1);
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, -1, NULL, 0), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 1);
	assert_int_equal(imsg_get_id(&m), 77);
	assert_int_equal(imsg_get_pid(&m), 99);
	assert_int_equal(imsg_get_len(&m), 8);
	assert_int_equal(m.hdr.len, 24);
	assert_memory_equal(m.data, "abcdefg", 8);
	assert_int_equal(imsg_get_fd(&m), -1);
	errno = 0;
	assert_int_equal(imsg_get_data(&m, text, 7), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(imsg_get_data(&m, text, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(imsg_get_data(&m, text, 8), 0);
	assert_string_equal(text, "abcdefg");
	/* It is consumed. */
	assert_int_equal(imsg_get_len(&m), 0);
	imsg_free(&m);

	expect(p, &m, 2);
	assert_null(m.data);
	assert_int_equal(imsg_get_len(&m), 0);
	assert_int_equal(imsg_get_pid(&m), getpid());
	errno = 0;
	assert_int_equal(imsg_get_ibuf(&m, &view), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(imsg_get_data(&m, text, 1), -1);
	imsg_free(&m);

	assert_int_equal(imsg_compose(&p->a, 3, 0, 0, -1, "ab\0\0abcdxyzw",
	    12), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 3);
	assert_int_equal(imsg_get_strbuf(&m, text, 4), 0);
	assert_string_equal(text, "ab");
	assert_int_equal(imsg_get_strbuf(&m, text, 4), -1);
	assert_string_equal(text, "abc");
	assert_int_equal(imsg_get_buf(&m, text, 2), 0);
	assert_memory_equal(text, "xy", 2);
	assert_int_equal(imsg_get_ibuf(&m, &view), 0);
	assert_int_equal(ibuf_size(&view), 2);
	assert_int_equal(ibuf_get_n32(&view, &v), -1);
	imsg_free(&m);
}

static void
test_order(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	uint32_t	 i, v;

	/* Descriptors and compose_ibuf() in between change nothing. */
	for (i = 0; i < 200; i++) {
		struct ibuf	*buf;

		if (i % 7 == 3) {
			assert_non_null(buf = ibuf_dynamic(0, 64));
			assert_int_equal(ibuf_add_h32(buf, i), 0);
			assert_int_equal(imsg_compose_ibuf(&p->a, i, 0, 0,
			    buf), 1);
		} else
			assert_int_equal(imsg_compose(&p->a, i, 0, 0,
			    i % 5 == 0 ? open_null() : -1, &i, sizeof(i)), 1);
	}
	while (imsgbuf_queuelen(&p->a) > 0)
		assert_int_equal(imsgbuf_write(&p->a), 0);
	for (i = 0; i < 200; i++) {
		int	 fd;

		expect(p, &m, i);
		assert_int_equal(imsg_get_data(&m, &v, sizeof(v)), 0);
		assert_int_equal(v, i);
		fd = imsg_get_fd(&m);
		if (i % 7 != 3 && i % 5 == 0) {
			assert_true(is_null(fd));
			assert_int_equal(close(fd), 0);
		} else
			assert_int_equal(fd, -1);
		imsg_free(&m);
	}
	expect_none(p);
}

/* More than one read takes, so that headers straddle the reads. */
static void
test_straddle(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	char		 data[1021];
	uint32_t	 i, got = 0;
	int		 fd, size = 1024 * 1024;

	memset(data, 'x', sizeof(data));
	assert_return_code(setsockopt(p->a.fd, SOL_SOCKET, SO_SNDBUF, &size,
	    sizeof(size)), errno);
	for (i = 0; i < 300; i++)
		assert_int_equal(imsg_compose(&p->a, i, 0, 0,
		    i % 2 == 0 ? open_null() : -1, data,
		    i % sizeof(data)), 1);
	while (got < 300) {
		while (imsgbuf_queuelen(&p->a) > 0) {
			uint32_t before = imsgbuf_queuelen(&p->a);

			assert_int_equal(imsgbuf_write(&p->a), 0);
			if (imsgbuf_queuelen(&p->a) == before)
				break;
		}
		assert_int_equal(imsgbuf_read(&p->b), 1);
		while (imsgbuf_get(&p->b, &m) == 1) {
			assert_int_equal(imsg_get_type(&m), got);
			assert_int_equal(imsg_get_len(&m), got % sizeof(data));
			fd = imsg_get_fd(&m);
			assert_int_equal(fd != -1, got % 2 == 0);
			if (fd != -1)
				assert_int_equal(close(fd), 0);
			imsg_free(&m);
			got++;
		}
	}
}

static void
test_byte_by_byte(void **state)
{
	struct pair	*p = *state;
	struct imsg_hdr	 hdr = { 5, MARK | 20, 6, 7 };
	struct imsg	 m;
	unsigned char	 raw[20];
	size_t		 i;
	int		 fd;

	memcpy(raw, &hdr, sizeof(hdr));
	memcpy(raw + 16, "wxyz", 4);
	fd = open_null();
	for (i = 0; i < sizeof(raw); i++) {
		assert_int_equal(imsgbuf_get(&p->b, &m), 0);
		/* The descriptor comes with the first byte of the header. */
		send_raw(p, raw + i, 1, &fd, i == 0 ? 1 : 0);
		assert_int_equal(imsgbuf_read(&p->b), 1);
	}
	assert_int_equal(close(fd), 0);
	expect(p, &m, 5);
	assert_int_equal(imsg_get_id(&m), 6);
	assert_int_equal(imsg_get_pid(&m), 7);
	assert_memory_equal(m.data, "wxyz", 4);
	assert_return_code(fd = imsg_get_fd(&m), errno);
	assert_true(is_null(fd));
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(close(fd), 0);
	imsg_free(&m);
	expect_none(p);
}

static void
test_fd_ownership(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	int		 fd, got;

	/* compose takes it, write closes it. */
	fd = open_null();
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, fd, "x", 1), 1);
	assert_return_code(fcntl(fd, F_GETFD), errno);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	expect(p, &m, 1);
	assert_return_code(got = imsg_get_fd(&m), errno);
	/* Once only. */
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
	assert_true(is_null(got));
	assert_int_equal(close(got), 0);

	/* Not taken, it ends with the message. */
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, open_null(), "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	expect(p, &m, 2);
	imsg_free(&m);

	/* A failed compose leaves it with the caller. */
	fd = open_null();
	errno = 0;
	assert_int_equal(imsg_compose(&p->a, 3, 0, 0, fd, NULL, MAX_IMSGSIZE),
	    -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(close(fd), 0);

	/* Queued, received and half received ones end with imsgbuf_clear(). */
	assert_int_equal(imsg_compose(&p->a, 4, 0, 0, open_null(), "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsg_compose(&p->a, 5, 0, 0, open_null(), "x", 1), 1);
	fd = open_null();
	send_raw(p, "\5", 1, &fd, 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(imsgbuf_read(&p->b), 1);
}

/* Bits of the mark are not believed without a descriptor, and vice versa. */
static void
test_fd_mark(void **state)
{
	struct pair	*p = *state;
	struct imsg_hdr	 hdr = { 1, 16, 0, 0 };
	struct imsg	 m;
	int		 fd;

	fd = open_null();
	send_raw(p, &hdr, sizeof(hdr), &fd, 1);
	expect(p, &m, 1);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);

	/* The one that came unmarked is not handed to the next. */
	hdr.type = 2;
	hdr.len = MARK | 16;
	send_raw(p, &hdr, sizeof(hdr), NULL, 0);
	expect(p, &m, 2);
	assert_int_equal(m.hdr.len, 16);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);

	/* Nor is one that came with half a header that proved unmarked. */
	hdr.type = 3;
	hdr.len = 16;
	send_raw(p, &hdr, 4, &fd, 1);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	send_raw(p, (char *)&hdr + 4, 12, NULL, 0);
	hdr.type = 4;
	hdr.len = MARK | 16;
	send_raw(p, &hdr, sizeof(hdr), NULL, 0);
	expect(p, &m, 3);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
	expect(p, &m, 4);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
	assert_int_equal(close(fd), 0);
}

static void
test_fd_surplus(void **state)
{
	struct pair	*p = *state;
	struct imsg_hdr	 hdr = { 1, MARK | 16, 0, 0 };
	struct imsg	 m;
	int		 fds[8], i, n;

	for (i = 0; i < 8; i++)
		fds[i] = open_null();
	/* 2 fit by alignment, of 8 the kernel drops some (MSG_CTRUNC). */
	for (n = 2; n <= 8; n++) {
		int	 before = count_fds(), fd;

		send_raw(p, &hdr, sizeof(hdr), fds, n);
		expect(p, &m, 1);
		assert_return_code(fd = imsg_get_fd(&m), errno);
		assert_int_equal(close(fd), 0);
		imsg_free(&m);
		assert_int_equal(count_fds(), before);
	}
	/* One with every byte of a header: the first stays, the rest goes. */
	for (i = 0; i < (int)sizeof(hdr); i++) {
		send_raw(p, (char *)&hdr + i, 1, fds, 1);
		assert_int_equal(imsgbuf_read(&p->b), 1);
	}
	expect(p, &m, 1);
	assert_return_code(i = imsg_get_fd(&m), errno);
	assert_int_equal(close(i), 0);
	imsg_free(&m);
	for (i = 0; i < 8; i++)
		assert_int_equal(close(fds[i]), 0);
}

/* No room for a descriptor: the message comes without it. */
static void
test_fd_limit(void **state)
{
	struct pair	*p = *state;
	struct rlimit	 old, rl;
	struct imsg	 m;
	int		 fd, got;

	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, open_null(), "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	assert_return_code(fd = open_null(), errno);
	assert_int_equal(close(fd), 0);
	assert_return_code(getrlimit(RLIMIT_NOFILE, &old), errno);
	rl = old;
	rl.rlim_cur = (rlim_t)fd;	/* the lowest free one */
	assert_return_code(setrlimit(RLIMIT_NOFILE, &rl), errno);
	expect(p, &m, 1);
	got = imsg_get_fd(&m);
	assert_return_code(setrlimit(RLIMIT_NOFILE, &old), errno);
	assert_int_equal(got, -1);
	assert_memory_equal(m.data, "x", 1);
	imsg_free(&m);

	/* And the pipe goes on. */
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, open_null(), "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	expect(p, &m, 2);
	assert_return_code(got = imsg_get_fd(&m), errno);
	assert_int_equal(close(got), 0);
	imsg_free(&m);
}

/* Without imsgbuf_allow_fdpass() neither side passes any. */
static void
test_fd_forbidden(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;

	p->b.flags = 0;
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, open_null(), "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	expect(p, &m, 1);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);

	p->a.flags = 0;
	imsgbuf_allow_fdpass(&p->b);
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, open_null(), "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	expect(p, &m, 2);
	assert_int_equal(imsg_get_fd(&m), -1);
	imsg_free(&m);
}

static void
test_bad_length(void **state)
{
	static const uint32_t	 bad[] = {
		0, 1, 15, MARK, MARK | 15, MAX_IMSGSIZE + 1, 0x7fffffff,
		0xffffffff
	};
	struct pair	*p;
	struct imsg	 m;
	void		*fresh;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(bad); i++) {
		assert_int_equal(setup(&fresh), 0);
		p = fresh;
		/* What came before is still delivered. */
		send_header(p, 1, 16);
		send_header(p, 2, bad[i]);
		errno = 0;
		assert_int_equal(imsgbuf_read(&p->b), -1);
		assert_int_equal(errno, ERANGE);
		assert_int_equal(imsgbuf_get(&p->b, &m), 1);
		assert_int_equal(imsg_get_type(&m), 1);
		imsg_free(&m);
		assert_int_equal(imsgbuf_get(&p->b, &m), 0);
		assert_int_equal(teardown(&fresh), 0);
	}
}

/* A descriptor that comes with a malformed header is closed. */
static void
test_bad_length_fd(void **state)
{
	struct pair	*p = *state;
	struct imsg_hdr	 hdr = { 1, MARK | 3, 0, 0 };
	int		 fd;

	fd = open_null();
	send_raw(p, &hdr, 8, &fd, 1);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	send_raw(p, (char *)&hdr + 8, 8, &fd, 1);
	assert_int_equal(imsgbuf_read(&p->b), -1);
	assert_int_equal(close(fd), 0);
}

static void
test_maxsize(void **state)
{
	struct pair	*p = *state;
	struct ibuf	*buf;
	struct imsg	 m;
	static char	 data[100000];
	ssize_t		 n;

	/* The default counts the header. */
	n = MAX_IMSGSIZE - (ssize_t)IMSG_HEADER_SIZE;
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, data, (size_t)n),
	    1);
	errno = 0;
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, data,
	    (size_t)n + 1), -1);
	assert_int_equal(errno, ERANGE);
	errno = 0;
	assert_null(imsg_create(&p->a, 1, 0, 0, SIZE_MAX));
	assert_int_equal(errno, ERANGE);
	imsgbuf_flush(&p->a);
	expect(p, &m, 1);
	assert_int_equal(imsg_get_len(&m), n);
	imsg_free(&m);

	/* The one set does not. */
	errno = 0;
	assert_int_equal(imsgbuf_set_maxsize(&p->a, UINT32_MAX), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(imsgbuf_set_maxsize(&p->a, MARK), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(imsgbuf_set_maxsize(&p->a, sizeof(data)), 0);
	assert_int_equal(imsgbuf_set_maxsize(&p->b, sizeof(data)), 0);
	memset(data, 'y', sizeof(data));
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, -1, data,
	    sizeof(data)), 1);
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, -1, data,
	    sizeof(data) + 1), -1);
	assert_int_equal(imsgbuf_write(&p->a), 0);
	while (imsgbuf_get(&p->b, &m) == 0) {
		assert_int_equal(imsgbuf_read(&p->b), 1);
		assert_int_equal(imsgbuf_write(&p->a), 0);
	}
	assert_int_equal(imsg_get_len(&m), sizeof(data));
	assert_memory_equal(m.data, data, sizeof(data));
	imsg_free(&m);

	/* A message may be held to less than the pipe. */
	assert_non_null(buf = imsg_create(&p->a, 3, 0, 0, 4));
	assert_int_equal(imsg_set_maxsize(buf, SIZE_MAX), -1);
	assert_int_equal(imsg_set_maxsize(buf, sizeof(data) + 1), -1);
	assert_int_equal(imsg_set_maxsize(buf, 4), 0);
	assert_int_equal(imsg_add(buf, data, 4), 4);
	/* Frees it. */
	assert_int_equal(imsg_add(buf, data, 1), -1);

	/* The receiver's limit counts, not the sender's. */
	assert_int_equal(imsgbuf_set_maxsize(&p->b, 99), 0);
	assert_int_equal(imsg_compose(&p->a, 4, 0, 0, -1, data, 99), 1);
	assert_int_equal(imsg_compose(&p->a, 5, 0, 0, -1, data, 100), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	assert_int_equal(imsgbuf_read(&p->b), -1);
	assert_int_equal(errno, ERANGE);
	expect(p, &m, 4);
	imsg_free(&m);
}

static void
test_build(void **state)
{
	struct pair	*p = *state;
	struct iovec	 iov[3];
	struct ibuf	*buf;
	struct imsg	 m;
	int		 fd;

	/* In pieces; what was announced is a hint only. */
	assert_non_null(buf = imsg_create(&p->a, 1, 2, 3, 0));
	assert_int_equal(imsg_add(buf, "ab", 2), 2);
	assert_int_equal(imsg_add(buf, NULL, 0), 0);
	assert_int_equal(imsg_add(buf, "cde", 3), 3);
	ibuf_fd_set(buf, open_null());
	imsg_close(&p->a, buf);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 1);
	assert_int_equal(imsg_get_len(&m), 5);
	assert_memory_equal(m.data, "abcde", 5);
	assert_return_code(fd = imsg_get_fd(&m), errno);
	assert_int_equal(close(fd), 0);
	imsg_free(&m);

	iov[0].iov_base = (void *)(uintptr_t)"one";
	iov[0].iov_len = 3;
	iov[1].iov_base = NULL;
	iov[1].iov_len = 0;
	iov[2].iov_base = (void *)(uintptr_t)"two";
	iov[2].iov_len = 3;
	assert_int_equal(imsg_composev(&p->a, 2, 0, 0, -1, iov, 3), 1);
	assert_int_equal(imsg_composev(&p->a, 3, 0, 0, -1, NULL, 0), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 2);
	assert_int_equal(imsg_get_len(&m), 6);
	assert_memory_equal(m.data, "onetwo", 6);
	imsg_free(&m);
	expect(p, &m, 3);
	assert_int_equal(imsg_get_len(&m), 0);
	imsg_free(&m);

	/* Lengths that add up to too much, also past SIZE_MAX. */
	iov[0].iov_len = MAX_IMSGSIZE / 2;
	iov[2].iov_len = MAX_IMSGSIZE / 2;
	errno = 0;
	assert_int_equal(imsg_composev(&p->a, 4, 0, 0, -1, iov, 3), -1);
	assert_int_equal(errno, ERANGE);
	iov[2].iov_len = SIZE_MAX - 10;
	assert_int_equal(imsg_composev(&p->a, 4, 0, 0, -1, iov, 3), -1);
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
}

static void
test_compose_ibuf(void **state)
{
	struct pair	*p = *state;
	struct ibuf	*buf;
	struct imsg	 m;
	int		 fd;

	/* A descriptor in the buffer is dropped, and never sent. */
	assert_non_null(buf = ibuf_dynamic(0, 100));
	assert_int_equal(ibuf_add(buf, "payload", 7), 0);
	ibuf_fd_set(buf, fd = open_null());
	assert_int_equal(imsg_compose_ibuf(&p->a, 1, 2, 3, buf), 1);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 1);
	assert_int_equal(imsg_get_id(&m), 2);
	assert_int_equal(imsg_get_pid(&m), 3);
	assert_int_equal(imsg_get_fd(&m), -1);
	assert_memory_equal(m.data, "payload", 7);
	imsg_free(&m);

	/* Empty is allowed; too long consumes the buffer, too. */
	assert_non_null(buf = ibuf_open(1));
	assert_int_equal(imsg_compose_ibuf(&p->a, 2, 0, 0, buf), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 2);
	assert_int_equal(imsg_get_len(&m), 0);
	imsg_free(&m);
	assert_non_null(buf = ibuf_open(MAX_IMSGSIZE));
	assert_int_equal(ibuf_add_zero(buf, MAX_IMSGSIZE), 0);
	ibuf_fd_set(buf, open_null());
	errno = 0;
	assert_int_equal(imsg_compose_ibuf(&p->a, 3, 0, 0, buf), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
}

static void
test_forward(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	char		 text[4];
	int		 i;

	assert_int_equal(imsg_compose(&p->a, 1, 22, 33, open_null(), "abcd",
	    4), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 1);
	/* Whole, though it was read already, and as often as one likes. */
	assert_int_equal(imsg_get_data(&m, text, 4), 0);
	assert_int_equal(imsg_forward(&p->a, &m), 1);
	assert_int_equal(imsg_forward(&p->a, &m), 1);
	imsg_free(&m);
	assert_int_equal(imsg_compose(&p->a, 2, 0, 0, -1, NULL, 0), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	for (i = 0; i < 2; i++) {
		expect(p, &m, 1);
		assert_int_equal(imsg_get_id(&m), 22);
		assert_int_equal(imsg_get_pid(&m), 33);
		assert_int_equal(imsg_get_fd(&m), -1);
		assert_int_equal(imsg_get_len(&m), 4);
		assert_memory_equal(m.data, "abcd", 4);
		imsg_free(&m);
	}
	expect(p, &m, 2);
	assert_int_equal(imsg_forward(&p->a, &m), 1);
	imsg_free(&m);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	expect(p, &m, 2);
	assert_int_equal(imsg_get_len(&m), 0);
	imsg_free(&m);
}

static void
test_requeue(void **state)
{
	struct pair	 *p = *state;
	struct ibufqueue *q;
	struct imsg	  m;
	uint32_t	  i;
	int		  fd;

	assert_non_null(q = ibufq_new());
	assert_int_equal(imsg_ibufq_pop(q, &m), 0);
	for (i = 1; i <= 3; i++)
		assert_int_equal(imsg_compose(&p->a, i, 0, 0, i == 2 ?
		    open_null() : -1, &i, sizeof(i)), 1);
	while (imsgbuf_queuelen(&p->a) > 0)
		assert_int_equal(imsgbuf_write(&p->a), 0);
	for (i = 1; i <= 3; i++) {
		expect(p, &m, i);
		imsg_ibufq_push(q, &m);
		assert_null(m.buf);
	}
	for (i = 1; i <= 2; i++) {
		uint32_t	 v;

		assert_int_equal(imsg_ibufq_pop(q, &m), 1);
		assert_int_equal(imsg_get_type(&m), i);
		assert_int_equal(m.hdr.len, 20);
		assert_int_equal(imsg_get_data(&m, &v, sizeof(v)), 0);
		assert_int_equal(v, i);
		if (i == 2) {
			assert_return_code(fd = imsg_get_fd(&m), errno);
			assert_int_equal(close(fd), 0);
		}
		imsg_free(&m);
	}
	ibufq_free(q);
}

static void
test_read_states(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;

	/* Nothing there is not the end. */
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsgbuf_get(&p->b, &m), 0);
	/* What came before the end is delivered; then the end, again. */
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "x", 1), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	close_end(&p->a);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsgbuf_read(&p->b), 0);
	assert_int_equal(imsgbuf_read(&p->b), 0);
	assert_int_equal(imsgbuf_get(&p->b, &m), 1);
	imsg_free(&m);
	assert_int_equal(imsgbuf_get(&p->b, &m), 0);

	errno = 0;
	assert_int_equal(imsg_compose(&p->b, 1, 0, 0, -1, "x", 1), 1);
	assert_int_equal(imsgbuf_write(&p->b), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(imsgbuf_flush(&p->b), -1);
	close_end(&p->b);
	assert_int_equal(imsgbuf_read(&p->b), -1);
	assert_int_equal(errno, EBADF);
}

static void
test_eof_within(void **state)
{
	struct pair	*p = *state;
	struct imsg_hdr	 hdr = { 1, MARK | 100, 0, 0 };
	struct imsg	 m;
	int		 fd;

	fd = open_null();
	send_raw(p, &hdr, sizeof(hdr), &fd, 1);
	send_raw(p, "some", 4, NULL, 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	close_end(&p->a);
	while (imsgbuf_read(&p->b) == 1)
		;
	assert_int_equal(imsgbuf_read(&p->b), 0);
	assert_int_equal(imsgbuf_get(&p->b, &m), 0);
}

/* A full socket takes what it can; nothing is lost or doubled. */
static void
test_full_socket(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;
	uint32_t	 i, n, queued = 0;
	static char	 data[16000];

	for (n = 0; n < 1000 && queued < 8; n++) {
		memset(data, (int)n, sizeof(data));
		assert_int_equal(imsg_compose(&p->a, n, 0, 0,
		    n % 3 == 0 ? open_null() : -1, data, sizeof(data)), 1);
		assert_int_equal(imsgbuf_write(&p->a), 0);
		queued = imsgbuf_queuelen(&p->a);
	}
	assert_int_equal(queued, 8);
	for (i = 0; i < n; i++) {
		while (imsgbuf_get(&p->b, &m) == 0) {
			assert_int_equal(imsgbuf_write(&p->a), 0);
			assert_int_equal(imsgbuf_read(&p->b), 1);
		}
		assert_int_equal(imsg_get_type(&m), i);
		assert_int_equal(imsg_get_len(&m), sizeof(data));
		memset(data, (int)i, sizeof(data));
		assert_memory_equal(m.data, data, sizeof(data));
		assert_int_equal(ibuf_fd_avail(m.buf), i % 3 == 0);
		imsg_free(&m);
	}
	assert_int_equal(imsgbuf_queuelen(&p->a), 0);
	expect_none(p);
}

static void
test_imsg_get(void **state)
{
	struct pair	*p = *state;
	struct imsg	 m;

	assert_int_equal(imsg_get(&p->b, &m), 0);
	assert_int_equal(imsg_compose(&p->a, 1, 0, 0, -1, "abc", 3), 1);
	assert_int_equal(imsgbuf_flush(&p->a), 0);
	assert_int_equal(imsgbuf_read(&p->b), 1);
	assert_int_equal(imsg_get(&p->b, &m), 19);
	imsg_free(&m);
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_header),
		TEST(test_accessors),
		TEST(test_order),
		TEST(test_straddle),
		TEST(test_byte_by_byte),
		TEST(test_fd_ownership),
		TEST(test_fd_mark),
		TEST(test_fd_surplus),
		TEST(test_fd_limit),
		TEST(test_fd_forbidden),
		TEST(test_bad_length),
		TEST(test_bad_length_fd),
		TEST(test_maxsize),
		TEST(test_build),
		TEST(test_compose_ibuf),
		TEST(test_forward),
		TEST(test_requeue),
		TEST(test_read_states),
		TEST(test_eof_within),
		TEST(test_full_socket),
		TEST(test_imsg_get)
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
