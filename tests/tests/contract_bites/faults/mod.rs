//! For each promise the stores that break it, and what the promise says of them.

pub(crate) mod appends;
pub(crate) mod attempts;
pub(crate) mod batches;
pub(crate) mod calls;
pub(crate) mod changes;
pub(crate) mod chunks;
pub(crate) mod fidelity;
pub(crate) mod filters;
pub(crate) mod imports;
pub(crate) mod inline;
pub(crate) mod leases;
pub(crate) mod letters;
pub(crate) mod log;
pub(crate) mod operations;
pub(crate) mod promotions;
pub(crate) mod queries;
pub(crate) mod races;
pub(crate) mod refusals;
pub(crate) mod resets;
pub(crate) mod rows;
pub(crate) mod snapshots;
pub(crate) mod streams;
pub(crate) mod tables;
pub(crate) mod values;
pub(crate) mod wakes;

use es_core::{
    Appended, Category, Cell, EventStore as _, ExpectedVersion, FoundRow, LogPage, LogQuery,
    MemoryStore, Position, RowChange, StoreError, StoredEvent, StreamAppend, StreamId, StreamQuery,
    Table, Version,
};
use futures_util::TryStreamExt as _;
use serde_json::Value;

use crate::broken::now;
use crate::fault::Fault;

/// An answer of these numbers.
fn answer(first: u64, last: u64, position: u64) -> Appended {
    Appended::new(Version::new(first), Version::new(last), Position::new(position))
}

/// Stores the first event of an append that was refused.
fn half(store: &MemoryStore, mut append: StreamAppend) {
    append.events.truncate(1);
    append.expected = ExpectedVersion::Any;
    // It may be refused again, and the others are for the promise to see.
    drop(now(store.append(append)));
}

/// All that a stream holds.
fn whole(store: &MemoryStore, stream: &StreamId) -> Result<Vec<StoredEvent>, StoreError> {
    now(store.read_stream(stream, StreamQuery::ALL).try_collect())
}

/// The stream under another category.
fn under(stream: &StreamId, category: &'static str) -> StreamId {
    StreamId::new(Category::new(category).expect("a category"), stream.id())
}

/// Changes rows as they are found, field by field.
fn fields(found: &mut Result<Vec<FoundRow>, StoreError>, change: fn(&str, &mut Value)) {
    for row in found.iter_mut().flatten() {
        let mut json: Value = serde_json::from_str(&row.json).expect("a row is JSON");
        for (name, value) in json.as_object_mut().expect("a row is an object") {
            change(name, value);
        }
        row.json = json.to_string();
    }
}

/// Up to `limit` events of the log that match.
fn matching(
    store: &MemoryStore,
    query: LogQuery<'_>,
    limit: usize,
    matches: impl Fn(&StoredEvent) -> bool,
) -> LogPage {
    let mut page = now(store.read_log(query, usize::MAX)).expect("the log is readable");
    page.events.retain(matches);
    if page.events.len() >= limit {
        page.events.truncate(limit);
        page.through = page.events.last().map_or(page.through, |last| last.position);
    }
    page
}

/// The keys of rows, as text.
fn keys_of(table: &Table, rows: &[RowChange]) -> Vec<String> {
    let at = table.columns.iter().position(|column| column.name == table.key);
    let key = |row: &RowChange| match &row.cells[at.expect("the key is among the columns")] {
        Cell::Text(text) => text.clone(),
        Cell::Integer(number) => number.to_string(),
        Cell::Uuid(id) => id.to_string(),
        other => unreachable!("{other:?} is no key"),
    };
    rows.iter().map(key).collect()
}

/// The row that was there goes when one is written, with all that is known of it.
const MADE_ANEW: Fault = Fault::Upsert(|backend, table, rows| {
    now(backend.delete(table, &keys_of(table, rows))).expect("the table is there");
});
