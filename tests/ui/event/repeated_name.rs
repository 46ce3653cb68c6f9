use es_core::prelude::*;

#[derive(Debug, Serialize, Deserialize, Event)]
#[event(name = "opened", name = "account-opened")]
struct Opened;

fn main() {}
