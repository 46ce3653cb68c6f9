use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Noted;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid, ignores(Noted, Noted), unknown = "skip")]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    fn note(&self) -> Noted {
        Noted
    }
}

async fn note(accounts: Repository<Account, MemoryStore>, id: Uuid) {
    let _ = accounts.execute(id, |account| Ok::<_, ()>((account.note(), Opened))).await;
}

fn main() {}
