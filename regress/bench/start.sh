# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154,SC2086
#
# Start to exit, beside bare commands, bubblewrap and the reference.

START_FILES=100000
START_REPOS=500
START_DENY=200

start_true() {
	settings
	cp "$T/settings.json" "$T/alone.json"
	set -- -- bare true -- srt "$SRT" -s "$T/settings.json" true
	[ -z "$bwrap" ] || set -- "$@" -- bubblewrap $bwrap true
	time_them "$(rounds 200 30)" start.true start.cpu "$@"
	start_reference "$(rounds 15 3)" start.true
}

# start_in ROUNDS ROW FOLDER BWRAP-OPTION ...: true in a folder with the
# settings as they are, in turns with the plain case.
start_in() {
	_n=$1 _r=$2 _dir=$3
	shift 3
	[ -z "$bwrap" ] || set -- -- bubblewrap env -C "$_dir" $bwrap "$@" true
	time_them "$_n" "$_r" -- \
	    alone env -C "$W" "$SRT" -s "$T/alone.json" true -- \
	    srt env -C "$_dir" "$SRT" -s "$T/settings.json" true "$@"
}

# The reference is slow: it has fewer rounds, beside the same srt.
start_reference() {
	[ -n "$ref" ] || return 0
	"$SRT_HELPERS/bench_time" -s "$1" reference \
	    node "$ref" -s "$T/settings.json" true 2>"$T/times.err" 3>&- |
	    awk -v row="$2" '{ print row, $1, $2 / 1000 }' >>"$T/samples"
}

start_deny() {
	mkdir "$W/deny"
	binds='' read='' write=''
	i=0
	while [ "$i" -lt "$START_DENY" ]; do
		file=$W/deny/f$i
		: >"$file"
		binds="$binds --ro-bind $file $file"
		if [ $((i % 2)) -eq 0 ]; then
			read="$read${read:+, }\"$file\""
		else
			write="$write${write:+, }\"$file\""
		fi
		i=$((i + 1))
	done
	settings deny_read="$read" deny_write="$write"
	start_in "$(rounds 60 10)" start.deny200 "$W" $binds
	start_reference "$(rounds 7 2)" start.deny200
	rm -r "$W/deny"
}

# As many folders of a hundred files as it takes, in /tmp, a tmpfs.
start_tree() {
	mkdir -p /tmp/tree && cd /tmp/tree || return 1
	awk -v n="$((START_FILES / 100))" 'BEGIN {
		for (i = 0; i < n; i++)
			print "d" int(i / 50) "/e" i
	}' | xargs mkdir -p
	awk -v n="$((START_FILES / 100))" 'BEGIN {
		for (i = 0; i < n; i++)
			for (j = 0; j < 100; j++)
				print "d" int(i / 50) "/e" i "/f" j ".txt"
	}' | xargs touch
	settings allow_write='"/tmp/tree"'
	start_in "$(rounds 60 10)" start.tree /tmp/tree
	start_reference "$(rounds 5 1)" start.tree
	for i in 1 2 3 4 5 6 7 8 9 10; do
		touch "d0/e$i/key.pem" "d1/e$((50 + i))/.env" \
		    "d2/e$((100 + i))/secret.$i"
	done
	settings allow_write='"/tmp/tree"' \
	    deny_read='"/tmp/tree/**/*.pem", "/tmp/tree/**/.env"' \
	    deny_write='"/tmp/tree/**/secret.*"'
	start_in "$(rounds 40 5)" start.globs /tmp/tree
	start_reference "$(rounds 5 1)" start.globs
	cd "$W" || return 1
	rm -r /tmp/tree
}

start_repos() {
	mkdir -p /tmp/repos && cd /tmp/repos || return 1
	awk -v n="$START_REPOS" 'BEGIN {
		for (i = 0; i < n; i++)
			print "r" int(i / 20) "/s" i "/.git/hooks"
	}' | xargs mkdir -p
	for dir in r*/s*/.git; do
		echo 'ref: refs/heads/main' >"$dir/HEAD"
		: >"$dir/config"
	done
	settings allow_write='"/tmp/repos"'
	start_in "$(rounds 60 10)" start.repos /tmp/repos
	start_reference "$(rounds 5 1)" start.repos
	cd "$W" || return 1
	rm -r /tmp/repos
}

# start_many WHO COMMAND ...
start_many() {
	_who=$1
	shift
	_line=$("$SRT_HELPERS/bench_many" 48 8 "$@" 2>"$T/many.err" 3>&-)
	sample start.parallel "$_who" "$(awk -v us="${_line% *}" \
	    'BEGIN { print us / 1000 }')"
	sample start.parallel.failed "$_who" "${_line#* }"
	[ "${_line#* }" = 0 ] || head -n 3 "$T/many.err" >&2
}

start_parallel() {
	settings
	r=$(rounds 7 2)
	while [ "$r" -gt 0 ]; do
		start_many srt "$SRT" -s "$T/settings.json" true
		[ -z "$bwrap" ] || start_many bubblewrap $bwrap true
		r=$((r - 1))
	done
	[ -z "$ref" ] || start_many reference \
	    node "$ref" -s "$T/settings.json" true
}

start_section() {
	bwrap=
	have bwrap && bwrap="bwrap --ro-bind / / --dev /dev --proc /proc"
	[ -z "$bwrap" ] || bwrap="$bwrap --unshare-all"
	start_true
	start_deny
	start_tree
	start_repos
	start_parallel
}
