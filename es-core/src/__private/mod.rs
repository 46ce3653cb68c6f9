//! What the macros' output calls. Not part of the public interface: anything here may change in any release.
//!
//! Much of it exists for the compiler's messages: a trait with one impl turns "mismatched types" somewhere in generated
//! code into a sentence at the user's token. Where a second impl looks useless, it keeps the compiler from guessing the
//! other type from the only impl that there is.

mod aggregate;
mod aggregate_id;
mod coverage;
mod event;
mod message;
mod projection;
mod read_model;
mod snapshot;
mod stand_in;

use self::message::Message;
use crate::event::{Event, SchemaVersion};

pub use crate::__aggregate_id as aggregate_id;
pub use crate::__stand_in as stand_in;
pub use crate::id::uuid_from_name;
pub use aggregate::{Row, WithDefault, WithEvent, as_context, assert_once, begun};
pub use aggregate_id::{IdField, UuidField, assert_category, category};
pub use coverage::{Source, assert_covers, assert_ignored, has};
pub use event::{Versions, assert_older, from_json, parse, upcaster, via_type, with_json};
pub use projection::{
    Declared, Subscription, assert_declared_once, assert_read_model, assert_subscribed_once, boxed,
    context, count_names, from_reset, ignored, names, outcome,
};

pub use read_model::{NotOptional, Nullable, column};
pub use snapshot::{Json, Part, State, assert_state, shape, snapshots};

pub use core::clone::Clone;
pub use core::marker::{Send, Sync};
pub use core::option::Option::{self, None, Some};
pub use core::result::Result::{self, Ok};
pub use serde::de::DeserializeOwned;
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use std::string::String;
pub use uuid::{Error as UuidError, Uuid};

/// The traits that generated code has in scope.
pub mod prelude {
    pub use super::aggregate::NoRow as _;
    pub use super::coverage::NoSource as _;
    pub use super::event::Differs as _;
    pub use super::projection::{NoSubscription as _, NotDeclared as _};
    pub use super::snapshot::{NoState as _, Unknown as _};
}

/// `&'static str`, whatever the user calls `str`.
pub type Text = &'static str;

/// A schema version that the macro has checked.
///
/// # Panics
/// In const evaluation, for 0 and for numbers above 2^31 − 1.
pub const fn schema_version(n: u32) -> SchemaVersion {
    SchemaVersion::new(n).expect("the macro has checked the version")
}

/// Refuses, when the program is compiled, what is not an event. The only place where generated code asks for it.
pub const fn assert_event<E: Event>() {}

/// Refuses the program: two of its events have one stored name. What has none is no event, which has been reported.
#[track_caller]
const fn two_of_one_name(name: &str) {
    if name.is_empty() {
        return;
    }
    let problem = "` is or was the stored name of two events here: keep one, or change `name` or `aliases` in the `#[event(..)]` of one";
    Message::new().and_all(&["`", name, problem]).fail()
}

/// The event as what the handler's parameter is declared to be, which must be the same.
pub fn as_parameter<E: SameAs<P>, P>(event: &E) -> &P {
    event.same()
}

/// Two types that are one.
#[diagnostic::on_unimplemented(
    message = "this handler takes `&{P}`, but its `#[handles(..)]` says `{Self}`",
    label = "expected `&{Self}`"
)]
pub trait SameAs<P> {
    /// Itself.
    fn same(&self) -> &P;
}

#[diagnostic::do_not_recommend]
impl<T> SameAs<T> for T {
    fn same(&self) -> &T {
        self
    }
}

/// Implemented once by each `#[aggregate]`. A second block is told by this trait's name what to do.
#[expect(non_camel_case_types, reason = "a sentence, to be read in a message")]
pub trait one_impl_block_has_aggregate_so_move_all_handlers_into_it {}

/// Implemented once by each `#[projection]`, as above.
#[expect(non_camel_case_types, reason = "a sentence, to be read in a message")]
pub trait one_impl_block_has_projection_so_move_all_handlers_into_it {}

/// Nothing: the type of impls that keep the compiler from guessing.
#[derive(Debug)]
pub enum Never {}

#[diagnostic::do_not_recommend]
impl<E: Event> SameAs<Never> for E {
    fn same(&self) -> &Never {
        unreachable!("no handler can name this type")
    }
}
