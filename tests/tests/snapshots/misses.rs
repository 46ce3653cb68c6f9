//! Snapshots that cannot be used are passed over.

use es_core::prelude::*;
use es_core::{Fingerprint, Payload, SnapshotError};
use es_tests::log::until;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use crate::watched::Watched;
use crate::{kept_of, let_tasks_run};

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(name = "counted")]
struct Counted {
    by: i64,
}

/// The program before a change of its state, and after it.
mod versions {
    use es_core::prelude::*;

    use super::Counted;

    pub(super) mod one {
        use super::{Counted, Deserialize, Serialize, Snapshot, Uuid, aggregate, handles};

        #[derive(Debug, Default, PartialEq, Serialize, Deserialize, Snapshot)]
        pub(crate) struct Counter {
            pub(crate) total: i64,
        }

        #[aggregate(name = "counter", id = Uuid, snapshot(every = 5))]
        impl Counter {
            #[handles(Counted)]
            fn counted(&mut self, event: &Counted) {
                self.total += event.by;
            }
        }
    }

    /// It also counts how often: a field that the older one would leave at 0.
    pub(super) mod two {
        use super::{Counted, Deserialize, Serialize, Snapshot, Uuid, aggregate, handles};

        #[derive(Debug, Default, PartialEq, Serialize, Deserialize, Snapshot)]
        pub(crate) struct Counter {
            pub(crate) total: i64,
            #[serde(default)]
            pub(crate) times: u64,
        }

        #[aggregate(name = "counter", id = Uuid, snapshot(every = 5))]
        impl Counter {
            #[handles(Counted)]
            fn counted(&mut self, event: &Counted) {
                self.total += event.by;
                self.times += 1;
            }
        }
    }
}

type One = Repository<versions::one::Counter, Watched>;
type Two = Repository<versions::two::Counter, Watched>;

fn five() -> [Counted; 5] {
    [const { Counted { by: 2 } }; 5]
}

#[tokio::test]
async fn programs_of_two_versions_run_side_by_side() {
    let (store, id) = (Watched::default(), Uuid::now_v7());
    let (one, two) = (One::new(store.clone()), Two::new(store.clone()));
    one.create(id, five()).await.unwrap();
    let version = |found: Option<es_core::StoredSnapshot>| found.map(|f| f.snapshot.version.get());
    let kept_by_one = || async { version(kept_of::<versions::one::Counter>(&store, id).await.0) };
    let kept_by_two = || async { version(kept_of::<versions::two::Counter>(&store, id).await.0) };
    until("the older has its snapshot", || async { kept_by_one().await == Some(5) }).await;
    assert_eq!(kept_by_two().await, None, "which is none of the newer");

    let now = two.load(id).await.unwrap();
    assert_eq!((now.state().total, now.state().times), (10, 5), "all events were replayed");
    until("the newer has its own", || async { kept_by_two().await == Some(5) }).await;
    two.execute(id, |_| Ok::<_, ()>(five())).await.unwrap();
    until("the newer has a later one", || async { kept_by_two().await == Some(10) }).await;
    assert_eq!(kept_by_one().await, Some(5), "beside that of the older");
    assert_eq!(one.load(id).await.unwrap().state().total, 20);
    assert_eq!(two.load(id).await.unwrap().state().times, 10);
}

/// States of one shape, and of one stream, made of different events.
macro_rules! views {
    ($($view:ident $(handles $handled:ident)* $(ignores $ignored:ident)* $(unknown $unknown:literal)?;)+) => {$(
        mod $view {
            use super::*;

            #[derive(Debug, Default, Serialize, Deserialize, Snapshot)]
            pub(super) struct Counter {
                pub(super) seen: i64,
            }

            #[allow(non_snake_case, reason = "named after its event")]
            #[aggregate(name = "counter", id = Uuid, $(ignores($ignored),)* $(unknown = $unknown,)? snapshot(every = 1))]
            impl Counter {
                $(
                    #[handles($handled)]
                    fn $handled(&mut self, _: &$handled) {
                        self.seen += 1;
                    }
                )*
            }
        }
    )+};
}

