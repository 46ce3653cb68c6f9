use es_core::prelude::*;

struct Account;

fn accounts(store: MemoryStore) -> Repository<Account, MemoryStore> {
    Repository::new(store)
}

fn main() {}
