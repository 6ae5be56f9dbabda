/* SPDX-License-Identifier: ISC */

/*
 * What the guard and the kernel say, as it reaches the command and the
 * report.  A refusal is EPERM; but a call that would have failed in any case
 * fails as it does without srt, so that "rm -f" and "mkdir -p" of a protected
 * name do not stumble where there is nothing to protect.
 */

#include "compat.h"

#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

#define RULE_ALLOW	"filesystem.allowWrite"
#define RULE_READ	"filesystem.denyRead"
#define RULE_UNIX	"network.allowUnixSockets"

/* When the call would fail anyway. */
enum need {
	NEED_NOTHING,
	NEED_EXISTS,		/* -ENOENT without it */
	NEED_ABSENT		/* -EEXIST with it */
};

static const struct {
	const char	*operation;
	enum need	 need;
	int		 makes;		/* something new in a new tree */
	int		 moves;		/* takes the name from what has it */
} deeds[DEED_MAX] = {
	[DEED_CREATE] = { "file-write-create", NEED_ABSENT, 1, 0 },
	[DEED_OPEN] = { "file-write-create", NEED_NOTHING, 1, 0 },
	[DEED_MKDIR] = { "file-write-create", NEED_ABSENT, 1, 0 },
	[DEED_WRITE] = { "file-write-data", NEED_EXISTS, 1, 0 },
	[DEED_TRUNCATE] = { "file-write-data", NEED_EXISTS, 0, 0 },
	[DEED_REMOVE] = { "file-write-unlink", NEED_EXISTS, 0, 1 },
	[DEED_RMDIR] = { "file-write-unlink", NEED_EXISTS, 0, 1 },
	[DEED_RENAME] = { "file-write-rename", NEED_EXISTS, 0, 1 },
	[DEED_REPLACE] = { "file-write-rename", NEED_NOTHING, 1, 1 },
	[DEED_LINK] = { "file-write-link", NEED_EXISTS, 0, 0 },
	[DEED_MODE] = { "file-write-mode", NEED_EXISTS, 0, 0 },
	[DEED_OWNER] = { "file-write-owner", NEED_EXISTS, 0, 0 },
	[DEED_TIMES] = { "file-write-times", NEED_EXISTS, 0, 0 },
	[DEED_XATTR] = { "file-write-xattr", NEED_EXISTS, 0, 0 },
	[DEED_READ] = { "file-read-data", NEED_EXISTS, 0, 0 },
	[DEED_BIND] = { "network-bind", NEED_NOTHING, 1, 0 },
	[DEED_CONNECT] = { "network-outbound", NEED_EXISTS, 0, 0 },
};

static long	 check_learnt(struct call *, const struct loc *, enum deed);
static long	 check_named(struct call *, const struct loc *, enum deed);

/* The mode of what is there, or -errno. */
static long
loc_mode(const struct loc *loc)
{
	struct lx_stat	 st;

	if (lx_statx(loc->kind == LOC_OBJECT ? loc->fd : loc->dirfd,
	    loc->kind == LOC_OBJECT ? "" : loc->last, LX_STATX_BASIC,
	    &st) == -1)
		return -errno;
	return st.mode;
}

/* Appends the text as a JSON string without its quotes. */
static void
json_cat(char *buf, size_t size, const char *s, size_t n)
{
	char	 c[8];

	for (; n > 0; s++, n--) {
		if ((unsigned char)*s < 0x20)
			(void)snprintf(c, sizeof(c), "\\u%04x",
			    (unsigned int)*s);
		else
			(void)snprintf(c, sizeof(c), "%s%c",
			    *s == '"' || *s == '\\' ? "\\" : "", *s);
		(void)strlcat(buf, c, size);
	}
}

/* The setting that would make the directory of this path writable. */
static void
cure_allow(char *buf, size_t size, const char *path)
{
	const char	*slash = strrchr(path, '/');
	size_t		 n = slash == NULL ? 0 : (size_t)(slash - path);

	(void)strlcpy(buf, "\"filesystem\": {\"allowWrite\": [\"", size);
	json_cat(buf, size, n == 0 ? "/" : path, n == 0 ? 1 : n);
	(void)strlcat(buf, "\"]}", size);
}

