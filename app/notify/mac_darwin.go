package notify

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ebitengine/purego/objc"

	"dclaude/app/cocoa"
	"dclaude/app/menu"
)

// The values of UserNotifications that are used.
const (
	allowAlertAndSound = 1<<2 | 1<<1 // UNAuthorizationOptionAlert | Sound
	showBannerAndList  = 1<<4 | 1<<3 // UNNotificationPresentationOptionBanner | List
	actionForeground   = 1 << 2      // UNNotificationActionOptionForeground
	maxCategories      = 40          // one for each set of buttons
	scriptTime         = 5 * time.Second
	defaultIdentifier  = "com.apple.UNNotificationDefaultActionIdentifier"
)

// Center is the Service of macOS. Outside of a signed bundle macOS has none,
// and notifications come without buttons.
type Center struct {
	pressed func(menu.Action)
	center  objc.ID // 0 outside of a bundle

	mu         sync.Mutex
	shown      map[string]Note
	order      []string
	categories map[string]objc.ID // by their labels
}

// New returns the service. pressed gets the action of each button.
func New(pressed func(menu.Action)) (*Center, error) {
	c := &Center{pressed: pressed, shown: map[string]Note{}, categories: map[string]objc.ID{}}
	// Asking for the center outside of a bundle throws.
	if cocoa.Send(cocoa.Send(cocoa.Class("NSBundle"), "mainBundle"), "bundleIdentifier") == 0 {
		return c, nil
	}
	if err := cocoa.Load("UserNotifications"); err != nil {
		return nil, err
	}
	delegate, err := c.delegate()
	if err != nil {
		return nil, err
	}
	c.center = cocoa.Send(cocoa.Class("UNUserNotificationCenter"), "currentNotificationCenter")
	cocoa.Send(c.center, "setDelegate:", delegate) // not retained by it; ours is never released
	granted := objc.NewBlock(func(_ objc.Block, _ bool, _ objc.ID) {})
	cocoa.Send(c.center, "requestAuthorizationWithOptions:completionHandler:", uint64(allowAlertAndSound), objc.ID(granted))
	return c, nil
}

// delegate makes the object that macOS tells about presses.
func (c *Center) delegate() (objc.ID, error) {
	class, err := objc.RegisterClass("DClaudeNotifications", objc.GetClass("NSObject"), nil, nil, nil)
	if err != nil {
		return 0, err
	}
	cocoa.Answer(class, "userNotificationCenter:didReceiveNotificationResponse:withCompletionHandler:",
		func(_ objc.ID, _ objc.SEL, _, response, done objc.ID) {
			request := cocoa.Send(cocoa.Send(response, "notification"), "request")
			c.press(cocoa.GoString(cocoa.Send(request, "identifier")), cocoa.GoString(cocoa.Send(response, "actionIdentifier")))
			cocoa.CallBlock(done)
		})
	cocoa.Answer(class, "userNotificationCenter:willPresentNotification:withCompletionHandler:",
		func(_ objc.ID, _ objc.SEL, _, _, done objc.ID) { cocoa.CallBlock(done, showBannerAndList) })
	return cocoa.Send(cocoa.Send(objc.ID(class), "alloc"), "init"), nil
}

func (c *Center) press(id, key string) {
	c.mu.Lock()
	n := c.shown[id]
	c.mu.Unlock()
	if key == defaultIdentifier {
		key = defaultKey
	}
	if action, ok := n.action(key); ok {
		c.pressed(action)
	}
}

// Close implements Service.
func (c *Center) Close() {}

// Show implements Service.
func (c *Center) Show(n Note) error {
	if c.center == 0 {
		return script(n)
	}
	c.mu.Lock()
	c.shown[n.ID] = n
	c.order = append(slices.DeleteFunc(c.order, func(o string) bool { return o == n.ID }), n.ID)
	if len(c.order) > maxShown {
		delete(c.shown, c.order[0])
		c.order = c.order[1:]
	}
	c.mu.Unlock()
	return cocoa.OnMain(func() { c.show(n) })
}

// show runs on the main thread.
func (c *Center) show(n Note) {
	content := cocoa.Send(cocoa.Send(cocoa.Class("UNMutableNotificationContent"), "alloc"), "init")
	title, body, category, id := cocoa.String(n.Title), cocoa.String(n.Body), cocoa.String(c.category(n)), cocoa.String(n.ID)
	for _, o := range []objc.ID{content, title, body, category, id} {
		defer cocoa.Release(o)
	}
	cocoa.Send(content, "setTitle:", title)
	cocoa.Send(content, "setBody:", body)
	cocoa.Send(content, "setCategoryIdentifier:", category)
	request := cocoa.Send(cocoa.Class("UNNotificationRequest"), "requestWithIdentifier:content:trigger:", id, content, objc.ID(0))
	cocoa.Send(c.center, "addNotificationRequest:withCompletionHandler:", request, objc.ID(0))
}

// category makes sure that macOS knows the note's buttons, and names them.
func (c *Center) category(n Note) string {
	var labels []string
	for _, b := range n.Buttons {
		labels = append(labels, b.Label)
	}
	key := strings.Join(labels, "\n")
	if c.categories[key] != 0 || len(c.categories) >= maxCategories {
		return key
	}
	actions := cocoa.Send(cocoa.Class("NSMutableArray"), "array")
	for i, b := range n.Buttons {
		id, title := cocoa.String(strconv.Itoa(i)), cocoa.String(b.Label)
		action := cocoa.Send(cocoa.Class("UNNotificationAction"), "actionWithIdentifier:title:options:", id, title, uint64(actionForeground))
		cocoa.Send(actions, "addObject:", action)
		cocoa.Release(id)
		cocoa.Release(title)
	}
	name, none := cocoa.String(key), cocoa.Send(cocoa.Class("NSMutableArray"), "array")
	defer cocoa.Release(name)
	c.categories[key] = cocoa.Send(cocoa.Send(cocoa.Class("UNNotificationCategory"), "categoryWithIdentifier:actions:intentIdentifiers:options:", name, actions, none, uint64(0)), "retain")
	all := cocoa.Send(cocoa.Class("NSMutableArray"), "array")
	for _, category := range c.categories {
		cocoa.Send(all, "addObject:", category)
	}
	cocoa.Send(c.center, "setNotificationCategories:", cocoa.Send(cocoa.Class("NSSet"), "setWithArray:", all))
	return key
}

// script shows a note without buttons. Its texts are arguments, not script.
func script(n Note) error {
	ctx, cancel := context.WithTimeout(context.Background(), scriptTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/osascript",
		"-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run", "--", n.Title, n.Body)
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(errors.New("show a notification: "+strings.TrimSpace(string(out))), err)
	}
	return nil
}
