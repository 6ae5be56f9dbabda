/* SPDX-License-Identifier: ISC */

/* Where splice(2) is missing there is never a pipe: relay.c copies. */

#include "compat.h"

#include <errno.h>

#include "proxy.h"

struct relay_pipe *
relay_pipe_get(void)
{
	return NULL;
}

void
relay_pipe_put(struct relay_pipe *p)
{
	(void)p;
}

size_t
relay_pipe_len(const struct relay_pipe *p)
{
	(void)p;
	return 0;
}

ssize_t
relay_pipe_fill(struct relay_pipe *p, int fd, uint64_t max)
{
	(void)max;
	(void)p;
	(void)fd;
	errno = ENOSYS;
	return -1;
}

ssize_t
relay_pipe_drain(struct relay_pipe *p, int fd)
{
	(void)p;
	(void)fd;
	errno = ENOSYS;
	return -1;
}

int
relay_sent(int fd)
{
	(void)fd;
	return 1;
}

void
relay_near(int fd)
{
	(void)fd;
}
