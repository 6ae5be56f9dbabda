/* SPDX-License-Identifier: ISC */
#ifndef SRT_H
#define SRT_H

/*
 * The parent: what its files share.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compat.h"

/*
 * What is wrong with a settings file.  The kinds exclude each other in this
 * order when they are reported: a text that is no JSON has no keys to
 * complain about, and what is not enforced yet matters once the rest is
 * right.
 */
enum fault_kind {
	FAULT_EMPTY,		/* nothing but white space */
	FAULT_JSON,		/* not JSON; one only */
	FAULT_SHAPE,		/* a type is wrong or a key missing */
	FAULT_VALUE,		/* the type is right, the value is not */
	FAULT_UNBUILT,		/* right, but not enforced yet */
	FAULT_WARNING,		/* accepted, and probably not meant */
	FAULT_NOTE,		/* accepted, and without effect here */
	FAULT_KIND_MAX
};

struct json;

struct fault {
	TAILQ_ENTRY(fault)	 entry;
	enum fault_kind		 kind;
	const char		*file;	/* NULL: the one that is reported */
	unsigned int		 line;	/* from 1; 0: of the whole file */
	unsigned int		 col;	/* from 1, in characters */
	char			*path;	/* dotted, or NULL */
	char			*text;
};
TAILQ_HEAD(faults, fault);

/* Keeps the first FAULTS_MAX of each kind and counts all. */
#define FAULTS_MAX	100

struct errors {
	struct faults	 list;
	size_t		 count[FAULT_KIND_MAX];
	const char	*file;	/* what is being read; kept, not copied */
	unsigned int	 first;	/* the number of its first line; 0: 1 */
};

/* The limits of the text. */
#define JSON_SIZE_MAX	(16 * 1024 * 1024)
#define JSON_DEPTH_MAX	64
#define JSON_NODES_MAX	(256 * 1024)

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

TAILQ_HEAD(json_list, json);

/* A value, and where its first character stands. */
struct json {
	TAILQ_ENTRY(json)	 entry;
	enum json_type		 type;
	const char		*file;	/* NULL: built in */
	unsigned int		 line;
	unsigned int		 col;
	char			*key;	/* of a member of an object */
	unsigned int		 keyline;
	unsigned int		 keycol;
	int			 boolean;
	double			 number;
	char			*string; /* UTF-8, never with a NUL inside */
	struct json_list	 list;	/* elements or members, in order */
	size_t			 nlist;
};

/* One string of a list, as written in the file. */
struct stritem {
	char		*text;
	const char	*file;	/* where it stands; NULL: built in */
	unsigned int	 line;
	unsigned int	 col;
	int		 literal;	/* of {"path": ..., "literal": true} */
};

struct strlist {
	size_t		 n;
	struct stritem	*v;
};

struct strmapitem {
	char		*key;
	struct strlist	 values;
};

struct strmap {
	size_t			 n;
	struct strmapitem	*v;
};

/* Where an effective value comes from. */
struct origin {
	const char	*file;	/* NULL: built in */
	unsigned int	 line;
};

/*
 * The effective settings.  Entries stay as written, but for a path that ends
 * in slash and two asterisks, which is the directory itself and is kept as
 * such.
 */
struct settings {
	char		*name;		/* of the file; NULL: the defaults */
	struct strlist	 allowed_domains;
	struct strlist	 denied_domains;
	struct strmap	 denied_reasons;	/* one value each */
	int		 strict_allowlist;
	struct strlist	 denied_addresses;
	struct strlist	 unix_sockets;
	int		 all_unix_sockets;
	int		 sni_mismatch;
	int		 local_binding;
	struct strlist	 mach_lookup;	/* these four are for macOS */
	int		 weaker_network;
	int		 apple_events;
	int		 pty;
	int		 http_port;	/* 0: none */
	int		 socks_port;
	char		*mitm_socket;	/* NULL: none */
	struct strlist	 mitm_domains;
	int		 parent_proxy;	/* is there such an object? */
	int		 parent_from_env;
	char		*parent_http;
	char		*parent_https;
	char		*parent_no;
	int		 cut_withdrawn;
	struct strlist	 publish_ports;
	int		 ask_timeout;	/* seconds */
	int		 fs_disabled;
	struct strlist	 deny_read;
	struct strlist	 allow_read;
	struct strlist	 allow_write;
	struct strlist	 deny_write;
	int		 git_config;
	int		 strict_reads;
	int		 absent_reads;	/* no key: see front_settings() */
	const char	*tmpdir;	/* likewise: NULL, or may be written */
	int		 profile;	/* likewise: the kernel has it all by name */
	struct strmap	 ignore_violations;
	char		*mode;		/* NULL, "namespaces", "landlock" */
	int		 weaker_nested;
	int		 nested_userns;
	struct strlist	 git_safe;
	int		 env_clear;
	struct strlist	 env_keep;	/* patterns of names */
	struct strlist	 env_unset;
	struct strmap	 env_set;	/* one value each */
	int64_t		 limit_memory;	/* bytes; 0: none, as of all limits */
	int64_t		 limit_pids;
	int64_t		 limit_cpu;	/* seconds */
	int64_t		 limit_wall;	/* seconds */
	int64_t		 limit_fsize;	/* bytes */
	int64_t		 limit_files;
	char		*audit;		/* "none", "syslog", "file" */
	char		*audit_file;
	int		 require_audit;
	struct origin	*origin;	/* by row of the table */
	struct settings	*ceiling;	/* the administrator's; NULL: none */
};

