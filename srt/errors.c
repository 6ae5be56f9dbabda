/* SPDX-License-Identifier: ISC */

/*
 * Faults of a settings file are collected, so that one run names them all,
 * and reported in the reference's words, which programs may look for, with
 * a line for each that says where it stands.
 */

#include "compat.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "srt.h"

#define REFUSING							\
	"Refusing to run with the built-in defaults, which would drop "	\
	"this file's rules (its denyRead, allowRead and credential "	\
	"entries included).\n"

void
errors_init(struct errors *errs)
{
	memset(errs, 0, sizeof(*errs));
	TAILQ_INIT(&errs->list);
}

void
errors_free(struct errors *errs)
{
	struct fault	*f;

	while ((f = TAILQ_FIRST(&errs->list)) != NULL) {
		TAILQ_REMOVE(&errs->list, f, entry);
		free(f->path);
		free(f->text);
		free(f);
	}
	memset(errs->count, 0, sizeof(errs->count));
}

void
errors_add(struct errors *errs, enum fault_kind kind, unsigned int line,
    unsigned int col, const char *path, const char *fmt, ...)
{
	struct fault	*f;
	va_list		 ap;

	if (errs->count[kind]++ >= FAULTS_MAX)
		return;
	f = xcalloc(1, sizeof(*f));
	f->kind = kind;
	f->file = errs->file;
	f->line = line;
	f->col = col;
	if (path != NULL)
		f->path = xstrdup(path);
	va_start(ap, fmt);
	(void)xvasprintf(&f->text, fmt, ap);
	va_end(ap);
	TAILQ_INSERT_TAIL(&errs->list, f, entry);
}

static void add_for(struct errors *, enum fault_kind, const struct json *,
    int, const char *, const char *, va_list);

static void
add_for(struct errors *errs, enum fault_kind kind, const struct json *node,
    int key, const char *path, const char *fmt, va_list ap)
{
	const char	*before = errs->file;
	char		*text;

	(void)xvasprintf(&text, fmt, ap);
	errs->file = node->file;
	errors_add(errs, kind, key ? node->keyline : node->line,
	    key ? node->keycol : node->col, path, "%s", text);
	errs->file = before;
	free(text);
}

void
errors_at(struct errors *errs, enum fault_kind kind, const struct json *node,
    const char *path, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	add_for(errs, kind, node, 0, path, fmt, ap);
	va_end(ap);
}

void
errors_at_key(struct errors *errs, enum fault_kind kind,
    const struct json *node, const char *path, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	add_for(errs, kind, node, 1, path, fmt, ap);
	va_end(ap);
}

int
errors_fatal(const struct errors *errs)
{
	int	 kind;

	for (kind = 0; kind < FAULT_WARNING; kind++)
		if (errs->count[kind] != 0)
			return 1;
	return 0;
}

/*
 * The text quotes the file and file names.  vis(3) would also take every
 * letter outside ASCII apart, so the escaping is done here, with the same
 * aim: nothing a terminal acts on, nothing it hides.
 */
static char *
escape(const char *s, size_t *outlen)
{
	size_t		 i, len, n, room, used;
	uint32_t	 c;
	char		*out;

	len = strlen(s);
	/* A byte becomes four at most.  Only the caller's newline stays. */
	room = len * 4 + 1;
	out = xcalloc(room, 1);
	for (used = 0; len != 0; s += n, len -= n) {
		n = utf8_next(s, len, &c);
		if (n != 0 &&
		    ((c == '\n' && len == 1) || !utf8_hidden(c))) {
			memcpy(out + used, s, n);
			used += n;
			continue;
		}
		if (n == 0)
			n = 1;
		for (i = 0; i < n; i++) {
			(void)snprintf(out + used, room - used, "\\x%02x",
			    (unsigned char)s[i]);
			used += 4;
		}
	}
	*outlen = used;
	return out;
}

char *
errors_escape(const char *text)
{
	size_t	 len;

	return escape(text, &len);
}

