// Package plan decides what a session is: image, mounts, user, isolation,
// network, limits and labels, from the project, the settings and what is known
// of the host. It is pure. It reads no file, asks no engine and knows no clock;
// what it returns can be printed and compared.
package plan
