/* SPDX-License-Identifier: ISC */

/*
 * What an attack finds.  The .t file names in the settings what of it is
 * hidden and kept.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fs_layers.h"

/* A directory ends with "/", a FIFO with "|", "a>b" is a link a to b. */
static const char *const paths[] = {
	"h/", "h/victim", "h/secret", "h/shut/", "h/shut/secret", "h/fifo|",
	"w/", "w/plain/", "w/plain/f", "w/kept", "w/hidden", "w/shut/",
	"w/shut/in/", "w/shut/in/secret", "w/settings.json", "w/.bashrc",
	"w/.git/", "w/.git/HEAD", "w/.git/config", "w/.git/objects/",
	"w/.git/refs/", "w/.git/hooks/", "w/.git/hooks/old", "w/.git/info/",
	"w/sub/", "w/sub/.bashrc", "w/sub/.git/", "w/sub/.git/HEAD",
	"w/sub/.git/config", "w/sub/.git/objects/", "w/sub/.git/refs/",
	"w/sub/.git/hooks/", "w/sub/.git/hooks/old", "w/sub/x.lock",
	"w/keys/", "w/keys/x.key", "w/bare/", "w/bare/HEAD", "w/bare/config",
	"w/bare/objects/", "w/bare/refs/", "w/bare/hooks/", "w/module/",
	"w/module/.git", "w/files/", "w/files/rc", "w/top/", "w/top/profile",
	"w/.profile>top/profile", "w/sub/.zshrc>../files/rc", "w/link>../h",
	"w/.idea>../h", "w/out>../h"
};
static const char	 deep[] = "w/a/b/c/d/e/f/g/h/i/j/k/.git/hooks/keep";

static void
tree_file(const char *path)
{
	/* One that is renamed onto another with the same in it may be. */
	const char	*text = strcmp(path, "w/plain/f") == 0 ?
			    "evil evil\n" : "keep this\n";
	int		 fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

	if (fd == -1 || write(fd, text, strlen(text)) != 10 ||
	    close(fd) == -1)
		err(1, "%s", path);
}

static void
tree_path(const char *text)
{
	char	 path[64], *to;
	size_t	 len = strlcpy(path, text, sizeof(path)) - 1;
	int	 r = 0;

	if ((to = strchr(path, '>')) != NULL) {
		*to++ = '\0';
		r = symlink(to, path);
	} else if (path[len] == '/')
		r = mkdir(path, 0755);
	else if (path[len] == '|') {
		path[len] = '\0';
		r = mkfifo(path, 0644);
	} else
		tree_file(path);
	if (r == -1)
		err(1, "%s", path);
}

/* And all directories on the way. */
static void
tree_deep(const char *text)
{
	char	 path[64], *slash = path;

	(void)strlcpy(path, text, sizeof(path));
	while ((slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash++ = '/';
	}
	tree_file(path);
}

void
tree_make(void)
{
	size_t	 i;

	for (i = 0; i < nitems(paths); i++)
		tree_path(paths[i]);
	tree_deep(deep);
	if (link("h/secret", "w/before") == -1)
		err(1, "w/before");
}
