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
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "guard_list.h"
#include "pattern.h"
#include "plan.h"
#include "seatbelt.h"
#include "seatbelt_lists.h"

/* What a rule is about. */
#define READ		"file-read*"
#define WRITE		"file-write*"
#define READ_WRITE	"file-read* file-write*"
#define MOVE		"file-write-create file-write-unlink"
#define CONNECT		"network-outbound"

/* While a profile is made. */
struct maker {
	const struct seatbelt	*sb;
	struct seatbelt_text	*out;
	struct seatbelt_text	 re;	/* the expression in work */
	struct plan		*plan;
};

static void	 put_base(struct maker *);
static void	 put_mach(struct maker *);
static void	 put_network(struct maker *);
static void	 put_ports(struct maker *);
static void	 put_sockets(struct maker *);
static void	 put_plan(struct maker *);
static void	 put_devices(struct maker *);
static void	 put_ways(struct maker *);
static void	 put_bounds(struct maker *);
static void	 put_nowrites(struct maker *);
static void	 put_names(struct maker *);
static void	 put_noreads(struct maker *);
static void	 put_pins(struct maker *);

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
		put_pins(&m);
	}
	if (m.re.failed)
		text_fail(out, "%s", m.re.error);
	text_free(&m.re);
	plan_free(m.plan);
	return out->failed ? -1 : 0;
}

static void
quote(struct maker *m, const char *s)
{
	text_quote(m->out, s, strlen(s));
}

/* "(filter "text")" */
static void
filter(struct maker *m, const char *name, const char *text)
{
	text_format(m->out, " (%s ", name);
	quote(m, text);
	text_add(m->out, ")");
}

/* Begins an expression; regex_end() writes it as that filter. */
static struct seatbelt_text *
regex_begin(struct maker *m)
{
	m->re.len = 0;
	return &m->re;
}

static void
regex_end(struct maker *m, const char *name)
{
	if (m->re.failed)
		return;
	text_format(m->out, " (%s ", name);
	text_quote(m->out, m->re.buf, m->re.len);
	text_add(m->out, ")");
}

/* All that a pattern matches, with what is beneath it or alone. */
static void
filter_pattern(struct maker *m, const char *name, const char *text,
    int beneath)
{
	struct seatbelt_text	*re = regex_begin(m);
	int			 empty = regex_pattern_empty(text);

	text_add(re, "^");
	regex_pattern(re, text, 0);
	if (regex_pattern_length(text) != 1 || !beneath)
		text_add(re, beneath ? "(/|$)" : "$");
	else
		empty = 0;
	/* "/" has no name that asterisks could stand for. */
	if (empty)
		text_add(m->out, " (require-all");
	regex_end(m, name);
	if (empty)
		text_add(m->out, " (require-not (literal \"/\")))");
}

static void
allow(struct maker *m, const char *ops)
{
	text_format(m->out, "(allow %s", ops);
}

static void
deny(struct maker *m, const char *ops)
{
	text_format(m->out, "(deny %s", ops);
}

static void
allow_end(struct maker *m)
{
	text_add(m->out, ")\n");
}

static void
deny_end(struct maker *m)
{
	text_add(m->out, " (with message ");
	quote(m, m->sb->tag);
	text_add(m->out, "))\n");
}

static void
put_list(struct maker *m, const struct seatbelt_item *items, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		text_add(m->out, "\n   ");
		filter(m, items[i].filter, items[i].text);
	}
	allow_end(m);
}

static void
put_base(struct maker *m)
{
	size_t	 i;

	text_add(m->out, "(version 1)\n");
	deny(m, "default");
	deny_end(m);
	for (i = 0; i < SEATBELT_RULES; i++)
		text_format(m->out, "%s\n", seatbelt_rules[i]);
	allow(m, "iokit-open");
	put_list(m, seatbelt_iokit, SEATBELT_IOKIT);
	allow(m, "sysctl-read");
	put_list(m, seatbelt_sysctls, SEATBELT_SYSCTLS);
	allow(m, "file-ioctl");
	put_list(m, seatbelt_ioctls, SEATBELT_IOCTLS);
	if (m->sb->tty != NULL) {
		allow(m, "file-ioctl");
		filter(m, "literal", m->sb->tty);
		allow_end(m);
	}
	if ((m->sb->mac & SEATBELT_PTY) != 0)
		text_add(m->out, "(allow pseudo-tty)\n"
		    "(allow file-ioctl " SEATBELT_PTYS ")\n");
}

