//! Logs to import, and what the tests ask of a store afterwards.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use es_core::prelude::*;
use es_core::{BulkStore, LogQuery, StreamQuery};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::TryStreamExt as _;
use loans::domain::LoanApplication;
use loans::import::{Import, ImportError, Imported};
use loans::projections;
use loans::report::Report;
use tempfile::NamedTempFile;

/// The sample that is committed with the example.
pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample.jsonl")
}

/// Its lines, with their line ends.
pub(crate) fn sample_lines() -> Vec<String> {
    let text = std::fs::read_to_string(sample()).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// The sample many times over, each time with other numbers of applications.
pub(crate) fn copies(copies: i64) -> String {
    let sample = sample_lines().concat();
    let of = |n| sample.replace("\"application\":\"5", &format!("\"application\":\"{n}-5"));
    (0..copies).map(of).collect()
}

/// The report of the sample, worked out without the program.
pub(crate) const SAMPLE_REPORT: &str = include_str!("../expected/sample.json");

/// One line, without a line end.
pub(crate) fn line(application: &str, activity: &str, transition: &str, minute: u32) -> String {
    let amount = if activity == "A_SUBMITTED" { r#","amount_requested":1000"# } else { "" };
    let at = format!("2012-01-01T10:{minute:02}:00.000Z");
    format!(
        r#"{{"application":"{application}","activity":"{activity}","transition":"{transition}","at":"{at}"{amount},"resource":"7"}}"#
    )
}

/// A log of one application with `lines` lines, whose first is its submission.
pub(crate) fn log(application: &str, lines: u32) -> Vec<String> {
    let activity = |n| if n == 0 { "A_SUBMITTED" } else { "O_CREATED" };
    (0..lines).map(|n| line(application, activity(n), "complete", n) + "\n").collect()
}

/// A file with these bytes.
pub(crate) fn file(bytes: impl AsRef<[u8]>) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    file
}

/// One gzip member.
pub(crate) fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// Imports bytes into a store.
pub(crate) async fn import<S: BulkStore + Clone>(
    store: &S,
    bytes: impl AsRef<[u8]>,
) -> Result<Imported, ImportError> {
    let file = file(bytes);
    Import::new(store.clone()).file(file.path()).await
}

/// Everything that makes two logs the same, whatever the order between streams.
pub(crate) async fn contents<S: EventStore>(store: &S) -> Vec<String> {
    let events: Vec<_> = store.stream_log(LogQuery::default()).try_collect().await.unwrap();
    let mut contents: Vec<_> = events
        .iter()
        .map(|event: &StoredEvent| {
            let StoredEvent { stream, version, id, name, payload, .. } = event;
            let (metadata, at) = (&event.metadata, event.occurred_at);
            format!("{stream} {version:?} {id} {name} {payload:?} {metadata:?} {at}")
        })
        .collect();
    contents.sort_unstable();
    contents
}

/// How many events an application has.
pub(crate) async fn events_of<S: EventStore>(store: &S, application: &str) -> usize {
    let id = LoanApplication::id_from_name(application);
    let stream = LoanApplication::stream_id(id).unwrap();
    let events: Vec<_> = store.read_stream(&stream, StreamQuery::ALL).try_collect().await.unwrap();
    events.len()
}

/// The report of whatever is in the log.
pub(crate) async fn report<S: SubscriptionStore + Clone>(store: &S) -> String {
    projections::catch_up(store).await.unwrap();
    Report::read(store).await.unwrap().to_json()
}
