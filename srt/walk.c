/* SPDX-License-Identifier: ISC */

/*
 * Looks for the files that patterns match, once, when srt starts.
 *
 * Patterns are cut into components (target.c).  In each directory a set of
 * bits says which component the next name may be; so a name is compared with
 * one or two short texts, directories in which no bit is left are not opened,
 * and no path is put together for what does not match.
 *
 * What is found are real paths.  Where links are followed, two paths come to
 * mind: the one that leads there, which is what a pattern is held against,
 * and the real one, which is what counts.
 */

#include "compat.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "pattern.h"
#include "target.h"

/* Directories within each other, each of which is open. */
#define WALK_DEPTH_MAX	400
/* Directories that are looked into behind links. */
#define WALK_LINKED_MAX	65536

/* A pattern that is alive in a directory: bit n for its component n. */
struct live {
	struct target	*target;
	uint64_t	 bits;
};

/* A directory to be looked into. */
struct child {
	size_t		 name;		/* in names */
	size_t		 live;		/* in lives */
	size_t		 nlive;
	int		 link;
};

/* How a link brought the walk here. */
struct jump {
	struct jump	*up;
	const char	*from;		/* the real directory of the link */
	const char	*link;
	int		 told;
};

/* A directory that was reached by a link, and what was alive there. */
struct seen {
	RB_ENTRY(seen)	 entry;
	char		*path;
	struct live	*live;
	size_t		 nlive;
};
RB_HEAD(seen_tree, seen);

struct text {
	char		*s;
	size_t		 len;
	size_t		 room;
};

struct walk {
	int			 follow;
	struct target		**targets;
	size_t			 ntargets;
	const struct walk_sink	*sink;
	void			*arg;
	struct text		 real;		/* of the directory; "" is / */
	struct text		 spelled;
	struct jump		*jump;
	struct seen_tree	 seen;
	size_t			 nlinked;
	unsigned int		 depth;
	/* Stacks that all open directories share. */
	struct live		*lives;
	size_t			 nlives;
	size_t			 lives_room;
	struct child		*children;
	size_t			 nchildren;
	size_t			 children_room;
	struct text		 names;
};

static int	 seen_cmp(const struct seen *, const struct seen *);
static int	 target_order(const void *, const void *);
static int	 walk_tree(struct walk *, size_t);
static int	 walk_dir(struct walk *, int, size_t, size_t);
static int	 walk_list(struct walk *, DIR *, size_t, size_t);
static int	 walk_name(struct walk *, int, const struct dirent *, size_t,
		    size_t);
static int	 walk_matches(struct walk *, const struct live *, const char *,
		    size_t);
static int	 walk_match(struct walk *, const struct target *,
		    const char *, mode_t);
static int	 walk_match_link(struct walk *, const struct target *,
		    const char *);
static void	 walk_push(struct walk *, const char *, size_t, size_t,
		    size_t, int);
static int	 walk_child(struct walk *, int, const struct child *);
static int	 walk_jump(struct walk *, const struct child *);
static int	 walk_seen(struct walk *, size_t, size_t);
static int	 walk_leads_up(const struct walk *, const char *);
static int	 walk_found(struct walk *, const struct target *,
		    const char *, mode_t, int);
static int	 walk_shut(struct walk *, const struct target *, int);

RB_PROTOTYPE(seen_tree, seen, entry, seen_cmp)
RB_GENERATE(seen_tree, seen, entry, seen_cmp)

static int
seen_cmp(const struct seen *a, const struct seen *b)
{
	size_t	 i;
	int	 d;

	if ((d = strcmp(a->path, b->path)) != 0)
		return d;
	if (a->nlive != b->nlive)
		return a->nlive < b->nlive ? -1 : 1;
	for (i = 0; i < a->nlive; i++) {
		if (a->live[i].target != b->live[i].target)
			return a->live[i].target < b->live[i].target ? -1 : 1;
		if (a->live[i].bits != b->live[i].bits)
			return a->live[i].bits < b->live[i].bits ? -1 : 1;
	}
	return 0;
}