void
errors_write(const char *fmt, ...)
{
	va_list	 ap;
	ssize_t	 w;
	size_t	 len, off;
	char	*safe, *text;

	va_start(ap, fmt);
	(void)xvasprintf(&text, fmt, ap);
	va_end(ap);
	safe = escape(text, &len);
	for (off = 0; off < len; off += (size_t)w) {
		w = write(STDERR_FILENO, safe + off, len - off);
		if (w == -1) {
			if (errno != EINTR)
				break;
			w = 0;
		}
	}
	free(safe);
	free(text);
}

static int
in_order(const struct fault *f, enum fault_kind from, enum fault_kind to)
{
	return f->kind >= from && f->kind <= to;
}

/* All issues in one line, as the reference prints them. */
static void
report_issues(const struct errors *errs, const char *name)
{
	const struct fault	*f;
	FILE			*fp;
	size_t			 len, more, shown = 0;
	char			*line;

	if ((fp = open_memstream(&line, &len)) == NULL)
		fatal("open_memstream");
	TAILQ_FOREACH(f, &errs->list, entry) {
		if (!in_order(f, FAULT_SHAPE, FAULT_VALUE))
			continue;
		fprintf(fp, "%s%s%s%s", shown++ == 0 ? "" : "; ",
		    f->path == NULL ? "" : f->path,
		    f->path == NULL ? "" : ": ", f->text);
	}
	more = errs->count[FAULT_SHAPE] + errs->count[FAULT_VALUE] - shown;
	if (more != 0)
		fprintf(fp, "; and %zu more", more);
	if (fclose(fp) != 0)
		fatal("open_memstream");
	errors_write("Error: %s does not hold a valid config — %s\n", name,
	    line);
	free(line);
}

static void
report_places(const struct errors *errs, enum fault_kind from,
    enum fault_kind to, const char *name, const char *lead)
{
	const struct fault	*f;

	TAILQ_FOREACH(f, &errs->list, entry)
		if (in_order(f, from, to))
			errors_write("%s%s:%u:%u: %s%s%s\n", lead,
			    f->file != NULL ? f->file : name, f->line,
			    f->col, f->path == NULL ? "" : f->path,
			    f->path == NULL ? "" : ": ", f->text);
}

static void
report_json(const struct errors *errs, const char *name)
{
	const struct fault	*f;

	TAILQ_FOREACH(f, &errs->list, entry) {
		if (f->kind != FAULT_JSON)
			continue;
		errors_write("Error: %s is not valid JSON: %s "
		    "(line %u, column %u)\n", name, f->text, f->line, f->col);
	}
}

static void
report_remarks(const struct errors *errs, const char *name)
{
	const struct fault	*f;
	const char		*file;

	TAILQ_FOREACH(f, &errs->list, entry) {
		file = f->file != NULL ? f->file : name;
		if (f->kind == FAULT_WARNING)
			log_warnx("%s:%u:%u: %s%s%s", file, f->line, f->col,
			    f->path == NULL ? "" : f->path,
			    f->path == NULL ? "" : ": ", f->text);
		else if (f->kind == FAULT_NOTE)
			log_info("%s:%u:%u: %s: %s", file, f->line, f->col,
			    f->path, f->text);
	}
}

void
errors_unreadable(const char *name, const char *code)
{
	errors_write("Error: %s could not be read (%s).\n", name, code);
	errors_write("%s", REFUSING);
}

static void
report(const struct errors *errs, const char *name, int refusing)
{
	if (errs->count[FAULT_EMPTY] != 0)
		errors_write("Error: %s is empty. Delete it, or put a config "
		    "in it.\n", name);
	else if (errs->count[FAULT_JSON] != 0)
		report_json(errs, name);
	else if (errs->count[FAULT_SHAPE] + errs->count[FAULT_VALUE] != 0) {
		report_issues(errs, name);
		report_places(errs, FAULT_SHAPE, FAULT_VALUE, name, "");
	} else
		report_places(errs, FAULT_UNBUILT, FAULT_UNBUILT, name,
		    "Error: ");
	if (refusing && errors_fatal(errs))
		errors_write("%s", REFUSING);
	report_remarks(errs, name);
}

void
errors_report(const struct errors *errs, const char *name)
{
	report(errs, name, 1);
}

void
errors_explain(const struct errors *errs, const char *name)
{
	report(errs, name, 0);
}
