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

/// An app, and the request that it gets again and again.
pub(crate) struct Served {
    pub(crate) name: &'static str,
    pub(crate) request: String,
    /// Called within a runtime, so it may spawn tasks.
    pub(crate) app: fn() -> Router,
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

    /// User and system time so far, in hundredths of a second; `None` where there is no `/proc`.
    pub(super) fn cpu_time(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The name of the program stands in parentheses and may hold spaces; `utime` and `stime`
        // are the 12th and 13th fields behind it (proc_pid_stat(5)).
        let (_, fields) = stat.rsplit_once(')')?;
        let mut times = fields.split_whitespace().skip(11);
        let mut ticks = || times.next()?.parse::<u32>().ok();
        Some(Duration::from_millis(10) * (ticks()? + ticks()?))
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