static void
text_add(struct text *t, const char *s, size_t len)
{
	while (t->room - t->len <= len) {
		t->room = t->room == 0 ? 4096 : t->room * 2;
		t->s = xreallocarray(t->s, t->room, 1);
	}
	memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

static void
text_cut(struct text *t, size_t len)
{
	t->len = len;
	if (t->s != NULL)
		t->s[len] = '\0';
}

struct walk *
walk_new(int follow)
{
	struct walk	*w = xcalloc(1, sizeof(*w));

	w->follow = follow;
	RB_INIT(&w->seen);
	return w;
}

void
walk_free(struct walk *w)
{
	struct seen	*s;
	size_t		 i;

	while ((s = RB_ROOT(&w->seen)) != NULL) {
		RB_REMOVE(seen_tree, &w->seen, s);
		free(s->path);
		free(s->live);
		free(s);
	}
	for (i = 0; i < w->ntargets; i++)
		target_free(w->targets[i]);
	free(w->targets);
	free(w->real.s);
	free(w->spelled.s);
	free(w->names.s);
	free(w->lives);
	free(w->children);
	free(w);
}

int
walk_add(struct walk *w, const char *dir, const char *tail, const char *name,
    const char *rule)
{
	struct target	*t;

	if ((t = target_new(dir, tail, name, rule)) == NULL)
		return -1;
	w->targets = xreallocarray(w->targets, w->ntargets + 1,
	    sizeof(*w->targets));
	w->targets[w->ntargets++] = t;
	return 0;
}

int
walk_touches(const struct walk *w, const char *dir)
{
	size_t	 i;

	for (i = 0; i < w->ntargets; i++)
		if (pattern_beneath(w->targets[i]->pattern, dir))
			return 1;
	return 0;
}

static int
target_order(const void *a, const void *b)
{
	const struct target *const	*ta = a, *const *tb = b;
	size_t				 la, lb;

	la = strlen((*ta)->dir);
	lb = strlen((*tb)->dir);
	if (la != lb)
		return la < lb ? -1 : 1;
	return strcmp((*ta)->dir, (*tb)->dir);
}

int
walk_run(struct walk *w, const struct walk_sink *sink, void *arg)
{
	size_t	 i;

	w->sink = sink;
	w->arg = arg;
	if (w->ntargets != 0)
		qsort(w->targets, w->ntargets, sizeof(*w->targets),
		    target_order);
	for (i = 0; i < w->ntargets; i++)
		if (!w->targets[i]->done && walk_tree(w, i) == -1)
			return -1;
	return 0;
}

/* Is it one of those that no walk enters from above? */
static int
walk_skips(const char *path)
{
	static const char *const	 dirs[] = { "/proc", "/sys", "/dev" };
	size_t				 i;

	for (i = 0; i < nitems(dirs); i++)
		if (path_beneath(path, dirs[i]))
			return 1;
	return 0;
}

static void
live_add(struct walk *w, struct target *t, uint64_t bits)
{
	if (w->nlives == w->lives_room) {
		w->lives_room = w->lives_room == 0 ? 64 : w->lives_room * 2;
		w->lives = xreallocarray(w->lives, w->lives_room,
		    sizeof(*w->lives));
	}
	w->lives[w->nlives].target = t;
	w->lives[w->nlives++].bits = bits;
}

static int
dir_open(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC | O_NONBLOCK);
}

/* The tree of one pattern, and all patterns that begin in it. */
static int
walk_tree(struct walk *w, size_t first)
{
	struct target	*t, *top = w->targets[first];
	size_t		 i, len = strlen(top->dir);
	int		 fd;

	w->nlives = w->nchildren = w->names.len = w->depth = 0;
	w->real.len = w->spelled.len = 0;
	if (len == 1)
		len = 0;
	text_add(&w->real, top->dir, len);
	text_add(&w->spelled, top->dir, len);
	for (i = first; i < w->ntargets; i++) {
		t = w->targets[i];
		if (t->done || !path_beneath(t->dir, top->dir) ||
		    (walk_skips(t->dir) && !walk_skips(top->dir)))
			continue;
		t->done = 1;
		target_cut(t, len);
		live_add(w, t, target_start(t));
	}
	if ((fd = dir_open(AT_FDCWD, top->dir)) == -1)
		return walk_shut(w, top, errno);
	return walk_dir(w, fd, 0, w->nlives);
}

