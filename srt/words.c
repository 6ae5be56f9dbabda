/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

/* What makes a single word that names no program a line for a shell. */
#define SHELL_CHARS	" \t\n|&;<>()$`\\\"'*?[]{}#~=%!"

/* The words that need no quotes (COMPAT 1). */
#define BARE_CHARS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
			"0123456789_./:@+,-="

static int	 is_program(const char *);
static char	*find_program(const char *);
static char	*find_shell(const struct options *);

static int
is_program(const char *path)
{
	struct stat	 st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

/* As execvp(3) would find it; fresh, or NULL. */
static char *
find_program(const char *name)
{
	const char	*path, *end;
	char		*full;
	size_t		 len;

	if (*name == '\0')
		return NULL;
	if (strchr(name, '/') != NULL)
		return is_program(name) ? xstrdup(name) : NULL;
	if ((path = getenv("PATH")) == NULL)
		path = "/usr/local/bin:/bin:/usr/bin";
	for (;; path = end + 1) {
		end = path + strcspn(path, ":");
		len = (size_t)(end - path);
		(void)xasprintf(&full, "%.*s%s%s", (int)len, path,
		    len == 0 ? "./" : "/", name);
		if (is_program(full))
			return full;
		free(full);
		if (*end == '\0')
			return NULL;
	}
}

static char *
find_shell(const struct options *opts)
{
	char	*path;

	if (opts->shell != NULL) {
		if ((path = find_program(opts->shell)) == NULL)
			errors_write("Error: Shell '%s' not found\n",
			    opts->shell);
		return path;
	}
	if ((path = find_program("bash")) != NULL)
		return path;
	if (is_program("/bin/sh"))
		return xstrdup("/bin/sh");
	errors_write("Error: Shell 'bash' not found in PATH, and no /bin/sh\n");
	return NULL;
}

char **
words_command(const struct options *opts, char **text)
{
	const char	 *string = opts->string;
	char		**argv, *program;
	size_t		  n;

	if (string == NULL && opts->words[0] != NULL &&
	    opts->words[1] == NULL &&
	    strpbrk(opts->words[0], SHELL_CHARS) != NULL) {
		if ((program = find_program(opts->words[0])) == NULL)
			string = opts->words[0];
		free(program);
	}
	if (string == NULL) {
		for (n = 0; opts->words[n] != NULL; n++)
			continue;
		argv = xcalloc(n + 1, sizeof(*argv));
		while (n-- > 0)
			argv[n] = xstrdup(opts->words[n]);
		*text = words_text(argv);
		return argv;
	}
	argv = xcalloc(4, sizeof(*argv));
	if ((argv[0] = find_shell(opts)) == NULL) {
		free(argv);
		return NULL;
	}
	argv[1] = xstrdup("-c");
	argv[2] = xstrdup(string);
	*text = xstrdup(string);
	return argv;
}

char *
words_text(char *const *argv)
{
	size_t		 len = 1, i;
	const char	*p;
	char		*text, *t;
	int		 bare;

	for (i = 0; argv[i] != NULL; i++) {
		len += 3;
		for (p = argv[i]; *p != '\0'; p++)
			len += *p == '\'' ? 5 : 1;
	}
	t = text = xcalloc(len, 1);
	for (i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			*t++ = ' ';
		bare = argv[i][0] != '\0' && argv[i][0] != '=' &&
		    argv[i][strspn(argv[i], BARE_CHARS)] == '\0';
		if (!bare)
			*t++ = '\'';
		for (p = argv[i]; *p != '\0'; p++) {
			if (*p == '\'') {
				memcpy(t, "'\"'\"'", 5);
				t += 5;
			} else
				*t++ = *p;
		}
		if (!bare)
			*t++ = '\'';
	}
	*t = '\0';
	return text;
}
