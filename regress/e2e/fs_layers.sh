# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2154
#
# Every attack on files without srt, with none of its layers, with each of
# them alone, with some and with all: helper/fs_layers.c has the table of who
# holds what, which has to be true in both directions.  A layer is switched
# off by helper/layers.c, which stands in for srt-exec.  For fs_layers.t and
# fs_layers_root.t.

# These sandboxes show less of /proc than LeakSanitizer needs.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

tool=${SRT_HELPERS:-$O/regress}/fs_layers
layers=${SRT_HELPERS:-$O/regress}/layers

# What is off, and which letters of the table hold by what is left.
SETTINGS='
without-mounts-landlock-broker-filter	n	nothing
without-mounts-landlock-filter		nb	the broker
without-landlock-broker-filter		nm	mounts
without-mounts-broker-filter		nl	Landlock
without-mounts-landlock-broker		nf	the filter
without-broker-filter			nml	mounts and Landlock
without-guard-filter			ny	mounts, Landlock, a fooled broker
without-filter				nbml	broker, mounts and Landlock
strict-without-mounts-landlock-filter	nbs	the broker, strict
mode-landlock				nbsmlfk	all of mode landlock
strict					nbsmlf	all'

# An srt of its own, whose srt-exec is told by its folder's name what to do.
layers_copy() {
	mkdir -p "$T/off/bin" "$T/off/libexec/srt" &&
	    cp "$SRT" "$T/off/bin/srt" &&
	    cp "$(dirname "$SRT")/../libexec/srt/"* "$T/off/libexec/srt/" &&
	    cp "$layers" "$T/off/libexec/srt/srt-exec"
}

# The tree anew, in the folder that the caller has named.
layers_prepare() {
	rm -rf "$tree" && mkdir "$tree" && cd "$tree" || exit 1
	# shellcheck disable=SC2086
	"$tool" make $numbers || exit 1
	echo keep >"$T/left"
}

layers_settings() {
	_write='' _kept='' _shut=''
	for _n in $numbers; do
		_d=$tree/$_n
		_write="$_write${_write:+, }\"$_d/w\""
		_kept="$_kept\"$_d/w/kept\", "
		_shut="$_shut\"$_d/h/secret\", \"$_d/h/shut\", \"$_d/w/hidden\", "
		_shut="$_shut\"$_d/w/shut/in/secret\", "
	done
	settings allow_write="$_write, \"$tree/$linked/w/out\"" \
	    deny_write="$_kept\"$tree/**/*.lock\", \"$tree/**/core\"" \
	    deny_read="$_shut\"$tree/**/*.key\"" \
	    fs_more="\"strictReadGlobs\": $1" more="${2-}"
}

# The file that is to come later, once somebody waits for it: all of it at
# once, from a place in the same file system.
layers_late() {
	wait_for 60 grep -q "^late" "$1" || return 1
	echo secret >"$tree/new"
	mv "$tree/new" "$tree/$late/w/keys/late.key"
}

# What nobody may change, but the file that has another name.
layers_look() {
	(cd "$tree" && find . \( -path '*/h' -o -path '*/h/*' -o \
	    -name '.bash*' -o -path '*/.git/*' -o -name kept -o -name hidden \
	    -o -name '*.lock' -o -name core -o -iname .npmrc -o -path \
	    '*/bare/*' \) -printf '%p %y %m %s %T@\n') |
	    grep -v "^./$named/h/secret" | sort
}

# layers_run RESULT COMMAND ...: all attacks, started so.
layers_run() {
	_out=$1
	shift
	layers_prepare
	layers_look >"$T/before"
	# The settings that a run is under lie in a write root of its.
	[ ! -e "$T/settings.json" ] || cp "$T/settings.json" "$own"
	: >"$_out"
	layers_late "$_out" &
	_waiter=$!
	# shellcheck disable=SC2086
	timeout -k 5 120 "$@" "$tool" run $$ $numbers >"$_out" \
	    2>"$_out.err" </dev/null 8>>"$T/left" 9</
	_st=$?
	kill "$_waiter" 2>/dev/null
	wait "$_waiter"
	is "$_st:$(grep -cE '^(GOT|held|none) ' "$_out")" "0:$count" \
	    "$count attacks: ${_out##*/}"
	[ "$_st" -eq 0 ] || diag "$(head -n 5 "$_out.err")"
}

