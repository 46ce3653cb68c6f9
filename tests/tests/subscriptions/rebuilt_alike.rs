//! A rebuild in one transaction keeps rows in memory for as long as it can. What comes of it is what batches come to: rows,
//! and what is kept with them.

use es_core::prelude::*;
use es_core::subscription::{Rebuild, SubscriptionManager};
use es_core::{Filter, NewEvent, Projection, RowQuery, Stored, SubscriptionStore};
use es_postgres::{PgContext, PgStore};
use es_tests::TestDatabase;

use crate::support::{Noted, Outcome, SOON, Sums, append, ms, note, quick, sums, takes};

crate::on_each_store!(
    all_kinds_of_changes,
    more_rows_than_it_keeps,
    another_type_that_comes_to_the_table_later,
);

/// Events of each log here: more than two pages of a rebuild in one transaction, which have 2,000.
const EVENTS: i64 = 4_200;

/// A row for each amount, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "amounts")]
struct Amount {
    #[read_model(id)]
    n: i64,
    touched: i64,
    found: i64,
}

impl Amount {
    const fn new(n: i64) -> Self {
        Self { n, touched: 0, found: 0 }
    }
}

/// The same rows as something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "amounts")]
struct SameAmount {
    #[read_model(id)]
    n: i64,
    touched: i64,
    found: i64,
}

/// Changes rows of long ago in every way that there is.
#[derive(Clone)]
struct Amounts {
    /// How many rows each event writes.
    rows: i64,
}

#[projection(name = "amounts", read_models(Amount))]
impl Amounts {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Outcome {
        let n = event.n;
        let mut rows = cx.rows::<Amount>();
        rows.save_many((n * self.rows..(n + 1) * self.rows).map(Amount::new)).await?;
        let old = n / 2 * self.rows;
        match n % 7 {
            0 => rows.delete(&old).await?,
            1 => {
                rows.soft_delete(&old).await?;
            }
            2 => {
                rows.update(&old, |row| row.touched += 1).await?;
            }
            3 if n % 4 == 2 => {
                rows.restore(&(old - self.rows)).await?;
            }
            4 => {
                rows.delete(&old).await?;
                rows.save(Amount::new(old)).await?;
            }
            5 if n % 50 == 5 => {
                let touched = rows.count(Filter::ge("touched", 1_i64)).await?;
                let found = i64::try_from(touched).expect("few");
                rows.update(&(n * self.rows), |row| row.found = found).await?;
            }
            6 if n == 1_000 => rows.truncate().await?,
            _ => {
                let touched = rows.get(&old).await?.map_or(-1, |row| row.touched);
                rows.save(Amount { touched, ..Amount::new(n * self.rows) }).await?;
            }
        }
        Ok(())
    }
}

/// Goes over to another type when all that the first has written is in the table, however large batches are.
#[derive(Clone)]
struct Converted;

#[projection(name = "converted", read_models(Amount))]
impl Converted {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Outcome {
        if event.n <= 4_000 {
            return cx.rows().save(Amount::new(event.n)).await;
        }
        let old = event.n - 4_000;
        if event.n % 3 == 0 {
            return cx.rows::<SameAmount>().delete(&old).await;
        }
        cx.rows::<SameAmount>().update(&old, |row| row.touched = event.n).await.map(drop)
    }
}

async fn rows<S: SubscriptionStore>(store: &S) -> Vec<Stored<Amount>> {
    store.find_stored(RowQuery::all().with_deleted().ascending("n")).await.unwrap()
}

/// What both ways of building anew come to, of which it is the same.
async fn rebuilt<S: SubscriptionStore + Clone, P: Projection + Clone + Sync>(
    store: S,
    projection: P,
) -> Vec<Stored<Amount>> {
    for some in (1..=EVENTS).collect::<Vec<_>>().chunks(500) {
        note(&store, Uuid::now_v7(), some).await;
    }
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe(P::NAME, projection, quick()).unwrap();
    manager.rebuild(P::NAME, Rebuild::InBatches).await.unwrap().done().await.unwrap();
    let in_batches = rows(&store).await;
    manager.stop(SOON).await.unwrap();
    manager.rebuild(P::NAME, Rebuild::InOneTransaction).await.unwrap().done().await.unwrap();
    let at_once = rows(&store).await;
    assert_eq!(in_batches.len(), at_once.len());
    for (one, other) in in_batches.iter().zip(&at_once) {
        assert_eq!(one, other);
    }
    at_once
}

