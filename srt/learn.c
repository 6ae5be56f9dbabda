/* SPDX-License-Identifier: ISC */

/*
 * srt --learn: a run in which what no rule allows is allowed and recorded, or
 * recorded alone, and settings that would have sufficed.  The monitor writes
 * what is recorded into a file without a name; when the command has ended it
 * is read, and the keeper adds to the settings what comes of it.
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "learn.h"
#include "parent.h"
#include "violation.h"

/* Of what stays refused so much is said. */
#define LEARN_SHOWN	20

static struct {
	int			 on;
	int			 deny;		/* --learn-deny */
	int			 fd;		/* what is recorded */
	const char		*file;		/* that the settings go to */
	const struct output	*output;	/* of that */
	char			*base;		/* what that begins with */
	size_t			 baselen;
	struct learn_events	 events;
	struct learn_limits	 limits;
	struct learn_result	 result;
	struct strlist		 looked_up;
	struct strlist		 refused;	/* "deny ...: ..." */
	struct strlist		 vain;		/* would not help */
	uint64_t		 lost;
} learn = { .fd = -1 };

static const char *
learn_option(void)
{
	return learn.deny ? "--learn-deny" : "--learn";
}

static void
list_add(struct strlist *list, const char *text)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->v[i].text, text) == 0)
			return;
	list->v = xreallocarray(list->v, list->n + 1, sizeof(*list->v));
	memset(&list->v[list->n], 0, sizeof(*list->v));
	list->v[list->n++].text = xstrdup(text);
}

int
learn_settings(struct options *opts)
{
	struct stat	 file, set;

	if (opts->learn == NULL)
		return 0;
	if (stat(opts->learn, &file) == -1) {
		if (errno == ENOENT)
			return 0;
		errors_write("Error: %s: %s\n", opts->learn, strerror(errno));
		return -1;
	}
	if (opts->settings != NULL && (stat(opts->settings, &set) == -1 ||
	    set.st_dev != file.st_dev || set.st_ino != file.st_ino)) {
		errors_write("Error: %s is there already, and what is learned "
		    "is added to it: run srt without -s, or name a new "
		    "file\n", opts->learn);
		return -1;
	}
	opts->settings = opts->learn;
	return 0;
}

/* A real path, also of what is not there. */
static void
learn_own(const char *path, const char *cwd)
{
	struct followed	 f;
	char		*full;

	if (path[0] == '/')
		full = xstrdup(path);
	else
		(void)xasprintf(&full, "%s/%s", cwd, path);
	(void)path_follow(full, &f);
	learn.limits.own = xreallocarray(learn.limits.own,
	    learn.limits.nown + 2, sizeof(*learn.limits.own));
	learn.limits.own[learn.limits.nown++] = xstrdup(f.path);
	if (f.meant != NULL)
		learn.limits.own[learn.limits.nown++] = xstrdup(f.meant);
	followed_free(&f);
	free(full);
}

/* Real, or NULL. */
static char *
learn_home(void)
{
	const char	*home = home_dir();

	return home == NULL ? NULL : realpath(home, NULL);
}

/* A ceiling of nothing holds nothing by name: here it must, too. */
static void
learn_ceiling(const struct settings *set, struct policy *policy)
{
	static const struct {
		const char	*key;
		const char	*rule;
		enum guard_kind	 path;
		enum guard_kind	 pattern;
	} lists[] = {
		{ "filesystem.allowWrite",
		    "the administrator's filesystem.allowWrite",
		    GUARD_CEILING, GUARD_CEILING_GLOB },
		{ "network.allowUnixSockets",
		    "the administrator's network.allowUnixSockets",
		    GUARD_UNIX_CEILING, GUARD_UNIX_CEILING_GLOB }
	};
	size_t	 i;

	for (i = 0; i < nitems(lists); i++)
		if (settings_names(set->ceiling, lists[i].key) &&
		    !guards_have(&policy->guards, lists[i].path) &&
		    !guards_have(&policy->guards, lists[i].pattern))
			/* The command's own /dev is nobody's to name. */
			guards_add(&policy->guards, lists[i].path, "/dev",
			    lists[i].rule);
}

