/* SPDX-License-Identifier: ISC */

/*
 * The rules that concern more than one key, in the order and the words of
 * the reference; and what srt does not enforce yet.
 */

#include "compat.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "rule.h"
#include "srt.h"

/* An element of credentials.files or credentials.envVars. */
struct credential {
	const char		*list;	/* "files" or "envVars" */
	size_t			 index;
	const struct json	*node;
	int			 mask;	/* of mode "mask" */
};

/* What the rules about hosts need. */
struct hosts {
	struct rules		 allowed;
	struct rules		 excluded;
};

static void credential_fault(struct errors *, const struct credential *,
    const char *, const struct json *, const char *, ...)
    __attribute__((__format__(printf, 5, 6)));

/* The member is a key of the entry, with or without an index, or "". */
static void
credential_fault(struct errors *errs, const struct credential *cred,
    const char *member, const struct json *node, const char *fmt, ...)
{
	va_list	 ap;
	char	*path, *text;

	va_start(ap, fmt);
	(void)xvasprintf(&text, fmt, ap);
	va_end(ap);
	(void)xasprintf(&path, "credentials.%s.%zu%s%s", cred->list,
	    cred->index, *member == '\0' ? "" : ".", member);
	errors_at(errs, FAULT_VALUE, node, path, "%s", text);
	free(path);
	free(text);
}

static void
rules_fill(struct rules *rules, const struct json *list)
{
	const struct json	*node;
	const char		*why;
	struct rule		*r;

	TAILQ_INIT(rules);
	if (list == NULL)
		return;
	TAILQ_FOREACH(node, &list->list, entry) {
		/* One that is no pattern has been complained about. */
		if ((r = rule_parse(node->string, RULE_ALLOW, &why)) != NULL)
			TAILQ_INSERT_TAIL(rules, r, entry);
	}
}

/* Is the base of one wildcard that of the other, or beneath it? */
static int
suffix_covers(const char *wide, const char *narrow)
{
	size_t	 w = strlen(wide), n = strlen(narrow);

	if (n == w)
		return strcmp(wide, narrow) == 0;
	return n > w && narrow[n - w - 1] == '.' &&
	    strcmp(wide, narrow + n - w) == 0;
}

/* Does one of the rules cover all that the entry stands for?  No ports. */
static int
rules_cover(const struct rules *rules, const struct rule *want)
{
	const struct rule	*r;

	TAILQ_FOREACH(r, rules, entry) {
		if (want->kind == RULE_EXACT) {
			if (rule_match_host(r, &want->host))
				return 1;
		} else if (r->kind == RULE_SUFFIX &&
		    suffix_covers(r->host.name, want->host.name))
			return 1;
	}
	return 0;
}

static int
is_mode(const struct json *node, const char *mode)
{
	const struct json	*m;

	m = json_get(node, "mode");
	return m != NULL && m->type == JSON_STRING &&
	    strcmp(m->string, mode) == 0;
}

/* Rule 1: such a pattern would match nothing, and so deny nothing. */
static const char *
deny_glob_end(const char *s)
{
	size_t	 len = strlen(s);

	if (!pattern_is(s) || (*s != '/' && *s != '~') ||
	    s[len - 1] != '/')
		return NULL;
	while (len > 1 && s[len - 1] == '/')
		len--;
	return s + len;
}

static void
check_deny_glob(struct errors *errs, const struct json *node,
    const char *path)
{
	const char	*end;

	if (node->type != JSON_STRING ||
	    (end = deny_glob_end(node->string)) == NULL)
		return;
	errors_at(errs, FAULT_VALUE, node, path,
	    "Deny glob \"%s\" ends in a separator, so as a pattern it can "
	    "match no path. Write \"%.*s\", which is also read as the path "
	    "of that name where it exists, or add a \"**\" segment to match "
	    "at any depth.", node->string, (int)(end - node->string),
	    node->string);
}

