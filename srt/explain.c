/* SPDX-License-Identifier: ISC */

/*
 * srt --explain: what a run would say to one thing, and why.  It is said by
 * the functions that decide in a run, from what the roles would be sent; this
 * and its neighbours only ask them, and name the line that they had it from.
 */

#include "compat.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "../srt-exec/bare.h"

/* Of a question on standard input. */
#define QUERY_MAX	(PATH_MAX + 16)

static const struct {
	const char	*prefix;
	const char	*(*ask)(const struct explain *, const char *,
			    struct answer *);
} prefixes[] = {
	{ "read:",	explain_read },
	{ "write:",	explain_write },
	{ "unix:",	explain_unix }
};

static void
add_rule(void *arg, enum rule_list list, size_t index, const char *entry,
    const char *reason)
{
	struct ruleset	*set = arg;
	struct rule	*rule;
	const char	*why;

	/* The settings have been checked by the same function. */
	if ((rule = rule_parse(entry, list, &why)) == NULL)
		fatalx("rule \"%s\": %s", entry, why);
	rule->index = (uint32_t)index;
	rule->reason = reason == NULL ? NULL : xstrdup(reason);
	TAILQ_INSERT_TAIL(ruleset_list(set, list), rule, entry);
}

struct explain *
explain_new(const struct policy *policy)
{
	const struct settings		*set = policy->settings;
	const struct guard_entry	*g;
	struct explain			*ex = xcalloc(1, sizeof(*ex));

	ex->policy = policy;
	/* As seatbelt.c does: nothing there is the sandbox's own. */
	if ((ex->plan = plan_new(&policy->paths, policy->flags |
	    (set->profile ? (uint32_t)EXEC_LANDLOCK : 0U))) == NULL ||
	    (ex->guard = guard_new(policy->flags)) == NULL ||
	    (ex->names = guard_new(policy->flags)) == NULL ||
	    (ex->rules = ruleset_new()) == NULL)
		fatal("plan");
	TAILQ_FOREACH(g, &policy->guards.list, entry)
		if (guard_add(ex->guard, g->kind, g->text, g->rule) == -1)
			fatal("guard of %s", g->text);
	if ((policy->flags & (EXEC_LANDLOCK | EXEC_FS_DISABLED)) ==
	    EXEC_LANDLOCK && bare_guard(ex->guard) == -1)
		fatal("guard");
	ex->rules->flags = rules_flags(set, set->http_port != 0 ||
	    set->socks_port != 0);
	rules_each(set, add_rule, ex->rules);
	return ex;
}

void
explain_free(struct explain *ex)
{
	plan_free(ex->plan);
	guard_free(ex->guard);
	guard_free(ex->names);
	ruleset_free(ex->rules);
	free(ex);
}

void
answer_free(struct answer *a)
{
	free(a->rule);
	free(a->cure);
	free(a->note);
	memset(a, 0, sizeof(*a));
}

/* The list of a key, or NULL. */
static const struct strlist *
list_of(const struct settings *set, const struct setting *row)
{
	if (row == NULL || row->field == 0 || (row->type != SETTING_STRINGS &&
	    row->type != SETTING_PATHS))
		return NULL;
	return (const struct strlist *)(const void *)
	    ((const char *)set + row->field);
}

static void
answer_place(const struct settings *set, struct answer *a, const char *rule)
{
	const struct setting	*row;
	const struct strlist	*list;
	const struct origin	*origin;
	char			*key, *end;
	size_t			 i, len = strcspn(rule, "[ ");

	key = xstrndup(rule, len);
	row = setting_find(key);
	free(key);
	if (row == NULL)
		return;
	origin = &set->origin[row - settings_table];
	a->file = origin->file;
	a->line = origin->line;
	if (rule[len] != '[' || (list = list_of(set, row)) == NULL)
		return;
	i = strtoul(rule + len + 1, &end, 10);
	if (*end != ']' || i >= list->n)
		return;
	a->file = list->v[i].file;
	a->line = list->v[i].line;
}

void
answer_rule(const struct explain *ex, struct answer *a, const char *rule)
{
	free(a->rule);
	a->rule = xstrdup(rule);
	a->file = NULL;
	a->line = 0;
	answer_place(ex->policy->settings, a, rule);
}

void
answer_ceiling(const struct explain *ex, struct answer *a, const char *key)
{
	const struct settings	*ceiling = ex->policy->settings->ceiling;

	free(a->rule);
	(void)xasprintf(&a->rule, "the administrator's %s", key);
	a->file = NULL;
	a->line = 0;
	if (ceiling != NULL)
		answer_place(ceiling, a, key);
}

int
answer_is_admin(const struct answer *a)
{
	return a->file != NULL && admin_is_file(a->file);
}

