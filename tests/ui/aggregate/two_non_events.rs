use es_core::prelude::*;

struct Opened;
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Closed)]
    fn closed(&mut self, _: &Closed) {}
}

fn main() {}
