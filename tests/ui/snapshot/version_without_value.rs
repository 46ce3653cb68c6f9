use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
#[snapshot(version)]
struct Account {
    owner: String,
}

fn main() {}
