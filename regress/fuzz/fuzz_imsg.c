/* SPDX-License-Identifier: ISC */

/*
 * A hostile peer: the input is a series of chunks, each a byte that says how
 * many descriptors come along and how to look at what arrives, a byte of
 * length, and the bytes to send.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg-api.h"

#define MAX_FDS		3

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static int
send_chunk(int fd, const uint8_t *data, size_t len, int nfds)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int) * MAX_FDS)];
	} control;
	struct iovec	 iov;
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;
	int		 fds[MAX_FDS], i;

	memset(&msg, 0, sizeof(msg));
	memset(&control, 0, sizeof(control));
	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (nfds > 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)nfds);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)nfds);
		for (i = 0; i < nfds; i++)
			fds[i] = fd;
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * (size_t)nfds);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -1;
}

/* Reads the payload as the first byte of each step says. */
static void
read_payload(struct ibuf *buf)
{
	struct ibuf	 view;
	uint64_t	 v64;
	uint32_t	 v32;
	uint16_t	 v16;
	uint8_t		 op;
	size_t		 before;
	char		 text[32], *s;

	while (ibuf_get_n8(buf, &op) == 0) {
		before = ibuf_size(buf);
		switch (op % 12) {
		case 0:
			(void)ibuf_get_n16(buf, &v16);
			break;
		case 1:
			(void)ibuf_get_n32(buf, &v32);
			break;
		case 2:
			(void)ibuf_get_n64(buf, &v64);
			break;
		case 3:
			(void)ibuf_get_h16(buf, &v16);
			break;
		case 4:
			(void)ibuf_get_h32(buf, &v32);
			break;
		case 5:
			(void)ibuf_get_h64(buf, &v64);
			break;
		case 6:
			if ((s = ibuf_get_string(buf, op)) != NULL)
				check(strlen(s) <= op);
			free(s);
			break;
		case 7:
			if (ibuf_get_strbuf(buf, text, sizeof(text)) == 0)
				check(memchr(text, 0, sizeof(text)) != NULL);
			break;
		case 8:
			(void)ibuf_skip(buf, op);
			break;
		case 9:
			if (ibuf_get_ibuf(buf, op, &view) == 0)
				read_payload(&view);
			break;
		case 10:
			if (ibuf_get_h32(buf, &v32) == 0 &&
			    ibuf_seek(buf, v32, op) != NULL)
				check(v32 + (size_t)op <= ibuf_size(buf));
			break;
		case 11:
			(void)ibuf_truncate(buf, op);
			break;
		}
		check(ibuf_size(buf) <= before);
	}
}

static void
look(struct imsgbuf *to, struct imsg *m, int how)
{
	struct ibuf	 view;
	int		 fd;

	check(m->hdr.len >= IMSG_HEADER_SIZE && m->hdr.len <= MAX_IMSGSIZE);
	check(imsg_get_len(m) == m->hdr.len - IMSG_HEADER_SIZE);
	check((m->data == NULL) == (imsg_get_len(m) == 0));
	if ((how & 4) != 0)
		check(imsg_forward(to, m) == 1);
	if ((how & 8) != 0 && (fd = imsg_get_fd(m)) != -1)
		check(close(fd) == 0);
	if (imsg_get_ibuf(m, &view) == 0)
		read_payload(&view);
	check(imsg_get_len(m) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct imsgbuf	 in;
	struct imsg	 m;
	size_t		 n;
	int		 sv[2], how, next;

	if ((next = open("/dev/null", O_RDONLY)) == -1)
		return 0;
	(void)close(next);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == -1)
		return 0;
	check(imsgbuf_init(&in, sv[0]) == 0);
	if (len > 0 && (data[0] & 0x80) == 0)
		imsgbuf_allow_fdpass(&in);
	while (len > 2) {
		how = data[0];
		n = data[1];
		data += 2;
		len -= 2;
		if (n > len)
			n = len;
		if (n > 0 && send_chunk(sv[1], data, n, how % 4) == -1)
			break;
		data += n;
		len -= n;
		if (imsgbuf_read(&in) == -1)
			break;
		while (imsgbuf_get(&in, &m) == 1) {
			look(&in, &m, how);
			imsg_free(&m);
		}
		/* What was forwarded goes back; nobody reads it. */
		if (imsgbuf_write(&in) == -1)
			break;
	}
	imsgbuf_clear(&in);
	(void)close(sv[0]);
	(void)close(sv[1]);
	/* No descriptor stayed open. */
	check((how = open("/dev/null", O_RDONLY)) == next);
	(void)close(how);
	return 0;
}
