/* SPDX-License-Identifier: ISC */

/* Unix sockets. */

#include "broker_net.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static socklen_t
un_of(struct sockaddr_un *un, const char *path)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	assert_true(strlen(path) < sizeof(un->sun_path));
	memcpy(un->sun_path, path, strlen(path));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(path));
}

static int
un_new(int type)
{
	int	 s = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_true(s >= 0);
	return s;
}

static long
un_bind(int s, const char *path)
{
	struct sockaddr_un	 un;
	socklen_t		 len = un_of(&un, path);

	return call(call_bind, s, &un, len);
}

static long
un_connect(int s, const char *path)
{
	/* A caller that waits keeps its arguments. */
	static struct sockaddr_un un;
	socklen_t		 len = un_of(&un, path);

	return call(call_connect, s, &un, len);
}

/* Past the broker: a socket of the host's. */
static int
un_host(const char *path)
{
	struct sockaddr_un	 un;
	socklen_t		 len = un_of(&un, path);
	int			 s = un_new(SOCK_STREAM);

	assert_int_equal(bind(s, (struct sockaddr *)&un, len), 0);
	assert_int_equal(listen(s, 4), 0);
	return s;
}

static const char *
in_dir(const char *name)
{
	static char	 bufs[4][128];
	static int	 i;

	i = (i + 1) % 4;
	(void)snprintf(bufs[i], sizeof(bufs[i]), "%s/%s", net.dir, name);
	return bufs[i];
}

static void
test_unix_own(void **state)
{
	static const char *const	 spelt[] = {
		"a.sock", "./b.sock", "sub//c.sock", NULL /* absolute */
	};
	struct sockaddr_un		 un;
	struct stat			 st;
	socklen_t			 len;
	const char			*path;
	size_t				 i;
	int				 l, s;

	(void)state;
	assert_int_equal(mkdir(in_dir("sub"), 0755), 0);
	for (i = 0; i < nitems(spelt); i++) {
		path = spelt[i] != NULL ? spelt[i] : in_dir("d.sock");
		l = un_new(i % 2 == 0 ? SOCK_STREAM : SOCK_SEQPACKET);
		assert_int_equal(un_bind(l, path), 0);
		assert_int_equal(un_bind(l, path), -EADDRINUSE);
		assert_int_equal(listen(l, 4), 0);
		len = sizeof(un);
		memset(&un, 0, sizeof(un));
		assert_int_equal(getsockname(l, (struct sockaddr *)&un, &len),
		    0);
		assert_string_equal(un.sun_path, path);
		if (*path != '/')
			path = in_dir(path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFSOCK | 0750);
		s = un_new(i % 2 == 0 ? SOCK_STREAM : SOCK_SEQPACKET);
		assert_int_equal(un_connect(s, path), 0);
		assert_int_equal(un_connect(s, path), -EISCONN);
		(void)close(s);
		/* By another name, and by a link to it. */
		if (i == 0) {
			assert_int_equal(rename(path, in_dir("e.sock")), 0);
			assert_int_equal(symlink("e.sock", in_dir("f.sock")),
			    0);
			s = un_new(SOCK_STREAM);
			assert_int_equal(un_connect(s, "f.sock"), 0);
			(void)close(s);
			path = in_dir("e.sock");
		}
		(void)close(l);
		s = un_new(SOCK_STREAM);
		assert_int_equal(un_connect(s, path), -ECONNREFUSED);
		assert_int_equal(un_connect(s, "none.sock"), -ENOENT);
		assert_int_equal(un_connect(s, "sub"), -ECONNREFUSED);
		assert_int_equal(un_connect(s, "sub/c.sock/x"), i < 2 ?
		    -ENOENT : -ENOTDIR);
		(void)close(s);
	}
	assert_int_equal(net.reports, 0);
	/* By a link to the directory: checked where it leads to. */
	assert_int_equal(symlink("sub", in_dir("link")), 0);
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "link/g.sock"), 0);
	assert_int_equal(stat(in_dir("sub/g.sock"), &st), 0);
	(void)close(l);
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "link/.bashrc"), -EPERM);
	assert_int_equal(un_bind(l, "link"), -EADDRINUSE);
	assert_int_equal(un_bind(l, "none/x"), -ENOENT);
	assert_int_equal(un_bind(l, "."), -EADDRINUSE);
	assert_int_equal(un_bind(l, "new/"), -ENOENT);
	(void)close(l);
	/* The kernel's own business, in the sandbox's own /dev. */
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "/dev/shm/x"), CALL_CONTINUE);
	(void)close(l);
}

