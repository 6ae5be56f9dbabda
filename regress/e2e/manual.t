#!/bin/sh
# SPDX-License-Identifier: ISC
#
# The EXAMPLES of srt(1), done, with what they say comes of them.

. "$(dirname "$0")/lib.sh"
rig net

mkdir "$T/bin" src
ln -s "$SRT" "$T/bin/srt"
PATH=$T/bin:$PATH
echo '203.0.113.10 registry.example.org' >>"$T/etc/hosts"
check "the registry is there" curl -sk -o /dev/null \
    https://registry.example.org/

# What the examples work on.
printf 'all:\n\techo made >result\n\t-@echo no >../result 2>/dev/null\n' \
    >Makefile
cat >release.sh <<'EOT'
#!/bin/sh
curl -sfk -o /dev/null https://registry.example.org/ && echo it >dist/it
EOT
chmod +x release.sh
mkdir dist

# Prompts, and beneath each what it prints.
awk '/^\.Sh/{on = /EXAMPLES/; next} !on {next}
    sub(/^\.Dl /, "") {print; next}
    /^\.Bd/{lit = 1; next} /^\.Ed/{lit = 0; next}
    lit {gsub(/\\&/, ""); print}' "$TOP/man/srt.1" >"$T/examples"
sed -n '/^{$/,/^}$/p' "$T/examples" >build.json
check "build.json are settings" "$SRT" -n -s build.json

# expect LINE: it is in what was printed; "..." stands for anything.
expect() {
	_re=$(printf '%s\n' "$1" | sed 's/[][\.*^$+?(){}|]/\\&/g
	    s/\\\.\\\.\\\./.*/g')
	like "$got" "^$_re\$" "srt(1): $cmd: $1"
}

steps=0
cmd=
prompt='$ '
while IFS= read -r line; do
	case $line in
	"$prompt"*)
		cmd=${line#"$prompt"}
		run sh -c "$cmd 2>&1"
		got=$(printf '%s\n' "$out" | sed "s|$W|/home/me/project|g")
		steps=$((steps + 1))
		case $cmd in
		*'srt curl '*)
			like "$out" '^deny network-outbound example.org:443 ' \
			    "srt(1): the policy refuses a host" ;;
		*' make')
			is "$(cat result)" made "srt(1): a build writes"
			refuse "srt(1): to its own directory only" \
			    test -e ../result ;;
		*'--learn '*)
			is "$st:$(cat dist/it)" 0:it \
			    "srt(1): a release that is learned from"
			rm -f dist/it ;;
		*release.json*)
			is "$st:$out:$(cat dist/it)" 0::it \
			    "srt(1): and held, with no refusal" ;;
		*--check*)
			run "$SRT" --check
			like "$out" '^(ok|missing)' "srt(1): what is missing"
			;;
		esac
		;;
	*)	expect "$line" ;;
	esac
done <"$T/examples"
is "$steps" 7 "srt(1) has its examples"

done_testing
