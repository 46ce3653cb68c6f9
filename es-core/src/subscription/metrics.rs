//! Figures for the outside, through the `metrics` facade; nothing without the feature. An event counts when its page is done,
//! whether it was handled, left out or put aside.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `es_subscription_events_total` | counter | `subscription`, `part` |
//! | `es_subscription_failures_total` | counter | `subscription`, `part` |
//! | `es_subscription_dead_letters_total` | counter | `subscription`, `part` |
//! | `es_subscription_batch_seconds` | histogram | `subscription`, `part` |
//! | `es_subscription_lag_events` | gauge | `subscription` |
//! | `es_subscription_lag_seconds` | gauge | `subscription` |
//! | `es_log_settled_position` | gauge | |
//! | `es_log_hole_seconds` | gauge | `held_by` |
#![cfg_attr(
    not(feature = "metrics"),
    expect(unused_variables, reason = "without the feature there is nobody to tell")
)]

use std::time::Duration;

use super::status::SubscriptionStatus;
use crate::checkpoint::ProjectionPart;
use crate::subscription_store::HeldUp;
use crate::version::Position;

#[cfg(feature = "metrics")]
fn labels(part: &ProjectionPart) -> [(&'static str, String); 2] {
    [("subscription", part.name.clone()), ("part", part.part.number().to_string())]
}

/// A page of events was handled and committed.
pub(super) fn batch(part: &ProjectionPart, events: usize, took: Duration) {
    #[cfg(feature = "metrics")]
    {
        metrics::counter!("es_subscription_events_total", &labels(part)).increment(events as u64);
        metrics::histogram!("es_subscription_batch_seconds", &labels(part))
            .record(took.as_secs_f64());
    }
}

/// An event, a batch or the store failed.
pub(super) fn failed(part: &ProjectionPart) {
    #[cfg(feature = "metrics")]
    metrics::counter!("es_subscription_failures_total", &labels(part)).increment(1);
}

/// An event became a dead letter.
pub(super) fn dead_letter(part: &ProjectionPart) {
    #[cfg(feature = "metrics")]
    metrics::counter!("es_subscription_dead_letters_total", &labels(part)).increment(1);
}

/// How far behind it is.
pub(super) fn lag(name: &str, status: &SubscriptionStatus, settled: Position) {
    #[cfg(feature = "metrics")]
    #[allow(clippy::cast_precision_loss, reason = "a figure to look at")]
    {
        let label = [("subscription", name.to_owned())];
        metrics::gauge!("es_subscription_lag_events", &label).set(status.lag_events as f64);
        metrics::gauge!("es_subscription_lag_seconds", &label).set(status.lag_time.as_secs_f64());
        metrics::gauge!("es_log_settled_position").set(settled.get() as f64);
    }
}

/// For how long readers of the log have waited for somebody, and whom; who is no longer waited for gets 0.
pub(super) fn hole(before: Option<&HeldUp>, now: Option<&HeldUp>) {
    #[cfg(feature = "metrics")]
    {
        let gauge =
            |hole: &HeldUp| metrics::gauge!("es_log_hole_seconds", "held_by" => hole.by.clone());
        if let Some(before) = before.filter(|before| now.is_none_or(|now| now.by != before.by)) {
            gauge(before).set(0.0);
        }
        if let Some(now) = now {
            gauge(now).set(now.open_for.as_secs_f64());
        }
    }
}
