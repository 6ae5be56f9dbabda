# SPDX-License-Identifier: ISC
#
# Unit tests: regress/unit/NAME.c becomes $(O)/regress/NAME, linked with the
# sources named in NAME_SRCS and the libraries in NAME_LIBS, and is run by
# "make unit".  Fuzz targets: regress/fuzz/fuzz_NAME.c, FUZZ_NAME_SRCS,
# FUZZ_NAME_LIBS, corpus in regress/fuzz/corpus/NAME; "make fuzz" and "make
# fuzz-replay".  Small programs that tests run: regress/helper/NAME.c,
# HELPER_NAME_SRCS, HELPER_NAME_LIBS; built before any test, found by tests
# in $SRT_HELPERS.  The rules are in rules.mk.

comma =		,
UNIT_TESTS =
FUZZ_TARGETS =
TEST_HELPERS =

# Includes the files of common/compat, under other names.
UNIT_TESTS +=	compat_test
compat_test_SRCS =
compat_test_LIBS = $(CONF_MD_LIBS) $(BSD_LIBS)

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

UNIT_TESTS +=	audit_test
audit_test_SRCS = srt-monitor/audit_record.c srt-monitor/events.c \
		$(COMPAT_SRCS)
audit_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	audit
FUZZ_audit_SRCS = srt-monitor/audit_record.c srt-monitor/events.c \
		$(COMPAT_SRCS)
FUZZ_audit_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	violation
FUZZ_violation_SRCS = srt-monitor/events.c srt-monitor/ignore.c \
		$(COMPAT_SRCS)
FUZZ_violation_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	settings_test
settings_test_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c $(COMPAT_SRCS)
settings_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	settings_edit_test
settings_edit_test_SRCS = srt/settings_edit.c $(SETTINGS_SRCS) $(RULE_SRCS) \
		common/log.c $(COMPAT_SRCS)
settings_edit_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	learn_test
learn_test_SRCS = srt/learn_add.c srt/learn_paths.c $(SETTINGS_SRCS) \
		$(RULE_SRCS) common/log.c $(COMPAT_SRCS)
learn_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	settings_edit
FUZZ_settings_edit_SRCS = srt/settings_edit.c $(SETTINGS_SRCS) $(RULE_SRCS) \
		common/log.c $(COMPAT_SRCS)
FUZZ_settings_edit_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

# As root of a file system of its own.
UNIT_TESTS +=	settings_admin_test
settings_admin_test_SRCS = $(settings_test_SRCS)
settings_admin_test_LIBS = $(settings_test_LIBS)

FUZZ_TARGETS +=	settings policy
FUZZ_policy_SRCS = $(settings_test_SRCS)
FUZZ_policy_LIBS = $(settings_test_LIBS)
FUZZ_settings_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c $(COMPAT_SRCS)
FUZZ_settings_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

# What a command does with the network.
TEST_HELPERS +=	errand
HELPER_errand_SRCS = $(COMPAT_SRCS)
HELPER_errand_LIBS = $(BSD_LIBS)

# Has system calls fail for a program.
TEST_HELPERS +=	failcall
HELPER_failcall_SRCS = $(COMPAT_SRCS)
HELPER_failcall_LIBS = $(CONF_SECCOMP_LIBS) $(BSD_LIBS)

# Has what an older kernel lacks be missing for a program.
TEST_HELPERS +=	oldkernel
HELPER_oldkernel_SRCS = $(COMPAT_SRCS)
HELPER_oldkernel_LIBS = $(CONF_SECCOMP_LIBS) $(BSD_LIBS)

# Prints etc/srt-settings.schema.json.
TEST_HELPERS +=	schema
HELPER_schema_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c $(COMPAT_SRCS)
HELPER_schema_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

# srt with a policy of the test's.
TEST_HELPERS +=	adminsrt
HELPER_adminsrt_SRCS = $(SRT_SRCS) $(SANITIZE_SRCS)
HELPER_adminsrt_LIBS = $(SRT_LIBS) $(SANITIZE_LINK) \
		$(patsubst %,-Wl$(comma)--wrap=%,settings_policy ns_map_ids)

