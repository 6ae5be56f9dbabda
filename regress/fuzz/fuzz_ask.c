/* SPDX-License-Identifier: ISC */

/*
 * --ask-fd.  The first byte says how the input, which are the answers, is cut
 * on its way.  Each question is answered once; yes only if a line says so,
 * and what is saved is the host and the port that were asked for.
 */

#include "compat.h"

#include <sys/socket.h>

#include "../../srt/ask.c"

#define INPUT_MAX	8192
#define QUESTIONS	4

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct {
	const char	*host;
	uint16_t	 port;
	const char	*entry;		/* as it is saved */
} asked[QUESTIONS] = {
	{ "a.test", 443, "a.test:443" },
	{ "b.test", 80, "b.test:80" },
	{ "2001:db8::1", 22, "[2001:db8::1]:22" },
	{ "192.0.2.1", 65535, "192.0.2.1:65535" }
};

static const uint8_t	*input;
static size_t		 input_len;
static unsigned int	 answers[QUESTIONS];
static unsigned int	 saved;
static int		 held;

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
sink(enum log_level level, const char *text)
{
	(void)level;
	(void)text;
}

/* Is there a line that is an answer to this question, with that text? */
static int
says(uint32_t id, const char *key, const char *text)
{
	const struct json	*number, *value;
	struct errors		 errors;
	struct json		*root;
	const char		*p = (const char *)input, *end;
	size_t			 len = input_len, n;
	int			 found = 0;

	for (; len > 0 && !found; p += n, len -= n) {
		end = memchr(p, '\n', len);
		n = end == NULL ? len : (size_t)(end - p);
		errors_init(&errors);
		root = json_parse(p, n - (n > 0 && p[n - 1] == '\r'), &errors);
		errors_free(&errors);
		n += end != NULL;
		if (root == NULL)
			continue;
		number = json_get(root, "id");
		value = json_get(root, key);
		found = number != NULL && number->type == JSON_NUMBER &&
		    number->number == id && value != NULL &&
		    value->type == JSON_STRING &&
		    strcmp(value->string, text) == 0;
		json_free(root);
	}
	return found;
}

static void
answer(uint32_t id, int allow, int keep, const char *reason)
{
	check(id >= 1 && id <= QUESTIONS && answers[id - 1]++ == 0);
	check(reason != NULL && *reason != '\0');
	if (allow)
		check(says(id, "answer", "allow"));
	if (keep)
		check(says(id, "scope", "run") || says(id, "scope", "save"));
}

static void
hold(int on)
{
	check(on != held);
	held = on;
}

/* The keeper's, which is not here. */
void
keeper_add(const char *key, const char *entry)
{
	uint32_t	 id;

	for (id = 1; id <= QUESTIONS; id++)
		if (strcmp(entry, asked[id - 1].entry) == 0)
			break;
	check(id <= QUESTIONS && says(id, "scope", "save"));
	check(says(id, "answer", strcmp(key, "network.allowedDomains") == 0 ?
	    "allow" : "deny"));
	saved++;
}

void
keeper_save(void)
{
	check(saved > 0);
}

static void
drain(int fd)
{
	char	 buf[4096];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		continue;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct event_base	*base;
	size_t			 n, off, step;
	uint32_t		 id;
	int			 sv[2];

	if (len == 0 || len > INPUT_MAX)
		return 0;
	log_setsink(sink);
	memset(answers, 0, sizeof(answers));
	saved = 0;
	input = data + 1;
	input_len = len - 1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1 ||
	    (base = event_base_new()) == NULL)
		abort();
	check(ask_open(sv[0]) == 0);
	(void)close(sv[0]);
	ask_start(base, 3600, data[0] & 1, answer, hold);
	for (id = 1; id <= QUESTIONS; id++)
		ask_put(id, asked[id - 1].host, asked[id - 1].port, id,
		    "pro\"gram\x1b");

	step = (size_t)data[0] * 97 + 1;
	for (off = 1; off < len; off += n) {
		n = len - off < step ? len - off : step;
		check(send(sv[1], data + off, n, MSG_NOSIGNAL) == (ssize_t)n);
		check(event_base_loop(base, EVLOOP_NONBLOCK) != -1);
		drain(sv[1]);
	}
	(void)close(sv[1]);
	for (n = 0; ask.lines != NULL; n++) {
		check(n < INPUT_MAX);
		check(event_base_loop(base, EVLOOP_NONBLOCK) != -1);
	}
	for (id = 1; id <= QUESTIONS; id++)
		check(answers[id - 1] == 1);
	check(!held);
	event_base_free(base);
	return 0;
}
