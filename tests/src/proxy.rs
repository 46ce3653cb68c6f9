//! A small TCP proxy between a store and its server, which can cut the line at the worst moment or be slow.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};

use crate::pace::Pace;

/// Passes bytes on, until it is told to cut. Ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    armed: Mutex<Option<Cut>>,
    cuts: AtomicU64,
    round_trips: AtomicU64,
    gone: Notify,
    pace: Mutex<Pace>,
}

/// When to cut, and what.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    /// The next request that holds an append is passed on, and its client is cut off: the answer is lost.
    AfterAppend,
    /// So is the next COMMIT.
    AfterCommit,
    /// The next COMMIT is not passed on, and its client is cut off.
    BeforeCommit,
    /// The next COMMIT is passed on, and then all clients are cut off for good.
    ForGoodAfterCommit,
}

impl Cut {
    fn is_due(self, bytes: &[u8]) -> bool {
        let mark: &[u8] = match self {
            // The payloads of [`events`](crate::log::events) begin so, and nothing else that a store sends does.
            Self::AfterAppend => b"{\"n\":",
            // With the end of the text: transactions begin at READ COMMITTED.
            Self::AfterCommit | Self::BeforeCommit | Self::ForGoodAfterCommit => b"COMMIT\0",
        };
        bytes.windows(mark.len()).any(|window| window == mark)
    }
}

impl State {
    fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn due(&self, bytes: &[u8]) -> Option<Cut> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.take_if(|cut| cut.is_due(bytes))
    }
}

impl Proxy {
    /// A proxy to the server at `target`, `host:port`.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let state = Arc::new(State::default());
        let task = tokio::spawn(listen(listener, target, state.clone())).abort_handle();
        Self { address, state, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Passes the next request that holds an append on to the server, and then cuts that client off: its answer is
    /// lost. Once.
    pub fn cut_after_next_append(&self) {
        self.cut_next(Cut::AfterAppend);
    }

    /// Cuts, once.
    pub fn cut_next(&self, cut: Cut) {
        *self.state.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    /// What goes through from now on is as slow as that, in each direction.
    pub fn slow_down(&self, pace: Pace) {
        *self.state.pace.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }

    /// How often a client has asked something and waited: requests that went out together count once.
    pub fn round_trips(&self) -> u64 {
        self.state.round_trips.load(Ordering::SeqCst)
    }

    /// How often it has cut.
    pub fn cuts(&self) -> u64 {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, target: String, state: Arc<State>) {
    let mut lines = JoinSet::new();
    let serve = async {
        while let Ok((client, _)) = listener.accept().await {
            lines.spawn(line(client, target.clone(), state.clone()));
        }
    };
    // When it is gone, the listener and all lines are dropped.
    tokio::select! {
        () = serve => {}
        () = state.gone.notified() => {}
    }
}

/// One connection. When it ends for the client, it ends for the server only after all has been passed on.
async fn line(client: TcpStream, target: String, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    // What a client sends after an answer, or first, begins a round trip.
    let answered = AtomicBool::new(true);
    let requests = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            if answered.swap(false, Ordering::SeqCst) {
                state.round_trips.fetch_add(1, Ordering::SeqCst);
            }
            let cut = state.due(&bytes[..read]);
            state.pace().wait(read).await;
            let lost = matches!(cut, Some(Cut::BeforeCommit));
            if !lost && to_server.write_all(&bytes[..read]).await.is_err() {
                return;
            }
            if let Some(cut) = cut {
                state.cuts.fetch_add(1, Ordering::SeqCst);
                if matches!(cut, Cut::ForGoodAfterCommit) {
                    state.gone.notify_one();
                }
                return;
            }
        }
    };
    let answers = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
            answered.store(true, Ordering::SeqCst);
            state.pace().wait(read).await;
            if to_client.write_all(&bytes[..read]).await.is_err() {
                return;
            }
        }
    };
    // Whichever side ends first: both streams are dropped, which closes the connection on both sides.
    tokio::select! {
        // What the client sent must be seen before what the server answers to it.
        biased;
        () = requests => {}
        () = answers => {}
    }
}
