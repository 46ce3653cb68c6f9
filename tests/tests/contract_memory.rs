//! The memory store keeps every promise of the store contract.

use es_core::MemoryStore;

async fn store() -> (MemoryStore, ()) {
    (MemoryStore::new(), ())
}

es_core::store_contract!(store);
