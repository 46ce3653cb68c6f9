use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Openend)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