/* Do they ask for mode "landlock"? */
static inline int
settings_bare(const struct settings *set)
{
	return set->mode != NULL && strcmp(set->mode, "landlock") == 0;
}

enum setting_type {
	SETTING_BOOL,
	SETTING_INT,		/* an int */
	SETTING_COUNT,		/* likewise, of 64 bits */
	SETTING_SIZE,		/* likewise, also as "200M" */
	SETTING_STRING,
	SETTING_ENUM,
	SETTING_STRINGS,
	SETTING_PATHS,		/* strings and {path, literal} */
	SETTING_PORTS,		/* strings and numbers of ports */
	SETTING_STRMAP,		/* object of strings */
	SETTING_LISTMAP,	/* object of lists of strings */
	SETTING_OBJECT,		/* its members are rows of their own */
	SETTING_OBJECTS,	/* list of such */
	SETTING_OVERLAYS,	/* object of settings, each in parts */
	SETTING_FOREIGN,	/* object of another program's */
	SETTING_NEVER		/* no value is valid */
};

/* What becomes of a value other than the default. */
enum setting_state {
	SETTING_ENFORCED,
	SETTING_NOEFFECT,	/* accepted: there is nothing to enforce */
	SETTING_UNBUILT		/* the start is refused */
};

enum setting_flag {
	SETTING_REQUIRED = 1,
	SETTING_LIVE = 2,	/* --control-fd can change it */
	SETTING_LINUX = 4,
	SETTING_MACOS = 8,
	SETTING_NONEMPTY = 16,	/* a list of at least one element */
	SETTING_PRESENCE = 32,	/* even the empty object means something */
	SETTING_WIDENS = 64,	/* true, or one entry more, allows more */
	SETTING_NARROWS = 128,	/* true, or one entry more, allows less */
	SETTING_ADMIN = 256,	/* in the administrator's files alone */
	SETTING_USER = 512,	/* in a user's file alone */
	SETTING_BASE = 1024,	/* in no settings of a single command */
	SETTING_WHOLE = 2048	/* an object that is taken as one */
};
#define SETTING_BOTH	(SETTING_LINUX | SETTING_MACOS)

/* Returns what is wrong with a string, or NULL; good until the next call. */
typedef const char *setting_check(const char *);

/*
 * One key.  The name holds every object that leads to it, elements of lists
 * of objects without their index.
 */
struct setting {
	const char		*name;
	enum setting_type	 type;
	enum setting_state	 state;
	unsigned int		 flags;	/* mask of enum setting_flag */
	size_t			 field;	/* in struct settings; 0: not kept */
	setting_check		*check;	/* of a string or of each element */
	setting_check		*keycheck; /* of the keys of a map */
	const char *const	*choices; /* of an enum, NULL at the end */
	long			 min;	/* of an integer */
	const char		*low;	/* what less than that is; or NULL */
	long			 max;
	const char		*deflt;	/* in JSON; NULL: absent */
	const char		*text;	/* one sentence */
};

/* errors.c */
void	 errors_init(struct errors *);
void	 errors_free(struct errors *);
/* Takes a copy of the dotted path, which may be NULL. */
void	 errors_add(struct errors *, enum fault_kind, unsigned int,
	    unsigned int, const char *, const char *, ...)
	    __attribute__((__format__(printf, 6, 7)));
/* The same for the place of a value, and for that of its key. */
void	 errors_at(struct errors *, enum fault_kind, const struct json *,
	    const char *, const char *, ...)
	    __attribute__((__format__(printf, 5, 6)));
void	 errors_at_key(struct errors *, enum fault_kind, const struct json *,
	    const char *, const char *, ...)
	    __attribute__((__format__(printf, 5, 6)));
/* Is there one that forbids the start? */
int	 errors_fatal(const struct errors *);
/*
 * Writes the errors that forbid the start as lines to standard error, and
 * hands warnings and notes to the log.  The name is the file's.
 */
