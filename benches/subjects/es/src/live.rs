//! A subscriber that follows the log.

use std::time::Duration;

use es_core::prelude::*;
use es_core::subscription::StartFrom;
use es_core::{EventSubscriber, Subscribed};
use es_postgres::PgStore;
use work::{Following, Result, Seen};

use crate::account::Deposited;

const PATIENCE: Duration = Duration::from_secs(30);

struct Deposits(Seen);

impl EventSubscriber for Deposits {
    fn subscribed_to(&self) -> Subscribed {
        Subscribed::to::<Deposited>()
    }

    async fn handle(&mut self, event: &StoredEvent) -> Result<(), ProjectionError> {
        let deposited: Deposited = event.decode()?;
        self.0.deposit(&deposited.reference);
        Ok(())
    }
}

/// The subscription runs as long as the manager lives.
pub(crate) async fn follow(store: &PgStore, seen: Seen) -> Result<Following> {
    let manager = SubscriptionManager::new(store.clone());
    let config = SubscriptionConfig::new().start_from(StartFrom::End);
    // Each run of the program follows under a name of its own, as a lease of the run before may still be held.
    let name = format!("deposits-{}", Uuid::now_v7().simple());
    manager.subscribe_handler(&name, Deposits(seen), config)?;
    manager.start().await?;
    manager.wait_caught_up(PATIENCE).await?;
    Ok(Following::new(manager))
}
