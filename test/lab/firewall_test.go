package lab

import (
	"reflect"
	"strings"
	"testing"
)

// fixture has the rules of two engines, docker0's and dclab1's.
func fixture() rules {
	return rules{
		"filter": strings.Split(`-P FORWARD DROP
-N DOCKER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o dclab1 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 ! -s 10.213.128.64/26 -o br-0123456789ab -j DROP
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -i dclab1 ! -o dclab1 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-USER -m comment --comment "a comment" -j RETURN`, "\n"),
		"nat": strings.Split(`-A POSTROUTING -s 10.213.0.0/24 ! -o dclab1 -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN`, "\n"),
	}
}

func TestLostRules(t *testing.T) {
	// dclab1's engine has just started and emptied the chains.
	now := rules{"filter": {"-A DOCKER-ISOLATION-STAGE-1 -j RETURN"}, "nat": {}}
	got := lost(fixture(), now, "dclab1")
	want := []string{
		"iptables -w -t filter -I DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
		"iptables -w -t filter -I DOCKER-ISOLATION-STAGE-1 ! -s 10.213.128.64/26 -o br-0123456789ab -j DROP",
		"iptables -w -t filter -I DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
		"iptables -w -t nat -I DOCKER -i docker0 -j RETURN",
	}
	if lines := joined(got); !reflect.DeepEqual(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if again := lost(fixture(), fixture(), "dclab1"); again != nil {
		t.Errorf("rules that are there count as lost: %v", again)
	}
	if none := lost(rules{}, fixture(), "dclab1"); none != nil {
		t.Errorf("out of nothing: %v", none)
	}
}

func TestOwnRules(t *testing.T) {
	got := joined(ownRules(fixture(), []string{"dclab1"}, prefixes(t, "10.213.0.0/24", "10.213.128.0/17")))
	want := []string{
		"iptables -w -t filter -D FORWARD -o dclab1 -j DOCKER",
		"iptables -w -t filter -D DOCKER-ISOLATION-STAGE-1 ! -s 10.213.128.64/26 -o br-0123456789ab -j DROP",
		"iptables -w -t filter -D DOCKER-ISOLATION-STAGE-1 -i dclab1 ! -o dclab1 -j DOCKER-ISOLATION-STAGE-2",
		"iptables -w -t nat -D POSTROUTING -s 10.213.0.0/24 ! -o dclab1 -j MASQUERADE",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBridgesWithin(t *testing.T) {
	got := bridgesWithin(fixture(), prefixes(t, "10.213.128.0/17"))
	if want := []string{"br-0123456789ab"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := bridgesWithin(fixture(), prefixes(t, "172.17.0.0/16")); got != nil {
		t.Errorf("another engine's own bridge: %v", got)
	}
}

func joined(calls [][]string) []string {
	var out []string
	for _, c := range calls {
		out = append(out, strings.Join(c, " "))
	}
	return out
}
