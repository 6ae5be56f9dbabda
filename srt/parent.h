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
	int		  control_ack;	/* --control-ack, or -1 */
	int		  ask_fd;	/* --ask-fd, or -1 */
	int		  ask;		/* --ask */
	const char	 *learn;	/* --learn, --learn-deny, or NULL */
	int		  learn_deny;
	int		  learns;	/* how many of the two */
	int		  check;	/* how often -n was given */
	int		  quiet;	/* -q */
	const char	**explain;	/* --explain, each */
	size_t		  nexplain;
	int		  machine;	/* --check */
	int		  json;		/* --json, of these two */
	enum log_level	  log_level;	/* -v, -d, SRT_DEBUG */
	char		**words;	/* the command; empty vector: none */
};

/* What the broker holds by name, and the rule that a report gives. */
struct guard_entry {
	TAILQ_ENTRY(guard_entry)	 entry;
	struct guard_entry		*next;	/* in the same slot */
	enum guard_kind			 kind;
	uint32_t			 hash;
	char				*text;	/* a canonical path, a pattern */
	char				*rule;
};

struct listeners;

/* A file that srt writes to by itself, as protect.c has found it. */
struct output {
	const char	*spelt;		/* NULL: there is none */
	char		*path;		/* real; NULL: it leads nowhere */
	int		 error;		/* then: why */
	char		*link;		/* to it, in /proc; or NULL */
};

struct guards {
	TAILQ_HEAD(guard_entries, guard_entry)	 list;
	struct guard_entry		*slot[256];	/* by their hash */
	size_t				 n;
	int				 host_nodes;	/* /dev is the host's */
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
	int			  keeper;	/* it has been started */
	int			  json;		/* --violations, or -1 */
	struct output		  report;	/* likewise, unless "fd:" */
	struct output		  saves;	/* --ask, --learn */
	struct listeners	 *publish;
};

/* ask.c */

/* The id of a question, yes or no, for the whole run or not, and why not. */
typedef void (*ask_answer_fn)(uint32_t, int, int, const char *);
/* Takes over --ask-fd.  -1 after a message if it is of no use. */
int	 ask_open(int);
/*
 * Has answers read from now on.  The seconds are what a question waits; the
 * flag says whether there is a keeper for answers that are to be saved.  The
 * last function, or NULL, is told when the first question is put, before that
 * happens (1), and when the last one has an answer (0).
 */
void	 ask_start(struct event_base *, int, int, ask_answer_fn,
	    void (*)(int));
/* Asks about a host and port, for a process (0: not known) of that name. */
void	 ask_put(uint32_t, const char *, uint16_t, uint64_t, const char *);
/* Nobody is asked any more; what is open gets no answer. */
void	 ask_stop(void);
/*
 * Once the command has gone, and can write over it no more: what was allowed
 * at the terminal.
 */
void	 ask_tell(void);

/* tty.c */

/* Notes where srt is in front, and puts it there again at the end. */
void	 tty_save(void);
void	 tty_restore(void);
/* TERMINAL_PLAIN, or nothing for a terminal that may not know it. */
const char *tty_plain(void);

/* ask_tty.c */

/*
 * Starts a process that asks at the terminal.  Returns a descriptor for
 * ask_open(), or -1 after a message.
 */
int	 ask_tty_start(int);
/* After ask_stop(): waits until that process has ended. */
void	 ask_tty_end(void);

/* audit.c */

/* The file that the settings want the record in; NULL: none. */
const char *audit_path(const struct settings *);
/* Opens what the record goes to.  -1 after a message. */
int	 audit_open(const struct settings *);
/* Is there a record, does the run depend on it? */
int	 audit_on(void);
int	 audit_required(void);
/* May srt-monitor want audit_reopen()? */
int	 audit_dials(void);
/* Hands the monitor all that, and what the first record holds. */
void	 audit_send(struct ipc_peer *, const struct policy *);
/* New settings. */
void	 audit_update(struct ipc_peer *, const struct settings *);
/* Connects to the daemon anew. */
void	 audit_reopen(struct ipc_peer *);

/* control.c */

/*
 * Takes over --control-fd, and --control-ack where it is not -1: checks that
 * they can be used.  Returns -1 after a message where they cannot.
 */
