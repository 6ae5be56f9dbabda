/* SPDX-License-Identifier: ISC */

/*
 * The mandatory names, at any depth and in any case.
 */

#include "compat.h"

#include "guard_list.h"
#include "seatbelt_make.h"

/* One component. */
static void
put_name(struct seatbelt_text *re, const struct guard_name *n)
{
	text_add(re, "/");
	regex_fold_name(re, n->name, n->len);
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
		put_name(re, n);
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
	struct seatbelt_text	*re = make_regex(m);

	put_place(re, n->in);
	put_name(re, n);
	text_add(re, "$");
	make_regex_denied(m, MOVE);
	if (n->in != IN_ANY || (n->next & IN_GIT) == 0)
		return;
	make_deny(m, WRITE " (require-all");
	make_regex_end(m, "regex");
	text_add(m->out, " (require-not (vnode-type DIRECTORY)))");
	make_deny_end(m);
}

/* Directories with names that are free, beneath such a place. */
static void
put_free_stems(struct maker *m, enum place place, const char *rest)
{
	struct seatbelt_text	*re = make_regex(m);

	put_place(re, place);
	text_add(re, rest);
	make_deny(m, MOVE " (require-all");
	make_regex_end(m, "regex");
	text_add(m->out, " (require-any (vnode-type DIRECTORY) "
	    "(vnode-type SYMLINK)))");
	make_deny_end(m);
}

void
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
		re = make_regex(m);
		put_place(re, n->in);
		put_name(re, n);
		text_add(re, "(/|$)");
		make_regex_denied(m, WRITE);
	}
	put_free_stems(m, IN_WORKTREES, "/[^/]*$");
	put_free_stems(m, IN_MODULES, "/");
}
