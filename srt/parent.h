/* SPDX-License-Identifier: ISC */
#ifndef PARENT_H
#define PARENT_H

/*
 * The parent's own files, beside the settings (srt.h), which stand alone.
 */

#include <sys/types.h>

#include "ipc.h"
#include "log.h"
#include "policy.h"
#include "proc.h"
#include "rule.h"
#include "srt.h"

/* What the command line asked for. */
struct options {
	const char	 *settings;	/* -s, NULL: the default file */
	const char	 *string;	/* -c, or NULL */
	const char	 *shell;	/* --shell, or NULL */
	const char	 *violations;	/* --violations, or NULL */
	int		  control_fd;	/* --control-fd, or -1 */
	int		  check;	/* how often -n was given */
	int		  quiet;	/* -q */
	enum log_level	  log_level;	/* -v, -d, SRT_DEBUG */
	char		**words;	/* the command; empty vector: none */
};

/* What the broker holds by name, and the rule that a report gives. */
struct guard_entry {
	TAILQ_ENTRY(guard_entry)	 entry;
	enum guard_kind			 kind;
	uint32_t			 hash;
	char				*text;	/* a canonical path, a pattern */
	char				*rule;
};

struct guards {
	TAILQ_HEAD(, guard_entry)	 list;
	size_t				 n;
};

/* The policy as the roles get it. */
struct policy {
	const struct settings	 *settings;
	struct fs_paths		  paths;
	struct guards		  guards;
	uint32_t		  flags;	/* enum exec_flag */
	char			 *cwd;
	char			**argv;
	char			**env;
	char			 *text;		/* the command as one line */
};

/* control.c */

/*
 * Takes over --control-fd: checks that it can be read.  Returns -1 after a
 * message where it cannot.
 */
int	 control_open(int);
/*
 * Reads updates from now on.  update() gets the settings of each valid line,
 * which are freed afterwards; lost() is called if the channel breaks before
 * it brought one.
 */
void	 control_start(struct event_base *, void (*)(const struct settings *),
	    void (*)(void));

/* env.c */

/* The command's environment (COMPAT 15): a fresh vector. */
char	**env_new(char *const *, const struct settings *);

/* options.c */

/*
 * Parses the command line.  Where that is all there is to do, as for --help
 * or after a mistake, it prints and exits.
 */
void	 options_parse(int, char *[], struct options *);

/* follow.c */

/* Where a path leads. */
struct followed {
	char	 *path;		/* real; fresh */
	char	 *meant;	/* likewise, with what is not there */
	mode_t	  mode;		/* what is there */
	int	  foreign;	/* a link on the way is not surely root's */
	char	**links;	/* the links on the way, by their real paths */
	size_t	  nlinks;
};

/*
 * Takes ".", "..", empty components and trailing slashes out of a path by its
 * text alone, and makes it absolute.  Fresh.
 */
char	*path_fold(const char *);
/*
 * Follows an absolute path, with every link.  Returns -1 with errno where it
 * leads nowhere; the result is then the last directory that could be looked
 * at.  Trailing slashes mean nothing.  To be freed in any case.
 */
int	 path_follow(const char *, struct followed *);
void	 followed_free(struct followed *);

/* guards.c */

void	 guards_init(struct guards *);
void	 guards_free(struct guards *);
/* "no-write", ...: for the eye. */
const char *guard_kind_name(enum guard_kind);
/* Is there one of this kind? */
int	 guards_have(const struct guards *, enum guard_kind);

/* paths.c */

/* A file of srt's own: never writable. */
struct own_file {
	const char	*path;
	const char	*rule;		/* "srt's settings" */
	int		 written;	/* srt writes to it by itself */
};

/*
 * Looks at the path entries of the settings and fills in what exists, in
 * canonical form, with the default write paths, the mandatory names and the
 * given settings and report files protected; and what the broker is to hold
 * by name.  What is skipped is said in the log.  Returns -1 after a message
 * where the start must be refused.
 */
int	 paths_resolve(const struct settings *, const char *,
	    const struct own_file *, size_t, struct fs_paths *,
	    struct guards *);
void	 paths_free(struct fs_paths *);

/*
 * What the files below share while a policy is made.
 */
struct resolver {
	const struct settings	*set;
	const char		*cwd;
	const char		*home;	/* or NULL */
	struct fs_paths		*paths;
	struct guards		*guards;
	struct walk		*deny;	/* patterns of denyRead */
	struct walk		*allow;	/* of allowRead */
	struct fs_paths		*roots;	/* for patterns of allowWrite alone */
	struct guards		*links;	/* that patterns of denyRead followed */
	size_t			 nmatches;
};

/* An entry that is being resolved. */
struct path_entry {
	const char		*text;	/* as the settings have it */
	char			*name;	/* for messages */
	char			*rule;	/* for reports */
};

struct readings;

/* Is the path the directory itself or something in it? */
int	 path_beneath(const char *, const char *);
/* Adds a path of that kind; of the mode only the type counts. */
void	 paths_add(struct fs_paths *, enum fs_kind, const char *, mode_t);

