//! Types are compared as types, never by spelling; `#[handles]` may be written with any path.

#![deny(warnings)]

use es_core::prelude::*;

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed(u8);

type AlsoOpened = Opened;
type Context<'a> = EventContext<'a>;
type Done = Result<(), ProjectionError>;
type Uuids = Uuid;

struct Account;
type AlsoAccount = Account;

#[es_core::aggregate(id = Uuids)]
impl AlsoAccount {
    #[es_core::handles(AlsoOpened)]
    fn opened(_: &Opened) -> Account {
        Account
    }

    #[::es_core::handles(crate::Closed)]
    fn closed(self: &mut Self, Closed(_): &Closed, _: &Context<'_>) -> () {}
}

struct Accounts(usize);

#[es_core::projection]
impl Accounts {
    #[es_core::prelude::handles(Opened)]
    async fn opened(&mut self, _: &AlsoOpened, _: &Context<'_>) -> Done {
        self.0 += 1;
        Ok(())
    }

    #[handles(Closed)]
    fn closed(self: &Self, _: &self::Closed, _: &EventContext) {}
}

fn main() {
    assert_eq!(AlsoAccount::HANDLERS.len(), 2);
    assert_eq!(Accounts::SUBSCRIBED_TO, ["Opened", "Closed"]);
}
