//! What handlers do to rows: save, delete, hide, empty.

use serde_json::json;

use super::tables::{made, time, write};
use super::units::{ITEMS, Item, Shop, Unit, batch};
use crate::column::Table;
use crate::filter::Filter;
use crate::projection::ProjectionError;
use crate::projection_store::ProjectionStore;
use crate::read_model::{ReadModel as _, ReadModelQuery as _};
use crate::row::RowInfo;

/// Each row is kept with the times at which the events occurred that wrote it first and last, and with how often it
/// was written, within one batch and in later ones.
pub async fn a_row_is_kept_with_its_times_and_version<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    let mut unit = Unit::begin(store, ITEMS).await;
    for n in 0..3 {
        let saved = unit.at(n).handle(async |cx| cx.rows().save(shop.item("a", n)).await).await;
        saved.expect("the row fits");
    }
    unit.commit().await.expect("the row fits");
    let wanted = RowInfo::new(time(0), time(2), 3, None);
    assert_eq!(info(store, &shop, "a").await, Some(wanted), "written by one batch");
    batch(store, 10, async |cx| {
        // Without being read first.
        cx.rows().save(shop.item("a", 10)).await
    })
    .await;
    batch(store, 20, async |cx| {
        let found = cx.rows::<Item>().update(&shop.id("a"), |item| item.count += 1).await?;
        assert!(found, "the row is there");
        Ok(())
    })
    .await;
    let wanted = RowInfo::new(time(0), time(20), 5, None);
    assert_eq!(info(store, &shop, "a").await, Some(wanted), "written by later batches");
    let found = store.row::<Item>(&shop.id("a")).await.expect("readable");
    assert_eq!(found, Some(shop.item("a", 11)), "the row is what was written last");
}

/// A deleted row is not there; one that is saved afterwards is a new one, in the same batch and in a later one. A row
/// that is not there can be deleted.
pub async fn a_deleted_row_is_gone<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    batch(store, 0, async |cx| {
        cx.rows().save_many([shop.item("a", 1), shop.item("b", 1), shop.item("c", 1)]).await
    })
    .await;
    batch(store, 1, async |cx| {
        let mut rows = cx.rows::<Item>();
        for name in ["a", "b", "never"] {
            rows.delete(&shop.id(name)).await?;
            assert_eq!(rows.get(&shop.id(name)).await?, None, "a deleted row is not there");
            assert!(!rows.update(&shop.id(name), |item| item.count = 9).await?);
            assert!(!rows.restore(&shop.id(name)).await?, "nor can it be restored");
        }
        rows.save(shop.item("b", 2)).await?;
        assert_eq!(rows.get(&shop.id("b")).await?, Some(shop.item("b", 2)));
        Ok(())
    })
    .await;
    assert_eq!(info(store, &shop, "a").await, None, "a deleted row is not stored");
    let new = RowInfo::new(time(1), time(1), 1, None);
    assert_eq!(info(store, &shop, "b").await, Some(new), "saved afterwards it is a new row");
    let old = RowInfo::new(time(0), time(0), 1, None);
    assert_eq!(info(store, &shop, "c").await, Some(old), "others stay");
    batch(store, 2, async |cx| cx.rows().save(shop.item("a", 3)).await).await;
    let new = RowInfo::new(time(2), time(2), 1, None);
    assert_eq!(info(store, &shop, "a").await, Some(new), "in a later batch too");
}

/// A soft-deleted row is not there, inside a batch and outside, unless it is asked for; restored it is there again.
pub async fn a_soft_deleted_row_is_hidden_until_it_is_restored<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    let a = shop.id("a");
    batch(store, 0, async |cx| cx.rows().save(shop.item("a", 1)).await).await;
    batch(store, 1, async |cx| {
        let mut rows = cx.rows::<Item>();
        assert!(rows.soft_delete(&a).await?, "the row is there");
        assert!(!rows.soft_delete(&a).await?, "it is not there any more");
        assert!(!rows.soft_delete(&shop.id("never")).await?, "nor is one that never was");
        hidden(cx, &shop).await
    })
    .await;
    let found = store.row::<Item>(&a).await.expect("readable");
    assert_eq!(found, None, "a soft-deleted row is hidden from readers");
    assert_eq!(store.find::<Item>(Filter::eq("item", a.as_str())).await.expect("readable"), []);
    let wanted = RowInfo::new(time(0), time(1), 2, Some(time(1)));
    assert_eq!(info(store, &shop, "a").await, Some(wanted), "it says since when it is hidden");
    let all = super::tables::rows(store, Item::TABLE).await;
    assert!(all.contains(&json!(shop.item("a", 1))), "it is among all rows");
    batch(store, 2, async |cx| {
        hidden(cx, &shop).await?;
        let mut all = cx.rows::<Item>().with_deleted();
        assert!(all.update(&a, |item| item.count = 2).await?, "it can be changed where it is");
        hidden(cx, &shop).await
    })
    .await;
    let wanted = RowInfo::new(time(0), time(2), 3, Some(time(1)));
    assert_eq!(info(store, &shop, "a").await, Some(wanted), "a change leaves it hidden");
    batch(store, 3, async |cx| {
        let mut rows = cx.rows::<Item>();
        assert!(rows.restore(&a).await?, "a hidden row can be restored");
        assert!(!rows.restore(&a).await?, "one that is not hidden cannot");
        assert_eq!(rows.get(&a).await?, Some(shop.item("a", 2)));
        Ok(())
    })
    .await;
    let wanted = RowInfo::new(time(0), time(3), 4, None);
    assert_eq!(info(store, &shop, "a").await, Some(wanted), "restored it is itself again");
}

