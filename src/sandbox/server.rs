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
use super::lock::lock;
use super::state::State;

/// A listener and its connections. Dropping it stops all of them.
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

/// The tasks of one listener.
///
/// Each request has a task of its own, apart from the task of its connection: when a caller hangs
/// up, the request still has its effect, as it would have at Partnero.
#[derive(Debug)]
struct Tasks(Mutex<Option<JoinSet<()>>>);

impl Default for Tasks {
    fn default() -> Self {
        Self(Mutex::new(Some(JoinSet::new())))
    }
}

impl Tasks {
    /// Starts a task, unless the listener was stopped.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(tasks) = lock(&self.0).as_mut() {
            // Lets go of tasks that have ended, so that a sandbox that runs for days does not fill
            // the memory.
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

/// Keeps a port without listening on it: connections are refused, and the system gives the port to
/// no other socket. Otherwise it could give the port to the client that connects, and that client
/// would then be connected to itself.
pub(super) fn hold(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // tokio's listeners set the same option. On Windows it would let other programs take the port.
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
            // Most likely the process has no free file descriptor until a connection ends.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, router: Router, tasks: Arc<Tasks>) {
    // Without this option, an answer may wait until the caller has acknowledged the answer before.
    // A connection that refuses the option still works.
    let _slower = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let exchange = exchange(Arc::clone(&state), router.clone(), request.map(Body::new));
        let (answer, answered) = oneshot::channel();
        tasks.spawn(run(exchange, answer));
        // If the task drops the sender, this error makes hyper cut the connection.
        answered
    });
    // The caller sees each error of its connection; the sandbox has nothing to do about it.
    let _ended = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn run(exchange: impl Future<Output = Ending>, mut answer: oneshot::Sender<Response<Body>>) {
    match exchange.await {
        Ending::Answer(response) => {
            // Nobody hears the answer if the caller has hung up.
            let _unheard = answer.send(response);
        }
        Ending::Cut => {}
        Ending::Hang => answer.closed().await,
    }
}
