//! The connection breaks around the commit: the answer is the truth, and nothing counts twice.

use std::time::{Duration, Instant};

use es_core::{AppendError, SaveError, prelude::*};
use es_postgres::{PgConfig, PgStore};
use es_tests::TestDatabase;
use es_tests::proxy::{Cut, Proxy};
use sqlx::postgres::PgConnectOptions;

use crate::days::{Refunded, Repo, Sold, revenue, sales, stored};

struct Behind {
    database: TestDatabase,
    proxy: Proxy,
    repo: Repo<PgStore>,
    id: Uuid,
}

impl Behind {
    /// A sale on a store that reaches its server through a proxy.
    async fn proxy(config: PgConfig) -> Self {
        let database = TestDatabase::create().await;
        let direct = sales(database.store().await).await;
        let id = Uuid::now_v7();
        direct.create(id, Sold { day: 1, cents: 500 }).await.unwrap();
        let options: PgConnectOptions = database.url().parse().unwrap();
        let server = format!("{}:{}", options.get_host(), options.get_port());
        let proxy = Proxy::to(server.clone()).await;
        let url = database.url().replacen(&server, &proxy.address().to_string(), 1);
        let repo = sales(PgStore::connect_with(&url, config).await.unwrap()).await;
        Self { database, proxy, repo, id }
    }

    async fn refund(&self) -> Result<Version, SaveError> {
        let mut root = self.repo.load(self.id).await.unwrap();
        root.record([100, 50].map(|cents| Refunded { day: 1, cents })).unwrap();
        Ok(self.repo.save(&mut root).await?.version())
    }

    /// As somebody else sees it.
    async fn assert_refunded(&self) {
        let store = self.database.store().await;
        assert_eq!(stored(&store).await, 3, "stored once");
        assert_eq!(revenue(&store, 1).await, Some(350), "counted once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_again() {
    let behind = Behind::proxy(PgConfig::new()).await;
    behind.proxy.cut_next(Cut::AfterCommit);
    assert_eq!(behind.refund().await.unwrap(), Version::new(3));
    assert_eq!(behind.proxy.cuts(), 1);
    behind.assert_refunded().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_stream_whose_commit_is_not_answered_is_found_again() {
    let behind = Behind::proxy(PgConfig::new()).await;
    behind.proxy.cut_next(Cut::AfterCommit);
    behind.repo.create(Uuid::now_v7(), Sold { day: 2, cents: 7 }).await.unwrap();
    assert_eq!(behind.proxy.cuts(), 1);
    assert_eq!(revenue(&behind.database.store().await, 2).await, Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrives_is_made_again() {
    let behind = Behind::proxy(PgConfig::new()).await;
    behind.proxy.cut_next(Cut::BeforeCommit);
    assert_eq!(behind.refund().await.unwrap(), Version::new(3));
    assert_eq!(behind.proxy.cuts(), 1);
    behind.assert_refunded().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_learnt_is_said_so() {
    let timeout = Duration::from_millis(500);
    let behind = Behind::proxy(PgConfig::new().outcome_timeout(timeout)).await;
    behind.proxy.cut_next(Cut::ForGoodAfterCommit);
    let began = Instant::now();
    let error = behind.refund().await.unwrap_err();
    let unknown = matches!(error, SaveError::Append(AppendError::OutcomeUnknown { .. }));
    assert!(unknown, "{error:?}");
    assert!(began.elapsed() < Duration::from_secs(8), "no longer than allowed");
    assert_eq!(behind.proxy.cuts(), 1);
    behind.assert_refunded().await;
}
