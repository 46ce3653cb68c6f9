use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AccountId(Uuid);

impl AggregateId for AccountId {
    fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    fn uuid(&self) -> Uuid {
        self.0
    }
}

struct Account {
    open: bool,
}

#[aggregate(name = "account")]
impl Account {
    #[handles(Opened)]
    fn opened(_: &Opened) -> Self {
        Self { open: true }
    }

    #[handles(Closed)]
    fn closed(&self, _: &Closed) {}

    fn close(&self) -> Result<Closed, std::fmt::Error> {
        if self.open { Ok(Closed) } else { Err(std::fmt::Error) }
    }
}

async fn close(
    accounts: Repository<Account, MemoryStore>,
    id: AccountId,
) -> Result<Version, Box<dyn std::error::Error>> {
    accounts.create(id, Opened).await?;
    Ok(accounts.execute(id, |account| account.close()).await?.version())
}

fn main() {}