static void
check_deny_globs(struct errors *errs, const struct json *root)
{
	static const char *const	 lists[] = { "denyRead", "denyWrite" };
	const struct json		*fs, *list, *node;
	char				*path;
	size_t				 i, n;

	fs = json_get(root, "filesystem");
	for (i = 0; i < nitems(lists); i++) {
		if ((list = json_get(fs, lists[i])) == NULL)
			continue;
		n = 0;
		TAILQ_FOREACH(node, &list->list, entry) {
			(void)xasprintf(&path, "filesystem.%s.%zu", lists[i],
			    n++);
			check_deny_glob(errs, node, path);
			free(path);
		}
	}
	if ((list = json_find(root, "credentials.files")) == NULL)
		return;
	n = 0;
	TAILQ_FOREACH(node, &list->list, entry) {
		(void)xasprintf(&path, "credentials.files.%zu.path", n++);
		if (is_mode(node, "deny"))
			check_deny_glob(errs, json_get(node, "path"), path);
		free(path);
	}
}

/* Rules 2 and 3. */
static void
check_hosts(struct errors *errs, const struct credential *cred,
    const struct hosts *hosts, const struct json *list)
{
	const struct json	*node;
	const char		*why;
	struct rule		*want;
	char			 member[64];
	size_t			 n = 0;

	TAILQ_FOREACH(node, &list->list, entry) {
		(void)snprintf(member, sizeof(member), "injectHosts.%zu",
		    n++);
		want = rule_parse(node->string, RULE_HOSTS, &why);
		if (want == NULL)
			continue;
		if (!rules_cover(&hosts->allowed, want))
			credential_fault(errs, cred, member, node,
			    "injectHosts entry \"%s\" is not reachable via "
			    "network.allowedDomains — add \"%s\" (or a "
			    "covering wildcard) to allowedDomains, or remove "
			    "it from injectHosts.", node->string,
			    node->string);
		if (cred->mask && rules_cover(&hosts->excluded, want))
			credential_fault(errs, cred, member, node,
			    "injectHosts entry \"%s\" is entirely covered by "
			    "network.tlsTerminate.excludeDomains. Credential "
			    "injection only runs on TLS-terminated "
			    "connections, so this host would receive the "
			    "placeholder instead of the credential. Remove "
			    "it from one of the two lists.", node->string);
		rule_free(want);
	}
}

static int
all_excluded(const struct hosts *hosts)
{
	const struct rule	*r;

	TAILQ_FOREACH(r, &hosts->allowed, entry)
		if (!rules_cover(&hosts->excluded, r))
			return 0;
	return !TAILQ_EMPTY(&hosts->allowed);
}

static void
check_inject(struct errors *errs, const struct credential *cred,
    const struct hosts *hosts)
{
	const struct json	*list;

	list = json_get(cred->node, "injectHosts");
	if (list != NULL)
		check_hosts(errs, cred, hosts, list);
	if (!cred->mask)
		return;
	if (list == NULL && all_excluded(hosts))
		credential_fault(errs, cred, "", cred->node,
		    "This masked credential has no injectHosts, so it "
		    "defaults to network.allowedDomains — but "
		    "network.tlsTerminate.excludeDomains covers every "
		    "allowed domain, so it could never be injected anywhere. "
		    "Credential injection only runs on TLS-terminated "
		    "connections.");
	if (list != NULL && list->nlist == 0)
		credential_fault(errs, cred, "injectHosts", list,
		    "injectHosts is explicitly empty — the credential would "
		    "be masked but never injected. Omit injectHosts to "
		    "default to network.allowedDomains, or list the intended "
		    "hosts.");
}

/* Rule 4. */
static void
check_claims(struct errors *errs, const struct credential *cred)
{
	const struct json	*claims;

	if ((claims = json_get(cred->node, "maskClaims")) == NULL)
		return;
	if (json_get(cred->node, "decode") == NULL)
		credential_fault(errs, cred, "maskClaims", claims,
		    "maskClaims requires decode — it names claims inside the "
		    "decoded payload. Set decode (e.g. \"jwt\"), or remove "
		    "maskClaims to mask the %s.",
		    strcmp(cred->list, "files") == 0 ?
		    "extracted value whole" : "whole value");
	if (claims->nlist == 0)
		credential_fault(errs, cred, "maskClaims", claims,
		    "maskClaims is explicitly empty — no claim would ever be "
		    "masked. Omit maskClaims to mask the whole token, or "
		    "list the claims to protect.");
}