/* "filesystem.denyWrite[1] \"x\"" in the words of a cure. */
static void
cure_remove(char *buf, size_t size, const char *rule)
{
	const char	*entry = strchr(rule, '"');
	size_t		 n = strcspn(rule, "[ ");

	*buf = '\0';
	if (entry != NULL)
		(void)snprintf(buf, size, "remove %s from %.*s", entry, (int)n,
		    rule);
}

long
check_refused(struct call *c, const char *path, enum deed deed,
    const struct guard_hit *hit)
{
	char		 reason[256], cure[PATH_MAX + 128];
	const char	*operation = deeds[deed].operation;

	*cure = '\0';
	if (hit->mandatory) {
		(void)snprintf(reason, sizeof(reason), "%s is protected",
		    hit->name);
		if (strstr(hit->name, "git/config") != NULL ||
		    strstr(hit->name, "repository's config") != NULL)
			(void)strlcpy(cure, "\"filesystem\": "
			    "{\"allowGitConfig\": true}", sizeof(cure));
	} else if (strncmp(hit->rule, RULE_ALLOW, sizeof(RULE_ALLOW) - 1) ==
	    0) {
		(void)strlcpy(reason, "outside the writable paths",
		    sizeof(reason));
		cure_allow(cure, sizeof(cure), path);
	} else {
		(void)strlcpy(reason, strncmp(hit->rule, RULE_READ,
		    sizeof(RULE_READ) - 1) == 0 ? "the policy hides it" :
		    "the policy protects it", sizeof(reason));
		cure_remove(cure, sizeof(cure), hit->rule);
	}
	report(c, operation, path, reason, hit->rule, cure);
	return deed == DEED_READ ? -EACCES : -EPERM;
}

/* Refuses, unless the call comes to nothing by itself. */
static long
refuse(struct call *c, const struct loc *loc, enum deed deed,
    const struct guard_hit *hit)
{
	long	 mode = loc_mode(loc);

	if (mode < 0 && deeds[deed].need == NEED_EXISTS)
		return mode;
	if (mode >= 0 && deeds[deed].need == NEED_ABSENT)
		return -EEXIST;
	if (mode >= 0 && deed == DEED_OPEN)
		deed = DEED_WRITE;
	return check_refused(c, loc->real, deed, hit);
}

/*
 * Asks again with the depth of the new tree, if it is in one and that could
 * matter.  0 if the answer of the guard has been lifted by that.
 */
static int
ask_fresh(const struct loc *loc, struct guard_hit *hit, int answer,
    int (*ask)(const struct guard *, const char *, unsigned int,
    struct guard_hit *))
{
	unsigned int	 depth;

	if (!hit->mandatory || (depth = check_fresh(loc)) == GUARD_OLD)
		return answer;
	return ask(broker.guard, loc->real, depth, hit);
}

/* ".git" that is no directory names one: as good as what is in it. */
static long
check_file(struct call *c, const struct loc *loc, enum deed deed)
{
	const char		*last = loc->real + loc->dirlen + 1;
	struct guard_hit	 hit;
	long			 mode;

	if (*last != '.' && (unsigned char)*last < 0x80)
		return 0;
	if (deed == DEED_MKDIR || deed == DEED_RMDIR ||
	    guard_stem(broker.guard, loc->real, GUARD_OLD, &hit) !=
	    GUARD_STEM_NAME)
		return 0;
	/* A directory could be gone by the time that a file is made there. */
	if ((mode = loc_mode(loc)) >= 0 && S_ISDIR(mode))
		return deed == DEED_CREATE ? -EEXIST :
		    deed == DEED_OPEN ? -EISDIR : 0;
	if (ask_fresh(loc, &hit, GUARD_STEM_NAME, guard_stem) !=
	    GUARD_STEM_NAME) {
		if (deeds[deed].makes)
			fresh_note(loc->real, hit.name);
		return 0;
	}
	return refuse(c, loc, deed, &hit);
}

/*
 * Outside of the write roots the mounts are read-only, and the kernel is to
 * say so itself, after what it finds wrong otherwise.  Where a mount is not,
 * and of pipes and devices, which a read-only mount does not keep anybody
 * from writing to, it is for us to refuse.
 */
