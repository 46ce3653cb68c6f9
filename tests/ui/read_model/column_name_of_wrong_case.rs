use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id)]
    account: Uuid,
    #[read_model(column = "Owner")]
    owner: String,
}

fn main() {}