async fn changed<S: SubscriptionStore + Clone>(store: S, rows_of_each: i64) {
    let rows = rebuilt(store, Amounts { rows: rows_of_each }).await;
    assert!(rows.iter().any(|row| row.info.deleted_at.is_some()));
    assert!(rows.iter().any(|row| row.info.version > 1 && row.row.touched > 0));
    assert!(rows.iter().any(|row| row.row.found > 0));
}

async fn all_kinds_of_changes<S: SubscriptionStore + Clone>(store: S) {
    changed(store, 1).await;
}

async fn more_rows_than_it_keeps<S: SubscriptionStore + Clone>(store: S) {
    // It keeps 20,000: too few before its second page ends.
    changed(store, 8).await;
}

async fn another_type_that_comes_to_the_table_later<S: SubscriptionStore + Clone>(store: S) {
    let rows = rebuilt(store, Converted).await;
    assert!(rows.iter().any(|row| row.row.touched > 4_000));
    assert!(rows.len() < 4_000, "some were deleted");
}

/// All has been counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "counted")]
struct Counted {}

/// Looks by SQL at what it has written as rows.
#[derive(Clone)]
struct Tallied;

#[projection(name = "tallied", read_models(Amount))]
impl Tallied {
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Outcome {
        cx.rows().save(Amount::new(event.n)).await
    }

    #[handles(Counted)]
    async fn counted(&self, _: &Counted, cx: &mut PgContext<'_>) -> Outcome {
        let tally = "INSERT INTO tallies SELECT count(*) FROM amounts";
        let done = sqlx::query(tally).execute(cx.connection()).await;
        done.map(drop).map_err(ProjectionError::handler)
    }
}

async fn postgres() -> (TestDatabase, PgStore) {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    (database, store)
}

#[tokio::test]
async fn sql_sees_what_pages_before_have_written() {
    let (_database, store) = postgres().await;
    sqlx::query("CREATE TABLE tallies (rows bigint)").execute(store.pool()).await.unwrap();
    for some in (1..=4_000).collect::<Vec<_>>().chunks(500) {
        note(&store, Uuid::now_v7(), some).await;
    }
    append(&store, "notes", Uuid::now_v7(), vec![NewEvent::of(&Counted {}).unwrap()]).await;
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("tallied", Tallied, quick()).unwrap();
    manager.rebuild("tallied", Rebuild::InOneTransaction).await.unwrap().done().await.unwrap();
    let tallies = sqlx::query_scalar("SELECT rows FROM tallies").fetch_all(store.pool());
    let tallies: Vec<i64> = tallies.await.unwrap();
    assert_eq!(tallies, [4_000]);
}

#[tokio::test]
async fn a_server_that_ends_silent_transactions_does_not_end_this_one() {
    let (database, _) = postgres().await;
    let silence = "ALTER DATABASE %s SET idle_in_transaction_session_timeout = '100ms'";
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&mut database.connect().await)
        .await
        .unwrap();
    let silence = sqlx::AssertSqlSafe(silence.replace("%s", &format!("\"{name}\"")));
    sqlx::query(silence).execute(&mut database.connect().await).await.unwrap();
    let store = database.store().await;
    note(&store, Uuid::now_v7(), &[1, 2, 3]).await;
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("sums", Sums::with(takes(ms(150))), quick()).unwrap();
    manager.rebuild("sums", Rebuild::InOneTransaction).await.unwrap().done().await.unwrap();
    assert_eq!(sums(&store).await, [(6, 3)]);
}
