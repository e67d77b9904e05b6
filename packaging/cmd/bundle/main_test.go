package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"howett.net/plist"

	"dclaude/packaging/icns"
	"dclaude/test/lab"
)

// top is the repository's.
var top = filepath.Join("..", "..", "..")

// program builds a small program for macOS.
func program(t *testing.T, arch string) string {
	t.Helper()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := strings.TrimSuffix(source, ".go")
	cmd := exec.Command("go", "build", "-o", out, source)
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return out
}

func TestBundle(t *testing.T) {
	share := t.TempDir()
	page := filepath.Join("man", "man1", "dclaude.1")
	if err := write(filepath.Join(share, page), []byte(".TH"), 0o644); err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(t.TempDir(), "DClaude.app")
	var stdout bytes.Buffer
	err := run([]string{
		"-app", program(t, "arm64"), "-cli", program(t, "amd64"), "-share", share, "-version", "v1.2.3-4-gabc", "-out", bundle,
		"-info", filepath.Join(top, "Info.plist"), "-icons", filepath.Join(top, "packaging/icon/png"), "-license", filepath.Join(top, "LICENSE"), "-notices", filepath.Join(top, "LICENSE"),
	}, &stdout, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &stdout)
	for name, want := range map[string]string{
		"Contents/MacOS/DClaude":                      "-rwxr-xr-x",
		"Contents/Helpers/dclaude":                    "-rwxr-xr-x",
		"Contents/Info.plist":                         "-rw-r--r--",
		"Contents/PkgInfo":                            "-rw-r--r--",
		"Contents/Resources/DClaude.icns":             "-rw-r--r--",
		"Contents/Resources/LICENSE":                  "-rw-r--r--",
		"Contents/Resources/THIRD_PARTY_NOTICES":      "-rw-r--r--",
		"Contents/Resources/share/man/man1/dclaude.1": "-rw-r--r--",
	} {
		info, err := os.Stat(filepath.Join(bundle, name))
		if err != nil || info.Mode().String() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if n := strings.Count(stdout.String(), "\n"); n != 8 {
		t.Errorf("%d files in the bundle, want 8", n)
	}
	for _, want := range []string{"MacOS/DClaude  CpuArm64", "Helpers/dclaude  CpuAmd64"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the tree has no %q", want)
		}
	}
	b, err := os.ReadFile(filepath.Join(bundle, "Contents", "Resources", "DClaude.icns"))
	if err != nil {
		t.Fatal(err)
	}
	if images, err := icns.Decode(b); err != nil || len(images) != 8 {
		t.Errorf("icon: %d pictures, %v", len(images), err)
	}
	lint(t, filepath.Join(bundle, "Contents", "Info.plist"))
	info := parse(t, filepath.Join(bundle, "Contents", "Info.plist"))
	for key, want := range map[string]any{"CFBundleShortVersionString": "1.2.3", "CFBundleVersion": "1.2.3", "CFBundleExecutable": "DClaude"} {
		if info[key] != want {
			t.Errorf("%s is %v, want %v", key, info[key], want)
		}
	}
}

func parse(t *testing.T, path string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var info map[string]any
	if _, err := plist.Unmarshal(b, &info); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return info
}

// lint has the system's own reader of property lists look at one.
func lint(t *testing.T, path string) {
	t.Helper()
	cmd := exec.Command("plutil", "-lint", path)
	if runtime.GOOS != "darwin" {
		cmd = exec.Command(lab.RequireTool(t, "plistutil"), "-i", path, "-o", os.DevNull)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", path, err, out)
	}
}

func TestPropertyLists(t *testing.T) {
	for _, name := range []string{"Info.plist", "packaging/macos/entitlements.plist"} {
		lint(t, filepath.Join(top, name))
	}
	if exceptions := parse(t, filepath.Join(top, "packaging/macos/entitlements.plist")); len(exceptions) != 0 {
		t.Errorf("the hardened runtime has exceptions: %v", exceptions)
	}
	info := parse(t, filepath.Join(top, "Info.plist"))
	for key, want := range map[string]any{
		"CFBundleIdentifier": "dev.dclaude.menubar", "CFBundlePackageType": "APPL", "CFBundleIconFile": "DClaude",
		"LSMinimumSystemVersion": "13.0", "LSUIElement": true, "NSHighResolutionCapable": true,
	} {
		if info[key] != want {
			t.Errorf("Info.plist: %s is %v, want %v", key, info[key], want)
		}
	}
	document := info["CFBundleDocumentTypes"].([]any)[0].(map[string]any)
	if document["CFBundleTypeRole"] != "Viewer" || document["LSHandlerRank"] != "Alternate" || document["LSItemContentTypes"].([]any)[0] != "public.folder" {
		t.Errorf("document type: %v", document)
	}
	service := info["NSServices"].([]any)[0].(map[string]any)
	if service["NSMessage"] != "openInSandbox" || service["NSSendFileTypes"].([]any)[0] != "public.folder" {
		t.Errorf("service: %v", service)
	}
}

func TestVersions(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": "1.2.3", "1.2.3": "1.2.3", "v1.2.3-4-gabc-dirty": "1.2.3", "60c8744": "0.0.0", "dev": "0.0.0", "": "0.0.0", "v1.2": "0.0.0",
	} {
		if got := threeNumbers(version); got != want {
			t.Errorf("%q: %s, want %s", version, got, want)
		}
	}
}

// A program for another system is refused, and no half of a bundle stays.
func TestNoProgramForMacOS(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "DClaude.app")
	err := run([]string{
		"-app", filepath.Join(top, "LICENSE"), "-cli", filepath.Join(top, "LICENSE"), "-out", bundle,
		"-info", filepath.Join(top, "Info.plist"), "-icons", filepath.Join(top, "packaging/icon/png"), "-license", filepath.Join(top, "LICENSE"), "-notices", filepath.Join(top, "LICENSE"),
	}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "is not a program for macOS") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(bundle); err == nil {
		t.Error("half a bundle is left")
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-app", "a", "-cli", "b", "-notices", "n", "-out", "c"}, {"-app", "a", "-cli", "b", "-notices", "n", "-out", "c.app", "d"}, {"-app", "a", "-cli", "b", "-out", "c.app"}, {"-sideways"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
