//! Runs the projection.

use std::time::Duration;

use es_core::Projection;
use es_core::subscription::{
    OnFailure, Retry, Subscription, SubscriptionConfig, SubscriptionError, SubscriptionManager,
};
use es_postgres::{PgConfig, PgStore};
use serde_json::json;

use super::{Options, Policy, say, with_causes};
use crate::balances::Balances;

/// How long it may take to end.
const DEADLINE: Duration = Duration::from_secs(5);

pub(super) async fn run(options: &Options) -> Result<(), String> {
    match options.version {
        1 => run_version(options, Balances::<1> { trap: options.trap }).await,
        2 => run_version(options, Balances::<2> { trap: options.trap }).await,
        other => Err(format!("there is no version {other}")),
    }
}

async fn run_version<P: Projection + Sync + Clone>(
    options: &Options,
    projection: P,
) -> Result<(), String> {
    let config = PgConfig::new().max_connections(6).application_name("projector");
    let store = PgStore::connect_with(&options.url, config).await.map_err(|e| with_causes(&e))?;
    let manager = SubscriptionManager::new(store);
    let subscribed = match options.parts {
        1 => manager.subscribe("balances", projection, config_of(options)),
        parts => {
            let make = || projection.clone();
            manager.subscribe_parts("balances", parts, make, config_of(options))
        }
    };
    let subscription = subscribed.map_err(|e| with_causes(&e))?;
    let watch = tokio::spawn(watch(subscription));
    let ended = manager.run_until_shutdown(DEADLINE).await;
    watch.abort();
    match ended {
        Ok(()) => {
            say(&json!({ "ended": "stopped" }));
            Ok(())
        }
        Err(error) => Err(told(&error)),
    }
}

fn told(error: &SubscriptionError) -> String {
    let text = with_causes(error);
    say(&json!({ "ended": "failed", "error": text }));
    text
}

fn config_of(options: &Options) -> SubscriptionConfig {
    let pauses = (Duration::from_millis(5), Duration::from_millis(50));
    let on_failure = match options.policy {
        Policy::Stop => OnFailure::Stop,
        Policy::Skip => OnFailure::Skip,
        Policy::Park => OnFailure::Park,
    };
    SubscriptionConfig::new()
        .lease(options.lease)
        .poll(options.poll)
        .batch_size(options.batch)
        .handler_timeout(options.timeout)
        .retry(Retry::times(options.retries).pauses(pauses.0, pauses.1))
        .on_failure(on_failure)
}

/// Says what is new, every now and then.
async fn watch<P: Send + Sync + 'static>(subscription: Subscription<P>) {
    let mut last = None;
    loop {
        let status = subscription.status();
        let now = (status.state, status.position.get(), status.parts, status.parked);
        if last != Some(now) {
            last = Some(now);
            say(&json!({
                "state": status.state.as_str(),
                "position": status.position.get(),
                "parts": status.parts,
                "parked": status.parked,
                "error": status.last_error,
            }));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
