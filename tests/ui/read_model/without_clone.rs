use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id)]
    account: Uuid,
}

fn main() {}
