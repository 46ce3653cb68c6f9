use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "closed")]
struct Closed;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid, ignores())]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
