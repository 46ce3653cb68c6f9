use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
enum AccountId {
    Private(Uuid),
    Business(Uuid),
}

fn main() {}
