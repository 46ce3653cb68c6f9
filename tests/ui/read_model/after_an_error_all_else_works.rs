use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[read_model(table = "balances")]
struct Balance {
    account: Uuid,
}

async fn show(store: MemoryStore, account: Uuid) -> Option<Balance> {
    store.ensure_read_model::<Balance>().await.ok()?;
    store.row::<Balance>(&account).await.ok()?
}

fn main() {}
