/* SPDX-License-Identifier: ISC */

/*
 * The smallest settings for what was learned: hosts and sockets; files are for
 * learn_paths.c.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "learn.h"
#include "log.h"
#include "rule.h"

#define KEY_DOMAINS	"network.allowedDomains"
#define KEY_SOCKETS	"network.allowUnixSockets"

static void	 add_domains(const struct learn_events *,
		    const struct learn_limits *, struct learn_result *);
static void	 add_sockets(const struct learn_events *,
		    const struct learn_limits *, struct learn_result *);

void
learn_event_add(struct learn_events *evs, enum learn_kind kind,
    const char *target, int empty)
{
	/* Grows by doubling. */
	if ((evs->n & (evs->n - 1)) == 0)
		evs->v = xreallocarray(evs->v, evs->n == 0 ? 1 : evs->n * 2,
		    sizeof(*evs->v));
	evs->v[evs->n].kind = kind;
	evs->v[evs->n].empty = empty;
	evs->v[evs->n++].target = xstrdup(target);
}

void
learn_events_free(struct learn_events *evs)
{
	size_t	 i;

	for (i = 0; i < evs->n; i++)
		free(evs->v[i].target);
	free(evs->v);
	memset(evs, 0, sizeof(*evs));
}

void
learn_result_free(struct learn_result *res)
{
	size_t	 i;

	for (i = 0; i < res->n; i++)
		free(res->v[i].entry);
	for (i = 0; i < res->nodd; i++)
		free(res->odd[i]);
	free(res->v);
	free(res->odd);
	memset(res, 0, sizeof(*res));
}

void
learn_additions(const struct learn_events *evs,
    const struct learn_limits *lim, struct learn_result *res)
{
	memset(res, 0, sizeof(*res));
	add_domains(evs, lim, res);
	add_sockets(evs, lim, res);
	learn_paths(evs, lim, res);
}

/* What cannot be written.  Some of the same are next to each other. */
void
learn_odd_add(struct learn_result *res, const char *what)
{
	if (res->nodd > 0 && strcmp(res->odd[res->nodd - 1], what) == 0)
		return;
	res->odd = xreallocarray(res->odd, res->nodd + 1, sizeof(*res->odd));
	res->odd[res->nodd++] = xstrdup(what);
}

/* The entry must be one that the settings take. */
void
learn_item_add(struct learn_result *res, const char *key, const char *entry)
{
	const struct setting	*row = setting_find(key);

	if (row == NULL || (row->check != NULL && row->check(entry) != NULL) ||
	    strstr(entry, "\xef\xbf\xbd") != NULL) {
		learn_odd_add(res, entry);
		return;
	}
	res->v = xreallocarray(res->v, res->n + 1, sizeof(*res->v));
	res->v[res->n].key = key;
	res->v[res->n++].entry = xstrdup(entry);
}

/* glibc's qsort(3) asks how much memory there is, which we may not by then. */
void
learn_sort(void *v, size_t n, size_t size,
    int (*cmp)(const void *, const void *))
{
	if (n > 1 && heapsort(v, n, size, cmp) == -1)
		fatal("heapsort");
}

static int
str_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The targets of one kind in order, each once; the strings are the events'. */
char **
learn_targets(const struct learn_events *evs, enum learn_kind kind, size_t *np)
{
	char	**v = xcalloc(evs->n + 1, sizeof(*v));
	size_t	 i, n = 0, k = 0;

	for (i = 0; i < evs->n; i++)
		if (evs->v[i].kind == kind)
			v[n++] = evs->v[i].target;
	learn_sort(v, n, sizeof(*v), str_cmp);
	for (i = 0; i < n; i++)
		if (k == 0 || strcmp(v[k - 1], v[i]) != 0)
			v[k++] = v[i];
	*np = k;
	return v;
}

/* --- hosts */

/* Does an entry allow all that another does?  Only one host is looked at. */
static int
domain_covers(const char *wide, const char *entry)
{
	struct rule	*w, *r;
	const char	*why;
	int		 ret = 0;

	if ((w = rule_parse(wide, RULE_ALLOW, &why)) == NULL)
		return 0;
	if ((r = rule_parse(entry, RULE_ALLOW, &why)) != NULL) {
		ret = r->kind == RULE_EXACT && rule_match(w, &r->host,
		    r->port_lo);
		rule_free(r);
	}
	rule_free(w);
	return ret;
}

