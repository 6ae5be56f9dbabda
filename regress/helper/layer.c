/* SPDX-License-Identifier: ISC */

/*
 * Runs a command under one layer of the sandbox alone, to see that each of
 * them holds without the other.
 *
 *	layer mounts|landlock FOLDER WORD ...
 *
 * FOLDER is the write root.
 */

#include "compat.h"

#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../srt-exec/exec.h"
#include "../../srt-exec/linux.h"

static __dead void
run(char *argv[])
{
	(void)execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static __dead void
fail(void)
{
	errx(125, "%s", why_text());
}

static __dead void
landlock_alone(const char *folder, char *argv[])
{
	struct landlock	 ll;
	int		 fd;

	if ((fd = open(folder, O_PATH | O_CLOEXEC)) == -1)
		err(125, "%s", folder);
	if (landlock_begin(&ll, 0) == -1 ||
	    landlock_allow(&ll, fd, FS_DIR) == -1 ||
	    landlock_enter(&ll) == -1)
		fail();
	run(argv);
}

static int
reap(pid_t pid)
{
	int	 status;

	if (waitpid(pid, &status, 0) == -1)
		err(125, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}

static __dead void
mounts_alone(char *folder, char *argv[])
{
	struct fs_path	 fp = { .kind = FS_WRITE, .type = FS_DIR,
			    .path = folder };
	struct fs_paths	 paths;
	struct mounts	 m;
	struct plan	*plan;
	pid_t		 pid;

	TAILQ_INIT(&paths);
	TAILQ_INSERT_TAIL(&paths, &fp, entry);
	if ((plan = plan_new(&paths, 0)) == NULL)
		err(125, "plan");
	if (mounts_begin(&m, plan, 0, -1) == -1 || mounts_apply(&m) == -1 ||
	    (pid = ns_clone_init()) == -1)
		fail();
	if (pid != 0)
		exit(reap(pid));
	if (mounts_apply_proc(&m) == -1 || mounts_finish(&m) == -1 ||
	    ns_drop_caps(1) == -1)
		fail();
	if (chdir(folder) == -1)
		err(125, "%s", folder);
	run(argv);
}

int
main(int argc, char *argv[])
{
	pid_t	 pid;
	int	 go[2];
	char	 c;

	if (argc < 4)
		errx(125, "usage: layer mounts|landlock FOLDER WORD ...");
	if (strcmp(argv[1], "landlock") == 0)
		landlock_alone(argv[2], argv + 3);
	if (pipe(go) == -1)
		err(125, "pipe");
	if ((pid = ns_clone_broker()) == -1)
		fail();
	if (pid == 0) {
		(void)close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(125);
		mounts_alone(argv[2], argv + 3);
	}
	if (ns_map_ids(pid) == -1)
		fail();
	if (write(go[1], "", 1) != 1)
		err(125, "pipe");
	return reap(pid);
}
