use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn accounts(store: MemoryStore) -> Repository<Account, MemoryStore> {
    Repository::new(store).snapshot_every(50)
}

fn main() {}
