use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

async fn close(accounts: Repository<Account, MemoryStore>) -> Result<(), Box<dyn std::error::Error>> {
    accounts.create(Uuid::nil(), Closed).await?;
    Ok(())
}

fn main() {}
