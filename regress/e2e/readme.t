#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What README.md says, done: its transcript, its recipes, its table of keys,
# and the files, targets and programs that it names.

. "$(dirname "$0")/lib.sh"
rig net

README=$TOP/README.md
cd "$W" || exit 1
mkdir -p "$HOME/.ssh" "$T/bin"
echo secret >"$HOME/.ssh/id_ed25519"
ln -s "$SRT" "$T/bin/srt"
PATH=$T/bin:$PATH

# --- the transcript: what follows "## What it looks like", between fences

awk '/^## /{on = /What it looks like/} on && /^```/{n++; next} on && n == 1' \
    "$README" >"$T/transcript"

# The settings that it shows come first.
sed -n '/^{$/,/^}$/p' "$T/transcript" | sed '/^}$/q' >.srt.json

prompt='$ '
want=
cmd=
step() {
	[ -n "$cmd" ] || return 0
	got=$(timeout 30 sh -c "$cmd" 2>&1 </dev/null |
	    sed "s|$HOME|/home/user|g")
	is "$got" "$want" "README: $cmd"
}
while IFS= read -r line; do
	case $line in
	"$prompt"*)
		step
		cmd=${line#"$prompt"}
		want=
		;;
	*)
		want=$want${want:+"
"}$line
		;;
	esac
done <"$T/transcript"
step
[ "$tap_n" -ge 6 ] || not_ok "the transcript has its commands"

# --- the recipes: every block of JSON with filesystem rules loads

awk -v dir="$T" '/^```json$/{n++; on = 1; next} /^```/{on = 0}
    on {print >(dir "/recipe" n ".json")}' "$README"
for recipe in "$T"/recipe*.json; do
	check "README: $(basename "$recipe") is JSON" \
	    python3 -m json.tool "$recipe"
	grep -q '"filesystem"' "$recipe" || continue
	run "$SRT" -n -s "$recipe"
	is "$st:$err" "0:" "README: $(basename "$recipe") loads"
done

# "Read the workspace and the system, but nothing else of your home"
mkdir "$HOME/project"
echo mine >"$HOME/project/file"
echo private >"$HOME/diary"
for recipe in "$T"/recipe*.json; do
	grep -q allowRead "$recipe" || continue
	cd "$HOME/project" || exit 1
	run "$SRT" -s "$recipe" cat file
	is "$out" mine "README: the workspace can be read"
	run "$SRT" -s "$recipe" cat "$HOME/diary"
	is "$st" 1 "README: the rest of the home cannot"
	cd "$W" || exit 1
done

# --- the table of keys

sed -n 's/^| `\([A-Za-z.]*\)` |.*/\1/p' "$README" >"$T/keys"
while read -r key; do
	check "README: srt-settings.json(5) has $key" \
	    grep -q "${key##*.}" "$TOP/man/srt-settings.json.5"
done <"$T/keys"

# --- what else it names

for file in etc/setup.sh PRIVSEP.md; do
	check "README: $file is there" test -f "$TOP/$file"
done
for page in srt.1 srt-settings.json.5 srt-exec.8 srt-proxy.8 srt-monitor.8; do
	check "README: $page is there" test -f "$TOP/man/$page"
done
run "$SRT" --settings /nonexistent true
is "$st" 125 "README: 125 if srt itself failed"
run "$SRT" -c 'exit 7'
is "$st" 7 "README: the command's status"

# The limits are still true.
srt curl -sS --noproxy '*' http://203.0.113.10/
is "$st" 7 "README: no network for what ignores the variables"
settings deny_read='"/**/*.pem"'
srt true
is "$st" 125 "README: patterns stop the start"

done_testing