# srt, while others change what is on the way to the files that it writes.
TEST_HELPERS +=	swapsrt
HELPER_swapsrt_SRCS = $(SRT_SRCS) $(SANITIZE_SRCS)
HELPER_swapsrt_LIBS = $(SRT_LIBS) $(SANITIZE_LINK) \
		$(patsubst %,-Wl$(comma)--wrap=%,flock keeper_start \
		paths_resolve)

TEST_HELPERS +=	checkconf
HELPER_checkconf_SRCS = $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c \
		$(COMPAT_SRCS)
HELPER_checkconf_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	host_test rule_test rule_net_test rule_index_test addr_test
rule_index_test_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
rule_index_test_LIBS = $(BSD_LIBS)
rule_net_test_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
rule_net_test_LIBS = $(BSD_LIBS)
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

TEST_HELPERS +=	bench_http
HELPER_bench_http_SRCS = $(COMPAT_SRCS)
HELPER_bench_http_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	bench_scale
HELPER_bench_scale_SRCS = $(COMPAT_SRCS)
HELPER_bench_scale_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	bench_rules
HELPER_bench_rules_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
HELPER_bench_rules_LIBS = $(BSD_LIBS)

# Rules and patterns, for comparison with a model of them.
TEST_HELPERS +=	decide
HELPER_decide_SRCS = $(RULE_SRCS) $(PATTERN_SRCS) $(COMPAT_SRCS)
HELPER_decide_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	hostform
HELPER_hostform_SRCS = $(RULE_SRCS) $(COMPAT_SRCS)
HELPER_hostform_LIBS = $(BSD_LIBS)

# What srt-proxy makes of HTTP, for comparison with others.
TEST_HELPERS +=	httpread
HELPER_httpread_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
HELPER_httpread_LIBS = $(BSD_LIBS)

# The same of another parser, where its library is installed.
ifneq ($(wildcard /usr/include/http_parser.h),)
TEST_HELPERS +=	httpref
HELPER_httpref_SRCS = $(COMPAT_SRCS)
HELPER_httpref_LIBS = -lhttp_parser $(BSD_LIBS)
endif

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

FUZZ_TARGETS +=	http_request http_response http_chunk reason
FUZZ_reason_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
FUZZ_reason_LIBS = $(BSD_LIBS)
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

UNIT_TESTS +=	token_test
token_test_SRCS = $(TOKEN_SRCS) $(COMPAT_SRCS)
token_test_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	socks_parse_test buf_test
socks_parse_test_SRCS = srt-proxy/socks_parse.c $(COMPAT_SRCS)
socks_parse_test_LIBS = $(BSD_LIBS)
buf_test_SRCS = srt-proxy/buf.c $(COMPAT_SRCS)
buf_test_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	connect_test
connect_test_SRCS = srt-proxy/connect.c srt-proxy/resolve.c \
		srt-proxy/route_tunnel.c $(HTTP_SRCS) \
		$(CONF_KEEPALIVE_SRCS) $(CONF_RELAY_SRCS) $(RULE_SRCS) \
		$(PROC_SRCS) $(SANDBOX_SRCS) $(IPC_SRCS)
connect_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	route_parse_test
route_parse_test_SRCS = $(ROUTE_SRCS) $(RULE_SRCS) $(COMPAT_SRCS)
route_parse_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	route
FUZZ_route_SRCS = $(ROUTE_SRCS) $(RULE_SRCS) $(COMPAT_SRCS)
FUZZ_route_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	socks
FUZZ_socks_SRCS = srt-proxy/socks_parse.c $(COMPAT_SRCS)
FUZZ_socks_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	dns_parse_test synth_test tls_hello_test
dns_parse_test_SRCS = $(DNS_SRCS) $(COMPAT_SRCS)
dns_parse_test_LIBS = $(BSD_LIBS)
synth_test_SRCS = $(DNS_SRCS) $(COMPAT_SRCS)
synth_test_LIBS = $(BSD_LIBS)
tls_hello_test_SRCS = srt-proxy/tls_hello.c srt-proxy/tls_retry.c \
		$(COMPAT_SRCS)