void
answer_cure(struct answer *a, const char *key, const char *entry)
{
	const char	*leaf = strrchr(key, '.');
	int		 list;

	free(a->cure);
	list = strcmp(entry, "true") != 0 && strcmp(entry, "false") != 0;
	(void)xasprintf(&a->cure, "\"%.*s\": {\"%s\": %s%s%s}",
	    (int)(leaf - key), key, leaf + 1, list ? "[" : "", entry,
	    list ? "]" : "");
}

void
answer_remove(struct answer *a)
{
	const char	*entry = strchr(a->rule, '"');

	free(a->cure);
	a->cure = NULL;
	if (entry == NULL)
		return;
	(void)xasprintf(&a->cure, "%sremove %s from %.*s",
	    answer_is_admin(a) ? "the administrator can " : "", entry,
	    (int)strcspn(a->rule, "["), a->rule);
}

void
answer_note(struct answer *a, const char *fmt, ...)
{
	va_list	 ap;
	char	*old = a->note, *more;

	va_start(ap, fmt);
	(void)xvasprintf(&more, fmt, ap);
	va_end(ap);
	(void)xasprintf(&a->note, "%s%s%s", old == NULL ? "" : old,
	    old == NULL ? "" : "; ", more);
	free(old);
	free(more);
}

/* Is it among those that are joined already? */
static int
has_cure(const char *cures, const char *cure)
{
	static const char	 and[] = " and ";
	const char		*s, *end;
	size_t			 len = strlen(cure);

	for (s = cures; (s = strstr(s, cure)) != NULL; s++) {
		end = s + len;
		if ((s == cures || ((size_t)(s - cures) >= sizeof(and) - 1 &&
		    strncmp(s - (sizeof(and) - 1), and, sizeof(and) - 1) ==
		    0)) && (*end == '\0' || strncmp(end, and, sizeof(and) -
		    1) == 0))
			return 1;
	}
	return 0;
}

void
answer_join(struct answer *a, const char *cure)
{
	char	*old = a->cure;

	if (old != NULL && has_cure(old, cure))
		return;
	(void)xasprintf(&a->cure, "%s%s%s", old == NULL ? "" : old,
	    old == NULL ? "" : " and ", cure);
	free(old);
}

void
answer_also(struct answer *a, struct answer *more)
{
	struct answer	 old;

	if (a->rule == NULL || (a->cure != NULL && more->cure == NULL)) {
		old = *a;
		*a = *more;
		*more = old;
		/* Before there is a rule, notes are of the question. */
		if (more->rule == NULL && more->note != NULL)
			answer_note(a, "%s", more->note);
	} else if (a->cure != NULL) {
		answer_join(a, more->cure);
		if (more->note != NULL && (a->note == NULL ||
		    strstr(a->note, more->note) == NULL))
			answer_note(a, "%s", more->note);
	}
	a->allowed = 0;
	answer_free(more);
}

/* A path has a slash in it, or begins as only a path does. */
static int
is_path(const char *query)
{
	return strchr(query, '/') != NULL || *query == '~' ||
	    strcmp(query, ".") == 0 || strcmp(query, "..") == 0;
}

/* "10.0.0.0/8", "[2001:db8::]/32:443" */
static int
is_network(const char *query)
{
	const char	*slash = strchr(query, '/');
	struct host	 host;
	size_t		 len;

	if (slash == NULL || slash[1] < '0' || slash[1] > '9' ||
	    slash[1 + strspn(slash + 1, "0123456789:-")] != '\0')
		return 0;
	len = (size_t)(slash - query);
	return host_parse(query, len, &host) == 0 && host.kind != HOST_NAME;
}

/* What looks like a path, and was meant for a host. */
static const char *
no_host(const char *query)
{
	const char	*s = strstr(query, "://");

	if (s != NULL && s != query && strcspn(query, "/~") >
	    (size_t)(s - query))
		return "a URL is no question: write the host and the port, "
		    "host:port (a file of that name: ./name)";
	if (is_network(query))
		return "a network is no question: write an address in it, "
		    "host:port (a file of that name: ./name)";
	return NULL;
}

const char *
explain_ask(const struct explain *ex, const char *query, struct answer *a)
{
	const char	*why;
	size_t		 i, len;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < nitems(prefixes); i++) {
		len = strlen(prefixes[i].prefix);
		if (strncmp(query, prefixes[i].prefix, len) != 0)
			continue;
		if ((why = prefixes[i].ask(ex, query + len, a)) != NULL)
			answer_free(a);
		return why;
	}
	if ((why = no_host(query)) != NULL)
		return why;
	why = is_path(query) ? explain_read(ex, query, a) :
	    explain_host(ex, query, a);
	if (why != NULL)
		answer_free(a);
	return why;
}

