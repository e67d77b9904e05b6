package config

import (
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "0g": 0, "67108864": 64 << 20, "64m": 64 << 20, "512M": 512 << 20, "512mb": 512 << 20, "512 MiB": 512 << 20,
		"1.5g": 3 << 29, "4g": 4 << 30, "4G": 4 << 30, "1t": 1 << 40, "134217728b": 128 << 20, "1048576k": 1 << 30, "1024t": 1 << 50,
	} {
		if got, f := parseSize(text); f != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v", text, got, f)
		}
	}
	for _, text := range []string{
		"", "g", "-1", "+1g", "4x", "4gg", "4 g b", " 4g", "4g ", "1e9", "0x10", "1_000g", "inf", "nan", "1,5g", "٤g",
		"63m", "1", "1025t", "9999999999999999t", "99999999999999999999", "1.0000000001g",
	} {
		if got, f := parseSize(text); f == nil {
			t.Errorf("parseSize(%q) = %d", text, got)
		}
	}
}

func TestParseCPUs(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "0.0": 0, "0.01": 0.01, "1": 1, "1.5": 1.5, "10000": 10000} {
		if got, f := parseCPUs(text); f != nil || got != want {
			t.Errorf("parseCPUs(%q) = %v, %v", text, got, f)
		}
	}
	for _, text := range []string{"", "-1", "+1", ".5", "1.", "1e3", "inf", "NaN", "0x1p2", "1_0", "0.001", "10001", "1,5", " 1"} {
		if got, f := parseCPUs(text); f == nil {
			t.Errorf("parseCPUs(%q) = %v", text, got)
		}
	}
}

func TestParseCount(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "32": 32, "4096": 4096, "4194304": 4194304} {
		if got, f := parseCount(text); f != nil || got != want {
			t.Errorf("parseCount(%q) = %v, %v", text, got, f)
		}
	}
	for _, text := range []string{"", "-1", "+64", "31", "4194305", "1.0", "0x40", "6_4", "99999999999999999999", " 64"} {
		if got, f := parseCount(text); f == nil {
			t.Errorf("parseCount(%q) = %v", text, got)
		}
	}
}

func TestParseBool(t *testing.T) {
	for text, want := range map[string]bool{
		"true": true, "TRUE": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "No": false, "off": false,
	} {
		if got, f := parseBool(text); f != nil || got != want {
			t.Errorf("parseBool(%q) = %v, %v", text, got, f)
		}
	}
	for _, text := range []string{"", "2", "y", "truee", " true"} {
		if _, f := parseBool(text); f == nil {
			t.Errorf("parseBool(%q) passes", text)
		}
	}
}

// A wrong value leaves the setting as it was.
func TestWrongValueChangesNothing(t *testing.T) {
	s := Defaults()
	for _, k := range Keys() {
		if k.Kind == List || k.Name == "host" {
			continue
		}
		before := k.Format(s)
		if faults := k.set(&s, []item{{text: "\x00 no such value"}}); len(faults) != 1 {
			t.Errorf("%s took it: %v", k.Name, k.Format(s))
		}
		if after := k.Format(s); after != before {
			t.Errorf("%s went from %s to %s", k.Name, before, after)
		}
	}
}
