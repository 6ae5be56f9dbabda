# SPDX-License-Identifier: ISC
#
# Of the rows, the reasons why some are not there and the samples (row, who,
# value), in three files, makes the table on standard output and, in the file
# named by "json", the same for programs; "head" is what the latter begins
# with, "sections" what was asked for, between commas.

function sorted(a, n,    i, j, t, gap) {
	for (gap = int(n / 2); gap > 0; gap = int(gap / 2))
		for (i = gap + 1; i <= n; i++) {
			t = a[i]
			for (j = i - gap; j > 0 && a[j] > t; j -= gap)
				a[j + gap] = a[j]
			a[j + gap] = t
		}
}

# Of one who in one row: its median and the 10th and 90th percentile.
function summarize(key,    i, n, a) {
	n = count[key]
	for (i = 1; i <= n; i++)
		a[i] = sample[key, i]
	sorted(a, n)
	mid[key] = n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
	low[key] = a[int((n - 1) / 10) + 1]
	high[key] = a[n - int((n - 1) / 10)]
}

function figure(x) {
	return x >= 1000 || x == int(x) ? sprintf("%.0f", x) : \
	    x >= 10 ? sprintf("%.1f", x) : sprintf("%.2f", x)
}

# What the goal is about; "" where it cannot be had.
function formed(r, x,    b) {
	if (form[r] == "value")
		return x
	if ((b = base_value(r)) == "")
		return ""
	return form[r] == "plus" ? x - b : b > 0 ? x / b : ""
}

function base_value(r,    key) {
	key = base[r] ~ /^=/ ? substr(base[r], 2) SUBSEP "srt" : \
	    id[r] SUBSEP base[r]
	return key in mid ? mid[key] : ""
}

function met(r, x,    part) {
	split(goal[r], part, " ")
	if (goal[r] == "" || x == "")
		return "null"
	if (part[1] == "<=")
		return x <= part[2] + 0 ? "true" : "false"
	return x >= part[2] + 0 ? "true" : "false"
}

