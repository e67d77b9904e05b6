package verify

import (
	"reflect"
	"strings"
	"testing"
)

// good is what is seen when every promise is kept.
func good() Observations {
	o := Observations{Kernel: "Linux gVisor", GVisor: true, Network: "allowlist"}
	failed, worked := Attempt{Done: true, Seen: "refused"}, Attempt{Done: true, Succeeded: true, Seen: "yes"}
	v := reflect.ValueOf(&o).Elem()
	for i := range v.NumField() {
		if v.Field(i).Type() == reflect.TypeFor[Attempt]() {
			v.Field(i).Set(reflect.ValueOf(failed))
		}
	}
	o.WriteProject, o.Conversation, o.Terminal = worked, worked, worked
	return o
}

func TestAllKept(t *testing.T) {
	results := Judge(good())
	for _, r := range results {
		if r.Status != Kept || r.Seen == "" || r.Tried == "" || r.Promise == "" {
			t.Errorf("%+v", r)
		}
	}
	if Failed(results) || Summary(results) != "17 kept" {
		t.Errorf("summary: %s", Summary(results))
	}
}

// Every attempt counts: turned round, or not made, it breaks one promise.
func TestEachObservationCounts(t *testing.T) {
	attempts := reflect.TypeFor[Observations]()
	for i := range attempts.NumField() {
		if attempts.Field(i).Type != reflect.TypeFor[Attempt]() {
			continue
		}
		for name, change := range map[string]func(*Attempt){
			"turned round":   func(a *Attempt) { a.Succeeded = !a.Succeeded },
			"not made":       func(a *Attempt) { *a = Attempt{} },
			"not made, why":  func(a *Attempt) { *a = Attempt{Seen: "no time"} },
			"not to its end": func(a *Attempt) { a.Done = false },
		} {
			o := good()
			change(reflect.ValueOf(&o).Elem().Field(i).Addr().Interface().(*Attempt))
			results, broken := Judge(o), 0
			for _, r := range results {
				if r.Status == Broken {
					broken++
				}
			}
			if broken != 1 || !Failed(results) || !strings.HasSuffix(Summary(results), "16 kept, 1 broken") {
				t.Errorf("%s %s: %d broken, %s", attempts.Field(i).Name, name, broken, Summary(results))
			}
		}
	}
}

// An attack that would have failed anyway proves nothing, unless it succeeded.
func TestPointlessAttacks(t *testing.T) {
	o := good()
	o.Internet.Pointless = "this machine is offline"
	results := Judge(o)
	if Failed(results) || Summary(results) != "16 kept, 1 not looked at" {
		t.Errorf("it failed: %s", Summary(results))
	}
	for _, r := range results {
		if r.Status == Skipped && r.Seen != "this machine is offline" {
			t.Errorf("%+v", r)
		}
	}
	o.Internet.Succeeded = true
	if !Failed(Judge(o)) {
		t.Error("it succeeded, and is taken for pointless")
	}
	o.Internet.Succeeded, o.Internet.Done = false, false
	if !Failed(Judge(o)) {
		t.Error("it was not made, and is taken for pointless")
	}
}

func TestKernelAndNetwork(t *testing.T) {
	o := good()
	o.Kernel, o.GVisor = "Linux version 6.18", false
	if r := Judge(o)[0]; r.Status != Broken || r.Seen != "Linux version 6.18" {
		t.Errorf("%+v", r)
	}
	o.Kernel = ""
	if r := Judge(o)[0]; r.Status != Broken || r.Seen == "" {
		t.Errorf("%+v", r)
	}
	o = good()
	o.Network, o.Names.Succeeded = "open", true
	found := false
	for _, r := range Judge(o) {
		found = found || r.Status == Broken && strings.Contains(r.Seen, `network = "open"`)
	}
	if !found {
		t.Error("an open network is not named as the reason")
	}
	o = good()
	o.Network, o.Conversation = "none", Attempt{}
	if results := Judge(o); Failed(results) || Summary(results) != "16 kept, 1 not looked at" {
		t.Errorf("no network: %s", Summary(results))
	}
}
