use es_core::prelude::*;

struct Accounts;

fn accounts(store: MemoryStore) -> Projector<Accounts, MemoryStore> {
    Projector::new(store, Accounts)
}

fn main() {}
