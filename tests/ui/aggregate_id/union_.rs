use es_core::prelude::*;

#[derive(Clone, Copy, AggregateId)]
union AccountId {
    id: Uuid,
    number: u128,
}

fn main() {}
