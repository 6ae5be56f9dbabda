/* SPDX-License-Identifier: ISC */

/*
 * An audit record stays one line of JSON of bounded length, whatever is put
 * into it.  The input is a program: a byte says what is added, and how much
 * room it gets; then comes a string up to a NUL.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "../../srt-monitor/monitor.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const struct record *r)
{
	yajl_handle	 y;

	if (r->len == 0 || r->len > RECORD_MAX || strlen(r->buf) != r->len ||
	    strpbrk(r->buf, "\n\r\033\177") != NULL)
		abort();
	if ((y = yajl_alloc(NULL, NULL, NULL)) == NULL)
		abort();
	if (yajl_parse(y, (const unsigned char *)r->buf, r->len) !=
	    yajl_status_ok || yajl_complete_parse(y) != yajl_status_ok)
		abort();
	yajl_free(y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct record	 r;
	char			*copy, *s, *next, *words[16];
	size_t			 i, max, n = 0;
	unsigned int		 op;

	if ((copy = malloc(size + 1)) == NULL)
		abort();
	memcpy(copy, data, size);
	copy[size] = '\0';
	record_begin(&r, size > 1 ? copy : "", size, size << 40, "fuzz");
	for (s = copy; s < copy + size; s = next) {
		op = (unsigned char)*s++;
		max = (size_t)6 << op / 16;
		next = s + strlen(s) + 1;
		words[n++ % nitems(words)] = s;
		switch (op % 8) {
		case 0:
			record_number(&r, "number", (uint64_t)op << 56);
			break;
		case 1:
			record_bool(&r, "bool", op & 16);
			break;
		case 2:
			record_list(&r, "list", words, n < nitems(words) ?
			    n : nitems(words), max, op & 32);
			break;
		default:
			record_string(&r, "string", s, max);
			break;
		}
	}
	i = r.len;
	record_end(&r, (uint64_t)size << 50);
	if (r.len <= i)
		abort();
	check(&r);
	free(copy);
	return 0;
}
