//! One application at several moments.

use es_core::BulkStore;
use es_core::prelude::*;
use es_tests::{TestDatabase, TestFile};
use loans::import::Import;
use loans::show::{Moment, ShowError, show};

use crate::logs::sample;

#[tokio::test]
async fn an_application_in_memory() {
    an_application(MemoryStore::new()).await;
}

#[tokio::test]
async fn an_application_on_sqlite() {
    let file = TestFile::create();
    an_application(file.store().await).await;
}

#[tokio::test]
async fn an_application_on_postgres() {
    let database = TestDatabase::create().await;
    an_application(database.store().await).await;
}

async fn an_application<S: BulkStore + Clone>(store: S) {
    Import::new(store.clone()).file(&sample()).await.unwrap();
    let shown = async |moment| show(&store, "500005", moment).await;
    let rows = |text: &str| text.split("History").nth(1).unwrap().lines().count() - 5;

    let now = shown(Moment::Now).await.unwrap();
    assert!(now.starts_with("Application 500005 at version 25\n"), "{now}");
    for part in [
        "│ status           ┆ approved                ",
        "│ amount requested ┆ 15,000 euros            ",
        "│ submitted at     ┆ 2012-01-09 10:15:42.660 ",
        "│ offers sent back ┆ 1                       ",
        "│ paid out         ┆ yes                     ",
        "│ open work        ┆ none                    ",
        "│ last resource    ┆ 215                     ",
        "┆ amount_requested: 15000, application: 500005 ┆ 100      │",
    ] {
        assert!(now.contains(part), "{part}\n{now}");
    }
    assert_eq!(rows(&now), 25);

    let fifth = shown(Moment::Version(Version::new(5))).await.unwrap();
    assert!(fifth.contains("│ status           ┆ preaccepted "), "{fifth}");
    assert!(fifth.contains("┆ complete the application (started) │"), "{fifth}");
    assert_eq!(rows(&fifth), 5);
    assert_eq!(shown(Moment::Version(Version::new(25))).await.unwrap(), now);

    let at = |time: &str| Moment::Time(time.parse().unwrap());
    let exactly = shown(at("2012-01-09T10:15:42.660Z")).await.unwrap();
    assert!(exactly.contains("at version 1\n"), "{exactly}");
    assert_eq!(rows(&exactly), 1);
    let later = shown(at("2030-01-01T00:00:00Z")).await.unwrap();
    assert_eq!(later, now);

    let refused = async |moment| shown(moment).await.unwrap_err().to_string();
    for version in [0, 26, u64::MAX] {
        assert_eq!(
            refused(Moment::Version(Version::new(version))).await,
            format!("application 500005 has versions 1 to 25, not {version}")
        );
    }
    assert_eq!(
        refused(at("2012-01-09T10:15:42.659Z")).await,
        "there was no application 500005 yet at 2012-01-09T10:15:42.659+00:00"
    );
    for moment in [Moment::Now, Moment::Version(Version::new(1)), at("2030-01-01T00:00:00Z")] {
        let unknown = show(&store, "500005 ", moment).await.unwrap_err();
        assert!(matches!(unknown, ShowError::Unknown { .. }), "{unknown:?}");
    }
}
