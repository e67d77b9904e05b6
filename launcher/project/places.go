package project

// secretPlaces lists what in a home folder holds keys, logins or private data, or
// leads to it. Some are files: they stand for the folder around them, which is
// refused because it contains them.
func secretPlaces(goos string) []string {
	places := []string{
		// Keys and password stores.
		".ssh", ".gnupg", ".pki", ".password-store", ".netrc", ".git-credentials", ".vault-token",
		".config/op", ".op", ".config/1Password", ".config/Bitwarden", ".config/Bitwarden CLI",
		".config/keepassxc", ".config/sops", ".config/age", ".local/share/keyrings", ".local/share/kwalletd",
		// Clouds and registries.
		".aws", ".azure", ".config/gcloud", ".kube", ".config/helm", ".oci", ".bluemix", ".aliyun", ".fly",
		".config/doctl", ".config/hcloud", ".config/rclone", ".terraform.d", ".npmrc", ".pypirc",
		".cargo/credentials.toml", ".m2/settings.xml", ".gradle/gradle.properties",
		// Forges and assistants.
		".config/gh", ".config/glab-cli", ".config/hub", ".config/github-copilot",
		".claude", ".claude.json", ".config/claude", ".codex", ".gemini",
		// Engines: their socket is as good as the whole machine.
		".docker", ".orbstack", ".colima", ".config/colima", ".lima", ".rd",
		".config/containers", ".local/share/docker", ".local/share/containers",
		// Browsers and mail.
		".mozilla", ".thunderbird", ".config/google-chrome", ".config/chromium", ".config/BraveSoftware",
		".config/microsoft-edge", ".config/vivaldi", ".config/opera", "snap/firefox", "snap/chromium", ".var/app",
	}
	if goos == "darwin" {
		places = append(places,
			"Library/Keychains", "Library/Cookies", "Library/Safari", "Library/Mail", "Library/Messages",
			"Library/Containers", "Library/Group Containers",
			"Library/Application Support/Google", "Library/Application Support/Chromium",
			"Library/Application Support/Firefox", "Library/Application Support/BraveSoftware",
			"Library/Application Support/Microsoft Edge", "Library/Application Support/Arc",
			"Library/Application Support/Vivaldi", "Library/Application Support/com.operasoftware.Opera",
			"Library/Application Support/Claude", "Library/Application Support/com.apple.TCC",
		)
	}
	return places
}

// machineSecrets lists what outside of homes is never given away.
func machineSecrets() []string {
	return []string{
		"/etc/ssh", "/etc/ssl/private", "/etc/shadow", "/etc/sudoers.d", "/run/user", "/run/docker.sock",
		"/var/lib/docker", "/var/lib/containerd", "/Library/Keychains",
	}
}

// startupPlaces lists what in a home folder is run, or decides what is run,
// without the user's doing.
func startupPlaces() []string {
	return []string{
		".local/bin", ".config/autostart", ".config/systemd", ".config/environment.d",
		".local/share/systemd", ".local/share/applications", ".config/git",
	}
}

// homeParents lists the folders in which each folder is a user's home.
func homeParents() []string { return []string{"/home", "/Users", "/var/home"} }

// rootHomes lists where the administrator lives.
func rootHomes() []string { return []string{"/root", "/var/root"} }

// systemFolder is a folder of the operating system.
type systemFolder struct {
	path string
	// alone refuses the folder and not what is in it.
	alone bool
	// never lets nothing in it be overridden.
	never bool
}

// systemFolders lists the folders of the operating system goos. Paths of a Mac
// are written without /private.
func systemFolders(goos string) []systemFolder {
	folders := []systemFolder{
		{path: "/bin"}, {path: "/sbin"}, {path: "/usr"}, {path: "/etc"}, {path: "/var"}, {path: "/nix"},
		{path: "/dev", never: true},
		{path: "/home", alone: true}, {path: "/opt", alone: true}, {path: "/tmp", alone: true},
	}
	if goos == "darwin" {
		return append(folders,
			// It has the volume with everybody's data in it.
			systemFolder{path: "/System/Volumes", alone: true, never: true},
			systemFolder{path: "/System"}, systemFolder{path: "/Library"}, systemFolder{path: "/Applications"},
			systemFolder{path: "/cores"}, systemFolder{path: "/Network"}, systemFolder{path: "/private"},
			systemFolder{path: "/opt/homebrew"}, systemFolder{path: "/.vol", never: true},
			systemFolder{path: "/Users", alone: true}, systemFolder{path: "/Volumes", alone: true},
		)
	}
	return append(folders,
		systemFolder{path: "/boot"}, systemFolder{path: "/run"}, systemFolder{path: "/snap"}, systemFolder{path: "/gnu"},
		systemFolder{path: "/lib"}, systemFolder{path: "/lib32"}, systemFolder{path: "/lib64"},
		systemFolder{path: "/libx32"}, systemFolder{path: "/libexec"}, systemFolder{path: "/lost+found"},
		systemFolder{path: "/home/linuxbrew/.linuxbrew"},
		systemFolder{path: "/proc", never: true}, systemFolder{path: "/sys", never: true},
		systemFolder{path: "/mnt", alone: true}, systemFolder{path: "/media", alone: true}, systemFolder{path: "/srv", alone: true},
	)
}

// workingArea is a part of a system folder in which people do work.
type workingArea struct {
	path string
	// depth is how many levels under path a folder must be: 4 in /var/folders,
	// whose first three levels are the system's own.
	depth int
}

func workingAreas() []workingArea {
	return []workingArea{
		{"/var/tmp", 1}, {"/var/folders", 4}, {"/var/www", 1}, {"/usr/src", 1}, {"/usr/local/src", 1},
		{"/dev/shm", 1}, {"/run/media", 2},
	}
}
