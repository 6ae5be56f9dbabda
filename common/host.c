/* SPDX-License-Identifier: ISC */

/*
 * The canonical form of a destination.  Whoever checks one spelling and dials
 * another has checked nothing, so every spelling of an address that a client
 * or a resolver might understand ends in the same text here, by the rules of
 * the URL standard (WHATWG, "host parsing"), and all else is refused.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>

#include "rule.h"

#define INET6_PIECES	8

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * One part of an IPv4 address: decimal, octal with a leading 0, hexadecimal
 * with 0x (a bare "0x" is 0).  Values of more than 32 bits all come out as
 * 1 << 32, which fits no place.
 */
static int
inet_number(const char *s, size_t len, uint64_t *val)
{
	uint64_t	 v = 0;
	int		 base = 10, d;

	if (len == 0)
		return -1;
	if (len >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
		len -= 2;
	} else if (len >= 2 && s[0] == '0') {
		base = 8;
		s++;
		len--;
	}
	for (; len > 0; s++, len--) {
		if ((d = digit_value(*s)) == -1 || d >= base)
			return -1;
		v = v * (uint64_t)base + (uint64_t)d;
		if (v > UINT32_MAX)
			v = (uint64_t)UINT32_MAX + 1;
	}
	*val = v;
	return 0;
}

/* One to four parts, the last of which fills the bytes that are left. */
static int
inet_parse_any(const char *s, size_t len, unsigned char *addr)
{
	const char	*dot;
	uint64_t	 val, sum = 0;
	size_t		 n, part;

	for (n = 0; n < 4; n++) {
		dot = memchr(s, '.', len);
		part = dot == NULL ? len : (size_t)(dot - s);
		if (inet_number(s, part, &val) == -1)
			return -1;
		if (dot == NULL)
			break;
		if (val > 255)
			return -1;
		sum = sum << 8 | val;
		s += part + 1;
		len -= part + 1;
	}
	if (n == 4 || val >= (uint64_t)1 << (8 * (4 - n)))
		return -1;
	sum = sum << (8 * (4 - n)) | val;
	for (n = 0; n < 4; n++)
		addr[n] = (unsigned char)(sum >> (8 * (3 - n)));
	return 0;
}

int
host_parse_inet(const char *s, size_t len, unsigned char *addr)
{
	size_t		 n, digits;
	unsigned int	 val;

	for (n = 0; n < 4; n++) {
		if (n > 0) {
			if (len == 0 || *s != '.')
				return -1;
			s++;
			len--;
		}
		val = 0;
		for (digits = 0; len > 0 && *s >= '0' && *s <= '9'; digits++) {
			if (digits == 3 || (digits > 0 && val == 0))
				return -1;
			val = val * 10 + (unsigned int)(*s - '0');
			s++;
			len--;
		}
		if (digits == 0 || val > 255)
			return -1;
		addr[n] = (unsigned char)val;
	}
	return len == 0 ? 0 : -1;
}

/*
 * Up to four hexadecimal digits, or the dotted quad that ends the address.
 * Returns the number of bytes read, 0 if there is no piece, and the number
 * of pieces in *npieces.
 */
static size_t
inet6_piece(const char *s, size_t len, uint16_t *piece, size_t *npieces)
{
	unsigned char	 quad[4];
	unsigned int	 val = 0;
	size_t		 i;
	int		 d;

	for (i = 0; i < len && i < 4; i++) {
		if ((d = digit_value(s[i])) == -1)
			break;
		val = val << 4 | (unsigned int)d;
	}
	if (i > 0 && i < len && s[i] == '.') {
		if (host_parse_inet(s, len, quad) == -1)
			return 0;
		piece[0] = (uint16_t)(quad[0] << 8 | quad[1]);
		piece[1] = (uint16_t)(quad[2] << 8 | quad[3]);
		*npieces = 2;
		return len;
	}
	piece[0] = (uint16_t)val;
	*npieces = 1;
	return i;
}

int
host_parse_inet6(const char *s, size_t len, unsigned char *addr)
{
	uint16_t	 piece[INET6_PIECES + 1];
	size_t		 n = 0, gap = SIZE_MAX, i, got, npieces, tail;

	if (len >= 2 && s[0] == ':' && s[1] == ':') {
		gap = 0;
		s += 2;
		len -= 2;
	} else if (len == 0 || s[0] == ':')
		return -1;

	while (len > 0) {
		/* A gap stands for one piece at least. */
		if (n + (gap != SIZE_MAX) >= INET6_PIECES)
			return -1;
		if (*s == ':') {
			if (gap != SIZE_MAX)
				return -1;
			gap = n;
			s++;
			len--;
			continue;
		}
		if ((got = inet6_piece(s, len, &piece[n], &npieces)) == 0)
			return -1;
		n += npieces;
		s += got;
		len -= got;
		if (len == 0)
			break;
		if (*s != ':' || len == 1)
			return -1;
		s++;
		len--;
	}
	if (gap == SIZE_MAX ? n != INET6_PIECES : n >= INET6_PIECES)
		return -1;

	memset(addr, 0, 16);
	tail = gap == SIZE_MAX ? 0 : n - gap;
	for (i = 0; i < n; i++) {
		size_t at = i < n - tail ? i : INET6_PIECES - n + i;

		addr[2 * at] = (unsigned char)(piece[i] >> 8);
		addr[2 * at + 1] = (unsigned char)(piece[i] & 0xff);
	}
	return 0;
}

/*
 * RFC 5952, as the URL standard has it: no mixed notation, whatever the
 * prefix, the first of the longest runs of two or more zero pieces shortened.
 */
