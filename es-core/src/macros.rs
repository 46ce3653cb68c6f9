//! The macros, re-exported where their documentation can show examples that compile.

/// Makes a struct an event: implements [`trait@Event`](trait@crate::Event).
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// #[event(name = "money-deposited", version = 2)]
/// struct MoneyDeposited {
///     cents: i64,
/// }
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
/// struct AccountClosed;
///
/// assert_eq!((MoneyDeposited::NAME, MoneyDeposited::VERSION.get()), ("money-deposited", 2));
/// assert_eq!((AccountClosed::NAME, AccountClosed::VERSION.get()), ("AccountClosed", 1));
/// ```
///
/// | Option of `#[event(..)]` | Meaning | Unless set |
/// |---|---|---|
/// | `name = "…"` | the name under which it is stored, to be kept for ever: 1 to 512 bytes, no control characters | the type's name |
/// | `version = 2` | the version of its schema, to be raised when its JSON changes its shape | 1 |
///
/// Any struct will do, with named fields, as a tuple or without fields, that has no generic parameters. Each thing that
/// happens is a struct of its own; an enum of all of them is not needed.
pub use es_derive::Event;

/// Makes a struct one row of a read model: implements [`trait@ReadModel`](trait@crate::ReadModel).
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "account_balances")]
/// struct AccountBalance {
///     #[read_model(id)]
///     account: Uuid,
///     #[read_model(column = "owner_name")]
///     owner: String,
///     cents: i64,
///     closed_at: Option<DateTime<Utc>>,
///     #[read_model(json)]
///     limits: Vec<Limit>,
///     #[read_model(skip)]
///     #[serde(skip)]
///     shown: bool,
/// }
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// enum Limit {
///     Daily { cents: i64 },
///     Abroad,
/// }
///
/// let columns: Vec<_> = AccountBalance::TABLE.columns.iter().map(|column| column.name).collect();
/// assert_eq!(columns, ["account", "owner_name", "cents", "closed_at", "limits"]);
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // At start-up: makes the table, or adds the columns that it lacks.
/// let store = MemoryStore::new();
/// store.ensure_read_model::<AccountBalance>().await?;
/// # Ok(()) }
/// ```
///
/// | Option of `#[read_model(..)]` | Meaning |
/// |---|---|
/// | on the struct: `table = "…"` | the table: `[a-z_][a-z0-9_]*`, at most 48 bytes |
/// | on the struct: `crate = path` | where es-core is, when not at `::es_core` |
/// | on one field: `id` | the field that identifies a row: a UUID, a `String` or an integer |
/// | on a field: `column = "…"` | the name of its column, under the same rule as the table's; unless set, the field's |
/// | on a field: `json` | it is kept as JSON (on PostgreSQL `jsonb`), whatever serde makes of it |
/// | on a field, with `#[serde(skip)]`: `skip` | it is no column; when a row is read, it is the type's `Default` |
///
/// Each other field is a column; [`ColumnType`](crate::ColumnType) lists what one can hold. The struct derives `Clone`,
/// `Serialize` and `Deserialize` too. A column may be empty when the type of its field is an `Option`, under whatever name.
///
/// # When the type changes
/// [`ensure_read_model`](crate::ReadModelQuery::ensure_read_model) adds columns, and changes nothing else. A new field
/// that is an `Option` can always be added; another one only while the table has no rows. A field may get another name
/// when `column` keeps the old one. A field that is taken away leaves its column, which must be able to be empty: programs
/// of both versions then run side by side. Whatever else changes needs another table: raise the projection's `version`
/// and give its read model a new `table`.
///
/// # What is generated
/// ```text
/// impl ReadModel for AccountBalance {
///     type Key = Uuid;
///     const TABLE: &'static Table = &Table::new("account_balances", "account", &[
///         Column::of::<Uuid>("account"),
///         Column::of::<String>("owner").named("owner_name"),
///         …
///         Column::json("limits", /* is it an `Option`? */ false),
///     ]);
///     fn key(&self) -> Uuid { self.account.clone() }
/// }
/// ```
///
/// # Errors
/// | The compiler says | Because |
/// |---|---|
/// | the table is not named | rows need a table: `#[read_model(table = "…")]` |
/// | a read model is a struct with named fields | each column has a name; an enum can be a field, with `json` |
/// | a read model has no generic parameters | a table has known columns |
/// | no field identifies a row; one field identifies a row | exactly one field has `id`. A key of several fields: make a `String` or a version-5 UUID of them |
/// | a row is not identified by JSON | keys are compared and sorted by the store |
/// | `…` cannot be a table; `…` cannot be a column | names go into SQL as they are: lower case, digits and `_` |
/// | the column `…` is there twice | two fields would be written to one column |
/// | a column's field has a name of at most 63 bytes | PostgreSQL cuts longer names |
/// | a row travels by the names of its fields | serde's `rename`, `rename_all` and `tag` change what the store looks for |
/// | a field is one column | serde's `flatten` would make several of it |
/// | a field that serde leaves out is no column; a row is read and written by serde | `skip` stands on a field twice: for serde and for the table |
/// | a row is read as it was written | serde's `skip_serializing` and `skip_deserializing` do half of it |
/// | a skipped field is no column | `id`, `column` and `json` are about columns |
/// | `…` cannot be a column of a read model | the type has no SQL type: use `json` |
/// | `…` cannot identify a row of a read model | `id` stands on a `Uuid`, a `String` or an integer |
///
/// Other values are refused when a batch is written, with [`ProjectionError::Row`](crate::ProjectionError::Row): see
/// [`trait@ReadModel`](trait@crate::ReadModel). An `Option<f64>` that holds `NaN` is written as `None`: JSON has no `NaN`.
pub use es_derive::ReadModel;

