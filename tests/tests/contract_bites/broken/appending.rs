//! Ways to append that are right only when nobody else appends, or nothing goes wrong.

use std::sync::Arc;

use es_core::{
    AppendError, Appended, EventStore as _, ExpectedVersion, StreamAppend, StreamQuery, Version,
};
use futures_util::TryStreamExt as _;
use tokio::task::yield_now;

use super::{Broken, busy};

/// How a broken store appends.
#[derive(Clone, Copy)]
pub(crate) enum Appending {
    /// Each entry of a call by itself.
    OneByOne,
    /// It looks whether the belief holds, and appends a moment later.
    LooksFirst,
    /// As if who believes nothing had believed what was there a moment before.
    BelievesForOthers,
    /// It refuses whoever comes while another one appends.
    Alone,
    /// One event after the other.
    Piecemeal,
    /// It locks the streams in the order of the entries.
    LocksInOrder,
}

impl Broken {
    pub(super) async fn append_by(
        &self,
        way: Appending,
        appends: Vec<StreamAppend>,
    ) -> Vec<Result<Appended, AppendError>> {
        if matches!(way, Appending::LocksInOrder) {
            return self.append_locked(appends).await;
        }
        let mut answers = Vec::new();
        for append in appends {
            answers.push(match way {
                Appending::LooksFirst => self.look_and_append(append).await,
                Appending::BelievesForOthers => self.append_believing(append).await,
                Appending::Alone => self.append_alone(append).await,
                Appending::Piecemeal => self.append_piecemeal(append).await,
                Appending::OneByOne | Appending::LocksInOrder => self.inner.append(append).await,
            });
        }
        answers
    }

    async fn look_and_append(&self, mut append: StreamAppend) -> Result<Appended, AppendError> {
        if append.expected.accepts(self.version(&append).await?) {
            yield_now().await;
            append.expected = ExpectedVersion::Any;
        }
        self.inner.append(append).await
    }

    async fn append_believing(&self, mut append: StreamAppend) -> Result<Appended, AppendError> {
        if append.expected == ExpectedVersion::Any {
            append.expected = ExpectedVersion::Exact(self.version(&append).await?);
            yield_now().await;
        }
        self.inner.append(append).await
    }

    async fn append_alone(&self, append: StreamAppend) -> Result<Appended, AppendError> {
        let _turn = self.alone.try_acquire().map_err(|_| busy())?;
        yield_now().await;
        self.inner.append(append).await
    }

    async fn append_piecemeal(&self, append: StreamAppend) -> Result<Appended, AppendError> {
        let StreamAppend { stream, mut expected, events, .. } = append;
        let mut whole: Option<Appended> = None;
        for event in events {
            let one = StreamAppend::new(stream.clone(), expected, vec![event]);
            let done = self.inner.append(one).await?;
            let first = whole.map_or(done.first_version, |whole| whole.first_version);
            whole = Some(Appended::new(first, done.version, done.position));
            expected = ExpectedVersion::Exact(done.version);
            yield_now().await;
        }
        Ok(whole.expect("the promise appends events"))
    }

    async fn append_locked(
        &self,
        appends: Vec<StreamAppend>,
    ) -> Vec<Result<Appended, AppendError>> {
        let mut locked = Vec::new();
        for append in &appends {
            let stream = Arc::clone(self.memory().streams.entry(append.stream.id()).or_default());
            locked.push(stream.lock_owned().await);
            yield_now().await;
        }
        self.inner.append_many(appends).await
    }

    async fn version(&self, append: &StreamAppend) -> Result<Version, AppendError> {
        let there = self.inner.read_stream(&append.stream, StreamQuery::ALL);
        let there: Vec<_> = there.try_collect().await?;
        Ok(there.last().map_or(Version::START, |event| event.version))
    }
}
