/* SPDX-License-Identifier: ISC */

/*
 * From the policy to a profile.  In a profile the last rule that matches
 * decides.  So the plan (plan.c) comes first, whose operations lie over one
 * another in the same way: directories before what they hold.  All that
 * follows can only deny, as the broker does on other systems on top of the
 * mounts: what the plan and the names both allow is allowed.
 *
 * Paths and patterns are held by name, so they count for files that appear
 * later.  What a profile cannot say, and what becomes of it:
 *
 *	- that something is new: a mandatory name is held in directories that
 *	  the command has made, too, and what begins one (".git") is neither
 *	  made nor moved, for a directory that is moved there cannot be told
 *	  from one that is made;
 *	- what else is in a directory: a repository of any name (broker_bare.c)
 *	  is not known;
 *	- what is beneath a directory that is moved: the literal directories
 *	  of a pattern stay where they are, and those of its components that
 *	  come before two asterisks; others can be moved out of its reach, if
 *	  there is another place to write to.
 */

#include "compat.h"

#include <errno.h>
#include <string.h>

#include "guard.h"
#include "seatbelt_make.h"

static void	 put_base(struct maker *);
static void	 put_mach(struct maker *);

static int
check(const struct seatbelt *sb, struct seatbelt_text *out)
{
	const struct fs_path	*fp;
	size_t			 i;

	if ((sb->flags & EXEC_LEARN) != 0)
		text_fail(out, "--learn: a profile can only deny");
	if ((sb->flags & EXEC_LANDLOCK) != 0)
		text_fail(out, "mode \"landlock\": this system has none");
	TAILQ_FOREACH(fp, sb->paths, entry)
		(void)text_check(out, "the path", fp->path);
	for (i = 0; i < sb->nguards; i++)
		(void)text_check(out, "the path or pattern",
		    sb->guards[i].text);
	for (i = 0; i < sb->nmach; i++)
		(void)text_check(out, "network.allowMachLookup", sb->mach[i]);
	if (sb->tty != NULL)
		(void)text_check(out, "the terminal", sb->tty);
	(void)text_check(out, "the log tag", sb->tag);
	return out->failed ? -1 : 0;
}

/* As the broker takes them. */
static int
check_guards(const struct seatbelt *sb, struct seatbelt_text *out)
{
	struct guard	*guard = guard_new(sb->flags);
	size_t		 i;

	if (guard == NULL)
		text_fail(out, "out of memory");
	for (i = 0; i < sb->nguards && !out->failed; i++)
		if (guard_add(guard, sb->guards[i].kind, sb->guards[i].text,
		    "") == -1)
			text_fail(out, "guard \"%.100s\": %s",
			    sb->guards[i].text, errno == ENOMEM ?
			    "out of memory" : "it is no path or pattern");
	guard_free(guard);
	return out->failed ? -1 : 0;
}

int
seatbelt_profile(const struct seatbelt *sb, struct seatbelt_text *out)
{
	struct maker	 m = { .sb = sb, .out = out };

	memset(out, 0, sizeof(*out));
	if (check(sb, out) == -1)
		return -1;
	/* As without namespaces: nothing there is the sandbox's own. */
	m.plan = plan_new(sb->paths, sb->flags | EXEC_LANDLOCK);
	if (m.plan == NULL)
		text_fail(out, errno == EINVAL ? "a path is not canonical" :
		    "out of memory");
	else if (check_guards(sb, out) == 0) {
		put_base(&m);
		put_mach(&m);
		put_network(&m);
		put_plan(&m);
		put_bounds(&m);
		put_nowrites(&m);
		put_names(&m);
		put_noreads(&m);
		put_root(&m);
		put_pins(&m);
	}
	if (m.re.failed)
		text_fail(out, "%s", m.re.error);
	text_free(&m.re);
	plan_free(m.plan);
	return out->failed ? -1 : 0;
}

static void
put_base(struct maker *m)
{
	size_t	 i;

	text_add(m->out, "(version 1)\n");
	make_deny(m, "default");
	make_deny_end(m);
	for (i = 0; i < SEATBELT_RULES; i++)
		text_format(m->out, "%s\n", seatbelt_rules[i]);
	make_allow(m, "iokit-open");
	make_list(m, seatbelt_iokit, SEATBELT_IOKIT);
	make_allow(m, "sysctl-read");
	make_list(m, seatbelt_sysctls, SEATBELT_SYSCTLS);
	make_allow(m, "file-ioctl");
	make_list(m, seatbelt_ioctls, SEATBELT_IOCTLS);
	if (m->sb->tty != NULL)
		make_allowed(m, "file-ioctl", "literal", m->sb->tty);
	if ((m->sb->mac & SEATBELT_PTY) != 0)
		text_add(m->out, "(allow pseudo-tty)\n"
		    "(allow file-ioctl " SEATBELT_PTYS ")\n");
}

static void
put_services(struct maker *m, const struct seatbelt_item *items, size_t n)
{
	make_allow(m, "mach-lookup");
	make_list(m, items, n);
}

static void
put_mach(struct maker *m)
{
	const char	*name;
	size_t		 i, len;

	put_services(m, seatbelt_services, SEATBELT_SERVICES);
	if ((m->sb->mac & SEATBELT_TRUSTD) != 0)
		put_services(m, seatbelt_trust, SEATBELT_TRUST);
	if ((m->sb->mac & SEATBELT_APPLE_EVENTS) != 0) {
		text_add(m->out, "(allow appleevent-send)\n"
		    "(allow lsopen)\n");
		put_services(m, seatbelt_events, SEATBELT_EVENTS);
	}
	for (i = 0; i < m->sb->nmach; i++) {
		name = m->sb->mach[i];
		len = strlen(name);
		make_allow(m, "mach-lookup");
		if (len != 0 && name[len - 1] == '*') {
			text_add(m->out, " (global-name-prefix ");
			text_quote(m->out, name, len - 1);
			text_add(m->out, ")");
		} else
			make_filter(m, "global-name", name);
		make_allow_end(m);
	}
}
