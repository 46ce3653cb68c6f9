//! Appending: statements, and what to make of their answers.

mod outcome;
mod refused;
mod statement;
mod together;

use std::time::Duration;

use es_core::{AppendError, Appended, StoreError, StreamAppend};
use futures_util::FutureExt as _;
use sqlx::PgConnection;

pub(crate) use self::outcome::{Pauses, stored, wait_for_writers};
pub(crate) use self::together::{Appends, appends};
use crate::error::{is_collision, is_duplicate_event, is_impatience, is_refusal, store_error};
use crate::store::{By, PgStore};

/// How often a statement that lost against another one is sent again.
const TRIES: u32 = 10;

/// After how many of these a statement for many is sent in parts: whoever is to blame need not be all of them.
const TOGETHER: u32 = 3;

pub(crate) type Outcome = Result<Appended, AppendError>;

impl PgStore {
    /// Appends to one stream in the caller's own transaction: the events appear when it commits, together with
    /// whatever else it does. The stream's row stays locked until then.
    ///
    /// After [`AppendError::Conflict`] or [`AppendError::Invalid`] the transaction can go on; after any other error it
    /// can only be rolled back, as the server demands. Nothing is sent again here: at the isolation levels above READ
    /// COMMITTED a lost race may come as a transient [`AppendError::Store`], and then the whole transaction must be run
    /// again.
    ///
    /// Readers of the log wait for transactions that have appended, so keep them short. Say [`appended`](Self::appended) after
    /// the commit, or subscriptions hear of the events only when they next look by themselves.
    ///
    /// # Errors
    /// As [`EventStore::append`](es_core::EventStore::append), without
    /// [`OutcomeUnknown`](AppendError::OutcomeUnknown): what became of the events is decided by the caller's commit.
    pub async fn append_in(
        &self,
        connection: &mut PgConnection,
        append: StreamAppend,
    ) -> Result<Appended, AppendError> {
        let checked = self.config().get_limits().check_all(std::slice::from_ref(&append));
        checked.into_iter().collect::<Result<(), _>>()?;
        self.guard().check(connection).await?;
        for _ in 0..TRIES {
            match statement::write_one(connection, &append).await {
                Ok(Some(appended)) => return Ok(appended),
                Ok(None) => {}
                Err(error) if is_duplicate_event(&error) => {
                    let event = self.duplicate(&append, &error).await?;
                    return Err(AppendError::DuplicateEvent { event });
                }
                Err(error) => return Err(store_error(&error).into()),
            }
            if let Some(error) = refused::why(connection, &[&append]).await?.pop().flatten() {
                return Err(error);
            }
        }
        Err(refused::moving().into())
    }

    pub(crate) async fn append_all(&self, appends: &[StreamAppend]) -> Vec<Outcome> {
        let checked = self.config().get_limits().check_all(appends);
        let outcomes = checked.into_iter().map(|checked| checked.err().map(Err)).collect();
        let mut outcomes = self.append_rest(appends, outcomes).await;
        // Those whose stream somebody has locked: each is waited for by itself.
        for (append, outcome) in appends.iter().zip(&mut outcomes) {
            if outcome.is_none() {
                let alone = self.append_rest(std::slice::from_ref(append), vec![None]).await;
                *outcome = alone.into_iter().next().flatten();
            }
        }
        let answered = outcomes.into_iter();
        answered.map(|outcome| outcome.expect("an entry that was alone is answered")).collect()
    }

    /// As [`append_all`](Self::append_all), of entries that are within the limits. No answer for one of several whose stream
    /// somebody has locked: nothing is stored of it, and it is to be sent alone.
    async fn append_checked(&self, appends: &[StreamAppend]) -> Vec<Option<Outcome>> {
        self.append_rest(appends, vec![None; appends.len()]).await
    }

    /// Those that have no outcome yet.
    async fn append_rest(
        &self,
        appends: &[StreamAppend],
        mut outcomes: Vec<Option<Outcome>>,
    ) -> Vec<Option<Outcome>> {
        let open = (0..appends.len()).filter(|at| outcomes[*at].is_none()).collect();
        self.append_open(appends, open, &mut outcomes).await;
        if outcomes.iter().flatten().any(Result::is_ok) {
            self.appended();
        }
        outcomes
    }

