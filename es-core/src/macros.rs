//! The macros, re-exported where their documentation can show examples that compile.

#[doc = include_str!("../docs/event.md")]
pub use es_derive::Event;

/// Makes a newtype of a UUID the id of an aggregate: implements [`trait@AggregateId`](trait@crate::AggregateId).
///
/// ```
/// use es_core::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AggregateId)]
/// #[aggregate_id(category = "bank-account")]
/// struct AccountId(Uuid);
///
/// #[derive(Serialize, Deserialize, Event)]
/// struct Opened;
///
/// #[derive(Default)]
/// struct BankAccount;
///
/// #[aggregate(name = "bank-account", id = AccountId)]
/// impl BankAccount {
///     #[handles(Opened)]
///     fn opened(&mut self, _: &Opened) {}
/// }
///
/// #[derive(Clone, Serialize, Deserialize, ReadModel)]
/// #[read_model(table = "accounts")]
/// struct Account {
///     #[read_model(id)]
///     account: AccountId,
/// }
///
/// let id = AccountId::generate();
/// assert_eq!(id.to_string().parse(), Ok(id));
/// // The id of a natural key is the same at every import.
/// assert_eq!(AccountId::from_name("DE12"), BankAccount::id_from_name("DE12"));
/// ```
///
/// | Option of `#[aggregate_id(..)]` | Meaning | Unless set |
/// |---|---|---|
/// | `category = "…"` | the stored name of the only kind of aggregate that it identifies; adds `from_name` | it may identify any |
/// | `crate = path` | where es-core is | `::es_core` |
///
/// It stands on a struct with one field, named or not, whose type is `Uuid` or an alias of it. The struct derives `Debug`,
/// `Clone`, `Copy`, `PartialEq` and `Eq` too, and `Hash` and `Ord` if it likes, but not serde's traits.
///
/// # What is written
/// `impl AggregateId`, and what makes the id as good as its UUID: `Display`, `FromStr` (its error is that of `Uuid`),
/// `Serialize` and `Deserialize` as the UUID itself, [`ColumnType`](crate::ColumnType) and [`RowKey`](crate::RowKey). With
/// `category` also an inherent `from_name(name: &str) -> Self`, as visible as the type.
///
/// # What is refused
/// | Message | What to do |
/// |---|---|
/// | an id is a newtype | make the enum, union, empty struct or struct with more fields a `struct AccountId(Uuid);` |
/// | an id has no generic parameters | write a newtype for each kind of aggregate |
/// | the field of an id must be a `Uuid` | the field is of another type: keep what is no UUID in the events, and use `from_name` to make an id of it |
/// | the trait bound `AccountId: Copy` is not satisfied | derive `Debug, Clone, Copy, PartialEq, Eq` beside it; each that is missing is reported |
/// | conflicting implementations of trait `Serialize` | do not derive serde's traits: they are implemented already |
/// | `category` is set twice; unknown option; the stored name is empty | as they say; a category keeps the rule for stored names |
/// | `#[aggregate_id(..)]` belongs on the struct | move it above `struct` |
/// | this id is of another category | reported at `id = …` of an [`aggregate`] with another name: the two must be the same |
pub use es_derive::AggregateId;

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
///     owner: String,
///     cents: i64,
///     closed_at: Option<DateTime<Utc>>,
/// }
///
/// let columns: Vec<_> = AccountBalance::TABLE.columns.iter().map(|column| column.name).collect();
/// assert_eq!(columns, ["account", "owner", "cents", "closed_at"]);
/// ```
///
/// | Option of `#[read_model(..)]` | Meaning |
/// |---|---|
/// | on the struct: `table = "…"` | the table: `[a-z_][a-z0-9_]*`, at most 48 bytes |
/// | on one field: `id` | the field that identifies a row: a UUID, a `String` or an integer |
///
/// Each field is a column of the same name; [`ColumnType`](crate::ColumnType) lists what a column can hold. The struct
/// derives `Clone`, `Serialize` and `Deserialize` too; serde's options that change names or leave fields out are refused,
/// because the columns are the names that serde writes.
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
