//! Whatever is done in whatever order, repositories with caches give the answers of one without.

use std::fmt::Debug;

use es_core::{CommandId, ExecuteError, MemoryStore, Metadata, Repository, RetryPolicy, Root};
use proptest::prelude::*;
use uuid::Uuid;

use crate::Accounts;
use crate::account::{Account, Refusal, noted, opened};

/// One step of a story.
#[derive(Debug, Clone)]
enum Step {
    Create {
        stream: usize,
        deposit: u64,
    },
    Deposit {
        stream: usize,
        amount: u64,
    },
    Withdraw {
        stream: usize,
        amount: u64,
    },
    /// Several events, some of which change nothing.
    Many {
        stream: usize,
        count: usize,
    },
    Load {
        stream: usize,
    },
    /// Two decisions on a root, saved by another repository than the one that loaded it.
    Save {
        stream: usize,
        amount: u64,
    },
    /// A command that may have been sent before.
    Once {
        stream: usize,
        command: u128,
        amount: u64,
    },
    CreateOnce {
        stream: usize,
        command: u128,
    },
}

fn steps() -> impl Strategy<Value = Step> {
    let stream = 0..3_usize;
    prop_oneof![
        1 => (stream.clone(), 1..300_u64).prop_map(|(stream, deposit)| Step::Create { stream, deposit }),
        4 => (stream.clone(), 0..50_u64).prop_map(|(stream, amount)| Step::Deposit { stream, amount }),
        6 => (stream.clone(), 0..200_u64).prop_map(|(stream, amount)| Step::Withdraw { stream, amount }),
        2 => (stream.clone(), 0..4_usize).prop_map(|(stream, count)| Step::Many { stream, count }),
        2 => stream.clone().prop_map(|stream| Step::Load { stream }),
        2 => (stream.clone(), 0..60_u64).prop_map(|(stream, amount)| Step::Save { stream, amount }),
        4 => (stream.clone(), 1..5_u128, 0..200_u64)
            .prop_map(|(stream, command, amount)| Step::Once { stream, command, amount }),
        1 => (stream, 1..5_u128).prop_map(|(stream, command)| Step::CreateOnce { stream, command }),
    ]
}

/// What a step is answered, in words.
async fn answer(step: &Step, by: &Accounts<MemoryStore>, other: &Accounts<MemoryStore>) -> String {
    let id = |stream: usize| Uuid::from_u128(1 + stream as u128);
    let command = |command: u128| CommandId::from_uuid(Uuid::from_u128(command));
    match *step {
        Step::Create { stream, deposit } => {
            let begin = Account::open("Ada", deposit);
            match begin {
                Ok(begin) => words(by.create(id(stream), begin).await),
                Err(refusal) => words(Err::<(), _>(refusal)),
            }
        }
        Step::Deposit { stream, amount } => {
            words(by.execute(id(stream), |account| account.deposit(amount)).await)
        }
        Step::Withdraw { stream, amount } => {
            words(by.execute(id(stream), |account| account.withdraw(amount)).await)
        }
        Step::Many { stream, count } => {
            words(by.execute(id(stream), |_| Ok::<_, Refusal>(vec![noted("a"); count])).await)
        }
        Step::Load { stream } => words(
            by.load(id(stream))
                .await
                .map(|root| (root.version(), root.position(), timeless(root.state()))),
        ),
        Step::Save { stream, amount } => {
            let saved = async {
                let mut root = by.load(id(stream)).await?;
                root.decide(|account| account.withdraw(amount))?;
                root.decide(|account| account.deposit(1))?;
                let saved = other.save(&mut root).await?;
                Ok::<_, ExecuteError<Refusal>>((saved, timeless(root.state())))
            };
            words(saved.await)
        }
        Step::Once { stream, command: sent, amount } => {
            let decide = |account: &Account| account.withdraw(amount);
            words(by.execute_once(command(sent), id(stream), decide).await)
        }
        Step::CreateOnce { stream, command: sent } => {
            words(by.create_once(command(sent), id(stream), opened("Eve", 250)).await)
        }
    }
}

/// Without the times of its events, which differ from one run to the next.
fn timeless(account: &Account) -> Account {
    Account { times: Vec::new(), ..account.clone() }
}

fn words(answer: Result<impl Debug, impl Debug>) -> String {
    match answer {
        Ok(done) => format!("{done:?}"),
        Err(error) => format!("{error:?}"),
    }
}

fn repositories(store: &MemoryStore, room: Option<usize>) -> [Accounts<MemoryStore>; 2] {
    [(); 2].map(|()| {
        let plain = Repository::new(store.clone()).retry(RetryPolicy::times(1));
        let plain = plain.with_metadata(Metadata::new().actor("ada"));
        room.into_iter().fold(plain, Accounts::cached)
    })
}

async fn tell(story: &[(usize, Step)], room: Option<usize>) -> Vec<String> {
    let memory = MemoryStore::new();
    let both = repositories(&memory, room);
    let mut answers = Vec::new();
    for (by, step) in story {
        answers.push(answer(step, &both[*by], &both[1 - *by]).await);
    }
    // What is in the caches at the end is what is stored.
    let [plain, _] = repositories(&memory, None);
    for stream in 0..3 {
        let id = Uuid::from_u128(1 + stream);
        let truth = plain.load(id).await.map(Root::into_state);
        for cached in &both {
            let known = cached.load(id).await.map(Root::into_state);
            assert_eq!(words(known), words(truth.as_ref()));
        }
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn caches_change_no_answer(
        story in prop::collection::vec((0..2_usize, steps()), 1..60),
        room in 1..5_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (plain, cached) = runtime.block_on(async {
            (tell(&story, None).await, tell(&story, Some(room)).await)
        });
        prop_assert_eq!(plain, cached);
    }
}
