package tty

import (
	"context"
	"time"
)

// repeats are the pauses before the size is sent again, after the start and
// after each change. Until the program in the container watches its terminal, a
// new size passes unnoticed; and a shell may undo one, for before each prompt
// readline (its set_winsize) reads the size and writes it back. A size that is
// the same as before does no harm.
func repeats() []time.Duration {
	return []time.Duration{
		100 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	}
}

// resizes keeps the size of the container's terminal at that of ours.
func (r *relay) resizes(ctx context.Context) {
	if r.Resize == nil {
		return
	}
	// For a redraw the first size is a wrong one. The right one follows only
	// with the first pause: programs compare sizes when they get round to it,
	// and would find no change in one that came and went.
	var wrong uint
	if r.Redraw {
		wrong = 1
	}
	r.resize(ctx, wrong)
	pauses := repeats()
	timer := time.NewTimer(pauses[0])
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.Window.Resized():
			pauses = repeats()
			timer.Reset(pauses[0])
		case <-timer.C:
			if pauses = pauses[1:]; len(pauses) > 0 {
				timer.Reset(pauses[0])
			}
		}
		r.resize(ctx, 0)
	}
}

// resize sends the present size, wrong by so many rows and columns. A terminal
// that reports none, as some do while their window opens, is asked again later.
func (r *relay) resize(ctx context.Context, wrong uint) {
	cols, rows, err := r.Window.Size()
	if err != nil || cols == 0 || rows == 0 {
		return
	}
	_ = r.Resize(ctx, cols+wrong, rows+wrong)
}
