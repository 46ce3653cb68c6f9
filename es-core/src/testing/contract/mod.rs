#![doc = include_str!("../../../docs/writing-a-store.md")]
#![allow(
    clippy::missing_panics_doc,
    reason = "to panic when the promise is broken is what they do"
)]

// First, for macros are seen only after they are written.
#[macro_use]
mod promises;

mod appends;
mod attempts;
mod batches;
mod calls;
mod changes;
mod chunks;
mod fidelity;
mod filters;
mod imports;
mod inline;
mod leases;
mod letters;
mod log;
mod operations;
mod promotions;
mod queries;
mod races;
mod refusals;
mod resets;
mod rows;
mod snapshots;
mod streams;
mod support;
mod tables;
mod units;
mod values;
mod wakes;

#[doc(hidden)]
#[macro_export]
macro_rules! __export_promises {
    (() $($module:ident::$promise:ident)*) => { $(pub use self::$module::$promise;)* };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test_promises {
    (($make:path) $($module:ident::$promise:ident)*) => {$(
        #[::tokio::test]
        async fn $promise() {
            let (store, _guard) = $make().await;
            $crate::testing::contract::$promise(&store).await;
        }
    )*};
}

/// Hands the promises to a macro of the caller's, to do with them what it likes.
#[doc(hidden)]
#[macro_export]
macro_rules! __promises_to {
    (($($callback:tt)*) $($module:ident::$promise:ident)*) => {
        $($callback)*! { $($module::$promise)* }
    };
}

/// Makes a test of every promise of [`EventStore`](crate::EventStore); see [`contract`](crate::testing::contract).
///
/// Takes the path of a function without parameters that gives a future of `(S, Guard)`.
#[macro_export]
macro_rules! event_store_contract {
    ($make:path) => {
        $crate::__event_store_promises!(__test_promises!($make));
    };
}

/// Makes a test of every promise of [`EventStore`](crate::EventStore), [`ProjectionStore`](crate::ProjectionStore) and
/// [`SubscriptionStore`](crate::SubscriptionStore); see [`contract`](crate::testing::contract).
///
/// Takes the path of a function without parameters that gives a future of `(S, Guard)`.
#[macro_export]
macro_rules! store_contract {
    ($make:path) => {
        $crate::__event_store_promises!(__test_promises!($make));
        $crate::__projection_store_promises!(__test_promises!($make));
        $crate::__subscription_store_promises!(__test_promises!($make));
    };
}

/// Makes a test of every promise of [`InlineStore`](crate::InlineStore); see [`contract`](crate::testing::contract).
///
/// Takes the path of a function without parameters that gives a future of `(S, Guard)`.
#[macro_export]
macro_rules! inline_store_contract {
    ($make:path) => {
        $crate::__inline_store_promises!(__test_promises!($make));
    };
}

/// Makes a test of every promise of [`BulkStore`](crate::BulkStore); see [`contract`](crate::testing::contract).
///
/// Takes the path of a function without parameters that gives a future of `(S, Guard)`.
#[macro_export]
macro_rules! bulk_store_contract {
    ($make:path) => {
        $crate::__bulk_store_promises!(__test_promises!($make));
    };
}

pub use self::support::set_patience;

__event_store_promises!(__export_promises!());
__projection_store_promises!(__export_promises!());
__subscription_store_promises!(__export_promises!());
__inline_store_promises!(__export_promises!());
__bulk_store_promises!(__export_promises!());