tls_hello_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	dns tls_hello
FUZZ_dns_SRCS =	$(DNS_SRCS) $(COMPAT_SRCS)
FUZZ_dns_LIBS =	$(BSD_LIBS)
FUZZ_tls_hello_SRCS = srt-proxy/tls_hello.c srt-proxy/tls_retry.c \
		$(COMPAT_SRCS)
FUZZ_tls_hello_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	proxyd
HELPER_proxyd_SRCS = srt/front_local.c $(env_test_SRCS) $(IPC_SRCS)
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

UNIT_TESTS +=	pattern_test guard_test
pattern_test_SRCS = $(PATTERN_SRCS) $(COMPAT_SRCS)
pattern_test_LIBS = $(BSD_LIBS)
guard_test_SRCS = $(GUARD_SRCS) $(COMPAT_SRCS)
guard_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	pattern guard
FUZZ_pattern_SRCS = $(PATTERN_SRCS) $(COMPAT_SRCS)
FUZZ_pattern_LIBS = $(BSD_LIBS)
FUZZ_guard_SRCS = $(GUARD_SRCS) $(COMPAT_SRCS)
FUZZ_guard_LIBS = $(BSD_LIBS)

# In network namespaces of their own, with a proxy of the tests'.
UNIT_TESTS +=	broker_net_test broker_out_test broker_unix_test
broker_net_test_SRCS = regress/unit/broker_net.c \
		regress/unit/broker_net_stub.c \
		srt-exec/broker_socket.c srt-exec/broker_unix.c \
		srt-exec/broker_tcp.c srt-exec/broker_connect.c \
		srt-exec/broker_dial.c \
		srt-exec/broker_path.c srt-exec/broker_walk.c \
		srt-exec/broker_kept.c \
		srt-exec/broker_mounts.c srt-exec/linux_net.c \
		srt-exec/linux_ns.c srt-exec/why.c $(IPC_SRCS)
broker_net_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS) -lpthread
broker_out_test_SRCS = $(broker_net_test_SRCS)
broker_out_test_LIBS = $(broker_net_test_LIBS)
broker_unix_test_SRCS = $(broker_net_test_SRCS)
broker_unix_test_LIBS = $(broker_net_test_LIBS)

TEST_HELPERS +=	affcheck
HELPER_affcheck_SRCS = $(COMPAT_SRCS)
HELPER_affcheck_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	execd
HELPER_execd_SRCS = $(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS)
HELPER_execd_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

TEST_HELPERS +=	bench_stream bench_relay bench_many
HELPER_bench_stream_SRCS = $(COMPAT_SRCS)
HELPER_bench_stream_LIBS = $(BSD_LIBS)
HELPER_bench_relay_SRCS = $(COMPAT_SRCS)
HELPER_bench_relay_LIBS = $(BSD_LIBS)
HELPER_bench_many_SRCS = $(COMPAT_SRCS)
HELPER_bench_many_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	bench_time bench_net bench_files
HELPER_bench_time_SRCS = $(COMPAT_SRCS)
HELPER_bench_time_LIBS = $(BSD_LIBS)
HELPER_bench_net_SRCS = $(COMPAT_SRCS)
HELPER_bench_net_LIBS = $(BSD_LIBS)
HELPER_bench_files_SRCS = $(COMPAT_SRCS)
HELPER_bench_files_LIBS = $(BSD_LIBS)

# The least that answering a call costs.
TEST_HELPERS +=	bench_broker
HELPER_bench_broker_SRCS = $(COMPAT_SRCS)
HELPER_bench_broker_LIBS = $(BSD_LIBS)

TEST_HELPERS +=	racer
HELPER_racer_SRCS = $(SRT_BUILD_SRCS) $(PLAN_SRCS) common/log.c $(COMPAT_SRCS)
HELPER_racer_LIBS = $(BSD_LIBS)

# srt-exec with switches for its layers.
TEST_HELPERS +=	layers
HELPER_layers_SRCS = $(SRT_EXEC_SRCS) $(SANITIZE_SRCS)
HELPER_layers_LIBS = $(SRT_EXEC_LIBS) $(SANITIZE_LINK) \
		$(patsubst %,-Wl$(comma)--wrap=%,plan_new landlock_enter \
		notify_filter_install command_filter_install \
		ns_die_with_parent $(patsubst %,guard_%,write stem read \
		inside beneath parts unix))