void	 errors_report(const struct errors *, const char *);
/* The same without the words about a start. */
void	 errors_explain(const struct errors *, const char *);
/* The same for a file that cannot be read, with the name of the errno. */
void	 errors_unreadable(const char *, const char *);
/* Nothing in it that a terminal acts on; fresh. */
char	*errors_escape(const char *);
/* Writes a line to standard error, escaped but for its last newline. */
void	 errors_write(const char *, ...)
	    __attribute__((__format__(printf, 1, 2)));

/* json.c */
/*
 * Parses a whole text.  On failure adds one FAULT_EMPTY or FAULT_JSON and
 * returns NULL.  Of members of one name the last one stays, with a warning.
 */
struct json *json_parse(const char *, size_t, struct errors *);
void	 json_free(struct json *);
/* The member of an object, or NULL; NULL also if it is no object. */
struct json *json_get(const struct json *, const char *);
/* The same for a dotted path of members. */
struct json *json_find(const struct json *, const char *);
/* A fresh value that stands where another does; NULL: built in. */
struct json *json_new(enum json_type, const struct json *);
struct json *json_copy(const struct json *);
/* These take over the new element or member, and free what it replaces. */
void	 json_append(struct json *, struct json *);
void	 json_put(struct json *, const char *, struct json *);
/* Takes an element or member out and frees it. */
void	 json_remove(struct json *, struct json *);
/*
 * The object that the last name of a dotted path is a member of: those on the
 * way that are missing are made.
 */
struct json *json_make(struct json *, const char *, const struct json *);
int	 json_same(const struct json *, const struct json *);
/* "string", "array", ... as in the messages. */
const char *json_typename(const struct json *);

/* settings.c */
/*
 * Reads the administrator's policy, which holds for all settings that are
 * read from then on.  Returns -1 after a message where the start must be
 * refused.
 */
int	 settings_policy(void);
/*
 * Reads the settings file; NULL: there is none, and the defaults count.  The
 * second argument tells one that was asked for
 * by name, which must exist, from the default one, which need not.  Returns
 * -1 when the start must be refused; the reason has then been written to
 * standard error.  The text and its length are the caller's: NULL if there is
 * no file.
 */
int	 settings_load(const char *, int, struct settings **, char **,
	    size_t *);
/*
 * The same for a text in memory, silently: -1 and the errors, or 0 with the
 * settings and perhaps warnings.
 */
int	 settings_parse(const char *, const char *, size_t, struct settings **,
	    struct errors *);
/* All that can be read, fresh, up to JSON_SIZE_MAX; -1 with errno. */
int	 settings_read_all(int, char **, size_t *);
/* The same name in storage that stays. */
const char *settings_file(const char *);
struct settings *settings_default(void);
void	 settings_free(struct settings *);
/* What "~" stands for; NULL: there is none. */
const char *home_dir(void);
/* The same, whatever HOME says. */
const char *account_home(void);
/* ~/.srt-settings.json in static storage; NULL: there is no home. */
const char *settings_default_path(void);
/*
 * The words of the command, for which "commands" may hold settings, before
 * they are read: NULL for a string that a shell gets.
 */
void	 settings_command(char *const *);
/*
 * Does the administrator's policy name the key?  Good for its ceiling as for
 * any settings: was the value written somewhere?
 */
int	 settings_names(const struct settings *, const char *);
/* The entry's deniedDomainReasons, or NULL. */
const char *settings_reason(const struct settings *, const char *);

/* settings_admin.c */
/*
 * Reads policy.json and policy.d of a directory, which must be root's alone.
 * What is not there is no policy.  Returns -1 after a message.
 */
int	 admin_load(const char *);
/*
 * Puts a text above those before it, as if root had written it: the name is
 * for messages.  Returns -1 after a message.
 */
int	 admin_add(const char *, const char *, size_t);
/*
 * What concerns more than one key, of all texts together; the name is for
 * messages.  Returns -1 after a message.
 */
int	 admin_check(const char *);
/* Is it one of these files? */
int	 admin_is_file(const char *);
/*
 * Puts the policy above a user's settings, whose shape is sound, and
 * complains about what they must not hold.  Returns what bounds them, fresh;
 * NULL: nothing does.
 */
struct settings *admin_apply(struct json *, struct errors *);
/* Forgets it, for tests. */
void	 admin_forget(void);

/* settings_ceiling.c */
/*
 * Takes from a user's settings what the ceiling shuts out and can be told
 * from the text, with a warning for each.
 */
void	 ceiling_apply(struct json *, const struct json *, struct errors *);

/* settings_layer.c */
/*
 * Puts the settings of the commands that the words begin with above those
 * that hold them, and complains about any that allow more than they may.
 */
