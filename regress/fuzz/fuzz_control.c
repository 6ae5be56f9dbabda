/* SPDX-License-Identifier: ISC */

/*
 * --control-fd and --control-ack.  The first byte says how the input is cut
 * on its way.  Whatever that is, each line is answered in its turn, and only
 * what settings_parse() accepts is put in force.
 */

#include "compat.h"

#include <sys/socket.h>

#include <fcntl.h>

#include "../../srt/control.c"

#define INPUT_MAX	8192	/* what a socket holds */
#define ANSWERS_SIZE	(4 * 1024 * 1024)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);
ssize_t	 __real_write(int, const void *, size_t);
ssize_t	 __wrap_write(int, const void *, size_t);

static unsigned int	 updates;
static unsigned int	 pending;
static char		 answers[ANSWERS_SIZE];
static size_t		 answered;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* Faults are told to standard error, thousands of them a second. */
ssize_t
__wrap_write(int fd, const void *buf, size_t len)
{
	return fd == STDERR_FILENO ? (ssize_t)len :
	    __real_write(fd, buf, len);
}

/* Of send.c, which brings the other roles along. */
const char *
send_check(const struct settings *set)
{
	return set->allowed_domains.n > 3 ? "too many" : NULL;
}

static void
sink(enum log_level level, const char *text)
{
	(void)level;
	(void)text;
}

static void
update(const struct settings *set)
{
	check(set != NULL);
	updates++;
	check(++pending <= CONTROL_AHEAD);
}

static void
lose(void)
{
	abort();
}

/* Is this line applied (1), refused (0) or empty (-1)? */
static int
verdict(const char *line, size_t len)
{
	struct settings	*set = NULL;
	struct errors	 errors;
	int		 good;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (len == 0)
		return -1;
	errors_init(&errors);
	good = settings_parse("fuzz", line, len, &set, &errors) == 0 &&
	    send_check(set) == NULL;
	settings_free(set);
	errors_free(&errors);
	return good;
}

/* Each line has its answer; so many are of one that is applied. */
static unsigned int
compare(const char *data, size_t len)
{
	static const char	 yes[] = "{\"applied\":true}";
	static const char	 no[] = "{\"applied\":false,";
	const char		*end;
	char			*p = answers;
	unsigned int		 good = 0;
	size_t			 n;
	int			 v;

	for (; len > 0; data += n, len -= n) {
		end = memchr(data, '\n', len);
		n = end == NULL ? len : (size_t)(end - data);
		v = verdict(data, n);
		n += end != NULL;
		if (v == -1)
			continue;
		good += (unsigned int)v;
		check(v == 1 ? strncmp(p, yes, strlen(yes)) == 0 :
		    strncmp(p, no, strlen(no)) == 0);
		check((p = strchr(p, '\n')) != NULL);
		p++;
	}
	check(*p == '\0');
	return good;
}

/* One round of srt: what came is read, what waits is put in force. */
static void
turn(struct event_base *base, int ack)
{
	ssize_t	 n;

	check(event_base_loop(base, EVLOOP_NONBLOCK) != -1);
	if (pending > 0) {
		pending--;
		control_applied();
	}
	while ((n = recv(ack, answers + answered, sizeof(answers) - 1 -
	    answered, MSG_DONTWAIT)) > 0)
		answered += (size_t)n;
	answers[answered] = '\0';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct event_base	*base;
	size_t			 n, off, step;
	int			 in[2], ack[2], turns;

	if (len == 0 || len > INPUT_MAX)
		return 0;
	log_setsink(sink);
	updates = pending = 0;
	answered = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ack) == -1 ||
	    (base = event_base_new()) == NULL)
		abort();
	check(control_open(in[0], ack[0]) == 0);
	control_start(base, update, lose);

	step = (size_t)data[0] * 97 + 1;
	for (off = 1; off < len; off += n) {
		n = len - off < step ? len - off : step;
		check(write(in[1], data + off, n) == (ssize_t)n);
		turn(base, ack[1]);
	}
	(void)close(in[1]);
	for (turns = 0; control.in != NULL || pending > 0; turns++) {
		check(turns < 2 * INPUT_MAX);
		turn(base, ack[1]);
	}
	turn(base, ack[1]);
	check(TAILQ_EMPTY(&control.answers));
	check(compare((const char *)data + 1, len - 1) == updates);

	lines_close(control.ack);
	(void)close(ack[1]);
	event_base_free(base);
	control.delivered = 0;
	control.line = 0;
	return 0;
}
