/* SPDX-License-Identifier: ISC */

/*
 * What is wrong with one string of the settings file: the checks that
 * settings_table names.
 */

#include "compat.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
