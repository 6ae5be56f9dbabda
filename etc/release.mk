# SPDX-License-Identifier: ISC
#
# What a version is shipped as, and proof that it is what it says.

VERSION :=	$(shell sed -n 's/^version //p' common/version)

# The archive holds what git tracks, or what MANIFEST names.
dist:
	@sh etc/dist.sh archive .

# From the archive, in another folder and without git: the same programs come
# of it.  distcheck runs the unit tests there as well.
repro: programs
	@$(RUN_TESTS) regress/release/dist.t

distcheck:
	@$(MAKE) O=$(O) DISTCHECK=yes TEST_SECONDS=900 repro

# Which library is in which program says the linker.
SBOM =		$(O)/srt-$(VERSION).spdx.json
SBOM_FILES =	LICENSE $(MAN) $(EXAMPLES) $(sort $(wildcard common/*.h \
		common/compat/*.h srt/*.h srt-*/*.h common/gen_*.c \
		srt/gen_*.c srt-exec/gen_*.c))

sbom: $(SBOM)

$(SBOM): $(PROGRAMS) $(SBOM_FILES) etc/sbom.sh etc/dist.sh common/version
	@{ echo 'bin/srt $(sort $(SRT_SRCS))'; \
	    echo 'libexec/srt/srt-exec $(sort $(SRT_EXEC_SRCS))'; \
	    echo 'libexec/srt/srt-monitor $(sort $(SRT_MONITOR_SRCS))'; \
	    echo 'libexec/srt/srt-proxy $(sort $(SRT_PROXY_SRCS))'; \
	    echo 'libexec/srt/srt-tls $(sort $(SRT_TLS_SRCS))'; \
	    echo 'build $(CONF_SECCOMP_LIBS)'; \
	    echo '- $(SBOM_FILES)'; \
	} | sh etc/sbom.sh $(O) '$(CC)' >$@.new
	@mv $@.new $@
	@echo $@

.PHONY: dist repro distcheck sbom

# The files of the packages with the sums of the archive, in O/packaging;
# RELEASE_URL is where the release will lie.
ARCHIVE =	srt-$(VERSION).tar.gz
RELEASE_URL ?=	https://example.org/srt

dist-checksums: dist
	@sh etc/packaging/fill.sh $(ARCHIVE) '$(RELEASE_URL)' $(O)/packaging

# Builds them, and has Debian's installed, run, upgraded and purged.  All that
# this takes is there, so nothing that packaging.t asks is skipped.
PACKAGE_TESTS =	$(patsubst %,regress/package/%.sh,debian rpm others) \
		regress/release/packaging.t
package-test:
	@sh etc/setup.sh build package
	@$(MAKE) package-tested

package-tested: TEST_SECONDS = 1800
package-tested: dist-checksums $(O)/regress/checkconf
	@SRT_ARCHIVE=$(ARCHIVE) SRT_PACKAGING='$(O)/packaging' SRT_TOOLS=all \
	    $(RUN_TESTS) $(PACKAGE_TESTS)

.PHONY: dist-checksums package-test package-tested
