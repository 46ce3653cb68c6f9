use es_core::prelude::*;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {}

fn main() {}
