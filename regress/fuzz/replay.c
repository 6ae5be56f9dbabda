/* SPDX-License-Identifier: ISC */

/*
 * main() for a fuzz target without libFuzzer: runs it over its corpus, or
 * over the files named, and speaks TAP.  What crashes here is a test that
 * ended too early.
 */

#include "compat.h"

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int	 cmp(const void *, const void *);
static char	**corpus(const char *, size_t *);
static void	 replay(const char *, size_t);

int
main(int argc, char *argv[])
{
	const char	*name, *p;
	char		**files = argv + 1;
	size_t		 i, n = (size_t)argc - 1;

	if (n == 0) {
		name = (p = strrchr(argv[0], '/')) != NULL ? p + 1 : argv[0];
		if (strncmp(name, "fuzz_", 5) == 0)
			name += 5;
		files = corpus(name, &n);
	}
	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		replay(files[i], i + 1);
		if (argc == 1)
			free(files[i]);
	}
	if (argc == 1)
		free(files);
	return 0;
}

static int
cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of the target's folder, sorted; none is an error. */
static char **
corpus(const char *name, size_t *n)
{
	const char	*top;
	struct dirent	*entry;
	char		**files = NULL, dir[1024];
	DIR		*d;
	int		 len;

	if ((top = getenv("SRT_SRC")) == NULL)
		top = ".";
	len = snprintf(dir, sizeof(dir), "%s/regress/fuzz/corpus/%s", top,
	    name);
	if (len < 0 || (size_t)len >= sizeof(dir))
		errx(1, "path too long");
	if ((d = opendir(dir)) == NULL)
		err(1, "%s", dir);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		files = recallocarray(files, *n, *n + 1, sizeof(*files));
		if (files == NULL || asprintf(&files[*n], "%s/%s", dir,
		    entry->d_name) == -1)
			err(1, NULL);
		(*n)++;
	}
	(void)closedir(d);
	if (*n == 0)
		errx(1, "%s: no file", dir);
	qsort(files, *n, sizeof(*files), cmp);
	return files;
}

static void
replay(const char *path, size_t number)
{
	struct stat	 st;
	const char	*name;
	uint8_t		*data;
	size_t		 len;
	FILE		*f;

	if ((f = fopen(path, "r")) == NULL || fstat(fileno(f), &st) == -1)
		err(1, "%s", path);
	/* Of its exact size, so that the sanitizer sees a read past it. */
	len = (size_t)st.st_size;
	if ((data = malloc(len)) == NULL && len > 0)
		err(1, NULL);
	if (fread(data, 1, len, f) != len)
		err(1, "%s", path);
	(void)fclose(f);
	name = strrchr(path, '/');
	(void)LLVMFuzzerTestOneInput(data, len);
	printf("ok %zu - %s\n", number, name == NULL ? path : name + 1);
	(void)fflush(stdout);
	free(data);
}
