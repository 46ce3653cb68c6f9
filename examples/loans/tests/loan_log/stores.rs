//! A store that outlives the program: filled by one command, read by others.

use es_postgres::PgStore;
use es_tests::TestDatabase;

use crate::command_line::{SUMMARY, loans, loans_in, printed, utf8};
use crate::logs::{SAMPLE_REPORT, sample};

fn nothing(store: &str, what: &str) -> String {
    format!("error: {store} holds no {what} yet: fill it with `loans run FILE --store {store}`\n")
}

#[tokio::test]
async fn a_database_is_filled_and_read_again() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let report = || loans(&["report", "--store", url, "--json"]);
    let (no_report, no_log) = (nothing("postgres://…", "report"), nothing("postgres://…", "log"));
    assert_eq!(printed(&report()), ("", &*no_report, Some(1)), "no schema");
    let early = loans(&["show", "500001", "--store", url]);
    assert_eq!(printed(&early), ("", &*no_log, Some(1)));
    let early = loans(&["rebuild", "--store", url]);
    assert_eq!(printed(&early), ("", &*no_log, Some(1)));
    PgStore::connect(url).await.unwrap().migrate().await.unwrap();
    assert_eq!(printed(&report()), ("", &*no_report, Some(1)), "no read models");

    is_filled_and_read_again(&|arguments| loans(&[arguments, &["--store", url]].concat()));
}

#[test]
fn a_file_of_the_folder_is_filled_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| loans_in(folder.path(), arguments);
    let (report, log) = (["report"], ["rebuild"]);
    let shown = ["show", "500001"];
    for (arguments, what) in [(&report[..], "report"), (&log[..], "log"), (&shown[..], "log")] {
        let expected = nothing("sqlite:data/loans.db", what);
        assert_eq!(printed(&here(arguments)), ("", &*expected, Some(1)), "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "what reads makes no file");

    is_filled_and_read_again(&here);
    let files = std::fs::read_dir(folder.path().join("data")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["loans.db"], "one file, in a folder that is made");

    let elsewhere = here(&["report", "--store", "sqlite:loans.db"]);
    let expected = nothing("sqlite:loans.db", "report");
    assert_eq!(printed(&elsewhere), ("", &*expected, Some(1)));
}

#[test]
fn a_file_without_read_models_has_no_report() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.db"), "").unwrap();
    let report = loans_in(folder.path(), &["report", "--store", "sqlite:empty.db"]);
    assert_eq!(printed(&report), ("", &*nothing("sqlite:empty.db", "report"), Some(1)));
    let shown = loans_in(folder.path(), &["show", "1", "--store", "sqlite:empty.db"]);
    let expected = "error: there is no application 1 in the store\n";
    assert_eq!(printed(&shown), ("", expected, Some(1)));
}

/// `loans` runs the program on one store, which is empty.
fn is_filled_and_read_again(loans: &dyn Fn(&[&str]) -> std::process::Output) {
    let sample = sample();
    let run = loans(&["run", utf8(&sample), "--json"]);
    assert_eq!(printed(&run), (SAMPLE_REPORT, SUMMARY, Some(0)));
    let again = loans(&["run", utf8(&sample), "--json"]);
    let summary = "251 lines: 0 events added, 251 stored before, 0 skipped\n";
    assert_eq!(printed(&again), (SAMPLE_REPORT, summary, Some(0)));
    assert_eq!(printed(&loans(&["report", "--json"])), (SAMPLE_REPORT, "", Some(0)));
    let tables = loans(&["report"]);
    let in_memory = crate::command_line::loans(&["run", utf8(&sample), "--store", "memory"]);
    assert_eq!(tables.stdout, in_memory.stdout);

    let rebuilt = loans(&["rebuild"]);
    let (rebuilt, errors, code) = printed(&rebuilt);
    assert_eq!((errors, code), ("", Some(0)));
    assert!(rebuilt.starts_with("251 events replayed into 3 tables in "), "{rebuilt}");
    assert_eq!(printed(&loans(&["report", "--json"])), (SAMPLE_REPORT, "", Some(0)));

    let show = |more: &[&str]| loans(&[&["show", "500001"], more].concat());
    let text = show(&[]);
    assert!(printed(&text).0.contains("┆ declined "), "{text:?}");
    assert_eq!((printed(&text).1, printed(&text).2), ("", Some(0)));
    let early = show(&["--at", "2012-01-09T08:02:11.318Z"]);
    assert!(printed(&early).0.starts_with("Application 500001 at version 1\n"), "{early:?}");
    let beyond = "error: application 500001 has versions 1 to 3, not 4\n";
    assert_eq!(printed(&show(&["--version", "4"])), ("", beyond, Some(1)));
    let nobody = "error: there is no application nobody in the store\n";
    assert_eq!(printed(&loans(&["show", "nobody"])), ("", nobody, Some(1)));
}