/* Takes over the descriptor. */
static int
walk_dir(struct walk *w, int fd, size_t live, size_t nlive)
{
	size_t	 nlives = w->nlives, names = w->names.len;
	size_t	 i, first = w->nchildren, last;
	DIR	*dir;
	int	 ret;

	if (w->real.len + NAME_MAX + 2 > PATH_MAX ||
	    w->depth == WALK_DEPTH_MAX) {
		(void)close(fd);
		return walk_shut(w, w->lives[live].target, ENAMETOOLONG);
	}
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return walk_shut(w, w->lives[live].target, ENOMEM);
	}
	w->depth++;
	ret = walk_list(w, dir, live, nlive);
	/* Those of deeper directories come and go behind the last one. */
	last = w->nchildren;
	for (i = first; i < last && ret == 0; i++)
		ret = walk_child(w, dirfd(dir), &w->children[i]);
	w->depth--;
	(void)closedir(dir);
	w->nchildren = first;
	w->nlives = nlives;
	text_cut(&w->names, names);
	return ret;
}

static int
walk_list(struct walk *w, DIR *dir, size_t live, size_t nlive)
{
	const struct dirent	*e;

	for (;;) {
		errno = 0;
		if ((e = readdir(dir)) == NULL)
			break;
		if (e->d_name[0] == '.' && (e->d_name[1] == '\0' ||
		    (e->d_name[1] == '.' && e->d_name[2] == '\0')))
			continue;
		if (walk_name(w, dirfd(dir), e, live, nlive) == -1)
			return -1;
	}
	return errno == 0 ? 0 : walk_shut(w, w->lives[live].target, errno);
}

static mode_t
entry_mode(int fd, const struct dirent *e)
{
	struct stat	 st;

	switch (e->d_type) {
	case DT_DIR:
		return S_IFDIR;
	case DT_LNK:
		return S_IFLNK;
	case DT_UNKNOWN:
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return st.st_mode & S_IFMT;
		break;
	}
	return S_IFREG;
}

static int
walk_name(struct walk *w, int fd, const struct dirent *e, size_t live,
    size_t nlive)
{
	struct stat	 st;
	const char	*name = e->d_name;
	size_t		 i, len = strlen(name);
	mode_t		 mode = entry_mode(fd, e);
	int		 down;

	if (S_ISLNK(mode) && !w->follow)
		return 0;
	down = S_ISDIR(mode) || S_ISLNK(mode);
	for (i = live; i < live + nlive; i++)
		if (walk_matches(w, &w->lives[i], name, len))
			break;
	/* One is enough: what counts is the path. */
	if (i < live + nlive) {
		switch (walk_match(w, w->lives[i].target, name, mode)) {
		case -1:
			return -1;
		case 0:
			down = 0;
		}
	}
	if (!down)
		return 0;
	i = w->nlives;
	walk_push(w, name, len, live, nlive, S_ISLNK(mode));
	if (w->nlives == i || !S_ISLNK(mode))
		return 0;
	if (fstatat(fd, name, &st, 0) == -1 || !S_ISDIR(st.st_mode)) {
		w->nlives = i;
		w->nchildren--;
		text_cut(&w->names, w->children[w->nchildren].name);
	}
	return 0;
}

/* Does the name complete the pattern? */
static int
walk_matches(struct walk *w, const struct live *live, const char *name,
    size_t len)
{
	const struct target	*t = live->target;
	size_t			 mark = w->spelled.len;
	int			 ret;

	if (t->nsegs != 0)
		return target_ends(t, live->bits, name, len);
	text_add(&w->spelled, "/", 1);
	text_add(&w->spelled, name, len);
	ret = pattern_match(t->pattern, w->spelled.s);
	text_cut(&w->spelled, mark);
	return ret;
}

