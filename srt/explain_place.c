/* SPDX-License-Identifier: ISC */

/*
 * Where the path of a question leads, and what is said on the way: links are
 * followed as they are now, and not where the sandbox has directories of its
 * own.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "pattern.h"
#include "../srt-exec/own.h"

/* As many as the kernel follows. */
#define LINKS_MAX	40

void
place_free(struct place *p)
{
	free(p->path);
	free(p->own);
	followed_free(&p->f);
}

/* /dev and /proc, which the host's have nothing to do with. */
static int
in_own(const struct explain *ex, const char *path)
{
	/* There they are the host's. */
	if ((ex->policy->flags & EXEC_LANDLOCK) != 0 ||
	    ex->policy->settings->profile)
		return 0;
	return plan_covers("/dev", path) || plan_covers("/proc", path);
}

const char *
place_find(const struct explain *ex, const char *text, struct place *p)
{
	struct stritem	 item = { .text = xstrdup(text), .literal = 1 };
	struct readings	 rs;
	const char	*home = home_dir(), *why = NULL;
	size_t		 i;

	memset(p, 0, sizeof(*p));
	if (*text == '\0')
		why = "it is empty";
	else if (text[0] == '~' && (text[1] == '/' || text[1] == '\0') &&
	    home == NULL)
		why = "there is no home directory: set HOME";
	else if ((why = readings_new(&rs, &item, ex->policy->cwd, home)) ==
	    NULL) {
		p->path = xstrdup(rs.v[0].path);
		readings_free(&rs);
	}
	free(item.text);
	if (why != NULL)
		return why;
	if (path_follow(p->path, &p->f) == -1)
		p->error = errno;
	if (strlen(p->f.meant) >= PATH_MAX || p->error == ENAMETOOLONG) {
		place_free(p);
		return strerror(ENAMETOOLONG);
	}
	/* The way may lead through what the sandbox has of its own. */
	p->own = path_fold(p->path);
	for (i = 0; i < p->f.nlinks && !in_own(ex, p->own); i++) {
		free(p->own);
		p->own = xstrdup(p->f.links[i]);
	}
	if (!in_own(ex, p->own)) {
		free(p->own);
		p->own = in_own(ex, p->f.meant) ? xstrdup(p->f.meant) : NULL;
	}
	return NULL;
}

/* Is it, in the sandbox, a directory that can be passed through? */
static int
is_passable(const struct explain *ex, const char *dir)
{
	size_t	 i;

	if (plan_effect(ex->plan, dir) != PLAN_DENIED)
		return 1;
	/* A denied directory is there as the way to what is not. */
	for (i = 0; i < ex->plan->nops; i++)
		if (ex->plan->ops[i].tree != -1 &&
		    plan_covers(dir, ex->plan->ops[i].path))
			return 1;
	return 0;
}

int
place_applies(const struct explain *ex, const struct fs_path *fp)
{
	return ex->policy->settings->profile || plan_applies(fp);
}

const struct fs_path *
place_entry(const struct explain *ex, const char *path)
{
	static const int	 ranks[FS_KIND_MAX] = {
		[FS_READ] = 3, [FS_NOREAD] = 2, [FS_WRITE] = 1
	};
	const struct fs_path	*p, *best = NULL;
	size_t			 len, blen = 0;

	TAILQ_FOREACH(p, &ex->policy->paths, entry) {
		if (ranks[p->kind] == 0 || !place_applies(ex, p) ||
		    !plan_covers(p->path, path))
			continue;
		len = strlen(p->path);
		if (best == NULL || len > blen || (len == blen &&
		    ranks[p->kind] > ranks[best->kind])) {
			best = p;
			blen = len;
		}
	}
	return best;
}

/* A path as an entry of a list: no character of it is a pattern's. */
static char *
path_entry(const char *path)
{
	char	*quoted = json_quote(path), *entry;

	if (!pattern_is(path))
		return quoted;
	(void)xasprintf(&entry, "{\"path\": %s, \"literal\": true}", quoted);
	free(quoted);
	return entry;
}

