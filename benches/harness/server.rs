//! A server in a process of its own, and its CPU time.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use crate::Failure;

/// The argument that tells a process of our own which app to serve.
const SERVE: &str = "--serve-under-load=";

/// The version of the protocol that the load speaks.
#[derive(Clone, Copy)]
pub(crate) enum Http {
    One,
    Two,
}

/// An app, and the request that it gets again and again.
pub(crate) struct Served {
    /// Servers of one group are measured against the first of them.
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) http: Http,
    /// As HTTP/1 sends it.
    pub(crate) request: String,
    /// Called within a runtime, so it may spawn tasks.
    pub(crate) app: Box<dyn Fn() -> Router>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Server {
    pub(crate) fn start(plan: &str, index: usize) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([plan, &format!("{SERVE}{index}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut port = String::new();
        let output = process.stdout.take().ok_or("the server has no output")?;
        BufReader::new(output).read_line(&mut port)?;
        let address = (Ipv4Addr::LOCALHOST, port.trim().parse()?).into();
        Ok(Self { address, process })
    }

    /// The time that its one thread has had on a processor so far; `None` where Linux does not tell.
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        let path = format!("/proc/{}/schedstat", self.process.id());
        let stat = std::fs::read_to_string(path).ok()?;
        // In nanoseconds; `/proc/PID/stat` counts in hundredths of a second.
        let time = stat.split_whitespace().next()?.parse().ok()?;
        Some(Duration::from_nanos(time))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(super) fn app_to_serve(task: &str) -> Option<usize> {
    task.strip_prefix(SERVE)?.parse().ok()
}

/// Serves on one thread until standard input ends: it ends with the bench.
pub(super) fn serve(served: &Served) -> Result<(), Failure> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        let listener = listener.tap_io(|stream| {
            // Without this the kernel holds answers back, and its timer is measured.
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, (served.app)()).await?)
    })
}
