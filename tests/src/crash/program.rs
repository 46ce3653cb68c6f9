//! Appends in every way that there is, projects, and says what was answered.

use std::convert::Infallible;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::Retry;
use es_core::{
    BulkStore as _, Category, ExistingStreams, ImportOptions, ImportedEvent, InlineProjections,
    InlineStore as _, StreamAppend,
};
use es_sqlite::SqliteStore;
use futures_util::stream;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::models::{InlineTotal, InlineTotals, Total, Totals};
use crate::log::events;

/// Callers at once.
const CALLERS: u64 = 4;

/// Streams of each kind.
const STREAMS: u32 = 12;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Until it is killed, or something fails that should not.
///
/// # Errors
/// What has failed.
pub async fn run(file: &Path, seed: u64) -> Result<()> {
    let store = SqliteStore::open(file).await?;
    store.ensure_read_model::<InlineTotal>().await?;
    store.ensure_read_model::<Total>().await?;
    let manager = SubscriptionManager::new(store.clone());
    // Killed every now and then, it must soon be followed by the next one, and no event is to blame for that.
    let config = SubscriptionConfig::new()
        .batch_size(20)
        .lease(Duration::from_millis(50))
        .retry(Retry::times(1_000));
    let handle = manager.subscribe("totals", Totals, config)?;
    manager.start().await?;
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(store.clone(), StdRng::seed_from_u64(seed * CALLERS + caller)));
    }
    tokio::select! {
        ended = callers.join_next() => ended.ok_or("no callers")??,
        ended = handle.ended() => Err(format!("the projection has ended: {ended:?}").into()),
    }
}

async fn call(store: SqliteStore, mut random: StdRng) -> Result<()> {
    let inline = InlineProjections::new().with(InlineTotals);
    loop {
        let count = random.random_range(1..4);
        let ids = match random.random_range(0..20) {
            0 => {
                let stream = stream_id("imported", &mut random)?;
                let all = events(30).into_iter().map(|e| ImportedEvent::new(stream.clone(), e));
                let all: Vec<_> = all.collect();
                let ids: Vec<_> = all.iter().map(|imported| imported.event.id).collect();
                let source = stream::iter(all.into_iter().map(Ok::<_, Infallible>));
                let options = ImportOptions::new().existing(ExistingStreams::Continue).chunk(10);
                store.import(source, options).await?;
                ids
            }
            1..5 => {
                let append = append("inline", count, &mut random)?;
                let ids = ids(&append);
                store.append_inline(append, &inline).await?;
                ids
            }
            5..8 => {
                let appends = vec![
                    append("first", count, &mut random)?,
                    append("second", count, &mut random)?,
                ];
                let ids = appends.iter().flat_map(ids).collect();
                for outcome in store.append_many(appends).await {
                    outcome?;
                }
                ids
            }
            _ => {
                let append = append("plain", count, &mut random)?;
                let ids = ids(&append);
                store.append(append).await?;
                ids
            }
        };
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let mut out = std::io::stdout().lock();
        // One write, so that a line that was killed in the middle has no end.
        out.write_all(format!("{}\n", ids.join(" ")).as_bytes())?;
        out.flush()?;
    }
}

fn ids(append: &StreamAppend) -> Vec<EventId> {
    append.events.iter().map(|event| event.id).collect()
}

fn append(category: &str, count: usize, random: &mut StdRng) -> Result<StreamAppend> {
    let stream = stream_id(category, random)?;
    Ok(StreamAppend::new(stream, ExpectedVersion::Any, events(count)))
}

/// The same few streams in every run.
fn stream_id(category: &str, random: &mut StdRng) -> Result<StreamId> {
    let name = format!("{category}-{}", random.random_range(0..STREAMS));
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
    Ok(StreamId::new(Category::new(category.to_owned())?, id))
}
