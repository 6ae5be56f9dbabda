/* SPDX-License-Identifier: ISC */

/*
 * The one place where the proxy decides, whichever way a destination was
 * named: by HTTP, SOCKS, connect(2) or DNS.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_parse.h"
#include "log.h"
#include "proxy.h"

#define SPELLED_MAX	256	/* of a host in messages */
#define TEXT_MAX	640

/* Nobody in particular: those who speak HTTP and SOCKS. */
const struct client	 client_unknown;

static struct dest *dest_new(const struct client *, const struct host *,
		    uint16_t, const char *);
static void	 verdict_spell(char *, size_t, const char *, size_t);
static void	 verdict_rule(const struct decision *, char *, size_t);
static void	 verdict_cure(const struct decision *, const struct host *,
		    uint16_t, char *, size_t);
static void	 verdict_denied(const struct client *, const struct decision *,
		    const struct host *, uint16_t, const char *, char *);
static void	 verdict_refuse(const struct client *, const char *, uint16_t,
		    const char *, const char *, const char *);

const char *
verdict_decide(const struct client *client, const char *spelled, size_t len,
    uint16_t port, struct dest **dest)
{
	static char	 reason[REASON_MAX];
	char		 text[SPELLED_MAX];
	struct host	 host;
	struct decision	 d;

	*dest = NULL;
	verdict_spell(text, sizeof(text), spelled, len);
	if (proxy_rules() == NULL) {
		(void)strlcpy(reason, "sandbox policy unavailable",
		    sizeof(reason));
		verdict_refuse(client, text, port, reason, "", "");
		return reason;
	}
	if (host_parse(spelled, len, &host) == -1) {
		(void)strlcpy(reason, "malformed host", sizeof(reason));
		verdict_refuse(client, text, port, reason, "", "");
		return reason;
	}
	rule_decide(proxy_rules(), &host, port, &d);
	if (d.verdict == VERDICT_ALLOW) {
		*dest = dest_new(client, &host, port, text);
		return NULL;
	}
	verdict_denied(client, &d, &host, port, text, reason);
	return reason;
}

/* An address of the machine itself, which has a name that rules know. */
static int
is_loopback(const struct host *host)
{
	static const unsigned char	 one[16] = { [15] = 1 };

	return (host->kind == HOST_INET && host->addr[0] == 127) ||
	    (host->kind == HOST_INET6 && memcmp(host->addr, one, 16) == 0);
}

int
verdict_connect(const struct client *client, const struct host *host,
    uint16_t port, int quiet, struct dest **dest)
{
	char		 reason[REASON_MAX];
	struct host	 local;
	struct decision	 d, dl;

	*dest = NULL;
	rule_decide(proxy_rules(), host, port, &d);
	if (d.verdict == VERDICT_ALLOW) {
		*dest = dest_new(client, host, port, host->name);
		return 0;
	}
	/* Who denies the address means it, whatever the name may do. */
	if (is_loopback(host) && (d.rule == NULL || d.list != RULE_DENY) &&
	    host_parse("localhost", 9, &local) == 0) {
		rule_decide(proxy_rules(), &local, port, &dl);
		if (dl.verdict == VERDICT_ALLOW) {
			*dest = dest_new(client, &local, port, local.name);
			(*dest)->address = 1;
			return 0;
		}
	}
	if (quiet)
		log_debug("deny %s port %u, quietly", host->name, port);
	else
		verdict_denied(client, &d, host, port, host->name, reason);
	return -1;
}

int
verdict_lookup(const char *name, unsigned int part, struct host *host)
{
	char		 reason[REASON_MAX], rule[TEXT_MAX], cure[TEXT_MAX];
	struct refusal	 r = {
		.client = &client_unknown,
		.operation = "dns-lookup",
		.target = name,
		.reason = reason,
		.rule = rule,
		.cure = cure,
		.parts = part
	};
	struct decision	 d;

	*rule = *cure = '\0';
	if (host_parse(name, strlen(name), host) == -1)
		(void)strlcpy(reason, "malformed host", sizeof(reason));
	else if (rule_could_allow(proxy_rules(), host, &d))
		return 0;
	else {
		reason_sanitise(reason, sizeof(reason), d.reason);
		verdict_rule(&d, rule, sizeof(rule));
		verdict_cure(&d, host, 0, cure, sizeof(cure));
	}
	refusal_record(&r);
	return -1;
}