int	 control_open(int, int);
/*
 * Reads updates from now on.  update() gets the settings of each valid line,
 * which are freed afterwards; lost() is called if the channel breaks before
 * it brought one.
 */
void	 control_start(struct event_base *, void (*)(const struct settings *),
	    void (*)(void));
/* An update is in force. */
void	 control_applied(void);

/* explain.c */

/* --explain: the exit status. */
int	 explain(const struct options *, const struct policy *);

/* check.c */

/* What runs a command: the exit status. */
typedef int (*check_run_fn)(const struct options *, struct policy *);
/* --check, under this policy: the exit status. */
int	 check_machine(const struct options *, struct policy *, check_run_fn);

/* dial.c */

/* Connects to a Unix socket of that type, or fails: -1 with errno. */
int	 dial_unix(const char *, int);

/* backend_*.c: is there anybody here who can hold a command? */
int	 backend_there(void);
/* Says which of the settings nobody would enforce, and returns -1. */
int	 backend_check(const struct settings *);

/* bare.c: mode "landlock" */

/* Makes the policy one without namespaces, if so; -1 after a message. */
int	 bare_policy(const struct options *, struct policy *);

/* env.c */

/* Where the command finds the proxy. */
struct front {
	uint16_t	 http_port;	/* on localhost */
	uint16_t	 socks_port;
	const char	*http_token;	/* what it demands; NULL: nothing */
	const char	*socks_token;
	const char	*tmpdir;	/* unless the caller says where */
};

/* The command's environment (COMPAT 15): a fresh vector. */
char	**env_new(char *const *, const struct settings *,
	    const struct front *);

/* front_inside.c, front_local.c: one of the two is linked */

/*
 * Makes what the command finds the proxy by, for a command of that text; NULL
 * after a message.  On Linux the listeners are made in its own network; where
 * it has none they are the host's, and demand the token of the run.
 */
const struct front *front_open(const struct settings *, const char *);
/* What this system enforces by name is so whatever the settings say. */
void	 front_settings(struct settings *);
/* Tells the roles of it, each before the end of its configuration. */
void	 front_send_proxy(struct ipc_peer *);
void	 front_send_exec(struct ipc_peer *, const struct settings *);
void	 front_send_monitor(struct ipc_peer *);

/* keeper.c */

/* Called for each keeper_save(): NULL, or why nothing was saved. */
typedef void (*keeper_fn)(const char *);
/*
 * Starts the process that writes to this settings file, which need not be
 * there; in place if others can write to its directory.  -1 after a message.
 */
int	 keeper_start(const struct output *, int);
void	 keeper_open(struct event_base *, keeper_fn);
/* An entry for the list of a dotted key. */
void	 keeper_add(const char *, const char *);
void	 keeper_save(void);
/* After the event loop: waits until all that was to be saved is, or is not. */
void	 keeper_finish(void);
/*
 * Before the start: what a file that is not there yet begins with; NULL: with
 * the least.  It is written even if nothing is added.
 */
void	 keeper_base(char *, size_t);

/* learn.c */

struct own_file;

/*
 * Makes the file of --learn the settings of the run if it is there.  -1 after
 * a message.
 */
int	 learn_settings(struct options *);
/* Opens the policy as far as --learn does, and keeps what it needs of it. */
void	 learn_policy(const struct options *, const struct settings *,
	    const struct own_file *, size_t, struct policy *);
/*
 * What a new file begins with: the text of the settings of this run, which is
 * learn.c's then; with the least that is valid for NULL.
 */
void	 learn_base(char *, size_t);
/* The rest.  -1 after a message. */
int	 learn_start(void);
int	 learn_on(void);
/* Its RULESET_* flags. */
uint32_t learn_rules(void);
/* A fresh descriptor for what is recorded; -1: nothing is. */
int	 learn_output(void);
/* It is all there but for so many events: has the settings written. */
void	 learn_finish(uint64_t);
/* They have been, or why not: the summary.  Returns srt's exit status. */
int	 learn_end(int, const char *);
/* The record did not come: the same. */
int	 learn_cut(int);

/* lines.c */

#define LINES_IN	1
#define LINES_OUT	2

struct lines;

struct lines_sink {
	/* A line without its end; NULL: one that was too long. */
	void	 (*line)(void *, char *, size_t);
	/* No more will come: NULL at the end, else what went wrong. */
	void	 (*end)(void *, const char *);
};

