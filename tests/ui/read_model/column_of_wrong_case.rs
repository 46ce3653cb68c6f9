use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
#[allow(non_snake_case)]
struct Balance {
    #[read_model(id)]
    account: Uuid,
    Owner: String,
}

fn main() {}
