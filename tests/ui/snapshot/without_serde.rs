use es_core::prelude::*;

#[derive(Snapshot)]
struct Account {
    owner: String,
}

fn main() {}
