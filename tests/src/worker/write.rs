//! Moves money without end: now to an account, now from one to another in one transaction.

use es_core::EventStore as _;
use es_postgres::{PgConfig, PgStore};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use uuid::Uuid;

use super::{Options, say, with_causes};
use crate::balances::moves;

pub(super) async fn run(options: &Options, accounts: u32) -> Result<(), String> {
    let config = PgConfig::new().max_connections(2).application_name("writer");
    let store = PgStore::connect_with(&options.url, config).await.map_err(|e| with_causes(&e))?;
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut errors = 0_u64;
    loop {
        let (one, two) =
            (account(random.random_range(0..accounts)), random.random_range(0..accounts));
        let (two, cents) = (account(two), random.random_range(1..100));
        let done = if one == two || random.random_range(0..3) == 0 {
            store
                .append(moves(one, &[cents, -cents / 2]))
                .await
                .map(drop)
                .map_err(|e| with_causes(&e))
        } else {
            transfer(&store, one, two, cents).await
        };
        // A connection may be lost at any time, which is what the tests are about; nothing is appended again.
        if let Err(error) = done {
            errors += 1;
            say(&json!({ "errors": errors, "error": error }));
        }
        tokio::time::sleep(options.pause).await;
    }
}

/// The streams in one order in all processes, as each stays locked.
async fn transfer(store: &PgStore, from: Uuid, to: Uuid, cents: i64) -> Result<(), String> {
    let mut legs = [(from, -cents), (to, cents)];
    legs.sort_unstable();
    let mut transaction = store.transaction().await.map_err(|e| with_causes(&e))?;
    for (account, cents) in legs {
        let appended = store.append_in(&mut transaction, moves(account, &[cents])).await;
        appended.map_err(|e| with_causes(&e))?;
    }
    transaction.commit().await.map_err(|e| with_causes(&e))?;
    store.appended();
    Ok(())
}

/// The same accounts in every process.
fn account(number: u32) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())
}
