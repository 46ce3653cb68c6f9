//! What a batch keeps in memory until its commit is what it would be in a transaction.

use std::sync::{Arc, Mutex};

use es_core::ExpectedVersion::NoStream;
use es_core::prelude::*;
use es_core::{Batch, BoxFuture, FromBatch as _, ProjectionBatch as _, StoreError, Stored, Table};
use es_sqlite::{SqliteContext, SqliteStore};
use es_tests::TestFile;
use es_tests::log::{entry, stream};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "things")]
struct Thing {
    #[read_model(id)]
    id: i64,
    n: i64,
    note: Option<String>,
}

/// One step of a handler.
#[derive(Debug, Clone)]
enum Step {
    Save(Thing),
    Update(i64, i64),
    Delete(i64),
    Hide(i64),
    Show(i64),
    Empty,
    Get(i64),
    Find(RowQuery),
    Count(RowQuery),
}

const KEYS: i64 = 12;

fn step(random: &mut StdRng) -> Step {
    let (id, n) = (random.random_range(0..KEYS), random.random_range(0..5));
    let note = [None, Some("b"), Some("B"), Some("")][random.random_range(0..4)].map(str::to_owned);
    match random.random_range(0..100) {
        0..30 => Step::Save(Thing { id, n, note }),
        30..40 => Step::Update(id, n),
        40..48 => Step::Delete(id),
        48..54 => Step::Hide(id),
        54..58 => Step::Show(id),
        58 => Step::Empty,
        59..66 => Step::Get(id),
        66..90 => Step::Find(query(random, n)),
        _ => Step::Count(query(random, n)),
    }
}

fn query(random: &mut StdRng, n: i64) -> RowQuery {
    let filter = match random.random_range(0..6) {
        0 => Filter::ge("n", n),
        1 => !Filter::eq("note", "b"),
        2 => Filter::is_null("note").or(Filter::eq("n", n)),
        3 => Filter::in_list("id", [1, 2, 3, n]),
        4 => Filter::gt("es_version", n),
        _ => Filter::all(),
    };
    let mut query = RowQuery::new(filter);
    match random.random_range(0..4) {
        0 => query = query.descending("n"),
        1 => query = query.ascending("note").descending("id"),
        2 => query = query.descending("note"),
        _ => {}
    }
    if random.random_bool(0.5) {
        query = query.limit(random.random_range(0..5)).offset(random.random_range(0..4));
    }
    if random.random_bool(0.3) { query.with_deleted() } else { query }
}

/// Does what it is told at each version of a stream, and writes down the answers.
struct Scripted {
    script: Arc<Vec<Vec<Step>>>,
    answers: Arc<Mutex<Vec<String>>>,
    /// Takes the connection at the first event, so that nothing is staged.
    takes: bool,
}

impl Projection for Scripted {
    const NAME: &'static str = "scripted";
    const READ_MODELS: &'static [&'static Table] = &[Thing::TABLE];
    const SUBSCRIBED_TO: &'static [&'static str] = &["noted"];

    fn handle<'a>(
        &'a mut self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            if self.takes {
                SqliteContext::from_batch(batch)?.connection().await?;
            }
            let at = usize::try_from(event.version.get() - 1).unwrap();
            let mut models = ReadModels::from_batch(batch)?;
            for step in &self.script[at] {
                let mut rows = models.rows::<Thing>();
                let answer = match step.clone() {
                    Step::Save(thing) => format!("{:?}", rows.save(thing).await?),
                    Step::Update(id, n) => format!("{}", rows.update(&id, |it| it.n = n).await?),
                    Step::Delete(id) => format!("{:?}", rows.delete(&id).await?),
                    Step::Hide(id) => format!("{}", rows.soft_delete(&id).await?),
                    Step::Show(id) => format!("{}", rows.restore(&id).await?),
                    Step::Empty => format!("{:?}", rows.truncate().await?),
                    Step::Get(id) => format!("{:?}", rows.get(&id).await?),
                    Step::Find(query) => format!("{:?}", rows.find(query).await?),
                    Step::Count(query) => format!("{}", rows.count(query).await?),
                };
                self.answers.lock().unwrap().push(format!("{at}: {step:?}: {answer}"));
            }
            Ok(())
        })
    }
}

