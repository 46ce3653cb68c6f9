use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default, Serialize, Deserialize, Snapshot)]
#[snapshot(version = 0)]
struct Account {
    limit: Limit,
}

#[derive(Default, Serialize, Deserialize, Snapshot)]
struct Limit(u32, #[snapshot(version = 1)] u32);

#[aggregate(id = Uuid, snapshot(every = 50))]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn accounts(store: MemoryStore) -> Repository<Account, MemoryStore> {
    Repository::new(store).snapshot_every(50)
}

fn main() {}
