// Command bundle lays out DClaude.app from programs that were built for macOS.
// It runs on every system: what it makes can be looked at and tested without a
// Mac. Signing is codesign's business, after it.
package main

import (
	"bytes"
	"debug/macho"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"howett.net/plist"

	"dclaude/packaging/icns"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bundle: error:", err)
		os.Exit(1)
	}
}

// parts are what a bundle is made of.
type parts struct {
	app, cli string // programs
	info     string // property list
	icons    string // folder of SIZE.png
	share    string // folder of man pages and completions, or empty
	license  string
	notices  string // licences of what the programs link
	version  string
}

func run(args []string, stdout, stderr io.Writer) error {
	var p parts
	f := flag.NewFlagSet("bundle", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&p.app, "app", "", "the menu-bar program, built for macOS")
	f.StringVar(&p.cli, "cli", "", "dclaude, built for macOS")
	f.StringVar(&p.info, "info", "Info.plist", "property list")
	f.StringVar(&p.icons, "icons", "packaging/icon/png", "folder of the icon's pictures")
	f.StringVar(&p.share, "share", "", "folder of man pages and completions")
	f.StringVar(&p.license, "license", "LICENSE", "licence")
	f.StringVar(&p.notices, "notices", "", "licences of what the programs link, as cmd/notices writes them")
	f.StringVar(&p.version, "version", "dev", "version, as git describe prints it")
	out := f.String("out", "", "bundle to make, ending in .app")
	if err := f.Parse(args); err != nil {
		return err
	}
	if p.app == "" || p.cli == "" || p.notices == "" || !strings.HasSuffix(*out, ".app") || f.NArg() > 0 {
		return errors.New("usage: bundle -app PROGRAM -cli PROGRAM -notices FILE -out NAME.app [flags]")
	}
	if err := os.RemoveAll(*out); err != nil {
		return err
	}
	if err := layOut(*out, p); err != nil {
		return errors.Join(err, os.RemoveAll(*out))
	}
	return tree(stdout, *out)
}

// layOut makes the bundle. The command line program has a folder of its own:
// beside the app's, DClaude and dclaude would be one file, for the file systems
// of macOS take no notice of case.
func layOut(bundle string, p parts) error {
	contents := filepath.Join(bundle, "Contents")
	info, err := infoPlist(p.info, p.version)
	if err != nil {
		return err
	}
	icon, err := icon(p.icons)
	if err != nil {
		return err
	}
	for _, program := range []string{p.app, p.cli} {
		if _, err := arches(program); err != nil {
			return err
		}
	}
	return errors.Join(
		write(filepath.Join(contents, "Info.plist"), info, 0o644),
		write(filepath.Join(contents, "PkgInfo"), []byte("APPL????"), 0o644),
		write(filepath.Join(contents, "Resources", "DClaude.icns"), icon, 0o644),
		copyFile(p.license, filepath.Join(contents, "Resources", "LICENSE"), 0o644),
		copyFile(p.notices, filepath.Join(contents, "Resources", "THIRD_PARTY_NOTICES"), 0o644),
		copyFile(p.app, filepath.Join(contents, "MacOS", "DClaude"), 0o755),
		copyFile(p.cli, filepath.Join(contents, "Helpers", "dclaude"), 0o755),
		copyTree(p.share, filepath.Join(contents, "Resources", "share")),
	)
}

// infoPlist returns the property list with the version in it.
func infoPlist(path, version string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var info map[string]any
	if _, err := plist.Unmarshal(b, &info); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	info["CFBundleShortVersionString"] = threeNumbers(version)
	info["CFBundleVersion"] = threeNumbers(version)
	return plist.MarshalIndent(info, plist.XMLFormat, "\t")
}

var release = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)`)

// threeNumbers is the form of a version that macOS takes: 1.2.3, and 0.0.0
// where nothing was released.
func threeNumbers(version string) string {
	if m := release.FindStringSubmatch(version); m != nil {
		return m[1]
	}
	return "0.0.0"
}

func icon(dir string) ([]byte, error) {
	pictures := map[int][]byte{}
	for _, size := range icns.Sizes() {
		b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.png", size)))
		if err != nil {
			return nil, err
		}
		pictures[size] = b
	}
	var b bytes.Buffer
	err := icns.Encode(&b, pictures)
	return b.Bytes(), err
}

// arches returns the processors that a program is for, and an error for what is
// no program for macOS.
func arches(path string) ([]string, error) {
	if fat, err := macho.OpenFat(path); err == nil {
		defer fat.Close()
		var names []string
		for _, a := range fat.Arches {
			names = append(names, a.Cpu.String())
		}
		return names, nil
	}
	thin, err := macho.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s is not a program for macOS: %w", path, err)
	}
	defer thin.Close()
	return []string{thin.Cpu.String()}, nil
}

func write(path string, content []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // an application is for everybody to read
		return err
	}
	return os.WriteFile(path, content, mode)
}

func copyFile(from, to string, mode fs.FileMode) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return write(to, content, mode)
}

func copyTree(from, to string) error {
	if from == "" {
		return nil
	}
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(to, rel), 0o644)
	})
}

// tree lists what a bundle holds, programs with their processors.
func tree(w io.Writer, bundle string) error {
	return filepath.WalkDir(bundle, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(filepath.Dir(bundle), path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		note := ""
		if info.Mode()&0o111 != 0 {
			names, err := arches(path)
			if err != nil {
				return err
			}
			note = "  " + strings.Join(names, ", ")
		}
		fmt.Fprintf(w, "%s %9d %s%s\n", info.Mode(), info.Size(), rel, note)
		return nil
	})
}
