use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Default)]
struct Account;

#[aggregate(name = "account", id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[reset]
    fn empty(&mut self) {}
}

fn main() {}
