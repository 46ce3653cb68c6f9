use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
struct Balance {
    #[read_model(id)]
    account: Uuid,
}

fn main() {}
