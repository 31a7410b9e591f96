//! What the page says of coverage → the rooms that there are, what `tests/coverage/left` explains, and a run of it.

use std::collections::BTreeMap;
use std::fs;

use crate::page::{cells, rows, snippet};
use crate::stage::{Outcome, is_root, repository, shell};

/// What it may lose until somebody measures again, in percent; a line more or less without a test is no lie of the page.
const TOLERANCE: f64 = 0.5;

/// A row: lines that were executed, all lines, and percent.
type Row = (usize, usize, f64);

fn row(cells: &[String]) -> (String, Row) {
    let number = |text: &str| text.replace(',', "").parse::<usize>().expect(text);
    let (executed, all) = cells[1].split_once(" of ").unwrap();
    let percent = cells[2].strip_suffix(" %").unwrap().parse().unwrap();
    (cells[0].clone(), (number(executed), number(all), percent))
}

fn shown() -> BTreeMap<String, Row> {
    let rows = rows("| lines of | executed | |");
    rows.iter().map(|cells| row(cells)).collect()
}

#[test]
fn every_room_has_its_row_and_the_two_that_matter_have_nearly_all_of_their_lines() {
    let shown = shown();
    let entries = fs::read_dir(repository().join("src")).unwrap();
    let folders = entries
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir());
    let mut rooms: Vec<String> = folders
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect();
    rooms.push("the files in src itself".to_owned());
    rooms.sort();
    assert_eq!(shown.keys().cloned().collect::<Vec<_>>(), rooms);
    for room in ["act", "decide"] {
        assert!(shown[room].2 >= 95.0, "{room}: {:?}", shown[room]);
    }
    // As many lines as the page leaves out of those two have a reason.
    let left = fs::read_to_string(repository().join("tests/coverage/left")).unwrap();
    let explained = left.lines().filter(|line| line.starts_with('-')).count();
    let missing = |room: &str| shown[room].1 - shown[room].0;
    assert_eq!(missing("act") + missing("decide"), explained);
}

#[test]
fn the_coverage() {
    let command = snippet("the_coverage");
    if std::env::var_os("CHARON_TEST_LONG").is_none() || !is_root() {
        println!("the_coverage: takes minutes and root, see {command}");
        return;
    }
    // Its tests are run by themselves as well: one that fails there for the load of all the others is no matter here.
    let Outcome { stdout, .. } = shell(&command, repository());
    assert!(!stdout.contains("NOT EXPLAINED"), "{stdout}");
    let printed = stdout.lines().filter(|line| line.starts_with("| "));
    let measured: BTreeMap<String, Row> = printed.map(|line| row(&cells(line))).collect();
    for (room, (_, _, percent)) in shown() {
        let now = measured[&room].2;
        assert!(now >= percent - TOLERANCE, "{room}: {now} %, not {percent}");
    }
}
