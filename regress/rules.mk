# SPDX-License-Identifier: ISC
#
# How tests are built and run; tests.mk names them.
#
## make              build the programs into O=build
## make install      DESTDIR=, PREFIX=, BINDIR=, LIBEXECDIR=, SYSCONFDIR=, DATADIR=,
##                   MANDIR=; MANGZ=1 compresses man pages; uninstall
## make check        install what is missing, build, run every test
## make demo         install what is missing, build, show srt at work
## make regress      all tests, of a tree that has what they need
## make unit         the unit tests alone
## make e2e          one folder of regress: also config, proxy, exec
## make run T=...    the test programs named
## make asan         all tests with the sanitizers, into O/asan
## make tsan         the broker's threads: its tests with ThreadSanitizer
## make valgrind     the unit tests, but for those that it cannot run
## make fuzz         every fuzz target, FUZZ_SECONDS=20 each (clang)
## make fuzz-long    each in turns until it had MINUTES=60 of a processor,
##                   with those of earlier times (regress/fuzz/hours)
## make fuzz-merge   what was found into the corpus, minimised
## make fuzz-coverage  lines of each parser that the corpus covers (llvm-cov)
## make afl          every fuzz target with AFL++, FUZZ_SECONDS=20 each
## make smuggle      SMUGGLE=20000 ambiguous requests and responses through
##                   srt-proxy, and to other parsers; SEED=1
## make fuzz-replay  the fuzz targets over their corpus (any compiler)
## make fuzz-roles   roles that break the protocol: SECONDS=60 SEED=1
## make death        everything fails or dies: N=seconds, or N=all; SEED=1
## make lint         clang-tidy, cppcheck, mandoc, shellcheck
## make analyze      gcc -fanalyzer; regress/analyze.known explains the rest
## make soak         an hour of mixed work and kills: MINUTES=60
## make other-kernel  T=... on the kernel that was unpacked in KERNEL=FOLDER
## make bench        what srt costs beside its peers (regress/bench/README.md);
##                   BENCH="-q start,proxy" for less of it
## make bench-plot   the same drawn, O/bench.svg and O/bench.png (gnuplot)
## make bench-soak   no growth over 100,000 requests, or it fails
## make schema       etc/srt-settings.schema.json anew, from settings_table
## make sbom         what the programs are made of, as SPDX, in O
## make dist         the release archive and its sum; clean, distclean
## make dist-checksums  that, and the files of packages with its sums, in O
## make package-test  install what is missing; Debian's and rpm's package of it,
##                   built and tried, the files of the others read
## make repro        build from that archive elsewhere: the same programs?
## make distcheck    that, and its unit tests

TESTJOBS ?=	3
FUZZ_SECONDS ?=	20
FUZZ_CC ?=	clang
TEST_SECONDS ?=	600

# Tests with the sanitizers have objects of their own; within "make asan"
# that is the tree itself.
ifneq ($(CONF_HAVE_SANITIZERS),)
SAN_LINK =	-fsanitize=address,undefined
SAN_FLAGS =	$(SAN_LINK) -fno-sanitize-recover=all \
		-fno-omit-frame-pointer -O1
endif
ifneq ($(CONF_HAVE_TSAN),)
TSAN_FLAGS =	-fsanitize=thread -fno-omit-frame-pointer -O1
endif
ifeq ($(CONF_SANITIZE),)
SAN_O =		$(O)/asan
else
SAN_O =		$(O)
endif

# $(call test,FILE,SOURCES,LIBRARIES)
define test
$(1): $(sort $(call obj,$(2)))
	@mkdir -p $$(@D)
	$$(call say,ld,$$(@F))
	$$(Q)$$(CC) $$(ALLCFLAGS) $$(ALLLDFLAGS) $$(FUZZ_LINK) -o $$@ $$^ $(3)
endef

unit_bins =	$(patsubst %,$(1)/regress/%,$(UNIT_TESTS))
fuzz_bins =	$(patsubst %,$(1)/regress/fuzz_%,$(FUZZ_TARGETS))
HELPER_BINS =	$(patsubst %,$(O)/regress/%,$(TEST_HELPERS))

# In a tree made for fuzzing libFuzzer brings main(), elsewhere replay.c.
ifeq ($(FUZZ_LINK),)
FUZZ_MAIN =	regress/fuzz/replay.c
endif

