use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(category = "account")]
struct AccountId(Uuid, u8);

#[derive(Serialize, Deserialize, Event)]
struct Opened {
    account: AccountId,
}

#[derive(Default)]
struct Account;

#[aggregate(name = "account", id = AccountId)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct Row {
    #[read_model(id)]
    account: AccountId,
}

async fn open(accounts: Repository<Account, MemoryStore>) -> Option<String> {
    let id = AccountId::from_name("DE12");
    accounts.create(id, Opened { account: id }).await.ok()?;
    Some(id.to_string())
}

fn main() {}
