/* SPDX-License-Identifier: ISC */

/*
 * Writes the completions of a shell from the table of options.  Runs on the
 * build machine, so it leaves compat.h and the target's config.h alone.
 *
 *	gen_complete bash | fish | zsh
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options_table.h"

#define ALL	(-1)

static void	bash(void);
static void	bash_names(int, const char *);
static void	fish(void);
static void	fish_row(const struct option_row *);
static void	zsh(void);
static void	zsh_row(const struct option_row *);
static void	letters(void);
static void	text(const char *, const char *);

static const struct {
	const char	 *name;
	void		(*write)(void);
} shells[] = {
	{ "bash",	bash },
	{ "fish",	fish },
	{ "zsh",	zsh },
};

int
main(int argc, char *argv[])
{
	size_t	 i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (argc != 2 || strcmp(argv[1], shells[i].name) != 0)
			continue;
		shells[i].write();
		if (fflush(stdout) == EOF || ferror(stdout))
			err(1, "standard output");
		return 0;
	}
	(void)fprintf(stderr, "usage: gen_complete bash | fish | zsh\n");
	return 1;
}

/* Those that can stand together in one word. */
static void
letters(void)
{
	size_t	 i;

	for (i = 0; i < option_nrows; i++)
		if (option_rows[i].code < OPT_ASK &&
		    option_rows[i].arg == NULL)
			(void)putchar(option_rows[i].code);
}

/* One line of it, with a backslash before each character that needs one. */
static void
text(const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		if (strchr(special, *s) != NULL)
			(void)putchar('\\');
		(void)putchar(*s == '\n' ? ' ' : *s);
	}
}

/*
 * bash cuts a word at "=" and ":", so that an argument may be several words.
 * Options end at the first word of the command, which bash-completion knows
 * how to complete, where it is there.
 */
static const char bash_start[] =
    "# bash completion for srt, written from its table of options.\n"
    "\n"
    "_srt_kind()\n"
    "{\n"
    "	local word=$1\n"
    "\n"
    "	if [[ $word =~ ^-[";
static const char bash_kinds[] =
    "]+([^-].*)$ ]]; then\n"
    "		word=-${BASH_REMATCH[1]}\n"
    "	fi\n"
    "	case $word in\n";
static const char bash_middle[] =
    "	*)	echo none ;;\n"
    "	esac\n"
    "}\n"
    "\n"
    "_srt_values()\n"
    "{\n"
    "	local cur=$2\n"
    "\n"
    "	case $1 in\n"
    "	file|program|what)\n"
    "		compopt -o filenames 2>/dev/null\n"
    "		mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
    "	esac\n"
    "}\n"
    "\n"
    "_srt()\n"
    "{\n"
    "	local cur=${COMP_WORDS[COMP_CWORD]} i=1 kind\n"
    "\n"
    "	COMPREPLY=()\n"
    "	[[ $cur != [=:] ]] || cur=\n"
    "	while ((i < COMP_CWORD)); do\n"
    "		[[ ${COMP_WORDS[i]} != -- ]] || { ((i++)); break; }\n"
    "		[[ ${COMP_WORDS[i]} == -?* ]] || break\n"
    "		kind=$(_srt_kind \"${COMP_WORDS[i]}\")\n"
    "		((i++))\n"
    "		[[ $kind != none ]] || continue\n"
    "		[[ ${COMP_WORDS[i]} != = ]] || ((i++))\n"
    "		while [[ ${COMP_WORDS[i]-} == : ||\n"
    "		    ${COMP_WORDS[i+1]-} == : ]]; do\n"
    "			((i++))\n"
    "		done\n"
    "		if ((i >= COMP_CWORD)); then\n"
    "			_srt_values \"$kind\" \"$cur\"\n"
    "			return\n"
    "		fi\n"
    "		((i++))\n"
    "	done\n"
    "	if ((i < COMP_CWORD)) || [[ $cur != -* ||\n"
    "	    ${COMP_WORDS[COMP_CWORD-1]} == -- ]]; then\n"
    "		if declare -F _command_offset >/dev/null; then\n"
    "			_command_offset \"$i\"\n"
    "		elif ((i < COMP_CWORD)); then\n"
    "			_srt_values file \"$cur\"\n"
    "		else\n"
    "			mapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
    "		fi\n"
    "		return\n"
    "	fi\n"
    "	mapfile -t COMPREPLY < <(compgen -W '";
static const char bash_end[] =
    "' -- \"$cur\")\n"
    "}\n"
    "complete -F _srt srt\n";