$(foreach t,$(UNIT_TESTS),$(eval $(call test,$(O)/regress/$(t),\
    regress/unit/$(t).c $($(t)_SRCS),$($(t)_LIBS) $(CONF_CMOCKA_LIBS))))
$(foreach t,$(FUZZ_TARGETS),$(eval $(call test,$(O)/regress/fuzz_$(t),\
    regress/fuzz/fuzz_$(t).c $(FUZZ_MAIN) $(FUZZ_$(t)_SRCS),\
    $(FUZZ_$(t)_LIBS))))
$(foreach t,$(TEST_HELPERS),$(eval $(call test,$(O)/regress/$(t),\
    regress/helper/$(t).c $(HELPER_$(t)_SRCS),$(HELPER_$(t)_LIBS))))

# Beside each other as the programs themselves, but never installed.
TAKEN =		$(O)/regress/taken
TAKEN_BINS =	$(patsubst $(O)/%,$(TAKEN)/%,$(PROGRAMS))
wrap =		$(patsubst %,-Wl$(comma)--wrap=%,$(1))
$(eval $(call test,$(TAKEN)/bin/srt,$(SRT_SRCS) $(TAKEN_SRCS),\
    $(SRT_LIBS) $(call wrap,$(TAKEN_CALLS))))
$(eval $(call test,$(TAKEN)/libexec/srt/srt-proxy,\
    $(SRT_PROXY_SRCS) $(TAKEN_SRCS),\
    $(SRT_PROXY_LIBS) $(call wrap,$(TAKEN_CALLS))))
$(eval $(call test,$(TAKEN)/libexec/srt/srt-exec,\
    $(SRT_EXEC_SRCS) $(TAKEN_SRCS) regress/helper/taken_exec.c,\
    $(SRT_EXEC_LIBS) $(call wrap,$(TAKEN_CALLS) $(TAKEN_EXEC_CALLS))))
$(eval $(call test,$(TAKEN)/libexec/srt/srt-monitor,\
    $(SRT_MONITOR_SRCS) $(TAKEN_SRCS),\
    $(SRT_MONITOR_LIBS) $(call wrap,$(TAKEN_CALLS))))
$(eval $(call test,$(TAKEN)/libexec/srt/srt-tls,\
    $(SRT_TLS_SRCS) $(TAKEN_SRCS),\
    $(SRT_TLS_LIBS) $(call wrap,$(TAKEN_CALLS))))
# With a sanitizer roles may do more than they are to be tried for.
ifeq ($(CONF_SANITIZE),)
HELPER_BINS +=	$(TAKEN_BINS)
endif

# Likewise, with what stands in for macOS on Linux.
ifeq ($(CONF_BACKEND),linux)
DARWIN =	$(O)/regress/darwin
HELPER_BINS +=	$(patsubst $(O)/%,$(DARWIN)/%,$(PROGRAMS))
DARWIN_LIBS =	$(SANITIZE_LINK) $(call wrap,$(DARWIN_CALLS))
$(eval $(call test,$(DARWIN)/bin/srt,$(DARWIN_SRT_SRCS) $(SANITIZE_SRCS),\
    $(SRT_LIBS) $(DARWIN_LIBS)))
$(eval $(call test,$(DARWIN)/libexec/srt/srt-proxy,\
    $(DARWIN_PROXY_SRCS) $(SANITIZE_SRCS),$(SRT_PROXY_LIBS) $(DARWIN_LIBS)))
$(eval $(call test,$(DARWIN)/libexec/srt/srt-exec,\
    $(DARWIN_EXEC_SRCS) $(SANITIZE_SRCS),$(BSD_LIBS) $(DARWIN_LIBS)))
$(eval $(call test,$(DARWIN)/libexec/srt/srt-monitor,\
    $(DARWIN_MONITOR_SRCS) $(SANITIZE_SRCS),\
    $(SRT_MONITOR_LIBS) $(DARWIN_LIBS)))
$(eval $(call test,$(DARWIN)/libexec/srt/srt-tls,\
    $(DARWIN_TLS_SRCS) $(SANITIZE_SRCS),$(SRT_TLS_LIBS) $(DARWIN_LIBS)))
endif

unit-bins: $(call unit_bins,$(O))
fuzz-bins: $(call fuzz_bins,$(O))
helpers: $(HELPER_BINS)

ifeq ($(CONF_SANITIZE),)
san-unit san-fuzz san-bins: $(O)/config.mk
	@$(MAKE) O=$(SAN_O) CFLAGS='$(SAN_FLAGS)' LDFLAGS='$(SAN_LINK)' \
	    $(SAN_$@)
