use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    async fn opened(&self, _: &Opened) -> Result<(), std::fmt::Error> {
        Ok(())
    }
}

fn main() {}
