/* SPDX-License-Identifier: ISC */

/*
 * srt with the administrator's policy of the test's: the files that
 * SRT_TEST_POLICY lists with colons, whoever owns them.  It is made of srt's
 * own objects: the linker puts the function below in the place of the one
 * that knows where the policy is (--wrap), so that srt itself knows one place
 * alone.
 *
 * With SRT_TEST_NO_USERNS it may use no namespaces itself, as under an AppArmor
 * that grants them to srt-exec.
 */

#include "compat.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "../../srt/srt.h"
#include "../../srt-exec/exec.h"

int	 __wrap_ns_map_ids(pid_t);
int	 __real_ns_map_ids(pid_t);
int	 __wrap_settings_policy(void);

int
__wrap_ns_map_ids(pid_t pid)
{
	if (getenv("SRT_TEST_NO_USERNS") == NULL)
		return __real_ns_map_ids(pid);
	errno = EPERM;
	return why("/proc/self/uid_map");
}

int
__wrap_settings_policy(void)
{
	const char	*list = getenv("SRT_TEST_POLICY");
	char		*copy, *path, *rest, *text;
	size_t		 len;
	int		 fd, ret = 0;

	if (list == NULL)
		return 0;
	rest = copy = xstrdup(list);
	while (ret == 0 && (path = strsep(&rest, ":")) != NULL) {
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
		    settings_read_all(fd, &text, &len) == -1)
			err(EXIT_SRT, "%s", path);
		(void)close(fd);
		ret = admin_add(path, text, len);
		free(text);
	}
	free(copy);
	return ret == 0 ? admin_check(list) : -1;
}
