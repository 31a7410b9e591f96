//! Literal plans, refusals, findings, failures → every format and every log format, byte for byte.
//!
//! The expected outputs lie in `fixtures/golden`; `CHARON_TEST_BLESS=1` writes them, and fails so that CI never does.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "common/examples.rs"]
mod examples;
#[macro_use]
#[path = "golden/specimens.rs"]
mod specimens;
#[path = "golden/checks.rs"]
mod checks;

use std::fs;
use std::path::Path;

use charon_init::plan::Plan;
use charon_init::refusal::Message;
use charon_init::render;
use charon_init::request::{CheckFormat, Format, LogLevel};
use specimens::Named;

/// Compares a whole file, or writes it.
fn compare(file: &str, sections: Vec<Named<String>>) {
    let mut found = String::new();
    for (name, output) in sections {
        assert!(
            output.is_empty() || output.ends_with('\n'),
            "{file}: {name}: an unfinished line"
        );
        found.extend(["=== ", &name, "\n", &output]);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/golden")
        .join(file);
    if std::env::var_os("CHARON_TEST_BLESS").is_some() {
        fs::write(&path, found).expect("write the golden file");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expected
        .lines()
        .zip(found.lines())
        .find(|(expected, found)| expected != found);
    assert!(
        expected == found,
        "{file} differs; the first difference:\nexpected {:?}\nfound    {:?}\n(CHARON_TEST_BLESS=1 rewrites it)",
        differs.map(|(expected, _)| expected),
        differs.map(|(_, found)| found),
    );
}

/// A blessing is no test: it must not pass.
fn blessed_is_not_tested() {
    assert!(
        std::env::var_os("CHARON_TEST_BLESS").is_none(),
        "golden files were rewritten: read the diff, run again"
    );
}

/// One golden file for each format of the dry run.
fn compare_formats<T>(set: &str, all: &[Named<T>], print: impl Fn(Format, &T) -> String) {
    for (format_name, format) in specimens::formats() {
        let sections = all.iter();
        let sections = sections.map(|(name, specimen)| (name.clone(), print(format, specimen)));
        let format_name = format_name.trim_end_matches(" 1").to_lowercase();
        compare(&format!("{set}.{format_name}"), sections.collect());
    }
    blessed_is_not_tested();
}

fn dry_run(format: Format, plan: &Plan) -> String {
    render::dry_run(format, "charon", &examples::facts(), plan)
}

/// One golden file with every log format, with colour and without.
fn compare_log(set: &str, all: &[Named<(LogLevel, Message)>]) {
    let mut sections = Vec::new();
    for (name, (level, message)) in all {
        for (format_name, format) in specimens::log_formats() {
            for (colour, colour_name) in [(false, ""), (true, " colour")] {
                let line = render::log::line(format, *level, colour, message);
                assert_eq!(
                    line.matches('\n').count(),
                    1,
                    "{name}: not one line: {line:?}"
                );
                let own = if colour {
                    line.replacen('\x1b', "", 2)
                } else {
                    line.clone()
                };
                assert!(
                    !own.trim_end().contains(char::is_control),
                    "{name}: control characters: {line:?}"
                );
                sections.push((format!("{name}: {format_name}{colour_name}"), line));
            }
        }
    }
    compare(&format!("{set}.log"), sections);
    blessed_is_not_tested();
}

/// A plan in which only what `change` does matters.
fn plan_with(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = examples::plan(&[988]);
    plan.steps.clear();
    plan.grants.clear();
    change(&mut plan);
    plan
}

#[test]
fn whole_plans_with_no_one_and_two_gids() {
    let plans = [("none", vec![]), ("one", vec![988]), ("two", vec![988, 44])];
    let plans = plans.map(|(name, gids)| (name.to_owned(), examples::plan(&gids)));
    compare_formats("examples", &plans, dry_run);
}

#[test]
fn every_step_in_every_format() {
    compare_formats("steps", &specimens::planned_steps(), |format, step| {
        dry_run(format, &plan_with(|plan| plan.steps.push(step.clone())))
    });
}

#[test]
fn every_grant_in_every_format() {
    compare_formats("grants", &specimens::grants(), |format, grant| {
        dry_run(format, &plan_with(|plan| plan.grants.push(grant.clone())))
    });
}

#[test]
fn every_finding_in_every_format() {
    compare_formats("findings", &specimens::findings(), |format, finding| {
        dry_run(
            format,
            &plan_with(|plan| plan.findings.push(finding.clone())),
        )
    });
}

#[test]
fn every_refusal_in_every_format() {
    compare_formats("refusals", &specimens::refusals(), render::refused);
}

#[test]
fn every_fact_in_the_text() {
    let sections = specimens::every_facts().into_iter().map(|(name, facts)| {
        let plan = examples::plan(&[]);
        (name, render::dry_run(Format::Text, "charon", &facts, &plan))
    });
    compare("facts.text", sections.collect());
    blessed_is_not_tested();
}

#[test]
fn a_refusal_prints_nothing_but_json() {
    for (name, refused) in specimens::refusals() {
        for (format_name, format) in specimens::formats() {
            let output = render::refused(format, &refused);
            assert_eq!(
                output.is_empty(),
                format != Format::Json,
                "{name} in {format_name}"
            );
        }
    }
}

#[test]
fn identities_without_account_and_with_hostile_names() {
    let nameless = plan_with(|plan| {
        plan.identity.name = None;
        plan.identity.home = "/".into();
        plan.identity.groups.clear();
    });
    let hostile = plan_with(|plan| {
        plan.identity.name = Some("a\nb".into());
        plan.identity.home = "/home/\x1b[31m".into();
    });
    let all = [("nameless", nameless), ("hostile", hostile)];
    let all = all.map(|(name, plan)| (name.to_owned(), plan));
    compare_formats("identities", &all, dry_run);
}

#[test]
fn service_names_stay_strings() {
    let services = [
        "charon",
        "Charon_1.x-y",
        "y",
        "NO",
        "true",
        "Null",
        "on",
        "~",
        "1",
        "1.0",
        "0x1f",
        "1e3",
        ".5",
        ".nan",
        "-",
        "-a",
        "",
        " ",
        "a b",
        "a: b",
        "a #b",
        "<<",
        "=",
        "*a",
        "&a",
        "!a",
        "{}",
        "\"",
        "\\",
        "a\nspec: {}",
        "\x1b",
        "ünï",
        "\u{2028}",
    ];
    for format in [Format::Compose, Format::Kubernetes] {
        let sections = services.map(|service| {
            let output =
                render::dry_run(format, service, &examples::facts(), &examples::plan(&[988]));
            (service.escape_default().to_string(), output)
        });
        compare(
            &format!("services.{}", format!("{format:?}").to_lowercase()),
            sections.into(),
        );
    }
    blessed_is_not_tested();
}

#[test]
fn every_step_in_the_log() {
    let lines = specimens::planned_steps().into_iter();
    let lines = lines.map(|(name, step)| (name, (LogLevel::Debug, render::log::step(&step))));
    compare_log("steps", &lines.collect::<Vec<_>>());
}

#[test]
fn every_grant_in_the_log() {
    let lines = specimens::grants().into_iter().filter_map(|(name, grant)| {
        let message = render::log::grant(&grant)?;
        Some((name, (LogLevel::Info, message)))
    });
    compare_log("grants", &lines.collect::<Vec<_>>());
}

#[test]
fn every_finding_in_the_log() {
    let lines = specimens::findings().into_iter();
    let lines = lines.map(|(name, finding)| (name, (finding.level(), finding.message())));
    compare_log("findings", &lines.collect::<Vec<_>>());
}

#[test]
fn every_refusal_in_the_log() {
    let lines = specimens::refusals().into_iter();
    let lines = lines.map(|(name, refused)| (name, (LogLevel::Error, refused.refusal.message())));
    compare_log("refusals", &lines.collect::<Vec<_>>());
}

#[test]
fn every_failure_in_the_log() {
    let lines = specimens::failures().into_iter();
    let lines = lines.map(|(name, failure)| (name, (LogLevel::Error, failure.message())));
    compare_log("failures", &lines.collect::<Vec<_>>());
}

#[test]
fn a_walk_and_its_end_in_the_log() {
    use std::time::Duration;
    let ownership = specimens::ownership(None);
    let tally = specimens::tally();
    let giving = |time| render::ownership::giving(&ownership, &tally, time);
    let given = |time| render::ownership::given(&ownership, &tally, time);
    let lines = [
        ("giving", giving(Duration::from_millis(2500))),
        ("giving at once", giving(Duration::ZERO)),
        ("given", given(Duration::from_millis(62_990))),
    ];
    let lines = lines.map(|(name, message)| (name.to_owned(), (LogLevel::Info, message)));
    compare_log("walks", &lines);
}

#[test]
fn a_frame_on_a_terminal_is_one_line_and_moves() {
    let message = render::ownership::giving(
        &specimens::ownership(None),
        &specimens::tally(),
        std::time::Duration::from_secs(1),
    );
    let frames = [1, 2, 20, 21].map(|number| render::ownership::frame(number, &message));
    assert!(frames[0].starts_with("[ =                  ] '/tmp/a"));
    assert!(frames[1].starts_with("[  =                 ] '/tmp/a"));
    assert!(frames[2].starts_with("[=                   ] '/tmp/a"));
    assert_eq!(frames[0], frames[3]);
    assert!(!frames[0].contains(char::is_control));
}

#[test]
fn every_level_in_the_log() {
    let message = Message {
        code: "code",
        thing: "thing\n\x1b[0m".to_owned(),
        what: "what\u{202e}".to_owned(),
        why: "why\u{85}".to_owned(),
        remedies: vec!["one\r".to_owned(), "two\u{2028}\"".to_owned()],
    };
    let lines = specimens::levels().into_iter();
    let lines = lines.map(|(name, level)| (name, (level, message.clone())));
    compare_log("levels", &lines.collect::<Vec<_>>());
}

/// What a check prints: one line each, for a person and for a program.
#[test]
fn every_diagnosis_in_the_formats_of_a_check() {
    let identity = examples::plan(&[988]).identity;
    for (name, format) in [("text", CheckFormat::Text), ("json", CheckFormat::Json)] {
        let sections = checks::diagnoses().into_iter().map(|(name, diagnosis)| {
            let identity = diagnosis.ids.map(|_| &identity);
            let line = render::check(format, identity, &[diagnosis]);
            assert_eq!(
                line.matches('\n').count(),
                1,
                "{name}: not one line: {line:?}"
            );
            assert!(
                !line.trim_end().contains(char::is_control),
                "{name}: control characters: {line:?}"
            );
            (name, line)
        });
        compare(&format!("checks.{name}"), sections.collect());
    }
    blessed_is_not_tested();
}

/// The first that is in the way decides, and where none is all are named.
#[test]
fn several_diagnoses_make_one_line() {
    let all = checks::diagnoses();
    let named = |wanted: &str| {
        let found = all.iter().find(|(name, _)| name == wanted);
        found.unwrap().1.clone()
    };
    let (docker, podman) = (named("socket: Engine 1"), named("host: Engine 2"));
    let refused = named("socket: NotConnected 1");
    assert_eq!(
        render::check(CheckFormat::Text, None, &[docker.clone(), podman.clone()]),
        "'/var/run/docker.sock': reached Docker Engine 20.10.24+dfsg1 (API 1.41) as uid 1000 gid 1000; \
         'tcp://proxy:2375': reached Podman 4.3.1 (API 1.41) as uid 1000 gid 1000\n"
    );
    let line = render::check(CheckFormat::Text, None, &[docker.clone(), refused.clone()]);
    assert_eq!(line, format!("{refused}\n"));
    let line = render::check(CheckFormat::Json, None, &[docker, refused]);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["outcome"], "not_reached");
    assert_eq!(value["engines"].as_array().unwrap().len(), 1);
}

#[test]
fn a_json_log_line_holds_the_text_of_the_text_line() {
    for (name, finding) in specimens::findings() {
        let line = render::log::line(
            charon_init::request::LogFormat::Json,
            finding.level(),
            true,
            &finding.message(),
        );
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["message"], finding.message().to_string(), "{name}");
    }
}
