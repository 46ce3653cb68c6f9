use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
#[aggregate_id(crate = es_core::<Uuid>)]
struct AccountId(Uuid);

fn main() {}
