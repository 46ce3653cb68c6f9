use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "opened")]
#[event(name = "account-opened")]
struct Opened;

fn main() {}