# Of one attack: does each setting hold what it should, and nothing else?
layers_judge() {
	awk -v n="$1" -v held="$2" '
	function letters(on,  i) {
		# Without the broker Landlock leaves nothing to write at all.
		if (held == "-")
			return index(on, "l") && !index(on, "b")
		if (index(held, "x") && index(on, "k"))
			return 0
		for (i = 1; i <= length(on); i++)
			if (index(held, substr(on, i, 1)))
				return 1
		return 0
	}
	FNR == NR { on[$1] = $2; next }
	$2 == n && FILENAME != last {
		last = FILENAME
		judged++
		name = FILENAME
		sub(/.*\//, "", name)
		if (name == "outside") {
			if ($1 == "none") {
				print "none"
				none = 1
				exit
			}
			want = "GOT"
		} else
			want = letters(on[name]) ? "held" : "GOT"
		if ($1 == "none")
			$1 = "held"
		if ($1 != want)
			print name ": " $1 ", not " want
	}
	END {
		if (!none && judged != ARGC - 2)
			print judged " of " ARGC - 2 " results"
	}' "$T/settings.list" "$T/result/outside" $results
}

layers_all() {
	printf '%s\n' "$SETTINGS" | grep . >"$T/settings.list"
	"$tool" list "$1" >"$T/attacks.list" || exit 1
	numbers=$(cut -d' ' -f1 "$T/attacks.list" | tr '\n' ' ')
	count=$(wc -l <"$T/attacks.list")
	linked=$(awk '/allowWrite names$/ { print $1 }' "$T/attacks.list")
	settled=$(awk '/the settings in use$/ { print $1 }' "$T/attacks.list")
	own=$tree/$settled/w/settings.json
	named=$(awk '/from before the start$/ { print $1 }' "$T/attacks.list")
	late=$(awk '/comes later$/ { print $1 }' "$T/attacks.list")
	layers_copy || exit 1
	mkdir "$T/result"
	layers_run "$T/result/outside" env
	layers_look >"$T/after"
	check "without srt much has" test \
	    "$(diff "$T/before" "$T/after" | grep -c '^[<>]')" -gt 300
	prefix=$T/off
	results=
	while read -r name _; do
		# There root could read past denyRead: srt refuses.
		case $1:$name in
		root:mode-*)	continue ;;
		esac
		mv "$prefix" "$T/$name" && prefix=$T/$name
		case $name in
		mode-*)	layers_settings true '"mode": "landlock"'
			layers_run "$T/result/$name" "$SRT" -q \
			    -s "$own" ;;
		strict)	layers_settings true
			layers_run "$T/result/$name" "$SRT" -q \
			    -s "$own" ;;
		strict-*) mv "$prefix" "$T/${name#strict-}"
			prefix=$T/${name#strict-}
			layers_settings true
			layers_run "$T/result/$name" "$prefix/bin/srt" -q \
			    -s "$own" ;;
		*)	layers_settings false
			layers_run "$T/result/$name" "$prefix/bin/srt" -q \
			    -s "$own" ;;
		esac
		results="$results $T/result/$name"
	done <"$T/settings.list"
	layers_look >"$T/after"
	check "with all of them nothing has changed" \
	    cmp "$T/before" "$T/after"
	while read -r n held id name; do
		wrong=$(layers_judge "$n" "$held")
		case $wrong in
		none)	skip "$id: $name ($held)" "not on this machine" ;;
		'')	ok "$id: $name ($held)" ;;
		*)	not_ok "$id: $name ($held)"
			diag "$wrong" ;;
		esac
	done <"$T/attacks.list"
	is "$(cat "$T/left")" keep "F12: what was left open is what it was"
}
