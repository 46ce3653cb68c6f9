//! The memory store keeps every promise of the store contract.

use std::future::{Ready, ready};

use es_core::MemoryStore;

fn store() -> Ready<(MemoryStore, ())> {
    ready((MemoryStore::new(), ()))
}

es_core::store_contract!(store);
