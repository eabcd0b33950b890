//! The load: a few connections that are kept alive, each sending its next request as soon as it
//! has its answer.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::server::Server;
use crate::Failure;

const CONNECTIONS: usize = 8;

/// Puts a server under load for a while, and tells how long each request took, sorted, and how
/// long it went on.
pub(super) async fn run(
    server: &Server,
    request: &str,
    length: Duration,
) -> Result<(Vec<Duration>, Duration), Failure> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(TcpStream::connect(server.address).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in connections {
        tasks.spawn(keep_busy(connection, request.to_owned(), started + length));
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
    request: String,
    until: Instant,
) -> std::io::Result<Vec<Duration>> {
    connection.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut answer = [0; 2048];
    // All answers of a server are equally long, and the first one shows how long.
    let mut answer_len = None;
    loop {
        let sent = Instant::now();
        if sent >= until && answer_len.is_some() {
            return Ok(latencies);
        }
        connection.write_all(request.as_bytes()).await?;
        let mut len = 0;
        while answer_len.is_none_or(|whole| len < whole) {
            match connection.read(&mut answer[len..]).await? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => len += read,
            }
            answer_len = answer_len.or_else(|| whole_len(&answer[..len]));
        }
        latencies.push(sent.elapsed());
        if answer_len != Some(len) || !answer.starts_with(b"HTTP/1.1 200 ") {
            let answer = String::from_utf8_lossy(&answer[..len]);
            return Err(std::io::Error::other(format!("not the answer: {answer}")));
        }
    }
}

/// The length of head and body, once the head is there.
fn whole_len(answer: &[u8]) -> Option<usize> {
    let (head, _) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    let body = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    Some(head.len() + "\r\n\r\n".len() + body.parse::<usize>().ok()?)
}
