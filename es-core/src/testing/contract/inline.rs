//! Projections that run inside an append.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::future::select;
use futures_util::stream::FuturesUnordered;
use serde::{Deserialize, Serialize};

use super::support::{assert_absent, entry, events, fresh, new_ids, read, unique, yield_now};
use crate::column::{Column, Table};
use crate::error::AppendError;
use crate::inline::{InlineError, InlineProjections, InlineStore};
use crate::projection::{Batch, FromBatch as _, Projection, ProjectionError};
use crate::read_model::{ReadModel, ReadModelQuery as _};
use crate::record::StoredEvent;
use crate::rows::ReadModels;
use crate::store::{Appended, BoxFuture};
use crate::version::{ExpectedVersion, Version};

/// Events and rows are there as soon as the append is answered; a row is changed by each event, and by later appends.
pub async fn events_and_inline_rows_appear_together<S: InlineStore>(store: &S) {
    let sums = Sums::new(store).await;
    let stream = fresh();
    let projections = InlineProjections::new().with(sums.clone());
    for (count, sum) in [(3, 3), (2, 5_i64)] {
        let append = entry(&stream, ExpectedVersion::Any, events(count));
        let answer = store.append_inline(append, &projections).await;
        let appended = answer.expect("an append that nothing speaks against");
        assert_eq!(
            appended.version,
            Version::new(sum.unsigned_abs()),
            "the answer is the stream's"
        );
        assert_eq!(sums.sum(store).await, sum, "what the handlers wrote is there at once");
        let stored = read(store, &stream).await.len() as u64;
        assert_eq!(stored, appended.version.get(), "the events are there at once");
    }
}

/// The handlers see what is stored, exactly: versions, positions, times.
pub async fn inline_handlers_see_events_as_they_are_stored<S: InlineStore>(store: &S) {
    let sums = Sums::new(store).await;
    let stream = fresh();
    let projections = InlineProjections::new().with(sums.clone());
    let append = entry(&stream, ExpectedVersion::NoStream, events(3));
    let answer = store.append_inline(append, &projections).await;
    answer.expect("an append that nothing speaks against");
    assert_eq!(sums.seen(), read(store, &stream).await, "handlers see events as they are stored");
}

/// When a handler fails or panics, or what it wrote cannot be stored, nothing is: no event, no row, of no projection.
pub async fn what_an_inline_handler_refuses_is_not_stored<S: InlineStore>(store: &S) {
    for mischief in [Mischief::Fails, Mischief::Panics, Mischief::WritesNowhere] {
        let before = Sums::new(store).await;
        let guilty = Sums { mischief, ..Sums::new(store).await };
        let projections = InlineProjections::new().with(before.clone()).with(guilty.clone());
        let append = entry(&fresh(), ExpectedVersion::NoStream, events(2));
        let wanted = new_ids(&append.events);
        match (mischief, store.append_inline(append, &projections).await) {
            (_, Err(InlineError::Projection { projection, .. })) if projection != Sums::NAME => {
                panic!("the error names `{projection}`, not the projection that failed");
            }
            (
                Mischief::Fails,
                Err(InlineError::Projection { cause: ProjectionError::Handler(_), .. }),
            )
            | (
                Mischief::Panics,
                Err(InlineError::Projection { cause: ProjectionError::Panicked { .. }, .. }),
            )
            | (Mischief::WritesNowhere, Err(InlineError::Projection { .. })) => {}
            (mischief, answer) => panic!("a handler that {mischief:?} is no {answer:?}"),
        }
        assert_absent(store, &wanted, "what an inline handler refuses is not stored").await;
        assert_eq!(before.rows(store).await + guilty.rows(store).await, 0, "nor are rows");
    }
}

/// An append that is refused leaves no rows, and its error is that of any append.
pub async fn a_refused_append_leaves_no_inline_rows<S: InlineStore>(store: &S) {
    let sums = Sums::new(store).await;
    let projections = InlineProjections::new().with(sums.clone());
    let stream = fresh();
    let first = entry(&stream, ExpectedVersion::NoStream, events(2));
    store.append_inline(first.clone(), &projections).await.expect("the stream is new");
    let again = entry(&stream, ExpectedVersion::NoStream, events(1));
    match store.append_inline(again, &projections).await {
        Err(InlineError::Append(AppendError::Conflict { actual, .. })) => {
            assert_eq!(actual, Version::new(2), "the conflict tells the version found");
        }
        answer => panic!("a belief that does not hold is a conflict, not {answer:?}"),
    }
    let elsewhere = entry(&fresh(), ExpectedVersion::NoStream, first.events);
    match store.append_inline(elsewhere, &projections).await {
        Err(InlineError::Append(AppendError::DuplicateEvent { .. })) => {}
        answer => panic!("an event id that is taken is a duplicate, not {answer:?}"),
    }
    let empty = entry(&fresh(), ExpectedVersion::NoStream, Vec::new());
    match store.append_inline(empty, &projections).await {
        Err(InlineError::Append(AppendError::Invalid(_))) => {}
        answer => panic!("an append of no events is refused, not {answer:?}"),
    }
    assert_eq!(sums.sum(store).await, 2, "a refused append leaves no rows");
}

/// Appends to many streams at once that change one row: none of the changes is lost, also not the one that makes it.
pub async fn inline_appends_at_once_lose_no_update<S: InlineStore>(store: &S) {
    let sums = Sums::new(store).await;
    let projections = InlineProjections::new().with(sums.clone());
    let appends: FuturesUnordered<_> = (1..=APPENDS)
        .map(|n| {
            let append = entry(&fresh(), ExpectedVersion::NoStream, events(1 + n % 3));
            store.append_inline(append, &projections)
        })
        .collect();
    let answers: Vec<Result<Appended, InlineError>> = appends.collect().await;
    let wanted: usize = (1..=APPENDS).map(|n| 1 + n % 3).sum();
    for answer in answers {
        answer.expect("appends to different streams all succeed");
    }
    assert_eq!(sums.sum(store).await, i64::try_from(wanted).expect("few"), "no update is lost");
}

