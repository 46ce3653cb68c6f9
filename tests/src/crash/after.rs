//! What must hold of a file whose writer was killed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use es_core::prelude::*;
use es_core::{LogQuery, ProjectionPart, StoredEvent};
use es_sqlite::SqliteStore;

use super::models::{InlineTotal, Noted, Total};

/// Opens the file and looks at everything: what was answered is there, once and in order; the read models are what the log
/// comes to up to where they are said to have come. Gives the number of events.
///
/// # Panics
/// When something does not hold.
pub async fn check(file: &Path, answered: &BTreeSet<EventId>) -> usize {
    let store = SqliteStore::open(file).await.expect("the file can be opened");
    // It may have been killed before it came to that.
    store.ensure_read_model::<InlineTotal>().await.expect("the table can be made");
    store.ensure_read_model::<Total>().await.expect("the table can be made");
    let page = store.read_log(LogQuery::default(), usize::MAX).await.expect("the log can be read");
    let events = page.events;
    let stored: BTreeSet<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(stored.len(), events.len(), "each event is there once");
    let lost: Vec<_> = answered.difference(&stored).collect();
    assert!(lost.is_empty(), "of what was answered is missing: {lost:?}");
    check_places(&events);
    check_models(&store, &events).await;
    store.close().await;
    events.len()
}

fn check_places(events: &[StoredEvent]) {
    let mut versions: HashMap<_, u64> = HashMap::new();
    for (position, event) in (1..).zip(events) {
        assert_eq!(event.position.get(), position, "the log has no hole");
        let version = versions.entry(event.stream.id()).or_default();
        *version += 1;
        assert_eq!(event.version.get(), *version, "{} has no hole", event.stream);
    }
}

async fn check_models(store: &SqliteStore, events: &[StoredEvent]) {
    let part = ProjectionPart::whole("totals", 1);
    let reached = store.checkpoint(&part).await.expect("readable").position;
    let rows: Vec<Total> = store.rows().await.expect("readable");
    let rows = rows.into_iter().map(|row| (row.stream, (row.events, row.sum))).collect();
    let followed = fold(events.iter().filter(|event| event.position <= reached));
    assert_eq!(followed, rows, "the read model is the log up to {reached}");

    let rows: Vec<InlineTotal> = store.rows().await.expect("readable");
    let rows = rows.into_iter().map(|row| (row.stream, (row.events, row.sum))).collect();
    let inline = fold(events.iter().filter(|event| event.stream.category().as_str() == "inline"));
    assert_eq!(inline, rows, "the inline read model is the log");
}

fn fold<'a>(events: impl Iterator<Item = &'a StoredEvent>) -> BTreeMap<Uuid, (i64, i64)> {
    let mut totals = BTreeMap::new();
    for event in events {
        let noted: Noted = event.payload.decode().expect("a good payload");
        let total: &mut (i64, i64) = totals.entry(event.stream.id()).or_default();
        *total = (total.0 + 1, total.1 + noted.n);
    }
    totals
}
