/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

/* Of a deniedDomainReasons text so much is told. */
#define REASON_MAX	1024

const char *
send_check(const struct settings *set)
{
	const struct strmapitem	*item;
	size_t			 i, k, size = 0;

	_Static_assert(POLICY_RULES_MAX == 100000, "as the message says");
	if (set->allowed_domains.n + set->denied_domains.n +
	    set->denied_addresses.n + set->mitm_domains.n +
	    (set->ceiling == NULL ? 0 : set->ceiling->allowed_domains.n) >
	    POLICY_RULES_MAX)
		return "more than 100000 domains and addresses";
	for (i = 0; i < set->ignore_violations.n; i++) {
		item = &set->ignore_violations.v[i];
		for (k = 0; k < item->values.n; k++)
			size += POLICY_IGNORE_ENTRY + strlen(item->key) +
			    strlen(item->values.v[k].text);
	}
	if (size > POLICY_IGNORE_MAX)
		return "ignoreViolations is too long";
	return route_check(set);
}

void
send_exec(struct ipc_peer *peer, const struct policy *policy)
{
	const struct settings	*set = policy->settings;
	struct exec_options	 opts;
	const struct fs_path	*path;
	const struct guard_entry *guard;
	struct ibuf		*buf;
	uint64_t		 ignored = signals_ignored();
	mode_t			 mask;

	mask = umask(077);
	(void)umask(mask);
	memset(&opts, 0, sizeof(opts));
	opts.flags = policy->flags | (audit_on() ? EXEC_AUDIT : 0);
	opts.sigignored_lo = (uint32_t)ignored;
	opts.sigignored_hi = (uint32_t)(ignored >> 32);
	opts.umask = (uint32_t)mask;
	opts.limit[EXEC_LIMIT_MEMORY] = (uint64_t)set->limit_memory;
	opts.limit[EXEC_LIMIT_PIDS] = (uint64_t)set->limit_pids;
	opts.limit[EXEC_LIMIT_CPU] = (uint64_t)set->limit_cpu;
	opts.limit[EXEC_LIMIT_WALL] = (uint64_t)set->limit_wall;
	opts.limit[EXEC_LIMIT_FSIZE] = (uint64_t)set->limit_fsize;
	opts.limit[EXEC_LIMIT_FILES] = (uint64_t)set->limit_files;
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
	front_send_exec(peer, set);
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
	int	 learn = learn_output();

	/* Keys are looked for in the start of a very long command only. */
	(void)strlcpy(text, policy->text, sizeof(text));
	ipc_send_str(peer, IMSG_MON_COMMAND, text);
	send_ignores(peer, policy->settings);
	if (block != -1)
		ipc_send_u32(peer, IMSG_MON_OUTPUT, block, isatty(block) &&
		    *tty_plain() != '\0' ? MON_OUTPUT_SCREEN :
		    MON_OUTPUT_BLOCK);
	if (json != -1)
		ipc_send_u32(peer, IMSG_MON_OUTPUT, json, MON_OUTPUT_JSON);
	if (learn != -1)
		ipc_send_u32(peer, IMSG_MON_OUTPUT, learn, MON_OUTPUT_LEARN);
	front_send_monitor(peer);
	ipc_send(peer, IMSG_CTL_CFG_END, -1, NULL, 0);
}

/* Where the last rule stands; for the audit record alone. */
static void
send_where(struct ipc_peer *peer, const struct stritem *item)
{
	char	*where;

	if (!audit_on() || item->file == NULL)
		return;
	(void)xasprintf(&where, "%s:%u", item->file, item->line);
	if (strlen(where) < IPC_STRING_MAX)
		ipc_send_str(peer, IMSG_PROXY_WHERE, where);
	free(where);
}

struct rule_sender {
	struct ipc_peer		*peer;
	const struct settings	*set;
};

static void
send_rule(void *arg, enum rule_list list, size_t index, const char *entry,
    const char *reason)
{
	struct rule_sender	*to = arg;
	struct ibuf		*buf = ipc_create(to->peer, IMSG_PROXY_RULE);
	char			 cut[REASON_MAX];

	(void)strlcpy(cut, reason == NULL ? "" : reason, sizeof(cut));
	ipc_add_u32(buf, (uint32_t)list);
	ipc_add_u32(buf, (uint32_t)index);
	ipc_add_str(buf, entry);
	ipc_add_str(buf, cut);
	ipc_commit(to->peer, buf);
	if (list == RULE_ALLOW)
		send_where(to->peer, &to->set->allowed_domains.v[index]);
}

void
send_published(struct ipc_peer *peer, struct listeners *list)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		ipc_send_u32(peer, IMSG_PROXY_PUBLISH, list->v[i].fd,
		    list->v[i].inner);
	list->n = 0;
}

void
send_rules(struct ipc_peer *peer, const struct settings *set, int asking)
{
	struct rule_sender	 to = { .peer = peer, .set = set };
	struct proxy_options	 opts;
	size_t			 i;

	ipc_send_u32(peer, IMSG_PROXY_RULES, -1, (asking ? RULESET_ASK : 0) |
	    learn_rules() | rules_flags(set, route_external()));
	rules_each(set, send_rule, &to);
	for (i = 0; i < set->denied_addresses.n; i++)
		ipc_send_str(peer, IMSG_PROXY_DENYADDR,
		    set->denied_addresses.v[i].text);
	memset(&opts, 0, sizeof(opts));
	if (set->cut_withdrawn)
		opts.flags |= PROXY_CUT;
	if (audit_on())
		opts.flags |= PROXY_AUDIT;
	/* The proxy keeps those of the start. */
	opts.http_port = (uint16_t)set->http_port;
	opts.socks_port = (uint16_t)set->socks_port;
	ipc_send(peer, IMSG_PROXY_OPTIONS, -1, &opts, sizeof(opts));
	ipc_send(peer, IMSG_CTL_CFG_END, -1, NULL, 0);
}