/// Appends without projections beside those with: both go through, and the handlers see where the events really are.
pub async fn inline_appends_run_beside_others<S: InlineStore>(store: &S) {
    let sums = Sums::new(store).await;
    let projections = InlineProjections::new().with(sums.clone());
    let stream = fresh();
    let begin = entry(&stream, ExpectedVersion::NoStream, events(1));
    store.append_inline(begin, &projections).await.expect("the stream is new");
    let both: FuturesUnordered<BoxFuture<'_, ()>> = FuturesUnordered::new();
    for _ in 0..10 {
        let (inline, plain) = (events(1), events(1));
        both.push(Box::pin(async {
            let append = entry(&stream, ExpectedVersion::Any, inline);
            store.append_inline(append, &projections).await.expect("any version is accepted");
        }));
        both.push(Box::pin(async {
            let append = entry(&stream, ExpectedVersion::Any, plain);
            store.append(append).await.expect("any version is accepted");
        }));
    }
    both.collect::<()>().await;
    assert_eq!(sums.sum(store).await, 11, "only those with projections are counted");
    let stored = read(store, &stream).await;
    assert_eq!(stored.len(), 21, "all are stored");
    let seen = sums.seen();
    for event in &stored {
        let mine: Vec<_> = seen.iter().filter(|seen| seen.id == event.id).collect();
        // A handler that had to run again may have seen the event elsewhere before.
        assert!(
            mine.is_empty() || mine.last() == Some(&event),
            "a handler saw {mine:?}, stored is {event:?}"
        );
    }
}

/// An append whose future is dropped is stored with its rows, or neither is.
pub async fn a_dropped_inline_append_is_stored_whole_or_not_at_all<S: InlineStore>(store: &S) {
    let sums = Sums::new(store).await;
    let projections = InlineProjections::new().with(sums.clone());
    let mut stored = 0;
    for polls in (0..20).chain((20..400).step_by(20)) {
        let append = entry(&fresh(), ExpectedVersion::NoStream, events(2));
        let (stream, wanted) = (append.stream.clone(), new_ids(&append.events));
        let dropped = Box::pin(store.append_inline(append, &projections));
        let patience = Box::pin(async {
            for _ in 0..polls {
                yield_now().await;
            }
        });
        // Both futures are dropped with what `select` gives back.
        drop(select(patience, dropped).await);
        // Whoever appends to the stream waits for what is still under way there.
        let next = entry(&stream, ExpectedVersion::Any, events(1));
        store.append(next).await.expect("any version is accepted");
        match store.locate(&wanted).await.expect("the store can be asked").len() {
            0 => {}
            2 => stored += 2,
            some => panic!("{some} of 2 events are stored"),
        }
    }
    assert_eq!(sums.sum(store).await, stored, "rows are those of the events that are stored");
}

/// Streams that are written to at once.
const APPENDS: usize = 50;

/// Counts events in one row.
#[derive(Clone)]
struct Sums {
    key: String,
    mischief: Mischief,
    seen: Arc<Mutex<Vec<StoredEvent>>>,
}

/// What goes wrong at an event.
#[derive(Debug, Clone, Copy)]
enum Mischief {
    None,
    Fails,
    Panics,
    WritesNowhere,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sum {
    id: String,
    n: i64,
}

impl ReadModel for Sum {
    type Key = String;
    const TABLE: &'static Table = &Table::new(
        "contract_inline_sums",
        "id",
        const { &[Column::of::<String>("id"), Column::of::<i64>("n")] },
    );

    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Its table is never made.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Nowhere {
    id: i64,
}

impl ReadModel for Nowhere {
    type Key = i64;
    const TABLE: &'static Table =
        &Table::new("contract_inline_nowhere", "id", const { &[Column::of::<i64>("id")] });

    fn key(&self) -> i64 {
        self.id
    }
}

impl Sums {
    async fn new<S: InlineStore>(store: &S) -> Self {
        store.ensure_read_model::<Sum>().await.expect("the table can be made");
        Self { key: unique("sum"), mischief: Mischief::None, seen: Arc::default() }
    }

    async fn row<S: InlineStore>(&self, store: &S) -> Option<Sum> {
        store.row::<Sum>(&self.key).await.expect("readable")
    }

    async fn sum<S: InlineStore>(&self, store: &S) -> i64 {
        self.row(store).await.map_or(0, |row| row.n)
    }

    async fn rows<S: InlineStore>(&self, store: &S) -> usize {
        usize::from(self.row(store).await.is_some())
    }

    fn seen(&self) -> Vec<StoredEvent> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Projection for Sums {
    const NAME: &'static str = "contract-inline-sums";
    const READ_MODELS: &'static [&'static Table] = &[Sum::TABLE, Nowhere::TABLE];
    const SUBSCRIBED_TO: &'static [&'static str] = &["counted"];

    fn handle<'a>(
        &'a mut self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
            let mut models = ReadModels::from_batch(batch)?;
            let n = models.rows::<Sum>().get(&self.key).await?.map_or(0, |row| row.n);
            models.rows().save(Sum { id: self.key.clone(), n: n + 1 }).await?;
            match self.mischief {
                Mischief::None => Ok(()),
                Mischief::Fails => Err(ProjectionError::handler("told to fail")),
                Mischief::Panics => panic!("told to panic"),
                Mischief::WritesNowhere => models.rows().save(Nowhere { id: 1 }).await,
            }
        })
    }
}
