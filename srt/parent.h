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

/* The policy as the roles get it. */
struct policy {
	const struct settings	 *settings;
	struct fs_paths		  paths;
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

/* paths.c */

/*
 * Looks at the path entries of the settings and fills in what exists, in
 * canonical form, with the default write paths, the mandatory names and the
 * given settings and report files protected.  What is skipped is said in the
 * log.  Returns -1 after a message where the start must be refused.
 */
int	 paths_resolve(const struct settings *, const char *, const char *const *,
	    size_t, struct fs_paths *);
void	 paths_free(struct fs_paths *);

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
