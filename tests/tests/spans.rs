//! What the library tells who watches it by `tracing`, and what it keeps to itself.
#![allow(clippy::unwrap_used, reason = "a failure in a helper is a failure of its test")]

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use es_core::{EventBus, EventSubscriber, InlineStore, Subscribed, prelude::*};
use es_tests::TestDatabase;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

/// Stands in every payload, row and metadata.
const CANARY: &str = "canary-4b1d";

#[derive(Debug, Serialize, Deserialize, Event)]
struct Told {
    secret: String,
}

#[derive(Default)]
struct Diary {
    entries: usize,
}

#[aggregate(name = "diary", id = Uuid)]
impl Diary {
    #[handles(Told)]
    fn told(&mut self, _: &Told) {
        self.entries += 1;
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "secrets")]
struct Secret {
    #[read_model(id)]
    text: String,
}

#[derive(Clone)]
struct Secrets;

#[projection(name = "secrets", read_models(Secret))]
impl Secrets {
    #[handles(Told)]
    async fn told(&self, event: &Told, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        db.rows().save(Secret { text: event.secret.clone() }).await
    }
}

struct Fails;

impl EventSubscriber for Fails {
    fn subscribed_to(&self) -> Subscribed {
        Subscribed::All
    }

    async fn handle(&mut self, event: &StoredEvent) -> Result<(), ProjectionError> {
        event.payload.decode::<u64>().map(drop).map_err(ProjectionError::handler)
    }
}

/// Writes down every span and event with all that it tells.
#[derive(Clone, Default)]
struct Watch {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicU64>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Watch {
    fn note(&self, what: &str, fields: impl FnOnce(&mut Line)) {
        let mut line = Line(what.to_owned());
        fields(&mut line);
        self.lines.lock().unwrap().push(line.0);
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Watch {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.spans.fetch_add(1, Ordering::SeqCst) + 1;
        let name = span.metadata().name();
        self.note(&format!("{id} {name}"), |line| span.record(line));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.note(&span.into_u64().to_string(), |line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        self.note(event.metadata().target(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn told() -> Told {
    Told { secret: CANARY.to_owned() }
}

/// Everything that goes right and wrong, on one thread, so that the watch sees it.
async fn lived<S: InlineStore + Clone>(store: S) -> (Vec<String>, Uuid) {
    let watch = Watch::default();
    let watching = tracing::subscriber::set_default(watch.clone());
    store.ensure_read_model::<Secret>().await.unwrap();
    let bus = EventBus::new(1);
    let subscriber = bus.attach(Fails);
    let metadata = Metadata::new().actor(CANARY);
    let diaries = Repository::<Diary, _>::new(store.clone()).with_inline(Secrets);
    let diaries = diaries.publish_to(&bus).with_metadata(metadata);
    let id = Uuid::now_v7();
    diaries.create(id, [told(), told()]).await.unwrap();
    diaries.execute(id, |_| Ok::<_, String>(told())).await.unwrap();
    diaries.execute(id, |_| Err::<Told, _>(CANARY.to_owned())).await.unwrap_err();
    let mut stale = diaries.load(id).await.unwrap();
    diaries.execute(id, |_| Ok::<_, String>(told())).await.unwrap();
    stale.record(told()).unwrap();
    diaries.save(&mut stale).await.unwrap_err();
    diaries.create(id, told()).await.unwrap_err();
    let plain = Repository::<Diary, _>::new(store);
    plain.create(Uuid::now_v7(), told()).await.unwrap();
    subscriber.detach().await;
    drop(watching);
    (watch.lines(), id)
}

fn assert_told(lines: &[String], id: Uuid) {
    let has = |text: &str| {
        assert!(lines.iter().any(|line| line.contains(text)), "{text}: {lines:#?}");
    };
    has(&format!("es.append stream=diary/{id} events=2"));
    has("outcome=\"stored\"");
    has("outcome=\"conflict\"");
    has(&format!("es.load stream=diary/{id}"));
    has(" version=3");
    has(&format!("es.execute aggregate=\"diary\" id={id}"));
    has(" attempts=1");
    let leaks: Vec<_> = lines.iter().filter(|line| line.contains(CANARY)).collect();
    assert_eq!(leaks, [] as [&String; 0], "payloads are nobody's business");
}

#[tokio::test]
async fn a_memory_store_tells_what_it_does_and_no_payload() {
    let (lines, id) = lived(MemoryStore::new()).await;
    assert_told(&lines, id);
}

#[tokio::test]
async fn a_postgres_store_tells_what_it_does_and_no_payload() {
    let database = TestDatabase::create().await;
    let (lines, id) = lived(database.store().await).await;
    assert_told(&lines, id);
}
