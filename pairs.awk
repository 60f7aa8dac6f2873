# pairs.awk - packing of texts, for pack.awk and syscalls.awk: again and again the most frequent pair of bytes
# becomes one byte

# pool[0] to pool[texts - 1] as byte[0] to byte[size - 1], each ended by a 0; code: of each character. A byte k from
# `from` up stands for first[k] and second[k], until bytes run out or a pair no longer pays. Returns the last k + 1.
function pack(from,    i, j, k, best, n, count, pair, seen) {
	size = 0
	for (i = 0; i < texts; i++) {
		for (j = 1; j <= length(pool[i]); j++)
			byte[size++] = code[substr(pool[i], j, 1)]
		byte[size++] = 0
	}
	for (k = from; k < 256; k++) {
		best = ""
		split("", count)
		for (i = 1; i < size; i++) {
			pair = byte[i - 1] " " byte[i]
			if (++count[pair] > n + 0 && count[pair] > 2 && (best == "" || count[pair] > count[best]))
				best = pair
		}
		if (best == "")
			break
		split(best, seen, " ")
		first[k] = seen[1]; second[k] = seen[2]
		for (i = j = 0; i < size; i++)
			if (i + 1 < size && byte[i] == first[k] && byte[i + 1] == second[k]) {
				byte[j++] = k
				i++
			} else
				byte[j++] = byte[i]
		size = j
	}
	return k
}

# The pairs, and what is packed, as C
function put_packed(from, last, pairs, packed,    i, k) {
	printf "static const uint8_t %s[][2] = {", pairs
	for (k = from; k < last; k++) printf "%s{ %d, %d },", k % 10 ? " " : "\n\t", first[k], second[k]
	printf "\n};\nstatic const uint8_t %s[] = {", packed
	for (i = 0; i < size; i++) printf "%s%d,", i % 24 ? " " : "\n\t", byte[i]
	print "\n};"
}
