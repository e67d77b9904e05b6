package handoff

// ImportName is the folder, beside those that a session may read, in which a
// container that imports conversations finds the volume that has them.
const ImportName = "claude-data"

// Imported is what an import did, as its container prints it.
type Imported struct {
	// Files and Bytes were copied, Conversations of the files among them.
	Files         int   `json:"files"`
	Bytes         int64 `json:"bytes"`
	Conversations int   `json:"conversations"`
	// Kept were there already, and Skipped are no files.
	Kept    int `json:"kept"`
	Skipped int `json:"skipped"`
}
