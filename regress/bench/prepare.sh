# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Before the rig: reads the options, finds the reference, opens the file for
# the JSON as descriptor 3 and lets an ordinary user go on.

REF_VERSION=0.0.83

skip_all() {
	echo "The figures cannot be taken here: $*" >&2
	exit 1
}

prepare_usage() {
	echo "usage: regress/bench/run [-qr] [section,...]" >&2
	exit 1
}

prepare_sections() {
	sections=
	for s in $(echo "$*" | tr , ' '); do
		case $s in
		start|memory|stream|requests|tunnels|rules|files)
			sections=$sections,$s ;;
		proxy)	sections=$sections,stream,requests,tunnels,rules ;;
		*)	prepare_usage ;;
		esac
	done
	[ -n "$sections" ] ||
	    sections=,start,memory,stream,requests,tunnels,rules,files
	sections=${sections#,}
}

# Root's is for all to read, for who runs it is another user.
prepare_reference() {
	ref='' ref_why=
	cache=${XDG_CACHE_HOME:-$HOME/.cache}
	[ "$(id -u)" -ne 0 ] || cache=/var/cache
	cache=$cache/srt-bench/$REF_VERSION
	_cli=$cache/node_modules/@anthropic-ai/sandbox-runtime/dist/cli.js
	if ! have node; then
		ref_why='no node'
	elif [ ! -f "$_cli" ] && ! have npm; then
		ref_why='no npm'
	elif [ ! -f "$_cli" ]; then
		mkdir -p "$cache" &&
		    npm install --prefix "$cache" --no-audit --no-fund \
		    --ignore-scripts --loglevel=error \
		    "@anthropic-ai/sandbox-runtime@$REF_VERSION" >&2
		[ -f "$_cli" ] || ref_why='npm could not install it'
	fi
	for tool in bwrap socat rg; do
		[ -n "$ref_why" ] || have "$tool" || ref_why="no $tool"
	done
	[ -n "$ref_why" ] || ref=$_cli
}

# What is missing is named with its package on Debian.
prepare_peers() {
	for pair in bwrap:bubblewrap tinyproxy:tinyproxy squid:squid-openssl
	do
		have "${pair%:*}" || echo "Without ${pair%:*}: it is not" \
		    "installed (Debian's ${pair#*:}; etc/setup.sh bench)." >&2
	done
	[ -z "$ref_why" ] || echo "Without the reference: $ref_why." >&2
}

# No other user can read this tree: a copy of it is built for one.
prepare_copy() {
	[ "${0##*/}" = run ] ||
	    skip_all "root, and no other user can read this tree"
	cd "$TOP" && exec sh regress/as_user.sh build bench-built \
	    BENCH="$words" BENCH_FD=3
	exit 1
}

# Nothing here is worth root's rights but the limit of open files.
prepare_drop() {
	# shellcheck disable=SC3045
	ulimit -Hn 65536 2>/dev/null
	have setpriv || skip_all "root, and no setpriv to change that"
	set -- setpriv --reuid 65534 --regid 65534 --clear-groups \
	    --inh-caps=-all --
	"$@" test -x "$SRT" -a -r "$E2E/run" -a -x "$SRT_HELPERS/bench_time" ||
	    prepare_copy
	unset TMPDIR
	export BENCH_ARGS SRT_HELPERS
	exec "$@" sh "$E2E/$(basename "$0")"
}

prepare() {
	: "${SRT_HELPERS:=$O/regress}"
	[ -z "${BENCH_ARGS:-}" ] || return 0
	words=$* quick=no reference=yes
	while getopts qr opt; do
		case $opt in
		q)	quick=yes ;;
		r)	reference=no ;;
		*)	prepare_usage ;;
		esac
	done
	shift $((OPTIND - 1))
	prepare_sections "$@"
	if [ "$reference" = yes ]; then
		prepare_reference
	else
		ref='' ref_why='not asked for'
	fi
	prepare_peers
	: "${BENCH_JSON:=$(dirname "$(dirname "$SRT")")/bench.json}"
	# It may be another user's of an earlier run.
	if [ "${BENCH_FD:-}" != 3 ]; then
		rm -f "$BENCH_JSON"
		exec 3>"$BENCH_JSON" || exit 1
	fi
	BENCH_ARGS="quick=$quick sections=$sections ref=$ref"
	# Before it is our own.
	BENCH_ARGS="$BENCH_ARGS load=$(cut -d' ' -f1-3 /proc/loadavg |
	    tr ' ' ,)"
	[ "$(id -u)" -ne 0 ] || prepare_drop
}