static void
put_services(struct maker *m, const struct seatbelt_item *items, size_t n)
{
	allow(m, "mach-lookup");
	put_list(m, items, n);
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
		allow(m, "mach-lookup");
		if (len != 0 && name[len - 1] == '*') {
			text_add(m->out, " (global-name-prefix ");
			text_quote(m->out, name, len - 1);
			text_add(m->out, ")");
		} else
			filter(m, "global-name", name);
		allow_end(m);
	}
}

static void
put_network(struct maker *m)
{
	if ((m->sb->mac & SEATBELT_NET_ANY) != 0) {
		text_add(m->out, "(allow network*)\n"
		    "(allow system-socket)\n");
		return;
	}
	if ((m->sb->mac & SEATBELT_LOCAL_BINDING) != 0)
		text_add(m->out,
		    "(allow network-bind (local ip \"*:*\"))\n"
		    "(allow network-inbound (local ip \"*:*\"))\n"
		    "(allow network-outbound (remote ip \"localhost:*\"))\n");
	put_ports(m);
	put_sockets(m);
}

static void
put_ports(struct maker *m)
{
	uint16_t	 ports[2] = { m->sb->http_port, m->sb->socks_port };
	size_t		 i;

	for (i = 0; i < nitems(ports); i++)
		if (ports[i] != 0 && (i == 0 || ports[i] != ports[0]))
			text_format(m->out, "(allow network-outbound "
			    "(remote ip \"localhost:%u\"))\n", ports[i]);
}

/* An operation on sockets with a path, and what filters it. */
static void
socket_rule(struct maker *m, const char *name, const char *text)
{
	static const char *const	 ops[] = {
		"network-bind (local unix-socket",
		"network-outbound (remote unix-socket"
	};
	size_t	 i;

	for (i = 0; i < nitems(ops); i++) {
		allow(m, ops[i]);
		if (strcmp(name, "path-regex") == 0)
			filter_pattern(m, name, text, 0);
		else
			filter(m, name, text);
		text_add(m->out, ")");
		allow_end(m);
	}
}

/* What may not be read is not connected to either. */
static void
put_hidden_sockets(struct maker *m)
{
	const struct plan_op	*op;
	size_t			 i;
	int			 all, masked;

	all = (m->sb->flags & EXEC_ALL_UNIX) != 0;
	for (i = 0; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		masked = plan_effect(m->plan, op->path) == PLAN_DENIED;
		if (op->kind == PLAN_PIN || (i == 0 && !masked) ||
		    (!masked && !all))
			continue;
		text_format(m->out, "(%s network-outbound (remote unix-socket",
		    masked ? "deny" : "allow");
		filter(m, "subpath", op->path);
		text_add(m->out, ")");
		if (masked)
			deny_end(m);
		else
			allow_end(m);
	}
}

/* Nothing beyond the administrator's. */
static void
put_socket_ceiling(struct maker *m)
{
	const struct seatbelt_guard	*g;
	size_t				 i;
	int				 open = 0;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != GUARD_UNIX_CEILING &&
		    g->kind != GUARD_UNIX_CEILING_GLOB)
			continue;
		if (!open) {
			deny(m, CONNECT " (require-all (remote unix-socket "
			    "(path-regex \"^/\"))");
			open = 1;
		}
		text_add(m->out, " (require-not (remote unix-socket");
		if (g->kind == GUARD_UNIX_CEILING)
			filter(m, "path-literal", g->text);
		else
			filter_pattern(m, "path-regex", g->text, 0);
		text_add(m->out, "))");
	}
	if (open) {
		text_add(m->out, ")");
		deny_end(m);
	}
}

static void
put_all_sockets(struct maker *m)
{
	text_add(m->out,
	    "(allow network-bind (local unix-socket (path-regex \"^/\")))\n"
	    "(allow network-outbound (remote unix-socket "
	    "(path-regex \"^/\")))\n");
	put_hidden_sockets(m);
}

/* Of a path it is known whether it is hidden. */
static void
put_listed_sockets(struct maker *m)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind == GUARD_UNIX_GLOB)
			socket_rule(m, "path-regex", g->text);
	}
	put_hidden_sockets(m);
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind == GUARD_UNIX &&
		    plan_effect(m->plan, g->text) != PLAN_DENIED)
			socket_rule(m, "path-literal", g->text);
	}
	put_socket_ceiling(m);
}

