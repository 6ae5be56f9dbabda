/* SPDX-License-Identifier: ISC */

/*
 * --ask-fd and --ask: somebody decides where no rule does.  One line of JSON
 * goes out for each question, one comes back for each answer; without an
 * answer in time, with one that makes no sense, and when nobody listens any
 * more, the answer is no.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define ASK_LINE_MAX	65536
/* Of what was allowed at the terminal so many are told at the end. */
#define ASK_TOLD_MAX	100

/* A question that has been put. */
struct query {
	TAILQ_ENTRY(query)	 entry;
	struct event		 timer;
	uint32_t		 id;
	uint16_t		 port;
	char			*host;
};

static struct {
	struct lines		*lines;		/* NULL: nobody is there */
	struct event_base	*base;
	struct timeval		 timeout;
	ask_answer_fn		 answer;
	void			(*hold)(int);
	int			 saves;		/* there is a keeper */
	char			*told[ASK_TOLD_MAX];
	size_t			 ntold;
	unsigned long		 untold;	/* more than that */
	TAILQ_HEAD(, query)	 queries;
} ask = { .queries = TAILQ_HEAD_INITIALIZER(ask.queries) };

static void	 ask_deny_all(const char *);
static void	 ask_end(void *, const char *);
static void	 ask_expired(int, short, void *);
static void	 ask_finish(struct query *, int, int, const char *);
static void	 ask_line(void *, char *, size_t);
static int	 ask_parse(const struct json *);
static void	 ask_save(const struct query *, int);

static const struct lines_sink	 ask_sink = { ask_line, ask_end };

int
ask_open(int fd)
{
	socklen_t	 len = sizeof(int);
	int		 on = 0, type = 0;

	errno = 0;
	if (fcntl(fd, F_GETFD) != -1 && (getsockopt(fd, SOL_SOCKET, SO_TYPE,
	    &type, &len) == -1 || type != SOCK_STREAM ||
	    (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	    on)))
		errno = 0;
	else if (errno == 0 &&
	    (ask.lines = lines_open(fd, LINES_IN | LINES_OUT)) != NULL)
		return 0;
	errors_write("Error: --ask-fd %d is not usable: %s. Refusing to run "
	    "the command without the answers it asks for.\n", fd,
	    errno != 0 ? strerror(errno) : "it is no connected stream "
	    "socket, such as one of socketpair(2)");
	return -1;
}

void
ask_start(struct event_base *base, int seconds, int saves,
    ask_answer_fn answer, void (*hold)(int))
{
	ask.base = base;
	ask.timeout.tv_sec = seconds;
	ask.saves = saves;
	ask.answer = answer;
	ask.hold = hold;
	/* The run may have ended by now, before it began. */
	if (ask.lines == NULL)
		return;
	lines_start(ask.lines, base, ASK_LINE_MAX, &ask_sink, NULL);
}

void
ask_stop(void)
{
	lines_close(ask.lines);
	ask.lines = NULL;
}

void
ask_put(uint32_t id, const char *host, uint16_t port, uint64_t pid,
    const char *program)
{
	struct query	*q;
	FILE		*fp;
	char		*text;
	size_t		 len;

	if (ask.lines == NULL) {
		ask.answer(id, 0, 0, "nobody is there to be asked");
		return;
	}
	q = xcalloc(1, sizeof(*q));
	q->id = id;
	q->host = xstrdup(host);
	q->port = port;
	if (evtimer_assign(&q->timer, ask.base, ask_expired, q) == -1 ||
	    evtimer_add(&q->timer, &ask.timeout) == -1)
		fatalx("evtimer_add");
	if (TAILQ_EMPTY(&ask.queries) && ask.hold != NULL)
		ask.hold(1);
	TAILQ_INSERT_TAIL(&ask.queries, q, entry);

	if ((fp = open_memstream(&text, &len)) == NULL)
		fatal("open_memstream");
	fprintf(fp, "{\"id\":%u,\"type\":\"connect\",\"host\":", id);
	json_print(fp, host);
	fprintf(fp, ",\"port\":%u,\"pid\":", port);
	if (pid == 0)
		fputs("null,\"program\":null}\n", fp);
	else {
		fprintf(fp, "%llu,\"program\":", (unsigned long long)pid);
		json_print(fp, program);
		fputs("}\n", fp);
	}
	if (fclose(fp) != 0)
		fatal("open_memstream");
	if (lines_write(ask.lines, text, len) == -1)
		ask_end(NULL, strerror(errno));
	free(text);
}

