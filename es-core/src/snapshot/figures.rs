//! Figures about snapshots, through the `metrics` facade; nothing without the feature.
//!
//! | name | kind | labels |
//! |---|---|---|
//! | `es_snapshot_hits_total` | counter | `aggregate` |
//! | `es_snapshot_misses_total` | counter | `aggregate` |
//! | `es_snapshot_writes_total` | counter | `aggregate` |
//! | `es_snapshot_failures_total` | counter | `aggregate` |
#![cfg_attr(
    not(feature = "metrics"),
    expect(unused_variables, reason = "without the feature there is nobody to tell")
)]

/// A load began at a snapshot.
pub(crate) fn hit(aggregate: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("es_snapshot_hits_total", "aggregate" => aggregate).increment(1);
}

/// A load had to replay from the beginning as many events as a snapshot is made after.
pub(crate) fn miss(aggregate: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("es_snapshot_misses_total", "aggregate" => aggregate).increment(1);
}

/// A snapshot was stored.
pub(crate) fn written(aggregate: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("es_snapshot_writes_total", "aggregate" => aggregate).increment(1);
}

/// A snapshot could not be read or written.
pub(crate) fn failed(aggregate: &'static str) {
    #[cfg(feature = "metrics")]
    metrics::counter!("es_snapshot_failures_total", "aggregate" => aggregate).increment(1);
}