void
learn_policy(const struct options *opts, const struct settings *set,
    const struct own_file *own, size_t nown, struct policy *policy)
{
	char	*home;
	size_t	 i;

	if (opts->learn == NULL)
		return;
	learn.on = 1;
	learn.deny = opts->learn_deny;
	learn.file = opts->learn;
	learn.output = &policy->saves;
	policy->flags |= EXEC_LEARN | (learn.deny ? EXEC_LEARN_DENY : 0);
	home = learn_home();
	learn.limits.set = set;
	learn.limits.home = home;
	for (i = 0; i < nown; i++)
		learn_own(own[i].path, policy->cwd);
	if (settings_default_path() != NULL)
		learn_own(settings_default_path(), policy->cwd);
	learn_ceiling(set, policy);
	if (learn.deny || set->fs_disabled)
		return;
	/* All that the user may write; what is denied lies beneath. */
	paths_add(&policy->paths, FS_WRITE, "/", S_IFDIR, learn_option());
	if (home != NULL)
		protect_directory(set, policy->cwd, home, &policy->paths,
		    &policy->guards);
}

void
learn_base(char *text, size_t len)
{
	free(learn.base);
	learn.base = text;
	learn.baselen = len;
}

int
learn_start(void)
{
	int	 flags;

	learn.fd = memfd_create("srt-learn", MFD_CLOEXEC);
	/* Whatever the offset: both ends have the same. */
	if (learn.fd == -1 || (flags = fcntl(learn.fd, F_GETFL)) == -1 ||
	    fcntl(learn.fd, F_SETFL, flags | O_APPEND) == -1) {
		log_warn("memfd_create");
		return -1;
	}
	keeper_base(learn.base, learn.baselen);
	if (keeper_start(learn.output, 1) == -1)
		return -1;
	if (learn.deny)
		log_warnx("--learn-deny: what the settings lack will be added "
		    "to %s", learn.file);
	else
		log_warnx("--learn: the command is not confined to the "
		    "settings: it may write what you may write and reach any "
		    "host, but for what is denied; what it used will be added "
		    "to %s", learn.file);
	return 0;
}

int
learn_on(void)
{
	return learn.on;
}

uint32_t
learn_rules(void)
{
	if (!learn.on)
		return 0;
	return RULESET_LEARN | (learn.deny ? RULESET_LEARN_DENY : 0);
}

int
learn_output(void)
{
	int	 fd;

	if (!learn.on)
		return -1;
	if ((fd = fcntl(learn.fd, F_DUPFD_CLOEXEC, 3)) == -1)
		fatal("fcntl");
	return fd;
}

static const char *
member(const struct json *line, const char *name)
{
	const struct json	*value = json_get(line, name);

	return value == NULL || value->type != JSON_STRING ? "" :
	    value->string;
}

/* With --learn-deny: is it refused for want of what was learned? */
static int
is_learnt(const char *rule)
{
	return learn.deny && (strcmp(rule, "network.allowedDomains") == 0 ||
	    strcmp(rule, "network.allowUnixSockets") == 0 ||
	    strcmp(rule, "filesystem.allowWrite") == 0);
}

static void
learn_refusal(const char *operation, const char *target, const char *reason,
    const char *rule)
{
	char	*text;

	/* Made in a tree of the command's own: the report has it. */
	if (strcmp(operation, VIOLATION_CHANGE) == 0 || is_learnt(rule))
		return;
	if (strcmp(rule, "check of resolved addresses") == 0)
		list_add(&learn.vain, target);
	(void)xasprintf(&text, "%s %s (%s)", operation, target, reason);
	if (learn.refused.n < LEARN_SHOWN)
		list_add(&learn.refused, text);
	free(text);
}

static void
learn_line(const struct json *line)
{
	const char	*op = member(line, "operation");
	const char	*target = member(line, "target");
	const char	*reason = member(line, "reason");

	if (strcmp(op, VIOLATION_LEARN_CONNECT) == 0)
		learn_event_add(&learn.events, LEARN_CONNECT, target, 0);
	else if (strcmp(op, VIOLATION_LEARN_LOOKUP) == 0)
		list_add(&learn.looked_up, target);
	else if (strcmp(op, VIOLATION_LEARN_UNIX) == 0)
		learn_event_add(&learn.events, LEARN_UNIX, target, 0);
	else if (strcmp(op, VIOLATION_LEARN_WRITE) == 0)
		learn_event_add(&learn.events, LEARN_WRITE, target, 0);
	else if (strcmp(op, VIOLATION_LEARN_MAKE) == 0)
		learn_event_add(&learn.events, LEARN_MAKE, target,
		    strcmp(reason, VIOLATION_EMPTY) == 0);
	else if (strncmp(op, VIOLATION_LEARN, sizeof(VIOLATION_LEARN) - 1) ==
	    0)
		learn.lost++;
	else
		learn_refusal(op, target, reason, member(line, "rule"));
}

static void
learn_parse(const char *text, size_t len)
{
	struct errors	 errors;
	struct json	*line;

	errors_init(&errors);
	if ((line = json_parse(text, len, &errors)) == NULL)
		learn.lost++;
	else
		learn_line(line);
	json_free(line);
	errors_free(&errors);
}

