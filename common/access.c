/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "log.h"

/* Connections that may wait for a slow monitor. */
#define ACCESS_QUEUE_MAX	(16 * IPC_QUEUE_MAX)

#define ACCESS_STRING_MAX	1024

static uint64_t	 access_lost;

static void
access_add_str(struct ibuf *buf, const char *s)
{
	char	 cut[ACCESS_STRING_MAX];

	if (strlcpy(cut, s == NULL ? "" : s, sizeof(cut)) >= sizeof(cut))
		memcpy(cut + sizeof(cut) - 4, "...", 4);
	ipc_add_str(buf, cut);
}

void
ipc_send_access(struct ipc_peer *peer, const struct access *a)
{
	struct ibuf	*buf;

	if (!peer->open || imsgbuf_queuelen(&peer->ibuf) >= ACCESS_QUEUE_MAX) {
		access_lost++;
		return;
	}
	buf = ipc_create(peer, IMSG_MON_ACCESS);
	ipc_add_u64(buf, a->time);
	ipc_add_u64(buf, a->duration);
	ipc_add_u64(buf, a->sent);
	ipc_add_u64(buf, a->received);
	ipc_add_u64(buf, a->requests);
	ipc_add_u64(buf, a->pid);
	ipc_add_u64(buf, access_lost);
	ipc_add_u32(buf, a->port);
	ipc_add_u32(buf, (uint32_t)a->way);
	access_add_str(buf, a->host);
	access_add_str(buf, a->rule);
	access_add_str(buf, a->where);
	access_add_str(buf, a->result);
	access_add_str(buf, a->program);
	ipc_commit(peer, buf);
	access_lost = 0;
}

void
ipc_recv_access(struct imsg *imsg, struct access *a, uint64_t *lost)
{
	struct ibuf	 buf;
	uint32_t	 way;

	memset(a, 0, sizeof(*a));
	ipc_recv_ibuf(imsg, &buf);
	a->time = ipc_get_u64(&buf);
	a->duration = ipc_get_u64(&buf);
	a->sent = ipc_get_u64(&buf);
	a->received = ipc_get_u64(&buf);
	a->requests = ipc_get_u64(&buf);
	a->pid = ipc_get_u64(&buf);
	*lost = ipc_get_u64(&buf);
	a->port = ipc_get_u32(&buf);
	way = ipc_get_u32(&buf);
	if (way >= ACCESS_WAY_MAX || a->port > UINT16_MAX)
		fatalx("malformed connection");
	a->way = (enum access_way)way;
	a->host = ipc_get_str(&buf);
	a->rule = ipc_get_str(&buf);
	a->where = ipc_get_str(&buf);
	a->result = ipc_get_str(&buf);
	a->program = ipc_get_str(&buf);
	ipc_get_end(&buf);
}

void
access_clear(struct access *a)
{
	free(a->host);
	free(a->rule);
	free(a->where);
	free(a->result);
	free(a->program);
	memset(a, 0, sizeof(*a));
}
