package notices

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/licensecheck"
)

// allowed are the licences under which dclaude links code, by their SPDX
// identifiers. All but one ask for no more than to pass their text on. The
// MPL-2.0 asks that the source of its files can be had, which holds as long as
// they are not changed: the notices name module and version.
func allowed() []string {
	return []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0"}
}

// recognised is how much of a licence's text, in percent, has to be known. The
// rest is the names of its authors.
const recognised = 90

var (
	passedOn = regexp.MustCompile(`(?i)^(.+-)?(licen[cs]e|copying|copyright|notice|patents|unlicense)([-.].*)?$`)
	licence  = regexp.MustCompile(`(?i)licen[cs]e|copying`)
)

// IsText tells from a file's name whether its text has to be passed on. What
// covers only documentation has not: none is shipped.
func IsText(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return passedOn.MatchString(name) && ext != ".go" && ext != ".docs"
}

// Licences returns the licences that the texts of a module are, sorted. It is
// an error if there is none, or one that is unknown or not to be linked.
func Licences(m Module) ([]string, error) {
	var found []string
	for _, t := range m.Texts {
		if !utf8.ValidString(t.Content) {
			return nil, fmt.Errorf("%s: %s is not UTF-8: how it is to be read has to be found out first", m.name(), t.Name)
		}
		if !licence.MatchString(path.Base(t.Name)) {
			continue
		}
		cover := licensecheck.Scan([]byte(readable(t.Content)))
		if len(cover.Match) == 0 || cover.Percent < recognised {
			return nil, fmt.Errorf("%s: %s is no licence that is known: %.0f %% of it was recognised", m.name(), t.Name, cover.Percent)
		}
		for _, match := range cover.Match {
			if !slices.Contains(allowed(), match.ID) {
				return nil, fmt.Errorf("%s: %s is under %s, which is not among the licences that dclaude may link", m.name(), t.Name, match.ID)
			}
			found = append(found, match.ID)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: there is no licence", m.name())
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// judgeAll returns the licences of each module, or all that is wrong.
func judgeAll(modules []Module) ([][]string, error) {
	var all [][]string
	var wrong []error
	for _, m := range modules {
		found, err := Licences(m)
		wrong = append(wrong, err)
		all = append(all, found)
	}
	return all, errors.Join(wrong...)
}
