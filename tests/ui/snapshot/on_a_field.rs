use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
struct Account {
    #[snapshot(version = 2)]
    owner: String,
}

fn main() {}
