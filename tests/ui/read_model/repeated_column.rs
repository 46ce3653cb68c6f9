use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id)]
    account: Uuid,
    owner: String,
    #[read_model(column = "owner")]
    name: String,
}

fn main() {}