/* Rule 5. */
static void
check_mask_path(struct errors *errs, const struct credential *cred)
{
	const struct json	*path;
	size_t			 len;

	if (!cred->mask || (path = json_get(cred->node, "path")) == NULL)
		return;
	len = strlen(path->string);
	if (len != 0 && path->string[len - 1] == '/')
		credential_fault(errs, cred, "path", path,
		    "Credential mode \"mask\" applies to a single file, not "
		    "a directory. Use mode \"deny\" for \"%s\", or point at "
		    "the credential file inside it.", path->string);
}

/* Returns how many of the list are masked. */
static size_t
check_credentials(struct errors *errs, const struct json *root,
    const char *name, const struct hosts *hosts)
{
	struct credential	 cred = { .list = name };
	const struct json	*list;
	size_t			 masked = 0;

	list = json_get(json_get(root, "credentials"), name);
	if (list == NULL)
		return 0;
	TAILQ_FOREACH(cred.node, &list->list, entry) {
		cred.mask = is_mode(cred.node, "mask");
		check_inject(errs, &cred, hosts);
		check_claims(errs, &cred);
		check_mask_path(errs, &cred);
		masked += cred.mask != 0;
		cred.index++;
	}
	return masked;
}

static const struct json *
masked_variable(const struct json *root, const char *name)
{
	const struct json	*list, *node;

	if ((list = json_find(root, "credentials.envVars")) == NULL)
		return NULL;
	TAILQ_FOREACH(node, &list->list, entry)
		if (is_mode(node, "mask") &&
		    strcmp(json_get(node, "name")->string, name) == 0)
			return node;
	return NULL;
}

/* In how many slots of all pairs up to and with this one is the variable? */
static size_t
slots_with(const struct json *pairs, const struct json *slot)
{
	const struct json	*node, *pair;
	size_t			 n = 0;

	TAILQ_FOREACH(pair, &pairs->list, entry) {
		TAILQ_FOREACH(node, &pair->list, entry) {
			if (node->type == JSON_STRING &&
			    strcmp(node->string, slot->string) == 0)
				n++;
			if (node == slot)
				return n;
		}
	}
	return n;
}

/* Rule 6, for one variable. */
static void
check_slot(struct errors *errs, const struct json *root,
    const struct json *pairs, const struct json *slot, const char *path)
{
	const struct json	*var;

	if (slots_with(pairs, slot) == 2)
		errors_at(errs, FAULT_VALUE, slot, path,
		    "\"%s\" appears in more than one awsPairs slot (within "
		    "or across pairs) — each variable can fill exactly one "
		    "slot.", slot->string);
	if ((var = masked_variable(root, slot->string)) == NULL) {
		errors_at(errs, FAULT_VALUE, slot, path,
		    "\"%s\" does not reference a credentials.envVars entry "
		    "with mode \"mask\" — an AWS pair links already-masked "
		    "variables; add the entry (masking is the opt-in for "
		    "SigV4 re-signing).", slot->string);
		return;
	}
	if (json_get(var, "extract") != NULL ||
	    json_get(var, "decode") != NULL)
		errors_at(errs, FAULT_VALUE, slot, path,
		    "\"%s\" uses extract/decode, but an AWS pair member must "
		    "be masked whole-value: the SigV4 trigger is an exact "
		    "match of the fake access key id, and the signer needs "
		    "the entire real value.", slot->string);
}

static void
check_pairs(struct errors *errs, const struct json *root)
{
	static const char *const	 slots[] = {
		"accessKeyIdVar", "secretAccessKeyVar", "sessionTokenVar"
	};
	const struct json		*pair, *pairs, *slot;
	char				*path;
	size_t				 i, n = 0;

	if ((pairs = json_find(root, "credentials.awsPairs")) == NULL)
		return;
	TAILQ_FOREACH(pair, &pairs->list, entry) {
		for (i = 0; i < nitems(slots); i++) {
			if ((slot = json_get(pair, slots[i])) == NULL)
				continue;
			(void)xasprintf(&path, "credentials.awsPairs.%zu.%s",
			    n, slots[i]);
			check_slot(errs, root, pairs, slot, path);
			free(path);
		}
		n++;
	}
}

