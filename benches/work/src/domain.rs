//! The domain that all subjects have in common: an account, and three things that happen to it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What every deposit of a history adds.
const DEPOSIT: u64 = 100;

/// What every withdrawal of a history takes: less, so that an account is never overdrawn.
const WITHDRAWAL: u64 = 40;

/// The length of a deposit's reference.
pub(crate) const REFERENCE: usize = 20;

/// What happened to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum AccountEvent {
    /// It was opened.
    Opened {
        /// Whose it is.
        owner: String,
        /// What was paid in.
        cents: u64,
    },
    /// Money was paid in.
    Deposited {
        /// How much.
        cents: u64,
        /// What for.
        reference: String,
    },
    /// Money was taken out.
    Withdrawn {
        /// How much.
        cents: u64,
    },
}

impl AccountEvent {
    /// The first event of an account.
    pub fn opened() -> Self {
        Self::Opened { owner: "Ada Lovelace".to_owned(), cents: 500 }
    }

    /// The event at a version of a history: opened, then two deposits for each withdrawal.
    pub fn of_version(version: u64) -> Self {
        match version {
            1 => Self::opened(),
            n if n % 3 == 1 => Self::Withdrawn { cents: WITHDRAWAL },
            n => Self::Deposited { cents: DEPOSIT, reference: reference(n, REFERENCE) },
        }
    }

    /// The name under which it is stored where the subject leaves the choice.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "account-opened",
            Self::Deposited { .. } => "money-deposited",
            Self::Withdrawn { .. } => "money-withdrawn",
        }
    }

    /// What it does to the balance.
    pub const fn change(&self) -> i64 {
        match self {
            Self::Opened { cents, .. } | Self::Deposited { cents, .. } => cents.cast_signed(),
            Self::Withdrawn { cents } => -cents.cast_signed(),
        }
    }
}

/// A deposit's reference of so many bytes, another one for each `n`.
pub fn reference(n: u64, bytes: usize) -> String {
    let mut text = format!("reference {n:010}");
    while text.len() < bytes {
        text.push_str(" and what else there is to say about it");
    }
    text.truncate(bytes);
    text
}

/// An account as a subject has loaded it: enough to see that all of its events were applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// How many events.
    pub events: u64,
    /// The balance.
    pub cents: i64,
}

impl Account {
    /// What a history of so many events makes of an account.
    pub fn of_history(events: u64) -> Self {
        let cents = (1..=events).map(|version| AccountEvent::of_version(version).change()).sum();
        Self { events, cents }
    }
}

/// Balances by account, counted while a log is replayed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    accounts: HashMap<Uuid, Account>,
}

impl Tally {
    /// Counts an event.
    pub fn add(&mut self, account: Uuid, change: i64) {
        let found = self.accounts.entry(account).or_default();
        found.events += 1;
        found.cents += change;
    }

    /// All of it in one account.
    pub fn sum(&self) -> Account {
        self.accounts.values().fold(Account::default(), |sum, account| Account {
            events: sum.events + account.events,
            cents: sum.cents + account.cents,
        })
    }

    /// The balances, for who writes them somewhere.
    pub fn into_accounts(self) -> impl ExactSizeIterator<Item = (Uuid, Account)> {
        self.accounts.into_iter()
    }
}

/// An event of a history: account, version, event.
pub type PastEvent = (Uuid, u64, AccountEvent);

/// Histories of several accounts, all equally long, that grew by turns: the order of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histories {
    /// Tells these accounts from those of other histories.
    pub seed: u64,
    /// How many accounts.
    pub accounts: u64,
    /// How many events each.
    pub events: u64,
}

impl Histories {
    /// One account with so many events.
    pub const fn one(events: u64) -> Self {
        Self { seed: events, accounts: 1, events }
    }

    /// A log of so many events: of accounts with a hundred each.
    pub const fn log(events: u64) -> Self {
        Self { seed: 0x0106, accounts: events.div_ceil(100), events: 100 }
    }

    /// The id of the `n`-th account: fixed, but in no order, like the random ids of real accounts.
    pub fn account(&self, n: u64) -> Uuid {
        // The finaliser of SplitMix64, twice.
        let mix = |x: u64| {
            let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            x ^ (x >> 31)
        };
        let first = mix(self.seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let second = mix(first.wrapping_add(0x9e37_79b9_7f4a_7c15));
        uuid::Builder::from_random_bytes(
            ((u128::from(first) << 64) | u128::from(second)).to_be_bytes(),
        )
        .into_uuid()
    }

    /// How many events in all.
    pub const fn len(&self) -> u64 {
        self.accounts * self.events
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events, in the order in which they happened: account, version, event.
    pub fn iter(&self) -> impl Iterator<Item = PastEvent> + Send + use<> {
        let this = *self;
        (1..=this.events).flat_map(move |version| {
            (0..this.accounts)
                .map(move |n| (this.account(n), version, AccountEvent::of_version(version)))
        })
    }

    /// [`iter`](Self::iter) in pieces.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Vec<PastEvent>> + Send + use<> {
        let mut events = self.iter();
        std::iter::from_fn(move || {
            let chunk: Vec<_> = events.by_ref().take(size).collect();
            (!chunk.is_empty()).then_some(chunk)
        })
    }

    /// What replaying them adds up to.
    pub fn sum(&self) -> Account {
        let one = Account::of_history(self.events);
        Account { events: self.len(), cents: one.cents * self.accounts.cast_signed() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn references_have_the_length_asked_for_and_differ() {
        for bytes in [20, 1024, 100 * 1024] {
            assert_eq!(reference(7, bytes).len(), bytes);
        }
        assert_ne!(reference(1, REFERENCE), reference(2, REFERENCE));
    }

    #[test]
    fn replaying_histories_gives_what_their_sum_says() {
        let histories = Histories { seed: 3, accounts: 4, events: 9 };
        let (mut tally, mut versions) = (Tally::default(), HashMap::new());
        for (account, version, event) in histories.iter() {
            let next = versions.entry(account).or_insert(1);
            assert_eq!(version, *next, "without holes");
            *next += 1;
            tally.add(account, event.change());
            assert!(tally.accounts[&account].cents >= 0, "never overdrawn");
        }
        assert_eq!(tally.sum(), histories.sum());
        assert_eq!(tally.into_accounts().len(), 4);
    }

    #[test]
    fn chunks_are_the_events_in_pieces() {
        let histories = Histories { seed: 3, accounts: 4, events: 9 };
        let chunks: Vec<_> = histories.chunks(10).collect();
        assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 10, 6]);
        assert!(chunks.into_iter().flatten().eq(histories.iter()));
    }

    #[test]
    fn accounts_of_different_histories_differ() {
        let ids =
            |seed| (0..100).map(move |n| Histories { seed, accounts: 100, events: 1 }.account(n));
        let all: HashSet<_> = ids(1).chain(ids(2)).collect();
        assert_eq!(all.len(), 200);
        assert!(ids(1).eq(ids(1)), "and the same each time");
    }
}
