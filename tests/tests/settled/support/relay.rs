//! Something that happens between any two messages that a client sends.

use std::str::FromStr as _;

use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

/// Stands between clients and the server at `url`, and takes a step each time a client has sent something, before it is
/// passed on. Gives its own URL. Ends with its runtime.
pub(crate) async fn relay(url: &str, steps: impl Steps) -> String {
    let server = PgConnectOptions::from_str(url).unwrap();
    let address = (server.get_host().to_owned(), server.get_port());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = server.host("127.0.0.1").port(listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&address).await.unwrap();
            tokio::spawn(serve(client, server, steps.clone()));
        }
    });
    own.to_url_lossy().into()
}

async fn serve(client: TcpStream, server: TcpStream, steps: impl Steps) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let answers = tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    let mut message = vec![0; 65_536];
    while let Ok(length @ 1..) = from_client.read(&mut message).await {
        steps.step().await;
        if to_server.write_all(&message[..length]).await.is_err() {
            break;
        }
    }
    answers.abort();
}

/// What happens in between.
pub(crate) trait Steps: Clone + Send + 'static {
    /// Happens once.
    fn step(&self) -> impl Future<Output = ()> + Send;
}
