use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
struct Account {
    owner: Owner,
}

fn main() {}
