#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Installs what is needed to build srt and to test it, with the package
# manager of the system, and only what is missing.  Without the right to do
# so it prints the line to run and fails.  No daemon among it is started, now
# or with the machine.
#
#	etc/setup.sh [-n] [build] [test] [demo] [lint] [fuzz] [bench] [package]

set -eu

# set, probe, then the package on Debian and Ubuntu, Fedora, Alpine, Arch,
# FreeBSD and macOS; "-" where it is part of the system or has no use.
# Probes: cmd:NAME, pc:NAME (pkg-config), hdr:FILE, san:COMPILER, py:MODULE,
# pg:NAME (a program of PostgreSQL, which has a folder of its own), jdk:MODULE
# (of the java that is found), deb:NAME (a package that Debian's tools want).
table() {
	cat <<'TABLE'
build cmd:cc            gcc           gcc                  gcc            gcc               -          -
build cmd:make          make          make                 make           make              gmake      make
build cmd:pkg-config    pkg-config    pkgconf-pkg-config   pkgconf        pkgconf           pkgconf    pkgconf
build hdr:stdlib.h      libc6-dev     glibc-devel          musl-dev       glibc             -          -
build hdr:linux/landlock.h linux-libc-dev kernel-headers   linux-headers  linux-api-headers -          -
build pc:libevent_core  libevent-dev  libevent-devel       libevent-dev   libevent          libevent   libevent
build pc:libseccomp     libseccomp-dev libseccomp-devel    libseccomp-dev libseccomp        -          -
build pc:yajl           libyajl-dev   yajl-devel           yajl-dev       yajl              yajl       yajl
build pc:libbsd         libbsd-dev    libbsd-devel         libbsd-dev     libbsd            -          -
build hdr:sha2.h        libmd-dev     libmd-devel          libmd-dev      libmd             -          -
build pc:openssl        libssl-dev    openssl-devel        openssl-dev    openssl           -          openssl
test  pc:cmocka         libcmocka-dev libcmocka-devel      cmocka-dev     cmocka            cmocka     cmocka
test  cmd:prove         perl          perl-Test-Harness    perl-utils     perl              perl5      perl
test  cmd:clang         clang         clang                clang          clang             -          -
test  san:cc            gcc           libasan              -              gcc               -          -
test  san:cc            gcc           libubsan             -              gcc               -          -
test  cmd:curl          curl          curl                 curl           curl              curl       curl
test  cmd:git           git           git                  git            git               git        git
test  cmd:node          nodejs        nodejs               nodejs         nodejs            node       node
test  cmd:python3       python3       python3              python3        python            python3    python3
test  cmd:nginx         nginx-light   nginx                nginx          nginx             nginx      nginx
test  cmd:openssl       openssl       openssl              openssl        openssl           -          openssl
test  cmd:bash          bash          bash                 bash           bash              bash       bash
test  cmd:dash          dash          dash                 dash           dash              dash       dash
test  cmd:zsh           zsh           zsh                  zsh            zsh               zsh        -
test  cmd:fish          fish          fish                 fish           fish              fish       fish
test  cmd:socat         socat         socat                socat          socat             socat      socat
test  cmd:ip            iproute2      iproute              iproute2       iproute2          -          -
test  cmd:ps            procps        procps-ng            procps         procps-ng         -          -
test  cmd:script        bsdutils      util-linux-script    util-linux-misc util-linux       -          -
test  cmd:setpriv       util-linux    util-linux           setpriv        util-linux        -          -
test  cmd:mkfs.ext4     e2fsprogs     e2fsprogs            e2fsprogs      e2fsprogs         -          -
test  cmd:chattr        e2fsprogs     e2fsprogs            e2fsprogs-extra e2fsprogs        -          -
test  cmd:getcap        libcap2-bin   libcap               libcap-getcap  libcap            -          -
test  cmd:unshare       util-linux    util-linux           util-linux-misc util-linux       -          -
test  cmd:nc            netcat-openbsd netcat              netcat-openbsd openbsd-netcat    -          -
test  cmd:tinyproxy     tinyproxy     tinyproxy            tinyproxy      tinyproxy         tinyproxy  tinyproxy
test  cmd:squid         squid-openssl squid                squid          squid             squid      squid
test  cmd:rg            ripgrep       ripgrep              ripgrep        ripgrep           ripgrep    ripgrep
test  cmd:bwrap         bubblewrap    bubblewrap           bubblewrap     bubblewrap        -          -
test  cmd:strace        strace        strace               strace         strace            -          -
test  cmd:wget          wget          wget                 wget           wget              -          -
test  cmd:perl          perl          perl-interpreter     perl           perl              -          -
test  py:pip            python3-pip   python3-pip          py3-pip        python-pip        -          -
test  py:jsonschema     python3-jsonschema python3-jsonschema py3-jsonschema python-jsonschema - -
test  cmd:go            golang-go     golang               go             go                -          -
test  jdk:jdk.compiler  default-jdk-headless java-latest-openjdk-devel openjdk17-jdk jdk-openjdk     -          -
test  cmd:npm           npm           nodejs-npm           npm            npm               -          -
test  cmd:cargo         cargo         cargo                cargo          rust              -          -
test  cmd:ssh           openssh-client openssh-clients      openssh-client openssh           -          -
test  cmd:sshd          openssh-server openssh-server       openssh-server openssh           -          -
test  pg:initdb         postgresql    postgresql-server    postgresql     postgresql        -          -
test  cmd:psql          postgresql-client postgresql           postgresql-client postgresql        -          -
test  cmd:redis-server  redis-server  redis                redis          redis             -          -
test  cmd:redis-cli     redis-tools   redis                redis          redis             -          -
test  cmd:rsyslogd      rsyslog       rsyslog              rsyslog        -                 rsyslog    -
test  cmd:tmux          tmux          tmux                 tmux           tmux              -          -
test  cmd:gpg-agent     gnupg         gnupg2               gnupg          gnupg             -          -
test  cmd:chromium      chromium      chromium             chromium       chromium          -          -
test  cmd:mandoc        mandoc        mandoc               mandoc         mandoc            -          mandoc
test  cmd:shellcheck    shellcheck    ShellCheck           shellcheck     shellcheck        hs-ShellCheck shellcheck
demo  cmd:curl          curl          curl                 curl           curl              curl       curl
demo  cmd:git           git           git                  git            git               git        git
demo  cmd:python3       python3       python3              python3        python            python3    python3
demo  cmd:setpriv       util-linux    util-linux           setpriv        util-linux        -          -
demo  cmd:nginx         nginx-light   nginx                nginx          nginx             nginx      nginx
demo  cmd:openssl       openssl       openssl              openssl        openssl           -          openssl
demo  cmd:ip            iproute2      iproute              iproute2       iproute2          -          -
demo  cmd:unshare       util-linux    util-linux           util-linux-misc util-linux       -          -
lint  cmd:cppcheck      cppcheck      cppcheck             cppcheck       cppcheck          cppcheck   cppcheck
lint  cmd:clang-tidy    clang-tidy    clang-tools-extra    clang-extra-tools clang          llvm       llvm
lint  cmd:mandoc        mandoc        mandoc               mandoc         mandoc            -          mandoc
lint  cmd:shellcheck    shellcheck    ShellCheck           shellcheck     shellcheck        hs-ShellCheck shellcheck
bench cmd:gnuplot       gnuplot-nox   gnuplot              gnuplot        gnuplot           gnuplot    gnuplot
bench cmd:bwrap         bubblewrap    bubblewrap           bubblewrap     bubblewrap        -          -
bench cmd:socat         socat         socat                socat          socat             socat      socat
bench cmd:rg            ripgrep       ripgrep              ripgrep        ripgrep           ripgrep    ripgrep
bench cmd:tinyproxy     tinyproxy     tinyproxy            tinyproxy      tinyproxy         tinyproxy  tinyproxy
bench cmd:squid         squid-openssl squid                squid          squid             squid      squid
bench cmd:nginx         nginx-light   nginx                nginx          nginx             nginx      nginx
bench cmd:npm           npm           nodejs-npm           npm            npm               -          -
bench cmd:node          nodejs        nodejs               nodejs         nodejs            node       node
bench cmd:curl          curl          curl                 curl           curl              curl       curl
bench cmd:git           git           git                  git            git               git        git
bench cmd:openssl       openssl       openssl              openssl        openssl           -          openssl
bench cmd:ip            iproute2      iproute              iproute2       iproute2          -          -
bench cmd:unshare       util-linux    util-linux           util-linux-misc util-linux       -          -
bench cmd:setpriv       util-linux    util-linux           setpriv        util-linux        -          -
test  cmd:apache2       apache2-bin   httpd                apache2        apache            apache24   httpd
test  cmd:aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu -    -              -                 -          -
test  cmd:musl-gcc     musl-tools    musl-gcc             -              musl              -          -
test  cmd:qemu-aarch64  qemu-user     -                    -              -                 -          -
test  hdr:http_parser.h libhttp-parser-dev -                -              -                 -          -
fuzz  cmd:afl-clang-fast afl++         american-fuzzy-lop   afl++          aflplusplus       -          -
fuzz  cmd:llvm-profdata llvm          llvm                 llvm           llvm              -          -
fuzz  san:clang         libclang-rt-dev compiler-rt        compiler-rt    compiler-rt       -          -
package cmd:git        git           git                  git            git               git        git
package cmd:openssl    openssl       openssl              openssl        openssl           -          openssl
package cmd:prove      perl          perl-Test-Harness    perl-utils     perl              perl5      perl
package deb:build-essential build-essential -                    -              -                 -          -
package cmd:dpkg-buildpackage dpkg-dev      -                    -              -                 -          -
package deb:debhelper  debhelper     -                    -              -                 -          -
package deb:dh-apparmor dh-apparmor   -                    -              -                 -          -
package deb:apparmor   apparmor      -                    -              -                 -          -
package deb:libcmocka-dev libcmocka-dev -                    -              -                 -          -
package deb:pkg-config pkg-config    -                    -              -                 -          -
package cmd:lintian    lintian       -                    -              -                 -          -
package cmd:mmdebstrap mmdebstrap    -                    -              -                 -          -
package cmd:systemd-sysusers systemd-standalone-sysusers -                    -              -                 -          -
package cmd:rpmbuild   rpm           rpm-build            -              -                 -          -
package cmd:rpmlint    rpmlint       rpmlint              -              -                 -          -
package cmd:cpio       cpio          cpio                 -              -                 -          -
package cmd:makepkg    makepkg       -                    -              -                 -          -
package cmd:ruby       ruby          ruby                 ruby           ruby              ruby       ruby
package cmd:rubocop    rubocop       -                    -              -                 -          -
package cmd:shellcheck shellcheck    ShellCheck           shellcheck     shellcheck        hs-ShellCheck shellcheck
TABLE
}

