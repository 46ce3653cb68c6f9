use es_core::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Hash, AggregateId)]
struct AccountId(Uuid);

fn main() {}
