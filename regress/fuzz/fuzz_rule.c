/* SPDX-License-Identifier: ISC */

/*
 * A line with an entry, a line with a destination, a line with a range of
 * addresses; what is missing is empty.  An entry that is accepted keeps to
 * the grammar and is matched by the host that it names, and what is proposed
 * in the place of another is accepted.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "rule.h"

#define NAME_CHARS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
check_bytes(const char *text)
{
	size_t	n;

	if (text[0] == '[') {
		n = strcspn(text, "]");
		check(text[n] == ']');
		text += n + 1;
	} else {
		if (text[0] == '*')
			text++;
		text += strspn(text, NAME_CHARS);
	}
	if (text[0] == '/')
		text += 1 + strspn(text + 1, "0123456789");
	if (text[0] == ':')
		text += 1 + strspn(text + 1, "0123456789");
	if (text[0] == '-')
		text += 1 + strspn(text + 1, "0123456789");
	check(text[0] == '\0');
}

/* The host that the rule names, or one beneath it. */
static void
check_own_host(const struct rule *r)
{
	struct host	 h;
	char		 name[HOST_NAME_MAX_LEN + 3];
	uint16_t	 port = r->port_hi;

	check(r->port_lo <= r->port_hi);
	if (r->kind == RULE_ANY)
		return;
	if (r->kind == RULE_NET)
		check(r->prefix <= (r->host.kind == HOST_INET ? 32 : 128));
	(void)snprintf(name, sizeof(name), "%s%s",
	    r->kind == RULE_SUFFIX ? "x." : "", r->host.name);
	check(host_parse(name, strlen(name), &h) == 0);
	check(rule_match(r, &h, port) == 1);
	check(rule_match(r, &h, r->port_lo) == 1);
	if (!rule_any_port(r) && port < UINT16_MAX)
		check(rule_match(r, &h, (uint16_t)(port + 1)) == 0);
	if (r->kind == RULE_SUFFIX) {
		check(r->host.kind == HOST_NAME);
		check(rule_match(r, &r->host, port) == 0);
	}
}

static void
check_cure(const char *why, enum rule_list list)
{
	struct rule	*r;
	const char	*quoted;
	char		*entry;

	/* An example is no advice. */
	if ((quoted = strstr(why, "; write \"")) == NULL)
		return;
	check((entry = strdup(quoted + 9)) != NULL);
	check(entry[strlen(entry) - 1] == '"');
	entry[strlen(entry) - 1] = '\0';
	check((r = rule_parse(entry, list, &why)) != NULL);
	rule_free(r);
	free(entry);
}

static void
check_decision(struct ruleset *set, const char *text)
{
	struct decision		 d, again;
	struct host		 h;
	struct sockaddr_in6	 sin6;

	if (host_parse(text, strlen(text), &h) == -1)
		return;
	rule_decide(set, &h, 443, &d);
	check((d.verdict == VERDICT_ALLOW) == (d.reason == NULL));
	if (d.rule != NULL)
		check((d.verdict == VERDICT_ALLOW) == (d.list == RULE_ALLOW));
	/* The index decides as the lists do. */
	(void)ruleset_index(set);
	rule_decide(set, &h, 443, &again);
	check(d.verdict == again.verdict && d.rule == again.rule);
	if (h.kind != HOST_INET6)
		return;

	/* The same address, as what a name resolved to. */
	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	memcpy(&sin6.sin6_addr, h.addr, sizeof(h.addr));
	check(host_parse("a.test", 6, &h) == 0);
	if (d.verdict == VERDICT_ALLOW)
		check(addr_check(set, &h, 443, (struct sockaddr *)&sin6,
		    &set->denyaddr) == ADDR_OK);
	else if (d.rule != NULL && (d.rule->kind == RULE_EXACT ||
	    d.rule->kind == RULE_NET))
		check(addr_check(set, &h, 443, (struct sockaddr *)&sin6,
		    &set->denyaddr) == ADDR_DENY_LISTED);
}

/* The next line, terminated; *data and *len are moved behind it. */
static char *
next_line(const uint8_t **data, size_t *len)
{
	const uint8_t	*end = NULL;
	char		*line;
	size_t		 n;

	if (*len > 0)
		end = memchr(*data, '\n', *len);
	n = end == NULL ? *len : (size_t)(end - *data);
	if ((line = malloc(n + 1)) == NULL)
		abort();
	if (n > 0)
		memcpy(line, *data, n);
	line[n] = '\0';
	*data += n + (end != NULL);
	*len -= n + (end != NULL);
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ruleset		*set;
	struct rule		*r;
	struct addr_range	*range;
	const char		*why;
	char			*entry, *host, *addrs;
	int			 list;

	if ((set = ruleset_new()) == NULL)
		return 0;
	entry = next_line(&data, &len);
	host = next_line(&data, &len);
	addrs = next_line(&data, &len);
	for (list = 0; list < RULE_LIST_MAX; list++) {
		r = rule_parse(entry, (enum rule_list)list, &why);
		check((r == NULL) == (why != NULL));
		if (r == NULL) {
			check_cure(why, (enum rule_list)list);
			continue;
		}
		check_bytes(entry);
		check_own_host(r);
		if (list == RULE_ALLOW)
			TAILQ_INSERT_TAIL(&set->allow, r, entry);
		else if (list == RULE_DENY && entry[0] == '[')
			TAILQ_INSERT_TAIL(&set->deny, r, entry);
		else if (list == RULE_CEILING && strchr(entry, '-') != NULL) {
			set->flags |= RULESET_CEILING;
			TAILQ_INSERT_TAIL(&set->ceiling, r, entry);
		}
		else
			rule_free(r);
	}
	range = addr_range_parse(addrs, &why);
	check((range == NULL) == (why != NULL));
	if (range != NULL)
		TAILQ_INSERT_TAIL(&set->denyaddr, range, entry);
	check_decision(set, host);
	ruleset_free(set);
	free(entry);
	free(host);
	free(addrs);
	return 0;
}
