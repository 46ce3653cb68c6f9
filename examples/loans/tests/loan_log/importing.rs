//! What is in a store after an import, whole or not.

use es_core::BulkStore;
use es_core::prelude::*;
use es_tests::{TestDatabase, TestFile};
use loans::cli::with_causes;
use loans::import::{Import, ImportError};

use crate::logs::{contents, events_of, file, gzip, import, line, log, sample, sample_lines};

#[tokio::test]
async fn importing_twice_adds_nothing_in_memory() {
    importing_twice_adds_nothing(MemoryStore::new()).await;
}

#[tokio::test]
async fn importing_twice_adds_nothing_on_sqlite() {
    let file = TestFile::create();
    importing_twice_adds_nothing(file.store().await).await;
}

#[tokio::test]
async fn importing_twice_adds_nothing_on_postgres() {
    let database = TestDatabase::create().await;
    importing_twice_adds_nothing(database.store().await).await;
}

async fn importing_twice_adds_nothing<S: BulkStore + Clone>(store: S) {
    let once = Import::new(store.clone()).file(&sample()).await.unwrap();
    assert_eq!((once.lines, once.added, once.known, once.bad), (251, 251, 0, 0));
    let before = contents(&store).await;
    assert_eq!(before.len(), 251);
    let twice = Import::new(store.clone()).file(&sample()).await.unwrap();
    assert_eq!((twice.lines, twice.added, twice.known, twice.bad), (251, 0, 251, 0));
    assert_eq!(contents(&store).await, before);
}

#[tokio::test]
async fn any_way_of_cutting_the_file_ends_in_the_same_streams() {
    let whole = MemoryStore::new();
    Import::new(whole.clone()).file(&sample()).await.unwrap();
    let whole = contents(&whole).await;
    for batch in [1, 2, 7, 100, 4_096] {
        let store = MemoryStore::new();
        let import = Import::new(store.clone()).batch_lines(batch);
        assert_eq!(import.file(&sample()).await.unwrap().added, 251);
        assert_eq!(contents(&store).await, whole, "{batch} lines a batch");
    }
    let lines = sample_lines();
    for cut in [1, 40, 127, 250] {
        let store = MemoryStore::new();
        let first = import(&store, lines[..cut].concat()).await.unwrap();
        let rest = Import::new(store.clone()).batch_lines(16).file(&sample()).await.unwrap();
        assert_eq!(
            (first.added, rest.known, rest.added),
            (cut as u64, cut as u64, 251 - cut as u64)
        );
        assert_eq!(contents(&store).await, whole, "cut after line {cut}");
        // The second half alone goes on as well: its applications have begun.
        let store = MemoryStore::new();
        import(&store, lines[..cut].concat()).await.unwrap();
        import(&store, lines[cut..].concat()).await.unwrap();
        assert_eq!(contents(&store).await, whole, "two files, cut after line {cut}");
    }
}

#[tokio::test]
async fn gzip_and_plain_are_the_same_whatever_they_are_called() {
    let plain = MemoryStore::new();
    Import::new(plain.clone()).file(&sample()).await.unwrap();
    let plain = contents(&plain).await;
    let lines = sample_lines();
    let crlf = lines.concat().replace('\n', "\r\n");
    let two_members = [gzip(lines[..99].concat()), gzip(lines[99..].concat())].concat();
    let no_last_end = lines.concat().trim_end().to_owned();
    for bytes in [gzip(lines.concat()), two_members, crlf.into_bytes(), no_last_end.into_bytes()] {
        let store = MemoryStore::new();
        assert_eq!(import(&store, bytes).await.unwrap().added, 251);
        assert_eq!(contents(&store).await, plain);
    }
}

