use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(category = "", name = "account")]
struct AccountId;

fn main() {}
