use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
enum Balance {
    Open { account: Uuid },
}

fn main() {}
