//! A TCP proxy that breaks connections as it was told to, one after the other.

use std::collections::VecDeque;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a connection; when none is left, connections pass.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// The request is taken, and then the connection is reset.
    Reset,
    /// The answer breaks off with an orderly end after so many bytes.
    CloseAfter(usize),
    /// The request is taken, and nothing ever comes back.
    BlackHole,
}

/// The URL of a proxy in front of the server at `upstream`, which is `http://host:port`.
pub async fn start(upstream: &str, fates: impl IntoIterator<Item = Fate>) -> String {
    let upstream: Arc<str> = upstream.strip_prefix("http://").unwrap().into();
    let fates: Mutex<VecDeque<Fate>> = Mutex::new(fates.into_iter().collect());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let fate = fates.lock().unwrap().pop_front();
            let upstream = Arc::clone(&upstream);
            // A client that goes away ends it with an error.
            tokio::spawn(async move { drop(carry(client, &upstream, fate).await) });
        }
    });
    url
}

async fn carry(mut client: TcpStream, upstream: &str, fate: Option<Fate>) -> io::Result<()> {
    let (mut request, mut answer) = ([0; 4096], [0; 4096]);
    let mut left = match fate {
        None => usize::MAX,
        Some(Fate::CloseAfter(bytes)) => bytes,
        Some(Fate::Reset) => {
            client.read_exact(&mut request[..1]).await?;
            return client.set_zero_linger();
        }
        Some(Fate::BlackHole) => std::future::pending().await,
    };
    let mut server = TcpStream::connect(upstream).await?;
    while left > 0 {
        tokio::select! {
            read = client.read(&mut request) => match read? {
                0 => break,
                read => server.write_all(&request[..read]).await?,
            },
            read = server.read(&mut answer) => match read? {
                0 => break,
                read => {
                    let passing = read.min(left);
                    left -= passing;
                    client.write_all(&answer[..passing]).await?;
                }
            },
        }
    }
    client.shutdown().await
}