/*
 * Takes a copy of a descriptor, to read from it, to write to it (mask) or
 * both.  NULL with errno if it cannot be used so.
 */
struct lines *lines_open(int, int);
/*
 * Has lines of so many bytes at most read from now on, by the event loop.
 * Without a sink nothing is read.
 */
void	 lines_start(struct lines *, struct event_base *, size_t,
	    const struct lines_sink *, void *);
/* None are read (1) until they are again (0). */
void	 lines_pause(struct lines *, int);
/* Writes or queues.  -1 with errno: it cannot be written to any more. */
int	 lines_write(struct lines *, const char *, size_t);
/* May be called from within the sink.  NULL is fine. */
void	 lines_close(struct lines *);

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
	int	  last;		/* behind the last one there was nothing */
};

/*
 * Takes ".", "..", empty components and trailing slashes out of a path by its
 * text alone, and makes it absolute.  Fresh.
 */
char	*path_fold(const char *);
/* The directory of a real path, "/" of itself.  Fresh. */
char	*path_above(const char *);
/*
 * Follows an absolute path, with every link.  Returns -1 with errno where it
 * leads nowhere; the result is then the last directory that could be looked
 * at.  Trailing slashes mean nothing.  To be freed in any case.
 */
int	 path_follow(const char *, struct followed *);
void	 followed_free(struct followed *);
/* Until it is switched off, a directory is not walked to twice in a row. */
void	 path_follow_known(int);

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
	struct output	*output;	/* if srt writes to it by itself */
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
	struct bounds		*bounds; /* the administrator's, or NULL */
	size_t			 nmatches;
};

/* An entry that is being resolved. */
struct path_entry {
	const char		*text;	/* as the settings have it */
	char			*name;	/* for messages */
	char			*rule;	/* for reports */
	const char		*file;	/* where it stands */
	unsigned int		 line;
};

struct readings;

/* Is the path the directory itself or something in it? */
int	 path_beneath(const char *, const char *);
/* Adds a path of that kind and its rule; of the mode only the type counts. */
void	 paths_add(struct fs_paths *, enum fs_kind, const char *, mode_t,
	    const char *);
/* Is there one of that kind that is this path? */
int	 paths_has(const struct fs_paths *, enum fs_kind, const char *);

/*
 * An entry of the key, by its index, and its readings.  -1 after a message,
 * with nothing to be freed, if it has none.
 */
int	 entry_init(struct path_entry *, struct readings *,
	    const struct resolver *, const char *, size_t,
	    const struct stritem *);
void	 entry_free(struct path_entry *);

/* matches.c, within paths_resolve() */

struct walk;
/* Notes a pattern beneath a directory; -1 after a message. */
int	 matches_later(struct walk *, const struct path_entry *, const char *,
	    const char *);
/* Looks for all of them; -1 after a message. */
int	 matches_find(struct resolver *);
/* Holds the links that were followed, where the command could change them. */
void	 matches_hold(const struct resolver *);

/* guards.c, within paths_resolve() */

/* Adds an entry; of equal ones the first stays. */
void	 guards_add(struct guards *, enum guard_kind, const char *,
	    const char *);
/* GUARD_NOREAD_GLOB of a path. */
void	 guards_noread(struct guards *, const char *, const char *);
/* Is it, or would it be, where names that differ in case are the same? */
int	 path_folds(const char *);
/* casefold_*.c: see path_follow_known() */
void	 path_folds_known(int);
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

/*
 * again_*.c: after paths_resolve(), holds what is denied or protected at the
 * other places where it is mounted.  -1 after a message.
 */
int	 paths_again(struct fs_paths *, struct guards *);
/* Are there nodes of terminals elsewhere than in /dev?  1 if in doubt. */
int	 terminals_again(void);

/* bounds.c, within paths_resolve() */

enum bounded {
	BOUNDED_OUT,		/* nothing of it may be opened */
	BOUNDED_PART,
	BOUNDED_WHOLE
};

/*
 * What the administrator's policy says of paths; NULL where there is none.
 * -1 after a message.
 */
int	 bounds_new(const struct resolver *, struct bounds **);
void	 bounds_free(struct bounds *);
/* May a user's entry open the real path, to be FS_WRITE or FS_READ? */
enum bounded bounds_path(const struct bounds *, enum fs_kind, const char *);
/*
 * Calls the function for every path of the policy's beneath one that it
 * bounds in part, with the rule.  1 if there are patterns as well, so that
 * only the broker can tell what is open; else what the function returns if
 * that is not 0.
 */
