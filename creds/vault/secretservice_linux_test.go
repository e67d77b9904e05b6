package vault

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"

	"dclaude/creds"
	"dclaude/test/desktop"
)

const (
	root       = dbus.ObjectPath("/org/freedesktop/secrets")
	collection = root + "/collection/login"
	nowhere    = dbus.ObjectPath("/")
)

// secretService offers as much of the Secret Service as a program needs that
// stores an item: https://specifications.freedesktop.org/secret-service/. Its
// one collection is open, and it never asks.
type secretService struct {
	conn *dbus.Conn

	mu     sync.Mutex
	items  map[dbus.ObjectPath]secretItem
	serial int
}

type secretItem struct {
	attributes map[string]string
	secret     wireSecret
}

// wireSecret is the specification's structure "Secret".
type wireSecret struct {
	Session     dbus.ObjectPath
	Parameters  []byte
	Value       []byte
	ContentType string
}

func (s *secretService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	return dbus.MakeVariant(""), root + "/session/1", nil
}

func (s *secretService) Unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return objects, nowhere, nil
}

func (s *secretService) SearchItems(want map[string]string) ([]dbus.ObjectPath, *dbus.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []dbus.ObjectPath{}
	for path, it := range s.items {
		if maps.Equal(it.attributes, want) {
			found = append(found, path)
		}
	}
	return found, nil
}

func (s *secretService) CreateItem(properties map[string]dbus.Variant, secret wireSecret, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	attributes, _ := properties["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	same, _ := s.SearchItems(attributes)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, path := range same {
		delete(s.items, path)
	}
	s.serial++
	path := dbus.ObjectPath(fmt.Sprintf("%s/%d", collection, s.serial))
	s.items[path] = secretItem{attributes, secret}
	if err := s.conn.Export(servedItem{s, path}, path, "org.freedesktop.Secret.Item"); err != nil {
		return nowhere, nowhere, dbus.MakeFailedError(err)
	}
	return path, nowhere, nil
}

func (s *secretService) Close() *dbus.Error { return nil }

type servedItem struct {
	service *secretService
	path    dbus.ObjectPath
}

func (i servedItem) GetSecret(dbus.ObjectPath) (wireSecret, *dbus.Error) {
	i.service.mu.Lock()
	defer i.service.mu.Unlock()
	return i.service.items[i.path].secret, nil
}

func (i servedItem) Delete() (dbus.ObjectPath, *dbus.Error) {
	i.service.mu.Lock()
	defer i.service.mu.Unlock()
	delete(i.service.items, i.path)
	return nowhere, nil
}

func serve(t *testing.T, bus *desktop.Bus) *secretService {
	t.Helper()
	s := &secretService{conn: bus.Connect(), items: map[dbus.ObjectPath]secretItem{}}
	for path, name := range map[dbus.ObjectPath]string{
		root: "org.freedesktop.Secret.Service", collection: "org.freedesktop.Secret.Collection", root + "/session/1": "org.freedesktop.Secret.Session",
	} {
		must(t, s.conn.Export(s, path, name))
	}
	_, err := prop.Export(s.conn, root, prop.Map{"org.freedesktop.Secret.Service": {
		"Collections": {Value: []dbus.ObjectPath{collection}, Emit: prop.EmitFalse},
	}})
	must(t, err)
	reply, err := s.conn.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the service's name: %v, %v", reply, err)
	}
	return s
}

// On a desktop's bus: first without a Secret Service, which leaves the file,
// then with one, which takes the secret over. It is one test because a process
// keeps its connection to its bus.
func TestSecretService(t *testing.T) {
	bus := desktop.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	v := New(t.TempDir(), os.LookupEnv)
	if v.system == nil {
		t.Fatal("the bus is not used")
	}
	where, err := v.Set(t.Context(), creds.SourceToken, token, now)
	if err != nil || where != v.path(creds.SourceToken) || v.token(t) != token {
		t.Fatalf("without the service: %q, %v", where, err)
	}
	service := serve(t, bus)
	where, err = v.Set(t.Context(), creds.SourceToken, token+"-2", now)
	if err != nil || !strings.Contains(where, "Secret Service") || v.token(t) != token+"-2" || fileExists(v.path(creds.SourceToken)) {
		t.Fatalf("with the service: %q, %v", where, err)
	}
	_, err = v.Set(t.Context(), creds.SourceAPIKey, "sk-ant-api03-x", now)
	must(t, err)
	_, err = v.Set(t.Context(), creds.SourceToken, token+"-3", now)
	must(t, err)
	if v.token(t) != token+"-3" || len(service.items) != 2 {
		t.Errorf("%d items", len(service.items))
	}
	for _, it := range service.items {
		if it.attributes["service"] != "dclaude" {
			t.Errorf("an item is filed under %v", it.attributes)
		}
	}
	must(t, v.Forget(t.Context(), creds.SourceToken))
	if v.token(t) != "" || len(service.items) != 1 {
		t.Errorf("%d items after one was forgotten", len(service.items))
	}
}

// Where there is no bus, none is launched for the purpose.
func TestNoBus(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"nothing set": {}, "an empty address": {"DBUS_SESSION_BUS_ADDRESS": ""}, "a folder without a bus": {"XDG_RUNTIME_DIR": t.TempDir()},
	} {
		v := New(t.TempDir(), func(name string) (string, bool) { value, ok := env[name]; return value, ok })
		if v.system != nil {
			t.Errorf("%s: there is a system's store", name)
		}
	}
}
