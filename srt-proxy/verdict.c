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

static const char *verdict_no(const struct client *, const char *, uint16_t,
		    const char *);
static struct dest *dest_new(const struct client *, const struct host *,
		    uint16_t, const char *);
static void	 dest_rule(struct dest *, const struct decision *);
static void	 dest_why(struct dest *, const char *);
static struct dest *verdict_learn(const struct client *, const struct host *,
		    uint16_t, const char *, const struct decision *);
static struct dest *verdict_ask(const struct client *, const struct host *,
		    uint16_t, const char *, struct decision *);
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
	int		 named;

	*dest = NULL;
	verdict_spell(text, sizeof(text), spelled, len);
	if (proxy_rules() == NULL)
		return verdict_no(client, text, port,
		    "sandbox policy unavailable");
	if (host_parse(spelled, len, &host) == -1)
		return verdict_no(client, text, port, "malformed host");
	/* Who looks names up first comes with what our resolver has said. */
	if ((named = dns_host(&host)) == 1)
		(void)strlcpy(text, host.name, sizeof(text));
	rule_decide(proxy_rules(), &host, port, &d);
	if (d.verdict == VERDICT_ALLOW) {
		*dest = dest_new(client, &host, port, text);
		dest_rule(*dest, &d);
		return NULL;
	}
	/* An entry for it would help nobody. */
	if (named == -1 && d.rule == NULL && d.list == RULE_ALLOW)
		return verdict_no(client, text, port,
		    "the address stands for no name any more");
	if ((*dest = verdict_learn(client, &host, port, text, &d)) != NULL ||
	    (*dest = verdict_ask(client, &host, port, text, &d)) != NULL)
		return NULL;
	verdict_denied(client, &d, &host, port, text, reason);
	return reason;
}

/* Refused, whatever the rules say: why has to be a literal. */
static const char *
verdict_no(const struct client *client, const char *host, uint16_t port,
    const char *why)
{
	verdict_refuse(client, host, port, why, "", "");
	return why;
}

/* An address of the machine itself, which has a name that rules know. */
static int
is_loopback(const struct host *host)
{
	return host->kind != HOST_NAME && host_is_loopback(host);
}

