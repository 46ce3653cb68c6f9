use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[reset]
    fn empty(&self, _: &ReadModels<'_>) {}
}

fn main() {}
