use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(name = "account")]
struct AccountId(Uuid);

fn main() {}