static int
is_open_outside(const struct loc *loc, enum deed deed)
{
	struct statfs	 sf;
	long		 mode;

	if (guard_inside(broker.guard, loc->real))
		return 0;
	if (fstatfs(loc->kind == LOC_OBJECT ? loc->fd : loc->dirfd,
	    &sf) == -1 || (sf.f_flags & ST_RDONLY) == 0)
		return 1;
	if (deed != DEED_OPEN && deed != DEED_WRITE)
		return 0;
	return (mode = loc_mode(loc)) >= 0 && (S_ISFIFO(mode) ||
	    S_ISCHR(mode) || S_ISBLK(mode));
}

/* With --learn what no rule allows is recorded; it may be refused as well. */
static long
check_learnt(struct call *c, const struct loc *loc, enum deed deed)
{
	long	 r;
	int	 outside;

	outside = learn_wanted() && !guard_inside(broker.guard, loc->real);
	if (outside && !learn_allows() &&
	    guard_may_learn(broker.guard, loc->real, GUARD_OLD))
		learn_write(c, loc, deed);
	r = check_named(c, loc, deed);
	if (outside && learn_allows() && r == 0)
		learn_write(c, loc, deed);
	return r;
}

/* Is the name protected?  If a new tree frees it, that is noted. */
static int
is_held(const struct loc *loc, enum deed deed, struct guard_hit *hit)
{
	const char	*name;

	if (guard_write(broker.guard, loc->real, GUARD_OLD, hit)) {
		name = hit->name;
		if (ask_fresh(loc, hit, 1, guard_write))
			return 1;
		if (deeds[deed].makes)
			fresh_note(loc->real, name);
	}
	return bare_check(loc, deed, hit);
}

int
check_held(const struct loc *loc, enum deed deed)
{
	struct guard_hit	 hit;

	return broker.guard != NULL && loc->kind == LOC_NAME &&
	    is_held(loc, deed, &hit);
}

/*
 * What has lost its name: no rule finds it any more, and the command can have
 * held it since it had one.
 */
static int
is_lost(const struct loc *loc)
{
	return loc->kind == LOC_OBJECT && loc->object == LOC_DELETED;
}

int
check_opened(int fd, int writing)
{
	int	 flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_PATH) == 0 &&
	    (!writing || (flags & O_ACCMODE) != O_RDONLY);
}

/*
 * A temporary file of the command's own, say: it was where that may write, and
 * has no other name, by which it could be another file.
 */
static int
lost_within(const struct loc *loc)
{
	struct lx_stat	 st;
	char		 path[PATH_MAX];

	return lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == 0 &&
	    st.nlink == 0 && path_of_lost(loc->fd, path, sizeof(path)) > 0 &&
	    (learn_allows() || guard_inside(broker.guard, path)) &&
	    !guard_write(broker.guard, path, GUARD_OLD, NULL);
}

/* A directory without a name has nothing in it. */
static int
lost_is_empty(const struct loc *loc)
{
	struct lx_stat	 st;

	return lx_statx(loc->fd, "", LX_STATX_BASIC, &st) == 0 &&
	    S_ISDIR(st.mode) && st.nlink == 0;
}

static long
lost_refused(struct call *c, const struct loc *loc, enum deed deed)
{
	char	 path[PATH_MAX];

	report(c, deeds[deed].operation, path_of_lost(loc->fd, path,
	    sizeof(path)) > 0 ? path : c->path,
	    "the file has lost the name that srt knew it by", "mandatory",
	    "");
	return deed == DEED_READ ? -EACCES : -EPERM;
}

/* What links it anew looks itself. */
static long
lost_write(struct call *c, const struct loc *loc, enum deed deed)
{
	if (deed == DEED_LINK ||
	    (broker.sb->opt.flags & EXEC_FS_DISABLED) != 0 ||
	    check_opened(loc->fd, 1) || lost_within(loc))
		return 0;
	return lost_refused(c, loc, deed);
}

/*
 * Its last name says nothing of what hides it: the command can have renamed
 * the directory.  What links it anew looks itself.
 */
static long
lost_read(struct call *c, const struct loc *loc, enum deed deed)
{
	if (deed == DEED_LINK || check_opened(loc->fd, 0) ||
	    lost_is_empty(loc))
		return 0;
	return lost_refused(c, loc, deed);
}

