/* SPDX-License-Identifier: ISC */

/*
 * The kernel's answers about the command's network: messages of the input,
 * each a byte with its length and that many bytes.  The network only counts
 * as built if each request had an answer, and those without which there is
 * no network a good one.
 */

#include "compat.h"

#include "../../srt-exec/linux_net.c"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		__builtin_trap();
}

/* Of the other files, which are not here. */
int
why(const char *fmt, ...)
{
	(void)fmt;
	return -1;
}

int
ns_why(const char *text)
{
	check(text != NULL);
	return -1;
}

void
log_debug(const char *fmt, ...)
{
	(void)fmt;
}

void
ipc_send_u32(struct ipc_peer *peer, uint32_t type, int fd, uint32_t value)
{
	(void)peer;
	(void)type;
	(void)fd;
	(void)value;
}

int
ipc_flush(struct ipc_peer *peer)
{
	(void)peer;
	return 0;
}

/* Does this let the network be built? */
static int
good(const uint8_t *p, size_t len)
{
	struct nlmsghdr	 hdr;
	int32_t		 error;

	if (len < NLMSG_LENGTH(sizeof(struct nlmsgerr)))
		return 0;
	memcpy(&hdr, p, sizeof(hdr));
	memcpy(&error, p + NLMSG_HDRLEN, sizeof(error));
	if (hdr.nlmsg_type != NLMSG_ERROR || hdr.nlmsg_seq >= REQ_MAX)
		return 0;
	return error == 0 || (error < 0 && error >= -4095 &&
	    hdr.nlmsg_seq >= REQ_ADDR6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct batch	 b;
	size_t		 n;
	int		 sv[2], all = 1, i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		return 0;
	memset(&b, 0, sizeof(b));
	batch_link(&b);
	for (i = 0; i < REQ_MAX; i++) {
		n = len == 0 ? 0 : data[0];
		if (len > 0) {
			data++;
			len--;
		}
		if (n > len)
			n = len;
		if (n == 0 || send(sv[1], data, n, MSG_DONTWAIT) !=
		    (ssize_t)n) {
			all = 0;
			break;
		}
		all &= good(data, n);
		data += n;
		len -= n;
	}
	check((request_all(sv[0], &b) == 0) == all);
	(void)close(sv[0]);
	(void)close(sv[1]);
	return 0;
}
