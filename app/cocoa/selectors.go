// Package cocoa is the bridge from Go to AppKit and its kin, by purego: no cgo,
// no SDK. It holds what the macOS halves of the app's packages share. The names
// in it are the only things that nothing checks before a Mac runs them, so all
// of them are in the tables of this file, and a test sees to it that the code
// uses no others.
package cocoa

// Selector is a message that is sent or answered.
type Selector struct {
	// Name is the selector, with one colon for each argument.
	Name string
	// Of is the class, or the protocol for what is answered.
	Of string
	// Types is the type encoding of what we answer, in the runtime's notation:
	// the result, then "@:" for self and selector, then the arguments. It is
	// empty for what we only send.
	Types string
}

// Selectors returns all that are sent to AppKit and other frameworks.
func Selectors() []Selector {
	return []Selector{
		{Name: "alloc", Of: "NSObject"},
		{Name: "init", Of: "NSObject"},
		{Name: "release", Of: "NSObject"},
		{Name: "retain", Of: "NSObject"},
		{Name: "initWithUTF8String:", Of: "NSString"},
		{Name: "UTF8String", Of: "NSString"},
		{Name: "array", Of: "NSMutableArray"},
		{Name: "addObject:", Of: "NSMutableArray"},
		{Name: "count", Of: "NSArray"},
		{Name: "objectAtIndex:", Of: "NSArray"},
		{Name: "arrayWithObject:", Of: "NSArray"},
		{Name: "setWithArray:", Of: "NSSet"},
		{Name: "path", Of: "NSURL"},
		{Name: "isFileURL", Of: "NSURL"},
		{Name: "localizedDescription", Of: "NSError"},
		{Name: "mainBundle", Of: "NSBundle"},
		{Name: "bundleIdentifier", Of: "NSBundle"},
		{Name: "sharedApplication", Of: "NSApplication"},
		{Name: "activateIgnoringOtherApps:", Of: "NSApplication"},
		{Name: "delegate", Of: "NSApplication"},
		{Name: "windows", Of: "NSApplication"},
		{Name: "setServicesProvider:", Of: "NSApplication"},
		{Name: "className", Of: "NSObject"},
		{Name: "openPanel", Of: "NSOpenPanel"},
		{Name: "setCanChooseDirectories:", Of: "NSOpenPanel"},
		{Name: "setCanChooseFiles:", Of: "NSOpenPanel"},
		{Name: "setAllowsMultipleSelection:", Of: "NSOpenPanel"},
		{Name: "setMessage:", Of: "NSSavePanel"},
		{Name: "setPrompt:", Of: "NSSavePanel"},
		{Name: "runModal", Of: "NSSavePanel"},
		{Name: "URLs", Of: "NSOpenPanel"},
		{Name: "button", Of: "NSStatusItem"},
		{Name: "setAutosaveName:", Of: "NSStatusItem"},
		{Name: "window", Of: "NSView"},
		{Name: "registerForDraggedTypes:", Of: "NSWindow"},
		{Name: "setDelegate:", Of: "NSWindow, UNUserNotificationCenter"},
		{Name: "draggingPasteboard", Of: "NSDraggingInfo"},
		{Name: "readObjectsForClasses:options:", Of: "NSPasteboard"},
		{Name: "sharedWorkspace", Of: "NSWorkspace"},
		{Name: "notificationCenter", Of: "NSWorkspace"},
		{Name: "addObserver:selector:name:object:", Of: "NSNotificationCenter"},
		{Name: "currentNotificationCenter", Of: "UNUserNotificationCenter"},
		{Name: "requestAuthorizationWithOptions:completionHandler:", Of: "UNUserNotificationCenter"},
		{Name: "setNotificationCategories:", Of: "UNUserNotificationCenter"},
		{Name: "addNotificationRequest:withCompletionHandler:", Of: "UNUserNotificationCenter"},
		{Name: "actionWithIdentifier:title:options:", Of: "UNNotificationAction"},
		{Name: "categoryWithIdentifier:actions:intentIdentifiers:options:", Of: "UNNotificationCategory"},
		{Name: "setTitle:", Of: "UNMutableNotificationContent"},
		{Name: "setBody:", Of: "UNMutableNotificationContent"},
		{Name: "setCategoryIdentifier:", Of: "UNMutableNotificationContent"},
		{Name: "requestWithIdentifier:content:trigger:", Of: "UNNotificationRequest"},
		{Name: "actionIdentifier", Of: "UNNotificationResponse"},
		{Name: "notification", Of: "UNNotificationResponse"},
		{Name: "request", Of: "UNNotification"},
		{Name: "identifier", Of: "UNNotificationRequest"},
		{Name: "mainAppService", Of: "SMAppService"},
		{Name: "registerAndReturnError:", Of: "SMAppService"},
		{Name: "unregisterAndReturnError:", Of: "SMAppService"},
		{Name: "status", Of: "SMAppService"},
	}
}

// Answered returns all that our methods answer, with their type encodings: v is
// nothing, B a BOOL, Q an NSUInteger, @ an object, @? a block, ^@ a pointer to
// an object.
func Answered() []Selector {
	return []Selector{
		{Name: "application:openURLs:", Of: "NSApplicationDelegate", Types: "v@:@@"},
		{Name: "draggingEntered:", Of: "NSDraggingDestination", Types: "Q@:@"},
		{Name: "performDragOperation:", Of: "NSDraggingDestination", Types: "B@:@"},
		{Name: "openInSandbox:userData:error:", Of: "NSServices (Info.plist: NSMessage openInSandbox)", Types: "v@:@@^@"},
		{Name: "dclaudeDidWake:", Of: "NSNotificationCenter observer", Types: "v@:@"},
		{Name: "userNotificationCenter:didReceiveNotificationResponse:withCompletionHandler:", Of: "UNUserNotificationCenterDelegate", Types: "v@:@@@?"},
		{Name: "userNotificationCenter:willPresentNotification:withCompletionHandler:", Of: "UNUserNotificationCenterDelegate", Types: "v@:@@@?"},
	}
}

// Classes returns the classes that are asked for by name.
func Classes() []string {
	return []string{
		"NSApplication", "NSArray", "NSBundle", "NSMutableArray", "NSObject", "NSOpenPanel", "NSSet", "NSString", "NSURL", "NSWorkspace",
		"SMAppService", "SystrayAppDelegate", "UNMutableNotificationContent", "UNNotificationAction", "UNNotificationCategory",
		"UNNotificationRequest", "UNUserNotificationCenter",
	}
}

// Frameworks returns those that are loaded, besides Foundation.
func Frameworks() []string { return []string{"AppKit", "ServiceManagement", "UserNotifications"} }
