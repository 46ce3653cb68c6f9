use es_core::prelude::*;

#[derive(Debug, Copy, PartialEq, Eq, Hash, AggregateId)]
struct AccountId(Uuid);

fn main() {}
