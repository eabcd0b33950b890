//! The load: a few connections that are kept alive, each sending its next request as soon as it
//! has its answer.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::server::{Http, Served, Server};
use super::{http1, http2};
use crate::Failure;

const CONNECTIONS: usize = 8;

/// Puts a server under load for a while, and tells how long each request took, sorted, and how
/// long it went on.
pub(super) async fn run(
    server: &Server,
    app: &Served,
    length: Duration,
) -> Result<(Vec<Duration>, Duration), Failure> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(TcpStream::connect(server.address).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(keep_busy(connection, Client::new(app), started + length));
    }
    let mut latencies = Vec::new();
    while let Some(connection) = tasks.join_next().await {
        latencies.append(&mut connection??);
    }
    latencies.sort_unstable();
    Ok((latencies, started.elapsed()))
}

async fn keep_busy(
    mut connection: TcpStream,
    mut client: Client,
    until: Instant,
) -> io::Result<Vec<Duration>> {
    connection.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let (mut request, mut answer) = (Vec::new(), Vec::with_capacity(4_096));
    loop {
        let sent = Instant::now();
        if sent >= until && !latencies.is_empty() {
            return Ok(latencies);
        }
        request.clear();
        client.ask(&mut request);
        connection.write_all(&request).await?;
        while !client.is_answered(&mut answer)? {
            if connection.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        latencies.push(sent.elapsed());
    }
}

enum Client {
    One(http1::Client),
    Two(http2::Client),
}

impl Client {
    fn new(app: &Served) -> Self {
        match app.http {
            Http::One => Self::One(http1::Client::new(&app.request)),
            Http::Two => Self::Two(http2::Client::new(&app.request)),
        }
    }

    fn ask(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::One(client) => client.ask(out),
            Self::Two(client) => client.ask(out),
        }
    }

    fn is_answered(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        match self {
            Self::One(client) => client.is_answered(bytes),
            Self::Two(client) => client.is_answered(bytes),
        }
    }
}