/* 1 if what is beneath has to be looked at all the same. */
static int
walk_match(struct walk *w, const struct target *t, const char *name,
    mode_t mode)
{
	char	*path;
	int	 ret;

	(void)xasprintf(&path, "%s/%s", w->real.s, name);
	if (S_ISLNK(mode))
		ret = walk_match_link(w, t, path);
	else if ((ret = walk_found(w, t, path, mode, 0)) == 0 &&
	    S_ISDIR(mode))
		ret = w->sink->wanted(w->arg, path);
	free(path);
	return ret;
}

static int
walk_match_link(struct walk *w, const struct target *t, const char *path)
{
	struct followed	 f;
	size_t		 i;
	int		 error = 0, ret = 0;

	if (path_follow(path, &f) == -1)
		error = errno;
	if ((error == 0 || error == EACCES) &&
	    path_beneath(w->real.s, f.path)) {
		log_warnx("%s matches %s, which leads to %s and does not "
		    "count", t->name, path, f.path);
		goto done;
	}
	for (i = 0; i < f.nlinks; i++)
		w->sink->link(w->arg, t->rule, f.links[i]);
	if (error == 0 || error == EACCES)
		ret = walk_found(w, t, f.path, f.mode, 1);
	if (ret == 0 && error == 0 && S_ISDIR(f.mode))
		ret = w->sink->wanted(w->arg, f.path);

 done:
	followed_free(&f);
	return ret;
}

/* A directory, or a link that may lead to one, if anything lives in it. */
static void
walk_push(struct walk *w, const char *name, size_t len, size_t live,
    size_t nlive, int link)
{
	struct child	*child;
	struct target	*t;
	size_t		 i, first = w->nlives, mark = w->spelled.len;
	uint64_t	 bits;

	/* The root's own, which are not files. */
	if (w->real.len == 0 && (strcmp(name, "proc") == 0 ||
	    strcmp(name, "sys") == 0 || strcmp(name, "dev") == 0))
		return;
	for (i = live; i < live + nlive; i++) {
		t = w->lives[i].target;
		bits = w->lives[i].bits;
		if (t->nsegs != 0)
			bits = target_step(t, bits, name, len);
		else {
			text_add(&w->spelled, "/", 1);
			text_add(&w->spelled, name, len);
			bits = (uint64_t)pattern_beneath(t->pattern,
			    w->spelled.s);
			text_cut(&w->spelled, mark);
		}
		if (bits != 0)
			live_add(w, t, bits);
	}
	if (w->nlives == first)
		return;
	if (w->nchildren == w->children_room) {
		w->children_room = w->children_room == 0 ? 64 :
		    w->children_room * 2;
		w->children = xreallocarray(w->children, w->children_room,
		    sizeof(*w->children));
	}
	child = &w->children[w->nchildren++];
	child->name = w->names.len;
	child->live = first;
	child->nlive = w->nlives - first;
	child->link = link;
	text_add(&w->names, name, len + 1);
}

static int
walk_child(struct walk *w, int at, const struct child *stacked)
{
	struct child	 child = *stacked;	/* the stack may move */
	const char	*name = w->names.s + child.name;
	size_t		 len = strlen(name);
	size_t		 real = w->real.len, spelled = w->spelled.len;
	int		 fd, ret;

	if (child.link)
		return walk_jump(w, &child);
	fd = dir_open(at, name);
	text_add(&w->real, "/", 1);
	text_add(&w->real, name, len);
	text_add(&w->spelled, "/", 1);
	text_add(&w->spelled, name, len);
	if (fd == -1)
		ret = walk_shut(w, w->lives[child.live].target, errno);
	else if (w->jump != NULL &&
	    (ret = walk_seen(w, child.live, child.nlive)) != 0) {
		(void)close(fd);
		ret = ret == -1 ? -1 : 0;
	} else
		ret = walk_dir(w, fd, child.live, child.nlive);
	text_cut(&w->real, real);
	text_cut(&w->spelled, spelled);
	return ret;
}

