/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options_table.h"
#include "parent.h"

/* Where --help has what an option does. */
#define HELP_COLUMN	26
#define OPTIONS_MAX	63

static const char usage_line[] =
    "usage: srt [-dhnqVv] [-s file] [-c string] [--ask | --ask-fd fd]\n"
    "           [--control-fd fd [--control-ack fd]] [--shell path]\n"
    "           [--violations file|fd:n] [--] [word ...]\n"
    "       srt [-dqv] [-s file] --learn file | --learn-deny file\n"
    "           [--] word ...\n"
    "       srt [-s file] [--json] --explain what [--] [word ...]\n"
    "       srt [-s file] [--json] --check [--] [word ...]\n";

static const char help_start[] =
    "\n"
    "Runs a command that may read almost everything, write almost nothing,\n"
    "and reach only the hosts that the settings name.\n"
    "\n";

/* Between them stand the options. */
static const char help_end[] =
    "\n"
    "Options end at the first word of the command.  Several words are run\n"
    "as they are; a single word with spaces or shell characters that names\n"
    "no program is run by a shell.\n"
    "\n"
    "Status: the command's, or 128 and its signal; 124 if it took too long,\n"
    "125 if srt itself failed, 126 if the command cannot be executed, 127\n"
    "if there is none.\n"
    "\n"
    "Pages: srt(1), srt-settings.json(5).\n";

static __dead void	usage(void);
static __dead void	help(void);
static void		help_option(const struct option_row *);
static void		long_options(struct option *);
static void		check_learn(const struct options *);
static void		check_together(const struct options *);
static int		option_fd(const char *, const char *);

static __dead void
usage(void)
{
	(void)fputs(usage_line, stderr);
	(void)fputs("srt --help says more.\n", stderr);
	exit(EXIT_SRT);
}

static __dead void
help(void)
{
	size_t	 i;

	(void)fputs(usage_line, stdout);
	(void)fputs(help_start, stdout);
	for (i = 0; i < option_nrows; i++)
		help_option(&option_rows[i]);
	(void)fputs(help_end, stdout);
	exit(0);
}

static void
help_option(const struct option_row *row)
{
	char		 left[HELP_COLUMN + 1];
	const char	*line, *end;

	if (row->code < OPT_ASK)
		(void)snprintf(left, sizeof(left), "  -%c, --%s %s", row->code,
		    row->name, row->arg == NULL ? "" : row->arg);
	else
		(void)snprintf(left, sizeof(left), "      --%s %s", row->name,
		    row->arg == NULL ? "" : row->arg);
	for (line = row->help; *line != '\0'; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		(void)printf("%-*s%.*s\n", HELP_COLUMN, left,
		    (int)(end - line), line);
		left[0] = '\0';
	}
}

/* The table as getopt_long(3) wants it, with an end. */
static void
long_options(struct option *opts)
{
	size_t	 i;

	for (i = 0; i < option_nrows; i++) {
		opts[i].name = option_rows[i].name;
		opts[i].has_arg = option_rows[i].arg == NULL ? no_argument :
		    required_argument;
		opts[i].val = option_rows[i].code;
	}
}

/* COMPAT 1: decimal digits only, and not 0-2. */
static int
option_fd(const char *name, const char *text)
{
	const char	*errstr;
	int		 fd;

	fd = (int)strtonum(text, 3, INT32_MAX, &errstr);
	if (errstr != NULL || strspn(text, "0123456789") != strlen(text)) {
		errors_write("error: option '%s <fd>' argument '%s' is "
		    "invalid. must be an integer file descriptor >= 3 (0-2 "
		    "are stdin, stdout and stderr).\n", name, text);
		exit(EXIT_SRT);
	}
	return fd;
}

