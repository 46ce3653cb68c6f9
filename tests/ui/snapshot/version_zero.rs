use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
#[snapshot(version = 0)]
struct Account {
    owner: String,
}

fn main() {}
