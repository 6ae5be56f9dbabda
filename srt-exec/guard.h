/* SPDX-License-Identifier: ISC */
#ifndef GUARD_H
#define GUARD_H

/*
 * Which names the command may not make, change or reach: the mandatory names
 * (COMPAT 16.5), the paths and patterns of the policy, and the Unix sockets
 * that it lists.  Pure: it looks at no file, only at canonical paths.
 */

#include <stddef.h>
#include <stdint.h>

#include "compat.h"
#include "policy.h"

struct guard;

/* Depth of a directory that the command has not made. */
#define GUARD_OLD	((unsigned int)-1)

/* Why a path is refused. */
struct guard_hit {
	const char	*rule;	/* "filesystem.denyWrite[1] \"*.pem\"",
				 * "mandatory"; good as long as the guard */
	const char	*name;	/* the mandatory name, ".git/hooks", or NULL */
	int		 mandatory;	/* new trees are free of it */
};

/* The flags are EXEC_*; NULL with errno ENOMEM. */
struct guard	*guard_new(uint32_t);
void		 guard_free(struct guard *);
/*
 * Adds an entry of the policy: a canonical path, or a pattern (COMPAT 16.4)
 * that begins with "/".  The rule is for reports.  Both are copied.  -1 with
 * errno: ENOMEM, EINVAL for what is neither.
 */
int		 guard_add(struct guard *, enum guard_kind, const char *,
		    const char *);
/*
 * May a canonical path be made, written, renamed, linked, removed, or its
 * attributes be changed?  1 if it is refused, and why in *hit (which may be
 * NULL).  fresh is the depth of the highest directory at or above the path
 * that the command itself has made in this run, in components: 1 is "/a";
 * GUARD_OLD if there is none.  Mandatory names that lie wholly within it are
 * free; of a repository that is so if its directory (".git", or a submodule's
 * beneath ".git/modules") was made by the command.  hit->mandatory says that
 * another depth could make it pass: nothing but a mandatory name refuses it.
 */
int		 guard_write(const struct guard *, const char *,
		    unsigned int, struct guard_hit *);
/*
 * Is the path beneath something that may be written?  The mounts say the
 * same; this is by name.
 */
int		 guard_inside(const struct guard *, const char *);
/* Is it such a thing itself, in a directory that may not be written? */
int		 guard_is_root(const struct guard *, const char *);
/* Would one more entry of allowWrite open the path?  fresh as above. */
int		 guard_may_learn(const struct guard *, const char *,
		    unsigned int);
/*
 * The same for reading: strictReadGlobs.  Patterns alone; 0 without any.  Of
 * denyRead and allowRead the one that names more of the path decides, at the
 * same depth allowRead (COMPAT 16.3): so a file that denyRead names is only
 * freed by an allowRead of that very file.
 */
int		 guard_read(const struct guard *, const char *,
		    struct guard_hit *);
/* Is there anything for guard_read() to refuse? */
int		 guard_reads(const struct guard *);

/*
 * What nobody is kept from writing, but others execute: 1 if the path is such
 * a thing, unless the command has made the tree; 2 if it is in any case; 0 if
 * it is none.  *end is how much of the path to name.
 */
int		 guard_watched(const struct guard *, const char *, size_t *);

/*
 * Is this path the beginning of a protected name, so that what is put there
 * other than by mkdir(2) would stand in the place of the whole name?  That is
 * ".git", ".claude", ".git/info", ".git/worktrees" and what is in it,
 * ".git/modules" with all beneath, and each directory above a path of the
 * policy that must not be written.  guard_write() lets these names pass: who
 * makes anything but a new directory there, or moves something there, asks
 * here as well.  fresh as above.  0 if it is none, or
 *	GUARD_STEM_TREE	no symbolic link, and no directory that was elsewhere;
 *			a file there does no harm (".git/modules/x/index")
 *	GUARD_STEM_NAME	nor any file (".git" as a file says where the
 *			repository is); nor may one that is there be changed
 *			or removed
 */
enum guard_stem {
	GUARD_STEM_TREE = 1,
	GUARD_STEM_NAME = 2
};
int		 guard_stem(const struct guard *, const char *, unsigned int,
		    struct guard_hit *);
/*
 * What git looks for in a directory of any name: with HEAD, objects and refs,
 * or HEAD and a commondir that says where these are, it is a repository, and
 * what the others in it say is executed.
 */
enum guard_part {
	PART_HEAD = 1,
	PART_OBJECTS = 2,
	PART_REFS = 4,
	PART_COMMONDIR = 8,
	PART_CONFIG = 16,
	PART_CONFIG_WORKTREE = 32,
	PART_HOOKS = 64,
	PART_ATTRIBUTES = 128,		/* info/attributes */
	PART_INFO = 256,
	PART_TEMPLATE = 512		/* harmless, but among the first */
};
struct guard_place {
	enum guard_part	 part;
	unsigned int	 up;	/* components after it: 0 for the last one;
				 * 1 for info/attributes as a whole */
	size_t		 end;	/* of it in the path; 0 to begin with */
	size_t		 dirlen;	/* of the repository, if it is one */
};
/*
 * The next place in the path, from its beginning on, that is such a part: the
 * last component, or "hooks" at any place.  0 if there is none (any more).
 */
int		 guard_place(const struct guard *, const char *,
		    struct guard_place *);
/* Those that may not be made or changed in a repository: a mask. */
unsigned int	 guard_parts(const struct guard *);
/* With these in it, is a directory a repository for git? */
int		 guard_whole(unsigned int);
/* Or with one part more, so that what is in it may not change? */
int		 guard_nearly(unsigned int);
/* The parts by their file's name, and as reports call them. */
#define GUARD_PARTS	9
extern const struct guard_part_name {
	enum guard_part	 part;
	const char	*name;
	const char	*shown;
} guard_part_names[GUARD_PARTS];
#define GUARD_PARTS_SET	\
	(PART_HEAD | PART_OBJECTS | PART_REFS | PART_COMMONDIR)

/*
 * Could an entry of the policy (not a mandatory name) that refuses something
 * match at this path or beneath it?  It counts reading, too: what is to be
 * moved or linked must be asked of guard_read() as well as of guard_write().
 */
int		 guard_beneath(const struct guard *, const char *);

/*
 * May the command connect to a socket of the host whose real path this is,
 * or that it spelled so?  1 if this very path is listed or matches.
 */
int		 guard_unix(const struct guard *, const char *);
/* Does the administrator's policy keep the command from it in any case? */
int		 guard_unix_bounded(const struct guard *, const char *);
/* Could such a socket be at this path or beneath it? */
int		 guard_unix_beneath(const struct guard *, const char *);

#endif /* GUARD_H */
