package menu

import (
	"fmt"
	"strconv"

	"dclaude/launcher/tty"
)

// Settings are those settings of new sessions that the menu can change.
type Settings struct {
	Isolation string
	Memory    int64   // bytes, 0 for no limit
	CPUs      float64 // processors, 0 for no limit
	Pids      int64   // 0 for the engine's own limit
	// Fixed names, by setting, what the value comes from if that beats the file:
	// a variable.
	Fixed map[string]string
	// Problem says why the configuration file cannot be used, or is empty.
	Problem string
}

// choice is a setting with the values that the menu offers.
type choice struct {
	setting, title string
	// value is the present one, as in the file, and shown what people read.
	value, shown string
	options      []option
}

type option struct{ value, label string }

func choices(s Settings) []choice {
	return []choice{
		{"isolation", "Isolation", s.Isolation, tty.Visible(s.Isolation, 20), []option{{"auto", "Automatic"}, {"gvisor", "Only with gVisor"}, {"runc", "Without gVisor"}}},
		{"memory", "Memory", strconv.FormatInt(s.Memory, 10), amount(s.Memory), []option{{"0", "No Limit"}, gigabytes(4), gigabytes(8), gigabytes(16)}},
		{"cpus", "Processors", strconv.FormatFloat(s.CPUs, 'f', -1, 64), strconv.FormatFloat(s.CPUs, 'f', -1, 64), []option{{"0", "No Limit"}, {"1", "1"}, {"2", "2"}, {"4", "4"}}},
		{"pids", "Processes", strconv.FormatInt(s.Pids, 10), processes(s.Pids), []option{{"1024", "1024"}, {"4096", "4096"}, {"16384", "16384"}}},
	}
}

func gigabytes(n int64) option {
	return option{strconv.FormatInt(n<<30, 10), fmt.Sprintf("%d GB", n)}
}

func processes(n int64) string {
	if n == 0 {
		return "the Engine's Limit"
	}
	return strconv.FormatInt(n, 10)
}

// amount shows bytes in the largest unit that they are a multiple of.
func amount(n int64) string {
	for i, unit := range []string{"GB", "MB", "kB"} {
		if size := int64(1) << (30 - 10*i); n != 0 && n%size == 0 {
			return fmt.Sprintf("%d %s", n/size, unit)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

// limitsMenu shows under what the next sessions run, and how much they may take.
func limitsMenu(v View) Item {
	s := v.Settings
	menu := Item{Key: "limits", Label: "Isolation and Limits"}
	for _, c := range choices(s) {
		menu.Children = append(menu.Children, c.items(!v.works() || s.Problem != "", s.Fixed[c.setting])...)
		menu.Children = append(menu.Children, separator("limits."+c.setting+".end"))
	}
	menu.Children = append(menu.Children, Item{Key: "limits.note", Label: "For sessions that start from now on", Disabled: true})
	return menu
}

// items are a heading and what can be chosen, the present value marked. One that
// is not among those that are offered has a line of its own.
func (c choice) items(disabled bool, fixed string) []Item {
	key := "limits." + c.setting
	shown, offered := c.shown, false
	var items []Item
	for _, o := range c.options {
		mark := MarkOff
		if o.value == c.value {
			shown, offered, mark = o.label, true, MarkGood
		}
		items = append(items, Item{
			Key: key + "." + o.value, Label: o.label, Mark: mark, Disabled: disabled || fixed != "",
			Action: Action{Kind: ChangeSetting, Setting: c.setting, Value: o.value},
		})
	}
	heading := c.title + ": " + shown
	if fixed != "" {
		heading += ", set by " + tty.Visible(fixed, nameWidth)
	}
	items = append(items, Item{Key: key + ".other", Label: c.shown, Mark: MarkGood, Disabled: true, Hidden: offered || c.value == ""})
	return append([]Item{{Key: key, Label: heading, Disabled: true}}, items...)
}
