use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts<T>(T);

#[projection(name = "accounts")]
impl<T> Accounts<T> {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}
}

fn main() {}