static int
is_true(const struct json *root, const char *name)
{
	const struct json	*node;

	node = json_find(root, name);
	return node != NULL && node->boolean;
}

static void
check_tls(struct errors *errs, const struct json *root)
{
	const struct json	*net, *tls;

	net = json_get(root, "network");
	if ((tls = json_get(net, "tlsTerminate")) == NULL)
		return;
	if ((json_get(tls, "caCertPath") == NULL) !=
	    (json_get(tls, "caKeyPath") == NULL))
		errors_at(errs, FAULT_VALUE, tls,
		    "network.tlsTerminate",
		    "caCertPath and caKeyPath must be provided together");
	if (json_get(net, "mitmProxy") != NULL)
		errors_at(errs, FAULT_VALUE, tls,
		    "network", "network.tlsTerminate and network.mitmProxy "
		    "are mutually exclusive");
}

static void
check_parent(struct errors *errs, const struct json *root)
{
	const struct json	*env, *parent;

	parent = json_find(root, "network.parentProxy");
	env = json_get(parent, "fromEnvironment");
	if (env == NULL || !env->boolean)
		return;
	if (json_get(parent, "http") != NULL ||
	    json_get(parent, "https") != NULL ||
	    json_get(parent, "noProxy") != NULL)
		errors_at(errs, FAULT_VALUE, env,
		    "network.parentProxy.fromEnvironment",
		    "fromEnvironment takes the place of http, https and "
		    "noProxy: remove it or them");
}

static void
check_audit(struct errors *errs, const struct json *root)
{
	const struct json	*audit, *file, *require, *to;
	int			 to_file, none;

	audit = json_get(root, "audit");
	to = json_get(audit, "to");
	file = json_get(audit, "file");
	none = to == NULL || strcmp(to->string, "none") == 0;
	to_file = to != NULL && strcmp(to->string, "file") == 0;
	if (to_file && file == NULL)
		errors_at(errs, FAULT_VALUE, audit, "audit",
		    "a record that goes to a file needs its name: add "
		    "\"file\"");
	if (!to_file && file != NULL)
		errors_at(errs, FAULT_VALUE, file, "audit.file",
		    "the record goes to no file: set \"to\" to \"file\"");
	require = json_get(root, "requireAudit");
	/* The administrator's has a record by itself. */
	if (require != NULL && to == NULL && admin_is_file(require->file))
		none = 0;
	if (require != NULL && require->boolean && none)
		errors_at(errs, FAULT_VALUE, require, "requireAudit",
		    "there is no record to require: set audit.to");
}

/* Entries that can do nothing, though harmless. */
static void
check_reasons(struct errors *errs, const struct json *root)
{
	const struct json	*denied, *node, *reason, *reasons;

	reasons = json_find(root, "network.deniedDomainReasons");
	denied = json_find(root, "network.deniedDomains");
	if (reasons == NULL)
		return;
	TAILQ_FOREACH(reason, &reasons->list, entry) {
		/* A part of settings may lack the list. */
		node = NULL;
		if (denied != NULL)
			TAILQ_FOREACH(node, &denied->list, entry)
				if (strcmp(node->string, reason->key) == 0)
					break;
		if (node == NULL)
			errors_at_key(errs, FAULT_WARNING, reason,
			    "network.deniedDomainReasons",
			    "'%s' is no entry of deniedDomains, so its "
			    "reason is never given", reason->key);
	}
}

