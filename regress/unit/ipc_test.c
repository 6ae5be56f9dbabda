/* SPDX-License-Identifier: ISC */

/*
 * The pipes between the roles: whatever the table of a receiver does not
 * allow must end it, and must not leave a descriptor behind.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc.h"
#include "log.h"
#include "violation.h"

#define T_NONE		1000	/* arbitrary types */
#define T_U32		1001
#define T_FD		1002
#define T_STR		1003
#define T_STRV		1004
#define T_CONFIG	1005
#define T_CLOSE		1006

static void	 handle(struct ipc_peer *, struct imsg *);
static void	 handle_close(struct ipc_peer *, struct imsg *);

static const struct ipc_rule rules[] = {
	{ T_NONE, 0, 0, IPC_NOFD, IPC_PHASE_RUN, handle },
	{ T_U32, 4, 8, IPC_NOFD, IPC_PHASE_RUN, handle },
	{ T_FD, 4, 4, IPC_WITHFD, IPC_PHASE_RUN, handle },
	{ T_STR, 4, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN, handle },
	{ T_STRV, 0, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN, handle },
	{ T_CONFIG, 0, 0, IPC_NOFD, IPC_PHASE_CONFIG, handle },
	{ T_CLOSE, 0, 0, IPC_NOFD, IPC_PHASE_RUN, handle_close },
	{ IMSG_CTL_HELLO, sizeof(struct ipc_hello), sizeof(struct ipc_hello),
	    IPC_NOFD, IPC_PHASE_HELLO, handle },
	{ IMSG_CTL_LOG, 8, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN, handle },
	{ IMSG_MON_VIOLATION, 32, MAX_IMSGSIZE, IPC_NOFD, IPC_PHASE_RUN,
	    handle }
};

static struct ipc_peer	 here, there;
static int		 ngone, nhandled, nfds;
static uint32_t		 last_type;
static char		 logged[4096];
static void		(*hook)(struct imsg *);

static void
gone(struct ipc_peer *peer)
{
	assert_false(peer->open);
	ngone++;
}

static void
handle(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)peer;
	nhandled++;
	last_type = imsg_get_type(imsg);
	if (hook != NULL)
		hook(imsg);
}

static void
handle_close(struct ipc_peer *peer, struct imsg *imsg)
{
	(void)imsg;
	nhandled++;
	ipc_close(peer);
}

static void
log_keep(enum log_level level, const char *text)
{
	(void)level;
	(void)strlcat(logged, text, sizeof(logged));
	(void)strlcat(logged, "\n", sizeof(logged));
}

static int
count_fds(void)
{
	DIR	*dir;
	int	 n = 0;

	assert_non_null(dir = opendir("/proc/self/fd"));
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

static int
setup(void **state)
{
	int	 pair[2];

	(void)state;
	nfds = count_fds();
	ngone = nhandled = 0;
	last_type = 0;
	hook = NULL;
	logged[0] = '\0';
	log_init("test", LOG_LEVEL_WARN);
	log_setsink(log_keep);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    pair) == -1)
		return -1;
	ipc_open(&here, NULL, pair[0], ROLE_EXEC, rules, nitems(rules), gone);
	ipc_open(&there, NULL, pair[1], ROLE_PARENT, rules, nitems(rules),
	    gone);
	ipc_phase(&here, IPC_PHASE_RUN);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ipc_log_to(NULL);
	ipc_close(&here);
	ipc_close(&there);
	assert_int_equal(count_fds(), nfds);
	return 0;
}

/* What "there" has queued arrives "here". */
static int
deliver(void)
{
	assert_int_equal(ipc_flush(&there), 0);
	return ipc_dispatch(&here);
}

