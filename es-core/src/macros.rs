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
