/* SPDX-License-Identifier: ISC */

/* Linked into a tool of the build machine, too: no compat.h. */

#include "options_table.h"

const struct option_row option_rows[] = {
	{ "ask", OPT_ASK, NULL, OPTION_NONE, 0,
	    "ask at the terminal about hosts that no rule\n"
	    "decides" },
	{ "ask-fd", OPT_ASK_FD, "FD", OPTION_OTHER, 0,
	    "ask by the socket FD, in lines of JSON" },
	{ "check", OPT_CHECK, NULL, OPTION_NONE, 0,
	    "say what this machine and the settings can\n"
	    "enforce, and what is missing" },
	{ "command", 'c', "STRING", OPTION_OTHER, 0,
	    "run STRING with a shell (bash, else /bin/sh)" },
	{ "control-ack", OPT_CONTROL_ACK, "FD", OPTION_OTHER, 0,
	    "write a line of JSON to FD for each of these:\n"
	    "was it applied, or what is wrong with it" },
	{ "control-fd", OPT_CONTROL_FD, "FD", OPTION_OTHER, 0,
	    "read changed settings from FD, one JSON\n"
	    "object a line, while the command runs" },
	{ "debug", 'd', NULL, OPTION_NONE, 0,
	    "log what srt does (also: SRT_DEBUG=1)" },
	{ "explain", OPT_EXPLAIN, "WHAT", OPTION_WHAT, 1,
	    "say whether the settings allow WHAT, and why:\n"
	    "host[:port], a path (to read), write:path,\n"
	    "unix:path, or - for one a line" },
	{ "help", 'h', NULL, OPTION_NONE, 0,
	    "print this and exit" },
	{ "json", OPT_JSON, NULL, OPTION_NONE, 0,
	    "JSON from --check and --explain" },
	{ "learn", OPT_LEARN, "FILE", OPTION_FILE, 0,
	    "allow what no rule decides, record it, and\n"
	    "write settings that suffice to FILE" },
	{ "learn-deny", OPT_LEARN_DENY, "FILE", OPTION_FILE, 0,
	    "the same without allowing it" },
	{ "check-settings", 'n', NULL, OPTION_NONE, 1,
	    "check the settings and exit; twice: print\n"
	    "them, what is mounted and what held" },
	{ "quiet", 'q', NULL, OPTION_NONE, 0,
	    "do not report refusals when the command ends" },
	{ "settings", 's', "FILE", OPTION_FILE, 0,
	    "use FILE, not ~/.srt-settings.json" },
	{ "shell", OPT_SHELL, "PATH", OPTION_PROGRAM, 0,
	    "the shell for -c and for single words" },
	{ "version", 'V', NULL, OPTION_NONE, 0,
	    "print the version and exit" },
	{ "verbose", 'v', NULL, OPTION_NONE, 0,
	    "say what was skipped and why" },
	{ "violations", OPT_VIOLATIONS, "WHERE", OPTION_FILE, 0,
	    "write each refusal as a line of JSON to a\n"
	    "file, or to descriptor N: fd:N" },
};

const size_t option_nrows = sizeof(option_rows) / sizeof(option_rows[0]);
