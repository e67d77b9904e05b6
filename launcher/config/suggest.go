package config

import "strings"

// suggest returns the candidate that word was probably meant to be, or "".
func suggest(word string, candidates []string) string {
	const longest = 64 // nothing of ours is longer
	if len(word) > longest {
		return ""
	}
	best, least := "", 1+min(3, 1+len(word)/4)
	for _, c := range candidates {
		if d := distance(simple(word), simple(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// simple drops what people mix up: case and separators.
func simple(s string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(s))
}

// distance counts the letters to add, drop, change or swap with the next one
// to get from a to b.
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// didYouMean is the end of a message about an unknown word.
func didYouMean(word string, candidates []string) string {
	if s := suggest(word, candidates); s != "" {
		return "; did you mean " + s + "?"
	}
	return ""
}
