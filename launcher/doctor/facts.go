package doctor

import "time"

// Problem is a failure as the user would be told of it.
type Problem struct {
	Text string
	Hint string
}

// Facts are what was found out about a machine. A part that could not be asked
// for, because an earlier one is missing, is nil.
type Facts struct {
	Now     time.Time
	Version string // of dclaude
	OS      string // runtime.GOOS

	Config     Config
	Engine     Engine
	Isolation  *Isolation
	Image      *Image
	Login      Login
	HostClaude HostClaude
	Network    Network
	Disk       Disk
	Terminal   Terminal
	Leftovers  *Leftovers
}

// Config is the configuration file.
type Config struct {
	Path    string
	Exists  bool
	Problem *Problem
	// Loose says that others than the user can write the file, which is why it
	// is not read.
	Loose bool
	// Warnings are lines about variables that mean nothing.
	Warnings []string
}

// Engine is the container engine.
type Engine struct {
	// Where is its address, and Source why that one.
	Where, Source string
	Problem       *Problem
	Product       string
	Version       string
	API           string
	Arch          string
	CPUs          int
	Memory        int64 // bytes
	Rootless      bool
	UserNS        bool
	BuildKit      bool
}

// Isolation says which ways there are.
type Isolation struct {
	// Setting is what the user asks for.
	Setting string
	// Registered and Nested are "" for a way that works, else why not.
	Registered, Nested string
	// Untried says that nothing could be tried, for want of an image.
	Untried bool
	Problem *Problem
}

// Image is the sandbox image.
type Image struct {
	Present bool
	// Stale says why it will be built again; "" if it will not.
	Stale string
	Size  int64 // bytes
	Built time.Time
	// Claude is the version that was asked for when it was built, GVisor that of
	// the gVisor in it.
	Claude, GVisor string
	Problem        *Problem
}

// Login is the one that sessions would get.
type Login struct {
	Source string
	// State is creds.Freshness as text; empty where the source has no login on
	// this machine.
	State   string
	Plan    string
	Expires time.Time
	Problem *Problem
	// Warnings are faults of the place that it is in.
	Warnings []Problem
	// Loose says that one of them is a file that others than its owner can get
	// at, which can be put right.
	Loose bool
}

// HostClaude is the Claude Code outside of any sandbox.
type HostClaude struct {
	Path    string
	Problem *Problem
}

// Network is the setting, and whether it can be had.
type Network struct {
	Mode    string
	Problem *Problem
}

// Disk is the room for dclaude's own files, and for the engine's as far as this
// machine can see.
type Disk struct {
	Free    uint64 // bytes
	Path    string
	Problem *Problem
}

// Terminal is the one that doctor was started in.
type Terminal struct {
	Interactive bool
	TERM        string
	Cols, Rows  uint
}

// Leftovers are what earlier sessions left.
type Leftovers struct {
	Containers int
	Problem    *Problem
}
