use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[cfg_attr(all(), reset)]
    fn empty(&self) {}
}

fn main() {}
