//! A rebuild in one transaction keeps rows in memory for as long as it can. What comes of it is what batches come to: rows,
//! and what is kept with them.

use es_core::prelude::*;
use es_core::subscription::{Rebuild, SubscriptionManager};
use es_core::{Filter, RowQuery, Stored, SubscriptionStore};

use crate::support::{Noted, Outcome, SOON, note, quick};

crate::on_each_store!(all_kinds_of_changes, more_rows_than_it_keeps);

/// A row for each amount, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "amounts")]
struct Amount {
    #[read_model(id)]
    n: i64,
    touched: i64,
    found: i64,
}

/// How many rows an event writes.
#[derive(Clone)]
struct Amounts {
    rows: i64,
}

#[projection(name = "amounts", read_models(Amount))]
impl Amounts {
    /// Changes rows of long ago in every way that there is.
    #[handles(Noted)]
    async fn noted(&self, event: &Noted, cx: &mut ReadModels<'_>) -> Outcome {
        let n = event.n;
        let new = |at| Amount { n: at, touched: 0, found: 0 };
        let mut rows = cx.rows::<Amount>();
        rows.save_many((n * self.rows..(n + 1) * self.rows).map(new)).await?;
        let old = n / 2 * self.rows;
        match n % 7 {
            0 => rows.delete(&old).await?,
            1 => drop(rows.soft_delete(&old).await?),
            2 => drop(rows.update(&old, |row| row.touched += 1).await?),
            3 => drop(rows.restore(&(old - self.rows)).await?),
            4 => {
                rows.delete(&old).await?;
                rows.save(new(old)).await?;
            }
            5 if n % 50 == 5 => {
                let touched = rows.count(Filter::ge("touched", 1_i64)).await?;
                let found = i64::try_from(touched).expect("few");
                drop(rows.update(&(n * self.rows), |row| row.found = found).await?);
            }
            6 if n == 1_000 => rows.truncate().await?,
            _ => {
                let there = rows.get(&old).await?;
                let touched = there.map_or(-1, |row| row.touched);
                rows.save(Amount { touched, ..new(n * self.rows) }).await?;
            }
        }
        Ok(())
    }
}

async fn rows<S: ReadModelQuery>(store: &S) -> Vec<Stored<Amount>> {
    store.find_stored(RowQuery::all().with_deleted().ascending("n")).await.unwrap()
}

/// Both ways of building anew, over more events than a page has.
async fn compare<S: SubscriptionStore + ReadModelQuery + Clone>(store: S, rows_of_each: i64) {
    let numbers: Vec<i64> = (1..=5_000).collect();
    for some in numbers.chunks(500) {
        note(&store, Uuid::now_v7(), some).await;
    }
    let manager = SubscriptionManager::new(store.clone());
    manager.subscribe("amounts", Amounts { rows: rows_of_each }, quick()).unwrap();
    manager.rebuild("amounts", Rebuild::InBatches).await.unwrap().done().await.unwrap();
    let in_batches = rows(&store).await;
    manager.stop(SOON).await.unwrap();
    manager.rebuild("amounts", Rebuild::InOneTransaction).await.unwrap().done().await.unwrap();
    let at_once = rows(&store).await;
    assert!(in_batches.iter().any(|row| row.info.deleted_at.is_some()));
    assert!(in_batches.iter().any(|row| row.info.version > 1 && row.row.touched > 0));
    assert!(in_batches.iter().any(|row| row.row.found > 0));
    assert_eq!(in_batches.len(), at_once.len());
    for (one, other) in in_batches.iter().zip(&at_once) {
        assert_eq!(one, other);
    }
}

async fn all_kinds_of_changes<S: SubscriptionStore + ReadModelQuery + Clone>(store: S) {
    compare(store, 1).await;
}

async fn more_rows_than_it_keeps<S: SubscriptionStore + ReadModelQuery + Clone>(store: S) {
    // Of 5,000 events, where it keeps 20,000 rows.
    compare(store, 6).await;
}
