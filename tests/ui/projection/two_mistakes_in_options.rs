use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Ledger;

struct Note;

struct Accounts;

#[projection(of(Ledger), ignores(Note))]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
