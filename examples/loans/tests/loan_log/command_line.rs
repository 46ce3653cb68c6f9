//! The program as it is called: what it prints where, and how it ends.

use std::path::Path;
use std::process::{Command, Output};

use es_core::prelude::*;
use loans::domain::LoanApplication;

use crate::logs::{SAMPLE_REPORT, file, sample, sample_lines};

/// Runs the program to its end in a folder.
pub(crate) fn loans_in(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_loans"));
    program.current_dir(folder).args(arguments).output().unwrap()
}

/// Runs it in a folder of its own, which is removed with whatever it has left there.
pub(crate) fn loans(arguments: &[&str]) -> Output {
    loans_in(tempfile::tempdir().unwrap().path(), arguments)
}

pub(crate) fn utf8(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn printed(output: &Output) -> (&str, &str, Option<i32>) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

pub(crate) const SUMMARY: &str = "251 lines: 251 events added, 0 stored before, 0 skipped\n";

#[test]
fn run_reports_as_json_or_as_tables() {
    let sample = sample();
    let json = loans(&["run", utf8(&sample), "--store", "memory", "--json"]);
    assert_eq!(printed(&json), (SAMPLE_REPORT, SUMMARY, Some(0)));
    let tables = loans(&["run", utf8(&sample), "--store", "memory"]);
    let (tables, summary, code) = printed(&tables);
    assert_eq!((summary, code), (SUMMARY, Some(0)));
    assert!(tables.contains("│ events of the longest, 500006 ┆     36 │"), "{tables}");
}

#[test]
fn a_bad_line_is_named_or_counted() {
    let mut lines = sample_lines();
    lines.insert(2, "oops\n".to_owned());
    let log = file(lines.concat());
    let path = utf8(log.path());
    let stopped =
        "error: line 3 cannot be imported: the line is not JSON: expected value (column 1)\n";
    assert_eq!(printed(&loans(&["run", path, "--json"])), ("", stopped, Some(1)));
    let skipped = "252 lines: 251 events added, 0 stored before, 1 skipped\n  line 3: the line is not JSON: expected value (column 1)\n";
    let counted = loans(&["run", path, "--json", "--skip-bad"]);
    assert_eq!(printed(&counted), (SAMPLE_REPORT, skipped, Some(0)));
}

#[test]
fn the_events_are_listed_as_a_table_or_as_json() {
    let json = loans(&["events", "--json"]);
    let (json, errors, code) = printed(&json);
    assert_eq!((errors, code), ("", Some(0)));
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let names = json["events"].as_array().unwrap().iter().map(|event| event["name"].as_str());
    let names: Vec<_> = names.map(Option::unwrap).collect();
    assert!(names.is_sorted(), "{names:?}");
    let rows = LoanApplication::HANDLERS.iter().map(|row| row.event().name());
    assert_eq!(rows.clone().filter(|name| !names.contains(name)).count(), 0);
    assert_eq!(names.len(), rows.count());

    let table = loans(&["events"]);
    let (table, errors, code) = printed(&table);
    assert_eq!((errors, code), ("", Some(0)));
    for name in names {
        let lines = table.lines().filter(|line| line.split(' ').next() == Some(name));
        assert_eq!(lines.count(), 1, "{name} in\n{table}");
    }
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_done() {
    let cases: [(&[&str], &str); 10] = [
        (&["run"], "<FILE>"),
        (&["run", "x", "--store", "mysql://x"], "write `memory`, `sqlite:PATH` or `postgres://…`"),
        (&["run", "x", "--store", "sqlite:"], "with the name of a file"),
        (&["report", "--store", "memory"], "a memory store is empty when the program begins"),
        (&["rebuild", "--store", "memory"], "a memory store is empty when the program begins"),
        (&["move", "--from", "sqlite:x"], "--to <sqlite:PATH|postgres://…>"),
        (&["move", "--to", "memory"], "a memory store is empty when the program begins"),
        (&["show", "1", "--store", "postgres://x", "--version", "0"], "0 is not in 1.."),
        (&["show", "1", "--store", "postgres://x", "--at", "yesterday"], "2011-10-01T06:08:58Z"),
        (
            &[
                "show",
                "1",
                "--store",
                "postgres://x",
                "--at",
                "2012-01-01T00:00:00Z",
                "--version",
                "1",
            ],
            "cannot be used with",
        ),
    ];
    for (arguments, reason) in cases {
        let refused = loans(arguments);
        let (out, errors, code) = printed(&refused);
        assert_eq!((out, code), ("", Some(2)), "{arguments:?}");
        assert!(errors.contains(reason), "{arguments:?}: {errors}");
    }
}

#[test]
fn a_database_that_is_not_there_is_an_error() {
    let url = "postgres://user:secret@127.0.0.1:1/nothing";
    for command in [&["report", "--store", url][..], &["run", utf8(&sample()), "--store", url]] {
        let refused = loans(command);
        let (out, errors, code) = printed(&refused);
        assert_eq!((out, code), ("", Some(1)));
        assert!(errors.starts_with("error: the store postgres://… cannot be used: "), "{errors}");
        assert!(!errors.contains("secret"), "{errors}");
    }
}
