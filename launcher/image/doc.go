// Package image describes the image that sessions run: the context it is built
// from, with a digest that tells when it has changed, its build arguments, and
// whether an image that an engine has is still the wanted one. Building is the
// engine's work. Apart from the host's certificates, which are read from where
// the operating system keeps them, the package does no I/O.
package image
