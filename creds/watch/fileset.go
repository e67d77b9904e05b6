package watch

import "sync"

// fileSet is a list of paths that two goroutines share.
type fileSet struct {
	mu    sync.Mutex
	paths []string
}

func (s *fileSet) set(paths []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = paths
}

func (s *fileSet) get() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paths
}
