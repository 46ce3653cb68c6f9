use es_core::prelude::*;

#[derive(Clone, Copy, Event)]
union Amount {
    cents: u64,
    units: u64,
}

fn main() {}
