/* SPDX-License-Identifier: ISC */

/*
 * Mode "landlock": no namespaces, so that the layers which they hold fall to
 * Landlock and the broker.  What neither can hold is refused here, before
 * anything runs; what is lost in any case stands in bare_limits.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

static int
refuse(const char *what)
{
	errors_write("Error: mode: with \"landlock\" srt cannot enforce %s: "
	    "remove it\n", what);
	return -1;
}

static int
is_beneath(const struct policy *policy, const struct fs_path *p)
{
	const struct fs_path	*w;

	TAILQ_FOREACH(w, &policy->paths, entry)
		if (w->kind == FS_WRITE && path_beneath(p->path, w->path))
			return 1;
	return 0;
}

/* Does an entry open something within it again? */
static int
has_hole(const struct policy *policy, const struct fs_path *p)
{
	const struct fs_path	*q;

	TAILQ_FOREACH(q, &policy->paths, entry)
		if ((q->kind == FS_WRITE || q->kind == FS_READ) &&
		    path_beneath(q->path, p->path))
			return 1;
	return 0;
}

/*
 * What mounts would mask the broker holds by name, as it does the patterns of
 * strictReadGlobs; Landlock does so by itself.  A mask cannot be moved away.
 */
static void
hold_reads(struct policy *policy)
{
	const struct fs_path	*p;

	TAILQ_FOREACH(p, &policy->paths, entry) {
		if (p->kind == FS_NOREAD) {
			guards_noread(&policy->guards, p->path, p->rule);
			if (is_beneath(policy, p) && !has_hole(policy, p))
				guards_add(&policy->guards, GUARD_NOWRITE,
				    p->path, p->rule);
		} else if (p->kind == FS_READ || (p->kind == FS_WRITE &&
		    !paths_has(&policy->paths, FS_NOREAD, p->path)))
			guards_add(&policy->guards, GUARD_READ, p->path,
			    p->rule);
	}
}

/*
 * Where Landlock keeps the terminals in /dev from being opened, what is made
 * in "/" after the start cannot be read.  For who can do that, and where they
 * can be reached by another way, the broker opens what is read.
 */
static int
makes_roots(const struct policy *policy)
{
	return paths_has(&policy->paths, FS_WRITE, "/") &&
	    access("/", W_OK) == 0;
}

int
bare_policy(const struct options *opts, struct policy *policy)
{
	const struct settings	*set = policy->settings;
	const struct fs_path	*p;
	int			 denied = 0;

	if (!settings_bare(set))
		return 0;
	if (set->nested_userns)
		return refuse("allowNestedUserNamespaces");
	if (set->publish_ports.n != 0)
		return refuse("network.publishPorts");
	if (opts->learn != NULL)
		return refuse("--learn");
	policy->flags |= EXEC_LANDLOCK;
	if (set->local_binding)
		policy->flags |= EXEC_LOCAL_BINDING;
	policy->flags &= ~(uint32_t)EXEC_WEAKER_NESTED;
	if (set->fs_disabled)
		return 0;
	TAILQ_FOREACH(p, &policy->paths, entry)
		denied |= p->kind == FS_NOREAD;
	if (denied)
		hold_reads(policy);
	if (denied || makes_roots(policy) || terminals_again())
		policy->flags |= EXEC_STRICT_READS;
	return 0;
}