SAN_san-unit =	unit-bins
SAN_san-fuzz =	fuzz-bins
SAN_san-bins =	unit-bins fuzz-bins
else
san-unit: unit-bins
san-fuzz: fuzz-bins
san-bins: unit-bins fuzz-bins
endif

# Every test speaks TAP; prove runs them side by side and counts.  What a
# test may know: SRT (the program), SRT_SRC (this tree), SRT_BUILD,
# SRT_HELPERS (folder of the small programs), SRT_SANITIZE (not empty within
# "make asan": slower, larger).
HELPERS_O ?=	$(O)
RUN_TESTS =	O='$(abspath $(O))' SRT='$(abspath $(O))/bin/srt' \
		SRT_SRC='$(CURDIR)' \
		SRT_BUILD='$(abspath $(O))' SRT_SANITIZE='$(CONF_SANITIZE)' \
		SRT_HELPERS='$(abspath $(HELPERS_O))/regress' \
		TESTJOBS='$(TESTJOBS)' TEST_SECONDS='$(TEST_SECONDS)' \
		sh regress/run_tests.sh

SCRIPTS =	$(sort $(wildcard regress/*/*.t))
folder =	$(sort $(wildcard regress/$(1)/*.t))
ALL_UNIT =	$(sort $(call unit_bins,$(O)) $(call unit_bins,$(SAN_O)))

# What they have said is kept, for a look whether PRIVSEP.md's promises were
# shown.  An ordinary user cannot show all of them: he is told which; SHOWN=
# something leaves that to whoever has the part of root run afterwards.
USER_TAP =	$(abspath $(O))/regress/tap/user
regress: programs helpers unit-bins san-bins
	@TAP='$(USER_TAP)' $(RUN_TESTS) $(ALL_UNIT) \
	    $(call fuzz_bins,$(SAN_O)) $(SCRIPTS)
	@[ -n '$(SHOWN)' ] || ! command -v python3 >/dev/null || \
	    python3 regress/shown.py -n '$(USER_TAP)'

unit: unit-bins
	@$(RUN_TESTS) $(call unit_bins,$(O))

fuzz-replay: san-fuzz
	@$(RUN_TESTS) $(call fuzz_bins,$(SAN_O))

config proxy exec e2e: programs helpers
	@$(RUN_TESTS) $(call folder,$@)

run: programs helpers
	@$(RUN_TESTS) $(T)

asan:
	@$(if $(SAN_LINK),:,echo '$(CC) has no sanitizers'; exit 1)
	@$(MAKE) O=$(SAN_O) CFLAGS='$(SAN_FLAGS)' \
	    LDFLAGS='$(SAN_LINK)' TEST_SECONDS=600 clear-log regress; \
	    status=$$?; $(MAKE) O=$(SAN_O) show-log && exit $$status

# srt-exec is the role with threads.
TSAN_UNIT =	$(filter broker_%,$(UNIT_TESTS))
TSAN_SCRIPTS =	$(wildcard $(patsubst %,regress/exec/%.t,broker* fscalls \
		fsrace layers posixfs))

# The programs that the tests run in the sandbox count their descriptors and
# threads: they are those of the tree itself.
tsan: helpers
	@$(if $(TSAN_FLAGS),:,echo '$(CC) has no ThreadSanitizer'; exit 1)
	@$(MAKE) O=$(O)/tsan CFLAGS='$(TSAN_FLAGS)' \
	    LDFLAGS=-fsanitize=thread HELPERS_O=$(O) TEST_SECONDS=600 \
	    clear-log tsan-run; status=$$?; \
	    $(MAKE) O=$(O)/tsan show-log && exit $$status

# valgrind has no seccomp(2), openat2(2) and TCP_FASTOPEN of a socket, and
# limits of its own for descriptors and mount(2).
VALGRIND ?=	valgrind -q --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite
VALGRIND_NOT =	broker_device_test broker_file_test broker_refuse_test \
		broker_unix_test command_filter_test imsg_test sandbox_test \
		sandbox_work_test settings_admin_test
valgrind: unit-bins
	@for t in $(filter-out $(VALGRIND_NOT),$(UNIT_TESTS)); do \
		SRT_SRC='$(CURDIR)' $(VALGRIND) $(O)/regress/$$t \
		    >$(O)/valgrind.log 2>&1 || { \
			cat $(O)/valgrind.log; echo "$$t failed"; exit 1; \
		}; \
		echo "$$t: no errors"; \
	done

tsan-run: programs $(patsubst %,$(O)/regress/%,$(TSAN_UNIT) layers)
	@$(RUN_TESTS) $(patsubst %,$(O)/regress/%,$(TSAN_UNIT)) \
	    $(TSAN_SCRIPTS)

# What the sanitizer found in programs whose end no test looks at.
clear-log:
	@rm -f $(SANITIZE_LOG)

show-log:
	@if [ -s $(SANITIZE_LOG) ]; then cat $(SANITIZE_LOG); exit 1; fi

FUZZ_SH =	FUZZ_CC='$(FUZZ_CC)' sh regress/fuzz/fuzz.sh
FUZZ_SECONDS_LONG = $(shell expr $(or $(MINUTES),60) \* 60)

fuzz-built: $(O)/config.mk
	@$(MAKE) O=$(O)/fuzz CC='$(FUZZ_CC)' \
	    CFLAGS='$(SAN_FLAGS) -fsanitize=fuzzer-no-link' \
	    LDFLAGS='$(SAN_LINK)' \
	    FUZZ_LINK=-fsanitize=fuzzer fuzz-bins

fuzz: fuzz-built
	@$(FUZZ_SH) run $(O)/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

fuzz-long: fuzz-built
	@nice -n 19 $(FUZZ_SH) until $(O)/fuzz $(FUZZ_SECONDS_LONG) \
	    $(FUZZ_TARGETS)

fuzz-merge: fuzz-built
	@$(FUZZ_SH) merge $(O)/fuzz $(FUZZ_TARGETS)

fuzz-coverage: $(O)/config.mk
	@$(MAKE) O=$(O)/cover CC='$(FUZZ_CC)' \
	    CFLAGS='-fprofile-instr-generate -fcoverage-mapping -O1' \
	    LDFLAGS=-fprofile-instr-generate fuzz-bins
	@$(FUZZ_SH) coverage $(O)/cover $(FUZZ_TARGETS)

# Its compiler brings a main() of its own, as libFuzzer does.
AFL_CC ?=	afl-clang-fast
afl: $(O)/config.mk
	@AFL_QUIET=1 AFL_HARDEN=1 $(MAKE) O=$(O)/afl CC='$(AFL_CC)' \
	    FUZZ_LINK=-fsanitize=fuzzer fuzz-bins
	@$(FUZZ_SH) afl $(O)/afl $(FUZZ_SECONDS) $(FUZZ_TARGETS)

SMUGGLE ?=	20000
SEED ?=		1
SMUGGLE_TESTS =	regress/proxy/smuggle.t regress/proxy/http_diff.t
smuggle: programs helpers
	@BENCH_ARGS='$(SMUGGLE) $(SEED)' $(MAKE) O=$(O) TEST_SECONDS=7200 \
	    T='$(SMUGGLE_TESTS)' run

# rave.t and death.t for longer.
SECONDS ?=	60
SEED ?=		1
N ?=		all
fuzz-roles: TEST_SECONDS = 86400
fuzz-roles: programs helpers
	@BENCH_ARGS='$(SECONDS) $(SEED)' $(RUN_TESTS) regress/e2e/rave.t

death: TEST_SECONDS = 86400
death: programs helpers
	@BENCH_ARGS='$(N) $(SEED)' $(RUN_TESTS) regress/e2e/death.t

# Silent when there is nothing to say.
SHELL_FILES =	$(sort common/configure .ci/run $(wildcard etc/*.sh etc/*/*.sh \
		etc/packaging/alpine/*install etc/packaging/debian/tests/installed \
		regress/*.sh regress/*/*.sh) $(shell grep -lE \
		'^\#!.*[/ ](ba|da)?sh' $(wildcard regress/*/*.t \
		regress/bench/run regress/soak/run) /dev/null))
# What macOS alone compiles, with declarations of our own.
DARWIN_SRCS =	$(wildcard */*darwin*.c regress/helper/darwin*.c)
LINT_SRCS =	$(filter-out $(DARWIN_SRCS),$(sort $(PROGRAM_SRCS) \
		$(wildcard regress/unit/*.c regress/fuzz/*.c \
		regress/helper/*.c)))

lint: lint-text lint-c

lint-text:
	@shellcheck $(SHELL_FILES)
	@sh regress/lint_man.sh $(MAN)

CPPCHECK =	cppcheck -q --std=c11 --enable=warning,performance,portability \
		--inline-suppr --error-exitcode=1 -j $(TESTJOBS) \
		-D__x86_64__ -D__linux__ --include=regress/cppcheck.h

GEN_HEADERS =	$(GEN)/role_filter.h $(GEN)/command_filter.h

lint-c: $(O)/config.mk $(GEN_HEADERS)
	@$(CPPCHECK) -I$(O) -I$(GEN) -Icommon $(LINT_SRCS)
	@printf '%s\n' $(LINT_SRCS) | xargs -n 4 -P $(TESTJOBS) \
	    sh -c 'clang-tidy --quiet "$$@" -- $(ALLCPPFLAGS) -std=gnu11 \
	    2>/dev/null' lint
	@$(CPPCHECK) -Iregress/stubs/darwin -I$(O) -Icommon $(DARWIN_SRCS)
	@clang-tidy --quiet $(DARWIN_SRCS) -- -Iregress/stubs/darwin \
	    $(ALLCPPFLAGS) -std=gnu11 2>/dev/null

# The compiler that did not build the programs has its say, too.
OTHER_CC =	$(if $(findstring clang,$(shell $(CC) --version)),gcc,clang)
other:
	@$(MAKE) O=$(O)/other CC=$(OTHER_CC) CFLAGS= LDFLAGS= objects

# Objects of its own: they must not be thought of as made already.
ANALYZE =	-O1 -fanalyzer -Wno-error
analyze: $(O)/config.mk
	@rm -rf $(O)/analyze
	@LC_ALL=C $(MAKE) -k O=$(O)/analyze CC=gcc CFLAGS='$(ANALYZE)' \
	    objects 2>&1 >/dev/null | sh regress/analyze.sh

MINUTES ?=	60
soak: programs
	@O='$(abspath $(O))' SRT='$(abspath $(O))/bin/srt' \
	    sh regress/soak/run -m $(MINUTES)

# As root, in qemu; see there.
other-kernel: programs helpers unit-bins
	@sh regress/kernel/boot.sh $(O) '$(KERNEL)' $(T)

SCHEMA =	etc/srt-settings.schema.json
schema: $(O)/regress/schema
	$(O)/regress/schema >$(SCHEMA)

# BENCH: options and sections of regress/bench/run.  Root becomes an ordinary
# user in there.
BENCH_JSON ?=	$(O)/bench.json
BENCH_ENV =	O='$(abspath $(O))' SRT='$(abspath $(O))/bin/srt' \
		SRT_SRC='$(CURDIR)' MAKE='$(MAKE)' \
		SRT_HELPERS='$(abspath $(O))/regress' \
		BENCH_JSON='$(abspath $(BENCH_JSON))' BENCH_FD='$(BENCH_FD)'

bench bench-built: programs helpers
	@$(BENCH_ENV) sh regress/bench/run $(BENCH)

bench-plot:
	@sh regress/bench/plot $(BENCH_JSON)

bench-soak: programs helpers
	@$(BENCH_ENV) sh regress/bench/soak

# From nothing to the result, for people and machines that come by.
setup:
	@sh etc/setup.sh build test lint fuzz

# What of the command line reaches the ordinary user's make.
USER_VARS =	$(foreach v,CC V TESTJOBS TEST_SECONDS,\
		$(if $(filter command,$(origin $(v))),$(v)='$($(v))'))

check:
	@sh etc/setup.sh build test
	@MAKE='$(MAKE)' sh regress/as_user.sh $(O) check-built $(USER_VARS)

check-built:
	@$(MAKE) lint-text
	@$(MAKE) other
	@$(MAKE) regress

demo:
	@sh etc/setup.sh build demo
	@MAKE='$(MAKE)' sh regress/as_user.sh $(O) demo-built $(USER_VARS)

demo-built: programs helpers
	@SRT='$(abspath $(O))/bin/srt' SRT_SRC='$(CURDIR)' \
	    SRT_HELPERS='$(abspath $(O))/regress' sh regress/e2e/demo.sh

.PHONY: valgrind unit-bins fuzz-bins san-bins san-unit san-fuzz helpers regress unit \
	fuzz-replay config proxy exec e2e run asan tsan tsan-run clear-log \
	show-log fuzz fuzz-built fuzz-long fuzz-merge fuzz-coverage afl \
	smuggle fuzz-roles death lint lint-text lint-c other other-kernel analyze soak \
	schema bench bench-built bench-plot bench-soak setup check \
	check-built demo demo-built
