use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(version = 2u32)]
struct Opened;

fn main() {}
