# SPDX-License-Identifier: ISC
#
# Unit tests: regress/unit/NAME.c becomes $(O)/regress/NAME, linked with the
# sources named in NAME_SRCS and the libraries in NAME_LIBS, and is run by
# "make unit".  Fuzz targets: regress/fuzz/fuzz_NAME.c, FUZZ_NAME_SRCS,
# FUZZ_NAME_LIBS, corpus in regress/fuzz/corpus/NAME; "make fuzz" and "make
# fuzz-replay".  Small programs that tests run: regress/helper/NAME.c,
# HELPER_NAME_SRCS, HELPER_NAME_LIBS; built before any test, found by tests
# in $SRT_HELPERS.  The rules are in rules.mk.

UNIT_TESTS =
FUZZ_TARGETS =
TEST_HELPERS =

UNIT_TESTS +=	ibuf_test imsg_test
ibuf_test_SRCS = $(IMSG_SRCS) $(COMPAT_SRCS)
ibuf_test_LIBS = $(BSD_LIBS)
imsg_test_SRCS = $(IMSG_SRCS) $(COMPAT_SRCS)
imsg_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	imsg
FUZZ_imsg_SRCS = $(IMSG_SRCS) $(COMPAT_SRCS)
FUZZ_imsg_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	monitor_test
monitor_test_SRCS = srt-monitor/events.c srt-monitor/ignore.c \
		srt-monitor/store.c srt-monitor/output.c $(COMPAT_SRCS)
monitor_test_LIBS = $(CONF_YAJL_LIBS) $(EVENT_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	violation
FUZZ_violation_SRCS = srt-monitor/events.c srt-monitor/ignore.c \
		$(COMPAT_SRCS)
FUZZ_violation_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	settings_test
settings_test_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c $(COMPAT_SRCS)
settings_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	settings
FUZZ_settings_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c $(COMPAT_SRCS)
FUZZ_settings_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

TEST_HELPERS +=	checkconf
HELPER_checkconf_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c \
		$(COMPAT_SRCS)
HELPER_checkconf_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	host_test rule_test addr_test
host_test_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
host_test_LIBS = $(BSD_LIBS)
rule_test_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
rule_test_LIBS = $(BSD_LIBS)
addr_test_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
addr_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	host rule
FUZZ_host_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
FUZZ_host_LIBS = $(BSD_LIBS)
FUZZ_rule_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
FUZZ_rule_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	hostform
HELPER_hostform_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
HELPER_hostform_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	http_parse_test http_response_test http_chunk_test \
		http_write_test
http_parse_test_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
http_parse_test_LIBS = $(BSD_LIBS)
http_response_test_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
http_response_test_LIBS = $(BSD_LIBS)
http_chunk_test_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
http_chunk_test_LIBS = $(BSD_LIBS)
http_write_test_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
http_write_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	http_request http_response http_chunk
FUZZ_http_request_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
FUZZ_http_request_LIBS = $(BSD_LIBS)
FUZZ_http_response_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
FUZZ_http_response_LIBS = $(BSD_LIBS)
FUZZ_http_chunk_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
FUZZ_http_chunk_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	command_filter_test
FILTER_TEST_SRCS = regress/unit/bpf.c regress/unit/filter_x86_64.c \
		regress/unit/filter_aarch64.c
command_filter_test_SRCS = srt-exec/linux_seccomp.c $(FILTER_TEST_SRCS) \
		$(COMPAT_SRCS)
command_filter_test_LIBS = $(CONF_SECCOMP_LIBS) $(BSD_LIBS) -lpthread -lutil

UNIT_TESTS +=	socks_parse_test buf_test
socks_parse_test_SRCS = srt-proxy/socks_parse.c $(COMPAT_SRCS)
socks_parse_test_LIBS = $(BSD_LIBS)
buf_test_SRCS = srt-proxy/buf.c $(COMPAT_SRCS)
buf_test_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	connect_test
connect_test_SRCS = srt-proxy/connect.c srt-proxy/resolve.c \
		$(CONF_KEEPALIVE_SRCS) $(RULE_SRCS) $(PROC_SRCS) $(IPC_SRCS)
connect_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	socks
FUZZ_socks_SRCS = srt-proxy/socks_parse.c $(COMPAT_SRCS)
FUZZ_socks_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	proxyd
HELPER_proxyd_SRCS = $(IPC_SRCS)
HELPER_proxyd_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

# sandbox_test.c includes sandbox-linux.c, to test its layers one by one.
UNIT_TESTS +=	promises_test sandbox_test sandbox_work_test
promises_test_SRCS = common/promises.c $(FILTER_TEST_SRCS) $(COMPAT_SRCS)
promises_test_LIBS = $(CONF_SECCOMP_LIBS) $(BSD_LIBS)
sandbox_test_SRCS = common/log.c $(COMPAT_SRCS)
sandbox_test_LIBS = $(BSD_LIBS) -lutil
sandbox_work_test_SRCS = $(SANDBOX_SRCS) common/log.c $(IMSG_SRCS) \
		$(COMPAT_SRCS)
sandbox_work_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS) -lpthread -lresolv -lutil

UNIT_TESTS +=	plan_test
plan_test_SRCS = $(PLAN_SRCS) $(COMPAT_SRCS)
plan_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	plan
FUZZ_plan_SRCS = $(PLAN_SRCS) $(COMPAT_SRCS)
FUZZ_plan_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	execd
HELPER_execd_SRCS = $(IPC_SRCS) $(PROC_SRCS)
HELPER_execd_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

TEST_HELPERS +=	bench_time bench_net
HELPER_bench_time_SRCS = $(COMPAT_SRCS)
HELPER_bench_time_LIBS = $(BSD_LIBS)
HELPER_bench_net_SRCS = $(COMPAT_SRCS)
HELPER_bench_net_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	layer racer
HELPER_layer_SRCS = $(SRT_BUILD_SRCS) $(PLAN_SRCS) common/log.c $(COMPAT_SRCS)
HELPER_layer_LIBS = $(BSD_LIBS)
HELPER_racer_SRCS = $(HELPER_layer_SRCS)
HELPER_racer_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	ipc_test
ipc_test_SRCS =	$(IPC_SRCS)
ipc_test_LIBS =	$(EVENT_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	paths_test
paths_test_SRCS = srt/paths.c srt/follow.c $(PLAN_SRCS) $(SETTINGS_SRCS) \
		$(RULE_SRCS) common/log.c $(COMPAT_SRCS)
paths_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	words_test env_test options_test
PARENT_TEST_SRCS = srt/xmalloc.c srt/errors.c srt/utf8.c common/log.c \
		$(COMPAT_SRCS)
words_test_SRCS = srt/words.c $(PARENT_TEST_SRCS)
words_test_LIBS = $(BSD_LIBS)
env_test_SRCS =	srt/env.c $(PARENT_TEST_SRCS)
env_test_LIBS =	$(BSD_LIBS)
options_test_SRCS = srt/options.c $(PARENT_TEST_SRCS)
options_test_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	proc_test
proc_test_SRCS = $(PROC_SRCS) $(IPC_SRCS)
proc_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

# The command of regress/e2e/attack.t.
TEST_HELPERS +=	attack
HELPER_attack_SRCS = $(COMPAT_SRCS)
HELPER_attack_LIBS = $(BSD_LIBS)