#[derive(Debug, Clone, Serialize, Deserialize, Event)]
#[event(name = "noted")]
struct Noted;

views! {
    ignores_notes handles Counted ignores Noted;
    sees_notes handles Counted handles Noted;
    knows_no_notes handles Counted unknown "ignore";
    knows_notes handles Counted handles Noted unknown "ignore";
}

/// What a program has passed over is not lost to one that handles it, though their states look alike.
#[tokio::test]
async fn a_snapshot_does_not_hide_events_that_are_handled_from_now_on() {
    macro_rules! check {
        ($before:ident, $after:ident) => {{
            let (store, id) = (MemoryStore::new(), Uuid::now_v7());
            let before = Repository::<$before::Counter, _>::new(store.clone());
            let after = Repository::<$after::Counter, _>::new(store);
            after.create(id, (Counted { by: 1 }, Noted, Counted { by: 1 })).await.unwrap();
            for _ in 0..2 {
                let root = before.load(id).await.unwrap();
                assert_eq!(root.state().seen, 2);
                before.snapshot_now(&root).await.unwrap();
                let root = after.load(id).await.unwrap();
                assert_eq!(root.state().seen, 3);
                after.snapshot_now(&root).await.unwrap();
            }
        }};
    }
    check!(ignores_notes, sees_notes);
    check!(knows_no_notes, knows_notes);
}

/// Kept by hand, in a form that does not tell an older meaning apart.
#[derive(Debug, Default)]
struct Careless {
    total: i64,
}

#[aggregate(name = "careless", id = Uuid, snapshot(every = 5))]
impl Careless {
    #[handles(Counted)]
    fn counted(&mut self, event: &Counted) {
        self.total += event.by;
    }
}

impl Snapshot for Careless {
    const FINGERPRINT: Fingerprint = Fingerprint::new(1);

    /// What cannot be read again.
    fn to_snapshot(&self) -> Result<Payload, SnapshotError> {
        if self.total == 20 {
            return Err(SnapshotError::decode("20 cannot be written"));
        }
        Ok(Payload::encode(&format!("total: {}", self.total))?)
    }

    fn from_snapshot(state: &Payload) -> Result<Self, SnapshotError> {
        Ok(Self { total: state.decode()? })
    }
}

/// The only test here that has figures: there is one recorder in a process.
#[tokio::test]
async fn what_cannot_be_read_or_written_is_passed_over_and_counted() {
    let recorder = DebuggingRecorder::new();
    let figures = recorder.snapshotter();
    recorder.install().unwrap();
    let (store, id) = (Watched::default(), Uuid::now_v7());
    let counters = Repository::<Careless, _>::new(store.clone());
    let is_kept = || async { kept_of::<Careless>(&store, id).await.0.is_some() };
    counters.create(id, five()).await.unwrap();
    until("the snapshot is written", is_kept).await;
    let read = store.streams_read();
    let loaded = counters.load(id).await.unwrap();
    assert_eq!((loaded.state().total, loaded.version().get()), (10, 5));
    assert_eq!(store.streams_read(), read + 1, "the stream was read from its beginning");
    counters.execute(id, |_| Ok::<_, ()>(five())).await.unwrap();
    let_tasks_run().await;
    assert_eq!(counters.load(id).await.unwrap().state().total, 20);
    let_tasks_run().await;

    let mut found = Vec::new();
    for (key, _, _, value) in figures.snapshot().into_vec() {
        let of_it = key.key().labels().any(|label| label.value() == "careless");
        if let (true, DebugValue::Counter(n)) = (of_it, value) {
            found.push((key.key().name().to_owned(), n));
        }
    }
    found.sort();
    let count = |name: &str| found.iter().find(|(n, _)| n == name).map_or(0, |(_, count)| *count);
    assert_eq!(count("es_snapshot_hits_total"), 0, "{found:?}");
    assert_eq!(count("es_snapshot_misses_total"), 3, "two loads and a command: {found:?}");
    assert!(count("es_snapshot_writes_total") >= 1, "{found:?}");
    assert!(count("es_snapshot_failures_total") >= 4, "3 reads, and writes of 20: {found:?}");
}
