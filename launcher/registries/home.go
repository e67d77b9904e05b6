package registries

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// configFile is a file in a home directory in which a tool names registries.
type configFile struct {
	tool string
	path string
	// keys matches the keys whose values do.
	keys *regexp.Regexp
}

var (
	npmKeys   = regexp.MustCompile(`^\s*(@[^:\s]+:)?registry\s*=`)
	yarnKeys  = regexp.MustCompile(`^\s*npmRegistryServer\s*:`)
	pipKeys   = regexp.MustCompile(`^\s*(extra-)?index-url\s*[=:]`)
	uvKeys    = regexp.MustCompile(`^\s*(url|(extra-)?index-url|default-index)\s*=`)
	goKeys    = regexp.MustCompile(`^\s*(GOPROXY|GOSUMDB)\s*=`)
	cargoKeys = regexp.MustCompile(`^\s*(index|registry)\s*=`)
	gemKeys   = regexp.MustCompile(`^\s*:?sources:`)
)

// configFiles are where the tools look on Linux and on a Mac.
func configFiles() []configFile {
	return []configFile{
		{"npm", ".npmrc", npmKeys},
		{"npm", ".yarnrc.yml", yarnKeys},
		{"pip", ".config/pip/pip.conf", pipKeys},
		{"pip", ".pip/pip.conf", pipKeys},
		{"pip", "Library/Application Support/pip/pip.conf", pipKeys},
		{"pip", ".config/uv/uv.toml", uvKeys},
		{"go", ".config/go/env", goKeys},
		{"go", "Library/Application Support/go/env", goKeys},
		{"cargo", ".cargo/config.toml", cargoKeys},
		{"cargo", ".cargo/config", cargoKeys},
		{"gem", ".gemrc", gemKeys},
	}
}

// maxConfig bounds what is read of a file, in bytes.
const maxConfig = 1 << 20

// Home reads the user's own configuration files. One that is not there, or that
// cannot be read, names nothing, and neither does one that a session could have
// written: decides tells whether what is at a path is up to who writes some
// folder that sessions had. Each of those is told of in warnings.
func Home(home string, decides func(path string) (folder string, found bool)) (found []Source, warnings []string) {
	for _, c := range configFiles() {
		path := filepath.Join(home, c.path)
		text, err := readConfig(path)
		if err != nil {
			continue
		}
		if folder, theirs := decides(path); theirs {
			warnings = append(warnings, fmt.Sprintf("registries named in %q are left out: it is up to who writes in %q, as sessions could", path, folder))
			continue
		}
		for _, address := range addresses(text, c.keys) {
			found = add(found, c.tool, address)
		}
	}
	return found, warnings
}

// readConfig reads a regular file, through links, without blocking on what is
// none. It looks at what it has opened, which nobody can exchange.
func readConfig(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, os.ErrInvalid
	}
	return io.ReadAll(io.LimitReader(f, maxConfig))
}

var (
	addressForm = regexp.MustCompile(`(sparse\+)?https?://[^\s"',|;<>]+`)
	comment     = regexp.MustCompile(`^\s*[#;]`)
	// more is a line that goes on with the value of the one before, as in
	// pip.conf and YAML lists.
	more = regexp.MustCompile(`^(\s+\S|\s*-\s)`)
)

// addresses returns the URLs in the values of keys.
func addresses(text []byte, keys *regexp.Regexp) []string {
	var found []string
	inValue := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if comment.MatchString(line) {
			continue
		}
		switch {
		case keys.MatchString(line):
			inValue = true
		case inValue && more.MatchString(line):
		default:
			inValue = false
		}
		if inValue {
			found = append(found, addressForm.FindAllString(line, -1)...)
		}
	}
	return found
}
