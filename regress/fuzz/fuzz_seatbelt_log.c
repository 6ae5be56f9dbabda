/* SPDX-License-Identifier: ISC */

/*
 * The log of macOS: what is reported must not depend on how it is cut, and
 * each report must be one that a line of the monitor can be made of.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../../srt-monitor/seatbelt_log.h"

#define TAG	"CMD64_dHJ1ZQ==_END__0a1b2c3d4_SBX"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct sum {
	uint64_t	 n;
	uint64_t	 hash;
};

static void
add(struct sum *sum, const char *s)
{
	do
		sum->hash = (sum->hash ^ (unsigned char)*s) *
		    UINT64_C(1099511628211);
	while (*s++ != '\0');
}

static void
note(void *arg, const struct violation *v)
{
	struct sum	*sum = arg;

	if (*v->operation == '\0' || *v->program == '\0' ||
	    v->operation[strspn(v->operation,
	    "abcdefghijklmnopqrstuvwxyz0123456789-*")] != '\0' ||
	    strncmp(v->operation, VIOLATION_LEARN,
	    sizeof(VIOLATION_LEARN) - 1) == 0 ||
	    strlen(v->target) >= SEATBELT_LOG_MAX || v->count == 0 ||
	    v->reason == NULL || v->rule == NULL || v->cure == NULL)
		abort();
	sum->n++;
	sum->hash ^= v->pid ^ v->count;
	add(sum, v->program);
	add(sum, v->operation);
	add(sum, v->target);
}

/* The first byte says how long the pieces are. */
static struct sum
feed(const uint8_t *data, size_t len, size_t piece)
{
	static struct seatbelt_log	 l;
	struct sum			 sum = { 0, 0 };
	char				*p;
	size_t				 at, n;

	if (seatbelt_log_init(&l, TAG) == -1)
		abort();
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		/* Of exact size, so that a sanitizer sees a read beyond it. */
		if ((p = malloc(n)) == NULL)
			abort();
		memcpy(p, data + at, n);
		seatbelt_log_feed(&l, p, n, note, &sum);
		free(p);
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sum	 whole, pieces;

	if (len < 2)
		return 0;
	whole = feed(data + 1, len - 1, len - 1);
	pieces = feed(data + 1, len - 1, (size_t)data[0] + 1);
	if (whole.n != pieces.n || whole.hash != pieces.hash)
		abort();
	return 0;
}
