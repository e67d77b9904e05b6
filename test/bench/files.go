package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// workload is something that Claude does with a project's files.
type workload struct {
	name string
	// before prepares a run and does not count.
	before, run string
}

// filesRuns bounds the runs of each workload, which take long.
const filesRuns = 5

// furnishFiles makes, in a session's project, what the workloads work on:
// 10,000 small files in 100 folders under git, and a small npm project whose
// packages are in a cache, so that no network is measured.
const furnishFiles = `set -e
mkdir -p tree && cd tree && git init -q .
for d in $(seq 100); do mkdir d$d; for f in $(seq 100); do echo "line $d of $f and a needle $((f%50))" >d$d/f$f; done; done
git add -A && git -c user.name=x -c user.email=x@example.com commit -qm all
mkdir -p ../small && cd ../small
npm init -y >/dev/null && npm install --no-audit --no-fund --cache /workspace/cache express >/dev/null`

func workloads() []workload {
	return []workload{
		{"git status, 10,000 files", "", "cd tree && git status --porcelain"},
		{"ripgrep, 10,000 files", "", "cd tree && rg --count 'needle 49' ."},
		{"10,000 small writes", "rm -rf out && mkdir out", "cd out && for i in {1..10000}; do echo $i >$i; done"},
		{"remove 10,000 files", "rm -rf gone && cp -r out gone", "rm -rf gone"},
		{"npm install, small project", "rm -rf small/node_modules", "cd small && npm ci --offline --no-audit --no-fund --cache /workspace/cache"},
	}
}

// files compares what a project's files cost under each isolation. The sessions
// run side by side and take turns, so that they share the machine's moods.
func files(ctx context.Context, w *world) (err error) {
	isolations := []string{"runc", "runsc", "nested"}
	sessions := map[string]string{}
	defer func() { err = errors.Join(err, w.endSessions(context.WithoutCancel(ctx))) }()
	for _, isolation := range isolations {
		name, err := w.output(ctx, w.dclaude, "--network", "open", "--isolation", isolation, "--detach", "--new", w.project)
		if err != nil {
			return err
		}
		sessions[isolation] = name
	}
	if _, err := w.inSession(ctx, sessions["runc"], furnishFiles); err != nil {
		return err
	}
	var rows [][]string
	for _, load := range workloads() {
		figures := map[string]*series{}
		for _, isolation := range isolations {
			figures[isolation] = &series{}
		}
		for round := range min(w.runs, filesRuns) + 1 {
			for _, isolation := range isolations {
				took, err := w.timed(ctx, sessions[isolation], load)
				if err != nil {
					return fmt.Errorf("%s under %s: %w", load.name, isolation, err)
				}
				if round > 0 {
					figures[isolation].add(took)
				}
			}
		}
		row := []string{load.name}
		for _, isolation := range isolations {
			row = append(row, figures[isolation].milliseconds())
		}
		rows = append(rows, append(row, figures["nested"].against(figures["runc"]), figures["nested"].against(figures["runsc"])))
	}
	printTable([]string{"what", "runc", "registered runsc", "nested", "nested to runc", "nested to registered"}, rows)
	return nil
}

// timed runs a workload once and returns how long it took, by the session's own
// clock: the way into the session is not counted.
func (w *world) timed(ctx context.Context, session string, load workload) (time.Duration, error) {
	script := load.before + "\nbegan=$(date +%s%N); (" + load.run + ") >/dev/null || exit; echo $(($(date +%s%N) - began))"
	out, err := w.inSession(ctx, session, script)
	if err != nil {
		return 0, err
	}
	lines := strings.Split(out, "\n")
	nanoseconds, err := strconv.ParseInt(lines[len(lines)-1], 10, 64)
	return time.Duration(nanoseconds), err
}

func (w *world) inSession(ctx context.Context, session, script string) (string, error) {
	return w.output(ctx, w.dclaude, "shell", session, "--", "bash", "-c", script)
}