void
answer_path(struct answer *a, const char *key, const char *path)
{
	const char	*s = path;
	char		*entry;
	size_t		 len = strlen(path), n;
	uint32_t	 c;

	/* Settings are UTF-8, file names any bytes. */
	for (; (n = utf8_next(s, len, &c)) != 0; s += n)
		len -= n;
	if (len > 0) {
		answer_note(a, "no entry can name it, as it is no UTF-8");
		return;
	}
	entry = path_entry(path);
	answer_cure(a, key, entry);
	free(entry);
}

int
place_there(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0;
}

/* Does a deeper entry, or allowRead of the same path, open it again? */
static int
is_opened(const struct explain *ex, const struct fs_path *deny,
    const char *path)
{
	const struct fs_path	*p;
	size_t			 len, least = strlen(deny->path);

	TAILQ_FOREACH(p, &ex->policy->paths, entry) {
		if ((p->kind != FS_READ && p->kind != FS_WRITE) ||
		    !place_applies(ex, p) || !plan_covers(p->path, path))
			continue;
		len = strlen(p->path);
		if (len > least || (len == least && p->kind == FS_READ))
			return 1;
	}
	return 0;
}

/* Each entry that hides it has to go. */
static void
remove_all(const struct explain *ex, const char *path, struct answer *a)
{
	const struct fs_path	*p;
	struct answer		 one;

	TAILQ_FOREACH(p, &ex->policy->paths, entry) {
		if (p->kind != FS_NOREAD || !place_applies(ex, p) ||
		    !plan_covers(p->path, path) || is_opened(ex, p, path))
			continue;
		memset(&one, 0, sizeof(one));
		answer_rule(ex, &one, p->rule == NULL ? "the sandbox" :
		    p->rule);
		answer_remove(&one);
		answer_also(a, &one);
	}
}

/* What hides a path. */
static void
hidden(const struct explain *ex, const char *path, struct answer *a)
{
	const struct fs_path	*p = place_entry(ex, path);
	struct answer		 one;

	memset(&one, 0, sizeof(one));
	answer_rule(ex, &one, p == NULL || p->rule == NULL ? "the sandbox" :
	    p->rule);
	if (answer_is_admin(&one) || !place_there(path)) {
		answer_remove(&one);
		remove_all(ex, path, &one);
	} else
		answer_path(&one, "filesystem.allowRead", path);
	answer_also(a, &one);
}

static void
hidden_way(const struct explain *ex, const char *dir, struct answer *a)
{
	hidden(ex, dir, a);
	answer_note(a, "on the way, in %s", dir);
}

/* A link is seen where its directory is; "/" keeps its own in any case. */
static void
hidden_links(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	char	*dir;
	size_t	 i;

	for (i = 0; i < p->f.nlinks; i++) {
		dir = xstrdup(p->f.links[i]);
		*strrchr(dir, '/') = '\0';
		if (*dir != '\0' &&
		    plan_effect(ex->plan, dir) == PLAN_DENIED)
			hidden_way(ex, dir, a);
		free(dir);
	}
}

/* What ".." leaves has to be passed through first. */
static void
hidden_dots(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	struct followed	 f;
	const char	*s;
	char		*prefix;

	for (s = p->path; (s = strstr(s, "/..")) != NULL; s += 3) {
		if ((s[3] != '/' && s[3] != '\0') || s == p->path)
			continue;
		prefix = xstrndup(p->path, (size_t)(s - p->path));
		(void)path_follow(prefix, &f);
		if (!is_passable(ex, f.meant))
			hidden_way(ex, f.meant, a);
		followed_free(&f);
		free(prefix);
	}
}

void
place_note(const struct place *p, int mode, struct answer *a)
{
	if (p->error == ENOENT || p->error == ENOTDIR) {
		answer_note(a, "it is not there now");
		return;
	}
	if (p->error != 0)
		answer_note(a, "%s", strerror(p->error));
	else if (a->allowed && faccessat(AT_FDCWD, p->f.path, mode,
	    AT_EACCESS) == -1 && errno == EACCES)
		answer_note(a, "its owner and mode keep you out, as they do "
		    "outside");
}

static const char *
own_name(const char *path, const char *top)
{
	const char	*s = path + strlen(top);

	return *s == '/' ? s + 1 : s;
}

