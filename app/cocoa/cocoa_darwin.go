package cocoa

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/ebitengine/purego/objc"
)

// Load loads a framework of Frameworks. Its classes are not there before.
func Load(framework string) error {
	path := "/System/Library/Frameworks/" + framework + ".framework/" + framework
	if _, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL); err != nil {
		return fmt.Errorf("load %s: %w", framework, err)
	}
	return nil
}

// Send sends a message of Selectors. Arguments are objc.ID, bool, integers.
func Send(to objc.ID, selector string, args ...any) objc.ID {
	return objc.Send[objc.ID](to, objc.RegisterName(selector), args...)
}

// Class is a class of Classes as an object to send to, or 0 where this version
// of macOS does not have it.
func Class(name string) objc.ID { return objc.ID(objc.GetClass(name)) }

// String makes an NSString, which the caller releases with Release. Text that
// is not UTF-8 makes an empty one.
func String(text string) objc.ID {
	// Zero-terminated by purego; the runtime copies it.
	s := Send(Send(Class("NSString"), "alloc"), "initWithUTF8String:", text)
	if s == 0 {
		return String("")
	}
	return s
}

// Release gives up an object.
func Release(id objc.ID) { Send(id, "release") }

// GoString is the text of an NSString; that of nil is empty.
func GoString(id objc.ID) string {
	if id == 0 {
		return ""
	}
	return objc.Send[string](id, objc.RegisterName("UTF8String"))
}

// Items are the objects of an NSArray.
func Items(array objc.ID) []objc.ID {
	if array == 0 {
		return nil
	}
	var out []objc.ID
	for i := range objc.Send[uint64](array, objc.RegisterName("count")) {
		out = append(out, Send(array, "objectAtIndex:", i))
	}
	return out
}

// Paths are the paths of an NSArray of NSURLs that are files.
func Paths(urls objc.ID) []string {
	var out []string
	for _, u := range Items(urls) {
		if objc.Send[bool](u, objc.RegisterName("isFileURL")) {
			out = append(out, GoString(Send(u, "path")))
		}
	}
	return out
}

// Answer adds a method of Answered to a class. function begins with (objc.ID,
// objc.SEL); it is never freed. It reports false where the class has one.
func Answer(class objc.Class, selector string, function any) bool {
	return class.AddMethod(objc.RegisterName(selector), objc.NewIMP(function), types(selector))
}

// types returns the encoding of an answered selector, or "".
func types(name string) string {
	for _, s := range Answered() {
		if s.Name == name {
			return s.Types
		}
	}
	return ""
}

// invokeOffset is where a block keeps the address of its function, by the Block
// ABI of clang: after isa, flags and a reserved word.
const invokeOffset = 16

// CallBlock calls a block that macOS has handed to us, such as a completion
// handler. objc.Block.Invoke is only for blocks made by NewBlock.
func CallBlock(block objc.ID, args ...uintptr) {
	if block == 0 {
		return
	}
	invoke := *(*uintptr)(unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&block)), invokeOffset))
	purego.SyscallN(invoke, append([]uintptr{uintptr(block)}, args...)...)
}

// queue are the functions that wait for the main thread.
type queue struct {
	mu    sync.Mutex
	tasks []func()
	main  uintptr // the main dispatch queue
	run   uintptr // the callback that runs the next task
	async func(queue, context, work uintptr)
}

// mainQueue is made once: callbacks are never freed.
var mainQueue = sync.OnceValues(func() (*queue, error) {
	q := &queue{}
	lib, err := purego.Dlopen("/usr/lib/libSystem.B.dylib", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	if q.main, err = purego.Dlsym(lib, "_dispatch_main_q"); err != nil {
		return nil, err
	}
	purego.RegisterLibFunc(&q.async, lib, "dispatch_async_f")
	q.run = purego.NewCallback(func(uintptr) uintptr {
		q.mu.Lock()
		task := q.tasks[0]
		q.tasks = q.tasks[1:]
		q.mu.Unlock()
		task()
		return 0
	})
	return q, nil
})

// OnMain runs f on the main thread, where AppKit wants to be called, and
// returns at once. Functions run in the order in which they were given.
func OnMain(f func()) error {
	q, err := mainQueue()
	if err != nil {
		return fmt.Errorf("find the main thread: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = append(q.tasks, f)
	q.async(q.main, 0, q.run)
	return nil
}
