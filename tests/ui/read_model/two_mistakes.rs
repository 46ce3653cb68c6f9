use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "Balances")]
struct Balance {
    account: Uuid,
}

fn main() {}
