#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# make install: every file where it was said to go and nowhere else, nothing
# with a right of its own, and all of it gone after make uninstall.  What is
# installed finds its programs at its own place alone.

. "$(dirname "$0")/../exec/lib.sh"

if [ -n "${SRT_SANITIZE-}" ]; then
	echo '1..0 # SKIP what is installed has no sanitizers'
	exit 0
fi
cd "$SRT_SRC" || exit 1

# whether NAME COMMAND ...: a test; what a failure has said is shown.
whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

config() {
	sed -n "s/^$1 ?*=[[:space:]]*//p" "$SRT_BUILD/config.mk"
}
P=$T/place
# How fast it is does not matter here.
made() {
	make O="$T/build" CC="$(config CC)" CFLAGS='-O1 -Wno-error' \
	    CONFIGURE_ARGS="$(config CONFIGURE_ARGS)" PREFIX="$P" \
	    BINDIR="$P/bin" LIBEXECDIR="$P/lib" SYSCONFDIR="$P/conf" \
	    DATADIR="$P/data" MANDIR="$P/pages" "$@"
}
whether 'it is built for a place of its own' made -j 2
yes 'which srt knows' grep -qF "$P/conf/srt" "$T/build/bin/srt"

# --- with DESTDIR, where srt lets nothing else be written

cat >"$T/settings.json" <<EOT
{ "network": { "allowedDomains": [], "deniedDomains": [] },
  "filesystem": { "denyRead": [], "denyWrite": [],
    "allowWrite": ["$T/dest", "$T/build"] } }
EOT
mkdir "$T/dest"
confined() {
	made -n "$@" >/dev/null || return 1
	"$SRT" -s "$T/settings.json" make O="$T/build" "$@" DESTDIR="$T/dest"
}
outside() {
	grep -vE "^($1)/" "$T/list"
}
whether 'it can be installed without writing elsewhere' confined install
(cd "$T/dest" && find . ! -type d | sed 's/^\.//' | sort) >"$T/list"
yes 'programs, pages, examples and completions' \
    test "$(wc -l <"$T/list")" -ge 15
no 'no file outside its places' \
    outside "$P/bin|$P/lib/srt|$P/data|$P/pages/man[158]"
for file in bin/srt lib/srt/srt-exec pages/man1/srt.1 \
    data/bash-completion/completions/srt data/zsh/site-functions/_srt \
    data/fish/vendor_completions.d/srt.fish; do
	yes "$file is there" grep -qx "$P/$file" "$T/list"
done

# The ports of the BSDs name every file.
sed -n "s,^$P/,,p" "$T/list" |
    sed 's,^lib/,libexec/,; s,^pages/,man/,; s,^data/,share/,' |
    LC_ALL=C sort >"$T/files"
sed '/^@new/d; s,^@[a-z]* ,,; /\/$/d' etc/packaging/openbsd/pkg/PLIST |
    LC_ALL=C sort >"$T/openbsd"
sed 's,^share/man/\(.*\)\.gz$,man/\1,' etc/packaging/freebsd/pkg-plist |
    LC_ALL=C sort >"$T/freebsd"
whether "OpenBSD's list has them all" diff "$T/files" "$T/openbsd"
whether "FreeBSD's list has them all" diff "$T/files" "$T/freebsd"

no 'nothing is setuid or setgid' \
    sh -c "find '$T/dest' -perm /7000 | grep ."
if command -v getcap >/dev/null; then
	no 'nothing has a capability' sh -c "getcap -r '$T/dest' | grep ."
fi
no 'nobody else can write to it' \
    sh -c "find '$T/dest' ! -type l -perm /022 | grep ."
whether 'it can be taken away' confined uninstall
no 'nothing stays' sh -c "find '$T/dest' ! -type d | grep ."

# --- which programs it runs

whether 'it can be installed for use' made install
mkdir -p "$P/libexec/srt" "$T/copy/bin" "$T/copy/libexec/srt"
for role in srt-exec srt-proxy srt-monitor srt-tls; do
	printf '#!/bin/sh\n: >"%s/wrong"\n' "$T" >"$P/libexec/srt/$role"
	chmod +x "$P/libexec/srt/$role"
done
runs() {
	"$@" -s "$T/settings.json" sh -c 'exit 7' >"$T/said" 2>&1
	[ $? -eq 7 ]
}
yes 'what is installed runs' runs "$P/bin/srt"
no 'with its own programs alone' test -e "$T/wrong"
ln -s bin "$P/other"
yes 'by another name of the folder, too' runs "$P/other/srt"
no 'no others' test -e "$T/wrong"

cp "$P/bin/srt" "$T/copy/bin/"
yes 'a copy runs what is installed' runs "$T/copy/bin/srt"
cp "$P/libexec/srt/"* "$T/copy/libexec/srt/"
no 'unless its own programs stand beside it' runs "$T/copy/bin/srt"
yes 'which it then runs' test -e "$T/wrong"
rm -f "$T/wrong"
for folder in libexec libexec/srt; do
	chmod o+w "$T/copy/$folder"
	yes "not if everybody can write to $folder" runs "$T/copy/bin/srt"
	chmod o-w "$T/copy/$folder"
done
chmod o+w "$T/copy/libexec/srt/"*
yes 'or to them' runs "$T/copy/bin/srt"
chmod o-w "$T/copy/libexec/srt/"*

# Where root's files are nobody's, a link to them leads to another user.
for role in srt-exec srt-proxy srt-monitor srt-tls; do
	ln -sf /bin/true "$T/copy/libexec/srt/$role"
done
alone="unshare --user --map-user=$(id -u) --map-group=$(id -g)"
if [ "$(id -u)" -ne 0 ] && $alone true 2>/dev/null; then
	no "root's would be run" runs "$T/copy/bin/srt"
	# shellcheck disable=SC2086
	yes "another user's are not" runs $alone "$T/copy/bin/srt"
else
	skip "another user's are not" 'no namespace of an ordinary user'
fi

rm "$P/lib/srt/srt-monitor"
no 'what lacks a program does not run' runs "$P/bin/srt"
yes 'and says which' grep -qF 'srt-monitor cannot be executed' "$T/said"
"$P/bin/srt" --check >"$T/said" 2>&1
yes 'and --check where it was looked for' \
    grep -qF "$P/lib/srt/srt-monitor" "$T/said"
no 'nothing else was run' test -e "$T/wrong"
rm -r "$P/libexec" "$P/other"
whether 'it can be taken away' made uninstall
no 'nothing stays' sh -c "find '$P' ! -type d | grep ."

finish