/// The answers, and the rows in the end.
async fn played<S: SubscriptionStore + Clone>(
    store: &S,
    append: &es_core::StreamAppend,
    script: &Arc<Vec<Vec<Step>>>,
    takes: bool,
) -> (Vec<String>, Vec<Stored<Thing>>) {
    store.ensure_read_model::<Thing>().await.unwrap();
    store.append(append.clone()).await.unwrap();
    let answers = Arc::new(Mutex::new(Vec::new()));
    let scripted = Scripted { script: script.clone(), answers: answers.clone(), takes };
    Projector::new(store.clone(), scripted).batch_size(5).catch_up().await.unwrap();
    let answers = std::mem::take(&mut *answers.lock().unwrap());
    (answers, store.find_stored::<Thing>(RowQuery::all().with_deleted()).await.unwrap())
}

/// The same handlers have the same answers and leave the same rows: on the memory store, staged, and in an open transaction.
#[tokio::test]
async fn a_staged_batch_is_as_any_other() {
    for seed in 0..12 {
        let mut random = StdRng::seed_from_u64(seed);
        let script = (0..15).map(|_| (0..8).map(|_| step(&mut random)).collect());
        let script: Arc<Vec<Vec<Step>>> = Arc::new(script.collect());
        let append = entry(&stream(), NoStream, script.len());
        let wanted = played(&MemoryStore::new(), &append, &script, false).await;
        assert!(wanted.0.len() == 15 * 8, "all steps have an answer");
        let in_memory = SqliteStore::in_memory().await.unwrap();
        let staged = played(&in_memory, &append, &script, false).await;
        assert_alike(seed, "staged", &staged, &wanted);
        let file = TestFile::create();
        let open = played(&file.store().await, &append, &script, true).await;
        assert_alike(seed, "in a transaction", &open, &wanted);
    }
}

fn assert_alike<T: PartialEq + std::fmt::Debug>(
    seed: u64,
    what: &str,
    found: &(Vec<String>, Vec<T>),
    wanted: &(Vec<String>, Vec<T>),
) {
    for (found, wanted) in found.0.iter().zip(&wanted.0) {
        assert_eq!(found, wanted, "seed {seed}, {what}");
    }
    assert_eq!(found, wanted, "seed {seed}, {what}");
}

/// An open batch, be it with rows and letters, keeps nobody from appending or committing.
#[tokio::test]
async fn an_open_batch_keeps_nobody_waiting() {
    let file = TestFile::create();
    for store in [SqliteStore::in_memory().await.unwrap(), file.store().await] {
        store.ensure_read_model::<Thing>().await.unwrap();
        let row = es_core::RowChange::new(
            Thing::TABLE,
            &Thing { id: 1, n: 1, note: None },
            chrono::Utc::now(),
        );
        let row = [row.unwrap()];
        let at = |n| es_core::Checkpoint::new(es_core::Position::new(n), None);
        let mut stopped = store.begin("shared", 1).await.unwrap();
        stopped.backend().upsert(Thing::TABLE, &row).await.unwrap();
        stopped.backend().fetch(Thing::TABLE, &["1".to_owned()]).await.unwrap();
        let reset = store.begin_reset("others", 1, 1, at(0)).await.unwrap();
        store.append(entry(&stream(), NoStream, 1)).await.unwrap();
        let other = store.begin("shared", 1).await.unwrap();
        other.commit(at(1)).await.unwrap();
        let late = stopped.commit(at(1)).await;
        assert!(matches!(late, Err(StoreError::CheckpointMoved { .. })), "{late:?}");
        assert_eq!(store.rows::<Thing>().await.unwrap(), []);
        reset.commit(at(0)).await.unwrap();
    }
}