static void
put_sockets(struct maker *m)
{
	size_t	 i;
	int	 all = (m->sb->flags & EXEC_ALL_UNIX) != 0, any = all;

	for (i = 0; i < m->sb->nguards; i++)
		any |= m->sb->guards[i].kind == GUARD_UNIX ||
		    m->sb->guards[i].kind == GUARD_UNIX_GLOB;
	if (!any)
		return;
	text_add(m->out, "(allow system-socket (socket-domain AF_UNIX))\n");
	if (all)
		put_all_sockets(m);
	else
		put_listed_sockets(m);
}

/* What the plan makes of each path it knows. */
static void
put_plan(struct maker *m)
{
	const struct plan_op	*op;
	size_t			 i;

	for (i = 0; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		switch (op->kind) {
		case PLAN_ROOT_RO:
		case PLAN_BIND_RO:
			allow(m, READ);
			filter(m, "subpath", op->path);
			allow_end(m);
			if (i == 0)
				break;
			deny(m, WRITE);
			filter(m, "subpath", op->path);
			deny_end(m);
			break;
		case PLAN_ROOT_RW:
		case PLAN_BIND_RW:
			allow(m, READ_WRITE);
			filter(m, "subpath", op->path);
			allow_end(m);
			break;
		case PLAN_ROOT_MASK:
		case PLAN_MASK_FILE:
		case PLAN_MASK_DIR:
		case PLAN_MASK_TREE:
			deny(m, READ_WRITE);
			filter(m, "subpath", op->path);
			deny_end(m);
			break;
		case PLAN_DEV:
		case PLAN_PROC:
		case PLAN_PIN:
		case PLAN_KIND_MAX:
			break;
		}
		if (i == 0)
			put_devices(m);
	}
	put_ways(m);
}

/* Devices of every program's, before what the policy says of /dev. */
static void
put_devices(struct maker *m)
{
	allow(m, READ_WRITE);
	put_list(m, seatbelt_devices, SEATBELT_DEVICES);
	if (m->sb->tty != NULL) {
		allow(m, READ_WRITE);
		filter(m, "literal", m->sb->tty);
		allow_end(m);
	}
	if ((m->sb->mac & SEATBELT_PTY) != 0)
		text_add(m->out, "(allow " READ_WRITE " " SEATBELT_PTYS ")\n");
}

/* Is there an operation that says so of this very path? */
static int
is_masked(const struct maker *m, const char *path)
{
	size_t	 i;

	for (i = 0; i < m->plan->nops; i++)
		if (strcmp(m->plan->ops[i].path, path) == 0)
			return plan_effect(m->plan, path) == PLAN_DENIED;
	return 0;
}

/*
 * The root, and directories that are denied or above what is not, can be
 * seen, not listed: programs look at each on the way to where they are.
 */
static void
put_ways(struct maker *m)
{
	const struct plan_op	*op;
	char			*path, *slash;
	size_t			 i;

	for (i = 0; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		if (op->kind == PLAN_ROOT_MASK || op->kind == PLAN_MASK_DIR ||
		    op->kind == PLAN_MASK_TREE) {
			allow(m, "file-read-metadata");
			filter(m, "literal", op->path);
			allow_end(m);
		}
		if (op->tree == -1 || (path = strdup(op->path)) == NULL)
			continue;
		while ((slash = strrchr(path, '/')) != NULL && slash != path) {
			*slash = '\0';
			if (plan_effect(m->plan, path) != PLAN_DENIED ||
			    is_masked(m, path))
				continue;
			allow(m, "file-read-metadata");
			filter(m, "literal", path);
			allow_end(m);
		}
		free(path);
	}
}

/* Only what one of two kinds of guards names may be written, if any does. */
static void
put_bound(struct maker *m, enum guard_kind path, enum guard_kind glob,
    int need_glob)
{
	const struct seatbelt_guard	*g;
	size_t				 i, n = 0;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		n += g->kind == glob || (!need_glob && g->kind == path);
	}
	if (n == 0)
		return;
	deny(m, WRITE " (require-all (subpath \"/\")\n"
	    "    (require-not (subpath \"/dev\"))");
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != path && g->kind != glob)
			continue;
		text_add(m->out, "\n    (require-not");
		if (g->kind == path)
			filter(m, "subpath", g->text);
		else
			filter_pattern(m, "regex", g->text, 1);
		text_add(m->out, ")");
	}
	text_add(m->out, ")");
	deny_end(m);
}

