/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent.h"

enum {
	OPT_CONTROL_FD = 256,
	OPT_SHELL,
	OPT_VIOLATIONS
};

static const struct option longopts[] = {
	{ "check-settings",	no_argument,		NULL, 'n' },
	{ "command",		required_argument,	NULL, 'c' },
	{ "control-fd",		required_argument,	NULL, OPT_CONTROL_FD },
	{ "debug",		no_argument,		NULL, 'd' },
	{ "help",		no_argument,		NULL, 'h' },
	{ "quiet",		no_argument,		NULL, 'q' },
	{ "settings",		required_argument,	NULL, 's' },
	{ "shell",		required_argument,	NULL, OPT_SHELL },
	{ "verbose",		no_argument,		NULL, 'v' },
	{ "version",		no_argument,		NULL, 'V' },
	{ "violations",		required_argument,	NULL, OPT_VIOLATIONS },
	{ NULL,			0,			NULL, 0 }
};

static const char usage_line[] =
    "usage: srt [-dhnqVv] [-s file] [-c string] [--control-fd fd]\n"
    "           [--shell path] [--violations file|fd:n] [--] [word ...]\n";

static const char help_text[] =
    "\n"
    "Runs a command that may read almost everything, write almost nothing,\n"
    "and reach only the hosts that the settings name.\n"
    "\n"
    "  -c, --command STRING    run STRING with a shell (bash, else /bin/sh)\n"
    "      --control-fd FD     read changed settings from FD, one JSON\n"
    "                          object a line, while the command runs\n"
    "  -d, --debug             log what srt does (also: SRT_DEBUG=1)\n"
    "  -h, --help              print this and exit\n"
    "  -n, --check-settings    check the settings and exit; twice: print\n"
    "                          them, what is mounted and what held\n"
    "  -q, --quiet             do not report refusals when the command ends\n"
    "  -s, --settings FILE     use FILE, not ~/.srt-settings.json\n"
    "      --shell PATH        the shell for -c and for single words\n"
    "  -V, --version           print the version and exit\n"
    "  -v, --verbose           say what was skipped and why\n"
    "      --violations WHERE  write each refusal as a line of JSON to a\n"
    "                          file, or to descriptor N: fd:N\n"
    "\n"
    "Options end at the first word of the command.  Several words are run\n"
    "as they are; a single word with spaces or shell characters that names\n"
    "no program is run by a shell.\n"
    "\n"
    "Status: the command's, or 128 and its signal; 125 if srt itself\n"
    "failed, 126 if the command cannot be executed, 127 if there is none.\n"
    "\n"
    "Pages: srt(1), srt-settings.json(5).\n";

static __dead void	usage(void);
static int		option_fd(const char *);

static __dead void
usage(void)
{
	(void)fputs(usage_line, stderr);
	(void)fputs("srt --help says more.\n", stderr);
	exit(EXIT_SRT);
}

/* COMPAT 1: decimal digits only, and not 0-2. */
static int
option_fd(const char *text)
{
	const char	*errstr;
	int		 fd;

	fd = (int)strtonum(text, 3, INT32_MAX, &errstr);
	if (errstr != NULL || strspn(text, "0123456789") != strlen(text)) {
		errors_write("error: option '--control-fd <fd>' argument "
		    "'%s' is invalid. must be an integer file descriptor "
		    ">= 3 (0-2 are stdin, stdout and stderr).\n", text);
		exit(EXIT_SRT);
	}
	return fd;
}

void
options_parse(int argc, char *argv[], struct options *opts)
{
	const char	*debug = getenv("SRT_DEBUG");
	int		 ch;

	memset(opts, 0, sizeof(*opts));
	opts->control_fd = -1;
	opts->log_level = LOG_LEVEL_WARN;
	if (debug != NULL && *debug != '\0')
		opts->log_level = LOG_LEVEL_DEBUG;

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
			(void)fputs(usage_line, stdout);
			(void)fputs(help_text, stdout);
			exit(0);
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
		case OPT_CONTROL_FD:
			opts->control_fd = option_fd(optarg);
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
	opts->words = argv + optind;
}
