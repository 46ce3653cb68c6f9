//! Commands that are sent again to a stream whose loads begin at a snapshot: their events are not seen by loading.

use es_core::prelude::*;

use crate::domain::{Account, deposits, opened};
use crate::watched::Watched;
use crate::{Accounts, until_kept};

#[tokio::test]
async fn what_lies_before_the_snapshot_is_found() {
    let (accounts, id) = (Accounts::new(Watched::default()), Uuid::now_v7());
    let (begun, command) = (CommandId::new(), CommandId::new());
    let created = accounts.create_once(begun, id, opened()).await.unwrap();
    let done = accounts.execute_once(command, id, |_| Ok::<_, ()>(deposits(3))).await.unwrap();
    accounts.execute(id, |_| Ok::<_, ()>(deposits(10))).await.unwrap();
    until_kept(accounts.store(), id, 14).await;
    accounts.execute(id, |_| Ok::<_, ()>(deposits(1))).await.unwrap();

    let plain = || Accounts::new(accounts.store().clone());
    let warm = plain().cached(10);
    warm.load(id).await.unwrap();
    for accounts in [plain(), plain().cached(10), warm] {
        let decisions: [fn(&Account) -> Result<_, &'static str>; 3] =
            [|_| Ok(deposits(2)), |_| Ok(deposits(0)), |_| Err("refused")];
        for decide in decisions {
            let before = accounts.store().snapshots_read();
            let again = accounts.execute_once(command, id, decide).await;
            assert_eq!(again.unwrap(), done);
            let read = accounts.store().snapshots_read() - before;
            assert!(read <= 1, "it is not loaded again and again");
        }
        assert_eq!(accounts.create_once(begun, id, opened()).await.unwrap(), created);
        // One that was not sent before is refused, not found.
        let refused = accounts.execute_once(CommandId::new(), id, decisions[2]).await;
        assert_eq!(refused.unwrap_err().domain(), Some("refused"));
    }
    assert_eq!(accounts.load(id).await.unwrap().version(), Version::new(15));
}