# Which column is ours?
system() {
	case $(uname -s) in
	Darwin)		echo macos; return ;;
	FreeBSD)	echo freebsd; return ;;
	esac
	for pair in apt-get:debian dnf:fedora apk:alpine pacman:arch; do
		if command -v "${pair%%:*}" >/dev/null 2>&1; then
			echo "${pair#*:}"
			return
		fi
	done
	echo unknown
}

compiles() {
	printf '%s\n' "$1" | "$2" "$3" -x c - -o /dev/null >/dev/null 2>&1
}

there() {
	case $1 in
	cmd:make)
		# GNU make, under whichever name.
		make --version | grep GNU ||
		    command -v gmake ;;
	cmd:apache2)
		command -v apache2 || command -v httpd ;;
	cmd:chromium)
		command -v chromium || command -v chromium-browser ||
		    command -v google-chrome ;;
	cmd:*)	command -v "${1#*:}" ;;
	pc:*)	pkg-config --exists "${1#*:}" ;;
	hdr:*)	compiles "#include <${1#*:}>" "${CC:-cc}" -E ;;
	py:*)	python3 -c "import ${1#*:}" ;;
	jdk:*)	java --list-modules | grep "^${1#*:}" ;;
	deb:*)	dpkg-query -W -f '${Status}\n' "${1#*:}" |
		    grep ' installed$' ;;
	pg:*)	for file in /usr/lib/postgresql/*/bin/"${1#*:}" \
		    /usr/libexec/postgresql*/"${1#*:}"; do
			[ ! -x "$file" ] || return 0
		done
		command -v "${1#*:}" ;;
	san:*)	compiles 'int main(void) { return 0; }' "${1#*:}" \
		    -fsanitize=address,undefined ;;
	esac
}

