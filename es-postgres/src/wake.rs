//! Wake-ups: hints to whoever follows the log that it has grown.
//!
//! Within one store they go through a [`Signal`]. Other processes are told by a notification, never by the append itself:
//! a transaction that notifies takes a lock which all such transactions share until they have committed, so appends
//! would queue behind each other. It is sent after the commit by a task of its own, at once when nothing was sent
//! lately, and otherwise once for all that came within [`PAUSE`].
//!
//! All of it may fail: who follows the log looks by himself now and then.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use es_core::{Signal, StoreError, Wakes};
use sqlx::PgPool;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::error::store_error;
use crate::lines::Lines;
use crate::store::{By, PgStore};

/// Between two notifications of one store.
const PAUSE: Duration = Duration::from_millis(5);

/// Before the listener tries to connect again, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

const CHANNEL: &str = "es_appended";

/// The wake-ups of one store. Its tasks end with it.
#[derive(Debug)]
pub(crate) struct WakeUps {
    /// Tells a store's own notifications from those of others.
    id: Uuid,
    signal: Signal,
    appended: Arc<Notify>,
    notifier: Task,
    listener: Task,
}

impl WakeUps {
    pub(crate) fn new() -> Self {
        Self {
            id: Uuid::now_v7(),
            signal: Signal::new(),
            appended: Arc::new(Notify::new()),
            notifier: Task::default(),
            listener: Task::default(),
        }
    }
}

impl PgStore {
    /// Wakes whoever follows the log, here and in other processes. For a program that has committed a transaction with
    /// [`append_in`](Self::append_in), which cannot know when that is. Nothing is lost without it: who follows the
    /// log looks by himself now and then.
    pub fn appended(&self) {
        let WakeUps { id, signal, appended, notifier, .. } = self.wake_ups();
        signal.wake();
        appended.notify_one();
        notifier.keep(|| {
            notify(self.lines(By::Subscription).clone(), id.to_string(), appended.clone())
        });
    }

    /// Outside a runtime there is nobody to listen to other processes.
    pub(crate) fn listen(&self) -> Wakes {
        let WakeUps { id, signal, listener, .. } = self.wake_ups();
        listener.keep(|| {
            listen(self.lines(By::Subscription).pool().clone(), id.to_string(), signal.clone())
        });
        signal.listen()
    }
}

/// Sends a notification after each append, or after many of them.
async fn notify(lines: Arc<Lines>, id: String, appended: Arc<Notify>) {
    loop {
        appended.notified().await;
        if let Err(error) = tell(&lines, &id).await {
            tracing::debug!(%error, "other processes were not told of an append");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn tell(lines: &Arc<Lines>, id: &str) -> Result<(), StoreError> {
    let mut line = lines.line().await?;
    let notification = sqlx::query(include_str!("sql/wake.sql")).bind(CHANNEL).bind(id);
    notification.execute(&mut *line).await.map_err(|e| store_error(&e))?;
    line.keep();
    Ok(())
}

/// Passes on what other stores send.
async fn listen(pool: PgPool, id: String, signal: Signal) {
    let mut pause = RETRY.0;
    loop {
        match hear(&pool, &id, &signal).await {
            // It has heard something before the line broke.
            Ok(()) => pause = RETRY.0,
            Err(error) => {
                tracing::debug!(%error, "appends of other processes are not heard of");
                pause = (pause * 2).min(RETRY.1);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Until the connection breaks. One of its own: it stays open, and the pool may be small.
async fn hear(pool: &PgPool, id: &str, signal: &Signal) -> Result<(), sqlx::Error> {
    let own = PgPoolOptions::new().max_connections(1);
    let own = own.connect_lazy_with(pool.connect_options().as_ref().clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // Something may have been missed.
    signal.wake();
    while let Some(notification) = listener.try_recv().await? {
        if notification.payload() != id {
            signal.wake();
        }
    }
    Ok(())
}

/// A task that is started when it is first needed, and ended when this is dropped.
#[derive(Debug, Default)]
struct Task(Mutex<Option<AbortHandle>>);

impl Task {
    /// Starts the task unless it runs. Its runtime may have ended before the store did.
    fn keep<F: Future<Output = ()> + Send + 'static>(&self, task: impl FnOnce() -> F) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if running.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            *running = Some(runtime.spawn(task()).abort_handle());
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let running = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.take() {
            running.abort();
        }
    }
}