#[tokio::test]
async fn a_bad_line_stops_the_import_and_what_was_before_it_stays() {
    let long = "x".repeat(70_000);
    let cases: [(&[u8], &str); 7] = [
        (b"{", "the line is not JSON: EOF while parsing an object (column 1)"),
        (b"\xc3\x28", "the line is not valid UTF-8 (byte 1)"),
        (long.as_bytes(), "the line is longer than 65536 bytes"),
        (br#"{"application":"1"}"#, "the line is no entry of the log: missing field `activity`"),
        (
            br#"{"application":"1","activity":"A_LOST","transition":"complete","at":"2012-01-01T00:00:00Z"}"#,
            "unknown activity `A_LOST`",
        ),
        (
            br#"{"application":"new","activity":"O_SENT","transition":"complete","at":"2012-01-01T00:00:00Z"}"#,
            "application new does not begin with `A_SUBMITTED`",
        ),
        (
            br#"{"application":"1","activity":"A_SUBMITTED","transition":"complete","at":"2012-01-01T00:00:00Z","amount_requested":5}"#,
            "application 1 has been submitted before",
        ),
    ];
    for (bad, reason) in cases {
        let lines = log("1", 9);
        let mut bytes = lines[..4].concat().into_bytes();
        bytes.extend_from_slice(b"\n"); // an empty line counts, and is nothing
        bytes.extend_from_slice(bad);
        bytes.push(b'\n');
        bytes.extend_from_slice(lines[4..].concat().as_bytes());
        for batch in [1, 3, 2_000] {
            let store = MemoryStore::new();
            let import = Import::new(store.clone()).batch_lines(batch);
            let file = file(&bytes);
            let stopped = import.file(file.path()).await.unwrap_err();
            assert_eq!(with_causes(&stopped), format!("line 6 cannot be imported: {reason}"));
            assert_eq!(events_of(&store, "1").await, 4, "{reason}");
            let done = import.skip_bad(true).file(file.path()).await.unwrap();
            assert_eq!((done.lines, done.added, done.known, done.bad), (11, 5, 4, 1), "{reason}");
            let (number, why) = &done.first_bad[0];
            assert_eq!((*number, why.to_string()), (6, reason.to_owned()));
            assert_eq!(events_of(&store, "1").await, 9, "{reason}");
        }
    }
}

#[tokio::test]
async fn all_lines_of_an_application_that_was_never_submitted_are_bad() {
    let mut lines = log("1", 3);
    lines.extend(log("2", 4).into_iter().skip(1));
    lines.extend(log("3", 2));
    let store = MemoryStore::new();
    let file = file(lines.concat());
    for batch in [1, 2_000] {
        let import = Import::new(store.clone()).batch_lines(batch).skip_bad(true);
        let done = import.file(file.path()).await.unwrap();
        assert_eq!((done.bad, done.added + done.known), (3, 5));
    }
    assert_eq!(events_of(&store, "2").await, 0);
    let many = format!("{}{}", log("1", 1)[0], "{\n".repeat(25));
    let done = Import::new(store.clone()).skip_bad(true);
    let done = done.file(crate::logs::file(many).path()).await.unwrap();
    assert_eq!((done.bad, done.first_bad.len()), (25, 10));
}

#[tokio::test]
async fn an_identical_line_is_the_same_event() {
    let lines = log("1", 3);
    let twice = [&lines[..], &lines[..]].concat().concat();
    for batch in [1, 2, 2_000] {
        let store = MemoryStore::new();
        let import = Import::new(store.clone()).batch_lines(batch);
        let done = import.file(file(&twice).path()).await.unwrap();
        assert_eq!((done.lines, done.added, done.known), (6, 3, 3), "{batch} lines a batch");
        assert_eq!(events_of(&store, "1").await, 3);
    }
}

#[tokio::test]
async fn an_application_of_an_earlier_import_is_not_submitted_again() {
    let store = MemoryStore::new();
    import(&store, log("1", 2).concat()).await.unwrap();
    let again = line("1", "A_SUBMITTED", "complete", 30);
    let later = line("1", "O_SENT", "complete", 31);
    let bytes = format!("{}{again}\n{later}\n", log("2", 1).concat());
    let stopped = import(&store, &bytes).await.unwrap_err();
    let reason = "line 2 cannot be imported: application 1 has been submitted before";
    assert_eq!(with_causes(&stopped), reason);
    // What stands before the line is stored, and nothing else.
    assert_eq!((events_of(&store, "2").await, events_of(&store, "1").await), (1, 2));
    let skipping = Import::new(store.clone()).skip_bad(true);
    let done = skipping.file(file(&bytes).path()).await.unwrap();
    assert_eq!((done.added, done.known, done.bad), (1, 1, 1));
    assert_eq!(events_of(&store, "1").await, 3);
}

#[tokio::test]
async fn a_file_that_breaks_off_is_imported_as_far_as_it_goes() {
    let lines = sample_lines();
    let mut bytes = gzip(lines[..100].concat());
    let more = gzip(lines[100..].concat());
    bytes.extend_from_slice(&more[..more.len() / 2]);
    let store = MemoryStore::new();
    let stopped = import(&store, &bytes).await.unwrap_err();
    let ImportError::Read { line, .. } = stopped else { panic!("{stopped:?}") };
    assert!((100..251).contains(&line), "{line}");
    assert_eq!(contents(&store).await.len() as u64, line);
    // It cannot be skipped: nobody knows how many lines are missing.
    let skipping = Import::new(store.clone()).skip_bad(true);
    assert!(skipping.file(file(&bytes).path()).await.is_err());
}

#[tokio::test]
async fn files_that_cannot_be_opened_are_named() {
    let import = Import::new(MemoryStore::new());
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("nothing.jsonl");
    for path in [missing.as_path(), folder.path()] {
        let refused = import.file(path).await.unwrap_err().to_string();
        assert_eq!(refused, format!("{} cannot be opened", path.display()));
    }
    assert_eq!(import.file(file("").path()).await.unwrap().lines, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn importers_at_once_store_every_line_once_on_sqlite() {
    let file = TestFile::create();
    importers_at_once_store_every_line_once(file.store().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn importers_at_once_store_every_line_once_on_postgres() {
    let database = TestDatabase::create().await;
    importers_at_once_store_every_line_once(database.store().await).await;
}

async fn importers_at_once_store_every_line_once<S: BulkStore + Clone>(store: S) {
    let whole = MemoryStore::new();
    Import::new(whole.clone()).file(&sample()).await.unwrap();
    // Batches of different sizes, so that they meet at different lines, and the small ones overtake the large ones often.
    let mut importers = tokio::task::JoinSet::new();
    for lines in [1, 1, 1, 5, 34, 251] {
        let import = Import::new(store.clone()).batch_lines(lines);
        importers.spawn(async move { import.file(&sample()).await });
    }
    let done: Vec<_> = importers.join_all().await.into_iter().map(Result::unwrap).collect();
    assert_eq!(done.iter().map(|done| done.added).sum::<u64>(), 251);
    assert!(done.iter().all(|done| done.added + done.known == 251), "{done:?}");
    assert_eq!(contents(&store).await, contents(&whole).await);
}
