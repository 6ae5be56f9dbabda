/* SPDX-License-Identifier: ISC */

/*
 * What denyRead hides is covered by a mount, and that goes with the file: who
 * removes the file on the host, or puts another one in its place, has lifted
 * it (a mount of another namespace keeps nobody from that, since Linux 3.18).
 * The kernel says when the mounts of a namespace have changed, see
 * proc_pid_mountinfo(5); then it is looked which masks are still at their
 * paths, and the user is told of those that are not.
 *
 * With strictReadGlobs reading is refused by path as well: nothing is lost.
 */

#include "compat.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "broker_path.h"
#include "log.h"

#define LIFTED_PAUSE	100	/* milliseconds between two looks */

static int	 watch = -1;	/* mountinfo: POLLPRI when that has changed */
static int	 changed;	/* since the last look */
static char	*told;		/* by the number of the operation */

/* Paths of mount points, sorted. */
struct points {
	char	*text;
	char	**v;
	size_t	 n;
};

static int
is_mask(const struct plan_op *op)
{
	/* Processes come and go. */
	return (op->flags & PLAN_OPTIONAL) == 0 &&
	    (op->kind == PLAN_MASK_FILE || op->kind == PLAN_MASK_DIR ||
	    op->kind == PLAN_MASK_TREE);
}

void
lifted_watch(void)
{
	const struct plan	*plan = broker.sb->plan;
	size_t			 i;

	if (broker_is_bare() || check_reads())
		return;
	for (i = 0; i < plan->nops && !is_mask(&plan->ops[i]); i++)
		continue;
	if (i == plan->nops)
		return;
	watch = openat(broker.procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (watch == -1 || (told = calloc(plan->nops, 1)) == NULL)
		fatal("mountinfo");
}

int
lifted_fd(void)
{
	return watch;
}

/* Blanks and backslashes are written as three octal digits. */
static void
unescape(char *s)
{
	char	*to = s;

	for (; *s != '\0'; s++)
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
			    (s[3] - '0'));
			s += 3;
		} else
			*to++ = *s;
	*to = '\0';
}

static int
point_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime ...": the fifth is where it is. */
static void
points_read(struct points *p)
{
	char	*line, *next;
	size_t	 lines = 1;
	int	 at;

	p->text = mounts_text();
	p->n = 0;
	for (line = p->text; (line = strchr(line, '\n')) != NULL; line++)
		lines++;
	if ((p->v = reallocarray(NULL, lines, sizeof(*p->v))) == NULL)
		fatal("malloc");
	for (line = p->text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		at = 0;
		(void)sscanf(line, "%*s %*s %*s %*s %n", &at);
		if (at == 0)
			continue;
		line += at;
		line[strcspn(line, " ")] = '\0';
		unescape(line);
		p->v[p->n++] = line;
	}
	qsort(p->v, p->n, sizeof(*p->v), point_cmp);
}

static void
lifted_look(void)
{
	const struct plan	*plan = broker.sb->plan;
	struct points		 p;
	size_t			 i;

	changed = 0;
	points_read(&p);
	for (i = 0; i < plan->nops; i++) {
		if (!is_mask(&plan->ops[i]) || told[i] ||
		    bsearch(&plan->ops[i].path, p.v, p.n, sizeof(*p.v),
		    point_cmp) != NULL)
			continue;
		told[i] = 1;
		report_change(plan->ops[i].path, "others have removed or "
		    "replaced it: nothing hides what is there now",
		    "filesystem.denyRead",
		    "\"filesystem\": {\"strictReadGlobs\": true}", 1);
	}
	free(p.v);
	free(p.text);
}

int
lifted_tend(int now_changed)
{
	static struct timespec	 last;
	struct timespec		 now;
	int64_t			 ms;

	changed |= now_changed;
	if (!changed)
		return -1;
	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		fatal("clock_gettime");
	ms = ((int64_t)now.tv_sec - last.tv_sec) * 1000 +
	    (now.tv_nsec - last.tv_nsec) / 1000000;
	if (last.tv_sec != 0 && ms < LIFTED_PAUSE)
		return (int)(LIFTED_PAUSE - ms);
	last = now;
	lifted_look();
	return -1;
}

void
lifted_end(void)
{
	struct pollfd	 pfd = { .fd = watch, .events = POLLPRI };

	if (watch != -1 && (poll(&pfd, 1, 0) == 1 || changed))
		lifted_look();
}