# missing SYSTEM SET ...: the packages to install, one a line.
missing() {
	_system=$1
	shift
	table | while read -r set probe debian fedora alpine arch freebsd \
	    macos; do
		case " $* " in
		*" $set "*) ;;
		*)	continue ;;
		esac
		case $_system in
		debian)	package=$debian ;;
		fedora)	package=$fedora ;;
		alpine)	package=$alpine ;;
		arch)	package=$arch ;;
		freebsd) package=$freebsd ;;
		macos)	package=$macos ;;
		*)	package=${probe#*:} ;;
		esac
		# Ubuntu has it as a snap alone, which runs in no sandbox.
		if [ "$package" = chromium ] &&
		    grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null; then
			continue
		fi
		if [ "$package" != - ] && ! there "$probe" >/dev/null 2>&1; then
			echo "$package"
		fi
	done | sort -u
}

# The line that installs, for reading and for sh -c.
line() {
	_system=$1
	shift
	case $_system in
	# A machine that has just started may be installing by itself.
	debian)	echo "apt-get update -q && apt-get install -qy" \
		    "-o DPkg::Lock::Timeout=300" \
		    "--no-install-recommends $*" ;;
	fedora)	echo "dnf install -qy $*" ;;
	alpine)	echo "apk add -q $*" ;;
	arch)	echo "pacman -Sy --noconfirm --needed $*" ;;
	freebsd) echo "pkg install -qy $*" ;;
	macos)	echo "brew install -q $*" ;;
	esac
}