static void
test_unix_host(void **state)
{
	struct sockaddr_un	 un;
	socklen_t		 len;
	char			 target[128];
	int			 l = un_host(in_dir("h.sock")), s;

	(void)state;
	(void)snprintf(target, sizeof(target), "unix:%s", in_dir("h.sock"));
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), -EACCES);
	assert_int_equal(net.reports, 1);
	assert_string_equal(net.reported, target);
	/* What is listed counts, not what the command calls it. */
	assert_int_equal(symlink("h.sock", in_dir("alias.sock")), 0);
	net.listed = in_dir("alias.sock");
	assert_int_equal(un_connect(s, "alias.sock"), -EACCES);
	assert_string_equal(net.reported, target);
	net.listed = in_dir("h.sock");
	assert_int_equal(un_connect(s, "alias.sock"), 0);
	len = sizeof(un);
	assert_int_equal(getpeername(s, (struct sockaddr *)&un, &len), 0);
	assert_string_equal(un.sun_path, net.listed);
	(void)close(s);
	net.listed = NULL;
	net.sandbox.opt.flags = EXEC_ALL_UNIX;
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), 0);
	(void)close(s);
	net.sandbox.opt.flags = 0;

	/* Its place taken by the command, or by the host again. */
	assert_int_equal(unlink(in_dir("h.sock")), 0);
	(void)close(l);
	l = un_new(SOCK_STREAM);
	assert_int_equal(un_bind(l, "h.sock"), 0);
	assert_int_equal(listen(l, 1), 0);
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), 0);
	(void)close(s);
	assert_int_equal(unlink(in_dir("h.sock")), 0);
	(void)close(l);
	l = un_host(in_dir("h.sock"));
	s = un_new(SOCK_STREAM);
	assert_int_equal(un_connect(s, "h.sock"), -EACCES);
	(void)close(s);
	(void)close(l);
	/* A datagram could go anywhere afterwards. */
	s = un_new(SOCK_DGRAM);
	assert_int_equal(un_connect(s, "h.sock"), -EACCES);
	(void)close(s);
}

static void
test_unix_abstract(void **state)
{
	struct sockaddr_un	 un;
	socklen_t		 len;
	int			 l = un_new(SOCK_STREAM), s;

	(void)state;
	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "srt-%d",
	    (int)getpid());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(un.sun_path + 1));
	assert_int_equal(call(call_bind, l, &un, len), 0);
	assert_int_equal(listen(l, 1), 0);
	s = un_new(SOCK_STREAM);
	assert_int_equal(call(call_connect, s, &un, len), 0);
	(void)close(s);
	(void)close(l);
	s = un_new(SOCK_STREAM);
	assert_int_equal(call(call_connect, s, &un, len), -ECONNREFUSED);
	assert_int_equal(call(call_connect, s, &un, 2), -EINVAL);
	assert_int_equal(call(call_connect, s, &un, 111), -EINVAL);
	/* A name of the kernel's choice. */
	assert_int_equal(call(call_bind, s, &un, 2), 0);
	(void)close(s);
	assert_int_equal(net.checks, 0);
}

/* A listener that takes nobody: the broker does not wait. */
static void
test_unix_full(void **state)
{
	struct timeval	 tv = { .tv_usec = 30000 };
	int		 l = un_new(SOCK_STREAM), s, fds[8], n = 0, i;

	(void)state;
	assert_int_equal(un_bind(l, "full.sock"), 0);
	assert_int_equal(listen(l, 0), 0);
	for (;;) {
		assert_true(n < 8);
		s = un_new(SOCK_STREAM);
		if (un_connect(s, "full.sock") != 0)
			break;
		fds[n++] = s;
	}
	assert_non_null(net.retry);
	for (i = 0; i < 3; i++)
		assert_int_equal(retry_once(), CALL_TAKEN);
	(void)close(accept(l, NULL, NULL));
	assert_int_equal(retry_until_done(), 0);
	fds[n++] = s;

	s = un_new(SOCK_STREAM | SOCK_NONBLOCK);
	assert_int_equal(un_connect(s, "full.sock"), -EAGAIN);
	(void)close(s);
	s = un_new(SOCK_STREAM);
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv,
	    sizeof(tv)), 0);
	assert_int_equal(un_connect(s, "full.sock"), CALL_TAKEN);
	assert_int_equal(retry_until_done(), -EAGAIN);
	/* It goes away while somebody waits. */
	tv.tv_usec = 0;
	assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &tv,
	    sizeof(tv)), 0);
	assert_int_equal(un_connect(s, "full.sock"), CALL_TAKEN);
	(void)close(l);
	assert_int_equal(retry_until_done(), -ECONNREFUSED);
	(void)close(s);
	while (n > 0)
		(void)close(fds[--n]);
}

static int
cleanup(void **state)
{
	static const char *const	 names[] = {
		"b.sock", "d.sock", "e.sock", "f.sock", "sub/c.sock",
		"sub/g.sock", "link", "h.sock", "alias.sock", "full.sock"
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < nitems(names); i++)
		(void)unlink(in_dir(names[i]));
	(void)rmdir(in_dir("sub"));
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(test_unix_own, net_setup),
		cmocka_unit_test_setup(test_unix_host, net_setup),
		cmocka_unit_test_setup(test_unix_abstract, net_setup),
		cmocka_unit_test_setup(test_unix_full, net_setup),
	};

	return net_run(tests, cleanup);
}
