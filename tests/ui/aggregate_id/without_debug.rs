use es_core::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
struct AccountId(Uuid);

fn main() {}
