#!/bin/sh
# SPDX-License-Identifier: ISC
#
# --ask-fd and --ask: somebody decides where no rule does.

. "$(dirname "$0")/lib.sh"
have python3 || skip_all "no python3"
rig net

GET="sh get.sh"
DIRECT="env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY
    -u ALL_PROXY -u all_proxy $GET"
cat >get.sh <<'EOT'
st=0
for url; do
	curl -sS --max-time 20 -o /dev/null -w '%{http_code}\n' "$url" || st=$?
done
exit "$st"
EOT
LOG=$T/questions

# asked MODE WORD ...: under srt, with somebody who answers so.
asked() {
	_mode=$1
	shift
	run python3 "$E2E/ask.py" "$_mode" "$LOG" "$SRT" \
	    -s "$T/settings.json" --ask-fd 6 "$@"
}

questions() {
	wc -l <"$LOG" | tr -d ' '
}

settings
asked allow $GET http://allowed.test/
is "$out:$(questions)" "200:0" "what a rule allows is not asked about"
asked allow $GET http://other.test/
is "$out:$st" "200:0" "what is answered with yes is reached"
is "$err" "" "and is no violation"
is "$(cat "$LOG")" '{"id":1,"type":"connect","host":"other.test","port":80,"pid":null,"program":null}' \
    "the question says where to"
asked allow $GET http://other.test/ http://other.test/
is "$out:$(questions)" "200
200:2" "an answer is for once"
asked allow-run $GET http://other.test/ http://other.test/
is "$out:$(questions)" "200
200:1" "or for the run"
asked allow-run $GET http://other.test/ http://other.test:8080/
is "$(questions)" 2 "of that port"
asked 'deny=not before lunch' curl -sS -i --max-time 20 http://other.test/
like "$out" '^HTTP/1.1 403 ' "what is answered with no is refused"
like "$err" '^deny network-outbound other.test:80 \(not before lunch\)$' \
    "and reported with the reason"
asked 'deny=not before lunch' curl -v -sS --max-time 20 https://other.test/
like "$err" '< HTTP/1.1 403 not before lunch' "which the program gets, too"
asked deny-run $GET http://other.test/ http://other.test/
is "$out:$(questions)" "403
403:1" "a no can be for the run"
like "$err" 'other.test:80 \(user denied\)' "without a reason there is one"
asked 'deny,allow' $GET http://other.test/ http://other.test/
is "$out" "403
200" "a no for once is asked about again"

# --- who is asked about

settings net_deny='"other.test"'
asked allow $GET http://other.test/
is "$out:$(questions)" "403:0" "what a rule denies is not asked about"
settings net_more='"strictAllowlist": true'
asked allow $GET http://other.test/
is "$out:$(questions)" "403:0" "nothing is with strictAllowlist"
settings
asked allow $DIRECT http://other.test/
is "$out:$st" "200:0" "a program that knows no proxy"
like "$(cat "$LOG")" '"host":"other.test","port":80,"pid":[0-9]+,"program":"curl"' \
    "is named, and the name is asked about, not an address"
asked deny $DIRECT http://other.test/
like "$out:$st" "^000:(7|55|56)$" "and is refused: one that does not wait, by a reset"
like "$err" 'other.test:80 \(user denied\)' "which is reported"
asked deny env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY \
    python3 -c 'import socket; socket.create_connection(("other.test", 80))'
like "$err" 'PermissionError' "one that waits gets the errno of a refusal"
asked allow env http_proxy=socks5h://127.0.0.1:1080 $GET http://other.test/
is "$out:$(questions)" "200:1" "SOCKS"
asked allow $GET http://internal.test/
is "$out" 403 "a yes does not open what a name must not resolve to"

# --- at the same time

rm -f "$W"/trace.*
cat >five.sh <<'EOT'
for i in 1 2 3 4 5; do
	curl -sS -v --max-time 20 -o /dev/null -w '%{http_code}\n' \
	    http://other.test/ 2>trace.$i &
done
wait
EOT
asked wait sh five.sh
is "$out" "200
200
200
200
200" "five that wait for the same host are served"
is "$(sed -n 2p "$LOG")" alone "by one question"

# Of 300 as many wait as may; the others are refused at once.
cat >"$W/many.py" <<'EOT'
import select, socket
conns = {}
for i in range(300):
    s = socket.create_connection(("127.0.0.1", 3128), 10)
    s.sendall(b"CONNECT h%d.other.test:443 HTTP/1.1\r\n\r\n" % i)
    conns[s] = i
answers = {}
while len(answers) < 44 and (ready := select.select(conns, [], [], 20)[0]):
    for s in ready:
        answers[conns.pop(s)] = s.recv(4096).split(b"\r\n")[0].decode()
print(len(answers), *set(answers.values()))
EOT
asked silent python3 many.py
is "$out:$(questions)" "44 HTTP/1.1 403 too many questions are open:256" \
    "K18: what is one question too many is refused"
is "$(printf '%s\n' "$err" | grep -c '^deny network-outbound h[0-9]*\.other\.test:443 (too many questions are open)$')" \
    44 "K18: and each of these is reported"