function quoted(s) {
	gsub(/[\\"]/, "\\\\&", s)
	gsub(/[\001-\037]/, " ", s)
	return "\"" s "\""
}

function number(x) {
	return x == "" ? "null" : sprintf("%.6g", x) + 0
}

function members(key) {
	return sprintf("\"value\":%s,\"p10\":%s,\"p90\":%s,\"rounds\":%d", \
	    number(mid[key]), number(low[key]), number(high[key]), count[key])
}

function json_row(r, x,    i, key, part, sep) {
	key = id[r] SUBSEP "srt"
	split(goal[r], part, " ")
	printf "%s\n{\"id\":%s,\"section\":%s,\"what\":%s,\"unit\":%s,", \
	    (rows_out++ ? "," : ""), quoted(id[r]), quoted(section[r]), \
	    quoted(what[r]), quoted(unit[r]) >json
	printf "%s,\"base\":%s,\"base_value\":%s,\"form\":%s,\"figure\":%s,", \
	    (key in mid ? members(key) : "\"value\":null"), \
	    (base[r] == "" ? "null" : quoted(base[r])), \
	    number(base_value(r)), quoted(form[r]), number(x) >json
	printf "\"op\":%s,\"goal\":%s,\"met\":%s,\"why\":%s,\"peers\":{", \
	    (goal[r] == "" ? "null" : quoted(part[1])), \
	    (goal[r] == "" ? "null" : part[2]), met(r, x), \
	    (key in mid ? "null" : quoted(reason(r))) >json
	for (i = 1; i <= npeers; i++) {
		key = id[r] SUBSEP peer[i]
		if (!(key in mid))
			continue
		printf "%s\"%s\":{%s,\"figure\":%s}", sep, peer[i], \
		    members(key), number(formed(r, mid[key])) >json
		sep = ","
	}
	printf "}}" >json
}

function reason(r) {
	return id[r] in why ? why[id[r]] : section[r] in why ? \
	    why[section[r]] : "nothing was measured"
}

function text_row(r, x,    i, key, mark, b, more) {
	key = id[r] SUBSEP "srt"
	if (!(key in mid)) {
		printf "%-44s not taken: %s\n", what[r], reason(r)
		untaken++
		return
	}
	mark = met(r, x)
	if (mark == "true")
		good++
	if (mark == "false")
		bad++
	for (i = 1; i <= npeers; i++)
		if ((id[r], peer[i]) in mid && peer[i] != base[r]) {
			b = formed(r, mid[id[r], peer[i]])
			more = more " " peer[i] " " (b == "" ? "-" : figure(b))
		}
	b = base_value(r)
	printf "%-44s %8s %-8s %15s %10s %8s %8s %-8s %-4s%s\n", what[r], \
	    figure(mid[key]), unit[r], \
	    figure(low[key]) "-" figure(high[key]), \
	    base[r] ~ /^=/ ? "above" : base[r], b == "" ? "" : figure(b), \
	    x == "" ? "-" : figure(x), goal[r], \
	    mark == "true" ? "met" : mark == "false" ? "MISS" : "", more
}

function heading(s) {
	if (s == last)
		return
	last = s
	printf "\n%-44s %8s %-8s %15s %10s %8s %8s %-8s %s\n", toupper(s), \
	    "srt", "", "p10-p90", "base", "its own", "figure", "goal", \
	    "     others' figure"
}

# Every percentile of one who, each the median of its rounds.
function latency(l, who,    i, key, line, keys) {
	if (!((lat[l] ".p50", who) in mid))
		return
	line = sprintf("%-44s %-10s", lat_what[l], who)
	for (i = 1; i <= npcts; i++) {
		key = lat[l] "." pct[i] SUBSEP who
		line = line sprintf(" %9s", figure(mid[key]))
		keys = keys sprintf(",\"%s\":%s", pct[i], number(mid[key]))
	}
	print line
	printf "%s\n{\"id\":%s,\"who\":\"%s\"%s}", (lats_out++ ? "," : ""), \
	    quoted(lat[l]), who, keys >json
}

function latencies(    l, i) {
	printf ",\"latencies\":[" >json
	if (nlats > 0)
		printf "\n%-44s %-10s %9s %9s %9s %9s %9s\n", \
		    "LATENCIES, us", "", "p50", "p90", "p99", "p99.9", "longest"
	for (l = 1; l <= nlats; l++) {
		latency(l, "srt")
		for (i = 1; i <= npeers; i++)
			latency(l, peer[i])
	}
	printf "\n]}\n" >json
}

BEGIN {
	npcts = split("p50 p90 p99 p999 max", pct, " ")
	npeers = split("alone bare direct limit bubblewrap reference " \
	    "tinyproxy squid inside walk unmediated", peer, " ")
}

FILENAME == ARGV[1] {
	n = split($0, f, "|")
	if (index("," sections ",", "," f[2] ",") == 0)
		next
	if (f[5] == "latency") {
		lat[++nlats] = f[1]; lat_what[nlats] = f[3]
		next
	}
	r = ++nrows
	id[r] = f[1]; section[r] = f[2]; what[r] = f[3]; unit[r] = f[4]
	base[r] = f[5]; form[r] = f[6]; goal[r] = f[7]
	next
}

FILENAME == ARGV[2] {
	row = $1
	sub(/^[^ ]* /, "")
	why[row] = $0
	next
}

{
	sample[$1, $2, ++count[$1, $2]] = $3 + 0
}

END {
	for (key in count)
		summarize(key)
	printf "{%s,\"rows\":[", head >json
	for (r = 1; r <= nrows; r++) {
		key = id[r] SUBSEP "srt"
		x = key in mid ? formed(r, mid[key]) : ""
		heading(section[r])
		text_row(r, x)
		json_row(r, x)
	}
	printf "\n]" >json
	latencies()
	printf "\n%d goals met, %d missed, %d rows not taken\n", good, bad, \
	    untaken
}
