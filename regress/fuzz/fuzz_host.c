/* SPDX-License-Identifier: ISC */

/*
 * Destinations as a client spells them.  What is accepted is canonical: it
 * reads back as itself, holds nothing but the characters of its kind, and the
 * C library sees the same address in it.
 */

#include "compat.h"

#include <sys/socket.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
check_name(const struct host *h)
{
	size_t	len = strlen(h->name);

	check(strspn(h->name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
	    len);
	check(h->name[0] != '.' && h->name[len - 1] != '.');
	check(strstr(h->name, "..") == NULL);
}

static void
check_addr(const struct host *h)
{
	unsigned char	 addr[16] = { 0 };
	struct host	 again;

	check(inet_pton(h->kind == HOST_INET ? AF_INET : AF_INET6, h->name,
	    addr) == 1);
	check(memcmp(addr, h->addr, sizeof(addr)) == 0);
	if (h->kind == HOST_INET)
		host_from_inet(h->addr, &again);
	else
		host_from_inet6(h->addr, &again);
	check(memcmp(&again, h, sizeof(again)) == 0);
}

/* What the strict parsers take, the C library takes for the same address. */
static void
check_strict(const char *s, size_t len)
{
	unsigned char	 addr[16], want[16];
	char		 text[64];

	if (len >= sizeof(text) || memchr(s, '\0', len) != NULL)
		return;
	memcpy(text, s, len);
	text[len] = '\0';
	if (host_parse_inet(s, len, addr) == 0) {
		check(inet_pton(AF_INET, text, want) == 1);
		check(memcmp(addr, want, 4) == 0);
	} else
		check(inet_pton(AF_INET, text, want) != 1);
	if (host_parse_inet6(s, len, addr) == 0) {
		check(inet_pton(AF_INET6, text, want) == 1);
		check(memcmp(addr, want, sizeof(want)) == 0);
	} else
		check(inet_pton(AF_INET6, text, want) != 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct host	 h, again;
	char		*s;

	/* Not terminated, so that the sanitizer sees a read past the end. */
	if ((s = malloc(len)) == NULL)
		return 0;
	if (len > 0)
		memcpy(s, data, len);
	check_strict(s, len);
	if (host_parse(s, len, &h) == 0) {
		check(len <= HOST_NAME_MAX_LEN);
		check(memchr(s, '%', len) == NULL);
		check(memchr(s, '\0', len) == NULL);
		check(host_parse(h.name, strlen(h.name), &again) == 0);
		check(memcmp(&again, &h, sizeof(h)) == 0);
		if (h.kind == HOST_NAME)
			check_name(&h);
		else
			check_addr(&h);
	}
	free(s);
	return 0;
}
