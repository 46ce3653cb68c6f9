use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Hash, AggregateId)]
struct AccountId(Uuid);

fn main() {}
