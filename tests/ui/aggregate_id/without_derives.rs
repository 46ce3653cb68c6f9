use es_core::prelude::*;

#[derive(AggregateId)]
struct AccountId(Uuid);

fn main() {}