void
settings_check(const struct json *root, struct errors *errs)
{
	const struct json	*creds, *seccomp;
	struct hosts		 hosts;
	size_t			 masked;

	check_tls(errs, root);
	check_parent(errs, root);
	check_audit(errs, root);
	seccomp = json_get(root, "seccomp");
	if (json_get(seccomp, "argv0") != NULL &&
	    json_get(seccomp, "applyPath") == NULL)
		errors_at(errs, FAULT_VALUE, seccomp,
		    "seccomp", "seccompConfig.argv0 requires "
		    "seccompConfig.applyPath");
	if (!is_true(root, "filesystem.disabled"))
		check_deny_globs(errs, root);

	rules_fill(&hosts.allowed, json_find(root, "network.allowedDomains"));
	rules_fill(&hosts.excluded,
	    json_find(root, "network.tlsTerminate.excludeDomains"));
	masked = check_credentials(errs, root, "files", &hosts);
	masked += check_credentials(errs, root, "envVars", &hosts);
	rules_free(&hosts.allowed);
	rules_free(&hosts.excluded);
	check_pairs(errs, root);

	/* Rule 7. */
	creds = json_get(root, "credentials");
	if (masked != 0 && !is_true(root, "credentials.allowPlaintextInject") &&
	    json_find(root, "network.tlsTerminate") == NULL)
		errors_at(errs, FAULT_VALUE, creds,
		    "credentials", "Credential masking requires "
		    "network.tlsTerminate so substitution runs only over a "
		    "verified TLS connection. Enable tlsTerminate, or set "
		    "credentials.allowPlaintextInject to opt out (not "
		    "recommended).");
	check_reasons(errs, root);
}

/* Is the value what it would be if the key were not there? */
static int
is_default(const struct setting *row, const struct json *node)
{
	const struct setting	*child;
	const struct json	*member;
	const char		*leaf;
	char			 text[64];

	switch (node->type) {
	case JSON_BOOL:
		return (node->boolean != 0) == (row->deflt != NULL &&
		    strcmp(row->deflt, "true") == 0);
	case JSON_NUMBER:
		return row->deflt != NULL &&
		    strtod(row->deflt, NULL) == node->number;
	case JSON_STRING:
		(void)snprintf(text, sizeof(text), "\"%s\"", node->string);
		return row->deflt != NULL && strcmp(row->deflt, text) == 0;
	case JSON_ARRAY:
		return node->nlist == 0;
	case JSON_OBJECT:
		if (row->flags & SETTING_PRESENCE)
			return 0;
		if (row->type != SETTING_OBJECT)
			return node->nlist == 0;
		for (child = settings_table; child->name != NULL; child++)
			if ((leaf = setting_leaf(child, row->name)) != NULL &&
			    (member = json_get(node, leaf)) != NULL &&
			    !is_default(child, member))
				return 0;
		return 1;
	case JSON_NULL:
		break;
	}
	return 0;
}

/* Is there anything in it for this system to enforce? */
static int
has_effect(const struct setting *row)
{
	return row->state == SETTING_ENFORCED &&
	    (row->flags & SETTING_HERE) != 0;
}

/* Does the state of the object that holds the key say it all? */
static int
is_within(const struct setting *row)
{
	const struct setting	*up;

	for (up = settings_table; up->name != NULL; up++)
		if (!has_effect(up) && setting_leaf(row, up->name) != NULL)
			return 1;
	return 0;
}

void
settings_check_built(const struct json *root, struct errors *errs)
{
	const struct setting	*row;
	const struct json	*node;

	for (row = settings_table; row->name != NULL; row++) {
		/* What is for neither system nobody expects to do anything. */
		if ((row->flags & SETTING_BOTH) == 0 || has_effect(row) ||
		    is_within(row) ||
		    (node = json_find(root, row->name)) == NULL ||
		    is_default(row, node))
			continue;
		if (row->state == SETTING_UNBUILT)
			errors_at_key(errs, FAULT_UNBUILT, node,
			    row->name, "is not enforced yet; "
			    "remove it to run without it");
		else if (row->state == SETTING_NOEFFECT)
			errors_at_key(errs, FAULT_NOTE, node,
			    row->name, "has no effect: %.*s",
			    (int)strlen(row->text) - 1, row->text);
		else
			errors_at_key(errs, FAULT_NOTE, node, row->name,
			    "has no effect: it is for %s alone",
			    row->flags & SETTING_LINUX ? "Linux" : "macOS");
	}
}
