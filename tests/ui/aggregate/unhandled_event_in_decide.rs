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
    let mut account = accounts.load(Uuid::nil()).await?;
    account.decide(|_| Ok::<_, std::fmt::Error>(Closed))?;
    accounts.save(&mut account).await?;
    Ok(())
}

fn main() {}
