/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>

#include <string.h>

#include "parent.h"

/* Of a deniedDomainReasons text so much is told. */
#define REASON_MAX	1024

int
send_check(const struct settings *set)
{
	const struct strmapitem	*item;
	size_t			 i, k, size = 0;

	if (set->allowed_domains.n + set->denied_domains.n +
	    set->denied_addresses.n > POLICY_RULES_MAX) {
		errors_write("Error: more than %d domains and addresses\n",
		    POLICY_RULES_MAX);
		return -1;
	}
	for (i = 0; i < set->ignore_violations.n; i++) {
		item = &set->ignore_violations.v[i];
		for (k = 0; k < item->values.n; k++)
			size += POLICY_IGNORE_ENTRY + strlen(item->key) +
			    strlen(item->values.v[k].text);
	}
	if (size > POLICY_IGNORE_MAX) {
		errors_write("Error: ignoreViolations is too long\n");
		return -1;
	}
	return 0;
}

void
send_exec(struct ipc_peer *peer, const struct policy *policy)
{
	struct exec_options	 opts;
	const struct fs_path	*path;
	const struct guard_entry *guard;
	struct ibuf		*buf;
	uint64_t		 ignored = signals_ignored();
	mode_t			 mask;

	mask = umask(077);
	(void)umask(mask);
	memset(&opts, 0, sizeof(opts));
	opts.flags = policy->flags;
	opts.sigignored_lo = (uint32_t)ignored;
	opts.sigignored_hi = (uint32_t)(ignored >> 32);
	opts.umask = (uint32_t)mask;
	ipc_send(peer, IMSG_EXEC_OPTIONS, -1, &opts, sizeof(opts));

	TAILQ_FOREACH(path, &policy->paths, entry) {
		buf = ipc_create(peer, IMSG_EXEC_PATH);
		ipc_add_u32(buf, (uint32_t)path->kind);
		ipc_add_u32(buf, (uint32_t)path->type);
		ipc_add_str(buf, path->path);
		ipc_commit(peer, buf);
	}
	TAILQ_FOREACH(guard, &policy->guards.list, entry) {
		buf = ipc_create(peer, IMSG_EXEC_GUARD);
		ipc_add_u32(buf, (uint32_t)guard->kind);
		ipc_add_str(buf, guard->text);
		ipc_add_str(buf, guard->rule);
		ipc_commit(peer, buf);
	}
	ipc_send_strv(peer, IMSG_EXEC_ARGV, policy->argv);
	ipc_send_strv(peer, IMSG_EXEC_ENV, policy->env);
	ipc_send_str(peer, IMSG_EXEC_CWD, policy->cwd);
	ipc_send(peer, IMSG_CTL_CFG_END, -1, NULL, 0);
}

/*
 * The monitor looks for the text in lines that are shorter, and for the key
 * in what send_monitor() leaves of the command: longer ones match nothing.
 */
static int
ignore_fits(const char *key, const char *text)
{
	if (strlen(key) < IPC_STRING_MAX / 2 &&
	    strlen(text) < IPC_STRING_MAX / 2)
		return 1;
	log_warnx("ignoreViolations: an entry of more than %d bytes matches "
	    "nothing", IPC_STRING_MAX / 2 - 1);
	return 0;
}

void
send_ignores(struct ipc_peer *peer, const struct settings *set)
{
	const struct strmapitem	*item;
	struct ibuf		*buf;
	size_t			 i, k;

	ipc_send(peer, IMSG_MON_IGNORES, -1, NULL, 0);
	for (i = 0; i < set->ignore_violations.n; i++) {
		item = &set->ignore_violations.v[i];
		for (k = 0; k < item->values.n; k++) {
			if (!ignore_fits(item->key, item->values.v[k].text))
				continue;
			buf = ipc_create(peer, IMSG_MON_IGNORE);
			ipc_add_str(buf, item->key);
			ipc_add_str(buf, item->values.v[k].text);
			ipc_commit(peer, buf);
		}
	}
}

void
send_monitor(struct ipc_peer *peer, const struct policy *policy, int block,
    int json)
{
	char	 text[IPC_STRING_MAX / 2];

	/* Keys are looked for in the start of a very long command only. */
	(void)strlcpy(text, policy->text, sizeof(text));
	ipc_send_str(peer, IMSG_MON_COMMAND, text);
	send_ignores(peer, policy->settings);
	if (block != -1)
		ipc_send_u32(peer, IMSG_MON_OUTPUT, block, MON_OUTPUT_BLOCK);
	if (json != -1)
		ipc_send_u32(peer, IMSG_MON_OUTPUT, json, MON_OUTPUT_JSON);
	ipc_send(peer, IMSG_CTL_CFG_END, -1, NULL, 0);
}

static void
send_rule(struct ipc_peer *peer, enum rule_list list, size_t index,
    const char *entry, const char *reason)
{
	struct ibuf	*buf = ipc_create(peer, IMSG_PROXY_RULE);
	char		 cut[REASON_MAX];

	(void)strlcpy(cut, reason == NULL ? "" : reason, sizeof(cut));
	ipc_add_u32(buf, (uint32_t)list);
	ipc_add_u32(buf, (uint32_t)index);
	ipc_add_str(buf, entry);
	ipc_add_str(buf, cut);
	ipc_commit(peer, buf);
}

void
send_rules(struct ipc_peer *peer, const struct settings *set)
{
	uint32_t	 flags = 0;
	size_t		 i;

	if (set->strict_allowlist)
		flags |= RULESET_STRICT;
	if (set->sni_mismatch)
		flags |= RULESET_SNI_MISMATCH;
	ipc_send_u32(peer, IMSG_PROXY_RULES, -1, flags);
	for (i = 0; i < set->allowed_domains.n; i++)
		send_rule(peer, RULE_ALLOW, i, set->allowed_domains.v[i].text,
		    NULL);
	for (i = 0; i < set->denied_domains.n; i++)
		send_rule(peer, RULE_DENY, i, set->denied_domains.v[i].text,
		    settings_reason(set, set->denied_domains.v[i].text));
	for (i = 0; i < set->denied_addresses.n; i++)
		ipc_send_str(peer, IMSG_PROXY_DENYADDR,
		    set->denied_addresses.v[i].text);
	ipc_send(peer, IMSG_CTL_CFG_END, -1, NULL, 0);
}