/* By a link, to the directory where it leads. */
static int
walk_jump(struct walk *w, const struct child *child)
{
	const char	*name = w->names.s + child->name;
	struct text	 from = w->real;
	size_t		 spelled = w->spelled.len;
	struct followed	 f;
	struct jump	 jump = { .up = w->jump, .from = from.s };
	char		*link;
	int		 fd, ret = 0;

	(void)xasprintf(&link, "%s/%s", from.s, name);
	jump.link = link;
	if (path_follow(link, &f) == -1 || !S_ISDIR(f.mode) ||
	    walk_leads_up(w, f.path) || walk_skips(f.path))
		goto done;
	memset(&w->real, 0, sizeof(w->real));
	text_add(&w->real, f.path, strlen(f.path));
	text_add(&w->spelled, "/", 1);
	text_add(&w->spelled, name, strlen(name));
	w->jump = &jump;
	if ((ret = walk_seen(w, child->live, child->nlive)) == 1)
		ret = 0;
	else if (ret == 0 && (fd = dir_open(AT_FDCWD, f.path)) == -1)
		ret = walk_shut(w, w->lives[child->live].target, errno);
	else if (ret == 0)
		ret = walk_dir(w, fd, child->live, child->nlive);
	w->jump = jump.up;
	text_cut(&w->spelled, spelled);
	free(w->real.s);
	w->real = from;

 done:
	followed_free(&f);
	free(link);
	return ret;
}

/* Is it where we are, or a directory above, on the way here? */
static int
walk_leads_up(const struct walk *w, const char *path)
{
	const struct jump	*j;

	if (path_beneath(w->real.s, path))
		return 1;
	for (j = w->jump; j != NULL; j = j->up)
		if (path_beneath(j->from, path))
			return 1;
	return 0;
}

/*
 * Behind links a directory may be met again and again: 1 if it was, with the
 * same patterns in the same state.  Of those that are held against whole
 * paths nobody knows.
 */
static int
walk_seen(struct walk *w, size_t live, size_t nlive)
{
	struct seen	 key = { .path = w->real.s, .nlive = nlive,
			    .live = w->lives + live };
	struct seen	*s;
	size_t		 i;

	if (w->nlinked++ == WALK_LINKED_MAX) {
		errors_write("Error: %s: the pattern cannot be enforced: "
		    "symbolic links lead to more than %d directories\n",
		    key.live->target->name, WALK_LINKED_MAX);
		return -1;
	}
	for (i = 0; i < nlive; i++)
		if (key.live[i].target->nsegs == 0)
			return 0;
	if (RB_FIND(seen_tree, &w->seen, &key) != NULL)
		return 1;
	s = xcalloc(1, sizeof(*s));
	s->path = xstrdup(key.path);
	s->nlive = nlive;
	s->live = xcalloc(nlive, sizeof(*s->live));
	memcpy(s->live, key.live, nlive * sizeof(*s->live));
	RB_INSERT(seen_tree, &w->seen, s);
	return 0;
}

static int
walk_found(struct walk *w, const struct target *t, const char *path,
    mode_t mode, int linked)
{
	struct jump	*j;

	for (j = w->jump; j != NULL && !j->told; j = j->up) {
		w->sink->link(w->arg, t->rule, j->link);
		j->told = 1;
	}
	return w->sink->found(w->arg, t->name, t->rule, path, mode,
	    linked || w->jump != NULL);
}

/*
 * The directory cannot be looked into: nobody knows what it hides.  It is no
 * match for what allows.
 */
static int
walk_shut(struct walk *w, const struct target *t, int error)
{
	const char	*path = w->real.len == 0 ? "/" : w->real.s;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
		return 0;	/* it is gone */
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		errors_write("Error: %s: the pattern cannot be enforced: %s: "
		    "%s\n", t->name, path, strerror(error));
		return -1;
	}
	if (!w->follow)
		return 0;
	log_info("%s: %s: %s: it is denied as a whole", t->name, path,
	    strerror(error));
	return walk_found(w, t, path, S_IFDIR, 0);
}
