/* SPDX-License-Identifier: ISC */

/* Where the command has no network of its own: what each role is told. */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt/parent.h"
#include "../../srt-exec/seatbelt.h"

static struct ipc_peer	 here, there;
static char		 token[128], tag[512], mach[512];
static uint16_t		 ports[2];
static struct exec_profile profile;

static void
recv_str(struct ipc_peer *p, struct imsg *imsg)
{
	char	*text = ipc_recv_str(imsg);

	(void)p;
	switch (imsg_get_type(imsg)) {
	case IMSG_PROXY_TOKEN:
		(void)strlcpy(token, text, sizeof(token));
		break;
	case IMSG_EXEC_MACH:
		(void)strlcat(mach, text, sizeof(mach));
		(void)strlcat(mach, " ", sizeof(mach));
		break;
	default:
		(void)strlcpy(tag, text, sizeof(tag));
		break;
	}
	free(text);
}

/* A listener of the right address: its port. */
static void
recv_local(struct ipc_peer *p, struct imsg *imsg)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	uint32_t		 kind = ipc_recv_u32(imsg);
	int			 fd = imsg_get_fd(imsg), on = 0;

	(void)p;
	assert_true(kind == LISTENER_HTTP || kind == LISTENER_SOCKS);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(sin.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	len = sizeof(on);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len),
	    0);
	assert_int_equal(on, 1);
	ports[kind == LISTENER_SOCKS] = ntohs(sin.sin_port);
	(void)close(fd);
}

static void
recv_profile(struct ipc_peer *p, struct imsg *imsg)
{
	(void)p;
	assert_int_equal(imsg_get_data(imsg, &profile, sizeof(profile)), 0);
}

static const struct ipc_rule	 rules[] = {
	{ IMSG_PROXY_TOKEN, 4, 256, IPC_NOFD, IPC_PHASE_RUN, recv_str },
	{ IMSG_PROXY_LOCAL, 4, 4, IPC_WITHFD, IPC_PHASE_RUN, recv_local },
	{ IMSG_EXEC_PROFILE, sizeof(struct exec_profile),
	    sizeof(struct exec_profile), IPC_NOFD, IPC_PHASE_RUN,
	    recv_profile },
	{ IMSG_EXEC_TAG, 4, 512, IPC_NOFD, IPC_PHASE_RUN, recv_str },
	{ IMSG_EXEC_MACH, 4, 512, IPC_NOFD, IPC_PHASE_RUN, recv_str },
	{ IMSG_MON_TAG, 4, 512, IPC_NOFD, IPC_PHASE_RUN, recv_str }
};

static void
gone(struct ipc_peer *p)
{
	(void)p;
	fail_msg("a message that is not expected");
}

static int
setup(void **state)
{
	int	 pair[2];

	(void)state;
	token[0] = tag[0] = mach[0] = '\0';
	memset(ports, 0, sizeof(ports));
	memset(&profile, 0, sizeof(profile));
	assert_int_equal(proc_pair(pair), 0);
	ipc_open(&here, NULL, pair[0], ROLE_PROXY, NULL, 0, gone);
	ipc_open(&there, NULL, pair[1], ROLE_PARENT, rules, nitems(rules),
	    gone);
	ipc_phase(&there, IPC_PHASE_RUN);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ipc_close(&here);
	ipc_close(&there);
	return 0;
}

static void
hear(void)
{
	int	 i;

	assert_int_equal(ipc_flush(&here), 0);
	/* With each descriptor a read of its own. */
	for (i = 0; i < 8; i++)
		assert_int_equal(ipc_dispatch(&there), 1);
}

static void
told(void **state)
{
	struct settings		 set;
	const struct front	*front;
	char			 first[sizeof(token)];

	(void)state;
	memset(&set, 0, sizeof(set));
	assert_non_null(front = front_open(&set, "true"));
	front_send_proxy(&here);
	hear();
	assert_int_equal(strlen(token), PROXY_TOKEN_LEN);
	assert_int_equal(strspn(token, "0123456789abcdef"), PROXY_TOKEN_LEN);
	assert_string_equal(front->http_token, token);
	assert_string_equal(front->socks_token, token);
	assert_true(ports[0] != 0 && ports[1] != 0 && ports[0] != ports[1]);
	assert_int_equal(front->http_port, ports[0]);
	assert_int_equal(front->socks_port, ports[1]);

	/* Each run has its own. */
	(void)strlcpy(first, token, sizeof(first));
	assert_non_null(front_open(&set, "true"));
	front_send_proxy(&here);
	hear();
	assert_string_not_equal(token, first);
}

/* A proxy of the user's own: no listener, and no token for it. */
static void
external(void **state)
{
	struct settings		 set;
	const struct front	*front;

	(void)state;
	memset(&set, 0, sizeof(set));
	set.http_port = 8888;
	assert_non_null(front = front_open(&set, "true"));
	assert_int_equal(front->http_port, 8888);
	assert_null(front->http_token);
	front_send_proxy(&here);
	hear();
	assert_int_equal(ports[0], 0);
	assert_int_equal(ports[1], front->socks_port);
	assert_string_equal(front->socks_token, token);

	set.socks_port = 8889;
	token[0] = '\0';
	ports[1] = 0;
	assert_non_null(front = front_open(&set, "true"));
	front_send_proxy(&here);
	front_send_monitor(&here);
	hear();
	assert_null(front->socks_token);
	assert_string_equal(token, "");
	assert_int_equal(ports[1], 0);
}

static void
profiled(void **state)
{
	struct stritem	 names[] = {
		{ .text = (char *)(uintptr_t)"com.example.a" },
		{ .text = (char *)(uintptr_t)"com.example.*" }
	};
	struct settings	 set;
	const struct front *front;

	(void)state;
	memset(&set, 0, sizeof(set));
	set.pty = set.weaker_network = 1;
	set.mach_lookup.v = names;
	set.mach_lookup.n = nitems(names);
	assert_non_null(front = front_open(&set, "echo \"hi\""));
	front_send_exec(&here, &set);
	hear();
	assert_int_equal(profile.flags, SEATBELT_PTY | SEATBELT_TRUSTD);
	assert_int_equal(profile.http_port, front->http_port);
	assert_int_equal(profile.socks_port, front->socks_port);
	assert_string_equal(mach, "com.example.a com.example.* ");
	assert_non_null(strstr(tag, "CMD64_ZWNobyAiaGki_END__"));
	assert_int_equal(strlen(tag), strlen("CMD64_ZWNobyAiaGki_END__") + 9 +
	    strlen("_SBX"));

	memset(&set, 0, sizeof(set));
	set.apple_events = set.local_binding = 1;
	assert_non_null(front_open(&set, ""));
	front_send_exec(&here, &set);
	front_send_monitor(&here);
	hear();
	assert_int_equal(profile.flags, SEATBELT_APPLE_EVENTS |
	    SEATBELT_LOCAL_BINDING);
	assert_int_equal(strncmp(tag, "CMD64__END__", 12), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(told, setup, teardown),
		cmocka_unit_test_setup_teardown(external, setup, teardown),
		cmocka_unit_test_setup_teardown(profiled, setup, teardown)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