/// Makes a type an aggregate: the methods marked with [`handles`] are how its events make and change it.
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Opened {
///     owner: String,
/// }
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Withdrawn {
///     cents: i64,
/// }
///
/// struct Account {
///     owner: String,
///     cents: i64,
///     last_change: Version,
/// }
///
/// #[aggregate(name = "account", id = Uuid)]
/// impl Account {
///     #[handles(Opened)] // no receiver: this event begins the stream
///     fn opened(event: &Opened) -> Self {
///         Self { owner: event.owner.clone(), cents: 0, last_change: Version::new(1) }
///     }
///
///     #[handles(Withdrawn)]
///     fn withdrawn(&mut self, event: &Withdrawn, cx: &EventContext<'_>) {
///         self.cents -= event.cents;
///         self.last_change = cx.version;
///     }
///
///     // Decisions are ordinary methods that return what to record, or the domain's own error.
///     fn withdraw(&self, cents: i64) -> Result<Withdrawn, &'static str> {
///         if cents > self.cents + 1_000 { Err("over the limit") } else { Ok(Withdrawn { cents }) }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = Repository::<Account, _>::new(MemoryStore::new());
/// let id = Uuid::now_v7();
/// accounts.create(id, Opened { owner: "Ada".into() }).await?;
/// accounts.execute(id, |account| account.withdraw(1_000)).await.expect("within the limit");
/// assert!(accounts.execute(id, |account| account.withdraw(1)).await.is_err());
/// assert_eq!(accounts.load(id).await?.state().cents, -1_000);
/// # Ok(())
/// # }
/// ```
///
/// | Option | Meaning | Unless set |
/// |---|---|---|
/// | `id = Type` | what identifies one of its kind: `Uuid`, or a newtype that is an [`AggregateId`](crate::AggregateId) | required |
/// | `name = "…"` | the stored name of its kind, to be kept for ever: 1 to 512 bytes, no control characters | the type's name |
///
/// # Handlers
/// A handler is synchronous, takes its event by reference and, if it likes, `&EventContext` after it.
/// - Without a receiver it returns `Self`: its event begins the stream. An aggregate with such a handler needs no
///   `Default`; one without must have it.
/// - With `&mut self` it returns nothing: its event has happened and cannot be refused any more.
///
/// The attribute stands on an inherent impl without generic parameters, one for each aggregate. The handlers stay
/// ordinary methods that tests can call.
///
/// # What is written
/// `impl Aggregate`; for each handler `impl Handles<Event>` for the aggregate and `impl IntoEvents<Aggregate>` for the
/// event, so that decisions may return it; and checks that no two handled events have one stored name.
///
/// Recording an event that is not handled does not compile:
///
/// ```compile_fail,E0277
/// # use es_core::prelude::*;
/// # #[derive(Serialize, Deserialize, Event)]
/// # struct Opened;
/// # #[derive(Serialize, Deserialize, Event)]
/// # struct Closed;
/// # #[derive(Default)]
/// # struct Account;
/// # #[aggregate(id = Uuid)]
/// # impl Account {
/// #     #[handles(Opened)]
/// #     fn opened(&mut self, _: &Opened) {}
/// # }
/// # async fn close(accounts: Repository<Account, MemoryStore>, id: Uuid) {
/// accounts.execute(id, |_| Ok::<_, ()>(Closed)).await; // `Closed` cannot be recorded by `Account`
/// # }
/// ```
pub use es_derive::aggregate;

/// Marks a method as the handler of an event: `#[handles(Opened)]`, in an impl with [`aggregate`] or [`projection`].
///
/// The event is a type, written as anywhere else: a path or an alias will do. A method handles one event, and an event
/// has one handler. With `#[cfg]` on the method, everything that is made from it is under the same condition.
pub use es_derive::handles;

/// Makes a type a projection: the methods marked with [`handles`] are called with their events, by rising position.
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Opened {
///     owner: String,
/// }
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Closed;
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "accounts")]
/// struct AccountRow {
///     #[read_model(id)]
///     account: Uuid,
///     owner: String,
///     open: bool,
/// }
///
/// struct Accounts;
///
/// #[projection(name = "accounts", version = 1)]
/// impl Accounts {
///     #[handles(Opened)]
///     async fn opened(&self, event: &Opened, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
///         let (account, owner) = (cx.stream_id(), event.owner.clone());
///         cx.rows::<AccountRow>().save(AccountRow { account, owner, open: true }).await
///     }
///
///     #[handles(Closed)]
///     async fn closed(&self, _: &Closed, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
///         let account = cx.stream_id();
///         cx.rows::<AccountRow>().update(&account, |row| row.open = false).await?;
///         Ok(())
///     }
/// }
///
/// // A projection may also be its own read model.
/// struct Count {
///     open: usize,
/// }
///
/// #[projection]
/// impl Count {
///     #[handles(Opened)]
///     fn opened(&mut self, _: &Opened) {
///         self.open += 1;
///     }
///
///     #[handles(Closed)]
///     fn closed(&mut self, _: &Closed) {
///         self.open -= 1;
///     }
/// }
///
/// assert_eq!(Accounts::SUBSCRIBED_TO, ["Opened", "Closed"]);
/// assert_eq!(<Count as Projection>::NAME, "Count");
/// ```
///
/// | Option | Meaning | Unless set |
/// |---|---|---|
/// | `name = "…"` | the name under which its checkpoint is kept: 1 to 512 bytes, no control characters | the type's name |
/// | `version = 2` | to be raised when its read models must be built anew; each version has its own checkpoint | 1 |
///
/// # Handlers
/// A handler takes `&self` or `&mut self`, its event by reference and, if it likes, one context after it: `&EventContext`,
/// `&mut ReadModels`, or what a store offers. It may be `async`, and returns nothing or `Result<(), ProjectionError>`;
/// an error of another type becomes one with `.map_err(ProjectionError::handler)?`.
///
/// Events without a handler are left alone. Stores are asked only for those that have one: their stored names are
/// [`SUBSCRIBED_TO`](crate::Projection::SUBSCRIBED_TO).
pub use es_derive::projection;