# --- who does not answer well

asked garbage $GET http://other.test/
is "$out" 403 "an answer that makes no sense is a no"
like "$err" 'other.test:80 \(permission prompt failed\)' "which says so"
asked garbage,allow $GET http://other.test/ http://other.test/
is "$out" "403
200" "the next one can be better"
asked close $GET http://other.test/ http://other.test/
is "$out:$(questions)" "403
403:1" "nobody there is a no, at once"
settings net_more='"askTimeoutSeconds": 1'
asked silent $GET http://other.test/
is "$out" 403 "K18: no answer in time is a no"
like "$err" 'other.test:80 \(nobody answered in time\)' "which says so"
settings

run "$SRT" -s "$T/settings.json" --ask-fd 6 true 6</dev/null
is "$st" 125 "a channel that cannot be written to"
like "$err" '^Error: --ask-fd 6 is not usable: ' "which is said"
run python3 -c '
import os, socket, sys
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
os.dup2(b.fileno(), 6)
os.execv(sys.argv[1], sys.argv[1:])' \
    "$SRT" -s "$T/settings.json" --ask-fd 6 true
is "$st" 125 "a socket that is no stream"
like "$err" '^Error: --ask-fd 6 is not usable: it is no connected stream' \
    "which is said, too"
run "$SRT" -s "$T/settings.json" --ask-fd 6 --ask true
is "$st" 125 "two to ask are one too many"

# --- saving

settings
chmod 640 "$T/settings.json"
cp "$T/settings.json" "$T/before.json"
asked allow-save $GET http://other.test/
is "$out:$err" "200:" "a yes that is to be saved"
is "$(diff "$T/before.json" "$T/settings.json" | grep '^[<>]')" \
'<     "allowedDomains": ["allowed.test"],
>     "allowedDomains": ["other.test:80", "allowed.test"],' \
    "changes one line of the settings"
is "$(stat -c %a "$T/settings.json")" 640 "and not their mode"
srt $GET http://other.test/
is "$out" 200 "and holds for the next run"
srt $GET http://other.test:8080/
is "$out" 403 "for what was asked, no more"
settings
asked deny-save $GET http://other.test/
is "$(grep deniedDomains "$T/settings.json")" \
    '    "deniedDomains": ["other.test:80"]' "a no can be saved"
asked allow $GET http://other.test/
is "$out:$(questions)" "403:0" "and is not asked about again"
settings
asked late $GET http://other.test/
is "$(grep deniedDomains "$T/settings.json")" \
    '    "deniedDomains": ["other.test:80"]' "srt ends when all is saved"
is "$(tail -n 1 "$T/questions")" waited "and waits for that"
settings more='"mode": "landlock"'
srt true
if [ "$st" -eq 0 ]; then
	# It is still there when srt-exec is killed.
	asked orphaned sh -c "$GET http://other.test/; sleep 30"
	is "$(grep deniedDomains "$T/settings.json")" \
	    '    "deniedDomains": ["other.test:80"]' \
	    "mode landlock: also where srt has to end what is left"
	is "$st:$(tail -n 1 "$T/questions")" 125:waited "and waits for that"
else
	skip "mode landlock: also where srt has to end what is left" "$err"
	skip "and waits for that" "$err"
fi
settings
mv "$T/settings.json" "$T/real.json"
ln -s real.json "$T/settings.json"
asked allow-save $GET http://other.test/
check "a link stays one" test -L "$T/settings.json"
check "and what it leads to is changed" grep -q other.test "$T/real.json"
rm "$T/settings.json"
is "$(find "$T" -maxdepth 1 -name '.srt-*')" "" "nothing is left"
settings
asked spoil $GET http://other.test/
is "$out" 200 "an answer that cannot be saved holds for the run"
like "$err" 'was not saved.*it has no place' "which is said"
is "$(cat "$T/settings.json")" '{"network": 1}' "and nothing is written"
# Where the command can write, too.
settings
cp "$T/settings.json" "$W/settings.json"
run python3 "$E2E/ask.py" allow-save "$LOG" "$SRT" -s "$W/settings.json" \
    --ask-fd 6 $GET http://other.test/
check "settings in a directory that the command writes to" \
    grep -q other.test "$W/settings.json"

# What becomes of the file while a question stands.
for now in broken 'a list' gone read-only; do
	settings
	export ASK_BEFORE="$now"
	asked allow-save $GET http://other.test/
	unset ASK_BEFORE
	is "$out" 200 "the answer holds when the settings are $now"
	like "$err" '^srt: an answer was not saved, and holds for this run: ' \
	    "and that it is not saved is said"
	refuse "nothing is made up" grep -q other.test "$T/settings.json"
	rm -f "$T/settings.json"
done
settings

# --- at a terminal

settings
run python3 "$E2E/ask.py" "tty:y other.test:80,n" "$LOG" "$SRT" -s "$T/settings.json" --ask \
    $GET http://other.test/ http://other.test/
like "$(cat "$LOG")" 'srt: a program wants to reach other.test, port 80' \
    "--ask asks at the terminal"