    /// Sends the entries at `open` until each has its outcome, or has turned out to be held up by somebody.
    async fn append_open(
        &self,
        appends: &[StreamAppend],
        open: Vec<usize>,
        outcomes: &mut [Option<Outcome>],
    ) {
        let mut groups = vec![(open, 0)];
        while let Some((mut group, tries)) = groups.pop() {
            if group.is_empty() {
                continue;
            }
            let entries: Vec<_> = group.iter().map(|at| &appends[*at]).collect();
            let again = match self.attempt(&entries).await {
                Attempt::Duplicate(answers) => {
                    // At least one is answered each time, so this ends, and the others have not lost anything.
                    (Self::settle(group, answers, outcomes), tries)
                }
                Attempt::Answered(answers) => {
                    let several = group.len() > 1;
                    let open = Self::settle(group, answers, outcomes);
                    if several {
                        continue;
                    }
                    if tries >= TRIES {
                        Self::fail(&open, &refused::moving(), outcomes);
                        continue;
                    }
                    (open, tries + 1)
                }
                // One of them is to blame. The others are as good as new.
                ref attempt if group.len() > 1 && attempt.is_of_one(tries) => {
                    let second = group.split_off(group.len() / 2);
                    groups.push((second, 0));
                    (group, 0)
                }
                Attempt::Collision(error) if tries >= TRIES => {
                    Self::fail(&group, &error, outcomes);
                    continue;
                }
                Attempt::Collision(_) => {
                    tokio::time::sleep(Duration::from_millis(1 << tries)).await;
                    (group, tries + 1)
                }
                Attempt::Refused(error) | Attempt::Failed(error) => {
                    Self::fail(&group, &error, outcomes);
                    continue;
                }
                Attempt::Broken(cause) => {
                    // Boxed: it is large, and hardly ever needed.
                    let answers = self.find_out_all(&entries, &cause).boxed().await;
                    for (at, answer) in group.into_iter().zip(answers) {
                        outcomes[at] = Some(answer);
                    }
                    continue;
                }
            };
            groups.push(again);
        }
    }

    /// Keeps the answers, and gives the entries that have none yet.
    fn settle(
        group: Vec<usize>,
        answers: Vec<Option<Outcome>>,
        outcomes: &mut [Option<Outcome>],
    ) -> Vec<usize> {
        let mut open = Vec::new();
        for (at, answer) in group.into_iter().zip(answers) {
            if answer.is_none() {
                open.push(at);
            }
            outcomes[at] = answer;
        }
        open
    }

    fn fail(group: &[usize], error: &StoreError, outcomes: &mut [Option<Outcome>]) {
        for at in group {
            outcomes[*at] = Some(Err(error.clone().into()));
        }
    }

    /// Sends one statement for all entries.
    async fn attempt(&self, entries: &[&StreamAppend]) -> Attempt {
        let mut line = match self.acquire(By::Command).await {
            Ok(line) => line,
            Err(error) => return Attempt::Failed(error),
        };
        match statement::write(&mut line, entries).await {
            Ok(written) => refused::answer(line, entries, written).await,
            Err(error) if is_collision(&error) => Attempt::Collision(store_error(&error)),
            Err(error) if is_duplicate_event(&error) => {
                refused::duplicate(&mut line, entries).await
            }
            Err(error) if is_refusal(&error) => {
                // A server that is short of something is so for all of them; a lock that was waited for is one entry's.
                let of_one = is_impatience(&error);
                let error = store_error(&error);
                let for_all = error.is_transient() && !of_one;
                if for_all { Attempt::Failed(error) } else { Attempt::Refused(error) }
            }
            Err(error) => Attempt::Broken(error),
        }
    }
}

/// What became of one statement.
enum Attempt {
    /// Every entry has its own answer; one without is to be sent again.
    Answered(Vec<Option<Outcome>>),
    /// Nothing was written: the statement met another one.
    Collision(StoreError),
    /// Nothing was written, as some bring an id that is stored already. They have their answers; the others are to be sent
    /// again.
    Duplicate(Vec<Option<Outcome>>),
    /// Nothing was written, and one of the entries is the reason.
    Refused(StoreError),
    /// Nothing was written, whatever the entries are.
    Failed(StoreError),
    /// The connection broke: who knows.
    Broken(sqlx::Error),
}

impl Attempt {
    /// Whether, after so many tries, it is likely that one of the entries alone is the reason.
    const fn is_of_one(&self, tries: u32) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Collision(_) => tries >= TOGETHER,
            _ => false,
        }
    }
}
