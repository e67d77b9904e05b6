package lab

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Up brings the private engine up, with runsc and the base image, and returns
// its endpoint. When all is there it takes a few tens of milliseconds. On
// other systems than Linux it takes the user's running engine instead, as it
// is.
func (l *Lab) Up(ctx context.Context) (host string, err error) {
	if runtime.GOOS != "linux" {
		return l.System(ctx)
	}
	if err := l.packages(ctx, engineNeeds()); err != nil {
		return "", err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		_, err := l.Runsc(ctx)
		return err
	})
	group.Go(func() error {
		var err error
		if host, err = l.Engine(ctx); err != nil {
			return err
		}
		return l.BaseImage(ctx, host)
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	return host, nil
}