static int
domain_known(const struct settings *set, const char *entry)
{
	size_t	 i;

	for (i = 0; set != NULL && i < set->allowed_domains.n; i++)
		if (domain_covers(set->allowed_domains.v[i].text, entry))
			return 1;
	return 0;
}

/*
 * One host, on one port?  What is reported comes from roles that speak with
 * strangers: none of it becomes a pattern that stays.
 */
static int
domain_plain(const char *entry)
{
	struct rule	*r;
	const char	*why;
	int		 plain;

	/* What is no entry at all learn_item_add() finds. */
	if ((r = rule_parse(entry, RULE_ALLOW, &why)) == NULL)
		return 1;
	plain = r->kind == RULE_EXACT && r->port_lo == r->port_hi;
	rule_free(r);
	return plain;
}

/* "*.x.test:443" for "a.x.test:443"; NULL if that would be no entry. */
static char *
domain_parent(const char *entry)
{
	struct rule	*r;
	const char	*dot, *why;
	char		*wide;
	int		 name;

	if ((r = rule_parse(entry, RULE_ALLOW, &why)) == NULL)
		return NULL;
	name = r->kind == RULE_EXACT && r->host.kind == HOST_NAME;
	rule_free(r);
	if (!name || (dot = strchr(entry, '.')) == NULL)
		return NULL;
	(void)xasprintf(&wide, "*%s", dot);
	if ((r = rule_parse(wide, RULE_ALLOW, &why)) == NULL) {
		free(wide);
		return NULL;
	}
	rule_free(r);
	return wide;
}

static void
add_domains(const struct learn_events *evs, const struct learn_limits *lim,
    struct learn_result *res)
{
	char	**v, **parent, **out;
	size_t	 i, k, n, same, nout = 0;

	v = learn_targets(evs, LEARN_CONNECT, &n);
	parent = xcalloc(n + 1, sizeof(*parent));
	out = xcalloc(n + 1, sizeof(*out));
	for (i = k = 0; i < n; i++) {
		if (!domain_plain(v[i]))
			learn_odd_add(res, v[i]);
		else if (!domain_known(lim->set, v[i]))
			v[k++] = v[i];
	}
	n = k;
	for (i = 0; i < n; i++)
		parent[i] = domain_parent(v[i]);
	for (i = 0; i < n; i++) {
		for (k = same = 0; k < n; k++)
			same += parent[i] != NULL && parent[k] != NULL &&
			    strcmp(parent[i], parent[k]) == 0;
		out[nout++] = same >= LEARN_MANY ? parent[i] : v[i];
	}
	learn_sort(out, nout, sizeof(*out), str_cmp);
	for (i = 0; i < nout; i++)
		if (i == 0 || strcmp(out[i - 1], out[i]) != 0)
			learn_item_add(res, KEY_DOMAINS, out[i]);
	for (i = 0; i < n; i++)
		free(parent[i]);
	free(parent);
	free(out);
	free(v);
}

/* --- sockets */

/* A path as a pattern that matches it alone: there is no escape but a set. */
char *
learn_plain(const char *path)
{
	char	*out = xcalloc(strlen(path) + 1, 3), *o = out;

	for (; *path != '\0'; path++) {
		if (strchr("*?[", *path) == NULL)
			*o++ = *path;
		else {
			*o++ = '[';
			*o++ = *path;
			*o++ = ']';
		}
	}
	return out;
}

static void
add_sockets(const struct learn_events *evs, const struct learn_limits *lim,
    struct learn_result *res)
{
	const struct settings	*set = lim->set;
	char			**v, *text;
	size_t			 i, k, n;

	v = learn_targets(evs, LEARN_UNIX, &n);
	for (i = 0; i < n; i++) {
		text = learn_plain(v[i]);
		for (k = 0; set != NULL && k < set->unix_sockets.n; k++)
			if (strcmp(set->unix_sockets.v[k].text, text) == 0)
				break;
		if (set == NULL || k == set->unix_sockets.n)
			learn_item_add(res, KEY_SOCKETS, text);
		free(text);
	}
	free(v);
}
