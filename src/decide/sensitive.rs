//! A group's name → does it mean something in an image?

/// Groups that mean something in an image: reusing one opens what it opens there.
const SENSITIVE: [&str; 29] = [
    "adm",
    "backup",
    "bin",
    "crontab",
    "daemon",
    "disk",
    "games",
    "kmem",
    "mail",
    "man",
    "messagebus",
    "news",
    "nobody",
    "nogroup",
    "operator",
    "ping",
    "proxy",
    "root",
    "sasl",
    "shadow",
    "src",
    "ssh",
    "staff",
    "sudo",
    "sys",
    "systemd-journal",
    "users",
    "utmp",
    "wheel",
];

/// The same, where what they open is devices of one kind: to whoever is given such a device it is no news.
const OF_DEVICES: [&str; 12] = [
    "audio", "cdrom", "dialout", "floppy", "input", "kvm", "lp", "plugdev", "render", "tape",
    "tty", "video",
];

/// Does the name stand for something that its members may open?
pub(super) fn is_sensitive(name: &[u8]) -> bool {
    SENSITIVE.iter().any(|known| known.as_bytes() == name) || is_of_devices(name)
}

/// Does it stand for devices of one kind?
pub(super) fn is_of_devices(name: &[u8]) -> bool {
    OF_DEVICES.iter().any(|known| known.as_bytes() == name)
}
