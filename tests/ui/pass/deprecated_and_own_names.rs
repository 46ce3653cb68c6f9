//! An event that is not recorded any more, types that come through a macro, and items that are called like ours.

#![deny(warnings)]

use es_core::prelude::*;

#[deprecated = "no longer recorded"]
#[derive(Serialize, Deserialize, Event)]
struct Started {}

#[derive(Deserialize)]
struct OpenedV1;

macro_rules! events {
    ($id:ty, $old:ty, $account:ty, $count:ty, $event:ty) => {
        #[derive(Serialize, Deserialize, Event)]
        #[event(version = 2)]
        #[upcast(from = 1, via = $old)]
        struct Opened;

        impl From<$old> for Opened {
            fn from(_: $old) -> Self {
                Self
            }
        }

        #[allow(deprecated)]
        #[aggregate(id = $id)]
        impl $account {
            #[handles($event)]
            fn opened(&mut self, _: &$event) {}

            #[handles(Started)]
            fn started(&mut self, _: &Started) {}
        }

        #[projection]
        impl $count {
            const EVENTS: usize = 1;

            #[handles($event)]
            fn opened(&mut self, _: &$event) {
                self.0 += Self::EVENTS;
            }
        }
    };
}

#[derive(Default)]
struct Account;

struct Count(usize);

events!(Uuid, OpenedV1, Account, Count, Opened);

fn main() {
    let mut count = Count(0);
    count.opened(&Opened);
    assert_eq!((count.0, Count::SUBSCRIBED_TO, Account::HANDLERS.len()), (1, &["Opened"][..], 2));
}
