/* SPDX-License-Identifier: ISC */
#ifndef OPTIONS_TABLE_H
#define OPTIONS_TABLE_H

/*
 * What srt can be given on the command line: getopt_long(3), --help and the
 * completions of shells are made of this table.
 */

#include <stddef.h>

/* Options without a letter. */
enum option_code {
	OPT_ASK = 256,
	OPT_ASK_FD,
	OPT_CONTROL_ACK,
	OPT_CONTROL_FD,
	OPT_LEARN,
	OPT_LEARN_DENY,
	OPT_CHECK,
	OPT_EXPLAIN,
	OPT_JSON,
	OPT_SHELL,
	OPT_VIOLATIONS
};

/* What an argument is, for those who complete it. */
enum option_kind {
	OPTION_NONE,		/* there is none */
	OPTION_FILE,
	OPTION_PROGRAM,		/* a file that can be executed */
	OPTION_WHAT,		/* a question: a path, or another word */
	OPTION_OTHER		/* nothing that could be guessed */
};

struct option_row {
	const char		*name;
	int			 code;	/* a letter, or enum option_code */
	const char		*arg;	/* as --help calls it, or NULL */
	enum option_kind	 kind;
	int			 often;	/* may be given more than once */
	const char		*help;	/* lines of at most 53 characters */
};

/* In the order of --help. */
extern const struct option_row	 option_rows[];
extern const size_t		 option_nrows;

#endif /* OPTIONS_TABLE_H */
