/* SPDX-License-Identifier: ISC */

/*
 * What to tell the person whose domain entry can never match: why, and the
 * entry that was meant.  Advice only; nothing is matched by what is found
 * here, and where the intention is not plain no cure is offered.
 */

#include "compat.h"

#include <stdio.h>
#include <string.h>

#include "rule.h"

#define LABEL_MAX_LEN	63		/* RFC 1035, section 2.3.4 */

/* RFC 3492, section 5. */
enum {
	PUNY_BASE = 36,
	PUNY_TMIN = 1,
	PUNY_TMAX = 26,
	PUNY_SKEW = 38,
	PUNY_DAMP = 700,
	PUNY_BIAS = 72,
	PUNY_FIRST = 128
};

enum letter_op {
	LETTER_ADD,		/* add to get the small letter */
	LETTER_EVEN,		/* capitals are even, the small one follows */
	LETTER_ODD
};

/*
 * Letters whose form in a domain name is known without the tables of UTS 46
 * and the rule for right-to-left labels.  A name with any other is not
 * translated.
 */
static const struct letters {
	uint32_t	 lo, hi;
	enum letter_op	 op;
	uint32_t	 add;
} letters[] = {
	{ 0xc0, 0xd6, LETTER_ADD, 32 },		/* Latin-1 */
	{ 0xd8, 0xde, LETTER_ADD, 32 },
	{ 0xdf, 0xf6, LETTER_ADD, 0 },
	{ 0xf8, 0xff, LETTER_ADD, 0 },
	{ 0x100, 0x12f, LETTER_EVEN, 0 },	/* Latin Extended-A */
	{ 0x134, 0x137, LETTER_EVEN, 0 },
	{ 0x139, 0x13e, LETTER_ODD, 0 },
	{ 0x141, 0x148, LETTER_ODD, 0 },
	{ 0x14a, 0x177, LETTER_EVEN, 0 },
	{ 0x179, 0x17e, LETTER_ODD, 0 },
	{ 0x1a0, 0x1a1, LETTER_EVEN, 0 },	/* Vietnamese */
	{ 0x1af, 0x1b0, LETTER_ODD, 0 },
	{ 0x391, 0x3a1, LETTER_ADD, 32 },	/* Greek */
	{ 0x3a3, 0x3ab, LETTER_ADD, 32 },
	{ 0x3ac, 0x3ce, LETTER_ADD, 0 },
	{ 0x400, 0x40f, LETTER_ADD, 80 },	/* Cyrillic */
	{ 0x410, 0x42f, LETTER_ADD, 32 },
	{ 0x430, 0x45f, LETTER_ADD, 0 },
	{ 0x490, 0x491, LETTER_EVEN, 0 },
	{ 0x531, 0x556, LETTER_ADD, 48 },	/* Armenian */
	{ 0x561, 0x586, LETTER_ADD, 0 },
	{ 0x10d0, 0x10f0, LETTER_ADD, 0 },	/* Georgian */
	{ 0x1ea0, 0x1ef9, LETTER_EVEN, 0 },	/* Vietnamese */
	{ 0x3005, 0x3005, LETTER_ADD, 0 },	/* Japanese */
	{ 0x3041, 0x3096, LETTER_ADD, 0 },
	{ 0x30a1, 0x30fa, LETTER_ADD, 0 },
	{ 0x30fc, 0x30fc, LETTER_ADD, 0 },
	{ 0x3400, 0x4dbf, LETTER_ADD, 0 },	/* Chinese */
	{ 0x4e00, 0x9fef, LETTER_ADD, 0 },
	{ 0xac00, 0xd7a3, LETTER_ADD, 0 },	/* Korean */
};

static _Thread_local char	message[512];

/* Returns 0 for a letter that is not known, and for none at all. */
static uint32_t
letter_map(uint32_t c)
{
	const struct letters	*l;

	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	if (c < 0x80)
		return c;
	/* The full stops of CJK text separate labels too. */
	if (c == 0x3002 || c == 0xff0e || c == 0xff61)
		return '.';
	for (l = letters; l < letters + nitems(letters); l++) {
		if (c < l->lo || c > l->hi)
			continue;
		switch (l->op) {
		case LETTER_ADD:
			return c + l->add;
		case LETTER_EVEN:
			return c | 1;
		case LETTER_ODD:
			return c + (c & 1);
		}
	}
	return 0;
}