static void
put_bounds(struct maker *m)
{
	put_bound(m, GUARD_WRITE, GUARD_WRITE_GLOB, 1);
	put_bound(m, GUARD_CEILING, GUARD_CEILING_GLOB, 0);
}

/* In any case; nothing of a text that folds to no path. */
static void
filter_fold(struct maker *m, const char *ops, const char *text,
    const char *end)
{
	struct seatbelt_text	*re;
	char			 buf[PATTERN_MAX + 1];

	if (fold_path(text, buf, sizeof(buf)) == -1 ||
	    !path_is_canonical(buf) || buf[1] == '\0')
		return;
	re = regex_begin(m);
	text_add(re, "^");
	regex_fold(re, buf, strlen(buf));
	text_add(re, end);
	deny(m, ops);
	regex_end(m, "regex");
	deny_end(m);
}

static void
put_nowrites(struct maker *m)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		switch (g->kind) {
		case GUARD_NOWRITE:
			deny(m, WRITE);
			filter(m, "subpath", g->text);
			deny_end(m);
			break;
		case GUARD_NOWRITE_FOLD:
			filter_fold(m, WRITE, g->text, "(/|$)");
			break;
		case GUARD_NOWRITE_GLOB:
			deny(m, WRITE);
			filter_pattern(m, "regex", g->text, 1);
			deny_end(m);
			break;
		default:
			break;
		}
	}
}

/* The component that leads into such a place. */
static void
put_component(struct seatbelt_text *re, enum place in, enum place next)
{
	const struct guard_name	*n;
	size_t			 i, count;

	for (n = guard_names(&count), i = 0; i < count; i++, n++) {
		if (n->in != in || (n->next & next) == 0 ||
		    (n->next & IS_NAME) != 0)
			continue;
		text_add(re, "/");
		if (in == IN_ANY)
			regex_fold_name(re, n->name, n->len);
		else
			regex_fold_part(re, n->name, n->len);
		return;
	}
}

/*
 * Up to a place.  In the directory of a repository there are those of linked
 * worktrees, each with a name of its own, and those of modules, with names of
 * any number of components.
 */
static void
put_place(struct seatbelt_text *re, enum place place)
{
	switch (place) {
	case IN_ANY:
	case IS_NAME:
		break;
	case IN_CLAUDE:
		put_component(re, IN_ANY, IN_CLAUDE);
		break;
	case IN_GIT:
		put_component(re, IN_ANY, IN_GIT);
		text_add(re, "(");
		put_component(re, IN_GIT, IN_WORKTREES);
		text_add(re, "/[^/]*)*(");
		put_component(re, IN_GIT, IN_MODULES);
		text_add(re, "(/[^/]*)*)?");
		break;
	case IN_INFO:
		put_place(re, IN_GIT);
		put_component(re, IN_GIT, IN_INFO);
		break;
	case IN_WORKTREES:
		put_place(re, IN_GIT);
		put_component(re, IN_GIT, IN_WORKTREES);
		break;
	case IN_MODULES:
		put_place(re, IN_GIT);
		put_component(re, IN_GIT, IN_MODULES);
		break;
	}
}

/*
 * What begins a name: it is neither made nor moved.  As a file ".git" says
 * where the repository is; that is said as well for one that is there.
 */
static void
put_stem(struct maker *m, const struct guard_name *n)
{
	struct seatbelt_text	*re = regex_begin(m);

	put_place(re, n->in);
	text_add(re, "/");
	if (n->in == IN_ANY)
		regex_fold_name(re, n->name, n->len);
	else
		regex_fold_part(re, n->name, n->len);
	text_add(re, "$");
	deny(m, MOVE);
	regex_end(m, "regex");
	deny_end(m);
	if (n->in != IN_ANY || (n->next & IN_GIT) == 0)
		return;
	deny(m, WRITE " (require-all");
	regex_end(m, "regex");
	text_add(m->out, " (require-not (vnode-type DIRECTORY)))");
	deny_end(m);
}

/* Directories with names that are free, beneath such a place. */
static void
put_free_stems(struct maker *m, enum place place, const char *rest)
{
	struct seatbelt_text	*re = regex_begin(m);

	put_place(re, place);
	text_add(re, rest);
	deny(m, MOVE " (require-all");
	regex_end(m, "regex");
	text_add(m->out, " (require-any (vnode-type DIRECTORY) "
	    "(vnode-type SYMLINK)))");
	deny_end(m);
}

