#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# The completions of bash, zsh and fish: they know each option that --help
# names, the shells can read them, and bash and fish, which complete without a
# terminal, complete what they should.

. "$(dirname "$0")/../exec/lib.sh"

made=$SRT_BUILD/gen/complete
make -C "$SRT_SRC" O="$SRT_BUILD" completions >"$T/make" 2>&1
result $? 'they are made' "$T/make"

"$SRT" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | tr -d ' ' >"$T/help"
yes '--help names options' test "$(wc -l <"$T/help")" -ge 19
while IFS=, read -r short long; do
	[ -n "$long" ] || { long=$short short=; }
	yes "bash has $long" \
	    grep -qE -e "compgen -W '.*${long}[ ']" "$made/srt.bash"
	yes "fish has $long" grep -qE -e " -l ${long#--} .*-d '.+'\$" \
	    "$made/srt.fish"
	yes "zsh has $long" grep -qE -e "[^a-z-]$long(=|'|})" "$made/srt.zsh"
	[ -n "$short" ] || continue
	yes "bash has $short" \
	    grep -qE -e "compgen -W '.*${short}[ ']" "$made/srt.bash"
	yes "fish has $short" grep -qE -e " -s ${short#-} " "$made/srt.fish"
	yes "zsh has $short" grep -qE -e "\{$short(\+|,)" "$made/srt.zsh"
done <"$T/help"
sed -n 's/^complete .*\( -l [a-z-]*\).*/\1/p' "$made/srt.fish" | sed 's/ -l /--/' | sort >"$T/fish"
sed 's/.*,//' "$T/help" | sort >"$T/long"
yes 'and no others' cmp "$T/fish" "$T/long"

mkdir "$W/folder"
: >"$W/folder/settings.json"

# answer WORD ...: what bash makes of a line, whose last word is begun.
cat >"$T/ask.bash" <<'EOT'
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_srt
printf '%s\n' "${COMPREPLY[@]}"
EOT
bash_says() {
	bash --norc "$T/ask.bash" "$made/srt.bash" "$@" >"$T/out" 2>&1
}
said() {
	grep -qxF -e "$1" "$T/out"
}
if command -v bash >/dev/null; then
	yes 'bash can read it' bash -n "$made/srt.bash"
	bash_says srt --che
	yes 'bash: an option' said --check-settings
	no 'bash: no other' said --ask
	bash_says srt -q -s folder/
	yes 'bash: a file' said folder/settings.json
	bash_says srt -vqs folder/
	yes 'bash: a file, letters together' said folder/settings.json
	bash_says srt --settings = folder/
	yes 'bash: a file, by =' said folder/settings.json
	bash_says srt --explain write : folder/
	yes 'bash: a file after a colon' said folder/settings.json
	bash_says srt --control-fd -
	no 'bash: nothing for a descriptor' said --check
	bash_says srt -s folder/settings.json tes
	yes 'bash: a command' said test
	bash_says srt -s folder/settings.json true --che
	no "bash: the command's options are its own" said --check-settings
	bash_says srt --ask -- --che
	no 'bash: nor after --' said --check-settings
else
	skip 'bash completes' 'no bash'
fi

fish_says() {
	HOME=$T fish -c "source '$made/srt.fish'; complete -C '$*'" |
	    sed 's/	.*//' >"$T/out" 2>&1
}
if command -v fish >/dev/null; then
	yes 'fish can read it' fish -n "$made/srt.fish"
	fish_says 'srt --che'
	yes 'fish: an option' said --check-settings
	fish_says 'srt -q -s folder/'
	yes 'fish: a file' said folder/settings.json
	fish_says 'srt -s folder/settings.json tes'
	yes 'fish: a command' said test
	fish_says 'srt -s folder/settings.json true --che'
	no "fish: the command's options are its own" said --check-settings
	fish_says 'srt --control-fd '
	no 'fish: nothing for a descriptor' said folder/
else
	skip 'fish completes' 'no fish'
fi

if command -v zsh >/dev/null; then
	yes 'zsh can read it' zsh -n "$made/srt.zsh"
else
	skip 'zsh can read it' 'no zsh'
fi

finish
