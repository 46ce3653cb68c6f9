//! The story of the shop is the same on every store.

use es_core::SubscriptionStore;
use es_core::prelude::*;
use es_core::subscription::State;
use es_tests::{TestDatabase, TestFile};
use orders::commands::CommandError;
use orders::history;
use orders::order::{OrderError, OrderStatus};
use orders::projections::{CustomerRow, RevenueDay};
use orders::story::{self, Stage, Story};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;

#[tokio::test(flavor = "multi_thread")]
async fn the_story_in_memory() {
    check(MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_on_postgres() {
    let database = TestDatabase::create().await;
    check(database.store().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_on_sqlite() {
    let file = TestFile::create();
    check(file.store().await).await;
}

async fn check<S: SubscriptionStore + Clone>(store: S) {
    for run in ["first", "second"] {
        println!("the {run} run on this store");
        let told = story::play(&store).await.expect("a story without surprises");
        the_history_is_caught_up_with(&told.caught_up);
        own_writes_are_read(&told.own_write);
        rules_are_kept(&told);
        live_events_are_handled(&told.live);
        a_restart_goes_on_at_the_checkpoint(&told.restarted);
        a_rebuild_gives_the_same(&told);
    }
}

fn the_history_is_caught_up_with(stage: &Stage) {
    assert_eq!(handled(stage), [history::EVENTS, history::EVENTS, 6], "{stage:?}");
    assert_eq!(
        spent(stage),
        [("Ada", 2, dec!(66)), ("Grace", 1, dec!(39.90)), ("Edsger", 1, dec!(18.60))]
    );
    assert_eq!(
        revenue(stage),
        [("2026-03-02", dec!(60.90)), ("2026-03-03", dec!(234)), ("2026-03-04", dec!(-170.40)),]
    );
    assert_eq!((stage.open.orders, stage.open.value), (2, dec!(63.60)));
    assert_eq!(stage.orders, (4, 5));
}

fn own_writes_are_read(grace: &CustomerRow) {
    assert_eq!(
        (grace.orders, grace.spent),
        (2, dec!(119.70)),
        "the order of a moment ago is there"
    );
}

fn rules_are_kept(story: &Story) {
    use OrderStatus::{Cancelled, Shipped};
    let [again, off, late, none, lost] = &story.refused[..] else { panic!("{:?}", story.refused) };
    let transition = |refused: &(&str, CommandError)| match &refused.1 {
        CommandError::Refused(OrderError::InvalidTransition { from, to }) => (*from, *to),
        other => panic!("{other:?}"),
    };
    assert_eq!(transition(again), (Shipped, Shipped));
    assert_eq!(transition(off), (Cancelled, Shipped));
    assert_eq!(transition(late), (Shipped, Cancelled));
    assert!(
        matches!(&none.1, CommandError::Refused(OrderError::NoneOf(product)) if product == "pen")
    );
    assert!(matches!(lost.1, CommandError::OrderNotFound(_)), "{lost:?}");
}

fn live_events_are_handled(stage: &Stage) {
    assert_eq!(handled(stage), [10, 10, 7], "each event once: {stage:?}");
    assert_eq!(spent(stage)[0], ("Grace", 2, dec!(119.70)));
    assert_eq!(revenue(stage).len(), 4, "today is a day of its own");
    assert_eq!((stage.open.orders, stage.open.value), (2, dec!(98.40)));
    assert_eq!(stage.orders, (5, 6));
}

/// Rows go on from the checkpoint; what is kept in memory begins anew.
fn a_restart_goes_on_at_the_checkpoint(stage: &Stage) {
    assert_eq!(handled(stage), [2, 12, 2], "{stage:?}");
    after_all(stage);
}

fn a_rebuild_gives_the_same(story: &Story) {
    assert_eq!(story.rebuilt_events, 12);
    after_all(&story.rebuilt);
    assert_eq!(story.rebuilt.top_customers, story.restarted.top_customers);
    assert_eq!(story.rebuilt.revenue, story.restarted.revenue);
}

fn after_all(stage: &Stage) {
    assert_eq!(
        spent(stage),
        [("Ada", 2, dec!(66)), ("Edsger", 2, dec!(43.60)), ("Grace", 1, dec!(39.90))],
        "what was cancelled is not spent"
    );
    let total: Decimal = stage.revenue.iter().map(RevenueDay::revenue).sum();
    assert_eq!(total, dec!(149.50), "days and customers agree");
    assert_eq!((stage.open.orders, stage.open.value), (2, dec!(43.60)));
    assert_eq!(stage.orders, (5, 7));
}

/// How many events `customers`, `open-orders` and `revenue-per-day` have handled; all are live, and none is behind.
fn handled(stage: &Stage) -> [u64; 3] {
    ["customers", "open-orders", "revenue-per-day"].map(|name| {
        let status = &stage.statuses[name];
        assert_eq!((status.state, status.lag_events), (State::Live, 0), "{name}: {status:?}");
        assert_eq!(status.last_error, None, "{name}");
        status.events
    })
}

fn spent(stage: &Stage) -> Vec<(&str, u32, Decimal)> {
    let rows = stage.top_customers.iter();
    rows.map(|row| (row.name.as_str(), row.orders, row.spent)).collect()
}

fn revenue(stage: &Stage) -> Vec<(&str, Decimal)> {
    stage.revenue.iter().map(|day| (day.day.as_str(), day.revenue())).collect()
}