int	 bounds_parts(const struct bounds *, enum fs_kind, const char *,
	    int (*)(void *, const char *, const char *), void *);
/* May patterns of a user's open what other patterns deny, in later files? */
int	 bounds_patterns(const struct bounds *);
/* May a user's entry name a socket, or with a tail a pattern of such? */
int	 bounds_socket(const struct bounds *, const char *, const char *);
/*
 * Says that an entry for FS_WRITE, FS_READ or (FS_KIND_MAX) sockets counts
 * in part or not at all.
 */
void	 bounds_say(const struct bounds *, enum fs_kind,
	    const struct path_entry *, const char *, int);

/* output.c */

/*
 * What an absolute path leads to that is spelt so, as path_follow() has found
 * it, with its errno or 0.
 */
void	 output_init(struct output *, const char *, const struct followed *,
	    int);
/* The name in its directory, once output_dir() has opened that. */
const char *output_name(const struct output *);
/*
 * Opens its directory, for names in it alone.  -1 with errno, also where a
 * link is on the way by now.
 */
int	 output_dir(const struct output *);
/* Opens it with these flags, likewise; O_CREAT makes it for the user alone. */
int	 output_open(const struct output *, int);
/* Words for the errno of these two. */
const char *output_why(const struct output *);

/* protect.c, within paths_resolve() */

/* The mandatory names at the top of the write roots and in cwd. */
void	 protect_roots(const struct resolver *);
/* Those of a directory that is none, for a run with --learn. */
void	 protect_directory(const struct settings *, const char *, const char *,
	    struct fs_paths *, struct guards *);
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

/* What is done with what a walk finds. */
struct walk_sink {
	/*
	 * The name and the rule of a pattern, and a real path that matches
	 * it or that cannot be looked into; 1 if a symbolic link led there,
	 * so that the path itself may match nothing.  -1 ends the walk.
	 */
	int	 (*found)(void *, const char *, const char *, const char *,
		    mode_t, int);
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

/* publish.c */

/* Listeners of network.publishPorts. */
#define PUBLISH_MAX	32
struct listeners {
	struct {
		int		 fd;
		uint16_t	 port;		/* of the host */
		uint16_t	 inner;
	}	 v[PUBLISH_MAX];
	size_t	 n;
};
/* Opens them all.  Returns -1 after a message where one cannot be had. */
int	 publish_open(const struct settings *, struct listeners *);

/* route.c */

/* NULL, or what is wrong with what leads out. */
const char *route_check(const struct settings *);
/*
 * Takes what the proxies of the settings need from the environment, and warns
 * of those that decide in srt's place.  The flag says that mitmProxy may be
 * named later.  -1 after a message.
 */
int	 route_open(const struct settings *, int);
void	 route_send(struct ipc_peer *);
/* Does another proxy decide, as of the start? */
int	 route_external(void);
/* New settings: mitmProxy may be another. */
void	 route_update(const struct settings *);
/* May srt-proxy want route_dial()? */
int	 route_dials(void);
/* Connects to mitmProxy for srt-proxy. */
void	 route_dial(struct ipc_peer *, uint32_t);

/* rules.c */

/* RULESET_* of the settings; the flag: does another proxy decide? */
uint32_t rules_flags(const struct settings *, int);
/* Calls the function for each of their rules: index, entry, reason or NULL. */
void	 rules_each(const struct settings *, void (*)(void *, enum rule_list,
	    size_t, const char *, const char *), void *);

/* run.c */

/* Starts srt-exec, which waits for its configuration; the others can be. */
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
const char *send_check(const struct settings *);
void	 send_exec(struct ipc_peer *, const struct policy *);
/* The listeners, which are the proxy's from then on. */
void	 send_published(struct ipc_peer *, struct listeners *);
void	 send_monitor(struct ipc_peer *, const struct policy *, int, int);
/* A whole new set of ignoreViolations. */
void	 send_ignores(struct ipc_peer *, const struct settings *);
/*
 * A whole set of rules, CFG_END included; again for a live change.  The flag
 * says whether somebody can be asked about what they leave open.
 */
void	 send_rules(struct ipc_peer *, const struct settings *, int);

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