static void
put_names(struct maker *m)
{
	const struct guard_name	*n;
	struct seatbelt_text	*re;
	size_t			 i, count;

	if ((m->sb->flags & EXEC_FS_DISABLED) != 0)
		return;
	for (n = guard_names(&count), i = 0; i < count; i++, n++) {
		if ((n->lift & m->sb->flags) != 0)
			continue;
		if ((n->next & IS_NAME) == 0) {
			put_stem(m, n);
			continue;
		}
		re = regex_begin(m);
		put_place(re, n->in);
		text_add(re, "/");
		if (n->in == IN_ANY)
			regex_fold_name(re, n->name, n->len);
		else
			regex_fold_part(re, n->name, n->len);
		text_add(re, "(/|$)");
		deny(m, WRITE);
		regex_end(m, "regex");
		deny_end(m);
	}
	put_free_stems(m, IN_WORKTREES, "/[^/]*$");
	put_free_stems(m, IN_MODULES, "/");
}

/* Components of the pattern's text, or -1 if it can match any number. */
static int
count_components(const char *text, size_t len)
{
	size_t	 i;
	int	 n = 0, set = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '[')
			set = 1;
		if (set || (text[i] == '*' && i + 1 < len &&
		    text[i + 1] == '*'))
			return -1;
		n += text[i] == '/';
	}
	return n;
}

/* What can be left of a deny's text, beneath what another pattern matches. */
static int
may_go_on(const char *text, size_t at, int ncomponents)
{
	int	 n = count_components(text, at);

	if (n == -1 || ncomponents == -1)
		return 1;
	/* It begins with the slash before its first component. */
	return n == ncomponents + 1 ||
	    (n <= ncomponents + 1 && strncmp(text + at, "**", 2) == 0);
}

/*
 * What a pattern denies beneath what a pattern of allowRead matches: the
 * deeper match decides.  Which of the components has been reached there
 * cannot be told in every case; then all of them deny.
 */
static void
put_noread_beneath(struct maker *m, const char *text, const char *allowed)
{
	struct seatbelt_text	*re = regex_begin(m);
	size_t			 i, len = regex_pattern_length(text);
	int			 n, any = 0;

	n = count_components(allowed, regex_pattern_length(allowed));
	text_add(re, "^");
	regex_pattern(re, allowed, 0);
	text_add(re, "/(");
	for (i = 1; i < len; i++) {
		if (text[i - 1] != '/' && strncmp(text + i, "**", 2) != 0)
			continue;
		if (!may_go_on(text, i, n))
			continue;
		if (any)
			text_add(re, "|");
		any = 1;
		regex_pattern(re, text, i);
	}
	if (!any)
		return;
	text_add(re, ")(/|$)");
	deny(m, READ_WRITE " (require-all");
	regex_end(m, "regex");
	for (i = 0; i < m->sb->nguards; i++) {
		if (m->sb->guards[i].kind != GUARD_READ_GLOB)
			continue;
		text_add(m->out, " (require-not");
		filter_pattern(m, "regex", m->sb->guards[i].text, 0);
		text_add(m->out, ")");
	}
	text_add(m->out, ")");
	deny_end(m);
}

/* Is this one of allowRead's paths that the pattern has to do with? */
static int
is_near(const struct seatbelt_guard *g, const struct pattern *p)
{
	return g->kind == GUARD_READ && (pattern_covers(p, g->text) ||
	    pattern_beneath(p, g->text));
}

static void
put_not_read(struct maker *m, const struct pattern *p, const char *above)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != GUARD_READ_GLOB && (!is_near(g, p) ||
		    (above != NULL && (strcmp(g->text, above) == 0 ||
		    !plan_covers(above, g->text)))))
			continue;
		text_add(m->out, "\n    (require-not");
		if (g->kind == GUARD_READ)
			filter(m, "subpath", g->text);
		else
			filter_pattern(m, "regex", g->text, 1);
		text_add(m->out, ")");
	}
	text_add(m->out, ")");
	deny_end(m);
}

