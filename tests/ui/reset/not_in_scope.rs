use es_core::prelude::{Deserialize, Event, Serialize, handles, projection};

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[reset]
    fn empty(&self) {}
}

fn main() {}
