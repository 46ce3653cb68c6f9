use es_core::prelude::*;

#[derive(Debug, Clone, Serialize, Deserialize, ReadModel)]
#[serde(from = "Stored", into = "Stored")]
#[read_model(table = "balances")]
struct Balance {
    #[read_model(id)]
    account: Uuid,
    cents: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    account: Uuid,
    euros: i64,
}

impl From<Balance> for Stored {
    fn from(row: Balance) -> Self {
        Self { account: row.account, euros: row.cents / 100 }
    }
}

impl From<Stored> for Balance {
    fn from(row: Stored) -> Self {
        Self { account: row.account, cents: row.euros * 100 }
    }
}

fn main() {}
