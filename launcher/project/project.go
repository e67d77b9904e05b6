// Package project resolves the folder that a session is to work in and judges
// whether it may be given to one. It reads the file system and changes
// nothing. What it refuses, and why, is in places.go; a refusal is an *Error
// with a Reason that callers can decide on.
//
// Paths are compared by name and by device and inode, so that a symbolic link,
// a bind mount, a firmlink or another spelling of a protected folder is
// refused as the folder itself would be.
package project

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"runtime"
)

// Project is a folder that a session may work in.
type Project struct {
	// Path is absolute, without symbolic links. It may hold any byte that a
	// file name can: never split it, and quote it before showing it.
	Path string
	// Given is what the caller passed in, unchanged.
	Given string
	// Slug is a readable part for names: [a-z0-9-]{1,24}, with no dash at
	// either end. Two projects can have the same one.
	Slug string
	// Hash is the first ten hexadecimal digits of the SHA-256 of Path.
	Hash string
	// UID and GID own the folder.
	UID, GID int
	// Device and Inode identify the folder, so that a later step can see
	// whether Path still leads to what was judged.
	Device, Inode uint64
}

// Options says what the folder is judged against.
type Options struct {
	// Home is the caller's home folder. Without it nothing can be judged, and
	// every folder is refused.
	Home string
	// Protected are dclaude's own folders, and others that the caller knows
	// to be as precious. They need not exist.
	Protected []string
	// AllowRefused lets those refusals pass whose Error is Overridable.
	AllowRefused bool
}

// Resolve finds the folder that path names and judges it. An empty path is the
// current folder. Every error is an *Error.
func Resolve(path string, opts Options) (Project, error) {
	return resolve(path, opts, runtime.GOOS)
}

// resolve is Resolve under the rules of the operating system goos.
func resolve(path string, opts Options, goos string) (Project, error) {
	j, err := newJudge(opts, goos)
	if err != nil {
		return Project{}, err
	}
	full, err := absolute(path)
	if err != nil {
		return Project{}, err
	}
	resolved, info, err := follow(full, goos)
	if err != nil {
		return Project{}, err
	}
	if !info.IsDir() {
		return Project{}, notFolder(j, resolved, info)
	}
	if refusal := j.refuse(resolved); refusal != nil {
		return Project{}, refusal
	}
	if err := readable(resolved, info); err != nil {
		return Project{}, err
	}
	return describe(path, resolved, info), nil
}

// describe fills in a Project for the folder at resolved.
func describe(given, resolved string, info os.FileInfo) Project {
	uid, gid := owner(info)
	id := identity(info)
	sum := sha256.Sum256([]byte(resolved))
	return Project{
		Path:   resolved,
		Given:  given,
		Slug:   slug(resolved),
		Hash:   hex.EncodeToString(sum[:])[:10],
		UID:    uid,
		GID:    gid,
		Device: id.device,
		Inode:  id.inode,
	}
}
