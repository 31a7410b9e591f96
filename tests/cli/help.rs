//! The help and the version, and the table that they are made from.

use std::collections::BTreeSet;

use charon_init::cli::Outcome;
use charon_init::cli::options::{OPTIONS, Opt};

use crate::parsed;

fn help() -> String {
    match parsed(&["-h"], &[]) {
        Outcome::Help(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn help_fits_one_screen() {
    let text = help();
    assert!(text.lines().count() <= 60, "{}", text.lines().count());
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line.trim_end(), line);
    }
    assert!(text.ends_with("own\n"));
}

#[test]
fn help_shows_every_option_with_its_variable_and_default() {
    let text = help();
    for option in OPTIONS {
        let flag = format!("--{}", option.long);
        let line = text
            .lines()
            .filter(|line| line.starts_with("  -") || line.starts_with("      --"))
            .find(|line| line.split([' ', '[']).any(|word| word == flag))
            .unwrap_or_else(|| panic!("{flag} is not in the help"));
        let parts = [
            option.short.map(|short| format!("-{short}, ")),
            option.value.map(|value| {
                if option.value_is_optional {
                    format!("{flag}[={value}]")
                } else {
                    format!("{flag} {value}")
                }
            }),
            option
                .default
                .map(|default| format!("(default: {default})")),
            option.env.map(|env| {
                let opposite = if option.env_is_opposite { "=false" } else { "" };
                format!("[{env}{opposite}]")
            }),
            option.repeatable.then(|| "(+)".to_owned()),
            Some(option.meaning.to_owned()),
        ];
        for part in parts.into_iter().flatten() {
            assert!(line.contains(&part), "{part:?} in {line:?}");
        }
    }
}

/// What the help says of lists in one sentence is so of each option.
#[test]
fn a_variable_separates_paths_by_colons_and_everything_else_by_commas() {
    assert!(help().contains("lists are separated by\ncommas, paths by colons."));
    for option in OPTIONS {
        let is_list = option.repeatable && option.env != Some("DOCKER_HOST");
        let separator = if option.value == Some("PATH") {
            b':'
        } else {
            b','
        };
        let expected = is_list.then_some(separator);
        assert_eq!(option.env_separator, expected, "{}", option.long);
    }
}

#[test]
fn help_has_three_examples_and_ends_with_the_exit_codes() {
    let text = help();
    let examples = text.split_once("\nExamples:\n").unwrap().1;
    let examples = examples.split_once("\n\n").unwrap().0;
    assert_eq!(examples.lines().count(), 3);
    let codes = text.split_once("\nExit codes:\n").unwrap().1;
    for code in ["0 ", "1 ", "2 ", "71 ", "78 ", "126 ", "127 "] {
        assert!(codes.contains(code), "{code}");
    }
    assert!(!codes.contains("\n\n"));
}

#[test]
fn help_and_version_come_before_everything_else_that_is_wrong() {
    let env = [("CHARON_INIT_LOG", "loud")];
    for args in [&["-h"][..], &["--help"], &["-nh"], &["-h", "--frobnicate"]] {
        assert_eq!(parsed(args, &env), Outcome::Help(help()), "{args:?}");
    }
    let version = format!("charon-init {}\n", env!("CARGO_PKG_VERSION"));
    for args in [&["-V"][..], &["--version"], &["--user", "a", "-V"]] {
        let expected = Outcome::Version(version.clone());
        assert_eq!(parsed(args, &env), expected, "{args:?}");
    }
}

#[test]
fn names_in_the_table_are_unique() {
    let unique = |name: fn(&Opt) -> Option<String>| {
        let names: Vec<String> = OPTIONS.iter().filter_map(name).collect();
        let set: BTreeSet<&String> = names.iter().collect();
        assert_eq!(set.len(), names.len(), "{names:?}");
    };
    unique(|option| Some(option.long.to_owned()));
    unique(|option| option.short.map(String::from));
    unique(|option| option.env.map(str::to_owned));
}
