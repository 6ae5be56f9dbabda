/* SPDX-License-Identifier: ISC */
#ifndef SRT_H
#define SRT_H

/*
 * The parent: what its files share.
 */

#include <stdarg.h>
#include <stdio.h>

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

struct fault {
	TAILQ_ENTRY(fault)	 entry;
	enum fault_kind		 kind;
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

struct json;
TAILQ_HEAD(json_list, json);

/* A value, and where its first character stands. */
struct json {
	TAILQ_ENTRY(json)	 entry;
	enum json_type		 type;
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
	int		 fs_disabled;
	struct strlist	 deny_read;
	struct strlist	 allow_read;
	struct strlist	 allow_write;
	struct strlist	 deny_write;
	int		 git_config;
	int		 strict_reads;
	struct strmap	 ignore_violations;
	int		 weaker_nested;
};

enum setting_type {
	SETTING_BOOL,
	SETTING_INT,
	SETTING_STRING,
	SETTING_ENUM,
	SETTING_STRINGS,
	SETTING_PATHS,		/* strings and {path, literal} */
	SETTING_STRMAP,		/* object of strings */
	SETTING_LISTMAP,	/* object of lists of strings */
	SETTING_OBJECT,		/* its members are rows of their own */
	SETTING_OBJECTS,	/* list of such */
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
	SETTING_PRESENCE = 32	/* even the empty object means something */
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
	const char *const	*choices; /* of an enum, NULL at the end */
	long			 min;	/* of an integer */
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
/* "string", "array", ... as in the messages. */
const char *json_typename(const struct json *);

/* settings.c */
/*
 * Reads the settings file.  The second argument tells one that was asked for
 * by name, which must exist, from the default one, which need not.  Returns
 * -1 when the start must be refused; the reason has then been written to
 * standard error.
 */
int	 settings_load(const char *, int, struct settings **);
/*
 * The same for a text in memory, silently: -1 and the errors, or 0 with the
 * settings and perhaps warnings.
 */
int	 settings_parse(const char *, const char *, size_t, struct settings **,
	    struct errors *);
struct settings *settings_default(void);
void	 settings_free(struct settings *);
/* ~/.srt-settings.json in static storage; NULL: there is no home. */
const char *settings_default_path(void);
/* The entry's deniedDomainReasons, or NULL. */
const char *settings_reason(const struct settings *, const char *);

/* settings_check.c */
/* The rules between keys, for a text whose shape is sound. */
void	 settings_check(const struct json *, struct errors *);
/* What srt does not enforce yet, and what has no effect here. */
void	 settings_check_built(const struct json *, struct errors *);

/* settings_dump.c */
/* Prints settings as JSON that loads again; -1 if the stream failed. */
int	 settings_dump(FILE *, const struct settings *);

/* settings_read.c */
/* Fills the settings from the text, complaining about every key. */
void	 settings_read(const struct json *, struct settings *,
	    struct errors *);

/* settings_table.c */
/* All keys in the order of the documentation; a NULL name ends them. */
extern const struct setting settings_table[];
/*
 * The last part of a row's name if it is a member of the object of that
 * name ("" is the root), else NULL.
 */
const char *setting_leaf(const struct setting *, const char *);
const struct setting *setting_find(const char *);

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
setting_check	 setting_check_regex;

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
int	 xvasprintf(char **, const char *, va_list);

#endif /* SRT_H */
