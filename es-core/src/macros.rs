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

#[doc = include_str!("../docs/aggregate.md")]
pub use es_derive::aggregate;

/// Marks a method as the handler of an event: `#[handles(Opened)]`, in an impl with [`aggregate`] or [`projection`].
///
/// The event is a type, written as anywhere else: a path or an alias will do. A method handles one event, and an event
/// has one handler. With `#[cfg]` on the method, everything that is made from it is under the same condition.
///
/// | The compiler says | Because |
/// |---|---|
/// | works only inside an impl with `#[aggregate]` or `#[projection]` | nothing above the `impl` reads it |
/// | expected an event type | there is no type between the parentheses, or something that has no name |
/// | a handler handles one event | it names two, or a method has the attribute twice |
/// | belongs on a method | it stands on a constant, a type or a macro |
/// | cannot find attribute `handles` | it is not in scope: `use es_core::prelude::*;` |
pub use es_derive::handles;

#[doc = include_str!("../docs/projection.md")]
pub use es_derive::projection;
