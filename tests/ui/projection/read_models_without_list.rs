use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
struct AccountRow {
    #[read_model(id)]
    account: Uuid,
}

struct Accounts;

#[projection(name = "accounts", read_models = AccountRow)]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
