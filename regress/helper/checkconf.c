/* SPDX-License-Identifier: ISC */

/*
 * checkconf [-ov] [-a POLICY] FILE [WORD ...] loads a settings file as srt
 * does for -s, for the command of those words, and prints the effective
 * settings, and nothing else: regress/config compares them.  -a takes a file
 * as the administrator's policy, whoever owns it; -o adds where each value
 * comes from.  checkconf -k prints the name of every key.
 */

#include "compat.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "../../srt/srt.h"

static int
print_keys(void)
{
	const struct setting	*row;

	for (row = settings_table; row->name != NULL; row++)
		puts(row->name);
	return 0;
}

static void
usage(void)
{
	errx(EXIT_SRT, "usage: checkconf -k | [-ov] [-a policy] file "
	    "[word ...]");
}

static void
policy(const char *path)
{
	char	*text;
	size_t	 len;
	int	 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    settings_read_all(fd, &text, &len) == -1)
		err(EXIT_SRT, "%s", path);
	(void)close(fd);
	if (admin_add(path, text, len) == -1 || admin_check(path) == -1)
		exit(EXIT_SRT);
	free(text);
}

int
main(int argc, char *argv[])
{
	struct settings	*settings;
	const char	*admin = NULL;
	char		*text;
	size_t		 len;
	int		 ch, origins = 0, verbose = 0;

	while ((ch = getopt(argc, argv, "+a:kov")) != -1) {
		switch (ch) {
		case 'a':
			admin = optarg;
			break;
		case 'k':
			return print_keys();
		case 'o':
			origins = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		default:
			usage();
		}
	}
	if (optind == argc)
		usage();
	log_init("srt", verbose ? LOG_LEVEL_INFO : LOG_LEVEL_WARN);
	if (admin != NULL)
		policy(admin);
	settings_command(argv + optind + 1);
	if (settings_load(argv[optind], 1, &settings, &text, &len) == -1)
		return EXIT_SRT;
	if (settings_dump(stdout, settings) == -1)
		err(EXIT_SRT, "stdout");
	if (origins)
		settings_dump_origins(settings);
	free(text);
	settings_free(settings);
	admin_forget();
	return 0;
}
