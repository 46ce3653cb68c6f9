use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances", schema = "app")]
struct Balance {
    #[read_model(id)]
    account: Uuid,
}

fn main() {}