/* What ask_tell() tells. */
static void
ask_note(const struct query *q, int keep)
{
	char	*text;
	size_t	 i;

	(void)xasprintf(&text, strchr(q->host, ':') != NULL ? "[%s]:%u (%s)" :
	    "%s:%u (%s)", q->host, q->port, keep ? "for the run" : "once");
	for (i = 0; i < ask.ntold && strcmp(ask.told[i], text) != 0; i++)
		continue;
	if (i == ask.ntold && i < nitems(ask.told)) {
		ask.told[ask.ntold++] = text;
		return;
	}
	if (i == ask.ntold)
		ask.untold++;
	free(text);
}

void
ask_tell(void)
{
	size_t	 i;

	if (ask.ntold == 0)
		return;
	if (isatty(STDERR_FILENO) && *tty_plain() != '\0')
		errors_write("%s\r\n", tty_plain());
	for (i = 0; i < ask.ntold; i++)
		errors_write("srt: allowed at the terminal: %s\n",
		    ask.told[i]);
	if (ask.untold > 0)
		errors_write("srt: and %lu more\n", ask.untold);
}

static void
ask_finish(struct query *q, int allow, int keep, const char *reason)
{
	TAILQ_REMOVE(&ask.queries, q, entry);
	if (TAILQ_EMPTY(&ask.queries) && ask.hold != NULL)
		ask.hold(0);
	(void)evtimer_del(&q->timer);
	if (allow && ask.hold != NULL)
		ask_note(q, keep);
	ask.answer(q->id, allow, keep, reason);
	free(q->host);
	free(q);
}

static void
ask_expired(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ask_finish(arg, 0, 0, "nobody answered in time");
}

static void
ask_deny_all(const char *reason)
{
	struct query	*q;

	while ((q = TAILQ_FIRST(&ask.queries)) != NULL)
		ask_finish(q, 0, 0, reason);
}

static void
ask_end(void *arg, const char *why)
{
	(void)arg;
	if (ask.lines == NULL)
		return;
	if (why != NULL)
		log_warnx("who is asked has gone (%s): what no rule allows "
		    "is refused from now on", why);
	else
		log_info("who is asked has gone: what no rule allows is "
		    "refused from now on");
	ask_stop();
	ask_deny_all("nobody is there to be asked");
}

static void
ask_line(void *arg, char *line, size_t len)
{
	struct errors	 errors;
	struct json	*root = NULL;

	(void)arg;
	if (line != NULL && len > 0 && line[len - 1] == '\r')
		len--;
	if (line != NULL && len == 0)
		return;
	errors_init(&errors);
	if (line != NULL)
		root = json_parse(line, len, &errors);
	errors_free(&errors);
	if (root == NULL || ask_parse(root) == -1) {
		log_warnx("an answer that makes no sense: every open question "
		    "is answered with no");
		ask_deny_all("permission prompt failed");
	}
	json_free(root);
}

/* -1: it is no answer. */
static int
ask_parse(const struct json *root)
{
	const struct json	*id, *answer, *scope, *reason;
	struct query		*q;
	int			 allow, keep = 0, save = 0;

	id = json_get(root, "id");
	answer = json_get(root, "answer");
	scope = json_get(root, "scope");
	reason = json_get(root, "reason");
	if (id == NULL || id->type != JSON_NUMBER || answer == NULL ||
	    answer->type != JSON_STRING ||
	    (scope != NULL && scope->type != JSON_STRING) ||
	    (reason != NULL && reason->type != JSON_STRING))
		return -1;
	allow = strcmp(answer->string, "allow") == 0;
	if (!allow && strcmp(answer->string, "deny") != 0)
		return -1;
	if (scope != NULL) {
		save = strcmp(scope->string, "save") == 0;
		keep = save || strcmp(scope->string, "run") == 0;
		if (!keep && strcmp(scope->string, "once") != 0)
			return -1;
	}
	TAILQ_FOREACH(q, &ask.queries, entry)
		if (id->number == (double)q->id)
			break;
	if (q == NULL) {
		log_info("an answer that comes too late, or to nothing");
		return 0;
	}
	if (save)
		ask_save(q, allow);
	ask_finish(q, allow, keep, reason != NULL && !allow &&
	    *reason->string != '\0' ? reason->string : "user denied");
	return 0;
}

/* What is saved is no more than what was asked for. */
static void
ask_save(const struct query *q, int allow)
{
	const char	*why;
	struct rule	*rule;
	char		*entry;

	(void)xasprintf(&entry, strchr(q->host, ':') != NULL ? "[%s]:%u" :
	    "%s:%u", q->host, q->port);
	rule = rule_parse(entry, allow ? RULE_ALLOW : RULE_DENY, &why);
	if (rule == NULL)
		log_warnx("\"%s\" is not saved: %s", entry, why);
	else if (!ask.saves)
		log_warnx("\"%s\" is not saved: there is no settings file",
		    entry);
	else {
		keeper_add(allow ? "network.allowedDomains" :
		    "network.deniedDomains", entry);
		keeper_save();
	}
	rule_free(rule);
	free(entry);
}
