//! The dead letters of a subscription, for those who look after it.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::entry::Entry;
use super::error::SubscriptionError;
use crate::dead_letter::{DeadLetter, LetterSelection};
use crate::version::Position;

/// The dead letters of one subscription, in whichever process it runs.
///
/// Another attempt is made by whoever runs the subscription, as soon as it sees the wish, stream by stream in the order of the log. A letter
/// that is handled then is gone; one that fails again shows its new error and attempts.
#[derive(Clone)]
pub struct DeadLetters {
    pub(super) entry: Arc<Entry>,
}

impl DeadLetters {
    /// All that are open, by rising position: those that failed, and those that wait behind them.
    ///
    /// # Errors
    /// [`SubscriptionError::Store`].
    pub async fn list(&self) -> Result<Vec<DeadLetter>, SubscriptionError> {
        self.entry.runner.letters(LetterSelection::Open).await
    }

    /// The one at this position, also when it was discarded.
    ///
    /// # Errors
    /// [`SubscriptionError::Store`].
    pub async fn show(&self, position: Position) -> Result<Option<DeadLetter>, SubscriptionError> {
        let found = self.entry.runner.letters(LetterSelection::Position(position)).await?;
        Ok(found.into_iter().next())
    }

    /// Asks for another attempt at the one at this position; what lies before it in its stream is tried first. True when there is one.
    ///
    /// # Errors
    /// [`SubscriptionError::Store`].
    pub async fn retry(&self, position: Position) -> Result<bool, SubscriptionError> {
        Ok(self.entry.runner.retry(LetterSelection::Position(position)).await? > 0)
    }

    /// Asks for another attempt at those of one stream, and gives how many there are.
    ///
    /// # Errors
    /// [`SubscriptionError::Store`].
    pub async fn retry_stream(&self, stream: Uuid) -> Result<u64, SubscriptionError> {
        self.entry.runner.retry(LetterSelection::Stream(stream)).await
    }

    /// Asks for another attempt at all, and gives how many there are.
    ///
    /// # Errors
    /// [`SubscriptionError::Store`].
    pub async fn retry_all(&self) -> Result<u64, SubscriptionError> {
        self.entry.runner.retry(LetterSelection::Open).await
    }

    /// Decides that the one at this position is not to be handled: it is kept with the reason, and nothing waits for it any
    /// more. True when there was an open one. Those that waited behind it are tried when another attempt is asked for.
    ///
    /// # Errors
    /// [`SubscriptionError::Store`].
    pub async fn discard(
        &self,
        position: Position,
        reason: &str,
    ) -> Result<bool, SubscriptionError> {
        let meant = LetterSelection::Position(position);
        Ok(self.entry.runner.discard(meant, reason).await? > 0)
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").field("subscription", &self.entry.plan.name).finish()
    }
}
