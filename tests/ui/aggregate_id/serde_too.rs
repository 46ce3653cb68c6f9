use es_core::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, AggregateId)]
struct AccountId(Uuid);

fn main() {}
