use es_core::prelude::*;

#[derive(Serialize, Snapshot)]
struct Account {
    owner: String,
}

fn main() {}
