/* SPDX-License-Identifier: ISC */

/*
 * What is wrong with one string of the settings file: the checks that
 * settings_table names.
 */

#include "compat.h"

#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy.h"
#include "rule.h"
#include "srt.h"

static const char *
check_rule(const char *s, enum rule_list list)
{
	struct rule	*r;
	const char	*why = NULL;

	if ((r = rule_parse(s, list, &why)) == NULL)
		return why;
	rule_free(r);
	return NULL;
}

const char *
setting_check_allow(const char *s)
{
	return check_rule(s, RULE_ALLOW);
}

const char *
setting_check_deny(const char *s)
{
	return check_rule(s, RULE_DENY);
}

const char *
setting_check_hosts(const char *s)
{
	return check_rule(s, RULE_HOSTS);
}

const char *
setting_check_address(const char *s)
{
	struct addr_range	*range;
	const char		*why = NULL;

	if ((range = addr_range_parse(s, &why)) == NULL)
		return why;
	free(range);
	return NULL;
}

const char *
setting_check_nonempty(const char *s)
{
	return *s != '\0' ? NULL : "String must contain at least 1 "
	    "character(s)";
}

const char *
setting_check_path(const char *s)
{
	return *s != '\0' ? NULL : "Path cannot be empty";
}

const char *
setting_check_binary(const char *s)
{
	if (*s == '\0')
		return "Path cannot be empty";
	return *s == '/' ? NULL : "Binary path must be absolute";
}

const char *
setting_check_mach(const char *s)
{
	const char	*star;

	star = strchr(s, '*');
	if (star == NULL || star[1] == '\0')
		return NULL;
	return "Wildcards are only allowed as a single trailing \"*\" "
	    "(e.g., \"com.example.*\" or \"*\" for all services).";
}

/* The part of a URL after "//", up to the path. */
static int
authority_is_valid(const char *s, size_t len)
{
	const char	*errstr, *host, *port;
	char		 digits[6];
	size_t		 i, n, user = 0;

	for (i = 0; i < len; i++) {
		if (isspace((unsigned char)s[i]) || s[i] == '\\')
			return 0;
		if (s[i] == '@')
			user = i + 1;
	}
	s += user;
	len -= user;
	host = s;
	if (len != 0 && *s == '[') {
		if ((port = memchr(s, ']', len)) == NULL)
			return 0;
		port++;
	} else if ((port = memchr(s, ':', len)) == NULL)
		port = s + len;
	if (port == host)
		return 0;
	n = len - (size_t)(port - s);
	if (n == 0 || (n == 1 && *port == ':'))
		return 1;
	if (*port != ':' || n - 1 >= sizeof(digits))
		return 0;
	memcpy(digits, port + 1, n - 1);
	digits[n - 1] = '\0';
	(void)strtonum(digits, 0, 65535, &errstr);
	return errstr == NULL && isdigit((unsigned char)digits[0]);
}

/*
 * The reference takes every URL and then silently uses none but http and
 * https: "proxy:8080" is a URL whose scheme is "proxy".
 */
const char *
setting_check_url(const char *s)
{
	const char	*rest;
	size_t		 n;

	for (n = 0; isalnum((unsigned char)s[n]) ||
	    (n != 0 && s[n] != '\0' && strchr("+-.", s[n]) != NULL); n++)
		;
	if (n == 0 || !isalpha((unsigned char)s[0]) || s[n] != ':')
		return "Invalid url";
	if ((n != 4 || strncasecmp(s, "http", 4) != 0) &&
	    (n != 5 || strncasecmp(s, "https", 5) != 0))
		return "Only http and https proxies can be used: write "
		    "\"http://host:port\"";
	rest = s + n + 1;
	if (strncmp(rest, "//", 2) != 0)
		return "Invalid url";
	rest += 2;
	return authority_is_valid(rest, strcspn(rest, "/?#")) ? NULL :
	    "Invalid url";
}

