use es_core::prelude::*;

#[derive(Snapshot)]
struct Account {
    owner: Owner,
}

fn main() {}
