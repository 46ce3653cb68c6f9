use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(version = 0)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

async fn open(accounts: Repository<Account, MemoryStore>) {
    let _ = accounts.create(Uuid::nil(), Opened).await;
}

fn main() {}