const char *
setting_check_envname(const char *s)
{
	size_t	 i;

	for (i = 0; isalpha((unsigned char)s[i]) || s[i] == '_' ||
	    (i != 0 && isdigit((unsigned char)s[i])); i++)
		;
	return i != 0 && s[i] == '\0' ? NULL : "Environment variable name "
	    "must start with a letter or underscore and contain only "
	    "letters, digits, and underscores";
}

const char *
setting_check_envglob(const char *s)
{
	size_t	 i;

	for (i = 0; isalnum((unsigned char)s[i]) || s[i] == '_' ||
	    s[i] == '*' || s[i] == '?'; i++)
		;
	return i != 0 && s[i] == '\0' && !isdigit((unsigned char)*s) ? NULL :
	    "Expected the name of an environment variable, or a pattern such "
	    "as \"*_TOKEN\": letters, digits, underscores, \"*\" and \"?\"";
}

const char *
setting_check_absolute(const char *s)
{
	return *s == '/' ? NULL : "Path must be absolute";
}

/* As typed, one space between any two words. */
const char *
setting_check_words(const char *s)
{
	size_t	 len = strlen(s);

	if (len == 0 || s[0] == ' ' || s[len - 1] == ' ' ||
	    strstr(s, "  ") != NULL)
		return "Expected the first words of a command, with one "
		    "space between them";
	return NULL;
}

const char *
setting_check_key(const char *s)
{
	return setting_find(s) != NULL ? NULL : "There is no such key: "
	    "expected a whole name (e.g., \"network.allowedDomains\")";
}

const char *
setting_check_extendable(const char *s)
{
	const struct setting	*row;

	if ((row = setting_find(s)) == NULL)
		return setting_check_key(s);
	if (row->flags & SETTING_BASE || (row->flags & (SETTING_WIDENS |
	    SETTING_NARROWS)) == 0)
		return "The settings of a command cannot allow more by this "
		    "key";
	return NULL;
}

#define PUBLISH_FORMS	"Expected a port of the host and one inside (e.g., " \
			"3000, \"8080:80\", \"127.0.0.1:8080:80\" or " \
			"\"[::1]:8080:80\")"

/* Takes a port off the end of the text; 0: there is none. */
static uint16_t
last_port(char *s)
{
	const char	*errstr;
	char		*port;
	long long	 n;

	port = (port = strrchr(s, ':')) == NULL ? s : port + 1;
	if (!isdigit((unsigned char)*port) || (*port == '0'))
		return 0;
	n = strtonum(port, 1, 65535, &errstr);
	if (errstr != NULL)
		return 0;
	*(port == s ? port : port - 1) = '\0';
	return (uint16_t)n;
}

/* Leaves the address without its brackets; the default if it is empty. */
static char *
publish_address(const char *s)
{
	struct in6_addr	 in6;
	struct in_addr	 in;
	size_t		 len = strlen(s);
	char		*address;

	if (len == 0)
		return xstrdup("127.0.0.1");
	if (*s != '[')
		return inet_pton(AF_INET, s, &in) == 1 ? xstrdup(s) : NULL;
	if (s[len - 1] != ']')
		return NULL;
	address = xstrndup(s + 1, len - 2);
	if (inet_pton(AF_INET6, address, &in6) == 1)
		return address;
	free(address);
	return NULL;
}

/* What srt answers on inside would be for all who can reach this machine. */
static int
is_own_port(uint16_t port)
{
	return port == SANDBOX_HTTP_PORT || port == SANDBOX_SOCKS_PORT ||
	    port == SANDBOX_DNS_PORT;
}

const char *
setting_publish(const char *text, struct publish *pub)
{
	char	*s = xstrdup(text);

	memset(pub, 0, sizeof(*pub));
	/* A lone port is the same on both sides. */
	pub->inner = last_port(s);
	pub->port = strchr(text, ':') == NULL ? pub->inner : last_port(s);
	if (pub->inner != 0 && pub->port != 0 && !is_own_port(pub->inner))
		pub->address = publish_address(s);
	free(s);
	if (is_own_port(pub->inner))
		return "Inside, the ports 53, 1080 and 3128 are srt's own";
	return pub->address != NULL ? NULL : PUBLISH_FORMS;
}