static int
some_fd(void)
{
	int	 fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void
refused(const char *why)
{
	assert_int_equal(deliver(), -1);
	assert_int_equal(ngone, 1);
	assert_int_equal(nhandled, 0);
	assert_false(here.open);
	if (strstr(logged, why) == NULL)
		fail_msg("logged: %s, not: %s", logged, why);
}

static void
test_allowed(void **state)
{
	(void)state;
	ipc_send(&there, T_NONE, -1, NULL, 0);
	ipc_send_u32(&there, T_U32, -1, 7);
	ipc_send(&there, T_U32, -1, "12345678", 8);
	assert_int_equal(deliver(), 1);
	assert_int_equal(nhandled, 3);
	/* Nothing there. */
	assert_int_equal(ipc_dispatch(&here), 1);
	assert_int_equal(nhandled, 3);
	assert_int_equal(ngone, 0);
	assert_string_equal(logged, "");
}

static void
test_type(void **state)
{
	(void)state;
	ipc_send(&there, 4242, -1, NULL, 0);
	ipc_send(&there, T_NONE, -1, NULL, 0);
	refused("srt-exec: message 4242 is not allowed");
}

static void
test_short(void **state)
{
	(void)state;
	ipc_send(&there, T_U32, -1, "abc", 3);
	refused("of 3 bytes");
}

static void
test_empty(void **state)
{
	(void)state;
	ipc_send(&there, T_U32, -1, NULL, 0);
	refused("of 0 bytes");
}

static void
test_long(void **state)
{
	(void)state;
	ipc_send(&there, T_U32, -1, "123456789", 9);
	refused("of 9 bytes");
}

static void
test_long_none(void **state)
{
	(void)state;
	ipc_send(&there, T_NONE, -1, "x", 1);
	refused("of 1 bytes");
}

static void
test_phase(void **state)
{
	(void)state;
	ipc_send(&there, T_CONFIG, -1, NULL, 0);
	refused("is not allowed now");
}

static void
test_phase_hello(void **state)
{
	(void)state;
	ipc_phase(&here, IPC_PHASE_HELLO);
	ipc_send(&there, T_NONE, -1, NULL, 0);
	refused("is not allowed now");
}

static void
test_without_fd(void **state)
{
	(void)state;
	ipc_send_u32(&there, T_FD, -1, 1);
	refused("without its descriptor");
}

static void
test_with_fd(void **state)
{
	(void)state;
	ipc_send_u32(&there, T_U32, some_fd(), 1);
	refused("with a descriptor");
}

/* Refused before anybody looks at the descriptor. */
static void
test_type_with_fd(void **state)
{
	(void)state;
	ipc_send_u32(&there, 4242, some_fd(), 1);
	ipc_send_u32(&there, T_FD, some_fd(), 1);
	ipc_send_u32(&there, T_FD, some_fd(), 1);
	assert_int_equal(ipc_flush(&there), 0);
	while (ipc_dispatch(&here) == 1)
		continue;
	assert_int_equal(ngone, 1);
	assert_int_equal(nhandled, 0);
}

/* Nobody takes it out of the message. */
static void
test_fd_unused(void **state)
{
	(void)state;
	ipc_send_u32(&there, T_FD, some_fd(), 1);
	assert_int_equal(deliver(), 1);
	assert_int_equal(nhandled, 1);
}

static int	 got_fd;

static void
take_fd(struct imsg *imsg)
{
	assert_int_equal(ipc_recv_u32(imsg), 99);
	got_fd = imsg_get_fd(imsg);
}

static void
test_fd(void **state)
{
	(void)state;
	hook = take_fd;
	got_fd = -1;
	ipc_send_u32(&there, T_FD, some_fd(), 99);
	assert_int_equal(deliver(), 1);
	assert_true(got_fd >= 0);
	assert_int_equal(fcntl(got_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(close(got_fd), 0);
}

static void
test_header(void **state)
{
	struct imsg_hdr	 hdr;

	(void)state;
	memset(&hdr, 0, sizeof(hdr));
	hdr.type = T_NONE;
	hdr.len = 3;
	assert_int_equal(write(there.ibuf.fd, &hdr, sizeof(hdr)),
	    sizeof(hdr));
	assert_int_equal(ipc_dispatch(&here), -1);
	assert_int_equal(ngone, 1);
	assert_int_equal(nhandled, 0);
}

static void
test_end(void **state)
{
	(void)state;
	ipc_send(&there, T_NONE, -1, NULL, 0);
	assert_int_equal(ipc_flush(&there), 0);
	ipc_close(&there);
	assert_int_equal(ipc_dispatch(&here), 1);
	assert_int_equal(nhandled, 1);
	assert_int_equal(ipc_dispatch(&here), -1);
	assert_int_equal(ngone, 1);
	assert_string_equal(logged, "");
	/* Twice is nothing, sending as well. */
	ipc_close(&here);
	ipc_send_u32(&here, T_FD, some_fd(), 1);
	ipc_send_str(&here, T_STR, "x");
	assert_int_equal(ipc_flush(&here), -1);
	assert_int_equal(ngone, 1);
}

static void
test_handler_closes(void **state)
{
	(void)state;
	ipc_send(&there, T_CLOSE, -1, NULL, 0);
	ipc_send_u32(&there, T_FD, some_fd(), 1);
	ipc_send(&there, T_NONE, -1, NULL, 0);
	assert_int_equal(ipc_flush(&there), 0);
	while (ipc_dispatch(&here) == 1)
		continue;
	assert_int_equal(nhandled, 1);
	assert_int_equal(ngone, 0);
}

/* It ends in the midst of a conversation: what it said before is heard. */
static void
test_last_words(void **state)
{
	char	 big[8192];

	(void)state;
	memset(big, 'x', sizeof(big));
	ipc_send_log(&there, LOG_LEVEL_FATAL, "why I end");
	assert_int_equal(ipc_flush(&there), 0);
	ipc_close(&there);
	ipc_send(&here, T_STR, -1, big, sizeof(big));
	assert_int_equal(ipc_flush(&here), -1);
	assert_int_equal(nhandled, 1);
	assert_int_equal(last_type, IMSG_CTL_LOG);
	assert_int_equal(ngone, 1);
}

static void
test_last_words_loop(void **state)
{
	struct event_base	*base;
	int			 pair[2];

	(void)state;
	ipc_close(&here);
	ipc_close(&there);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	assert_non_null(base = event_base_new());
	ipc_open(&here, base, pair[0], ROLE_EXEC, rules, nitems(rules), gone);
	ipc_open(&there, NULL, pair[1], ROLE_PARENT, rules, nitems(rules),
	    gone);
	ipc_phase(&here, IPC_PHASE_RUN);
	ipc_send_log(&there, LOG_LEVEL_FATAL, "why I end");
	assert_int_equal(ipc_flush(&there), 0);
	ipc_close(&there);
	ipc_send(&here, T_NONE, -1, NULL, 0);
	/* It returns when nothing is left to watch. */
	assert_int_equal(event_base_dispatch(base), 1);
	assert_int_equal(nhandled, 1);
	assert_int_equal(ngone, 1);
	event_base_free(base);
}

/* The process is gone, but its pipe was inherited by somebody. */
static void
test_finish(void **state)
{
	(void)state;
	ipc_send(&there, T_NONE, -1, NULL, 0);
	assert_int_equal(ipc_flush(&there), 0);
	ipc_finish(&here);
	assert_int_equal(nhandled, 1);
	assert_int_equal(ngone, 1);
	assert_false(here.open);
	ipc_finish(&here);
	assert_int_equal(ngone, 1);
}

/* Nobody reads: it is given up after IPC_FLUSH_TIMEOUT. */
static void
test_flush_stalled(void **state)
{
	char	 big[8192];
	int	 i;

	(void)state;
	memset(big, 'x', sizeof(big));
	for (i = 0; i < 200; i++)
		ipc_send(&here, T_STR, -1, big, sizeof(big));
	assert_int_equal(ipc_flush(&here), -1);
	assert_int_equal(ngone, 1);
	assert_int_equal(ipc_flush(&here), -1);
	assert_int_equal(ngone, 1);
}

/* Fatal ones: in a child, which must end with EXIT_SRT and say why. */

static char	 said[1024];

static void
dies(void (*f)(void), const char *why)
{
	int	 pipefd[2], status;
	ssize_t	 n;
	pid_t	 pid;

	assert_int_equal(pipe(pipefd), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		log_setsink(NULL);
		(void)dup2(pipefd[1], STDERR_FILENO);
		f();
		_exit(0);
	}
	(void)close(pipefd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	n = read(pipefd[0], said, sizeof(said) - 1);
	(void)close(pipefd[0]);
	said[n > 0 ? n : 0] = '\0';
	if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SRT ||
	    strstr(said, why) == NULL)
		fail_msg("status %#x, \"%s\", not \"%s\"", (unsigned)status,
		    said, why);
}

static void
recv_hello(struct imsg *imsg)
{
	ipc_recv_hello(imsg, ROLE_EXEC);
}

static void
hello_send(uint32_t version, uint32_t role, uint32_t level)
{
	struct ipc_hello	 hello = { version, role, level };

	hook = recv_hello;
	ipc_phase(&here, IPC_PHASE_HELLO);
	ipc_send(&there, IMSG_CTL_HELLO, -1, &hello, sizeof(hello));
	(void)ipc_flush(&there);
	(void)ipc_dispatch(&here);
}

static void
hello_version(void)
{
	hello_send(IPC_VERSION + 1, ROLE_EXEC, 0);
}

static void
hello_role(void)
{
	hello_send(IPC_VERSION, ROLE_PROXY, 0);
}

static void
hello_level(void)
{
	hello_send(IPC_VERSION, ROLE_EXEC, 77);
}

static void
test_hello(void **state)
{
	(void)state;
	dies(hello_version, "not of one installation");
	dies(hello_role, "greeted as role");
	dies(hello_level, "log level 77");
	hook = recv_hello;
	ipc_phase(&here, IPC_PHASE_HELLO);
	there.role = ROLE_EXEC;
	log_init("test", LOG_LEVEL_DEBUG);
	ipc_send_hello(&there);
	log_init("test", LOG_LEVEL_WARN);
	assert_int_equal(deliver(), 1);
	assert_int_equal(log_getlevel(), LOG_LEVEL_DEBUG);
	log_init("test", LOG_LEVEL_WARN);
}

static char	*got_str;

static void
recv_str(struct imsg *imsg)
{
	free(got_str);
	got_str = ipc_recv_str(imsg);
}

static void
recv_u32(struct imsg *imsg)
{
	(void)ipc_recv_u32(imsg);
}

/* A string message whose length field says n, with so many bytes. */
static void
str_send(uint32_t n, const void *bytes, size_t len)
{
	struct ibuf	*buf = ipc_create(&there, T_STR);

	hook = recv_str;
	ipc_add_u32(buf, n);
	if (len > 0)
		(void)imsg_add(buf, bytes, len);
	ipc_commit(&there, buf);
	(void)ipc_flush(&there);
	(void)ipc_dispatch(&here);
}

static void
str_nul(void)
{
	str_send(3, "a\0b", 3);
}

static void
str_short(void)
{
	str_send(4, "abc", 3);
}

static void
str_more(void)
{
	str_send(2, "abc", 3);
}

static void
str_huge(void)
{
	str_send(UINT32_MAX, "abc", 3);
}

static void
str_long(void)
{
	char	 big[IPC_STRING_MAX];

	memset(big, 'x', sizeof(big));
	str_send(sizeof(big), big, sizeof(big));
}

static void
str_send_long(void)
{
	char	 big[IPC_STRING_MAX + 1];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ipc_send_str(&there, T_STR, big);
}

static void
u32_more(void)
{
	hook = recv_u32;
	ipc_send(&there, T_U32, -1, "12345678", 8);
	(void)ipc_flush(&there);
	(void)ipc_dispatch(&here);
}

static void
test_str(void **state)
{
	char	 most[IPC_STRING_MAX];

	(void)state;
	dies(str_nul, "a NUL in a string");
	dies(str_short, "short message");
	dies(str_more, "bytes too many");
	dies(str_huge, "a string of 4294967295 bytes");
	dies(str_long, "a string of 8192 bytes");
	dies(str_send_long, "too long for a message");
	dies(u32_more, "4 bytes too many");

	memset(most, 'y', sizeof(most) - 1);
	most[sizeof(most) - 1] = '\0';
	hook = recv_str;
	ipc_send_str(&there, T_STR, most);
	assert_int_equal(deliver(), 1);
	assert_string_equal(got_str, most);
	ipc_send_str(&there, T_STR, "");
	assert_int_equal(deliver(), 1);
	assert_string_equal(got_str, "");
	free(got_str);
	got_str = NULL;
}

static struct ipc_strv	 strv;

static void
recv_strv(struct imsg *imsg)
{
	ipc_recv_strv(imsg, &strv);
}

static void
strv_round(char *const *v)
{
	char	**got;
	size_t	  i;

	memset(&strv, 0, sizeof(strv));
	hook = recv_strv;
	ipc_send_strv(&there, T_STRV, v);
	while (!strv.done) {
		(void)imsgbuf_write(&there.ibuf);
		assert_int_equal(ipc_dispatch(&here), 1);
	}
	got = ipc_strv_vector(&strv);
	for (i = 0; v[i] != NULL; i++) {
		assert_non_null(got[i]);
		assert_string_equal(got[i], v[i]);
	}
	assert_null(got[i]);
	free(got);
	free(strv.buf);
}

static char *
word(size_t len)
{
	char	*w = malloc(len + 1);

	assert_non_null(w);
	memset(w, 'w', len);
	w[len] = '\0';
	return w;
}

static void
test_strv(void **state)
{
	char	 empty[] = "", a[] = "a", b[] = "two words", *w1, *w2;
	char	*none[] = { NULL };
	char	*one[] = { empty, NULL };
	char	*few[] = { a, empty, b, empty, NULL };
	char	*long_[] = { a, NULL, b, NULL, NULL };

	(void)state;
	strv_round(none);
	strv_round(one);
	strv_round(few);
	/* Around the size of a piece, with its NUL. */
	w1 = word(MAX_IMSGSIZE - 1024 - 3);
	w2 = word(3 * MAX_IMSGSIZE);
	long_[1] = w1;
	long_[3] = w2;
	strv_round(long_);
	free(w1);
	w1 = word(MAX_IMSGSIZE - 1024 - 1);
	long_[0] = w1;
	long_[1] = NULL;
	strv_round(long_);
	free(w1);
	free(w2);
}

static void
strv_piece(const void *data, size_t len)
{
	hook = recv_strv;
	ipc_send(&there, T_STRV, -1, data, len);
	(void)ipc_flush(&there);
	(void)ipc_dispatch(&here);
}

static void
strv_cut(void)
{
	strv_piece("a\0b", 3);
	strv_piece(NULL, 0);
}

static void
strv_after(void)
{
	strv_piece("a", 2);
	strv_piece(NULL, 0);
	strv_piece("b", 2);
}

static void
strv_end_twice(void)
{
	strv_piece(NULL, 0);
	strv_piece(NULL, 0);
}

static void
strv_much(void)
{
	char	 piece[16000];
	size_t	 sent;

	memset(piece, 'x', sizeof(piece));
	for (sent = 0; sent <= IPC_STRV_MAX; sent += sizeof(piece))
		strv_piece(piece, sizeof(piece));
}

static void
test_strv_bad(void **state)
{
	(void)state;
	memset(&strv, 0, sizeof(strv));
	dies(strv_cut, "the last word is cut");
	dies(strv_after, "a piece after the last");
	dies(strv_end_twice, "a piece after the last");
	dies(strv_much, "more than 8388608 bytes of words");
}

/* Violations. */

static struct violation	 got_v;
static uint64_t		 got_lost;

static void
recv_violation(struct imsg *imsg)
{
	violation_clear(&got_v);
	ipc_recv_violation(imsg, &got_v, &got_lost);
}

static void
test_violation(void **state)
{
	char	 op[] = "file-write", target[] = "/a\nb", reason[] = "why",
		 rule[] = "", *cure = word(5000);
	struct violation	 v = {
		.pid = 1ULL << 40, .operation = op, .target = target,
		.reason = reason, .rule = rule, .cure = cure, .program = NULL
	};

	(void)state;
	hook = recv_violation;
	ipc_send_violation(&there, &v);
	assert_int_equal(deliver(), 1);
	assert_true(got_v.time > 1000000000000000000ULL);
	assert_true(got_v.count == 1);
	assert_true(got_v.pid == 1ULL << 40);
	assert_string_equal(got_v.operation, op);
	assert_string_equal(got_v.target, target);
	assert_string_equal(got_v.reason, reason);
	assert_string_equal(got_v.rule, "");
	assert_int_equal(strlen(got_v.cure), 1023);
	assert_string_equal(got_v.program, "");
	assert_true(got_lost == 0);

	v.time = 5;
	v.count = 9;
	ipc_send_violation(&there, &v);
	assert_int_equal(deliver(), 1);
	assert_true(got_v.time == 5);
	assert_true(got_v.count == 9);
	violation_clear(&got_v);
	free(cure);
}

static void
test_violation_lost(void **state)
{
	struct violation	 v = { .time = 1 };
	int			 i;

	(void)state;
	hook = recv_violation;
	for (i = 0; i < IPC_QUEUE_MAX; i++)
		ipc_send_violation(&there, &v);
	assert_int_equal(imsgbuf_queuelen(&there.ibuf), IPC_QUEUE_MAX);
	v.count = 10;
	ipc_send_violation(&there, &v);
	v.count = 0;
	ipc_send_violation(&there, &v);
	assert_int_equal(imsgbuf_queuelen(&there.ibuf), IPC_QUEUE_MAX);
	assert_true(there.lost == 11);
	while (nhandled < IPC_QUEUE_MAX) {
		assert_int_equal(imsgbuf_write(&there.ibuf), 0);
		assert_int_equal(ipc_dispatch(&here), 1);
		assert_true(got_lost == 0);
	}
	ipc_send_violation(&there, &v);
	assert_int_equal(deliver(), 1);
	assert_true(got_lost == 11);
	assert_true(there.lost == 0);
	violation_clear(&got_v);
}

static void
violation_bad(void)
{
	char	 zero[64];

	memset(zero, 0, sizeof(zero));
	hook = recv_violation;
	/* Numbers and strings, but not all of them. */
	ipc_send(&there, IMSG_MON_VIOLATION, -1, zero, 4 * 8 + 5 * 4);
	(void)ipc_flush(&there);
	(void)ipc_dispatch(&here);
}

static void
test_violation_bad(void **state)
{
	(void)state;
	dies(violation_bad, "short message");
}

/* The log of a role goes to the parent. */

static uint32_t	 got_level;

static void
recv_log(struct imsg *imsg)
{
	free(got_str);
	got_str = ipc_recv_log(imsg, &got_level);
}

static void
log_die(void)
{
	ipc_log_to(&there);
	fatalx("the end of %s", "it");
}

static void
test_log(void **state)
{
	pid_t	 pid;
	int	 status, i;

	(void)state;
	hook = recv_log;
	ipc_log_to(&there);
	errno = ENOENT;
	log_warn("a %d", 1);
	assert_int_equal(errno, ENOENT);
	log_info("not shown");
	assert_int_equal(deliver(), 1);
	assert_int_equal(nhandled, 1);
	assert_int_equal(got_level, LOG_LEVEL_WARN);
	assert_string_equal(got_str, "a 1: No such file or directory");

	/* A parent that does not read costs no memory. */
	log_init("test", LOG_LEVEL_DEBUG);
	for (i = 0; i < 2 * IPC_QUEUE_MAX; i++)
		log_debug("line");
	assert_true(imsgbuf_queuelen(&there.ibuf) < IPC_QUEUE_MAX);
	for (i = 0; i < 2 * IPC_QUEUE_MAX; i++)
		log_warnx("line");
	assert_int_equal(imsgbuf_queuelen(&there.ibuf), IPC_QUEUE_MAX);
	nhandled = 0;
	while (nhandled < IPC_QUEUE_MAX) {
		assert_int_equal(imsgbuf_write(&there.ibuf), 0);
		assert_int_equal(ipc_dispatch(&here), 1);
	}
	ipc_log_to(NULL);
	log_init("test", LOG_LEVEL_WARN);

	/* A fatal message is handed over before the process ends. */
	assert_true((pid = fork()) >= 0);
	if (pid == 0)
		log_die();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_SRT);
	assert_int_equal(ipc_dispatch(&here), 1);
	assert_int_equal(got_level, LOG_LEVEL_FATAL);
	assert_string_equal(got_str, "the end of it");
	free(got_str);
	got_str = NULL;
}

static void
evil_line(void)
{
	log_setsink(NULL);
	log_warnx("%s", "a\nsrt: forged\r\b\a\033[2J\xff");
	exit(EXIT_SRT);
}

static void
test_log_escapes(void **state)
{
	const char	*p;

	(void)state;
	/* How vis(3) spells newline and bytes above 127 differs by system. */
	dies(evil_line, "srt: forged^M^H^G^[[2JM");
	assert_int_equal(strncmp(said, "test: a", 7), 0);
	for (p = said; *p != '\0' && *p != '\n'; p++)
		assert_true(*p >= ' ' && *p <= '~');
	assert_string_equal(p, "\n");
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_allowed), T(test_type), T(test_short), T(test_empty),
		T(test_long), T(test_long_none), T(test_phase),
		T(test_phase_hello), T(test_without_fd), T(test_with_fd),
		T(test_type_with_fd), T(test_fd_unused), T(test_fd),
		T(test_header), T(test_end), T(test_handler_closes),
		T(test_last_words), T(test_last_words_loop), T(test_finish),
		T(test_flush_stalled), T(test_hello), T(test_str),
		T(test_strv), T(test_strv_bad), T(test_violation),
		T(test_violation_lost), T(test_violation_bad), T(test_log),
		T(test_log_escapes)
	};

	/* As every role does. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	/* As in every role. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
