package engine

import "strings"

// The operations that errors name. Those on which classifyStatus depends are
// compared, so each call uses the constant.
const (
	opConnect        = "connect to the engine"
	opInfo           = "ask the engine about itself"
	opCreate         = "create container"
	opStart          = "start container"
	opAttach         = "attach to container"
	opWait           = "wait for container"
	opResize         = "resize the terminal of container"
	opStop           = "stop container"
	opKill           = "signal container"
	opRemove         = "remove container"
	opRead           = "read a file of container"
	opExec           = "run a command in container"
	opInspect        = "inspect container"
	opList           = "list containers"
	opStats          = "measure container"
	opEvents         = "watch the engine"
	opImage          = "inspect image"
	opListImages     = "list images"
	opTagImage       = "tag image"
	opRemoveImage    = "remove image"
	opBuild          = "build image"
	opListVolumes    = "list volumes"
	opCreateVolume   = "create volume"
	opRemoveVolume   = "remove volume"
	opListNetworks   = "list networks"
	opCreateNetwork  = "create network"
	opRemoveNetwork  = "remove network"
	opConnectNetwork = "connect to network"
	opLogs           = "read the log of container"
)

// textPattern is a failure that engines tell apart by text alone.
type textPattern struct {
	// parts must all occur in the text, whatever its case.
	parts []string
	kind  Kind
}

// textPatterns holds every text by which a failure is recognised, first match
// first. Each has a message of a real engine in the tests.
var textPatterns = [...]textPattern{
	{[]string{"no space left on device"}, KindDiskFull},
	{[]string{"disk quota exceeded"}, KindDiskFull},
	{[]string{"bind source path does not exist"}, KindMount},
	{[]string{"mounts denied"}, KindMount},
	{[]string{"statfs ", "no such file or directory"}, KindMount},
	{[]string{"unknown or invalid runtime name"}, KindUnknownRuntime},
	{[]string{"unknown runtime specified"}, KindUnknownRuntime},
	{[]string{"requested oci runtime", "is not available"}, KindUnknownRuntime},
	{[]string{"oci runtime"}, KindRuntimeFailed},
	{[]string{"failed to create shim"}, KindRuntimeFailed},
	{[]string{"failed to start shim"}, KindRuntimeFailed},
	{[]string{"pool overlaps with other one"}, KindAddressInUse},
	{[]string{"no such image"}, KindNoImage},
	// Podman's answer about a container that goes at that moment has no status of its own.
	{[]string{"no container with id", "no such container"}, KindNotFound},
	{[]string{"image not known"}, KindNoImage},
	// The client drops the answer to a request to attach and keeps its number.
	{[]string{"unable to upgrade to tcp, received 404"}, KindNotFound},
	{[]string{"unable to upgrade to tcp, received 409"}, KindNotRunning},
}

func classifyText(text string) (Kind, bool) {
	text = strings.ToLower(text)
next:
	for _, p := range textPatterns {
		for _, part := range p.parts {
			if !strings.Contains(text, part) {
				continue next
			}
		}
		return p.kind, true
	}
	return KindOther, false
}
