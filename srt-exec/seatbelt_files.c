/* SPDX-License-Identifier: ISC */

/*
 * What a profile says of paths: the plan, the bounds of what may be written,
 * what may not be written or moved.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "guard_list.h"
#include "pattern.h"
#include "seatbelt_make.h"

#define METADATA	"file-read-metadata"

static void	 put_devices(struct maker *);
static void	 put_ways(struct maker *);

/* What the plan makes of each path it knows. */
void
put_plan(struct maker *m)
{
	const struct plan_op	*op;
	size_t			 i;

	for (i = 0; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		switch (op->kind) {
		case PLAN_ROOT_RO:
		case PLAN_BIND_RO:
			make_allowed(m, READ, "subpath", op->path);
			if (i == 0)
				break;
			make_denied(m, WRITE, "subpath", op->path);
			break;
		case PLAN_ROOT_RW:
		case PLAN_BIND_RW:
			make_allowed(m, READ_WRITE, "subpath", op->path);
			break;
		case PLAN_ROOT_MASK:
		case PLAN_MASK_FILE:
		case PLAN_MASK_DIR:
		case PLAN_MASK_TREE:
			make_denied(m, READ_WRITE, "subpath", op->path);
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
	make_allow(m, READ_WRITE);
	make_list(m, seatbelt_devices, SEATBELT_DEVICES);
	if (m->sb->tty != NULL)
		make_allowed(m, READ_WRITE, "literal", m->sb->tty);
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
 * Directories that are denied or above what is not can be seen, not listed:
 * programs look at each on the way to where they are.
 */
static void
put_ways(struct maker *m)
{
	const struct plan_op	*op;
	char			*path, *slash;
	size_t			 i;

	for (i = 0; i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		if (op->kind == PLAN_MASK_DIR || op->kind == PLAN_MASK_TREE)
			make_allowed(m, METADATA, "literal", op->path);
		if (op->tree == -1 || (path = strdup(op->path)) == NULL)
			continue;
		while ((slash = strrchr(path, '/')) != NULL && slash != path) {
			*slash = '\0';
			if (plan_effect(m->plan, path) != PLAN_DENIED ||
			    is_masked(m, path))
				continue;
			make_allowed(m, METADATA, "literal", path);
		}
		free(path);
	}
}

/*
 * Before it executes a program dyld(1) opens "/", and without that nothing
 * starts.  So where a deny covers it, "/" itself can be read, that is listed.
 */
void
put_root(struct maker *m)
{
	const struct seatbelt_guard	*g;
	struct pattern			*p;
	size_t				 i;
	int				 denied;

	denied = plan_effect(m->plan, "/") == PLAN_DENIED;
	for (i = 0; i < m->sb->nguards && !denied; i++) {
		g = &m->sb->guards[i];
		if (g->kind != GUARD_NOREAD_GLOB)
			continue;
		if ((p = pattern_new(g->text)) == NULL)
			text_fail(m->out, "out of memory");
		else
			denied = pattern_covers(p, "/");
		pattern_free(p);
	}
	if (denied)
		make_allowed(m, READ, "literal", "/");
}

/* Only what one of two kinds of guards names may be written, if any does. */
static void
put_bound(struct maker *m, enum guard_kind path, enum guard_kind glob,
    int need_glob)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	if (make_count(m, glob, need_glob ? glob : path) == 0)
		return;
	make_deny(m, WRITE " (require-all (subpath \"/\")\n"
	    "    (require-not (subpath \"/dev\"))");
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != path && g->kind != glob)
			continue;
		text_add(m->out, "\n    (require-not");
		if (g->kind == path)
			make_filter(m, "subpath", g->text);
		else
			make_pattern(m, "regex", g->text, 1);
		text_add(m->out, ")");
	}
	text_add(m->out, ")");
	make_deny_end(m);
}

void
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
	re = make_regex(m);
	text_add(re, "^");
	regex_fold(re, buf, strlen(buf));
	text_add(re, end);
	make_regex_denied(m, ops);
}

void
put_nowrites(struct maker *m)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		switch (g->kind) {
		case GUARD_NOWRITE:
			make_denied(m, WRITE, "subpath", g->text);
			break;
		case GUARD_NOWRITE_FOLD:
			filter_fold(m, WRITE, g->text, "(/|$)");
			break;
		case GUARD_NOWRITE_GLOB:
			make_deny(m, WRITE);
			make_pattern(m, "regex", g->text, 1);
			make_deny_end(m);
			break;
		default:
			break;
		}
	}
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
	make_denied(m, MOVE, "literal", path);
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
		if (regex_components(text, i) == -1)
			break;
		if ((part = strndup(text, i)) == NULL) {
			text_fail(m->out, "out of memory");
			break;
		}
		make_deny(m, MOVE);
		make_pattern(m, "regex", part, 0);
		make_deny_end(m);
		free(part);
	}
	pattern_free(p);
}

/*
 * What is written to stays where it is, and so do the directories above what
 * must not be changed or read: made anew, they would be without it.
 */
void
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