/* RFC 3629.  Returns the bytes taken, 0 if they are not UTF-8. */
static size_t
utf8_next(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t	 least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char		 c = (unsigned char)s[0];
	size_t			 need, i;

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	need = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || need > len)
		return 0;
	*cp = c & (0x7fU >> need);
	for (i = 1; i < need; i++) {
		c = (unsigned char)s[i];
		if ((c & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (c & 0x3fU);
	}
	if (*cp < least[need] || *cp > 0x10ffff ||
	    (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return need;
}

static uint32_t
puny_adapt(uint32_t delta, uint32_t npoints, int first)
{
	uint32_t	k = 0;

	delta = first ? delta / PUNY_DAMP : delta / 2;
	delta += delta / npoints;
	while (delta > (PUNY_BASE - PUNY_TMIN) * PUNY_TMAX / 2) {
		delta /= PUNY_BASE - PUNY_TMIN;
		k += PUNY_BASE;
	}
	return k + (PUNY_BASE - PUNY_TMIN + 1) * delta / (delta + PUNY_SKEW);
}

static size_t
puny_digits(uint32_t q, uint32_t bias, char *out)
{
	static const char	 digit[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	uint32_t		 k, t;
	size_t			 n = 0;

	for (k = PUNY_BASE;; k += PUNY_BASE) {
		t = k <= bias ? PUNY_TMIN :
		    k >= bias + PUNY_TMAX ? PUNY_TMAX : k - bias;
		if (q < t)
			break;
		out[n++] = digit[t + (q - t) % (PUNY_BASE - t)];
		q = (q - t) / (PUNY_BASE - t);
	}
	out[n++] = digit[q];
	return n;
}

/*
 * Writes "xn--" and the label's Punycode (RFC 3492, section 6.3), at most 63
 * bytes; -1 if it is longer.  With so few code points no sum overflows.
 */
static int
puny_label(const uint32_t *cp, size_t ncp, char *out, size_t *outlen)
{
	char		 digits[16];
	uint32_t	 n = PUNY_FIRST, bias = PUNY_BIAS, delta = 0, next;
	size_t		 i, basic, done, len = 4, add;

	if (ncp > LABEL_MAX_LEN - 4)
		return -1;
	memcpy(out, "xn--", 4);
	for (i = 0; i < ncp; i++)
		if (cp[i] < 0x80)
			out[len++] = (char)cp[i];
	basic = done = len - 4;
	if (basic > 0)
		out[len++] = '-';

	while (done < ncp) {
		next = UINT32_MAX;
		for (i = 0; i < ncp; i++)
			if (cp[i] >= n && cp[i] < next)
				next = cp[i];
		delta += (next - n) * (uint32_t)(done + 1);
		n = next;
		for (i = 0; i < ncp; i++) {
			if (cp[i] < n)
				delta++;
			if (cp[i] != n)
				continue;
			add = puny_digits(delta, bias, digits);
			if (len + add > LABEL_MAX_LEN)
				return -1;
			memcpy(out + len, digits, add);
			len += add;
			done++;
			bias = puny_adapt(delta, (uint32_t)done,
			    done == basic + 1);
			delta = 0;
		}
		delta++;
		n++;
	}
	*outlen = len;
	return 0;
}

/* One label, as it stands if it is ASCII. */
static int
label_ascii(const uint32_t *cp, size_t ncp, char *out, size_t *outlen)
{
	size_t	i;

	for (i = 0; i < ncp; i++)
		if (cp[i] >= 0x80)
			return puny_label(cp, ncp, out, outlen);
	for (i = 0; i < ncp; i++)
		out[i] = (char)cp[i];
	*outlen = ncp;
	return 0;
}

/* The ASCII form of a name in UTF-8, terminated; -1 if it is not known. */
static int
name_ascii(const char *s, size_t len, char *out, size_t size)
{
	char		 label[LABEL_MAX_LEN];
	uint32_t	 cp[LABEL_MAX_LEN], c;
	size_t		 ncp = 0, used = 0, got, n;
	int		 end;

	for (;;) {
		end = len == 0;
		c = '.';
		if (!end) {
			if ((got = utf8_next(s, len, &c)) == 0 ||
			    (c = letter_map(c)) == 0)
				return -1;
			s += got;
			len -= got;
		}
		if (c != '.') {
			if (ncp == nitems(cp))
				return -1;
			cp[ncp++] = c;
			continue;
		}
		if (label_ascii(cp, ncp, label, &n) == -1 ||
		    used + n + 1 >= size)
			return -1;
		memcpy(out + used, label, n);
		used += n;
		ncp = 0;
		if (end)
			break;
		out[used++] = '.';
	}
	out[used] = '\0';
	return 0;
}

static int
is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

/* What was meant, if taking the faults away leaves a valid entry. */
static int
cure(const char *s, size_t len, int wildcard, const char *ports, char *out,
    size_t size)
{
	char		 name[HOST_NAME_MAX_LEN + 2];
	struct host	 h;
	size_t		 i;

	while (len > 0 && is_blank(s[0])) {
		s++;
		len--;
	}
	for (i = 0; i < len; i++)
		if (s[i] == '?' || s[i] == '#')
			len = i;
	while (len > 0 && is_blank(s[len - 1]))
		len--;
	for (i = len; i > 0; i--) {
		if (s[i - 1] == '@') {
			s += i;
			len -= i;
			break;
		}
	}

	if (name_ascii(s, len, name, sizeof(name)) == -1 ||
	    host_parse(name, strlen(name), &h) == -1 || h.kind == HOST_INET6)
		return -1;
	if (h.kind == HOST_INET) {
		/* The "3.4" of "*.3.4" was meant as the end of a name. */
		if (wildcard && strcmp(name, h.name) != 0)
			return -1;
		wildcard = 0;
	} else if (wildcard && strlen(h.name) + 2 > HOST_NAME_MAX_LEN)
		return -1;
	else if (strchr(h.name, '.') == NULL &&
	    (wildcard || strcmp(h.name, "localhost") != 0))
		return -1;
	(void)snprintf(out, size, "%s%s%s", wildcard ? "*." : "", h.name,
	    ports);
	return 0;
}

/* The first reason that a person would want to hear. */
static const char *
fault(const char *s, size_t len, int wildcard)
{
	struct host	 h;
	unsigned char	 c;
	size_t		 i;
	int		 parsed, foreign = 0;

	for (i = 0; i < len; i++) {
		c = (unsigned char)s[i];
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			return "host names hold no white space";
		if (c < ' ' || c == 0x7f)
			return "host names hold no control characters";
		if (c >= 0x80)
			foreign = 1;
	}
	if (memchr(s, '@', len) != NULL)
		return "an entry names a host, without a user";
	if (memchr(s, '?', len) != NULL || memchr(s, '#', len) != NULL)
		return "an entry names a host, without the rest of a URL";
	if (memchr(s, '*', len) != NULL)
		return "\"*\" stands for whole labels at the start, once, "
		    "as in \"*.example.com\"";
	if (memchr(s, ',', len) != NULL || memchr(s, ';', len) != NULL)
		return "each host is an entry of its own";
	if (foreign)
		return "host names are compared in their ASCII form";

	parsed = host_parse(s, len, &h) == 0;
	if (parsed && h.kind == HOST_INET)
		return wildcard ? "an address has no subdomains" :
		    "addresses are compared as dotted decimal numbers";
	if (len > HOST_NAME_MAX_LEN || parsed)
		return "host names have at most 255 bytes";
	for (i = 0; i + 1 < len; i++)
		if (s[i] == '.' && s[i + 1] == '.')
			return "host names have no empty labels";
	for (i = 0; i < len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
		    "YZ0123456789.-_", s[i]) == NULL)
			return "host names are made of letters, digits, "
			    "\".\", \"-\" and \"_\"";
	return "a host name that ends in a number is an IPv4 address, and "
	    "this is none";
}

const char *
rule_never(const char *s, size_t len, int wildcard, const char *ports)
{
	char	entry[HOST_NAME_MAX_LEN + 16];

	if (cure(s, len, wildcard, ports, entry, sizeof(entry)) == 0)
		(void)snprintf(message, sizeof(message),
		    "can never match: %s; write \"%s\"",
		    fault(s, len, wildcard), entry);
	else
		(void)snprintf(message, sizeof(message),
		    "can never match: %s", fault(s, len, wildcard));
	return message;
}

#define NO_NET	"is no network: "

/* The address of what looks like one; -1 if it does not. */
static int
net_address(const char *s, size_t len, struct host *h, int *whole)
{
	unsigned char	 addr[16];

	*whole = 1;
	if (host_parse_inet(s, len, addr) == 0)
		host_from_inet(addr, h);
	else if (host_parse_inet6(s, len, addr) == 0)
		host_from_inet6(addr, h);
	else {
		/* "10.1": which bytes are left out depends on who reads it. */
		*whole = 0;
		return host_parse(s, len, h) == 0 && h->kind == HOST_INET ?
		    0 : -1;
	}
	return 0;
}

/* The entry for the network that the address is in. */
static const char *
net_cure(const struct host *h, unsigned int prefix, const char *ports,
    const char *fault_text)
{
	struct host	 net;
	unsigned char	 addr[16];
	unsigned int	 i, bits = h->kind == HOST_INET ? 32 : 128;

	memcpy(addr, h->addr, sizeof(addr));
	for (i = prefix; i < bits; i++)
		addr[i / 8] &= (unsigned char)~(0x80U >> i % 8);
	if (h->kind == HOST_INET)
		host_from_inet(addr, &net);
	else
		host_from_inet6(addr, &net);
	/* The first bits of a mapped address are none of a network. */
	if (net.kind != h->kind)
		return NULL;
	(void)snprintf(message, sizeof(message),
	    NO_NET "%s; write \"%s%s%s/%u%s\"", fault_text,
	    bits == 128 ? "[" : "", net.name, bits == 128 ? "]" : "", prefix,
	    ports);
	return message;
}

const char *
rule_no_net(const char *text, enum rule_list list)
{
	const char	*slash = strchr(text, '/'), *left = text, *rest, *why;
	struct host	 h;
	char		 digits[4];
	uint16_t	 lo, hi;
	unsigned int	 prefix;
	size_t		 len, n;
	int		 bracket = text[0] == '[', whole;

	if (slash == NULL)
		return NULL;
	left += bracket;
	len = (size_t)(slash - left);
	if (bracket && len > 0 && left[len - 1] == ']')
		len--;
	n = strspn(slash + 1, "0123456789");
	rest = slash + 1 + n;
	if (bracket && *rest == ']')
		rest++;
	if (net_address(left, len, &h, &whole) == -1 || n == 0 ||
	    (*rest != '\0' && (*rest != ':' ||
	    rule_ports_parse(rest + 1, &lo, &hi) == -1 || lo > hi)))
		return NULL;
	if (!whole)
		return NO_NET "its address must be whole, as in "
		    "\"10.0.0.0/8\"";

	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(n < 3 ? n : 3),
	    slash + 1);
	/* A mapped address that was written as one counts as IPv6. */
	if (n > 3 || addr_prefix_parse(digits,
	    memchr(left, ':', len) == NULL ? 32 : 128, &prefix) == -1)
		return NO_NET "an IPv4 prefix has at most 32 bits, one of "
		    "IPv6 at most 128";
	if (h.kind == HOST_INET && memchr(left, ':', len) != NULL) {
		if (prefix < 96)
			return NULL;
		prefix -= 96;
	}
	if ((why = rule_too_large(list, &h, prefix)) != NULL)
		return why;
	if (h.kind == HOST_INET6 && (!bracket || left[len] != ']'))
		return net_cure(&h, prefix, rest, "an IPv6 address stands in "
		    "brackets, its prefix behind them");
	return net_cure(&h, prefix, rest, h.kind == HOST_INET && bracket ?
	    "an IPv4 address stands without brackets" :
	    "its address has bits beyond the prefix");
}

const char *
rule_backwards(const char *fixed)
{
	(void)snprintf(message, sizeof(message),
	    "its range of ports runs backwards; write \"%s\"", fixed);
	return message;
}
