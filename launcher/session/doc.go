// Package session carries a plan out and looks after what comes of it: it
// brings the image up to date, starts containers, finds them again, and ends
// them. It knows the engine only through small interfaces; the decisions
// (which image, which isolation, what a session may reach) were made in
// packages image and plan.
package session
