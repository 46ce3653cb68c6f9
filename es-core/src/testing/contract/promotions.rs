//! Which version of a projection serves.

use serde_json::json;

use super::leases::{Worker, assert_moved, commit, whole};
use super::support::{settled, unique};
use super::tables::{at, count, counts, made, rows, write};
use crate::checkpoint::{Checkpoint, ProjectionPart};
use crate::column::{Column, Table};
use crate::error::StoreError;
use crate::lease::LeaseRequest;
use crate::projection_store::{BatchStart, ProjectionBatch as _};
use crate::store::LogQuery;
use crate::subscription_store::{Promotion, SubscriptionStore};

async fn promote<S: SubscriptionStore>(
    store: &S,
    name: &str,
    version: u32,
    serving: &'static Table,
    built: &'static Table,
) {
    let promoted = store.promote(name, version, &[Promotion::new(serving, built)]).await;
    promoted.unwrap_or_else(|error| panic!("version {version} cannot serve: {error:?}"));
}

fn kept(table: &Table, version: u32) -> &'static Table {
    let name = format!("{}_v{version}", table.name).leak();
    Box::leak(Box::new(Table { name, ..*table }))
}

/// Readers of the serving name see the rows of the version that serves; the table that had the name is kept. To promote
/// what serves already changes nothing.
pub async fn promotion_shows_the_new_table<S: SubscriptionStore>(store: &S) {
    let name = unique("promoted");
    let (serving, second, third) = (counts(), counts(), counts());
    for (table, n) in [(serving, 1), (second, 2), (third, 3)] {
        made(store, table).await;
        write(store, table, &[count("a", n)]).await;
    }
    for _ in 0..2 {
        promote(store, &name, 2, serving, second).await;
        assert_eq!(rows(store, serving).await, [count("a", 2)], "the new version is seen");
    }
    assert_eq!(rows(store, kept(serving, 1)).await, [count("a", 1)], "the old table is kept");
    write(store, second, &[count("b", 4)]).await;
    let now = [count("a", 2), count("b", 4)];
    assert_eq!(rows(store, serving).await, now, "what is written to it later too");
    promote(store, &name, 3, serving, third).await;
    assert_eq!(rows(store, serving).await, [count("a", 3)], "the third version is seen");
    assert_eq!(rows(store, second).await, now, "the second one's table is what it was");

    let shown = store.drop_table(third.name).await;
    assert!(shown.is_err(), "a table that is shown is not dropped");
    assert_eq!(rows(store, serving).await, [count("a", 3)], "it is still shown");
    for table in [second.name, kept(serving, 1).name, second.name] {
        store.drop_table(table).await.expect("a table that nobody sees is dropped");
    }
    match store.read_rows(second, crate::RowSelection::All).await {
        Err(StoreError::MissingTable { table }) => {
            assert_eq!(table, second.name, "the error names the table");
        }
        answer => panic!("the table was dropped: {answer:?}"),
    }
}

/// To promote the first version again brings its table back under its own name, where it is written to as before.
pub async fn a_table_comes_back_with_its_version<S: SubscriptionStore>(store: &S) {
    let (name, serving) = (unique("back"), counts());
    let second = serving.of_version(2);
    for (table, n) in [(serving, 1), (second, 2)] {
        made(store, table).await;
        write(store, table, &[count("a", n)]).await;
    }
    for _ in 0..2 {
        promote(store, &name, 2, serving, second).await;
        assert_eq!(rows(store, serving).await, [count("a", 2)], "the second version is seen");
        promote(store, &name, 1, serving, serving).await;
        assert_eq!(rows(store, serving).await, [count("a", 1)], "the first version is seen");
    }
    write(store, serving, &[count("a", 3)]).await;
    assert_eq!(rows(store, serving).await, [count("a", 3)], "and written");
    assert_eq!(rows(store, second).await, [count("a", 2)], "the second one's is what it was");
    let gone = store.promote(&name, 1, &[Promotion::new(serving, counts())]).await;
    assert!(
        matches!(gone, Err(StoreError::MissingTable { .. })),
        "a table that is not there: {gone:?}"
    );
    assert_eq!(rows(store, serving).await, [count("a", 3)], "what is shown stays");
}

/// A version that was never shown under another name is promoted by its first promotion.
pub async fn a_name_that_is_new_is_shown<S: SubscriptionStore>(store: &S) {
    let (name, serving, built) = (unique("promoted"), counts(), counts());
    made(store, built).await;
    write(store, built, &[count("a", 1)]).await;
    promote(store, &name, 1, serving, built).await;
    assert_eq!(rows(store, serving).await, [count("a", 1)], "a new name is shown");
    let same = counts();
    made(store, same).await;
    promote(store, &name, 1, same, same).await;
    assert_eq!(rows(store, same).await, [] as [serde_json::Value; 0], "it has its name already");
}

