use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "opened")]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
#[event(name = "closed")]
struct Closed;

struct Note;

#[derive(Default)]
struct Account;

#[aggregate(id = Uuid, ignores(Note))]
impl Account {
    #[handles(Opened)]
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