void
options_parse(int argc, char *argv[], struct options *opts)
{
	const char	*debug = getenv("SRT_DEBUG");
	static struct option longopts[OPTIONS_MAX + 1];
	int		 ch;

	memset(opts, 0, sizeof(*opts));
	opts->control_fd = opts->control_ack = opts->ask_fd = -1;
	opts->log_level = LOG_LEVEL_WARN;
	if (debug != NULL && *debug != '\0')
		opts->log_level = LOG_LEVEL_DEBUG;

	if (option_nrows > OPTIONS_MAX)
		fatalx("more options than there is room for");
	long_options(longopts);
	/* POSIX order: the command's own options are its own. */
	while ((ch = getopt_long(argc, argv, "+c:dhnqs:Vv", longopts,
	    NULL)) != -1) {
		switch (ch) {
		case 'c':
			/* The reference takes an empty one for none. */
			opts->string = *optarg == '\0' ? NULL : optarg;
			break;
		case 'd':
			opts->log_level = LOG_LEVEL_DEBUG;
			break;
		case 'h':
			help();
			/* NOTREACHED */
		case 'n':
			opts->check++;
			break;
		case 'q':
			opts->quiet = 1;
			break;
		case 's':
			opts->settings = optarg;
			break;
		case 'V':
			(void)puts(SRT_VERSION);
			exit(0);
		case 'v':
			if (opts->log_level < LOG_LEVEL_INFO)
				opts->log_level = LOG_LEVEL_INFO;
			break;
		case OPT_ASK:
			opts->ask = 1;
			break;
		case OPT_ASK_FD:
			opts->ask_fd = option_fd("--ask-fd", optarg);
			break;
		case OPT_CHECK:
			opts->machine = 1;
			break;
		case OPT_EXPLAIN:
			opts->explain = xreallocarray(opts->explain,
			    opts->nexplain + 1, sizeof(*opts->explain));
			opts->explain[opts->nexplain++] = optarg;
			break;
		case OPT_JSON:
			opts->json = 1;
			break;
		case OPT_CONTROL_FD:
			opts->control_fd = option_fd("--control-fd", optarg);
			break;
		case OPT_CONTROL_ACK:
			opts->control_ack = option_fd("--control-ack",
			    optarg);
			break;
		case OPT_LEARN:
		case OPT_LEARN_DENY:
			opts->learns++;
			opts->learn = optarg;
			opts->learn_deny = ch == OPT_LEARN_DENY;
			break;
		case OPT_SHELL:
			opts->shell = optarg;
			break;
		case OPT_VIOLATIONS:
			opts->violations = optarg;
			break;
		default:
			usage();
		}
	}
	check_together(opts);
	check_learn(opts);
	opts->words = argv + optind;
}

/* What does not go together. */
static void
check_together(const struct options *opts)
{
	if (opts->control_ack != -1 && opts->control_fd == -1) {
		errors_write("srt: --control-ack answers what comes by "
		    "--control-fd, which is not given\n");
		usage();
	}
	if (opts->ask && opts->ask_fd != -1) {
		errors_write("srt: --ask and --ask-fd: one of the two can "
		    "be asked\n");
		usage();
	}
	if ((opts->check != 0) + (opts->nexplain != 0) + opts->machine > 1) {
		errors_write("srt: -n, --check and --explain are done one "
		    "at a time\n");
		usage();
	}
	if (opts->json && opts->nexplain == 0 && !opts->machine) {
		errors_write("srt: --json is for --check and --explain\n");
		usage();
	}
}

/* --learn runs a command, and is the only one to add to the settings. */
static void
check_learn(const struct options *opts)
{
	const char	*name = opts->learn_deny ? "--learn-deny" : "--learn";
	const char	*other = NULL;

	if (opts->learn == NULL)
		return;
	if (*opts->learn == '\0') {
		errors_write("srt: %s needs the name of a file\n", name);
		usage();
	}
	if (opts->learns > 1) {
		errors_write("srt: --learn and --learn-deny: one of the two "
		    "can be done, for one file\n");
		usage();
	}
	if (opts->check != 0)
		other = "-n, which runs nothing";
	else if (opts->ask || opts->ask_fd != -1)
		other = "--ask and --ask-fd, which decide otherwise";
	else if (opts->control_fd != -1)
		other = "--control-fd, which changes the settings";
	else if (opts->machine || opts->nexplain != 0)
		other = "--check and --explain, which run nothing";
	if (other == NULL)
		return;
	errors_write("srt: %s does not go with %s\n", name, other);
	usage();
}