/// A version that serves already is promoted again when columns were added to its table: its readers see them.
pub async fn a_view_gets_the_columns_that_were_added<S: SubscriptionStore>(store: &S) {
    const WIDER: &[Column] =
        &[Column::of::<String>("id"), Column::of::<i64>("n"), Column::of::<Option<String>>("note")];
    let wider = |table: &Table| &*Box::leak(Box::new(Table { columns: WIDER, ..*table }));
    let (name, serving, built) = (unique("wider"), counts(), counts());
    made(store, serving).await;
    made(store, built).await;
    promote(store, &name, 2, serving, built).await;
    let (serving, built) = (wider(serving), wider(built));
    made(store, built).await;
    let row = json!({ "id": "a", "n": 1, "note": "x" });
    write(store, built, std::slice::from_ref(&row)).await;
    promote(store, &name, 2, serving, built).await;
    assert_eq!(rows(store, serving).await, [row], "its readers see the column that was added");
}

/// When one of its tables is not there, a version does not serve, and no other table is shown.
pub async fn a_promotion_is_made_whole_or_not_at_all<S: SubscriptionStore>(store: &S) {
    let (name, first, second) = (unique("whole"), counts(), counts());
    let (built, missing) = (counts(), counts());
    for (table, n) in [(first, 1), (second, 1), (built, 2)] {
        made(store, table).await;
        write(store, table, &[count("a", n)]).await;
    }
    let tables = [Promotion::new(first, built), Promotion::new(second, missing)];
    let promoted = store.promote(&name, 2, &tables).await;
    assert!(matches!(promoted, Err(StoreError::MissingTable { .. })), "{promoted:?}");
    for table in [first, second] {
        assert_eq!(rows(store, table).await, [count("a", 1)], "each table is as it was");
    }
    let lease = Worker::new(&name, 1).ask(store).await.held[0];
    let done = commit(store, whole(&name), lease, Checkpoint::default(), at(1)).await;
    done.expect("version 1 is run as before");
}

/// Earlier versions neither get leases nor commit any more, whether they ran before or not; a later one is built beside.
pub async fn an_earlier_version_is_superseded<S: SubscriptionStore>(store: &S) {
    let promise = "an earlier version commits nothing";
    for (version, leased) in [(1, true), (1, false), (2, false)] {
        let (name, start) = (unique("superseded"), Checkpoint::default());
        let part = ProjectionPart::whole(&name, version);
        let lease = if leased { Worker::new(&name, 1).ask(store).await.held } else { Vec::new() };
        let epoch = lease.first().map(|lease| lease.epoch);
        let open = store.begin_batch(BatchStart::new(part.clone(), start, epoch)).await;
        store.promote(&name, 3, &[]).await.expect("version 3 can serve");
        assert_moved(open.expect("a batch can be opened").commit(at(1)).await, &name, promise);
        let late = store.begin_batch(BatchStart::new(part, start, epoch)).await;
        assert_moved(late.expect("a batch can be opened").commit(at(1)).await, &name, promise);
    }
    let name = unique("superseded");
    store.promote(&name, 3, &[]).await.expect("version 3 can serve");
    let owner = uuid::Uuid::now_v7();
    let second = std::time::Duration::from_secs(1);
    let ask = |version| store.lease(LeaseRequest::new(&name, version, 1, owner, second));
    for version in [1, 2] {
        match ask(version).await {
            Err(StoreError::Superseded { projection, version: refused, by }) => {
                let wanted = (name.clone(), version, 3);
                assert_eq!((projection, refused, by), wanted, "the error names both versions");
            }
            answer => panic!("version {version} is superseded, but: {answer:?}"),
        }
    }
    for version in [3, 4] {
        let held = ask(version).await.expect("it may be run").held;
        assert_eq!(held.len(), 1, "version {version} may be run");
        let part = ProjectionPart::whole(name.clone(), version);
        let done = commit(store, part, held[0], Checkpoint::default(), at(1)).await;
        done.unwrap_or_else(|error| panic!("version {version} may be run: {error:?}"));
    }
    // Back to an earlier one: it may be run again, and what is later may be built beside it.
    store.promote(&name, 2, &[]).await.expect("version 2 can serve");
    assert_eq!(ask(2).await.expect("it may be run").held.len(), 1, "version 2 serves");
    let held = ask(3).await.expect("it may be run").held;
    assert_eq!(held.len(), 1, "version 3 is later");
}

/// The count of a query is the number of events that its pages give.
pub async fn a_count_is_what_pages_give<S: SubscriptionStore>(store: &S) {
    let log = super::filters::Log::write(store).await;
    let all = log.all(store).await;
    let after = LogQuery::after(log.end);
    for query in log.queries() {
        let before = store.count_log(LogQuery { after: log.end, ..query }).await;
        let counted = store.count_log(query).await.expect("the log can be counted");
        let later = before.expect("the log can be counted");
        let wanted = all.iter().filter(|event| query.selects(event)).count() as u64;
        assert_eq!(counted - later, wanted, "a count is what pages give: {query:?}");
    }
    assert!(settled(store).await >= after.after, "what was counted is settled");
}
