//! Aggregates and projections that a `macro_rules!` macro writes.

#![deny(warnings)]

use es_core::prelude::*;

macro_rules! counted {
    ($aggregate:ident, $counter:ident: $($event:ty => $method:ident),+) => {
        #[derive(Default)]
        struct $aggregate {
            events: usize,
        }

        #[aggregate(id = Uuid)]
        impl $aggregate {
            $(
                #[handles($event)]
                fn $method(&mut self, _: &$event) {
                    self.events += 1;
                }
            )+
        }

        struct $counter {
            events: usize,
        }

        #[projection]
        impl $counter {
            $(
                #[handles($event)]
                fn $method(&mut self, _: &$event, _: &EventContext<'_>) {
                    self.events += 1;
                }
            )+
        }
    };
}

#[derive(Serialize, Deserialize, Event)]
struct Opened;

#[derive(Serialize, Deserialize, Event)]
struct Closed;

counted!(Account, Accounts: Opened => opened, crate::Closed => closed);

fn main() {
    assert_eq!(Account::HANDLERS.len(), 2);
    assert_eq!(Account::default().events, 0);
    assert_eq!(Accounts { events: 0 }.events, Accounts::SUBSCRIBED_TO.len() - 2);
}
