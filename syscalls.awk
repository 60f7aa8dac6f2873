# syscalls.awk - turns syscalls.tab into C for one architecture: awk -f syscalls.awk DEFINES syscalls.tab
#
# DEFINES is what the compiler's -dM -E says of <sys/syscall.h>.

$1 == "#define" && $2 ~ /^SYS_/ { number[substr($2, 5)] = $3 + 0; if ($3 + 0 > last && $3 + 0 < 65536) last = $3 + 0; next }
$2 == "__i386__" { i386 = 1 }
/^#/ || /^$/ || ($1 == "socketcall" && i386) || FILENAME !~ /syscalls\.tab$/ || !($1 in number) { next }
{ call[n++] = $1; act[$1] = $2; cap[$1] = $3 == "-" ? "NO_CAPABILITY_OPENS" : "CAP_" toupper($3) }

END {
	# in the order of their numbers
	for (i = 1; i < n; i++)
		for (j = i; j > 0 && number[call[j]] < number[call[j - 1]]; j--) {
			swap = call[j]; call[j] = call[j - 1]; call[j - 1] = swap
		}
	print "/* made by syscalls.awk from syscalls.tab */"
	printf "enum { LAST_CALL = %d };\nstatic const struct call calls[] = {\n", last
	for (i = 0; i < n; i++)
		printf "\t{ %d, %s, %s }, /* %s */\n", number[call[i]], act[call[i]], cap[call[i]], call[i]
	print "};"
}
