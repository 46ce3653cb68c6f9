//! A log that moves from a file to a server, and back.

use es_core::prelude::*;
use es_sqlite::SqliteStore;
use es_tests::TestDatabase;
use loans::import::Import;

use crate::command_line::{loans, loans_in, printed, utf8};
use crate::logs::{contents, copies, file};

/// Copies of the sample: enough for two chunks of a transfer.
const COPIES: i64 = 45;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_moves_to_a_database_and_the_work_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| loans_in(folder.path(), arguments);
    let log = file(copies(COPIES));
    let (path, total) = (utf8(log.path()), COPIES * 251);
    let before = here(&["run", path, "--json"]);
    assert!(before.status.success(), "{before:?}");

    let database = TestDatabase::create().await;
    let url = database.url();
    let moved = here(&["move", "--to", url]);
    let expected = "11,295 events moved from sqlite:data/loans.db to postgres://…, 0 were there already; \
        all 11,295 were compared and are the same in both\n\
        `loans rebuild --store postgres://…` builds the read models there\n";
    assert_eq!(printed(&moved), (expected, "", Some(0)));
    let again = here(&["move", "--from", "sqlite:data/loans.db", "--to", url]);
    let again = printed(&again).0;
    assert!(again.starts_with("0 events moved from "), "{again}");
    assert!(again.contains(", 11,295 were there already; all 11,295 were compared"), "{again}");

    let rebuilt = loans(&["rebuild", "--store", url]);
    let rebuilt = printed(&rebuilt).0;
    assert!(rebuilt.starts_with(&format!("{total} events replayed into 3 tables")), "{rebuilt}");
    let reported = loans(&["report", "--store", url, "--json"]);
    assert_eq!(reported.stdout, before.stdout);
    // What is imported again is known by the ids of its events, wherever they were stored first.
    let run = loans(&["run", path, "--store", url, "--json"]);
    let summary = format!("{total} lines: 0 events added, {total} stored before, 0 skipped\n");
    assert_eq!(printed(&run), (std::str::from_utf8(&before.stdout).unwrap(), &*summary, Some(0)));

    let back = here(&["move", "--from", url, "--to", "sqlite:back.db"]);
    let (text, errors, _) = printed(&back);
    let expected = "11,295 events moved from postgres://… to sqlite:back.db, ";
    assert!(text.starts_with(expected), "{text}{errors}");

    let memory = MemoryStore::new();
    Import::new(memory.clone()).file(log.path()).await.unwrap();
    let expected = contents(&memory).await;
    assert_eq!(contents(&database.store().await).await, expected);
    let back = SqliteStore::open(folder.path().join("back.db")).await.unwrap();
    assert_eq!(contents(&back).await, expected);
}

#[test]
fn what_is_not_there_cannot_be_moved_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let moved = loans_in(folder.path(), &["move", "--to", "sqlite:new/loans.db"]);
    let expected = "error: sqlite:data/loans.db holds no log yet: \
        fill it with `loans run FILE --store sqlite:data/loans.db`\n";
    assert_eq!(printed(&moved), ("", expected, Some(1)));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_store_with_other_events_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| loans_in(folder.path(), arguments);
    let (one, other) = (file(copies(1)), file(copies(2)));
    for (log, store) in [(&one, "sqlite:one.db"), (&other, "sqlite:other.db")] {
        assert!(here(&["run", utf8(log.path()), "--store", store]).status.success());
    }
    let before = here(&["report", "--store", "sqlite:one.db", "--json"]).stdout;
    let moved = here(&["move", "--from", "sqlite:other.db", "--to", "sqlite:one.db"]);
    let (out, errors, code) = printed(&moved);
    assert_eq!((out, code), ("", Some(1)));
    assert!(
        errors.starts_with("error: the target does not hold the beginning of the source"),
        "{errors}"
    );
    assert_eq!(here(&["report", "--store", "sqlite:one.db", "--json"]).stdout, before);
}
