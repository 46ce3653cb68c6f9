//! A repository whose appends run projections.

use std::sync::Arc;

use super::Repository;
use crate::aggregate::Aggregate;
use crate::inline::{InlineError, InlineProjections, InlineStore};
use crate::projection::Projection;
use crate::store::{Appended, BoxFuture, StreamAppend};

/// What the repository needs to append so. The function knows that the store can do it, so that a repository without
/// projections need not.
pub(super) struct Inline<S> {
    pub(super) projections: InlineProjections,
    pub(super) append: Append<S>,
}

type Append<S> = for<'a> fn(
    &'a S,
    StreamAppend,
    &'a InlineProjections,
) -> BoxFuture<'a, Result<Appended, InlineError>>;

impl<A: Aggregate, S: InlineStore> Repository<A, S> {
    /// Runs a projection inside every append of this repository, in its transaction: when the command is answered, its
    /// rows are there, and when a handler fails, no event is. May be called several times; each projection is given the
    /// events that it subscribes to.
    ///
    /// Its rows are ordinary read models: make their tables first, read them by
    /// [`rows`](crate::ReadModelQuery::rows). Each append has a clone of the projection, so keep nothing in the struct.
    /// A handler may run more than once before the append is answered; what it does outside the store stays done. It must
    /// not append, and had better be quick: it keeps the stream, its rows, and everybody who follows the log.
    ///
    /// **Do not run the same projection by a `Projector` or a `SubscriptionManager` as well**: it would count everything
    /// twice. To build its rows anew from the log, stop the writers, rebuild it there, and go on inline. Only what is appended
    /// by this repository, and by those cloned from it, reaches it.
    ///
    /// ```
    /// # use es_core::prelude::*;
    /// # #[derive(Serialize, Deserialize, Event)] struct Paid { cents: i64 }
    /// # #[derive(Default)] struct Account;
    /// # #[aggregate(name = "account", id = Uuid)]
    /// # impl Account { #[handles(Paid)] fn paid(&mut self, _: &Paid) {} }
    /// #[derive(Clone, Serialize, Deserialize, ReadModel)]
    /// #[read_model(table = "balances")]
    /// struct Balance { #[read_model(id)] account: Uuid, cents: i64 }
    ///
    /// #[derive(Clone)]
    /// struct Balances;
    ///
    /// #[projection(name = "balances", read_models(Balance))]
    /// impl Balances {
    ///     #[handles(Paid)]
    ///     async fn paid(&self, event: &Paid, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
    ///         let account = db.stream_id();
    ///         let found = db.rows::<Balance>().get(&account).await?;
    ///         let cents = found.map_or(0, |row| row.cents) + event.cents;
    ///         db.rows().save(Balance { account, cents }).await
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// store.ensure_read_model::<Balance>().await?;
    /// let accounts = Repository::<Account, _>::new(store.clone()).with_inline(Balances);
    ///
    /// let id = Uuid::now_v7();
    /// accounts.create(id, Paid { cents: 50 }).await?;
    /// assert_eq!(store.row::<Balance>(&id).await?.unwrap().cents, 50); // at once
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn with_inline<P: Projection + Clone + Sync>(mut self, projection: P) -> Self {
        let projections = self.inline.map(|inline| inline.projections.clone()).unwrap_or_default();
        let projections = projections.with(projection);
        self.inline = Some(Arc::new(Inline { projections, append: append::<S> }));
        self
    }
}

fn append<'a, S: InlineStore>(
    store: &'a S,
    append: StreamAppend,
    projections: &'a InlineProjections,
) -> BoxFuture<'a, Result<Appended, InlineError>> {
    Box::pin(store.append_inline(append, projections))
}
