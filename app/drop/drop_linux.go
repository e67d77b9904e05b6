package drop

// Listen does nothing: on Linux folders come as arguments of a second start.
func Listen(func([]string)) error { return nil }

// Attach does nothing: trays on Linux take no drops.
func Attach() error { return nil }
