use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id, skip)]
    #[serde(skip)]
    account: Uuid,
    owner: String,
}

fn main() {}
