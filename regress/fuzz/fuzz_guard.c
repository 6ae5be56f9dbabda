/* SPDX-License-Identifier: ISC */

/*
 * A policy and paths, a line each: a line that begins with a digit is an
 * entry of that enum guard_kind, any other a path to ask for; the first byte
 * of all is the flags.  What has to hold whatever is guarded is checked, and
 * the mandatory names against a model of them: regular expressions.
 */

#include "compat.h"

#include <err.h>
#include <regex.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt-exec/guard.h"

#define MAXPATH		256
#define MAXENTRIES	16

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * The mandatory names (COMPAT 16.5), as what a path of a name ends with; some
 * file systems drop dots and spaces at the end of a component.  Names of two
 * components begin one above the last.
 */
#define END		"[. ]*"
#define REPO		"/[.]git" END "(/worktrees" END "/[^/]+|/modules" \
			END "(/[^/]+)*)*"
static struct name {
	const char	*text;
	unsigned int	 above;
	uint32_t	 lift;
	regex_t		 regex;
} names[] = {
	{ "/[.](gitconfig|gitmodules|bashrc|bash_profile|bash_login|profile|"
	    "zshrc|zprofile|zshenv|zlogin|ripgreprc|mcp[.]json|"
	    "mcp-settings[.]json|npmrc|yarnrc|yarnrc[.]yml|vscode|idea)"
	    END "$", .above = 0 },
	{ "/[.]claude" END "/(settings[.]json|settings[.]local[.]json|"
	    "commands|agents)" END "$", .above = 1 },
	{ REPO "/(hooks|commondir)" END "$", .above = 0 },
	{ REPO "/(config|config[.]worktree)" END "$", .above = 0,
	    .lift = EXEC_GIT_CONFIG },
	{ REPO "/info" END "/attributes" END "$", .above = 1 }
};

/* The highest component at which a name begins, from 1 on; 0 without any. */
static unsigned int
model(const char *path, uint32_t flags)
{
	char		 above[MAXPATH];
	unsigned int	 depth = 0, first = 0;
	size_t		 i, k;

	if ((flags & EXEC_FS_DISABLED) != 0 || path[1] == '\0')
		return 0;
	(void)strlcpy(above, path, sizeof(above));
	for (i = 1; i <= strlen(path); i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		above[i] = '\0';
		depth++;
		for (k = 0; k < nitems(names); k++)
			if ((names[k].lift & flags) == 0 &&
			    regexec(&names[k].regex, above, 0, NULL, 0) == 0 &&
			    (first == 0 || depth - names[k].above < first))
				first = depth - names[k].above;
		above[i] = path[i];
	}
	return first;
}

