//! A quadlet of the examples → the `podman run` that Podman's generator makes of it (podman-systemd.unit(5)).

use std::fs;

use crate::common::repository;

fn text(file: &str) -> String {
    fs::read_to_string(repository().join("examples/podman").join(file)).unwrap()
}

/// What stands in its section `[Container]`, in order.
pub(crate) struct Quadlet(Vec<(String, String)>);

impl Quadlet {
    pub(crate) fn read(file: &str) -> Self {
        let text = text(file);
        let (_, section) = text.split_once("\n[Container]\n").unwrap();
        let (section, _) = section.split_once("\n[").unwrap();
        let lines = section.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter(|line| !line.is_empty()).map(|line| {
            let (key, value) = line.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        });
        Self(pairs.collect())
    }

    /// The same without these keys, each of which it has.
    pub(crate) fn without(mut self, keys: &[&str]) -> Self {
        for key in keys {
            assert!(self.0.iter().any(|(known, _)| known == key), "{key}");
            self.0.retain(|(known, _)| known != key);
        }
        self
    }

    /// The same with a line that a comment of the file speaks of.
    pub(crate) fn with_commented(mut self, file: &str, key: &str, value: &str) -> Self {
        let comments = text(file);
        let mut comments = comments.lines().filter(|line| line.starts_with('#'));
        let line = format!("{key}={value}");
        assert!(comments.any(|comment| comment.contains(&line)), "{line}");
        self.0.push((key.to_owned(), value.to_owned()));
        self
    }

    /// `podman run` with these options of the test's, where `%t` is that directory.
    pub(crate) fn run(&self, options: &[&str], runtime_directory: &str) -> Vec<String> {
        let mut run = vec!["run".to_owned()];
        run.extend(options.iter().map(ToString::to_string));
        for (key, value) in &self.0 {
            run.extend(self.option(key, &value.replace("%t", runtime_directory)));
        }
        run.push(self.value("Image").to_owned());
        run
    }

    fn option(&self, key: &str, value: &str) -> Vec<String> {
        let capabilities = |option: &str| {
            let words = value.split(' ');
            words.map(|word| format!("{option}={word}")).collect()
        };
        match (key, value) {
            ("Image" | "Group", _) => vec![], // said elsewhere
            ("User", _) => vec![format!("--user={value}:{}", self.value("Group"))],
            ("UserNS", _) => vec![format!("--userns={value}")],
            ("GroupAdd", _) => vec![format!("--group-add={value}")],
            ("Volume", _) => vec![format!("--volume={value}")],
            ("Environment", _) => vec![format!("--env={value}")],
            ("PublishPort", _) => vec![format!("--publish={value}")],
            ("PodmanArgs", _) => value.split(' ').map(ToOwned::to_owned).collect(),
            ("ReadOnly", "true") => vec!["--read-only".to_owned()],
            ("NoNewPrivileges", "true") => vec!["--security-opt=no-new-privileges".to_owned()],
            ("DropCapability", _) => capabilities("--cap-drop"),
            ("AddCapability", _) => capabilities("--cap-add"),
            _ => panic!("{key}={value}: no option is known for it"),
        }
    }

    fn value(&self, key: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == key);
        &found.unwrap_or_else(|| panic!("no {key}")).1
    }
}
