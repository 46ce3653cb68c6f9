use es_core::prelude::*;

#[aggregate(name = "account", id = Uuid)]
#[derive(Default)]
struct Account;

fn main() {}
