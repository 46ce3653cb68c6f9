#![doc = include_str!("../../docs/snapshots.md")]

pub(crate) mod figures;
mod fingerprint;
mod policy;
mod record;

pub use fingerprint::Fingerprint;
pub use policy::SnapshotPolicy;
pub use record::{NewSnapshot, SnapshotQuery, StoredSnapshot};

use crate::error::SnapshotError;
use crate::payload::Payload;

/// A state that can be kept and taken up again. `#[derive(Snapshot)]` implements it with serde's JSON and a fingerprint made
/// of the type's shape.
///
/// By hand it is for a state that is kept in another form than its own, without what can be had again otherwise, say:
///
/// ```
/// use es_core::prelude::*;
/// use es_core::{Fingerprint, Payload, Snapshot, SnapshotError};
///
/// struct Account { balance: i64, /// Made from `balance`.
///     shown: String }
///
/// impl Snapshot for Account {
///     const FINGERPRINT: Fingerprint = Fingerprint::of("account: balance");
///
///     fn to_snapshot(&self) -> Result<Payload, SnapshotError> {
///         Ok(Payload::encode(&self.balance)?)
///     }
///
///     fn from_snapshot(state: &Payload) -> Result<Self, SnapshotError> {
///         let balance = state.decode()?;
///         Ok(Self { balance, shown: format!("{balance} cents") })
///     }
/// }
/// # let kept = Account { balance: 3, shown: String::new() }.to_snapshot().unwrap();
/// # assert_eq!(Account::from_snapshot(&kept).unwrap().shown, "3 cents");
/// ```
///
/// An implementation must give back a state on which every later event and decision has the same effect as on the one that
/// was kept, and must change `FINGERPRINT` when it can no longer do so with what was kept before.
#[diagnostic::on_unimplemented(
    message = "no snapshot can be made of `{Self}`",
    label = "is not `Snapshot`",
    note = "add `#[derive(Snapshot, Serialize, Deserialize)]` to `{Self}`"
)]
pub trait Snapshot: Sized {
    /// Tells what was kept of this type from what was kept of an earlier shape of it, or by another meaning: that is passed
    /// over, and the events are replayed.
    const FINGERPRINT: Fingerprint;

    /// What is kept.
    ///
    /// # Errors
    /// [`SnapshotError`] when it cannot be written: then there is no snapshot, and nothing else is amiss.
    fn to_snapshot(&self) -> Result<Payload, SnapshotError>;

    /// The state again.
    ///
    /// # Errors
    /// [`SnapshotError`] when it cannot be read: then all events are replayed.
    fn from_snapshot(state: &Payload) -> Result<Self, SnapshotError>;
}
