//! The contract bites: for each of its promises there are stores that break it, and the promise says so.
//!
//! A broken store is the memory store with one [`Fault`](fault::Fault). Those that break a promise are listed under its name in
//! [`faults`], by the modules of the contract. A promise without any does not compile.

mod bite;
mod broken;
mod fault;
mod faults;

/// A test of each promise, named by it: that it bites.
macro_rules! bites {
    ($($module:ident::$promise:ident)*) => {$(
        #[tokio::test]
        async fn $promise() {
            crate::bite::assert_bites(
                stringify!($promise),
                crate::faults::$module::$promise(),
                |store| async move { es_core::testing::contract::$promise(&store).await },
            )
            .await;
        }
    )*};
}

mod on_broken_stores {
    es_core::__event_store_promises!(__promises_to!(bites));
    es_core::__projection_store_promises!(__promises_to!(bites));
    es_core::__subscription_store_promises!(__promises_to!(bites));
    es_core::__inline_store_promises!(__promises_to!(bites));
    es_core::__bulk_store_promises!(__promises_to!(bites));
}

/// Without a fault the store that is broken elsewhere keeps all promises.
mod on_a_sound_one {
    use std::future::{Ready, ready};

    use crate::broken::Broken;
    use crate::fault::Fault;

    fn store() -> Ready<(Broken, ())> {
        ready((Broken::new(Fault::None), ()))
    }

    es_core::store_contract!(store);
    es_core::inline_store_contract!(store);
    es_core::bulk_store_contract!(store);
}