static void
bash_names(int kind, const char *between)
{
	const char	*sep = "";
	size_t		 i;

	for (i = 0; i < option_nrows; i++) {
		if (kind != ALL && option_rows[i].kind != (unsigned int)kind)
			continue;
		if (option_rows[i].code < OPT_ASK) {
			(void)printf("%s-%c", sep, option_rows[i].code);
			sep = between;
		}
		(void)printf("%s--%s", sep, option_rows[i].name);
		sep = between;
	}
}

static void
bash(void)
{
	static const struct {
		enum option_kind	 kind;
		const char		*name;
	} kinds[] = {
		{ OPTION_FILE,		"file" },
		{ OPTION_PROGRAM,	"program" },
		{ OPTION_WHAT,		"what" },
		{ OPTION_OTHER,		"other" },
	};
	size_t	 i;

	(void)fputs(bash_start, stdout);
	letters();
	(void)fputs(bash_kinds, stdout);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		(void)printf("	");
		bash_names((int)kinds[i].kind, "|");
		(void)printf(")\n		echo %s ;;\n", kinds[i].name);
	}
	(void)fputs(bash_middle, stdout);
	bash_names(ALL, " ");
	(void)fputs(bash_end, stdout);
}

static const char fish_start[] =
    "# fish completion for srt, written from its table of options.\n"
    "\n"
    "# The words of the command that have been typed, if it has begun.\n"
    "function __srt_command\n"
    "    set -l words (commandline -opc)[2..]\n"
    "    while set -q words[1]\n"
    "        switch $words[1]\n"
    "            case --\n"
    "                set -e words[1]\n"
    "                break\n"
    "            case ";
static const char fish_middle[] =
    "                set -e words[1]\n"
    "            case '-?*'\n"
    "            case '*'\n"
    "                break\n"
    "        end\n"
    "        set -e words[1]\n"
    "    end\n"
    "    string join \\n -- $words\n"
    "end\n"
    "\n"
    "function __srt_complete_command\n"
    "    set -l words (__srt_command) (commandline -ct)\n"
    "    set -l line (string escape -- $words[1..-2]) $words[-1]\n"
    "    complete \"-C$line\"\n"
    "end\n"
    "\n"
    "complete -c srt -f\n"
    "complete -c srt -a '(__srt_complete_command)'\n";

static void
fish(void)
{
	size_t	 i;

	(void)fputs(fish_start, stdout);
	for (i = 0; i < option_nrows; i++) {
		if (option_rows[i].arg == NULL)
			continue;
		(void)printf("--%s ", option_rows[i].name);
		if (option_rows[i].code < OPT_ASK)
			(void)printf("-%c ", option_rows[i].code);
	}
	(void)putchar('\n');
	(void)fputs(fish_middle, stdout);
	for (i = 0; i < option_nrows; i++)
		fish_row(&option_rows[i]);
}

static void
fish_row(const struct option_row *row)
{
	(void)printf("complete -c srt -n 'not count (__srt_command) "
	    ">/dev/null' -l %s", row->name);
	if (row->code < OPT_ASK)
		(void)printf(" -s %c", row->code);
	switch (row->kind) {
	case OPTION_NONE:
		break;
	case OPTION_FILE:
	case OPTION_PROGRAM:
	case OPTION_WHAT:
		(void)printf(" -r -F");
		break;
	case OPTION_OTHER:
		(void)printf(" -x");
		break;
	}
	(void)printf(" -d '");
	text(row->help, "\\'");
	(void)printf("'\n");
}

static void
zsh(void)
{
	size_t	 i;

	(void)printf("#compdef srt\n"
	    "# zsh completion for srt, written from its table of options.\n\n"
	    "_arguments -s -S -A '-*' \\\n");
	for (i = 0; i < option_nrows; i++)
		zsh_row(&option_rows[i]);
	(void)printf("	'(-):command: _command_names -e' \\\n"
	    "	'*::argument: _normal'\n");
}

static void
zsh_row(const struct option_row *row)
{
	const char	*eq = row->arg == NULL ? "" : "=";

	(void)putchar('\t');
	if (row->often)
		(void)printf("'*'");
	else if (row->code < OPT_ASK)
		(void)printf("'(-%c --%s)'", row->code, row->name);
	if (row->code < OPT_ASK)
		(void)printf("{-%c%s,--%s%s}", row->code,
		    row->arg == NULL ? "" : "+", row->name, eq);
	else
		(void)printf("--%s%s", row->name, eq);
	/* In single quotes there can be no other. */
	(void)printf("'[");
	text(row->help, "\\[]:");
	(void)printf("]");
	switch (row->kind) {
	case OPTION_NONE:
		break;
	case OPTION_FILE:
	case OPTION_PROGRAM:
	case OPTION_WHAT:
		(void)printf(":%s:_files", row->arg);
		break;
	case OPTION_OTHER:
		(void)printf(":%s: ", row->arg);
		break;
	}
	(void)printf("' \\\n");
}
