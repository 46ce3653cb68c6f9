use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection]
impl Accounts {
    #[handles(Openend)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