# The attacks on the file system that those switches are held against.
TEST_HELPERS +=	fs_layers
HELPER_fs_layers_SRCS = $(patsubst %,regress/helper/fs_layers_%.c,odd tree \
		try) $(COMPAT_SRCS)
HELPER_fs_layers_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	ipc_test
ipc_test_SRCS =	$(IPC_SRCS)
ipc_test_LIBS =	$(EVENT_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	paths_test
paths_test_SRCS = $(PATHS_SRCS) $(SETTINGS_SRCS) $(RULE_SRCS) \
		common/log.c $(COMPAT_SRCS)
paths_test_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	explain_test
explain_test_SRCS = $(EXPLAIN_SRCS) $(paths_test_SRCS)
explain_test_LIBS = $(paths_test_LIBS)

UNIT_TESTS +=	walk_test
walk_test_SRCS = $(paths_test_SRCS)
walk_test_LIBS = $(paths_test_LIBS)

UNIT_TESTS +=	words_test env_test options_test
PARENT_TEST_SRCS = srt/xmalloc.c srt/errors.c srt/utf8.c common/log.c \
		$(COMPAT_SRCS)
words_test_SRCS = srt/words.c $(PARENT_TEST_SRCS)
words_test_LIBS = $(BSD_LIBS)
env_test_SRCS =	srt/env.c $(BASE64_SRCS) $(PARENT_TEST_SRCS)
env_test_LIBS =	$(BSD_LIBS)
options_test_SRCS = srt/options.c srt/options_table.c $(PARENT_TEST_SRCS)
options_test_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	proc_test
proc_test_SRCS = $(PROC_SRCS) $(SANDBOX_SRCS) $(IPC_SRCS)
proc_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

# The command of regress/e2e/attack.t.
TEST_HELPERS +=	attack
HELPER_attack_SRCS = $(COMPAT_SRCS)
HELPER_attack_LIBS = $(BSD_LIBS)

# What the kernel answers inside the sandbox and outside.
TEST_HELPERS +=	fscalls
HELPER_fscalls_SRCS = $(patsubst %,regress/helper/fscalls_%.c,args attrs \
		calls tree) $(COMPAT_SRCS)
HELPER_fscalls_LIBS = $(BSD_LIBS)

# Races against the guard.
TEST_HELPERS +=	fsrace
HELPER_fsrace_SRCS = regress/helper/fsrace_watch.c $(COMPAT_SRCS)
HELPER_fsrace_LIBS = $(BSD_LIBS) -lpthread

# Where relative names land.
TEST_HELPERS +=	cwdcheck
HELPER_cwdcheck_SRCS = $(COMPAT_SRCS)
HELPER_cwdcheck_LIBS = $(BSD_LIBS) -lpthread

# Files that somebody else has open for longer.
TEST_HELPERS +=	linger
HELPER_linger_SRCS = $(COMPAT_SRCS)
HELPER_linger_LIBS = $(BSD_LIBS)

# Races for a socket of the host.
TEST_HELPERS +=	sockrace
HELPER_sockrace_SRCS = $(COMPAT_SRCS)
HELPER_sockrace_LIBS = $(BSD_LIBS) -lpthread

# Attacks on the broker, from within.
TEST_HELPERS +=	broker_attack
HELPER_broker_attack_SRCS = regress/helper/broker_attack_tree.c \
		regress/helper/tried.c $(COMPAT_SRCS)
HELPER_broker_attack_LIBS = $(BSD_LIBS) -lpthread

# The same by descriptors, by flags, and while a call is pending.
TEST_HELPERS +=	fd_attack pending
HELPER_fd_attack_SRCS = regress/helper/tried.c $(COMPAT_SRCS)
HELPER_fd_attack_LIBS = $(BSD_LIBS)
HELPER_pending_SRCS = regress/helper/tried.c $(COMPAT_SRCS)
HELPER_pending_LIBS = $(BSD_LIBS)

# What POSIX says about file system calls.
TEST_HELPERS +=	strictrace
HELPER_strictrace_SRCS = $(COMPAT_SRCS)
HELPER_strictrace_LIBS = $(BSD_LIBS) -lpthread

TEST_HELPERS +=	posixfs
HELPER_posixfs_SRCS = $(patsubst %,regress/helper/posixfs_%.c,attrs names \
		open) $(COMPAT_SRCS)
HELPER_posixfs_LIBS = $(BSD_LIBS) -lpthread

# The broker's file calls, beside what stands for the rest of it.
BROKER_FILE_SRCS = $(patsubst %,srt-exec/broker_%.c,path walk mounts kept \
		check bare same tree fresh open openat2 fifo name rename \
		attr) regress/unit/broker_rest.c \
		srt-exec/own.c $(GUARD_SRCS) $(PLAN_SRCS) \
		common/log.c $(COMPAT_SRCS)
UNIT_TESTS +=	broker_file_test broker_refuse_test
broker_file_test_SRCS = regress/unit/broker_stand.c $(BROKER_FILE_SRCS)
broker_file_test_LIBS = $(BSD_LIBS) -lpthread
broker_refuse_test_SRCS = $(broker_file_test_SRCS)
broker_refuse_test_LIBS = $(broker_file_test_LIBS)
UNIT_TESTS +=	broker_device_test
broker_device_test_SRCS = $(broker_file_test_SRCS)
broker_device_test_LIBS = $(broker_file_test_LIBS) \
		-Wl$(comma)--wrap=syscall

# What is read of the command's memory: flags, sizes, names of attributes.
FUZZ_TARGETS +=	broker_args
FUZZ_broker_args_SRCS = $(BROKER_FILE_SRCS)
FUZZ_broker_args_LIBS = $(broker_file_test_LIBS)

UNIT_TESTS +=	broker_moves_test
broker_moves_test_SRCS = srt-exec/broker_moves.c $(COMPAT_SRCS)
broker_moves_test_LIBS = $(BSD_LIBS) -lpthread

# The lines that srt is told while it runs.
CONTROL_SRCS =	srt/lines.c $(SETTINGS_SRCS) $(RULE_SRCS) common/log.c \
		$(COMPAT_SRCS)
FUZZ_TARGETS +=	control ask
FUZZ_control_SRCS = $(CONTROL_SRCS)
FUZZ_control_LIBS = $(CONF_YAJL_LIBS) $(EVENT_LIBS) $(BSD_LIBS) \
		-Wl$(comma)--wrap=write
FUZZ_ask_SRCS =	$(CONTROL_SRCS) srt/tty.c
FUZZ_ask_LIBS =	$(CONF_YAJL_LIBS) $(EVENT_LIBS) $(BSD_LIBS)

FUZZ_TARGETS +=	settings_tree
FUZZ_settings_tree_SRCS = $(FUZZ_settings_SRCS)
FUZZ_settings_tree_LIBS = $(FUZZ_settings_LIBS)

# They bring the functions of log.c that they need.
FUZZ_TARGETS +=	ipc netlink
FUZZ_ipc_SRCS =	common/ipc.c common/ipc_noloop.c common/violation.c \
		common/access.c $(IMSG_SRCS) $(COMPAT_SRCS)
FUZZ_ipc_LIBS =	$(BSD_LIBS)
FUZZ_netlink_SRCS = $(COMPAT_SRCS)
FUZZ_netlink_LIBS = $(BSD_LIBS)

ifneq ($(wildcard /usr/include/http_parser.h),)
FUZZ_TARGETS +=	http_diff
FUZZ_http_diff_SRCS = $(HTTP_SRCS) $(COMPAT_SRCS)
FUZZ_http_diff_LIBS = -lhttp_parser $(BSD_LIBS)
endif

# Programs of srt that obey their tester; rules.mk links them into
# $(O)/regress/taken.
TAKEN_SRCS =	$(patsubst %,regress/helper/%.c,taken taken_try taken_rave)
TAKEN_CALLS =	sandbox_enter fork socketpair pipe2 open openat socket bind \
		listen connect accept4 sendmsg recvmsg read write writev \
		epoll_create1 epoll_ctl eventfd timerfd_create mmap malloc \
		calloc realloc strdup dup2 fcntl prctl setrlimit execve \
		fchdir syscall pthread_create
TAKEN_EXEC_CALLS = ns_clone_broker ns_clone_init

# The profile for macOS, and what decides on Linux.
TEST_HELPERS +=	seatbelt
HELPER_seatbelt_SRCS = $(SEATBELT_SRCS) $(EXPLAIN_SRCS) $(paths_test_SRCS)
HELPER_seatbelt_LIBS = $(CONF_YAJL_LIBS) $(BSD_LIBS)

UNIT_TESTS +=	seatbelt_test
seatbelt_test_SRCS = $(SEATBELT_SRCS) $(GUARD_SRCS) $(PLAN_SRCS) $(COMPAT_SRCS)
seatbelt_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	seatbelt
FUZZ_seatbelt_SRCS = $(seatbelt_test_SRCS)
FUZZ_seatbelt_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	seatbelt_log_test
seatbelt_log_test_SRCS = $(SEATBELT_LOG_SRCS) $(COMPAT_SRCS)
seatbelt_log_test_LIBS = $(BSD_LIBS)

FUZZ_TARGETS +=	seatbelt_log
FUZZ_seatbelt_log_SRCS = $(seatbelt_log_test_SRCS)
FUZZ_seatbelt_log_LIBS = $(BSD_LIBS)

UNIT_TESTS +=	kin_test
kin_test_SRCS =	srt-exec/kin.c $(COMPAT_SRCS)
kin_test_LIBS =	$(BSD_LIBS)

# What the parent does where the command has no network of its own.
UNIT_TESTS +=	front_test
front_test_SRCS = srt/front_local.c $(BASE64_SRCS) srt/xmalloc.c \
		srt/errors.c srt/utf8.c $(PROC_SRCS) $(SANDBOX_SRCS) \
		$(IPC_SRCS)
front_test_LIBS = $(EVENT_LIBS) $(BSD_LIBS)

# srt as it is on macOS, run here: see helper/darwin_*.c.  What is told of a
# system's own is told of that one's; the rules are in rules.mk.
DARWIN_STANDINS = regress/helper/darwin_libc.c \
		regress/helper/darwin_programs.c
DARWIN_CALLS =	execve ptrace
DARWIN_NOT =	$(HERE_linux_SRCS) $(CONF_CASEFOLD_SRCS) $(CONF_FRONT_SRCS) \
		$(CONF_SELF_SRCS) $(CONF_SANDBOX_SRCS) $(CONF_OSLOG_SRCS) \
		$(CONF_PKTINFO_SRCS) $(CONF_RELAY_SRCS) $(CONF_KEEPALIVE_SRCS)
# $(call darwin,SOURCES OF LINUX,THOSE IN THEIR PLACE)
darwin =	$(filter-out $(DARWIN_NOT),$(1)) $(2) common/self_darwin.c \
		common/sandbox-darwin.c $(DARWIN_STANDINS)
DARWIN_SRT_SRCS = $(call darwin,$(SRT_SRCS),$(HERE_darwin_SRCS) \
		srt/casefold_all.c srt/front_local.c $(BASE64_SRCS))
DARWIN_PROXY_SRCS = $(call darwin,$(SRT_PROXY_SRCS),srt-proxy/pktinfo_none.c \
		srt-proxy/relay_copy.c srt-proxy/keepalive_none.c)
DARWIN_EXEC_SRCS = $(call darwin,srt-exec/exec.c srt-exec/become.c \
		srt-exec/wall.c $(BACKEND_darwin_SRCS) $(GUARD_SRCS) \
		$(PLAN_SRCS) $(IPC_NOLOOP_SRCS) common/ipc_noloop.c \
		$(PROC_SRCS))
DARWIN_MONITOR_SRCS = $(call darwin,$(SRT_MONITOR_SRCS),\
		srt-monitor/darwin_log.c $(SEATBELT_LOG_SRCS))
DARWIN_TLS_SRCS = $(call darwin,$(SRT_TLS_SRCS))
$(patsubst %.c,$(O)/obj/%.o,common/self_darwin.c common/sandbox-darwin.c \
    srt-exec/darwin_exec.c srt-monitor/darwin_log.c $(DARWIN_STANDINS)): \
    CPPFLAGS += -Iregress/stubs/darwin
