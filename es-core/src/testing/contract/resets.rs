//! Setting a projection back.

use super::leases::{Worker, assert_moved, commit, whole};
use super::letters::letter;
use super::support::unique;
use super::tables::{at, changes, count, counts, made, rows};
use crate::checkpoint::{Checkpoint, Epoch, Part, ProjectionPart};
use crate::dead_letter::{LetterSelection, LetterState};
use crate::projection_store::{BatchStart, ProjectionBatch as _};
use crate::subscription_store::SubscriptionStore;
use crate::version::Position;

/// After a reset no lease that was given out before can be committed under, and each part is free.
pub async fn a_reset_fences_every_owner<S: SubscriptionStore>(store: &S) {
    let promise = "a reset fences every owner";
    let name = unique("fenced");
    let worker = Worker::new(&name, 2);
    let before = worker.ask(store).await.held;
    let part = |number: usize| ProjectionPart::new(name.clone(), 1, before[number].part);
    let start = BatchStart::new(part(1), Checkpoint::default(), Some(before[1].epoch));
    let open = store.begin_batch(start).await.expect("a batch can be opened");
    let reset = store.begin_reset(&name, 1, 2, Checkpoint::default()).await;
    reset.expect("a reset can be opened").commit(Checkpoint::default()).await.expect("a reset");

    assert_moved(open.commit(at(3)).await, &name, promise);
    let late = commit(store, part(0), before[0], Checkpoint::default(), at(3)).await;
    assert_moved(late, &name, promise);
    let noted = store.note_attempt(&part(0), before[0].epoch, Position::new(1)).await;
    assert_moved(noted.map(drop), &name, promise);

    let after = Worker::new(&name, 2).ask(store).await;
    assert_eq!(after.held.len(), 1, "every part is free; this is one of two workers");
    assert!(after.held[0].epoch > before[0].epoch && !after.held[0].unclean, "{after:?}");
    let done = commit(store, part(0), after.held[0], Checkpoint::default(), at(3)).await;
    done.expect("the new owner commits");
}

/// A reset sets every part back, forgets attempts and dead letters, and may split the projection otherwise; rows written in
/// its batch appear with it. The checkpoint given to its commit is that of all parts.
pub async fn a_reset_sets_everything_back<S: SubscriptionStore>(store: &S) {
    let (name, table) = (unique("back"), counts());
    made(store, table).await;
    let leases = Worker::new(&name, 2).ask(store).await.held;
    for (lease, to) in leases.iter().zip([at(5), at(7)]) {
        let part = ProjectionPart::new(name.clone(), 1, lease.part);
        let mut batch = store
            .begin_batch(BatchStart::new(part.clone(), Checkpoint::default(), Some(lease.epoch)))
            .await
            .expect("a batch can be opened");
        batch.bury(&letter(to.position.get(), LetterState::Failed)).await.expect("buried");
        batch.commit(to).await.expect("nobody else runs it");
        let next = Position::new(to.position.get() + 1);
        store.note_attempt(&part, lease.epoch, next).await.expect("counted");
    }
    for (parts, to) in [(2, Checkpoint::default()), (3, at(2)), (1, at(4)), (3, at(0))] {
        let mut reset =
            store.begin_reset(&name, 1, parts, at(1)).await.expect("a reset can be opened");
        assert_eq!(reset.checkpoint(), at(1), "a reset stands where it was told to begin");
        let changes = changes(table, &[count(&format!("{parts}"), i64::from(parts))]);
        reset.backend().upsert(table, &changes).await.expect("the row fits");
        reset.commit(to).await.expect("a reset can be committed");
        let found = store.checkpoints(&name, 1).await.expect("they can be listed");
        let wanted: Vec<_> = (0..parts).map(|part| (part, to)).collect();
        assert_eq!(found, wanted, "all parts are where the reset puts them");
        let letters = store.dead_letters(&name, 1, LetterSelection::All).await;
        assert_eq!(letters.expect("they can be read"), [], "dead letters are gone");
        let worker = Worker::new(&name, parts);
        for lease in worker.ask(store).await.held {
            let part = ProjectionPart::new(name.clone(), 1, lease.part);
            for next in [6, 8] {
                let attempts = store.note_attempt(&part, lease.epoch, Position::new(next)).await;
                assert_eq!(attempts.expect("counted"), 1, "attempts are forgotten");
            }
        }
        store.leave(&name, 1, worker.owner).await.expect("a worker can leave");
    }
    let wanted = [count("1", 1), count("2", 2), count("3", 3)];
    assert_eq!(rows(store, table).await, wanted, "rows appear with the reset");
}

/// A reset that is dropped changes nothing, and one of a projection that never ran is as good as any.
pub async fn a_dropped_reset_changes_nothing<S: SubscriptionStore>(store: &S) {
    let name = unique("dropped");
    let lease = Worker::new(&name, 1).ask(store).await.held[0];
    commit(store, whole(&name), lease, Checkpoint::default(), at(3)).await.expect("its own");
    drop(store.begin_reset(&name, 1, 1, Checkpoint::default()).await.expect("it can be opened"));
    commit(store, whole(&name), lease, at(3), at(4)).await.expect("nothing has changed");

    let new = unique("new");
    let reset = store.begin_reset(&new, 1, 2, at(5)).await.expect("a reset can be opened");
    reset.commit(at(5)).await.expect("a reset can be committed");
    let part = ProjectionPart::new(new, 1, Part::new(1, 2).expect("1 is below 2"));
    let found = store.checkpoint(&part).await.expect("it can be read");
    assert_eq!(found, at(5), "a reset of what never ran");
    let batch = store.begin_batch(BatchStart::new(part.clone(), at(5), None)).await;
    batch.expect("a batch can be opened").commit(at(6)).await.expect("nobody runs it");
    let stale = BatchStart::new(part, at(6), Some(Epoch::new(u64::from(u32::MAX))));
    let batch = store.begin_batch(stale.clone()).await.expect("a batch can be opened");
    assert_moved(batch.commit(at(7)).await, &stale.part.name, "there is no such lease");
}

/// A part has begun once a commit or a reset has put its checkpoint somewhere, be that the beginning.
pub async fn a_part_has_begun_when_it_was_put_somewhere<S: SubscriptionStore>(store: &S) {
    let (name, start) = (unique("begun"), Checkpoint::default());
    let part = whole(&name);
    assert!(!begun(store, &part).await, "a part that never ran has not begun");
    let lease = Worker::new(&name, 1).ask(store).await.held[0];
    assert!(!begun(store, &part).await, "a part that is only leased has not begun");
    let batch = store.begin_batch(BatchStart::new(part.clone(), start, Some(lease.epoch))).await;
    drop(batch.expect("a batch can be opened"));
    assert!(!begun(store, &part).await, "a part whose batch was dropped has not begun");
    commit(store, part.clone(), lease, start, at(1)).await.expect("its own");
    assert!(begun(store, &part).await, "a part that has committed has begun");
    let other = ProjectionPart::whole(&name, 2);
    assert!(!begun(store, &other).await, "another version has not begun");

    let reset = store.begin_reset(&name, 2, 3, start).await.expect("a reset can be opened");
    reset.commit(start).await.expect("a reset can be committed");
    for number in 0..3 {
        let part = Part::new(number, 3).expect("numbers are below their count");
        let part = ProjectionPart::new(&name, 2, part);
        assert!(begun(store, &part).await, "a part that was set to the beginning has begun");
    }
}

async fn begun<S: SubscriptionStore>(store: &S, part: &ProjectionPart) -> bool {
    store.has_begun(part).await.expect("the store can be asked")
}
