# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# The rows of the table, one a line, fields between bars:
#
#	id | section | what | unit | base | form | goal
#
# The base is who srt is compared with in the same row, or "=ROW": srt itself
# in another one.  Form: "ratio" to the base, "plus": the difference from it,
# or "value".  A goal is "<= N" or ">= N" and holds for the form; without one
# the figure is only stated.  README.md says more.

rows() {
	rows_start
	rows_memory
	for dir in down up; do
		for n in 1 16; do
			rows_stream "$dir" "$n"
		done
	done
	for kept in kept new; do
		for n in 1 16 256; do
			rows_requests get GET "$kept" "$n"
			rows_requests post POST "$kept" "$n"
		done
	done
	rows_tunnels
	rows_files
}

rows_start() {
	cat <<-'EOT'
	start.true|start|start to exit of true|ms|bubblewrap|ratio|<= 1.0
	start.cpu|start|the same, processor time|ms|bubblewrap|ratio|
	start.deny200|start|with 200 deny entries|ms|alone|ratio|<= 1.1
	start.tree|start|in a tree of 100,000 files|ms|alone|ratio|<= 1.1
	start.repos|start|with 500 nested repositories|ms|alone|ratio|<= 1.1
	start.globs|start|3 ** globs over 100,000 files|ms|alone|plus|<= 40
	start.parallel|start|48 starts, 8 at a time|ms|bubblewrap|ratio|
	start.parallel.failed|start|of these, failed|starts||value|<= 0
	EOT
}

rows_memory() {
	cat <<-'EOT'
	memory.idle|memory|PSS of all roles, command idle|KB|bubblewrap|value|<= 4096
	memory.sandboxes|memory|PSS each of 64 sandboxes at once|KB|bubblewrap|value|
	start.sandboxes|memory|start of each of these 64|ms|bubblewrap|ratio|
	EOT
}

rows_stream() {
	_text="$1, $2 stream$([ "$2" -eq 1 ] || echo s)"
	for way in connect socks transparent plain; do
		echo "stream.$1.$2.$way|stream|$_text, $way|MB/s|direct|ratio|>= 0.6"
	done
	for way in connect socks transparent plain; do
		echo "cpu.$1.$2.$way|stream|processor, $_text, $way|s/GB||value|<= 0.5"
	done
}

rows_requests() {
	_goal=0.3 _tail=
	[ "$3" = new ] || _goal=0.4 _tail='<= 3'
	_text="$2, $4 connection$([ "$4" -eq 1 ] || echo s), $3"
	echo "$1.$3.$4|requests|$_text|/s|direct|ratio|>= $_goal"
	echo "$1.$3.$4.p99|requests|p99, $_text|us|direct|ratio|$_tail"
	echo "$1.$3.$4|requests|$_text|us|latency|"
}

rows_tunnels() {
	cat <<-'EOT'
	get.bulk.p99|requests|p99, GET, 16 kept, beside 16 bulk streams|us|direct|ratio|
	get.bulk|requests|GET, 16 kept, beside 16 bulk streams|/s|direct|ratio|
	get.bulk|requests|GET, 16 kept, beside 16 bulk streams|us|latency|
	tunnels.count|tunnels|idle tunnels held at once|tunnels||value|>= 10000
	tunnels.memory|tunnels|srt-proxy's memory for each|bytes||value|<= 4096
	tunnels.open.1|tunnels|to open the first|us||value|
	tunnels.open.100|tunnels|one more at 100|us||value|
	tunnels.open.1000|tunnels|one more at 1,000|us|=tunnels.open.100|ratio|<= 1.5
	tunnels.open.most|tunnels|one more at the most held|us|=tunnels.open.100|ratio|<= 1.5
	tunnels.echo.100|tunnels|a byte there and back at 100|us||value|
	tunnels.echo.most|tunnels|the same at the most held|us|=tunnels.echo.100|ratio|<= 1.5
	storm|tunnels|5,000 connects at once, all served|ms||value|
	storm.failed|tunnels|of these, not served|connects||value|<= 0
	rules|rules|a decision with 10,000 rules|ns|walk|value|<= 2000
	EOT
}

rows_files() {
	cat <<-'EOT'
	files.create|files|20,000 files created and deleted|ms|bare|ratio|<= 2.0
	files.compile|files|50 compiles, make -j2|ms|bare|ratio|<= 1.02
	files.find|files|find over 30,000 files|ms|bare|ratio|<= 1.02
	files.git|files|git init, add, commit of 300|ms|bare|ratio|<= 1.08
	files.copy|files|cp -r and rm -r of 3,000|ms|bare|ratio|<= 1.2
	files.tar|files|tar x of 3,000|ms|bare|ratio|
	files.npm|files|npm ci of 60 packages|ms|bare|ratio|
	files.mkdir|files|10,000 mkdir and rmdir|ms|bare|ratio|
	files.rename|files|20,000 rename|ms|bare|ratio|
	files.write|files|20,000 open for writing|ms|bare|ratio|
	files.chmod|files|20,000 chmod|ms|bare|ratio|
	files.read|files|20,000 open for reading|ms|bare|ratio|
	files.stat|files|100,000 stat|ms|bare|ratio|
	files.loop|files|10,000 connects to the loopback|ms|bare|ratio|
	files.refused|files|10,000 connects refused there|ms|bare|ratio|
	files.dial|files|2,000 requests to an allowed host|ms|bare|ratio|
	EOT
}
