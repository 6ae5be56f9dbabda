#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What "make fuzz" and its like do with fuzz targets that are built:
#
#	fuzz.sh run O SECONDS TARGET ...	libFuzzer; finds go to O/found
#	fuzz.sh until O SECONDS TARGET ...	the same in turns, until each had
#						that much of a processor in all
#	fuzz.sh afl O SECONDS TARGET ...	AFL++, from corpus and finds
#	fuzz.sh merge O TARGET ...		finds into the corpus, minimised,
#						and their time into "hours"
#	fuzz.sh coverage O TARGET ...		lines that the corpus covers

set -eu

top=$(cd "$(dirname "$0")" && pwd)
how=$1
O=$2
shift 2

run() {
	_seconds=$1
	shift
	for t in "$@"; do
		echo "# fuzz_$t: $_seconds s"
		mkdir -p "$O/found/$t"
		set -- -verbosity=0 -print_final_stats=1 \
		    -max_total_time="$_seconds" -timeout=10 \
		    -rss_limit_mb=2048 -artifact_prefix="$O/found/$t-"
		[ ! -f "$top/dict/$t" ] || set -- "$@" -dict="$top/dict/$t"
		spent "$O" "$t" "$@" "$O/found/$t" "$top/corpus/$t"
	done
}

# spent O TARGET WORD ...: fuzzes, and notes the processor time and the runs.
spent() (
	_o=$1
	_t=$2
	shift 2
	"$_o/regress/fuzz_$_t" "$@" >"$_o/found/$_t.log" 2>&1 || {
		cat "$_o/found/$_t.log" >&2
		exit 1
	}
	grep '^stat::' "$_o/found/$_t.log"
	times >"$_o/found/$_t.times"
	awk -v t="$_t" 'function s(time, part) {
			split(time, part, /[ms]/)
			return part[1] * 60 + part[2]
		}
		FILENAME ~ /times$/ { if (FNR == 2) cpu = s($1) + s($2) }
		/^stat::number_of_executed_units:/ { runs = $2 }
		END {
			if (!runs)
				exit 1
			printf "%s %d %d\n", t, cpu, runs
		}' "$_o/found/$_t.log" "$_o/found/$_t.times" >>"$_o/found/hours"
)

# least SECONDS TARGET ...: the one that had the least of a processor, in
# "hours" and since, and what it lacks; nothing if all had as much.
least() {
	_enough=$1
	shift
	for t in "$@"; do
		echo "$t 0"
	done | cat - "$top/hours" "$O/found/hours" | awk -v enough="$_enough" '
	    /^#/ { next }
	    NF == 2 { wanted[$1] }
	    { cpu[$1] += $2 }
	    END {
		for (t in wanted)
			if (cpu[t] < enough && (first == "" ||
			    cpu[t] < cpu[first]))
				first = t
		if (first != "")
			print first, enough - cpu[first]
	    }'
}

