/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <string.h>
#include <strings.h>

#include "policy.h"
#include "token.h"

static char	 token[PROXY_TOKEN_LEN + 1];

int
token_set(const char *text)
{
	if (token_wanted() || strlen(text) != PROXY_TOKEN_LEN ||
	    strspn(text, "0123456789abcdef") != PROXY_TOKEN_LEN)
		return -1;
	memcpy(token, text, sizeof(token));
	return 0;
}

int
token_wanted(void)
{
	return token[0] != '\0';
}

int
token_is(const void *password, size_t len)
{
	return token_wanted() && len == PROXY_TOKEN_LEN &&
	    timingsafe_bcmp(password, token, PROXY_TOKEN_LEN) == 0;
}

/* What a digit of base64 (RFC 4648, section 4) stands for, or -1. */
static int
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Whole groups of four, padded.  The length, or -1. */
static int
decode(const char *s, size_t len, char out[TOKEN_BASIC_MAX])
{
	unsigned int	 bits = 0;
	size_t		 i, n = 0, pad = 0;
	int		 v;

	if (len == 0 || len % 4 != 0 || len / 4 * 3 > TOKEN_BASIC_MAX)
		return -1;
	while (pad < 2 && s[len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < len - pad; i++) {
		if ((v = digit_value(s[i])) == -1)
			return -1;
		bits = bits << 6 | (unsigned int)v;
		if (i % 4 != 0)
			out[n++] = (char)(bits >> (6 - i % 4 * 2) & 0xff);
	}
	return (int)n;
}

int
token_basic(const char *value, size_t len)
{
	static const char	 scheme[] = "Basic ";
	char			 text[TOKEN_BASIC_MAX], *colon;
	int			 n, ok = 0;

	if (len < sizeof(scheme) - 1 ||
	    strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
		return 0;
	value += sizeof(scheme) - 1;
	len -= sizeof(scheme) - 1;
	for (; len > 0 && *value == ' '; len--)
		value++;
	/* A user has no colon; a password may. */
	if ((n = decode(value, len, text)) > 0 &&
	    (colon = memchr(text, ':', (size_t)n)) != NULL)
		ok = token_is(colon + 1, (size_t)(text + n - (colon + 1)));
	explicit_bzero(text, sizeof(text));
	return ok;
}
