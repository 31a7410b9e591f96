//! A source file → what it does that its room may not.

use crate::law::*;
use crate::text::{has_word, paths, without_comments_and_strings};

/// A source file: its path below `src`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The module's path: `decide::access` for `decide/access.rs`, `decide` for `decide/mod.rs`.
    fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap();
        let path = path.strip_suffix("/mod").unwrap_or(path);
        path.split('/').collect()
    }

    pub(crate) fn room(&self) -> &str {
        self.module()[0]
    }

    /// The lines before the tests.
    pub(crate) fn product(&self) -> &str {
        let end = self.text.find("#[cfg(test)]\nmod tests {");
        &self.text[..end.unwrap_or(self.text.len())]
    }

    /// What may be imported; `None` where everything may.
    pub(crate) fn may_import(&self) -> Option<Vec<&'static str>> {
        let room = self.room();
        if let Some((_, rooms)) = VERBS.iter().find(|(verb, _)| *verb == room) {
            return Some(rooms.split_whitespace().collect());
        }
        let mut nouns = NOUNS.split_whitespace();
        let above = nouns.clone().take_while(|noun| *noun != room).collect();
        nouns.any(|noun| noun == room).then_some(above)
    }

    fn is_pure(&self) -> bool {
        PURE.contains(&self.room()) || NOUNS.split_whitespace().any(|noun| noun == self.room())
    }

    /// Everything that is wrong with it.
    pub(crate) fn faults(&self) -> Vec<String> {
        let code = without_comments_and_strings(self.product());
        let mut faults = self.foreign_imports(&code);
        faults.extend(self.forbidden_words(&code));
        if !self.text.starts_with("//! ") {
            faults.push("its first line does not say what it does".to_owned());
        }
        let faults = faults.into_iter();
        faults
            .map(|fault| format!("{}: {fault}", self.path))
            .collect()
    }

    fn foreign_imports(&self, code: &str) -> Vec<String> {
        let Some(allowed) = self.may_import() else {
            return Vec::new();
        };
        let mut faults = Vec::new();
        for path in paths(code) {
            if let Some(target) = self.target(&path)
                && target != self.room()
                && !allowed.contains(&&*target)
            {
                faults.push(format!(
                    "it imports {path}, and {target} is no room for {}",
                    self.room()
                ));
            }
            let is_of = |world: &&str| path == *world || path.starts_with(&format!("{world}::"));
            if self.is_pure()
                && let Some(world) = WORLD.split_whitespace().find(is_of)
            {
                faults.push(format!("it is pure and names {world}: {path}"));
            }
        }
        faults
    }

    /// The room that a path of ours leads to: `crate::plan::Step` to `plan`.
    fn target(&self, path: &str) -> Option<String> {
        let mut names = path.split("::").peekable();
        let mut module: Vec<&str> = self.module();
        match *names.peek()? {
            "crate" => {
                module.clear();
                names.next();
            }
            "super" => {
                while names.next_if_eq(&"super").is_some() {
                    module.pop();
                }
            }
            _ => return None,
        }
        let first = names.next().map(str::to_owned);
        module.first().map(|room| (*room).to_owned()).or(first)
    }

    fn forbidden_words(&self, code: &str) -> Vec<String> {
        let found = |words: &'static str| -> Vec<&str> {
            let words = words.split(" | ").map(str::trim_end);
            words.filter(|word| has_word(code, word)).collect()
        };
        let mut faults: Vec<String> = found(FORBIDDEN)
            .iter()
            .map(|word| format!("it says {word}"))
            .collect();
        if self.path != UNSAFE_FILE {
            faults.extend(found(UNSAFE).iter().map(|word| format!("it says {word}")));
        }
        if self.is_pure() {
            faults.extend(
                found(LOOKS)
                    .iter()
                    .map(|word| format!("it is pure and asks {word}")),
            );
        }
        if self.room() != "act" {
            faults.extend(
                found(CHANGES)
                    .iter()
                    .map(|word| format!("it changes the world: {word}")),
            );
        }
        if !["act", "lib", "report"].contains(&self.room()) {
            let writes = found(".write_all( | .flush( | sigpipe");
            faults.extend(writes.iter().map(|word| format!("it writes: {word}")));
        }
        faults
    }

    /// Name and length of each function before the tests.
    pub(crate) fn functions(&self) -> Vec<(String, usize)> {
        let code = without_comments_and_strings(self.product());
        let lines: Vec<&str> = code.lines().collect();
        let mut functions = Vec::new();
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let Some((before, after)) = line.split_once("fn ") else {
                continue;
            };
            let is_item = before.split_whitespace().all(|word| {
                word.starts_with("pub") || ["const", "super)", "crate)"].contains(&word)
            });
            if !is_item {
                continue;
            }
            // rustfmt ends a body on a brace of its own, as far in as the line that began it.
            let end = format!("{}}}", " ".repeat(indent));
            let length = lines[start..].iter().position(|line| *line == end);
            let name = after.split(['(', '<']).next().unwrap();
            functions.extend(length.map(|length| (format!("{}: {name}", self.path), length + 1)));
        }
        functions
    }
}
