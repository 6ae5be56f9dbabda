/* SPDX-License-Identifier: ISC */

/*
 * The first bytes of a stream.  What they are must not depend on how many
 * came at a time, and once it is known it must stay so.  The same bytes as a
 * server's answer, and as what follows a hello.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/tls_hello.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum tls_hello
parse(struct tls_scan *scan, const uint8_t *data, size_t len, char *name)
{
	enum tls_hello	 r;
	uint8_t		*p;

	if ((p = malloc(len + 1)) == NULL)
		abort();
	memcpy(p, data, len);
	r = tls_hello_parse(scan, p, len, name);
	free(p);
	if ((*name != '\0') != (r == TLS_NAME) || strlen(name) > TLS_NAME_MAX)
		abort();
	return r;
}

static void
answer(const uint8_t *data, size_t len)
{
	struct tls_answer_scan	 whole, scan;
	enum tls_answer		 all, r = TLS_ANSWER_MORE;
	size_t			 n;

	memset(&whole, 0, sizeof(whole));
	memset(&scan, 0, sizeof(scan));
	all = tls_answer_parse(&whole, data, len);
	for (n = 0; n < len && r == TLS_ANSWER_MORE; n++)
		r = tls_answer_parse(&scan, data + n, 1);
	if (r != all || whole.ntext > sizeof(whole.text))
		abort();
}

static void
pass(const uint8_t *data, size_t len)
{
	size_t		 left = 0, part = 0, all, off, total = 0, n;
	enum tls_pass	 r, each = TLS_PASS_MORE;

	r = tls_pass_records(&left, data, len, &all);
	for (n = 0; n <= len && each == TLS_PASS_MORE; n++) {
		each = tls_pass_records(&part, data + total, n - total, &off);
		total += off;
	}
	if (each != r || total != all || all > len ||
	    (r == TLS_PASS_MESSAGE && data[all] != 22))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char		 whole[TLS_NAME_MAX + 1], name[TLS_NAME_MAX + 1];
	struct tls_scan	 scan = { 0, 0 };
	enum tls_hello	 all, r;
	size_t		 n;

	answer(data, len);
	pass(data, len);
	all = parse(&scan, data, len, whole);
	memset(&scan, 0, sizeof(scan));
	for (n = 0; n <= len; n++) {
		r = parse(&scan, data, n, name);
		if (r == TLS_MAYBE || r == TLS_MORE)
			continue;
		if (r != all || strcmp(name, whole) != 0)
			abort();
		return 0;
	}
	if (r != all)
		abort();
	return 0;
}
