use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Accounts;

#[projection(name = "accounts")]
impl Accounts {
    #[handles(Opened)]
    fn opened(&self, _: &Opened) {}

    #[reset]
    async fn empty(&self) {
        let owner = std::rc::Rc::new(());
        std::future::ready(()).await;
        drop(owner);
    }
}

fn main() {}
