package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// series is one figure of one command, run by run.
type series struct {
	values []float64
}

func (s *series) add(d time.Duration) { s.values = append(s.values, d.Seconds()*1000) }

// median of the values, in their own unit.
func (s *series) median() float64 {
	if len(s.values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s.values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// milliseconds shows a series: the median, and the range.
func (s *series) milliseconds() string {
	if len(s.values) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f ms (%.0f to %.0f)", s.median(), slices.Min(s.values), slices.Max(s.values))
}

// against is the ratio of two medians.
func (s *series) against(base *series) string {
	if base == nil || base.median() == 0 || len(s.values) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f x", s.median()/base.median())
}

// printTable prints rows below a head, as Markdown.
func printTable(head []string, rows [][]string) {
	line := func(cells []string) { fmt.Println("| " + strings.Join(cells, " | ") + " |") }
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, row := range rows {
		line(row)
	}
}
