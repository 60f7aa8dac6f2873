# SPDX-License-Identifier: ISC
# lines.awk - which lines were reached, from the blocks that were
#
# usage: awk -f lines.awk -v unreached=FILE START BLOCKS DISASSEMBLY		prints a table, file by file
#
# START: a file with the address that the blocks are counted from, BLOCKS: those that were entered, a
# number a line; DISASSEMBLY: objdump -dl. A block begins after a call of the compiler's hook.
# FILE gets the lines of which no block was entered, as FILE:LINE:-, and with a ~ those of which some were not.

function number(hex,    i, n) {
	n = 0
	for (i = 1; i <= length(hex); i++)
		n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
	return n
}

# This line has code in this block.
function belongs(line, block) {
	if (block in entered)
		reached[line] = 1
	else
		missed[line] = 1
}

BEGIN { table = "%-14s %5d of %5d lines %6.1f %%, %4d in part\n" }

FILENAME == ARGV[1] { start = number($1); next }
FILENAME == ARGV[2] { entered[$1 + start]; next }

/^[0-9a-f]+ <.*>:$/ { # a function: what is before its first block belongs to that
	block = ""
	split("", early)
	place = ""
	next
}

/^[^ ]*\.c:[0-9]+/ {
	place = $1
	sub(/.*\//, "", place)
	next
}

/^ *[0-9a-f]+:\t/ && place {
	if (block != "")
		belongs(place, block)
	else
		early[place]
}

/call .*<__sanitizer_cov_trace_pc>/ && place {
	split($1, at, ":")
	block = number(at[1]) + 5
	belongs(place, block)
	for (line in early)
		belongs(line, block)
	split("", early)
}

END {
	for (line in reached)
		all[line]
	for (line in missed)
		all[line]
	for (line in all) {
		split(line, part, ":")
		total[part[1]]++
		hit[part[1]] += line in reached
		some[part[1]] += line in reached && line in missed
		if (line in missed)
			print line ":" (line in reached ? "~" : "-") | "sort -t: -k1,1 -k2,2n >" unreached
	}
	for (file in total) {
		printf table, file, hit[file], total[file], 100 * hit[file] / total[file], some[file] | "sort"
		hits += hit[file]
		lines += total[file]
		parts += some[file]
	}
	close("sort")
	printf table, "all", hits, lines, 100 * hits / lines, parts
}