/* What is denied again within a path of allowRead. */
static void
put_noread_within(struct maker *m, const struct pattern *p, const char *dir)
{
	struct seatbelt_text	*re = regex_begin(m);
	size_t			 at[PATTERN_MAX], i, n;

	if ((n = pattern_after(p, dir, at)) == 0)
		return;
	text_add(re, "^");
	if (dir[1] != '\0')
		regex_literal(re, dir, strlen(dir));
	text_add(re, "/(");
	for (i = 0; i < n; i++) {
		if (i != 0)
			text_add(re, "|");
		regex_pattern(re, pattern_text(p), at[i]);
	}
	text_add(re, ")(/|$)");
	deny(m, READ_WRITE " (require-all (require-not");
	filter(m, "literal", dir);
	text_add(m->out, ")");
	regex_end(m, "regex");
	put_not_read(m, p, dir);
}

static void
put_noread(struct maker *m, const char *text)
{
	const struct seatbelt_guard	*g;
	struct pattern			*p;
	size_t				 i;

	if ((p = pattern_new(text)) == NULL) {
		text_fail(m->out, "out of memory");
		return;
	}
	deny(m, READ_WRITE " (require-all");
	filter_pattern(m, "regex", text, 1);
	put_not_read(m, p, NULL);
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (is_near(g, p))
			put_noread_within(m, p, g->text);
		else if (g->kind == GUARD_READ_GLOB)
			put_noread_beneath(m, text, g->text);
	}
	pattern_free(p);
}

static void
put_noreads(struct maker *m)
{
	size_t	 i;

	for (i = 0; i < m->sb->nguards; i++)
		if (m->sb->guards[i].kind == GUARD_NOREAD_GLOB)
			put_noread(m, m->sb->guards[i].text);
}

/* Does the plan see to it? */
static int
is_pinned(const struct maker *m, const char *path)
{
	const struct plan_op	*op;
	size_t			 i;

	for (i = 1; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		if ((op->kind == PLAN_PIN || op->kind == PLAN_BIND_RW) &&
		    strcmp(op->path, path) == 0)
			return 1;
	}
	return 0;
}

static void
put_pin(struct maker *m, const char *path)
{
	deny(m, MOVE);
	filter(m, "literal", path);
	deny_end(m);
}

/* The directories above a path, as far as the plan lets them be written. */
static void
put_pins_above(struct maker *m, const char *path, int fold)
{
	char	*dir, *slash;

	if ((dir = strdup(path)) == NULL) {
		text_fail(m->out, "out of memory");
		return;
	}
	while ((slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		if (plan_effect(m->plan, dir) != PLAN_WRITE)
			continue;
		if (fold)
			filter_fold(m, MOVE, dir, "$");
		else if (!is_pinned(m, dir))
			put_pin(m, dir);
	}
	free(dir);
}

/* The literal directories of a pattern, and those its components match. */
static void
put_pins_pattern(struct maker *m, const char *text)
{
	struct pattern	*p = pattern_new(text);
	size_t		 i, len = regex_pattern_length(text), base;
	char		*part;

	if (p == NULL) {
		text_fail(m->out, "out of memory");
		return;
	}
	base = strlen(pattern_prefix(p));
	put_pins_above(m, pattern_prefix(p), 0);
	if (base > 1 && base < len && !is_pinned(m, pattern_prefix(p)) &&
	    plan_effect(m->plan, pattern_prefix(p)) == PLAN_WRITE)
		put_pin(m, pattern_prefix(p));
	for (i = base + 1; i < len; i++) {
		if (text[i] != '/')
			continue;
		if (count_components(text, i) == -1)
			break;
		if ((part = strndup(text, i)) == NULL) {
			text_fail(m->out, "out of memory");
			break;
		}
		deny(m, MOVE);
		filter_pattern(m, "regex", part, 0);
		deny_end(m);
		free(part);
	}
	pattern_free(p);
}

/*
 * What is written to stays where it is, and so do the directories above what
 * must not be changed or read: made anew, they would be without it.
 */
static void
put_pins(struct maker *m)
{
	const struct plan_op		*op;
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 1; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		if (op->kind == PLAN_PIN || op->kind == PLAN_BIND_RW)
			put_pin(m, op->path);
	}
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		switch (g->kind) {
		case GUARD_NOWRITE:
			put_pins_above(m, g->text, 0);
			break;
		case GUARD_NOWRITE_FOLD:
			put_pins_above(m, g->text, 1);
			break;
		case GUARD_NOWRITE_GLOB:
		case GUARD_NOREAD_GLOB:
			put_pins_pattern(m, g->text);
			break;
		default:
			break;
		}
	}
}
