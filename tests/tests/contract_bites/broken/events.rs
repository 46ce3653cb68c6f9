//! The log.

use std::iter;
use std::task::Poll;

use es_core::{
    AppendError, Appended, BoxFuture, EventAddress, EventId, EventStore, EventStream, LogPage,
    LogQuery, NewSnapshot, Position, SnapshotAndTail, SnapshotQuery, StoreError, StoredEvent,
    StreamAppend, StreamId, StreamQuery,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Broken, busy};
use crate::fault::Fault;

impl EventStore for Broken {
    async fn append_many(
        &self,
        mut appends: Vec<StreamAppend>,
    ) -> Vec<Result<Appended, AppendError>> {
        match self.fault {
            Fault::Append(tamper) => appends.iter_mut().for_each(|it| tamper(&self.inner, it)),
            Fault::Call(tamper) => tamper(&mut appends),
            _ => {}
        }
        let sent = appends.clone();
        let mut answers = match self.fault {
            Fault::Appending(way) => self.append_by(way, appends).await,
            _ => self.inner.append_many(appends).await,
        };
        match self.fault {
            Fault::Answer(tamper) => answers.iter_mut().for_each(tamper),
            Fault::Answers(tamper) => tamper(&mut answers),
            Fault::Refused(tamper) => {
                let refused = iter::zip(sent, &answers).filter(|(_, answer)| answer.is_err());
                refused.for_each(|(append, _)| tamper(&self.inner, append));
            }
            _ => {}
        }
        answers
    }

    fn read_stream<'a>(&'a self, stream: &'a StreamId, mut query: StreamQuery) -> EventStream<'a> {
        if let Fault::StreamQuery(tamper) = self.fault {
            tamper(&mut query);
        }
        let read = async move {
            let mut read = self.inner.read_stream(stream, query).try_collect().await;
            match self.fault {
                Fault::Stream(tamper) => tamper(&self.inner, stream, &mut read),
                Fault::KeepsUnfinishedReads if self.memory().lost >= 3 => read = Err(busy()),
                _ => {}
            }
            self.given(read)
        };
        stream::once(read).flatten().boxed()
    }

    async fn read_from_snapshot<'a>(
        &'a self,
        stream: &'a StreamId,
        query: SnapshotQuery,
    ) -> Result<SnapshotAndTail<'a>, StoreError> {
        if let Fault::Snapshots { finds, .. } = self.fault {
            return Ok(self.find_beside(stream, query, finds));
        }
        let (mut found, events) = self.inner.read_from_snapshot(stream, query).await?;
        let Fault::Loaded(tamper) = self.fault else { return Ok((found, events)) };
        let mut events = events.try_collect().await?;
        tamper(&mut found, &mut events);
        Ok((found, stream::iter(events.into_iter().map(Ok)).boxed()))
    }

    fn save_snapshot(&self, snapshot: NewSnapshot) -> BoxFuture<'static, Result<bool, StoreError>> {
        let store = self.clone();
        Box::pin(async move {
            match store.fault {
                Fault::Snapshots { keeps, .. } => Ok(store.keep_beside(snapshot, keeps)),
                Fault::Kept(tamper) => Ok(tamper(store.inner.save_snapshot(snapshot).await?)),
                _ => store.inner.save_snapshot(snapshot).await,
            }
        })
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        let settled = self.inner.settled().await?;
        Ok(match self.fault {
            Fault::Settled(tamper) => tamper(settled),
            _ => settled,
        })
    }

    async fn read_log(&self, mut query: LogQuery<'_>, limit: usize) -> Result<LogPage, StoreError> {
        let asked = query;
        if let Fault::LogQuery(tamper) = self.fault {
            tamper(&mut query);
        }
        let mut page = self.inner.read_log(query, limit).await?;
        match self.fault {
            Fault::Page(tamper) => tamper(&self.inner, asked, limit, &mut page),
            Fault::Event(tamper) => page.events.iter_mut().for_each(tamper),
            _ => {}
        }
        Ok(page)
    }

    fn stream_log<'a>(&'a self, mut query: LogQuery<'a>) -> EventStream<'a> {
        match self.fault {
            Fault::LogQuery(tamper) => tamper(&mut query),
            Fault::StreamLog(way) => return way(&self.inner, query),
            Fault::None => return self.inner.stream_log(query),
            _ => {}
        }
        let read = async move {
            let mut read: Result<Vec<_>, _> = self.inner.stream_log(query).try_collect().await;
            if let (Fault::Streamed(tamper), Ok(events)) = (self.fault, &mut read) {
                tamper(events);
            }
            self.given(read)
        };
        stream::once(read).flatten().boxed()
    }

    async fn locate(&self, ids: &[EventId]) -> Result<Vec<EventAddress>, StoreError> {
        let mut found = self.inner.locate(ids).await?;
        if let Fault::Located(tamper) = self.fault {
            tamper(ids.len(), &mut found);
        }
        Ok(found)
    }
}

impl Broken {
    /// What was read, as it is given away.
    fn given(&self, mut read: Result<Vec<StoredEvent>, StoreError>) -> EventStream<'_> {
        if let (Fault::Event(tamper), Ok(events)) = (self.fault, &mut read) {
            events.iter_mut().for_each(tamper);
        }
        let items = match read {
            Ok(events) => events.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        let loses = matches!(self.fault, Fault::KeepsUnfinishedReads);
        let mut connection = Connection(loses.then(|| self.clone()));
        let end = stream::poll_fn(move |_| {
            connection.give_back();
            Poll::Ready(None)
        });
        stream::iter(items).chain(end).boxed()
    }
}

/// Of a store that loses it when a read is dropped before its end.
struct Connection(Option<Broken>);

impl Connection {
    fn give_back(&mut self) {
        self.0 = None;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(store) = &self.0 {
            store.memory().lost += 1;
        }
    }
}
