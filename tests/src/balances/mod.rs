//! A projection in which a lost or a repeated event shows, and the check that says so.

mod check;
mod trap;

use es_core::prelude::*;
use es_core::{
    Batch, BoxFuture, Category, EventName, FromBatch as _, NewEvent, Part, StreamAppend, Table,
};
use es_postgres::PgContext;

pub use check::{Checked, check, differences};
pub use trap::Trap;

/// Into so many buckets the accounts fall. The number of parts must divide it, so that a bucket belongs to one part.
pub const BUCKETS: u32 = 4;

/// Money has come to an account, or has left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
#[event(name = "money-moved", version = 2)]
#[upcast(from = 1, with = cents_of)]
pub struct Moved {
    /// How much.
    pub cents: i64,
}

/// The first version counted in euros. One number is its bad luck.
fn cents_of(json: Json) -> Result<Json, UpcastError> {
    let fields = es_core::upcast::fields(json)?;
    let euros = fields.get("euros").and_then(Json::as_i64);
    assert_ne!(euros, Some(13), "13 euros are bad luck");
    let euros = euros.ok_or_else(|| UpcastError::new("there are no euros"))?;
    Ok(serde_json::json!({ "cents": euros * 100 }))
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "accounts")]
pub struct Account {
    /// Its stream.
    #[read_model(id)]
    pub account: Uuid,
    /// What is in it.
    pub cents: i64,
    /// How many events it has seen.
    pub events: i64,
    /// The version of its stream that was handled last.
    pub last: i64,
    /// The version of the projection that has written it.
    pub made_by: i64,
}

/// What lies in several accounts together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "buckets")]
pub struct Bucket {
    /// Its number.
    #[read_model(id)]
    pub bucket: i64,
    /// What is in its accounts.
    pub cents: i64,
    /// How many events they have seen.
    pub events: i64,
    /// The version of the projection that has written it.
    pub made_by: i64,
}

/// An event that did not come after the one before it. There must be none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "mishaps")]
pub struct Mishap {
    /// Where the event is.
    #[read_model(id)]
    pub position: i64,
    /// What is wrong with it.
    pub what: String,
}

/// Keeps [`Account`], [`Bucket`] and, should it come to that, [`Mishap`]. `V` is its version.
#[derive(Debug, Clone, Default)]
pub struct Balances<const V: u32> {
    /// What happens to an event before it is handled.
    pub trap: Trap,
}

/// By hand, as the macro takes no number.
impl<const V: u32> Projection for Balances<V> {
    const NAME: &'static str = "balances";
    const VERSION: u32 = V;
    const READ_MODELS: &'static [&'static Table] = &[
        <Account as ReadModel>::TABLE,
        <Bucket as ReadModel>::TABLE,
        <Mishap as ReadModel>::TABLE,
    ];
    const SUBSCRIBED_TO: &'static [&'static str] = &[<Moved as Event>::NAME];

    fn handle<'a>(
        &'a mut self,
        event: &'a StoredEvent,
        batch: &'a mut Batch<'_>,
    ) -> BoxFuture<'a, Result<(), ProjectionError>> {
        Box::pin(async move {
            if event.name != <Moved as Event>::NAME {
                return Ok(());
            }
            let Moved { cents } = event.decode()?;
            self.trap.spring(cents).await?;
            if let Some(pause) = self.trap.holds() {
                hold(batch).await?;
                tokio::time::sleep(pause).await;
            }
            count::<V>(event, cents, &mut ReadModels::from_batch(batch)?).await
        })
    }
}

/// With SQL, so that a row is locked while the event is handled. The table is the test's.
async fn hold(batch: &mut Batch<'_>) -> Result<(), ProjectionError> {
    let mut cx = PgContext::from_batch(batch)?;
    let done = sqlx::raw_sql("UPDATE holds SET events = events + 1").execute(cx.connection());
    done.await.map(drop).map_err(ProjectionError::handler)
}

async fn count<const V: u32>(
    event: &StoredEvent,
    cents: i64,
    cx: &mut ReadModels<'_>,
) -> Result<(), ProjectionError> {
    let account = event.stream.id();
    let (version, made_by) = (event.version.get().cast_signed(), i64::from(V));
    let mut rows = cx.rows::<Account>();
    let begin = Account { account, cents: 0, events: 0, last: 0, made_by };
    let mut row = rows.get(&account).await?.unwrap_or(begin);
    let before = row.last;
    (row.cents, row.events) = (row.cents + cents, row.events + 1);
    (row.last, row.made_by) = (version, made_by);
    rows.save(row).await?;
    let bucket = bucket_of(account);
    let mut rows = cx.rows::<Bucket>();
    let begin = Bucket { bucket, cents: 0, events: 0, made_by };
    let mut row = rows.get(&bucket).await?.unwrap_or(begin);
    (row.cents, row.events, row.made_by) = (row.cents + cents, row.events + 1, made_by);
    rows.save(row).await?;
    if version != before + 1 {
        let position = event.position.get().cast_signed();
        let what = format!("version {version} of {account} came after {before}");
        cx.rows().save(Mishap { position, what }).await?;
    }
    Ok(())
}

/// The bucket of an account: the events of a bucket belong to one part, whether there are 1, 2 or 4 of them.
pub fn bucket_of(account: Uuid) -> i64 {
    let bucket =
        (0..BUCKETS).find(|n| Part::new(*n, BUCKETS).is_some_and(|part| part.has(account)));
    i64::from(bucket.unwrap_or(BUCKETS))
}

/// Moves money, one event for each amount.
///
/// # Panics
/// Never: names and payloads are good ones.
pub fn moves(account: Uuid, amounts: &[i64]) -> StreamAppend {
    let event = |cents: &i64| NewEvent::of(&Moved { cents: *cents }).expect("it can be written");
    StreamAppend::new(stream(account), ExpectedVersion::Any, amounts.iter().map(event).collect())
}

/// An event of an account as somebody else may have stored it.
///
/// # Panics
/// When the payload is not JSON.
pub fn raw(account: Uuid, name: &str, schema_version: u32, payload: &str) -> StreamAppend {
    let name = EventName::new(name.to_owned()).expect("a good name");
    let version = es_core::SchemaVersion::new(schema_version).expect("a good version");
    let payload = es_core::Payload::from_json(payload.to_owned()).expect("valid JSON");
    let event = NewEvent::raw(name, version, payload);
    StreamAppend::new(stream(account), ExpectedVersion::Any, vec![event])
}

/// The stream of an account.
///
/// # Panics
/// Never: the category is a good one.
pub fn stream(account: Uuid) -> StreamId {
    StreamId::new(Category::new("accounts").expect("a good name"), account)
}
