//! README.md → its fences and tables.

use std::fs;

use crate::stage::repository;

/// A fenced block.
pub(crate) struct Fence {
    /// The test that its info string names.
    pub(crate) test: Option<String>,
    /// What is between the fences.
    pub(crate) text: String,
}

pub(crate) fn readme() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

pub(crate) fn fences() -> Vec<Fence> {
    let readme = readme();
    let mut lines = readme.lines();
    let mut fences = Vec::new();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let text = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .fold(String::new(), |text, line| text + line + "\n");
        let tag = info.split_once(" test=").map(|(_language, tag)| tag);
        fences.push(Fence {
            test: tag.map(str::to_owned),
            text,
        });
    }
    fences
}

/// The snippet that names `test`.
pub(crate) fn snippet(test: &str) -> String {
    fences()
        .into_iter()
        .find(|fence| fence.test.as_deref() == Some(test))
        .unwrap_or_else(|| panic!("README.md has no fence with test={test}"))
        .text
}

/// The snippet with each placeholder replaced; one that is not in it has lost its meaning.
pub(crate) fn filled_in(snippet: &str, replacements: &[(&str, &str)]) -> String {
    let mut text = snippet.to_owned();
    for (placeholder, value) in replacements {
        assert!(text.contains(placeholder), "no {placeholder} in:\n{text}");
        text = text.replace(placeholder, value);
    }
    text
}

/// The rows of every table whose header line is `header`, as trimmed cells.
pub(crate) fn rows(header: &str) -> Vec<Vec<String>> {
    let readme = readme();
    let mut rows = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if line == header {
            let body = lines.by_ref().take_while(|line| line.starts_with('|'));
            rows.extend(body.skip(1).map(cells));
        }
    }
    assert!(!rows.is_empty(), "README.md has no table {header}");
    rows
}

/// A bar in a cell is written `\|`.
pub(crate) fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\0");
    let inner = line.trim_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace('\0', "|"))
        .collect()
}

/// What stands between backquotes in `text`.
pub(crate) fn quotes(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
