use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
struct AccountId(u128);

fn main() {}
