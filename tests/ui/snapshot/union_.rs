use es_core::prelude::*;

#[derive(Snapshot)]
union Account {
    cents: i64,
    text: u64,
}

fn main() {}
