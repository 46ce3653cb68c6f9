//! Seeing that a promise bites.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use es_core::testing::contract::set_patience;
use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::broken::Broken;
use crate::fault::Fault;

/// What a promise says of a broken store.
pub(crate) struct Bite {
    /// What is wrong with the store, in words.
    what: &'static str,
    fault: Fault,
    /// A part of what the promise panics with.
    says: &'static str,
}

/// A store that is broken by `fault` breaks the promise, which then says `says`.
pub(crate) const fn bite(what: &'static str, fault: Fault, says: &'static str) -> Bite {
    Bite { what, fault, says }
}

/// That the promise panics on each of the broken stores, saying what it should.
pub(crate) async fn assert_bites<F: Future<Output = ()>>(
    promise: &str,
    bites: Vec<Bite>,
    run: impl Fn(Broken) -> F,
) {
    // A broken store may keep a promise waiting.
    set_patience(Duration::from_secs(2));
    assert!(!bites.is_empty(), "`{promise}` has no broken store");
    for Bite { what, fault, says } in bites {
        let running = AssertUnwindSafe(run(Broken::new(fault))).catch_unwind();
        let Ok(ran) = timeout(Duration::from_secs(20), running).await else {
            panic!("`{promise}` waits for ever when {what}");
        };
        let Err(panic) = ran else { panic!("`{promise}` holds though {what}") };
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        assert!(
            said.contains(says),
            "`{promise}`, when {what}, was to say `{says}`, and said: {said}"
        );
    }
}
