/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "violation.h"

/* Cuts what the command or the network made too long for a message. */
static void
violation_add_str(struct ibuf *buf, const char *s)
{
	char	 cut[1024];

	if (s == NULL)
		s = "";
	if (strlcpy(cut, s, sizeof(cut)) >= sizeof(cut))
		memcpy(cut + sizeof(cut) - 4, "...", 4);
	ipc_add_str(buf, cut);
}

void
ipc_send_violation(struct ipc_peer *peer, const struct violation *v)
{
	struct timespec	 ts;
	struct ibuf	*buf;
	uint64_t	 now = v->time;

	if (!peer->open || imsgbuf_queuelen(&peer->ibuf) >= IPC_QUEUE_MAX) {
		peer->lost += v->count == 0 ? 1 : v->count;
		return;
	}
	if (now == 0 && clock_gettime(CLOCK_REALTIME, &ts) == 0)
		now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;

	buf = ipc_create(peer, IMSG_MON_VIOLATION);
	ipc_add_u64(buf, now);
	ipc_add_u64(buf, v->count == 0 ? 1 : v->count);
	ipc_add_u64(buf, v->pid);
	ipc_add_u64(buf, peer->lost);
	violation_add_str(buf, v->operation);
	violation_add_str(buf, v->target);
	violation_add_str(buf, v->reason);
	violation_add_str(buf, v->rule);
	violation_add_str(buf, v->cure);
	violation_add_str(buf, v->program);
	ipc_commit(peer, buf);
	peer->lost = 0;
}

void
ipc_send_barrier(struct ipc_peer *peer)
{
	ipc_send(peer, IMSG_CTL_FLUSH, -1, &peer->lost, sizeof(peer->lost));
	peer->lost = 0;
}

void
ipc_recv_violation(struct imsg *imsg, struct violation *v, uint64_t *lost)
{
	struct ibuf	 buf;

	memset(v, 0, sizeof(*v));
	ipc_recv_ibuf(imsg, &buf);
	v->time = ipc_get_u64(&buf);
	v->count = ipc_get_u64(&buf);
	v->pid = ipc_get_u64(&buf);
	*lost = ipc_get_u64(&buf);
	v->operation = ipc_get_str(&buf);
	v->target = ipc_get_str(&buf);
	v->reason = ipc_get_str(&buf);
	v->rule = ipc_get_str(&buf);
	v->cure = ipc_get_str(&buf);
	v->program = ipc_get_str(&buf);
	ipc_get_end(&buf);
}

void
violation_clear(struct violation *v)
{
	free(v->operation);
	free(v->target);
	free(v->reason);
	free(v->rule);
	free(v->cure);
	free(v->program);
	memset(v, 0, sizeof(*v));
}