/*
 * An entry of the key, by its index, and its readings.  -1 after a message,
 * with nothing to be freed, if it has none.
 */
int	 entry_init(struct path_entry *, struct readings *,
	    const struct resolver *, const char *, size_t,
	    const struct stritem *);
void	 entry_free(struct path_entry *);

/* guards.c, within paths_resolve() */

/* Adds an entry; of equal ones the first stays. */
void	 guards_add(struct guards *, enum guard_kind, const char *,
	    const char *);
/*
 * A path as it was followed: what it leads to or would lead to, as it is
 * spelled, and the links on the way, which nothing may take the place of.
 */
void	 guards_hold(struct guards *, const char *, const struct followed *,
	    const char *);
/* The links alone. */
void	 guards_hold_links(struct guards *, const struct followed *,
	    const char *);
/* A pattern beneath a directory; -1 after a message if it is none. */
int	 guards_pattern(struct guards *, enum guard_kind, const char *,
	    const char *, const struct path_entry *);
/* allowUnixSockets; -1 after a message. */
int	 guards_sockets(const struct resolver *);

/* protect.c, within paths_resolve() */

/* The mandatory names at the top of the write roots and in cwd. */
void	 protect_roots(const struct resolver *);
/* What srt itself reads, writes and executes. */
/* -1 after a message where the start must be refused. */
int	 protect_own(const struct resolver *, const struct own_file *, size_t);

/* reading.c */

/*
 * What an entry may mean (COMPAT 16.4): a path, or a pattern beneath a
 * directory.
 */
struct reading {
	char	*path;		/* absolute, as spelled */
	char	*tail;		/* the pattern beneath it; NULL: the path */
};

struct readings {
	struct reading	*v;
	size_t		 n;
};

/*
 * All readings of an entry: first the pattern, if it is one, then those in
 * which characters of a pattern stand for themselves, because there are files
 * of such names.  Returns NULL or, with nothing to be freed, what is wrong.
 */
const char *readings_new(struct readings *, const struct stritem *,
	    const char *, const char *);
void	 readings_free(struct readings *);
/* The pattern for a tail beneath a directory, which stands for itself. */
char	*reading_pattern(const char *, const char *);

/* walk.c */

struct walk;

/* What is done with what a walk finds. */
struct walk_sink {
	/*
	 * The name of a pattern, and a real path that matches it or that
	 * cannot be looked into.  -1 ends the walk.
	 */
	int	 (*found)(void *, const char *, const char *, mode_t);
	/* The rule of a pattern, and a link that led to something found. */
	void	 (*link)(void *, const char *, const char *);
	/* May there be something to find beneath what matches? */
	int	 (*wanted)(void *, const char *);
};

/* The flag says whether symbolic links are followed: for denies. */
struct walk *walk_new(int);
void	 walk_free(struct walk *);
/*
 * Adds a pattern beneath an existing real directory, its name for messages
 * and its rule for reports.  -1 with errno as of pattern_new().
 */
int	 walk_add(struct walk *, const char *, const char *, const char *,
	    const char *);
/* Could something beneath the directory match? */
int	 walk_touches(const struct walk *, const char *);
/*
 * Looks for what matches, in one walk for all patterns of a tree.  -1 after a
 * message, or as found() says.
 */
int	 walk_run(struct walk *, const struct walk_sink *, void *);

/* run.c */

/* Starts the three roles; they wait for their configuration. */
void	 run_start(void);
/* Ends them when nothing else was done. */
void	 run_abort(void);
/*
 * Runs the command; returns the exit status.  block and json are descriptors
 * for the report, or -1.
 */
int	 run(const struct options *, const struct policy *, int, int);

/* send.c */

/* Do the roles take so much?  -1 after a message. */
int	 send_check(const struct settings *);
void	 send_exec(struct ipc_peer *, const struct policy *);
void	 send_monitor(struct ipc_peer *, const struct policy *, int, int);
/* A whole new set of ignoreViolations. */
void	 send_ignores(struct ipc_peer *, const struct settings *);
/* A whole set of rules, CFG_END included; again for a live change. */
void	 send_rules(struct ipc_peer *, const struct settings *);

/* signals.c */

/* First of all: sets up what srt needs of its own. */
void	 signals_init(void);
/* Signals that were ignored when srt was started: bit n-1 for signal n. */
uint64_t signals_ignored(void);
/* A signal that srt got on the command's behalf. */
struct signal_note {
	int		 signo;
	int		 terminal;	/* sent to the whole process group */
	pid_t		 sender;	/* 0: the kernel */
	uint64_t	 when;		/* CLOCK_MONOTONIC, nanoseconds */
};
/* Calls the function from the event loop for every such signal. */
void	 signals_start(struct event_base *,
	    void (*)(const struct signal_note *));

/* words.c */

/*
 * What to execute: the words as they are, or a shell with one string.
 * Returns a fresh vector, and the command as one line of text, likewise
 * fresh; or NULL after a message.
 */
char	**words_command(const struct options *, char **);
/* The vector as one line as a shell would read it; fresh. */
char	*words_text(char *const *);

#endif /* PARENT_H */
