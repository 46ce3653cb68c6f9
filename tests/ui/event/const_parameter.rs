use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
struct Tagged<const N: u8>;

fn main() {}
