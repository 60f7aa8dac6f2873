# pack.awk - turns the tables into C: awk -f pairs.awk -f pack.awk settings.tab limits.tab messages.tab syscalls.tab
#
# The texts are a good part of the binary, so they are packed (pairs.awk): 1 to 95 are what can be printed, 96 a new
# line, and bytes from 97 up are pairs. unpack() in messages.c undoes it.

BEGIN { rows = texts = 0 }

function text(s) { pool[texts++] = s }
function column(s) { return s == "-" ? "" : s }
function rest(n,    s) { s = $0; while (n--) sub(/^[^ \t]+[ \t]+/, "", s); return s }

/^#/ || /^$/ { next }
/^\[/ { group = toupper(substr($1, 2, length($1) - 2)); next }

FILENAME ~ /settings/ {
	name[rows] = $1; preset[rows] = column($7); shape[rows] = column($8); meaning[rows] = rest(8)
	c[rows++] = sprintf("\t{ offsetof(struct config, %s), T_%s, G_%s, %s, %s, %s, %s },", $6, $3, group,
	    $4 == "ANY" ? "ANY" : "R_" $4, $5 ~ /common/ ? "true" : "false", $5 ~ /[+]/ ? "true" : "false", $2 == "-" ? "0" : "'" $2 "'")
	next
}
FILENAME ~ /syscalls/ { if (/^@/ && !($1 in listed)) { listed[$1]; call_group[++group_count] = $1 }; next }
function key(s) { return s == "-" || s ~ /=$/ ? column(s) : s " " }
$1 == "limit" {
	limits = limits sprintf("\t{ offsetof(struct config, %s), C_%s, %s },\n", $2, $3, $4)
	for (i = 5; i <= 8; i++) limit[++limit_count] = column($i)
}
$1 == "figure" {
	figures = figures sprintf("\t{ offsetof(struct usage, %s), C_%s, %s, %s },\n", $2, $3, $4, $5)
	for (i = 6; i <= 9; i++) figure[++figure_count] = i % 2 ? key($i) : column($i)
}
$1 == "want" { wants[++want_count] = rest(2); want[want_count] = $2 }
$1 == "hint" { hints[++hint_count] = rest(3); hint[hint_count] = "TO_" $2 ", " $3 }
$1 == "text" { named[++named_count] = rest(2); gsub(/\\n/, "\n", named[named_count]); name_of[named_count] = $2 }
$1 == "list" { lists[++list_count] = rest(2); list[list_count] = $2 }
$1 == "errno" || $1 == "ERRNO" { errnos[++errno_count] = rest(2); errno[errno_count] = $2 }
$1 == "ERRNO" { errno_names = errno_names (errno_names ? "|" : "") $2 }

END {
	# they are unpacked as far as one is wanted: in front what a run that goes well wants
	for (i = 0; i < rows; i++) text(name[i])
	first_limit = texts
	for (i = 1; i <= limit_count; i++) text(limit[i])
	first_shape = texts
	for (i = 0; i < rows; i++) text(shape[i])
	for (i = 1; i <= list_count; i++) { number[i] = texts; text(lists[i]) }
	first_figure = texts
	for (i = 1; i <= figure_count; i++) text(figure[i])
	first_meaning = texts
	for (i = 0; i < rows; i++) text(meaning[i])
	first_want = texts
	for (i = 1; i <= want_count; i++) text(wants[i])
	first_hint = texts
	for (i = 1; i <= hint_count; i++) text(hints[i])
	first_errno = texts
	for (i = 1; i <= errno_count; i++) text(errnos[i])
	first_group = texts
	for (i = 1; i <= group_count; i++) text(call_group[i])
	list[++list_count] = "ERRNO_NAMES"; number[list_count] = texts; text(errno_names)
	for (i = 1; i <= named_count; i++) text(named[i])
	for (i = 0; i < texts; i++) unpacked += length(pool[i]) + 1
	for (i = 1; i < 96; i++) code[sprintf("%c", i + 31)] = i
	code["\n"] = 96
	last = pack(97)

	print "/* made by pack.awk from settings.tab, limits.tab and messages.tab */"
	print "#ifndef TABLES_H\n#define TABLES_H"
	printf "enum { ROWS = %d, TEXTS = %d, UNPACKED = %d, FIRST_LIMIT = %d, FIRST_SHAPE = %d, FIRST_FIGURE = %d, FIRST_MEANING = %d, FIRST_HINT = %d, FIRST_ERRNO = %d, FIRST_GROUP = %d, CALL_GROUPS = %d };\n",
	    rows, texts, unpacked, first_limit, first_shape, first_figure, first_meaning, first_hint, first_errno, first_group, group_count
	printf "enum text { GOOD = 0, FIRST_TEXT = %d,\n", texts - named_count - 1
	for (i = 1; i <= named_count; i++) printf "\t%s,\n", name_of[i]
	for (i = 1; i <= list_count; i++) printf "\t%s = %d,\n", list[i], number[i]
	print "};\n#endif"
	print "#ifdef WANT_ROWS\nstatic const struct row rows[ROWS] = {"
	for (i = 0; i < rows; i++) print c[i]
	print "};\nstatic const char presets[] ="
	for (i = 0; i < rows; i++) printf "\t\"%s\\0\"\n", preset[i]
	print "\t\"\";\nstatic const uint16_t want_of[] = {"
	for (i = 1; i <= want_count; i++) printf "\t[T_%s] = %d,\n", want[i], first_want + i - 1
	print "};\n#endif\n#ifdef WANT_LIMITS"
	printf "static const struct limit limits[] = {\n%s};\nstatic const struct figure figures[] = {\n%s};\n", limits, figures
	print "#endif\n#ifdef WANT_TEXTS\nstatic const struct { uint8_t what, err; } hints[] = {"
	for (i = 1; i <= hint_count; i++) printf "\t{ %s },\n", hint[i]
	printf "};\nstatic const uint8_t errnos[] = {"
	for (i = 1; i <= errno_count; i++) printf " %s,", errno[i]
	print " };"
	put_packed(97, last, "pairs", "packed")
	print "#endif"
}