static int
name_is(const char *name, const char *what)
{
	size_t	 len = strlen(what);

	return strncmp(name, what, len) == 0 &&
	    (name[len] == '/' || name[len] == '\0');
}

/* May it be read (or written) in the command's own /dev? */
static int
own_dev(const char *name, int write)
{
	size_t	 i;

	if (*name == '\0')
		return !write;
	for (i = 0; i < OWN_NODES; i++)
		if (strcmp(name, own_nodes[i]) == 0)
			return 1;
	for (i = 0; i < OWN_LINKS; i++)
		if (name_is(name, own_links[i].name))
			return 1;
	if (name_is(name, "shm"))
		return 1;
	return name_is(name, "pts") && (!write || strcmp(name, "pts") != 0);
}

/* Likewise in its own /proc, where only processes have what can be written. */
static int
own_proc(const char *name, int write)
{
	size_t	 i;

	if (name_is(name, "self") || name_is(name, "thread-self") ||
	    (*name >= '0' && *name <= '9'))
		return 1;
	for (i = 0; i < OWN_COVERS; i++)
		if (name_is(name, own_covers[i].name) &&
		    own_covers[i].cover != OWN_READONLY &&
		    (!own_covers[i].root_only || geteuid() == 0))
			return 0;
	return !write;
}

static void
own_cure(const struct explain *ex, const char *path, struct answer *a)
{
	answer_path(a, "filesystem.denyRead", path);
	if (ex->policy->settings->fs_disabled)
		answer_join(a, "\"filesystem\": {\"disabled\": false}");
}

static void
own(const struct explain *ex, const char *path, int write, struct answer *a)
{
	size_t	 i;
	int	 dev = plan_covers("/dev", path);

	if (plan_effect(ex->plan, path) == PLAN_DENIED) {
		hidden(ex, path, a);
		return;
	}
	answer_rule(ex, a, dev ? "the command's own /dev" :
	    "the command's own /proc");
	for (i = 0; dev && i < OWN_NODES; i++)
		if (strcmp(own_name(path, "/dev"), own_nodes[i]) == 0)
			own_cure(ex, path, a);
	a->allowed = dev ? own_dev(own_name(path, "/dev"), write) :
	    own_proc(own_name(path, "/proc"), write);
	if (!a->allowed)
		answer_note(a, dev ? "there is no such file in it" :
		    "it is masked or read-only there");
	else
		answer_note(a, "what is in it, only a run can tell");
}

int
place_decides(const struct explain *ex, const struct place *p, int write,
    struct answer *a)
{
	hidden_links(ex, p, a);
	hidden_dots(ex, p, a);
	if (p->own != NULL) {
		if (a->rule == NULL)
			own(ex, p->own, write, a);
		return 1;
	}
	if (plan_effect(ex->plan, p->f.meant) == PLAN_DENIED)
		hidden(ex, p->f.meant, a);
	return a->rule != NULL;
}

int
place_links(const struct explain *ex, const char *path,
    int (*fn)(const struct explain *, const char *, struct answer *),
    struct answer *a)
{
	struct followed	 dir;
	char		 text[PATH_MAX], *at, *next, *link, *slash;
	ssize_t		 n;
	int		 i, ret = 0;

	at = xstrdup(path);
	for (i = 0; i < LINKS_MAX && ret == 0; i++) {
		slash = strrchr(at, '/');
		if (slash[1] == '\0')
			break;
		*slash = '\0';
		n = path_follow(*at == '\0' ? "/" : at, &dir);
		(void)xasprintf(&link, "%s/%s",
		    strcmp(dir.path, "/") == 0 ? "" : dir.path, slash + 1);
		next = NULL;
		if (n == 0 &&
		    (n = readlink(link, text, sizeof(text) - 1)) > 0) {
			text[n] = '\0';
			if (*text == '/')
				next = xstrdup(text);
			else
				(void)xasprintf(&next, "%s/%s", dir.path,
				    text);
			ret = fn(ex, link, a);
		}
		followed_free(&dir);
		free(link);
		free(at);
		if ((at = next) == NULL)
			break;
	}
	free(at);
	return ret;
}
