use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Started;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid)]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}

    #[handles(Started)]
    fn started(&mut self, _: &Started) {}
}

fn main() {}
