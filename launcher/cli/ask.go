package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// maxAnswer bounds a line that somebody types, in bytes.
const maxAnswer = 4 << 10

// confirm asks. Without a terminal nobody can answer, and a guess would be
// wrong either way.
func (a *app) confirm(ctx context.Context) (bool, error) {
	if !isTerminal(a.sys.In) {
		return false, &hintedError{errors.New("nobody to ask: this is not a terminal"), "add --yes to go ahead"}
	}
	return a.confirmed(ctx, "go ahead? [y/N] ")
}

// confirmed puts a question to which only a yes is one.
func (a *app) confirmed(ctx context.Context, question string) (bool, error) {
	answer, err := a.ask(ctx, question)
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", nil
}

// ask puts a question and returns the line that was typed, without the spaces
// around it. The end of the input is an empty answer; the end of ctx is an
// error.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	in, err := tty.NewInput(a.sys.In)
	if err != nil {
		return "", err
	}
	defer in.Close()
	defer context.AfterFunc(ctx, in.Cancel)()
	fmt.Fprintf(a.out.err, "dclaude: %s", question)
	line, err := readLine(in)
	if ctx.Err() != nil {
		fmt.Fprintln(a.out.err)
		return "", ctx.Err()
	}
	return strings.TrimSpace(line), err
}

// readLine reads to the end of a line and not a byte further: what follows is
// for the session.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxAnswer; {
		n, err := r.Read(b)
		if errors.Is(err, io.EOF) || (n > 0 && b[0] == '\n') {
			break
		}
		if err != nil {
			return "", err
		}
		line = append(line, b[:n]...)
	}
	return string(line), nil
}

// choose has the user pick one of several sessions by its number or name. It
// returns false if they would rather not. other, if set, is one more choice,
// which is taken by an empty answer, and comes back as a Session without a name.
func (a *app) choose(ctx context.Context, sessions []session.Session, other string) (session.Session, bool, error) {
	for i, s := range sessions {
		fmt.Fprintf(a.out.err, "  %d  %s\n", i+1, describe(s, time.Now()))
	}
	question := fmt.Sprintf("which one? [1-%d, or nothing to leave it] ", len(sessions))
	if other != "" {
		fmt.Fprintf(a.out.err, "  n  %s\n", other)
		question = fmt.Sprintf("which one? [1-%d, or n] ", len(sessions))
	}
	for {
		answer, err := a.ask(ctx, question)
		if err != nil {
			return session.Session{}, false, err
		}
		picked, ok := answered(sessions, answer)
		switch {
		case ok:
			return picked, true, nil
		case other != "" && (answer == "n" || answer == "N"):
			return session.Session{}, true, nil
		case answer == "":
			return session.Session{}, false, nil
		}
		a.out.say("%s is none of them", tty.Visible(answer, 40))
	}
}

// answered reads an answer: a number of the list, or a name.
func answered(sessions []session.Session, answer string) (session.Session, bool) {
	for i, s := range sessions {
		if answer == fmt.Sprint(i+1) || answer == s.Name {
			return s, true
		}
	}
	return session.Session{}, false
}
