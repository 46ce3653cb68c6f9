//! The balances, as rows.

use es_core::prelude::*;

use crate::account::{Deposited, Opened, Withdrawn};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
pub(crate) struct Balance {
    #[read_model(id)]
    account: Uuid,
    cents: i64,
    events: u64,
}

#[derive(Debug)]
pub(crate) struct Balances;

#[projection(name = "balances", read_models(Balance))]
impl Balances {
    #[handles(Opened)]
    async fn opened(&self, event: &Opened, cx: &mut ReadModels<'_>) -> Result<(), ProjectionError> {
        let account = cx.stream_id();
        let cents = event.cents.cast_signed();
        cx.rows().save(Balance { account, cents, events: 1 }).await
    }

    #[handles(Deposited)]
    async fn deposited(
        &self,
        event: &Deposited,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, event.cents.cast_signed()).await
    }

    #[handles(Withdrawn)]
    async fn withdrawn(
        &self,
        event: &Withdrawn,
        cx: &mut ReadModels<'_>,
    ) -> Result<(), ProjectionError> {
        change(cx, -event.cents.cast_signed()).await
    }
}

async fn change(cx: &mut ReadModels<'_>, cents: i64) -> Result<(), ProjectionError> {
    let account = cx.stream_id();
    let apply = |row: &mut Balance| {
        row.cents += cents;
        row.events += 1;
    };
    cx.rows::<Balance>().update(&account, apply).await.map(drop)
}
