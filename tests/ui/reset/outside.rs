use es_core::prelude::*;

struct Accounts;

impl Accounts {
    #[reset]
    fn empty(&self) {}
}

fn main() {}