async fn hidden(cx: &mut crate::rows::ReadModels<'_>, shop: &Shop) -> Result<(), ProjectionError> {
    let (a, filter) = (shop.id("a"), Filter::eq("shop", shop.0.as_str()));
    let mut rows = cx.rows::<Item>();
    assert_eq!(rows.get(&a).await?, None, "a soft-deleted row is not there");
    assert_eq!(rows.get_many(std::slice::from_ref(&a)).await?, [None]);
    assert!(!rows.exists(&a).await? && !rows.update(&a, |item| item.count = 9).await?);
    assert_eq!(rows.count(filter.clone()).await?, 0, "a soft-deleted row is not counted");
    let mut all = cx.rows::<Item>().with_deleted();
    assert!(all.exists(&a).await? && all.get(&a).await?.is_some(), "unless it is asked for");
    assert_eq!(shop.names(&all.find(filter).await?), ["a"]);
    Ok(())
}

/// Saving a row shows it, also where a soft-deleted one is, whose making it keeps.
pub async fn saving_shows_a_soft_deleted_row<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    batch(store, 0, async |cx| cx.rows().save(shop.item("a", 1)).await).await;
    let soft = async |cx: &mut crate::rows::ReadModels<'_>| {
        cx.rows::<Item>().soft_delete(&shop.id("a")).await.map(drop)
    };
    batch(store, 1, soft).await;
    batch(store, 2, async |cx| cx.rows().save(shop.item("a", 2)).await).await;
    let wanted = RowInfo::new(time(0), time(2), 3, None);
    assert_eq!(info(store, &shop, "a").await, Some(wanted), "saved it is there again");
}

/// A row keeps its key when it is updated.
pub async fn an_update_does_not_change_the_key<S: ProjectionStore>(store: &S) {
    let shop = Shop::open(store).await;
    let mut unit = Unit::begin(store, ITEMS).await;
    let updated = unit.handle(async |cx| {
        cx.rows().save(shop.item("a", 1)).await?;
        cx.rows::<Item>().update(&shop.id("a"), |item| item.id.push('b')).await
    });
    let updated = updated.await;
    assert!(matches!(updated, Err(ProjectionError::Row { .. })), "must be refused: {updated:?}");
    unit.commit().await.expect("the row fits");
    let found = store.row::<Item>(&shop.id("a")).await.expect("readable");
    assert_eq!(found, Some(shop.item("a", 1)), "the row is as it was");
}

/// Emptying a table removes what is committed and what is pending; readers see the rows until the commit, and what is
/// saved afterwards stays.
pub async fn emptying_a_table_removes_all_rows<S: ProjectionStore>(store: &S) {
    // A later version's table is a table of one's own.
    let version = u32::try_from(uuid::Uuid::now_v7().as_u128() & 0xffff_ffff).unwrap_or(0) | 2;
    let table: &'static Table = Item::TABLE.of_version(version);
    made(store, table).await;
    let shop = Shop::open(store).await;
    let row = |name: &str| json!(shop.item(name, 1));
    write(store, table, &[row("a"), row("b")]).await;
    let mut unit = Unit::begin(store, ITEMS).await;
    unit.tables.version = version;
    let emptied = unit.handle(async |cx| {
        let mut rows = cx.rows::<Item>();
        assert!(rows.soft_delete(&shop.id("a")).await?);
        rows.save(shop.item("c", 1)).await?;
        rows.truncate().await?;
        for name in ["a", "b", "c"] {
            assert_eq!(rows.get(&shop.id(name)).await?, None, "no row is left");
        }
        let left = rows.with_deleted().count(Filter::all()).await?;
        assert_eq!(left, 0, "no row is left to be counted");
        cx.rows().save_many([shop.item("b", 2), shop.item("d", 2)]).await?;
        cx.rows::<Item>().count(Filter::all()).await
    });
    assert_eq!(emptied.await.expect("the table is there"), 2, "what is saved afterwards stays");
    let found = super::tables::rows(store, table).await;
    assert_eq!(found, [row("a"), row("b")], "readers see the rows until the commit");
    unit.commit().await.expect("the rows fit");
    let found = super::tables::rows(store, table).await;
    assert_eq!(found, [json!(shop.item("b", 2)), json!(shop.item("d", 2))]);
}

async fn info<S: ProjectionStore>(store: &S, shop: &Shop, name: &str) -> Option<RowInfo> {
    let found = store.stored::<Item>(&shop.id(name)).await.expect("readable");
    found.map(|stored| stored.info)
}
