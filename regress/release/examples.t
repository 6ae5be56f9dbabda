#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2317
#
# The examples that are installed: systemd's unit and its settings, and an MCP
# server from npm that srt holds, as .mcp.json has it.

. "$(dirname "$0")/../exec/lib.sh"

E=$SRT_SRC/etc/examples

# whether NAME COMMAND ...: a test; what a failure has said is shown.
whether() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1
	result $? "$name" "$T/out"
}

silent() {
	"$@" >"$T/said" 2>&1
	[ ! -s "$T/said" ] || ! cat "$T/said"
}

# --- systemd's unit

mkdir -p "$W/state" "$T/home"
HOME=$T/home
export HOME
# What it publishes is taken where it is free on this machine.
port=8080
if command -v python3 >/dev/null; then
	port=$(python3 "$SRT_SRC/regress/e2e/publish.py" port)
fi
cat >"$T/service" <<'EOT'
#!/bin/sh
echo state >file
echo no >../elsewhere
exec python3 -m http.server 8080 --bind 127.0.0.1
EOT
chmod +x "$T/service"
yes 'the example publishes a port' \
    grep -q '"publishPorts": \[8080\]' "$E/srt-service.json"
sed "s,/var/lib/srt-service,$W/state,; s/\[8080\]/[\"$port:8080\"]/" \
    "$E/srt-service.json" >"$T/service.json"
whether 'the settings of the service are taken' \
    "$SRT" -n -s "$E/srt-service.json"
sed "s,/usr/local/bin/srt ,$SRT ,; s,/usr/local/bin/service,$T/service,
    s,/etc/srt/service.json,$T/service.json," \
    "$E/srt-service.service" >"$T/srt-service.service"
if command -v systemd-analyze >/dev/null; then
	# It knows the pages that are installed, which ours may not be.
	whether 'systemd can read its unit' \
	    silent systemd-analyze verify --man=no "$T/srt-service.service"
else
	skip 'systemd can read its unit' 'no systemd-analyze'
fi

# As systemd does: in its folder, and ended by a signal.
service_runs() {
	(cd "$W/state" && exec sh -c "$(sed -n 's/^ExecStart=/exec /p' \
	    "$T/srt-service.service")") >"$T/said" 2>&1 &
	service=$!
	tries=0
	until curl -fsS -o "$T/served" "http://127.0.0.1:$port/file" \
	    2>"$T/curl"; do
		tries=$((tries + 1))
		if [ $tries -ge 300 ] || ! kill -0 "$service"; then
			break
		fi
		sleep 0.1
	done
	kill "$service" 2>/dev/null
	wait "$service"
	ended=$?
}
"$SRT" -s "$T/service.json" true >"$T/said" 2>&1
refused=$?
if [ "$(id -u)" -eq 0 ] && [ $refused -eq 125 ] &&
    grep -q 'limits.pids cannot be enforced for root' "$T/said"; then
	skip 'the service runs' 'systemd has a cgroup for root, and we do not'
elif ! command -v python3 >/dev/null || ! command -v curl >/dev/null; then
	skip 'the service runs' 'no python3 or no curl'
else
	service_runs
	yes 'the service writes to its state' grep -qx state "$W/state/file"
	yes 'it is reached at its port' grep -qx state "$T/served"
	no 'it cannot write elsewhere' test -e "$W/elsewhere"
	yes 'which is reported' \
	    grep -q "^deny file-write-create $W/elsewhere" "$T/said"
	yes 'it ends with the signal' test "$ended" -eq 143
fi

# --- an MCP server

sed "s,/home/user,$W," "$E/mcp-settings.json" >"$T/mcp-settings.json"
mkdir -p "$W/project/out"
# This version, so that nothing fails for what a later one does.
version=2026.8.31
module=@modelcontextprotocol/server-filesystem@$version
place=$SRT_BUILD/regress/mcp-$version
server=$place/node_modules/.bin/mcp-server-filesystem
if command -v npm >/dev/null && [ ! -x "$server" ]; then
	mkdir -p "$place"
	timeout 120 npm install --prefix "$place" --cache "$T/npm" \
	    --no-audit --no-fund --ignore-scripts "$module" >"$T/npm.log" 2>&1
fi
if ! command -v node >/dev/null || [ ! -x "$server" ]; then
	skip 'an MCP server is held' "no $module to be had"
	finish
fi
# What .mcp.json says, in our place.
node -e 'const s = require(process.argv[1]).mcpServers.filesystem;
	for (const w of [s.command, ...s.args]) console.log(w);' \
    "$E/mcp.json" >"$T/words"
set --
while read -r word; do
	case $word in
	srt)	word=$SRT ;;
	/home/user/mcp-settings.json) word=$T/mcp-settings.json ;;
	/home/user/*) word=$W${word#/home/user} ;;
	mcp-server-filesystem) word=$server ;;
	esac
	set -- "$@" "$word"
done <"$T/words"
node "$SRT_SRC/regress/release/mcp.js" 60 "$W/project/out/allowed" \
    "$W/project/refused" -- "$@" >"$T/mcp" 2>"$T/mcp.err"
cat "$T/mcp.err" >>"$T/mcp"
whether 'the MCP server answers' grep -q '^server ' "$T/mcp"
yes 'it writes what is allowed' grep -qx "ok $W/project/out/allowed" "$T/mcp"
yes 'which is there' grep -qx it "$W/project/out/allowed"
yes 'what its settings do not allow it cannot' \
    grep -q "^error $W/project/refused: .*EPERM" "$T/mcp"
no 'nor is it there' test -e "$W/project/refused"
yes 'srt reports it' grep -q "^deny file-write.* $W/project/refused" \
    "$T/mcp"
yes 'it ends with its input' grep -qx 'exit 0' "$T/mcp"

finish
