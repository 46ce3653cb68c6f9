use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance<T> {
    #[read_model(id)]
    account: Uuid,
    owner: T,
}

fn main() {}