like "$(cat "$LOG")" '^200$' "yes"
like "$(cat "$LOG")" '^403$' "and no"
like "$(cat "$LOG")" '^srt: other.test:80: allowed, once$' "what it was is said"
is "$(tail -n 1 "$LOG")" \
    "srt: allowed at the terminal: other.test:80 (once)" "and at the end again"
run python3 "$E2E/ask.py" "tty:s other.test:80" "$LOG" "$SRT" -s "$T/settings.json" --ask \
    $DIRECT http://other.test/
like "$(cat "$LOG")" 'srt: curl \(process [0-9]+\) wants to reach other.test' \
    "it names the program"
check "and saves" grep -q other.test "$T/settings.json"
settings
run python3 "$E2E/ask.py" "tty:r OTHER.test" "$LOG" "$SRT" \
    -s "$T/settings.json" --ask sh -c \
    'curl -s -k -o /dev/null https://other.test/; echo over'
like "$(cat "$LOG")" 'y other.test: this once' \
    "the port of TLS need not be typed"
like "$(cat "$LOG")" '^srt: other.test: allowed for this run$' "nor capitals"

# A process of the command's that is not to be stopped by the terminal paints
# another question over the one that stands.
cat >"$W/paint.py" <<'EOT'
import os, signal, sys, time
for sig in (signal.SIGTTOU, signal.SIGTTIN):
    signal.signal(sig, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    time.sleep(1)    # the question stands after half of that
    os.write(1, b"\r\x1b[K\x1b[A\x1b[K\x1b[A\x1b[Ksrt: a program wants to "
             b"reach good.test, port 80.\nAllow it?  y good.test:80: this "
             b"once [n]\xa0")
    open("painted", "w").close()
    time.sleep(0.3)
    os._exit(0)
os.execvp(sys.argv[1], sys.argv[1:])
EOT
for typed in y s r 'y good.test:80' 'y other.test' 'y  other.test:80' \
    'y other.test:80 ' 'yother.test:80' 'y other.test:443' 'd other.test:80'; do
	rm -f "$W/painted"
	settings net_more='"askTimeoutSeconds": 6'
	run python3 "$E2E/ask.py" "painted:$typed" "$LOG" "$SRT" \
	    -s "$T/settings.json" --ask python3 paint.py $GET http://other.test/
	check "K33: another question is painted ($typed)" test -e "$W/painted"
	like "$(cat "$LOG")" '^403$' "K33: $typed is no yes to what was asked"
	refuse "K33: nor told to be one" grep -q ' allowed' "$LOG"
	refuse "K33: nor saved" grep -q other.test "$T/settings.json"
done
run python3 "$E2E/ask.py" "painted:y other.test:80" "$LOG" "$SRT" \
    -s "$T/settings.json" --ask python3 paint.py $GET http://other.test/
like "$(cat "$LOG")" '^200$' "K33: (the host that was asked about is)"
settings
run python3 "$E2E/ask.py" "tty:y other.test:80" "$LOG" "$SRT" -s "$T/settings.json" --ask \
    sh -c "$GET http://other.test/ & read x; echo got \$x; wait"
like "$(cat "$LOG")" '^200$' "the answer is not the command's to read"
# The shell must get its terminal back, whatever becomes of the question.
run python3 "$E2E/ask.py" tty:@ended,yarn "$LOG" /bin/sh -c '
	"$SRT" -s "$T/settings.json" --ask sh -c "
	    sh get.sh http://other.test/ &
	    until [ -e ended ]; do sleep 0.05; done"
	printf "then [n] "
	read x
	echo "the shell got $x"'
like "$(cat "$LOG")" '^the shell got yarn$' \
    "a question ends with the command that asks"
run python3 "$E2E/ask.py" tty:@killed,yarn "$LOG" /bin/sh -c '
	"$SRT" -s "$T/settings.json" --ask sh get.sh http://other.test/ &
	until [ -e killed ]; do sleep 0.05; done
	kill -9 $!
	wait $!
	# Its own group is to be in front again.
	until set -- $(cat /proc/$$/stat) && [ "$5" = "$8" ]; do
		sleep 0.05
	done
	printf "then [n] "
	read x </dev/tty
	echo "the shell got $x"'
like "$(cat "$LOG")" '^the shell got yarn$' "and with srt, if that is killed"
settings net_more='"askTimeoutSeconds": 2'
# On a busy machine the second comes too late to be too late.
for _ in 1 2 3; do
	run python3 "$E2E/ask.py" tty:@late "$LOG" "$SRT" \
	    -s "$T/settings.json" --ask \
	    curl -sS --parallel --parallel-immediate --max-time 20 \
	    -o /dev/null http://other.test/ -o /dev/null http://other.test:8080/
	asked=$(grep -c 'wants to reach' "$LOG")
	[ "$asked" -ne 1 ] || break
done
is "$asked:$(grep -c 'nobody answered' "$LOG")" \
    "1:2" "what nobody can answer in time any more is not asked"
settings
run setsid "$SRT" -s "$T/settings.json" --ask true
is "$st" 125 "without a terminal"
like "$err" '^Error: --ask needs a terminal: ' "that is said"

done_testing
