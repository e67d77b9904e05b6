package menu

// How many of each the menu has room for.
const (
	SessionSlots = 12
	RecentSlots  = 10
	HostSlots    = 5
)

// Slots gives things places in the menu that they keep as long as they are
// there, so that what is under the pointer does not become something else. A
// place that was left is taken again as late as possible. The zero Slots is
// empty; it is a value.
type Slots struct {
	ids   [SessionSlots]string
	freed [SessionSlots]int
	clock int
}

// Assign returns the slots for the things of now, by their ids, of which each
// occurs once. size is how many places there are, at most SessionSlots. What
// finds no place is left out.
func (s Slots) Assign(now []string, size int) Slots {
	present := make(map[string]bool, len(now))
	for _, id := range now {
		present[id] = true
	}
	s.clock++
	placed := map[string]bool{}
	for i, id := range s.ids[:size] {
		if id == "" {
			continue
		}
		if !present[id] {
			s.ids[i], s.freed[i] = "", s.clock
			continue
		}
		placed[id] = true
	}
	for _, id := range now {
		if placed[id] {
			continue
		}
		at := s.vacant(size)
		if at < 0 {
			break
		}
		s.ids[at] = id
		placed[id] = true
	}
	return s
}

// vacant returns the place that was left first, or -1.
func (s Slots) vacant(size int) int {
	best := -1
	for i, id := range s.ids[:size] {
		if id == "" && (best < 0 || s.freed[i] < s.freed[best]) {
			best = i
		}
	}
	return best
}

// at returns the id in a place, or "".
func (s Slots) at(i int) string { return s.ids[i] }