/* JSON is UTF-8: other bytes are written out. */
static void
print_string(const char *text)
{
	size_t		 len = strlen(text), n, used = 0;
	uint32_t	 c;
	char		*safe = xcalloc(len * 4 + 1, 1);

	for (; len != 0; text += n, len -= n) {
		if ((n = utf8_next(text, len, &c)) != 0)
			memcpy(safe + used, text, n);
		else {
			n = 1;
			(void)snprintf(safe + used, 5, "\\x%02x",
			    (unsigned char)*text);
		}
		used += strlen(safe + used);
	}
	json_print(stdout, safe);
	free(safe);
}

static void
print_text(const char *query, const struct answer *a)
{
	char	*line, *safe, *place;

	if (a->file != NULL)
		(void)xasprintf(&place, "%s:%u", a->file, a->line);
	else
		place = xstrdup("built in");
	(void)xasprintf(&line, "%s %s  %s  %s  %s%s%s%s%s",
	    a->allowed ? "allow" : "deny", query, a->rule, place,
	    a->cure != NULL ? "change: " : "no setting changes it",
	    a->cure != NULL ? a->cure : "",
	    a->note != NULL ? "  (" : "",
	    a->note != NULL ? a->note : "", a->note != NULL ? ")" : "");
	safe = errors_escape(line);
	(void)printf("%s\n", safe);
	free(safe);
	free(line);
	free(place);
}

static void
print_member(const char *name, const char *value)
{
	(void)printf(", \"%s\": ", name);
	if (value == NULL)
		(void)fputs("null", stdout);
	else
		print_string(value);
}

static void
print_json(const char *query, const struct answer *a)
{
	(void)fputs("{\"query\": ", stdout);
	print_string(query);
	print_member("verdict", a->allowed ? "allow" : "deny");
	print_member("rule", a->rule);
	print_member("file", a->file);
	if (a->file != NULL)
		(void)printf(", \"line\": %u", a->line);
	else
		(void)fputs(", \"line\": null", stdout);
	print_member("cure", a->cure);
	print_member("note", a->note);
	(void)puts("}");
}

/* Answers one; the exit status as of it. */
static int
answer_one(const struct explain *ex, const char *query, int json)
{
	struct answer	 a;
	const char	*why;
	int		 allowed;

	if ((why = explain_ask(ex, query, &a)) != NULL) {
		errors_write("Error: --explain %s: %s\n", query, why);
		return EXIT_SRT;
	}
	if (json)
		print_json(query, &a);
	else
		print_text(query, &a);
	allowed = a.allowed;
	answer_free(&a);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_warn("standard output");
		exit(EXIT_SRT);
	}
	return allowed ? 0 : 1;
}

/* A line without its end: 1, 0 at the end, or -1 for one of no use. */
static int
read_query(char *buf, size_t size)
{
	size_t	 len = 0;
	int	 c, bad = 0;

	while ((c = getc(stdin)) != EOF && c != '\n') {
		if (c == '\0' || len + 1 >= size)
			bad = 1;
		else
			buf[len++] = (char)c;
	}
	if (c == EOF && len == 0 && !bad)
		return 0;
	buf[len] = '\0';
	return bad ? -1 : 1;
}

static int
worse(int a, int b)
{
	return a > b ? a : b;
}

static int
answer_lines(const struct explain *ex, int json)
{
	char	 query[QUERY_MAX];
	int	 n, status = 0;

	while ((n = read_query(query, sizeof(query))) != 0) {
		if (n == -1) {
			errors_write("Error: --explain: a line that is too "
			    "long or holds a NUL\n");
			status = EXIT_SRT;
		} else if (*query != '\0')
			status = worse(status, answer_one(ex, query, json));
	}
	if (ferror(stdin)) {
		log_warn("standard input");
		return EXIT_SRT;
	}
	return status;
}

int
explain(const struct options *opts, const struct policy *policy)
{
	struct explain	*ex = explain_new(policy);
	size_t		 i;
	int		 status = 0;

	/* srt-exec would not begin: what holds elsewhere is told. */
	if (plan_effect(ex->plan, policy->cwd) == PLAN_DENIED)
		log_warnx("no run can begin here: the working directory %s "
		    "is denied by filesystem.denyRead", policy->cwd);
	if ((policy->flags & EXEC_LANDLOCK) != 0)
		for (i = 0; bare_limits[i] != NULL; i++)
			log_warnx("mode \"landlock\": %s", bare_limits[i]);
	for (i = 0; i < opts->nexplain; i++)
		status = worse(status, strcmp(opts->explain[i], "-") == 0 ?
		    answer_lines(ex, opts->json) :
		    answer_one(ex, opts->explain[i], opts->json));
	explain_free(ex);
	return status;
}