# The services and sockets that begin with the machine, one a line.
enabled() {
	! command -v systemctl >/dev/null 2>&1 ||
	    systemctl list-unit-files --state=enabled --no-legend \
	    2>/dev/null | awk '$1 ~ /\.(service|socket)$/ { print $1 }' | sort
}

# Debian has a daemon run as soon as it is installed, and whenever the machine
# starts.  The tests start what they need themselves, so that neither is
# wanted; one that was there before stays as it is.
POLICY=/usr/sbin/policy-rc.d
debian_install() {
	tmp=$(mktemp -d)
	policy=
	trap 'rm -rf "$tmp" ${policy:+"$policy"}' EXIT
	trap 'exit 130' HUP INT TERM
	if [ ! -e "$POLICY" ] && [ ! -L "$POLICY" ]; then
		policy=$POLICY
		cat >"$policy" <<-'EOT'
			#!/bin/sh
			# While etc/setup.sh of srt installs: starts nothing.
			exit 101
		EOT
		chmod 755 "$policy"
	fi
	enabled >"$tmp/before"
	DEBIAN_FRONTEND=noninteractive sh -c "$1"
	enabled >"$tmp/after"
	new=$(comm -13 "$tmp/before" "$tmp/after" | tr '\n' ' ')
	[ -n "$new" ] || return 0
	echo "setup: not to start by themselves: $new"
	# shellcheck disable=SC2086
	systemctl disable --quiet $new ||
	    echo "setup: they will, as systemctl has failed" >&2
}

dry=
if [ "${1-}" = -n ]; then
	dry=yes
	shift
fi
[ $# -gt 0 ] || set -- build test
for set in "$@"; do
	case $set in
	build|test|demo|lint|fuzz|bench|package) ;;
	*)	echo "usage: etc/setup.sh [-n] [build] [test] [demo] [lint]" \
		    "[fuzz] [bench] [package]" >&2
		exit 2 ;;
	esac
done

# Ordinary users often lack these folders, daemons live there.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
system=$(system)
packages=$(missing "$system" "$@" | tr '\n' ' ')
[ -n "$packages" ] || exit 0

if [ "$system" = unknown ]; then
	echo "setup: please install: $packages" >&2
	exit 1
fi
# shellcheck disable=SC2086
line=$(line "$system" $packages)
if [ -n "$dry" ]; then
	echo "$line"
	exit 1
fi
if [ "$(id -u)" -ne 0 ] && [ "$system" != macos ]; then
	echo 'setup: something is missing; this installs it:' >&2
	echo "    sudo sh $0 $*" >&2
	echo "which runs: $line" >&2
	exit 1
fi
echo "setup: $line"
case $system in
debian)	debian_install "$line" ;;
*)	sh -c "$line" ;;
esac

packages=$(missing "$system" "$@" | tr '\n' ' ')
if [ -n "$packages" ]; then
	echo "setup: still missing after that: $packages" >&2
	exit 1
fi
