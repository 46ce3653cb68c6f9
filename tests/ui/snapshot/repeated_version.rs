use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
#[snapshot(version = 2, version = 3)]
struct Account {
    owner: String,
}

fn main() {}
