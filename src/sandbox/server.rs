//! The listener and its connections, all of which can be cut at once.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::exchange::{Ending, exchange};
use super::state::{State, lock};

/// A listener at work; dropping it stops everything.
#[derive(Debug)]
pub(super) struct Server {
    tasks: Arc<Tasks>,
}

impl Server {
    pub(super) fn run(listener: TcpListener, state: Arc<State>, router: Router) -> Self {
        let tasks = Arc::new(Tasks::default());
        let accept = accept(listener, state, router, Arc::clone(&tasks));
        tasks.spawn(accept);
        Self { tasks }
    }

    /// Returns when the listener is closed, every connection cut and every request dropped.
    pub(super) async fn stop(&self) {
        if let Some(mut tasks) = self.tasks.close() {
            tasks.shutdown().await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the set aborts its tasks.
        drop(self.tasks.close());
    }
}

/// Everything that runs for one listener.
///
/// Requests run apart from their connection: a caller that hangs up does not stop what it asked
/// for, as it would not stop Partnero.
#[derive(Debug)]
struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }
}

impl Tasks {
    /// Starts a task, unless everything was stopped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(tasks) = lock(&self.0).as_mut() {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        }
    }

    fn close(&self) -> Option<JoinSet<()>> {
        lock(&self.0).take()
    }
}

pub(super) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(address(port)).await
}

/// Keeps a port without listening on it: connections are refused, and nobody else gets it. Not
/// even a client's own end, which could otherwise connect to itself there.
pub(super) fn hold(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // As tokio's own listeners do; on Windows the option would let others in.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address(port))?;
    Ok(socket)
}

fn address(port: u16) -> SocketAddr {
    SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into()
}

async fn accept(listener: TcpListener, state: Arc<State>, router: Router, tasks: Arc<Tasks>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = serve(
                    stream,
                    Arc::clone(&state),
                    router.clone(),
                    Arc::clone(&tasks),
                );
                tasks.spawn(connection);
            }
            // Out of file descriptors, most likely: connections have to end first.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, router: Router, tasks: Arc<Tasks>) {
    // Without this, an answer may wait for the caller's acknowledgement of the one before. A
    // connection that refuses the option still works.
    let _slower = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let exchange = exchange(Arc::clone(&state), router.clone(), request.map(Body::new));
        let (answer, answered) = oneshot::channel();
        tasks.spawn(run(exchange, answer));
        // An error ends the connection.
        answered
    });
    // What goes wrong on a connection, a cut included, is its caller's to see.
    let _ended = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn run(exchange: impl Future<Output = Ending>, mut answer: oneshot::Sender<Response<Body>>) {
    match exchange.await {
        Ending::Answer(response) => {
            // The caller may have hung up.
            let _unheard = answer.send(response);
        }
        Ending::Cut => {}
        Ending::Hang => answer.closed().await,
    }
}
