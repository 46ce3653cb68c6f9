use es_core::prelude::*;

#[projection(name = "accounts")]
struct Accounts;

fn main() {}
