/* SPDX-License-Identifier: ISC */

/*
 * An administrator's policy, a NUL, and the settings of a user beneath it.
 * Whatever the user writes, the policy's denials are there, and what it
 * allows to nobody is not.
 */

#include "compat.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../srt/srt.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What is wrong with a policy is told; here nobody wants to know. */
static void
quiet(void)
{
	static int	 done;
	int		 fd;

	if (done++ || (fd = open("/dev/null", O_WRONLY)) == -1)
		return;
	(void)dup2(fd, STDERR_FILENO);
	(void)close(fd);
}

static void
check_list(const struct strlist *policy, const struct strlist *got)
{
	size_t	 i;

	if (got->n < policy->n)
		abort();
	for (i = 0; i < policy->n; i++)
		if (strcmp(policy->v[i].text, got->v[i].text) != 0)
			abort();
}

static void
check(const struct settings *policy, const struct settings *got)
{
	check_list(&policy->denied_domains, &got->denied_domains);
	check_list(&policy->denied_addresses, &got->denied_addresses);
	check_list(&policy->deny_read, &got->deny_read);
	check_list(&policy->deny_write, &got->deny_write);
	check_list(&policy->env_unset, &got->env_unset);
	if ((policy->strict_allowlist && !got->strict_allowlist) ||
	    (policy->env_clear && !got->env_clear) ||
	    (policy->require_audit && !got->require_audit))
		abort();
	if (settings_names(policy, "filesystem.denyRead") &&
	    got->fs_disabled && !policy->fs_disabled)
		abort();
	if (settings_names(policy, "network.allowSniMismatch") &&
	    got->sni_mismatch && !policy->sni_mismatch)
		abort();
	if (policy->limit_pids != 0 && (got->limit_pids == 0 ||
	    got->limit_pids > policy->limit_pids))
		abort();
	if (settings_names(policy, "env.keep") && policy->env_keep.n == 0 &&
	    got->env_keep.n != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char	 word[] = "npm";
	static const char *const words[] = { word, NULL };
	const char		*text = (const char *)data;
	const uint8_t		*nul;
	struct errors		 errs;
	struct settings		*settings;
	size_t			 n;

	if (len == 0 || (nul = memchr(data, '\0', len)) == NULL)
		return 0;
	quiet();
	n = (size_t)(nul - data);
	settings_command((char *const *)(uintptr_t)words);
	if (admin_add("policy", text, n) == 0 &&
	    admin_check("policy") == 0) {
		errors_init(&errs);
		if (settings_parse("user", text + n + 1, len - n - 1,
		    &settings, &errs) == 0) {
			if (settings->ceiling == NULL)
				abort();
			check(settings->ceiling, settings);
			settings_free(settings);
		}
		errors_free(&errs);
	}
	admin_forget();
	return 0;
}
