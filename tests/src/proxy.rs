//! A small TCP proxy between a store and its server, which can cut the line at the worst moment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// Passes bytes on, until it is told to cut. Ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    task: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    armed: AtomicBool,
    cuts: AtomicU64,
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
        self.state.armed.store(true, Ordering::SeqCst);
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
    while let Ok((client, _)) = listener.accept().await {
        lines.spawn(line(client, target.clone(), state.clone()));
    }
}

/// One connection. When it ends for the client, it ends for the server only after all has been passed on.
async fn line(client: TcpStream, target: String, state: Arc<State>) {
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let requests = async {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
            let cut = holds_append(&bytes[..read]) && state.armed.swap(false, Ordering::SeqCst);
            if to_server.write_all(&bytes[..read]).await.is_err() {
                return;
            }
            if cut {
                state.cuts.fetch_add(1, Ordering::SeqCst);
                return;
            }
        }
    };
    let answers = async {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    };
    // Whichever side ends first: both streams are dropped, which closes the connection on both sides.
    tokio::select! {
        // What the client sent must be seen before what the server answers to it.
        biased;
        () = requests => {}
        () = answers => {}
    }
}

/// The payloads of [`events`](crate::log::events) begin so, and nothing else that a store sends does.
fn holds_append(bytes: &[u8]) -> bool {
    let mark = b"{\"n\":";
    bytes.windows(mark.len()).any(|window| window == mark)
}