void
verdict_resolved(const struct dest *dest, const char *reason)
{
	verdict_refuse(&dest->client, dest->spelled, dest->port, reason,
	    "check of resolved addresses", "");
}

void
verdict_server_name(const struct dest *dest, const char *why)
{
	char	 reason[REASON_MAX];

	reason_sanitise(reason, sizeof(reason), why);
	verdict_refuse(&dest->client, dest->spelled, dest->port, reason,
	    "network.allowSniMismatch",
	    "\"network\": {\"allowSniMismatch\": true}");
}

static struct dest *
dest_new(const struct client *client, const struct host *host, uint16_t port,
    const char *spelled)
{
	struct dest	*dest;

	if ((dest = calloc(1, sizeof(*dest))) == NULL ||
	    (dest->spelled = strdup(spelled)) == NULL)
		fatal("calloc");
	dest->client = *client;
	dest->host = *host;
	dest->port = port;
	return dest;
}

int
dest_equal(const struct dest *a, const struct dest *b)
{
	return a->port == b->port && a->host.kind == b->host.kind &&
	    strcmp(a->host.name, b->host.name) == 0;
}

void
dest_free(struct dest *dest)
{
	if (dest == NULL)
		return;
	free(dest->spelled);
	free(dest);
}

/* Which settings entry decided. */
static void
verdict_rule(const struct decision *d, char *buf, size_t size)
{
	if (d->rule == NULL || d->list != RULE_DENY)
		(void)strlcpy(buf, "network.allowedDomains", size);
	else
		(void)snprintf(buf, size, "network.deniedDomains[%u] \"%s\"",
		    d->rule->index, d->rule->text);
}

/* What to write into the settings to allow it; port 0 stands for all. */
static void
verdict_cure(const struct decision *d, const struct host *host, uint16_t port,
    char *buf, size_t size)
{
	char	 on[8] = "";

	if (d->rule != NULL && d->list == RULE_DENY) {
		(void)snprintf(buf, size, "remove \"%s\" from "
		    "network.deniedDomains", d->rule->text);
		return;
	}
	if (port != 0)
		(void)snprintf(on, sizeof(on), ":%u", port);
	switch (host->kind) {
	case HOST_INET:
		(void)snprintf(buf, size, "\"network\": "
		    "{\"allowedDomains\": [\"%s%s\"]}", host->name, on);
		break;
	case HOST_INET6:
		(void)snprintf(buf, size, "\"network\": "
		    "{\"allowedDomains\": [\"[%s]%s\"]}", host->name, on);
		break;
	case HOST_NAME:
		/* A name of one label, localhost aside, is no valid entry. */
		if (strcmp(host->name, "localhost") == 0)
			(void)snprintf(buf, size, "\"network\": "
			    "{\"allowedDomains\": [\"localhost%s\"]}", on);
		else if (strchr(host->name, '.') != NULL)
			(void)snprintf(buf, size, "\"network\": "
			    "{\"allowedDomains\": [\"%s\"]}", host->name);
		else
			*buf = '\0';
		break;
	}
}
/* As text, cut if it is too long to be a host's name anyway. */
static void
verdict_spell(char *text, size_t size, const char *spelled, size_t len)
{
	size_t	 i, n = len < size ? len : size - 1;

	memcpy(text, spelled, n);
	text[n] = '\0';
	for (i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '?';
}

/* Records that a rule, or the lack of one, has decided; writes the reason. */
static void
verdict_denied(const struct client *client, const struct decision *d,
    const struct host *host, uint16_t port, const char *spelled, char *reason)
{
	char	 rule[TEXT_MAX], cure[TEXT_MAX];

	reason_sanitise(reason, REASON_MAX, d->reason);
	verdict_rule(d, rule, sizeof(rule));
	verdict_cure(d, host, port, cure, sizeof(cure));
	verdict_refuse(client, spelled, port, reason, rule, cure);
}

static void
verdict_refuse(const struct client *client, const char *host, uint16_t port,
    const char *reason, const char *rule, const char *cure)
{
	char		 target[SPELLED_MAX + 16];
	struct refusal	 r = {
		.client = client,
		.operation = "network-outbound",
		.target = target,
		.reason = reason,
		.rule = rule,
		.cure = cure,
		.parts = 1
	};

	(void)snprintf(target, sizeof(target),
	    strchr(host, ':') != NULL && *host != '[' ? "[%s]:%u" : "%s:%u",
	    host, port);
	refusal_record(&r);
}
