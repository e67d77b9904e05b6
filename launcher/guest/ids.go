package guest

import "dclaude/launcher/handoff"

// Ids of which a sandbox takes one for itself: nobody's, in every system, and
// its neighbour for a session whose user is nobody.
const (
	nobody      = 65534
	nobodysTwin = 65533
)

// idMap maps one id of a user namespace to one of the container.
type idMap struct {
	Inside  int `json:"inside"`
	Outside int `json:"outside"`
}

// identity says who a nested session is: the ids of its processes inside
// gVisor, and the maps of the user namespace that gVisor runs in. Root of that
// namespace is nobody in the container, and the session's ids are the only
// others it can act for: so its files get their right owner, and no process of
// the sandbox is the container's root.
type identity struct {
	UID     int     `json:"uid"`
	GID     int     `json:"gid"`
	UIDs    []idMap `json:"uids"`
	GIDs    []idMap `json:"gids"`
	sandbox int     // the id, of user and group, that runsc has in the container
}

// identify decides on a session's ids. A project of root's (or one under a
// rootless engine, whose user is root in a container) keeps root as its owner,
// but the session is not root for that: inside it is the image's own user,
// whose id stands for the container's 0. The kernel lets only a holder of
// CAP_SETFCAP map that id (Linux 5.12 and later).
func identify(h handoff.Handoff, passwd []byte) identity {
	imageUID, imageGID, err := idsOf(passwd)
	if err != nil || imageUID == 0 || imageGID == 0 {
		imageUID, imageGID = 501, 20 // an image that somebody made otherwise
	}
	who := identity{UID: h.UID, GID: h.GID, sandbox: nobody}
	if h.UID == 0 {
		who.UID = imageUID
	}
	if h.GID == 0 {
		who.GID = imageGID
	}
	if h.UID == nobody || h.GID == nobody {
		who.sandbox = nobodysTwin
	}
	who.UIDs = []idMap{{0, who.sandbox}, {who.UID, h.UID}}
	who.GIDs = []idMap{{0, who.sandbox}, {who.GID, h.GID}}
	return who
}
