//! The import law: who may import whom, touch what, and say what.

/// Nouns in their order: each may import those above it.
pub(crate) const NOUNS: &str = "ids ownership message capability permission account pattern request answer facts failure refusal plan diagnosis";

/// Verbs, and what each may import. What is not here belongs to `lib`, which may import everything.
pub(crate) const VERBS: &[(&str, &str)] = &[
    // `answer`: what an engine says of itself is read into it.
    ("parse", "ids capability permission account request answer"),
    (
        "observe",
        "ids ownership message capability permission account pattern request facts failure parse",
    ),
    (
        "decide",
        "ids ownership message capability permission account pattern request answer facts failure refusal plan diagnosis parse",
    ),
    ("render", NOUNS),
    // `parse`: what the kernel says after the drop is read by the parser of what it said before. `message`: why COMMAND
    // does not run is said where it is known. `request` and `answer`: where to connect, and what came of it.
    (
        "act",
        "ids ownership message capability permission request answer facts failure plan parse sweep",
    ),
    // What `act` changes and what a dry run counts is found by the same walk.
    ("sweep", "ids ownership failure"),
    (
        "cli",
        "ids capability permission account pattern request refusal parse",
    ),
];

/// Rooms besides the nouns that look at nothing but their arguments.
pub(crate) const PURE: &[&str] = &["parse", "decide", "render"];

/// What they have no business with: the world, or a crate that leads there.
pub(crate) const WORLD: &str = "std::env std::fs std::net std::os::fd std::os::unix::fs std::os::unix::io \
    std::os::unix::net std::os::unix::process std::process std::thread std::time::Instant std::time::SystemTime std::io::stdin std::io::stdout \
    std::io::stderr rustix nix libc users sigpipe lexopt";

/// Methods of std's paths that ask the file system.
pub(crate) const LOOKS: &str = ".exists() | .try_exists() | .is_file() | .is_dir() | .is_symlink() | .metadata() | \
    .symlink_metadata() | .canonicalize() | .read_link() | .read_dir()";

/// What changes the world: `act` alone may.
pub(crate) const CHANGES: &str = "File::create | OpenOptions | fs::write | fs::remove_ | fs::rename | fs::copy | \
    fs::create_dir | fs::set_permissions | OFlags::CREATE | OFlags::WRONLY | OFlags::RDWR | OFlags::TRUNC | \
    OFlags::APPEND | renameat | unlinkat | mkdirat | symlinkat | linkat | fchown | fchmod | chownat | chmodat | \
    setxattr | ftruncate | fsync | fcntl_lock | set_thread_ | set_no_new_privs | set_keep_capabilities | \
    thread::set_capabilities | remove_capability_from | configure_capability | execve | process::Command | set_var | \
    remove_var | umask(";

/// What may stand on no path after start-up, and what hides an error.
pub(crate) const FORBIDDEN: &str = ".unwrap( | .expect( | \
    panic!( | todo!( | unimplemented!( | unreachable!( | dbg!( | let _ = | .ok(); | assert!( | assert_eq!( | print!( | \
    println!( | eprint!( | eprintln!(";

/// What the compiler cannot check, and the one file that may hold it: there is no safe wrapper for what it does.
pub(crate) const UNSAFE: &str = "unsafe fn | unsafe { | unsafe impl | unsafe extern";
pub(crate) const UNSAFE_FILE: &str = "act/init/raw.rs";

/// The longest file, without its tests, and the longest function, in lines.
pub(crate) const MAX_FILE: usize = 300;
pub(crate) const MAX_FUNCTION: usize = 60;

/// Functions that are longer today; the same holds.
pub(crate) const LONG_FUNCTIONS: &[&str] = &[
    "refusal/findings.rs: message",
    "refusal/refusals.rs: message",
];
