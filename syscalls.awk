# syscalls.awk - turns syscalls.tab into C for one architecture: awk -f pairs.awk -f syscalls.awk DEFINES syscalls.tab
#
# DEFINES is what the compiler's -dM -E says of <sys/syscall.h>. The names stand in the order of their numbers,
# which so need not be stored; those of other architectures behind them.

$1 == "#define" && $2 ~ /^(SYS|__NR)_/ { value[$2] = $3 $4 $5; gsub(/[()]/, "", value[$2]); next }
$2 == "__i386__" { i386 = 1 }
/^#/ || /^$/ || FILENAME !~ /syscalls\.tab$/ { next }
/^@/ {
	if (!($1 in group))
		group[$1] = groups++
	class[++classes] = group[$1] ", " $2 ", " ($3 == "-" ? "NO_CAPABILITY_OPENS" : "CAP_" toupper($3))
	next
}
{
	for (i = 1; i <= NF; i++) {
		n = split($i, alias, "=")
		for (j = 1; j <= n; j++)
			name_of[alias[j]] = alias[1]
		call[calls++] = alias[1]
		# its family is in memory, where no filter sees it; but the GNU libc of i386 knows no other way
		class_of[alias[1]] = alias[1] == "socketcall" && i386 ? class_of["connect"] : classes
	}
}

# Plain, or as one that is so much further than another
function number_of(name,    part) {
	if (value[name] !~ /[^0-9]/)
		return value[name] + 0
	split(value[name], part, "+")
	return part[1] in value ? number_of(part[1]) + part[2] : -1
}

END {
	for (name in value)
		if (name ~ /^SYS_/ && number_of(name) >= 0)
			number[substr(name, 5)] = number_of(name)
	base = number["exit"] < 4000 ? 0 : 4000
	for (defined in number) {
		name = defined
		if (!(name in name_of))
			sub(/(_time)?(32|64)$/, "", name)
		if (!(name in name_of))
			continue
		at[number[defined] - base] = name_of[name]
		here[name_of[name]]
		if (number[defined] - base > last + 0)
			last = number[defined] - base
	}
	for (i = 0; i <= last; i++)
		if (i in at)
			pool[texts++] = at[i]
	for (i = 0; i < calls; i++)
		if (!(call[i] in here))
			pool[texts++] = call[i]
	letters = "_0123456789abcdefghijklmnopqrstuvwxyz"
	for (i = 1; i <= length(letters); i++)
		code[substr(letters, i, 1)] = i
	for (i = 0; i < texts; i++)
		spelt += length(pool[i]) + 1
	end = pack(length(letters) + 1)

	print "/* made by syscalls.awk from syscalls.tab */"
	printf "enum { FIRST_CALL = %d, CALLS = %d, SPELT = %d };\n", base, last + 1, spelt
	print "static const struct class classes[] = { { 0, ABSENT, NO_CAPABILITY_OPENS }, /* no call */"
	for (i = 1; i <= classes; i++)
		printf "\t{ %s },\n", class[i]
	# how many in a row are of a class, and of which, in one byte
	printf "};\nstatic const uint8_t rows_of_class[] = {"
	for (i = 0; i <= last; i = j) {
		this = i in at ? class_of[at[i]] : 0
		for (j = i + 1; j <= last && (j in at ? class_of[at[j]] : 0) == this && (j - i + 1) * (classes + 1) < 257; j++)
			;
		printf "%s%d,", n++ % 24 ? " " : "\n\t", (j - i - 1) * (classes + 1) + this
	}
	printf "\n};\nstatic const char letters[] = \"\\0%s\";\n", letters
	put_packed(length(letters) + 1, end, "spelling", "spelt")
}
