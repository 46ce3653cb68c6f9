use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Closed) {}

    #[handles(Closed)]
    fn closed(&self, _: &Closed) -> u8 {
        0
    }
}

fn main() {}