long
check_write(struct call *c, const struct loc *loc, enum deed deed)
{
	struct guard_hit	 hit;

	/* Opened outside: what can be done to it is not for the command. */
	if (loc->kind == LOC_OBJECT && loc->object == LOC_FOREIGN) {
		hit.rule = RULE_ALLOW;
		hit.name = NULL;
		hit.mandatory = 0;
		return check_refused(c, loc->real, deed, &hit);
	}
	/* The host's own /proc. */
	if (loc->kind == LOC_KERNEL && broker_is_bare())
		return -EPERM;
	if (broker.guard == NULL || loc->kind == LOC_KERNEL)
		return 0;
	if (is_lost(loc))
		return lost_write(c, loc, deed);
	if (loc->real[0] == '\0')
		return 0;
	/* What would be a mount: its name is of the directory above it. */
	if (deeds[deed].moves && broker_is_bare() &&
	    guard_is_root(broker.guard, loc->real))
		return -EBUSY;
	return check_learnt(c, loc, deed);
}

int
check_leads(const struct loc *loc)
{
	long	 mode;

	return broker_is_bare() && broker.guard != NULL &&
	    loc->kind == LOC_NAME &&
	    !guard_inside(broker.guard, loc->real) &&
	    (mode = loc_mode(loc)) >= 0 && S_ISLNK(mode);
}

/* What may be written, but is executed by others, is told of at the end. */
static void
watch(const struct loc *loc)
{
	size_t	 end;

	/* Elsewhere nothing comes of it. */
	if (!guard_inside(broker.guard, loc->real))
		return;
	switch (guard_watched(broker.guard, loc->real, &end)) {
	case 1:
		if (check_fresh(loc) != GUARD_OLD)
			break;
		/* FALLTHROUGH */
	case 2:
		fresh_watch(loc->real, end);
	}
}

/* What holds by name. */
static long
check_named(struct call *c, const struct loc *loc, enum deed deed)
{
	struct guard_hit	 hit;
	long			 r;

	if (!learn_allows() && is_open_outside(loc, deed)) {
		hit.rule = RULE_ALLOW;
		hit.name = NULL;
		hit.mandatory = 0;
		return refuse(c, loc, deed, &hit);
	}
	if (is_held(loc, deed, &hit))
		return refuse(c, loc, deed, &hit);
	if ((r = check_file(c, loc, deed)) == 0 && deeds[deed].makes)
		watch(loc);
	return r;
}

long
check_stem(struct call *c, const struct loc *loc, enum deed deed)
{
	struct guard_hit	 hit;

	if (broker.guard == NULL || loc->kind != LOC_NAME)
		return 0;
	if ((guard_stem(broker.guard, loc->real, GUARD_OLD, &hit) != 0 &&
	    ask_fresh(loc, &hit, 1, guard_stem) != 0) ||
	    bare_stem(loc, &hit))
		return refuse(c, loc, deed, &hit);
	return 0;
}

void
check_stood(const struct loc *loc)
{
	struct guard_hit	 hit;

	if (broker.guard != NULL && loc->kind == LOC_NAME &&
	    guard_stem(broker.guard, loc->real, GUARD_OLD, &hit) != 0 &&
	    hit.mandatory)
		fresh_note(loc->real, hit.name);
}

long
check_socket(struct call *c, const struct loc *from, const struct loc *to,
    enum deed deed)
{
	struct guard_hit	 hit = { .rule = RULE_UNIX };
	long			 mode;

	if (broker.guard == NULL || to->kind != LOC_NAME ||
	    !guard_unix(broker.guard, to->real) ||
	    (mode = loc_mode(from)) < 0 || !S_ISSOCK(mode) ||
	    (from->real[0] != '\0' && guard_unix(broker.guard, from->real)))
		return 0;
	return check_refused(c, to->real, deed, &hit);
}

int
check_confined(void)
{
	return broker.mounts.landlock.handled != 0;
}

int
check_reads(void)
{
	return broker.guard != NULL && (guard_reads(broker.guard) ||
	    (broker_is_bare() &&
	    (broker.sb->opt.flags & EXEC_STRICT_READS) != 0));
}

long
check_kernel(struct call *c, const char *path, enum deed deed, int error)
{
	/* A name that is no path Landlock does not know. */
	if (deed != DEED_READ && check_confined() &&
	    (deed != DEED_BIND || !broker_is_bare()))
		return CALL_CONTINUE;
	report(c, deeds[deed].operation, path,
	    "leads where srt cannot follow", "mandatory", "");
	return -error;
}

