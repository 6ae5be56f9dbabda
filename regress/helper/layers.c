/* SPDX-License-Identifier: ISC */

/*
 * srt-exec with a switch for each of its layers, for the tests of one layer
 * without another.  It is made of srt-exec's own objects: the linker puts the
 * functions below in the place of some of them (--wrap), so that srt-exec
 * itself knows nothing of switches.
 */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../srt-exec/exec.h"
#include "layers.h"

struct plan	*__real_plan_new(const struct fs_paths *, uint32_t);
struct plan	*__wrap_plan_new(const struct fs_paths *, uint32_t);
int		 __real_landlock_enter(struct landlock *);
int		 __wrap_landlock_enter(struct landlock *);
int		 __real_notify_filter_install(uint32_t);
int		 __wrap_notify_filter_install(uint32_t);
int		 __real_command_filter_install(uint32_t);
int		 __wrap_command_filter_install(uint32_t);
int		 __real_ns_die_with_parent(void);
int		 __wrap_ns_die_with_parent(void);
int		 __real_guard_write(const struct guard *, const char *,
		    unsigned int, struct guard_hit *);
int		 __wrap_guard_write(const struct guard *, const char *,
		    unsigned int, struct guard_hit *);
int		 __real_guard_stem(const struct guard *, const char *,
		    unsigned int, struct guard_hit *);
int		 __wrap_guard_stem(const struct guard *, const char *,
		    unsigned int, struct guard_hit *);
int		 __real_guard_read(const struct guard *, const char *,
		    struct guard_hit *);
int		 __wrap_guard_read(const struct guard *, const char *,
		    struct guard_hit *);
int		 __real_guard_inside(const struct guard *, const char *);
int		 __wrap_guard_inside(const struct guard *, const char *);
int		 __real_guard_beneath(const struct guard *, const char *);
int		 __wrap_guard_beneath(const struct guard *, const char *);
unsigned int	 __real_guard_parts(const struct guard *);
unsigned int	 __wrap_guard_parts(const struct guard *);
int		 __real_guard_unix(const struct guard *, const char *);
int		 __wrap_guard_unix(const struct guard *, const char *);

static uint32_t	 off;

/* What the folder's name says: see layers.h. */
static uint32_t
off_by_name(void)
{
	static const struct {
		const char	*name;
		uint32_t	 bit;
	} words[] = {
		{ "-mounts",	LAYERS_NO_MOUNTS },
		{ "-landlock",	LAYERS_NO_LANDLOCK },
		{ "-broker",	LAYERS_NO_BROKER },
		{ "-filter",	LAYERS_NO_FILTER },
		{ "-guard",	LAYERS_YES }
	};
	static const char	 tail[] = "/libexec/srt/srt-exec";
	char			 path[PATH_MAX], *end, *name;
	uint32_t		 bits = 0;
	size_t			 i;
	ssize_t			 n;

	if ((n = readlink("/proc/self/exe", path, sizeof(path) - 1)) <
	    (ssize_t)sizeof(tail))
		return 0;
	path[n] = '\0';
	end = path + n - (sizeof(tail) - 1);
	if (strcmp(end, tail) != 0)
		return 0;
	*end = '\0';
	if ((name = strrchr(path, '/')) == NULL ||
	    strncmp(name, "/without-", 9) != 0)
		return 0;
	for (i = 0; i < nitems(words); i++)
		if (strstr(name, words[i].name) != NULL)
			bits |= words[i].bit;
	return bits;
}

/*
 * The host's tree as it is, with the sandbox's own /dev and /proc: without
 * these no program would run, and they protect nothing of the host's.
 */
static void
plan_weaken(struct plan *p)
{
	size_t	 i, n = 0;

	for (i = 0; i < p->nops; i++) {
		switch (p->ops[i].kind) {
		case PLAN_ROOT_RO:
		case PLAN_ROOT_RW:
		case PLAN_ROOT_MASK:
			p->ops[i].kind = PLAN_ROOT_RW;
			p->ops[i].flags |= PLAN_PLAIN;
			break;
		case PLAN_DEV:
		case PLAN_PROC:
			break;
		default:
			free(p->ops[i].path);
			continue;
		}
		p->ops[n] = p->ops[i];
		p->ops[n++].tree = -1;
	}
	p->nops = n;
}

struct plan *
__wrap_plan_new(const struct fs_paths *paths, uint32_t flags)
{
	struct plan	*p = __real_plan_new(paths, flags);

	off = flags | off_by_name();
	if (p != NULL && (off & LAYERS_NO_MOUNTS) != 0)
		plan_weaken(p);
	return p;
}

int
__wrap_landlock_enter(struct landlock *ll)
{
	if ((off & LAYERS_NO_LANDLOCK) == 0)
		return __real_landlock_enter(ll);
	if (ll->fd != -1)
		(void)close(ll->fd);
	ll->fd = -1;
	return 0;
}

/* A filter that misses every call. */
int
__wrap_notify_filter_install(uint32_t flags)
{
	struct sock_filter	 allow = BPF_STMT(BPF_RET | BPF_K,
				    SECCOMP_RET_ALLOW);
	struct sock_fprog	 fprog = { 1, &allow };

	if ((off & LAYERS_NO_BROKER) == 0)
		return __real_notify_filter_install(flags);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &fprog);
}

int
__wrap_command_filter_install(uint32_t flags)
{
	if ((off & LAYERS_NO_FILTER) == 0)
		return __real_command_filter_install(flags);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
__wrap_ns_die_with_parent(void)
{
	if (getpid() == 1 && (off & LAYERS_ORPHAN) != 0)
		return 0;
	return __real_ns_die_with_parent();
}

/* A broker that does what it is asked to, wherever it may. */
int
__wrap_guard_write(const struct guard *g, const char *path,
    unsigned int fresh, struct guard_hit *hit)
{
	return (off & LAYERS_YES) != 0 ? 0 :
	    __real_guard_write(g, path, fresh, hit);
}

int
__wrap_guard_stem(const struct guard *g, const char *path,
    unsigned int fresh, struct guard_hit *hit)
{
	return (off & LAYERS_YES) != 0 ? 0 :
	    __real_guard_stem(g, path, fresh, hit);
}

int
__wrap_guard_read(const struct guard *g, const char *path,
    struct guard_hit *hit)
{
	return (off & LAYERS_YES) != 0 ? 0 : __real_guard_read(g, path, hit);
}

int
__wrap_guard_inside(const struct guard *g, const char *path)
{
	return (off & LAYERS_YES) != 0 || __real_guard_inside(g, path);
}

int
__wrap_guard_beneath(const struct guard *g, const char *path)
{
	return (off & LAYERS_YES) != 0 ? 0 : __real_guard_beneath(g, path);
}

unsigned int
__wrap_guard_parts(const struct guard *g)
{
	return (off & LAYERS_YES) != 0 ? 0 : __real_guard_parts(g);
}

int
__wrap_guard_unix(const struct guard *g, const char *path)
{
	return (off & LAYERS_YES) != 0 || __real_guard_unix(g, path);
}
