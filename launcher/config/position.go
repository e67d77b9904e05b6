package config

import (
	"bytes"
	"cmp"
	"sort"
	"unicode/utf8"
)

// position is a place in a file: line and column, both from 1. A column is a
// character, not a byte.
type position struct{ line, column int }

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.column, q.column))
}

// lines finds positions in a text.
type lines struct {
	data   []byte
	starts []int // the offset of each line
}

func linesOf(data []byte) lines {
	l := lines{data: data, starts: []int{0}}
	for i := 0; ; {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return l
		}
		i += n + 1
		l.starts = append(l.starts, i)
	}
}

// at returns the position of an offset in bytes.
func (l lines) at(offset int) position {
	offset = max(0, min(offset, len(l.data)))
	line := l.line(offset)
	return position{line: line, column: 1 + utf8.RuneCount(l.data[l.starts[line-1]:offset])}
}

// line returns the line that an offset in bytes is in. It is quick on long
// lines, too.
func (l lines) line(offset int) int { return sort.SearchInts(l.starts, offset+1) }

// inBytes returns the position of a column that counts bytes.
func (l lines) inBytes(line, column int) position {
	line = max(1, min(line, len(l.starts)))
	return l.at(l.starts[line-1] + column - 1)
}
