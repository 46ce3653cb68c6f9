//! The target does otherwise than it should: answers are lost, events too, and others write to it.

use es_core::ExpectedVersion::NoStream;
use es_core::{Difference, ImportError, TransferError};

use crate::odd::{Odd, Turn};
use crate::support::{
    Store, address, append, assert_copied, copy, event, fill, foreign, log, stream,
};

pub(crate) async fn a_chunk_whose_answer_is_lost_is_stored_once<F: Store, T: Store>(
    from: F,
    to: T,
) {
    let source = fill(&from).await;
    let odd = Odd::new(to.clone()).imports(|import| match import {
        2 => Turn::LostAfter,
        4 => Turn::LostBefore,
        _ => Turn::Well,
    });
    for (after, last, stored) in [(3, 7, 8), (11, 14, 12)] {
        let error = copy(&from, &odd).await.unwrap_err();
        assert!(error.is_transient());
        assert!(error.to_string().contains("the next call finds out"), "{error}");
        let TransferError::OutcomeUnknown { after: position, last_event, cause } = error else {
            panic!("{error:?}")
        };
        assert_eq!((position, last_event), (source[after].position, source[last].id));
        assert!(matches!(cause, ImportError::OutcomeUnknown { .. }), "{cause:?}");
        assert_eq!(log(&to).await.len(), stored);
    }
    assert_eq!(copy(&from, &odd).await.unwrap(), (3, 12));
    assert_copied(&from, &to).await;
}

async fn not_verified<F: Store, T: Store>(from: &F, to: &Odd<T>) -> Difference {
    let error = copy(from, to).await.unwrap_err();
    assert!(!error.is_transient());
    let TransferError::NotVerified(difference) = error else { panic!("{error:?}") };
    difference
}

/// The copy is read when it can be. As long as the target gets on with settling, it is asked again.
pub(crate) async fn a_target_that_settles_step_by_step_is_waited_for<F: Store, T: Store>(
    from: F,
    to: T,
) {
    fill(&from).await;
    let stuck = copy(&from, &Odd::new(to.clone()).settles_by(0)).await.unwrap_err();
    assert!(stuck.is_transient());
    let position = log(&to).await[14].position;
    let TransferError::Unsettled { store: "target", position: told, .. } = stuck else {
        panic!("{stuck:?}")
    };
    assert_eq!(told, position);
    append(&from, &stream("account"), NoStream, event("one more", 1, "1")).await.unwrap();
    assert_eq!(copy(&from, &Odd::new(to.clone()).settles_by(3)).await.unwrap(), (1, 15));
    assert_copied(&from, &to).await;
}

pub(crate) async fn a_copy_that_is_not_the_same_is_noticed<F: Store, T: Store>(from: F, to: T) {
    let source = fill(&from).await;
    let odd = Odd::new(to).imports(|import| match import {
        2 => Turn::Altered,
        _ => Turn::Well,
    });
    let difference = not_verified(&from, &odd).await;
    assert_eq!((difference.same, difference.what), (4, "payload"));
    assert_eq!(difference.source, Some(address(&source[4])));
    assert_eq!(difference.target, Some(address(&log(&odd).await[4])));
}

pub(crate) async fn a_copy_that_is_missing_is_noticed<F: Store, T: Store>(from: F, to: T) {
    let source = fill(&from).await;
    // The last event of the last chunk, which says that it has stored it.
    let odd = Odd::new(to).imports(|import| match import {
        4 => Turn::Shortened,
        _ => Turn::Well,
    });
    let difference = not_verified(&from, &odd).await;
    assert_eq!((difference.same, difference.what), (14, "end"));
    let told = difference.to_string();
    assert!(told.ends_with("and the target has no more"), "{told}");
    assert_eq!((difference.source, difference.target), (Some(address(&source[14])), None));
}

pub(crate) async fn who_writes_to_the_target_meanwhile_is_noticed<F: Store, T: Store>(
    from: F,
    to: T,
) {
    let source = fill(&from).await;
    let difference = written_behind(2, &from, &to).await;
    assert_eq!((difference.same, difference.what), (8, "id"));
    assert_eq!(difference.source, Some(address(&source[8])));
    assert_eq!(difference.target, Some(address(&log(&to).await[8])));
}

pub(crate) async fn who_writes_behind_the_copy_is_noticed<F: Store, T: Store>(from: F, to: T) {
    fill(&from).await;
    let difference = written_behind(4, &from, &to).await;
    assert_eq!((difference.same, difference.what), (15, "end"));
    assert_eq!(difference.source, None);
    assert_eq!(difference.target, Some(address(&log(&to).await[15])));
}

/// What is found wrong when somebody else writes to the target behind an import.
async fn written_behind<F: Store, T: Store>(import: u64, from: &F, to: &T) -> Difference {
    let target = to.clone();
    let odd = Odd::new(to.clone()).imports(move |now| {
        let target = target.clone();
        if now != import {
            return Turn::Well;
        }
        Turn::Then(Box::pin(async move {
            foreign(&target).await;
        }))
    });
    not_verified(from, &odd).await
}
