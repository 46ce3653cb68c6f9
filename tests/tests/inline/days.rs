//! Sales, each in a stream of its own, and what they come to each day.

use es_core::{InlineStore, prelude::*};

#[derive(Debug, Serialize, Deserialize, Event)]
pub(crate) struct Sold {
    pub(crate) day: i64,
    pub(crate) cents: i64,
}

#[derive(Debug, Serialize, Deserialize, Event)]
pub(crate) struct Refunded {
    pub(crate) day: i64,
    pub(crate) cents: i64,
}

#[derive(Clone, Default)]
pub(crate) struct Sale {
    pub(crate) cents: i64,
}

#[aggregate(name = "sale", id = Uuid)]
impl Sale {
    #[handles(Sold)]
    fn sold(&mut self, event: &Sold) {
        self.cents += event.cents;
    }

    #[handles(Refunded)]
    fn refunded(&mut self, event: &Refunded) {
        self.cents -= event.cents;
    }
}

/// What is sold on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "revenue")]
pub(crate) struct Revenue {
    #[read_model(id)]
    pub(crate) day: i64,
    pub(crate) cents: i64,
}

/// What is left of a sale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "sales")]
pub(crate) struct SaleRow {
    #[read_model(id)]
    pub(crate) sale: Uuid,
    pub(crate) cents: i64,
}

/// Refuses what is sold on day 13, and panics on day 14.
#[derive(Clone)]
pub(crate) struct RevenueByDay;

#[projection(name = "revenue-by-day", read_models(Revenue))]
impl RevenueByDay {
    #[handles(Sold)]
    async fn sold(&self, event: &Sold, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        match event.day {
            13 => return Err(ProjectionError::handler("nothing is sold on that day")),
            14 => panic!("no such day"),
            _ => {}
        }
        add(db, event.day, event.cents).await
    }

    #[handles(Refunded)]
    async fn refunded(
        &self,
        event: &Refunded,
        db: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        add(db, event.day, -event.cents).await
    }
}

pub(crate) async fn add(
    db: &mut ReadModels<'_>,
    day: i64,
    cents: i64,
) -> Result<(), ProjectionError> {
    let before = db.rows::<Revenue>().get(&day).await?.map_or(0, |row| row.cents);
    db.rows().save(Revenue { day, cents: before + cents }).await
}

/// Knows only what is sold.
#[derive(Clone)]
pub(crate) struct Sales;

#[projection(name = "sales", read_models(SaleRow))]
impl Sales {
    #[handles(Sold)]
    async fn sold(&self, event: &Sold, db: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let sale = db.stream_id();
        db.rows().save(SaleRow { sale, cents: event.cents }).await
    }
}

pub(crate) type Repo<S> = Repository<Sale, S>;

pub(crate) async fn sales<S: InlineStore>(store: S) -> Repo<S> {
    store.ensure_read_model::<Revenue>().await.unwrap();
    store.ensure_read_model::<SaleRow>().await.unwrap();
    Repository::new(store).with_inline(RevenueByDay).with_inline(Sales)
}

pub(crate) async fn revenue<S: InlineStore>(store: &S, day: i64) -> Option<i64> {
    store.row::<Revenue>(&day).await.unwrap().map(|row| row.cents)
}

/// How many events the log has.
pub(crate) async fn stored<S: InlineStore>(store: &S) -> usize {
    let page = store.read_log(es_core::LogQuery::after(es_core::Position::START), 1000).await;
    page.unwrap().events.len()
}
