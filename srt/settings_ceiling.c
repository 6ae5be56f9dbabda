/* SPDX-License-Identifier: ISC */

/*
 * What the administrator allows, as a ceiling for a user's lists.  For hosts
 * and paths the ceiling itself goes to those who decide, and all there is to
 * do here is to say what will not work; of the other lists the text tells
 * all.
 */

#include "compat.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "srt.h"

/* How much of an entry is beneath the ceiling. */
enum cover {
	COVER_NONE,
	COVER_PART,
	COVER_ALL
};

typedef enum cover covers(const struct json *, const struct json *);

static covers	 cover_domain;
static covers	 cover_git;
static covers	 cover_mach;
static covers	 cover_publish;
static covers	 cover_variable;

static const struct {
	const char	*key;
	covers		*covers;
	int		 hold;	/* is the entry taken out here? */
} lists[] = {
	{ "network.allowedDomains", cover_domain, 0 },
	{ "network.allowMachLookup", cover_mach, 1 },
	{ "network.publishPorts", cover_publish, 1 },
	{ "git.safeDirectories", cover_git, 1 },
	{ "env.keep", cover_variable, 1 }
};

/* Is every host of the one rule one of the other's?  Without ports. */
static int
hosts_within(const struct rule *narrow, const struct rule *wide)
{
	size_t	 n, w;

	if (wide->kind == RULE_ANY)
		return 1;
	if (narrow->kind == RULE_EXACT)
		return rule_match_host(wide, &narrow->host);
	if (narrow->kind != wide->kind)
		return 0;
	if (narrow->kind == RULE_NET)
		return narrow->prefix >= wide->prefix &&
		    rule_match_host(wide, &narrow->host);
	n = strlen(narrow->host.name);
	w = strlen(wide->host.name);
	return n >= w && strcmp(narrow->host.name + n - w,
	    wide->host.name) == 0 &&
	    (n == w || narrow->host.name[n - w - 1] == '.');
}

static enum cover
cover_rule(const struct rule *want, const struct rule *ceiling)
{
	if (want->port_lo > ceiling->port_hi ||
	    want->port_hi < ceiling->port_lo)
		return COVER_NONE;
	if (hosts_within(want, ceiling))
		return want->port_lo >= ceiling->port_lo &&
		    want->port_hi <= ceiling->port_hi ? COVER_ALL :
		    COVER_PART;
	return hosts_within(ceiling, want) ? COVER_PART : COVER_NONE;
}

static enum cover
cover_domain(const struct json *entry, const struct json *ceiling)
{
	struct rule	*limit, *want;
	const char	*why;
	enum cover	 cover = COVER_NONE;

	want = rule_parse(entry->string, RULE_ALLOW, &why);
	limit = rule_parse(ceiling->string, RULE_ALLOW, &why);
	if (want != NULL && limit != NULL)
		cover = cover_rule(want, limit);
	rule_free(want);
	rule_free(limit);
	return cover;
}

/* What can be reached from outside is what counts. */
static enum cover
cover_publish(const struct json *entry, const struct json *ceiling)
{
	struct publish	 limit, want;
	enum cover	 cover;
	char		 text[2][16];

	(void)snprintf(text[0], sizeof(text[0]), "%d", (int)entry->number);
	(void)snprintf(text[1], sizeof(text[1]), "%d", (int)ceiling->number);
	if (setting_publish(entry->string != NULL ? entry->string : text[0],
	    &want) != NULL)
		return COVER_NONE;
	if (setting_publish(ceiling->string != NULL ? ceiling->string :
	    text[1], &limit) != NULL) {
		free(want.address);
		return COVER_NONE;
	}
	cover = want.port == limit.port &&
	    strcmp(want.address, limit.address) == 0 ? COVER_ALL : COVER_NONE;
	free(want.address);
	free(limit.address);
	return cover;
}

/* As git reads it: all, or all beneath. */
static enum cover
cover_git(const struct json *entry, const struct json *ceiling)
{
	const char	*limit = ceiling->string;
	size_t		 len = strlen(limit);

	if (strcmp(limit, "*") == 0 || strcmp(limit, entry->string) == 0)
		return COVER_ALL;
	/* With ".." in it, what begins so may lie elsewhere. */
	return len > 2 && strcmp(limit + len - 2, "/*") == 0 &&
	    strncmp(limit, entry->string, len - 1) == 0 &&
	    strstr(entry->string, "..") == NULL ? COVER_ALL : COVER_NONE;
}

/* An asterisk at the end stands for any end. */
static enum cover
cover_mach(const struct json *entry, const struct json *ceiling)
{
	const char	*limit = ceiling->string;
	size_t		 len = strlen(limit);

	if (len > 0 && limit[len - 1] == '*')
		return strncmp(limit, entry->string, len - 1) == 0 ?
		    COVER_ALL : COVER_NONE;
	return strcmp(limit, entry->string) == 0 ? COVER_ALL : COVER_NONE;
}

static enum cover
cover_variable(const struct json *entry, const struct json *ceiling)
{
	if (strcmp(entry->string, ceiling->string) == 0)
		return COVER_ALL;
	/* A pattern would have to be compared with a pattern. */
	if (strpbrk(entry->string, "*?") != NULL)
		return strcmp(ceiling->string, "*") == 0 ? COVER_ALL :
		    COVER_NONE;
	return fnmatch(ceiling->string, entry->string, 0) == 0 ? COVER_ALL :
	    COVER_NONE;
}

static enum cover
cover_entry(covers *fn, const struct json *entry, const struct json *ceiling)
{
	const struct json	*node;
	enum cover		 best = COVER_NONE, cover;

	TAILQ_FOREACH(node, &ceiling->list, entry)
		if ((cover = fn(entry, node)) > best)
			best = cover;
	return best;
}

static void
apply_list(size_t i, struct json *list, const struct json *ceiling,
    struct errors *errs)
{
	struct json	*next, *node;
	char		*path;
	enum cover	 cover;
	size_t		 n = 0;

	for (node = TAILQ_FIRST(&list->list); node != NULL; node = next) {
		next = TAILQ_NEXT(node, entry);
		cover = cover_entry(lists[i].covers, node, ceiling);
		(void)xasprintf(&path, "%s.%zu", lists[i].key, n++);
		if (cover == COVER_NONE)
			errors_at(errs, FAULT_WARNING, node, path, "the "
			    "administrator's policy does not allow it "
			    "(%s:%u)", ceiling->file, ceiling->line);
		else if (cover == COVER_PART)
			errors_at(errs, FAULT_NOTE, node, path, "the "
			    "administrator's policy allows only a part of it "
			    "(%s:%u)", ceiling->file, ceiling->line);
		free(path);
		if (cover == COVER_NONE && lists[i].hold)
			json_remove(list, node);
	}
}

void
ceiling_apply(struct json *root, const struct json *policy,
    struct errors *errs)
{
	const struct json	*ceiling;
	struct json		*list;
	size_t			 i;

	for (i = 0; i < nitems(lists); i++)
		if ((ceiling = json_find(policy, lists[i].key)) != NULL &&
		    (list = json_find(root, lists[i].key)) != NULL)
			apply_list(i, list, ceiling, errs);
}
