package egress

// A range with fewer bits than these holds more than the largest private one.
const (
	wideBits4 = 8
	wideBits6 = 32
)

// wideSum is how many IPv4 addresses several ranges may hold together: a quarter
// of all.
const wideSum = 1 << 30

// Wide returns those of the rules that leave nothing of a limit, if they allow:
// each that covers every host, or a range of addresses larger than any private
// network, and all ranges of IPv4 when together they hold a good part of it.
func Wide(rules []Rule) []Rule {
	var wide, ranges []Rule
	sum := 0
	for _, r := range rules {
		bits := r.Prefix.Bits()
		switch {
		case r.Any:
			wide = append(wide, r)
		case !r.Prefix.IsValid():
		case r.Prefix.Addr().Is4() && bits < wideBits4, r.Prefix.Addr().Is6() && bits < wideBits6:
			wide = append(wide, r)
		case r.Prefix.Addr().Is4():
			sum += 1 << (32 - bits)
			ranges = append(ranges, r)
		}
	}
	if sum >= wideSum {
		wide = append(wide, ranges...)
	}
	return wide
}
