//! The macros, with their documentation: here its examples compile.

/// Makes a struct an [`Event`](trait@crate::Event): a thing that happened, stored under a name.
///
/// | `#[event(…)]` | default | |
/// |---|---|---|
/// | `name = "money-deposited"` | the type's name | the stored name, kept for ever |
/// | `version = 2` | 1 | the version of its schema, raised when the JSON changes its shape |
///
/// Structs with named fields, tuple structs and unit structs; not generic. The type derives serde's traits itself.
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// #[event(name = "money-deposited")]
/// pub struct MoneyDeposited { pub cents: u64 }
///
/// assert_eq!(MoneyDeposited::NAME, "money-deposited");
/// ```
pub use es_derive::Event;

/// Makes a struct with named fields a row of a read model: a [`ReadModel`](trait@crate::ReadModel).
///
/// `#[read_model(table = "…")]` names the table, `#[read_model(id)]` marks the field that identifies a row. Columns are
/// named like the fields; their types are those of [`ColumnType`](crate::ColumnType).
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Clone, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "balances")]
/// struct Balance { #[read_model(id)] account: Uuid, cents: i64, closed_at: Option<DateTime<Utc>> }
///
/// assert_eq!(Balance::TABLE.name, "balances");
/// ```
pub use es_derive::ReadModel;

/// Makes a type an [`Aggregate`](trait@crate::Aggregate): written on its `impl` block, where the `#[handles(Event)]` methods are.
///
/// | option | default | |
/// |---|---|---|
/// | `name = "account"` | the type's name | the stored name: the category of its streams |
/// | `id = AccountId` | required | what identifies one: `Uuid`, or a newtype that is an [`AggregateId`](crate::AggregateId) |
///
/// A handler has the event as a reference and, if it wants, `&EventContext` as a second parameter:
/// - without a receiver it makes the state, and its event begins a stream: `fn opened(event: &Opened) -> Self`;
/// - with `&mut self` it changes the state and returns nothing, because what happened cannot fail.
///
/// An aggregate without a handler of the first kind begins with `Default::default()`.
///
/// Everything else in the block is yours: decisions are ordinary methods.
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Opened { owner: String }
///
/// struct Account { owner: String, since: DateTime<Utc> }
///
/// #[aggregate(name = "account", id = Uuid)]
/// impl Account {
///     #[handles(Opened)]
///     fn opened(event: &Opened, cx: &EventContext) -> Self {
///         Self { owner: event.owner.clone(), since: cx.occurred_at }
///     }
/// }
/// ```
pub use es_derive::aggregate;

/// Says which event a method handles, inside a block with [`#[aggregate]`](macro@crate::aggregate) or
/// [`#[projection]`](macro@crate::projection).
pub use es_derive::handles;

/// Makes a type a [`Projection`](trait@crate::Projection): written on its `impl` block, where the `#[handles(Event)]` methods are.
///
/// | option | default | |
/// |---|---|---|
/// | `name = "balances"` | the type's name | the name of its checkpoint |
/// | `version = 2` | 1 | raised to build its read models anew, with a checkpoint of their own |
///
/// A handler takes `&self` or `&mut self`, the event as a reference, and, if it wants, one context: `&EventContext`,
/// `&mut ReadModels<'_>`, or that of a store, such as `&mut PgContext<'_>`. It may be async, and returns nothing or
/// `Result<(), ProjectionError>`. `SUBSCRIBED_TO` is made from the handlers, and stores filter the log by it.
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Opened { owner: String }
///
/// #[derive(Clone, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "owners")]
/// struct Owner { #[read_model(id)] account: Uuid, name: String }
///
/// struct Owners;
///
/// #[projection(name = "owners")]
/// impl Owners {
///     #[handles(Opened)]
///     async fn opened(&self, event: &Opened, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
///         let (account, name) = (cx.stream_id(), event.owner.clone());
///         cx.rows().save(Owner { account, name }).await
///     }
/// }
/// ```
pub use es_derive::projection;
