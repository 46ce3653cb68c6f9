use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

trait Opens {
    fn opened(&self, event: &Opened);
}

#[projection(name = "accounts")]
impl Opens for Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