long
check_read(struct call *c, const struct loc *loc, enum deed deed)
{
	struct guard_hit	 hit;

	if (!check_reads() || loc->kind == LOC_KERNEL)
		return 0;
	if (is_lost(loc))
		return lost_read(c, loc, deed);
	if (loc->real[0] == '\0' ||
	    !guard_read(broker.guard, loc->real, &hit))
		return 0;
	hit.mandatory = 0;
	return refuse(c, loc, deed, &hit);
}

/*
 * A program that the command makes set-user-ID would run on the host as the
 * user that the sandbox is to protect, for whoever starts it there; under a
 * root caller as root.  The mounts are nosuid only in here.
 */
long
check_setid(struct call *c, const struct loc *loc, enum deed deed)
{
	report(c, deeds[deed].operation, loc->real,
	    "set-user-ID files cannot be made in a sandbox", "mandatory", "");
	return -EPERM;
}

long
check_result(struct call *c, const struct loc *loc, enum deed deed, long r)
{
	const struct guard_hit	 hit = { .rule = RULE_ALLOW };

	if (r != -EROFS || loc->kind == LOC_KERNEL || loc->real[0] == '\0')
		return r;
	/* The file system itself may be read-only. */
	if (broker.sb->plan != NULL &&
	    plan_effect(broker.sb->plan, loc->real) == PLAN_WRITE)
		return r;
	return refuse(c, loc, deed, &hit);
}

int
check_empty(int dirfd)
{
	char	 buf[1024];
	long	 n;
	int	 fd;

	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return 0;
	n = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	(void)close(fd);
	/* Two records of 24 bytes: numbers, length, type, name, padding. */
	return n >= 0 && n <= 48;
}

/*
 * An empty directory that the command could remove and make anew may count
 * as made by it: git submodule update needs that.  It must be no mount, nor,
 * without namespaces, what would be one, and its name free to make.
 */
static int
is_spare(const struct loc *loc)
{
	struct lx_stat	 dir, up;
	char		 path[PATH_MAX];
	int		 fd, spare;

	if (loc->dirlen == 0 || loc->dirlen >= sizeof(path))
		return 0;
	memcpy(path, loc->real, loc->dirlen);
	path[loc->dirlen] = '\0';
	if (guard_write(broker.guard, path, GUARD_OLD, NULL) ||
	    (broker_is_bare() && guard_is_root(broker.guard, path)) ||
	    !check_empty(loc->dirfd) ||
	    (fd = path_open(loc->dirfd, "..", O_PATH | O_DIRECTORY, 0, 0)) < 0)
		return 0;
	spare = lx_statx(loc->dirfd, "", LX_STATX_BASIC | LX_STATX_MNT_ID,
	    &dir) == 0 && lx_statx(fd, "", LX_STATX_BASIC | LX_STATX_MNT_ID,
	    &up) == 0 && dir.mnt_id == up.mnt_id && dir.uid == geteuid() &&
	    faccessat(fd, ".", W_OK | X_OK, 0) == 0;
	(void)close(fd);
	return spare;
}

static unsigned int
depth_of(const char *path, size_t len)
{
	unsigned int	 depth = 0;

	while (len-- > 0)
		depth += *path++ == '/';
	return depth;
}

int
check_dir(const struct loc *loc, size_t len)
{
	char	 path[PATH_MAX];

	if (len >= sizeof(path) - 1)
		return -ENAMETOOLONG;
	/* Of what is in "/" it is "/". */
	memcpy(path, loc->real, len);
	(void)strlcpy(path + len, len == 0 ? "/." : "", sizeof(path) - len);
	return path_open(broker.rootfd, path + 1, O_PATH | O_DIRECTORY, 0,
	    LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_NO_MAGICLINKS);
}

unsigned int
check_fresh(const struct loc *loc)
{
	unsigned int	 depth;
	int		 fd;

	if (loc->kind == LOC_NAME) {
		depth = fresh_depth(loc->dirfd, loc->real, loc->dirlen, 1);
		if (depth == GUARD_OLD && is_spare(loc)) {
			fresh_add(loc->dirfd, "");
			depth = depth_of(loc->real, loc->dirlen);
		}
		return depth;
	}
	/* Of an object the directory is found by its path. */
	if ((fd = check_dir(loc, loc->dirlen)) < 0)
		return GUARD_OLD;
	depth = fresh_depth(fd, loc->real, loc->dirlen, 1);
	(void)close(fd);
	return depth;
}
