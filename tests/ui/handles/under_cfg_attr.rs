use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[cfg_attr(all(), handles(Closed))]
    fn closed(&mut self, _: &Closed) {}
}

#[derive(Serialize, Deserialize, Event)]
struct Closed;

fn main() {}
