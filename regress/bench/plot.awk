# SPDX-License-Identifier: ISC
#
# Of the JSON that report.awk writes, a row on a line, makes a script for
# gnuplot on standard output and its data in the folder "tmp".  Everything is
# drawn as a cost: 1 is the goal, less is better, be the figure itself one of
# which more is better or one of which less is.

# The value of a member of this row, without quotes.
function member(key,    s) {
	if (!match($0, "\"" key "\":(\"[^\"]*\"|[^,}]*)"))
		return ""
	s = substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
	gsub(/"/, "", s)
	return s == "null" ? "" : s
}

function cost(x,    c) {
	if (x == "")
		return ""
	x += 0
	if (goal != "" && goal == 0)
		c = x == 0 ? LEAST : MOST
	else if (goal != "")
		c = op == "<=" ? x / goal : x > 0 ? goal / x : MOST
	else if (base == "" || form == "value")
		return ""
	else
		c = unit == "MB/s" || unit == "/s" ? (x > 0 ? 1 / x : MOST) : x
	return c < LEAST ? LEAST : c > MOST ? MOST : c
}

function peers(    rest, name, x, c) {
	rest = substr($0, index($0, "\"peers\":{") + 9)
	while (match(rest, /"[a-z]+":\{[^}]*\}/)) {
		name = substr(rest, RSTART + 1)
		sub(/".*/, "", name)
		x = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		sub(/.*"figure":/, "", x)
		sub(/}.*/, "", x)
		c = x == "null" ? "" : cost(x + 0)
		if (c == "" || name == base || !(name in mark))
			continue
		print c, y >(tmp "/" name)
		seen[name] = 1
	}
}

function label(s) {
	gsub(/'/, "''", s)
	tics = tics (tics == "" ? "" : ", ") "'" s "' " y
}

function bar(c, kind) {
	printf "%g %d %g %g %g %g\n", c, y, LEAST, c, y - 0.38, y + 0.38 \
	    >(tmp "/" kind)
	seen[kind] = 1
}

BEGIN {
	LEAST = 0.01
	MOST = 1000
	n = split("bare limit bubblewrap reference tinyproxy squid inside " \
	    "unmediated walk", names, " ")
	split("2 9 4 13 8 6 10 12 3", marks, " ")
	split("#888888 #000000 #1f77b4 #d62728 #ff7f0e #9467bd #17becf " \
	    "#8c564b #555555", colors, " ")
	for (i = 1; i <= n; i++)
		mark[names[i]] = marks[i]
}

/^\{"format"/ {
	title = "srt " member("version") ", " member("machine") ", " \
	    member("cpus") " processors, load " member("load") ", " \
	    member("date")
}

/"latencies":\[/ {
	exit
}

/^\{"id"/ {
	if (member("section") != last) {
		last = member("section")
		y--
		label(toupper(last))
	}
	y--
	goal = member("goal"); op = member("op"); form = member("form")
	base = member("base"); unit = member("unit")
	value = member("value")
	if (value != "")
		value += 0
	label(member("what") "   " (value == "" ? "not taken" : \
	    sprintf(value >= 1000 ? "%.0f %s" : "%.3g %s", value, unit)))
	c = cost(member("figure"))
	if (c != "")
		bar(c, goal == "" ? "stated" : member("met") == "true" ? \
		    "met" : "missed")
	peers()
}

function curve(file, how) {
	if (!(file in seen))
		return
	plots = plots (plots == "" ? "plot " : ", \\\n    ") "'" tmp "/" \
	    file "' " how
}

END {
	box = "using 1:2:3:4:5:6 with boxxyerrorbars fs solid 0.75 noborder "
	curve("met", box "lc rgb '#2ca02c' title 'srt, goal met'")
	curve("missed", box "lc rgb '#d6604d' title 'srt, goal missed'")
	curve("stated", box "lc rgb '#bbbbbb' title 'srt, no goal set'")
	for (i = 1; i <= n; i++)
		curve(names[i], "with points ps 1 lw 1.5 pt " marks[i] \
		    " lc rgb '" colors[i] "' title '" names[i] "'")
	print "set title \"" title "\\ncost against the goal, or against " \
	    "the base where none is set: 1 is the goal, shorter is " \
	    "better\" noenhanced"
	print "set logscale x"
	printf "set xrange [%g:%g]\n", LEAST, MOST
	print "set yrange [" y - 1 ":0]"
	print "set ytics (" tics ") noenhanced scale 0"
	print "set format x '%g'"
	print "set logscale x2; set x2tics; set format x2 '%g'"
	printf "set x2range [%g:%g]\n", LEAST, MOST
	print "set grid x lc rgb '#dddddd'"
	print "set key outside below vertical maxrows 2 noenhanced"
	print "set bmargin 6"
	print "set arrow from 1, graph 0 to 1, graph 1 nohead front lw 2 " \
	    "lc rgb '#333333'"
	height = 19 * -y + 160
	printf "set terminal svg size 1200,%d font 'sans,11' " \
	    "background rgb 'white'\n", height
	print "set output '" out ".svg'"
	print plots
	printf "set terminal pngcairo size 1200,%d font 'sans,9'\n", height
	print "set output '" out ".png'"
	print plots
}