void	 layer_commands(struct json *, char *const *, struct errors *);
/* Puts one text above another: lists grow, values are replaced. */
void	 layer_merge(struct json *, const struct json *);

/* settings_check.c */
/* The rules between keys, for a text whose shape is sound. */
void	 settings_check(const struct json *, struct errors *);
/* What srt does not enforce yet, and what has no effect here. */
void	 settings_check_built(const struct json *, struct errors *);

/* settings_override.c */
/*
 * Puts the policy above a user's settings, whose shape is sound.  -1: they
 * hold what they must not.  The policy gets the empty lists that its locks
 * amount to.
 */
int	 override_apply(struct json *, struct json *, struct errors *);

/* settings_edit.c */
/*
 * Adds an entry to the list of that dotted key in the text of a settings
 * file (NULL: there is none yet), and changes nothing else; nothing at all if
 * it is there.  Without a key the text stays as it is.  Returns the new text
 * and its length, or NULL if the text is not fit for that.
 */
char	*settings_edit(const char *, size_t, const char *, const char *,
	    size_t *);

/* settings_dump.c */
/* Prints settings as JSON that loads again; -1 if the stream failed. */
int	 settings_dump(FILE *, const struct settings *);
/*
 * Writes where each value comes from to standard error, one a line, and what
 * the administrator lets be allowed.
 */
void	 settings_dump_origins(const struct settings *);
/* Prints a string as JSON has it, with its quotes. */
void	 json_print(FILE *, const char *);
char	*json_quote(const char *);	/* fresh */

/* settings_nearest.c */
/*
 * The key that was probably meant: one of the object that is close or begins
 * so, or one of that very name elsewhere.  NULL: no idea.
 */
const char *setting_nearest(const char *, const char *);

/* settings_read.c */
/* Whose text it is: what must and what may not be in it. */
enum settings_layer {
	LAYER_USER,
	LAYER_COMMAND,		/* of "commands" */
	LAYER_ADMIN
};
/*
 * Fills the settings from the text, complaining about every key.  Without
 * settings it only complains.
 */
void	 settings_read(const struct json *, enum settings_layer,
	    struct settings *, struct errors *);

/* settings_table.c */
/* All keys in the order of the documentation; a NULL name ends them. */
extern const struct setting settings_table[];
/*
 * The last part of a row's name if it is a member of the object of that
 * name ("" is the root), else NULL.
 */
const char *setting_leaf(const struct setting *, const char *);
const struct setting *setting_find(const char *);
/* How many there are, which is the length of origin[]. */
size_t	 settings_rows(void);

/* settings_value.c */
setting_check	 setting_check_allow;
setting_check	 setting_check_deny;
setting_check	 setting_check_hosts;
setting_check	 setting_check_address;
setting_check	 setting_check_nonempty;
setting_check	 setting_check_path;
setting_check	 setting_check_binary;
setting_check	 setting_check_mach;
setting_check	 setting_check_url;
setting_check	 setting_check_envname;
setting_check	 setting_check_envglob;
setting_check	 setting_check_regex;
setting_check	 setting_check_absolute;
setting_check	 setting_check_publish;
setting_check	 setting_check_words;
setting_check	 setting_check_key;
setting_check	 setting_check_extendable;
/* An entry of publishPorts. */
struct publish {
	char		*address;	/* without brackets; fresh */
	uint16_t	 port;		/* of the host */
	uint16_t	 inner;
};
/* NULL, or what is wrong with it: then there is nothing to be freed. */
const char *setting_publish(const char *, struct publish *);
/* A number of bytes such as "200M"; -1 if it is none or too large. */
int64_t	 setting_size(const char *);
/* The value of a SETTING_COUNT or SETTING_SIZE that has been checked. */
double	 setting_amount(const struct json *);

/* utf8.c */
/*
 * The length of the character at the start of so many bytes, and the
 * character itself; 0 if the bytes are not UTF-8 (RFC 3629).
 */
size_t	 utf8_next(const char *, size_t, uint32_t *);
/* Is it one that a terminal acts on or does not show? */
int	 utf8_hidden(uint32_t);

/* xmalloc.c: memory that is there, or the end of the process. */
void	*xcalloc(size_t, size_t);
void	*xreallocarray(void *, size_t, size_t);
char	*xstrdup(const char *);
char	*xstrndup(const char *, size_t);
int	 xasprintf(char **, const char *, ...)
	    __attribute__((__format__(printf, 2, 3)));
/* Strings one after the other, for what is done too often for a printf. */
#define xstrcat(...)	xstrcatv((const char *const []){ __VA_ARGS__, NULL })
char	*xstrcatv(const char *const *);
int	 xvasprintf(char **, const char *, va_list);

#endif /* SRT_H */
