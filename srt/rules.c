/* SPDX-License-Identifier: ISC */

/* The rules for hosts, as srt-proxy gets them and as --explain uses them. */

#include "compat.h"

#include "parent.h"

/* Is there a ceiling for the hosts? */
static int
is_bounded(const struct settings *set)
{
	return settings_names(set->ceiling, "network.allowedDomains");
}

uint32_t
rules_flags(const struct settings *set, int external)
{
	uint32_t	 flags = 0;

	if (set->strict_allowlist)
		flags |= RULESET_STRICT;
	if (set->sni_mismatch)
		flags |= RULESET_SNI_MISMATCH;
	if (is_bounded(set))
		flags |= RULESET_CEILING;
	if (external)
		flags |= RULESET_EXTERNAL;
	return flags;
}

void
rules_each(const struct settings *set, void (*fn)(void *, enum rule_list,
    size_t, const char *, const char *), void *arg)
{
	const struct strlist	*list;
	size_t			 i;

	list = &set->allowed_domains;
	for (i = 0; i < list->n; i++)
		fn(arg, RULE_ALLOW, i, list->v[i].text, NULL);
	list = &set->denied_domains;
	for (i = 0; i < list->n; i++)
		fn(arg, RULE_DENY, i, list->v[i].text,
		    settings_reason(set, list->v[i].text));
	if (is_bounded(set)) {
		list = &set->ceiling->allowed_domains;
		for (i = 0; i < list->n; i++)
			fn(arg, RULE_CEILING, i, list->v[i].text, NULL);
	}
	if (set->mitm_socket == NULL)
		return;
	list = &set->mitm_domains;
	for (i = 0; i < list->n; i++)
		fn(arg, RULE_HOSTS, i, list->v[i].text, NULL);
}
