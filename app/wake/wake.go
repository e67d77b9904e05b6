// Package wake tells when the computer has woken up: timers stand still while
// it sleeps.
package wake
