/* SPDX-License-Identifier: ISC */

/*
 * checkconf [-v] FILE loads a settings file as srt does for -s and prints
 * the effective settings, and nothing else: regress/config compares them.
 * checkconf -k prints the name of every key.
 */

#include "compat.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

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

int
main(int argc, char *argv[])
{
	struct settings	*settings;
	int		 verbose;

	if (argc == 2 && strcmp(argv[1], "-k") == 0)
		return print_keys();
	verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	if (argc != 2 + verbose)
		errx(EXIT_SRT, "usage: checkconf -k | [-v] file");
	log_init("srt", verbose ? LOG_LEVEL_INFO : LOG_LEVEL_WARN);
	if (settings_load(argv[1 + verbose], 1, &settings) == -1)
		return EXIT_SRT;
	if (settings_dump(stdout, settings) == -1)
		err(EXIT_SRT, "stdout");
	settings_free(settings);
	return 0;
}
