use es_core::prelude::*;

#[derive(Serialize, Deserialize, Snapshot)]
#[snapshot(every = 100)]
struct Account {
    owner: String,
}

fn main() {}