/* Of what is no ASCII the model knows nothing. */
static void
check_names(const struct guard *bare, const char *path, uint32_t flags)
{
	struct guard_hit	 hit;
	const char		*s;
	unsigned int		 fresh, first = model(path, flags);

	for (s = path; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return;
	if (guard_write(bare, path, GUARD_OLD, &hit) != (first != 0))
		abort();
	for (fresh = 1; fresh < 12; fresh++)
		if (guard_write(bare, path, fresh, &hit) !=
		    (first != 0 && fresh >= first))
			abort();
}

static void
compile_names(void)
{
	static int	 done;
	size_t		 i;

	for (i = 0; !done && i < nitems(names); i++)
		if (regcomp(&names[i].regex, names[i].text, REG_EXTENDED |
		    REG_ICASE | REG_NOSUB) != 0)
			errx(1, "%s", names[i].text);
	done = 1;
}

/* A canonical path of the line: no empty, "." or ".." components. */
static void
make_path(char *to, const char *from, size_t len)
{
	const char	*end = from + len;
	size_t		 n = 0, part;

	for (; from < end; from += part + (from + part < end)) {
		for (part = 0; from + part < end && from[part] != '/'; part++)
			continue;
		if (part == 0 || (part == 1 && from[0] == '.') ||
		    (part == 2 && from[0] == '.' && from[1] == '.'))
			continue;
		if (n + part + 2 > MAXPATH)
			break;
		to[n++] = '/';
		memcpy(to + n, from, part);
		n += part;
	}
	if (n == 0)
		to[n++] = '/';
	to[n] = '\0';
}

static int
is_refused(const struct guard *g, const char *path, unsigned int fresh,
    struct guard_hit *hit)
{
	int	 ret;

	memset(hit, 0, sizeof(*hit));
	ret = guard_write(g, path, fresh, hit);
	if (ret != 0 && ret != 1)
		abort();
	if (ret && (hit->rule == NULL ||
	    hit->mandatory != (hit->name != NULL) ||
	    hit->mandatory != (strcmp(hit->rule, "mandatory") == 0)))
		abort();
	return ret;
}

/* A new directory frees of mandatory names, and more so the higher it is. */
static void
check_fresh(const struct guard *g, const char *path)
{
	struct guard_hit	 hit;
	unsigned int		 d;
	int			 old, ret, stem, last = 0, last_stem = 0;

	old = is_refused(g, path, GUARD_OLD, &hit);
	if (old && !hit.mandatory)
		old = 2;
	for (d = 1; d < 8; d++) {
		ret = is_refused(g, path, d, &hit);
		if ((old == 2) != (ret && !hit.mandatory) || (ret && !old) ||
		    ret < last)
			abort();
		last = ret;
		stem = guard_stem(g, path, d, &hit);
		/* Where the whole name is refused it begins nothing. */
		if (stem < last_stem && !ret)
			abort();
		last_stem = stem;
	}
	/* All of it lies within a directory that is new at the top. */
	if (is_refused(g, path, 0, &hit) && hit.mandatory)
		abort();
}

static void
check_beneath(const struct guard *g, const char *path)
{
	struct guard_hit	 hit;
	char			 below[MAXPATH + 4];

	(void)strlcpy(below, path, sizeof(below));
	(void)strlcat(below, path[1] == '\0' ? "x" : "/x", sizeof(below));
	if (is_refused(g, path, GUARD_OLD, &hit) &&
	    strstr(hit.rule, "filesystem.allowWrite") == NULL &&
	    !guard_write(g, below, GUARD_OLD, NULL))
		abort();
	/* What the policy refuses beneath has been said to be there. */
	if (guard_beneath(g, path))
		return;
	if (is_refused(g, below, GUARD_OLD, &hit) && !hit.mandatory &&
	    strstr(hit.rule, "filesystem.allowWrite") == NULL)
		abort();
	if (guard_read(g, below, &hit) || guard_read(g, path, &hit))
		abort();
}

/* Places come in order, in components as deep as they say. */
static void
check_places(const struct guard *g, const char *path)
{
	struct guard_place	 p = { .end = 0 };
	size_t			 i, last = 0, len = strlen(path);
	unsigned int		 up;

	while (guard_place(g, path, &p)) {
		if (p.end <= last || p.end > len || p.dirlen >= p.end ||
		    path[p.dirlen] != '/' || (path[p.end] != '\0' &&
		    (path[p.end] != '/' || p.part != PART_HOOKS)))
			abort();
		up = 0;
		for (i = p.dirlen + 1; i < len; i++)
			up += path[i] == '/';
		if (up != p.up)
			abort();
		last = p.end;
	}
}

/* Nor does another case of it make a name free. */
static void
check_case(const struct guard *g, const char *path)
{
	struct guard_hit	 hit;
	char			 other[MAXPATH];
	size_t			 i, how;
	int			 stem;

	stem = guard_stem(g, path, GUARD_OLD, NULL);
	if (!is_refused(g, path, GUARD_OLD, &hit) && stem == 0)
		return;
	for (how = 1; how < 4; how++) {
		(void)strlcpy(other, path, sizeof(other));
		for (i = 0; other[i] != '\0'; i++) {
			if (i % how != 0)
				continue;
			if (other[i] >= 'a' && other[i] <= 'z')
				other[i] = (char)(other[i] - 'a' + 'A');
			else if (other[i] >= 'A' && other[i] <= 'Z')
				other[i] = (char)(other[i] - 'A' + 'a');
		}
		if (guard_write(g, path, GUARD_OLD, NULL) !=
		    guard_write(g, other, GUARD_OLD, NULL))
			abort();
		if (guard_stem(g, other, GUARD_OLD, NULL) != stem)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guard	*g, *bare;
	char		*text, *line, *next, path[MAXPATH];
	size_t		 entries = 0;
	int		 kind;

	compile_names();
	if (size == 0 || (text = malloc(size)) == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	g = guard_new(data[0]);
	bare = guard_new(data[0]);
	if (g == NULL || bare == NULL)
		abort();
	for (line = text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		kind = line[0] - '0';
		if (kind >= 0 && kind < GUARD_KIND_MAX) {
			if (entries++ < MAXENTRIES)
				(void)guard_add(g, (enum guard_kind)kind,
				    line + 1, "of the policy");
			continue;
		}
		make_path(path, line, strlen(line));
		check_fresh(g, path);
		check_beneath(g, path);
		check_case(bare, path);
		check_names(bare, path, data[0]);
		check_places(g, path);
		(void)guard_unix(g, path);
	}
	guard_free(g);
	guard_free(bare);
	free(text);
	return 0;
}
