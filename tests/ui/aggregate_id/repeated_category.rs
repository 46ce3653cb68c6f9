use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(category = "account", category = "bank-account")]
struct AccountId(Uuid);

fn main() {}
