use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(version = 2147483648)]
struct Opened;

fn main() {}
