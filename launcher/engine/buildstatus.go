package engine

import (
	"context"
	"strings"

	buildkit "github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// statusCleaner takes out of BuildKit's reports what could act on a terminal:
// they carry the output of the programs that a build runs.
type statusCleaner struct {
	logs map[logKey]*plainText
}

type logKey struct {
	vertex digest.Digest
	stream int
}

func newStatusCleaner() *statusCleaner { return &statusCleaner{logs: make(map[logKey]*plainText)} }

// clean changes the report in place.
func (c *statusCleaner) clean(s *buildkit.SolveStatus) {
	for _, v := range s.Vertexes {
		v.Name, v.Error = plainLine(v.Name), plainLine(v.Error)
		if v.ProgressGroup != nil {
			v.ProgressGroup.Name = plainLine(v.ProgressGroup.Name)
		}
	}
	for _, st := range s.Statuses {
		st.ID, st.Name = plainLine(st.ID), plainLine(st.Name)
	}
	for _, w := range s.Warnings {
		w.Short, w.URL = []byte(plainLine(string(w.Short))), plainLine(w.URL)
		for i, detail := range w.Detail {
			w.Detail[i] = []byte(plainLine(string(detail)))
		}
	}
	for _, l := range s.Logs {
		key := logKey{l.Vertex, l.Stream}
		if c.logs[key] == nil {
			c.logs[key] = new(plainText)
		}
		l.Data = c.logs[key].clean(l.Data)
	}
}

// observe keeps what an error about the build needs of a clean report.
func (t *tail) observe(s *buildkit.SolveStatus) {
	for _, v := range s.Vertexes {
		t.name(v.Digest.String(), v.Name)
		if v.Error != "" && !strings.HasSuffix(v.Error, context.Canceled.Error()) {
			t.fail(v.Digest.String())
		}
	}
	for _, l := range s.Logs {
		t.write(l.Vertex.String(), l.Data)
	}
}

// copyStatus copies as deep as displays change a report or keep it.
func copyStatus(s *buildkit.SolveStatus) *buildkit.SolveStatus {
	c := &buildkit.SolveStatus{Warnings: s.Warnings}
	for _, v := range s.Vertexes {
		vertex := *v
		c.Vertexes = append(c.Vertexes, &vertex)
	}
	for _, st := range s.Statuses {
		status := *st
		c.Statuses = append(c.Statuses, &status)
	}
	for _, l := range s.Logs {
		log := *l
		c.Logs = append(c.Logs, &log)
	}
	return c
}
