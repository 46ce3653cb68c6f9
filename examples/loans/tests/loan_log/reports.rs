//! The report: the same numbers from every store, and those that were worked out without the program.

use std::path::Path;

use es_core::BulkStore;
use es_core::prelude::*;
use es_tests::{TestDatabase, TestFile};
use loans::import::Import;
use loans::report::Report;
use serde_json::json;

use crate::logs::{SAMPLE_REPORT, import, report, sample, sample_lines};

#[tokio::test]
async fn the_sample_in_memory() {
    the_sample(MemoryStore::new()).await;
}

#[tokio::test]
async fn the_sample_on_sqlite() {
    let file = TestFile::create();
    the_sample(file.store().await).await;
}

#[tokio::test]
async fn the_sample_on_postgres() {
    let database = TestDatabase::create().await;
    the_sample(database.store().await).await;
}

async fn the_sample<S: SubscriptionStore + BulkStore + Clone>(store: S) {
    Import::new(store.clone()).file(&sample()).await.unwrap();
    assert_eq!(report(&store).await, SAMPLE_REPORT);
    assert_eq!(report(&store).await, SAMPLE_REPORT, "nothing is counted twice");
}

#[tokio::test]
async fn growing_reports_in_memory() {
    growing_reports(MemoryStore::new()).await;
}

#[tokio::test]
async fn growing_reports_on_sqlite() {
    let file = TestFile::create();
    growing_reports(file.store().await).await;
}

#[tokio::test]
async fn growing_reports_on_postgres() {
    let database = TestDatabase::create().await;
    growing_reports(database.store().await).await;
}

/// A report between two imports does not change the one after them.
async fn growing_reports<S: SubscriptionStore + BulkStore + Clone>(store: S) {
    assert_eq!(
        report(&store).await,
        "{\n  \"events\": 0,\n  \"applications\": 0,\n  \"approved\": 0,\n  \"declined\": 0,\n  \"cancelled\": 0,\n  \"undecided\": 0,\n  \"amount_approved\": 0,\n  \"longest_application\": null,\n  \"busiest_resource\": null,\n  \"submitted_by_month\": {}\n}\n"
    );
    let lines = sample_lines();
    for part in lines.chunks(60) {
        import(&store, part.concat()).await.unwrap();
        let _ = report(&store).await;
    }
    assert_eq!(report(&store).await, SAMPLE_REPORT);
}

#[tokio::test]
async fn months_are_those_of_utc_and_outcomes_may_follow_one_another() {
    let at = |application: &str, activity: &str, at: &str| {
        let amount = if activity == "A_SUBMITTED" { r#","amount_requested":18446744"# } else { "" };
        format!(
            "{{\"application\":\"{application}\",\"activity\":\"{activity}\",\"transition\":\"complete\",\"at\":\"{at}\"{amount},\"resource\":\"{application}\"}}\n"
        )
    };
    let log = [
        at("10", "A_SUBMITTED", "2012-01-01T00:30:00+01:00"),
        at("9", "A_SUBMITTED", "2011-12-31T23:59:59.999Z"),
        at("9", "A_APPROVED", "2012-01-01T00:00:00Z"),
        at("10", "A_APPROVED", "2012-02-01T00:00:00Z"),
        at("9", "A_CANCELLED", "2012-03-01T00:00:00Z"),
        at("10", "O_SENT", "2012-03-02T00:00:00Z"),
    ];
    let store = MemoryStore::new();
    import(&store, log.concat()).await.unwrap();
    let report: serde_json::Value = serde_json::from_str(&report(&store).await).unwrap();
    assert_eq!(
        report,
        json!({
            "events": 6, "applications": 2, "approved": 2, "declined": 0, "cancelled": 1,
            "undecided": 0, "amount_approved": 36_893_488,
            "longest_application": { "application": "9", "events": 3 },
            "busiest_resource": { "resource": "9", "events": 3 },
            "submitted_by_month": { "2011-12": 2 },
        })
    );
    let tables = Report::read(&store).await.unwrap().to_tables();
    assert!(tables.contains("│ euros approved           ┆ 36,893,488 │"), "{tables}");
}

/// The report of the real log, which was counted from the file without the program.
const REAL_REPORT: &str = include_str!("../expected/real.json");

/// The real log, where it lies beside the repository; the tests above have the sample everywhere.
#[tokio::test(flavor = "multi_thread")]
async fn the_real_log_in_memory() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/loan-applications.jsonl.gz");
    if !log.exists() {
        eprintln!("{} is not there: only the sample is tested", log.display());
        return;
    }
    let store = MemoryStore::new();
    let done = Import::new(store.clone()).file(&log).await.unwrap();
    assert_eq!((done.lines, done.added, done.bad), (262_200, 262_200, 0));
    assert_eq!(report(&store).await, REAL_REPORT);
}