/* Whole lines; what is left of the last one is lost. */
static void
learn_read(void)
{
	char	*buf = NULL, *end;
	size_t	 size = 0, len = 0, at;
	ssize_t	 n;

	if (lseek(learn.fd, 0, SEEK_SET) == -1)
		fatal("lseek");
	do {
		if (len == size) {
			size += 1024 * 1024;
			buf = xreallocarray(buf, size, 1);
		}
		n = read(learn.fd, buf + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (n == -1)
		learn.lost++;
	for (at = 0; at < len && (end = memchr(buf + at, '\n', len - at)) !=
	    NULL; at = (size_t)(end - buf) + 1)
		learn_parse(buf + at, (size_t)(end - buf) - at);
	if (at < len)
		learn.lost++;
	free(buf);
}

/* A host that is refused in any case needs no entry. */
static void
learn_drop_vain(void)
{
	struct learn_event	*ev;
	size_t			 i, k, n = 0;

	for (i = 0; i < learn.events.n; i++) {
		ev = &learn.events.v[i];
		for (k = 0; k < learn.vain.n; k++)
			if (ev->kind == LEARN_CONNECT && strcasecmp(ev->target,
			    learn.vain.v[k].text) == 0)
				break;
		if (k == learn.vain.n)
			learn.events.v[n++] = *ev;
		else
			free(ev->target);
	}
	learn.events.n = n;
}

void
learn_finish(uint64_t lost)
{
	size_t	 i;

	learn.lost = lost;
	learn_read();
	learn_drop_vain();
	learn_additions(&learn.events, &learn.limits, &learn.result);
	/* Each new one comes first in its list. */
	for (i = learn.result.n; i-- > 0; )
		keeper_add(learn.result.v[i].key, learn.result.v[i].entry);
	keeper_save();
}

static int
was_reached(const char *name)
{
	const char	*target;
	size_t		 i, len = strlen(name);

	for (i = 0; i < learn.events.n; i++) {
		target = learn.events.v[i].target;
		if (learn.events.v[i].kind == LEARN_CONNECT &&
		    strncmp(target, name, len) == 0 && target[len] == ':')
			return 1;
	}
	return 0;
}

static void
learn_say(const char *what, const struct strlist *list)
{
	size_t	 i, n = 0;

	for (i = 0; i < list->n; i++) {
		if (list == &learn.looked_up && was_reached(list->v[i].text))
			continue;
		if (n++ == 0)
			errors_write("srt: %s: %s:\n", learn_option(), what);
		if (n > LEARN_SHOWN) {
			errors_write("    ...\n");
			break;
		}
		errors_write("    %s\n", list->v[i].text);
	}
}

static void
learn_show(void)
{
	const struct learn_item	*item;
	const char		*key = "";
	size_t			 i;

	if (learn.result.n == 0) {
		errors_write("srt: %s: nothing had to be added to %s\n",
		    learn_option(), learn.file);
		return;
	}
	errors_write("srt: %s: added to %s:\n", learn_option(), learn.file);
	for (i = 0; i < learn.result.n; i++) {
		item = &learn.result.v[i];
		if (strcmp(key, item->key) != 0)
			errors_write("  %s\n", item->key);
		key = item->key;
		errors_write("+   \"%s\"\n", item->entry);
	}
}

/* What could not be said in settings. */
static void
learn_odd(void)
{
	size_t	 i;

	if (learn.result.nodd == 0)
		return;
	errors_write("srt: %s: for these no entry was written, because it "
	    "would open too much or cannot be written:\n", learn_option());
	for (i = 0; i < learn.result.nodd && i < LEARN_SHOWN; i++)
		errors_write("    %s\n", learn.result.odd[i]);
	if (i < learn.result.nodd)
		errors_write("    ...\n");
}

int
learn_end(int status, const char *why)
{
	if (why != NULL)
		log_warnx("%s: %s was not written: %s", learn_option(),
		    learn.file, why);
	else
		learn_show();
	learn_odd();
	learn_say("looked up, but not connected to, and not added",
	    &learn.looked_up);
	learn_say("refused in any case", &learn.refused);
	if (learn.lost > 0)
		log_warnx("%s: %llu events were lost: the settings may be "
		    "incomplete", learn_option(),
		    (unsigned long long)learn.lost);
	if (status == 0 && (why != NULL || learn.lost > 0 ||
	    learn.result.nodd > 0))
		return EXIT_SRT;
	return status;
}

int
learn_cut(int status)
{
	if (!learn.on)
		return status;
	log_warnx("%s: nothing was written: the record is not complete",
	    learn_option());
	return status == 0 ? EXIT_SRT : status;
}
