//! Tables, codes, links and the picture → compared with the source.

use std::collections::BTreeSet;
use std::fs;

use charon_init::cli::options::{FORMAT, OPTIONS, Opt};
use charon_init::exit_code;

use crate::page::{quotes, readme, rows, snippet};
use crate::stage::repository;

fn source(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_table_of_flags_is_the_parsers() {
    let table: Vec<[String; 3]> = rows("| flag | variable | default | meaning |")
        .into_iter()
        .map(|row| {
            assert!(!row[3].is_empty(), "{row:?}");
            [row[0].clone(), row[1].clone(), row[2].clone()]
        })
        .collect();
    let expected: Vec<[String; 3]> = OPTIONS.iter().map(row_of).collect();
    assert_eq!(table, expected);
}

fn row_of(option: &Opt) -> [String; 3] {
    let short = option
        .short
        .map(|short| format!("-{short}, "))
        .unwrap_or_default();
    let value = match option.value {
        Some(value) if option.value_is_optional => format!("[={value}]"),
        Some(value) => format!(" {value}"),
        None => String::new(),
    };
    let repeatable = if option.repeatable {
        " (repeatable)"
    } else {
        ""
    };
    let opposite = if option.env_is_opposite { "=false" } else { "" };
    [
        format!("`{short}--{}{value}`{repeatable}", option.long),
        option
            .env
            .map(|env| format!("`{env}{opposite}`"))
            .unwrap_or_default(),
        option
            .default
            .map(|default| format!("`{default}`"))
            .unwrap_or_default(),
    ]
}

#[test]
fn every_variable_and_flag_of_ours_on_the_page_exists() {
    // Build arguments of the Dockerfile, what `-f env` prints, and the variables of the example server.
    let mut known: BTreeSet<&str> = ["CHARON_IMAGE", "RUST_IMAGE", "DOCKER_SOCK_GID"].into();
    known.extend(["CHARON_REMOTE_SERVERS", "CHARON_DOCKER_TIMEOUT"]);
    known.extend(OPTIONS.iter().filter_map(|option| option.env));
    let page = readme();
    let words = page.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    for word in words.filter(|word| {
        word.starts_with("CHARON_")
            || word.starts_with("DOCKER_")
            || word.starts_with("ALLOW_")
            || word.ends_with("_IMAGE")
    }) {
        assert!(known.contains(word), "{word}");
    }
    // Those of other programs that the page mentions.
    let others = "aarch64 bounding-set build-arg cap-add cap-drop clear-groups device from group-add init init-groups keep-groups locked \
                  no-new-privileges no-new-privs pid port read-only regid release reuid rm security-opt server target ulimit userns";
    let flags = page
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter_map(|word| word.strip_prefix("--"))
        .filter(|flag| flag.starts_with(|first: char| first.is_ascii_alphabetic()));
    for flag in flags {
        assert!(
            others.split(' ').any(|other| other == flag)
                || OPTIONS.iter().any(|option| option.long == flag),
            "--{flag}"
        );
    }
}

#[test]
fn the_formats_are_all_there() {
    let page = readme();
    let (_, rest) = page.split_once("Formats: ").unwrap();
    let (list, _) = rest.split_once(". ").unwrap();
    assert_eq!(quotes(list), FORMAT.meaning.split(' ').collect::<Vec<_>>());
}

#[test]
fn the_table_of_exit_codes_is_ours() {
    let mut table: Vec<String> = rows("| code | when |")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(table.pop().unwrap(), "COMMAND's");
    let ours = [
        exit_code::OK,
        exit_code::NOT_REACHED,
        exit_code::USAGE,
        exit_code::FAILED,
        exit_code::REFUSED,
        exit_code::CANNOT_EXECUTE,
        exit_code::NOT_FOUND,
    ];
    assert_eq!(table, ours.map(|code| code.to_string()));
    // And there is no other.
    let lib = source("src/lib.rs");
    let (_, rest) = lib.split_once("pub mod exit_code {").unwrap();
    let (module, _) = rest.split_once("\n}").unwrap();
    assert_eq!(module.matches("pub const ").count(), ours.len());
}

/// What stands between one `code: "…"` and the next, for every code of a refusal or finding.
fn messages() -> Vec<(String, String)> {
    let mut messages = Vec::new();
    for file in fs::read_dir(repository().join("src/refusal")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for part in text.split("code: \"").skip(1) {
            let (code, message) = part.split_once('"').unwrap();
            messages.push((code.to_owned(), message.to_owned()));
        }
    }
    messages
}

#[test]
fn troubleshooting_has_every_code_once_with_words_of_its_message() {
    let table = rows("| the line says | code | cause | remedy |");
    let messages = messages();
    let mut listed = BTreeSet::new();
    for row in &table {
        let [says, code] = [&row[0], &row[1]].map(|cell| cell.trim_matches('`'));
        assert!(!row[2].is_empty() && !row[3].is_empty(), "{row:?}");
        assert!(listed.insert(code.to_owned()), "{code} twice");
        let (_, message) = messages
            .iter()
            .find(|(known, _)| known == code)
            .unwrap_or_else(|| panic!("no refusal or finding has the code {code}"));
        assert!(message.contains(says), "{code} does not say {says:?}");
    }
    let known: BTreeSet<String> = messages.into_iter().map(|(code, _)| code).collect();
    assert_eq!(listed, known);
}

/// The codes of a check, with every message that the golden file has for it.
#[test]
fn health_check_has_every_code_once_with_words_of_its_message() {
    let golden = source("tests/fixtures/golden/checks.json");
    let lines = golden.lines().filter(|line| line.starts_with('{'));
    let known: Vec<(String, String)> = lines
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            (text("code"), text("message"))
        })
        .collect();
    let mut listed = BTreeSet::new();
    for row in rows("| the check says | code | cause | remedy |") {
        let [says, code] = [&row[0], &row[1]].map(|cell| cell.trim_matches('`'));
        assert!(listed.insert(code.to_owned()), "{code} twice");
        let says_so =
            |(known, message): &&(String, String)| known == code && message.contains(says);
        assert!(
            known.iter().any(|found| says_so(&found)),
            "{code} does not say {says:?}"
        );
    }
    let of_the_path: BTreeSet<String> = messages().into_iter().map(|(code, _)| code).collect();
    // What is well, and what a failed system call says.
    let others = ["reached", "open", "switched-off", "failed"];
    let expected: BTreeSet<String> = known
        .into_iter()
        .map(|(code, _)| code)
        .filter(|code| !of_the_path.contains(code) && !others.contains(&code.as_str()))
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_picture() {
    let documented = source("src/lib.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n")
        .collect::<String>();
    assert!(documented.contains(&snippet("the_picture")));
}

#[test]
fn every_link_and_path_leads_somewhere() {
    let page = readme();
    let links = page
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap().to_owned());
    let paths = quotes(&page).into_iter().filter(|quoted| {
        ["src/", "tests/", "examples/", ".ci/"]
            .iter()
            .any(|folder| quoted.starts_with(folder))
    });
    let mut count = 0;
    for path in links.chain(paths) {
        assert!(repository().join(&path).exists(), "{path}");
        count += 1;
    }
    assert!(count > 10);
    // Stages that the page sends the reader to.
    let dockerfile = source("Dockerfile");
    for stage in ["prebuilt", "init"] {
        assert!(page.contains(&format!("--target {stage}")));
        assert!(dockerfile.contains(&format!(" AS {stage}\n")));
    }
}