int
verdict_connect(const struct client *client, const struct host *host,
    uint16_t port, int quiet, struct dest **dest)
{
	char		 reason[REASON_MAX];
	struct host	 local;
	struct decision	 d, dl = { .list = RULE_ALLOW };

	*dest = NULL;
	rule_decide(proxy_rules(), host, port, &d);
	if (d.verdict == VERDICT_ALLOW) {
		*dest = dest_new(client, host, port, host->name);
		dest_rule(*dest, &d);
		return 0;
	}
	/* Who denies the address means it, whatever the name may do. */
	if (is_loopback(host) && (d.rule == NULL || d.list != RULE_DENY)) {
		rule_decide_local(proxy_rules(), port, &local, &dl);
		if (dl.verdict == VERDICT_ALLOW) {
			*dest = dest_new(client, &local, port, local.name);
			dest_rule(*dest, &dl);
			(*dest)->address = 1;
			return 0;
		}
	}
	/* As the rule would name it. */
	if (!is_loopback(host))
		*dest = verdict_learn(client, host, port, host->name, &d);
	else if (d.rule == NULL && d.list == RULE_ALLOW &&
	    (*dest = verdict_learn(client, &local, port, local.name,
	    &dl)) != NULL)
		(*dest)->address = 1;
	if (*dest != NULL)
		return 0;
	if ((*dest = verdict_ask(client, host, port, host->name, &d)) !=
	    NULL) {
		(*dest)->address = is_loopback(host);
		return 0;
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
	else if (rule_could_allow(proxy_rules(), host, &d) ||
	    (d.rule == NULL && d.list == RULE_ALLOW &&
	    (ask_wanted() || learn_lookup(host))))
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

void
verdict_asked(const struct dest *dest, const char *why)
{
	struct decision	 d = { .list = RULE_ALLOW };
	char		 reason[REASON_MAX], cure[TEXT_MAX];

	reason_sanitise(reason, sizeof(reason), why);
	verdict_cure(&d, &dest->host, dest->port, cure, sizeof(cure));
	verdict_refuse(&dest->client, dest->spelled, dest->port, reason,
	    "the answer that was given", cure);
}

int
verdict_still(const struct dest *dest, const struct sockaddr *sa)
{
	struct decision	 d;
	enum addr_class	 class;
	char		 reason[REASON_MAX], rule[TEXT_MAX], cure[TEXT_MAX];
	char		 why[ADDR_REASON_SIZE], said[REASON_MAX - 32];

	rule_decide(proxy_rules(), &dest->host, dest->port, &d);
	/* An answer, or --learn, has allowed it in the place of a rule. */
	if (d.verdict == VERDICT_DENY && d.rule == NULL &&
	    d.list == RULE_ALLOW && (dest->learn ||
	    ((dest->ask || dest->asked) && ask_wanted())))
		d.verdict = VERDICT_ALLOW;
	if (d.verdict == VERDICT_ALLOW) {
		/* What this host's own addresses are has not changed. */
		class = sa == NULL ? ADDR_OK : addr_check(proxy_rules(),
		    &dest->host, dest->port, sa, NULL);
		if (class == ADDR_OK)
			return 1;
		addr_reason(1U << class, why, sizeof(why));
		(void)snprintf(reason, sizeof(reason),
		    "open connection cut: %s", why);
		verdict_refuse(&dest->client, dest->spelled, dest->port,
		    reason, "check of resolved addresses", "");
		return 0;
	}
	reason_sanitise(said, sizeof(said), d.reason);
	(void)strlcpy(reason, "open connection cut: ", sizeof(reason));
	(void)strlcat(reason, said, sizeof(reason));
	verdict_rule(&d, rule, sizeof(rule));
	verdict_cure(&d, &dest->host, dest->port, cure, sizeof(cure));
	verdict_refuse(&dest->client, dest->spelled, dest->port, reason, rule,
	    cure);
	return 0;
}

/*
 * Where nothing but the lack of a rule refuses, and somebody can be asked:
 * what that says, or is to say.  NULL: it is refused, the decision says why.
 */
static struct dest *
verdict_ask(const struct client *client, const struct host *host,
    uint16_t port, const char *spelled, struct decision *d)
{
	struct dest	*dest;
	int		 known;

	if (d->rule != NULL || d->list != RULE_ALLOW || !ask_wanted())
		return NULL;
	if ((known = ask_known(host, port, &d->reason)) == 0)
		return NULL;
	dest = dest_new(client, host, port, spelled);
	dest->ask = dest->open = known == -1;
	dest->asked = known == 1;
	dest_why(dest, "the answer that was given");
	return dest;
}

/*
 * The same where what no rule decides is to be learned.  Of this machine's
 * own ports only those are told that somebody listens on: programs look for
 * more, and are not reported for that.
 */
static struct dest *
verdict_learn(const struct client *client, const struct host *host,
    uint16_t port, const char *spelled, const struct decision *d)
{
	struct dest	*dest;
	char		 entry[HOST_NAME_MAX_LEN + 16];

	if (d->rule != NULL || d->list != RULE_ALLOW || !learn_wanted() ||
	    learn_entry(host, port, entry, sizeof(entry)) == -1)
		return NULL;
	if (!learn_allows()) {
		learn_connect(client, host, port);
		return NULL;
	}
	dest = dest_new(client, host, port, spelled);
	dest_why(dest, "--learn");
	if (host_is_loopback(host))
		dest->learn = 1;
	else
		learn_connect(client, host, port);
	return dest;
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

/* For the audit record: what allows it, in words. */
static void
dest_why(struct dest *dest, const char *why)
{
	if (access_wanted() && (dest->rule = strdup(why)) == NULL)
		fatal("strdup");
}

/* The same by a decision. */
static void
dest_rule(struct dest *dest, const struct decision *d)
{
	const struct rule	*r = d->rule;
	int			 n;

	if (!access_wanted())
		return;
	/* Without a rule only a proxy of the user's own allows anything. */
	if (r == NULL)
		n = asprintf(&dest->rule, "network.%sProxyPort",
		    route_relays(LISTENER_HTTP) ? "http" : "socks");
	else
		n = asprintf(&dest->rule, "network.allowedDomains[%u] \"%s\"",
		    r->index, r->text);
	if (n == -1 || (r != NULL && r->where != NULL &&
	    (dest->where = strdup(r->where)) == NULL))
		fatal("asprintf");
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
	free(dest->rule);
	free(dest->where);
	free(dest);
}

/* Which settings entry decided. */
static void
verdict_rule(const struct decision *d, char *buf, size_t size)
{
	if (d->list == RULE_CEILING)
		(void)strlcpy(buf, "network.allowedDomains of the "
		    "administrator's policy", size);
	else if (d->rule == NULL || d->list != RULE_DENY)
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
	char	 entry[HOST_NAME_MAX_LEN + 16];

	if (d->list == RULE_CEILING) {
		/* Nothing that the user could write. */
		*buf = '\0';
		return;
	}
	if (d->rule != NULL && d->list == RULE_DENY) {
		(void)snprintf(buf, size, "remove \"%s\" from "
		    "network.deniedDomains", d->rule->text);
		return;
	}
	/* A name of one label, localhost aside, is no valid entry. */
	if (learn_entry(host, port, entry, sizeof(entry)) == -1)
		*buf = '\0';
	else
		(void)snprintf(buf, size, "\"network\": "
		    "{\"allowedDomains\": [\"%s\"]}", entry);
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
