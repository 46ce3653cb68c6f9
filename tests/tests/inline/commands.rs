//! What a command and its projections leave behind, on every store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::{InlineStore, SaveError, prelude::*};
use es_tests::TestDatabase;
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::days::{Refunded, Revenue, Sale, SaleRow, Sales, Sold, add, revenue, sales, stored};

async fn rows_are_there_when_the_command_is_answered<S: InlineStore + Clone>(store: S) {
    let repo = sales(store.clone()).await;
    let id = Uuid::now_v7();
    // Those for one request have the projections too.
    let request = repo.with_metadata(Metadata::new().actor("ada"));
    request.create(id, Sold { day: 1, cents: 500 }).await.unwrap();
    assert_eq!(revenue(&store, 1).await, Some(500));
    let row = store.row::<SaleRow>(&id).await.unwrap();
    assert_eq!(row, Some(SaleRow { sale: id, cents: 500 }), "every projection has run");

    let refund = |_: &Sale| Ok::<_, &str>([100, 50].map(|cents| Refunded { day: 1, cents }));
    let done = repo.execute(id, refund).await.unwrap();
    assert_eq!((done.events(), done.version()), (2, Version::new(3)));
    assert_eq!(revenue(&store, 1).await, Some(350), "each event counts once");
    let row = store.row::<SaleRow>(&id).await.unwrap();
    assert_eq!(row, Some(SaleRow { sale: id, cents: 500 }), "it has not subscribed to refunds");
}

async fn a_handler_that_fails_keeps_the_command_from_being_stored<S: InlineStore + Clone>(
    store: S,
) {
    let repo = sales(store.clone()).await;
    let id = Uuid::now_v7();
    repo.create(id, Sold { day: 1, cents: 500 }).await.unwrap();
    let before = stored(&store).await;

    let refused = repo.create(Uuid::now_v7(), Sold { day: 13, cents: 1 }).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "projection `revenue-by-day` cannot handle what is to be saved"
    );
    assert!(!refused.is_transient() && !refused.is_conflict());
    match refused {
        SaveError::Inline { projection: "revenue-by-day", cause } => {
            assert_eq!(cause.to_string(), "nothing is sold on that day");
        }
        other => panic!("{other:?}"),
    }

    let mut root = repo.load(id).await.unwrap();
    root.record([Sold { day: 1, cents: 1 }, Sold { day: 14, cents: 1 }]).unwrap();
    match repo.save(&mut root).await.unwrap_err() {
        SaveError::Inline { cause: ProjectionError::Panicked { message }, .. } => {
            assert_eq!(message, "no such day");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stored(&store).await, before, "nothing is stored");
    assert_eq!(revenue(&store, 1).await, Some(500), "not the rows of the events before either");
    assert_eq!(root.pending().len(), 2, "the events wait to be saved elsewhere");
    let without = Repository::<Sale, _>::new(store.clone());
    without.save(&mut root).await.unwrap();
    assert_eq!(stored(&store).await, before + 2);
}

async fn a_refused_decision_and_a_lost_race_leave_no_rows<S: InlineStore + Clone>(store: S) {
    let repo = sales(store.clone()).await;
    let id = Uuid::now_v7();
    repo.create(id, Sold { day: 1, cents: 500 }).await.unwrap();
    let again = repo.create(id, Sold { day: 1, cents: 500 }).await.unwrap_err();
    assert!(matches!(again, SaveError::AlreadyExists { .. }), "{again:?}");
    let refused = repo.execute(id, |_| Err::<Sold, _>("no")).await.unwrap_err();
    assert_eq!(refused.domain(), Some("no"));
    assert_eq!(revenue(&store, 1).await, Some(500));

    let stale = async {
        let mut root = repo.load(id).await.unwrap();
        repo.execute(id, |_| Ok::<_, &str>(Refunded { day: 1, cents: 1 })).await.unwrap();
        root.record(Refunded { day: 1, cents: 100 }).unwrap();
        repo.save(&mut root).await
    };
    assert!(stale.await.unwrap_err().is_conflict());
    assert_eq!(revenue(&store, 1).await, Some(499));
}

/// What is sold on one day, by fifty at once, each with a stream and a task of its own.
async fn commands_at_once_add_up<S: InlineStore + Clone>(store: S) {
    let repo = sales(store.clone()).await;
    let commands = (1..=50).map(|cents| {
        let repo = repo.clone();
        tokio::spawn(async move {
            let id = Uuid::now_v7();
            repo.create(id, Sold { day: 1, cents }).await.unwrap();
            repo.execute(id, |_| Ok::<_, &str>(Refunded { day: 1, cents: 1 })).await.unwrap();
        })
    });
    for done in join_all(commands).await {
        done.unwrap();
    }
    assert_eq!(revenue(&store, 1).await, Some(50 * 51 / 2 - 50));
    assert_eq!(store.rows::<SaleRow>().await.unwrap().len(), 50);
}

/// One of two projections has nothing to do with an event; with neither, it is an append like any other.
async fn events_that_no_projection_wants_are_stored<S: InlineStore + Clone>(store: S) {
    store.ensure_read_model::<SaleRow>().await.unwrap();
    let repo = Repository::<Sale, _>::new(store.clone()).with_inline(Sales);
    let id = Uuid::now_v7();
    repo.create(id, Refunded { day: 1, cents: 1 }).await.unwrap();
    assert_eq!(stored(&store).await, 1);
    assert_eq!(store.rows::<SaleRow>().await.unwrap(), []);
}

/// Notes where it sees a sale; the first time it lets others go ahead first.
#[derive(Clone, Default)]
struct Patient {
    arrived: Arc<Notify>,
    goes_on: Arc<Notify>,
    runs: Arc<AtomicUsize>,
}

#[projection(name = "patient", read_models(Revenue))]
impl Patient {
    #[handles(Sold)]
    async fn sold(&self, event: &Sold, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let position = db.event().position.unwrap().get().cast_signed();
        add(db, event.day, position).await?;
        if self.runs.fetch_add(1, Ordering::SeqCst) == 0 {
            self.arrived.notify_one();
            self.goes_on.notified().await;
        }
        Ok(())
    }
}

async fn a_handler_sees_where_the_event_is_though_others_come_first<S: InlineStore + Clone>(
    store: S,
) {
    store.ensure_read_model::<Revenue>().await.unwrap();
    let patient = Patient::default();
    let repo = Repository::<Sale, _>::new(store.clone()).with_inline(patient.clone());
    let other = Repository::<Sale, _>::new(store.clone());
    let others = async {
        patient.arrived.notified().await;
        other.create(Uuid::now_v7(), Refunded { day: 1, cents: 1 }).await.unwrap();
        patient.goes_on.notify_one();
    };
    let (done, ()) = tokio::join!(repo.create(Uuid::now_v7(), Sold { day: 1, cents: 1 }), others);
    let position = done.unwrap().position().get().cast_signed();
    assert_eq!(revenue(&store, 1).await, Some(position), "what a run in vain has written is gone");
}

macro_rules! on_every_store {
    ($($test:ident)+) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(es_core::MemoryStore::new()).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let database = super::TestDatabase::create().await;
                super::$test(database.store().await).await;
            })+
        }
    };
}

on_every_store! {
    rows_are_there_when_the_command_is_answered
    a_handler_that_fails_keeps_the_command_from_being_stored
    a_refused_decision_and_a_lost_race_leave_no_rows
    commands_at_once_add_up
    events_that_no_projection_wants_are_stored
    a_handler_sees_where_the_event_is_though_others_come_first
}
