use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[reset]
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
