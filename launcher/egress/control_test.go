package egress

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSetupTravels(t *testing.T) {
	s := Setup{
		Session: "s", Address: netip.MustParseAddr("10.1.0.2"), Subnet: netip.MustParsePrefix("10.1.0.0/29"),
		Allow: []string{"example.com"}, Deny: []string{"bad.example"}, Upstream: "http://u:hush@proxy.example:3128",
	}
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSetup(strings.NewReader(string(b) + "more"))
	s.Version = setupVersion
	if err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{
		"", "{", "null", `{"version":1}`, `{"version":2,"session":"hush"}`,
		`{"version":1,"session":"s","address":"10.2.0.2","subnet":"10.1.0.0/29"}`,
		`{"version":1,"session":"s","address":"10.1.0.2","subnet":"10.1.0.0/29","allow":["**"]}`,
		`{"version":1,"session":"s","address":"10.1.0.2","subnet":"10.1.0.0/29","deny":["**"]}`,
	} {
		if _, err := ReadSetup(strings.NewReader(text)); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestApply(t *testing.T) {
	live := Live{Policy: policy(t, []string{"a.example"}, nil)}
	step := func(op Op, rule string) {
		t.Helper()
		next, err := live.Apply(Change{Op: op, Rules: []string{rule}})
		if err != nil {
			t.Fatal(err)
		}
		live = next
	}
	want := func(allow, once, deny string) {
		t.Helper()
		s := live.State()
		if got := [3]string{strings.Join(s.Allow, " "), strings.Join(s.Once, " "), strings.Join(s.Deny, " ")}; got != [3]string{allow, once, deny} {
			t.Errorf("%q", got)
		}
	}
	step(OpAllow, "b.example")
	step(OpAllow, "B.example.")
	want("a.example b.example", "", "")
	step(OpDeny, "a.example")
	want("b.example", "", "a.example")
	step(OpAllow, "a.example")
	want("b.example a.example", "", "")
	step(OpOnce, "c.example")
	step(OpOnce, "c.example")
	want("b.example a.example", "c.example c.example", "")
	for i, ok := range []bool{true, true, false} {
		d, next := live.DecideOnce(target(t, "c.example", 443))
		if d.OK() != ok {
			t.Errorf("time %d: %+v", i, d)
		}
		live = next
	}
	step(OpOnce, "c.example")
	step(OpDeny, "c.example")
	want("b.example a.example", "", "c.example")
	for _, c := range []Change{{Op: OpAllow, Rules: []string{"**"}}, {Op: "burn"}, {Op: OpDeny, Rules: make([]string, 1)}} {
		if next, err := live.Apply(c); err == nil || !reflect.DeepEqual(next, live) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if back, err := live.State().Live(); err != nil || !reflect.DeepEqual(back.State(), live.State()) {
		t.Errorf("back: %+v, %v", back, err)
	}
	if _, err := live.Apply(Change{Op: OpShow}); err != nil {
		t.Error(err)
	}
	many := make([]string, maxRules+1)
	for i := range many {
		many[i] = "a" + strings.Repeat("b", i%50) + ".example"
	}
	if _, err := live.Apply(Change{Op: OpOnce, Rules: many}); err == nil {
		t.Error("no bound on rules")
	}
}

func TestLines(t *testing.T) {
	e := Event{Time: time.Unix(1, 0).UTC(), Session: "s", Kind: KindTunnel, Host: "a.example", Port: 443, Verdict: VerdictBlocked, Reason: NotAllowed}
	line := e.Line()
	if got := string(line); got != `{"time":"1970-01-01T00:00:01Z","session":"s","kind":"tunnel","host":"a.example","port":443,"verdict":"blocked","reason":"not-allowed"}`+"\n" {
		t.Errorf("%s", got)
	}
	if back, err := ParseLine(line); err != nil || back != e {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{"", "x", "[]", strings.Repeat(" ", 3) + `{"time":3}`, `{"note":"` + strings.Repeat("x", maxLine) + `"}`} {
		if _, err := ParseLine([]byte(bad)); err == nil {
			t.Errorf("%.20q is taken", bad)
		}
	}
	if _, ok := ParseHook("rm -rf"); ok {
		t.Error("any word is a hook")
	}
	if h, ok := ParseHook("finished"); !ok || h != HookFinished {
		t.Error("finished is none")
	}
}
