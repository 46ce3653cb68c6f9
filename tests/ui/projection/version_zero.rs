use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(version = 0)]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
