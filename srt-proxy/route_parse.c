/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "route_parse.h"

#define PORT_HTTP	80
#define PORT_HTTPS	443
#define USERINFO_MAX	1024

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Percent-decoding; -1 if it is broken, or holds a NUL. */
static int
percent_decode(const char *s, size_t len, char *out, size_t *outlen)
{
	size_t	i, n = 0;
	int	hi, lo;

	for (i = 0; i < len; i++) {
		if (s[i] != '%') {
			out[n++] = s[i];
			continue;
		}
		if (len - i < 3 || (hi = hex_value(s[i + 1])) == -1 ||
		    (lo = hex_value(s[i + 2])) == -1 || (hi | lo) == 0)
			return -1;
		out[n++] = (char)(hi << 4 | lo);
		i += 2;
	}
	*outlen = n;
	return 0;
}

/* "user:password" as Basic has it (RFC 7617); the user alone has a colon. */
static const char *
userinfo_parse(const char *s, size_t len, struct proxy_url *url)
{
	char	 text[USERINFO_MAX + 1];
	size_t	 n;

	if (len > USERINFO_MAX)
		return "its user and password are too long";
	if (percent_decode(s, len, text, &n) == -1)
		return "its user or password is not percent-encoded well";
	if (memchr(s, ':', len) == NULL)
		text[n++] = ':';
	url->auth = base64_encode(text, n);
	explicit_bzero(text, sizeof(text));
	return url->auth == NULL ? "out of memory" : NULL;
}

/* Up to five digits, which make 1 to 65535. */
static int
port_parse(const char *s, size_t len, uint16_t *port)
{
	unsigned int	 val = 0;
	size_t		 i;

	if (len > 5)
		return -1;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		val = val * 10 + (unsigned int)(s[i] - '0');
	}
	if (val == 0 || val > UINT16_MAX)
		return -1;
	*port = (uint16_t)val;
	return 0;
}

static const char *
authority_parse(const char *s, size_t len, struct proxy_url *url)
{
	const char	*at = NULL, *port;
	size_t		 i, n;

	for (i = 0; i < len; i++)
		if (s[i] == '@')
			at = s + i;
	if (at != NULL) {
		len -= (size_t)(at + 1 - s);
		s = at + 1;
	}
	if (len > 0 && s[0] == '[')
		port = memchr(s, ']', len);
	else
		port = s;
	if (port != NULL)
		port = memchr(port, ':', len - (size_t)(port - s));
	n = port == NULL ? len : (size_t)(port - s);
	if (port != NULL && n + 1 < len &&
	    port_parse(port + 1, len - n - 1, &url->port) == -1)
		return "its port is none";
	if (host_parse(s, n, &url->host) == -1)
		return "its host is none";
	return NULL;
}

const char *
proxy_url_parse(const char *text, struct proxy_url *url)
{
	const char	*s, *why, *at = NULL;
	size_t		 len, i;

	memset(url, 0, sizeof(*url));
	if (strncasecmp(text, "http://", 7) == 0) {
		s = text + 7;
		url->port = PORT_HTTP;
	} else if (strncasecmp(text, "https://", 8) == 0) {
		s = text + 8;
		url->port = PORT_HTTPS;
		url->https = 1;
	} else
		return "its scheme is neither http nor https";

	len = strcspn(s, "/?#\\");
	if ((why = authority_parse(s, len, url)) != NULL)
		return why;
	for (i = 0; i < len; i++)
		if (s[i] == '@')
			at = s + i;
	/* "http://@host" has none. */
	if (at == NULL || at == s || (at == s + 1 && *s == ':'))
		return NULL;
	return userinfo_parse(s, (size_t)(at - s), url);
}

void
proxy_url_free(struct proxy_url *url)
{
	if (url->auth != NULL)
		freezero(url->auth, strlen(url->auth));
	url->auth = NULL;
}

/* An address, perhaps with a prefix; -1 if it is none. */
static int
bypass_address(const char *s, size_t len, struct bypass *b)
{
	unsigned char	 addr[16];
	char		 digits[4];
	const char	*slash = memchr(s, '/', len);
	size_t		 alen = slash == NULL ? len : (size_t)(slash - s);
	size_t		 plen = slash == NULL ? 0 : len - alen - 1;
	unsigned int	 bits;

	if (host_parse_inet(s, alen, addr) == 0) {
		host_from_inet(addr, &b->host);
		bits = 32;
	} else if (host_parse_inet6(s, alen, addr) == 0) {
		host_from_inet6(addr, &b->host);
		bits = 128;
	} else
		return -1;
	b->prefix = bits;
	if (slash != NULL) {
		if (plen >= sizeof(digits))
			return -1;
		memcpy(digits, slash + 1, plen);
		digits[plen] = '\0';
		if (addr_prefix_parse(digits, bits, &b->prefix) == -1)
			return -1;
	}
	/* A mapped range is the IPv4 range that it stands for. */
	if (bits == 128 && b->host.kind == HOST_INET) {
		if (b->prefix < 96)
			return -1;
		b->prefix -= 96;
	}
	return 0;
}

/* A name without its port and without what says "and all below". */
static int
bypass_name(const char *s, size_t len, struct bypass *b)
{
	const char	*colon;

	if (s[0] == '[') {
		s++;
		len--;
		if ((colon = memchr(s, ']', len)) == NULL)
			return -1;
		return bypass_address(s, (size_t)(colon - s), b);
	}
	if ((colon = memchr(s, ':', len)) != NULL)
		len = (size_t)(colon - s);
	if (len >= 2 && memcmp(s, "*.", 2) == 0) {
		s += 2;
		len -= 2;
	} else if (len >= 1 && s[0] == '.') {
		s++;
		len--;
	}
	if (len == 0 || host_parse(s, len, &b->host) == -1)
		return -1;
	b->prefix = b->host.kind == HOST_INET ? 32 : 128;
	return 0;
}

static int
bypass_add(const char *s, size_t len, struct bypasses *list)
{
	struct bypass	*b;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		return -1;
	b->any = len == 1 && s[0] == '*';
	if (!b->any && bypass_address(s, len, b) == -1 &&
	    bypass_name(s, len, b) == -1) {
		free(b);
		return 0;
	}
	TAILQ_INSERT_TAIL(list, b, entry);
	return 0;
}

int
bypasses_parse(const char *text, struct bypasses *list)
{
	size_t	len, n;

	while (*text != '\0') {
		text += strspn(text, ", \t\r\n");
		len = n = strcspn(text, ",");
		while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
			n--;
		if (n > 0 && bypass_add(text, n, list) == -1)
			return -1;
		text += len;
	}
	return 0;
}

static int
bypass_match(const struct bypass *b, const struct host *h)
{
	size_t	 hlen, blen;

	if (b->any)
		return 1;
	if (b->host.kind != h->kind)
		return 0;
	if (h->kind != HOST_NAME)
		return addr_prefix_equal(b->host.addr, h->addr, b->prefix);
	hlen = strlen(h->name);
	blen = strlen(b->host.name);
	if (hlen < blen || strcmp(h->name + hlen - blen, b->host.name) != 0)
		return 0;
	return hlen == blen || h->name[hlen - blen - 1] == '.';
}

int
bypasses_match(const struct bypasses *list, const struct host *h)
{
	const struct bypass	*b;

	TAILQ_FOREACH(b, list, entry)
		if (bypass_match(b, h))
			return 1;
	return 0;
}

void
bypasses_free(struct bypasses *list)
{
	struct bypass	*b;

	while ((b = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, b, entry);
		free(b);
	}
}
