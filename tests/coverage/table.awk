# left, lcov -> lines of each directory of src, executed and all; then those of act and decide that are not, and why.
#
# The unit tests of a file are no lines of the product: what follows its #[cfg(test)] is left out.

# left: a block begins with its file.
FILENAME ~ /left$/ {
  if (/^src\//) of[++blocks] = $0
  if (/^[ -]/) line[blocks, ++lines[blocks]] = $0
  if (/^= /) why[blocks] = substr($0, 3)
  next
}

# Gives the lines of a block its reason; they have to be in the file, and in one place.
function explain(block,    start, at, places) {
  for (start = 1; start < end; start++) {
    for (at = 1; at <= lines[block] && substr(line[block, at], 2) == text[start + at - 1]; at++);
    if (at <= lines[block]) continue
    places++
    while (--at) if (line[block, at] ~ /^-/) reason[start + at - 1] = why[block]
  }
  if (places == 1) applies[block]
}

/^SF:/ {
  file = substr($0, 4)
  if (index(file, root) == 1) file = substr(file, length(root) + 1)
  depth = split(file, parts, "/")
  room = depth > 2 ? parts[2] : "the files in src itself"
  is_product = parts[1] == "src"
  split("", text)
  for (end = 1; is_product && (getline text[end] < file) > 0 && text[end] != "#[cfg(test)]"; end++);
  close(file)
  split("", reason)
  for (block = 1; block <= blocks; block++) if (of[block] == file) explain(block)
}

/^DA:/ && is_product {
  split(substr($0, 4), count, ",")
  number = count[1] + 0
  if (number >= end) next
  all[room]++
  executed[room] += count[2] > 0
  if (count[2] > 0 || room !~ /^(act|decide)$/) next
  if (!(number in reason)) { reason[number] = "NOT EXPLAINED"; faults++ }
  left = left sprintf("%s:%d:%s\n    %s\n", file, number, text[number], reason[number])
}

END {
  for (room in all)
    printf "| %s | %d of %d | %.1f %% |\n", room, executed[room], all[room], 100 * executed[room] / all[room] | "sort"
  close("sort")
  printf "%s", left
  for (block = 1; block <= blocks; block++) if (!(block in applies)) {
    printf "%s: there is not one place with this line, but none or several:\n%s\n", of[block], line[block, 1]
    faults++
  }
  exit faults > 0
}