static void
inet6_format(const unsigned char *addr, char *buf, size_t size)
{
	unsigned int	 piece[INET6_PIECES];
	size_t		 i, run, best = 0, bestlen = 1, len = 0;

	for (i = 0; i < INET6_PIECES; i++)
		piece[i] = (unsigned int)(addr[2 * i] << 8 | addr[2 * i + 1]);
	for (i = 0; i < INET6_PIECES; i += run + 1) {
		for (run = 0; i + run < INET6_PIECES; run++)
			if (piece[i + run] != 0)
				break;
		if (run > bestlen) {
			best = i;
			bestlen = run;
		}
	}

	buf[0] = '\0';
	for (i = 0; i < INET6_PIECES && len < size; i++) {
		if (bestlen > 1 && i == best) {
			len += (size_t)snprintf(buf + len, size - len, "::");
			i += bestlen - 1;
			continue;
		}
		len += (size_t)snprintf(buf + len, size - len, "%s%x",
		    i == 0 || (bestlen > 1 && i == best + bestlen) ? "" : ":",
		    piece[i]);
	}
}

void
host_from_inet(const unsigned char *addr, struct host *h)
{
	memset(h, 0, sizeof(*h));
	h->kind = HOST_INET;
	memcpy(h->addr, addr, 4);
	(void)snprintf(h->name, sizeof(h->name), "%u.%u.%u.%u",
	    addr[0], addr[1], addr[2], addr[3]);
}

void
host_from_inet6(const unsigned char *addr, struct host *h)
{
	static const unsigned char mapped[12] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
	};

	if (memcmp(addr, mapped, sizeof(mapped)) == 0) {
		host_from_inet(addr + sizeof(mapped), h);
		return;
	}
	memset(h, 0, sizeof(*h));
	h->kind = HOST_INET6;
	memcpy(h->addr, addr, 16);
	inet6_format(addr, h->name, sizeof(h->name));
}

int
host_embedded_inet(const unsigned char *in6, unsigned char *in)
{
	static const struct {
		unsigned char	prefix[12];
		size_t		len;	/* and where the address starts */
	} forms[] = {
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 12 },
		{ { 0 }, 12 },
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 12 },
		{ { 0, 0x64, 0xff, 0x9b }, 12 },
		{ { 0x20, 0x02 }, 2 },
	};
	size_t	i;

	for (i = 0; i < nitems(forms); i++) {
		if (memcmp(in6, forms[i].prefix, forms[i].len) == 0) {
			memcpy(in, in6 + forms[i].len, 4);
			return 0;
		}
	}
	return -1;
}

int
host_unspecified(const struct host *h, struct host *loopback)
{
	static const unsigned char	 any[16], local[4] = { 127, 0, 0, 1 };
	static const unsigned char	 local6[16] = { [15] = 1 };

	if (h->kind == HOST_NAME || memcmp(h->addr, any,
	    h->kind == HOST_INET ? 4 : 16) != 0)
		return 0;
	if (h->kind == HOST_INET)
		host_from_inet(local, loopback);
	else
		host_from_inet6(local6, loopback);
	return 1;
}

int
host_is_loopback(const struct host *h)
{
	static const unsigned char	 one[16] = { [15] = 1 };
	static const char		 suffix[] = ".localhost";
	size_t				 len, slen = sizeof(suffix) - 1;
	struct host			 loopback;

	if (host_unspecified(h, &loopback))
		return 1;
	switch (h->kind) {
	case HOST_INET:
		return h->addr[0] == 127;
	case HOST_INET6:
		return memcmp(h->addr, one, sizeof(one)) == 0;
	case HOST_NAME:
		break;
	}
	len = strlen(h->name);
	return strcmp(h->name, suffix + 1) == 0 ||
	    (len > slen && strcmp(h->name + len - slen, suffix) == 0);
}

/* The C library's ctype follows the locale; host names do not. */
static int
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* The URL standard's "ends in a number": such a host is IPv4 or nothing. */
static int
ends_in_number(const char *name)
{
	const char	*label;
	uint64_t	 val;

	label = strrchr(name, '.');
	label = label == NULL ? name : label + 1;
	if (label[strspn(label, "0123456789")] == '\0')
		return 1;
	return inet_number(label, strlen(label), &val) == 0;
}

static int
name_parse(const char *s, size_t len, struct host *h)
{
	unsigned char	 addr[4];
	size_t		 i;

	if (s[len - 1] == '.')
		len--;
	if (len == 0)
		return -1;
	for (i = 0; i < len; i++) {
		if (!name_char(s[i]))
			return -1;
		if (s[i] == '.' && (i == 0 || i == len - 1 || s[i - 1] == '.'))
			return -1;
		h->name[i] = s[i];
		if (s[i] >= 'A' && s[i] <= 'Z')
			h->name[i] = (char)(s[i] - 'A' + 'a');
	}
	h->name[len] = '\0';

	if (ends_in_number(h->name)) {
		if (inet_parse_any(h->name, len, addr) == -1)
			return -1;
		host_from_inet(addr, h);
	}
	return 0;
}

int
host_parse(const char *s, size_t len, struct host *h)
{
	unsigned char	 addr[16];

	memset(h, 0, sizeof(*h));
	h->kind = HOST_NAME;
	if (len == 0 || len > HOST_NAME_MAX_LEN)
		return -1;
	if (s[0] == '[') {
		if (len < 2 || s[len - 1] != ']')
			return -1;
		s++;
		len -= 2;
	} else if (memchr(s, ':', len) == NULL)
		return name_parse(s, len, h);

	if (host_parse_inet6(s, len, addr) == -1)
		return -1;
	host_from_inet6(addr, h);
	return 0;
}
