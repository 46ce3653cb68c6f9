use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
#[snapshot]
struct Account {
    owner: String,
}

fn main() {}
