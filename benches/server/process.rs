//! A server in a process of its own, and its CPU time.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Failure;
use crate::app::Arm;

/// The word by which our own processes are told to serve.
pub(crate) const SERVE: &str = "--serve";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) request: String,
    process: Child,
}

impl Server {
    pub(crate) fn start(arm: &Arm) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([SERVE, arm.name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut port = String::new();
        let output = process.stdout.take().ok_or("the server has no output")?;
        BufReader::new(output).read_line(&mut port)?;
        Ok(Self {
            address: (Ipv4Addr::LOCALHOST, port.trim().parse()?).into(),
            request: arm.request(),
            process,
        })
    }

    /// User and system time so far, in hundredths of a second; `None` where there is no `/proc`.
    pub(crate) fn cpu_time(&self) -> Option<Duration> {
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
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