# The turns are short, so that what ends early has lost little.  Where there is
# a find the others go on; it is told again at the end.
until_enough() {
	_enough=$1
	shift
	_all=" $* "
	_finds=
	mkdir -p "$O/found"
	: >>"$O/found/hours"
	# shellcheck disable=SC2086
	while next=$(least "$_enough" $_all) && [ -n "$next" ]; do
		_left=${next#* }
		_target=${next% *}
		(run "$((_left < 300 ? _left + 1 : 300))" "$_target") && continue
		_finds="$_finds $_target"
		_all=${_all%% "$_target" *}\ ${_all#* "$_target" }
	done
	[ -z "$_finds" ] || {
		echo "finds:$_finds: see $O/found" >&2
		exit 1
	}
}

# What was spent on each target, on any machine, so that it adds up.
add_hours() {
	[ -s "$O/found/hours" ] || return 0
	cat "$top/hours" "$O/found/hours" | awk '/^#/ { print; next }
	    { cpu[$1] += $2; runs[$1] += $3 }
	    END {
		for (t in cpu)
			printf "%s %d %d\n", t, cpu[t], runs[t] | "sort"
	    }' >"$O/hours.new"
	cp "$O/hours.new" "$top/hours"
	: >"$O/found/hours"
}

# The least part of corpus and finds that reaches as many places; how often
# it does is left to those who fuzz on from there.
merge() {
	for t in "$@"; do
		rm -rf "$O/merged/$t"
		mkdir -p "$O/merged/$t" "$O/found/$t"
		"$O/regress/fuzz_$t" -merge=1 -use_counters=0 \
		    -verbosity=0 \
		    "$O/merged/$t" "$top/corpus/$t" "$O/found/$t" \
		    2>"$O/merged/$t.log" || {
			cat "$O/merged/$t.log" >&2
			exit 1
		}
		# What has a name of its own was put there by hand.
		for file in "$top/corpus/$t"/*; do
			name=${file##*/}
			case $name in
			*[!0-9a-f]*)	continue ;;
			esac
			[ ${#name} -ne 40 ] || rm -f "$file"
		done
		# libFuzzer names a file by the SHA-1 of what it holds.
		_there=$(sha1sum "$top/corpus/$t"/*)
		for file in "$O/merged/$t"/*; do
			case $_there in
			*"${file##*/}"*)	continue ;;
			esac
			[ ! -f "$file" ] || cp "$file" "$top/corpus/$t/"
		done
		find "$top/corpus/$t" -type f | wc -l | sed "s/^ */$t: /"
	done
	add_hours
}

afl() {
	_seconds=$1
	shift
	AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1
	AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
	export AFL_SKIP_CPUFREQ AFL_NO_AFFINITY AFL_NO_UI \
	    AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES
	for t in "$@"; do
		rm -rf "$O/afl-in/$t" "$O/afl-out/$t"
		mkdir -p "$O/afl-in/$t" "$O/afl-out"
		find "$top/corpus/$t" -type f -size -64k \
		    -exec cp {} "$O/afl-in/$t/" \;
		set -- -V "$_seconds" -t 2000+ -m none -i "$O/afl-in/$t" \
		    -o "$O/afl-out/$t"
		[ ! -f "$top/dict/$t" ] || set -- "$@" -x "$top/dict/$t"
		afl-fuzz "$@" -- "$O/regress/fuzz_$t" >"$O/afl-in/$t.log" \
		    2>&1 || {
			tail -n 20 "$O/afl-in/$t.log" >&2
			exit 1
		}
		awk -v t="$t" '$1 == "execs_done" { n = $3 }
		    $1 == "corpus_found" { found = $3 }
		    $1 == "saved_crashes" { crashes = $3 }
		    $1 == "saved_hangs" { hangs = $3 }
		    END {
			printf "%s: %d runs, %d finds, %d crashes, %d hangs\n",
			    t, n, found, crashes, hangs
			exit crashes + hangs > 0
		    }' "$O/afl-out/$t/default/fuzzer_stats"
	done
}

# The tools of the compiler's own version.
tool() {
	_path=$(${FUZZ_CC:-clang} -print-prog-name="$1")
	[ -x "$_path" ] || _path=$1
	echo "$_path"
}

coverage() {
	rm -rf "$O/profile"
	mkdir -p "$O/profile"
	_objects=
	for t in "$@"; do
		LLVM_PROFILE_FILE=$O/profile/$t.raw \
		    SRT_SRC=$top/../.. "$O/regress/fuzz_$t" >/dev/null \
		    2>"$O/profile/$t.log" || {
			cat "$O/profile/$t.log" >&2
			exit 1
		}
		_objects="$_objects -object $O/regress/fuzz_$t"
	done
	"$(tool llvm-profdata)" merge -o "$O/profile/all" "$O"/profile/*.raw
	# shellcheck disable=SC2086
	"$(tool llvm-cov)" export -summary-only \
	    -instr-profile="$O/profile/all" \
	    -ignore-filename-regex='/regress/|/usr/|\.h$' $_objects |
	    python3 -c '
import json, os, sys
top = os.path.realpath(sys.argv[1])
print("%-32s %6s %8s %9s" % ("file", "lines", "covered", "branches"))
lines = covered = 0
for f in json.load(sys.stdin)["data"][0]["files"]:
    n, b = f["summary"]["lines"], f["summary"]["branches"]
    lines += n["count"]
    covered += n["covered"]
    name = os.path.relpath(os.path.realpath(f["filename"]), top)
    print("%-32s %6d %7.1f%% %8.1f%%" % (name, n["count"], n["percent"],
                                         b["percent"]))
print("%-32s %6d %7.1f%%" % ("all", lines, 100 * covered / lines))
' "$top/../.."
}

case $how in
run|afl|merge|coverage)
	"$how" "$@" ;;
until)	until_enough "$@" ;;
*)	echo "usage: fuzz.sh run|until|afl|merge|coverage O [SECONDS]" \
	    "TARGET ..." >&2
	exit 2 ;;
esac
