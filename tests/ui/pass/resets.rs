//! Every form that a `#[reset]` method may have.

#![deny(warnings)]

use es_core::{Event, FromReset, Projection, ProjectionError, Reset, handles, projection};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Event)]
struct Opened;

struct Cx;

impl<'a> FromReset<'a> for Cx {
    fn from_reset(_: &'a mut Reset<'_>) -> Result<Self, ProjectionError> {
        Ok(Self)
    }
}

macro_rules! projections {
    ($($name:ident { $($reset:tt)* })+) => {$(
        struct $name;

        #[projection]
        impl $name {
            #[handles(Opened)]
            fn opened(&mut self, _: &Opened) {}

            $($reset)*
        }
    )+};
}

projections! {
    Plain {
        #[es_core::reset]
        fn reset(&self) {}
    }
    Fallible {
        #[es_core::reset]
        fn empty(&mut self) -> Result<(), ProjectionError> {
            Ok(())
        }
    }
    Waits {
        #[es_core::reset]
        async fn empty(&mut self) {
            std::future::ready(()).await;
        }
    }
    WithContext {
        #[es_core::reset]
        async fn empty(&self, _: &mut Cx) -> Result<(), ProjectionError> {
            Ok(())
        }
    }
    TypedReceiver {
        #[es_core::reset]
        fn empty(self: &mut Self, cx: &mut Cx) {
            let _ = cx;
        }
    }
    Conditional {
        #[cfg(all())]
        #[es_core::reset]
        fn empty(&mut self) {}

        #[cfg(any())]
        #[es_core::reset]
        fn empty(&mut self, _: &mut NoSuchType) {}
    }
}

fn main() {
    assert_eq!(Plain::NAME, "Plain");
    Plain.reset();
}