const char *
setting_check_publish(const char *s)
{
	struct publish	 pub;
	const char	*why;

	if ((why = setting_publish(s, &pub)) == NULL)
		free(pub.address);
	return why;
}

int64_t
setting_size(const char *s)
{
	static const char	 units[] = "KMGT";
	const char		*unit;
	int64_t			 n = 0;
	unsigned int		 shift = 0;

	if (!isdigit((unsigned char)*s))
		return -1;
	for (; isdigit((unsigned char)*s); s++) {
		if (n > INT64_MAX / 10 - 1)
			return -1;
		n = n * 10 + (*s - '0');
	}
	if (*s != '\0') {
		if ((unit = strchr(units, *s)) == NULL || s[1] != '\0')
			return -1;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	return n > INT64_MAX >> shift ? -1 : n << shift;
}

double
setting_amount(const struct json *node)
{
	return node->type == JSON_STRING ?
	    (double)setting_size(node->string) : node->number;
}

/*
 * Skips a character class after its "[".  Returns NULL if it has no end.
 */
static const char *
regex_skip_class(const char *p)
{
	for (; *p != ']'; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return NULL;
	}
	return p;
}

/*
 * What follows "(": does it capture?  -1 if there is no such group.  The
 * pointer is left on the last character that belongs to the opening.
 */
static int
regex_group(const char **p)
{
	const char	*s = *p;

	if (s[1] != '?')
		return 1;
	if (s[2] == ':' || s[2] == '=' || s[2] == '!') {
		*p = s + 2;
		return 0;
	}
	if (s[2] != '<')
		return -1;
	if (s[3] == '=' || s[3] == '!') {
		*p = s + 3;
		return 0;
	}
	s += 3;
	if (!isalpha((unsigned char)*s) && *s != '_' && *s != '$')
		return -1;
	while (isalnum((unsigned char)*s) || *s == '_' || *s == '$')
		s++;
	if (*s != '>')
		return -1;
	*p = s;
	return 1;
}

/*
 * The structure of an ECMAScript pattern without flags: brackets, groups,
 * and quantifiers that have nothing to repeat.  Counts the groups that
 * capture.  Returns what is wrong, or NULL.
 */
static const char *
regex_scan(const char *p, unsigned int *groups)
{
	unsigned int	 depth = 0;
	int		 capture, atom = 0;

	*groups = 0;
	for (; *p != '\0'; p++) {
		switch (*p) {
		case '\\':
			if (*++p == '\0')
				return "\\ at end of pattern";
			atom = 1;
			break;
		case '[':
			if ((p = regex_skip_class(p + 1)) == NULL)
				return "Unterminated character class";
			atom = 1;
			break;
		case '(':
			if ((capture = regex_group(&p)) == -1)
				return "Invalid group";
			*groups += (unsigned int)capture;
			depth++;
			atom = 0;
			break;
		case ')':
			if (depth-- == 0)
				return "Unmatched ')'";
			atom = 1;
			break;
		case '*':
		case '+':
		case '?':
			if (!atom)
				return "Nothing to repeat";
			/* One more "?" makes it lazy. */
			if (p[1] == '?')
				p++;
			atom = 0;
			break;
		case '|':
		case '^':
			atom = 0;
			break;
		default:
			atom = 1;
		}
	}
	return depth == 0 ? NULL : "Unterminated group";
}

const char *
setting_check_regex(const char *s)
{
	static char	 text[256];
	const char	*why;
	unsigned int	 groups;

	if ((why = regex_scan(s, &groups)) != NULL) {
		(void)snprintf(text, sizeof(text),
		    "extract is not a valid regular expression: %s", why);
		return text;
	}
	return groups != 0 ? NULL : "extract must contain at least one "
	    "capturing group — group 1 is the credential value to mask "
	    "(e.g. \"token:\\s*(\\S+)\").";
}
